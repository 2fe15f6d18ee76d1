"""Models in service as page and API see them: train, promote, roll back, watch."""

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import common
import inventory
from common.errors import UserError
from common.jobs import Job
from common.store import URL_VARIABLE
from inventory import access
from inventory.desk.base import Base, number, time_of, whole
from inventory.forecasting.backtest import SHORTEST
from inventory.forecasting.drift import RECENT, report
from inventory.forecasting.forecast import HORIZON
from inventory.forecasting.registry import FORECAST, checked_kind, new_id
from inventory.panel import NO_RECORDS

if TYPE_CHECKING:
    from inventory.store.models import Model

MOST_PREDICTIONS = 2_000
_LEAST_DAYS = SHORTEST + 4 * HORIZON + 4 * HORIZON  # four backtests, and what the LSTM needs before the first one


class Service(Base):
    """The part of the desk about the forecasting model and how it is doing."""

    def health(self) -> dict:
        """Say how the system is.

        Returns:
            ok, records, outlets, items, first_day, last_day, database (its kind), version (of the model that
            forecasts), training (its state), token (whether changes need one).
        """
        size = self.store.counts()
        active = self.store.active_model(FORECAST)
        return {
            "ok": True,
            "records": size.records,
            "outlets": size.outlets,
            "items": size.items,
            "first_day": size.first_day and str(size.first_day),
            "last_day": size.last_day and str(size.last_day),
            "database": self.store.kind,
            "version": active and active.id,
            "training": self.training()["state"],
            "token": access.needed(),
        }

    def train(self, kind: str = "forecast", promote: bool = True, seed: int = 0) -> dict:
        """Train a new version of a model on all records. It goes on by itself; `training` tells how far it is.

        Args:
            kind: forecast
            promote: let it answer once it is done, unless its error in the backtest is higher than the present one's
            seed: the same seed and records give the same version

        Returns:
            The state, as `training` gives it.
        """
        checked_kind(kind)
        seed = whole(seed, "seed", 0, 2**32 - 1)
        size = self.store.counts()
        if not size.records:
            raise UserError(NO_RECORDS)
        if (span := (size.last_day - size.first_day).days + 1) < _LEAST_DAYS:
            raise UserError(f"The records span {span} days; a training needs {_LEAST_DAYS}. Import older ones.")
        version = new_id()
        arguments = ["--folder", str(self.folder), "--seed", str(seed), "--version", version]
        arguments += ["--promote"] if promote else []
        self._job.start(
            "inventory.train",
            arguments,
            (inventory, common),
            {"share": 0.0, "version": version, "promoted": False},
            {URL_VARIABLE: self.store.address},
        )
        return self.training()

    def training(self) -> dict:
        """How the latest training stands.

        Returns:
            state ("none", "running", "done", "stopped" or "failed"), share that is done (0 to 1), message, version,
            seconds that it has been running, promoted (whether the version answers).
        """
        status = {"share": 0.0, "version": "", "promoted": False, **self._job.status()}
        seconds = round(time.time() - status["began"], 1) if status["state"] == "running" else None
        found = {name: status[name] for name in ("state", "share", "message", "version", "promoted")}
        return found | {"seconds": seconds}

    def stop_training(self) -> dict:
        """End the training; nothing of it is kept.

        Returns:
            The state, as `training` gives it.
        """
        return self.training() | {"message": self._job.stop()["message"]}

    def models(self) -> list[dict]:
        """List the versions of the models, the newest first.

        Returns:
            For each: id, kind, created, active (whether it answers), promoted (whether it ever did), wape, coverage,
            naive_wape (of the same days one week before), scores (of each way to forecast), days and series that it
            learned from, first and last day, data_hash, seconds.
        """
        return [_plain(model) for model in self.registry.all()]

    def promote(self, model: str, force: bool = False) -> dict:
        """Let a version answer from now on.

        Args:
            model: id as `models` gives it
            force: also when its error in the backtest is higher than that of the version that answers

        Returns:
            active: its id, and instead_of: the one before, null where there was none.
        """
        now, before = self.registry.promote((model or "").strip(), bool(force))
        return {"active": now.id, "instead_of": before and before.id}

    def rollback(self, kind: str = "forecast") -> dict:
        """Let the version before answer again.

        Args:
            kind: forecast

        Returns:
            active: the id of the version that answers now, and instead_of.
        """
        checked_kind(kind)
        now, before = self.registry.roll_back()
        return {"active": now.id, "instead_of": before and before.id}

    def drop(self, model: str) -> dict:
        """Delete a version that doesn't answer. What it foretold stays in the log.

        Args:
            model: id as `models` gives it

        Returns:
            dropped: its id.
        """
        self.registry.drop((model or "").strip())
        return {"dropped": model.strip()}

    def drift(self, days: int = RECENT) -> dict:
        """Whether demand is still like that of the training, and forecasts are as good as in the backtest.

        Args:
            days: the latest ones, which are compared with those before

        Returns:
            input: psi (the highest), moved (how many items) of items; items: item, unit, psi, limit, moved, before and
            recent (means of a day at an outlet); error: wape, expected (of the backtest), limit, coverage, predictions,
            worse; alerts (in words); line (all of it in a line); version. Null where too little is known.
        """
        days = whole(days, "number of days", 7, 366)
        book = self.book
        found = report(book, self.store.active_model(FORECAST), self.store, days)
        error = found.error
        known = [one for one in found.items if one.psi is not None]
        return {
            "input": {
                "psi": number(max((one.psi for one in known), default=None), 4),
                "moved": sum(one.moved for one in known),
                "items": len(known),
            },
            "items": [
                {
                    "item": one.item,
                    "unit": book.by_name[one.item].unit,
                    "psi": number(one.psi, 4),
                    "limit": number(one.limit, 4),
                    "moved": one.moved,
                    "before": number(one.before),
                    "recent": number(one.recent),
                }
                for one in found.items
            ],
            "error": {
                "wape": number(error.wape, 4),
                "expected": number(error.expected, 4),
                "limit": number(error.limit, 4),
                "coverage": number(error.coverage, 4),
                "predictions": error.predictions,
                "worse": error.worse,
            },
            "alerts": list(found.alerts),
            "line": " ".join(found.alerts) or _calm(error.predictions),
            "version": book.model,
        }

    def predictions(self, outlet: str = "", item: str = "", days: int = 28) -> list[dict]:
        """Look into the log of predictions, the latest day first.

        Args:
            outlet: its name; empty for all
            item: likewise
            days: before today from which on predictions are shown, and all that is to come

        Returns:
            For each: model, made (day), outlet, item, day, low, middle, high, used (null where it isn't known yet).
        """
        days = whole(days, "number of days", 1, 3_660)
        book = self.book
        keys = {book.panel.keys[row] for row in self.rows(book.panel, outlet, item)}
        first = book.today - timedelta(days=days - 1)
        logged = self.store.predictions(made_since=first - timedelta(days=HORIZON))
        found = []
        for at in reversed(range(len(logged))):
            if len(found) == MOST_PREDICTIONS or logged.day[at].item() < first:
                break
            if (logged.outlet[at], logged.item[at]) in keys:
                texts = {name: str(getattr(logged, name)[at]) for name in ("model", "made", "outlet", "item", "day")}
                amounts = {name: number(getattr(logged, name)[at]) for name in ("low", "middle", "high", "used")}
                found.append(texts | amounts)
        return found

    @property
    def _job(self) -> Job:
        return Job(self.folder, "training")


def _plain(model: "Model") -> dict:
    metrics = model.metrics
    scores = {
        name: {what: number(one[what], 4) for what in ("wape", "mase", "pinball", "coverage", "bias", "r2")}
        for name, one in metrics["scores"].items()
    }
    kept = ("first_day", "last_day", "days", "series", "seconds", "seed")
    return {
        "id": model.id,
        "kind": model.kind,
        "created": time_of(model.created),
        "active": model.active,
        "promoted": model.promoted,
        **{name: number(metrics[name], 4) for name in ("wape", "naive_wape", "coverage")},
        "scores": scores,
        **{name: metrics[name] for name in kept},
        "data_hash": model.data_hash,
    }


def _calm(predictions: int) -> str:
    if not predictions:
        return "Demand is as it was; no prediction could be compared with what came yet."
    return "Demand is as it was, and forecasts are as good as in the backtest."
