"""Results and the sentences made of them: worked out by hand, in both languages, and no number of their own."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from common.errors import UserError
from inventory.items import Item
from inventory.panel import panel_of
from inventory.questions.answers import guess, language_of, told
from inventory.questions.queries import Row, Sources, run
from inventory.questions.query import INTENTS, Query
from inventory.questions.words import words_of
from inventory.records import Record

TODAY = date(2026, 11, 20)  # a Friday
ITEMS = (Item("chicken", "kg", price=10.0), Item("eggs", "pcs", price=0.5))


@pytest.fixture(scope="module")
def panel():
    """Four days. Chicken: 10 come in and 4 are used each day in Bangsar, 2 in Subang, where eggs ran out today."""
    records = []
    for at in range(4):
        day = TODAY - timedelta(3 - at)
        waste = "waste 1 kg" if at == 3 else ""
        records += [
            Record(day, "Bangsar", "chicken", "kg", 10, 20 + 6 * at, 5, waste),
            Record(day, "Subang", "chicken", "kg", 10 if at == 1 else 0, 30 - 2 * at + 10 * (at >= 1)),
            Record(day, "Subang", "eggs", "pcs", 0, max(0, 90 - 45 * at), 30 if at == 3 else 0),
        ]
    return panel_of(records)


@dataclass(frozen=True)
class Ahead:
    keys: tuple
    days: np.ndarray
    middle: np.ndarray


@dataclass(frozen=True)
class Finding:
    day: date
    outlet: str
    item: str
    observed: float = 3.0
    why: str = "12 kg less than counted"
    quantity: float = 15.0


def forecast(panel, horizon):
    days = panel.days[-1] + np.arange(1, horizon + 1)
    return Ahead(panel.keys, days, np.full((len(panel.keys), horizon), 4.0))


SOURCES = Sources(
    forecast,
    lambda panel: [Finding(TODAY, "Bangsar", "chicken"), Finding(TODAY, "Subang", "eggs", quantity=0.0)],
    lambda panel, since: [Finding(TODAY, "Bangsar", "chicken"), Finding(TODAY - timedelta(40), "Subang", "eggs")],
)


def rows(panel, intent, **slots):
    return [(row.name, row.value, row.unit) for row in run(Query(intent, **slots), panel, ITEMS, SOURCES).rows]


CHICKEN = {"items": ("chicken",)}


@pytest.mark.parametrize(
    ("intent", "slots", "expected"),
    [
        ("stock", CHICKEN, [("", 72.0, "kg")]),
        ("stock", {**CHICKEN, "by": "outlet"}, [("Bangsar", 38.0, "kg"), ("Subang", 34.0, "kg")]),
        ("stock", {**CHICKEN, "period": "yesterday", "outlets": ("Subang",)}, [("", 36.0, "kg")]),
        ("stock", {"by": "item", "outlets": ("Subang",)}, [("chicken", 34.0, "kg"), ("eggs", 0.0, "pcs")]),
        ("stock_value", {}, [("", 720.0, "RM")]),
        ("stock_value", {"by": "outlet", "rank": "most"}, [("Bangsar", 380.0, "RM")]),
        ("used", CHICKEN, [("", 18.0, "kg")]),
        ("used", {**CHICKEN, "per_day": True}, [("", 6.0, "kg")]),
        ("used", {**CHICKEN, "rank": "most"}, [("Bangsar", 12.0, "kg")]),
        ("used", {**CHICKEN, "rank": "least"}, [("Subang", 6.0, "kg")]),
        ("used", {"by": "outlet"}, [("Bangsar", 120.0, "RM"), ("Subang", 105.0, "RM")]),
        ("used", {}, [("chicken", 18.0, "kg"), ("eggs", 90.0, "pcs")]),
        ("received", {**CHICKEN, "outlets": ("Subang",)}, [("", 10.0, "kg")]),
        ("ordered", {"items": ("eggs",), "period": "today"}, [("", 30.0, "pcs")]),
        ("wasted", {**CHICKEN, "by": "outlet", "rank": "most"}, [("Bangsar", 1.0, "kg")]),
        ("ran_out", {"items": ("eggs",)}, [("", 2.0, "days")]),
        ("ran_out", {"by": "item", "period": "today"}, [("eggs", 1.0, "days")]),
        ("last_delivery", {**CHICKEN, "outlets": ("Subang",)}, [("", TODAY - timedelta(2), "")]),
        ("cover", {**CHICKEN, "outlets": ("Bangsar",)}, [("", 9.5, "days")]),
        ("cover", {**CHICKEN, "period": "month:2020-03"}, [("", None, "days")]),
        ("cover", {"by": "item", "rank": "least"}, [("eggs", 0.0, "days")]),
        ("forecast", CHICKEN, [("", 56.0, "kg")]),
        (
            "forecast",
            {**CHICKEN, "period": "tomorrow", "by": "outlet"},
            [("Bangsar", 4.0, "kg"), ("Subang", 4.0, "kg")],
        ),
        ("forecast", {**CHICKEN, "period": "weekday:monday"}, [("", 8.0, "kg")]),
        ("to_order", CHICKEN, [("", 15.0, "kg")]),
        ("anomalies", {"by": "outlet"}, [("Bangsar", 1.0, "findings")]),
        ("price", {"items": ("eggs",)}, [("eggs", 0.5, "RM/pcs")]),
        ("price", {"by": "item", "rank": "most"}, [("chicken", 10.0, "RM/kg")]),
        ("items", {"outlets": ("Bangsar",)}, [("chicken", None, "kg")]),
        ("outlets", {}, [("Bangsar", None, ""), ("Subang", None, "")]),
    ],
)
def test_a_query_is_answered_from_the_records(panel, intent, slots, expected):
    assert rows(panel, intent, **slots) == expected


def test_a_line_for_each_day(panel):
    found = rows(panel, "used", items=("chicken",), outlets=("Bangsar",), by="day", period="all")
    assert [value for _, value, _ in found] == [None, 4.0, 4.0, 4.0]


def test_days_that_nobody_recorded_are_no_zero(panel):
    result = run(Query("used", ("chicken",), period="month:2020-01"), panel, ITEMS)
    assert result.rows == (Row("", None, "kg"),)
    assert told(result, "en").startswith("No records of chicken from 2020-")
    assert told(result, "ms").startswith("Tiada rekod chicken")


def test_what_has_no_source_says_so(panel):
    with pytest.raises(UserError, match="forecasts can't be answered"):
        run(Query("forecast"), panel, ITEMS)


@pytest.mark.parametrize("language", ["en", "ms"])
@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("slots", [{}, CHICKEN, {"by": "outlet"}, {"by": "item", "rank": "most", "top": 2}])
def test_a_sentence_has_no_number_of_its_own(panel, language, intent, slots):
    query = Query(intent, **slots)
    result = run(query, panel, ITEMS, SOURCES)
    text = told(result, language)
    assert text and "{" not in text and "  " not in text and guess(query, language, TODAY)
    values = [row.value for row in (*result.rows, *filter(None, [result.total]))]
    known = {f"{value:g}" for value in values if isinstance(value, float)}
    for day in [result.first, result.last, *values]:
        text = text.replace(str(day), "") if isinstance(day, date) else text
    for row in result.rows:
        text = text.replace(row.name or "\0", "").replace(row.note or "\0", "")
    assert {f"{float(number.replace(',', '')):g}" for number in re.findall(r"\d[\d,]*\.?\d*", text)} <= known


def test_an_answer_reads_well(panel):
    assert told(run(Query("wasted", ("chicken",), rank="most", by="outlet"), panel, ITEMS), "en") == (
        "Wasted of chicken from 2026-11-14 to 2026-11-20: Bangsar is first with 1 kg."
    )
    assert told(run(Query("stock", ("chicken",), ("Bangsar",)), panel, ITEMS), "ms") == (
        "Stok chicken di Bangsar pada 2026-11-20: 38 kg."
    )


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How much chicken is left?", "en"),
        ("Berapa baki ayam hari ini?", "ms"),
        ("ayam berapa left", "ms"),
        ("order for Bangsar yesterday", "en"),
        ("", "en"),
    ],
)
def test_the_language_of_a_question(text, language):
    assert language_of(words_of(text)) == language
