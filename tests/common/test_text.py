"""MiniLM itself is run, and a small BERT of which every number can be worked out again."""

import numpy as np
import pytest

from common import text, torchvision_cpu
from common.device import Device
from common.text import MAX_TOKENS, SentenceEncoder

CPU = Device("cpu", "float32", "test")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "blue", "ink", "oil", "paint", "on", "paper"]


@pytest.fixture(scope="module")
def minilm() -> SentenceEncoder:
    return text.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A BERT with one layer and a vocabulary of eleven words, in the files that `load` reads."""
    torchvision_cpu.mend()
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    config.save_pretrained(folder)
    model = BertModel(config)
    save_file({**model.state_dict(), "embeddings.position_ids": torch.arange(512)[None]}, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def small(folder) -> SentenceEncoder:
    return SentenceEncoder.load(folder, CPU)


def test_what_means_the_same_is_near_and_what_does_not_is_far(minilm):
    food, meal, stocks = minilm.embed(["a man is eating food", "somebody has a meal", "share prices fell sharply"])
    assert food @ meal > 0.5 > 0.2 > max(food @ stocks, meal @ stocks)
    sketch, pencil, neon = minilm.embed(["a graphite sketch", "a pencil drawing", "neon tubes at night"])
    assert sketch @ pencil > sketch @ neon + 0.2


def test_vectors_are_unit_and_of_the_length_that_is_stated(minilm):
    vectors = minilm.embed(["ink", "", "Tusche auf Papier", "墨", "ink " * 2000])
    assert vectors.shape == (5, 384) and vectors.dtype == np.float32 and minilm.dimension == 384
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert minilm.embed([]).shape == (0, 384)


def test_a_text_alone_and_among_others_has_one_vector(small):
    texts = [" ".join(np.random.default_rng(n).choice(WORDS[4:], 1 + n % 30)) for n in range(150)]  # three batches
    together = small.embed(texts)
    for at in (0, 1, 29, 63, 64, 149):
        assert np.allclose(together[at], small.embed([texts[at]])[0], atol=1e-5)


def test_a_vector_is_the_mean_over_the_words_without_padding(folder, small):
    import torch
    from transformers import BertModel

    model = BertModel.from_pretrained(folder).eval()
    with torch.inference_mode():  # [CLS] red ink on blue paper [SEP]
        hidden = model(torch.tensor([[2, 4, 6, 9, 5, 10, 3]])).last_hidden_state[0]
    mean = hidden.mean(dim=0).numpy()
    vector = small.embed(["Red ink on blue paper", "oil"])[0]
    assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_of_a_long_text_the_beginning_counts(small):
    start = "red " * (MAX_TOKENS - 2)  # and the two marks
    assert np.allclose(*small.embed([start, start + "blue ink " * 50]), atol=1e-6)
    assert not np.allclose(*small.embed([start[4:], "blue " + start[8:]]), atol=1e-4)


def test_knows_whole_words_only(minilm):
    assert minilm.knows("pencil") and minilm.knows("ink")
    assert not minilm.knows("pensil") and not minilm.knows("two words")


def test_nbytes_counts_the_weights(small, folder):
    assert small.nbytes == pytest.approx((folder / "model.safetensors").stat().st_size, rel=0.2)


def test_an_encoder_learns_which_texts_belong_together_and_leaves_the_shared_one_and_torch_alone(folder):
    import torch

    pairs = [("red ink", "blue ink"), ("red oil", "blue oil"), ("red ink", "red oil"), ("blue ink", "blue oil")] * 8
    one, other, alike = [a for a, _ in pairs], [b for _, b in pairs], np.array([1.0, 1, 0, 0] * 8)
    before, learned, again = (SentenceEncoder.load(folder, CPU) for _ in range(3))
    state = torch.get_rng_state()
    for _ in range(12):
        learned.learn(one, other, alike, seed=3, rate=1e-2)
        again.learn(one, other, alike, seed=3, rate=1e-2)
    assert torch.equal(torch.get_rng_state(), state)

    def error(encoder):
        likeness = (encoder.embed(one[:4]) * encoder.embed(other[:4])).sum(axis=1)
        return np.square(likeness - alike[:4]).mean()

    assert error(learned) < error(before) / 4
    assert np.allclose(learned.embed(["red ink"]), again.embed(["red ink"]))
