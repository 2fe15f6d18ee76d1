"""Collections of vectors in Chroma: kept on disk or on a server, filtered by metadata, searched by cosine.

Up to EXACT_BELOW vectors a search compares with every one of them, in memory: exact, and as fast as an index. Above,
Chroma's own index answers (HNSW, Malkov and Yashunin 2018). Of the ten nearest among the 100,000 vectors that
benchmarks/sketch/retrieval.py makes, which lie in dense clouds, it found no more than half.
"""

import contextlib
import json
import os
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from common.errors import UserError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

EXACT_BELOW = 200_000  # vectors; of 425 values each that many take 340 MB
MOST_MASKS = 64  # filters whose rows are remembered
URL_VARIABLE = "CHROMA_URL"
# Set when a collection is made and not to be changed later. More neighbours and a wider search than Chroma's own 16
# and 100.
HNSW = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 400}
_REVISION = "revision"  # key of the collection's metadata; every write sets a new one


@dataclass(frozen=True)
class Hit:
    """A vector that was found: its id, its cosine -1 to 1 with the query, its metadata, and itself, (d,) and unit."""

    id: str
    score: float
    metadata: Mapping[str, Any]
    vector: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True)
class _Mirror:
    """All vectors of a collection; never changed, so that searches need no lock."""

    ids: list[str]
    vectors: np.ndarray  # (n, d) float32, unit
    metadatas: list[Mapping[str, Any]]
    rows: dict[str, int]
    masks: dict[str, np.ndarray] = field(default_factory=dict)  # of filters, as they are asked for


def connect(folder: str | Path) -> "ClientAPI":
    """The server that CHROMA_URL names (http://host:port), else a store in `folder`, which is made.

    A folder must be open in one process only; a server may be shared. Nothing is reported to Chroma's makers.
    Raises UserError when the server doesn't answer or the folder can't be used.
    """
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not (url := os.environ.get(URL_VARIABLE, "").strip()):
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(str(folder), settings)
        except OSError as error:
            raise UserError(f"The folder {str(folder)!r} can't hold vectors: {error}. Name another one.") from error
    try:
        parts = urlsplit(url)
        ssl = {"http": False, "https": True}[parts.scheme]
        port = parts.port or (443 if ssl else 8000)
        if not parts.hostname:
            raise ValueError(url)
    except (KeyError, ValueError) as error:
        raise UserError(f"{URL_VARIABLE}={url!r} is no address; write it as http://localhost:8000.") from error
    with _answering(url):
        return chromadb.HttpClient(parts.hostname, port, ssl=ssl, settings=settings)


def disconnect(client: "ClientAPI") -> None:
    """Let go of the folder or the server; the collections of this client can't be used any more."""
    # Chroma 1.5 leaves its HTTP sessions open: one of the client, one of the part of it that looks after databases.
    servers = [client._server, client._admin_client._server]
    client.close()
    for server in servers:
        if (session := getattr(server, "_session", None)) is not None:
            session.close()


