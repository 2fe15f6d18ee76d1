"""When and how much a series is ordered by habit, and how odd an order is beside that."""

from dataclasses import dataclass

import numpy as np

from inventory.anomalies.expected import WEEK, Expected, Usual, usual
from inventory.anomalies.tail import Tail, tail_of
from inventory.panel import Panel

LOOKED_BACK = 12  # weeks
LEAST = 4  # weeks, and orders, before a habit is known
SELDOM = 0.1  # of its weekdays: one does not order on such a weekday
STRENGTH = 10.0  # weeks that the whole business's habit counts beside a series' own


@dataclass(frozen=True, eq=False)
class OrderHabits:
    """Habits of S series over T days.

    cover: of the log of (balance + order) / a day's usage, which a buyer keeps steadier than the order itself
    score: (S, T) standard deviations that an order's cover is above the middle; NaN where nothing was ordered
    share: (S, T) of the last 12 such weekdays, on how many one ordered; NaN before 4
    day_surprise: (S, T) -log10 of the chance of an order on such a weekday, 0 where there was none
    amount_surprise: (S, T) -log10 of the chance of so large an order
    tail: of `score`
    """

    cover: Usual
    score: np.ndarray
    share: np.ndarray
    day_surprise: np.ndarray
    amount_surprise: np.ndarray
    tail: Tail

    @property
    def surprise(self) -> np.ndarray:
        return np.maximum(self.day_surprise, self.amount_surprise)

    def most(self, level: float, balance: float, at: tuple[int, int], surprise: float) -> float:
        """The largest order that is less of a surprise, 0 where none is expected. level: a day's usage"""
        if self.day_surprise[at] >= surprise:
            return 0.0
        cover = self.cover.middle[at] + self.tail.score(surprise) * self.cover.spread[at]
        return max(float(np.exp(cover) * level - balance), 0.0)


def order_habits(panel: Panel, usage: Expected) -> OrderHabits:
    """The habits in a panel whose usual usage is known."""
    with np.errstate(invalid="ignore"):
        did = np.where(panel.closed | np.isnan(panel.ordered), np.nan, panel.ordered > 0)
        amount = np.where((did == 1) & (panel.balance >= 0), panel.balance + panel.ordered, np.nan)
    cover = np.log(amount / usage.level)
    known = usual(cover, [item for _, item in panel.keys], period=WEEK, least=LEAST)
    score = (cover - known.middle) / known.spread
    tail = tail_of(score)
    share, weeks = _share(did)
    return OrderHabits(known, score, share, _day_surprise(did, share, weeks), tail.surprise(score), tail)


def _share(did: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the same weekdays before each day on which was ordered, and how many of them are known."""
    times, weeks = np.zeros_like(did), np.zeros_like(did)
    for back in range(WEEK, LOOKED_BACK * WEEK + 1, WEEK):
        times[:, back:] += np.nan_to_num(did[:, :-back])
        weeks[:, back:] += np.isfinite(did[:, :-back])
    return np.where(weeks >= LEAST, times / np.maximum(weeks, 1), np.nan), weeks


def _day_surprise(did: np.ndarray, share: np.ndarray, weeks: np.ndarray) -> np.ndarray:
    """A series' own share, drawn to how often the whole business orders on a weekday on which one never does: where
    people order as it comes, no day is odd (empirical Bayes; Casella 1985)."""
    with np.errstate(invalid="ignore"):
        seldom = (share < SELDOM) & np.isfinite(did)
    # Half an order more than were seen: none in a short book is no proof.
    often = ((did == 1) & seldom).sum() + 0.5
    often /= seldom.sum() + 1
    chance = (share * weeks + STRENGTH * often) / (weeks + STRENGTH) * seldom.mean()
    return np.where((did == 1) & seldom, -np.log10(np.where(seldom, chance, 1.0)), 0.0)
