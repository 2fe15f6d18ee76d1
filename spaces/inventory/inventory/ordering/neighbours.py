"""Which outlets are alike, and what an outlet should order if it orders as those do.

Collaborative filtering over outlets in place of users (Resnick et al. 1994, "GroupLens"): an outlet's profile is what
it uses of each item on each weekday, alike is a small angle between profiles, and the three most alike vote.
"""

from collections.abc import Sequence

import numpy as np

from common.errors import UserError
from inventory.panel import Panel
from inventory.plausible import plausible

COUNT = 3  # neighbours that vote
LOW = 1.2  # times more where stock is low
_DAYS = 56  # of history in a profile
_RECENT = 28  # days of orders that vote
_FEWEST = 14  # known days that make one
_WEEK = 7


def similar(panel: Panel, outlet: str) -> tuple[tuple[str, float], ...]:
    """The other outlets and how alike they are, 0 to 1, the most alike first.

    Empty for an outlet with less than 14 known days, or of which there is no other with more.
    Raises UserError where there is no such outlet.
    """
    names, profiles = _profiles(panel)
    return _ranked(names, profiles, _found(names, outlet))


def weighted(similarities: Sequence[float], orders: Sequence[float], low: bool = False) -> float:
    """The mean of what neighbours order, weighted by how alike they are; LOW times as much where stock is low.

    Without any likeness (similarities of 0) the plain mean. Raises ValueError where there are no orders.
    """
    if not len(orders) or len(orders) != len(similarities):
        raise ValueError(f"{len(similarities)} similarities and {len(orders)} orders")
    weights = np.maximum(similarities, 0.0)
    mean = np.average(orders, weights=weights if weights.sum() > 0 else None)
    return float(mean) * (LOW if low else 1.0)


def as_neighbours(panel: Panel, outlet: str) -> dict[str, float]:
    """What the three most alike outlets order of each item on a day, in the mean of four weeks, at this outlet's size;
    of a new outlet without neighbours, what all others order in the mean (cold start).

    Sizes are compared by the use of all items together. Raises UserError where there is no such outlet.
    """
    names, profiles = _profiles(panel)
    at = _found(names, outlet)
    alike = _ranked(names, profiles, at)[:COUNT]
    sizes = np.nanmean(profiles, axis=1) if alike else np.ones(len(names))
    likeness = dict(alike or [(name, 0.0) for name in names if name != outlet])
    ordered = plausible(panel.ordered)[:, -_RECENT:]
    known = np.isfinite(ordered).sum(axis=1)
    rates = np.nan_to_num(ordered).sum(axis=1) / np.maximum(known, 1) * sizes[at]
    votes: dict[str, list[tuple[float, float]]] = {}
    for row, (other, item) in enumerate(panel.keys):
        if other in likeness and known[row]:
            votes.setdefault(item, []).append((likeness[other], rates[row] / sizes[names.index(other)]))
    return {item: weighted(*zip(*cast, strict=True)) for item, cast in votes.items()}


def _found(names: Sequence[str], outlet: str) -> int:
    if outlet not in names:
        raise UserError(f"There is no outlet {outlet!r}. The outlets are {', '.join(names)}.")
    return names.index(outlet)


def _ranked(names: Sequence[str], profiles: np.ndarray, at: int) -> tuple[tuple[str, float], ...]:
    new = np.isnan(profiles).any(axis=1)
    if new[at]:
        return ()
    others = [other for other in range(len(names)) if other != at and not new[other]]
    pairs = [(names[other], round(_cosine(profiles[at], profiles[other]), 4)) for other in others]
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


def _profiles(panel: Panel) -> tuple[list[str], np.ndarray]:
    """The outlets, and (O, items x 7) what each uses on a weekday, in means of all outlets, so that eggs by the piece
    weigh no more than rice by the sack. NaN for an outlet that is too new; 0 for what it does not use."""
    names = sorted({outlet for outlet, _ in panel.keys})
    items = sorted({item for _, item in panel.keys})
    used = plausible(panel.demand[:, -_DAYS:])
    weeks = np.full((len(used), _DAYS), np.nan)
    weeks[:, _DAYS - used.shape[1] :] = used
    weeks = weeks.reshape(len(used), -1, _WEEK)
    known = np.isfinite(weeks)
    plain = np.nansum(weeks, axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)
    days = known.sum(axis=1)
    by_day = np.where(days > 0, np.nansum(weeks, axis=1) / np.maximum(days, 1), plain[:, None])
    table = np.zeros((len(names), len(items), _WEEK))
    new = np.ones(len(names), bool)
    for row, (outlet, item) in enumerate(panel.keys):
        if days[row].sum() >= _FEWEST:
            table[names.index(outlet), items.index(item)] = by_day[row]
            new[names.index(outlet)] = False
    if not new.all():
        scale = table[~new].mean(axis=(0, 2))
        table /= np.where(scale > 0, scale, 1.0)[None, :, None]
    table[new] = np.nan
    return names, table.reshape(len(names), -1)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    size = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / size) if size else 0.0
