"""All series of an inventory on one calendar: an array row for each item of an outlet, a column for each day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from common.errors import UserError
from inventory.plausible import plausible
from inventory.records import CLOSED, PROMOTION, Record, wasted

Key = tuple[str, str]  # outlet, item
_PER_DAY = ("used", "stock_in", "balance", "ordered", "wasted", "promoted", "closed")
LONGEST = 3660  # days; more is a wrong date
NO_RECORDS = "There are no records yet. Import a file, or load the example."


@dataclass(frozen=True, eq=False)
class Panel:
    """S series over T days.

    keys: outlet and item of each series, sorted
    days: (T,) datetime64[D], without holes
    used: (S, T) yesterday's balance + what came in - today's balance, in the item's unit. NaN where one of them is not
        known, the first day of a series among them. Negative where the book can't be right.
        What was thrown away is part of it.
    stock_in, balance, ordered, wasted: (S, T), NaN where there is no record
    promoted, closed: (S, T) bool, from the remarks
    """

    keys: tuple[Key, ...]
    days: np.ndarray
    used: np.ndarray
    stock_in: np.ndarray
    balance: np.ndarray
    ordered: np.ndarray
    wasted: np.ndarray
    promoted: np.ndarray
    closed: np.ndarray

    @cached_property
    def _rows(self) -> dict[Key, int]:
        return {key: row for row, key in enumerate(self.keys)}

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.keys), len(self.days)

    @cached_property
    def demand(self) -> np.ndarray:
        """(S, T) what was wanted: `used` without what was thrown away, and NaN where that is not known: where the stock
        ran out, where the outlet was closed, and where the book can't be right."""
        ran_out = np.nan_to_num(self.balance, nan=1.0) <= 0
        wanted = self.used - np.nan_to_num(self.wasted)
        with np.errstate(invalid="ignore"):
            return np.where(ran_out | self.closed | (wanted < 0), np.nan, wanted.round(9))

    def believable(self) -> "Panel":
        """The same without demand that can't be believed: of a typing error no forecast should learn, nor be judged by
        it. See `plausible`."""
        return replace(self, used=np.where(np.isfinite(plausible(self.demand)), self.used, np.nan))

    def series(self, outlet: str, item: str) -> int:
        """The row of a series. Raises UserError where there is none."""
        if (outlet, item) not in self._rows:
            raise UserError(f"There are no records of {item!r} at {outlet!r}. Choose one of the table of items.")
        return self._rows[outlet, item]

    def until(self, day: np.datetime64) -> "Panel":
        """The days up to and including `day`."""
        return self._cut(slice(0, int(np.searchsorted(self.days, np.datetime64(day, "D"), side="right"))))

    def since(self, day: np.datetime64) -> "Panel":
        """The days from `day` on."""
        return self._cut(slice(int(np.searchsorted(self.days, np.datetime64(day, "D"))), None))

    def only(self, rows: Sequence[int]) -> "Panel":
        """Some of the series, in the order of `rows`."""
        arrays = {name: getattr(self, name)[list(rows)] for name in _PER_DAY}
        return replace(self, keys=tuple(self.keys[row] for row in rows), **arrays)

    def _cut(self, part: slice) -> "Panel":
        return replace(self, days=self.days[part], **{name: getattr(self, name)[:, part] for name in _PER_DAY})


def panel_of(records: Iterable[Record]) -> Panel:
    """The panel of records, any order; one of each day, outlet and item at most, else the last one stands.

    Raises UserError where there are no records, and where they span more than LONGEST days.
    """
    records = list(records)
    if not records:
        raise UserError(NO_RECORDS)
    keys = sorted({(record.outlet, record.item) for record in records})
    rows = {key: row for row, key in enumerate(keys)}
    series = np.array([rows[record.outlet, record.item] for record in records])
    days = np.array([record.day for record in records], "datetime64[D]")
    numbers = np.array([(record.stock_in, record.balance, record.order) for record in records], float).T
    remarks = [(at, record.remark) for at, record in enumerate(records) if record.remark]
    return panel_from_columns(keys, series, days, numbers, remarks)


def panel_from_columns(
    keys: Sequence[Key],
    series: np.ndarray,
    days: np.ndarray,
    numbers: np.ndarray,
    remarks: Iterable[tuple[int, str]],
) -> Panel:
    """The panel of n records that stand in columns.

    keys: sorted; series: (n,) the row of each record among them; days: (n,) datetime64[D]
    numbers: (3, n) what came in, the balance, what was ordered
    remarks: number of a record and what it says, of those that say something

    Raises UserError where the records span more than LONGEST days.
    """
    first, last = days.min(), days.max()
    count = int((last - first).astype(int)) + 1
    if count > LONGEST:
        raise UserError(
            f"The records go from {first} to {last}, {count:,} days: at most {LONGEST:,} fit together. "
            "Look for a wrong year."
        )
    column = (days - first).astype(int)
    stock_in, balance, ordered, thrown = np.full((4, len(keys), count), np.nan)
    for table, values in zip((stock_in, balance, ordered, thrown), (*numbers, 0.0), strict=True):
        table[series, column] = values
    promoted, closed = np.zeros((2, len(keys), count), bool)
    for at, remark in remarks:
        place, small = (series[at], column[at]), remark.lower()
        thrown[place] = wasted(small)
        promoted[place] = any(word in small for word in PROMOTION)
        closed[place] = any(word in small for word in CLOSED)
    used = np.full_like(balance, np.nan)
    used[:, 1:] = balance[:, :-1] + stock_in[:, 1:] - balance[:, 1:]
    # Sums of decimal fractions leave crumbs: 0.1 + 0.2 - 0.3 is not 0.
    used = used.round(9)
    return Panel(tuple(keys), first + np.arange(count), used, stock_in, balance, ordered, thrown, promoted, closed)


def demand_panel(keys: Sequence[Key], days: np.ndarray, used: np.ndarray) -> Panel:
    """A panel of what was sold or used only. keys: sorted; days: (T,) without holes; used: (S, T), NaN where unknown.

    Raises ValueError where keys are not sorted or days have holes.
    """
    days = np.asarray(days, "datetime64[D]")
    if list(keys) != sorted(set(keys)) or (np.diff(days).astype(int) != 1).any():
        raise ValueError("keys must be sorted, each once, and days without holes")
    used = np.asarray(used, float)
    unknown = np.full_like(used, np.nan)
    none = np.zeros(used.shape, bool)
    return Panel(tuple(keys), days, used, unknown, unknown, unknown, unknown, none, none)
