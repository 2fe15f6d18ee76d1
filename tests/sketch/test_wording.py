"""Spelling, slips of the keyboard and terms of the field."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch import cards
from sketch.wording import GLOSSARY, Wording, distance, split

# Of the cards below, and what a sentence model would know besides.
TEXTS = (
    "Charcoal. Thick black charcoal on paper, drawing",
    "Japanese woodblock. Flat colours, ukiyo-e print",
    "Pencil drawing. Grey hatching",
    "Blueprint. Thin white lines",
    "Stained glass. Medieval window",
    "Roman mosaic. Stone tiles",
    "Watercolour. Two washes, sixteen tones, eight bits",
)
KNOWN = frozenset(("a", "of", "in", "cat", "horse", "house", "blue", "print", "stencil", "window", "drawing", "style"))


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(TEXTS, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("🎨 … !", []),
        ("8bit GRAY", ["eight", "bit", "grey"]),
        ("a Watercolor", ["a", "watercolour"]),
        ("watercolors, colored", ["watercolours", ",", "coloured"]),
        ("the 80s", ["the", "eighties"]),
        ("1960's poster", ["sixties", "poster"]),
        ("16-bit, 2 colors", ["sixteen", "bit", ",", "two", "colours"]),
        ("ukiyo-e", ["ukiyo-e"]),
        ("snake_case", ["snake", "case"]),
        ("1234", ["1234"]),
    ],
)
def test_words_are_split_and_spelled_the_british_way(text, words):
    assert split(text) == words


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("charcol", "charcoal"),
        ("charocal", "charcoal"),
        ("chaarcoal", "charcoal"),
        ("pensil", "pencil"),
        ("mosiac", "mosaic"),
        ("stainned", "stained"),
        ("japanise", "japanese"),
        ("ukiyoe", "ukiyo-e"),
        ("blue print", "blueprint"),
        ("watercolor", "watercolour"),
        ("gray", "grey"),
        ("pencildrawing", "pencil drawing"),
    ],
)
def test_a_slip_becomes_the_word_that_was_meant(wording, slip, meant):
    assert wording.plain(f"{slip} cat") == f"{meant} cat"


@pytest.mark.parametrize("word", ["horse", "stencil", "house", "cat", "roma", "xylophone", "charlatans", "15"])
def test_a_word_that_is_known_short_or_far_off_stays(wording, word):
    assert wording.plain(word) == word


def test_terms_of_the_field_are_explained_where_no_card_has_them(wording):
    assert wording.plain("a sanguine") == "a reddish chalk"
    assert wording.plain("X-ray") == "x-ray" and wording.plain("xray") == "x-ray"
    assert wording.plain("woodblock") == "woodblock", "a card says so itself"
    assert wording.plain("sangiune") == "reddish chalk", "a slip in a term"


def test_the_glossary_is_of_plain_words():
    for term, words in GLOSSARY.items():
        assert term.isalpha() and term == term.lower() and words == words.lower()
        assert term != words


def test_no_word_of_the_built_in_cards_is_corrected():
    texts = [card.text for card in cards.built_in().values()]
    wording = Wording(texts, lambda word: False)
    words = {word for text in texts for word in split(text) if word.isalpha()}
    changed = {word for word in words if wording.plain(word) != word}
    assert len(words) > 300 and changed == set()


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("mosaic", "mosaic", 0),
        ("mosiac", "mosaic", 1),  # swapped
        ("charcol", "charcoal", 1),  # left out
        ("inkk", "ink", 1),
        ("pensil", "pencil", 0.5),  # s and c sound alike
        ("kitten", "sitting", 2.5),  # k and s, then e and i, which sound alike, then one more
        ("", "ink", 3),
        ("abc", "xyz", 3),
    ],
)
def test_slips_are_counted(one, other, slips):
    assert distance(one, other, 3) == distance(other, one, 3) == slips
    if slips:
        assert distance(one, other, slips - 0.25) == math.inf


WORD = st.text("abceiksz", max_size=7)


@given(WORD, WORD, st.sampled_from([0.5, 1.0, 1.5, 2.0]))
def test_the_distance_is_the_same_both_ways_and_cut_where_it_is_too_far(one, other, most):
    whole = distance(one, other, 100)
    assert whole == distance(other, one, 100)
    assert (whole == 0) == (one == other)
    assert abs(len(one) - len(other)) <= whole <= max(len(one), len(other))
    assert distance(one, other, most) == (whole if whole <= most else math.inf)


@given(WORD.filter(bool), st.data())
def test_one_slip_is_no_more_than_one(word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("aiksx"))
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    ]
    assert all(distance(slip, word, 5) <= 1 for slip in slips)


@given(st.text(max_size=80))
def test_any_text_can_be_brought_to_the_words_of_the_cards(text):
    wording = Wording(TEXTS, KNOWN.__contains__)
    plain = wording.plain(text)
    assert plain == " ".join(plain.split()) and plain == plain.lower()
