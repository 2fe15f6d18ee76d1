"""A training beside the page, in a process of its own: see `common.jobs`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

import common
import feedback
from common.jobs import Job
from common.store import data_folder
from feedback.data import Row
from feedback.train import PROGRESS, Settings
from feedback.versions import Versions


class Training:
    """The one training of a data folder; a status is as `feedback.train.PROGRESS` and `common.jobs.Job` say.

    folder: None for `data_folder("feedback")`
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder or data_folder("feedback"))
        self._job = Job(self.folder, "training")

    def start(self, extra: Sequence[Row], settings: Settings = Settings(), promote: bool = True) -> dict:  # noqa: B008
        """Begin to train on the project's rows and `extra`; gives the first status.

        promote: let the new version answer when it is not worse than the one that does
        Raises UserError for settings that can't be trained and while a training runs.
        """
        settings.check()
        version = self._new_id()
        arguments = ["--out", str(Versions(self.folder).folder / version)]
        for name, value in asdict(settings).items():
            arguments += [f"--{name}", str(value)] if value is not None else []
        arguments += ["--promote", str(self.folder)] if promote else []
        if extra:
            arguments += ["--extra", str(self._write(extra, version))]
        return self._job.start("feedback.train", arguments, (feedback, common), {**PROGRESS, "version": version})

    def status(self) -> dict:
        """How the latest training stands; state "none" where there was none, "failed" where its process is gone."""
        return {**PROGRESS, **self._job.status()}

    def stop(self) -> dict:
        """End the training after its present step; what is best so far becomes the version.

        Raises UserError where none runs.
        """
        return {**PROGRESS, **self._job.stop()}

    def wait(self, seconds: float) -> dict:
        """The status once it no longer runs, or after `seconds`."""
        return {**PROGRESS, **self._job.wait(seconds)}

    def _write(self, extra: Sequence[Row], version: str) -> Path:
        """The rows as a file of their own: a start that is refused must not change what a running training reads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.status()["state"] != "running":
            for old in self.folder.glob("training-rows-*.jsonl"):
                old.unlink()
        rows = self.folder / f"training-rows-{version}.jsonl"
        rows.write_text("".join(json.dumps(asdict(row)) + "\n" for row in extra), encoding="utf-8")
        return rows

    def _new_id(self) -> str:
        stem = datetime.now(timezone.utc).strftime("v%Y%m%d-%H%M%S")
        taken = {path.name for path in Versions(self.folder).folder.glob("*")}
        return next(one for one in (stem, *(f"{stem}-{n}" for n in range(2, 100))) if one not in taken)
