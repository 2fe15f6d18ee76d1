"""A small classifier whose labels follow from words, with what `feedback.model.Classifier` gives: real, and foreseen.

Its probabilities are counts of words, so that a text of two kinds is less sure than one of a single kind.
"""

import re
from collections.abc import Sequence

import numpy as np

from feedback.model import Prediction, threshold

WORDS = {
    "bug": r"crash\w*|error\w*|freez\w*|broken|fails?|lost",
    "feature_request": r"please add|wish|dark mode|would be nice|missing",
    "praise": r"love\w*|great|thanks?|excellent|nice",
    "complaint": r"expensive|rude|waste|late|awful",
    "question": r"how|when|where|\?",
    "other": r"n/a|hello|hi",
}


class Rules:
    """labels: those of WORDS in that order; what has none of the words is "other"."""

    labels = tuple(WORDS)
    version = "rules-1"

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(n, labels) float32: 1 + 9 for each word of a label, over the sum of all labels."""
        counts = [
            [1 + 9 * len(re.findall(rf"(?<!\w)(?:{pattern})(?!\w)", text.lower())) for pattern in WORDS.values()]
            for text in texts
        ]
        found = np.array(counts, np.float32).reshape(len(texts), len(WORDS))
        found[:, -1] += 0.5 * (found.sum(axis=1) == len(WORDS))
        return found / found.sum(axis=1, keepdims=True)

    def predict(self, texts: Sequence[str], cost: float = 5.0) -> list[Prediction]:
        bound = threshold(cost)
        predictions = []
        for chances in self.probabilities(texts):
            order = np.argsort(-chances, kind="stable")[:3]
            top = tuple((self.labels[at], float(chances[at])) for at in order)
            unsure = top[0][1] < bound
            vector = chances / np.linalg.norm(chances)
            why = f"The confidence is below {bound:.0%}." if unsure else ""
            predictions.append(Prediction(*top[0], top, unsure, why, 1, self.version, "en", vector))
        return predictions
