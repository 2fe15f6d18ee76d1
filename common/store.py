"""The database for what must outlive a request: an SQLite file, or PostgreSQL where DATABASE_URL names one.

    class Store(SystemStore):
        system = "coach"
        versions = Path(__file__).with_name("migrations") / "versions"

        def count(self) -> int:
            with self._engine.connect() as connection: ...     # reads

        def add(self, row: Row) -> None:
            with writing(self._engine) as connection: ...      # reads and changes, all of it or nothing

Several systems share one PostgreSQL database: the names of a system's tables, and that of the table which holds its
version, begin with the system's own name.
"""

import contextlib
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from common.errors import UserError
from common.folders import data_folder

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

__all__ = ["URL_VARIABLE", "SystemStore", "data_folder", "migrate", "open_engine", "tidy", "writing"]

URL_VARIABLE = "DATABASE_URL"
WAIT = 30  # seconds that one writer waits for another
MIGRATION_WAIT = 300  # seconds that one process waits for another to bring the database to a new form
CONNECT_WITHIN = 10  # seconds
# With a log beside the file readers and a writer don't hold each other up, and syncing at checkpoints is safe in it
# (https://sqlite.org/wal.html). What is deleted is overwritten, so that nothing of it can be read from the file.
SETTINGS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")
_WRITES = "writes"
_MIGRATING = threading.Lock()  # alembic's `op` is one for the whole process
Kept = TypeVar("Kept", bound="SystemStore")
_SHARED: dict[object, "SystemStore"] = {}
_SHARING = threading.Lock()


class SystemStore:
    """What a system remembers, in its database.

    Safe to share between threads; any number of processes may have it open.
    engine: of a database that is at the newest revision; see `open`
    system, versions: of the class: the system's name, and the folder of its alembic revisions
    """

    system: ClassVar[str]
    versions: ClassVar[Path]

    def __init__(self, engine: "Engine") -> None:
        super().__init__()
        self._engine = engine

    @classmethod
    def open(cls: type[Kept], url: str | None = None, *more: Any) -> Kept:
        """The database at `url`, made and brought to the newest form where it isn't. None: that of the settings.

        more: what the class takes beside the engine. Raises UserError when the database can't be reached or used.
        """
        engine = open_engine(cls.system, url)
        try:
            migrate(engine, cls.versions, f"{cls.system}_version")
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, *more)

    @classmethod
    def shared(cls: type[Kept]) -> Kept:
        """The store of this process at the settings' database, opened once for all who ask."""
        with _SHARING:
            # The engine connects to nothing yet.
            key = (cls, open_engine(cls.system).url, data_folder(cls.system))
            if key not in _SHARED:
                _SHARED[key] = cls.open()
            return _SHARED[key]

    def close(self) -> None:
        """Let go of the database; it is opened again by the next call."""
        self._engine.dispose()


def open_engine(system: str, url: str | None = None, folder: str | Path | None = None) -> "Engine":
    """The database of a system; nothing is read or written yet.

    url: postgresql://user:password@host:port/name, or sqlite:///path; None: $DATABASE_URL, else the file
        <system>.sqlite3 in `folder`
    folder: None for `data_folder(system)`; it is made

    Times out of both databases are without a zone; write them in UTC. Raises UserError for an address of another kind
    and for a folder that can't be made.
    """
    from sqlalchemy import URL, create_engine

    if url := (url or os.environ.get(URL_VARIABLE, "")).strip():
        address = _address(url)
    else:
        address = URL.create("sqlite", database=str(Path(folder or data_folder(system)) / f"{system}.sqlite3"))
    if address.get_backend_name() == "sqlite":
        return _sqlite(Path(address.database))
    if "connect_timeout" not in address.query:
        address = address.update_query_dict({"connect_timeout": str(CONNECT_WITHIN)})
    return create_engine(address, pool_pre_ping=True)  # a server may have started again since


def writing(engine: "Engine") -> AbstractContextManager["Connection"]:
    """`with writing(engine) as connection:` a transaction that changes something; an error undoes all of it.

    On SQLite it waits for other writers before its first statement. A transaction that begins by reading can't wait:
    it fails where somebody else has written since (https://sqlite.org/isolation.html).
    """
    return engine.execution_options(**{_WRITES: True}).begin()


