"""Classifiers and baselines side by side on texts that none of them has seen.

    python -m feedback.compare [--real FOLDER] [--versions shipped ...] [--json FILE]

FOLDER: with open sets of real app reviews, see `feedback.open_sets`. They have other labels: all classifiers are then
compared by whether they find bugs and feature requests among the rest.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from feedback import baselines as simpler
from feedback import data, metrics, open_sets
from feedback.data import Row, Split

if TYPE_CHECKING:
    from feedback.baselines import Baseline
    from feedback.model import Classifier

BASELINES = tuple(simpler.ALL)
TIMED = 40  # texts whose single latency is taken
POINTS = 40  # of a curve


@dataclass(frozen=True)
class Result:
    """One classifier. report, interval (95 %), reliability, curves on the test texts; curves: per label recall and
    precision as the bound on its probability falls, and their average precision; real: macro F1 over bug,
    feature_request and neither, with interval, on real reviews, or None; latency in ms for a single text (median,
    95th percentile); rate in texts/s for all of them; nbytes: of the weights."""

    name: str
    report: metrics.Report
    interval: tuple[float, float]
    reliability: metrics.Reliability
    curves: dict[str, dict]
    real: tuple[float, float, float] | None
    latency: tuple[float, float]
    rate: float
    nbytes: int

    def plain(self) -> dict:
        """As JSON takes it."""
        reliable = self.reliability
        return {
            "name": self.name,
            **self.report.plain(),
            "macro_f1_interval": [round(value, 4) for value in self.interval],
            "calibration_error": round(reliable.error, 4),
            "reliability": {
                "confidence": reliable.confidence.round(4).tolist(),
                "right": reliable.right.round(4).tolist(),
                "count": reliable.count.tolist(),
            },
            "curves": self.curves,
            "real_macro_f1": None if self.real is None else round(self.real[0], 4),
            "real_macro_f1_interval": None if self.real is None else [round(value, 4) for value in self.real[1:]],
            "latency_ms": {"median": round(self.latency[0], 2), "p95": round(self.latency[1], 2)},
            "texts_per_second": round(self.rate, 1),
            "megabytes": round(self.nbytes / 1e6, 1),
        }


@dataclass(frozen=True)
class Comparison:
    """results: the simplest first; texts: in the test; real: real reviews, or 0; best: differences in macro F1 of the
    last one, the one in question, to each other with their intervals on the same texts."""

    results: list[Result]
    texts: int
    real: int
    differences: dict[str, dict]

    def plain(self) -> dict:
        """As JSON takes it."""
        return {
            "texts": self.texts,
            "real_texts": self.real,
            "results": [result.plain() for result in self.results],
            "differences": {
                name: {key: round(value, 4) for key, value in found.items()} for name, found in self.differences.items()
            },
        }

    def table(self) -> str:
        """Markdown."""
        head = "| classifier | macro F1 (95 %) | accuracy | ECE | real reviews (95 %) | one text | texts/s | MB |"
        lines = [head, "|---|---|---|---|---|---|---|---|"]
        for one in self.results:
            real = "" if one.real is None else f"{one.real[0]:.3f} ({one.real[1]:.2f} to {one.real[2]:.2f})"
            low, high = one.interval
            lines.append(
                f"| {one.name} | {one.report.macro_f1:.3f} ({low:.2f} to {high:.2f}) | {one.report.accuracy:.3f} | "
                f"{one.reliability.error:.3f} | {real} | {one.latency[0]:.1f} ms | {one.rate:.0f} | "
                f"{one.nbytes / 1e6:.1f} |"
            )
        return "\n".join(lines)


def compare(
    parts: Split,
    classifiers: dict[str, "Classifier"],
    real: Sequence[Row] = (),
    baselines: Sequence[str] = BASELINES,
    report: Callable[[float, str], None] | None = None,
    seed: int = 0,
) -> Comparison:
    """Fit the baselines on the training part and measure them and `classifiers`, in that order, on the test part.

    real: rows with the labels of `open_sets.COARSE`
    report: is told how far it is, 0 to 1; what it raises ends the work
    """
    tell = report or (lambda share, text: None)
    labels = _labels(parts, classifiers)
    results, guesses, steps = [], [], len(baselines) + len(classifiers)
    for name in baselines:
        tell(len(results) / steps, f"Fitting and measuring {name}")
        made = simpler.ALL[name](parts.train, parts.validation, labels, seed)
        results.append(_measure(name, made, parts.test, labels, real, guesses))
    for name, classifier in classifiers.items():
        tell(len(results) / steps, f"Measuring {name}")
        results.append(_measure(name, classifier, parts.test, labels, real, guesses))
    truth = np.array([labels.index(row.label) for row in parts.test])
    differences = {
        one.name: metrics.paired(truth, guesses[-1], guess)
        for one, guess in zip(results[:-1], guesses[:-1], strict=True)
    }
    return Comparison(results, len(parts.test), len(real), differences)


def _labels(parts: Split, classifiers: dict[str, "Classifier"]) -> tuple[str, ...]:
    from feedback.train import ordered

    trained = [label for one in classifiers.values() for label in one.labels]
    rows = [*parts.train, *parts.validation, *parts.test]
    return tuple(dict.fromkeys([*ordered(rows), *trained]))


def _measure(
    name: str,
    one: "Classifier | Baseline",
    test: Sequence[Row],
    labels: tuple[str, ...],
    real: Sequence[Row],
    guesses: list[np.ndarray],
) -> Result:
    texts = [row.text for row in test]
    truth = np.array([labels.index(row.label) for row in test])
    begun = time.perf_counter()
    chances = _aligned(one, texts, labels)
    rate = len(texts) / (time.perf_counter() - begun)
    guess = chances.argmax(1)
    guesses.append(guess)
    return Result(
        name,
        metrics.report(truth, guess, labels),
        metrics.interval(truth, guess),
        metrics.reliability(truth, chances),
        {label: curve(truth == at, chances[:, at]) for at, label in enumerate(labels) if (truth == at).any()},
        _on_real(one, labels, real),
        _latency(one, texts),
        rate,
        one.nbytes,
    )


def _aligned(one: "Classifier | Baseline", texts: Sequence[str], labels: tuple[str, ...]) -> np.ndarray:
    """Probabilities in the order of `labels`; one that it does not know has none."""
    wide = np.zeros((len(texts), len(labels)), np.float32)
    wide[:, [labels.index(label) for label in one.labels]] = one.probabilities(texts)
    return wide


def _on_real(
    one: "Classifier | Baseline", labels: tuple[str, ...], real: Sequence[Row]
) -> tuple[float, float, float] | None:
    if not real:
        return None
    guess = _aligned(one, [row.text for row in real], labels).argmax(1)
    coarse = np.array([open_sets.COARSE.index(open_sets.coarse(label)) for label in labels])
    truth = np.array([open_sets.COARSE.index(row.label) for row in real])
    return metrics.macro_f1(truth, coarse[guess]), *metrics.interval(truth, coarse[guess], rounds=300)


def _latency(one: "Classifier | Baseline", texts: Sequence[str]) -> tuple[float, float]:
    """Median and 95th percentile of single texts, in ms."""
    taken = []
    for text in texts[:: max(1, len(texts) // TIMED)][:TIMED]:
        begun = time.perf_counter()
        one.probabilities([text])
        taken.append((time.perf_counter() - begun) * 1e3)
    return float(np.median(taken)), float(np.percentile(taken, 95))


def curve(truth: np.ndarray, chance: np.ndarray) -> dict:
    """Recall and precision as the bound on the probability falls, at most POINTS of them, and average precision.

    truth: bool (n,); chance: (n,). Average precision after Manning, Raghavan and Schütze 2008, section 8.4.
    """
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum(truth[order])
    precision, recall = hits / np.arange(1, len(order) + 1), hits / max(1, truth.sum())
    kept = np.unique(np.linspace(0, len(order) - 1, POINTS).round().astype(int))
    return {
        "recall": recall[kept].round(4).tolist(),
        "precision": precision[kept].round(4).tolist(),
        "average_precision": round(float(precision[truth[order]].mean()), 4) if truth.any() else 0.0,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    from feedback.versions import Versions

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--real", type=Path, help="folder with the open sets")
    parser.add_argument("--versions", nargs="*", help="ids; none for the one that answers")
    parser.add_argument("--baselines", nargs="*", choices=BASELINES, default=list(BASELINES))
    parser.add_argument("--json", type=Path, help="write everything there")
    given = parser.parse_args(arguments)
    versions = Versions()
    names = given.versions or [versions.active_id()]
    found = compare(
        data.split(data.written()),
        {name: versions.classifier(name) for name in names},
        open_sets.coarse_rows(given.real) if given.real else (),
        given.baselines,
        lambda share, text: print(f"{share:4.0%} {text}", flush=True),
    )
    print(f"\n{found.texts} test texts, {found.real} real reviews\n\n{found.table()}")
    if given.json:
        given.json.write_text(json.dumps(found.plain(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
