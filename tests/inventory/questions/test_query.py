"""The form of a question: what it may hold, how a model writes it, and that nothing else can be written."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from inventory.questions.grammar import Allowed, Grammar
from inventory.questions.query import BY, INTENTS, KINDS, NONE, RANKS, WORDS, Line, Query, line_of

NAMES = st.lists(st.sampled_from(["chicken", "chicken wings", "fish", "bangsar", "outlet 7", "ss2"]), max_size=2)
LINES = st.builds(
    Line,
    st.sampled_from(INTENTS),
    NAMES.map(tuple),
    NAMES.map(tuple),
    st.sampled_from(("", *KINDS)),
    st.sampled_from(("", *BY)),
    st.sampled_from(("", *RANKS)),
    st.booleans(),
)


def encode(words: str) -> list[int]:
    """Two letters a token, so that values share beginnings."""
    return [hash_of(words[at : at + 2]) for at in range(0, len(words), 2)]


def hash_of(pair: str) -> int:
    return int.from_bytes(pair.encode(), "big") + 10


def walk(grammar: Grammar, pick) -> str:
    for _ in range(400):
        if grammar.done:
            return grammar.text
        choices = grammar.choices()
        grammar.take(choices[pick(len(choices))])
    raise AssertionError("the grammar doesn't end")


@settings(max_examples=50, deadline=None)
@given(LINES)
def test_a_line_is_read_as_it_was_written(line):
    assert line_of(str(line)) == line


@pytest.mark.parametrize("text", ["", "sell", "used Period someday", "used By moon", "used Rank best", "used Mean x"])
def test_what_is_no_line_is_refused(text):
    with pytest.raises(ValueError):
        line_of(text)


def test_words_of_intents_are_all_different():
    assert len(set(WORDS.values())) == len(INTENTS) + 1 and len({word[0:2] for word in WORDS.values()}) > 10


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_is_chosen_is_a_line_with_the_names_that_must_be_in_it(random):
    allowed = Allowed(("salmon",), ("salmon",), (("fish", "fish cakes"), ("egg",)), (("bangsar",),), ("last week",))
    line = line_of(walk(Grammar(allowed, encode, 1), random.randrange))
    assert line.kind in ("", "last week")
    if line.intent != NONE:
        assert line.items[0] in ("fish", "fish cakes") and line.items[1] == "egg"
        assert "bangsar" in line.outlets
        assert set(line.items) | set(line.outlets) <= {"fish", "fish cakes", "egg", "bangsar", "salmon"}
    else:
        assert line == Line(NONE)


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_time_that_is_in_the_question_is_in_the_line(random):
    allowed = Allowed(("salmon",), ("salmon",), (("egg",),), (), ("yesterday", "last week"))
    line = line_of(walk(Grammar(allowed, encode, 1), random.randrange))
    timeless = line.intent in (NONE, "cover", "to_order", "price", "items", "outlets")
    assert timeless or line.kind in ("yesterday", "last week")


def test_a_question_without_names_has_none():
    first = line_of(walk(Grammar(Allowed(), encode, 1), lambda count: 0))
    assert first.items == first.outlets == ()


def test_nothing_else_can_be_written():
    grammar = Grammar(Allowed(), encode, 1)
    with pytest.raises(ValueError, match="can't follow"):
        grammar.take(hash_of("zz"))
    with pytest.raises(ValueError, match="can't follow"):
        grammar.take(1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"intent": "delete"}, "no intent 'delete'"),
        ({"intent": "none"}, "no intent 'none'"),
        ({"by": "supplier"}, "no by 'supplier'; use one of outlet, item, day"),
        ({"rank": "best"}, "no rank 'best'"),
        ({"period": "someday"}, "no period 'someday'"),
        ({"period": "last_0_days"}, "no period"),
        ({"period": "month:2025-13"}, "no period"),
        ({"period": "weekday:montag"}, "no period"),
        ({"top": 0}, "1 to 100 lines, not 0"),
        ({"period": "tomorrow"}, "'tomorrow' lies ahead"),
        ({"intent": "forecast", "period": "last_week"}, "'last_week' has passed"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(wrong, said):
    with pytest.raises(UserError, match=said):
        Query(**{"intent": "used", **wrong})


@pytest.mark.parametrize("period", ["", "today", "last_7_days", "month:2025-02", f"day:{date(2025, 3, 31)}", "all"])
def test_periods_of_the_past_are_taken(period):
    assert Query("used", period=period).period == period


def test_a_forecast_may_be_of_a_day_by_name_or_date():
    assert Query("forecast", period="weekday:friday").period == "weekday:friday"
    assert Query("forecast", period="day:2030-01-01").intent == "forecast"
