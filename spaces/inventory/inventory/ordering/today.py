"""What to order on the evening of the last day of a stock book, for all its series at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.forecasting.forecast import Forecast
from inventory.items import Item
from inventory.ordering.neighbours import COUNT, LOW, as_neighbours, similar
from inventory.ordering.on_order import on_order
from inventory.ordering.quantities import SERVICE_LEVEL, Recommendation, recommend
from inventory.ordering.review_days import ordering, until_next, weekdays
from inventory.panel import Panel

ARRIVED = 60  # days of deliveries from which the age of the stock is told
_WEEK = 7
_LONGEST_COVER = 365.0  # days


@dataclass(frozen=True, eq=False)
class Stock:
    """(S,) each. amount: the last count and what came in after it, in the item's unit; counted: number of the day of
    that count, -1 where there was none; on_order: still to come"""

    amount: np.ndarray
    counted: np.ndarray
    on_order: np.ndarray


def stock_of(panel: Panel, items: Sequence[Item]) -> Stock:
    """What is there. items: S, that of each series"""
    known = np.isfinite(panel.balance)
    length = panel.shape[1]
    counted = np.where(known.any(1), length - 1 - known[:, ::-1].argmax(1), -1)
    last = np.where(counted >= 0, panel.balance[np.arange(len(counted)), counted], 0.0)
    since = np.where(np.arange(length) > counted[:, None], np.nan_to_num(panel.stock_in), 0).sum(1)
    return Stock(np.maximum(last, 0) + since, counted, on_order(panel, items))


def review_days(panel: Panel, items: Sequence[Item], days: int = 0) -> np.ndarray:
    """(S,) days until the next order can be written: `days`, or for 0 as such items are usually ordered."""
    if days:
        return np.full(len(items), days)
    weekday = (weekdays(panel.days[-1:]) + np.arange(_WEEK + 1)) % _WEEK
    return until_next(ordering(items, weekday))[:, 0]


def by_forecast(
    panel: Panel, items: Sequence[Item], made: Forecast, days: int = 0, service_level: float = SERVICE_LEVEL
) -> tuple[Recommendation, ...]:
    """From a forecast of the same series. items: S; days: as in `review_days`. Raises UserError as `recommend`."""
    stock, review = stock_of(panel, items), review_days(panel, items, days)
    needed = int(max(item.lead_days for item in items) + review.max() - 1)
    quantiles = [_as_long(part, needed) for part in (made.low, made.middle, made.high)]
    arrived = panel.stock_in[:, -ARRIVED:]
    return recommend(
        panel.keys, items, *quantiles, stock.amount, stock.on_order, review, service_level, arrived=arrived
    )


def by_neighbours(panel: Panel, items: Sequence[Item], outlet: str, days: int = 0) -> tuple[Recommendation, ...]:
    """As the most alike outlets order, for the days until the next order; LOW times as much where half of what is
    needed until then is missing, nothing where all of it is there.

    Raises UserError where there is no such outlet.
    """
    alike, rates = similar(panel, outlet)[:COUNT], as_neighbours(panel, outlet)
    stock, review = stock_of(panel, items), review_days(panel, items, days)
    who = ", ".join(f"{name} ({likeness:.2f})" for name, likeness in alike) or "all others, as this outlet is new"
    results = []
    for row, ((where, name), item) in enumerate(zip(panel.keys, items, strict=True)):
        if where != outlet or name not in rates:
            continue
        rate, there = rates[name], float(stock.amount[row] + stock.on_order[row])
        needed = rate * float(item.lead_days + review[row] - 1)
        low = there < needed / 2
        amount = 0.0 if there >= needed else rate * float(review[row]) * (LOW if low else 1.0)
        packs = math.ceil(amount / item.pack_size - 1e-6)
        cover = min(float(stock.amount[row]) / rate, _LONGEST_COVER) if rate > 0 else _LONGEST_COVER
        urgent = there < rate * item.lead_days
        reason = f"Outlets like this one, {who}, order {rate:,.1f} {item.unit} a day at its size. "
        reason += f"{there:,.1f} {item.unit} are there or on order, {needed:,.1f} are needed until the next delivery"
        reason += f", less than half: {LOW:g} times as much." if low else "."
        results.append(
            Recommendation(
                where,
                name,
                round(packs * item.pack_size, 6),
                packs,
                item.unit,
                float(stock.amount[row]),
                float(stock.on_order[row]),
                round(cover, 1),
                math.nan,
                ("urgent" if urgent else "order") if packs else "enough",
                reason,
            )
        )
    return tuple(results)


def series_items(panel: Panel, items: Sequence[Item]) -> tuple[Item, ...]:
    """The item of each series, which takes a day to come at least."""
    known = {item.name: replace(item, lead_days=max(item.lead_days, 1)) for item in items}
    return tuple(known[name] for _, name in panel.keys)


def _as_long(part: np.ndarray, days: int) -> np.ndarray:
    """(S, days) or more: past its end a forecast goes on like its last week."""
    missing = max(0, days - part.shape[1])
    week = part[:, -_WEEK:]
    return np.hstack([part, np.tile(week, -(-missing // week.shape[1]))[:, :missing]]) if missing else part
