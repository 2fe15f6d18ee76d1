"""What went wrong in the stock book: findings with their kind, how bad they are, and why.

A day is reported where its like would be met more rarely than the false alarms that one is ready to look at. That rate
is chosen; how odd a day must be for it follows from the book's own ordinary days (`inventory.anomalies.tail`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from common.errors import UserError
from inventory.anomalies.isolation import features, isolation
from inventory.anomalies.rules import DATA_ENTRY, HARMLESS, IRREGULAR_ORDER, Residuals, residuals, surprises
from inventory.anomalies.tail import tail_of
from inventory.anomalies.verdicts import Verdict, allowance
from inventory.anomalies.words import plausible, words
from inventory.items import Item
from inventory.panel import Panel

RATE = 0.05  # false alarms a series and month: of 20 items at 6 outlets, 6 a month
HIGHEST_RATE = 10.0
MONTH = 365.25 / 12  # days
SHARING = 3  # kinds that share the rate; a number whose repair makes the book add up is hardly ever right


@dataclass(frozen=True)
class Anomaly:
    """A finding.

    kind: one of inventory.anomalies.rules.KINDS: "stock_loss", "unusual_usage", "irregular_order", "data_entry"
    severity: 0 just at the threshold to 1: by how much rarer than the threshold asks
    observed: what the book says: the usage, the order, or the number that is wrong
    low, high: where it would have been no finding, in the item's unit
    why: in words
    """

    day: date
    outlet: str
    item: str
    kind: str
    severity: float
    observed: float
    low: float
    high: float
    why: str


@dataclass(frozen=True, eq=False)
class Measured:
    """What takes time and doesn't depend on rate and verdicts. rare: of `evidence`"""

    residuals: Residuals
    rare: dict[str, np.ndarray]


def measure(panel: Panel) -> Measured:
    """How odd every day of a panel is."""
    found = residuals(panel)
    return Measured(found, evidence(found))


def detect(
    panel: Panel,
    items: Sequence[Item] | None = None,
    *,
    rate: float = RATE,
    verdicts: Iterable[Verdict] = (),
    since: date | None = None,
    measured: Measured | None = None,
) -> tuple[Anomaly, ...]:
    """The findings of a panel, by day and then the most severe first.

    items: give `why` its units
    rate: false alarms that one is ready to look at, a series and month
    verdicts: those in force
    since: only findings from that day on; all days before teach what is usual
    measured: of `measure` for this panel, where it is known

    Raises UserError for a rate that is not above 0 and at most 10.
    """
    least = threshold(rate)
    measured = measured or measure(panel)
    found = measured.residuals
    units = {item.name: item.unit for item in items or ()}
    verdicts = tuple(verdicts)
    first = 0 if since is None else int((np.datetime64(since, "D") - panel.days[0]).astype(int))
    side = np.sign(np.nan_to_num(found.usage))
    anomalies = []
    for kind, surprise in measured.rare.items():
        allowed = allowance(verdicts, kind, panel, surprise, side, least)
        report = (surprise >= allowed.least) & ~allowed.hidden
        report[:, : max(first, 0)] = False
        for row, column in np.argwhere(report).tolist():
            limit = float(allowed.least[row, column])
            severity = 1 - limit / float(surprise[row, column])
            at = row, column
            observed, low, high = (round(number, 3) for number in _range(found, kind, at, limit))
            why = words(found, kind, at, observed, low, high, units.get(panel.keys[row][1], ""))
            day = panel.days[column].item()
            anomalies.append(Anomaly(day, *panel.keys[row], kind, round(severity, 3), observed, low, high, why))
    return tuple(sorted(anomalies, key=lambda one: (one.day, -one.severity, one.outlet, one.item, one.kind)))


def evidence(found: Residuals, seed: int = 0) -> dict[str, np.ndarray]:
    """For each kind (S, T) how rare such a day is while nothing is wrong, -log10: by the rules, or by the Isolation
    Forest where that finds the day as a whole rarer; its kind is then the one for which most speaks."""
    by_kind = surprises(found)
    scores = isolation(features(found), seed)
    whole = tail_of(scores).surprise(scores)
    most = np.maximum.reduce(list(by_kind.values()))
    return {
        kind: np.where((rare == most) & (rare > 0), np.maximum(rare, whole), rare) for kind, rare in by_kind.items()
    }


def threshold(rate: float) -> float:
    """The surprise from which on a day is reported, so that the kinds share the rate.

    Raises UserError for a rate that is not above 0 and at most 10.
    """
    if not 0 < rate <= HIGHEST_RATE:
        raise UserError(
            f"The rate of false alarms, {rate!r} a series and month, must be above 0 and at most {HIGHEST_RATE:g}."
        )
    return float(-np.log10(rate / MONTH / SHARING))


def _range(found: Residuals, kind: str, at: tuple[int, int], limit: float) -> tuple[float, float, float]:
    """What was observed, and from where to where it would have been no finding."""
    panel, usual = found.panel, found.expected
    if kind == DATA_ENTRY and at in found.gaps:
        return found.gaps[at].written, *plausible(found, at)
    if kind == IRREGULAR_ORDER:
        most = found.orders.most(float(usual.level[at]), float(panel.balance[at]), at, limit)
        return float(panel.ordered[at]), 0.0, most
    tail = found.high_emptied if found.emptied[at] else found.high_rest
    low, high = usual.amount(-found.low.score(limit + HARMLESS), at), usual.amount(tail.score(limit), at)
    return float(panel.used[at] - np.nan_to_num(panel.wasted[at])), float(low), float(high)
