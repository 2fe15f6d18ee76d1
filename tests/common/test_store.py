"""The database on real SQLite files and on a PostgreSQL server that is started here."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from common import store
from common.errors import UserError
from common.store import data_folder, migrate, open_engine, writing
from tests import postgres

FIRST = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None


def upgrade():
    op.create_table("zoo_animals", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    op.create_table(
        "zoo_meals",
        sa.Column("animal", sa.Integer, sa.ForeignKey("zoo_animals.id", ondelete="CASCADE"), nullable=False),
        sa.Column("eaten", sa.DateTime),
    )
    op.execute("INSERT INTO zoo_animals (name) VALUES ('ape')")
"""
# So that another process or thread comes into the middle of it.
SLOW = FIRST.replace("def upgrade():", "def upgrade():\n    import time; time.sleep(SECONDS)")
SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    # What SQLite can't change it makes anew.
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("zoo_animals", recreate=recreate) as batch:
        batch.add_column(sa.Column("legs", sa.Integer))
"""
BROKEN = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade():
    op.create_table("zoo_half", sa.Column("id", sa.Integer))
    op.execute("INSERT INTO zoo_half (id) VALUES (1)")
    raise ValueError("half-way")
"""
MIGRATE = """
import sys, time
from pathlib import Path
import alembic.operations, alembic.runtime.migration, alembic.script, filelock  # the slow part of it comes first
from common.store import migrate, open_engine

url, versions, go, ready = sys.argv[1:]
engine = open_engine("zoo", url)
Path(ready).touch()
while not Path(go).exists():
    time.sleep(0.01)
migrate(engine, versions, "zoo_version")
with engine.connect() as connection:
    print(connection.exec_driver_sql("SELECT count(*) FROM zoo_animals").scalar(), end="")
engine.dispose()
"""


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch, tmp_path):
    monkeypatch.setenv("DEMO_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def opened(request):
    """`open_engine`, closed at the end."""
    engines = []

    def open_one(*args, **options) -> sa.Engine:
        engines.append(open_engine(*args, **options))
        return engines[-1]

    yield open_one
    for engine in engines:
        engine.dispose()


def versions(folder: Path, *revisions: str) -> Path:
    there = folder / "migrations %d" / "versions"  # a sign that configuration files would read as theirs
    there.mkdir(parents=True, exist_ok=True)
    for number, revision in enumerate(revisions, 1):
        (there / f"{number:04d}_step.py").write_text(revision)
    return there


def value(engine: sa.Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).scalar()


def chain(error: BaseException) -> Iterator[BaseException]:
    """The errors that a log shows as reasons of this one."""
    while (error := error.__cause__ or (None if error.__suppress_context__ else error.__context__)) is not None:
        yield error


def names(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_the_data_folder_is_that_of_the_settings(monkeypatch, tmp_path):
    assert data_folder("zoo") == tmp_path / "data" / "zoo"
    monkeypatch.setenv("DEMO_DATA_DIR", "here")
    assert data_folder("zoo") == Path.cwd() / "here" / "zoo"
    monkeypatch.setenv("DEMO_DATA_DIR", "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert data_folder("zoo") == tmp_path / "xdg" / "demo-house" / "zoo"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder("zoo") == tmp_path / ".local" / "share" / "demo-house" / "zoo"


def test_without_an_address_it_is_a_file_in_the_data_folder(opened, tmp_path):
    engine = opened("zoo")
    assert value(engine, "SELECT 1") == 1
    assert (tmp_path / "data" / "zoo" / "zoo.sqlite3").is_file()
    odd = tmp_path / "50% off? yes#1"
    assert value(opened("zoo", folder=odd), "SELECT 1") == 1
    assert [file.name for file in odd.glob("*.sqlite3")] == ["zoo.sqlite3"]


def test_every_connection_to_a_file_has_the_settings(opened):
    engine = opened("zoo")
    with engine.connect() as one, engine.connect() as other:
        for connection in (one, other):
            settings = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in settings]
            assert found == ["wal", 1, 1, 1, store.WAIT * 1000]


def test_the_variable_names_the_database_and_an_argument_goes_before_it(opened, monkeypatch, tmp_path):
    monkeypatch.setenv(store.URL_VARIABLE, f"sqlite:///{tmp_path / 'named.db'}")
    assert opened("zoo").url.database == str(tmp_path / "named.db")
    assert opened("zoo", f"sqlite:///{tmp_path / 'given.db'}").url.database == str(tmp_path / "given.db")
    monkeypatch.setenv(store.URL_VARIABLE, "  ")
    assert opened("zoo").url.database == str(tmp_path / "data" / "zoo" / "zoo.sqlite3")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_is_read(opened, scheme):
    engine = opened("zoo", f"{scheme}://user:secret@host:5433/name?sslmode=require")
    assert (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg")
    assert engine.url.render_as_string(False).startswith("postgresql+psycopg://user:secret@host:5433/name?")
    assert dict(engine.url.query) == {"sslmode": "require", "connect_timeout": "10"}
    assert opened("zoo", f"{scheme}://host/name?connect_timeout=3").url.query["connect_timeout"] == "3"


@pytest.mark.parametrize(
    "wrong",
    [
        "mysql://user:secret@host/name",
        "no address secret",
        "postgresql://user:secret@host:secret/name",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:secret?mode=memory&uri=true",
        "://secret",
    ],
)
def test_an_address_of_another_kind_is_refused_without_telling_the_password(wrong):
    with pytest.raises(UserError, match=r"DATABASE_URL.*write it as postgresql://") as caught:
        open_engine("zoo", wrong)
    told = [caught.value, *chain(caught.value)]
    assert "secret" not in " ".join(map(str, told))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match=r"file/zoo' can't hold a database.*Name another folder"):
        open_engine("zoo", folder=tmp_path / "file" / "zoo")


@pytest.mark.parametrize("content", [b"this is no database, and it is long enough to see it" * 50, None])
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(opened, tmp_path, content):
    file = tmp_path / "zoo.sqlite3"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(UserError, match=r"zoo\.sqlite3' can't be used: .+Move the file away"):
        migrate(opened("zoo", folder=tmp_path), versions(tmp_path, FIRST), "zoo_version")
    assert content is None or file.read_bytes() == content


def test_a_server_that_does_not_answer_is_named_without_its_password(opened, tmp_path):
    engine = opened("zoo", "postgresql://user:secret@127.0.0.1:9/name")
    with pytest.raises(
        UserError, match=r"user:\*\*\*@127\.0\.0\.1:9/name doesn't answer: .*unset DATABASE_URL"
    ) as caught:
        migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    assert "secret" not in str(caught.value)


def test_a_wrong_password_is_told_without_it(postgresql, opened, tmp_path):
    engine = opened("zoo", postgresql.replace(postgres.QUOTED, "guessed"))
    with pytest.raises(UserError, match="password authentication failed") as caught:
        migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    assert "guessed" not in str(caught.value)


def test_the_steps_are_taken_once_and_later_only_those_that_are_new(opened, url, tmp_path):
    engine = opened("zoo", url)
    folder = versions(tmp_path, FIRST)
    migrate(engine, folder, "zoo_version")
    assert names(engine) == {"zoo_animals", "zoo_meals", "zoo_version"}
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zoo_meals (animal) VALUES (1)")
    migrate(engine, folder, "zoo_version")
    assert value(engine, "SELECT version_num FROM zoo_version") == "0001"
    migrate(engine, versions(tmp_path, FIRST, SECOND), "zoo_version")
    assert value(engine, "SELECT version_num FROM zoo_version") == "0002"
    assert value(engine, "SELECT count(*) FROM zoo_animals WHERE legs IS NULL") == 1
    assert value(engine, "SELECT count(*) FROM zoo_meals") == 1, "the table that they point to was made anew"
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zoo_meals (animal) VALUES (7)")


def test_two_systems_share_one_database(opened, url, tmp_path):
    engine = opened("zoo", url)
    migrate(engine, versions(tmp_path / "zoo", FIRST), "zoo_version")
    migrate(
        engine, versions(tmp_path / "ark", FIRST.replace("zoo", "ark"), SECOND.replace("zoo", "ark")), "ark_version"
    )
    assert value(engine, "SELECT version_num FROM zoo_version") == "0001"
    assert value(engine, "SELECT version_num FROM ark_version") == "0002"


def test_a_step_that_fails_leaves_nothing_of_itself_or_of_those_before_it(opened, url, tmp_path):
    engine = opened("zoo", url)
    with pytest.raises(ValueError, match="half-way"):
        migrate(engine, versions(tmp_path, FIRST, BROKEN), "zoo_version")
    assert names(engine) == set()
    migrate(engine, versions(tmp_path, FIRST, SECOND), "zoo_version")
    assert value(engine, "SELECT version_num FROM zoo_version") == "0002"


def test_a_step_that_leaves_rows_pointing_to_nothing_is_undone(opened, tmp_path):
    orphan = BROKEN.replace('raise ValueError("half-way")', 'op.execute("INSERT INTO zoo_meals (animal) VALUES (7)")')
    engine = opened("zoo", folder=tmp_path)
    with pytest.raises(RuntimeError, match="zoo_meals that point to nothing in zoo_animals"):
        migrate(engine, versions(tmp_path, FIRST, orphan), "zoo_version")
    assert names(engine) == set()


def test_a_database_of_a_newer_program_is_left_alone(opened, url, tmp_path):
    engine = opened("zoo", url)
    migrate(engine, versions(tmp_path, FIRST, SECOND), "zoo_version")
    with pytest.raises(
        UserError, match=r"of another version, 0002, than this program, which knows 0001\. Update"
    ) as caught:
        migrate(engine, versions(tmp_path / "old", FIRST), "zoo_version")
    assert postgres.QUOTED not in str(caught.value)
    assert value(engine, "SELECT version_num FROM zoo_version") == "0002"


def start(url: str, folder: Path, go: Path, number: int) -> subprocess.Popen:
    command = [sys.executable, "-c", MIGRATE, url, str(folder), str(go), str(go.with_name(f"ready{number}"))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(*files: Path) -> None:
    until = time.monotonic() + 100
    while not all(file.exists() for file in files):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_two_processes_migrate_at_once_and_it_is_done_once(opened, url, tmp_path):
    go = tmp_path / "go"
    folder = versions(tmp_path, SLOW.replace("SECONDS", "1"))
    processes = [start(url, folder, go, number) for number in range(2)]
    wait_for(*(tmp_path / f"ready{number}" for number in range(2)))
    go.touch()
    ended = [process.communicate(timeout=100) for process in processes]
    assert ended == [("1", ""), ("1", "")]
    assert value(opened("zoo", url), "SELECT count(*) FROM zoo_animals") == 1


def test_a_process_waits_for_the_lock_beside_the_file(tmp_path):
    from filelock import FileLock

    file = tmp_path / "zoo.sqlite3"
    (tmp_path / "go").touch()
    with FileLock(f"{file}.lock"):
        process = start(f"sqlite:///{file}", versions(tmp_path, FIRST), tmp_path / "go", 0)
        wait_for(tmp_path / "ready0")
        time.sleep(2)
        assert process.poll() is None and not file.exists(), "it went on although somebody else holds the lock"
    assert process.communicate(timeout=100) == ("1", "")


def test_a_lock_that_is_never_let_go_is_named(opened, tmp_path, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(store, "MIGRATION_WAIT", 0.1)
    lock = FileLock(tmp_path / "zoo.sqlite3.lock", is_singleton=False)
    with lock, pytest.raises(UserError, match=r"its lock can't be had \(.*zoo\.sqlite3\.lock"):
        migrate(opened("zoo", folder=tmp_path), versions(tmp_path, FIRST), "zoo_version")


def test_threads_migrate_several_databases_at_once(opened, tmp_path):
    folder = versions(tmp_path, SLOW.replace("SECONDS", "0.1"))
    engines = [opened("zoo", folder=tmp_path / str(number % 3)) for number in range(6)]
    errors = []

    def work(engine: sa.Engine) -> None:
        try:
            migrate(engine, folder, "zoo_version")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [value(engine, "SELECT count(*) FROM zoo_animals") for engine in engines] == [1] * 6


def test_an_error_undoes_all_of_a_transaction(opened, url, tmp_path):
    engine = opened("zoo", url)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zoo_animals (name) VALUES ('bee')")
        connection.exec_driver_sql("CREATE TABLE zoo_more (id INTEGER)")
        _ = 1 / 0
    assert value(engine, "SELECT count(*) FROM zoo_animals") == 1
    assert "zoo_more" not in names(engine)


def test_writers_that_begin_by_reading_wait_for_each_other(opened, tmp_path):
    engine = opened("zoo", folder=tmp_path)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    errors = []

    def work() -> None:
        try:
            for _ in range(5):
                with writing(engine) as connection:
                    count = connection.exec_driver_sql("SELECT count(*) FROM zoo_animals").scalar()
                    time.sleep(0.01)
                    connection.execute(sa.text("INSERT INTO zoo_animals (name) VALUES (:name)"), {"name": str(count)})
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with engine.connect() as connection:
        found = [row.name for row in connection.exec_driver_sql("SELECT name FROM zoo_animals ORDER BY id")]
    assert found == ["ape", *map(str, range(1, 16))], "nobody counted what another was about to change"


def test_readers_go_on_while_somebody_writes(opened, tmp_path):
    engine = opened("zoo", folder=tmp_path)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zoo_animals (name) VALUES ('bee')")
        assert value(engine, "SELECT count(*) FROM zoo_animals") == 1
    assert value(engine, "SELECT count(*) FROM zoo_animals") == 2


def test_who_reads_sees_one_state_while_others_write(opened, tmp_path):
    engine = opened("zoo", folder=tmp_path)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    with engine.connect() as connection:
        counts = [connection.exec_driver_sql("SELECT count(*) FROM zoo_animals").scalar()]
        with writing(engine) as other:
            other.exec_driver_sql("INSERT INTO zoo_animals (name) VALUES ('bee')")
        counts.append(connection.exec_driver_sql("SELECT count(*) FROM zoo_animals").scalar())
    assert counts == [1, 1] and value(engine, "SELECT count(*) FROM zoo_animals") == 2


def test_a_server_that_started_again_is_found_again(postgresql, opened):
    engine, other = opened("zoo", postgresql), opened("zoo", postgresql)
    number = value(engine, "SELECT pg_backend_pid()")
    assert value(engine, "SELECT pg_backend_pid()") == number, "the connection is kept"
    assert value(other, f"SELECT pg_terminate_backend({number})")
    while value(other, f"SELECT count(*) FROM pg_stat_activity WHERE pid = {number}"):
        time.sleep(0.01)
    assert value(engine, "SELECT pg_backend_pid()") != number


def test_what_was_deleted_cannot_be_read_from_the_file(opened, tmp_path):
    engine = opened("zoo", folder=tmp_path)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    with writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO zoo_animals (name) VALUES ('very secret beast')")
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM zoo_animals")
    engine.dispose()  # the last connection moves the log into the file
    assert b"secret beast" not in b"".join(file.read_bytes() for file in tmp_path.glob("zoo.sqlite3*"))
    with sqlite3.connect(tmp_path / "zoo.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM zoo_animals").fetchone() == (0,)
    connection.close()


def test_a_time_comes_back_as_it_was_written_whatever_the_zone_of_the_server(opened, url, tmp_path):
    engine = opened("zoo", url)
    migrate(engine, versions(tmp_path, FIRST), "zoo_version")
    meals = sa.Table("zoo_meals", sa.MetaData(), autoload_with=engine)
    eaten = datetime(2025, 3, 30, 1, 30, 0, 123456)
    with writing(engine) as connection:
        connection.execute(meals.insert(), {"animal": 1, "eaten": eaten})
    with engine.connect() as connection:
        assert connection.execute(sa.select(meals.c.eaten).where(meals.c.eaten == eaten)).scalar() == eaten


def test_importing_it_brings_no_database_library():
    code = "import common.store, sys; print(*{'sqlalchemy', 'alembic', 'psycopg'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout.strip() == ""
