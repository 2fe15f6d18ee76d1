"""A person's own questions from a CSV or JSON file, each row checked, none lost without a word why.

CSV has a row with the names of its columns: text, and where wanted role, category, difficulty, key_points and
follow_ups, both with ";" or "|" between entries. JSON is a list of objects with these keys, or an object a line; there
key_points and follow_ups are lists.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from coach.questions import ANY, KEYS, LISTS, Question, built_in, folded, make, quoted
from common.errors import UserError
from common.text_files import examine, open_text

MOST = 1_000  # questions of a file
MOST_BYTES = 1_000_000
# What a row says that leaves them out or empty.
DEFAULTS = {"role": ANY, "category": "behavioural", "difficulty": 2}
KINDS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json"}

_OTHER_NAMES = {"question": "text", "questions": "text", "level": "difficulty", "key_point": "key_points",
                "keypoints": "key_points", "follow_up": "follow_ups", "followups": "follow_ups"}  # fmt: skip
_PASSED_OVER = ("id", "own")  # of an export: an id is made anew, and what is imported is one's own
_DELIMITERS = (",", ";", "\t")
_BETWEEN = re.compile(r"\s*[;|\n]\s*")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f]")


class Problem(NamedTuple):
    """What is wrong. line: of the file, from 1, where the row begins; 0 for the file as a whole."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}" if self.line else self.reason


@dataclass(frozen=True)
class Imported:
    """questions: that can be used, in the order of the file; problems: rows left out, and what else to know."""

    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]


