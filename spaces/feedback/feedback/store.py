"""What the system remembers: predictions with their review, added labels, and training rows that people gave.

Texts are stored as they are given: whoever stores masks them first, or leaves them out (keep nothing), and then only
labels and numbers are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from common import store as database
from feedback.tables import (
    CONFIRMED,
    CORRECTED,
    CORRECTION,
    DISMISSED,
    WAITING,
    AddedLabel,
    Example,
    History,
    Stored,
    example_values,
    label_values,
    prediction_values,
    stored,
    tables,
    utc,
    with_zones,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

PAGE = 5_000  # rows that are read at once
LARGEST_ID = 2**31 - 1


class Store(database.SystemStore):
    """The database of this system; see `common.store.SystemStore`."""

    system = "feedback"
    versions = Path(__file__).with_name("migrations") / "versions"

    # Predictions

    def add_predictions(self, rows: Sequence[Stored]) -> list[int]:
        """Keep predictions, all or none; gives their ids in the order of the rows.

        What is unsure and has a text waits for review. Raises ValueError for a confidence outside 0 to 1, a review
        that is none of REVIEWS, and a time without a zone.
        """
        if not rows:
            return []
        table, now = tables().predictions, datetime.now(timezone.utc)
        values = [prediction_values(row, now) for row in rows]
        statement = table.insert().returning(table.c.id, sort_by_parameter_order=True)
        with database.writing(self._engine) as connection:
            return list(connection.execute(statement, values).scalars())

    def get(self, prediction: int) -> Stored | None:
        """The prediction of an id; None where there is none."""
        if not 0 < prediction <= LARGEST_ID:
            return None
        table = tables().predictions
        with self._engine.connect() as connection:
            row = connection.execute(table.select().where(table.c.id == prediction)).first()
        return row and stored(row)

    def count(self, **chosen: Any) -> int:
        """How many predictions there are; `chosen` as in `iterate`."""
        import sqlalchemy as sa

        query = sa.select(sa.func.count()).select_from(tables().predictions).where(*_conditions(**chosen))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def iterate(self, **chosen: Any) -> Iterator[Stored]:
        """Predictions in the order in which they were stored, read a page at a time.

        chosen: since, until (datetime; `until` itself is left out), and what a column must be: label, version,
            source, review, unsure
        """
        table, last = tables().predictions, 0
        while True:
            query = table.select().where(table.c.id > last, *_conditions(**chosen)).order_by(table.c.id).limit(PAGE)
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
            yield from map(stored, rows)
            if len(rows) < PAGE:
                return
            last = rows[-1].id

    def page(self, order: str, limit: int, offset: int = 0, **chosen: Any) -> list[Stored]:
        """Some predictions by "oldest", "newest" or "confidence" (the lowest first); `chosen` as in `iterate`."""
        table = tables().predictions
        orders = {
            "oldest": (table.c.created, table.c.id),
            "newest": (table.c.created.desc(), table.c.id.desc()),
            "confidence": (table.c.confidence, table.c.id),
        }
        query = table.select().where(*_conditions(**chosen)).order_by(*orders[order]).limit(limit).offset(offset)
        with self._engine.connect() as connection:
            return [stored(row) for row in connection.execute(query)]

    def history(self, last: int | None = None, **chosen: Any) -> History:
        """The numbers of the newest `last` predictions (None: all), oldest first; `chosen` as in `iterate`."""
        import sqlalchemy as sa

        table = tables().predictions
        columns = [table.c[field.name] for field in fields(History)]
        newest = (table.c.created.desc(), table.c.id.desc())
        query = sa.select(*columns).where(*_conditions(**chosen)).order_by(*newest).limit(last)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()[::-1]
        kinds = {"created": "datetime64[us]", "label": object, "version": object, "unsure": bool}
        values = zip(*rows, strict=True) if rows else [[] for _ in columns]
        arrays = (np.array(column, kinds.get(table.name, float)) for table, column in zip(columns, values, strict=True))
        return History(*arrays)

    # Reviews

    def decide(self, prediction: int, review: str, label: str | None = None, second: str | None = None) -> bool:
        """Write a decision, and the training row that comes of it where there is a label and the text was kept.

        review: CONFIRMED or CORRECTED with a label, DISMISSED without
        Gives False, and changes nothing, where it was decided already or is not there.
        """
        predictions, _, examples = tables()
        now = datetime.now(timezone.utc)
        values = {"review": review, "decided": label, "decided_second": second, "reviewed": utc(now)}
        open_ones = predictions.c.review.is_(None) | (predictions.c.review == WAITING)
        statement = predictions.update().where(predictions.c.id == prediction, open_ones).values(values)
        with database.writing(self._engine) as connection:
            row = connection.execute(statement.returning(predictions.c.text)).first()
            if row is not None and row.text is not None and label is not None:
                example = Example(row.text, label, second, CORRECTION, prediction)
                connection.execute(examples.insert(), example_values(example, now))
        return row is not None

    def undo(self, prediction: int) -> bool:
        """Take a decision and its training row back: what was unsure waits again. False where there is none."""
        import sqlalchemy as sa

        table = tables().predictions
        waits = sa.case((table.c.unsure & table.c.text.is_not(None), WAITING), else_=sa.null())
        with database.writing(self._engine) as connection:
            return self._reopen(connection, table.c.id == prediction, waits) > 0

    def decisions(self, since: datetime | None = None) -> list[tuple[str, str, int]]:
        """How often each predicted label was decided to be which: (predicted, decided, count)."""
        import sqlalchemy as sa

        table = tables().predictions
        conditions = [table.c.decided.is_not(None), *([table.c.reviewed >= utc(since)] if since else [])]
        pair = (table.c.label, table.c.decided)
        query = sa.select(*pair, sa.func.count()).where(*conditions).group_by(*pair).order_by(*pair)
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def _reopen(self, connection: "Connection", which: "ColumnElement[bool]", review: "str | ColumnElement") -> int:
        """Take decisions and their training rows back; gives how many."""
        import sqlalchemy as sa

        predictions, _, examples = tables()
        ids = sa.select(predictions.c.id).where(which)
        connection.execute(examples.delete().where(examples.c.prediction.in_(ids)))
        values = {"review": review, "decided": None, "decided_second": None, "reviewed": None}
        decided = predictions.c.review.in_((CONFIRMED, CORRECTED, DISMISSED))
        return connection.execute(predictions.update().where(which, decided).values(values)).rowcount

    # Labels and training rows

    def labels(self) -> list[AddedLabel]:
        """The labels that were added, in the order in which they were."""
        table = tables().labels
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().order_by(table.c.created, table.c.id))
            return [AddedLabel(**with_zones(row)) for row in rows]

    def add_label(self, label: AddedLabel, examples: Sequence[str]) -> bool:
        """Keep a label with its examples. False, and nothing is kept, where there is one with that id."""
        from sqlalchemy.exc import IntegrityError

        now = label.created or datetime.now(timezone.utc)
        rows = [example_values(Example(text, label.id), now) for text in examples]
        try:
            with database.writing(self._engine) as connection:
                connection.execute(tables().labels.insert(), label_values(label, now))
                connection.execute(tables().examples.insert(), rows)
        except IntegrityError:
            return False
        return True

    def remove_label(self, label: str) -> bool:
        """Take a label and its examples away; what people decided to be it waits for another decision."""
        predictions, labels, examples = tables()
        with database.writing(self._engine) as connection:
            if not connection.execute(labels.delete().where(labels.c.id == label)).rowcount:
                return False
            self._reopen(connection, predictions.c.decided == label, WAITING)
            second = predictions.c.decided_second == label
            connection.execute(predictions.update().where(second).values(decided_second=None))
            connection.execute(examples.delete().where(examples.c.label == label))
            connection.execute(examples.update().where(examples.c.second == label).values(second=None))
        return True

    def examples(self, label: str | None = None, source: str | None = None) -> list[Example]:
        """Training rows in the order in which they came, of one label or source where it is given."""
        table = tables().examples
        wanted = {"label": label, "source": source}
        conditions = [table.c[name] == value for name, value in wanted.items() if value is not None]
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().where(*conditions).order_by(table.c.id))
            return [Example(**with_zones(row)) for row in rows]

    def forget(self, before: datetime | None = None, corrections: bool = True) -> tuple[int, int]:
        """Delete the predictions that came before a time (None: all), and the training rows that reviews made of them.

        corrections: False keeps those training rows
        The examples of added labels go with their label. Gives how many predictions and how many training rows went.
        """
        import sqlalchemy as sa

        predictions, _, examples = tables()
        old = [predictions.c.created < utc(before)] if before else []
        of_old = examples.c.prediction.in_(sa.select(predictions.c.id).where(*old))
        kept = [examples.c.created < utc(before)] if before else []  # by an earlier call
        alone = sa.and_(examples.c.source == CORRECTION, examples.c.prediction.is_(None), *kept)
        with database.writing(self._engine) as connection:
            rows = connection.execute(examples.delete().where(of_old | alone)).rowcount if corrections else 0
            gone = connection.execute(predictions.delete().where(*old)).rowcount
        database.tidy(self._engine)
        return gone, rows


def _conditions(
    since: datetime | None = None, until: datetime | None = None, **equal: Any
) -> "list[ColumnElement[bool]]":
    table = tables().predictions
    if unknown := equal.keys() - {"label", "version", "source", "review", "unsure"}:
        raise TypeError(f"predictions can't be chosen by {', '.join(sorted(unknown))}")
    conditions = [table.c[name] == value for name, value in equal.items()]
    conditions += [table.c.created >= utc(since)] if since else []
    return conditions + ([table.c.created < utc(until)] if until else [])
