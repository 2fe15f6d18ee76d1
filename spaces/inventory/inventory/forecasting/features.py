"""What the past says about the days to come: lags, rolling means and spreads, ratios between them.

Column t of everything here is known on the evening of day t - 1: it is computed from the days before t, and from
nothing else.
"""

import warnings

import numpy as np

LAGS = (1, 3, 7)
WINDOWS = (3, 7, 14)
SCALE_DAYS = 56  # what the size of a series is told from
SAME_DAYS = 4  # seasons back that are looked at for the day of the week that is to be forecast

# In the item's unit; models divide them by `scale`.
LEVELS = (
    *(f"lag_{lag}" for lag in LAGS),
    *(f"mean_{window}" for window in WINDOWS),
    *(f"spread_{window}" for window in WINDOWS),
)
# Of no unit, 0 to 10.
RATIOS = ("lag_1_to_mean_7", "lag_7_to_mean_7", "mean_3_to_mean_14", "mean_7_to_mean_14", "selling_days", "known_days")
NAMES = LEVELS + RATIOS
_LARGEST_RATIO = 10.0


def past(demand: np.ndarray) -> np.ndarray:
    """(S, T + 1, F) float64, a column for each of NAMES; [:, t] is from demand[:, :t] only, so that the last is for the
    first day that is not known yet. NaN where the past does not say.

    demand: (S, T), NaN where it is not known
    """
    lags = [_before(demand, lag) for lag in LAGS]
    means, spreads = zip(*(_rolling(demand, window) for window in WINDOWS), strict=True)
    lag_1, _, lag_7 = lags
    mean_3, mean_7, mean_14 = means
    longest = WINDOWS[-1]
    known = _rolling(np.isfinite(demand).astype(float), longest)[0]
    selling = _rolling(np.where(np.isfinite(demand), demand > 0, np.nan), longest)[0]
    ratios = [_ratio(lag_1, mean_7), _ratio(lag_7, mean_7), _ratio(mean_3, mean_14), _ratio(mean_7, mean_14)]
    return np.stack([*lags, *means, *spreads, *ratios, selling, known], -1)


def scale(demand: np.ndarray) -> np.ndarray:
    """(S, T + 1) the size of each series, above 0, by which its numbers are divided for a model of all series.

    The mean and the spread of the last 56 known days together: of the mean alone, one sale of an item that hardly
    ever sells would be a hundred times its size. Where nothing was sold for so long, that of the whole past; else 1.
    """
    mean, spread = _rolling(demand, SCALE_DAYS)
    lately = np.nan_to_num(mean + spread)
    mean, spread = _rolling(demand, demand.shape[1] + 1)
    ever = np.nan_to_num(mean + spread)
    return np.where(lately > 0, lately, np.where(ever > 0, ever, 1.0))


def same_days(demand: np.ndarray, rows: np.ndarray, origins: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """(N, horizon, 4) the last demands on the same day of the season as each day to forecast, latest first.

    rows, origins: (N,) series, and the first day to forecast, 0 to T; only days before it are looked at
    NaN where there is no such day.
    """
    ahead = np.arange(horizon)
    back = season * (ahead // season + 1)
    wanted = origins[:, None, None] + (ahead - back)[None, :, None] - season * np.arange(SAME_DAYS)
    found = demand[rows[:, None, None], np.clip(wanted, 0, demand.shape[1] - 1)]
    return np.where(wanted >= 0, found, np.nan)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """The mean over the last axis of what is not NaN; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing
        return np.nanmean(values, -1)


def _before(demand: np.ndarray, lag: int) -> np.ndarray:
    """(S, T + 1) what was `lag` days before."""
    shifted = np.full((demand.shape[0], demand.shape[1] + 1), np.nan)
    if lag <= demand.shape[1]:
        shifted[:, lag:] = demand[:, : demand.shape[1] + 1 - lag]
    return shifted


def _rolling(values: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    """(S, T + 1) each: mean and spread of what is known of the `window` days before."""
    from pandas import DataFrame

    rolling = DataFrame(_before(values, 1).T).rolling(window, min_periods=1)
    return rolling.mean().to_numpy().T, rolling.std(ddof=0).to_numpy().T


def _ratio(value: np.ndarray, base: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.where(base > 0, value / base, np.nan), 0, _LARGEST_RATIO)
