"""Names in questions: found as they are, by their other names, misspelt; and asked back where they aren't clear."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.items import Item, Outlet
from inventory.questions.linking import SURE, Linker, common_names
from inventory.questions.words import question_words, words_of
from inventory.simulation.example import ITEMS, OUTLETS

THINGS = Linker.of_items(ITEMS)
PLACES = Linker.of_outlets(OUTLETS)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("chicken", "chicken"),
        ("chikcen", "chicken"),
        ("ayam", "chicken"),
        ("onion", "onions"),
        ("chilli", "chillies"),
        ("potatos", "potatoes"),
        ("fish", "fish fillet"),
        ("coffee", "coffee beans"),
        ("coconut milk", "coconut milk"),
        ("cocnut milk", "coconut milk"),
        ("milk", "milk"),
        ("santan", "coconut milk"),
        ("daging lembu", "beef"),
        ("mi kuning", "noodles"),
        ("santannya", "coconut milk"),
    ],
)
def test_an_item_is_met_by_its_names(words, name):
    link = THINGS.link(words)
    assert (link.name, link.score >= 0.75) == (name, True)


@pytest.mark.parametrize(
    ("words", "name"),
    [("jb", "Johor Bahru"), ("melaka", "Melaka Riverside"), ("penang", "Penang Road"), ("bangsr", "Bangsar")],
)
def test_an_outlet_is_met_by_its_names(words, name):
    assert PLACES.link(words).name == name


@pytest.mark.parametrize(
    "words", ["salmon", "coconut oil", "price", "truffle oil paste", "kfc", "x", "prawn crackers deluxe"]
)
def test_what_is_not_there_is_not_found(words):
    assert THINGS.link(words).name is None


def test_the_possessive_of_a_place_takes_no_word_of_an_item():
    words = words_of("Were Penang's bread rolls sold out?")
    assert [(one.start, one.name) for one in PLACES.find(words)] == [(1, "Penang Road")]


def test_what_two_names_fit_is_ambiguous_and_names_both():
    linker = Linker.of_items([Item("chicken wings", "kg"), Item("chicken breast", "kg"), Item("rice", "kg")])
    link = linker.link("chicken")
    assert link.name is None and link.candidates == ("chicken breast", "chicken wings")
    assert linker.link("chicken wing").name == "chicken wings"


def test_initials_need_no_alias():
    linker = Linker.of_outlets([Outlet("Kuala Lumpur"), Outlet("Kota Bharu")])
    assert (linker.link("kl").name, linker.link("kb").name) == ("Kuala Lumpur", "Kota Bharu")


def test_the_longest_name_is_found_in_a_question():
    words = words_of("How much coconut milk and milk did Bukit Bintang's kitchen use?")
    assert [one.name for one in THINGS.find(words)] == ["coconut milk", "milk"]
    assert [one.name for one in PLACES.find(words)] == ["Bukit Bintang"]


def test_a_name_may_have_a_word_of_questions_in_it_but_is_not_met_by_it():
    linker = Linker.of_items([Item("gas bottle", "pcs"), Item("order pads", "pcs")])
    assert [one.name for one in linker.find(words_of("how many gas bottles are left"))] == ["gas bottle"]
    assert linker.find(words_of("what did we order by the bottle")) == ()


def test_no_common_name_is_a_word_of_questions():
    # Ipoh and lamb are asked back wherever they stand; a town called Nilai would be, too, in every question of values.
    assert not {name for names in common_names().values() for name in names} & question_words()


def test_words_of_questions_are_no_misspelt_names():
    for text in (
        "what is the price of it",
        "which outlet ordered most",
        "berapa baki hari ini",
        "how long will it last",
        "berapa berat bekas itu",
        "the road to the supplier, whole weeks of cooking",
    ):
        assert THINGS.find(words_of(text)) == () and PLACES.find(words_of(text)) == ()


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(ITEMS), st.data())
def test_a_name_with_two_letters_swapped_is_never_another(item, data):
    at = data.draw(st.integers(1, max(1, len(item.name) - 2)))
    swapped = item.name[:at] + item.name[at : at + 2][::-1] + item.name[at + 2 :]
    assert THINGS.link(" ".join(words_of(swapped))).name in (item.name, None)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_taken(text):
    words = words_of(text)
    for one in THINGS.find(words):
        assert 0 <= one.start < one.end <= len(words) and one.score >= SURE


@pytest.mark.parametrize(
    ("word", "name"),
    [("rcie", "rice"), ("mlik", "milk"), ("flor", "flour"), ("sugr", "sugar"), ("bers", "rice"), ("milkless", "milk")],
)
def test_a_slip_in_a_short_name(word, name):
    assert Linker.of_items(ITEMS).link(word).name == name


@pytest.mark.parametrize("word", ["mile", "salt", "fist", "flow", "uang", "sukar", "mr"])
def test_another_short_word_is_no_name(word):
    assert Linker.of_items(ITEMS).find((word,)) == () and Linker.of_outlets(OUTLETS).find((word,)) == ()
