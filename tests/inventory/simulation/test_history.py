"""The made-up history: the same for a seed, books that add up, and a truth that fits them."""

import re
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ordering.shelf import Shelf
from inventory.panel import panel_of
from inventory.simulation.errors import written
from inventory.simulation.example import ITEMS, OUTLETS, business
from inventory.simulation.history import ANOMALIES, simulate
from inventory.simulation.holidays import HOLIDAYS


@pytest.fixture(scope="module")
def made():
    return simulate(seed=3, days=500, outlets=3)


@pytest.fixture(scope="module")
def panel(made):
    return panel_of(made.records)


def wasted(made, panel) -> np.ndarray:
    """(S, T) what the remarks say."""
    rows = {key: row for row, key in enumerate(panel.keys)}
    amounts = np.zeros(panel.shape)
    for record in made.records:
        said = re.search(r"(?:waste|buang) ([\d.]+) (\w+)", record.remark)
        if said:
            assert said[2] == record.unit
            amounts[rows[record.outlet, record.item], (record.day - made.truth.days[0].item()).days] = float(said[1])
    return amounts


def at(made, panel, *kinds) -> np.ndarray:
    """(S, T) the amount of events."""
    found = np.zeros(panel.shape)
    for event in made.truth.events:
        if event.kind in kinds:
            found[panel.series(event.outlet, event.item), (event.day - made.truth.days[0].item()).days] = event.amount
    return found


def test_a_seed_says_all():
    once, again, other = (simulate(seed, days=100, outlets=2) for seed in (3, 3, 4))
    assert again.records == once.records and again.truth.events == once.truth.events
    assert np.array_equal(again.truth.demand, once.truth.demand)
    assert other.records != once.records and not np.array_equal(other.truth.demand, once.truth.demand)


def test_the_shape_is_as_asked(made, panel):
    assert panel.keys == made.truth.keys and np.array_equal(panel.days, made.truth.days)
    assert panel.shape == made.truth.demand.shape == (3 * 20, 500)
    assert panel.days[-1] == np.datetime64("2026-11-20")
    assert [item.name for item in made.items] == [item.name for item in ITEMS]
    assert [outlet.name for outlet in made.outlets] == [outlet.name for outlet in OUTLETS[:3]]
    units = {item.name: item.unit for item in made.items}
    assert all(record.unit == units[record.item] for record in made.records)
    assert len({(record.day, record.outlet, record.item) for record in made.records}) == len(made.records)


def test_more_outlets_and_items_than_the_example_get_numbers():
    made = simulate(days=30, outlets=8, items=23, last=date(2025, 6, 30))
    assert {"Bangsar 2", "Bukit Bintang 2"} <= {outlet.name for outlet in made.outlets}
    assert made.items[-1].name == "prawns 2" and made.items[-1].aliases == ()
    assert len(panel_of(made.records).keys) == 8 * 23
    with pytest.raises(ValueError, match="not 0 and 20"):
        business(0, 20)
    with pytest.raises(ValueError, match="two days"):
        simulate(days=1)


def test_the_book_adds_up_wherever_nothing_happened(made, panel):
    thrown, odd = wasted(made, panel), at(made, panel, *ANOMALIES)
    assert np.array_equal(np.nan_to_num(panel.wasted), thrown)
    sold = panel.used - thrown
    quiet = (odd == 0) & np.isfinite(panel.used)
    quiet[:, 1:] &= at(made, panel, "data_entry")[:, :-1] == 0
    left = panel.balance > 0
    served = quiet & left
    assert served.mean() > 0.8
    assert np.abs(sold - made.truth.demand)[served].max() < 1e-6
    # Where the shelf is empty in the evening less than the demand may have been served, never more.
    empty = quiet & ~left
    assert empty.any() and (sold[empty] <= made.truth.demand[empty] + 1e-6).all() and (sold[empty] > -1e-6).all()


