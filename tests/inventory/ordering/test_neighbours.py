"""Outlets that are alike: the likeness, the vote, and the outlet that nobody knows yet."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from inventory.ordering.neighbours import as_neighbours, similar, weighted
from inventory.panel import Panel, demand_panel
from inventory.plausible import plausible, quantile

DAYS = np.datetime64("2026-01-05") + np.arange(56)  # from a Monday on
WEEKENDS = np.tile([1, 1, 1, 1, 1, 2, 2], 8)
OFFICES = np.tile([2, 2, 2, 2, 2, 1, 1], 8)


def panel(**outlets) -> Panel:
    """Of outlets with the use of each item: an array of days; half as much again is ordered as is used."""
    keys = sorted((outlet, item) for outlet, items in outlets.items() for item in items)
    used = np.array([outlets[outlet][item] for outlet, item in keys], float)
    return replace(demand_panel(keys, DAYS, used), balance=np.full_like(used, 100), ordered=1.5 * used)


def outlet(chicken, eggs, week=WEEKENDS) -> dict:
    return {"chicken": chicken * week, "eggs": eggs * week}


def test_the_example_of_the_issue():
    orders, likeness = [40, 45, 38], [0.85, 0.78, 0.72]
    assert weighted(likeness, orders) == pytest.approx(41, abs=0.5)
    assert weighted(likeness, orders, low=True) == pytest.approx(49, abs=0.5)


def test_without_likeness_all_count_the_same():
    assert weighted([0, 0], [10, 20]) == 15
    assert weighted([-0.5, 0.5], [10, 20]) == 20
    for wrong in (([], []), ([1.0], [1, 2])):
        with pytest.raises(ValueError, match="similarities"):
            weighted(*wrong)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e6)), min_size=1, max_size=9), st.booleans())
def test_a_vote_lies_between_what_is_voted(votes, low):
    likeness, orders = zip(*votes, strict=True)
    factor = 1.2 if low else 1
    vote = weighted(likeness, orders, low)
    assert factor * min(orders) * (1 - 1e-9) - 1e-9 <= vote <= factor * max(orders) * (1 + 1e-9) + 1e-9


def test_size_does_not_matter_but_the_mix_and_the_week_do():
    found = panel(
        Bangsar=outlet(10, 100),
        Large=outlet(50, 500),
        Chicken=outlet(20, 40),
        Office=outlet(10, 100, OFFICES),
    )
    ranked = dict(similar(found, "Bangsar"))
    assert next(iter(ranked)) == "Large" and ranked["Large"] == 1.0
    assert ranked["Chicken"] < 0.95 and ranked["Office"] < 0.95
    assert next(name for name, _ in similar(found, "Large")) == "Bangsar"


def test_eggs_by_the_piece_weigh_no_more_than_chicken_by_the_kilogram():
    found = panel(A=outlet(10, 1000), B=outlet(10, 2000), C=outlet(20, 1000))
    ranked = dict(similar(found, "A"))
    assert ranked["B"] == pytest.approx(ranked["C"], abs=0.02)


def test_similarity_is_mutual():
    found = panel(A=outlet(10, 100), B=outlet(30, 100), C=outlet(5, 90, OFFICES))
    for one in "ABC":
        for other, value in similar(found, one):
            assert dict(similar(found, other))[one] == value
            assert 0 <= value <= 1


def test_neighbours_orders_come_at_the_size_of_the_outlet():
    found = panel(Small=outlet(10, 100), Large=outlet(50, 500))
    found.ordered[found.series("Large", "chicken")] = 70
    asked = as_neighbours(found, "Small")
    assert asked["chicken"] == pytest.approx(70 / 5)


def test_a_new_outlet_gets_the_mean_of_the_others():
    fresh = np.full(56, np.nan)
    fresh[-3:] = 5.0
    found = panel(A=outlet(10, 100), B=outlet(30, 100), New={"chicken": fresh, "eggs": fresh})
    assert similar(found, "New") == ()
    found.ordered[found.series("A", "chicken")] = 14
    found.ordered[found.series("B", "chicken")] = 40
    assert as_neighbours(found, "New")["chicken"] == 27
    # And nobody is like it.
    assert [name for name, _ in similar(found, "A")] == ["B"]


def test_only_the_three_most_alike_vote():
    found = panel(
        A=outlet(10, 100), B=outlet(10, 101), C=outlet(10, 102), D=outlet(10, 103), Other=outlet(90, 1, OFFICES)
    )
    found.ordered[found.series("Other", "chicken")] = 1e6
    assert as_neighbours(found, "A")["chicken"] < 100


def test_an_item_that_nobody_else_has_is_not_asked_for():
    found = panel(A={"chicken": 10 * WEEKENDS, "tea": 1.0 * WEEKENDS}, B={"chicken": 12 * WEEKENDS})
    assert set(as_neighbours(found, "A")) == {"chicken"}
    assert set(as_neighbours(found, "B")) == {"chicken", "tea"}


def test_days_without_stock_and_unknown_orders_do_not_count():
    found = panel(A=outlet(10, 100), B=outlet(10, 100))
    found.ordered[found.series("B", "eggs"), ::2] = np.nan
    found.ordered[found.series("B", "eggs"), 1::2] = 60
    assert as_neighbours(found, "A")["eggs"] == pytest.approx(60)


def test_a_typing_error_changes_neither_likeness_nor_orders():
    found = panel(A=outlet(10, 100), B=outlet(30, 120), C=outlet(9, 100, OFFICES))
    before, orders = similar(found, "A"), as_neighbours(found, "A")
    found.used[found.series("B", "chicken"), 40] = 60_000
    found.ordered[found.series("B", "chicken"), 50] = 60_000
    after = replace(found)  # `demand` is computed once
    assert dict(similar(after, "A")) == pytest.approx(dict(before), abs=0.01)
    assert as_neighbours(after, "A") == pytest.approx(orders, rel=0.05)


amounts = st.lists(st.one_of(st.just(float("nan")), st.floats(0, 1e6)), min_size=1, max_size=40)


@given(amounts, st.floats(0, 1))
def test_the_quick_quantile_is_that_of_numpy(values, share):
    known = [value for value in values if value == value]
    expected = np.quantile(known, share) if known else 0.0
    assert quantile(np.array([values]), share)[0] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_only_what_is_far_above_the_rest_is_not_believed():
    days = np.tile([0.0, 4.0, 6.0, 5.0, 9.0], 8)
    days[7], days[12] = 5000.0, 25.0
    found = plausible(np.array([days, np.where(days == 9, 9000.0, 0), np.full(40, np.nan)]))
    assert np.flatnonzero(np.isnan(found[0])).tolist() == [7]
    assert not np.isnan(found[1]).any()  # where all that is used is much, that is how it is used


def test_one_outlet_alone_has_no_neighbours():
    found = panel(A=outlet(10, 100))
    assert similar(found, "A") == () and as_neighbours(found, "A") == {}


def test_an_outlet_that_there_is_not_is_named_with_those_that_are():
    found = panel(A=outlet(10, 100), B=outlet(10, 100))
    for act in (similar, as_neighbours):
        with pytest.raises(UserError, match=r"no outlet 'C'\. The outlets are A, B"):
            act(found, "C")
