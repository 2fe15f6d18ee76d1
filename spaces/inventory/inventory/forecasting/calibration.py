"""Intervals that hold what they promise: the ends are moved by the errors of earlier forecasts.

Conformalised quantile regression (Romano, Patterson and Candès 2019), with each end by itself, the errors measured in
each series' own noise, and apart for items that sell daily and those that sell now and then (Vovk 2003, "Mondrian").
"""

from dataclasses import dataclass

import numpy as np

from inventory.forecasting.features import mean_of_known
from inventory.forecasting.scores import COVERED, QUANTILES

BLOCK = 7  # days of the horizon that are moved alike
FEWEST = 40  # errors that a group must have to be moved by its own
NOISE_DAYS = 56


@dataclass(frozen=True, eq=False)
class Calibration:
    """shifts: (2, blocks, 3) how far low, middle and high are moved, in units of a series' noise: first the series
    that sell now and then, then those that sell on at least half of their days."""

    shifts: np.ndarray

    def apply(self, predicted: np.ndarray, noise: np.ndarray, regular: np.ndarray) -> np.ndarray:
        """(3, S, H) moved, none below 0, in their order; low is 0 where a series sells on less than half of its days.

        predicted: (3, S, H); noise, regular: (S,), of `noise` and `regular`
        """
        block = np.minimum(np.arange(predicted.shape[2]) // BLOCK, self.shifts.shape[1] - 1)
        shifts = self.shifts[regular.astype(int)][:, block]  # (S, H, 3)
        moved = predicted + np.moveaxis(shifts, -1, 0) * noise[None, :, None]
        moved[0, ~regular] = 0  # nothing sold is no rare day for these, though a network never says quite 0
        return in_order(moved)


def calibrate(truth: np.ndarray, predicted: np.ndarray, noise: np.ndarray, regular: np.ndarray) -> Calibration:
    """From K earlier forecasts.

    truth: (K, S, H), NaN where not known; predicted: (K, 3, S, H); noise, regular: (K, S)
    """
    blocks = -(-truth.shape[2] // BLOCK)
    shifts = np.zeros((2, blocks, 3))
    for group in (0, 1):
        for block in range(blocks):
            part = slice(block * BLOCK, (block + 1) * BLOCK)
            known = np.isfinite(truth[..., part]) & (noise > 0)[..., None]
            own = known & (regular == group)[..., None]
            chosen = own if own.sum() >= FEWEST else known
            if chosen.sum() < FEWEST:
                continue
            units = np.broadcast_to(noise[..., None], chosen.shape)[chosen]
            ends = [predicted[:, end][..., part][chosen] / units for end in range(3)]
            shifts[group, block] = _shifts(truth[..., part][chosen] / units, ends, exact=group == 1)
    return Calibration(shifts)


def in_order(predicted: np.ndarray) -> np.ndarray:
    """(3, S, H) none below 0, and low <= middle <= high."""
    return np.sort(np.maximum(predicted, 0), axis=0)


def noise(demand: np.ndarray, season: int = 7) -> np.ndarray:
    """(S,) mean absolute error, over the last 56 days, of the mean of the same day of the four seasons before."""
    length = NOISE_DAYS + 4 * season
    lately = demand[:, -length:]
    errors = np.full_like(lately, np.nan)
    if lately.shape[1] > 4 * season:
        steps = [lately[:, back * season : lately.shape[1] - (4 - back) * season] for back in range(4)]
        errors[:, 4 * season :] = lately[:, 4 * season :] - mean_of_known(np.stack(steps, -1))
    found = mean_of_known(np.abs(errors))
    # Too short a past: how far it strays from its own mean.
    spread = mean_of_known(np.abs(lately - mean_of_known(lately)[:, None]))
    return np.nan_to_num(np.where(np.isfinite(found), found, spread))


def regular(demand: np.ndarray) -> np.ndarray:
    """(S,) bool: whether something is sold on at least half of the last 56 days."""
    lately = demand[:, -NOISE_DAYS:]
    return np.nan_to_num(mean_of_known(np.where(np.isfinite(lately), lately > 0, np.nan))) >= 0.5


def _shifts(truth: np.ndarray, ends: list[np.ndarray], exact: bool) -> tuple[float, ...]:
    """How far each end is moved. exact: the interval is to hold 80 %, where it can."""
    low, middle, high = (float(np.quantile(truth - end, level)) for end, level in zip(ends, QUANTILES, strict=True))
    if exact:
        # Demand is never below 0, so of small counts the low end misses fewer than one in ten; the high end comes
        # down until four of five are inside.
        above_low = truth >= np.maximum(ends[0] + low, 0)
        for level in np.arange(COVERED, QUANTILES[2], 0.01):
            lower = float(np.quantile(truth - ends[2], level))
            if (above_low & (truth <= ends[2] + lower)).mean() >= COVERED:
                return low, middle, lower
    return low, middle, high
