"""What several tests of this system share; a test that wants it names it."""

from collections.abc import Sequence

import numpy as np
import pytest

from coach.store import Store
from common import text


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
