"""Days as people write them, in English and Malay.

    2026-11-22   22/11/2026   11/22/2026   22 Nov 2026   22.11.26   46348 (a serial number of a spreadsheet)

Only with strokes or hyphens can the order of day and month be doubtful: 03/04/2026. It is that of the whole column, in
which a number above 12 shows it; `Order` looks for one.
"""

import re
from datetime import date, datetime, timedelta

from common.errors import UserError

DAY_FIRST, MONTH_FIRST = FORMATS = ("DD/MM/YYYY", "MM/DD/YYYY")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari", "feb february februari", "mar march mac", "apr april", "may mei", "jun june",
            "jul july julai", "aug august ogos", "sep sept september", "oct october okt oktober", "nov november",
            "dec december dis disember",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun|isnin|selasa|rabu|khamis|jumaat|sabtu|ahad)[a-z]*[.,]?\s+", re.IGNORECASE
)
_TIME = re.compile(
    r"[ T,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]*([a-z]+)[\s.,'-]*(\d{4}|\d{2})", re.IGNORECASE)
_WORD_DAY = re.compile(r"([a-z]+)[\s.-]*(\d{1,2})(?:st|nd|rd|th)?[\s.,'-]+(\d{4}|\d{2})", re.IGNORECASE)
_SERIAL = re.compile(r"\d{5}(?:\.\d*)?")
# Spreadsheets count from a day that makes up for their 29 February 1900 (ECMA-376, 18.17.4.1).
_SERIAL_START = date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)  # 1954 to 2119: other numbers are no days


def read(cell: object, order: str = DAY_FIRST) -> date:
    """The day in a cell: a text, a number (a serial) or a date.

    order: DAY_FIRST or MONTH_FIRST, for what is written with strokes or hyphens; with points the day is first.
    Two digits of a year are of this century. Raises UserError for what is no day.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)):
        return _serial(float(cell), cell)
    text = _plain(str(cell))
    if not text:
        raise UserError("The date is empty.")
    if _SERIAL.fullmatch(text):
        return _serial(float(text), cell)
    if found := _NUMBERS.fullmatch(text):
        first, mark, second, year = found.groups()
        day, month = (second, first) if order == MONTH_FIRST and mark != "." else (first, second)
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = [part for part in found.groups() if part and part.isdigit()]
    elif (found := _DAY_WORD.fullmatch(text)) and found.group(2).lower() in _MONTHS:
        day, month, year = found.group(1), _MONTHS[found.group(2).lower()], found.group(3)
    elif (found := _WORD_DAY.fullmatch(text)) and found.group(1).lower() in _MONTHS:
        month, day, year = _MONTHS[found.group(1).lower()], found.group(2), found.group(3)
    else:
        raise UserError(f"{text!r:.60} is not a date. Write it as 2026-11-22.")
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise UserError(f"There is no day {text!r:.60} in the calendar, read as {_said(found, order)}.") from None


class Order:
    """Finds out whether day or month comes first in a column. Holds no more than two examples of it."""

    def __init__(self) -> None:
        self.day_first = ""  # a cell that can only be read so
        self.month_first = ""
        self.either = ""  # a cell that is one day or another

    def see(self, cell: object) -> None:
        """Take a cell of the column into account."""
        found = _NUMBERS.fullmatch(_plain(cell)) if isinstance(cell, str) else None
        if found is None or found.group(2) == ".":
            return
        first, second = int(found.group(1)), int(found.group(3))
        if first > 12 >= second:
            self.day_first = self.day_first or cell
        elif second > 12 >= first:
            self.month_first = self.month_first or cell
        elif first != second:
            self.either = self.either or cell

    def chosen(self) -> str | None:
        """DAY_FIRST, MONTH_FIRST, or None where the column doesn't tell; DAY_FIRST where it makes no difference."""
        if self.day_first and self.month_first:
            return None
        if self.month_first:
            return MONTH_FIRST
        return DAY_FIRST if self.day_first or not self.either else None

    def problem(self) -> str:
        """Why the column doesn't tell, and what to do; "" where it does."""
        if self.chosen() is not None:
            return ""
        ask = f"Say which it is with the date format {DAY_FIRST} or {MONTH_FIRST}."
        if self.either and not self.day_first:
            one, other = (read(self.either, order) for order in FORMATS)
            return f"The dates can be read in two ways: {self.either.strip()!r:.40} is {one} or {other}. {ask}"
        return (
            f"In some dates the day comes first, in others the month: {self.day_first.strip()!r:.40} and "
            f"{self.month_first.strip()!r:.40}. {ask}"
        )


def _plain(text: str) -> str:
    """Without the day of the week and the time of day."""
    return _TIME.sub("", _WEEKDAY.sub("", text.strip())).strip()


def _serial(number: float, cell: object) -> date:
    if number != number or int(min(max(number, 0), 1e9)) not in _SERIALS:
        raise UserError(f"{cell!r:.60} is not a date. Write it as 2026-11-22.")
    return _SERIAL_START + timedelta(days=int(number))


def _said(found: re.Match, order: str) -> str:
    """How a date was read."""
    if found.re is not _NUMBERS:
        return "it stands there"
    return order if found.group(2) != "." else DAY_FIRST.replace("/", ".")
