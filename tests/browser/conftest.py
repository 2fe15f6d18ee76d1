"""Debian's Chromium before a real launcher; every page is watched for errors and for requests to other hosts.

Without Chromium the tests are skipped on a person's machine and fail where CI is set.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Gradio's small pictures play while the mouse is over them and do not wait for their own play() before they pause.
HOVER = "play() request was interrupted by a call to pause()"


@pytest.fixture(scope="module")
def chromium():
    # Not for the session: while Playwright runs, it keeps an event loop going that other tests would stumble over.
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is not there: apt install chromium, or name another one in CHROMIUM"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of a running launcher."""
    log = tmp_path_factory.mktemp("server") / "stderr.txt"
    command = [sys.executable, "app_launcher.py", "--port", "0"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        port = re.search(r"http://localhost:(\d+)", process.stdout.readline())
        try:
            assert port, log.read_text()
            assert "footsteps" in process.stdout.readline()  # a client's first question waits no longer than 5 s
            yield f"http://127.0.0.1:{port[1]}"
            process.send_signal(signal.SIGINT)
            process.wait(20)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """Where screenshots are kept: $SCREENSHOTS, else the run's temporary folder."""
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def open_page(chromium, server):
    """`open_page("/path", width, height, "dark")`: a watched page; at the end nothing may have gone wrong on it."""
    contexts, wrong = [], []

    def open_(path: str, width: int = 1280, height: int = 900, scheme: str = "light"):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: HOVER in str(error) or wrong.append(f"uncaught: {error}"))
        page.on("response", lambda got: wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((server, "blob:", "data:")) else wrong.append(f"other host: {asked.url}")
            ),
        )
        page.goto(server + path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []
