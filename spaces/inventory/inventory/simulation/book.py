"""A simulated business day by day: deliveries, guests, waste, theft, and somebody who orders by habit."""

from dataclasses import dataclass

import numpy as np

from inventory.ordering.review_days import WEEK, ordering, until_next, weekdays
from inventory.ordering.shelf import Shelf
from inventory.simulation.demand import World

# Chance of each, a series and day.
RATES = {"stock_loss": 0.0012, "spoilage": 0.0008, "unusual_usage": 0.001, "irregular_order": 0.0006}
_LATE = 0.02  # of deliveries
_FORGOTTEN = 0.02  # of orders
_AHEAD = 14  # days that somebody who orders thinks of
_TYPED_ZERO = 10  # times too much


@dataclass(frozen=True, eq=False)
class Book:
    """What truly happened, (S, T) in steps. thrown: waste that was written down; events: amount by kind, else 0"""

    stock_in: np.ndarray
    balance: np.ndarray
    ordered: np.ndarray
    thrown: np.ndarray
    events: dict[str, np.ndarray]


def keep(world: World, rng: np.random.Generator) -> Book:
    """Run the business over the days of a world."""
    count, length = world.wanted.shape
    pack = np.array([item.pack_size for item in world.items]) / world.step
    lead = np.array([item.lead_days for item in world.items])
    perishable = np.array([item.shelf_life_days is not None for item in world.items])
    days_on, needs = _habits(world, lead, rng)
    stock_in, balance, ordered, thrown = (np.zeros((count, length)) for _ in range(4))
    events = {kind: np.zeros((count, length)) for kind in (*RATES, "late_delivery")}
    plans = {kind: rng.random((count, length)) < rate for kind, rate in RATES.items()}
    waiting = {kind: np.zeros(count, bool) for kind in RATES}
    coming = np.zeros((count, length + lead.max() + 4))
    # What one keeps beyond the need, in days of use; slow movers go in lumps.
    cushion = rng.lognormal(-0.55, 0.25, count) / (world.wanted > 0).mean(axis=1)
    mean = world.wanted.mean(axis=1)
    seen = mean.copy()
    shelf = Shelf([item.shelf_life_days for item in world.items])
    shelf.receive(_packs(seen * (needs[:, 0] + cushion), pack))
    rows, weekday = np.arange(count), weekdays(world.days)

    for at in range(length):
        is_open = ~world.closed[:, at]
        for kind, plan in plans.items():
            waiting[kind] |= plan[:, at]

        coming[:, at + 1] += np.where(is_open, 0, coming[:, at])
        coming[:, at] *= is_open
        late = (coming[:, at] > 0) & (rng.random(count) < _LATE)
        coming[rows, at + rng.integers(1, 4, count)] += np.where(late, coming[:, at], 0)
        events["late_delivery"][:, at] = np.where(late, coming[:, at], 0)
        stock_in[:, at] = np.where(late, 0, coming[:, at])
        shelf.receive(stock_in[:, at])

        sold = shelf.take(world.wanted[:, at])
        short = sold < world.wanted[:, at]
        share = rng.random((3, count))
        quiet = is_open.copy()  # one event a day: a second one would hide the first
        for kind, most, likely in (
            ("unusual_usage", world.usual * (1.5 + 1.5 * share[0]), world.usual * 1.2),
            ("stock_loss", shelf.stock * (0.25 + 0.45 * share[1]), world.usual * 0.7),
            ("spoilage", shelf.stock * (0.4 + 0.4 * share[2]), world.usual * 0.5),
        ):
            amount = np.floor(np.minimum(most, shelf.stock))
            happens = waiting[kind] & quiet & (amount >= likely) & (perishable | (kind != "spoilage"))
            events[kind][:, at] = shelf.take(np.where(happens, amount, 0))
            waiting[kind] &= ~happens
            quiet &= ~happens
        thrown[:, at] = shelf.throw_away(is_open)
        unwritten = events["spoilage"][:, at] > 0
        events["spoilage"][:, at] += np.where(unwritten, thrown[:, at], 0)
        thrown[unwritten, at] = 0
        balance[:, at] = shelf.stock

        # Habit: so many days of what was seen of late, less what is there or on its way.
        rhythm = world.weekly[:, weekday[at]] * world.uplift[:, at]
        learned = np.where(short, 1.03 * seen, seen + 0.06 * (sold / rhythm - seen))
        seen = np.where(is_open, np.maximum(learned, 0.6 * mean), seen)
        target = seen * (1.1 * needs[:, at] + cushion) * rng.lognormal(0, 0.1, count)
        missing = target - balance[:, at] - coming[:, at + 1 :].sum(axis=1)
        regular = days_on[:, at] & is_open & (rng.random(count) > _FORGOTTEN)
        wanted = np.where(regular, _packs(missing, pack), 0)
        zero = rng.random(count) < 0.5
        too_many = (wanted > 0) & zero
        odd_day = ~days_on[:, at] & ~zero
        happens = waiting["irregular_order"] & is_open & (too_many | odd_day)
        odd = np.where(too_many, wanted * _TYPED_ZERO, np.maximum(_packs(target, pack), pack))
        ordered[:, at] = np.where(happens, odd, wanted)
        events["irregular_order"][:, at] = np.where(happens, odd, 0)
        waiting["irregular_order"] &= ~happens
        coming[rows, at + lead] += ordered[:, at]
    return Book(stock_in, balance, ordered, thrown, events)


def _habits(world: World, lead: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(S, T) bool, the days on which one orders; and (S, T) the need, in mean days, until the order after this one is
    there, but of no more days than the goods keep."""
    length = world.wanted.shape[1]
    weekday = (weekdays(world.days[:1]) + np.arange(length + _AHEAD)) % WEEK
    outlets = sorted({outlet for outlet, _ in world.keys})
    first = dict(zip(outlets, rng.integers(0, 3, len(outlets)), strict=True))
    days_on = ordering(world.items, weekday, np.array([first[outlet] for outlet, _ in world.keys]))
    uplift = np.pad(world.uplift, ((0, 0), (0, _AHEAD)), constant_values=1)
    ahead = np.cumsum(world.weekly[:, weekday] * (1 + 0.6 * (uplift - 1)), axis=1)
    life = np.array([[item.shelf_life_days or _AHEAD] for item in world.items])
    covered = lead[:, None] - 1 + np.minimum(until_next(days_on)[:, :length], life)
    until = np.arange(length) + np.minimum(covered, _AHEAD)
    return days_on[:, :length], np.take_along_axis(ahead, until, axis=1) - ahead[:, :length]


def _packs(amount: np.ndarray, pack: np.ndarray) -> np.ndarray:
    """Whole packs, as somebody in a hurry rounds: up, but not for a small rest."""
    return np.maximum(np.ceil(amount / pack - 0.2), 0) * pack
