"""The numbers of a day side by side, each as the chance of its like on a usual day, and the kind that they speak for.

A book that does not add up is mended first (`inventory.anomalies.reconcile`), so that one wrong number does not look
like a theft today and like a miracle tomorrow.
"""

from dataclasses import dataclass, replace

import numpy as np

from inventory.anomalies.expected import Expected, expected, taken
from inventory.anomalies.order_habits import OrderHabits, order_habits
from inventory.anomalies.reconcile import Gap, reconcile
from inventory.anomalies.tail import FEWEST, Tail, tail_of
from inventory.panel import Panel

STOCK_LOSS, UNUSUAL_USAGE, IRREGULAR_ORDER, DATA_ENTRY = KINDS = (
    "stock_loss",
    "unusual_usage",
    "irregular_order",
    "data_entry",
)
CERTAIN = 12.0  # surprise of a book that can't be right and that no repair mends
# Guests who want more go on until the shelf is empty; who steals, or what spoils, leaves a rest.
EMPTY = 0.1  # of a day's usage
# What was not used is still there, and costs little: too low a usage has a tenth of the false alarms of its kind.
HARMLESS = 1.0


@dataclass(frozen=True, eq=False)
class Residuals:
    """What was found in a panel of S series over T days.

    panel: with the gaps mended; expected: what usage is usual
    gaps: the lines that can't be right, by row and column
    usage: (S, T) standard deviations from the usual usage; NaN where nothing is known
    gap: (S, T) surprise of a gap at its line, else 0
    orders: the habits of ordering
    emptied: (S, T) bool, where the shelf was empty in the evening, or nearly so
    high_rest, high_emptied, low: tails of usage above the usual where a rest was left and where none, and below it
    """

    panel: Panel
    expected: Expected
    gaps: dict[tuple[int, int], Gap]
    usage: np.ndarray
    gap: np.ndarray
    orders: OrderHabits
    emptied: np.ndarray
    high_rest: Tail
    high_emptied: Tail
    low: Tail


def residuals(panel: Panel) -> Residuals:
    """Everything about a panel that needs no threshold."""
    usual = expected(panel)
    gaps = {_place(panel, gap): gap for gap in reconcile(panel, usual)}
    mended = mend(panel, gaps)
    with np.errstate(invalid="ignore"):
        usage = usual.score(taken(mended))
        # An empty shelf says that more was wanted, never that less was.
        usage = np.where(mended.closed | ((mended.balance <= 0) & (usage < 0)), np.nan, usage)
        emptied = mended.balance <= EMPTY * usual.amount(0.0)
    rest, none = tail_of(np.where(emptied, np.nan, usage)), tail_of(usage)
    # High demand empties the shelf: much used is less of a surprise there, once there are enough such days to know.
    if np.isfinite(usage[emptied]).sum() >= FEWEST:
        none = tail_of(np.where(emptied, usage, np.nan))
    surprise = np.zeros(panel.shape)
    for at, gap in gaps.items():
        surprise[at] = CERTAIN if gap.repaired is None else gap.gain / (2 * np.log(10))
    orders = order_habits(mended, usual)
    return Residuals(mended, usual, gaps, usage, surprise, orders, emptied, rest, none, tail_of(-usage))


def mend(panel: Panel, gaps: dict[tuple[int, int], Gap]) -> Panel:
    """The panel with the repairs in place; where there is none for a gap, its number is unknown."""
    numbers = {"stock_in": panel.stock_in.copy(), "balance": panel.balance.copy()}
    for at, gap in gaps.items():
        numbers[gap.field][at] = np.nan if gap.repaired is None else gap.repaired
    used, stock_in, balance = panel.used.copy(), *numbers.values()
    for row, column in gaps:
        for at in {max(column, 1), min(column + 1, panel.shape[1] - 1)}:
            used[row, at] = round(balance[row, at - 1] + stock_in[row, at] - balance[row, at], 9)
    return replace(panel, used=used, **numbers)


def surprises(found: Residuals) -> dict[str, np.ndarray]:
    """For each kind (S, T) -log10 of the chance of such a day if nothing was wrong; 0 where it is of another kind."""
    rest, none = found.high_rest.surprise(found.usage), found.high_emptied.surprise(found.usage)
    low = np.maximum(found.low.surprise(-found.usage) - HARMLESS, 0.0)
    return {
        STOCK_LOSS: np.where(found.emptied, 0.0, rest),
        UNUSUAL_USAGE: np.maximum(np.where(found.emptied, none, 0.0), low),
        IRREGULAR_ORDER: found.orders.surprise,
        DATA_ENTRY: found.gap,
    }


def _place(panel: Panel, gap: Gap) -> tuple[int, int]:
    return panel.series(gap.outlet, gap.item), int((np.datetime64(gap.day, "D") - panel.days[0]).astype(int))
