"""Days on which the book can't be right, and which slip of the pen would explain it.

Yesterday's balance + what came in - today's balance is what was used: never negative, and seldom far from usual. Where
it is, repairs are tried on the lines around: the digits of a number swapped, a factor of 10, another unit, a delivery
that was not written down. The one after which the usages of those days are the most usual is the likely cause.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np

from inventory.anomalies.expected import Expected, expected, taken
from inventory.panel import Panel

SUSPICIOUS = 4.0  # standard deviations from the usual usage, from which on a repair is looked for
DEAREST = 100.0  # what a day can cost at most: beyond 10 standard deviations everything is equally odd
IMPOSSIBLE = 101.0  # what a negative usage costs beside that, in squared standard deviations
BOTH = 3.0  # that a wrong count's repair has to save on each of the two days on which it shows
GAIN = 12.0  # squared standard deviations that a repair has to save at least
LATE = 7  # days that an order may take
CRUMB = 1e-6  # of an amount: what rounding leaves

# What an explanation costs before it has explained anything, in squared standard deviations: twice the log of how many
# ways there are for it to fit by chance.
COSTS = {
    "forgotten delivery": 6.0,
    "entered twice": 6.0,
    "factor 10": 6.0,
    "factor 100": 8.0,
    "unit mistaken": 6.0,
    "digits swapped": 10.0,
    "miscounted": 16.0,
}
# Grams for kilograms, and dozens for pieces.
_FACTORS = (("factor 10", 10), ("factor 100", 100), ("unit mistaken", 1000), ("unit mistaken", 12))


@dataclass(frozen=True)
class Gap:
    """A line that can't be right.

    day: of the line that is wrong
    field: "stock_in" or "balance"
    cause: one of COSTS, or "unknown": no repair makes the book add up
    written: what the book says
    repaired: what makes it add up, None where the cause is unknown
    used: the usage of the day on which it shows, as the book has it
    gain: by how much the repair makes the days around more usual, in squared standard deviations; 0 for "unknown"
    """

    day: date
    outlet: str
    item: str
    field: str
    cause: str
    written: float
    repaired: float | None
    used: float
    gain: float


@dataclass(frozen=True)
class _Repair:
    field: str
    column: int
    cause: str
    value: float


def reconcile(panel: Panel, usual: Expected | None = None) -> list[Gap]:
    """The lines of a panel that can't be right, by day, outlet and item; one for each mistake.

    usual: of this panel, where it is known already. Before a series has a history, only impossible days are found.
    """
    usual = usual or expected(panel)
    with np.errstate(invalid="ignore"):
        impossible = taken(panel) < -CRUMB * np.maximum(1.0, np.abs(panel.balance))
        odd = np.abs(usual.score(taken(panel))) > SUSPICIOUS
    gaps = []
    for row in np.flatnonzero((impossible | odd).any(axis=1)).tolist():
        book = _Book(panel, usual, row)
        for column in np.flatnonzero(impossible[row] | odd[row]).tolist():
            # A mistake shows on two days; the second one is looked at only if the first one's repair didn't mend it.
            if not book.mended(column) and (gap := book.gap(column, bool(impossible[row, column]))):
                gaps.append(gap)
    return sorted(gaps, key=lambda gap: (gap.day, gap.outlet, gap.item))


def slips(value: float) -> Iterator[tuple[str, float]]:
    """The numbers that may have been meant where `value` is written, each with its cause."""
    for cause, factor in _FACTORS:
        yield cause, value * factor
        yield cause, value / factor
    whole, point, rest = f"{value:.10f}".rstrip("0").partition(".")
    digits = whole + rest
    for at in range(len(digits) - 1):
        one, other = digits[at : at + 2]
        if one != other:
            swapped = digits[:at] + other + one + digits[at + 2 :]
            yield "digits swapped", float(swapped[: len(whole)] + point + swapped[len(whole) :])


class _Book:
    """One series, in which the repairs are written as they are found."""

    def __init__(self, panel: Panel, usual: Expected, row: int) -> None:
        self._key, self._days, self._score = panel.keys[row], panel.days, usual.scorer(row)
        self._middle = usual.amount(0.0, row).tolist()
        # Lists: each number is looked up by itself, many times.
        self._stock_in, self._balance = panel.stock_in[row].tolist(), panel.balance[row].tolist()
        self._written = {"stock_in": panel.stock_in[row].tolist(), "balance": panel.balance[row].tolist()}
        self._ordered, self._closed = panel.ordered[row].tolist(), panel.closed[row].tolist()
        self._wasted = np.nan_to_num(panel.wasted[row]).tolist()

    def mended(self, column: int) -> bool:
        """Whether a repair made a day usual."""
        changed = self._used(column) != self._used_of(column, self._written["stock_in"], self._written["balance"])
        return changed and self._cost(column) < SUSPICIOUS**2

    def gap(self, column: int, impossible: bool) -> Gap | None:
        used = self._used(column)
        before = {at: self._cost(at) for at in (column - 1, column, column + 1)}
        best, gain = None, GAIN
        for repair in self._repairs(column):
            saved = self._saved(repair, before)
            if saved > gain:
                best, gain = repair, saved
        if best is None:
            written = self._balance[column]
            return self._gap("balance", column, "unknown", written, None, used, 0.0) if impossible else None
        numbers = self._stock_in if best.field == "stock_in" else self._balance
        written, numbers[best.column] = numbers[best.column], best.value
        return self._gap(best.field, best.column, best.cause, written, round(best.value, 6), used, gain)

    def _gap(self, field: str, column: int, cause: str, written: float, repaired, used: float, gain: float) -> Gap:
        return Gap(self._days[column].item(), *self._key, field, cause, written, repaired, used, gain)

    def _repairs(self, column: int) -> Iterator[_Repair]:
        came, ordered = self._stock_in[column], self._open_orders(column)
        if came in ordered:
            pass  # what was ordered came, and was written down
        elif came > 0:
            for cause, value in slips(came):
                yield _Repair("stock_in", column, cause, value)
            if column and came == self._stock_in[column - 1]:
                yield _Repair("stock_in", column, "entered twice", 0.0)
        else:
            for value in sorted(ordered):
                yield _Repair("stock_in", column, "forgotten delivery", value)
        for at in (column - 1, column):
            if at < 0 or not math.isfinite(self._balance[at]):
                continue
            counted = self._balance[at]
            for cause, value in slips(counted) if counted else ():
                yield _Repair("balance", at, cause, value)
            value = self._balance[at - 1] + self._stock_in[at] - self._middle[at] if at else -1.0
            if value >= 0:
                yield _Repair("balance", at, "miscounted", value)

    def _open_orders(self, column: int) -> set[float]:
        """What may come in: the orders of the last days that have not come, alone or together."""
        orders: list[float] = []
        for at in range(max(column - LATE, 0), column):
            if self._stock_in[at] in orders:
                orders.remove(self._stock_in[at])
            if self._ordered[at] > 0:
                orders.append(self._ordered[at])
        return {sum(some) for count in (1, 2, 3) for some in combinations(orders, count)}

    def _saved(self, repair: _Repair, before: dict[int, float]) -> float:
        """What a repair gains; below 0 where it is no explanation."""
        numbers = self._stock_in if repair.field == "stock_in" else self._balance
        written, numbers[repair.column] = numbers[repair.column], repair.value
        saved = {at: cost - self._cost(at) for at, cost in before.items()}
        numbers[repair.column] = written
        if repair.field == "balance":
            # A wrong count makes one day too high and the next too low. What shows on one day may as well be a loss.
            shown = [saved[at] for at in (repair.column, repair.column + 1) if before.get(at)]
            certain = max(before.values()) >= IMPOSSIBLE
            if (len(shown) < 2 and not certain) or min(shown, default=0.0) < (-BOTH if certain else BOTH):
                return -1.0
        return sum(saved.values()) - COSTS[repair.cause]

    def _used(self, column: int) -> float:
        return self._used_of(column, self._stock_in, self._balance)

    def _used_of(self, column: int, stock_in: list[float], balance: list[float]) -> float:
        if not 0 < column < len(balance):
            return math.nan
        return balance[column - 1] + stock_in[column] - balance[column] - self._wasted[column]

    def _cost(self, column: int) -> float:
        """How odd a day is, in squared standard deviations; 0 where nothing is known."""
        used = self._used(column)
        if math.isnan(used):
            return 0.0
        far = self._score(used, column)
        # An empty shelf says that more was wanted, never that less was.
        silent = self._closed[column] or math.isnan(far) or (far < 0 and self._balance[column] <= 0)
        impossible = used < -CRUMB * max(1.0, abs(self._balance[column]))
        return (0.0 if silent else min(far * far, DEAREST)) + IMPOSSIBLE * impossible
