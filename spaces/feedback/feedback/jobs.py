"""A training beside the page: in a process of its own, watched through its status file, stopped by a file beside it.

A process of its own leaves the page's cores and memory free of it when it ends, and a training that was begun goes on
when the page is closed.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timezone
from pathlib import Path

import common
import feedback
from common.errors import UserError
from common.store import data_folder
from feedback.data import Row
from feedback.train import Settings, Status
from feedback.versions import Versions

BEGINS_WITHIN = 60  # seconds from the start of the process to its first word
_CHILDREN: dict[int, subprocess.Popen] = {}  # so that those that have ended are taken off the system's list


class Training:
    """The one training of a data folder. folder: None for `data_folder("feedback")`."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder or data_folder("feedback"))
        self._file = self.folder / "training.json"

    def start(self, extra: Sequence[Row], settings: Settings = Settings(), promote: bool = True) -> Status:  # noqa: B008
        """Begin to train on the project's rows and `extra`.

        promote: let the new version answer when it is not worse than the one that does
        Raises UserError for settings that can't be trained and while a training runs.
        """
        settings.check()
        if self.status().state == "running":
            raise UserError("A training runs already: wait until it is done, or stop it.")
        self.folder.mkdir(parents=True, exist_ok=True)
        version = self._new_id()
        rows = self.folder / "training-rows.jsonl"
        rows.write_text("".join(json.dumps(asdict(row)) + "\n" for row in extra), encoding="utf-8")
        self._file.with_suffix(".stop").unlink(missing_ok=True)
        command = [sys.executable, "-m", "feedback.train", "--out", str(Versions(self.folder).folder / version)]
        command += ["--extra", str(rows), "--status", str(self._file)]
        for name, value in asdict(settings).items():
            command += [f"--{name}", str(value)] if value is not None else []
        if promote:
            command += ["--promote", str(self.folder)]
        # The modules are found where this process found them: in the house, or beside a Space's app.py.
        paths = os.pathsep.join(str(Path(module.__file__).parents[1]) for module in (feedback, common))
        with (self.folder / "training.log").open("w") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONPATH": paths}
            )
        _CHILDREN[process.pid] = process
        status = Status(message="Starting.", process=process.pid, version=version)
        self._file.write_text(json.dumps(asdict(status)), encoding="utf-8")
        return status

    def status(self) -> Status:
        """How the latest training stands; state "none" where there was none, "failed" where its process is gone."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return Status(state="none", message="Nothing has been trained here yet.", process=0)
        known = {entry.name for entry in fields(Status)}
        status = Status(**{name: value for name, value in found.items() if name in known})
        if status.state == "running" and not _alive(status.process):
            log = self.folder / "training.log"
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] if log.exists() else []
            return replace(status, state="failed", message=last[0] if last else "The training ended without a word.")
        return status

    def stop(self) -> Status:
        """End the training after its present step; what is best so far becomes the version.

        Raises UserError where none runs.
        """
        if self.status().state != "running":
            raise UserError("No training runs that could be stopped.")
        self._file.with_suffix(".stop").touch()
        return replace(self.status(), message="Stopping after this step.")

    def wait(self, seconds: float) -> Status:
        """The status once it no longer runs, or after `seconds`."""
        end = time.monotonic() + seconds
        while (status := self.status()).state == "running" and time.monotonic() < end:
            time.sleep(0.2)
        return status

    def _new_id(self) -> str:
        stem = datetime.now(timezone.utc).strftime("v%Y%m%d-%H%M%S")
        taken = {path.name for path in Versions(self.folder).folder.glob("*")}
        return next(one for one in (stem, *(f"{stem}-{n}" for n in range(2, 100))) if one not in taken)


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
