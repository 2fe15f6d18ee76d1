"""What is needed over several days, from the quantiles of each day."""

import math
from dataclasses import dataclass

import numpy as np

from common.errors import UserError

CORRELATION = 0.2  # between the errors of two days: a forecast that is too low today is often too low tomorrow
_Z90 = 1.2815515655446004  # the .9 quantile of the normal distribution
_HALF_MEAN = 1 / math.sqrt(2 * math.pi)  # the mean of the part above zero of a standard normal
# Two halves with deviations a above and b below have the variance (a + b)² / 4 + _LEANING (a - b)².
_LEANING = 1 / 4 - 1 / (2 * math.pi)


@dataclass(frozen=True, eq=False)
class Need:
    """The distribution of a sum of demand: two halves of normal distributions that meet in the median.

    median, below, above: (S,) the median and the standard deviations of the two halves
    """

    median: np.ndarray
    below: np.ndarray
    above: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.median + (self.above - self.below) * _HALF_MEAN

    def quantile(self, level: float | np.ndarray) -> np.ndarray:
        """(S,) what is not exceeded with that chance, 0 at least. level: between 0 and 1"""
        from scipy.special import ndtri

        z = ndtri(level)
        return np.maximum(self.median + z * np.where(z < 0, self.below, self.above), 0.0)

    def chance(self, amount: np.ndarray) -> np.ndarray:
        """(S,) how likely no more than `amount` is needed."""
        from scipy.special import ndtr

        over = np.asarray(amount) - self.median
        # A spread of zero is a forecast without doubt: the amount is enough, or it is not.
        return ndtr(over / np.maximum(np.where(over < 0, self.below, self.above), 1e-12))


def needed(low: np.ndarray, middle: np.ndarray, high: np.ndarray, first: np.ndarray, last: np.ndarray) -> Need:
    """The sum of the days `first` to `last` of each series.

    low, middle, high: (S, H) the .1, .5 and .9 quantiles of a day's demand, from tomorrow on
    first, last: (S,) 1 is tomorrow; no days where last < first
    The sum of one day is that day. Of more days the means add up, the variances too, with CORRELATION between any two
    days, and the sum is less skewed than its days by as much as it is narrower than days in step would make it.
    Raises UserError where quantiles are missing, negative or not in order, or the days are not all forecast.
    """
    low, middle, high = (np.asarray(part, float) for part in (low, middle, high))
    if not (np.isfinite(low) & np.isfinite(high) & (low >= 0) & (low <= middle) & (middle <= high)).all():
        raise UserError("A forecast needs three numbers for each day, from 0 up, the lowest first. Forecast anew.")
    horizon = middle.shape[1]
    if np.max(last, initial=0) > horizon:
        raise UserError(
            f"The forecast reaches {horizon} days, but delivery and the next order take {np.max(last)}. "
            "Forecast further, or order more often."
        )
    day = np.arange(1, horizon + 1)
    inside = (day >= np.asarray(first)[:, None]) & (day <= np.asarray(last)[:, None])
    mean = (daily_mean(low, middle, high) * inside).sum(axis=1)
    width, lean = (high - low) / _Z90 * inside, (high - 2 * middle + low) / _Z90 * inside
    spread = np.sqrt(width**2 / 4 + _LEANING * lean**2)
    in_step = spread.sum(axis=1)
    total = np.sqrt((1 - CORRELATION) * (spread**2).sum(axis=1) + CORRELATION * in_step**2)
    narrower = total / np.maximum(in_step, 1e-12)
    skew = narrower * lean.sum(axis=1) / np.maximum(width.sum(axis=1), 1e-12)
    width = total / np.sqrt(1 / 4 + _LEANING * skew**2)
    return Need(mean - skew * width * _HALF_MEAN, width * (1 - skew) / 2, width * (1 + skew) / 2)


def daily_mean(low: np.ndarray, middle: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(S, H) the mean of each day, above the middle where the doubt is mostly upwards, as of what is seldom used."""
    return np.maximum(middle + (high - 2 * middle + low) / _Z90 * _HALF_MEAN, 0.0)
