"""Files that come in and go out, as page and API see them."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from common.errors import UserError
from inventory.desk.base import Base, time_of, whole
from inventory.files.exporting import export_records, export_rows_aside
from inventory.files.importing import import_file, preview

KINDS = ("csv", "xlsx")


class Files(Base):
    """The part of the desk that imports and exports."""

    def preview_import(
        self,
        file: str,
        mapping: dict | None = None,
        sheet: str = "",
        date_format: str = "",
        decimal: str = "",
        outlet: str = "",
        unit: str = "",
    ) -> dict:
        """Look at what would come of a file; nothing is changed.

        Args:
            file: CSV or XLSX with a row for each day, outlet and item
            mapping: heading by field (day, outlet, item, unit, stock_in, balance, order, remark), null for a field that
                the file doesn't have; what is left out is found by its heading
            sheet: of a workbook; empty for the first that fits
            date_format: DD/MM/YYYY or MM/DD/YYYY, where the dates can be read in both ways
            decimal: "." or ",", where amounts can be read in both ways
            outlet: where all rows are from, if the file doesn't say
            unit: of new items, where the file says none

        Returns:
            columns, mapping (as it was found), missing (fields that are needed), date_format, decimal, sheet, sheets,
            first (rows), rows, good, bad, problems.
        """
        found = preview(
            _given(file),
            _mapping(mapping),
            sheet or None,
            date_format=date_format or None,
            decimal=decimal or None,
            outlet=outlet or None,
            unit=unit or None,
            store=self.store,
        )
        return asdict(found)

    def import_records(
        self,
        file: str,
        mapping: dict | None = None,
        sheet: str = "",
        date_format: str = "",
        decimal: str = "",
        outlet: str = "",
        again: bool = False,
        unit: str = "",
        *,
        name: str = "",
        tell: Callable[[int], None] | None = None,
    ) -> dict:
        """Bring the rows of a file into the stock book, all in one go or none; what can't be used is kept aside.

        Args:
            file: CSV or XLSX with a row for each day, outlet and item
            mapping: heading by field (day, outlet, item, unit, stock_in, balance, order, remark), null for a field that
                the file doesn't have; what is left out is found by its heading
            sheet: of a workbook; empty for the first that fits
            date_format: DD/MM/YYYY or MM/DD/YYYY, where the dates can be read in both ways
            decimal: "." or ",", where amounts can be read in both ways
            outlet: where all rows are from, if the file doesn't say
            again: import it though the same file was imported before, for which nothing is done otherwise
            unit: of new items, where the file says none

        Returns:
            id of the import; added, changed, same (records); set_aside (rows); notes.
        """
        done = import_file(
            self.store,
            _given(file),
            _mapping(mapping),
            date_format or None,
            sheet=sheet or None,
            decimal=decimal or None,
            outlet=outlet or None,
            unit=unit or None,
            name=name or None,
            again=again,
            progress=tell,
        )
        return asdict(done) | {"notes": list(done.notes)}

    def imports(self) -> list[dict]:
        """List the latest imports, the newest first.

        Returns:
            For each: id, created, file, added, changed, same, set_aside, notes.
        """
        names = ("id", "file", "added", "changed", "same", "set_aside")
        return [
            {name: getattr(one, name) for name in names} | {"created": time_of(one.created), "notes": list(one.notes)}
            for one in self.store.imports()
        ]

    def rows_aside(self, number: int, count: int = 200) -> list[dict]:
        """Show the rows that an import set aside.

        Args:
            number: id of the import
            count: rows at most

        Returns:
            For each: line in the file, cells, reason.
        """
        number, count = whole(number, "number of the import", 0, 2**31), whole(count, "number of rows", 1, 10_000)
        if self.store.get_import(number) is None:
            raise UserError(f"There is no import {number}. Choose one of the list of imports.")
        rows = islice(self.store.rows_aside(number), count)
        return [{"line": row.line, "cells": list(row.cells), "reason": row.reason} for row in rows]

    def export_records(
        self,
        kind: str = "csv",
        outlet: str = "",
        item: str = "",
        first: str = "",
        last: str = "",
        *,
        folder: str | Path | None = None,
    ) -> str:
        """Write records to a file that spreadsheet programs open and that can be imported again.

        Args:
            kind: csv or xlsx
            outlet: its name; empty for all
            item: likewise
            first: day such as 2026-03-31, from which on; empty for all
            last: day up to which

        Returns:
            The file.
        """
        which = self.chosen(outlet, item, first, last)
        words = [re.sub(r"[^\w-]+", "-", word).strip("-") for word in (outlet, item, first, last) if word]
        path = _folder(folder) / f"{'_'.join(['stock-records', *words])[:100]}.{_kind(kind)}"
        export_records(self.store, path, *which)
        return str(path)

    def export_rows_aside(self, number: int, kind: str = "csv", *, folder: str | Path | None = None) -> str:
        """Write the rows that an import set aside to a file, each with its reason; mended there it can be imported.

        Args:
            number: id of the import
            kind: csv or xlsx

        Returns:
            The file.
        """
        number = whole(number, "number of the import", 0, 2**31)
        path = _folder(folder) / f"rows-kept-aside-{number}.{_kind(kind)}"
        export_rows_aside(self.store, number, path)
        return str(path)


def _given(file: str | None) -> str:
    if not file:
        raise UserError("There is no file yet. Upload a CSV or XLSX file.")
    return file


def _mapping(mapping: Mapping | None) -> dict[str, str | None]:
    if mapping is not None and not isinstance(mapping, Mapping):
        raise UserError(f'The mapping is {mapping!r:.60}: give headings by field, as {{"day": "Date"}}.')
    return dict(mapping or {})


def _kind(kind: str) -> str:
    if (kind or "").strip().lower() not in KINDS:
        raise UserError(f"A file can't be of the kind {kind!r:.60}: give {' or '.join(KINDS)}.")
    return kind.strip().lower()


def _folder(folder: str | Path | None) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))
