"""What several tests of this system share; a test that wants it names it."""

import pytest

from feedback.store import Store


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
