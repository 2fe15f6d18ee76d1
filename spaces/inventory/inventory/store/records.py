"""Records in the database: written many at a time, read as rows or as a panel."""

import contextlib
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from inventory import units
from inventory.records import Record
from inventory.store import panels
from inventory.store.base import Names, Part, changing, clean
from inventory.store.loading import Counts, Loading
from inventory.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from inventory.panel import Panel

PAGE = 5_000  # rows that are read or written at once


class Size(NamedTuple):
    """How much there is."""

    records: int
    outlets: int
    items: int
    first_day: date | None
    last_day: date | None


class Records(Part):
    """The records of the store."""

    @contextlib.contextmanager
    def loading(self) -> Iterator[tuple["Connection", Names, Loading]]:
        """A transaction in which records are loaded; an error undoes all of it."""
        with changing(self._engine, book=True) as connection:
            loading = Loading(connection)
            yield connection, Names(connection), loading
            loading.close()

    def add_records(self, records: Iterable[Record]) -> Counts:
        """Write records, all or none; those of a day, outlet and item that is there take its place.

        Unknown outlets and items are added. Of two of the same day, outlet and item the later one stands. Raises
        UserError for a unit that can't become the item's, and ValueError for amounts that are negative or not finite;
        a balance may be NaN: not counted.
        """
        with self.loading() as (_, names, loading):
            rows = (_row(line, record, names) for line, record in enumerate(records, 1))
            while batch := list(islice(rows, PAGE)):
                loading.add(batch)
            loading.superseded()
            return loading.write()

    def records(
        self,
        outlet: str | None = None,
        item: str | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> Iterator[Record]:
        """Records from day to day, read a page at a time; first, last: the days between which they are, both included.

        Raises UserError for an outlet or item that is not known.
        """
        import sqlalchemy as sa

        outlets, items, table = tables()[:3]
        chosen = self._chosen(outlet, item, first, last)
        key = (table.c.day, table.c.outlet, table.c.item)
        query = (
            sa.select(*key, outlets.c.name, items.c.name.label("item_name"), items.c.unit)
            .add_columns(table.c.stock_in, table.c.balance, table.c.ordered, table.c.remark)
            .join_from(table, outlets, outlets.c.id == table.c.outlet)
            .join(items, items.c.id == table.c.item)
            .order_by(*key)
            .limit(PAGE)
        )

        def pages() -> Iterator[Record]:
            beyond: list = []
            while True:
                with self._engine.connect() as connection:
                    rows = connection.execute(query.where(*chosen, *beyond)).all()
                for row in rows:
                    yield Record(row[0], *row[3:7], float("nan") if row[7] is None else row[7], *row[8:])
                if len(rows) < PAGE:
                    return
                beyond = [sa.tuple_(*key) > sa.tuple_(*rows[-1][:3])]

        return pages()

    def count_records(
        self,
        outlet: str | None = None,
        item: str | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> int:
        """How many records `records` gives."""
        import sqlalchemy as sa

        query = sa.select(sa.func.count()).select_from(tables().records)
        chosen = self._chosen(outlet, item, first, last)
        with self._engine.connect() as connection:
            return connection.execute(query.where(*chosen)).scalar_one()

    def panel(self, outlet: str | None = None, item: str | None = None, since: date | None = None) -> "Panel":
        """All series, or those of an outlet or item, from the day `since` on.

        Raises UserError where there are no such records, for an outlet or item that is not known, and where they span
        too many days.
        """
        # What was used on a day needs the balance of the day before.
        chosen = self._chosen(outlet, item, since and since - timedelta(days=1), None)
        with self._engine.connect() as connection:
            panel = panels.read(connection, chosen)
        return panel.since(since) if since else panel

    def latest_day(self) -> date | None:
        """The last day that has a record; None where there are none."""
        return self.counts().last_day

    def counts(self) -> Size:
        """How much there is."""
        import sqlalchemy as sa

        outlets, items, records = tables()[:3]
        counted = (records, outlets, items)
        numbers = [sa.select(sa.func.count()).select_from(table).scalar_subquery() for table in counted]
        # Each a query of its own, which the index answers at once.
        days = [sa.select(end(records.c.day)).scalar_subquery() for end in (sa.func.min, sa.func.max)]
        with self._engine.connect() as connection:
            return Size(*connection.execute(sa.select(*numbers, *days)).one())

    def delete_records(
        self,
        outlet: str | None = None,
        item: str | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> int:
        """Delete the records that `records` gives; says how many there were."""
        table = tables().records
        chosen = self._chosen(outlet, item, first, last)
        with changing(self._engine, book=True) as connection:
            return connection.execute(table.delete().where(*chosen)).rowcount

    def _chosen(
        self, outlet: str | None, item: str | None, first: date | None, last: date | None
    ) -> "list[ColumnElement[bool]]":
        table, chosen = tables().records, []
        if outlet is not None or item is not None:
            with self._engine.connect() as connection:
                names = Names(connection)
            chosen += [table.c.outlet == names.outlet(outlet)] if outlet is not None else []
            chosen += [table.c.item == names.item(item).id] if item is not None else []
        chosen += [table.c.day >= first] if first is not None else []
        return chosen + ([table.c.day <= last] if last is not None else [])


def _row(line: int, record: Record, names: Names) -> tuple:
    """A record as `Loading` takes it."""
    amounts = (record.stock_in, 0.0 if record.balance != record.balance else record.balance, record.order)
    if not all(isfinite(amount) and amount >= 0 for amount in amounts):
        raise ValueError(f"amounts are finite and not negative: {record}")
    item = names.item_or_new(record.item, record.unit)
    stock_in, balance, order = (
        amounts if record.unit == item.unit else [units.convert(amount, record.unit, item.unit) for amount in amounts]
    )
    counted = None if record.balance != record.balance else float(balance)
    outlet = names.outlet_or_new(record.outlet)
    remark = clean(record.remark)
    return line, outlet, item.id, record.day.isoformat(), float(stock_in), counted, float(order), remark
