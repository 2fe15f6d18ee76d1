"""A PostgreSQL server of its own for the tests that need one, where PostgreSQL is installed on this machine."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.store import open_engine

PASSWORD = "kept p@ss/word"
QUOTED = "kept%20p%40ss%2Fword"  # as it is written in an address


def _programs() -> Path | None:
    """The folder with the server's programs, of the newest version that is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name.split(".")[0]))
    on_path = [Path(found).resolve().parent for name in ("initdb",) if (found := shutil.which(name))]
    folders = [
        folder for folder in [*on_path, *debian] if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return folders[-1] if folders else None


def _somebody() -> dict:
    """Who runs the server, as arguments of subprocess: not root, whom it refuses."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL doesn't run as root, and there is no user postgres or nobody to run it")


@contextmanager
def server() -> Iterator[str]:
    """The address of a new, empty server; the test is skipped where PostgreSQL is not installed."""
    if (programs := _programs()) is None:
        pytest.skip("PostgreSQL is not installed: no initdb on PATH or under /usr/lib/postgresql")
    who = _somebody()
    # Not in pytest's own folder, which nobody else may enter.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        (folder / "password").write_text(PASSWORD)
        if who:
            for path in (folder, folder / "password"):
                os.chown(path, who["user"], who["group"])
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = str(folder / "data")
        made = [programs / "initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "--no-sync", "-E", "UTF8"]
        made += ["--locale=C", f"--pwfile={folder / 'password'}"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
        # A zone far from UTC, so that a time which depends on the server's zone shows.
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options |= {"timezone": "Asia/Kolkata"}
        command = [programs / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
        with open(folder / "log.txt", "w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **who)
        try:
            _wait(process, port, folder / "log.txt")
            yield f"postgresql://owner:{QUOTED}@127.0.0.1:{port}/postgres"
        finally:
            process.send_signal(2)  # SIGINT: don't wait for those who are still connected
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(url: str) -> None:
    """Take everything out of a database."""
    engine = open_engine("tests", url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine.dispose()


def _wait(process: subprocess.Popen, port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while "ready to accept connections" not in log.read_text():
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"PostgreSQL didn't start on port {port}:\n{log.read_text()}")
        time.sleep(0.1)
