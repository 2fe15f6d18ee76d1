"""A file of feedback through the classifier, row by row, with a result that can be read while it grows.

    python -m feedback.batch in.csv out.jsonl [--column text] [--model DIR] [--cost 5] [--keep-nothing] [--no-mask]

The result has a row for each row of the file: its line, the text, the label and what is known of it, or the reason why
the row could not be read. Beside it `<out>.state` says how far it is, and is gone when all is done: after a crash or a
stop the same call goes on where that one was, and what was half written is cut off and written anew.
"""

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UserError
from feedback import files, privacy
from feedback.files import Item, Source
from feedback.results import Result, State
from feedback.tables import Stored

if TYPE_CHECKING:
    from feedback.model import Classifier, Prediction
    from feedback.store import Store

CHUNK = 256  # texts at once, after which the result is on the disk
MOST_PROBLEMS = 100  # rows that a summary names


@dataclass
class Summary:
    """How far a run is, or what it did.

    rows: of the file in all; done: of them; bad: that could not be read; unsure: that somebody should look at; masked:
    that held personal data; labels: how often each; problems: (line, reason) of the first rows that could not be read
    resumed: rows that an earlier call had done; seconds: of this call; stopped: before the end
    version: of the classifier; outputs: the files; notes: what a person should know of the source
    """

    rows: int
    done: int = 0
    bad: int = 0
    unsure: int = 0
    masked: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    resumed: int = 0
    seconds: float = 0.0
    stopped: bool = False
    version: str = ""
    outputs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Rows a second in this call."""
        return (self.done - self.resumed) / self.seconds if self.seconds else 0.0

    def add(self, rows: "Sequence[_Row]") -> None:
        predictions = [row.prediction for row in rows if row.prediction is not None]
        failed = [(row.item.line, row.item.problem) for row in rows if row.prediction is None]
        self.done += len(rows)
        self.bad += len(failed)
        self.unsure += sum(prediction.unsure for prediction in predictions)
        self.masked += sum(row.masked for row in rows)
        self.labels = dict(Counter(self.labels) + Counter(prediction.label for prediction in predictions))
        self.problems = (self.problems + failed)[:MOST_PROBLEMS]

    def counts(self) -> dict:
        """What a call that goes on has to know."""
        return {name: getattr(self, name) for name in ("done", "bad", "unsure", "masked", "labels", "problems")}


@dataclass(frozen=True)
class _Row:
    """A row of the file; of one that can't be read there is no text and no prediction. text: as it is written and
    stored; masked: whether personal data was taken out of it; seconds: that the prediction took."""

    item: Item
    text: str = ""
    masked: bool = False
    prediction: "Prediction | None" = None
    seconds: float = 0.0

    def plain(self) -> dict:
        """As a result takes it."""
        if self.prediction is None:
            return {"line": self.item.line, "problem": self.item.problem}
        noted = {"note": self.item.note} if self.item.note else {}
        return {"line": self.item.line, "text": self.text, **self.prediction.plain(), **noted}


def run(
    source: str | Path | Source,
    out: str | Path | Sequence[str | Path],
    classifier: "Classifier",
    *,
    column: str | None = None,
    cost: float = 5.0,
    keep: bool = True,
    mask: bool = True,
    on_progress: Callable[[Summary], None] | None = None,
    stop: Callable[[], bool] | None = None,
    store: "Store | None" = None,
) -> Summary:
    """Classify the texts of a file.

    source: a file, or one that `files.open_source` opened; column: of the texts, None finds it
    out: a .jsonl or .csv file, or several; the result of an unfinished call for the same source is gone on with
    cost: how many reviews a wrong label is worth, see `model.threshold`
    mask: take personal data out of the texts that are written and stored
    store: where predictions are kept, None for nowhere; keep: with their texts, else only labels and numbers
    on_progress: called after each chunk; stop: asked after each chunk, True ends with a result that can be gone on with
    After a crash the rows of the last chunk may be in the store twice.
    Raises UserError for what is wrong with the source or an output, and for an output of another source or setting.
    """
    from feedback.model import threshold

    threshold(cost)
    outputs = [Result(Path(one)) for one in ([out] if isinstance(out, str | Path) else out)]
    opened = source if isinstance(source, Source) else files.open_source(source, column)
    settings = {
        "sha256": opened.sha256, "column": opened.column, "cost": float(cost), "mask": mask,
        "version": classifier.version, "outputs": [output.path.name for output in outputs],
    }  # fmt: skip
    summary = Summary(opened.rows, version=classifier.version, notes=list(opened.notes))
    summary.outputs = [str(output.path) for output in outputs]
    started = time.monotonic()
    with ExitStack() as stack:
        state = stack.enter_context(State(outputs[0].path))
        _resume(state, settings, outputs, summary)
        state.write(settings, outputs, summary.counts())
        for output in outputs:
            stack.enter_context(output)
        items = opened.items(summary.done)
        while chunk := list(islice(items, CHUNK)):
            rows = _classified(chunk, classifier, cost, mask)
            for output in outputs:
                output.write([row.plain() for row in rows])
            if store is not None:
                store.add_predictions(_stored(rows, classifier, opened.path.name, keep))
            summary.add(rows)
            state.write(settings, outputs, summary.counts())
            summary.seconds = time.monotonic() - started
            if on_progress:
                on_progress(replace(summary))
            if stop and stop() and summary.done < summary.rows:
                summary.stopped = True
                return summary
        state.remove()
    return summary


def _classified(chunk: list[Item], classifier: "Classifier", cost: float, mask: bool) -> list[_Row]:
    """A chunk of rows with what the classifier says of those that can be read."""
    texts = [item.text for item in chunk if item.text is not None]
    started = time.perf_counter()
    predictions = iter(classifier.predict(texts, cost) if texts else ())
    seconds = (time.perf_counter() - started) / max(1, len(texts))
    rows = []
    for item in chunk:
        if item.text is None:
            rows.append(_Row(item))
        else:
            hidden = privacy.mask(item.text) if mask else privacy.Masked(item.text, ())
            rows.append(_Row(item, hidden.text, bool(hidden.found), next(predictions), seconds))
    return rows


def _stored(rows: Sequence[_Row], classifier: "Classifier", source: str, keep: bool) -> list[Stored]:
    """Rows as the database takes them, with their distance to the training texts where the classifier knows those."""
    read = [row for row in rows if row.prediction is not None]
    distances: Sequence[float | None] = [None] * len(read)
    if read and (arrays := getattr(classifier, "reference", None)):
        import numpy as np

        from feedback.drift import Reference

        reference = Reference.read(arrays, classifier.version, classifier.labels)
        distances = reference.distance(np.stack([row.prediction.vector for row in read])).tolist()
    same = ("label", "confidence", "top", "unsure", "why", "version", "language")
    return [
        Stored(
            **{name: getattr(row.prediction, name) for name in same},
            text=row.text if keep else None,
            source=source,
            seconds=row.seconds,
            distance=distance,
        )
        for row, distance in zip(read, distances, strict=True)
    ]


def _resume(state: State, settings: dict, outputs: list[Result], summary: Summary) -> None:
    """Set `summary` and `outputs` to where an unfinished call was, if there is one."""
    before = state.read()
    if before is None:
        for output in outputs:
            if output.path.exists():
                raise UserError(f"There is a file {str(output.path)!r} already. Name another result, or delete it.")
        return
    result = repr(str(outputs[0].path))
    again = f"Name another result, or delete {result} and {str(state.path)!r} to begin anew."
    for name, value in settings.items():
        if (earlier := before["settings"].get(name)) != value:
            told = "from another file" if name == "sha256" else f"with {name} {earlier!r}, now it is {value!r}"
            raise UserError(f"{result} is unfinished and was begun {told}. {again}")
    for output, place in zip(outputs, before["places"], strict=True):
        if (output.path.stat().st_size if output.path.exists() else 0) < place:
            raise UserError(f"{str(output.path)!r} is shorter than it was left. {again}")
        output.place = place
    for name, value in before["counts"].items():
        setattr(summary, name, value)
    summary.problems = [(line, problem) for line, problem in summary.problems]
    summary.resumed = summary.done


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, also where rows could not be read; 1 it can't be done; 2 wrong usage; 130 stopped."""
    parser = argparse.ArgumentParser(prog="python -m feedback.batch", description="Classify a file of feedback.")
    parser.add_argument("source", help="CSV, JSONL or TXT")
    parser.add_argument("out", nargs="+", help="result, .jsonl or .csv; several for several forms")
    parser.add_argument("--column", help="of the texts, by name or by number from 1; found out if absent")
    parser.add_argument("--model", metavar="DIR", help="folder of a version; the one that answers in the app if absent")
    parser.add_argument("--cost", type=float, default=5.0, help="how many reviews a wrong label is worth")
    parser.add_argument("--keep-nothing", action="store_true", help="store nothing in the database")
    parser.add_argument("--no-mask", action="store_true", help="leave personal data in the texts that are written")
    given = parser.parse_args(arguments)
    stopping = []

    def interrupted(number: int, _: object) -> None:
        stopping.append(number)
        signal.signal(number, signal.SIG_DFL)  # the second time it ends at once

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        source = files.open_source(given.source, given.column)  # before a model is loaded
        summary = run(
            source, given.out, _classifier(given.model), cost=given.cost,
            mask=not given.no_mask, on_progress=_teller(), stop=lambda: bool(stopping),
            store=None if given.keep_nothing else _store(),
        )  # fmt: skip
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(_report(summary), file=sys.stderr)
    return 130 if summary.stopped else 0


