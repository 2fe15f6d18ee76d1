"""What page and API do with the classifier, from a plain value to a plain value: train, choose, compare, watch."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, timezone

from common.errors import UserError
from feedback import data, review
from feedback.compare import BASELINES, Comparison, compare
from feedback.desk import Desk, plain, reference
from feedback.drift import RECENT, Report, report
from feedback.jobs import Training
from feedback.review import LARGEST_PAGE
from feedback.tables import History
from feedback.train import Settings

NEWEST = 50_000  # predictions that the figures are of
LONGEST_AGO = 36_500  # days


class Lab:
    """desk: whose database, versions and data folder it is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def training(self) -> Training:
        return Training(self._desk.folder)

    def train(self, base: str = "minilm", epochs: int = 10, seed: int = 0, most: int = 0, promote: bool = True) -> dict:
        """Train a new version on the written texts, the corrections and the examples of added labels.

        It goes on by itself; `train_status` tells how far it is. It answers when it is done unless it is worse.

        Args:
            base: "minilm", which comes along, or an encoder on the Hugging Face Hub, such as bert-base-cased
            epochs: at most; it ends early where nothing gets better
            seed: the same seed and rows give the same version
            most: rows of each part, for a quick try; 0 for all
            promote: let the new version answer unless its macro F1 on the test texts is lower

        Returns:
            The state, as `train_status` gives it.
        """
        if most < 0 or seed < 0:
            raise UserError(f"most is {most} and seed {seed}: give numbers from 0.")
        settings = Settings((base or "").strip() or "minilm", epochs, seed=seed, most=most or None)
        return _progress(self.training.start(self._desk.extra(), settings, promote))

    def train_status(self) -> dict:
        """How the latest training stands.

        Returns:
            state ("none", "running", "done", "stopped" or "failed"), share that is done (0 to 1), step of steps, loss,
            epochs (macro F1 on the validation texts after each), message, version, seconds that it has been running.
        """
        return _progress(self.training.status())

    def stop_training(self) -> dict:
        """End the training after its present step; what is best so far becomes a version."""
        return _progress(self.training.stop())

    def models(self) -> list:
        """The versions of the classifier, the one that came along first.

        Returns:
            For each: id, base, created, labels, rows, corrections, its own test's macro_f1, weighted_f1, accuracy and
            calibration_error, and whether it is active, that is, answers.
        """
        return [version.plain() for version in self._desk.versions.all()]

    def promote(self, version: str, force: bool = False) -> dict:
        """Let a version answer from now on.

        Args:
            version: id as `models` gives it
            force: also when it is worse than the one that answers

        Returns:
            version, instead_of, macro F1 before and after on the same test texts, and how many those are.
        """
        return self._desk.versions.promote(version, [*data.written(), *self._desk.extra()], force)

    def rollback(self) -> dict:
        """Let the version before answer again.

        Returns:
            version: the id of the one that answers now.
        """
        return {"version": self._desk.versions.rollback()}

    def compare(
        self,
        versions: Sequence[str] = (),
        baselines: Sequence[str] = BASELINES,
        most: int = 0,
        tell: Callable | None = None,
    ) -> Comparison:
        """Versions beside simple classifiers on the same test texts, what each of them does.

        versions: ids, none for the one that answers; baselines: of BASELINES; most: rows of each part, 0 for all
        tell: is told fraction and text
        """
        if unknown := [name for name in baselines if name not in BASELINES]:
            raise UserError(f"There is no baseline {unknown[0]!r:.60}. There are {', '.join(BASELINES)}.")
        if most < 0:
            raise UserError(f"most is {most}: give a number from 0, which is for all rows.")
        chosen = list(dict.fromkeys(versions)) or [self._desk.versions.active_id()]
        for version in chosen:
            self._desk.versions.path(version)  # an unknown one is said before anything is computed
        parts = data.split([*data.written(), *self._desk.extra()])
        if most:
            parts = data.Split(parts.train[:most], parts.validation[:most], parts.test[:most])
        loaded = {version: self._desk.versions.classifier(version) for version in chosen}
        return compare(parts, loaded, baselines=tuple(baselines), report=tell)

    # Watching

    def stats(self, days: float = 0) -> dict:
        """How the classifier has been doing, from the texts that were kept.

        Args:
            days: that are looked back; 0 for all

        Returns:
            texts, first, last; confidence (mean), unsure (share), labels (counts), timeline (counts by label over
            time), rolling (time and mean confidence of the last 50 texts), latency in seconds (p50, p95, p99), review
            (waiting, decided, confirmed, share, …), version. Null or empty where there is nothing yet.
        """
        found, history = self._report(days=days)
        measured = {name: getattr(found, name) for name in ("first", "last", "rolling", "latency")}
        return {
            "texts": self._desk.store.count(**_since(days)),
            **measured,
            "confidence": float(history.confidence.mean()) if len(history) else None,
            "unsure": float(history.unsure.mean()) if len(history) else None,
            "labels": {label: sum(counts) for label, counts in found.timeline.counts.items()},
            "timeline": asdict(found.timeline),
            "review": {
                "waiting": review.queue(self._desk.store, size=1).total,
                **asdict(review.agreement(self._desk.store)),
            },
            "version": self._desk.versions.active_id(),
        }

    def drift(self, recent: int = RECENT) -> dict:
        """Whether what comes in is still like the texts of the training.

        Args:
            recent: newest texts that are looked at

        Returns:
            psi (population stability index of the predicted labels), far (share of texts unlike the training texts) and
            unsure, each with its limit and what was expected; alerts, and all of it in one line.
        """
        if recent < 1:
            raise UserError(f"recent is {recent}: give a number of texts from 1.")
        found = asdict(self._report(recent)[0])
        return {name: value for name, value in found.items() if name not in ("rolling", "timeline", "latency")}

    def history(self, size: int = LARGEST_PAGE) -> list[dict]:
        """The newest predictions that were kept."""
        return [plain(item) for item in self._desk.store.page("newest", size)]

    def _report(self, recent: int = RECENT, days: float = 0) -> tuple[Report, History]:
        history = self._desk.store.history(NEWEST, **_since(days))
        return report(history, reference(self._desk.versions.classifier()), recent), history


def _since(days: float) -> dict:
    if not 0 <= days <= LONGEST_AGO:
        raise UserError(f"days is {days}: give a number from 0, which is for all of them, to {LONGEST_AGO:,}.")
    return {"since": datetime.now(timezone.utc) - timedelta(days=days)} if days else {}


def _progress(status: dict) -> dict:
    """A status with the share that is done, without the number of the process."""
    found = {name: value for name, value in status.items() if name not in ("process", "began")}
    share = 1.0 if status["state"] in ("done", "stopped") else status["step"] / max(1, status["steps"])
    seconds = round(time.time() - status["began"], 1) if status["state"] == "running" else None
    return found | {"share": round(share, 4), "seconds": seconds}
