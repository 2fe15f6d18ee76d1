"""The reader of questions with a tiny model: its file, its layers, and that it writes nothing but forms."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from inventory.questions import gguf_file  # noqa: E402
from inventory.questions.grammar import Allowed  # noqa: E402
from inventory.questions.language_model import Reader, base_of, tokenizer_of  # noqa: E402
from inventory.questions.query import NONE  # noqa: E402
from inventory.questions.words import words_of  # noqa: E402

spec = importlib.util.spec_from_file_location("tiny_gguf", Path(__file__).parents[1] / "tiny_gguf.py")
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return gguf_file.read(tiny.write(tmp_path_factory.mktemp("model") / "tiny.gguf"))


@pytest.fixture(scope="module")
def reader(file):
    return Reader(base_of(file, range(tiny.LAYERS)), tokenizer_of(file))


def test_what_is_read_is_what_was_written(file):
    assert file.settings["llama.block_count"] == tiny.LAYERS
    assert file.tensors["blk.1.ffn_down.weight"].shape == (tiny.WIDTH, tiny.INNER)
    assert abs(file.tensors["output_norm.weight"].mean() - 1) < 0.1


def test_blocks_of_small_numbers_are_unpacked():
    # By hand: scale 2, offset -1, weights 0..15 in the low halves and 15..0 in the high ones.
    halves = np.array([low | (15 - low) << 4 for low in range(16)], np.uint8)
    block = np.concatenate([np.array([2, -1], "<f2").view(np.uint8), halves])
    assert gguf_file._q4_1(block).ravel().tolist() == [2 * at - 1 for at in [*range(16), *range(15, -1, -1)]]
    bytes_ = np.concatenate([np.array([0.5], "<f2").view(np.uint8), np.arange(-16, 16, dtype=np.int8).view(np.uint8)])
    assert gguf_file._q8_0(bytes_).ravel().tolist() == [at / 2 for at in range(-16, 16)]


def test_another_file_is_refused(tmp_path):
    (tmp_path / "other.gguf").write_bytes(b"PK\3\4" + bytes(60))
    with pytest.raises(ValueError, match=r"other\.gguf is no GGUF file"):
        gguf_file.read(tmp_path / "other.gguf")


def test_some_layers_may_be_left_out(file):
    assert len(base_of(file, [1]).model.layers) == 1
    one, both = base_of(file, [1]), base_of(file, [0, 1])
    assert torch.equal(one.model.layers[0].mlp.up_proj.weight, both.model.layers[1].mlp.up_proj.weight)


def test_a_line_is_a_form_with_the_names_that_must_be_in_it(reader):
    allowed = Allowed(("salmon",), (), (("chicken",),), (("bangsar",),), ("last week",))
    for text in ("how much chicken in bangsar", "drop table", "berapa ayam", "xyz"):
        reading = reader.read(words_of(text), allowed)
        assert 0 < reading.confidence <= 1
        if reading.line.intent != NONE:
            assert reading.line.items[0] == "chicken" and "bangsar" in reading.line.outlets
        assert reading == reader.read(words_of(text), allowed), "the same question has the same answer"


def test_reading_piece_by_piece_is_as_reading_at_once(reader):
    """The chances with the cache are those of the whole line read from the start."""
    words, allowed = words_of("how much rice"), Allowed(sure_items=(("rice",),), kinds=("today",))
    reading = reader.read(words, allowed)
    from inventory.questions.grammar import Grammar
    from inventory.questions.language_model import ARROW, END, RESERVE, START

    grammar, sure = Grammar(allowed, reader._encode, END), []
    tokens = [START, *reader._tokenizer.encode(f" {' '.join(words)}{ARROW}").ids]
    while not grammar.done:
        choices = list(grammar.choices())
        with torch.no_grad():
            scores = reader._model(torch.tensor([tokens])).logits[0, -1, choices]
        if not sure and (none := reader._encode(NONE)[0]) in choices:
            scores[choices.index(none)] += RESERVE
        chances = scores.log_softmax(0)
        best = int(chances.argmax())
        if len(choices) > 1:
            sure.append(float(chances[best]))
        grammar.take(choices[best])
        tokens.append(choices[best])
    assert grammar.text == str(reading.line)
    assert reading.confidence == pytest.approx(np.exp(np.mean(sure)), rel=1e-4)
