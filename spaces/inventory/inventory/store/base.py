"""What the parts of the store share: a transaction whose faults are told in words, the names of outlets and items."""

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from common import store as database
from common.errors import UserError
from inventory import units
from inventory.store.schema import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.exc import DBAPIError

LONGEST_NAME = 120  # characters
_NOT_KEPT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")  # controls, and what UTF-8 or PostgreSQL have no place for
# What the two databases say: parts of SQLite's messages, PostgreSQL's codes (its manual, appendix A).
_LOCKED = ("database is locked", "database table is locked", "55P03")
_FULL = ("database or disk is full", "53100")
_NOT_WRITTEN = ("disk I/O error", "readonly database", "58030", "25006")
_GONE = ("57P01", "57P02", "57P03", "08006", "08003", "08001")


class Item(NamedTuple):
    """An item as rows refer to it."""

    id: int
    name: str
    unit: str


class Part:
    """A part of `inventory.store.Store`, whose engine it works with."""

    _engine: "Engine"


@contextlib.contextmanager
def changing(engine: "Engine", book: bool = False) -> Iterator["Connection"]:
    """A transaction that changes something; an error undoes all of it.

    book: it may add names or records, which one transaction does at a time, also on PostgreSQL
    Raises UserError where the database is locked for too long, its disk is full or can't be written to, or its server
    goes away.
    """
    from sqlalchemy.exc import DBAPIError

    try:
        with database.writing(engine) as connection:
            if book and engine.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE inventory_outlets IN SHARE ROW EXCLUSIVE MODE")
            yield connection
    except DBAPIError as error:
        if (reason := _in_words(error)) is None:
            raise
        where = f" {engine.url.database!r}" if engine.dialect.name == "sqlite" else ""
        raise UserError(f"The database{where} {reason} Nothing was changed.") from error


def _in_words(error: "DBAPIError") -> str | None:
    """What happened to the database and what to do, where a person can do something."""
    said = f"{error.orig} {getattr(error.orig, 'sqlstate', '')}"
    if any(part in said for part in _LOCKED):
        return f"was held by another program for more than {database.WAIT} seconds. Try again when that is done."
    if any(part in said for part in _FULL):
        return "has no room left on its disk. Free some, or name another folder, and try again."
    if any(part in said for part in _NOT_WRITTEN):
        return f"can't be written to ({error.orig}). Look at its disk and whether its file may be written."
    if error.connection_invalidated or any(part in said for part in _GONE):
        return "went away in the middle. Start it, and try again."
    return None


def clean(text: str) -> str:
    """A text that every database takes: without control characters, white space as single spaces."""
    return " ".join(_NOT_KEPT.sub(" ", text).split())


def key_of(name: str) -> str:
    """What two spellings of a name have in common: neither case, width of letters nor white space count."""
    return clean(unicodedata.normalize("NFKC", name)).casefold()


class Names:
    """Outlets and items by any of their names. What is not known can be added.

    connection: in a transaction that changes something; None keeps what is added to itself, from no database
    dry: what is added is kept to itself, though the rest is read
    new_outlets, new_items: the names that were added
    """

    def __init__(self, connection: "Connection | None" = None, dry: bool = False) -> None:
        self.new_outlets: list[str] = []
        self.new_items: list[str] = []
        self.outlets: dict[str, tuple[int, str]] = {}
        self.items: dict[str, Item] = {}
        self._connection = None if dry else connection
        if connection is not None:
            self._read(connection)

    def _read(self, connection: "Connection") -> None:
        outlets, items = tables()[:2]
        for row in connection.execute(outlets.select()):
            for name in (row.name, *row.aliases):
                self.outlets[key_of(name)] = row.id, row.name
        for row in connection.execute(items.select()):
            for name in (row.name, *row.aliases):
                self.items[key_of(name)] = Item(row.id, row.name, row.unit)

    def outlet(self, name: str) -> int:
        """The id of an outlet. Raises UserError that names the outlets there are."""
        return self.outlets[_found(name, self.outlets, (name for _, name in self.outlets.values()), "outlet")][0]

    def item(self, name: str) -> Item:
        """An item. Raises UserError that names some of the items there are."""
        return self.items[_found(name, self.items, (item.name for item in self.items.values()), "item")]

    def outlet_or_new(self, name: str) -> int:
        """The id of an outlet, which is added where it is not known. Raises UserError for what is no name."""
        key = key_of(name)
        if key not in self.outlets:
            name = checked(name, "outlet")
            number = self._add("outlets", {"name": name, "key": key, "aliases": []}, len(self.new_outlets))
            self.outlets[key] = number, name
            self.new_outlets.append(name)
        return self.outlets[key][0]

    def item_or_new(self, name: str, unit: str) -> Item:
        """An item, which is added with this unit where it is not known. Raises UserError as `known_or_new`."""
        item = self.known_or_new(name, unit)
        return item if item.id else item._replace(id=self.add_item(item))

    def known_or_new(self, name: str, unit: str, else_unit: str = "") -> Item:
        """An item; one that is not known has the id 0 and is not added yet. else_unit: of a new one without a unit

        Raises UserError for what is no name, and for a new item whose unit is missing or not known.
        """
        if (found := self.items.get(key_of(name))) is not None:
            return found
        name = checked(name, "item")
        unit = unit.strip() or else_unit.strip()
        if not unit:
            raise UserError(f"{name!r} is a new item and has no unit. Give the unit, such as kg.")
        return Item(0, name, units.canonical(unit))

    def add_item(self, item: Item) -> int:
        """Add an item that `known_or_new` gave; gives its id."""
        values = {"name": item.name, "key": key_of(item.name), "unit": item.unit, "category": "", "pack_size": 1.0}
        values |= {"lead_days": 1, "price": 0.0, "aliases": []}
        number = self._add("items", values, len(self.new_items))
        self.items[key_of(item.name)] = item._replace(id=number)
        self.new_items.append(item.name)
        return number

    def _add(self, kind: str, values: dict, count: int) -> int:
        if self._connection is None:
            return -1 - count
        table = getattr(tables(), kind)
        return self._connection.execute(table.insert().returning(table.c.id), values).scalar_one()


def checked(name: str, what: str) -> str:
    """A name as it is kept. Raises UserError for one that is empty or too long."""
    name = clean(name)
    if not name:
        raise UserError(f"The name of the {what} is empty.")
    if len(name) > LONGEST_NAME:
        raise UserError(f"The name of the {what} has {len(name)} characters, {name!r:.50}…: at most {LONGEST_NAME}.")
    return name


def _found(name: str, known: dict, shown: Iterable[str], what: str) -> str:
    if (key := key_of(name)) in known:
        return key
    there = sorted(set(shown))
    more = f" and {len(there) - 20} more" if len(there) > 20 else ""
    listed = f"There are {', '.join(there[:20])}{more}." if there else "There are none yet: import a file first."
    raise UserError(f"There is no {what} {name!r:.80}. {listed}")
