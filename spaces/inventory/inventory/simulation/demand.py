"""What the guests of a simulated business want: levels, rhythms, holidays, promotions and chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from inventory.items import Item, Outlet
from inventory.panel import Key
from inventory.simulation.holidays import FAMILY, HOLIDAYS, RAMADAN

_USE = {  # what a middle outlet uses a day, in the item's unit
    "chicken": 18, "beef": 7, "prawns": 4.5, "fish fillet": 5.5, "eggs": 95, "tofu": 45, "rice": 22, "noodles": 9,
    "cooking oil": 6, "coconut milk": 5, "milk": 8, "sugar": 1.3, "flour": 2, "onions": 6, "chillies": 1.6,
    "potatoes": 5, "lettuce": 3, "bread rolls": 64, "coffee beans": 1.6, "tea leaves": 0.5,
}  # fmt: skip
_SLOW = {"tea leaves": 0.3, "sugar": 0.45, "flour": 0.55, "coffee beans": 0.8}  # share of days on which it is used
_WEEK = np.array([0.86, 0.86, 0.9, 0.94, 1.08, 1.24, 1.12])  # Monday to Sunday
_UPLIFTS = (1.3, 1.9)  # of a promotion
_PROMOTIONS = 5  # a year and outlet


@dataclass(frozen=True, eq=False)
class World:
    """S series over T days; amounts in steps, the smallest amount that is written down.

    items: the item of each series; step: (S,) a step in its unit
    wanted: (S, T) what guests want, whole steps
    usual: (S,) what is used on a day on which it is used at all
    weekly: (S, 7) Monday to Sunday, mean 1
    uplift: (S, T) of promotions, 1 where there is none; known in advance
    festive: (S, T) extra amount that holidays and the fasting month bring, in the mean
    closed: (S, T) bool
    """

    keys: tuple[Key, ...]
    items: tuple[Item, ...]
    days: np.ndarray
    step: np.ndarray
    wanted: np.ndarray
    usual: np.ndarray
    weekly: np.ndarray
    uplift: np.ndarray
    festive: np.ndarray
    closed: np.ndarray


def world(outlets: Sequence[Outlet], items: Sequence[Item], last: date, days: int, rng: np.random.Generator) -> World:
    """Draw the demand of a business for the days that end with `last`."""
    by_name = {item.name: item for item in items}
    names = sorted(outlet.name for outlet in outlets)
    kinds = sorted(by_name)
    keys = tuple((outlet, item) for outlet in names for item in kinds)
    outlet_of = np.repeat(np.arange(len(names)), len(kinds))
    of = tuple(by_name[item] for _, item in keys)
    calendar = [last - timedelta(days - 1 - at) for at in range(days)]
    step = np.array([1.0 if item.unit == "pcs" else 0.1 for item in of])

    level = _levels(of, outlet_of, len(names), rng) / step
    active = np.array([_SLOW.get(_kind(item), 1.0) for item in of])
    weekly = _weeks(outlet_of, len(names), rng)
    weekdays = np.array([day.weekday() for day in calendar])
    festive, closed = (part[outlet_of] for part in _holidays(calendar, len(names), rng))
    uplift = _promotions(len(keys), outlet_of, days, rng)
    plain = level[:, None] * weekly[:, weekdays] * _course(outlet_of, len(names), calendar, rng)
    mean = np.where(closed, 0.0, plain * festive * uplift)
    # Guests come in waves that all items of an outlet feel.
    mean *= _waves(len(names), days, rng)[outlet_of]
    wanted = _drawn(mean, active, rng)
    extra = np.where(closed, 0.0, plain * (festive - 1))
    return World(
        keys, of, np.array(calendar, "datetime64[D]"), step, wanted, level / active, weekly, uplift, extra, closed
    )


def _kind(item: Item) -> str:
    """The name in the example of a further item of its kind: "chicken" of "chicken 2"."""
    return item.name.rstrip("0123456789 ")


def _levels(items: Sequence[Item], outlet_of: np.ndarray, outlets: int, rng: np.random.Generator) -> np.ndarray:
    """(S,) a day's mean use: outlets differ in size, and in what their guests like."""
    categories = sorted({item.category for item in items})
    tastes = rng.lognormal(0, 0.25, (outlets, len(categories)))
    category_of = np.array([categories.index(item.category) for item in items])
    size = rng.lognormal(0, 0.35, outlets)
    use = np.array([_USE[_kind(item)] for item in items])
    return use * size[outlet_of] * tastes[outlet_of, category_of] * rng.lognormal(0, 0.12, len(items))


