"""What the parts of the desk share: the database, what was read and computed, and values as JSON takes them."""

from collections.abc import Iterable
from datetime import date, datetime
from math import isfinite
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.folders import data_folder
from inventory.anomalies.detection import RATE, Anomaly, detect, measure
from inventory.forecasting.forecast import Forecast
from inventory.forecasting.registry import Registry
from inventory.panel import Panel
from inventory.store import Store
from inventory.store.book import Book, Books


class Base:
    """store: None for that of the settings; folder: of models and trainings, None for `data_folder("inventory")`"""

    def __init__(self, store: Store | None = None, folder: str | Path | None = None) -> None:
        self._store, self._folder = store, folder
        self._books = Books()

    @property
    def store(self) -> Store:
        return self._store or Store.shared()

    @property
    def folder(self) -> Path:
        return Path(self._folder or data_folder("inventory"))

    @property
    def registry(self) -> Registry:
        return Registry(self.store, self.folder)

    @property
    def book(self) -> Book:
        """The database as it is now, read again only where it has changed. Raises UserError where it is empty."""
        return self._books.book(self.store)

    def foretold(self, book: Book) -> Forecast:
        """The next days of all series, kept in the log of predictions when they are computed."""

        def compute() -> Forecast:
            made = self.registry.forecast(book)
            self.registry.log(book, made)
            self._books.book(self.store)  # so that it is not the next one who waits for what the log has changed
            return made

        return self._books.once(("forecast", book.hash, book.model), compute)

    def found(self, book: Book, rate: float = RATE) -> tuple[Anomaly, ...]:
        """All findings in a book."""

        def compute() -> tuple[Anomaly, ...]:
            # A verdict changes what is reported, not how odd the days are.
            measured = self._books.once(("measured", book.hash), lambda: measure(book.panel), alone=True)
            return detect(book.panel, book.items, rate=rate, verdicts=book.verdicts, measured=measured)

        return self._books.once(("anomalies", book.hash, book.items, book.verdicts, rate), compute)

    def outlet_named(self, name: str) -> str | None:
        """The outlet of this name or alias, None for an empty text. Raises UserError for one that is not there."""
        if not (name or "").strip():
            return None
        names = self.store.names()
        number = names.outlet(name)
        return next(known for at, known in names.outlets.values() if at == number)

    def item_named(self, name: str) -> str | None:
        """As `outlet_named`."""
        return self.store.names().item(name).name if (name or "").strip() else None

    def rows(self, panel: Panel, outlet: str = "", item: str = "") -> list[int]:
        """The series of an outlet and of an item, of all where they are empty. Raises UserError where there is none."""
        where, what = self.outlet_named(outlet), self.item_named(item)
        rows = [
            row
            for row, (one, other) in enumerate(panel.keys)
            if (where is None or one == where) and (what is None or other == what)
        ]
        if not rows:
            sought = f"{f' of {what!r}' if what else ''}{f' at {where!r}' if where else ''}"
            raise UserError(f"There are no records{sought}. Choose another one.")
        return rows

    def chosen(self, outlet: str, item: str, first: str, last: str) -> tuple:
        """Which records are meant. Raises UserError for what can't be."""
        begin, end = checked_day(first, "first day"), checked_day(last, "last day")
        if begin and end and begin > end:
            raise UserError(f"The first day, {begin}, is after the last one, {end}. Swap them.")
        return self.outlet_named(outlet), self.item_named(item), begin, end


def number(value: float | None, digits: int = 3) -> float | None:
    """A number as JSON takes it: None for what is not known."""
    return None if value is None or not isfinite(value) else round(float(value), digits)


def numbers(values: Iterable[float], digits: int = 3) -> list[float | None]:
    return [number(value, digits) for value in values]


def days_of(days: np.ndarray) -> list[str]:
    """datetime64[D] as 2026-03-31."""
    return [str(day) for day in days.astype("datetime64[D]")]


def time_of(time: datetime | None) -> str | None:
    return time and time.isoformat(timespec="seconds")


def checked_day(text: str | date | None, what: str = "day") -> date | None:
    """A day written as 2026-03-31; None for an empty text. Raises UserError for anything else."""
    if not text:
        return None
    try:
        return text if isinstance(text, date) else date.fromisoformat(str(text).strip())
    except ValueError:
        raise UserError(f"The {what} is {str(text)!r:.60}. Write it as 2026-03-31.") from None


def whole(value: int | float, what: str, least: int, most: int) -> int:
    """A whole number within bounds. Raises UserError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most or value % 1:
        raise UserError(f"The {what} is {value!r:.60}: give a whole number from {least:,} to {most:,}.")
    return int(value)
