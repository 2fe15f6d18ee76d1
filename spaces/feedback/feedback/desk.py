"""What page and API do with texts, from a plain value to a plain value: sort, explain, review, correct, add labels.

Nothing is held here: a `Desk` finds the database and the versions anew for every request. What is done with the
classifier itself is in `feedback.lab`.
"""

import hashlib
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from common.errors import UserError
from feedback import batch, data, files, labels, review, spans, texts
from feedback.drift import Reference
from feedback.explain import explain
from feedback.model import COST, Classifier, threshold
from feedback.privacy import mask
from feedback.results import State
from feedback.store import Store
from feedback.tables import Stored
from feedback.versions import Versions

LONGEST_PARTED = 20_000  # characters of a text whose parts get labels of their own
TAIL = 1 << 16  # bytes at the end of a growing result that are looked at


class Desk:
    """folder: of versions and trainings, None for `data_folder("feedback")`; store: None for that of the settings."""

    def __init__(self, folder: str | Path | None = None, store: Store | None = None) -> None:
        self.folder, self._store = folder, store

    @property
    def store(self) -> Store:
        return self._store or Store.shared()

    @property
    def versions(self) -> Versions:
        return Versions(self.folder)

    # Texts

    def classify(self, text: str, keep: bool = True, cost: float = COST, *, source: str = "api") -> dict:
        """Sort one text of feedback: its label, how sure that is, and whether somebody should look.

        Args:
            text: feedback as a customer wrote it, up to a million characters
            keep: store it, without personal data; what is unsure then waits for review. Otherwise nothing is kept
            cost: how many reviews a wrong label is worth, from 1; it is unsure where confidence < 1 - 1 / cost

        Returns:
            label, confidence (0 to 1), top (the three likeliest), unsure and why; also (other labels that its parts
            have) and spans (the parts, with offsets); language, pieces, version, seconds; masked (kinds of personal
            data that were found and are not stored); id, by which it can be corrected, null where it is not kept.
        """
        texts.check(text)
        threshold(cost)
        classifier = self.versions.classifier()  # loaded once a process; the time is that of the answer
        begin = time.perf_counter()
        [prediction] = classifier.predict([text], cost)
        parted = len(text) <= LONGEST_PARTED and len(spans.split(text)) > 1
        parts = spans.label_spans(text, classifier) if parted else []
        seconds = time.perf_counter() - begin
        found = prediction.plain() | {
            "also": [label for label in spans.mixed(parts) if label != prediction.label],
            "spans": [asdict(part) | {"confidence": round(part.confidence, 4)} for part in parts],
            "seconds": round(seconds, 4),
            "masked": [],
            "id": None,
        }
        if keep:
            masked = mask(text)
            distance = float(reference(classifier).distance(prediction.vector[None])[0])
            stored = Stored(
                prediction.label,
                prediction.confidence,
                masked.text,
                prediction.top,
                prediction.unsure,
                prediction.why,
                prediction.version,
                prediction.language,
                source,
                seconds,
                distance,
            )
            found |= {"masked": list(masked.found), "id": self.store.add_predictions([stored])[0]}
        return found

    def explain(self, text: str, label: str = "") -> dict:
        """Say which words of a text speak for its label: each is left out, and the log odds of the label change.

        Args:
            text: feedback as a customer wrote it
            label: the label to explain, id or title; empty: the likeliest

        Returns:
            label and its confidence; words and, for a long text, sentences, each with start, end, text and effect:
            positive speaks for the label, negative against it.
        """
        texts.check(text)
        return explain(text, self.versions.classifier(), label or None).plain()

    def sort_file(
        self,
        file: str | None,
        folder: Path,
        column: str = "",
        keep: bool = True,
        cost: float = COST,
        tell: Callable[[batch.Summary], None] | None = None,
    ) -> batch.Summary:
        """Sort a file of feedback into results in `folder`, a CSV and a JSONL file, see `feedback.batch.run`.

        The results of the same file and settings have the same place: what was stopped is gone on with, what was done
        is done anew. tell: is given the summary so far after each chunk, and may raise to stop
        """
        threshold(cost)
        source = self.open_file(file, column)
        classifier = self.versions.classifier()
        settings = [source.sha256, source.column, keep, cost, classifier.version]
        place = folder / f"sorted-{hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:20]}"
        place.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^\w-]+", "_", source.path.stem)[:60].strip("_") or "feedback"
        outputs = [place / f"{stem}_sorted.csv", place / f"{stem}_sorted.jsonl"]
        if not State(outputs[0]).path.exists():
            for output in outputs:
                output.unlink(missing_ok=True)
        store = self.store if keep else None
        return batch.run(source, outputs, classifier, cost=cost, on_progress=tell, store=store)

    def open_file(self, file: str | None, column: str = "") -> files.Source:
        """What a file is: its columns, that with the texts, its rows. Raises UserError where it can't be read."""
        if not file:
            raise UserError("There is no file yet. Upload a CSV, JSONL or TXT file.")
        return files.open_source(file, column or None)

    # People decide

    def review_queue(self, order: str = "confidence", page: int = 1, size: int = 20) -> dict:
        """What waits for a person to decide, because the model was unsure.

        Args:
            order: "confidence", the least sure first, or "oldest"
            page: from 1
            size: texts of a page, 1 to 200

        Returns:
            total that wait, page and pages, items: id, text (without personal data), label, confidence, top, why,
            created, version, language, source; agreement: how often people confirmed so far.
        """
        found = review.queue(self.store, order, page, size)
        items = [plain(item) for item in found.items]
        return {
            "total": found.total,
            "page": found.number,
            "pages": found.pages,
            "items": items,
            "agreement": asdict(review.agreement(self.store)),
        }

    def correct(self, prediction: int, label: str, second: str = "") -> dict:
        """Say what a text is, whether it waits for review or not. The text becomes a row of the next training.

        Args:
            prediction: id that `classify` or `review_queue` gave
            label: id or title of the label; the predicted one confirms it
            second: another label that fits as well; empty for none

        Returns:
            id, review ("confirmed" or "corrected"), predicted, label, second, trains (whether the text was kept and
            trains), waiting: how many are left.
        """
        decided = review.decide(self.store, prediction, label, second or None)
        return asdict(decided) | {"waiting": review.queue(self.store, size=1).total}

    def dismiss(self, prediction: int) -> dict:
        """Take a text out of the queue without a label; nothing is learned from it."""
        return asdict(review.dismiss(self.store, prediction)) | {"waiting": review.queue(self.store, size=1).total}

    def undo(self, prediction: int) -> dict:
        """Take a decision back; the prediction as it is now."""
        return plain(review.undo(self.store, prediction))

    def titles(self) -> dict[str, str]:
        """What people read for each label, by id."""
        return {name: label.title for name, label in labels.known(self.store).items()}

    def known_labels(self) -> list[dict]:
        """All labels with the number of written and of given texts of each."""
        written = Counter(row.label for row in data.written())
        given = Counter(example.label for example in self.store.examples())
        known = labels.known(self.store)
        return [asdict(one) | {"written": written[name], "given": given[name]} for name, one in known.items()]

    def add_label(self, title: str, description: str, examples: list) -> dict:
        """Add a label of your own; the next training learns it.

        Args:
            title: such as "Gift idea"
            description: what a text of this kind says or asks for, in a sentence
            examples: at least 8 texts that differ; personal data in them is masked

        Returns:
            The label: id, title, description, own.
        """
        if not isinstance(examples, list) or not all(isinstance(text, str) for text in examples):
            raise UserError(f"The examples are {examples!r:.80}: give a list of texts.")
        return asdict(labels.add(self.store, title, description, [mask(text).text for text in examples]))

    def extra(self) -> list[data.Row]:
        """What people taught: corrections and the examples of added labels, as rows for training."""
        return [data.Row(one.text, one.label, one.second, source=one.source) for one in self.store.examples()]


def plain(item: Stored) -> dict:
    """A stored prediction as JSON takes it."""
    return asdict(item) | {
        "confidence": round(item.confidence, 4),
        "top": [{"label": label, "confidence": round(chance, 4)} for label, chance in item.top],
        "created": item.created.isoformat(timespec="seconds"),
        "reviewed": item.reviewed and item.reviewed.isoformat(timespec="seconds"),
    }


def newest_rows(file: str | Path, count: int = 12) -> list[dict]:
    """The last rows of a JSONL result, also while it grows."""
    with open(file, "rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - TAIL))
        lines = stream.read().split(b"\n")[:-1]  # after the last line end there is nothing, or half a row
    return [json.loads(line) for line in lines[1 if size > TAIL else 0 :][-count:]]


def reference(classifier: Classifier) -> Reference:
    return Reference.read(classifier.reference, classifier.version, classifier.labels)
