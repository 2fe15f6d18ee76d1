"""Files of feedback, row by row: CSV, JSONL and TXT in the forms in which people have them.

`open_source` reads a file once to know its encoding, its delimiter, the column of the texts and how many rows it has;
`Source.items` then gives one row after the other without holding the file in memory. A row that can't be read is given
too, with the reason, so that none is lost.
"""

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from statistics import fmean

from common.errors import UserError
from common.text_files import examine, open_text
from feedback import delimited
from feedback.delimited import LONGEST_ROW, Line, lines

MOST_ROWS = 200_000
MOST_CHARACTERS = 20_000  # of a text; what is longer is cut, which its row notes
SAMPLE, SAMPLE_CHARACTERS = 800, 1_000_000  # lines, and characters, that the form is found out from
KINDS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".txt": "txt"}
# Names of the column with the texts, the likeliest first; also as a part of a name.
NAMES = ("text", "feedback", "comment", "comments", "review", "message", "body", "content", "description", "answer")

_DAMAGED = "Some bytes are no UTF-8; signs that could not be read are replaced."
_OLD = "The file is not in UTF-8 and was read as Windows-1252. If letters look wrong, save it as UTF-8."
_SURROGATE = re.compile("[\ud800-\udfff]")
_REPLACED = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Item:
    """A row. line: where it begins, from 1; text: None where it can't be read, and `problem` says why; note: what was
    done to the text."""

    line: int
    text: str | None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Source:
    """A file whose form is known.

    kind: csv, jsonl or txt; delimiter: of a CSV, None where it has one column; header: whether its first row names the
    columns; columns: their names; column: the name of that with the texts, "" where there is none; rows: those that
    can't be read included; sha256: of the file; notes: what a person should know
    """

    path: Path
    kind: str
    encoding: str
    delimiter: str | None
    header: bool
    columns: tuple[str, ...]
    column: str
    index: int
    rows: int
    sha256: str
    notes: tuple[str, ...]

    def items(self, skip: int = 0) -> Iterator[Item]:
        """The rows from number `skip` on, in order."""
        with open_text(self.path, self.encoding) as stream:
            reader = {"csv": self._csv, "jsonl": self._jsonl, "txt": self._txt}[self.kind]
            yield from islice(reader(stream), skip, None)

    def _txt(self, stream: io.TextIOBase) -> Iterator[Item]:
        for line in lines(stream):
            if line.text.strip():
                yield _item(line.number, line.text)

    def _jsonl(self, stream: io.TextIOBase) -> Iterator[Item]:
        for number, line, whole in lines(stream):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = str(error) if whole else f"it is longer than {LONGEST_ROW:,} characters"
                yield Item(number, None, f"This is no JSON: {reason}.")
                continue
            if isinstance(value, dict) and self.column not in value:
                yield Item(number, None, f"It has no {self.column!r}; it has {_listed(value)}.")
                continue
            yield _item(number, value[self.column] if isinstance(value, dict) else value)

    def _csv(self, stream: io.TextIOBase) -> Iterator[Item]:
        width, names = len(self.columns), self.header
        for line, cells, problem in delimited.records(lines(stream), self.delimiter):
            if problem:
                yield Item(line, None, problem)
            elif names:
                names = False  # the first row that can be read
            elif len(cells) <= self.index:
                yield Item(line, None, f"It has {len(cells)} cells; the text is in number {self.index + 1}.")
            elif any(map(str.strip, cells[width:])):
                yield Item(line, None, f"It has {len(cells)} cells and not {width}: a text needs quotation marks.")
            else:
                yield _item(line, cells[self.index])


