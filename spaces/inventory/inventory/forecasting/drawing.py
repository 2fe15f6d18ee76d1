"""Which days of which series a model of all series learns from."""

import numpy as np

from inventory.forecasting import features

FIRST = 7  # days of a series that must have passed before the first day to forecast
SELDOM = 0.1  # share of the days of an item that hardly ever sells that are learned from


class Drawing:
    """Draws series and origins (first days to forecast) of a panel's demand (S, T).

    Often where the series sold lately and seldom where it did not: an item that hardly ever sells teaches the same
    thing every day.
    """

    def __init__(self, demand: np.ndarray) -> None:
        known = np.isfinite(demand)
        self._begun = np.where(known.any(1), known.argmax(1), demand.shape[1])
        self._selling = np.nan_to_num(features.past(demand)[..., features.NAMES.index("selling_days")])

    def draw(self, count: int, first: int, last: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(N,) series and (N,) origins from `first` to `last`; fewer than `count` where most series have not begun."""
        if last < first:
            return np.empty(0, int), np.empty(0, int)
        rows = generator.integers(0, len(self._begun), 4 * count)
        origins = generator.integers(first, last + 1, 4 * count)
        chance = np.maximum(self._selling[rows, origins], SELDOM)
        fits = (origins >= self._begun[rows] + FIRST) & (generator.random(len(rows)) < chance)
        return rows[fits][:count], origins[fits][:count]
