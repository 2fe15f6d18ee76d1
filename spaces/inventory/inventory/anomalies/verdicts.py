"""What people said about anomalies: a finding that was none makes its like be reported less.

The verdicts in force are an input of `inventory.anomalies.detection.detect` and nothing is learned for good: taking one
out of them gives exactly the findings from before.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from inventory.panel import Panel

WEEK = 7


@dataclass(frozen=True)
class Verdict:
    """Somebody said of a finding that it was no anomaly. kind: as that of the finding"""

    day: date
    outlet: str
    item: str
    kind: str


@dataclass(frozen=True, eq=False)
class Allowance:
    """What the verdicts change for a kind.

    least: (S, T) surprise from which on a day is reported
    hidden: (S, T) bool, days of which a person said that they are none
    """

    least: np.ndarray
    hidden: np.ndarray


def allowance(
    verdicts: Iterable[Verdict], kind: str, panel: Panel, surprise: np.ndarray, side: np.ndarray, least: float
) -> Allowance:
    """From which surprise on the days of a panel are reported as `kind`.

    surprise: (S, T) of the kind; side: (S, T) 1 above and -1 below the usual; least: without any verdict

    Of the series and kind of a verdict: on its weekday and side, what is not more surprising than it is usual from now
    on; on all days, a false alarm more was seen than foreseen, so that after n of them a day must be n + 1 times as
    rare. Verdicts on what is not in the panel change nothing.
    """
    limit, hidden = np.full(panel.shape, least), np.zeros(panel.shape, bool)
    rows = {key: row for row, key in enumerate(panel.keys)}
    counts: Counter[int] = Counter()
    # Twice the same verdict is one.
    for verdict in sorted({verdict for verdict in verdicts if verdict.kind == kind}, key=lambda verdict: verdict.day):
        row = rows.get((verdict.outlet, verdict.item))
        column = int((np.datetime64(verdict.day, "D") - panel.days[0]).astype(int))
        if row is None or not 0 <= column < panel.shape[1]:
            continue
        counts[row] += 1
        hidden[row, column] = True
        alike = np.arange(panel.shape[1]) % WEEK == column % WEEK
        alike &= side[row] == side[row, column]
        limit[row, alike] = np.maximum(limit[row, alike], np.nextafter(surprise[row, column], np.inf))
    for row, count in counts.items():
        limit[row] = np.maximum(limit[row], least + np.log10(count + 1))
    return Allowance(limit, hidden)
