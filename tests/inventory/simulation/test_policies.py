"""Ways to order, tried on the same guests."""

from dataclasses import replace

import numpy as np
import pytest

from inventory.ordering.quantities import SHORTAGE
from inventory.simulation.history import simulate
from inventory.simulation.policies import (
    Evening,
    as_last_week,
    by_forecast,
    by_neighbours,
    knowing,
    recent_weeks,
    run,
    same_order,
)

DAYS = 42


@pytest.fixture(scope="module")
def made():
    return simulate(seed=5, days=142, outlets=3, items=10)


def nothing(evening: Evening) -> np.ndarray:
    return np.zeros(len(evening.items))


def test_who_orders_nothing_runs_out_and_wastes_what_was_there(made):
    found = run(made, nothing, DAYS)
    assert found.unmet > 0.8 and found.orders == 0 and found.wasted == 0  # of what was bought: nothing
    assert found.cost == pytest.approx(found.waste_cost + found.shortage_cost)
    prices = {item.name: item.price for item in made.items}
    price = np.array([prices[item] for _, item in made.truth.keys])
    demand = (made.truth.demand[:, -DAYS:].sum(axis=1) * price).sum() / DAYS
    assert found.shortage_cost == pytest.approx(SHORTAGE * found.unmet * demand)


def test_who_knows_the_demand_misses_nearly_nothing(made):
    known, guessed = (run(made, by_forecast(one), DAYS) for one in (knowing(made), recent_weeks))
    # What it can't know are the outlets' closed days, on which no delivery comes.
    assert known.unmet < 0.01 and known.wasted < 0.04
    assert known.cost < 0.5 * guessed.cost


def test_more_service_is_fewer_stock_outs_and_more_stock(made):
    low, high = (run(made, by_forecast(recent_weeks, level), DAYS) for level in (0.6, 0.99))
    assert high.unmet < low.unmet and high.stock > low.stock and high.short_days < low.short_days


def test_all_shares_are_shares_and_runs_repeat(made):
    for policy in (as_last_week(), same_order, by_neighbours, by_forecast(recent_weeks)):
        first, again = run(made, policy, 14), run(made, policy, 14)
        assert first == again
        for share in (first.unmet, first.short_days, first.wasted):
            assert 0 <= share <= 1
        assert first.orders > 0 and first.cost > 0 and first.stock > 0


def test_a_policy_sees_its_own_book_and_not_the_demand(made):
    seen = []

    def curious(evening: Evening) -> np.ndarray:
        seen.append(evening)
        return as_last_week()(evening)

    run(made, curious, DAYS)
    last = seen[-1]
    start = made.truth.demand.shape[1] - DAYS
    assert last.book.days[-1] <= made.truth.days[-1]
    own, demand = (last.book.used - last.book.wasted)[:, start:], made.truth.demand[:, start : last.book.shape[1]]
    assert (own <= demand + 1e-9).all()
    short = last.book.balance[:, start:] == 0
    assert short.any() and np.isnan(last.book.demand[:, start:][short]).all()
    assert np.abs((own - demand)[~short]).max() < 1e-9
    moved = last.book.balance[:, start:-1] + last.book.stock_in[:, start + 1 :] - last.book.balance[:, start + 1 :]
    assert np.abs(moved - last.book.used[:, start + 1 :]).max() < 1e-5
    assert (last.book.wasted[:, start:] > 0).any()
    assert not np.array_equal(last.book.ordered[:, start:], last.others.ordered[:, start:])
    assert np.array_equal(last.book.ordered[:, :start], last.others.ordered[:, :start], equal_nan=True)


def test_what_is_ordered_arrives_after_its_lead_time_and_not_on_a_closed_day(made):
    seen = []

    def daily(evening: Evening) -> np.ndarray:
        seen.append(evening)
        return np.ones(len(evening.items))

    run(made, daily, DAYS)
    book = seen[-1].book
    start = made.truth.demand.shape[1] - DAYS
    assert (book.stock_in[:, start:][made.truth.closed[:, start : book.shape[1]]] == 0).all()
    for row, item in enumerate(seen[-1].items):
        ordered = book.ordered[row, start : -item.lead_days - 5]
        assert (ordered[ordered > 0] == item.pack_size).all() and (ordered > 0).any()
        came = np.cumsum(book.stock_in[row, start + item.lead_days :])[: len(ordered)]
        assert (came <= np.cumsum(ordered) + 1e-9).all()
        if not made.truth.closed[row, start:].any():
            assert np.array_equal(came, np.cumsum(ordered))
    assert (seen[-1].on_order >= 0).all() and (seen[-1].interval >= seen[-1].review).all()


def test_last_week_again_fills_up_to_what_it_used(made):
    caught = []
    run(made, lambda evening: caught.append(evening) or nothing(evening), DAYS)
    evening = caught[20]
    used = np.nan_to_num((evening.book.used - evening.book.wasted)[:, -7:])
    for row, packs in enumerate(as_last_week(0.2)(evening)):
        days = int(evening.interval[row])
        need = used[row, :days].sum() if days <= 7 else used[row].sum() + used[row, : days - 7].sum()
        missing = 1.2 * need - evening.stock[row] - evening.on_order[row]
        assert packs == max(np.ceil(missing / evening.items[row].pack_size - 1e-6), 0)


def test_neighbours_are_followed_unless_the_shelf_is_full(made):
    caught = []
    run(made, lambda evening: caught.append(evening) or nothing(evening), DAYS)
    evening = caught[5]
    full = replace(evening, stock=evening.stock + 1e6)
    assert (by_neighbours(full) == 0).all()
    empty = replace(evening, stock=np.zeros_like(evening.stock), on_order=np.zeros_like(evening.stock))
    assert (by_neighbours(empty) > 0).mean() > 0.9


def test_a_forecast_may_serve_some_days(made):
    asked = []

    def forecaster(panel, horizon):
        asked.append((panel.days[-1], horizon))
        return recent_weeks(panel, horizon)

    policy = by_forecast(forecaster, every=7)
    weekly = run(made, policy, DAYS)
    assert len(asked) <= DAYS // 7 + 1 and {horizon for _, horizon in asked} == {20}
    assert 0 < weekly.cost < 3 * run(made, by_forecast(recent_weeks), DAYS).cost


def test_the_quick_forecast_covers_what_it_says(made):
    from inventory.panel import panel_of

    panel = panel_of(made.records)
    inside, above = [], []
    for end in range(100, 127, 7):
        low, middle, high = recent_weeks(panel.until(made.truth.days[end]), 14)
        assert (low >= 0).all() and (low <= middle).all() and (middle <= high).all()
        ahead = made.truth.demand[:, end + 1 : end + 15]
        known = ~made.truth.closed[:, end + 1 : end + 15]
        inside.append(((low <= ahead) & (ahead <= high))[known].mean())
        above.append((ahead > middle)[known].mean())
    assert 0.65 < np.mean(inside) < 0.9 and 0.3 < np.mean(above) < 0.6


def test_a_short_history_is_refused(made):
    with pytest.raises(ValueError, match="leave 20 to learn from"):
        run(made, as_last_week(), 122)
