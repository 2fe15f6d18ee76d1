"""Import of stock records from CSV and XLSX files: first a look at what would come of it, then all of it or nothing.

    preview("stock.csv")               # columns, their meaning, the date format, what is wrong
    import_file(store, "stock.csv")

A file is read row by row, however long it is. What can't be used is kept aside with its line and the reason. Of two
rows of the same day, outlet and item the later one stands, as a book is corrected below; the earlier one is kept aside
where it says something else.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from inventory.files import columns
from inventory.files.form import Table, open_table, shown
from inventory.files.rows import LONGEST_REMARK, Reader
from inventory.files.sheets import Row
from inventory.store import imports
from inventory.store.base import Names
from inventory.store.imports import RowAside

if TYPE_CHECKING:
    from inventory.store import Store
    from inventory.store.loading import LoadedRow

AT_ONCE = 5_000  # rows
MOST_NEW = 20_000  # names of outlets or items; more come of a wrong column
SHOWN = 10  # rows and problems of a preview
_LONGEST_CELL = 1_000  # characters of a cell that is kept aside
_ALIKE = 82  # of 100, from which on a new name may be a known one with a typing error

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Preview:
    """What would come of a file.

    columns: its headings; mapping: heading of each field that was found; missing: fields that are needed and not found
    date_format: of `days.FORMATS`, None where it has to be asked for; decimal: "." or ",", None likewise
    sheet: that is read, of `sheets`; "" and () for a CSV
    first: the first rows, as texts; rows, good, bad: how many there are, can be used, would be set aside; without a
        date format, a decimal sign or a field that is needed, all are bad
    problems: what has to be said first, then the commonest reasons with the first line of each, then what was taken
        for granted
    """

    columns: tuple[str, ...]
    mapping: dict[str, str]
    missing: tuple[str, ...]
    date_format: str | None
    decimal: str | None
    sheet: str
    sheets: tuple[str, ...]
    first: tuple[tuple[str, ...], ...]
    rows: int
    good: int
    bad: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Imported:
    """What came of a file. id: of the import in the database; the others as in `imports.Import`"""

    id: int
    added: int
    changed: int
    same: int
    set_aside: int
    notes: tuple[str, ...]


def preview(
    path: str | Path,
    mapping: Mapping[str, str | None] | None = None,
    sheet: str | None = None,
    *,
    date_format: str | None = None,
    decimal: str | None = None,
    outlet: str | None = None,
    unit: str | None = None,
    store: "Store | None" = None,
) -> Preview:
    """Look at a file. The arguments are as in `import_file`; the units of the store's items count where it is given.

    Raises UserError for a file that can't be read and for a mapping that names what is not there.
    """
    table = open_table(path, mapping or {}, sheet, date_format, decimal, outlet, unit)
    first = tuple(tuple(map(shown, row.cells)) for row in islice(table.rows(), SHOWN))
    problems = list(table.problems)
    if table.missing:
        problems.insert(0, str(columns.missing_error(table.columns, table.missing)))
    rows = bad = 0
    if problems:
        rows = bad = sum(1 for _ in table.rows())
    else:
        reader = Reader(table.form, store.names() if store else Names(), date.today())
        reasons: Counter[str] = Counter()
        lines: dict[str, int] = {}
        for row in table.rows():
            rows += 1
            if isinstance(read := _read(reader, row), str):
                bad += 1
                if read in reasons or len(reasons) < AT_ONCE:
                    reasons[read] += 1
                    lines.setdefault(read, row.line)
        problems += [
            f"Line {lines[reason]}{f' and {count - 1:,} more' if count > 1 else ''}: {reason}"
            for reason, count in reasons.most_common(SHOWN)
        ]
    if not rows:
        problems.append("There are no rows below the headings.")
    return Preview(
        table.columns,
        table.mapping,
        table.missing,
        table.form.date_format or None,
        table.form.decimal or None,
        table.sheet or "",
        table.file.sheets,
        first,
        rows,
        rows - bad,
        bad,
        (*problems, *table.notes),
    )


def import_file(
    store: "Store",
    path: str | Path,
    mapping: Mapping[str, str | None] | None = None,
    date_format: str | None = None,
    *,
    sheet: str | None = None,
    decimal: str | None = None,
    outlet: str | None = None,
    unit: str | None = None,
    name: str | None = None,
    again: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Bring the rows of a file into the stock book, in one transaction.

    mapping: headings by field ("day", "outlet", "item", "unit", "stock_in", "balance", "order", "remark"), None for a
        field that the file doesn't have; what is not named is found by its heading
    date_format: DD/MM/YYYY or MM/DD/YYYY; decimal: "." or ","; None where the cells tell
    sheet: of a workbook, None for the first that has the columns; outlet: where all rows are from, if the file doesn't
        say; unit: of new items for which the file says none; name: of the file as the person knows it
    again: import it though the same content was imported in the same way before, for which nothing is done otherwise
    progress: is told how many rows are read, now and then

    Records that are there already take the file's values. Raises UserError where the file can't be read, columns are
    missing, dates or amounts can be read in two ways, or no row can be used; nothing of it is in then.
    """
    table = open_table(path, mapping or {}, sheet, date_format, decimal, outlet, unit)
    if table.missing:
        raise columns.missing_error(table.columns, table.missing)
    if table.problems:
        raise UserError(" ".join(table.problems))
    name = name or table.file.path.name
    settings = table.settings
    with store.loading() as (connection, names, loading):
        before = imports.find(connection, table.file.sha256, settings)
        if before is not None and not again:
            note = (
                f"This file was imported on {before.created:%Y-%m-%d at %H:%M} UTC already, as {before.file!r}; "
                "nothing was changed."
            )
            return Imported(before.id, 0, 0, before.added + before.changed + before.same, before.set_aside, (note,))
        known = [[names.outlets[key][1] for key in names.outlets], [item.name for item in names.items.values()]]
        number = imports.begin(connection, name, table.file.sha256, settings, table.columns)
        reader = Reader(table.form, names, date.today())
        reasons: Counter[str] = Counter()
        read = 0
        rows = table.rows()
        while batch := list(islice(rows, AT_ONCE)):
            good, bad = _sorted(reader, batch)
            loading.add(good)
            imports.set_aside(connection, number, bad)
            reasons.update(row.reason for row in bad)
            read += len(batch)
            if len(reasons) > AT_ONCE:  # each with a value of its own
                reasons = Counter(dict(reasons.most_common(SHOWN)))
            _check_names(names)
            if progress:
                progress(read)
        aside = read - loading.rows
        if not loading.rows:
            raise _nothing(name, read, reasons)
        later = dict(loading.superseded())
        for part in _superseded(table, later):
            imports.set_aside(connection, number, part)
        counts = loading.write()
        notes = [*table.notes, *_notes(names, known, len(later), reader.cut)]
        if repeated := loading.rows - len(later) - counts.added - counts.changed - counts.same:
            notes.append(f"Rows that only repeat another one: {repeated:,}.")
        if counts.days < counts.span:
            notes.append(f"Days without any row: {counts.span - counts.days:,} of {counts.span:,}, first to last.")
        imports.finish(connection, number, counts, aside + len(later), notes)
    return Imported(number, counts.added, counts.changed, counts.same, aside + len(later), tuple(notes))


