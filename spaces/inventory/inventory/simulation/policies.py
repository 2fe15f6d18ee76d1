"""Ways to order, tried on the same guests: how much is missed, how much is thrown away, what it costs.

Each policy runs the business forward from the same start over the true demand of a simulation. It sees what a book
would show it: what was sold (not what was missed), what is there, what is on its way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.items import Item
from inventory.ordering.neighbours import LOW, as_neighbours
from inventory.ordering.quantities import SERVICE_LEVEL, SHORTAGE, plan
from inventory.ordering.review_days import WEEK, ordering, until_next, weekdays
from inventory.ordering.shelf import Shelf
from inventory.panel import Panel, panel_of
from inventory.plausible import plausible, quantile
from inventory.simulation.history import Simulated

# panel, horizon -> the .1, .5 and .9 quantiles of demand of the days after the panel, (S, horizon) each
Forecaster = Callable[[Panel, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)
class Evening:
    """What a policy sees when it orders.

    book: the panel until today, in which `ordered` and the rest are its own since the start
    others: the panel until today as it was really kept, by the outlets' own habits
    items: (S) of each series; stock, on_order: (S,)
    interval: (S,) days for which an order of today has to last, tomorrow the first; review: (S,) days until the next
    arrived: (S, D) of the last days, today last
    """

    book: Panel
    others: Panel
    items: tuple[Item, ...]
    stock: np.ndarray
    on_order: np.ndarray
    interval: np.ndarray
    review: np.ndarray
    arrived: np.ndarray


Policy = Callable[[Evening], np.ndarray]  # (S,) packs to order


@dataclass(frozen=True)
class Outcome:
    """What came of a policy, over all series and days.

    unmet: share of the demand that could not be served, by its worth; short_days: share of open days, of all series,
        on which something was missed
    wasted: share of what was bought that was thrown away, by its worth
    orders: a week and series; stock: what lay on the shelves, in days of use, by its worth
    waste_cost, shortage_cost, cost: money a day; a missing unit costs SHORTAGE times its price
    """

    unmet: float
    short_days: float
    wasted: float
    orders: float
    stock: float
    waste_cost: float
    shortage_cost: float
    cost: float


def run(simulated: Simulated, policy: Policy, days: int = 182) -> Outcome:
    """Order by a policy on the last `days` of a simulation, from shelves that are full for the first interval.

    Raises ValueError where less than four weeks are left before.
    """
    truth = simulated.truth
    count, length = truth.demand.shape
    start = length - days
    if start < 28:
        raise ValueError(f"{days} days of {length} leave {start} to learn from, fewer than 28")
    by_name = {item.name: item for item in simulated.items}
    items = tuple(by_name[item] for _, item in truth.keys)
    pack, price, lead = (
        np.array([getattr(item, name) for item in items], float) for name in ("pack_size", "price", "lead_days")
    )
    weekday = (weekdays(truth.days[:1]) + np.arange(length + WEEK)) % WEEK
    days_on = ordering(items, weekday)
    gap = until_next(days_on)
    recorded = panel_of(simulated.records)
    own = {name: getattr(recorded, name).copy() for name in ("used", "stock_in", "balance", "ordered", "wasted")}
    stock_in, ordered = own["stock_in"], own["ordered"]
    shelf = Shelf([item.shelf_life_days for item in items])
    shelf.receive(truth.demand[:, :start].mean(axis=1) * (lead + gap.max(axis=1)))
    coming = np.zeros((count, length + int(lead.max()) + 1))
    rows = np.arange(count)
    served, thrown, bought, kept = (np.zeros((count, days)) for _ in range(4))

    for at in range(start, length):
        is_open = ~truth.closed[:, at]
        coming[:, at + 1] += np.where(is_open, 0, coming[:, at])
        stock_in[:, at] = np.where(is_open, coming[:, at], 0)
        shelf.receive(stock_in[:, at])
        served[:, at - start] = shelf.take(truth.demand[:, at])
        thrown[:, at - start] = shelf.throw_away(is_open)
        bought[:, at - start], kept[:, at - start] = stock_in[:, at], shelf.stock.round(6)
        own["wasted"][:, at], own["balance"][:, at] = thrown[:, at - start], kept[:, at - start]
        own["used"][:, at] = served[:, at - start] + thrown[:, at - start]
        ordered[:, at] = 0
        asked = days_on[:, at] & is_open
        if asked.any():
            others = recorded.until(truth.days[at])
            evening = Evening(
                replace(others, **{name: part[:, : at + 1] for name, part in own.items()}),
                others,
                items,
                kept[:, at - start],
                coming[:, at + 1 :].sum(axis=1),
                (lead + gap[:, at] - 1).astype(int),
                gap[:, at],
                stock_in[:, max(start, at - 27) : at + 1],
            )
            ordered[:, at] = np.where(asked, policy(evening), 0) * pack
        coming[rows, at + lead.astype(int)] += ordered[:, at]
    return _outcome(truth.demand[:, start:], truth.closed[:, start:], served, thrown, bought, kept, ordered, price)


def as_last_week(more: float = 0.0) -> Policy:
    """What the same weekdays used last week is used again: so much, less what is there and what comes.

    more: that share more to be safe
    """

    def policy(evening: Evening) -> np.ndarray:
        need = (1 + more) * _last_week(evening.book.used - evening.book.wasted, evening.interval)
        return _packs(need - evening.stock - evening.on_order, evening.items)

    return policy


def same_order(evening: Evening) -> np.ndarray:
    """The order of the same weekday last week once more, whatever is on the shelf."""
    return _packs(np.nan_to_num(evening.book.ordered[:, -1 - WEEK]), evening.items)


def by_neighbours(evening: Evening) -> np.ndarray:
    """What the three most alike outlets order, by their own habits, for the days until the next order; LOW times as
    much where stock does not last as long as the order has to, and nothing where it lasts as long without."""
    rate = np.zeros(len(evening.items))
    for outlet in sorted({outlet for outlet, _ in evening.book.keys}):
        for item, amount in as_neighbours(evening.others, outlet).items():
            rate[evening.book.series(outlet, item)] = amount
    position = evening.stock + evening.on_order
    needed = rate * evening.interval
    amount = rate * evening.review * np.where(position < needed / 2, LOW, 1.0)
    return _packs(np.where(position >= needed, 0, amount), evening.items)


def by_forecast(
    forecaster: Forecaster, service_level: float = SERVICE_LEVEL, horizon: int = 14, every: int = 1
) -> Policy:
    """The orders of `inventory.ordering.quantities` from a forecaster, asked again after `every` days."""
    made_on, made = None, None

    def policy(evening: Evening) -> np.ndarray:
        nonlocal made_on, made
        today = evening.book.days[-1]
        passed = 0 if made_on is None else int((today - made_on).astype(int))
        if made is None or not 0 <= passed < every:
            made_on, made, passed = today, forecaster(evening.book, horizon + every - 1), 0
        quantiles = (part[:, passed : passed + horizon] for part in made)
        return plan(
            evening.items,
            *quantiles,
            evening.stock,
            evening.on_order,
            evening.review,
            service_level,
            arrived=evening.arrived,
        ).packs

    return policy


def recent_weeks(panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A forecaster that is quick: the level of four weeks, the weekdays and the doubt of eight."""
    demand = plausible(panel.demand[:, -8 * WEEK :])
    weekday = (np.arange(demand.shape[1]) - demand.shape[1]) % WEEK  # 0 is that of tomorrow
    level = np.maximum(_mean(demand[:, -4 * WEEK :]), 1e-9)
    ratios = demand / level[:, None]
    rhythm = np.stack([_mean(ratios[:, weekday == day], 2) for day in range(WEEK)], axis=1)
    spread = ratios - rhythm[:, weekday]
    low, middle, high = (quantile(spread, share) for share in (0.1, 0.5, 0.9))
    ahead = rhythm[:, np.arange(horizon) % WEEK]
    return tuple(np.maximum(level[:, None] * (ahead + part[:, None]), 0) for part in (low, middle, high))


