"""Chroma itself is run, in a folder and as a server on this machine."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import UserError
from common.vectors import Collection, connect, disconnect

D = 12


def random_vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, D)).astype(np.float32)


def names(count: int, prefix: str = "v") -> list[str]:
    return [f"{prefix}{number:03d}" for number in range(count)]


@pytest.fixture
def client(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMA_URL", raising=False)
    client = connect(tmp_path / "vectors")
    yield client
    disconnect(client)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a Chroma server with a port of its own."""
    folder = tmp_path_factory.mktemp("chroma")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = shutil.which("chroma", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    command = [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with open(folder / "log.txt", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail((folder / "log.txt").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def found(collection: Collection, vector: np.ndarray, k: int, where=None) -> list[str]:
    return [hit.id for hit in collection.query(vector, k, where)[0]]


@pytest.mark.parametrize("exact_below", [50_000, 0])
def test_the_nearest_come_first_with_their_cosine(client, exact_below):
    vectors = random_vectors(200)
    collection = Collection(client, "things", exact_below)
    collection.upsert(names(200), vectors * 7, [{"parity": at % 2} for at in range(200)])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    asked = random_vectors(3, seed=1)
    for request, hits in zip(asked, collection.query(asked, 5), strict=True):
        cosines = units @ request / np.linalg.norm(request)
        expected = np.argsort(-cosines)[:5]
        assert [hit.id for hit in hits] == [f"v{at:03d}" for at in expected]
        assert np.allclose([hit.score for hit in hits], cosines[expected], atol=1e-4)
        assert [hit.metadata["parity"] for hit in hits] == [at % 2 for at in expected]
        assert np.allclose([hit.vector for hit in hits], units[expected], atol=1e-5)
    assert len(found(collection, asked[0], 1000)) == 200


@pytest.mark.parametrize("exact_below", [50_000, 0])
def test_a_filter_narrows_the_search(client, exact_below):
    vectors = random_vectors(60)
    collection = Collection(client, "things", exact_below)
    metadatas = [{"medium": ("ink", "oil", "clay")[at % 3], "year": 1900 + at} for at in range(60)]
    collection.upsert(names(60), vectors, metadatas)
    order = np.argsort(-(vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) @ vectors[0])
    assert found(collection, vectors[0], 4, {"medium": "oil"}) == [f"v{at:03d}" for at in order if at % 3 == 1][:4]
    both = {"$and": [{"medium": "ink"}, {"year": {"$lt": 1930}}]}
    assert found(collection, vectors[0], 3, both) == [f"v{at:03d}" for at in order if at % 3 == 0 and at < 30][:3]
    assert found(collection, vectors[0], 3, {"medium": "gold"}) == []
    with pytest.raises(ValueError, match="where"):
        collection.query(vectors[0], 3, {"$nonsense": 1})


def test_a_filter_that_was_asked_before_sees_what_is_new(client):
    collection = Collection(client, "things")
    collection.upsert(["a"], random_vectors(1), [{"medium": "ink"}])
    assert found(collection, random_vectors(1)[0], 9, {"medium": "ink"}) == ["a"]
    collection.upsert(["b"], random_vectors(1, seed=2), [{"medium": "ink"}])
    assert found(collection, random_vectors(1)[0], 9, {"medium": "ink"}) == ["a", "b"]


def test_the_same_again_changes_nothing_and_another_replaces(client):
    vectors = random_vectors(5)
    collection = Collection(client, "things")
    for _ in range(2):
        collection.upsert(names(5), vectors, [{"n": at} for at in range(5)])
    assert collection.count() == 5
    collection.upsert(["v001"], -vectors[1:2], [{"n": 99}])
    assert collection.count() == 5
    assert found(collection, -vectors[1], 1) == ["v001"] != found(collection, vectors[1], 1)
    assert collection.metadata()["v001"] == {"n": 99}


def test_what_was_deleted_is_not_found(client):
    vectors = random_vectors(5)
    collection = Collection(client, "things")
    collection.upsert(names(5), vectors)
    collection.delete(["v002", "not there"])
    collection.delete([])
    assert collection.count() == 4 and "v002" not in found(collection, vectors[2], 5)
    collection.delete(names(5))
    assert found(collection, vectors[2], 5) == [] and collection.metadata() == {}


def test_it_is_there_after_a_new_start(client, tmp_path):
    vectors = random_vectors(5)
    Collection(client, "things").upsert(names(5), vectors, [{"n": at} for at in range(5)])
    code = (
        "import sys, numpy as np; from common.vectors import Collection, connect\n"
        "collection = Collection(connect(sys.argv[1]), 'things')\n"
        "print(collection.count(), collection.query(np.array(eval(sys.argv[2])), 1)[0][0].id)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "vectors"), str(vectors[3].tolist())]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == ["5", "v003"]


def test_equal_ones_come_in_one_order(client):
    collection = Collection(client, "things")
    collection.upsert(["c", "a", "d", "b"], np.tile(random_vectors(1), (4, 1)))
    assert found(collection, random_vectors(1)[0], 2) == ["a", "b"]


def test_nothing_is_near_a_vector_without_direction(client):
    collection = Collection(client, "things")
    assert collection.query(np.zeros((2, D)), 3) == [[], []]
    collection.upsert(["a"], random_vectors(1))
    assert [hit.score for hit in collection.query(np.zeros(D), 3)[0]] == [0.0]


@pytest.mark.parametrize(
    ("ids", "vectors", "words"),
    [
        (["a"], np.ones((2, D)), "1 ids"),
        (["a", "a"], np.ones((2, D)), "unique"),
        (["a"], np.ones(D), "unique and as many"),
        (["a"], np.zeros((1, D)), "not zero"),
        (["a"], np.full((1, D), np.nan), "finite"),
        (["a"], np.ones((1, D + 1)), "13 values"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changes(client, ids, vectors, words):
    collection = Collection(client, "things")
    collection.upsert(["there"], random_vectors(1))
    with pytest.raises(ValueError, match=words):
        collection.upsert(ids, vectors)
    assert collection.metadata().keys() == {"there"}


def test_a_query_that_does_not_fit_is_refused(client):
    collection = Collection(client, "things")
    collection.upsert(["there"], random_vectors(1))
    with pytest.raises(ValueError, match="13 values"):
        collection.query(np.ones(D + 1), 1)
    with pytest.raises(ValueError, match="k must be"):
        collection.query(np.ones(D), 0)


OPERATIONS = st.lists(
    st.tuples(st.booleans(), st.lists(st.integers(0, 12), min_size=1, max_size=5, unique=True), st.integers(0, 99)),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=OPERATIONS)
def test_after_any_changes_it_holds_what_was_put(client, operations):
    collection = Collection(client, "any")
    collection.delete(list(collection.metadata()))
    expected: dict[str, np.ndarray] = {}
    for adds, numbers, seed in operations:
        ids = [f"n{number}" for number in numbers]
        if adds:
            vectors = random_vectors(len(ids), seed)
            collection.upsert(ids, vectors)
            expected |= dict(zip(ids, vectors, strict=True))
        else:
            collection.delete(ids)
            expected = {name: vector for name, vector in expected.items() if name not in ids}
    again = Collection(client, "any")  # reads everything from the store
    for one in (collection, again):
        hits = {hit.id: hit.vector for hit in one.query(np.ones(D), 99)[0]}
        assert hits.keys() == expected.keys()
        assert all(np.allclose(hits[name], v / np.linalg.norm(v), atol=1e-5) for name, v in expected.items())


def test_threads_write_and_search_at_once(client):
    collection = Collection(client, "things")
    collection.upsert(["always"], random_vectors(1, seed=99))
    errors = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                vectors = random_vectors(4, seed=10 * number + turn)
                ids = names(4, f"{number}-{turn}-")
                collection.upsert(ids, vectors)
                assert found(collection, vectors[0], 1) == [ids[0]]
                assert "always" in found(collection, random_vectors(1, seed=99)[0], 1)
                collection.delete(ids[2:])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert collection.count() == 1 + 4 * 5 * 2 == len(found(collection, np.ones(D), 999))


def test_a_server_is_shared(server, tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMA_URL", server)
    clients = [connect(tmp_path / "unused") for _ in range(2)]
    one, other = (Collection(client, "shared") for client in clients)
    vectors = random_vectors(3)
    one.upsert(names(3), vectors, [{"n": at} for at in range(3)])
    assert found(other, vectors[1], 1) == ["v001"]
    other.delete(["v001"])
    assert "v001" not in found(one, vectors[1], 3)
    one.upsert(["v002"], -vectors[2:])
    assert found(other, -vectors[2], 1) == ["v002"]
    assert not (tmp_path / "unused").exists()
    for client in clients:
        disconnect(client)


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://localhost", "http://", "http://host:port"])
def test_what_is_no_address_is_refused(url, tmp_path, monkeypatch):
    monkeypatch.setenv("CHROMA_URL", url)
    with pytest.raises(UserError, match="is no address"):
        connect(tmp_path)


def test_a_server_that_is_not_there_is_named(tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("CHROMA_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(UserError, match=f"127.0.0.1:{port} doesn't answer.*chroma run"):
        connect(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CHROMA_URL", raising=False)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match="can't hold vectors"):
        connect(tmp_path / "file" / "below")
