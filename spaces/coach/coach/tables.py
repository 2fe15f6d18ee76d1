"""The tables of the database, and their rows as the rest of the system sees them.

The tables are made by migrations/versions; a change here needs a revision there. All times are in UTC, without their
zone in the tables. Every row carries the person whose it is: not the id, which only that person has, but its hash, so
that a copy of the database lets nobody in.
"""

import hashlib
import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.questions import Question, quoted
from coach.records import Answer, Session, decode, plain, utc
from common.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Row, Table

_PERSON = re.compile(r"[A-Za-z0-9_-]{20,64}")


class Tables(NamedTuple):
    sessions: "Table"
    asked: "Table"
    answers: "Table"
    questions: "Table"


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables as the newest revision leaves them."""
    import sqlalchemy as sa

    metadata = sa.MetaData()
    sessions = sa.Table(
        "coach_sessions",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("started", sa.DateTime, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("difficulty", sa.Integer),
        sa.Index("coach_sessions_person", "person", "id"),
        sqlite_autoincrement=True,  # an id is not given again after a deletion
    )
    asked = sa.Table(
        "coach_asked",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Index("coach_asked_session", "session", "id"),
        sqlite_autoincrement=True,
    )
    answers = sa.Table(
        "coach_answers",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("session", sa.ForeignKey(sessions.c.id, ondelete="CASCADE"), nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("question_text", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("duration", sa.Double),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("pauses", sa.JSON, nullable=False),
        sa.Column("measures", sa.JSON, nullable=False),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("overall", sa.Integer),
        sa.Column("covered", sa.JSON, nullable=False),
        sa.Column("missed", sa.JSON, nullable=False),
        sa.Column("emotion", sa.JSON, nullable=False),
        sa.Column("emotion_notes", sa.JSON, nullable=False),
        sa.Column("feedback", sa.Text, nullable=False),
        sa.Column("worded_by", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
        sa.Column("seconds", sa.JSON, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("versions", sa.JSON, nullable=False),
        sa.Column("recording", sa.Text),
        sa.Index("coach_answers_person", "person", "id"),
        sa.Index("coach_answers_session", "session", "id"),
        sqlite_autoincrement=True,
    )
    questions = sa.Table(
        "coach_questions",
        metadata,
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("key_points", sa.JSON, nullable=False),
        sa.Column("follow_ups", sa.JSON, nullable=False),
        sa.Index("coach_questions_person", "person", "id", unique=True),
        sqlite_autoincrement=True,
    )
    return Tables(sessions, asked, answers, questions)


def owner(person: str) -> str:
    """The hash of a person's id, 64 hexadecimal digits. Raises UserError for what is no such id."""
    if not isinstance(person, str) or not _PERSON.fullmatch(person):
        # The beginning alone, where it is long: a mistyped id is still nearly somebody's key.
        shown = f"{person[:8]!r}…" if isinstance(person, str) and len(person) >= 20 else quoted(person)
        raise UserError(
            f"The person's id {shown} is not valid. It has 20 to 64 letters, digits, '-' or '_'; nobody may be able to "
            "guess it. Make one with coach.sessions.new_person()."
        )
    return hashlib.sha256(person.encode()).hexdigest()


def session_values(session: Session) -> dict[str, Any]:
    """A session as the database takes it; whose it is, what was asked and answered are not in it."""
    values = plain(session)
    started = utc(session.started).replace(tzinfo=None)
    return {name: values[name] for name in ("role", "category", "difficulty")} | {"started": started}


def answer_values(answer: Answer) -> dict[str, Any]:
    """An answer, which has its time, as the database takes it; whose it is and its id are not in it."""
    values = plain(answer) | {"created": utc(answer.created).replace(tzinfo=None)}
    del values["id"]
    return values


def question_values(question: Question, now: datetime) -> dict[str, Any]:
    """A person's own question as the database takes it; whose it is is not in it."""
    values = plain(question) | {"created": utc(now).replace(tzinfo=None)}
    del values["own"]
    return values


def answer_of(row: "Row") -> Answer:
    """A row of the table of answers; columns that were not read are empty."""
    values = with_zone(row, "created")
    return decode(Answer, {name: value for name, value in values.items() if name not in ("person", "session")})


def question_of(row: "Row") -> Question:
    """A row of the table of questions."""
    values = {name: value for name, value in row._mapping.items() if name not in ("number", "person", "created")}
    return decode(Question, values | {"own": True})


def with_zone(row: "Row", name: str) -> dict[str, Any]:
    """The values of a row by name, the time `name` with its zone."""
    values = dict(row._mapping)
    return values | {name: values[name].replace(tzinfo=timezone.utc)}
