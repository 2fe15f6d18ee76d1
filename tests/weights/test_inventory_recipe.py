"""The recipe of the question reader, small: what it draws, that it learns, goes on, and saves what can be loaded."""

import contextlib
import importlib.util
import io
import json
import warnings
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from inventory.questions import gguf_file  # noqa: E402
from inventory.questions.grammar import Allowed  # noqa: E402
from inventory.questions.language_model import Reader, base_of, merge  # noqa: E402
from inventory.questions.query import INTENTS, NONE, line_of  # noqa: E402
from weights.recipes.inventory import asked, data, train  # noqa: E402

spec = importlib.util.spec_from_file_location("tiny_gguf", Path(__file__).parents[1] / "inventory" / "tiny_gguf.py")
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)


def test_examples_have_lines_that_can_be_written():
    examples = data.Sampler(0).examples(400)
    assert {example.line.intent for example in examples} == {*INTENTS, NONE}
    assert {example.language for example in examples} == {"en", "ms"}
    for example in examples:
        assert line_of(str(example.line)) == example.line
        assert all(f" {name} " in f" {example.text} " for name in (*example.line.items, *example.line.outlets))
        assert not set("{}()|") & set(example.text)
    assert len({example.text for example in examples}) > 370


def test_a_question_as_it_was_asked_keeps_its_time_and_gets_other_names(monkeypatch):
    asked = data.Pattern("used", "", "", True, "last month", "mean {item} per day last month at {outlet}", "en", True)
    monkeypatch.setattr(data, "patterns", lambda: [asked])
    monkeypatch.setattr(data, "REFUSED", 0.0)
    monkeypatch.setattr(data, "ASKED", 1.0)
    monkeypatch.setattr(data, "MALAY", 0.0)
    lines = [example.line for example in data.Sampler(0).examples(20)]
    assert {(line.kind, line.per_day, len(line.items), len(line.outlets)) for line in lines} == {
        ("last month", True, 1, 1)
    }
    assert len({line.items for line in lines}) > 10


@pytest.mark.parametrize(
    ("text", "language", "query", "row"),
    [
        (
            "avg ayam used per day at BB last wk?",
            "en",
            {
                "intent": "used",
                "items": ["chicken"],
                "outlets": ["Bukit Bintang"],
                "period": "last_week",
                "per_day": True,
            },
            ("asked_en", "used mean period=last_week: average {item} used per day at {outlet} last week"),
        ),
        (
            "cawangan mana paling byk buang susu",
            "mixed",
            {"intent": "wasted", "items": ["milk"], "by": "outlet", "rank": "most"},
            ("asked_ms", "wasted by=outlet rank=most: cawangan mana paling banyak buang {item}"),
        ),
        ("who cooked the rice?", "en", {"intent": "none"}, ("refused_en", "who cooked the {item}")),
    ],
)
def test_a_whole_question_becomes_a_row(text, language, query, row):
    assert asked.row_of({"text": text, "language": language, "query": query}) == row


@pytest.mark.parametrize("query", [{"intent": "used", "items": ["beef"]}, {"intent": "used", "period": "last_week"}])
def test_a_question_that_the_rules_read_otherwise_is_left_out(query, tmp_path, capsys):
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps({"text": "used on monday", "language": "en", "query": query}), encoding="utf-8")
    asked.main([str(path)])
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("left out: used on monday")


def test_the_same_seed_draws_the_same():
    assert data.Sampler(7).examples(20) == data.Sampler(7).examples(20)
    assert data.Sampler(7).examples(20) != data.Sampler(8).examples(20)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny model that was taught, stopped, and taught on: its file, the adapter's folder, and what was printed."""
    folder = tmp_path_factory.mktemp("recipe")
    base = tiny.write(folder / "tiny.gguf")
    small = ["--base", str(base), "--batch", "4", "--every", "4", "--rate", "0.02"]
    places = ["--cache", str(folder / "cache"), "--out", str(folder / "out")]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings():
        # peft 0.21 asks transformers 5.23 by a name that is on its way out
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        train.main([*small, *places, "--steps", "4"])
        train.main([*small, *places, "--steps", "12"])
    return base, folder / "out", printed.getvalue()


def test_it_learns_and_goes_on_where_it_was_stopped(trained):
    lines = [line.split() for line in trained[2].splitlines()]
    assert [line[1] for line in lines] == ["4", "8", "12"]
    assert float(lines[-1][3]) < float(lines[0][3])


def test_what_was_learned_is_loaded(trained):
    base, folder, _ = trained
    reader = Reader.load(base, folder)
    assert reader.read(("how", "much"), Allowed()).confidence > 0
    assert reader.nbytes > 0


def test_one_goes_on_from_a_saved_adapter_of_lower_rank(trained):
    base, folder, _ = trained
    file = gguf_file.read(base)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        saved = train.adapted(file, range(tiny.LAYERS), train.RANK, folder)
        wider = train.adapted(file, range(tiny.LAYERS), train.RANK + 4, folder)
    tokens, learned = next(train.batches(train.tokenizer_of(file), 0, 4))
    with torch.no_grad():
        assert train.loss_of(wider, tokens, learned) == pytest.approx(
            float(train.loss_of(saved, tokens, learned)), 0.02
        )


def test_an_adapter_is_merged_as_peft_does_it(trained):
    import peft

    base, folder, _ = trained
    file = gguf_file.read(base)
    plain, ours, theirs = (base_of(file, range(tiny.LAYERS)) for _ in range(3))
    merge(ours, folder)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        theirs = peft.PeftModel.from_pretrained(theirs, str(folder)).merge_and_unload()
    tokens = torch.arange(1, 20)[None]
    with torch.no_grad():
        before, mine, its = (model(tokens).logits for model in (plain, ours, theirs))
    assert torch.allclose(mine, its, atol=1e-5) and not torch.allclose(mine, before, atol=1e-2)
