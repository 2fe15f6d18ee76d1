"""Rows of workbooks (XLSX), one after the other, without holding a sheet in memory."""

import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.read_only import ReadOnlyCell

Cell = str | float | date
MOST_UNPACKED = 1_000_000_000  # bytes of a workbook; an XLSX file is a ZIP archive
_FORMULA = re.compile(rb"<f[ />]")  # in the XML of a sheet


def sheets(path: Path) -> tuple[str, ...]:
    """The names of the sheets that are not hidden. Raises UserError where the file is no workbook, or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
            if size > MOST_UNPACKED:
                raise UserError(
                    f"{path.name!r} is {size / 1e9:.1f} GB when it is unpacked: at most {MOST_UNPACKED / 1e9:.0f}. "
                    "Save it as CSV."
                )
        with closing(_workbook(path, values=True)) as book:
            names = tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible")
    except UserError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error
    if not names:
        raise UserError(f"{path.name!r} has no sheet with cells. Save the records in one, or as CSV.")
    return names


def _workbook(path: Path, values: bool) -> "Workbook":
    import openpyxl

    return openpyxl.load_workbook(path, read_only=True, data_only=values, keep_links=False)


def _damaged(path: Path, error: Exception) -> UserError:
    """Whatever a damaged archive or its XML make the libraries say."""
    return UserError(f"{path.name!r} can't be read as a workbook ({error!s:.120}). Save it again as .xlsx.")


def rows(path: Path, name: str, used: Collection[int]) -> Iterator[tuple[int, list[Cell], str]]:
    """The rows of a sheet that are not empty, one after the other: line, cells and what is wrong with them, or "".

    Formulas are read by the values that the file keeps of them; where it keeps none in a column of `used`, the row has
    a problem. Raises UserError where the file is damaged.
    """
    with ExitStack() as stack:
        written: Iterator[Sequence[ReadOnlyCell]] = iter(())
        try:
            sheet = _sheet(stack, path, name, values=True)
            if _has_formulas(path):
                written = _sheet(stack, path, name, values=False)
            yield from _sheet_rows(sheet, written, used)
        except Exception as error:
            raise _damaged(path, error) from error


def _sheet(stack: ExitStack, path: Path, name: str, values: bool) -> "Iterator[Sequence[ReadOnlyCell]]":
    """The rows of a sheet, with the values of formulas or with the formulas themselves."""
    sheet = stack.enter_context(closing(_workbook(path, values)))[name]
    sheet.reset_dimensions()  # some programs write wrong ones
    return sheet.iter_rows()


def _sheet_rows(
    sheet: "Iterator[Sequence[ReadOnlyCell]]", written: "Iterator[Sequence[ReadOnlyCell]]", used: Collection[int]
) -> Iterator[tuple[int, list[Cell], str]]:
    for line, cells in enumerate(sheet, 1):
        behind = next(written, ())
        row = [_value(cell) for cell in cells]
        while row and row[-1] == "":
            row.pop()
        problem = ""
        for at, cell in enumerate(behind):
            if at in used and cell.data_type == "f" and (at >= len(row) or row[at] == ""):
                problem = (
                    f"{cell.coordinate} has a formula without its value. Open the file in a spreadsheet program "
                    "and save it there."
                )
                break
        if row or problem:
            yield line, row, problem


def _has_formulas(path: Path) -> bool:
    """Whether a workbook has any formula, without which it needs to be read once only."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as stream:
                    end = b""
                    while chunk := stream.read(1 << 20):
                        if _FORMULA.search(end + chunk):
                            return True
                        end = chunk[-3:]
    return False


def _value(cell: "ReadOnlyCell") -> Cell:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, (bool, time)):
        return str(value)
    if isinstance(value, (int, float)):
        return float(value)
    return value if isinstance(value, (str, date)) else str(value)
