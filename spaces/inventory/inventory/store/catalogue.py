"""Outlets and items in the database."""

from typing import TYPE_CHECKING

import inventory.items as kept
from common.errors import UserError
from inventory import units
from inventory.store.base import Names, Part, changing, checked, key_of
from inventory.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Table


class Catalogue(Part):
    """The outlets and items of the store."""

    def outlets(self) -> list[kept.Outlet]:
        """All outlets by name."""
        table = tables().outlets
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().order_by(table.c.key))
            return [kept.Outlet(row.name, tuple(row.aliases)) for row in rows]

    def items(self) -> list[kept.Item]:
        """All items by name."""
        table = tables().items
        with self._engine.connect() as connection:
            return [_item(row) for row in connection.execute(table.select().order_by(table.c.key))]

    def names(self) -> Names:
        """Outlets and items by any of their names; what is added there is not added to the store."""
        with self._engine.connect() as connection:
            return Names(connection, dry=True)

    def add_outlet(self, outlet: kept.Outlet) -> None:
        """Add an outlet; of one that is there the spelling and the aliases become these.

        Raises UserError for a name that is empty or too long, and for one that another outlet has.
        """
        name = checked(outlet.name, "outlet")
        aliases = _aliases(name, outlet.aliases, "outlet")
        with changing(self._engine, book=True) as connection:
            table = tables().outlets
            row = _own_row(connection, table, name, aliases, "outlet")
            _write(connection, table, row, {"name": name, "key": key_of(name), "aliases": aliases})

    def set_item(self, item: kept.Item) -> None:
        """Add an item, or change the one of this name; its records are converted where its unit changes.

        Raises UserError for a name that is empty, too long or another item's, for an unknown unit, for a unit of
        another kind than that of the records, and for numbers that can't be.
        """
        name, unit = checked(item.name, "item"), units.canonical(item.unit)
        aliases = _aliases(name, item.aliases, "item")
        _check(item)
        values = {
            "name": name,
            "key": key_of(name),
            "unit": unit,
            "category": item.category.strip(),
            "pack_size": float(item.pack_size),
            "lead_days": int(item.lead_days),
            "shelf_life_days": item.shelf_life_days,
            "price": float(item.price),
            "aliases": aliases,
        }
        with changing(self._engine, book=True) as connection:
            row = _own_row(connection, tables().items, name, aliases, "item")
            if row is not None and row.unit != unit:
                _convert_records(connection, row, unit)
            _write(connection, tables().items, row, values)


def _item(row: "Row") -> kept.Item:
    values = dict(row._mapping)
    del values["id"], values["key"]
    return kept.Item(**values | {"aliases": tuple(row.aliases)})


def _check(item: kept.Item) -> None:
    life = item.shelf_life_days
    for what, value, right in (
        ("pack size", item.pack_size, 0 < item.pack_size < 1e9),
        ("lead time in days", item.lead_days, 0 <= item.lead_days <= 365),
        ("shelf life in days", life, life is None or 1 <= life <= 36_500),
        ("price", item.price, 0 <= item.price < 1e9),
    ):
        if not right:
            raise UserError(f"The {what} of {item.name!r:.80} can't be {value}.")


def _aliases(name: str, aliases: tuple[str, ...], what: str) -> list[str]:
    """Aliases as they are kept: each once, without the name itself."""
    tidy = {key_of(alias): checked(alias, what) for alias in aliases}
    tidy.pop(key_of(name), None)
    return list(tidy.values())


def _own_row(connection: "Connection", table: "Table", name: str, aliases: list[str], what: str) -> "Row | None":
    """The row of this name. Raises UserError where another row has the name or one of the aliases."""
    own, wanted = None, {key_of(alias): alias for alias in (name, *aliases)}
    for row in connection.execute(table.select()):
        if row.key == key_of(name):
            own = row
            continue
        for taken in (row.name, *row.aliases):
            if (alias := wanted.get(key_of(taken))) is not None:
                raise UserError(f"{alias!r} is a name of the {what} {row.name!r} already. Take it away there first.")
    return own


def _write(connection: "Connection", table: "Table", row: "Row | None", values: dict) -> None:
    if row is None:
        connection.execute(table.insert(), values)
    else:
        connection.execute(table.update().where(table.c.id == row.id), values)


def _convert_records(connection: "Connection", row: "Row", unit: str) -> None:
    """Amounts of an item, and what was predicted of it, in its new unit."""
    import sqlalchemy as sa

    _, _, records, *_, predictions = tables()
    if not connection.execute(sa.select(records.c.day).where(records.c.item == row.id).limit(1)).first():
        return
    by = units.factor(row.unit, unit)
    for table, names in ((records, ("stock_in", "balance", "ordered")), (predictions, ("low", "middle", "high"))):
        changed = {name: table.c[name] * by for name in names}
        connection.execute(table.update().where(table.c.item == row.id).values(changed))
