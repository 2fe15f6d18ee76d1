"""Both tiers of embeddings: MiniLM itself, and a CLIP of random weights through the code of the published one."""

from dataclasses import replace

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from common import text, torchvision_cpu
from common.clip import ZeroShot
from common.device import Device
from sketch import cards, embeddings, looks
from sketch.embeddings import ClipStyles, MiniLMStyles, StyleEmbeddings

pytestmark = pytest.mark.usefixtures("one_thread")

NAMES = ("blueprint", "neon_pink", "charcoal", "gold")


@pytest.fixture(scope="module")
def minilm() -> MiniLMStyles:
    return MiniLMStyles(text.load())


@pytest.fixture(scope="module")
def clip() -> ClipStyles:
    torchvision_cpu.mend()
    import torch
    from open_clip.model import CLIP

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        vision = dict(layers=1, width=64, patch_size=8, image_size=32)
        words = dict(context_length=16, vocab_size=49408, width=64, heads=1, layers=1)
        return ClipStyles(ZeroShot(CLIP(64, vision, words, quick_gelu=True), Device("cpu", "float32", "test")))


@pytest.fixture(params=["minilm", "clip"])
def tier(request) -> StyleEmbeddings:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def some() -> list[cards.Card]:
    chosen = [cards.built_in()[name] for name in NAMES]
    bare = cards.Card("a", "Nothing else", "", "", "", (), "")
    return [*chosen, replace(chosen[0], picture=None), bare, replace(chosen[1], caption="")]


def test_every_card_has_a_vector_of_one_length(tier, some):
    vectors = tier.embed_cards(some)
    assert vectors.shape[0] == len(some) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), tier.length, atol=1e-4)


def test_a_card_alone_and_among_others_has_one_vector(tier, some):
    together = tier.embed_cards(some)
    for at in (0, -2):
        assert np.allclose(tier.embed_cards([some[at]])[0], together[at], atol=1e-4)


def test_the_dot_product_with_a_weighed_request_is_the_weighted_sum_of_the_blocks(tier, some):
    card, request = tier.embed_cards(some[:1])[0], tier.embed_requests(["white lines on a blue sheet"])
    blocks = [float(card[block] @ request[0, block]) for block in tier.blocks]
    assert len(blocks) == len(tier.weights) >= 2
    assert float(tier.weigh(request)[0] @ card) == pytest.approx(np.dot(blocks, tier.weights), abs=1e-5)


def test_the_first_block_is_the_meaning_of_the_words(tier, some):
    meaning = tier.meaning([some[0].text, "a cat"])
    assert np.allclose(np.linalg.norm(meaning, axis=1), 1, atol=1e-4)
    assert np.allclose(tier.embed_cards(some[:1])[:, tier.blocks[0]], meaning[:1], atol=1e-4)
    assert np.allclose(tier.embed_requests(["a cat"])[:, tier.blocks[0]], meaning[1:], atol=1e-4)


def test_langchain_can_use_them(tier):
    assert isinstance(tier, Embeddings)
    documents = tier.embed_documents(["white lines on a blue sheet", "thick oil paint"])
    query = tier.embed_query("a boat in oil paint")
    assert {len(document) for document in documents} == {len(query)} and all(map(np.isfinite, query))
    assert tier.embed_documents([]) == []


def test_langchain_finds_the_text_that_was_meant(minilm):
    documents = np.array(minilm.embed_documents(["white lines on a blue sheet", "thick oil paint"]))
    assert (documents @ minilm.embed_query("a boat in oil paint")).argmax() == 1
    assert (documents @ minilm.embed_query("a blue plan")).argmax() == 0


def test_words_that_the_models_have_whole(tier):
    assert tier.knows("pencil") and tier.knows("horse")
    assert not tier.knows("pensil") and not tier.knows("two words") and not tier.knows("")


def test_the_colours_of_picture_and_palette_are_in_the_vector(minilm, some):
    colours = minilm.embed_cards(some)[:, minilm.blocks[1]]
    assert np.allclose(np.linalg.norm(colours, axis=1), [1, 1, 1, 1, 1, 0, 1], atol=1e-4)  # the bare card has none
    pink = looks.asked_for("pink and magenta").colours
    assert (colours[:4] @ pink).argmax() == NAMES.index("neon_pink")


def test_without_a_caption_the_picture_speaks(minilm, some):
    silent = some[-1]
    spoken = minilm.meaning([f"{silent.text} {embeddings.look_of(silent).words()}"])
    assert np.allclose(minilm.embed_cards([silent])[:, minilm.blocks[0]], spoken, atol=1e-4)


def test_the_look_of_a_card_is_that_of_its_picture_and_its_palette(some):
    card = some[0]
    seen, promised = looks.of_picture(card.rgb()), looks.of_palette(card.palette)
    look = embeddings.look_of(card)
    middle = seen.colours + promised.colours
    assert np.allclose(look.colours, middle / np.linalg.norm(middle)) and (look.tones == seen.tones).all()
    assert (embeddings.look_of(replace(card, picture=None)).tones == promised.tones).all()


def test_clip_sees_the_picture_and_without_one_takes_the_words_for_it(clip, some):
    vectors = clip.embed_cards([some[0], replace(some[0], picture=some[1].picture), replace(some[0], picture=None)])
    words, pictures = vectors[:, clip.blocks[0]], vectors[:, clip.blocks[1]]
    assert np.allclose(words[0], words[1]) and not np.allclose(pictures[0], pictures[1], atol=1e-3)
    assert np.allclose(pictures[2], words[2])


def test_the_tier_in_use_decides(monkeypatch):
    monkeypatch.setenv("MODELS", "embedded")
    assert isinstance(embeddings.load(), MiniLMStyles)
