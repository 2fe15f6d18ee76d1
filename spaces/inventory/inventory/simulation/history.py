"""A made-up history of the example business, with the truth kept apart.

Made to be tried and tested on: what guests wanted, what was stolen and what was mistyped is known, so that a forecast,
an order and an alarm can be held against it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from inventory.items import Item, Outlet
from inventory.panel import Key
from inventory.records import Record
from inventory.simulation.book import Book, keep
from inventory.simulation.demand import World, world
from inventory.simulation.errors import Written, written
from inventory.simulation.example import business

ANOMALIES = ("stock_loss", "spoilage", "unusual_usage", "irregular_order", "data_entry")


@dataclass(frozen=True)
class Event:
    """Something that happened on a day to an item of an outlet.

    kind: one of ANOMALIES, or "promotion", "holiday", "late_delivery", which are none
    amount: in the item's unit. stock_loss, spoilage, unusual_usage: what left the stock above the demand;
        irregular_order: what was ordered; data_entry: the number written less the true one; late_delivery: what did
        not come that day; promotion: the share of demand that it adds; holiday: what it adds in the mean, or takes
    """

    day: date
    outlet: str
    item: str
    kind: str
    amount: float


@dataclass(frozen=True, eq=False)
class Truth:
    """What the book does not say.

    keys, days: of S series and T days, as in the panel of the records
    demand: (S, T) what guests wanted, whether it was there or not, in the item's unit; 0 where closed
    closed: (S, T) bool
    events: by day, outlet and item
    """

    keys: tuple[Key, ...]
    days: np.ndarray
    demand: np.ndarray
    closed: np.ndarray
    events: tuple[Event, ...]


@dataclass(frozen=True, eq=False)
class Simulated:
    """records: by outlet, item and day"""

    records: tuple[Record, ...]
    items: tuple[Item, ...]
    outlets: tuple[Outlet, ...]
    truth: Truth


def simulate(
    seed: int = 0, days: int = 730, outlets: int = 6, items: int = 20, last: date = date(2026, 11, 20)
) -> Simulated:
    """The stock books of so many outlets and items for the days that end with `last`; the same for the same seed.

    A day: deliveries come in the morning, guests are served, the evening's count is the balance, then orders go out.
    Used on a day is yesterday's balance + stock_in - balance: what guests got, what was thrown away (the remark says
    so) and what was lost. Raises ValueError for less than two days, an outlet or an item.
    """
    if days < 2:
        raise ValueError(f"a history has two days at least, not {days}")
    places, things = business(outlets, items)
    # A stream each, so that a change in one does not move the others.
    for_demand, for_book, for_errors, for_words = (
        np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)
    )
    drawn = world(places, things, last, days, for_demand)
    book = keep(drawn, for_book)
    busy = drawn.closed | np.any([amounts > 0 for amounts in book.events.values()], axis=0)
    step = drawn.step[:, None]
    lines = written(
        (book.stock_in * step).round(1),
        (book.balance * step).round(1),
        drawn.usual * drawn.step,
        drawn.step == 1,
        busy,
        outlets,
        for_errors,
    )
    demand = (drawn.wanted * step).round(1)
    truth = Truth(drawn.keys, drawn.days, demand, drawn.closed, _events(drawn, book, lines))
    return Simulated(_records(drawn, book, lines, for_words), things, places, truth)


def _events(drawn: World, book: Book, lines: Written) -> tuple[Event, ...]:
    step = drawn.step[:, None]
    amounts = {kind: (found * step).round(1) for kind, found in book.events.items()}
    amounts["data_entry"] = lines.amount.round(1)
    amounts["promotion"] = (drawn.uplift - 1).round(2)
    amounts["holiday"] = (drawn.festive * step).round(2)
    days = drawn.days.tolist()
    events = [
        Event(days[at], *drawn.keys[row], kind, float(found[row, at]))
        for kind, found in amounts.items()
        for row, at in zip(*np.nonzero(found), strict=True)
    ]
    return tuple(sorted(events, key=lambda event: (event.day, event.outlet, event.item, event.kind)))


def _records(drawn: World, book: Book, lines: Written, rng: np.random.Generator) -> tuple[Record, ...]:
    days = drawn.days.tolist()
    remarks = _remarks(drawn, book, rng)
    ordered = (book.ordered * drawn.step[:, None]).round(1)
    records = []
    for row, ((outlet, item), kind) in enumerate(zip(drawn.keys, drawn.items, strict=True)):
        columns = (days, *(part[row].tolist() for part in (lines.stock_in, lines.balance, ordered, lines.missing)))
        for at, (day, stock_in, balance, order, missing) in enumerate(zip(*columns, strict=True)):
            if not missing:
                remark = remarks.get((row, at), "")
                records.append(Record(day, outlet, item, kind.unit, stock_in, balance, order, remark))
    return tuple(records)


def _remarks(drawn: World, book: Book, rng: np.random.Generator) -> dict[tuple[int, int], str]:
    """The remark of a row and a column, where there is one. Each outlet's book is kept in English or in Malay."""
    outlets = sorted({outlet for outlet, _ in drawn.keys})
    malay = dict(zip(outlets, rng.random(len(outlets)) < 0.35, strict=True))
    said: dict[tuple[int, int], list[str]] = {}
    for happened, english, in_malay in (
        (drawn.closed, "closed", "tutup"),
        (drawn.uplift > 1, "promotion", "promosi"),
        (book.thrown > 0, "waste {:g} {}", "buang {:g} {}"),
        ((book.events["late_delivery"] > 0) & (rng.random(book.thrown.shape) < 0.5), "delivery late", "hantaran lewat"),
    ):
        for row, at in zip(*(part.tolist() for part in np.nonzero(happened)), strict=True):
            words = in_malay if malay[drawn.keys[row][0]] else english
            thrown = round(book.thrown[row, at] * drawn.step[row], 1)
            said.setdefault((row, at), []).append(words.format(thrown, drawn.items[row].unit))
    return {place: "; ".join(words) for place, words in said.items()}
