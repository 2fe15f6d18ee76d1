"""The built-in style cards as they are in the repository."""

import re

import numpy as np
import pytest

from sketch import cards, looks

FIELDS = ("title", "caption", "medium", "era", "licence")


@pytest.fixture(scope="module")
def built_in() -> dict[str, cards.Card]:
    return cards.built_in()


def test_there_are_at_least_48_and_each_says_all_about_itself(built_in):
    assert len(built_in) >= 48
    for name, card in built_in.items():
        assert card.id == name and re.fullmatch(r"[a-z0-9_]+", name)
        assert all(getattr(card, key).strip() == getattr(card, key) != "" for key in FIELDS), name
        assert card.licence == "Apache-2.0" and not card.own
        assert 3 <= len(card.palette) <= 5
        looks.of_palette(card.palette)  # raises for what is no colour


def test_each_has_a_picture_of_its_own_and_no_picture_is_left_over(built_in):
    pictures = {name: card.rgb() for name, card in built_in.items()}
    for name, rgb in pictures.items():
        assert rgb.dtype == np.uint8 and rgb.ndim == 3 and rgb.shape[2] == 3 and min(rgb.shape[:2]) >= 128, name
        assert rgb.std() > 5, f"{name} shows nothing"
    assert len({rgb.tobytes() for rgb in pictures.values()}) == len(pictures)
    assert {file.stem for file in cards.FOLDER.glob("*.webp")} == set(built_in)


def test_no_two_say_the_same(built_in):
    for key in ("title", "caption"):
        assert len({getattr(card, key).lower() for card in built_in.values()}) == len(built_in)


def test_many_media_and_times_can_be_chosen_from(built_in):
    assert len({card.medium for card in built_in.values()}) >= 10
    assert len({card.era for card in built_in.values()}) >= 5


def test_each_has_a_recipe_for_its_picture(built_in):
    recipes = cards.recipes()
    assert list(recipes) == list(built_in)
    assert all(recipes[name].shader and recipes[name].palette == card.palette for name, card in built_in.items())
    assert len({recipe.seed for recipe in recipes.values()}) == len(recipes)


def test_who_changes_the_cards_he_was_given_changes_nobody_elses():
    cards.built_in().clear()
    assert len(cards.built_in()) >= 48


def card(**words: str) -> cards.Card:
    return cards.Card(**{"id": "a", **dict.fromkeys(FIELDS, ""), **words}, palette=())


def test_the_text_joins_what_is_there():
    assert card(title="Old map", caption="Brown ink.", medium="ink", era="16th").text == "Old map. Brown ink. ink, 16th"
    assert card(title="Old map", era="16th").text == "Old map. 16th"
    assert card(title="Old map").text == "Old map."


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        ("", []),
        ("Brown ink.", ["Brown ink"]),
        ("Brown ink, and red seals, like an old map.", ["Brown ink", "red seals", "an old map"]),
        ("Thin lines on a sheet: pale, as in a diary", ["Thin lines on a sheet", "pale", "in a diary"]),
        ("Red, or so.", []),  # "red" and "so" are too short to say anything by themselves
        ("As red as 3.5 roses", ["red as 3.5 roses"]),
    ],
)
def test_a_caption_falls_apart_where_a_part_can_be_understood(caption, parts):
    assert card(title="It", caption=caption).parts == ["It", *parts]


def test_a_card_without_a_picture_has_none():
    assert card(title="It").rgb() is None
