"""Whether demand is still what the model learned from, and whether its forecasts are as good as they were.

Two things are watched: the levels of demand of each item by the population stability index, and the error of the
predictions that were logged against that of the backtest. What is usual for an index is told by the item itself: the
highest that any earlier stretch of as many days had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inventory.forecasting.forecast import HORIZON
from inventory.forecasting.scores import wape
from inventory.panel import Panel
from inventory.store.book import Book

if TYPE_CHECKING:
    from inventory.store import Store
    from inventory.store.models import Model, Predictions

RECENT = 28  # days
LARGE = 0.25  # of the index, by custom (Siddiqi 2006, "Credit risk scorecards")
BINS = 5
FEWEST = 14  # known amounts on either side below which nothing is said
SURE = 3.0  # standard errors
WORSE = 1.2  # times the error of the backtest, from which on it matters


@dataclass(frozen=True)
class ItemDrift:
    """Demand of an item, at all outlets together.

    psi: of the recent days; limit: from which on it is an alert; None where too little is known
    before, recent: means of a day at an outlet, in the item's unit, of the training and of the recent days
    """

    item: str
    psi: float | None
    limit: float | None
    before: float | None
    recent: float | None

    @property
    def moved(self) -> bool:
        return self.psi is not None and self.limit is not None and self.psi > self.limit


@dataclass(frozen=True)
class ErrorDrift:
    """Error of the logged predictions of the recent days.

    predictions: of which it is known what came; wape, coverage (of the 80 % interval): None where there are none
    expected: WAPE of the backtest; limit: from which on it is an alert; None without a trained model
    """

    predictions: int
    wape: float | None
    coverage: float | None
    expected: float | None
    limit: float | None

    @property
    def worse(self) -> bool:
        return self.wape is not None and self.limit is not None and self.wape > self.limit


@dataclass(frozen=True)
class Report:
    """items: what moved most first; alerts: in words, with what to do"""

    items: tuple[ItemDrift, ...]
    error: ErrorDrift
    alerts: tuple[str, ...]


def report(book: Book, model: "Model | None", store: "Store", days: int = RECENT) -> Report:
    """How the last `days` days compare. model: the one that answers, None: with all days before"""
    panel = book.believed
    learned = np.datetime64(model.metrics["last_day"], "D") if model else panel.days[-1]
    items = input_drift(panel, learned, days)
    first = panel.days[max(0, panel.shape[1] - days)]
    logged = store.predictions(model.id if model else None, made_since=(first - HORIZON).item())
    error = error_drift(logged, panel, first, model.metrics["wape"] if model else None)
    units = {item.name: item.unit for item in book.items}
    alerts = [
        f"Demand of {one.item} has moved from {one.before:.3g} to {one.recent:.3g} {units[one.item]} a day at an "
        f"outlet (index {one.psi:.2f}, at most {one.limit:.2f} is usual). Train anew once the change has lasted."
        for one in items
        if one.moved
    ]
    if error.worse:
        alerts.insert(
            0,
            f"Forecasts are off by {error.wape:.0%} of the demand, against {error.expected:.0%} in the backtest: train "
            "a new version.",
        )
    return Report(items, error, tuple(alerts))


def input_drift(panel: Panel, learned: np.datetime64, days: int = RECENT) -> tuple[ItemDrift, ...]:
    """Of each item, the largest index first, those of which too little is known last.

    learned: the last day of the training. Days of it that are recent count as recent only.
    """
    start = max(0, panel.shape[1] - days)
    until = min(int(np.searchsorted(panel.days, learned, side="right")), start)
    names = np.array([item for _, item in panel.keys])
    found = [_of_item(name, panel.demand[names == name], start, until, days) for name in sorted(set(names.tolist()))]
    return tuple(sorted(found, key=lambda one: (one.psi is None, -(one.psi or 0.0), one.item)))


def psi(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Population stability index of two counts by bin (..., k): 0 and more, (...).

    The sum of (a - e) ln(a / e) over the bins, e and a the shares (Siddiqi 2006). So that no share is 0, half a count
    is added to each bin.
    """
    before, now = (np.asarray(counts, float) + 0.5 for counts in (expected, actual))
    before, now = (counts / counts.sum(-1, keepdims=True) for counts in (before, now))
    return ((now - before) * np.log(now / before)).sum(-1)


