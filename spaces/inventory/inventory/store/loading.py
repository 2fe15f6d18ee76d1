"""Many records on their way into the database, in one transaction and in bounded memory.

They lie in a temporary table first, where the database itself finds those that come twice, counts what is new or
different, and from where it writes them. Nothing is kept in Python but a batch.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from inventory.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, FromClause, Table

# line, outlet, item, day as YYYY-MM-DD, stock_in, balance (None where not counted), ordered, remark
LoadedRow = tuple[int, int, int, str, float, float | None, float, str]
_KEY = ("outlet", "item", "day")
_VALUES = ("stock_in", "balance", "ordered", "remark")
_COLUMNS = ("line", *_KEY, *_VALUES)


class Counts(NamedTuple):
    """Records that were new, that had other values, and that were there as they are. days: on which there are some;
    span: from the first to the last day, days."""

    added: int
    changed: int
    same: int
    days: int = 0
    span: int = 0


class Loading:
    """Rows for the table of records. connection: in a transaction that changes something; rows: how many were added"""

    def __init__(self, connection: "Connection") -> None:
        self.rows = 0
        self._connection = connection
        _table().create(connection, checkfirst=False)

    def add(self, rows: Sequence[LoadedRow]) -> None:
        """Take rows in, with the ids of outlets and items and amounts in the items' units; lines are unique."""
        self.rows += len(rows)
        if not rows:
            return
        if self._connection.dialect.name == "postgresql":
            cursor = self._connection.connection.cursor()
            with cursor.copy(f"COPY inventory_loading ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" * len(_COLUMNS))
        self._connection.exec_driver_sql(f"INSERT INTO inventory_loading VALUES ({marks})", list(rows))

    def superseded(self) -> list[tuple[int, int]]:
        """Rows of a day, outlet and item of which a later row says something else: (line, line of the later row).

        They, and those that a later row merely repeats, are taken out.
        """
        import sqlalchemy as sa

        table, last = _table(), _last_lines()
        # An index after the rows is quicker than beside them.
        where = "temp." if self._connection.dialect.name == "sqlite" else ""
        names = ", ".join((*_KEY, "line"))
        self._connection.exec_driver_sql(f"CREATE INDEX {where}inventory_loading_key ON inventory_loading ({names})")
        if self._connection.execute(sa.select(last.c.line).limit(1)).first() is None:
            return []
        early, late = table.alias("early"), table.alias("late")
        found = (
            sa.select(early.c.line, late.c.line)
            .join_from(last, late, late.c.line == last.c.line)
            .join(early, sa.and_(_same_key(early, late), early.c.line < late.c.line))
            .where(_differ(early, late))
            .order_by(early.c.line)
        )
        lines = [tuple(row) for row in self._connection.execute(found)]
        later = table.alias("later")
        repeated = sa.exists().where(_same_key(later, table), later.c.line > table.c.line)
        self._connection.execute(table.delete().where(repeated))
        return lines

    def write(self) -> Counts:
        """Write the rows, of which `superseded` has left one of each day, outlet and item."""
        import sqlalchemy as sa
        from sqlalchemy.dialects import postgresql, sqlite

        table, records = _table(), tables().records
        connection = self._connection
        days, first, last, total = connection.execute(
            sa.select(
                sa.func.count(sa.distinct(table.c.day)),
                sa.func.min(table.c.day),
                sa.func.max(table.c.day),
                sa.func.count(),
            )
        ).one()
        differing = sa.func.coalesce(sa.func.sum(sa.case((_differ(table, records), 1), else_=0)), 0)
        there, changed = connection.execute(
            sa.select(sa.func.count(), differing).join_from(table, records, _same_key(table, records))
        ).one()
        kind = {"postgresql": postgresql, "sqlite": sqlite}[connection.dialect.name]
        rows = sa.select(*(table.c[name] for name in (*_KEY, *_VALUES))).where(table.c.line.is_not(None))
        insert = kind.insert(records).from_select([*_KEY, *_VALUES], rows.order_by(*(table.c[name] for name in _KEY)))
        new = {name: insert.excluded[name] for name in _VALUES}
        connection.execute(
            insert.on_conflict_do_update(index_elements=_KEY, set_=new, where=_differ(records, insert.excluded))
        )
        span = (last - first).days + 1 if total else 0
        return Counts(total - there, int(changed), there - int(changed), days, span)

    def close(self) -> None:
        """Leave the connection as it was. An error in the transaction does the same."""
        _table().drop(self._connection, checkfirst=False)


@lru_cache(maxsize=1)
def _table() -> "Table":
    import sqlalchemy as sa

    return sa.Table(
        "inventory_loading",
        sa.MetaData(),
        sa.Column("line", sa.Integer),
        sa.Column("outlet", sa.Integer),
        sa.Column("item", sa.Integer),
        sa.Column("day", sa.Date),
        sa.Column("stock_in", sa.Double),
        sa.Column("balance", sa.Double),
        sa.Column("ordered", sa.Double),
        sa.Column("remark", sa.Text),
        prefixes=["TEMPORARY"],
    )


def _last_lines() -> "FromClause":
    """The last line of each day, outlet and item that has several."""
    import sqlalchemy as sa

    table = _table()
    grouped = sa.select(sa.func.max(table.c.line).label("line")).group_by(*(table.c[name] for name in _KEY))
    return grouped.having(sa.func.count() > 1).subquery("last")


def _same_key(one: "FromClause", other: "FromClause") -> "ColumnElement[bool]":
    import sqlalchemy as sa

    return sa.and_(*(one.c[name] == other.c[name] for name in _KEY))


def _differ(one: "FromClause", other: "FromClause") -> "ColumnElement[bool]":
    import sqlalchemy as sa

    ours, theirs = (part.c if hasattr(part, "c") else part for part in (one, other))
    return sa.or_(*(ours[name].is_distinct_from(theirs[name]) for name in _VALUES))
