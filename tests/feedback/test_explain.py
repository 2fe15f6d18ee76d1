"""Which words count: by a classifier whose words are known, so that every effect can be worked out."""

import itertools
import json
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from feedback import explain as occlusion
from feedback.explain import explain, units
from tests.feedback.rules import Rules

RULES = Rules()
PLAIN = "The blue lamp stands beside the old table in the hall. "


class Counting(Rules):
    """Remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def probabilities(self, texts):
        self.asked.append(list(texts))
        return super().probabilities(texts)


def effects(found) -> dict[str, float]:
    return {word.text: word.effect for word in found.words}


def test_the_word_that_makes_the_label_has_its_log_odds():
    found = explain("The app crashes", RULES)
    assert found.label == "bug"
    # 10 of 15 are for bug; without the word 1 of 6.5, since "other" then has a half more.
    assert effects(found) == pytest.approx({"The": 0, "app": 0, "crashes": log(10 / 5) - log(1 / 5.5)}, abs=1e-5)
    assert found.confidence == pytest.approx(10 / 15)
    assert (found.sentences, found.start, found.end) == ((), 0, 15)


def test_what_speaks_against_a_label_is_negative():
    found = explain("Love it, crashes", RULES, "Bug")
    assert found.label == "bug"
    assert effects(found)["Love"] == pytest.approx(log(10 / 14) - log(10 / 5), abs=1e-5)
    assert effects(found)["crashes"] > 0
    assert effects(explain("Love it, crashes", RULES, "praise"))["Love"] > 0


def test_marks_emoji_and_links_are_units_and_markup_is_none():
    text = "<b>Why</b> &amp; how?! see https://example.com/a?b=1 😡👍🏽 don't"
    found = [text[start:end] for start, end in units(text)]
    assert found == ["Why", "how", "?!", "see", "https://example.com/a?b=1", "😡", "👍🏽", "don't"]


def test_of_a_long_text_the_sentences_are_weighed_and_then_the_words_of_the_strongest():
    text = PLAIN * 10 + "Since then it crashes daily. " + PLAIN * 10
    found = explain(text, RULES)
    strongest = max(found.sentences, key=lambda one: one.effect)
    assert strongest.text == "Since then it crashes daily."
    assert sum(sentence.effect > 0.01 for sentence in found.sentences) == 1
    assert len(found.sentences) == 21
    assert max(found.words, key=lambda one: one.effect).text == "crashes"
    assert len(found.words) <= occlusion.WORDS


def test_in_a_very_long_text_the_place_is_found():
    text = PLAIN * 200 + "Since then it crashes daily. " + PLAIN * 80
    found = explain(text, RULES, "bug")
    assert "crashes daily" in text[found.start : found.end]
    assert found.end - found.start <= occlusion.LONGEST
    assert text[found.start - 1].isspace() and text[found.end].isspace()
    assert max(found.words, key=lambda one: one.effect).text == "crashes"


@pytest.mark.parametrize(
    "text",
    [PLAIN * 17_000, "a" * 1_000_000, "a, " * 300_000, "A b. " * 200_000, "\n" * 999_000 + PLAIN * 10, "?" * 5000],
)
def test_the_work_has_a_bound_whatever_the_text(text):
    counting = Counting()
    found = explain(text, counting)
    assert len(counting.asked) <= 4
    whole, *rest = [one for asked in counting.asked for one in asked]
    windows = sum(1 + len(one) // occlusion.STRETCH for one in rest)
    assert whole == text and windows < 300
    assert len(found.words) <= occlusion.WORDS


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=400), st.sampled_from([1, 30]))
def test_offsets_lead_into_the_text(text, times):
    text = (text + " crashes 😡. ") * times
    found = explain(text, RULES)
    for parts in (found.words, found.sentences):
        assert all(part.text == text[part.start : part.end] != "" for part in parts)
        assert all(one.end <= other.start for one, other in itertools.pairwise(parts))
    assert all(found.start <= word.start and word.end <= found.end for word in found.words)


def test_words_of_nothing_are_refused():
    with pytest.raises(UserError, match="no text"):
        explain(" \n<br>", RULES)
    with pytest.raises(UserError, match=r"no label 'lava'.*praise"):
        explain("It crashes", RULES, "lava")


def test_plain_is_what_json_takes():
    found = explain(PLAIN * 12 + "It crashes!", RULES).plain()
    assert json.loads(json.dumps(found)) == found
    assert {"start", "end", "text", "effect"} == set(found["words"][0]) == set(found["sentences"][0])
