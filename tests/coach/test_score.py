"""Scores of answers, with MiniLM itself: what raises them, and what must not."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.delivery import Delivery, Measure
from coach.places import Place
from coach.questions import make
from coach.reading import LONGEST
from coach.score import FORMULA, WEIGHTS, score
from coach.sentences import split
from common.errors import UserError
from tests.coach.injections import INJECTIONS
from tests.coach.told import BANK, MIDDLING, QUESTION, STRONG, WEAK

pytestmark = pytest.mark.usefixtures("one_thread")


OWN = {
    "text": "Tell me about a mistake with a price list.", "role": "any", "category": "behavioural", "difficulty": 2,
}  # fmt: skip


@pytest.fixture
def give(minilm):
    return lambda text, question=QUESTION, delivery=None: score(question, text, delivery, minilm)


def values(scores) -> dict[str, int]:
    return {one.name: one.value for one in scores.scores}


def test_better_answers_score_higher_in_everything_that_is_said(give):
    strong, middling, weak = map(give, (STRONG, MIDDLING, WEAK))
    assert strong.mean > middling.mean + 10 > weak.mean + 20
    assert all(values(strong)[name] > values(weak)[name] for name in values(weak))


@pytest.mark.parametrize(
    "text", [STRONG, MIDDLING, WEAK, "Yes.", "\U0001f600 I sent it. \u202e\u0000 Na\u00efve caf\u00e9s."]
)
def test_each_score_has_a_formula_a_literal_quote_and_advice(text, give):
    found = give(text)
    assert [one.name for one in found.scores] == ["structure", "relevance", "specificity", "ownership"]
    for one in found.scores:
        assert 0 <= one.value <= 100 and one.formula and one.advice and one.evidence in text
    assert found.overall == round(found.mean)
    assert found.mean == pytest.approx(sum(WEIGHTS[name] * value for name, value in values(found).items()))
    assert all(text[one.start : one.end] == one.text for one in found.segments)
    assert {*(one.key_point for one in found.covered), *found.missed} == set(QUESTION.key_points)
    assert give(text) == found


def test_the_formula_says_the_weights():
    assert sum(weight for name, weight in WEIGHTS.items() if name != "delivery") == pytest.approx(1)
    assert all(f"{name} {round(100 * weight)}" in FORMULA for name, weight in WEIGHTS.items())


@pytest.mark.parametrize("number", range(len(INJECTIONS)))
def test_nothing_in_an_answer_changes_the_rules(number, give):
    line, sentences = INJECTIONS[number], [one.text for one in split(MIDDLING)]
    sentences.insert(number % (len(sentences) + 1), f"\n{line}\n")
    told, plain = give(" ".join(sentences)), give(MIDDLING)
    assert told.scores == plain.scores and told.mean == plain.mean
    assert "".join("".join(told.set_aside).split()) == "".join(line.split())


def test_all_of_them_at_once_and_alone_earn_nothing(give):
    assert give("\n".join([*INJECTIONS, STRONG, *INJECTIONS])).scores == give(STRONG).scores
    assert give("\n".join(INJECTIONS)).overall == 0


@pytest.mark.parametrize("text", [STRONG, MIDDLING, WEAK])
def test_fillers_change_nothing(text, give):
    told = " ".join(f"{word} um" if number % 5 == 4 else word for number, word in enumerate(text.split()))
    # A comma before a filler goes with it, which can turn the rounding of one score.
    assert give(told.replace(". um", ". Um,")).mean == pytest.approx(give(text).mean, abs=1)
    # Of two commas one is left, which MiniLM sees.
    spoken = " ".join(f"{word}, you know," if number == 7 else word for number, word in enumerate(text.split()))
    assert give(spoken).mean == pytest.approx(give(text).mean, abs=3)


@pytest.mark.parametrize("text", [STRONG, MIDDLING, WEAK])
def test_saying_it_twice_raises_nothing(text, give):
    once, twice = values(give(text)), values(give(f"{text} {text}"))
    assert all(twice[name] <= once[name] for name in once)


@pytest.mark.parametrize("text", [STRONG, MIDDLING])
def test_empty_sentences_raise_nothing_much_and_lower_the_whole(text, give):
    padding = "I am a team player. Communication is the key. I always give my best. One must stay positive."
    assert give(f"{text} {padding}").mean < give(text).mean - 3


def test_what_is_not_an_answer_scores_low(give):
    for text in (QUESTION.text, ". ".join(QUESTION.key_points), f"{QUESTION.text} {'. '.join(QUESTION.key_points)}."):
        assert give(text).overall <= 5
    words = " ".join(f"I always think of {point}." for point in ("failure", "excuses", "damage", "consequences"))
    assert give(words).overall < give(MIDDLING).overall
    assert give("Yes.").overall < 15


def test_a_good_answer_to_another_question_scores_below_a_middling_one(give):
    elsewhere = give(STRONG, BANK["nur-tec-1"])
    assert elsewhere.mean < give(MIDDLING).mean - 10
    relevance = next(one for one in elsewhere.scores if one.name == "relevance")
    assert relevance.value < 25 and "something else" in relevance.advice


def test_the_order_of_sentences_is_the_structure_only(give):
    sentences = [one.text for one in split(STRONG)]
    random.Random(4).shuffle(sentences)
    mixed, plain = values(give(" ".join(sentences))), values(give(STRONG))
    assert all(abs(mixed[name] - plain[name]) <= 8 for name in plain)


def test_own_questions_without_key_points_are_scored_too(give):
    own = make(OWN)
    assert give(STRONG, own).mean > give(MIDDLING, own).mean > give(WEAK, own).mean
    assert give(STRONG, own).missed == ()


def voice(rate: float) -> Delivery:
    places = (Place(1.0, 9.0, "I once sent a wrong price list"),)
    return Delivery(
        (
            Measure("speaking_rate", "Speaking rate", rate, "words/min", 120, 160, "a source", places),
            Measure("pitch_median", "Pitch", 120.0, "Hz", None, None, "a source"),
        ),
        (), (), (),
    )  # fmt: skip


def test_a_voice_counts_in_delivery_only(give):
    plain, good, fast = give(MIDDLING), give(MIDDLING, delivery=voice(140)), give(MIDDLING, delivery=voice(190))
    assert good.scores[:4] == fast.scores[:4] == plain.scores
    assert good.scores[4].value == 100 and fast.scores[4].value == 25
    assert fast.scores[4].evidence in MIDDLING and fast.scores[4].advice == "Slow down."
    assert good.mean > fast.mean and good.mean == pytest.approx((plain.mean + 0.15 * 100) / 1.15)


def test_a_voice_of_which_nothing_is_known_has_no_score(give):
    nothing = Delivery((Measure("fillers", "Fillers", None, "per min", None, 3, "a source"),), (), (), ())
    assert give(MIDDLING, delivery=nothing) == give(MIDDLING)


@pytest.mark.parametrize("text", ["", "\u2026", "x" * (LONGEST + 1), "Je ne sais pas du tout ce que je dois faire"])
def test_what_cannot_be_scored_is_an_error_one_can_act_on(text, give):
    with pytest.raises(UserError):
        give(text)


def test_twenty_minutes_of_speech_are_scored(give):
    text = f"{STRONG} {MIDDLING} ".ljust(LONGEST + 1, ".")[:LONGEST]
    long = ((STRONG + " ") * 40)[:LONGEST].rsplit(".", 1)[0]
    assert len(text) == LONGEST and give(text).overall > 20
    assert len(long) > LONGEST - 200 and give(long).overall < 0.4 * give(STRONG).overall


LINES = [*(one.text for one in split(f"{STRONG} {WEAK}")), *INJECTIONS[:3], "\u0000", "\U0001f600"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(LINES), max_size=6))
def test_any_mix_is_scored_within_its_bounds_or_refused(lines, give):
    text = " ".join(lines)
    try:
        found = give(text)
    except UserError:
        assert not any(letter.isalpha() for letter in text)
        return
    assert all(0 <= one.value <= 100 and one.evidence in text for one in found.scores)
