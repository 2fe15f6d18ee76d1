"""What is usual for a series on a day, and how far what the book says is from it.

Seasonal medians and median absolute deviations over a trailing window, so that an anomaly neither hides itself nor its
followers (Rousseeuw and Croux 1993, "Alternatives to the median absolute deviation"). A series with a short history
leans on the rhythm of its item over all outlets. What all series, all outlets of an item, or all items of an outlet do
on the same day is no surprise for one of them: so holidays and promotions are known without a calendar.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inventory.panel import Panel

WEEK = 7
NOTHING = 1e-6  # a smaller amount is none
LEAST = 5  # days of use before a level is known
OFTEN = 0.08  # of the days of the last weeks: a day without use is no news any more
SEASONS = 12  # of each phase (weekday) that are looked back at
LEVEL_SEASONS = 8
SPREAD_SEASONS = 16
LENT = 5.0  # the item's rhythm counts as many seasons as this, own ones one each
ALONE = 8.0  # the neighbours' common move counts for less the fewer they are: n / (n + ALONE)
NORMAL = 1.4826  # from a median absolute deviation to the standard deviation of a normal distribution
HIGHEST = 3.0  # root of used / level: nine times a usual day is a slip, and how large a slip teaches nothing
FINEST = 0.03  # the least spread of the root of usage: 6 % of usage; scales and counts are not better
NARROWEST = 0.3  # of the median spread of all series: a few equal days do not make the next one a surprise


@dataclass(frozen=True, eq=False)
class Usual:
    """A robust account of a matrix (S, T).

    middle: what was to be expected, the neighbours' common move in it; NaN before there is a history
    spread: one standard deviation about it
    moved: what the neighbours' move adds to `middle`
    """

    middle: np.ndarray
    spread: np.ndarray
    moved: np.ndarray


@dataclass(frozen=True, eq=False)
class Expected:
    """What usage is usual for each series and day.

    level: (S, T) what a day of the last eight weeks used, in the item's unit
    usual: of the square root of used / level, which has about the same spread for low and high usage
    seldom: (S, T) bool, where days without use are nothing new; the rest is about the days on which there is some
    """

    level: np.ndarray
    usual: Usual
    seldom: np.ndarray

    def score(self, used: np.ndarray | float, at=...) -> np.ndarray:
        """How many standard deviations `used` is from the middle; NaN where nothing is known. at: index of (S, T)"""
        far = (_root(used / self.level[at]) - self.usual.middle[at]) / self.usual.spread[at]
        return np.where(self.seldom[at] & (np.abs(used) < NOTHING), 0.0, far)

    def scorer(self, row: int) -> Callable[[float, int], float]:
        """`score` of a series for one number and day, many times as fast."""
        level, seldom = self.level[row].tolist(), self.seldom[row].tolist()
        middle, spread = self.usual.middle[row].tolist(), self.usual.spread[row].tolist()

        def score(used: float, column: int) -> float:
            if seldom[column] and abs(used) < NOTHING:
                return 0.0
            root = math.copysign(math.sqrt(abs(used) / level[column]), used)
            return (root - middle[column]) / spread[column]

        return score

    def amount(self, sigmas: np.ndarray | float, at=...) -> np.ndarray:
        """The usage that is `sigmas` standard deviations from the middle, 0 at least."""
        root = self.usual.middle[at] + sigmas * self.usual.spread[at]
        return np.maximum(root, 0.0) ** 2 * self.level[at]

    def alone(self, at=...) -> np.ndarray:
        """The usage to be expected of a series by itself, had the neighbours done what is usual for them."""
        return np.maximum(self.usual.middle[at] - self.usual.moved[at], 0.0) ** 2 * self.level[at]


def expected(panel: Panel) -> Expected:
    """What usage is usual in a panel. Days of a closed outlet, of an empty shelf and of an impossible book teach
    nothing; neither do days without use of what is not used daily."""
    used = taken(panel)
    with np.errstate(invalid="ignore"):
        unsure = panel.closed | (panel.balance <= 0) | (used < 0)
        seldom = _seldom(np.where(unsure, np.nan, used))
        used = np.where(unsure | (seldom & (used < NOTHING)), np.nan, used)
    level = _level(used)
    items = [item for _, item in panel.keys]
    outlets = [outlet for outlet, _ in panel.keys]
    roots = np.minimum(_root(used / level), HIGHEST)
    found = usual(roots, items, (["all"] * len(items), items, outlets), panel.promoted, least=LEAST)
    return Expected(level, replace(found, spread=np.maximum(found.spread, FINEST)), seldom)


def taken(panel: Panel) -> np.ndarray:
    """(S, T) what was used but for what the remarks say was thrown away."""
    return panel.used - np.nan_to_num(panel.wasted)


def usual(
    values: np.ndarray,
    alike: Sequence[Hashable],
    together: Sequence[Sequence[Hashable]] = (),
    marked: np.ndarray | None = None,
    period: int = WEEK,
    least: int = LEAST,
) -> Usual:
    """The account of values (S, T), NaN where unknown: level, rhythm and the neighbours' common move add up.

    alike: S labels; series of the same one share a rhythm and a spread
    together: groupings, S labels each; what a group does together is expected of each of its series
    marked: (S, T) bool, days of another kind (promotions), which have a middle of their own
    period: steps of the rhythm
    least: known values before a level is
    """
    level = trailing_median(values, LEVEL_SEASONS * period, least)
    rest = values - level
    rhythm = _rhythm(rest, alike, period)
    rest = rest - rhythm
    moved = np.zeros_like(values)
    if marked is not None and marked.any():
        moved += _step(rest, alike, marked)
    for labels in together:
        moved += _common(rest - moved, labels)
    rest = rest - moved
    return Usual(level + rhythm + moved, _spread(rest, alike, period, least), moved)


def trailing_median(values: np.ndarray, window: int, least: int) -> np.ndarray:
    """(S, T) the median of the `window` values before each, NaN where fewer than `least` of them are known."""
    import pandas as pd

    return pd.DataFrame(values.T).rolling(window, min_periods=least).median().shift(1).to_numpy().T


def _root(values: np.ndarray | float) -> np.ndarray:
    return np.sign(values) * np.sqrt(np.abs(values))


def _seldom(used: np.ndarray) -> np.ndarray:
    """(S, T) whether days without use were common in the weeks before."""
    import pandas as pd

    none = pd.DataFrame(np.where(np.isnan(used), np.nan, used < NOTHING).T)
    share = none.rolling(SEASONS * WEEK, min_periods=1).mean().shift(1).to_numpy().T
    return ~(share < OFTEN)


def _level(used: np.ndarray) -> np.ndarray:
    level = trailing_median(used, LEVEL_SEASONS * WEEK, LEAST)
    return np.where(level == 0, 1.0, level)


def _rhythm(rest: np.ndarray, alike: Sequence[Hashable], period: int) -> np.ndarray:
    """(S, T) what the same phase of the last seasons was, of the series itself and of those alike, weighted."""
    own, known = _phases(rest, period)
    shared, _ = _phases(_middle_of(rest, alike), period)
    own, shared = np.where(known > 0, own, shared), np.where(np.isfinite(shared), shared, own)
    return np.nan_to_num((known * own + LENT * shared) / (known + LENT))


def _phases(values: np.ndarray, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Medians of the last seasons of each phase, and of how many."""
    series, steps = values.shape
    seasons = -(-steps // period)
    folded = np.full((series, seasons * period), np.nan)
    folded[:, :steps] = values
    folded = folded.reshape(series, seasons, period).swapaxes(1, 2).reshape(series * period, seasons)

    def unfolded(rows: np.ndarray) -> np.ndarray:
        return rows.reshape(series, period, seasons).swapaxes(1, 2).reshape(series, -1)[:, :steps]

    before = np.cumsum(np.isfinite(folded), axis=1) - np.isfinite(folded)
    return unfolded(trailing_median(folded, SEASONS, 1)), unfolded(np.minimum(before, SEASONS))


def _step(rest: np.ndarray, alike: Sequence[Hashable], marked: np.ndarray) -> np.ndarray:
    """(S, T) what marked days add: the median of those of the series alike, or of all."""
    import pandas as pd

    there = np.where(marked, rest, np.nan)
    of_all = np.nanmedian(there) if np.isfinite(there).any() else 0.0
    # One column of numbers for each label: all its series' days.
    by_label = pd.DataFrame(there).groupby(list(alike)).apply(lambda rows: _median_or(rows.to_numpy(), of_all))
    return np.where(marked, by_label.loc[list(alike)].to_numpy()[:, None], 0.0)


def _median_or(values: np.ndarray, otherwise: float) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size >= WEEK else otherwise


def _common(rest: np.ndarray, labels: Sequence[Hashable]) -> np.ndarray:
    """(S, T) what the series of a group do together, the less of it the fewer they are."""
    import pandas as pd

    groups = pd.DataFrame(rest).groupby(list(labels))
    others = np.maximum(groups.transform("count").to_numpy() - 1, 0)
    return np.nan_to_num(groups.transform("median").to_numpy() * others / (others + ALONE))


def _middle_of(rest: np.ndarray, labels: Sequence[Hashable]) -> np.ndarray:
    import pandas as pd

    return pd.DataFrame(rest).groupby(list(labels)).transform("median").to_numpy()


def _spread(rest: np.ndarray, alike: Sequence[Hashable], period: int, least: int) -> np.ndarray:
    far = np.abs(rest)
    own = NORMAL * trailing_median(far, SPREAD_SEASONS * period, least)
    shared = _middle_of(own, alike)
    spread = (own + shared) / 2
    known = spread[np.isfinite(spread)]
    narrowest = NARROWEST * np.median(known) if known.size else 0.0
    return np.maximum(spread, narrowest or 1e-9)
