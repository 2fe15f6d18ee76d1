"""The launcher as a process of its own, on a free port."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of a running launcher; at the end it must stop cleanly on Ctrl-C."""
    log = tmp_path_factory.mktemp("server") / "stderr.txt"
    command = [sys.executable, "app_launcher.py", "--port", "0"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            port = re.search(r"http://localhost:(\d+)", process.stdout.readline())
            assert port, log.read_text()
            assert "footsteps" in process.stdout.readline()  # a client's first question waits no longer than 5 s
            yield f"http://127.0.0.1:{port[1]}"
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0, log.read_text()
        finally:
            process.kill()
