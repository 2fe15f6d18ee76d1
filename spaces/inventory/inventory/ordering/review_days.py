"""On which days orders are written, and how long it is until the next such day."""

from collections.abc import Sequence

import numpy as np

from inventory.items import Item

WEEK = 7
_SUNDAY = 6


def weekdays(days: np.ndarray) -> np.ndarray:
    """(T,) 0 Monday to 6 Sunday, of datetime64[D]."""
    return (days.astype("datetime64[D]").astype(int) + 3) % WEEK  # 1970-01-01 was a Thursday


def ordering(items: Sequence[Item], weekday: np.ndarray, first: int | np.ndarray = 0) -> np.ndarray:
    """(S, T) bool, whether an item is ordered on a day: what spoils in two days on all, what spoils in a week not on
    Sundays, the rest on two days a week.

    weekday: (T,) 0 to 6; first: 0 to 3, one or (S,), the first of the two days; the other is three days later
    """
    life = np.array([[item.shelf_life_days or 365] for item in items])
    start = np.broadcast_to(first, len(items))[:, None]
    twice = (weekday == start) | (weekday == start + 3)
    return (life <= 2) | ((life <= WEEK) & (weekday != _SUNDAY)) | ((life > WEEK) & twice)


def until_next(ordered: np.ndarray) -> np.ndarray:
    """(S, T - 1) days, from each day to the next True of (S, T) bool, whose last column counts as True."""
    gap = np.ones(ordered.shape, int)
    for at in range(ordered.shape[1] - 3, -1, -1):
        gap[:, at] = np.where(ordered[:, at + 1], 1, gap[:, at + 1] + 1)
    return gap[:, :-1]
