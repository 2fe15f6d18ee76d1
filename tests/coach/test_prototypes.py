"""The maps that are shipped, and how maps are fitted."""

import json
import re

import numpy as np
import pytest

from benchmarks.coach import ranking
from coach import prototypes, questions
from coach.prototypes import Prototypes
from coach.rubrics import RUBRICS
from tests.coach.told import MIDDLING, STRONG, WEAK

pytestmark = pytest.mark.usefixtures("one_thread")

SAYING = (
    "On the second night I found the leak behind the dishwasher and shut the valve.",
    "I cut the queue from nine minutes to four by moving the till next to the door.",
    "Mrs. Okafor signed in June, after I had rewritten the second page of the offer with her.",
)
EMPTY = (
    "I always give one hundred percent in everything I do.",
    "At the end of the day it is all about good communication and teamwork.",
    "You have to be flexible and proactive in this business.",
)


@pytest.fixture(scope="module")
def shipped():
    return prototypes.prototypes()


def test_the_shipped_maps_are_those_of_the_files(shipped):
    assert shipped.source == prototypes.source(), "run `python -m coach.prototypes`"


def test_all_that_a_fit_depends_on_is_in_its_mark(monkeypatch, tmp_path):
    marks = {prototypes.source()}
    for name in ("FILE", "ANSWERS"):
        with monkeypatch.context() as patch:
            path = getattr(prototypes, name)
            patch.setattr(prototypes, name, tmp_path / path.name)
            (tmp_path / path.name).write_bytes(path.read_bytes() + b"\n")
            marks.add(prototypes.source())
    for name in (name for name in vars(prototypes) if re.fullmatch(r"[A-Z_]*(?:PENALTY|SCALE|COUNTS|WEIGHT)", name)):
        with monkeypatch.context() as patch:
            patch.setattr(prototypes, name, 7.0)
            marks.add(prototypes.source())
    assert len(marks) == 1 + 2 + 6


def test_parts_are_those_of_the_rubrics(shipped):
    assert {name for rubric in RUBRICS.values() for part in rubric.parts for name in part.learned} <= set(shipped.parts)


def test_sentences_that_say_something_are_told_from_those_that_fit_any_answer(shipped, minilm):
    _, says = shipped.read(SAYING, minilm.embed(SAYING))
    _, empty = shipped.read(EMPTY, minilm.embed(EMPTY))
    assert says.min() > 0.5 > 0.35 > empty.max() >= 0
    # Sentence by sentence the same as together.
    alone = [shipped.read([text], minilm.embed([text]))[1][0] for text in SAYING]
    assert alone == pytest.approx(says)


def test_whole_answers_are_told_apart_too(shipped, minilm):
    def of(text: str) -> float:
        sentences = [f"{one}." for one in text.rstrip(".").split(". ")]
        return shipped.read_whole(sentences, minilm.embed(sentences), minilm.embed([text])[0])

    assert 1 >= of(STRONG) > of(MIDDLING) > of(WEAK) >= 0


def test_of_nothing_there_is_nothing(shipped, minilm):
    none = minilm.embed([])
    parts, says = shipped.read([], none)
    assert parts.shape == (0, len(shipped.parts)) and says.shape == (0,)
    assert shipped.read_whole([], none, minilm.embed([""])[0]) == 0


def test_no_answer_of_the_benchmark_was_learned():
    rows = [json.loads(line) for line in prototypes.ANSWERS.read_text(encoding="utf-8").splitlines()]
    strengths: dict[str, list[str]] = {}
    for row in rows:
        strengths.setdefault(row["question"], []).append(row["strength"])
    assert all(sorted(some) == sorted(ranking.STRENGTHS) for some in strengths.values())
    assert set(strengths) <= set(questions.built_in())
    assert not set(strengths) & {*ranking.read("test"), *ranking.read("dev")}


def test_a_map_is_fitted_from_few_sentences(monkeypatch, tmp_path, minilm):
    """Of two parts that differ in their subject, and two kinds that differ in their details."""
    (tmp_path / "sentences.toml").write_text(
        "[kitchen]\n"
        'concrete = ["I salted the soup at noon.", "I burned six pans of rice on Friday.", "The oven broke at nine."]\n'
        'vague = ["Cooking is about passion.", "Food is always important.", "A kitchen needs teamwork."]\n'
        "[garden]\n"
        'concrete = ["I cut the hedge in March.", "We planted 40 roses on Monday.", "The mower broke at noon."]\n'
        'vague = ["Gardens are about patience.", "Plants always matter.", "A garden needs dedication."]\n'
    )
    (tmp_path / "answers.jsonl").write_text(
        '{"question": "a", "strength": "strong", "text": "I fried 30 eggs at seven. Two guests wanted more."}\n'
        '{"question": "a", "strength": "middling", "text": "I fried some eggs. The guests liked them."}\n'
        '{"question": "a", "strength": "weak", "text": "Breakfast is important. One must be passionate."}\n'
    )
    monkeypatch.setattr(prototypes, "FILE", tmp_path / "sentences.toml")
    monkeypatch.setattr(prototypes, "ANSWERS", tmp_path / "answers.jsonl")
    monkeypatch.setattr(prototypes, "BACKGROUND", {"sentences": 5, "key_points": 500, "questions": 100})
    monkeypatch.setattr(prototypes, "PENALTY", 0.1)
    arrays = prototypes.fit(minilm)
    fitted = Prototypes(arrays)
    assert fitted.parts == ("kitchen", "garden") and fitted.source == prototypes.source() == str(arrays["source"])
    assert len(fitted.sentences) == 3 and len(fitted.questions) == 4
    told = ["I boiled nine potatoes at eight.", "We cut 20 tulips in April.", "Cooking matters to everybody."]
    parts, says = fitted.read(told, minilm.embed(told))
    assert list(parts.argmax(1)) == [0, 1, 0]
    assert min(says[:2]) > says[2] + 0.2
    assert np.isfinite(parts).all()