class Collection:
    """Vectors of one length under ids, with metadata.

    client: from `connect`
    name: 3 to 63 letters, digits, dots, dashes or underscores
    exact_below: number of vectors up to which a search is exact

    Safe to share between threads. Of several processes on one server each sees what the others wrote before its
    search; two that write within the same milliseconds may see it only after the next write.
    """

    def __init__(self, client: "ClientAPI", name: str, exact_below: int = EXACT_BELOW) -> None:
        self.name = name
        self.exact_below = exact_below
        self._client = client
        self._lock = threading.RLock()
        self._mirror: _Mirror | None = None
        self._seen: str | None = None  # the revision that the mirror is of; None: look again
        with _answering():
            self._chroma = client.get_or_create_collection(name, configuration={"hnsw": HNSW}, embedding_function=None)

    def count(self) -> int:
        """How many vectors there are."""
        with _answering():
            return self._chroma.count()

    def upsert(
        self, ids: Sequence[str], vectors: np.ndarray, metadatas: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Put vectors under ids, in place of those that are there; the same again changes nothing.

        vectors: (n, d), not zero; only their direction is kept. metadatas: strings, numbers and booleans by name.
        Raises ValueError for arrays that do not agree or values that are not finite.
        """
        vectors = np.asarray(vectors, np.float32)
        metadatas = [dict(metadata) for metadata in metadatas] if metadatas is not None else [{} for _ in ids]
        if vectors.ndim != 2 or not len(ids) == len(vectors) == len(metadatas) or len(set(ids)) != len(ids):
            raise ValueError(
                f"ids must be unique and as many as vectors and metadata: {len(ids)} ids, vectors {vectors.shape}, "
                f"{len(metadatas)} metadata"
            )
        if not len(ids):
            return
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ValueError("vectors must be finite and not zero")
        vectors = vectors / lengths
        with self._lock, _answering():
            before = self._current_mirror()
            if before is not None and before.ids and before.vectors.shape[1] != vectors.shape[1]:
                raise ValueError(
                    f"vectors have {vectors.shape[1]} values, those of {self.name} {before.vectors.shape[1]}"
                )
            self._seen = None  # a write that fails half-way leaves it so
            most = self._client.get_max_batch_size()
            for start in range(0, len(ids), most):
                part = slice(start, start + most)
                self._chroma.upsert(
                    ids=list(ids[part]),
                    embeddings=vectors[part],
                    metadatas=[metadata or None for metadata in metadatas[part]],
                )
            self._wrote(_merged(before, ids, vectors, metadatas) if before is not None else None)

    def delete(self, ids: Sequence[str]) -> None:
        """Take vectors away; ids that are not there are passed over."""
        if not len(ids):
            return
        with self._lock, _answering():
            before = self._current_mirror()
            self._seen = None
            self._chroma.delete(ids=list(ids))
            self._wrote(_without(before, set(ids)) if before is not None else None)

    def metadata(self) -> dict[str, dict[str, Any]]:
        """The metadata of every vector, by id."""
        if (mirror := self._synchronised()) is not None:
            return {name: dict(metadata) for name, metadata in zip(mirror.ids, mirror.metadatas, strict=True)}
        with _answering():
            found = self._chroma.get(include=["metadatas"])
        return {name: dict(data or {}) for name, data in zip(found["ids"], found["metadatas"], strict=True)}

    def query(self, vectors: np.ndarray, k: int, where: Mapping[str, Any] | None = None) -> list[list[Hit]]:
        """For each of the vectors (n, d) the `k` nearest, the nearest first, equal ones in the order of their ids.

        where: a filter in Chroma's language, such as {"medium": "ink"} or {"$and": [{…}, {…}]}
        A vector of length 0 is near to nothing and scores 0. Raises ValueError for a wrong filter or length.
        """
        vectors = _unit(np.atleast_2d(np.asarray(vectors, np.float32)))
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if (mirror := self._synchronised()) is not None:
            return self._exact(mirror, vectors, k, where)
        with _answering():
            found = self._chroma.query(
                query_embeddings=vectors,
                n_results=max(1, min(k, self._chroma.count())),
                where=dict(where) if where else None,
                include=["distances", "metadatas", "embeddings"],
            )
        answers = zip(found["ids"], found["distances"], found["metadatas"], found["embeddings"], strict=True)
        return [
            _sorted(
                Hit(name, 1 - far, metadata or {}, np.asarray(vector, np.float32))
                for name, far, metadata, vector in zip(*answer, strict=True)
            )
            for answer in answers
        ]

    def _exact(self, mirror: _Mirror, vectors: np.ndarray, k: int, where: Mapping[str, Any] | None) -> list[list[Hit]]:
        rows = self._rows(mirror, where)
        if not len(rows):
            return [[] for _ in vectors]
        if vectors.shape[1] != mirror.vectors.shape[1]:
            raise ValueError(
                f"a query has {vectors.shape[1]} values, the vectors of {self.name} {mirror.vectors.shape[1]}"
            )
        among = mirror.vectors if len(rows) == len(mirror.ids) else mirror.vectors[rows]
        found = []
        for scores in vectors @ among.T:
            # Everything as good as the k-th, so that equal ones come in one order whatever was cut off.
            least = np.partition(scores, -k)[-k] if k < len(scores) else -np.inf
            best = np.flatnonzero(scores >= least)
            found.append(_sorted(_hit(mirror, rows[at], float(scores[at])) for at in best)[:k])
        return found

    def _rows(self, mirror: _Mirror, where: Mapping[str, Any] | None) -> np.ndarray:
        """The rows that a filter lets through. Chroma itself decides, so that a filter means one thing everywhere."""
        if not where:
            return np.arange(len(mirror.ids))
        key = json.dumps(where, sort_keys=True)
        rows = mirror.masks.get(key)
        if rows is None:
            with _answering():
                ids = self._chroma.get(where=dict(where), include=[])["ids"]
            if len(mirror.masks) >= MOST_MASKS:
                mirror.masks.clear()
            rows = np.array(sorted(mirror.rows[name] for name in ids if name in mirror.rows), int)
            mirror.masks[key] = rows
        return rows

    def _synchronised(self) -> _Mirror | None:
        with self._lock, _answering():
            return self._current_mirror()

    def _current_mirror(self) -> _Mirror | None:
        """What the store holds now, read again where somebody else has written; None where it is too much."""
        revision = self._stored_revision()
        if revision != self._seen:
            self._mirror = self._read() if self._chroma.count() < self.exact_below else None
            self._seen = revision
        return self._mirror

    def _read(self) -> _Mirror:
        found = self._chroma.get(include=["embeddings", "metadatas"])
        vectors = _unit(np.atleast_2d(np.asarray(found["embeddings"], np.float32)))
        vectors = vectors if found["ids"] else vectors[:0]
        return _mirror(found["ids"], vectors, [data or {} for data in found["metadatas"]])

    def _stored_revision(self) -> str:
        metadata = self._client.get_collection(self.name, embedding_function=None).metadata
        return (metadata or {}).get(_REVISION, "")

    def _wrote(self, mirror: _Mirror | None) -> None:
        """After a write: tell everybody, and keep what the store holds now where it is known and not too much."""
        revision = uuid.uuid4().hex
        self._chroma.modify(metadata={_REVISION: revision})
        if mirror is not None and len(mirror.ids) < self.exact_below:
            self._mirror, self._seen = mirror, revision


def _mirror(ids: list[str], vectors: np.ndarray, metadatas: list) -> _Mirror:
    return _Mirror(ids, vectors, metadatas, {name: row for row, name in enumerate(ids)})


def _without(before: _Mirror, ids: set[str]) -> _Mirror:
    keep = [row for row, name in enumerate(before.ids) if name not in ids]
    return _mirror([before.ids[row] for row in keep], before.vectors[keep], [before.metadatas[row] for row in keep])


def _hit(mirror: _Mirror, row: int, score: float) -> Hit:
    return Hit(mirror.ids[row], score, mirror.metadatas[row], mirror.vectors[row])


def _merged(before: _Mirror, ids: Sequence[str], vectors: np.ndarray, metadatas: list) -> _Mirror:
    """The mirror after an upsert, as a new one: searches may still run on the old."""
    new = [at for at, name in enumerate(ids) if name not in before.rows]
    old = [at for at, name in enumerate(ids) if name in before.rows]
    all_vectors = np.concatenate([before.vectors, vectors[new]]) if before.ids else vectors[new]
    all_metadatas = [*before.metadatas, *(metadatas[at] for at in new)]
    for at in old:
        row = before.rows[ids[at]]
        all_vectors[row] = vectors[at]
        # Chroma keeps the keys that an upsert does not name.
        all_metadatas[row] = {**before.metadatas[row], **metadatas[at]}
    return _mirror([*before.ids, *(ids[at] for at in new)], all_vectors, all_metadatas)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _sorted(hits: Iterator[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


@contextlib.contextmanager
def _answering(url: str = "") -> Iterator[None]:
    """Where the server that was named doesn't answer, say so; a wrong argument is a ValueError."""
    import httpx
    from chromadb.errors import ChromaError, InvalidArgumentError

    url = url or os.environ.get(URL_VARIABLE, "")
    try:
        yield
    except InvalidArgumentError as error:
        raise ValueError(str(error)) from error
    except (httpx.TransportError, ChromaError, ValueError) as error:
        unreachable = isinstance(error, httpx.TransportError) or "Could not connect" in str(error)
        if not (url and unreachable):
            raise
        raise UserError(
            f"The vector server at {URL_VARIABLE}={url} doesn't answer ({error or type(error).__name__}). Start it "
            "with `chroma run`, or unset the variable to keep the vectors in a folder."
        ) from error
