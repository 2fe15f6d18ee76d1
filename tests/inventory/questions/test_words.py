"""Words of questions: in full, and with a slip mended."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.questions.linking import common_names
from inventory.questions.words import _in_full, commas_of, question_words, words_of
from inventory.simulation.example import ITEMS, OUTLETS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's left of Bangsar's CHICKEN?!", ("what", "'s", "left", "of", "bangsar", "'s", "chicken")),
        ("12/3, 2026-03-12; 2.5kg", ("12/3", "2026-03-12", "2.5kg")),
        ("'; DROP TABLE records;--", ("drop", "table", "records")),
        ("ada apa-apa pelik?", ("ada", "apa-apa", "pelik")),
        ("brp ayam tggl kat BB skrg", ("berapa", "ayam", "tinggal", "kat", "bb", "sekarang")),
        ("recieved yest, pls", ("received", "yesterday", "please")),
        ("", ()),
    ],
)
def test_the_words_of_a_question(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sugar uesd yestrday", "sugar used yesterday"),
        ("prawns consumptin bb", "prawns consumption bb"),
        ("sugested rice qty", "suggested rice quantity"),
        ("oil dlivered on tusday", "oil delivered on tuesday"),
        ("berpa ayam tinggl minggu lpas", "berapa ayam tinggal minggu lepas"),
        ("selsa lalu", "selasa lalu"),
        ("bsok nak brp", "esok nak berapa"),
        ("flour consumd lsat wek", "flour consumed last week"),
        ("ikan msuk", "ikan masuk"),
    ],
)
def test_a_slip_in_a_word_that_a_question_turns_on_is_mended(text, words):
    assert " ".join(words_of(text)) == words


@pytest.mark.parametrize(
    "text", ["fish sticks", "wanted", "the prince of wales", "ayam masak merah", "tuhan", "washed"]
)
def test_other_words_stay_as_they_are(text):
    assert " ".join(words_of(text)) == text


def test_no_name_and_no_word_of_questions_is_mended():
    names = [name for kind in common_names().values() for name in kind]
    names += [form for one in (*ITEMS, *OUTLETS) for form in (one.name.lower(), *map(str.lower, one.aliases))]
    words = {word for name in names for word in name.split() if word.isalpha()} | question_words()
    assert {word for word in words if words_of(word) != (word,)} <= set(_in_full())


@given(st.text(max_size=80))
def test_any_text_has_words_and_reading_those_again_changes_nothing(text):
    words = words_of(text)
    assert all(words) and commas_of(text) <= set(range(len(words)))
    assert words_of(" ".join(words)) == words
