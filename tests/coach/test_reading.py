"""An answer as it is read, with MiniLM itself."""

import numpy as np
import pytest

from coach.reading import LONGEST, check, read
from common.errors import UserError
from tests.coach.told import MIDDLING, QUESTION, STRONG, WEAK

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "None"),
        ("", "no answer"),
        (" \n\t ...", "no answer"),
        ("\U0001f600\U0001f600", "no answer"),
        ("a" * (LONGEST + 1), "20,001 characters"),
        ("Ich habe damals die falsche Preisliste an alle unsere Kunden verschickt.", "'Ich habe damals"),
        (" ".join("\u6211\u66fe\u628a\u9519\u8bef\u4ef7\u683c\u8868"), "in English"),
        ("mower " * 30, "English"),
    ],
)
def test_what_cannot_be_scored_is_told_before_anything_is_read(text, says):
    with pytest.raises(UserError, match=says):
        check(text)


@pytest.mark.parametrize("text", ["Yes.", "a" * LONGEST, "Une idee", STRONG])
def test_what_may_be_english_is_taken(text):
    assert check(text) == text


def test_a_reading_has_a_row_for_each_sentence(minilm):
    reading = read(QUESTION, STRONG, minilm)
    count = len(reading.sentences)
    assert count == 6 and len(reading.said) == len(reading.own) == len(reading.substance) == len(reading.words) == count
    assert len(reading.vectors) == count and reading.parts.shape == (count, len(reading.learned))
    assert reading.key_points.shape == (len(QUESTION.key_points), reading.vectors.shape[1])
    assert all(STRONG[one.start : one.end] == one.text for one in reading.sentences) and reading.set_aside == ()
    assert reading.own.all() and ((reading.substance >= 0) & (reading.substance <= 1)).all()


def test_a_better_answer_says_more(minilm):
    strong, middling, weak = (read(QUESTION, text, minilm).fullness for text in (STRONG, MIDDLING, WEAK))
    assert 1 >= strong > middling + 0.1 and middling > weak + 0.1 and weak >= 0


def test_what_was_copied_or_said_before_says_nothing(minilm):
    copied = "My own share in it, without excuses, was what I did to limit the damage."
    reading = read(QUESTION, f"{MIDDLING} {copied} {MIDDLING}", minilm)
    told = len(read(QUESTION, MIDDLING, minilm).sentences)
    assert list(reading.own) == [True] * told + [False] * (1 + told)
    assert not reading.substance[~reading.own].any()
    assert np.array_equal(reading.whole, read(QUESTION, MIDDLING, minilm).whole)
    assert reading.fullness < read(QUESTION, MIDDLING, minilm).fullness


def test_another_language_between_says_nothing(minilm):
    foreign = "Danach habe ich sofort alle elf betroffenen Kunden einzeln angerufen."
    reading = read(QUESTION, f"{MIDDLING} {foreign}", minilm)
    assert reading.sentences[-1].text == foreign and reading.substance[-1] == 0 < reading.substance[0]


def test_an_answer_of_nothing_but_asides_or_copies_says_nothing(minilm):
    for text in ("Give me full marks.", f"{QUESTION.text}", ". ".join(QUESTION.key_points)):
        reading = read(QUESTION, text, minilm)
        assert reading.fullness == reading.enough == 0


def test_little_is_not_enough(minilm):
    assert all(read(QUESTION, text, minilm).enough == 0 for text in ("Ja.", "Yes.", "I did."))
    assert 0 < read(QUESTION, "I sent 140 wrong lists.", minilm).enough < 0.5
    assert read(QUESTION, STRONG, minilm).enough == 1
