"""What people said about anomalies, in the database."""

from dataclasses import dataclass
from datetime import date, datetime

from inventory.store.base import Names, Part, changing
from inventory.store.schema import LARGEST_ID, now, tables, with_zone

NOT_ANOMALY, ANOMALY = VERDICTS = ("not_anomaly", "anomaly")


@dataclass(frozen=True)
class Feedback:
    """A verdict on an anomaly. kind: as that of the anomaly; verdict: one of VERDICTS; undone: when, None: in force"""

    id: int
    day: date
    outlet: str
    item: str
    kind: str
    verdict: str
    created: datetime
    undone: datetime | None


class FeedbackPart(Part):
    """The feedback on anomalies of the store."""

    def add_feedback(self, day: date, outlet: str, item: str, kind: str, verdict: str = NOT_ANOMALY) -> int:
        """Keep a verdict; gives its id, the earlier one where the same is in force already.

        Raises UserError for an outlet or item that is not known, and ValueError for another verdict.
        """
        if verdict not in VERDICTS:
            raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}, not {verdict!r}")
        table = tables().feedback
        with changing(self._engine, book=True) as connection:
            names = Names(connection)
            values = {"day": day, "outlet": names.outlet(outlet), "item": names.item(item).id, "kind": kind}
            values["verdict"] = verdict
            same = [table.c[name] == value for name, value in values.items()]
            query = table.select().where(table.c.undone.is_(None), *same)
            if (row := connection.execute(query).first()) is not None:
                return row.id
            insert = table.insert().returning(table.c.id)
            return connection.execute(insert, values | {"created": now()}).scalar_one()

    def undo_feedback(self, number: int) -> bool:
        """Take a verdict back. False where there is none of this id, or it was taken back before."""
        table = tables().feedback
        wanted = number if 0 < number <= LARGEST_ID else 0
        with changing(self._engine) as connection:
            update = table.update().where(table.c.id == wanted, table.c.undone.is_(None))
            return connection.execute(update.values(undone=now())).rowcount > 0

    def feedback(self, undone: bool = False) -> list[Feedback]:
        """Verdicts that are in force, in the order in which they were given; undone: those taken back too."""
        import sqlalchemy as sa

        outlets, items = tables()[:2]
        table = tables().feedback
        query = (
            sa.select(table.c.id, table.c.day, outlets.c.name.label("outlet"), items.c.name.label("item"))
            .add_columns(table.c.kind, table.c.verdict, table.c.created, table.c.undone)
            .join_from(table, outlets, outlets.c.id == table.c.outlet)
            .join(items, items.c.id == table.c.item)
            .where(*([] if undone else [table.c.undone.is_(None)]))
            .order_by(table.c.id)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query)
            return [Feedback(*row[:6], with_zone(row.created), with_zone(row.undone)) for row in rows]
