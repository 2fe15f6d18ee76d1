"""Rows of CSV files and workbooks (XLSX), one after the other, without holding a file in memory."""

import csv
import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from common.digests import sha256
from common.errors import UserError
from common.text_files import examine, open_text
from inventory.files import workbooks
from inventory.files.workbooks import Cell

KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx"}
LONGEST_LINE = 100_000  # characters
MOST_LINES = 50  # of one row, in quotation marks
_SAMPLE = 60  # rows that the delimiter is found out from
_TOLD = re.compile(r"\"?sep=([,;\t|])\"?")  # a first line by which spreadsheet programs tell the sign


class Row(NamedTuple):
    """A row. line: from 1, where it begins; problem: why its cells can't be used, or "" """

    line: int
    cells: Sequence[Cell]
    problem: str = ""


@dataclass(frozen=True)
class File:
    """A file whose form is known.

    encoding, delimiter: of a CSV; sheets: names of a workbook's sheets; sha256: of the whole file
    """

    path: Path
    kind: str
    encoding: str = ""
    delimiter: str = ""
    sheets: tuple[str, ...] = ()
    sha256: str = ""

    def rows(self, sheet: str | None = None, used: Collection[int] = ()) -> Iterator[Row]:
        """The rows from the first on that are not empty. sheet: one of `sheets`, None for the first.

        used: columns in which a formula whose value is not kept in the file is a problem of its row
        """
        if self.kind == "csv":
            return _csv_rows(self.path, self.encoding, self.delimiter)
        return (Row(*row) for row in workbooks.rows(self.path, sheet or self.sheets[0], used))


def open_file(path: str | Path) -> File:
    """Find out the form of a file.

    Raises UserError where it is missing, empty, of another kind than its name says, or can't be read.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no file {str(path)!r}. Name a CSV or XLSX file.")
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path.name!r} is of a kind that can't be read. Save it as .csv or .xlsx.")
    if not path.stat().st_size:
        raise UserError(f"{path.name!r} is empty. Export the records again.")
    if kind == "xlsx":
        return File(path, kind, sheets=workbooks.sheets(path), sha256=sha256(path))
    found = examine(path, "Export the records as CSV, or as a workbook whose name ends in .xlsx.")
    return File(path, kind, found.encoding, _delimiter(path, found.encoding), sha256=found.sha256)


def _delimiter(path: Path, encoding: str) -> str:
    """The sign that parts most rows into the same number of cells, the more the better."""
    with open_text(path, encoding) as stream:
        lines = [line.rstrip("\n") for line in islice(iter(partial(stream.readline, LONGEST_LINE), ""), _SAMPLE)]
    if lines and (told := _TOLD.fullmatch(lines[0].strip())):
        return told.group(1)
    best, chosen = (0, 0), ","
    for sign in ",;\t|":
        rows = [_cells_of(line, sign) for line in lines]
        counts = Counter(len(cells) for cells in rows if any(map(str.strip, cells)))
        for cells, rows in counts.items():
            if cells > 1 and rows * 2 > counts.total():
                best, chosen = max((best, chosen), ((cells, rows), sign), key=lambda pair: pair[0])
    return chosen


def _cells_of(text: str, sign: str) -> list[str]:
    """The cells of a row; a quotation mark that stands within a cell is one of its signs."""
    try:
        return next(csv.reader([text], delimiter=sign), [])
    except csv.Error:  # a cell that is longer than the library takes
        return text.split(sign)


def _csv_rows(path: Path, encoding: str, sign: str) -> Iterator[Row]:
    """A row whose quotation mark is not closed within MOST_LINES is given up with its first line alone."""
    with open_text(path, encoding) as stream:
        source = enumerate(iter(partial(stream.readline, LONGEST_LINE), ""), 1)
        waiting: deque[tuple[int, str]] = deque()
        blank = f"{sign} \t\r\n"
        for number, line in source:
            if '"' not in line and number > 1 and len(line) < LONGEST_LINE:  # nearly all of them
                if line.strip(blank):
                    yield Row(number, line.rstrip("\r\n").split(sign))
                continue
            waiting.append((number, line))
            while waiting:
                row, taken = _csv_row(waiting, source, sign)
                for _ in range(taken):
                    waiting.popleft()
                if row is not None:
                    yield row


def _csv_row(waiting: "deque[tuple[int, str]]", source: Iterator[tuple[int, str]], sign: str) -> tuple[Row | None, int]:
    """The row that begins with the first line that waits, None where it is empty, and how many lines it has."""
    number, line = waiting[0]
    text = line.rstrip("\r\n")
    if len(line) >= LONGEST_LINE:
        return Row(number, [text[:200]], f"The line is longer than {LONGEST_LINE:,} characters."), 1
    if number == 1 and _TOLD.fullmatch(text.strip()):
        return None, 1
    if '"' not in line:
        return (Row(number, text.split(sign)) if text.strip(f"{sign} \t") else None), 1
    taken = 1
    while True:
        text = "".join(line for _, line in islice(waiting, taken)).rstrip("\r\n")
        try:
            cells = next(csv.reader([text], delimiter=sign, strict=True))
            return (Row(number, cells) if any(map(str.strip, cells)) else None), taken
        except csv.Error as error:
            if "unexpected end of data" not in str(error):
                return Row(number, _cells_of(text, sign)), taken
        if taken == MOST_LINES or len(text) > LONGEST_LINE:
            break
        if taken == len(waiting):
            if (following := next(source, None)) is None:
                break
            waiting.append(following)
        taken += 1
    return Row(number, [waiting[0][1].rstrip("\r\n")], "A quotation mark is opened and not closed."), 1
