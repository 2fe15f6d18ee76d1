"""Amounts as people write them: "12.5", "1,234.5", "1.234,5", "1500 g".

What "1,234" and "1.234" are depends on where they were written: 1234, or one and a bit. Other amounts of the same file
tell it: "12,5" or "1.234,5" can only have a decimal comma.
"""

import math
import re

from common.errors import UserError

POINT, COMMA = ".", ","
_LONGEST = 60  # characters of an amount
_AMOUNT = re.compile(r"([+-]?)([\d.,' ]*\d[\d.,' ]*?)((?:[eE][+-]?\d{1,3})?)\s*([^\W\d_]+\.?)?")
_NOTHING = frozenset(("", "-", "\N{EN DASH}", "\N{EM DASH}", "nil", "tiada"))
_SPACES = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{MINUS SIGN}": "-",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)
_GROUPED = {
    POINT: re.compile(r"\d{1,3}(?:[,' ]\d{2,3})*[,' ]\d{3}(?:\.\d+)?|\d*\.?\d+|\d+\."),
    COMMA: re.compile(r"\d{1,3}(?:[.' ]\d{3})+(?:,\d+)?|\d*,?\d+|\d+,"),
}
_DOUBTFUL = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def read(cell: object, decimal: str = POINT) -> tuple[float, str] | None:
    """The number in a cell and the unit that stands behind it, "" for none; None for an empty cell or a dash.

    decimal: POINT or COMMA, for what can be read in both ways. Raises UserError for what is no finite number.
    """
    if isinstance(cell, str):
        if decimal == POINT and cell[-1:].isdigit():  # nearly all of them
            try:
                number = float(cell)
            except ValueError:
                number = math.nan
            if math.isfinite(number) and "_" not in cell:
                return number, ""
        text = cell.strip().translate(_SPACES)
        if text.casefold() in _NOTHING:
            return None
        found = _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise UserError(f"{text!r:.60} is not a number.")
        sign, digits, power, unit = found.groups()
        number = float(f"{sign}{_number(digits, _mark(digits) or decimal, text)}{power}")
    elif isinstance(cell, (int, float)):
        number, unit = float(cell), ""
    else:  # a date in a workbook
        raise UserError(f"{cell} is not a number.")
    if not math.isfinite(number):
        raise UserError(f"{str(cell)!r:.60} is not a number.")
    return number, unit or ""


class Decimal:
    """Finds out which sign parts the decimals in the amounts of a file. Holds one example of each."""

    def __init__(self) -> None:
        self.point = ""  # a cell that can only be read so
        self.comma = ""
        self.doubtful = ""  # one that can be read in both ways

    def see(self, cell: object) -> None:
        """Take an amount into account."""
        if not isinstance(cell, str) or not ("." in cell or "," in cell):
            return
        text = cell.strip().translate(_SPACES)
        if len(text) > _LONGEST or (found := _AMOUNT.fullmatch(text)) is None:
            return
        mark = _mark(found.group(2))
        if mark == POINT:
            self.point = self.point or cell
        elif mark == COMMA:
            self.comma = self.comma or cell
        elif mark is None and (not self.doubtful or ("," in cell and "," not in self.doubtful)):
            self.doubtful = cell

    def chosen(self) -> str | None:
        """POINT or COMMA; POINT where nothing tells; None where amounts are in both ways and some in doubt."""
        if self.comma and not self.point:
            return COMMA
        return None if self.comma and self.point and self.doubtful else POINT

    def problem(self) -> str:
        """Why the amounts don't tell, and what to do; "" where they do."""
        if self.chosen() is not None:
            return ""
        return (
            f"The amounts have decimal points and decimal commas, {self.point.strip()!r:.40} and "
            f"{self.comma.strip()!r:.40}, so {self.doubtful.strip()!r:.40} can be read in two ways. Say which it is "
            "with the decimal sign '.' or ','."
        )

    def note(self) -> str:
        """What was taken for granted, as nothing tells it; "" for nothing."""
        if self.point or self.comma or "," not in self.doubtful:
            return ""
        number = read(self.doubtful)[0]
        return f"{self.doubtful.strip()!r:.40} was read as {number:g}: the decimal sign is taken to be '.'."


def _mark(digits: str) -> str | None:
    """The sign before the decimals where it can only be that one, "" where there is none, None where it is doubtful."""
    if "." in digits and "," in digits:
        return max(".,", key=digits.rindex)
    for mark, other in ((POINT, COMMA), (COMMA, POINT)):
        if mark in digits:
            if digits.count(mark) > 1:
                return other
            return None if _DOUBTFUL.fullmatch(digits) else mark
    return ""


def _number(digits: str, decimal: str, text: str) -> str:
    """Digits as Python reads them. Raises UserError where signs stand in wrong places."""
    if not _GROUPED[decimal].fullmatch(digits):
        raise UserError(f"{text!r:.60} is not a number.")
    for grouping in {POINT, COMMA, " ", "'"} - {decimal}:
        digits = digits.replace(grouping, "")
    return digits.replace(decimal, ".")
