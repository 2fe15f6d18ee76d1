"""Imports in the database, and the rows of their files that were set aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from inventory.store.base import Part
from inventory.store.loading import Counts
from inventory.store.schema import LARGEST_ID, now, tables, with_zone

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

PAGE = 2_000  # rows that are read at once


@dataclass(frozen=True)
class Import:
    """A file that was imported.

    settings: how it was read; columns: the headings of the file
    added, changed, same: records that were new, had other values, were there as they are
    set_aside: rows that were kept aside; notes: what a person should know
    """

    id: int
    created: datetime
    file: str
    sha256: str
    settings: dict[str, Any]
    columns: tuple[str, ...]
    added: int
    changed: int
    same: int
    set_aside: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RowAside:
    """A row of a file that could not be used. line: from 1; cells: in the order of the import's columns"""

    line: int
    cells: tuple[str, ...]
    reason: str


class Imports(Part):
    """The imports of the store."""

    def imports(self, limit: int = 100) -> list[Import]:
        """The latest imports, the newest first."""
        table = tables().imports
        with self._engine.connect() as connection:
            rows = connection.execute(table.select().order_by(table.c.id.desc()).limit(limit))
            return [_import(row) for row in rows]

    def get_import(self, number: int) -> Import | None:
        """An import by its id; None where there is none."""
        table = tables().imports
        wanted = number if 0 < number <= LARGEST_ID else 0
        with self._engine.connect() as connection:
            row = connection.execute(table.select().where(table.c.id == wanted)).first()
        return row and _import(row)

    def rows_aside(self, number: int) -> Iterator[RowAside]:
        """The rows that an import set aside, by their lines, read a page at a time."""
        table, last = tables().rows_aside, 0
        while True:
            query = table.select().where(table.c.import_id == number, table.c.line > last)
            with self._engine.connect() as connection:
                rows = connection.execute(query.order_by(table.c.line).limit(PAGE)).all()
            for row in rows:
                yield RowAside(row.line, tuple(row.cells), row.reason)
            if len(rows) < PAGE:
                return
            last = rows[-1].line


def find(connection: "Connection", sha256: str, settings: dict[str, Any]) -> Import | None:
    """The latest import of the same content, read in the same way."""
    table = tables().imports
    query = table.select().where(table.c.sha256 == sha256).order_by(table.c.id.desc())
    return next((_import(row) for row in connection.execute(query) if row.settings == settings), None)


def begin(connection: "Connection", file: str, sha256: str, settings: dict[str, Any], columns: Sequence[str]) -> int:
    """Keep that a file is imported; gives the id, under which rows can be set aside."""
    table = tables().imports
    values = {"created": now(), "file": file, "sha256": sha256, "settings": settings, "columns": list(columns)}
    values |= {"added": 0, "changed": 0, "same": 0, "set_aside": 0, "notes": []}
    return connection.execute(table.insert().returning(table.c.id), values).scalar_one()


def set_aside(connection: "Connection", number: int, rows: Sequence[RowAside]) -> None:
    """Keep rows aside; each line once."""
    if rows:
        values = [
            {"import_id": number, "line": row.line, "cells": list(row.cells), "reason": row.reason} for row in rows
        ]
        connection.execute(tables().rows_aside.insert(), values)


def finish(connection: "Connection", number: int, counts: Counts, aside: int, notes: Sequence[str]) -> None:
    """Keep what came of an import."""
    table = tables().imports
    values = {"added": counts.added, "changed": counts.changed, "same": counts.same}
    values |= {"set_aside": aside, "notes": list(notes)}
    connection.execute(table.update().where(table.c.id == number).values(values))


def _import(row: "Row") -> Import:
    values = dict(row._mapping)
    values |= {"created": with_zone(row.created), "columns": tuple(row.columns), "notes": tuple(row.notes)}
    return Import(**values)
