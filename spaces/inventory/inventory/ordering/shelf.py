"""What lies on the shelves: amounts by the days that are left to use them, the oldest used first."""

from collections.abc import Sequence

import numpy as np


class Shelf:
    """Stock of S series. A day: `receive` in the morning, `take` while open, `throw_away` in the evening.

    lives: shelf life of each, days; None where it keeps. What comes in on a day with a life of 2 can be used on that
        day and the next, and is thrown away on that evening.
    """

    def __init__(self, lives: Sequence[int | None]) -> None:
        longest = max((life for life in lives if life is not None), default=0)
        # Column c can be used today and on c more days; the last column is for what keeps.
        self._lots = np.zeros((len(lives), longest + 1))
        self._rows = np.arange(len(lives))
        self._new = np.array([longest if life is None else life - 1 for life in lives])

    @property
    def stock(self) -> np.ndarray:
        """(S,) all that is there."""
        return self._lots.sum(axis=1)

    def receive(self, amount: np.ndarray) -> None:
        """Put (S,) fresh amounts on the shelves."""
        self._lots[self._rows, self._new] += amount

    def take(self, amount: np.ndarray) -> np.ndarray:
        """Take (S,) amounts, the oldest first; gives what could be taken."""
        before = self._lots.cumsum(axis=1) - self._lots
        taken = np.clip(np.asarray(amount)[:, None] - before, 0, self._lots)
        self._lots -= taken
        return taken.sum(axis=1)

    def throw_away(self, open_: np.ndarray | None = None) -> np.ndarray:
        """End the day: what can't be used any more leaves the shelves, all else grows a day older.

        open_: (S,) bool, where somebody is there to clear up; elsewhere it stays for another day. Gives (S,) amounts.
        """
        gone = self._lots[:, 0].copy() if self._lots.shape[1] > 1 else np.zeros(len(self._rows))
        left = np.zeros_like(gone)
        if open_ is not None:
            left = np.where(open_, 0.0, gone)
        self._lots[:, :-2] = self._lots[:, 1:-1]
        if self._lots.shape[1] > 1:
            self._lots[:, -2] = 0
            self._lots[:, 0] += left
        return gone - left
