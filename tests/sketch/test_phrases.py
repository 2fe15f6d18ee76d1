"""Requests that are read in several ways."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch.phrases import KINDS, MOST_READINGS, MOST_WORDS, readings


def pairs(text: str) -> set[tuple[str, str]]:
    return {(reading.style.lower(), reading.content.lower()) for reading in readings(text)}


@pytest.mark.parametrize(
    ("text", "style", "content"),
    [
        ("a car in watercolour", "watercolour", "car"),
        ("A Car In Watercolour!", "watercolour", "car"),
        ("a watercolour of a car", "watercolour", "car"),
        ("car, watercolour", "watercolour", "car"),
        ("car (watercolour)", "watercolour", "car"),
        ("a car - watercolour", "watercolour", "car"),
        ("a car\nwatercolour", "watercolour", "car"),
        ("watercolour car", "watercolour", "car"),
        ("car watercolour", "watercolour", "car"),
        ("a fox in the style of a comic book", "comic book", "fox"),
        ("a fox made of clay", "clay", "fox"),
        ("a fox carved from wood", "wood", "fox"),
        ("a fox drawn with wax crayons", "wax crayons", "fox"),
        ("a fox that looks like a mosaic", "mosaic", "fox that"),
        ("a fox as if it were a mosaic", "mosaic", "fox"),
        ("an owl as a blueprint", "blueprint", "owl"),
        ("an owl all in gold", "gold", "owl all"),
        ("neon green snake", "neon green", "snake"),
        ("blueprint showing an owl", "blueprint", "owl"),
    ],
)
def test_one_of_the_readings_is_the_right_one(text, style, content):
    assert (style, content) in pairs(text)


def test_the_look_may_be_said_to_be_one():
    for ending in ("style", "look", "aesthetic", "vibes", "effect"):
        assert (f"pencil {ending}", "fox") in pairs(f"a fox, pencil {ending}")


@pytest.mark.parametrize(
    "text",
    [
        "please draw me a car in watercolour",
        "Can you draw a car in watercolour, please",
        "could you please make me a car in watercolour",
        "I'd like you to draw a car in watercolour",
        "a car in watercolour, highly detailed, 4k, best quality, masterpiece",
        "  a   car\tin \n watercolour  ",
    ],
)
def test_politeness_and_habit_change_nothing(text):
    assert ("watercolour", "car") in pairs(text)
    assert not any(re.search(r"please|draw|quality|4k|masterpiece", style) for style, _ in pairs(text))


def test_the_whole_text_comes_first_and_needs_no_cut():
    found = readings("a car in watercolour")
    assert (found[0].style, found[0].content, found[0].kind) == ("a car in watercolour", "", "whole")
    assert [(one.style, one.kind) for one in readings("blueprint")] == [("blueprint", "whole")]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "🎨🖌️", "...", "?!", "-", '"', "please", "draw me"])
def test_a_text_without_words_has_no_reading(text):
    assert readings(text) == []


def test_the_kinds_say_how_a_reading_was_found():
    found = {reading.style: reading.kind for reading in readings("old grey fox, made of clay")}
    assert found["clay"] == "cue" and found["old grey fox"] == "part" and found["old grey"] == "words"


def test_of_a_long_text_the_first_words_are_read():
    found = readings("fox " * (MOST_WORDS - 1) + "end in watercolour")
    assert len(found[0].style.split()) == MOST_WORDS and found[0].style.endswith("end")
    assert not any("watercolour" in reading.style for reading in found)


CUES = (
    *("a", "the", "in", "of", "as", "like", "with", "on", "made", "style", "look", "and", "if", "it", "were"),
    *("please", "draw", "4k", "fox", "owl", "clay", "gold", "neon", ",", ";", "-", "(", ")"),
)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.lists(st.sampled_from(CUES), max_size=80).map(" ".join))
def test_whatever_is_asked_the_readings_are_few_different_and_made_of_its_words(text):
    found = readings(text)
    assert len(found) <= MOST_READINGS
    assert len({reading.style.lower() for reading in found}) == len(found)
    words = set(re.findall(r"\w+", text))
    for number, reading in enumerate(found):
        assert reading.kind in KINDS and (reading.kind == "whole") == (number == 0)
        assert reading.style and (reading.content == "" if number == 0 else True)
        assert set(re.findall(r"\w+", f"{reading.style} {reading.content}")) <= words


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["x-" * 500, "'" * 1000, "a " * 500, "in a " * 200, "a" * 1000, ", " * 500, "(" * 1000]
)
def test_odd_texts_of_a_thousand_letters_are_read_at_once(text):
    assert len(readings(text)) <= MOST_READINGS
