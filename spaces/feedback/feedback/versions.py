"""Versions of the classifier: the one that comes along and those that were trained here; which one answers.

Each is a folder as `feedback.train` writes it. active.json holds the ids that were promoted, the last of which answers;
rolling back takes the last one off.
"""

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common import device, weights
from common.errors import UserError
from common.store import data_folder

if TYPE_CHECKING:
    from feedback.data import Row
    from feedback.model import Classifier

SHIPPED = "shipped"  # id of the version that comes along
MODEL = "feedback-minilm"  # its id in the manifest


@dataclass(frozen=True)
class Version:
    """What config.json says; test: its measures on the test texts of its own training; active: it answers now."""

    id: str
    base: str
    created: str
    labels: tuple[str, ...]
    rows: dict[str, int]
    corrections: int
    test: dict
    active: bool

    def plain(self) -> dict:
        """As JSON takes it."""
        measured = {name: self.test.get(name) for name in ("macro_f1", "weighted_f1", "accuracy", "calibration_error")}
        return {
            "id": self.id,
            "base": self.base,
            "created": self.created,
            "labels": list(self.labels),
            "rows": self.rows,
            "corrections": self.corrections,
            **measured,
            "active": self.active,
        }


class Versions:
    """folder: None for `data_folder("feedback")`; the versions lie in its `versions`. Safe with several processes."""

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = Path(folder or data_folder("feedback")) / "versions"

    def all(self) -> list[Version]:
        """The shipped one, then those trained here, oldest first."""
        active = self.active_id()
        trained = [self._read(path.parent) for path in self.folder.glob("*/config.json")]
        shipped = self._read(self._path(SHIPPED))
        return [self._version(SHIPPED, shipped, active)] + [
            self._version(config["version"], config, active)
            for config in sorted(trained, key=lambda config: (config["created"], config["version"]))
        ]

    def active_id(self) -> str:
        """Id of the version that answers."""
        there = [one for one in self._history() if (self.folder / one / "config.json").exists() or one == SHIPPED]
        return there[-1] if there else SHIPPED

    def path(self, version: str) -> Path:
        """Folder of a version. Raises UserError that names the versions there are for an unknown one."""
        known = [one.id for one in self.all()]
        if version not in known:
            raise UserError(f"There is no version {version!r:.60}. There are {', '.join(known)}.")
        return self._path(version)

    def classifier(self, version: str | None = None) -> "Classifier":
        """A version ready to answer, kept in the house's cache of models; None for the active one."""
        from feedback.model import Classifier

        folder = self.path(version) if version else self._path(self.active_id())
        return device.CACHE.get(("feedback", str(folder)), lambda: Classifier.load(folder))

    def promote(self, version: str, rows: Sequence["Row"], force: bool = False) -> dict:
        """Let a version answer from now on; gives macro F1 on the test part of `rows` before and after.

        rows: the project's own and what was added since; both versions are measured on the same part of them
        Raises UserError for an unknown version and, unless `force`, for one that is worse than the active one.
        """
        self.path(version)
        active = self.active_id()
        if version == active:
            raise UserError(f"{version!r} is the version that answers already.")
        measured = self.compare(active, version, rows)
        if measured["after"] < measured["before"] and not force:
            raise UserError(
                f"{version!r} is worse than {active!r}: macro F1 {measured['after']:.3f} against "
                f"{measured['before']:.3f} on the same {measured['texts']} test texts. Force it if you want it anyway."
            )
        self._change(lambda history: [*history, version])
        return measured

    def compare(self, before: str, after: str, rows: Sequence["Row"]) -> dict:
        """Macro F1 of two versions on the same test texts, a label that one does not know counted as missed."""
        from feedback import data
        from feedback.train import measure

        test = data.split(rows).test
        one, other = (measure(self.classifier(version), test)["macro_f1"] for version in (before, after))
        return {
            "version": after,
            "instead_of": before,
            "before": one,
            "after": other,
            "texts": len(test),
            "test_labels": sorted({row.label for row in test}),
        }

    def rollback(self) -> str:
        """Let the version before answer again; gives its id. Raises UserError where there was none before."""
        if self.active_id() == SHIPPED:
            raise UserError("There is no version to go back to: the one that comes along answers.")
        self._change(lambda history: history[:-1])
        return self.active_id()

    def delete(self, version: str) -> None:
        """Remove a version that was trained here. Raises UserError for the shipped and for the active one."""
        folder = self.path(version)
        if version == SHIPPED or version == self.active_id():
            why = "comes along" if version == SHIPPED else "is the one that answers: promote another or roll back first"
            raise UserError(f"The version {version!r} can't be deleted, since it {why}.")
        self._change(lambda history: [one for one in history if one != version])
        shutil.rmtree(folder)

    def _path(self, version: str) -> Path:
        return Path(weights.path(MODEL)) if version == SHIPPED else self.folder / version

    def _history(self) -> list[str]:
        try:
            return json.loads((self.folder / "active.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []

    def _change(self, change: Callable[[list[str]], list[str]]) -> None:
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "active.lock"):
            history = [one for one in change(self._history())]
            new = self.folder / f"active.{os.getpid()}.new"
            new.write_text(json.dumps(history), encoding="utf-8")
            new.replace(self.folder / "active.json")

    @staticmethod
    def _read(folder: Path) -> dict:
        return json.loads((folder / "config.json").read_text(encoding="utf-8"))

    @staticmethod
    def _version(version: str, config: dict, active: str) -> Version:
        return Version(
            version,
            config["base"],
            config["created"],
            tuple(config["labels"]),
            config["rows"],
            config["corrections"],
            config.get("test", {}),
            version == active,
        )


def active_classifier() -> "Classifier":
    """The version that answers, from the data folder of this machine."""
    return Versions().classifier()
