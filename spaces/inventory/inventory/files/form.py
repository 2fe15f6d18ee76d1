"""The table in a file: where its headings are, which column is what, how its dates and decimals are written."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from common.errors import UserError
from inventory import units
from inventory.files import amounts, columns, days
from inventory.files.rows import Form
from inventory.files.sheets import File, Row, open_file

_HEADING_WITHIN = 20  # rows
_REMEMBERED = 100_000  # cells that are not looked at again


@dataclass(frozen=True)
class Table:
    """A sheet whose headings are known.

    heading: its line; form: without a date format or decimal sign where the cells don't tell; problems: why
    notes: what was taken for granted
    """

    file: File
    sheet: str | None
    heading: int
    columns: tuple[str, ...]
    form: Form
    missing: tuple[str, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def rows(self) -> Iterator[Row]:
        """The rows below the headings."""
        used = self.form.columns.values()
        return (row for row in self.file.rows(self.sheet, frozenset(used)) if row.line > self.heading)

    @property
    def mapping(self) -> dict[str, str]:
        """The heading of each field that was found."""
        return {field: self.columns[at] for field, at in self.form.columns.items()}

    @property
    def settings(self) -> dict[str, Any]:
        """How the file is read, as JSON takes it."""
        form = self.form
        return {
            "mapping": self.mapping,
            "date_format": form.date_format,
            "decimal": form.decimal,
            "sheet": self.sheet or "",
            "outlet": form.outlet or "",
            **({"unit": form.unit} if form.unit else {}),
        }


def open_table(
    path: str | Path,
    mapping: Mapping[str, str | None],
    sheet: str | None,
    date_format: str | None,
    decimal: str | None,
    outlet: str | None,
    unit: str | None = None,
) -> Table:
    """The table in a file; the arguments are as in `importing.import_file`.

    Raises UserError where the file can't be read, and for arguments that name what is not there.
    """
    if date_format not in (None, *days.FORMATS):
        raise UserError(f"There is no date format {date_format!r:.40}. Use {' or '.join(days.FORMATS)}.")
    if decimal not in (None, amounts.POINT, amounts.COMMA):
        raise UserError(f"There is no decimal sign {decimal!r:.40}. Use '.' or ','.")
    if unit:
        units.canonical(unit)
    file = open_file(path)
    if sheet and sheet not in file.sheets:
        there = f"It has {', '.join(map(repr, file.sheets))}." if file.sheets else "It has no sheets."
        raise UserError(f"{file.path.name!r} has no sheet {sheet!r:.60}. {there}")
    tables, errors = [], []
    for name in [sheet] if sheet else file.sheets or [None]:
        try:
            tables += _headings(file, name, mapping, outlet, unit)
        except UserError as error:  # another sheet may have what is named
            errors.append(error)
    if not tables and errors:
        raise errors[0]
    if not tables:
        raise UserError(f"{file.path.name!r} has no rows. Put the headings of the columns in its first one.")
    # A sheet that has all columns, else the one with the fewest missing; the first of equals.
    table = min(tables, key=lambda table: len(table.missing))
    return _with_form(table, date_format, decimal)


def _headings(
    file: File, sheet: str | None, mapping: Mapping[str, str | None], outlet: str | None, unit: str | None
) -> list[Table]:
    """A sheet by the row of its first ones that names the most columns; none where it is empty."""
    best, chosen = -1, None
    error: UserError | None = None
    for row in islice(file.rows(sheet), _HEADING_WITHIN):
        names = _unlike([shown(cell).strip() for cell in row.cells])
        try:
            found = columns.resolve(names, mapping)
        except UserError as wrong:
            error = error or wrong  # about the first row, in which headings should be
            continue
        if len(found) > best and not row.problem:
            best, chosen = len(found), (row.line, names, found)
    if chosen is None:
        if error is not None:
            raise error
        return []
    line, names, found = chosen
    form = Form(found, len(names), "", "", outlet, unit)
    return [Table(file, sheet, line, tuple(names), form, tuple(columns.missing(found, outlet)))]


def _unlike(names: Sequence[str]) -> list[str]:
    """Headings with a name for each column, no two the same."""
    counts: Counter[str] = Counter()
    found = []
    for at, name in enumerate(names, 1):
        name = name or f"column {at}"
        counts[name] += 1
        found.append(name if counts[name] == 1 else f"{name} ({counts[name]})")
    return found


def _with_form(table: Table, date_format: str | None, decimal: str | None) -> Table:
    """The table with its date format and decimal sign, for which all of it is read, where they are not given."""
    order, sign = days.Order(), amounts.Decimal()
    where = table.form.columns
    if "day" in where and not (date_format and decimal):
        numbers = [where[field] for field in ("stock_in", "balance", "order") if field in where]
        seen: set = set()
        for row in table.rows():
            for at in (where["day"], *numbers):
                if at < len(row.cells) and (cell := row.cells[at]) not in seen:
                    seen.add(cell)
                    (order if at == where["day"] else sign).see(cell)
            if len(seen) > _REMEMBERED:
                seen.clear()
    problems = [] if date_format else [order.problem()]
    problems += [] if decimal else [sign.problem()]
    form = replace(table.form, date_format=date_format or order.chosen() or "", decimal=decimal or sign.chosen() or "")
    notes = [] if decimal else [sign.note()]
    return replace(table, form=form, problems=tuple(filter(None, problems)), notes=tuple(filter(None, notes)))


def shown(cell: object) -> str:
    """A cell as text; of what no database takes nothing is left."""
    text = f"{cell:.15g}" if isinstance(cell, float) else str(cell)
    return text.translate({0: None}).encode("utf-8", "replace").decode()
