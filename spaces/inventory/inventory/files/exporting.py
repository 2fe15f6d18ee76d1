"""Records as a CSV file or a workbook that spreadsheet programs open, and that can be imported again."""

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from common.spreadsheets import neutral
from inventory.files.columns import FIELDS, TITLES

if TYPE_CHECKING:
    from inventory.records import Record
    from inventory.store import Store

MOST_ROWS = 1_048_576  # of a sheet, the headings among them
Cell = str | float | None | date


def export_records(
    store: "Store",
    path: str | Path,
    outlet: str | None = None,
    item: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> int:
    """Write records to a .csv or .xlsx file, row by row; gives how many.

    outlet, item, first, last: which ones, as in `Store.records`
    What was there under this name is replaced as a whole or not at all. Raises UserError for a name with another
    ending, a folder that is not there or can't be written to, and for more rows than a sheet holds.
    """
    count = store.count_records(outlet, item, first, last)
    rows = (_cells(record) for record in store.records(outlet, item, first, last))
    return _write(Path(path), chain([[TITLES[field] for field in FIELDS]], rows), count)


def export_rows_aside(store: "Store", number: int, path: str | Path) -> int:
    """Write the rows that an import set aside to a .csv or .xlsx file, with line and reason; gives how many.

    Mended there, the file can be imported as it is. Raises UserError as `export_records`, and where there is no such
    import.
    """
    found = store.get_import(number)
    if found is None:
        raise UserError(f"There is no import {number}. Choose one of the list of imports.")
    rows = ([*row.cells, *[""] * (len(found.columns) - len(row.cells))] for row in store.rows_aside(number))
    lines = ((row.line, row.reason) for row in store.rows_aside(number))
    table = ([*cells, float(line), why] for cells, (line, why) in zip(rows, lines, strict=True))
    return _write(Path(path), chain([[*found.columns, "Line in the file", "Problem"]], table), found.set_aside)


def _cells(record: "Record") -> list[Cell]:
    balance = record.balance if record.balance == record.balance else None
    return [
        record.day, record.outlet, record.item, record.unit, record.stock_in, balance, record.order, record.remark
    ]  # fmt: skip


def _write(path: Path, rows: Iterable[list[Cell]], count: int) -> int:
    """Write rows, the headings first; gives how many there were below them."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise UserError(f"An export can't be written as {path.name!r}. Let its name end in .csv or .xlsx.")
    if kind == ".xlsx" and count >= MOST_ROWS:
        raise UserError(f"{count:,} rows don't fit in a sheet. Export them as .csv, or fewer days.")
    if not path.parent.is_dir():
        raise UserError(f"There is no folder {str(path.parent)!r} for {path.name!r}. Make it, or name another.")
    try:
        with _replacing(path) as new:
            return (_write_csv if kind == ".csv" else _write_xlsx)(new, rows)
    except OSError as error:
        raise UserError(f"{str(path)!r} can't be written: {error.strerror}. Free some room or name another.") from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A new file beside `path`, which takes its place when it is whole."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        yield new
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _write_csv(path: Path, rows: Iterable[list[Cell]]) -> int:
    count = -1
    with open(path, "w", encoding="utf-8-sig", newline="") as stream:  # by its mark spreadsheet programs know UTF-8
        writer = csv.writer(stream)
        for row in rows:
            writer.writerow([_shown(cell) for cell in row])
            count += 1
    return count


def _write_xlsx(path: Path, rows: Iterable[list[Cell]]) -> int:
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    count = -1
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Records")
    sheet.freeze_panes = "A2"
    for row in rows:
        texts = (ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell for cell in row)
        sheet.append([neutral(cell, reversible=True) for cell in texts])
        count += 1
    book.save(path)
    return count


def _shown(cell: Cell) -> Cell:
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    return neutral(cell, reversible=True)
