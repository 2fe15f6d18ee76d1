"""The database read once and kept in memory until something in it changes, with what was computed from it."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from inventory.anomalies.verdicts import Verdict
from inventory.items import Item, Outlet
from inventory.panel import Panel
from inventory.store.feedback import NOT_ANOMALY

if TYPE_CHECKING:
    from inventory.store import Store

KEPT = 24  # results
_ARRAYS = ("used", "stock_in", "balance", "ordered", "wasted", "promoted", "closed")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Book:
    """What the database says at one time.

    panel, items, outlets: as in the store; verdicts: those in force that make findings fewer
    model: id of the version that forecasts, None where none does; hash: of the panel
    """

    panel: Panel
    items: tuple[Item, ...]
    outlets: tuple[Outlet, ...]
    verdicts: tuple[Verdict, ...]
    model: str | None
    hash: str

    @property
    def today(self) -> date:
        """The last day in it."""
        return self.panel.days[-1].item()

    @cached_property
    def believed(self) -> Panel:
        """The panel to judge forecasts by."""
        return self.panel.believable()

    @cached_property
    def by_name(self) -> dict[str, Item]:
        return {item.name: item for item in self.items}


class Books:
    """The newest book of a store, and the latest results of books. Safe to share between threads."""

    def __init__(self) -> None:
        self._reading, self._keeping = threading.Lock(), threading.Lock()
        self._mark: object = None
        self._book: Book | None = None
        self._results: OrderedDict[Hashable, _Kept] = OrderedDict()

    def book(self, store: "Store") -> Book:
        """The book as it is now. Raises UserError where there are no records."""
        with self._reading:
            # Before the reading: what is changed meanwhile is seen the next time.
            mark = (id(store), store.mark())
            if self._book is None or mark != self._mark:
                self._book = None
                self._book = _read(store)
                self._mark = mark
            return self._book

    def once(self, key: tuple[Hashable, ...], compute: Callable[[], Result], alone: bool = False) -> Result:
        """What `compute` gives, computed once for a key that says all it depends on; others who ask wait for it.

        alone: it is large, and takes the place of all whose keys begin alike
        """
        with self._keeping:
            for other in [one for one in self._results if alone and one[0] == key[0] and one != key]:
                del self._results[other]
            kept = self._results.setdefault(key, _Kept())
            self._results.move_to_end(key)
            while len(self._results) > KEPT:
                self._results.popitem(last=False)
        with kept.computing:
            if not kept.there:
                kept.result, kept.there = compute(), True
            return kept.result


class _Kept:
    """A result, once it is there."""

    def __init__(self) -> None:
        self.computing = threading.Lock()
        self.there, self.result = False, None


def data_hash(panel: Panel) -> str:
    """SHA-256 of all that a panel says, in hexadecimal digits."""
    found = hashlib.sha256(repr((panel.keys, str(panel.days[0]), panel.shape)).encode())
    for name in _ARRAYS:
        found.update(getattr(panel, name).tobytes())
    return found.hexdigest()


def _read(store: "Store") -> Book:
    panel = store.panel()
    verdicts = {
        Verdict(one.day, one.outlet, one.item, one.kind) for one in store.feedback() if one.verdict == NOT_ANOMALY
    }
    active = store.active_model("forecast")
    ordered = tuple(sorted(verdicts, key=lambda one: (one.day, one.outlet, one.item, one.kind)))
    items, outlets = tuple(store.items()), tuple(store.outlets())
    return Book(panel, items, outlets, ordered, active and active.id, data_hash(panel))
