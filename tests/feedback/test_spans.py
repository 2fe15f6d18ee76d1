"""A text in its parts: offsets that are exact, sentences and contrasts where they are, and labels of each part."""

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedback import data, spans
from feedback.spans import Span, label_spans, mixed
from tests.feedback.rules import Rules


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in spans.split(text)]


# A stroke stands where a part ends and the next begins.
PARTED = [
    "Love it.| Crashes a lot.",
    "love it.| crashes a lot.| why?!| fix it",
    "Great!| Fast!!| Cheap?",
    'She said "no."| Then she hung up.',
    "Works (mostly.)| Not always.",
    "Great app! 😍| Works well. 👍👍| Thanks",
    "So good 😍| Would buy again",
    "First line\n|Second line",
    "Total is wrong:\n|- tax twice|\n- no discount",
    "no sync\n|no export\n|crashes",
    "Hello,\n\n|the lamp flickers.\n\n|Regards",
    "great app.|Crashes a lot",
    "It is great!|But it crashes",
    "Wait...| It crashed.",
    "I use v2.3.1.| It crashes on 10.0.19045.",
    "It opens at 9 a.m.| The queue is long.",
    "It has tea, milk, etc.| The staff is kind.",
    "We met Mr. Lim at St. Ives.| He helped.",
    "That was option 5.| It failed.",
    # Contrasts
    "love it| but it crashes",
    "I love the app,| but it crashes every day",
    "Great app| but it crashes",
    "I like the app| but crashes a lot",
    "Love the app| but since the update it crashes",
    "The room was small| but the staff was kind",
    "Great camera| but way too expensive",
    "The app works well,| however, the camera fails",
    "It works| although it is slow",
    "I use it daily,| though it drains the battery",
    "It is nice,| even though it costs a lot",
    "You promised a refund| and yet nothing came",
    "It is new, |yet it rattles",
    "The sound is great;| the screen is awful",
    "The sound is great| - |the screen is awful",
    "The sound is great| \u2014 |the screen is awful",
    "it works| but i hate the ads| but it is cheap",
    "It\u2019s fine| but I\u2019d like a dark mode",
]
WHOLE = [
    "See e.g. the manual, i.e. page 4, approx. 2 km, vs. the map.",
    "Costs 3.50 in v2.3.1 on 1.1.2024 at 10.30 h.",
    "Open https://shop.example/a.b?c=D&e=F.g and www.Example.com/x.Y now",
    "java.lang.NullPointerException in Foo.Bar and readme.md of node.js",
    "mail to a.Bee@example.Com please",
    "wait... what happens",
    "well\u2026 it works",
    "1. Open the app and wait",
    "a) Open the app and wait",
    "J. K. Smith was here",
    "It broke. ",
    "Price: 5.00!",
    "this line is long and goes on to the next, because the mail\nwas wrapped by somebody's program",
    "I ❤️ it so much",
    "\U0001f44d\U0001f44d\U0001f44d",
    "???",
    "nothing but trouble",
    "It is anything but good for me",
    "slow but steady",
    "It's a cheap but good lamp",
    "last but not least it is blue",
    "not only fast but also very pretty to look at",
    "It has not arrived yet",
    "I have yet to see it work",
    "The app, however, crashes",
    "However you put it, it is slow",
    "as though it were new",
    "It works fine though",
    "I bought apples; pears; plums",
    "Windows 11 - 22H2",
    "Mon - Fri",
    "fish&nbsp; and it is good",
    "But it crashes",
    "but",
]


@pytest.mark.parametrize("marked", PARTED)
def test_sentences_and_contrasts_are_parted(marked):
    expected = [part.strip(" \n-\u2014") for part in marked.split("|")]
    assert parts(marked.replace("|", "")) == [part for part in expected if part]


@pytest.mark.parametrize("text", WHOLE)
def test_what_is_one_stays_whole(text):
    assert parts(text) == [text.strip()]


def test_marks_alone_are_no_part_and_nothing_has_none():
    assert parts("Great.\n***\n---\nThanks") == ["Great.", "Thanks"]
    assert parts("") == parts(" \n\t ") == []


