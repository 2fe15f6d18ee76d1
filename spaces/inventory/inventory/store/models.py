"""Models in the database: their versions, which one answers, and what they foretold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from common.errors import UserError
from inventory.store.base import Names, Part, changing
from inventory.store.schema import now, tables, with_zone

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

    from inventory.panel import Panel

PAGE = 5_000  # rows that are written at once


@dataclass(frozen=True)
class Model:
    """A version of a model. kind: what it is for, such as "forecast"; data_hash: of what it learned from; active: it
    answers now; promoted: it has answered at some time"""

    id: str
    kind: str
    created: datetime
    metrics: dict[str, Any]
    data_hash: str
    active: bool
    promoted: bool


@dataclass(frozen=True)
class Prediction:
    """What a model foretold on the day `made` for a day: the .1, .5 and .9 quantiles, in the item's unit."""

    model: str
    made: date
    outlet: str
    item: str
    day: date
    low: float
    middle: float
    high: float


@dataclass(frozen=True, eq=False)
class Predictions:
    """n predictions as arrays (n,), in the order of the day for which they are, with what really happened.

    model, outlet, item: strings; made, day: datetime64[D]; low, middle, high: float64
    used: what was used that day; demand: the same, NaN where the stock ran out or the outlet was closed; both NaN
        where it is not known yet
    """

    model: np.ndarray
    made: np.ndarray
    outlet: np.ndarray
    item: np.ndarray
    day: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    used: np.ndarray
    demand: np.ndarray

    def __len__(self) -> int:
        return len(self.day)


