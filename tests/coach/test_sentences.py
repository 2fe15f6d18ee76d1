"""Texts parted into sentences, and sentences without fillers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.sentences import LONG, MOST, split, without_fillers


def parts(text: str) -> list[str]:
    return [sentence.text for sentence in split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I rang her. She came! Why? Because.", ["I rang her.", "She came!", "Why?", "Because."]),
        ("Dr. Okafor asked J. Meier. I said yes.", ["Dr. Okafor asked J. Meier.", "I said yes."]),
        ("It was no. 4 of the list. I took it.", ["It was no. 4 of the list.", "I took it."]),
        ("It grew by 3.5 percent. Good.", ["It grew by 3.5 percent.", "Good."]),
        ("So did I. Then we left.", ["So did I.", "Then we left."]),
        ('She said "stop." I did\u2026 nothing', ['She said "stop."', "I did\u2026", "nothing"]),
        ("first line\n\n- second line", ["first line", "- second line"]),
        (" ... !? ", []),
        ("", []),
    ],
)
def test_marks_and_lines_part_what_they_end(text, expected):
    assert parts(text) == expected


def test_speech_without_marks_is_parted_where_a_new_clause_begins():
    text = (
        "on the Monday the supplier told us that the flour would not come before Thursday and then I called the two "
        "mills in the valley and one of them had forty sacks left but they had no driver so I borrowed the van of my "
        "brother and drove there myself"
    )
    found = parts(text)
    assert len(found) > 1 and " ".join(found) == text
    assert all(one.split()[0] in ("and", "but", "so") for one in found[1:])


def test_a_run_without_any_clause_has_an_end_too():
    found = parts("word " * 200)
    assert [len(one.split()) for one in found] == [MOST, MOST, MOST, 20]
    assert parts("word " * LONG) == [("word " * LONG).strip()]


@given(st.text(st.sampled_from("ab I.!?\n\"'\u2026 3") | st.characters(), max_size=300))
def test_sentences_are_literal_in_order_and_lose_no_word(text):
    found = split(text)
    assert all(text[one.start : one.end] == one.text == one.text.strip() for one in found)
    assert all(one.end <= after.start for one, after in pairwise(found))
    assert sum(map(str.isalnum, text)) == sum(letter.isalnum() for one in found for letter in one.text)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Um, I rang uh the vendor, er now", "I rang the vendor now"),
        ("I rang her, you know, twice, like, at least", "I rang her, twice, at least"),
        ("I I rang rang the vendor", "I rang the vendor"),
        ("we went, we went home", "we went home"),
        ("Result: sales rose", "sales rose"),
        ("I like her kind of humour", "I like her kind of humour"),
        ("the hummus and the umbrella", "the hummus and the umbrella"),
        ("um", "um"),
    ],
)
def test_fillers_repetitions_and_headings_are_left_out(said, left):
    assert without_fillers(said) == left
