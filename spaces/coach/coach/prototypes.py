"""What part of an answer a sentence is, and how much it says, learned from sentences and answers of this project.

Linear maps, by least squares with a penalty on the coefficients (Hoerl and Kennard 1970, "Ridge regression"): from a
sentence's vector and some counts to a value for each part, and to how much it says; and from those of a whole answer to
how much that says. The sentences are in data/sentences.toml; data/answers.jsonl has a weak, a middling and a strong
answer to each of some questions. `python -m coach.prototypes` fits the maps within a minute of one core and writes
data/sentences.npz, which depends on nothing but MiniLM, those files, data/wording.toml and the questions.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from coach import questions, sentences, wording
from coach.ownership import actors
from coach.specificity import details
from common import toml
from common.text import SentenceEncoder

FILE = Path(__file__).parent / "data" / "sentences.toml"
ANSWERS = FILE.with_name("answers.jsonl")
FITTED = FILE.with_suffix(".npz")
WORTH = {"concrete": 1.0, "plain": 0.65, "vague": 0.0, "poor": 0.0}  # of a sentence, by its kind
OF_ANSWER = {"strong": 0.95, "middling": 0.55, "weak": 0.1}  # the same of each sentence of an answer, by its strength
WHOLE_WORTH = {"strong": 1.0, "middling": 0.6, "weak": 0.0}  # of a whole answer
PENALTY, WHOLE_PENALTY = 2.0, 8.0
SCALE = 0.15  # of a count whose standard deviation is 1, beside a vector of length 1
MEAN_SCALE, MEAN_COUNTS = 2.5, 0.3  # of the mean vector and the mean counts of an answer, beside its vector as a whole
SENTENCE_WEIGHT = 0.1  # of a sentence of the file as a short answer, beside a whole answer
BACKGROUND = {"sentences": 10, "key_points": 10, "questions": 5}  # of so many, the vector of one is kept

_WOULD = re.compile(r"(?<!\w)(?:would|i'd|i'll)(?!\w)")
_BECAUSE = re.compile(r"(?<!\w)(?:because|since|so that|the reason|that is why|that's why|otherwise)(?!\w)")


class Prototypes:
    """The fitted maps.

    parts: their names, in the order in which `read` gives them; source: which files they were fitted on
    sentences, key_points, questions: unit vectors (b, d) of some of the sentences, and of some of the bank's key points
    and questions, about many things
    """

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.parts = tuple(arrays["parts"].tolist())
        self.sentences, self.key_points, self.questions = (
            arrays[name].astype(np.float32) for name in ("sentences", "key_points", "questions")
        )
        self.source = str(arrays["source"])
        self._map, self._whole, self._mean, self._spread = (
            arrays[name].astype(np.float64) for name in ("map", "whole", "mean", "spread")
        )

    def read(self, texts: Sequence[str], vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of sentences and their vectors (n, d): a value for each part (n, parts), near 1 where it is that part and
        near 0 where not; and how much each says (n,), 0 to 1.
        """
        if not texts:
            return np.zeros((0, len(self.parts))), np.zeros(0)
        values = _inputs(vectors, self._counted(texts)) @ self._map
        return values[:, :-1], values[:, -1].clip(0.0, 1.0)

    def read_whole(self, texts: Sequence[str], vectors: np.ndarray, whole: np.ndarray) -> float:
        """How much a whole answer says, 0 to 1, by its sentences, their vectors (n, d) and that of them all (d,)."""
        if not texts:
            return 0.0
        value = _whole_inputs(whole[None], vectors.mean(0)[None], self._counted(texts).mean(0)[None]) @ self._whole
        return float(value[0].clip(0.0, 1.0))

    def _counted(self, texts: Sequence[str]) -> np.ndarray:
        return (_counts(texts) - self._mean) / self._spread


@lru_cache(maxsize=1)
def prototypes() -> Prototypes:
    """The maps that were fitted and are shipped; for MiniLM only."""
    with np.load(FITTED, allow_pickle=False) as arrays:
        return Prototypes(dict(arrays))


def source() -> str:
    """What the fitted maps depend on beside the encoder, as a hash."""
    numbers = (PENALTY, WHOLE_PENALTY, SCALE, MEAN_SCALE, MEAN_COUNTS, SENTENCE_WEIGHT)
    worth = [sorted(one.items()) for one in (WORTH, OF_ANSWER, WHOLE_WORTH)]
    settings = repr((worth, numbers, BACKGROUND, _of_the_bank()))
    files = [path.read_bytes() for path in (FILE, ANSWERS, wording.FILE)]
    return hashlib.sha256(b"\0".join([settings.encode(), *files])).hexdigest()


