"""What a verdict changes, and what it leaves alone."""

from datetime import date, timedelta

import numpy as np
import pytest

from inventory.anomalies.verdicts import Verdict, allowance
from inventory.panel import demand_panel

MONDAY = date(2025, 1, 6)
LEAST = 3.4
KEYS = [("Bangsar", "chicken"), ("Melaka", "chicken")]


@pytest.fixture
def panel():
    days = np.datetime64(MONDAY) + np.arange(28)
    return demand_panel(KEYS, days, np.ones((2, 28)))


def allowed(panel, *verdicts, kind="stock_loss", height=5.0):
    return allowance(verdicts, kind, panel, np.full(panel.shape, height), np.ones(panel.shape), LEAST)


def verdict(column=7, outlet="Bangsar", kind="stock_loss", item="chicken"):
    return Verdict(MONDAY + timedelta(column), outlet, item, kind)


def test_without_verdicts_nothing_is_hidden(panel):
    found = allowed(panel)
    assert (found.least == LEAST).all()
    assert not found.hidden.any()


def test_the_day_itself_is_hidden(panel):
    hidden = allowed(panel, verdict()).hidden
    assert np.argwhere(hidden).tolist() == [[0, 7]]


def test_what_is_as_high_on_the_same_weekday_is_usual_from_now_on(panel):
    least = allowed(panel, verdict(), height=5.0).least[0]
    assert (least[::7] > 5.0).all()
    assert (least[::7] < 5.001).all()


def test_on_other_days_of_the_series_a_finding_must_be_twice_as_rare(panel):
    least = allowed(panel, verdict()).least[0]
    assert np.delete(least, np.s_[::7]) == pytest.approx(LEAST + np.log10(2))
    twice = allowed(panel, verdict(7), verdict(14)).least[0]
    assert np.delete(twice, np.s_[::7]) == pytest.approx(LEAST + np.log10(3))


def test_the_other_side_of_the_usual_keeps_its_threshold(panel):
    side = np.ones(panel.shape)
    side[0, 14] = -1
    found = allowance([verdict()], "stock_loss", panel, np.full(panel.shape, 5.0), side, LEAST)
    assert found.least[0, 14] == pytest.approx(LEAST + np.log10(2))


@pytest.mark.parametrize("other", [{"kind": "unusual_usage"}, {"item": "beef"}, {"column": 99}, {"column": -1}])
def test_a_verdict_on_something_else_changes_nothing(panel, other):
    found = allowed(panel, verdict(**other))
    assert (found.least == LEAST).all()
    assert not found.hidden.any()


def test_other_series_keep_their_threshold(panel):
    assert (allowed(panel, verdict()).least[1] == LEAST).all()


def test_the_same_verdict_twice_counts_once(panel):
    one, two = allowed(panel, verdict()), allowed(panel, verdict(), verdict())
    np.testing.assert_array_equal(one.least, two.least)
