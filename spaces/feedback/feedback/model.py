"""A trained classifier at work: texts to labels with calibrated confidence, through onnxruntime.

A version folder holds what `feedback.train` writes: model.onnx, tokenizer.json, config.json, reference.npz.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from common.errors import UserError
from feedback import texts as reading
from feedback.language import language_of
from feedback.metrics import softmax

COST = 5.0  # how many reviews a wrong label costs, unless somebody says otherwise
TOP = 3  # labels that are shown
BATCH_TOKENS = 2048  # in one run of the network: more is no faster on two cores


@dataclass(frozen=True)
class Prediction:
    """label: the likeliest; confidence: its calibrated probability, 0 to 1; top: the best TOP labels with theirs;
    unsure: somebody should look; why: in words, or ""; pieces: windows that the text was read in; version: of the
    model; language: ISO 639-1, or "" for too short a text; vector: (d,) float32, unit length, what the text means."""

    label: str
    confidence: float
    top: tuple[tuple[str, float], ...]
    unsure: bool
    why: str
    pieces: int
    version: str
    language: str
    vector: np.ndarray

    def plain(self) -> dict:
        """As JSON takes it, without the vector."""
        return {
            "label": self.label,
            "confidence": round(self.confidence, 4),
            "top": [{"label": label, "confidence": round(chance, 4)} for label, chance in self.top],
            "unsure": self.unsure,
            "why": self.why,
            "language": self.language,
            "pieces": self.pieces,
            "version": self.version,
        }


def threshold(cost: float) -> float:
    """The confidence below which a review is cheaper than the risk: 1 - 1 / cost (Chow 1970, "On optimum recognition
    error and reject tradeoff"), where a wrong label costs `cost` reviews. 1 and less ask for no review at all.

    Raises UserError where cost is not a number from 1 to 1000.
    """
    if not isinstance(cost, int | float) or not 1 <= cost <= 1000:
        raise UserError(f"The cost of a wrong label is {cost!r}: give how many reviews it is worth, from 1 to 1000.")
    return 1 - 1 / cost


class Classifier:
    """labels: in the order of the probabilities; version: name of the folder; temperature: of the softmax; languages:
    that it was trained for, ISO 639-1, or "*" for a multilingual base.

    Safe to share between threads.
    """

    def __init__(self, session, tokenizer, config: dict, folder: Path) -> None:
        self._session, self._tokenizer, self._folder = session, tokenizer, folder
        self.labels: tuple[str, ...] = tuple(config["labels"])
        self.temperature: float = config["temperature"]
        self.languages: tuple[str, ...] = tuple(config["languages"])
        self.version: str = config["version"]
        self.base: str = config["base"]

    @classmethod
    def load(cls, folder: str | Path, threads: int = 0) -> "Classifier":
        """Read a version folder. threads: of the network, 0 for one per core. Raises UserError where it is not one."""
        import onnxruntime
        from tokenizers import Tokenizer

        folder = Path(folder)
        missing = [name for name in ("model.onnx", "tokenizer.json", "config.json") if not (folder / name).exists()]
        if missing:
            raise UserError(f"{folder} is no trained model: {', '.join(missing)} missing. Train one, or name another.")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that wait spin, which is of no use to a page that is asked now and then, and slows everything else.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = [name for name in PROVIDERS if name in onnxruntime.get_available_providers()]
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=providers)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return cls(session, tokenizer, config, folder)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return (self._folder / "model.onnx").stat().st_size

    @cached_property
    def reference(self) -> dict[str, np.ndarray]:
        """What the training texts were like, for `feedback.drift`: see `train.describe`."""
        with np.load(self._folder / "reference.npz") as stored:
            return dict(stored)

    def run(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Logits (n, labels) and unit vectors (n, d), float32, in the order of `texts`.

        Those of a long text are the means over its windows, weighted by their tokens.
        """
        logits, vectors, _ = self._run(texts)
        return logits, vectors

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated, (n, labels) float32."""
        return softmax(self.run(texts)[0], self.temperature)

    def predict(self, texts: Sequence[str], cost: float = COST) -> list[Prediction]:
        """One prediction a text, in order; `cost` as `threshold` takes it. A text without a word is always unsure."""
        bound = threshold(cost)
        if not texts:
            return []
        logits, vectors, pieces = self._run(texts)
        chances = softmax(logits, self.temperature)
        return [
            self._prediction(text, chance, vector, int(count), bound)
            for text, chance, vector, count in zip(texts, chances, vectors, pieces, strict=True)
        ]

    def _prediction(self, text: str, chances: np.ndarray, vector: np.ndarray, pieces: int, bound: float) -> Prediction:
        order = np.argsort(-chances, kind="stable")[:TOP]
        top = tuple((self.labels[at], float(chances[at])) for at in order)
        language = language_of(text)
        reasons = []
        if not reading.has_words(text):
            reasons.append("There are no words in it.")
        elif language and "*" not in self.languages and language not in self.languages:
            known = ", ".join(self.languages)
            reasons.append(f"It seems to be written in another language ({language}) than the model knows ({known}).")
        if top[0][1] < bound:
            reasons.append(f"The confidence is below {bound:.0%}.")
        if pieces >= reading.MOST_WINDOWS:
            reasons.append("Of so long a text only parts were read.")
        unsure = bool(reasons)
        return Prediction(*top[0], top, unsure, " ".join(reasons), pieces, self.version, language, vector)

    def _run(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ids, owner = reading.windows(self._tokenizer, texts)
        lengths = np.array([len(window) for window in ids])
        logits, vectors = None, None
        for rows in batches(lengths):
            tokens = np.zeros((len(rows), lengths[rows].max()), np.int64)
            for place, row in enumerate(rows):
                tokens[place, : lengths[row]] = ids[row]
            mask = (np.arange(tokens.shape[1]) < lengths[rows][:, None]).astype(np.int64)
            some, meant = self._session.run(["logits", "vector"], {"input_ids": tokens, "attention_mask": mask})
            if logits is None:
                logits = np.empty((len(ids), some.shape[1]), np.float32)
                vectors = np.empty((len(ids), meant.shape[1]), np.float32)
            logits[rows], vectors[rows] = some, meant
        if len(ids) > len(texts):
            logits, vectors = (_pool(values, lengths, np.array(owner), len(texts)) for values in (logits, vectors))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
        return logits, vectors, np.bincount(owner, minlength=len(texts))


PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")


def batches(lengths: np.ndarray) -> list[np.ndarray]:
    """Rows by length, in batches of at most BATCH_TOKENS with their padding: a batch costs what its longest costs."""
    order, found, start = np.argsort(lengths, kind="stable"), [], 0
    for end in range(1, len(order) + 1):
        if end == len(order) or (end + 1 - start) * lengths[order[end]] > BATCH_TOKENS:
            found.append(order[start:end])
            start = end
    return found


def _pool(values: np.ndarray, weights: np.ndarray, owner: np.ndarray, count: int) -> np.ndarray:
    """Weighted means over the windows of each text."""
    total = np.zeros((count, values.shape[1]), np.float64)
    np.add.at(total, owner, values * weights[:, None])
    return (total / np.bincount(owner, weights, count)[:, None]).astype(np.float32)
