"""The tables of the database, and their rows as the rest of the system sees them.

The tables are made by migrations/versions; a change here needs a revision there. All times are in UTC: with their zone
in the rows, without one in the tables.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sqlalchemy import Row, Table

WAITING, CONFIRMED, CORRECTED, DISMISSED = REVIEWS = ("waiting", "confirmed", "corrected", "dismissed")
CORRECTION, ADDED = SOURCES = ("correction", "added")
_NOT_STORED = re.compile("[\x00\ud800-\udfff]")  # characters that PostgreSQL or UTF-8 have no place for


@dataclass(frozen=True)
class Stored:
    """A prediction as it is kept.

    text: None where nothing of it is kept
    top: the likeliest labels with their probabilities
    seconds: that the answer took; distance: to the training texts; None where not measured
    source: where it came from, such as "page", "api" or the name of a file
    created: None for now
    review: None where nobody is asked, else one of REVIEWS; what is unsure and has a text waits from the start
    decided, decided_second, reviewed: what a person said it is, and when
    id: given by the database
    """

    label: str
    confidence: float
    text: str | None = None
    top: tuple[tuple[str, float], ...] = ()
    unsure: bool = False
    why: str = ""
    version: str = ""
    language: str = ""
    source: str = ""
    seconds: float | None = None
    distance: float | None = None
    created: datetime | None = None
    review: str | None = None
    decided: str | None = None
    decided_second: str | None = None
    reviewed: datetime | None = None
    id: int | None = None


@dataclass(frozen=True)
class Example:
    """A training row that did not come with the project; source is one of SOURCES."""

    text: str
    label: str
    second: str | None = None
    source: str = ADDED
    prediction: int | None = None
    created: datetime | None = None
    id: int | None = None


@dataclass(frozen=True)
class AddedLabel:
    """A label that people added."""

    id: str
    title: str
    description: str
    created: datetime | None = None


@dataclass(frozen=True)
class History:
    """Numbers of n predictions, oldest first, as arrays (n,): created datetime64[us] in UTC; label and version of
    strings; confidence, seconds and distance float64, NaN where not measured; unsure bool."""

    created: np.ndarray
    label: np.ndarray
    version: np.ndarray
    confidence: np.ndarray
    unsure: np.ndarray
    seconds: np.ndarray
    distance: np.ndarray

    def __len__(self) -> int:
        return len(self.created)


class Tables(NamedTuple):
    predictions: "Table"
    labels: "Table"
    examples: "Table"


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables as the newest revision leaves them."""
    import sqlalchemy as sa

    metadata = sa.MetaData()
    predictions = sa.Table(
        "feedback_predictions",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("top", sa.JSON, nullable=False),
        sa.Column("unsure", sa.Boolean, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("distance", sa.Double),
        sa.Column("review", sa.Text),
        sa.Column("decided", sa.Text),
        sa.Column("decided_second", sa.Text),
        sa.Column("reviewed", sa.DateTime),
        sa.Index("feedback_predictions_created", "created"),
        sa.Index("feedback_predictions_review", "review", "confidence"),
        sqlite_autoincrement=True,  # an id is not given again after a deletion
    )
    labels = sa.Table(
        "feedback_labels",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
    )
    examples = sa.Table(
        "feedback_examples",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("second", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("prediction", sa.ForeignKey(predictions.c.id, ondelete="SET NULL"), unique=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    return Tables(predictions, labels, examples)


def prediction_values(row: Stored, now: datetime) -> dict[str, Any]:
    """A row as the database takes it: plain numbers, times in UTC without a zone."""
    if not 0 <= row.confidence <= 1:
        raise ValueError(f"a confidence is from 0 to 1, not {row.confidence}")
    if row.review not in (None, *REVIEWS):
        raise ValueError(f"review is one of {', '.join(REVIEWS)} or None, not {row.review!r}")
    asked = WAITING if row.unsure and row.text is not None else None
    return {
        "created": utc(row.created or now),
        "text": None if row.text is None else storable(row.text),
        "label": row.label,
        "confidence": float(row.confidence),
        "top": [[label, float(probability)] for label, probability in row.top],
        "unsure": bool(row.unsure),
        "why": storable(row.why),
        "version": row.version,
        "language": row.language,
        "source": storable(row.source),
        "seconds": _number(row.seconds),
        "distance": _number(row.distance),
        "review": row.review or asked,
        "decided": row.decided,
        "decided_second": row.decided_second,
        "reviewed": row.reviewed and utc(row.reviewed),
    }


def label_values(label: AddedLabel, now: datetime) -> dict[str, Any]:
    """An added label as the database takes it."""
    words = {"title": storable(label.title), "description": storable(label.description)}
    return {"id": label.id, **words, "created": utc(label.created or now)}


def example_values(example: Example, now: datetime) -> dict[str, Any]:
    """A training row as the database takes it."""
    if example.source not in SOURCES:
        raise ValueError(f"source is one of {', '.join(SOURCES)}, not {example.source!r}")
    return {
        "text": storable(example.text),
        "label": example.label,
        "second": example.second,
        "source": example.source,
        "prediction": example.prediction,
        "created": utc(example.created or now),
    }


def stored(row: "Row") -> Stored:
    """A row of the table of predictions."""
    values = with_zones(row)
    values["top"] = tuple(map(tuple, values["top"]))
    return Stored(**values)


def with_zones(row: "Row") -> dict[str, Any]:
    """The values of any row by name, its times with their zone."""
    values = dict(row._mapping)
    for name in ("created", "reviewed"):
        if values.get(name) is not None:
            values[name] = values[name].replace(tzinfo=timezone.utc)
    return values


def storable(text: str) -> str:
    """A text that both databases take: a replacement character for every NUL and half of a surrogate pair."""
    return _NOT_STORED.sub("\N{REPLACEMENT CHARACTER}", text)


def utc(time: datetime) -> datetime:
    """A time with a zone as the database takes it. Raises ValueError where there is none."""
    if time.tzinfo is None:
        raise ValueError(f"a time needs a zone: {time.isoformat()}")
    return time.astimezone(timezone.utc).replace(tzinfo=None)


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)