def _weeks(outlet_of: np.ndarray, outlets: int, rng: np.random.Generator) -> np.ndarray:
    """(S, 7) some outlets live on weekends, others on office days."""
    strength = rng.uniform(-0.3, 1.8, outlets)[outlet_of, None]
    weekly = _WEEK**strength * rng.lognormal(0, 0.05, (len(outlet_of), 7))
    return weekly / weekly.mean(axis=1, keepdims=True)


def _course(outlet_of: np.ndarray, outlets: int, calendar: Sequence[date], rng: np.random.Generator) -> np.ndarray:
    """(S, T) the slow part: season, growth, and now and then a change of the menu."""
    count, days = len(outlet_of), len(calendar)
    of_year = np.array([day.timetuple().tm_yday for day in calendar]) / 365.25
    strength, phase = rng.uniform(0, 0.12, (count, 1)), rng.uniform(0, 1, (count, 1))
    growth = rng.normal(0.04, 0.08, outlets)[outlet_of, None] + rng.normal(0, 0.05, (count, 1))
    course = strength * np.sin(2 * np.pi * (of_year - phase)) + growth * (np.arange(days) - days / 2) / 365
    changed = (rng.random((count, 1)) < 0.1) & (np.arange(days) >= rng.integers(0, days, (count, 1)))
    return np.exp(course + changed * rng.choice([-0.35, 0.3], (count, 1)))


def _holidays(calendar: Sequence[date], outlets: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(O, T) the factor of holidays, and where an outlet is shut."""
    feast = rng.uniform(1.15, 1.5, outlets)
    fast = rng.uniform(0.75, 0.95, outlets)
    kept = rng.choice(len(FAMILY), outlets)
    factor = np.ones((outlets, len(calendar)))
    closed = rng.random((outlets, len(calendar))) < 2 / 365
    for at, day in enumerate(calendar):
        name = HOLIDAYS.get(day)
        if name:
            factor[:, at] = feast
            closed[:, at] |= [name == FAMILY[family] for family in kept]
        elif day + timedelta(1) in HOLIDAYS:
            factor[:, at] = 1 + (feast - 1) / 2
        elif any(first <= day <= end for first, end in RAMADAN):
            factor[:, at] = fast
    return factor, closed


def _promotions(count: int, outlet_of: np.ndarray, days: int, rng: np.random.Generator) -> np.ndarray:
    """(S, T) the uplift of promotions of four to eight days, one item of an outlet each."""
    uplift = np.ones((count, days))
    for outlet in range(outlet_of.max() + 1):
        rows = np.flatnonzero(outlet_of == outlet)
        for _ in range(rng.poisson(_PROMOTIONS * days / 365)):
            start, length = rng.integers(0, days), rng.integers(4, 9)
            uplift[rng.choice(rows), start : start + length] = rng.uniform(*_UPLIFTS)
    return uplift


def _waves(outlets: int, days: int, rng: np.random.Generator) -> np.ndarray:
    """(O, T) factors around 1 that remember yesterday: weather, an event nearby."""
    shocks = rng.normal(0, 0.06, (outlets, days))
    waves = np.zeros((outlets, days))
    for at in range(days):
        waves[:, at] = 0.6 * waves[:, at - 1] + shocks[:, at] if at else shocks[:, at]
    return np.exp(waves)


def _drawn(mean: np.ndarray, active: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(S, T) whole steps, negative binomial: its variance is mean + mean² / size. Slow movers skip days."""
    size = rng.uniform(20, 60, (len(mean), 1))
    used = rng.random(mean.shape) < active[:, None]
    mean = mean / active[:, None]
    return np.where(used, rng.negative_binomial(size, size / (size + mean)), 0).astype(float)