@pytest.mark.parametrize("kind", ["stock_loss", "spoilage", "unusual_usage"])
def test_what_was_lost_makes_used_higher_by_as_much(made, panel, kind):
    lost = at(made, panel, kind)
    there = (lost > 0) & np.isfinite(panel.used)
    there[:, 1:] &= at(made, panel, "data_entry")[:, :-1] == 0
    sold = panel.used - wasted(made, panel)
    assert there.sum() >= 5
    whole = there & (sold >= made.truth.demand)  # on the others the guests found the shelf empty as well
    assert whole.sum() >= 0.8 * there.sum()
    assert np.abs(sold - lost - made.truth.demand)[whole].max() < 1e-6


def test_typing_errors_are_the_only_negative_usage(made, panel):
    wrong = at(made, panel, "data_entry") != 0
    assert wrong.sum() >= 10
    near = wrong.copy()
    near[:, 1:] |= wrong[:, :-1]
    assert (panel.used[near] < 0).any()
    assert not (np.nan_to_num(panel.used)[~near] < 0).any()
    assert not (np.nan_to_num(panel.balance) < 0).any()


def test_every_kind_happens_about_as_often_as_it_should(made):
    kinds = Counter(event.kind for event in made.truth.events)
    assert set(kinds) == {*ANOMALIES, "promotion", "holiday", "late_delivery"}
    share = sum(kinds[kind] for kind in ANOMALIES) / made.truth.demand.size
    assert 0.002 < share < 0.008


def test_irregular_orders_stand_out_and_arrive(made, panel):
    odd = at(made, panel, "irregular_order")
    for row, column in zip(*np.nonzero(odd), strict=True):
        assert panel.ordered[row, column] == odd[row, column]
        item = next(item for item in made.items if item.name == panel.keys[row][1])
        few = np.nanmedian(panel.ordered[row][panel.ordered[row] > 0])
        weekday = np.arange(500) % 7 == column % 7
        usual_day = (panel.ordered[row, weekday] > 0).mean() > 0.3
        assert odd[row, column] > 2 * few or not usual_day or item.shelf_life_days is None
        assert odd[row, column] % item.pack_size == pytest.approx(0, abs=1e-6)


def test_closed_days_are_said_and_nothing_moves(made, panel):
    assert np.array_equal(panel.closed, made.truth.closed)
    assert 0.003 < panel.closed.mean() < 0.03
    assert (made.truth.demand[panel.closed] == 0).all()
    assert (panel.stock_in[panel.closed] == 0).all() and (panel.ordered[panel.closed] == 0).all()
    assert (np.nan_to_num(panel.used[:, 1:])[panel.closed[:, 1:] & ~_after_error(made, panel)[:, 1:]] == 0).all()


def _after_error(made, panel) -> np.ndarray:
    wrong = at(made, panel, "data_entry") != 0
    wrong[:, 1:] |= wrong[:, :-1].copy()
    return wrong


def test_promotions_are_in_the_remarks_and_bring_guests(made, panel):
    assert np.array_equal(panel.promoted, at(made, panel, "promotion") > 0)
    rows = panel.promoted.any(axis=1)
    ratio = [
        made.truth.demand[row, panel.promoted[row]].mean() / made.truth.demand[row, ~panel.promoted[row]].mean()
        for row in np.flatnonzero(rows)
    ]
    assert 1.3 < np.median(ratio) < 1.9


def test_demand_has_the_rhythms_that_were_promised():
    # The mean over many series: one series of a town's office quarter may well have no weekend.
    made = simulate(seed=1, days=365, outlets=12)
    relative = made.truth.demand / made.truth.demand.mean(axis=1, keepdims=True)
    weekdays = (made.truth.days.astype(int) + 3) % 7
    week = [relative[:, weekdays == day].mean() for day in range(7)]
    assert week[5] > 1.08 and week[0] < 0.96
    open_ = ~made.truth.closed
    feast = np.isin(made.truth.days, np.array(list(HOLIDAYS), "datetime64[D]"))
    assert relative[:, feast][open_[:, feast]].mean() > 1.15
    slow = [row for row, (_, item) in enumerate(made.truth.keys) if item == "tea leaves"]
    assert 0.6 < (made.truth.demand[slow] == 0).mean() < 0.8
    variance, mean = made.truth.demand.var(axis=1), made.truth.demand.mean(axis=1)
    pieces = [row for row, (_, item) in enumerate(made.truth.keys) if item == "eggs"]
    assert (variance[pieces] > 2 * mean[pieces]).all()  # more than a Poisson count