def migrate(engine: "Engine", versions: str | Path, version_table: str) -> None:
    """Bring the database to the newest of the alembic revisions in the folder `versions`, all steps or none.

    version_table: holds the revision that the database is at; begins with the system's name

    Any number of processes and threads may call it at once: one migrates, the others wait. Foreign keys of SQLite
    are checked at the end only, so that a revision may rebuild a table that others point to. Raises UserError when the
    database can't be reached or used, or is of a newer version than the revisions.
    """
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    versions = Path(versions)
    script = ScriptDirectory(str(versions.parent), version_locations=[str(versions)])

    def steps(revision: tuple[str, ...], _: MigrationContext) -> list:
        try:
            return script._upgrade_revs("head", revision)  # as alembic's own command does
        except CommandError as error:
            raise UserError(
                f"The database at {_shown(engine)} is of another version, {', '.join(revision)}, than this program, "
                f"which knows {script.get_current_head()}. Update the program, or use another database."
            ) from error

    with _MIGRATING, _alone(engine), _connected(engine) as connection:
        # The settings of this one connection change, so it doesn't go back to the others.
        connection.detach()
        if sqlite := engine.dialect.name == "sqlite":
            connection.connection.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        with connection.begin():
            _hold(connection, version_table)
            context = MigrationContext.configure(connection, opts={"version_table": version_table, "fn": steps})
            with Operations.context(context):
                context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise RuntimeError(f"a revision leaves rows of {broken[0]} that point to nothing in {broken[2]}")


def tidy(engine: "Engine") -> None:
    """After a deletion: bring SQLite's log into its file, so that what was deleted is in neither.

    While somebody still reads the log stays, and the next call does it. PostgreSQL tidies up by itself.
    """
    if engine.dialect.name == "sqlite":
        with contextlib.closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _address(url: str) -> "URL":
    """The address as SQLAlchemy reads it. What was given is not quoted: there is a password in it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    form = "write it as postgresql://user:password@localhost:5432/name"
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise UserError(f"{URL_VARIABLE} is no address of a database; {form}.") from None
    kind = address.drivername.split("+")[0]
    if kind in ("postgres", "postgresql"):
        return address.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and (address.database or ":memory:").split(":")[0] not in ("", "file"):
        return address.set(drivername="sqlite")
    raise UserError(f"{URL_VARIABLE}={kind}://… is a database that can't be used here; {form}.")


def _sqlite(file: Path) -> "Engine":
    from sqlalchemy import URL, create_engine, event

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{str(file.parent)!r} can't hold a database: {error}. Name another folder.") from error
    engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": WAIT})

    @event.listens_for(engine, "connect")
    def prepare(connection: object, _: object) -> None:
        for setting in SETTINGS:
            connection.execute(f"PRAGMA {setting}")

    # Left to itself sqlite3 begins a transaction before the first change only, and none for CREATE TABLE.
    @event.listens_for(engine, "begin")
    def begin(connection: "Connection") -> None:
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextlib.contextmanager
def _alone(engine: "Engine") -> Iterator[None]:
    """For SQLite a lock on a file beside the database: turning its log on needs it for one process alone."""
    if engine.dialect.name != "sqlite":
        yield
        return
    from filelock import FileLock, Timeout

    lock = FileLock(f"{engine.url.database}.lock")
    try:
        lock.acquire(timeout=MIGRATION_WAIT)
    except (OSError, Timeout) as error:
        raise _unusable(engine, f"its lock can't be had ({error})") from error
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _connected(engine: "Engine") -> Iterator["Connection"]:
    """A connection to a database that answers."""
    from sqlalchemy.exc import DBAPIError

    try:
        connection = engine.execution_options(**{_WRITES: True}).connect()
    except DBAPIError as error:
        raise _unusable(engine, str(error.orig).strip().splitlines()[0]) from error
    with connection:
        yield connection


def _hold(connection: "Connection", name: str) -> None:
    """On PostgreSQL wait for a lock of this name, which ends with the transaction."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))


def _unusable(engine: "Engine", reason: str) -> UserError:
    if engine.dialect.name == "sqlite":
        advice = "Move the file away if it is damaged, or name another folder."
        return UserError(f"The database {_shown(engine)} can't be used: {reason}. {advice}")
    advice = f"Start it, or unset {URL_VARIABLE} to keep the data in a file."
    return UserError(f"The database at {_shown(engine)} doesn't answer: {reason}. {advice}")


def _shown(engine: "Engine") -> str:
    """Where a database is, without its password."""
    if engine.dialect.name == "sqlite":
        return repr(engine.url.database)
    return engine.url.set(query={}).render_as_string(hide_password=True)
