"""Lines of a file, rows of delimited text (CSV), and the sign that parts their cells (RFC 4180, read with patience).

The library csv is not used for reading: its limit on the length of a cell holds for the whole process, and a quotation
mark that is never closed makes it swallow the rest of a file as one cell.
"""

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

LONGEST_ROW = 4_000_000  # characters
MOST_LINES = 5_000  # of one row, in quotation marks
_NONE = "\0"  # parts nothing, as it is in no line
_TOLD = re.compile(r"\"?sep=([,;\t|])\"?")  # a first line by which spreadsheet programs tell the sign


class Line(NamedTuple):
    """A line of a file. number: from 1; whole: whether its end was read."""

    number: int
    text: str
    whole: bool = True


class Record(NamedTuple):
    """A row. line: where it begins; problem: why it has no cells, or ""."""

    line: int
    cells: list[str]
    problem: str = ""


def lines(stream: TextIO) -> Iterator[Line]:
    """The lines of a file without their ends; of one beyond LONGEST_ROW the rest is passed over."""
    number = 0
    while text := stream.readline(LONGEST_ROW):
        number += 1
        whole, rest = text.endswith("\n") or len(text) < LONGEST_ROW, text
        while not whole and rest and not rest.endswith("\n"):
            rest = stream.readline(LONGEST_ROW)
        yield Line(number, text.removesuffix("\n").replace("\0", ""), whole)


def delimiter(sample: Sequence[Line], known: Collection[str] = ()) -> str | None:
    """The sign that parts the first row into names of which one is known, else most rows into as many cells as it.

    known: in lower case. None where there is one column.
    """
    if sample and (told := _TOLD.fullmatch(sample[0].text)):
        return told.group(1)
    best, chosen = (False, 0.7, 1), None  # has a known name, share of the rows, cells
    for sign in ",;\t|":
        rows = [record.cells for record in records(sample, sign) if not record.problem]
        if rows and len(rows[0]) > 1:
            named = any(cell.strip().casefold() in known for cell in rows[0])
            agreeing = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
            best, chosen = max((best, chosen), ((named, agreeing, len(rows[0])), sign), key=lambda pair: pair[0])
    return chosen


def records(lines: Iterable[Line], sign: str | None) -> Iterator[Record]:
    """The rows of lines, without lines that are empty; sign: None for one column.

    A row whose quotation mark is not closed within MOST_LINES and LONGEST_ROW is given up with its first line alone.
    """
    sign = sign or _NONE
    waiting: deque[Line] = deque()
    source = iter(lines)

    def following() -> Line | None:
        return waiting.popleft() if waiting else next(source, None)

    while (line := following()) is not None:
        if line.number == 1 and _TOLD.fullmatch(line.text):
            continue
        if not line.whole:
            yield Record(line.number, [], "Its line is too long.")
            continue
        taken, length, inside = [line], len(line.text), _ends_inside(line.text, sign, False)
        while inside and len(taken) < MOST_LINES and length < LONGEST_ROW and (more := following()) is not None:
            taken.append(more)
            length += len(more.text)
            inside = _ends_inside(more.text, sign, True)
        if inside:
            waiting.extendleft(reversed(taken[1:]))
            yield Record(line.number, [], "A quotation mark is opened and not closed.")
        elif any(one.text.strip() for one in taken):
            yield Record(line.number, _cells("\n".join(one.text for one in taken), sign))


def _ends_inside(line: str, sign: str, inside: bool) -> bool:
    """Whether the end of a line lies within quotation marks, where its beginning does or doesn't."""
    at = 0
    while True:
        if inside:
            at = line.find('"', at)
            if at < 0:
                return True
            if line.startswith('""', at):
                at += 2
                continue
        else:
            start = _after_spaces(line, at)
            if line.startswith('"', start):
                inside, at = True, start + 1
                continue
        inside = False
        at = line.find(sign, at) + 1
        if at == 0:
            return False


def _cells(record: str, sign: str) -> list[str]:
    """The cells of a row whose quotation marks are closed; a mark within a cell without them is one of its signs."""
    cells, at = [], 0
    while True:
        start, quoted = _after_spaces(record, at), ""
        if record.startswith('"', start):
            end = start + 1
            while record.startswith('""', end := record.index('"', end)):
                end += 2
            quoted, at = record[start + 1 : end].replace('""', '"'), end + 1
        end = record.find(sign, at)
        cells.append(quoted + record[at : end if end >= 0 else None])
        if end < 0:
            return cells
        at = end + 1


def _after_spaces(line: str, at: int) -> int:
    while line.startswith(" ", at):
        at += 1
    return at