def open_source(path: str | Path, column: str | None = None) -> Source:
    """Find out the form of a file and read it through once.

    column: name of the column (CSV) or key (JSONL) with the texts, in any case, or the number of a column from 1;
        None finds it by its name, else by its long texts
    Raises UserError for a file that is missing, empty, no text, of another kind or over MOST_ROWS, and for a column
    that isn't there; the message names those that are.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no file {str(path)!r}. Name a CSV, JSONL or TXT file.")
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UserError(f"{path.name!r} is of a kind that can't be read. Save it as one of {', '.join(KINDS)}.")
    found = examine(path, "Export it as CSV, JSONL or TXT.")
    notes = (_DAMAGED,) if found.damaged else (_OLD,) if found.encoding == "cp1252" else ()
    source = Source(path, kind, found.encoding, None, False, (), "", 0, 0, found.sha256, notes)
    with open_text(path, found.encoding) as stream:
        sample = _sample(stream)
    source = {"csv": _csv_form, "jsonl": _jsonl_form, "txt": lambda source, *_: source}[kind](source, sample, column)
    rows = sum(1 for _ in islice(source.items(), MOST_ROWS + 1))
    if rows > MOST_ROWS:
        raise UserError(f"{path.name!r} has more than {MOST_ROWS:,} rows. Part it into several files.")
    if not rows:
        raise UserError(f"{path.name!r} has no rows{' below the names of its columns' if source.header else ''}.")
    return replace(source, rows=rows)


def _item(number: int, text: object) -> Item:
    if not isinstance(text, str):
        return Item(number, None, f"The text is {json.dumps(text):.60}, which is none.")
    text, notes = _SURROGATE.sub(_REPLACED, text).strip(), []
    if not text:
        return Item(number, None, "The text is empty.")
    if len(text) > MOST_CHARACTERS:
        notes.append(f"Cut at {MOST_CHARACTERS:,} of {len(text):,} characters.")
    if _REPLACED in text:
        notes.append("It has signs that could not be read.")
    return Item(number, text[:MOST_CHARACTERS], note=" ".join(notes))


def _sample(stream: io.TextIOBase) -> list[Line]:
    sample, length = [], 0
    for line in islice(lines(stream), SAMPLE):
        if sample and length + len(line.text) > SAMPLE_CHARACTERS:
            break
        sample.append(line)
        length += len(line.text)
    return sample


# JSONL


def _jsonl_form(source: Source, sample: list[Line], column: str | None) -> Source:
    values = []
    for line in sample:
        try:
            values.append(json.loads(line.text))
        except (ValueError, RecursionError):
            continue
    if not values or isinstance(values[0], list) or sample[0].text.strip() in ("[", "{"):
        raise UserError(
            f"{source.path.name!r} is no JSONL: each line has to be an object or a text in quotation marks."
        )
    objects = [value for value in values if isinstance(value, dict)]
    keys = tuple(dict.fromkeys(key for value in objects for key in value))
    if not keys:
        return source
    lengths = {key: [len(value[key]) for value in objects if isinstance(value.get(key), str)] for key in keys}
    chosen = _chosen(source.path, keys, column, lambda key: fmean(lengths[key] or [0]))
    return replace(source, columns=keys, column=chosen)


def _chosen(path: Path, names: Sequence[str], column: str | None, long: Callable[[str], float]) -> str:
    """The name that is asked for, else the one that says what it is, else that of the longest texts."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    if column is not None:
        if (found := folded.get(column.strip().casefold())) is None:
            raise UserError(f"{path.name!r} has no column {column!r:.60}; it has {_listed(names)}.")
        return found
    for known in NAMES:
        if known in folded:
            return folded[known]
    named = [name for known in NAMES for name in names if known in name.casefold() and long(name) > 0]
    return max(named or names, key=long)


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name)[:60] for name in islice(names, 30)]
    return ", ".join(shown) or "none"


# CSV


def _csv_form(source: Source, sample: list[Line], column: str | None) -> Source:
    delimiter = delimited.delimiter(sample, {*NAMES, (column or NAMES[0]).strip().casefold()})
    records = [record.cells for record in delimited.records(sample, delimiter) if not record.problem]
    if not records:
        raise UserError(f"{source.path.name!r} has no rows that can be read.")
    first, others = records[0], records[1:]
    lengths = [fmean([len(row[at].strip()) for row in others if at < len(row)] or [0]) for at in range(len(first))]
    names = tuple(cell.strip() or f"column {at}" for at, cell in enumerate(first, 1))
    numbers = tuple(str(at) for at in range(1, len(first) + 1))
    header = _is_header(first, lengths) or (column or "").strip().casefold() in {name.casefold() for name in names}
    notes = source.notes
    if column is not None and column.strip() in numbers and column.strip() not in names:
        chosen = names[int(column) - 1]
    elif header or column is not None:
        by_name = dict(zip(reversed(names), reversed(lengths), strict=True))
        chosen = _chosen(source.path, names, column, by_name.__getitem__)
    else:
        chosen = names[lengths.index(max(lengths))] if others else names[0]
        notes += (f"The first row names no columns; the texts were taken from column {names.index(chosen) + 1}.",)
    index = names.index(chosen)
    columns = names if header else tuple(f"column {number}" for number in numbers)
    named = columns[index] if len(columns) > 1 or header else ""
    return replace(
        source, delimiter=delimiter, header=header, columns=columns, column=named, index=index,
        notes=notes if len(columns) > 1 else source.notes,
    )  # fmt: skip


def _is_header(first: Sequence[str], lengths: Sequence[float]) -> bool:
    """Whether a first row names columns: by a name that is known, or by short names above a column of long texts."""
    cells = [cell.strip().casefold() for cell in first]
    if any(cell in NAMES for cell in cells):
        return True
    short = all(cell and len(cell) <= 40 and not re.search(r"[.!?]$|^[\d.,\s]+$", cell) for cell in cells)
    at = max(range(len(cells)), key=lengths.__getitem__)
    return len(cells) > 1 and short and len(set(cells)) == len(cells) and len(cells[at]) * 2 < lengths[at]
