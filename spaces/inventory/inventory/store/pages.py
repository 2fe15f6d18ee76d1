"""Records a page at a time, the newest first, to be looked at."""

from collections.abc import Callable
from datetime import date

from inventory.records import Record
from inventory.store.base import Part
from inventory.store.schema import tables


class Pages(Part):
    """The pages of the store."""

    _chosen: Callable  # of Records, beside which this part stands

    def newest_records(
        self, outlet: str | None, item: str | None, first: date | None, last: date | None, count: int, skipped: int = 0
    ) -> list[Record]:
        """`count` of what `records` gives, the newest day first, after `skipped` others.

        Raises UserError for an outlet or item that is not known.
        """
        import sqlalchemy as sa

        outlets, items, table = tables()[:3]
        query = (
            sa.select(table.c.day, outlets.c.name, items.c.name.label("item_name"), items.c.unit)
            .add_columns(table.c.stock_in, table.c.balance, table.c.ordered, table.c.remark)
            .join_from(table, outlets, outlets.c.id == table.c.outlet)
            .join(items, items.c.id == table.c.item)
            .where(*self._chosen(outlet, item, first, last))
            .order_by(table.c.day.desc(), table.c.outlet, table.c.item)
            .limit(count)
            .offset(skipped)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Record(*row[:5], float("nan") if row[5] is None else row[5], *row[6:]) for row in rows]
