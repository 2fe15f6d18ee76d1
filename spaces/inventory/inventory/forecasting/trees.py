"""Gradient-boosted trees of all series together: LightGBM with a quantile loss (Ke et al. 2017), each day of the
horizon forecast at once from the features of the past and the calendar of that day."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from inventory.forecasting import features
from inventory.forecasting.calendar_days import calendar, next_days
from inventory.forecasting.calibration import in_order
from inventory.forecasting.drawing import FIRST, Drawing
from inventory.forecasting.scores import QUANTILES
from inventory.panel import Key, Panel

if TYPE_CHECKING:
    import lightgbm

ROWS = 40_000  # days of series that are learned from, at most: bounds the time
ROUNDS = 120
_FILE = "lightgbm.json"
SETTINGS = {
    "objective": "quantile",
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.8,
    "cat_smooth": 30,
    "deterministic": True,
    "force_row_wise": True,
    # Threads wait by spinning: two on a busy core take 60 times as long as one, and so few rows gain little by them.
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Trees:
    """LightGBM, to be fitted. holidays: known ones, past and to come; seed: of the draws"""

    name: str = "LightGBM"
    holidays: Collection[date] = ()
    seed: int = 0

    def fit(self, panel: Panel, horizon: int, season: int = 7) -> "FittedTrees":
        """Learn from up to ROWS days drawn from the panel; an untaught one where it is too short."""
        import lightgbm

        names = tuple(sorted({name for _, name in panel.keys})), tuple(sorted({name for name, _ in panel.keys}))
        empty = FittedTrees((), horizon, season, *names, tuple(self.holidays))
        rows, origins, ahead = _drawn(panel.demand, horizon, np.random.default_rng(self.seed))
        if not len(rows):
            return empty
        table, base, size = empty.table(panel, rows, origins, ahead)
        target = panel.demand[rows, origins + ahead] / size - base
        data = lightgbm.Dataset(table, target, categorical_feature=[0, 1], free_raw_data=False)
        common = {**SETTINGS, "seed": self.seed}
        models = tuple(lightgbm.train({**common, "alpha": level}, data, ROUNDS) for level in QUANTILES)
        return FittedTrees(models, horizon, season, *names, tuple(self.holidays))


@dataclass(frozen=True, eq=False)
class FittedTrees:
    """models: a booster for each quantile; items, outlets: the names that were learned"""

    models: tuple["lightgbm.Booster", ...]
    horizon: int
    season: int
    items: tuple[str, ...]
    outlets: tuple[str, ...]
    holidays: tuple[date, ...]

    def predict(self, panel: Panel) -> np.ndarray:
        """(3, S, H) low, middle, high of the days after the panel."""
        count, last = panel.shape
        rows = np.repeat(np.arange(count), self.horizon)
        ahead = np.tile(np.arange(self.horizon), count)
        table, base, size = self.table(panel, rows, np.full(len(rows), last), ahead)
        if self.models:
            found = np.stack([model.predict(table) for model in self.models])
        else:
            found = np.zeros((len(QUANTILES), len(rows)))
        return in_order(((found + base) * size).reshape(len(QUANTILES), count, self.horizon))

    def save(self, folder: str | Path) -> None:
        """Write the boosters in LightGBM's text format and the rest as JSON."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        rest = {name: value for name, value in vars(self).items() if name != "models"}
        said = {**rest, "models": [model.model_to_string() for model in self.models]}
        text = json.dumps(said, default=date.isoformat, ensure_ascii=False)
        (Path(folder) / _FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "FittedTrees":
        """What `save` wrote. Raises UserError where it is not there or damaged."""
        import lightgbm

        try:
            said = json.loads((Path(folder) / _FILE).read_text(encoding="utf-8"))
            models = tuple(lightgbm.Booster(model_str=text) for text in said["models"])
            holidays = tuple(date.fromisoformat(day) for day in said["holidays"])
            names = tuple(said["items"]), tuple(said["outlets"])
            return cls(models, said["horizon"], said["season"], *names, holidays)
        except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
            raise UserError(f"There is no LightGBM to read in {str(folder)!r} ({error}). Train one anew.") from error

    def table(
        self, panel: Panel, rows: np.ndarray, origins: np.ndarray, ahead: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(N, F) what is known before each origin about the day `ahead` of it; (N,) what the forecast starts from, and
        (N,) the size that it is divided by."""
        demand = panel.demand
        size = features.scale(demand)[rows, origins]
        past = features.past(demand)[rows, origins]
        past[:, : len(features.LEVELS)] /= size[:, None]
        days = np.concatenate([panel.days, next_days(panel.days, self.horizon)])
        dates = calendar(days, self.holidays, self.season)[origins + ahead]
        same = np.empty((len(rows), features.SAME_DAYS))
        for step in range(self.horizon):
            chosen = ahead == step
            found = features.same_days(demand, rows[chosen], origins[chosen], step + 1, self.season)
            same[chosen] = found[:, -1]
        same /= size[:, None]
        mean = features.mean_of_known(same)
        base = np.nan_to_num(np.where(np.isfinite(mean), mean, past[:, features.NAMES.index("mean_14")]))
        keys = self._codes(panel.keys)[rows]
        # The size itself tells counts of a few, whose noise is large, from sums of many.
        return np.column_stack([keys, ahead, np.log(size), past, same, mean, dates]), base, size

    def _codes(self, keys: tuple[Key, ...]) -> np.ndarray:
        """(S, 2) the numbers of item and outlet; NaN for those that were not learned."""
        items = {name: code for code, name in enumerate(self.items)}
        outlets = {name: code for code, name in enumerate(self.outlets)}
        return np.array([[items.get(item, np.nan), outlets.get(outlet, np.nan)] for outlet, item in keys], float)


def _drawn(demand: np.ndarray, horizon: int, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Up to ROWS each of series, origin and days ahead, where the day to forecast is known."""
    length = demand.shape[1]
    rows, origins = Drawing(demand).draw(ROWS, FIRST, length, generator)
    ahead = generator.integers(0, horizon, len(rows))
    inside = np.flatnonzero(origins + ahead < length)
    fits = inside[np.isfinite(demand[rows[inside], (origins + ahead)[inside]])]
    return rows[fits], origins[fits], ahead[fits]