def _classifier(folder: str | None) -> "Classifier":
    from feedback import model, versions

    return model.Classifier.load(folder) if folder else versions.active_classifier()


def _store() -> "Store":
    from feedback.store import Store

    return Store.shared()


def _teller() -> Callable[[Summary], None]:
    """Tells on stderr: a line that is written over on a terminal, else one every ten seconds."""
    last = time.monotonic()

    def tell(summary: Summary) -> None:
        nonlocal last
        line = f"{summary.done:,} of {summary.rows:,} rows, {summary.rate:,.0f} a second, {summary.bad:,} not read"
        if sys.stderr.isatty():
            print(f"\r{line}  ", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - last >= 10:
            last = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    return tell


def _report(summary: Summary) -> str:
    labels = sorted(summary.labels.items(), key=lambda pair: -pair[1])
    lines = ["", *summary.notes]
    if summary.resumed:
        lines.append(f"Went on after {summary.resumed:,} rows that were done.")
    lines.append(f"{summary.done:,} of {summary.rows:,} rows in {summary.seconds:,.1f} s, version {summary.version}.")
    lines.append("  ".join(f"{label} {count:,}" for label, count in labels))
    lines.append(f"{summary.unsure:,} unsure, {summary.masked:,} with personal data, {summary.bad:,} not read")
    lines += [f"line {line}: {problem}" for line, problem in summary.problems[:20]]
    if summary.bad > 20:
        lines.append(f"and {summary.bad - 20:,} more, each in its place in the result")
    if summary.stopped:
        lines.append("Stopped. The same call goes on where this one was.")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
