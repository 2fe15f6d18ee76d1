"""The forecasters that every other one is measured against: naive, averages, Croston, TSB, ETS, from statsforecast."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from inventory.forecasting.calibration import in_order, noise
from inventory.forecasting.features import mean_of_known
from inventory.panel import Panel

# The .9 quantile of a normal distribution, in mean absolute deviations of it.
_OUTER = 1.2816 * np.sqrt(np.pi / 2)


@dataclass(frozen=True)
class Baseline:
    """A model of one series at a time. make: statsforecast's model for a season; history: how many days it sees."""

    name: str
    make: Callable[[int], Any]
    history: int

    def fit(self, panel: Panel, horizon: int, season: int = 7) -> "FittedBaseline":
        """Nothing is learned beforehand: these are fitted anew for each forecast."""
        return FittedBaseline(self, horizon, season)


@dataclass(frozen=True)
class FittedBaseline:
    """A baseline for a horizon."""

    baseline: Baseline
    horizon: int
    season: int

    def predict(self, panel: Panel) -> np.ndarray:
        """(3, S, H) low, middle, high; the ends from the noise of each series. 0 where nothing is known of it."""
        demand = panel.demand
        middle = np.zeros((demand.shape[0], self.horizon))
        model = self.baseline.make(self.season)
        for row, series in enumerate(filled(demand[:, -self.baseline.history :], self.season)):
            middle[row] = self._one(model, series[np.isfinite(series)])
        spread = _OUTER * noise(demand, self.season)[:, None]
        return in_order(np.stack([middle - spread, middle, middle + spread]))

    def _one(self, model: Any, series: np.ndarray) -> np.ndarray:
        mean = series.mean() if len(series) else 0.0
        if len(series) < 2 * self.season + 1 or not series.any():
            return np.full(self.horizon, mean)
        found = model.forecast(y=series, h=self.horizon)["mean"]
        return np.where(np.isfinite(found), found, mean)  # NaN where a series is shorter than a model's window


def filled(demand: np.ndarray, season: int = 7) -> np.ndarray:
    """(S, T) with what is not known inside of a series replaced by the mean of the same day of the four seasons before,
    else of the series. NaN stays before the first known day."""
    result = demand.copy()
    means = mean_of_known(demand)
    started = np.cumsum(np.isfinite(demand), 1) > 0
    for day in np.flatnonzero((~np.isfinite(demand) & started).any(0)):
        rows = np.flatnonzero(~np.isfinite(demand[:, day]) & started[:, day])
        before = result[rows, max(day - 4 * season, day % season) : day : season]
        guess = mean_of_known(before) if before.shape[1] else np.full(len(rows), np.nan)
        result[rows, day] = np.where(np.isfinite(guess), guess, means[rows])
    return result


def _seasonal_naive(season: int) -> Any:
    from statsforecast.models import SeasonalNaive

    return SeasonalNaive(season)


def _moving_average(season: int) -> Any:
    from statsforecast.models import WindowAverage

    return WindowAverage(max(2 * season, 4))


def _weekday_mean(season: int) -> Any:
    from statsforecast.models import SeasonalWindowAverage

    return SeasonalWindowAverage(season, 4 if season > 1 else 8)


def _croston(season: int) -> Any:
    from statsforecast.models import CrostonOptimized

    return CrostonOptimized()


def _tsb(season: int) -> Any:
    from statsforecast.models import TSB

    return TSB(alpha_d=0.1, alpha_p=0.1)


def _ets(season: int) -> Any:
    from statsforecast.models import AutoETS

    return AutoETS(season_length=season)


SEASONAL_NAIVE = Baseline("seasonal naive", _seasonal_naive, 56)
BASELINES = (
    SEASONAL_NAIVE,
    Baseline("moving average", _moving_average, 56),
    Baseline("same-day mean", _weekday_mean, 56),  # of the day of the week
    Baseline("Croston", _croston, 182),
    Baseline("TSB", _tsb, 182),
    Baseline("AutoETS", _ets, 112),
)
