"""What is kept of a session, as plain values, and the same as JSON.

The records know nothing of the modules that measure and score: `of` takes the values from any object that has them.
"""

import dataclasses
import math
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

_NOT_STORED = re.compile("[\x00\ud800-\udfff]")  # characters that PostgreSQL or UTF-8 have no place for


class Word(NamedTuple):
    """A word of the transcript. start, end: s from the begin of the answer; probability: 0 to 1"""

    text: str
    start: float
    end: float
    probability: float

    @classmethod
    def of(cls, word: Any) -> "Word":
        return cls(word.text, word.start, word.end, word.probability)


class Place(NamedTuple):
    """Where in the answer something happened. start, end: s; text: what was said there"""

    start: float
    end: float
    text: str

    @classmethod
    def of(cls, place: Any) -> "Place":
        return cls(place.start, place.end, place.text)


@dataclass(frozen=True)
class MeasureRecord:
    """Something that was measured about how an answer was said.

    value: in `unit`, None where it can't be told; low, high: the comfortable range, None where it has no such end
    verdict: "low", "good", "high" or "unknown"; source: of the range
    """

    name: str
    title: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    verdict: str = "unknown"
    source: str = ""
    note: str = ""
    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, measure: Any) -> "MeasureRecord":
        return cls(**_fields_of(cls, measure) | {"places": tuple(map(Place.of, measure.places))})


@dataclass(frozen=True)
class ScoreRecord:
    """A score. value: 0 to 100; formula: how it comes about; evidence: a quote from the answer, or "" """

    name: str
    title: str
    value: int
    formula: str = ""
    evidence: str = ""
    advice: str = ""

    @classmethod
    def of(cls, score: Any) -> "ScoreRecord":
        return cls(**_fields_of(cls, score))


@dataclass(frozen=True)
class Answer:
    """An answer with what was found out about it.

    question: id; question_text: as it was asked; category, difficulty: of the question
    text: the transcript, or what was typed; language: code, "" where not known
    duration: s, None where it was typed; words, pauses: none where it was typed
    overall: 0 to 100, None where it was not scored; covered, missed: key points of the question
    emotion: numbers by name; emotion_notes: how they came about
    feedback: in words; worded_by: the provider, or "rules"; model: which one, "" for rules
    warnings: what to know about the recording; seconds: that each stage took
    settings: what was chosen; versions: of models and libraries
    created: UTC, None before it is added; recording: name of the file with the sound, None where it is not kept
    id: given by the database
    """

    question: str
    question_text: str
    text: str
    category: str = ""
    difficulty: int = 2
    language: str = ""
    duration: float | None = None
    words: tuple[Word, ...] = ()
    pauses: tuple[Place, ...] = ()
    measures: tuple[MeasureRecord, ...] = ()
    scores: tuple[ScoreRecord, ...] = ()
    overall: int | None = None
    covered: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    emotion: dict[str, float | None] = field(default_factory=dict)
    emotion_notes: tuple[str, ...] = ()
    feedback: str = ""
    worded_by: str = ""
    model: str = ""
    warnings: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    recording: str | None = None
    id: int | None = None


@dataclass(frozen=True)
class Session:
    """A round of practice: what was chosen, what was asked, what was answered. It holds nothing but plain values, so
    that a page can keep it.

    started: UTC; role, category, difficulty: None for all
    asked: ids of questions in the order in which they were asked, skipped ones too
    id: given by the database; None where nothing is kept
    """

    started: datetime
    role: str | None = None
    category: str | None = None
    difficulty: int | None = None
    asked: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    id: int | None = None

    @property
    def waiting(self) -> str | None:
        """The question that was asked last, where no answer was given yet."""
        answered = [answer.question for answer in self.answers]
        last = self.asked[-1:]
        return last[0] if last and self.asked.count(last[0]) > answered.count(last[0]) else None


@dataclass(frozen=True)
class Summary:
    """A session in the list of them. answers: how many; overall: their mean, None where none was scored; last: when the
    latest was given"""

    id: int
    started: datetime
    role: str | None
    category: str | None
    difficulty: int | None
    answers: int
    overall: float | None
    last: datetime


def plain(value: Any) -> Any:
    """A record, or anything made of records, as JSON has it; `decode` gives it back.

    NaN and infinite numbers become null, times are written in UTC, and characters that no database takes are replaced.
    Raises ValueError for a time without a zone and TypeError for what has no form in JSON.
    """
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {storable(key): plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return utc(value).isoformat()
    if isinstance(value, str):
        return storable(value)
    if hasattr(value, "item"):  # a number of numpy
        value = value.item()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def decode(kind: Any, value: Any, name: str = "") -> Any:
    """The record, or other annotated type, that a value of JSON holds.

    name: of the value, for messages. Raises ValueError for whatever is not of that type; the message names it.
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else decode(inner[0], value, name)
    if origin is tuple:
        return tuple(decode(inner[0], one, f"{name}[{at}]") for at, one in enumerate(_expect(list, value, name)))
    if origin is dict:
        return {key: decode(inner[1], one, f"{name}.{key}") for key, one in _expect(dict, value, name).items()}
    if dataclasses.is_dataclass(kind):
        return _decode_fields(kind, _expect(dict, value, name), name)
    if hasattr(kind, "_fields"):  # of a named tuple
        hints = _hints(kind)
        if len(_expect(list, value, name)) != len(hints):
            raise ValueError(f"{name} has {len(value)} values and not {len(hints)}")
        return kind(*(decode(hints[key], one, f"{name}.{key}") for key, one in zip(hints, value, strict=True)))
    if kind is datetime:
        return _decode_time(value, name)
    if kind is float and type(value) is int:
        return float(_expect(int, value, name))
    return _expect(kind, value, name)


def storable(text: str) -> str:
    """A text that every database and UTF-8 take: a replacement character for each NUL and half of a surrogate pair."""
    return _NOT_STORED.sub("\N{REPLACEMENT CHARACTER}", text)


def utc(time: datetime) -> datetime:
    """The same moment in UTC. Raises ValueError where a time has no zone."""
    if time.tzinfo is None:
        raise ValueError(f"a time needs a zone: {time.isoformat()}")
    return time.astimezone(timezone.utc)


def _decode_fields(kind: Any, value: dict[str, Any], name: str) -> Any:
    hints = _hints(kind)
    if unknown := value.keys() - hints.keys():
        raise ValueError(f"{name or 'it'} has {sorted(unknown)[0]!r}, which is not known")
    needed = {
        one.name
        for one in dataclasses.fields(kind)
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    }
    if missing := needed - value.keys():
        raise ValueError(f"{name or 'it'} has no {sorted(missing)[0]!r}")
    return kind(**{key: decode(hints[key], one, f"{name}.{key}".lstrip(".")) for key, one in value.items()})


def _decode_time(value: Any, name: str) -> datetime:
    try:
        return utc(value if isinstance(value, datetime) else datetime.fromisoformat(_expect(str, value, name)))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} is no time: {error}") from error


def _expect(kind: type, value: Any, name: str) -> Any:
    # Larger whole numbers are none that programs agree on, see RFC 8259.
    too_large = type(value) is int and abs(value) > 2**53
    if type(value) is not kind or too_large or (kind is float and not math.isfinite(value)):
        raise ValueError(f"{name or 'it'} is {value!r:.60}, which is no {kind.__name__}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _fields_of(kind: type, thing: Any) -> dict[str, Any]:
    return {one.name: getattr(thing, one.name) for one in dataclasses.fields(kind)}