class Models(Part):
    """The models and predictions of the store."""

    panel: "Any"  # of Records, beside which this part stands

    def add_model(self, number: str, kind: str, metrics: Mapping[str, Any], data_hash: str) -> None:
        """Keep a version, which doesn't answer yet. Raises UserError where there is one of this id."""
        table = tables().models
        values = {"id": number, "kind": kind, "created": now(), "metrics": dict(metrics), "data_hash": data_hash}
        with changing(self._engine, book=True) as connection:
            if connection.execute(table.select().where(table.c.id == number)).first():
                raise UserError(f"There is a model {number!r:.80} already. Give the new one another id.")
            connection.execute(table.insert(), values)

    def models(self, kind: str | None = None) -> list[Model]:
        """All versions, or those of a kind, oldest first."""
        with self._engine.connect() as connection:
            return _models(connection, kind)

    def active_model(self, kind: str) -> Model | None:
        """The version that answers; None where none was promoted."""
        return next((model for model in self.models(kind) if model.active), None)

    def promote_model(self, number: str) -> None:
        """Let a version answer from now on. Raises UserError where it is not there, or does so already."""
        with changing(self._engine, book=True) as connection:
            if _model(connection, number).active:
                raise UserError(f"{number!r} is the model that answers already.")
            connection.execute(tables().promotions.insert(), {"model": number, "promoted": now()})

    def roll_back_model(self, kind: str) -> Model:
        """Let the version before answer again, which is given. Raises UserError where there was none before."""
        table = tables().promotions
        with changing(self._engine, book=True) as connection:
            history = connection.execute(_history(kind)).all()
            # A version that was dropped may leave the same one twice in a row.
            earlier = [row for row in history if row.model != history[-1].model]
            if not earlier:
                raise UserError(f"No {kind} model answered before this one, so there is none to go back to.")
            undone = [row.id for row in history if row.id > earlier[-1].id]
            connection.execute(table.delete().where(table.c.id.in_(undone)))
            return _model(connection, earlier[-1].model)

    def drop_model(self, number: str) -> None:
        """Forget a version; what it foretold stays. Raises UserError where it is not there, or is the one that
        answers."""
        table = tables().models
        with changing(self._engine, book=True) as connection:
            if _model(connection, number).active:
                raise UserError(f"{number!r} is the model that answers. Promote another one or roll back first.")
            connection.execute(table.delete().where(table.c.id == number))

    # Predictions

    def add_predictions(self, predictions: Sequence[Prediction]) -> None:
        """Keep predictions, all or none; one that is there takes the new values.

        Raises UserError for an outlet or item that is not known.
        """
        from sqlalchemy.dialects import postgresql, sqlite

        table = tables().predictions
        kind = {"postgresql": postgresql, "sqlite": sqlite}[self._engine.dialect.name]
        insert = kind.insert(table)
        new = {name: insert.excluded[name] for name in ("low", "middle", "high")}
        insert = insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=new)
        with changing(self._engine, book=True) as connection:
            names = Names(connection)
            rows = (_values(prediction, names) for prediction in predictions)
            while batch := list(islice(rows, PAGE)):
                connection.execute(insert, batch)

    def predictions(
        self, model: str | None = None, made_since: date | None = None, made_until: date | None = None
    ) -> Predictions:
        """What was foretold, of one model and between two days (both included), with what really happened."""
        import sqlalchemy as sa

        outlets, items = tables()[:2]
        table = tables().predictions
        chosen = [table.c.model == model] if model is not None else []
        chosen += [table.c.made >= made_since] if made_since is not None else []
        chosen += [table.c.made <= made_until] if made_until is not None else []
        query = (
            sa.select(table.c.model, table.c.made, outlets.c.name, items.c.name.label("item_name"), table.c.day)
            .add_columns(table.c.low, table.c.middle, table.c.high)
            .join_from(table, outlets, outlets.c.id == table.c.outlet)
            .join(items, items.c.id == table.c.item)
            .where(*chosen)
            .order_by(table.c.day, table.c.made, table.c.outlet, table.c.item, table.c.model)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        columns = list(zip(*rows, strict=True)) if rows else [[]] * 8
        kinds = (object, "datetime64[D]", object, object, "datetime64[D]", float, float, float)
        arrays = [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        return Predictions(*arrays, *self._happened(arrays))

    def _happened(self, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """What was used on the days of predictions, and what was wanted."""
        outlets, items, days = arrays[2], arrays[3], arrays[4]
        used, demand = np.full((2, len(days)), np.nan)
        if not len(days):
            return used, demand
        try:
            panel: Panel = self.panel(since=days.min().item() - timedelta(days=1))
        except UserError:  # no record is as late as the first prediction
            return used, demand
        rows = {key: row for row, key in enumerate(panel.keys)}
        row = np.array([rows.get(key, -1) for key in zip(outlets, items, strict=True)])
        column = (days - panel.days[0]).astype(int)
        known = (row >= 0) & (column >= 0) & (column < len(panel.days))
        used[known] = panel.used[row[known], column[known]]
        demand[known] = panel.demand[row[known], column[known]]
        return used, demand


def _values(prediction: Prediction, names: Names) -> dict[str, Any]:
    """A prediction as the database takes it."""
    return {
        "outlet": names.outlet(prediction.outlet),
        "item": names.item(prediction.item).id,
        "day": prediction.day,
        "made": prediction.made,
        "model": prediction.model,
        "low": float(prediction.low),
        "middle": float(prediction.middle),
        "high": float(prediction.high),
    }


def _history(kind: str) -> "Select":
    """The promotions of a kind, the last of which is in force."""
    import sqlalchemy as sa

    table, models = tables().promotions, tables().models
    query = sa.select(table.c.id, table.c.model).join(models, models.c.id == table.c.model)
    return query.where(models.c.kind == kind).order_by(table.c.id)


def _models(connection: "Connection", kind: str | None = None) -> list[Model]:
    import sqlalchemy as sa

    table = tables().models
    chosen = [table.c.kind == kind] if kind is not None else []
    rows: list[Row] = connection.execute(table.select().where(*chosen).order_by(table.c.created, table.c.id)).all()
    promotions = tables().promotions
    query = sa.select(promotions.c.model, table.c.kind).join(table, table.c.id == promotions.c.model)
    promoted = connection.execute(query.order_by(promotions.c.id)).all()
    active = {row.kind: row.model for row in promoted}
    ever = {row.model for row in promoted}
    return [
        Model(row.id, row.kind, with_zone(row.created), row.metrics, row.data_hash, active.get(row.kind) == row.id,
              row.id in ever)
        for row in rows
    ]  # fmt: skip


def _model(connection: "Connection", number: str) -> Model:
    there = _models(connection)
    found = next((model for model in there if model.id == number), None)
    if found is None:
        listed = f"There are {', '.join(model.id for model in there)}." if there else "None is trained yet."
        raise UserError(f"There is no model {number!r:.80}. {listed}")
    return found
