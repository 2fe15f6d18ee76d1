"""Faults in the middle of an import: it is killed, the disk is full, the database is held by another, its server goes.

Each leaves the book as it was, and the same import goes in whole afterwards.
"""

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta

import pytest

from common import store as database
from common.errors import UserError
from inventory.files.importing import import_file
from inventory.items import Item
from inventory.records import Record
from inventory.store import Store

DAY = date(2024, 1, 1)
BEFORE = [Record(DAY - timedelta(days=at), "Subang", "rice", "kg", 1.0, 2.0) for at in range(3)]
CHILD = """
import resource, sys, time
from inventory.files import importing
from inventory.store import Store

url, path, batches, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Store.open(url)
importing.AT_ONCE = 1000
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

def wait(rows):
    if rows == batches * 1000:
        print("read", rows, flush=True)
        time.sleep(60)

try:
    importing.import_file(store, path, progress=wait)
except importing.UserError as error:
    print(error, flush=True)
"""


@pytest.fixture
def big(tmp_path):
    """A file of 6,000 rows, of which one is bad."""
    lines = ["Date,Outlet,Item,Unit,Stock in,Balance,Remark"]
    for at in range(1000):
        day = DAY + timedelta(days=at)
        lines += [f"{day},Outlet {outlet},chicken,kg,{at},{at + 1},a remark of some length" for outlet in range(6)]
    lines[5] = "never,Outlet 0,chicken,kg,1,1,"
    path = tmp_path / "big.csv"
    path.write_text("\n".join(lines))
    return path


def start(url, path, batches=0, limit=0) -> subprocess.Popen:
    arguments = [sys.executable, "-c", CHILD, url, str(path), str(batches), str(limit)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def nothing_is_in(url) -> bool:
    store = Store.open(url)
    assert sorted(map(str, store.records())) == sorted(map(str, BEFORE))
    assert store.imports() == [] and list(store.rows_aside(1)) == []
    assert [one.name for one in store.items()] == ["rice"] and [one.name for one in store.outlets()] == ["Subang"]
    store.close()
    return True


def goes_in_whole(url, path) -> bool:
    store = Store.open(url)
    found = import_file(store, path)
    assert (found.added, found.set_aside, store.counts().records) == (5999, 1, 6002)
    store.close()
    return True


@pytest.fixture
def begun(url):
    store = Store.open(url)
    store.add_records(BEFORE)
    store.close()
    return url


def test_an_import_that_is_killed_leaves_nothing(begun, big):
    child = start(begun, big, batches=4)
    try:
        assert child.stdout.readline() == "read 4000\n"
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert nothing_is_in(begun) and goes_in_whole(begun, big)


def test_an_import_onto_a_full_disk_is_told_and_leaves_nothing(tmp_path, big):
    """No file of the child may grow beyond 200 kB, of which the empty database already takes 120 kB."""
    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    store = Store.open(url)
    store.add_records(BEFORE)
    store.close()
    child = start(url, big, limit=200_000)
    said, _ = child.communicate(timeout=60)
    assert child.returncode == 0 and "a.sqlite3" in said and "Nothing was changed." in said, said
    assert "no room left" in said or "can't be written to" in said
    assert nothing_is_in(url) and goes_in_whole(url, big)


def test_a_database_that_may_not_grow_is_told_and_leaves_nothing(file_store, big):
    file_store.add_records(BEFORE)
    with file_store._engine.connect() as connection:  # the pool hands out this connection again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 5}")
    with pytest.raises(UserError, match=r"only.sqlite3' has no room left on its disk\. .* Nothing was changed\."):
        import_file(file_store, big)
    assert file_store.count_records() == 3 and file_store.imports() == []
    with file_store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert import_file(file_store, big).added == 5999


def test_a_database_that_another_program_holds_is_waited_for(tmp_path, monkeypatch, big):
    monkeypatch.setattr(database, "WAIT", 0.2)
    url = f"sqlite:///{tmp_path / 'a.sqlite3'}"
    store = Store.open(url)
    store.add_records(BEFORE)
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match=r"was held by another program for more than 0.2 seconds\. Try again"):
            import_file(store, big)
        with pytest.raises(UserError, match="held by another program"):
            store.set_item(Item("rice", "g"))
        assert len(list(store.records())) == 3, "it can be read meanwhile"
        other.rollback()
    assert import_file(store, big).added == 5999
    store.close()


def test_an_error_of_our_own_leaves_nothing_either(begun, big):
    def broken(rows: int) -> None:
        raise ZeroDivisionError

    store = Store.open(begun)
    with pytest.raises(ZeroDivisionError):
        import_file(store, big, progress=broken)
    store.close()
    assert nothing_is_in(begun) and goes_in_whole(begun, big)


def test_a_server_that_goes_away_is_told(postgresql, big):
    store = Store.open(postgresql)
    store.add_records(BEFORE)
    helper = database.open_engine("inventory", postgresql)

    def cut(rows: int) -> None:
        with helper.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database()"
            )

    try:
        with pytest.raises(UserError, match=r"went away in the middle. Start it, and try again. Nothing was changed"):
            import_file(store, big, progress=cut)
        assert nothing_is_in(postgresql) and goes_in_whole(postgresql, big)
    finally:
        store.close()
        with helper.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        helper.dispose()
