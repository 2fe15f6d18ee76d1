"""A long piece of work beside the page: in a process of its own, watched through a status file, stopped by a file.

A process of its own leaves the page's cores and memory free of it when it ends, and what was begun goes on when the
page is closed. The page starts and watches it,

    job = Job(folder, "training")
    job.start("feedback.train", ["--out", "..."], packages=(feedback, common))
    job.status()["state"]            # "none", "running", "done", "stopped" or "failed"

and the program that it starts tells how far it is, with whatever else is of interest:

    told = StatusFile(file)          # named by --status
    told.update(share=0.5, message="Half.")
    told.stopped                     # somebody wants it to end
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from common.errors import UserError

_CHILDREN: dict[int, subprocess.Popen] = {}  # so that those that have ended are taken off the system's list
_STARTING = threading.Lock()


class StatusFile:
    """A status that is written to a file whenever it changes, whole or not at all. None keeps it in memory.

    state, message, began (seconds since 1970) and process (its number) are always there.
    """

    def __init__(self, file: str | Path | None, **more: object) -> None:
        self.file = Path(file) if file else None
        self.status: dict = {"state": "running", "message": "", "began": time.time(), "process": os.getpid(), **more}
        self.update()

    def update(self, **changes: object) -> None:
        self.status |= changes
        if self.file:
            _write(self.file, self.status)

    @property
    def stopped(self) -> bool:
        """Whether somebody asked it to end."""
        return bool(self.file) and self.file.with_suffix(".stop").exists()


class Job:
    """The one work of a name in a folder, of all processes that look there.

    folder: for its status <name>.json, what it prints <name>.log, and <name>.stop, which asks it to end
    name: what it is called in messages, such as "training"
    """

    def __init__(self, folder: str | Path, name: str) -> None:
        self.folder, self.name = Path(folder), name
        self.file = self.folder / f"{name}.json"
        self._log = self.file.with_suffix(".log")

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        packages: Iterable[ModuleType],
        first: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> dict:
        """Run `python -m module arguments --status <file>`; gives its first status.

        packages: that the module imports, found where this process found them: in the house, or beside a Space's app.py
        first: what the status has besides; environment: variables that it gets besides
        Raises UserError while it runs already.
        """
        with _STARTING:
            if self.status()["state"] == "running":
                raise UserError(f"A {self.name} runs already: wait until it is done, or stop it.")
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file.with_suffix(".stop").unlink(missing_ok=True)
            paths = os.pathsep.join(dict.fromkeys(str(Path(module.__file__).parents[1]) for module in packages))
            command = [sys.executable, "-m", module, *arguments, "--status", str(self.file)]
            status = {"state": "running", "message": "Starting.", "began": time.time(), **(first or {})}
            with self._log.open("w", encoding="utf-8") as log:
                process = subprocess.Popen(
                    command,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=os.environ | {"PYTHONPATH": paths} | dict(environment or {}),
                )
            _CHILDREN[process.pid] = process
            status["process"] = process.pid
            _write(self.file, status)
            return status

    def status(self) -> dict:
        """As it was last told; state "none" where there was none, "failed" where its process is gone."""
        try:
            status = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"state": "none", "message": f"There was no {self.name} here yet.", "began": 0.0, "process": 0}
        if status["state"] == "running" and not _alive(status["process"]):
            log = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
            last = log.strip().splitlines()[-1:] or [f"The {self.name} ended without a word."]
            return status | {"state": "failed", "message": last[0]}
        return status

    def stop(self) -> dict:
        """Ask it to end, which it does after its present step. Raises UserError where none runs."""
        if self.status()["state"] != "running":
            raise UserError(f"No {self.name} runs that could be stopped.")
        self.file.with_suffix(".stop").touch()
        return self.status() | {"message": "Stopping after this step."}

    def wait(self, seconds: float) -> dict:
        """The status once it no longer runs, or after `seconds`."""
        end = time.monotonic() + seconds
        while (status := self.status())["state"] == "running" and time.monotonic() < end:
            time.sleep(0.2)
        # It has said its last word, but may not have ended yet.
        while status["state"] != "running" and _alive(status["process"]) and time.monotonic() < end:
            time.sleep(0.02)
        return status


def _write(file: Path, status: Mapping[str, object]) -> None:
    new = file.with_suffix(f".{os.getpid()}.new")
    new.write_text(json.dumps(status), encoding="utf-8")
    new.replace(file)


def _alive(process: int) -> bool:
    if child := _CHILDREN.get(process):
        return child.poll() is None
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return process > 0
