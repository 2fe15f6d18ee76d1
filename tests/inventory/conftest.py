"""What several tests of this system share; a test that wants it names it."""

import pytest

from common.store import URL_VARIABLE, open_engine
from inventory.store import Store


@pytest.fixture(autouse=True)
def nobody_elses_database(monkeypatch):
    monkeypatch.delenv(URL_VARIABLE, raising=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'inventory.sqlite3'}"
        return
    address = request.getfixturevalue("postgresql")
    yield address
    engine = open_engine("inventory", address)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
def store(url):
    """An empty store, in a database of each kind."""
    store = Store.open(url)
    yield store
    store.close()


@pytest.fixture
def file_store(tmp_path):
    """An empty store in a file."""
    store = Store.open(f"sqlite:///{tmp_path / 'only.sqlite3'}")
    yield store
    store.close()
