"""Why a finding is one, in words: the number, the expected range, and what the neighbours did."""

from collections.abc import Callable

import numpy as np

from inventory.anomalies.expected import taken
from inventory.anomalies.order_habits import LOOKED_BACK
from inventory.anomalies.rules import IRREGULAR_ORDER, STOCK_LOSS, Residuals
from inventory.panel import Panel

At = tuple[int, int]  # row, column
Amount = Callable[[float], str]
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIELDS = {"stock_in": "What came in", "balance": "The balance"}
_LIKELY = {
    "forgotten delivery": "that much was ordered and is not written down as come in",
    "entered twice": "the same delivery is written down the day before",
    "factor 10": "a factor of 10",
    "factor 100": "a factor of 100",
    "unit mistaken": "another unit",
    "digits swapped": "two digits swapped",
    "miscounted": "a wrong count, as the next day takes it back",
}
_PLAUSIBLE = 2.0  # standard deviations of the usage on both sides


def words(found: Residuals, kind: str, at: At, observed: float, low: float, high: float, unit: str) -> str:
    """The reason for a finding of `kind` at a row and column. unit: "" where it is not known"""

    def amount(number: float) -> str:
        return f"{number:,.3g} {unit}".rstrip() if abs(number) < 1000 else f"{number:,.0f} {unit}".rstrip()

    weekday = _WEEKDAYS[found.panel.days[at[1]].item().weekday()]
    if at in found.gaps and observed == found.gaps[at].written:
        return _wrong_number(found, at, amount)
    if kind == IRREGULAR_ORDER:
        return _order(found, at, amount, observed, high, weekday)
    usual = f"{amount(low)} to {amount(high)} would be usual on this {weekday}"
    if observed < low:
        return f"Only {amount(observed)} was used; {usual}. {_neighbours(found, at)}"
    if kind == STOCK_LOSS:
        rest = amount(float(found.panel.balance[at]))
        return (
            f"{amount(observed)} left the shelf; {usual}. {rest} stayed there, so that guests did not take all there "
            f"was: theft, or waste that was not written down. {_neighbours(found, at)}"
        )
    return f"{amount(observed)} was used; {usual}. {_neighbours(found, at)}"


def plausible(found: Residuals, at: At) -> tuple[float, float]:
    """From where to where the wrong number of a gap would have been in order, by that day's usual usage."""
    gap, panel, usual = found.gaps[at], found.panel, found.expected
    row, column = at
    least, most = (float(usual.amount(sigmas, at)) for sigmas in (-_PLAUSIBLE, _PLAUSIBLE))
    before = float(panel.balance[row, column - 1]) if column else np.nan
    thrown = float(np.nan_to_num(panel.wasted[at]))
    if gap.field == "balance":
        there = before + float(panel.stock_in[at]) - thrown
        ends = there - most, there - least
    else:
        left = float(panel.balance[at]) + thrown - before
        ends = left + least, left + most
    if gap.repaired is None:
        return tuple(max(end, 0.0) if np.isfinite(end) else 0.0 for end in ends)
    # Before there is a history the repair is all that is known.
    repaired = gap.repaired
    low, high = (max(end, 0.0) if np.isfinite(end) else repaired for end in ends)
    return min(low, repaired), max(high, repaired)


def _wrong_number(found: Residuals, at: At, amount: Amount) -> str:
    gap = found.gaps[at]
    said = f"{_FIELDS[gap.field]} is written as {amount(gap.written)}"
    book = f"by which {amount(gap.used)} was used"
    if gap.used < 0:
        book += ", which can't be"
    if gap.repaired is None:
        return f"{said}, {book}. No single slip explains it."
    mended = f"With {amount(gap.repaired)} the book adds up: {_LIKELY[gap.cause]}"
    return f"{said}, {book}. {mended}. {_neighbours(found, at)}"


def _order(found: Residuals, at: At, amount: Amount, observed: float, high: float, weekday: str) -> str:
    row, column = at
    same = _others(found.panel, row, 1)
    did = found.panel.ordered[same, column]
    did = did[did > 0]
    others = f"Of the {len(same)} other outlets {len(did)} ordered it that day"
    others += f", {amount(float(np.median(did)))} in the middle." if len(did) else "."
    if high == 0:
        times = round(float(found.orders.share[at]) * LOOKED_BACK)
        before = f"one did so on {times} of the last {LOOKED_BACK}"
        return f"{amount(observed)} was ordered on a {weekday}; {before}. {others}"
    there = amount(float(found.panel.balance[at]))
    return f"{amount(observed)} was ordered with {there} there; up to {amount(high)} would be usual. {others}"


def _neighbours(found: Residuals, at: At) -> str:
    row, column = at
    said = []
    for part, name in ((1, "the other outlets used {} of it"), (0, "the other items of this outlet {}")):
        rows = _others(found.panel, row, part)
        with np.errstate(invalid="ignore", divide="ignore"):
            used = taken(found.panel.only(rows))[:, column]
            ratios = used / found.expected.alone((rows, column))
        # Of what is not used daily, a day without use says nothing.
        ratios = ratios[np.isfinite(ratios) & ~(found.expected.seldom[rows, column] & (used <= 0))]
        if len(ratios):
            said.append(name.format(_compared(float(np.median(ratios)) - 1)))
    if not said:
        return "There are no neighbours to compare it with."
    text = ", ".join(said) + "."
    return text[0].upper() + text[1:]


def _others(panel: Panel, row: int, part: int) -> list[int]:
    """The rows of the same outlet (0) or item (1)."""
    return [other for other, key in enumerate(panel.keys) if other != row and key[part] == panel.keys[row][part]]


def _compared(change: float) -> str:
    if abs(change) < 0.05:
        return "as much as usual"
    return f"{abs(change):.0%} {'more' if change > 0 else 'less'} than usual".replace("%", " %")
