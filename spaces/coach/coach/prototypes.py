"""What part of an answer a sentence is, and how much it says, learned from the sentences in data/sentences.toml.

A linear map from a sentence's vector and some counts to a value for each part and one for how much it says, by least
squares with a penalty on the coefficients (Hoerl and Kennard 1970, "Ridge regression"). `python -m coach.prototypes`
fits it, within some ten seconds, and writes data/sentences.npz, which depends on nothing but MiniLM, the questions,
data/sentences.toml and data/wording.toml.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from coach import questions, wording
from coach.ownership import actors
from coach.specificity import details
from common import toml
from common.text import SentenceEncoder

FILE = Path(__file__).parent / "data" / "sentences.toml"
FITTED = FILE.with_suffix(".npz")
WORTH = {"concrete": 1.0, "plain": 0.65, "vague": 0.0, "poor": 0.0}  # of a sentence, by its kind
PENALTY = 2.0
SCALE = 0.15  # of a count whose standard deviation is 1, beside a vector of length 1
BACKGROUND = {"sentences": 10, "key_points": 10, "questions": 5}  # of so many, the vector of one is kept

_WOULD = re.compile(r"(?<!\w)(?:would|i'd|i'll)(?!\w)")
_BECAUSE = re.compile(r"(?<!\w)(?:because|since|so that|the reason|that is why|that's why|otherwise)(?!\w)")


class Prototypes:
    """The fitted map.

    parts: their names, in the order in which `read` gives them; source: which files it was fitted on
    sentences, key_points, questions: unit vectors (b, d) of some of the sentences, and of some of the bank's key points
    and questions, about many things
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.parts = tuple(arrays["parts"].tolist())
        self.sentences, self.key_points, self.questions = (
            arrays[name].astype(np.float32) for name in ("sentences", "key_points", "questions")
        )
        self.source = str(arrays["source"])
        self._map, self._mean, self._spread = (arrays[name].astype(np.float64) for name in ("map", "mean", "spread"))

    def read(self, texts: Sequence[str], vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of sentences and their vectors (n, d): a value for each part (n, parts), near 1 where it is that part and
        near 0 where not; and how much each says (n,), 0 to 1.
        """
        if not texts:
            return np.zeros((0, len(self.parts))), np.zeros(0)
        values = _inputs(vectors, _counts(texts), self._mean, self._spread) @ self._map
        return values[:, :-1], values[:, -1].clip(0.0, 1.0)


@lru_cache(maxsize=1)
def prototypes() -> Prototypes:
    """The map that was fitted and is shipped; for MiniLM only."""
    with np.load(FITTED, allow_pickle=False) as arrays:
        return Prototypes(dict(arrays))


def source() -> str:
    """What a fitted map depends on beside the encoder, as a hash."""
    settings = repr((sorted(WORTH.items()), PENALTY, SCALE, BACKGROUND, _of_the_bank()))
    files = [path.read_bytes() for path in (FILE, wording.FILE)]
    return hashlib.sha256(b"\0".join([settings.encode(), *files])).hexdigest()


def fit(encoder: SentenceEncoder) -> dict[str, np.ndarray]:
    """The arrays of a map, fitted on all sentences of the file."""
    tables = toml.read(FILE)
    rows = [(text, part, kind) for part, kinds in tables.items() for kind, texts in kinds.items() for text in texts]
    texts = [text for text, _, _ in rows]
    vectors, counts = encoder.embed(texts), _counts(texts)
    mean, spread = counts.mean(0), counts.std(0) + 1e-6
    inputs = _inputs(vectors, counts, mean, spread)
    parts = list(tables)
    part = np.array([parts.index(part) for _, part, _ in rows])
    worth = np.array([WORTH[kind] for _, _, kind in rows])
    often = 1.0 / np.bincount(part)[part]  # a part of which there are many sentences is not the likelier for it
    return {
        "parts": np.array(parts),
        "map": np.column_stack(
            [
                _least_squares(inputs, np.eye(len(parts))[part], often / often.mean()),
                _least_squares(inputs, worth, np.ones(len(rows))),
            ]
        ).astype(np.float32),
        "mean": mean,
        "spread": spread,
        "sentences": vectors[:: BACKGROUND["sentences"]].astype(np.float16),
        **{name: encoder.embed(texts).astype(np.float16) for name, texts in _of_the_bank().items()},
        "source": np.array(source()),
    }


def _of_the_bank() -> dict[str, list[str]]:
    bank = questions.built_in().values()
    return {
        "key_points": [point for question in bank for point in question.key_points][:: BACKGROUND["key_points"]],
        "questions": [question.text for question in bank][:: BACKGROUND["questions"]],
    }


def _inputs(vectors: np.ndarray, counts: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.hstack([np.asarray(vectors, np.float64), SCALE * (counts - mean) / spread, np.ones((len(vectors), 1))])


def _least_squares(inputs: np.ndarray, wanted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    penalty = np.diag([PENALTY] * (inputs.shape[1] - 1) + [1e-6])  # none on the constant
    weighted = inputs * weight[:, None]
    return np.linalg.solve(weighted.T @ inputs + penalty, weighted.T @ wanted)


def _counts(texts: Sequence[str]) -> np.ndarray:
    """What can be counted in each sentence, (n, features). None of it grows with length: long is not concrete."""
    return np.array([_counts_of(text) for text in texts], np.float64)


def _counts_of(text: str) -> list[float]:
    words = wording.words(text)
    content = [word for word in words if word not in wording.FUNCTION]
    specific = [word for word in content if word not in wording.GENERIC]
    kinds = [detail.kind for detail in details(text)]
    who = actors(text)
    small = wording.plain(text).lower()
    return [
        wording.share(len(specific), len(content)),
        min(kinds.count("number"), 2),
        min(kinds.count("date"), 1),
        min(kinds.count("name"), 1),
        min(kinds.count("outcome"), 1),
        min(len(wording.BUZZ.findall(small)), 2),
        min(len(wording.HEDGE.findall(small)), 2),
        min(who.own, 1),
        min(who.own_past, 1),
        min(who.shared, 1),
        min(who.nobody, 1),
        bool(_WOULD.search(small)),
        bool(_BECAUSE.search(small)),
        wording.share(sum(map(wording.is_past, words)), len(words)),
        *(bool(cue.search(small)) for cue in wording.CUES.values()),
    ]


def _main() -> None:
    from common import text

    np.savez_compressed(FITTED, **fit(text.load()))
    print(f"written to {FITTED}: {FITTED.stat().st_size:,} bytes")


if __name__ == "__main__":
    _main()
