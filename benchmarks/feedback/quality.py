"""How well texts are sorted: `python -m benchmarks.feedback.quality [--model FOLDER] [--previous FOLDER] [--data DIR]`.

On the test part of the project's texts, which no classifier has seen, and on real app reviews (folder `feedback` of
the data). Baselines are fitted on the same training part. The reviews have other labels than ours and noise of their
own (`feedback.open_sets` says how much): there everything is compared by whether it finds bugs and feature requests
among the rest. None of the reviews has trained or chosen anything.

The test part is also looked at in two halves: texts that were written to be plain, as most of an inbox is, and those
that were written to be hard.
"""

import argparse
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from feedback import compare, data, metrics, open_sets
from feedback.model import Classifier
from feedback.versions import Versions

TARGETS = {"macro F1": 0.90, "above TF-IDF": 0.05, "calibration error": 0.05}


def halves(classifier: Classifier, test: list[data.Row]) -> dict[str, dict]:
    """Macro F1 of the plain and of the hard texts."""
    plain = {row.text for file in data.WRITTEN.glob("plain_*.jsonl") for row in data.read(file)}
    found = {}
    for name, some in (
        ("plain", [row for row in test if row.text in plain]),
        ("hard", [row for row in test if row.text not in plain]),
    ):
        truth = np.array([classifier.labels.index(row.label) for row in some])
        chances = classifier.probabilities([row.text for row in some])
        low, high = metrics.interval(truth, chances.argmax(1))
        found[name] = {
            "texts": len(some),
            "macro_f1": round(metrics.macro_f1(truth, chances.argmax(1)), 4),
            "interval": [round(low, 4), round(high, 4)],
            "calibration_error": round(metrics.reliability(truth, chances).error, 4),
        }
    return found


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--model", type=Path, help="folder of a version; the shipped one otherwise")
        parser.add_argument("--previous", type=Path, help="folder of the version before, to stand beside it")
        parser.add_argument("--baselines", nargs="*", choices=compare.BASELINES, default=list(compare.BASELINES))

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    classifier = Classifier.load(given.model) if given.model else Versions().classifier("shipped")
    previous = {"previous": Classifier.load(given.previous)} if given.previous else {}
    folder = chosen.data_folder("feedback")
    real = open_sets.coarse_rows(folder) if folder else []
    parts = data.split(data.written())
    found = compare.compare(
        parts,
        {**previous, "fine-tuned": classifier},
        real,
        given.baselines,
        lambda share, text: print(f"{share:4.0%} {text}", flush=True),
    )
    ours = found.results[-1]
    print(f"\n{machine()}; {found.texts} test texts, {found.real} real reviews\n\n{found.table()}\n")
    print(f"weighted F1 {ours.report.weighted_f1:.3f}")
    for label, f1, precision, recall in zip(
        ours.report.labels, ours.report.f1, ours.report.precision, ours.report.recall, strict=True
    ):
        print(f"{label:16} F1 {f1:.3f}  precision {precision:.3f}  recall {recall:.3f}")
    print("rows: truth; columns in the same order:\n", ours.report.confusion)
    by_half = halves(classifier, parts.test)
    for name, half in by_half.items():
        print(f"{name}: {half['texts']} texts, macro F1 {half['macro_f1']:.3f}, ECE {half['calibration_error']:.3f}")
    simple = next((one.report.macro_f1 for one in found.results if one.name == "tfidf"), None)
    reached = {
        "macro F1": (ours.report.macro_f1, ours.report.macro_f1 >= TARGETS["macro F1"]),
        "calibration error": (ours.reliability.error, ours.reliability.error <= TARGETS["calibration error"]),
    }
    if simple is not None:
        above = ours.report.macro_f1 - simple
        reached["above TF-IDF"] = (above, above >= TARGETS["above TF-IDF"])
    if real:
        best = max((one.real[0] for one in found.results if one.name in given.baselines), default=0.0)
        reached["real reviews above every baseline"] = (ours.real[0] - best, ours.real[0] > best)
    for name, (value, enough) in reached.items():
        print(f"target {name}: {value:.3f}, {'' if enough else 'not '}reached")
    chosen.write(
        {
            "targets": {
                name: {"found": round(value, 4), "reached": enough} for name, (value, enough) in reached.items()
            },
            "halves": by_half,
            **found.plain(),
        }
    )


if __name__ == "__main__":
    main()