def test_days_are_missing_now_and_then(made, panel):
    missing = np.isnan(panel.balance).mean()
    assert 0.001 < missing < 0.02
    assert np.isnan(panel.balance).all(axis=1).sum() == 0


def test_stock_runs_out_sometimes_and_goods_are_thrown_away(made, panel):
    assert 0.02 < (panel.balance == 0).mean() < 0.15
    thrown = wasted(made, panel)
    fresh = {item.name for item in made.items if item.shelf_life_days and item.shelf_life_days <= 4}
    keeps = {item.name for item in made.items if item.shelf_life_days is None}
    for row, (_, item) in enumerate(panel.keys):
        if item in keeps:
            assert thrown[row].sum() == 0
    assert sum(thrown[row].sum() > 0 for row, (_, item) in enumerate(panel.keys) if item in fresh) > 10


@pytest.mark.parametrize("day", [date(2026, 2, 17), date(2024, 4, 10), date(2025, 10, 20)])
def test_the_great_days_are_known(day):
    assert day in HOLIDAYS and day - timedelta(30) not in HOLIDAYS


amounts = st.integers(0, 30).map(float)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(amounts, amounts, st.booleans()), min_size=1, max_size=15), st.integers(1, 5))
def test_a_shelf_loses_nothing(days, life):
    shelf = Shelf([life, None])
    came, left, ages = np.zeros(2), np.zeros(2), []
    for arrival, wanted, is_open in days:
        before = shelf.stock
        shelf.receive(np.full(2, arrival))
        taken = shelf.take(np.full(2, wanted))
        assert np.array_equal(taken, np.minimum(before + arrival, wanted))
        thrown = shelf.throw_away(np.full(2, is_open))
        assert thrown[1] == 0 and (is_open or thrown[0] == 0)
        came, left = came + arrival, left + taken + thrown
        assert np.array_equal(shelf.stock, came - left)
        ages.append(arrival)
        if is_open:  # what is there came within the life
            assert shelf.stock[0] <= sum(ages[-life + 1 :] if life > 1 else [])


def test_the_oldest_is_used_first_and_thrown_away_in_time():
    shelf = Shelf([2])
    shelf.receive(np.array([5.0]))
    assert shelf.throw_away() == 0
    shelf.receive(np.array([4.0]))
    assert shelf.take(np.array([3.0])) == 3
    assert shelf.throw_away() == 2  # of the five
    assert shelf.stock == 4
    assert shelf.throw_away() == 4


def test_typing_errors_are_of_four_kinds():
    rng = np.random.default_rng(0)
    stock_in = np.tile([10.0, 0.0], (40, 200))
    balance = np.tile([12.5, 7.0], (40, 200))
    counted = np.arange(40) < 5
    lines = written(stock_in, balance, np.full(40, 1.0), counted, np.zeros((40, 400), bool), 2, rng)
    found = np.nonzero(lines.amount)
    assert 10 < len(found[0]) < 60
    difference = (lines.balance + lines.stock_in - balance - stock_in).round(9)
    assert np.array_equal(difference, lines.amount.round(9))
    ratios = Counter(
        (lines.balance[row, column] / balance[row, column]).round(3)
        if lines.stock_in[row, column] == stock_in[row, column]
        else "no stock in"
        for row, column in zip(*found, strict=True)
    )
    assert {"no stock in", 10.0, 1000.0, 21.5 / 12.5} <= set(ratios)
    assert not lines.missing[found].any() and lines.missing.any()
