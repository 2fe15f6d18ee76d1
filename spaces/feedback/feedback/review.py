"""What people say about predictions: the queue of those that wait, their decisions, and how often they agree."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from common.errors import UserError
from feedback import labels
from feedback.tables import CONFIRMED, CORRECTED, DISMISSED, WAITING, Stored

if TYPE_CHECKING:
    from feedback.store import Store

ORDERS = ("confidence", "oldest")
LARGEST_PAGE = 200
_NAMED = 10  # ids that a message names


@dataclass(frozen=True)
class Page:
    """A part of the queue. number: from 1 to pages; pages: at least 1; total: how many wait in all."""

    items: list[Stored]
    number: int
    pages: int
    total: int


@dataclass(frozen=True)
class Decision:
    """What was written. review: "confirmed", "corrected" or "dismissed"; trains: whether a training row came of it."""

    id: int
    review: str
    predicted: str
    label: str | None
    second: str | None
    trains: bool


@dataclass(frozen=True)
class Agreement:
    """How often people confirmed what was predicted.

    decided, confirmed: how many; those that were dismissed do not count
    share: confirmed / decided, None before the first decision
    low, high: 95 % interval of the share (Wilson 1927)
    labels: those that were predicted or decided, in the order of the confusion
    confusion: rows are predicted, columns decided labels

    What is reviewed is for the most part what was unsure, so the share is lower than that of all predictions.
    """

    decided: int
    confirmed: int
    share: float | None
    low: float | None
    high: float | None
    labels: list[str]
    confusion: list[list[int]]


def queue(store: "Store", order: str = "confidence", page: int = 1, size: int = 20) -> Page:
    """A page of what waits for a decision: the lowest confidence first, or the oldest.

    page: from 1; past the end it is the last one, as the queue grows shorter while people work at it
    size: 1 to 200. Raises UserError for another order, page or size.
    """
    if order not in ORDERS:
        raise UserError(f"The queue can't be in the order of {order!r}; use {' or '.join(ORDERS)}.")
    if not 1 <= size <= LARGEST_PAGE or page < 1:
        raise UserError(f"There is no page {page} of {size}. Pages count from 1 and hold 1 to {LARGEST_PAGE}.")
    total = store.count(review=WAITING)
    pages = max(1, math.ceil(total / size))
    number = min(page, pages)
    return Page(store.page(order, size, (number - 1) * size, review=WAITING), number, pages, total)


def decide(store: "Store", prediction: int, label: str, second: str | None = None) -> Decision:
    """Say what a text is: the prediction is confirmed or corrected, and its text becomes a training row.

    label, second: ids or titles of labels; second None or "" where there is only one
    Any prediction that is kept can be decided, waiting or not. Where its text was not kept, no training row comes of
    it. Raises UserError for an id or label that is not there, for a second label that is the first, and for what was
    decided already.
    """
    known = labels.known(store)
    label = labels.resolve(label, known)
    second = labels.resolve(second, known) if second else None
    if second == label:
        raise UserError(f"The second label is {label!r} as the first. Choose another one, or leave it out.")
    stored = _open(store, prediction)
    review = CONFIRMED if label == stored.label else CORRECTED
    if not store.decide(stored.id, review, label, second):
        raise _taken(store, stored.id)
    return Decision(stored.id, review, stored.label, label, second, trains=stored.text is not None)


def dismiss(store: "Store", prediction: int) -> Decision:
    """Take a text out of the queue without a label: nothing is learned from it. Raises UserError as `decide`."""
    stored = _open(store, prediction)
    if not store.decide(stored.id, DISMISSED):
        raise _taken(store, stored.id)
    return Decision(stored.id, DISMISSED, stored.label, None, None, trains=False)


def undo(store: "Store", prediction: int) -> Stored:
    """Take a decision back, with its training row; what was unsure waits again.

    Gives the prediction as it is now. Raises UserError where there is none, or nothing was decided.
    """
    stored = _found(store, prediction)
    if not store.undo(stored.id):
        raise UserError(f"Nothing was decided about prediction {stored.id}, so there is nothing to undo.")
    return _found(store, stored.id)


def agreement(store: "Store", since: datetime | None = None) -> Agreement:
    """How often people confirmed predictions, of the decisions since a time (None: all)."""
    counts: Counter[tuple[str, str]] = Counter()
    for predicted, decided, count in store.decisions(since):
        counts[predicted, decided] = count
    there = {label for pair in counts for label in pair}
    known = labels.known(store)
    names = [label for label in known if label in there] + sorted(there - known.keys())
    decided = counts.total()
    confirmed = sum(counts[label, label] for label in names)
    low, high = _wilson(confirmed, decided) if decided else (None, None)
    confusion = [[counts[row, column] for column in names] for row in names]
    return Agreement(decided, confirmed, confirmed / decided if decided else None, low, high, names, confusion)


def _wilson(count: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share (Wilson 1927, "Probable inference"), which stays sound for few cases."""
    share = count / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # At 0 and 1 the ends are those numbers, but for rounding.
    return min(share, max(0.0, (middle - spread) / scale)), max(share, min(1.0, (middle + spread) / scale))


def _open(store: "Store", prediction: int) -> Stored:
    """A prediction about which nothing was decided."""
    stored = _found(store, prediction)
    if stored.review not in (None, WAITING):
        raise _decided(stored)
    return stored


def _found(store: "Store", prediction: int) -> Stored:
    stored = store.get(prediction) if isinstance(prediction, int) else None
    if stored is not None:
        return stored
    waiting = [str(item.id) for item in store.page("confidence", _NAMED, review=WAITING)]
    raise UserError(f"There is no prediction {prediction!r}. {_said(waiting, store.count(review=WAITING))}")


def _said(ids: Sequence[str], total: int) -> str:
    if not ids:
        return "Nothing waits for review."
    more = f" and {total - len(ids):,} more" if total > len(ids) else ""
    return f"Waiting for review: {', '.join(ids)}{more}."


def _taken(store: "Store", prediction: int) -> UserError:
    """Somebody else was quicker: with a decision, or by deleting."""
    stored = _found(store, prediction)
    if stored.review in (None, WAITING):
        return UserError(f"Somebody else has just undone a decision about prediction {prediction}. Try again.")
    return _decided(stored)


def _decided(stored: Stored) -> UserError:
    as_what = f" as {stored.decided!r}" if stored.decided else ""
    when = f" on {stored.reviewed:%Y-%m-%d at %H:%M} UTC" if stored.reviewed else ""
    return UserError(f"Prediction {stored.id} was {stored.review}{as_what}{when}. Undo that first to decide anew.")
