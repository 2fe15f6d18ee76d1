"""What the system remembers of each person: sessions with their answers, recordings, and questions of their own.

A person is an id that only they have. Whoever calls with an id sees, changes and deletes what belongs to it and
nothing else, whatever number is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from coach.questions import Question
from coach.recordings import Recordings
from coach.records import Answer, Session, Summary, storable
from coach.tables import (
    answer_of,
    answer_values,
    owner,
    question_of,
    question_values,
    session_values,
    tables,
    with_zone,
)
from common import store as database

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Engine, Table

LARGEST_ID = 2**31 - 1
AT_ONCE = 500  # rows of one statement: databases bound how many values it may have
LONG = ("words", "pauses")  # columns that only a whole session needs


class Forgotten(NamedTuple):
    """How many of each were deleted."""

    sessions: int
    answers: int
    questions: int
    recordings: int


class Store(database.SystemStore):
    """The database of this system, and the folder of its recordings; see `common.store.SystemStore`.

    recordings: folder, made where it is needed; a person's files are in a folder of their own in it. None for
        "recordings" in that of this system

    `person` is an id as `coach.sessions.new_person` makes them; every method raises UserError for another one.
    """

    system = "coach"
    versions = Path(__file__).with_name("migrations") / "versions"

    def __init__(self, engine: "Engine", recordings: str | Path | None = None) -> None:
        super().__init__(engine)
        self._recordings = Recordings(Path(recordings or database.data_folder(self.system) / "recordings"))

    # Sessions

    def add_session(self, person: str, session: Session) -> int:
        """Keep what was chosen for a session; gives its id. What was asked and answered is added by itself."""
        table = tables().sessions
        values = session_values(session) | {"person": owner(person)}
        with database.writing(self._engine) as connection:
            return connection.execute(table.insert().values(values).returning(table.c.id)).scalar_one()

    def ask(self, person: str, session: int, question: str) -> bool:
        """Note that a question was asked. False where the person has no such session."""
        values = {"person": owner(person), "session": session, "question": storable(question)}
        with database.writing(self._engine) as connection:
            if not _holds(connection, person, session):
                return False
            connection.execute(tables().asked.insert().values(values))
        return True

    def add_answer(
        self, person: str, session: int, answer: Answer, recording: str | Path | None = None
    ) -> Answer | None:
        """Keep an answer, which has its time.

        recording: a file that is copied and kept too, because the person asked for it
        Gives the answer with its id and the name of the recording; None, and nothing is kept, where the person has no
        such session. Raises UserError where the recording can't be copied.
        """
        table = tables().answers
        values = answer_values(answer) | {"person": owner(person), "session": session}
        name = None if recording is None else self._recordings.add(owner(person), recording)
        number = None
        try:
            with database.writing(self._engine) as connection:
                if _holds(connection, person, session):
                    insert = table.insert().values(values | {"recording": name}).returning(table.c.id)
                    number = connection.execute(insert).scalar_one()
        except BaseException:
            number = None
            raise
        finally:
            if name and number is None:
                self._recordings.delete(owner(person), [name])
        return None if number is None else replace(answer, id=number, recording=name)

    def session(self, person: str, session: int) -> Session | None:
        """A session with all that belongs to it; None where the person has no such one."""
        sessions, asked, answers, _ = tables()
        with self._engine.connect() as connection:
            row = connection.execute(sessions.select().where(*_own(sessions, person, session))).first()
            if row is None:
                return None
            questions, given = (
                connection.execute(table.select().where(table.c.session == row.id).order_by(table.c.id)).all()
                for table in (asked, answers)
            )
        values = with_zone(row, "started")
        del values["person"]
        return Session(**values, asked=tuple(row.question for row in questions), answers=tuple(map(answer_of, given)))

    def summaries(self, person: str, limit: int, offset: int = 0) -> list[Summary]:
        """The sessions in which something was answered, the newest first."""
        import sqlalchemy as sa

        sessions, _, answers, _ = tables()
        columns = [sessions.c[name] for name in ("id", "started", "role", "category", "difficulty")]
        numbers = [
            sa.func.count().label("answers"),
            sa.func.avg(answers.c.overall).label("overall"),
            sa.func.max(answers.c.created).label("last"),
        ]
        query = (
            sa.select(*columns, *numbers)
            .join(answers, answers.c.session == sessions.c.id)
            .where(sessions.c.person == owner(person))
            .group_by(sessions.c.id)
            .order_by(sessions.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        with self._engine.connect() as connection:
            return [_summary(with_zone(row, "started")) for row in connection.execute(query)]

    def answers(self, person: str, last: int | None = None) -> list[Answer]:
        """The latest answers of all sessions (None: all of them), the oldest first, without times of words and pauses,
        which are long."""
        import sqlalchemy as sa

        table = tables().answers
        columns = [column for column in table.c if column.name not in LONG]
        query = sa.select(*columns).where(table.c.person == owner(person)).order_by(table.c.id.desc()).limit(last)
        with self._engine.connect() as connection:
            return [answer_of(row) for row in connection.execute(query).all()[::-1]]

    def recording(self, person: str, answer: int) -> Path | None:
        """The file with the sound of an answer; None where the person has no such answer or its sound was not kept."""
        table = tables().answers
        with self._engine.connect() as connection:
            row = connection.execute(table.select().where(*_own(table, person, answer))).first()
        return self._recordings.find(owner(person), row.recording) if row and row.recording else None

    def delete_session(self, person: str, session: int) -> bool:
        """Delete a session with its answers and recordings. False where the person has no such one."""
        import sqlalchemy as sa

        sessions, _, answers, _ = tables()
        with database.writing(self._engine) as connection:
            if not _holds(connection, person, session):
                return False
            of_it = (answers.c.session == session, answers.c.recording.is_not(None))
            names = connection.execute(sa.select(answers.c.recording).where(*of_it)).scalars().all()
            connection.execute(sessions.delete().where(*_own(sessions, person, session)))
        database.tidy(self._engine)
        self._recordings.delete(owner(person), names)
        return True

    # Questions of one's own

    def questions(self, person: str) -> list[Question]:
        """A person's own questions in the order in which they were added."""
        table = tables().questions
        query = table.select().where(table.c.person == owner(person)).order_by(table.c.number)
        with self._engine.connect() as connection:
            return [question_of(row) for row in connection.execute(query)]

    def add_questions(self, person: str, questions: Sequence[Question]) -> list[str]:
        """Keep questions, all or none; gives the ids of those that were not there yet."""
        from sqlalchemy.dialects import postgresql, sqlite

        table, now = tables().questions, datetime.now(timezone.utc)
        kind = {"postgresql": postgresql, "sqlite": sqlite}[self._engine.dialect.name]
        rows = [question_values(question, now) | {"person": owner(person)} for question in questions]
        added = []
        with database.writing(self._engine) as connection:
            for start in range(0, len(rows), AT_ONCE):
                insert = kind.insert(table).values(rows[start : start + AT_ONCE])
                insert = insert.on_conflict_do_nothing(index_elements=["person", "id"])
                added += connection.execute(insert.returning(table.c.id)).scalars()
        return added

    def delete_questions(self, person: str, ids: Iterable[str]) -> int:
        """Delete own questions by their ids; gives how many there were."""
        table = tables().questions
        wanted = list(ids)
        with database.writing(self._engine) as connection:
            gone = sum(
                connection.execute(
                    table.delete().where(table.c.person == owner(person), table.c.id.in_(wanted[at : at + AT_ONCE]))
                ).rowcount
                for at in range(0, len(wanted), AT_ONCE)
            )
        database.tidy(self._engine)
        return gone

    # Everything

    def forget(self, person: str) -> Forgotten:
        """Delete all that is kept of a person."""
        sessions, asked, answers, questions = tables()
        with database.writing(self._engine) as connection:
            # Sessions first: who adds to one of them waits for this row, and then finds it gone. The others follow
            # by themselves, but are counted here.
            _lock(connection, sessions.c.person == owner(person))
            gone = [
                connection.execute(table.delete().where(table.c.person == owner(person))).rowcount
                for table in (answers, asked, questions, sessions)
            ]
        database.tidy(self._engine)
        return Forgotten(gone[3], gone[0], gone[2], self._recordings.clear(owner(person)))


def _own(table: "Table", person: str, number: int) -> "tuple[ColumnElement[bool], ...]":
    """The row of this number, where it is the person's."""
    there = number if type(number) is int and 0 < number <= LARGEST_ID else 0
    return table.c.id == there, table.c.person == owner(person)


def _holds(connection: "Connection", person: str, session: int) -> bool:
    """Whether the person has this session, which then can't be deleted before the transaction ends."""
    return _lock(connection, *_own(tables().sessions, person, session)) == 1


def _lock(connection: "Connection", *which: "ColumnElement[bool]") -> int:
    """Hold sessions until the end of the transaction; gives how many. SQLite has one writer at a time anyway."""
    import sqlalchemy as sa

    column = tables().sessions.c.id
    query = sa.select(column).where(*which).order_by(column).with_for_update()
    return len(connection.execute(query).all())


def _summary(values: dict[str, Any]) -> Summary:
    overall = values["overall"]
    last = values["last"].replace(tzinfo=timezone.utc)
    return Summary(**values | {"overall": None if overall is None else float(overall), "last": last})