def read(path: str | Path, there: Iterable[Question] = ()) -> Imported:
    """The questions of a CSV or JSON file.

    there: questions of one's own that are there already; these and those of the bank are not taken once more
    Raises UserError for a file that is missing, of another kind, over MOST_BYTES or MOST rows, no text, broken JSON,
    without a column of texts or without any row; what is wrong with one row is a problem of the result.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"There is no file {path.name!r}. Name a CSV or JSON file with questions.")
    if (kind := KINDS.get(path.suffix.lower())) is None:
        raise UserError(f"{path.name!r} is of a kind that can't be read. Save it as one of {', '.join(KINDS)}.")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise UserError(f"{path.name!r} has {size:,} bytes, at most {MOST_BYTES:,} are read. Part it into several.")
    notes: list[Problem] = []
    text = _decoded(path, notes)
    rows = list(_csv_rows(path.name, text, notes) if kind == "csv" else _json_rows(path.name, text))
    if len(rows) > MOST:
        raise UserError(f"{path.name!r} has {len(rows):,} questions, at most {MOST:,} are read. Part it into several.")
    if not rows:
        raise UserError(f"{path.name!r} has no questions in it.")
    imported = check(rows, there)
    return Imported(imported.questions, tuple(sorted((*notes, *imported.problems), key=lambda problem: problem.line)))


def check(rows: Iterable[tuple[int, Any]], there: Iterable[Question] = ()) -> Imported:
    """The questions that rows make.

    rows: each its line and a mapping with KEYS; `coach.questions.make` says which values are valid
    there: as for `read`
    """
    seen = {folded(question.text): "The bank has this question already" for question in built_in().values()}
    seen |= {folded(question.text): "You have this question already" for question in there}
    questions, problems = [], []
    for line, row in rows:
        try:
            question = make(_filled(row))
        except UserError as error:
            problems.append(Problem(line, str(error)))
            continue
        if before := seen.get(folded(question.text)):
            problems.append(Problem(line, f"{before}: {quoted(question.text)}. It was left out."))
        else:
            seen[folded(question.text)] = f"Line {line} has this question already"
            questions.append(question)
    return Imported(tuple(questions), tuple(problems))


def _filled(row: Any) -> dict[str, Any]:
    """A row under the names of KEYS, with what it leaves out. Raises UserError for what is no row with a text."""
    if isinstance(row, Exception):
        raise row
    if not isinstance(row, Mapping):
        raise UserError(f"It is {quoted(row)}: give an object with a text.")
    named = {_name(key): value for key, value in row.items()}
    if named.get("text") in (None, ""):
        raise UserError(f"It has no text; it has {', '.join(map(quoted, row)) or 'nothing'}.")
    return {key: DEFAULTS.get(key) if named.get(key) in (None, "") else named[key] for key in KEYS}


def _name(column: str) -> str:
    key = re.sub(r"[\s_-]+", "_", column.strip().lower())
    return _OTHER_NAMES.get(key, key)


def _decoded(path: Path, notes: list[Problem]) -> str:
    advice = "Export the questions as CSV or JSON."
    found = examine(path, advice)
    if found.encoding == "cp1252":  # what spreadsheet programs on Windows call CSV
        notes.append(Problem(0, "The file is not in UTF-8 and was read as Windows-1252. If letters look wrong, save "
                                "it as UTF-8."))  # fmt: skip
    elif found.damaged:
        notes.append(Problem(0, "The file is not all in UTF-8; look for \N{REPLACEMENT CHARACTER} in the questions."))
    with open_text(path, found.encoding) as stream:
        text = stream.read()
    if _CONTROL.search(text):
        raise UserError(f"{path.name!r} is no text file. {advice}")
    return text


def _csv_rows(name: str, text: str, notes: list[Problem]) -> Iterator[tuple[int, Any]]:
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(_DELIMITERS, key=lambda sign: sum(_name(cell.strip('" ')) in KEYS for cell in head.split(sign)))
    records = _records(text, delimiter)
    first, columns = next(records, (1, []))
    if isinstance(columns, Exception):
        raise UserError(f"{name!r}, line {first}: {columns}")
    names = [_name(column) for column in columns]
    if "text" not in names:
        raise UserError(f"{name!r} has no column 'text'; its first row is {quoted(columns)}. Name the columns there.")
    if doubled := sorted({column for column in names if column in KEYS and names.count(column) > 1}):
        raise UserError(f"{name!r} has the column {doubled[0]!r} twice. Leave one.")
    for column, key in zip(columns, names, strict=True):
        if key and key not in (*KEYS, *_PASSED_OVER):
            near = get_close_matches(key, KEYS, 1, 0.7)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            notes.append(Problem(first, f"The column {quoted(column)} is not known and was passed over.{hint}"))
    for line, cells in records:
        yield line, cells if isinstance(cells, Exception) else _row(names, cells)


def _row(names: list[str], cells: list[str]) -> Any:
    if any(cell.strip() for cell in cells[len(names) :]):
        return UserError(f"It has {len(cells)} cells and not {len(names)}: put a text with the delimiter in it in "
                         "quotation marks.")  # fmt: skip
    row = {key: cell.strip() for key, cell in zip(names, cells, strict=False) if key}
    return row | {key: _BETWEEN.split(row[key]) for key in LISTS if key in row}


def _records(text: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    """The rows that are not empty, each with its first line; where one can't be read, the error and no more rows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, UserError(f"It can't be read ({error}), nor what follows. Look for a quotation mark in it "
                                  "that is never closed, or that is not doubled inside a cell.")  # fmt: skip
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _json_rows(name: str, text: str) -> Iterator[tuple[int, Any]]:
    """The values of a JSON list, or of a file with one value after the other, each with its first line."""
    decoder, space = json.JSONDecoder(), re.compile(r"[\s,]*")
    at = re.compile(r"\s*\[?[\s,]*").match(text).end()
    listed = text[:at].lstrip().startswith("[")
    end = len(text.rstrip())
    if listed and text[end - 1] == "]":
        end -= 1
    elif listed:
        raise UserError(f"{name!r} is cut off: its list is never closed with ']'.")
    line, counted = 1, 0
    while at < end:
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, stop = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            where = text.count("\n", 0, error.pos) + 1 if isinstance(error, json.JSONDecodeError) else line
            why = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deep or too long"
            raise UserError(f"{name!r}, line {where}, is no JSON: {why}. Mend it there.") from error
        yield line, value
        at = space.match(text, stop).end()
