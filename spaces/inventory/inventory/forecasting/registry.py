"""Versions of the model that forecasts: trained, kept on disk and in the database, promoted, rolled back, asked.

A version is a folder as `Learned.save` writes it, and a row of the database with its metrics and the hash of what it
learned from. Without any version a choice among models that need no training forecasts.
"""

import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from common import device
from common.errors import UserError
from common.folders import data_folder
from inventory.forecasting.forecast import HORIZON, Forecast, forecast
from inventory.store.book import Book, data_hash
from inventory.store.models import Model, Prediction

if TYPE_CHECKING:
    from inventory.forecasting.learned import Learned
    from inventory.store import Store

FORECAST = "forecast"
KINDS = (FORECAST,)
UNTRAINED = "untrained"  # in the log of predictions: what forecasts without a version
NAIVE = "seasonal naive"
_LOG = logging.getLogger(__name__)


class Registry:
    """The versions of a store. folder: None for `data_folder("inventory")`; they lie in its `models`."""

    def __init__(self, store: "Store", folder: str | Path | None = None) -> None:
        self._store = store
        self.folder = Path(folder or data_folder("inventory")) / "models"

    def train(self, seed: int = 0, version: str = "", progress: Callable[[float, str], None] | None = None) -> Model:
        """Learn from all records; the new version doesn't answer yet.

        version: its id, "" for one of this moment
        Raises UserError where there are too few days.
        """
        from inventory.forecasting.learned import AUTOMATIC, learn

        began = datetime.now(timezone.utc)
        panel = self._store.panel()
        learned = learn(panel, HORIZON, seed=seed, progress=progress)
        scores = {name: asdict(one) for name, one in learned.scores.items()}
        metrics = {
            "wape": scores[AUTOMATIC]["wape"],
            "naive_wape": scores[NAIVE]["wape"],
            "coverage": scores[AUTOMATIC]["coverage"],
            "scores": scores,
            "series": panel.shape[0],
            "days": panel.shape[1],
            "first_day": str(panel.days[0]),
            "last_day": str(panel.days[-1]),
            "seed": seed,
            "seconds": round((datetime.now(timezone.utc) - began).total_seconds(), 1),
        }
        return self.add(learned, metrics, data_hash(panel), version)

    def add(self, learned: "Learned", metrics: dict, hashed: str, version: str = "") -> Model:
        """Keep a version: on disk first, so that the database names none that isn't there."""
        version = version or new_id()
        place = self.folder / version
        new = place.with_name(f".{version}.new")
        try:
            learned.save(new)
            new.rename(place)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        try:
            self._store.add_model(version, FORECAST, metrics, hashed)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return self.get(version)

    def all(self) -> list[Model]:
        """The versions, the newest first."""
        return self._store.models()[::-1]

    def get(self, version: str) -> Model:
        """Raises UserError for one that is not there."""
        known = self.all()
        for model in known:
            if model.id == version:
                return model
        there = f"There are {', '.join(model.id for model in known)}." if known else "None is trained yet."
        raise UserError(f"There is no model {version!r:.80}. {there}")

    def promote(self, version: str, force: bool = False) -> tuple[Model, Model | None]:
        """Let a version answer from now on; gives it and the one before.

        Raises UserError for one that is not there or answers already and, unless `force`, for one that is worse: with
        a higher error, as a share of what the seasonal naive has on the same days. (Each was measured on the weeks
        before its own training, and weeks are not alike.)
        """
        model, active = self.get(version), self._store.active_model(FORECAST)
        if active is not None and not force and active.id != version:
            mine, other = relative_error(model), relative_error(active)
            if mine > other:
                raise UserError(
                    f"{version!r} is worse than {active.id!r}: its error is {mine:.0%} of that of last week's demand, "
                    f"against {other:.0%}. Force it if you want it anyway."
                )
        self.learned(version)  # what can't be read should not answer
        self._store.promote_model(version)
        return self.get(version), active

    def roll_back(self) -> tuple[Model, Model]:
        """Let the version before answer again; gives it and the one that did. Raises UserError where there is none."""
        active = self._store.active_model(FORECAST)
        return self._store.roll_back_model(FORECAST), active

    def drop(self, version: str) -> None:
        """Delete a version. Raises UserError for one that is not there, and for the one that answers."""
        self._store.drop_model(version)
        self.delete_files(version)

    def delete_files(self, version: str) -> None:
        """Of a version that the database no longer has."""
        shutil.rmtree(self.folder / version, ignore_errors=True)

    def learned(self, version: str) -> "Learned":
        """A version ready to forecast, from the house's cache. Raises UserError where its files are gone or damaged."""
        from inventory.forecasting.learned import Learned

        folder = self.folder / self.get(version).id
        if not folder.is_dir():
            raise UserError(f"The files of the model {version!r} are not in {str(self.folder)!r}. Train a new one.")
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        return device.CACHE.get(("inventory", str(folder)), lambda: Learned.load(folder), size)

    def forecast(self, book: Book) -> Forecast:
        """The next HORIZON days of all series, by the version that answers, else by what needs no training."""
        if book.model is None:
            return forecast(book.panel)
        learned = self.learned(book.model)
        return forecast(book.panel, choice=learned.choice, models=learned.models)

    def log(self, book: Book, made: Forecast) -> None:
        """Keep what was foretold on the last day of a book. That it can't be written holds up nobody."""
        rows = [
            Prediction(book.model or UNTRAINED, book.today, outlet, item, day, *map(float, numbers))
            for row, (outlet, item) in enumerate(made.keys)
            for day, *numbers in zip(made.days.tolist(), made.low[row], made.middle[row], made.high[row], strict=True)
        ]
        try:
            self._store.add_predictions(rows)
        except UserError as error:
            _LOG.warning("Predictions were not kept: %s", error)


def new_id() -> str:
    """Of this moment, in UTC."""
    return datetime.now(timezone.utc).strftime("forecast-%Y%m%d-%H%M%S")


def relative_error(model: Model) -> float:
    """WAPE of the automatic choice as a share of that of the seasonal naive on the same days."""
    return model.metrics["wape"] / max(model.metrics["naive_wape"], 1e-9)


def checked_kind(kind: str) -> str:
    """Raises UserError for a kind of models that there is not."""
    if kind not in KINDS:
        raise UserError(f"There are no models of the kind {kind!r:.60}: give {' or '.join(KINDS)}.")
    return kind
