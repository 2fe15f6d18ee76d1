"""Small stock books whose every number is known: what is used has a weekly rhythm and a little noise."""

from dataclasses import replace
from datetime import date

import numpy as np

from inventory.panel import Panel, panel_of
from inventory.records import Record

FIRST = date(2025, 1, 6)  # a Monday
WEEK = np.array([0.8, 0.9, 0.9, 1.0, 1.1, 1.3, 1.0])
OUTLETS = ("Bangsar", "Melaka", "Penang", "Subang")


def usual_use(series: int, days: int, seed: int = 0, noise: float = 0.1) -> np.ndarray:
    """(S, T) about 20 a day."""
    rng = np.random.default_rng(seed)
    return (20 * np.resize(WEEK, days) * rng.lognormal(0, noise, (series, days))).round(1)


def book(used: np.ndarray, outlets: tuple[str, ...] = OUTLETS, item: str = "chicken") -> Panel:
    """The book of an item that is ordered every Monday and Thursday for the next day; nobody runs out."""
    records = []
    for outlet, row in zip(outlets, used.tolist(), strict=False):
        balance, coming = 150.0, 0.0
        for at, amount in enumerate(row):
            day = date.fromordinal(FIRST.toordinal() + at)
            stock_in, balance = coming, round(balance + coming - amount, 1)
            coming = max(5 * round((180 - balance) / 5), 5) if day.weekday() in (0, 3) else 0.0
            records.append(Record(day, outlet, item, "kg", float(stock_in), balance, float(coming)))
    return panel_of(records)


def with_number(panel: Panel, field: str, row: int, column: int, value: float) -> Panel:
    """The book with another number, and what follows from it."""
    numbers = {name: getattr(panel, name).copy() for name in ("stock_in", "balance", "ordered")}
    numbers[field][row, column] = value
    used = np.full(panel.shape, np.nan)
    balance = numbers["balance"]
    used[:, 1:] = (balance[:, :-1] + numbers["stock_in"][:, 1:] - balance[:, 1:]).round(9)
    return replace(panel, used=used, **numbers)
