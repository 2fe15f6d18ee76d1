"""How far forecasts are from what came: WAPE, MASE, pinball loss, coverage, and R², which misleads.

Arrays of truth are NaN where nothing is known (closed, out of stock, no record): those days count for nothing.
"""

from dataclasses import dataclass

import numpy as np

QUANTILES = (0.1, 0.5, 0.9)  # low, middle, high: the ends of an 80 % interval and the median
COVERED = 0.8


@dataclass(frozen=True)
class Scores:
    """Of one way to forecast, over all series and days.

    wape: sum of absolute errors / sum of demand (Kolassa and Schütz 2007)
    mase: mean over the series of error / error of the seasonal naive inside their own past (Hyndman and Koehler 2006)
    pinball: mean of the quantile losses / mean demand (Koenker and Bassett 1978)
    coverage: share of the days inside of low and high, 0 to 1, of the series that sell on at least half of their days
    coverage_all: the same of all series. One that sells once a month has 0 as both ends of its interval and is inside
        on 97 of 100 days: no forecast can bring that to 80.
    bias: sum of errors / sum of demand; above 0 is too high
    r2: 1 - squared error / squared distance from one mean of all series. Not to choose by, see `per_item_mean_r2`
    r2_own: the same around each series' own mean, which is what a forecast adds to knowing how big each item is
    """

    wape: float
    mase: float
    pinball: float
    coverage: float
    coverage_all: float
    bias: float
    r2: float
    r2_own: float


def score(truth: np.ndarray, predicted: np.ndarray, naive: np.ndarray, regular: np.ndarray) -> Scores:
    """Scores of forecasts.

    truth: (..., S, H); predicted: (..., 3, S, H), low, middle and high
    naive: (..., S) mean error of the seasonal naive in the past of each series, of `naive_error`
    regular: (..., S) bool, the series that sell on at least half of their days
    """
    low, middle, high = np.moveaxis(predicted, -3, 0)
    known = np.isfinite(truth)
    inside = (truth >= low) & (truth <= high)
    regular = np.broadcast_to(regular[..., None], truth.shape)
    own = _own_means(truth)
    return Scores(
        wape(truth, middle),
        mase(truth, middle, naive),
        pinball(truth, predicted),
        _share(inside[known & regular]),
        _share(inside[known]),
        float(np.nansum(middle - truth) / np.nansum(truth)) if np.nansum(truth) else np.nan,
        r2(truth, middle),
        r2(truth - own, middle - own),
    )


def wape(truth: np.ndarray, middle: np.ndarray) -> float:
    """Sum of absolute errors / sum of demand; NaN where nothing was wanted."""
    total = np.nansum(truth)
    return float(np.nansum(np.abs(truth - middle)) / total) if total > 0 else np.nan


def mase(truth: np.ndarray, middle: np.ndarray, naive: np.ndarray) -> float:
    """Mean of error / naive error over the series, (..., S, H) and (..., S). Series that never moved are left out."""
    known = np.isfinite(truth)
    days = known.sum(-1)
    errors = np.where(known, np.abs(truth - middle), 0).sum(-1)
    counted = (days > 0) & (naive > 0)
    return float(np.mean(errors[counted] / days[counted] / naive[counted])) if counted.any() else np.nan


def pinball(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean over the three quantiles and the known days of the quantile loss, / mean demand."""
    levels = np.array(QUANTILES)[:, None, None]
    errors = np.expand_dims(truth, -3) - predicted
    losses = np.maximum(levels * errors, (levels - 1) * errors)
    total = np.nansum(truth)
    return float(np.nansum(losses) / len(QUANTILES) / total) if total > 0 else np.nan


def r2(truth: np.ndarray, middle: np.ndarray) -> float:
    """1 - squared error / squared distance from one mean of everything."""
    known = np.isfinite(truth)
    spread = np.square(truth[known] - truth[known].mean()).sum() if known.any() else 0
    return float(1 - np.square(truth[known] - middle[known]).sum() / spread) if spread > 0 else np.nan


def naive_error(demand: np.ndarray, season: int = 7) -> np.ndarray:
    """(S,) mean absolute difference to the same day of the season before, of (S, T). NaN where none is known."""
    steps = np.abs(demand[:, season:] - demand[:, :-season])
    known = np.isfinite(steps).sum(1)
    return np.where(known > 0, np.nansum(steps, 1) / np.maximum(known, 1), np.nan)


def per_item_mean_r2(demand: np.ndarray) -> float:
    """R² of telling each series' own mean for all its days, (S, T).

    It is high wherever items differ in size, though a mean knows nothing of tomorrow: the variance that R² divides by
    is mostly that between big and small items.
    """
    return r2(demand, np.broadcast_to(_own_means(demand), demand.shape))


def _own_means(truth: np.ndarray) -> np.ndarray:
    """(S, 1) the mean of each series over all days, and all cutoffs where there are some."""
    axes = (*range(truth.ndim - 2), truth.ndim - 1)
    known = np.isfinite(truth).sum(axes)
    return (np.nansum(truth, axes) / np.maximum(known, 1))[:, None]


def _share(inside: np.ndarray) -> float:
    return float(inside.mean()) if inside.size else np.nan
