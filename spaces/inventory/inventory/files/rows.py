"""Rows of a file as rows of the stock book, or the reason why one can't be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from common.errors import UserError
from common.spreadsheets import plain
from inventory import units
from inventory.files import amounts, days
from inventory.files.columns import TITLES
from inventory.files.workbooks import Cell
from inventory.store.base import Item, Names, clean
from inventory.store.loading import LoadedRow

FIRST_DAY = date(2000, 1, 1)
MOST_AHEAD = timedelta(days=366)  # of today; a later day is a typing error
MOST = 10_000_000  # of an item on a day, in its unit
LONGEST_REMARK = 500  # characters
_REMEMBERED = 50_000  # texts of a kind whose meaning is not found out again


@dataclass(frozen=True)
class Form:
    """How rows are read.

    columns: that of each field; width: how many the file has; date_format: of `days.FORMATS`; decimal: of `amounts`
    outlet: where all rows are from, if the file doesn't say; unit: of new items for which it says none
    """

    columns: Mapping[str, int]
    width: int
    date_format: str
    decimal: str
    outlet: str | None
    unit: str | None = None


class Reader:
    """names: those that are new are added there; today: days far behind it can't be

    cut: how many remarks were cut
    """

    def __init__(self, form: Form, names: Names, today: date) -> None:
        self.cut = 0
        self._form = form
        self._names = names
        self._last_day = today + MOST_AHEAD
        self._days: dict[Cell, str] = {}
        self._outlets: dict[Cell, int] = {}
        self._items: dict[tuple[Cell, Cell], tuple[Item, float]] = {}

    def read(self, line: int, cells: Sequence[Cell]) -> LoadedRow:
        """A row of the book. Raises UserError that says what is wrong with it; nothing is added then."""
        columns, width = self._form.columns, self._form.width
        if len(cells) != width:
            cells = self._whole(cells)
        cell = cells[columns["day"]]
        day = self._days.get(cell) or self._day(cell)
        stock_in, balance, order = (self._amount(cells, field) for field in ("stock_in", "balance", "order"))
        if balance is None and stock_in is None and order is None:
            raise UserError("It has no amounts: the balance is empty, and what came in.")
        unit = cells[columns["unit"]] if "unit" in columns else ""
        written = next((amount[1] for amount in (balance, stock_in, order) if amount and amount[1]), "")
        item, factor = self._item(cells[columns["item"]], unit or written)
        values = [
            0.0 if amount is None else self._converted(amount, field, item, factor)
            for field, amount in (("stock_in", stock_in), ("balance", balance), ("order", order))
        ]
        remark = cells[columns["remark"]] if "remark" in columns else ""
        # Only now, as nothing can be wrong with the row any more.
        outlet = self._outlet(cells[columns["outlet"]] if "outlet" in columns else self._form.outlet)
        return (
            line,
            outlet,
            item.id or self._names.add_item(item),
            day,
            values[0],
            None if balance is None else values[1],
            values[2],
            self._remark(remark) if remark else "",
        )

    def _whole(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """A row with as many cells as the heading has."""
        width = self._form.width
        if any(isinstance(cell, float) or str(cell).strip() for cell in cells[width:]):
            raise UserError(
                f"It has {len(cells)} cells and the heading {width}: a cell with the separating sign in it needs "
                "quotation marks."
            )
        return [*cells[:width], *[""] * (width - len(cells))]

    def _day(self, cell: Cell) -> str:
        day = days.read(cell, self._form.date_format)
        if not FIRST_DAY <= day <= self._last_day:
            raise UserError(f"The day {day} can't be: it is before {FIRST_DAY} or more than a year ahead.")
        _remember(self._days, cell, day.isoformat())
        return day.isoformat()

    def _amount(self, cells: Sequence[Cell], field: str) -> tuple[float, str] | None:
        if field not in self._form.columns:
            return None
        cell = cells[self._form.columns[field]]
        try:
            found = amounts.read(cell, self._form.decimal)
        except UserError as error:
            raise UserError(f"{TITLES[field]}: {error}") from None
        if found is not None and found[0] < 0:
            raise UserError(f"{TITLES[field]}: {found[0]:g} is less than nothing. Count again, or mend the sign.")
        return found

    def _item(self, cell: Cell, unit: Cell) -> tuple[Item, float]:
        """An item, and what an amount in this unit is in its own."""
        if (known := self._items.get((cell, unit))) is None:
            item = self._names.known_or_new(_text(cell), str(unit), self._form.unit or "")
            known = item, units.factor(str(unit), item.unit) if str(unit).strip() else 1.0
            if item.id:
                _remember(self._items, (cell, unit), known)
        return known

    def _converted(self, amount: tuple[float, str], field: str, item: Item, factor: float) -> float:
        number, unit = amount
        if unit:
            number = units.convert(number, unit, item.unit)
        elif factor != 1.0:
            number = float(f"{number * factor:.10g}")
        if number > MOST:
            raise UserError(f"{TITLES[field]}: {number:,.10g} {item.unit} is more than the {MOST:,} that can be.")
        return number

    def _outlet(self, cell: Cell) -> int:
        if (number := self._outlets.get(cell)) is None:
            number = self._names.outlet_or_new(_text(cell))
            _remember(self._outlets, cell, number)
        return number

    def _remark(self, cell: Cell) -> str:
        text = clean(_text(cell))
        if len(text) > LONGEST_REMARK:
            self.cut += 1
        return text[:LONGEST_REMARK]


def _text(cell: Cell) -> str:
    """A cell as text, as it was before an export kept spreadsheet programs from running it."""
    return f"{cell:.15g}" if isinstance(cell, float) else plain(str(cell).strip())


def _remember(known: dict, key: object, value: object) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[key] = value