def knowing(simulated: Simulated) -> Forecaster:
    """The forecaster that nobody has: the true demand, after its end that of the last weeks again."""
    demand = simulated.truth.demand

    def forecaster(panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        start = panel.shape[1]
        ahead = np.hstack([demand, demand[:, -4 * WEEK :]])[:, start : start + horizon]
        return ahead, ahead, ahead

    return forecaster


def _mean(values: np.ndarray, held: float = 0.0) -> np.ndarray:
    """(S,) the mean of what is known, drawn towards 1 as if `held` more days had shown it."""
    known = np.isfinite(values).sum(axis=1)
    return (np.nan_to_num(values).sum(axis=1) + held) / np.maximum(known + held, 1)


def _last_week(used: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """(S,) what was used on the weekdays of the next `interval` days, a week before."""
    week = np.nan_to_num(used[:, -WEEK:])
    total = np.zeros(len(used))
    for day in range(int(interval.max())):
        total += np.where(day < interval, week[:, day % WEEK], 0)
    return total


def _packs(amount: np.ndarray, items: Sequence[Item]) -> np.ndarray:
    return np.maximum(np.ceil(amount / np.array([item.pack_size for item in items]) - 1e-6), 0)


def _outcome(
    demand: np.ndarray,
    closed: np.ndarray,
    served: np.ndarray,
    thrown: np.ndarray,
    bought: np.ndarray,
    kept: np.ndarray,
    ordered: np.ndarray,
    price: np.ndarray,
) -> Outcome:
    days = demand.shape[1]
    missed = demand - served
    worth = {
        name: float((part.sum(axis=1) * price).sum())
        for name, part in (("demand", demand), ("missed", missed), ("thrown", thrown), ("bought", bought))
    }
    waste, shortage = worth["thrown"] / days, SHORTAGE * worth["missed"] / days
    return Outcome(
        unmet=worth["missed"] / worth["demand"],
        short_days=float((missed > 1e-6).sum() / (~closed).sum()),
        wasted=worth["thrown"] / worth["bought"] if worth["bought"] else 0.0,
        orders=float((ordered[:, -days:] > 0).mean() * WEEK),
        stock=float((kept.mean(axis=1) * price).sum() / (worth["demand"] / days)),
        waste_cost=waste,
        shortage_cost=shortage,
        cost=waste + shortage,
    )