def check(text: str) -> None:
    found = spans.split(text)
    end = 0
    for start, stop in found:
        assert end <= start < stop <= len(text)
        assert text[start:stop] == text[start:stop].strip() != ""
        end = stop
    assert bool(found) == bool(text.strip())
    covered = {place for start, stop in found for place in range(start, stop)}
    said = [place for place, sign in enumerate(text) if sign.isalpha()]
    assert covered >= set(said), "a letter lies between the parts"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
@example("\ud800. \u0130 but \u0130 is it")
def test_any_text_has_parts_in_order_that_hold_its_letters(text):
    check(text)


PIECES = [
    "love it",
    "it crashes",
    "but",
    ", but ",
    "However, ",
    " yet ",
    "; ",
    " - ",
    ". ",
    "...",
    "\u2026",
    "! ",
    "\n",
    "\n\n",
]
PIECES += [
    "\n- ",
    "1. ",
    "e.g. ",
    "v2.1",
    "https://a.b/C.d",
    "😍",
    " 😍 ",
    "Great",
    "(",
    ")",
    '"',
    "and yet",
    "even though",
    "&amp; ",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20))
def test_pieces_in_any_order_have_parts_that_hold_their_letters(pieces):
    check("".join(pieces))


def test_the_written_texts_have_parts_that_hold_their_letters():
    for row in data.written():
        check(row.text)


def test_mixed_texts_are_parted_more_often_than_others():
    rows = [row for row in data.written() if 8 <= len(row.text.split()) <= 40]
    two = [len(spans.split(row.text)) > 1 for row in rows if row.second]
    one = [len(spans.split(row.text)) > 1 for row in rows if not row.second]
    assert np.mean(two) > np.mean(one) and np.mean(two) > 0.5


def test_each_part_has_its_label_and_place():
    text = "Love it, great screen! But it crashes. An error, it freezes."
    found = label_spans(text, Rules())
    assert [(span.label, span.text) for span in found] == [
        ("praise", "Love it, great screen!"),
        ("bug", "But it crashes. An error, it freezes."),
    ]
    assert all(text[span.start : span.end] == span.text for span in found)


def test_the_confidence_of_what_is_joined_is_the_mean_by_length():
    text = "It crashes. An error, it freezes."
    (found,) = label_spans(text, Rules())
    first, second = Rules().probabilities(["It crashes.", "An error, it freezes."])[:, 0]
    assert found == Span(0, 33, text, "bug", pytest.approx((11 * first + 21 * second) / 32))


def test_mixed_says_what_a_text_carries():
    texts = {
        "love it but it crashes": ("bug", "praise"),
        "Hello. I love it, great. Thanks!": ("praise",),
        "hello": ("other",),
        "The lamp is blue.": (),
        "I love it. It is expensive. An error, it crashes, everything is lost!": ("bug", "complaint", "praise"),
    }
    for text, carried in texts.items():
        assert mixed(label_spans(text, Rules())) == carried, text


def test_a_part_below_the_floor_says_nothing():
    some = [Span(0, 4, "aaaa", "bug", 0.59), Span(4, 8, "bbbb", "praise", 0.61), Span(8, 12, "cccc", "other", 0.99)]
    assert mixed(some) == ("praise",)
    assert mixed(some, floor=0.5) == ("praise", "bug")
    assert mixed(some, floor=0.9) == ("other",)
    assert mixed([]) == ()


def test_an_empty_text_has_no_labels():
    assert label_spans("", Rules()) == label_spans(" \n", Rules()) == []


def test_a_very_long_text_is_labelled_as_a_whole_in_fewer_parts():
    asked: list[str] = []

    class Noting(Rules):
        def probabilities(self, texts):
            asked.extend(texts)
            return super().probabilities(texts)

    text = "I love it. It crashes. " * 5000
    label_spans(text, Noting())
    assert len(asked) == spans.MOST and sum(len(part) for part in asked) > 0.98 * len(text)


LONG = [
    "a",
    "a. ",
    "but it ",
    "; ",
    "\n",
    "😀",
    ".",
    "- ",
    "it is but ",
    "yet, ",
    "Oh 😀 ",
    " ",
    "a, ",
    "\r",
    "it crashes - ",
]


@pytest.mark.parametrize("piece", LONG)
def test_a_long_text_takes_time_in_proportion(piece):
    start = time.process_time()
    check(piece * (100_000 // len(piece)) + "a")
    assert time.process_time() - start < 3
