"""Habits of ordering: odd days and odd amounts."""

from datetime import date

import numpy as np
import pytest

from inventory.anomalies.expected import expected
from inventory.anomalies.order_habits import order_habits
from tests.inventory.books import FIRST, book, usual_use, with_number

THURSDAY, TUESDAY = 108, 106  # a day on which one orders, and one on which one doesn't


@pytest.fixture(scope="module")
def panel():
    return book(usual_use(4, 150))


def test_the_days_are_what_they_are_called():
    weekdays = [date.fromordinal(FIRST.toordinal() + at).strftime("%A") for at in (THURSDAY, TUESDAY)]
    assert weekdays == ["Thursday", "Tuesday"]


def test_ordinary_orders_are_no_surprise(panel):
    habits = order_habits(panel, expected(panel))
    assert habits.day_surprise.max() == 0
    assert np.isfinite(habits.score[:, THURSDAY]).all()
    assert np.isnan(habits.score[:, TUESDAY]).all()


def test_an_order_on_another_day_is(panel):
    odd = with_number(panel, "ordered", 2, TUESDAY, 60.0)
    habits = order_habits(odd, expected(odd))
    assert habits.day_surprise[2, TUESDAY] > 2.8
    assert habits.day_surprise[[0, 1, 3]].max() == 0
    assert habits.share[2, TUESDAY] == 0
    assert habits.most(20.0, 50.0, (2, TUESDAY), 2.8) == 0


def test_where_people_order_as_it_comes_no_day_is_odd(panel):
    rng = np.random.default_rng(0)
    for row in range(4):
        for at in range(150):
            panel = with_number(panel, "ordered", row, at, 20.0 * (rng.random() < 0.2))
    assert order_habits(panel, expected(panel)).day_surprise.max() < 2.5


def test_ten_times_the_order_is_far_above_the_largest_usual_one(panel):
    truth = panel.ordered[1, THURSDAY]
    odd = with_number(panel, "ordered", 1, THURSDAY, 10 * truth)
    known = expected(odd)
    habits = order_habits(odd, known)
    assert habits.surprise[1, THURSDAY] > 5
    at = 1, THURSDAY
    most = habits.most(float(known.level[at]), float(odd.balance[at]), at, 3.4)
    assert truth < most < 5 * truth
