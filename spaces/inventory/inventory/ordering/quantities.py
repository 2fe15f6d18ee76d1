"""What to order today, from a forecast with its doubt: enough to last, and no more than will be eaten.

An order of today comes in the morning `lead_days` later. The next one can be written `review_days` from now and comes
as much later, so that stock, what is on its way and this order have to last for lead + review - 1 days, tomorrow the
first. What keeps is ordered up to the quantile of that need at the service level (order-up-to policy: Silver, Pyke and
Thomas, "Inventory and Production Management in Supply Chains", 2017). What spoils is worth another unit as long as

    shortage cost x chance that it is used until then, and in its life  >  its price x chance that its life ends before

which for a life no longer than the review is the newsvendor's critical ratio (Arrow, Harris and Marschak 1951), and for
a long life is the service level alone. Guests do not wait: what is missed before the delivery is not ordered later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from common.errors import UserError
from inventory.items import Item
from inventory.ordering.demand_sum import Need, daily_mean, needed
from inventory.panel import Key

SERVICE_LEVEL = 0.95
SHORTAGE = 2.3  # what a missing unit costs, in its own price: with food at 30 % of the bill, the other 70 % are lost
URGENCIES = ("urgent", "order", "enough")
_LONGEST_COVER = 365.0  # days
_PARTS = 16  # of a pack, when its worth is summed up


@dataclass(frozen=True)
class Recommendation:
    """What to order of an item for an outlet.

    quantity: in `unit`, whole packs; packs: how many
    stock, on_order: what is there, and what was ordered and has not come
    cover_days: for how long the stock lasts at the mean of the forecast, 0 to 365
    service_level: the chance, 0 to 1, that with this order nothing is missed until the next one comes
    urgency: "urgent": without an order the item runs out by the day of delivery; "order"; "enough": nothing to order
    reason: a few plain sentences with the numbers
    """

    outlet: str
    item: str
    quantity: float
    packs: int
    unit: str
    stock: float
    on_order: float
    cover_days: float
    service_level: float
    urgency: str
    reason: str


@dataclass(frozen=True, eq=False)
class Plan:
    """The numbers behind orders, (S,) each.

    packs: how many; interval: days that they have to last
    need: of those days; target: the level to which stock is filled up
    spoils: what is there and will spoil before it is used; missed: what the stock lacks until the delivery
    capped: bool, the shelf life and not the service level sets the target
    """

    packs: np.ndarray
    interval: np.ndarray
    need: Need
    target: np.ndarray
    spoils: np.ndarray
    missed: np.ndarray
    capped: np.ndarray


def recommend(
    keys: Sequence[Key],
    items: Sequence[Item],
    low: np.ndarray,
    middle: np.ndarray,
    high: np.ndarray,
    stock: np.ndarray,
    on_order: np.ndarray,
    review_days: int | np.ndarray = 1,
    service_level: float = SERVICE_LEVEL,
    shortage: float = SHORTAGE,
    arrived: np.ndarray | None = None,
) -> tuple[Recommendation, ...]:
    """What to order today of each of S series, in the order of `keys`.

    keys: outlet and item of each; items: S, the item of each
    low, middle, high: (S, H) the .1, .5 and .9 quantiles of each day's demand, tomorrow first, in the item's unit
    stock: (S,) counted this evening; on_order: (S,) still to come
    review_days: days until the next order can be written, one number or (S,)
    service_level: .5 to .999, the wanted chance that nothing is missed
    shortage: above 0, what a missing unit costs in prices of a unit; weighs against waste where something spoils
    arrived: (S, D) what came in on the last D days, today last, from which the age of the stock is told; None: as if
        none of it would spoil
    Raises UserError for a wrong number, and where the forecast is shorter than the days that have to be covered.
    """
    counted, coming = np.asarray(stock, float), np.asarray(on_order, float)
    found = plan(items, low, middle, high, counted, coming, review_days, service_level, shortage, arrived)
    reviews = np.broadcast_to(review_days, len(items))
    daily = daily_mean(*(np.asarray(part, float) for part in (low, middle, high)))
    quantity = found.packs * np.array([item.pack_size for item in items])
    reached = found.need.chance(np.maximum(counted + coming - found.spoils, 0) + quantity)
    results = []
    for row, ((outlet, name), item) in enumerate(zip(keys, items, strict=True)):
        cover = _cover(counted[row], daily[row])
        with_orders = _cover(counted[row] + coming[row], daily[row])
        urgency = "enough"
        if found.packs[row]:
            urgency = "urgent" if with_orders < item.lead_days else "order"
        reason = _reason(item, found, row, counted[row], coming[row], cover, int(reviews[row]), service_level)
        results.append(
            Recommendation(
                outlet,
                name,
                round(float(quantity[row]), 6),
                int(found.packs[row]),
                item.unit,
                float(counted[row]),
                float(coming[row]),
                cover,
                round(float(reached[row]), 4),
                urgency,
                reason,
            )
        )
    return tuple(results)


def plan(
    items: Sequence[Item],
    low: np.ndarray,
    middle: np.ndarray,
    high: np.ndarray,
    stock: np.ndarray,
    on_order: np.ndarray,
    review_days: int | np.ndarray = 1,
    service_level: float = SERVICE_LEVEL,
    shortage: float = SHORTAGE,
    arrived: np.ndarray | None = None,
) -> Plan:
    """The numbers of `recommend`, without words."""
    low, middle, high = (np.asarray(part, float) for part in (low, middle, high))
    review = np.broadcast_to(np.asarray(review_days), len(items))
    _check(items, stock, on_order, review, service_level, shortage)
    lead, life, pack = (
        np.array([getattr(item, name) for item in items], float)
        for name in ("lead_days", "shelf_life_days", "pack_size")
    )
    keeps = np.isnan(life)
    horizon = middle.shape[1]
    interval = (lead + review - 1).astype(int)
    start = np.ones(len(items))
    need = needed(low, middle, high, start, interval)
    # A life that reaches past the forecast ends with it: by then the interval is over many times.
    end = np.minimum(np.where(keeps, horizon, lead + np.nan_to_num(life) - 1), horizon)
    eaten = needed(low, middle, high, start, end)
    useful = needed(low, middle, high, start, np.minimum(interval, end))

    daily = np.cumsum(daily_mean(low, middle, high), axis=1)
    spoils = np.zeros(len(items))
    if arrived is not None:
        spoils = _spoils(stock, arrived, life, daily, interval)
    there = np.maximum(stock + on_order - spoils, 0)
    before = needed(low, middle, high, start, lead - 1).mean
    missed = np.maximum(before - there, 0)
    position = there + missed

    def worth(level: np.ndarray) -> np.ndarray:
        """Of the last unit up to a level, in prices of a unit."""
        return shortage * (1 - useful.chance(level)) - np.where(keeps, 0, eaten.chance(level))

    wished = useful.quantile(service_level)
    target = np.minimum(wished, _root(worth, wished))
    missing = np.maximum(target - position, 0) / pack
    packs = np.floor(missing + 1e-9)
    # The last pack is opened for what is missing. Of what spoils it has to be worth more as a whole than it costs.
    start = position + packs * pack
    steps = (np.arange(_PARTS) + 0.5) / _PARTS
    gain = np.mean([worth(start + part * pack) for part in steps], axis=0)
    packs += (missing - packs > 1e-6) & (keeps | (gain > 0))
    capped = (target < wished - 1e-9) | (end < interval)
    return Plan(packs.astype(int), interval, need, target, spoils, missed, capped)


def _check(
    items: Sequence[Item],
    stock: np.ndarray,
    on_order: np.ndarray,
    review: np.ndarray,
    service_level: float,
    shortage: float,
) -> None:
    if not 0.5 <= service_level <= 0.999:
        raise UserError(f"A service level of {service_level:g} can't be had. Choose one from 0.5 to 0.999.")
    if not 0 < shortage < np.inf:
        raise UserError(f"A missing unit can't cost {shortage:g} times its price. Choose a number above 0.")
    for name, amounts in (("stock", stock), ("amount on order", on_order)):
        wrong = ~(np.isfinite(amounts) & (np.asarray(amounts) >= 0))
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise UserError(
                f"The {name} of {items[at].name!r} is {amounts[at]:g}. Correct it to a number from 0 up first."
            )
    if (review < 1).any():
        raise UserError(f"The next order can't be {review.min()} days away. Choose 1 day or more.")
    for item in items:
        if item.pack_size <= 0 or item.lead_days < 1 or (item.shelf_life_days is not None and item.shelf_life_days < 1):
            raise UserError(
                f"{item.name!r} has packs of {item.pack_size:g} {item.unit}, {item.lead_days} days of delivery and a "
                f"life of {item.shelf_life_days}. Packs must be above 0, days 1 or more."
            )


def _root(worth: Callable[[np.ndarray], np.ndarray], top: np.ndarray) -> np.ndarray:
    """(S,) the level up to which units are worth having, between 0 and `top`; `worth` falls with the level."""
    bottom, top = np.zeros_like(top), top.copy()
    for _ in range(40):
        middle = (bottom + top) / 2
        more = worth(middle) > 0
        bottom, top = np.where(more, middle, bottom), np.where(more, top, middle)
    return top


def _spoils(
    stock: np.ndarray, arrived: np.ndarray, life: np.ndarray, eaten: np.ndarray, interval: np.ndarray
) -> np.ndarray:
    """(S,) how much of the stock ends its life within the interval and is not eaten before, the oldest eaten first.

    eaten: (S, H) what is used up to each day. The stock is what came last: what is more than the deliveries of the
    last days is older than those.
    """
    arrived = np.nan_to_num(np.asarray(arrived, float))
    since = np.cumsum(arrived[:, ::-1], axis=1)  # column d: what came today and on d days before
    spoils = np.zeros(len(stock))
    for day in range(1, eaten.shape[1] + 1):
        # On the evening of `day` goes what came in life - 1 days before it, or earlier.
        younger = life - 2 - day  # age today of the oldest that is left then
        column = np.clip(np.nan_to_num(younger, nan=0).astype(int), 0, since.shape[1] - 1)
        young = np.where(younger < 0, 0, since[np.arange(len(stock)), column])
        # Deliveries before those that are known: nothing is said about their age, so they are not called old.
        known = ~np.isnan(life) & (younger < since.shape[1])
        old = np.where(known & (day <= interval), np.maximum(stock - young, 0), 0)
        spoils = np.maximum(spoils, old - eaten[:, day - 1])
    return spoils


def _cover(amount: float, daily: np.ndarray) -> float:
    """For how many days an amount lasts, one decimal; past the forecast at its mean."""
    if amount == 0:
        return 0.0
    left = np.cumsum(daily) - amount
    if (left > 0).any():
        at = int(np.argmax(left > 0))
        return round(float(at + 1 - left[at] / daily[at]), 1)
    mean = float(daily.mean())
    return round(amount / mean, 1) if amount < _LONGEST_COVER * mean else _LONGEST_COVER


def _reason(
    item: Item, found: Plan, row: int, stock: float, on_order: float, cover: float, review: int, level: float
) -> str:
    unit, days, need = item.unit, int(found.interval[row]), found.need
    parts = [f"Stock {_said(stock)} {unit} lasts {_days(cover)}" if stock else f"No {item.name} is in stock"]
    parts[0] += f", {_said(on_order)} {unit} are on order." if on_order else ", nothing is on order."
    if found.spoils[row] >= 0.05:
        parts.append(f"About {_said(found.spoils[row])} {unit} of it will be too old before it is used.")
    parts.append(f"Delivery takes {_days(item.lead_days)} and the next order is due in {_days(review)}, ")
    low, high = (need.quantile(share)[row] for share in (0.1, 0.9))
    many = f"the next {_days(days)}" if days > 1 else "tomorrow"
    parts[-1] += f"so it has to last for {many}: {_said(low)} to {_said(high)} {unit}, most likely "
    parts[-1] += f"{_said(max(need.median[row], 0))}."
    target = f"{_said(found.target[row])} {unit}"
    if found.capped[row]:
        parts.append(f"As it keeps {_days(item.shelf_life_days)}, more than {target} would sooner be wasted than used")
    else:
        parts.append(f"To be {100 * level:g} % sure takes {target}")
    if found.missed[row] >= 0.05:
        parts[-1] += f"; about {_said(found.missed[row])} {unit} of it are missed before the delivery comes"
    packs = int(found.packs[row])
    if packs:
        parts[-1] += f": order {packs} {'pack' if packs == 1 else 'packs'} of {_said(item.pack_size)} {unit}."
    elif found.target[row] > max(stock + on_order - found.spoils[row], 0) + found.missed[row] + 1e-6:
        parts[-1] += f"; the little that is missing does not pay for a pack of {_said(item.pack_size)} {unit}."
    else:
        parts[-1] += ", and that is there: order nothing."
    return " ".join(parts)


def _said(amount: float) -> str:
    """At most one decimal, and none for large amounts."""
    return f"{amount:,.0f}" if amount >= 100 else f"{round(float(amount), 1):g}"


def _days(count: float) -> str:
    return f"{count:g} day" if count == 1 else f"{count:g} days"
