"""Sessions of practice: begun, gone on with, looked back on, deleted; and how a person's numbers change over time.

    session = start(store, person, role="nurse")
    session = ask(store, person, session, question.id)
    session = add(store, person, session, Answer(...))

A store of None keeps nothing: the session is then in the object alone, which works all the same for as long as somebody
holds it.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from coach.figures import range_of, shown
from coach.records import Answer, Session, Summary, decode, plain
from common.errors import UserError

if TYPE_CHECKING:
    from coach.store import Forgotten, Store

LARGEST_PAGE = 200
MANY = 6  # answers from which on a trend compares several with several
SEVERAL = 3
FEW = "Answers differ from one to the next by chance too: a change over a few of them may mean nothing."


@dataclass(frozen=True)
class Page:
    """A part of the history, the newest first. number: from 1; more: whether there is a next page"""

    items: tuple[Summary, ...]
    number: int
    more: bool


class Point(NamedTuple):
    """A value at a time, UTC. low, high: the comfortable range, None where it has no such end"""

    time: datetime
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Course:
    """A score or measure over time. kind: "score" or "measure"; points: the oldest first; trend: in words"""

    name: str
    title: str
    kind: str
    unit: str
    points: tuple[Point, ...]
    trend: str


def new_person() -> str:
    """An id for a person, by chance: 22 letters, digits, "-" and "_" with 128 random bits."""
    return secrets.token_urlsafe(16)


def start(
    store: "Store | None",
    person: str,
    *,
    role: str | None = None,
    category: str | None = None,
    difficulty: int | None = None,
) -> Session:
    """A new session. store: None keeps nothing, and `person` is then not looked at.

    Raises UserError for a `person` that is no id, as all functions here.
    """
    session = Session(datetime.now(timezone.utc), role, category, difficulty)
    return session if store is None else replace(session, id=store.add_session(person, session))


def ask(store: "Store | None", person: str, session: Session, question: str) -> Session:
    """The session after a question, by its id, was asked. Raises UserError where the session was deleted meanwhile."""
    if _is_kept(store, session) and not store.ask(person, session.id, question):
        raise _missing(session.id)
    return replace(session, asked=(*session.asked, question))


def add(
    store: "Store | None", person: str, session: Session, answer: Answer, recording: str | Path | None = None
) -> Session:
    """The session after an answer was given. The answer gets the time of now unless it has one.

    recording: file with its sound, of which a copy is kept; only where the person asks for it
    Raises UserError where the session was deleted meanwhile, and for a recording that can't be kept: because of the
    disk, or because nothing is kept of this session.
    """
    answer = replace(answer, created=answer.created or datetime.now(timezone.utc))
    answer = decode(Answer, plain(answer))  # as it will be read again
    if _is_kept(store, session):
        answer = store.add_answer(person, session.id, answer, recording)
        if answer is None:
            raise _missing(session.id)
    elif recording is not None:
        raise UserError("A recording can't be kept in a session of which nothing is kept. Leave one of the two out.")
    return replace(session, answers=(*session.answers, answer))


def resume(store: "Store", person: str, number: int) -> Session:
    """A session as it was left. Raises UserError where the person has none of this number."""
    session = store.session(person, number)
    if session is None:
        raise _missing(number)
    return session


def history(store: "Store", person: str, page: int = 1, size: int = 20) -> Page:
    """The person's sessions in which something was answered, the newest first.

    page: from 1; size: 1 to 200. Raises UserError for another page or size.
    """
    if not 1 <= size <= LARGEST_PAGE or not 1 <= page <= 10**6:
        raise UserError(f"There is no page {page} of {size}. Pages count from 1 and hold 1 to {LARGEST_PAGE}.")
    found = store.summaries(person, size + 1, (page - 1) * size)
    return Page(tuple(found[:size]), page, len(found) > size)


def delete(store: "Store", person: str, number: int) -> None:
    """Delete a session with its recordings. Raises UserError where the person has none of this number."""
    if not store.delete_session(person, number):
        raise _missing(number)


def forget(store: "Store", person: str) -> "Forgotten":
    """Delete everything that is kept of a person: sessions, answers, own questions, recordings. Gives how many."""
    return store.forget(person)


def progress(answers: Iterable[Answer]) -> tuple[Course, ...]:
    """The overall score, each score and each measure over time, of answers in any order; what was never measured is
    left out."""
    found: dict[tuple[str, str], tuple[str, str, list[Point]]] = {}
    dated = sorted((answer for answer in answers if answer.created), key=lambda answer: answer.created)

    def note(kind: str, name: str, title: str, unit: str, point: Point) -> None:
        if point.value is not None:
            *_, points = found.setdefault((kind, name), (title, unit, []))
            points.append(point)

    for answer in dated:
        note("score", "overall", "Overall score", "of 100", Point(answer.created, answer.overall, None, None))
        for score in answer.scores:
            note("score", score.name, score.title, "of 100", Point(answer.created, score.value, None, None))
        for one in answer.measures:
            note("measure", one.name, one.title, one.unit, Point(answer.created, one.value, one.low, one.high))
    courses = [
        Course(name, title, kind, unit, tuple(points), trend(title, unit, points))
        for (kind, name), (title, unit, points) in found.items()
    ]
    return tuple(sorted(courses, key=lambda course: course.kind, reverse=True))  # scores first


def trend(title: str, unit: str, points: Sequence[Point]) -> str:
    """How a value changed, in a sentence. It tells what was measured, and claims nothing about what will come.

    Of few answers the last is set against the first, of six or more the median of the last three against that of the
    first three.
    """
    values = [point.value for point in points]
    unit = f" {unit}" if unit else ""
    if len(values) == 1:
        text = f"{title}: {shown(values[0])}{unit} in one answer"
        last = values[0]
    else:
        count = SEVERAL if len(values) >= MANY else 1
        first, last = median(values[:count]), median(values[-count:])
        over = f"{unit} over {len(values)} answers"
        if count > 1:
            over += f" (medians of the first and the last {count})"
        change = f"from {shown(first)} to {shown(last)}" if shown(first) != shown(last) else f"steady at {shown(last)}"
        text = f"{title}: {change}{over}"
    place = _place(last, points[-1])
    return f"{text}; {place}." if place else f"{text}."


def _place(value: float, point: Point) -> str:
    """Where a value lies beside the range of a point."""
    if not (comfortable := range_of(point.low, point.high)):
        return ""
    below, above = point.low is not None and value < point.low, point.high is not None and value > point.high
    where = "below" if below else "above" if above else "within"
    return f"{where} the comfortable range, {comfortable}"


def _is_kept(store: "Store | None", session: Session) -> bool:
    """What was begun without a store stays in memory; what was begun with one can go on without."""
    return store is not None and session.id is not None


def _missing(number: object) -> UserError:
    """The same for a session that was deleted, of somebody else or never there."""
    return UserError(f"You have no session {number!r}. It may have been deleted; begin a new one.")
