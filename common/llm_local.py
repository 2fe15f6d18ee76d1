"""A language model on this machine: a GGUF file through xllamacpp, which is optional.

The engine is a child process with an OpenAI-style server on a free port (common/llm_engine.py), started at the first
question or by `prepare`, and ended with this process.
"""

import importlib.util
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from common import weights
from common.llm_failures import Failed
from common.llm_providers import Limits, OpenAI, Provider
from common.registry import Registry

MODEL = "qwen2.5-coder-1.5b"  # in the weights manifest
PACKAGE = "xllamacpp"
# Seconds for loading a model, and for reading what `prepare` gives it. An answer has limits of its own.
PATIENCE = 300.0
_ROOT = Path(__file__).resolve().parents[1]


class Engine:
    """The child process with a model. Raises Failed where it can't be loaded; that takes seconds.

    path: of the GGUF file. name: under which its server knows the model
    """

    def __init__(self, path: Path, name: str, threads: int = 1) -> None:
        self._key = secrets.token_urlsafe()
        command = [sys.executable, "-m", "common.llm_engine"]
        pipe = subprocess.PIPE
        # The key goes through the pipe: other users of the machine can read a command line.
        self._process = subprocess.Popen(
            command, cwd=_ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )
        settings = {"path": str(path.absolute()), "name": name, "key": self._key, "threads": threads}
        late = threading.Timer(PATIENCE, self._process.kill)
        late.start()
        try:
            self._process.stdin.write(json.dumps(settings) + "\n")
            self._process.stdin.flush()
            said = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):  # it ended before it said anything
            said = {}
        finally:
            late.cancel()
        if "address" not in said:
            self.close()
            raise Failed(f"the engine can't load {path.name}: {said.get('error', 'it ended')}")
        self._url = f"{said['address']}/v1"

    def client(self, name: str, limits: Limits) -> OpenAI:
        return OpenAI(self._url, name, limits, self._key)

    def runs(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            pipe.close()


class Local(Provider):
    """The model in a GGUF file.

    path: None for MODEL from the weights manifest, which must have been fetched; 1.1 GB, and 1.3 GB of memory
    threads: None for one per core. Where others compute at the same time fewer are far quicker: threads wait for each
        other after every step, so that all are as late as the latest.
    """

    name = "local"

    def __init__(self, path: Path | None, limits: Limits, threads: int | None = None) -> None:
        super().__init__("", path.stem if path else MODEL, limits)
        self._threads = threads or cores()
        self._path = path
        self._engine: Engine | None = None
        self._preparing = threading.Lock()

    @property
    def where(self) -> str:
        return "the engine"

    def _connect(self) -> OpenAI:
        """A client of the engine, which is started."""
        self._engine = Engine(self._file(), self.model, self._threads)
        return self._engine.client(self.model, replace(self._limits, silence=PATIENCE))

    def open(self) -> None:
        """Nothing: loading takes its time, and is part of the first answer's."""

    def _running(self) -> OpenAI:
        with self._lock:
            if self._engine is not None and not self._engine.runs():
                self._let_go()
            if self._client is None:
                self._client = self._connect()
            return self._client

    def check(self) -> str:
        if self._preparing.locked():
            raise Failed(f"{self.model} is being fetched or loaded")
        if self._engine is not None:
            return ""
        self._file()
        return "loads at the first question"

    def stream(self, system: str, user: str, most_tokens: int, temperature: float) -> Iterator[str]:
        yield from self._running().stream(system, user, most_tokens, temperature)

    def prepare(self, system: str) -> None:
        """Fetch the model, with a progress bar, load it, and let it read `system`. Raises UserError and Failed."""
        with self._preparing:
            if self._path is None:
                weights.path(MODEL)
            for _ in self.stream(system, "Hello", 1, 0.0):
                pass

    def close(self) -> None:
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        client, engine = self._client, self._engine
        self._client = self._engine = None
        if client is not None:
            client.close()
        if engine is not None:
            engine.close()

    def _file(self) -> Path:
        """The GGUF file; nothing is fetched. Raises Failed where it or the engine isn't there."""
        if importlib.util.find_spec(PACKAGE) is None:
            raise Failed(f"{PACKAGE} is not installed; `pip install {PACKAGE}` brings it")
        if self._path is None:
            if Registry().where(MODEL) == "missing":
                size = Registry().model(MODEL).size
                raise Failed(f"{MODEL} ({size / 1e9:.1f} GB) is not here; `python -m common.weights fetch {MODEL}`")
            return weights.path(MODEL)
        if not self._path.is_file():
            raise Failed(f"there is no file {str(self._path)!r}")
        return self._path


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