# Rows


def _read(reader: Reader, row: Row) -> "LoadedRow | str":
    """A row of the book, or the reason why it can't be one."""
    if row.problem:
        return row.problem
    try:
        return reader.read(row.line, row.cells)
    except UserError as error:
        return str(error)


def _sorted(reader: Reader, rows: Sequence[Row]) -> "tuple[list[LoadedRow], list[RowAside]]":
    """Rows of the book, and those that can't be."""
    good, bad = [], []
    for row in rows:
        if isinstance(read := _read(reader, row), str):
            bad.append(_aside(row, read))
        else:
            good.append(read)
    return good, bad


def _aside(row: Row, reason: str) -> RowAside:
    return RowAside(row.line, tuple(shown(cell)[:_LONGEST_CELL] for cell in row.cells), reason)


def _superseded(table: Table, later: Mapping[int, int]) -> Iterator[list[RowAside]]:
    """Rows of which a later one says something else: their cells are read from the file once more."""
    if later:
        rows = (row for row in table.rows() if row.line in later)
        while batch := list(islice(rows, AT_ONCE)):
            yield [
                _aside(row, f"Line {later[row.line]} says something else of the same day, outlet and item, and stands.")
                for row in batch
            ]


def _check_names(names: Names) -> None:
    for what, new in (("outlets", names.new_outlets), ("items", names.new_items)):
        if len(new) > MOST_NEW:
            raise UserError(
                f"The file names more than {MOST_NEW:,} new {what}, such as {new[-1]!r}. Look whether the right column "
                f"is taken for the {what}."
            )


def _nothing(name: str, rows: int, reasons: Counter[str]) -> UserError:
    if not rows:
        return UserError(f"{name!r} has no rows below its headings. Nothing was imported.")
    reason, count = reasons.most_common(1)[0]
    return UserError(f"None of the {rows:,} rows of {name!r} can be used. In {count:,} of them: {reason}")


def _notes(names: Names, known: Sequence[Sequence[str]], superseded: int, cut: int) -> list[str]:
    from rapidfuzz import fuzz, process

    notes = []
    for what, new, there in (("outlet", names.new_outlets, known[0]), ("item", names.new_items, known[1])):
        if new:
            shown = ", ".join(new[:10]) + (f" and {len(new) - 10:,} more" if len(new) > 10 else "")
            notes.append(f"{len(new):,} new {what}{'s' if len(new) > 1 else ''}: {shown}.")
        for one in new[:200]:
            if like := process.extractOne(one, there, scorer=fuzz.ratio, processor=str.casefold, score_cutoff=_ALIKE):
                notes.append(f"The new {what} {one!r} looks like {like[0]!r}: if it is the same, make it an alias.")
    if superseded:
        notes.append(f"Set aside as a later row of the same day, outlet and item differs: {superseded:,}.")
    if cut:
        notes.append(f"Remarks cut at {LONGEST_REMARK} characters: {cut:,}.")
    return notes