def fit(encoder: SentenceEncoder) -> dict[str, np.ndarray]:
    """The arrays of the maps, fitted on all sentences and answers of the files."""
    tables = toml.read(FILE)
    rows = [(text, part, kind) for part, kinds in tables.items() for kind, texts in kinds.items() for text in texts]
    texts = [text for text, _, _ in rows]
    vectors, counts = encoder.embed(texts), _counts(texts)
    mean, spread = counts.mean(0), counts.std(0) + 1e-6
    counts = (counts - mean) / spread
    parts = list(tables)
    part = np.array([parts.index(part) for _, part, _ in rows])
    worth = np.array([WORTH[kind] for _, _, kind in rows])
    often = 1.0 / np.bincount(part)[part]  # a part of which there are many sentences is not the likelier for it

    strengths, answers = _answers()
    told = [text for answer in answers for text in answer]
    of = np.repeat(np.arange(len(answers)), [len(answer) for answer in answers])
    told_vectors, told_counts = encoder.embed(told), (_counts(told) - mean) / spread
    wholes = encoder.embed([" ".join(answer) for answer in answers])
    says = _least_squares(
        np.vstack([_inputs(vectors, counts), _inputs(told_vectors, told_counts)]),
        np.concatenate([worth, [OF_ANSWER[strengths[at]] for at in of]]),
        np.ones(len(texts) + len(told)),
        PENALTY,
    )
    whole = _least_squares(
        np.vstack(
            [
                _whole_inputs(wholes, _means(told_vectors, of), _means(told_counts, of)),
                _whole_inputs(vectors, vectors, counts),
            ]
        ),
        np.concatenate([[WHOLE_WORTH[strength] for strength in strengths], worth]),
        np.concatenate([np.ones(len(answers)), np.full(len(texts), SENTENCE_WEIGHT)]),
        WHOLE_PENALTY,
    )
    of_parts = _least_squares(_inputs(vectors, counts), np.eye(len(parts))[part], often / often.mean(), PENALTY)
    return {
        "parts": np.array(parts),
        "map": np.column_stack([of_parts, says]).astype(np.float32),
        "whole": whole.astype(np.float32),
        "mean": mean,
        "spread": spread,
        "sentences": vectors[:: BACKGROUND["sentences"]].astype(np.float16),
        **{name: encoder.embed(texts).astype(np.float16) for name, texts in _of_the_bank().items()},
        "source": np.array(source()),
    }


def _answers() -> tuple[list[str], list[list[str]]]:
    """The strength of each answer of the file, and its sentences."""
    rows = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    parted = [[sentences.without_fillers(one.text) for one in sentences.split(row["text"])] for row in rows]
    return [row["strength"] for row in rows], parted


def _means(values: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The mean row of each group; of: the group of each row, in order."""
    return np.add.reduceat(values, np.flatnonzero(np.diff(of, prepend=-1))) / np.bincount(of)[:, None]


def _of_the_bank() -> dict[str, list[str]]:
    bank = questions.built_in().values()
    return {
        "key_points": [point for question in bank for point in question.key_points][:: BACKGROUND["key_points"]],
        "questions": [question.text for question in bank][:: BACKGROUND["questions"]],
    }


def _inputs(vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.hstack([np.asarray(vectors, np.float64), SCALE * counts, np.ones((len(vectors), 1))])


def _whole_inputs(wholes: np.ndarray, vectors: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Of answers: their vectors, and the means of those of their sentences and of their counts, each (n, ...)."""
    wholes = np.asarray(wholes, np.float64)
    return np.hstack([wholes, MEAN_SCALE * vectors, MEAN_COUNTS * counts, np.ones((len(wholes), 1))])


def _least_squares(inputs: np.ndarray, wanted: np.ndarray, weight: np.ndarray, penalty: float) -> np.ndarray:
    penalties = np.diag([penalty] * (inputs.shape[1] - 1) + [1e-6])  # none on the constant
    weighted = inputs * weight[:, None]
    return np.linalg.solve(weighted.T @ inputs + penalties, weighted.T @ wanted)


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