def error_drift(logged: "Predictions", panel: Panel, first: np.datetime64, expected: float | None) -> ErrorDrift:
    """Of the predictions for the days from `first` on, where it is known what came. expected: WAPE of the backtest"""
    demand = _came(logged, panel)
    known = np.isfinite(demand) & (logged.day >= first)
    truth, middle, days = demand[known], logged.middle[known], logged.day[known]
    if not known.any() or truth.sum() <= 0:
        return ErrorDrift(int(known.sum()), None, None, expected, None)
    inside = (truth >= logged.low[known]) & (truth <= logged.high[known])
    limit = None
    if expected is not None:
        # The errors of one day go together, so that days are what is counted.
        off = np.abs(truth - middle) - expected * truth
        each = np.array([off[days == day].sum() for day in np.unique(days)])
        chance = SURE * each.std() * np.sqrt(len(each)) / truth.sum()
        limit = max(WORSE * expected, expected + float(chance)) if len(each) >= FEWEST // 2 else None
    return ErrorDrift(int(known.sum()), wape(truth, middle), float(inside.mean()), expected, limit)


def _came(logged: "Predictions", panel: Panel) -> np.ndarray:
    """(n,) what was wanted on the days of predictions, NaN where it is not known."""
    row = {key: at for at, key in enumerate(panel.keys)}
    rows = np.array([row.get(key, -1) for key in zip(logged.outlet, logged.item, strict=True)], int)
    columns = (logged.day - panel.days[0]).astype(int)
    there = (rows >= 0) & (columns >= 0) & (columns < panel.shape[1])
    demand = np.full(len(rows), np.nan)
    demand[there] = panel.demand[rows[there], columns[there]]
    return demand


def _of_item(name: str, demand: np.ndarray, start: int, until: int, days: int) -> ItemDrift:
    """demand: (S, T) of the item at its outlets; start: first recent column; until: end of the training"""
    before, recent = demand[:, :until], demand[:, start:]
    means = [float(np.nanmean(part)) if np.isfinite(part).any() else None for part in (before, recent)]
    if min(np.isfinite(before).sum(), np.isfinite(recent).sum()) < FEWEST:
        return ItemDrift(name, None, None, *means)
    # In sizes of the outlet, so that a large one weighs no more than a small one.
    scaled = demand / np.maximum(_means(before), 1e-9)[:, None]
    edges = np.unique(np.nanquantile(scaled[:, :until], np.arange(1, BINS) / BINS))
    counts = _counts(scaled, edges)
    total = counts[:until].sum(0)
    now = float(psi(total, counts[start:].sum(0)))
    return ItemDrift(name, round(now, 4), round(_usual(counts[:until], days), 4), *means)


def _usual(counts: np.ndarray, days: int) -> float:
    """The highest index of an earlier stretch of as many days against the others, LARGE at least. counts: (T, k)"""
    total, highest = counts.sum(0), LARGE
    for end in range(len(counts), days - 1, -days):
        stretch = counts[end - days : end].sum(0)
        if min(stretch.sum(), (total - stretch).sum()) >= FEWEST:
            highest = max(highest, float(psi(total - stretch, stretch)))
    return highest


def _counts(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """(T, k) how many of the known values (S, T) are in each bin on a day. What equals an edge is below it."""
    bins = np.searchsorted(edges, values, side="left")
    return np.stack([((bins == at) & np.isfinite(values)).sum(0) for at in range(len(edges) + 1)], axis=1)


def _means(values: np.ndarray) -> np.ndarray:
    """(S,) of what is known; 0 where nothing is."""
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(1) / np.maximum(known.sum(1), 1)
