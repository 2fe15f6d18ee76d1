"""What several tests of this system share; a test that wants it names it."""

from collections.abc import Sequence

import numpy as np
import pytest

from coach.store import Store
from common import text
from common.store import URL_VARIABLE, open_engine


@pytest.fixture(autouse=True)
def nobody_elses_database(monkeypatch):
    monkeypatch.delenv(URL_VARIABLE, raising=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'coach.sqlite3'}"
        return
    address = request.getfixturevalue("postgresql")
    yield address
    engine = open_engine("coach", address)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()


@pytest.fixture
def store(url, tmp_path):
    """An empty store, in a database of each kind; recordings are in the folder "recordings" of tmp_path."""
    store = Store.open(url, tmp_path / "recordings")
    yield store
    store.close()


@pytest.fixture
def file_store(tmp_path):
    """An empty store in a file."""
    store = Store.open(f"sqlite:///{tmp_path / 'only.sqlite3'}", tmp_path / "recordings")
    yield store
    store.close()


class Remembering:
    """MiniLM, which keeps the vectors of the texts that it was given."""

    def __init__(self) -> None:
        self._encoder, self._vectors = text.load(), {}

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in self._vectors))
        vectors = self._encoder.embed(new)
        self._vectors |= dict(zip(new, vectors, strict=True))
        return np.array([self._vectors[text] for text in texts], np.float32).reshape(len(texts), vectors.shape[1])


@pytest.fixture(scope="session")
def minilm():
    """For tests that read the same sentences again and again."""
    return Remembering()
