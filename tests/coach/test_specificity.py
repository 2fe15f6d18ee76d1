"""Numbers, dates, names and outcomes found in sentences."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.specificity import KINDS, details


def found(sentence: str) -> list[tuple[str, str]]:
    return [(one.kind, one.text) for one in details(sentence)]


@pytest.mark.parametrize(
    ("sentence", "kind", "text"),
    [
        ("It cost 2,300 euros.", "number", "2,300"),
        ("We had twenty-five guests.", "number", "twenty-five"),
        ("It took a third of the time.", "number", "a third"),
        ("Waste went down by 12 percent.", "number", "12 percent"),
        ("That was in 2021.", "number", "2021"),
        ("It began on Tuesday.", "date", "Tuesday"),
        ("In the end Okafor signed it.", "name", "Okafor"),
        ("The pipeline ran in CI/CD.", "name", "CI/CD"),
        ("The rate fell.", "outcome", "fell"),
    ],
)
def test_each_kind_is_found(sentence, kind, text):
    assert (kind, text) in found(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Somebody did something there.",
        "Communication is the key, and I always give my best.",
        "One should listen.",
        "I am a person who likes people.",
    ],
)
def test_what_fits_any_answer_has_none(sentence):
    assert found(sentence) == []


def test_the_first_word_is_no_name_and_loud_text_has_none():
    assert found("Okafor agreed with it.") == []
    assert not any(kind == "name" for kind, _ in found("WE ASKED OKAFOR AND MEIER ABOUT IT."))


@given(st.text(st.sampled_from("aB 3%.,\u20ac'\u2019IT") | st.characters(), max_size=200))
def test_details_are_literal_in_order_and_apart(sentence):
    some = details(sentence)
    assert all(sentence[one.start : one.end] == one.text and one.kind in KINDS for one in some)
    assert all(one.end <= after.start for one, after in pairwise(some))
