"""Questions as vectors of meaning.

A question is one vector: the mean of what its text and key points mean and of what its topics mean, the names that
people may have for it (data/topics.toml). MiniLM tells that "killing a product" is near to "shutting down", and not
what else it is near to; of each question of the bank somebody who knew that wrote it down.

To embed the bank takes 20 s of one core, so that its vectors come with it (data/vectors.npz, half precision). After a
change of the bank or its topics `python -m coach.meaning` writes them anew; until then what changed is embedded where
it is searched.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from coach.questions import Question, built_in
from common import toml

if TYPE_CHECKING:
    from common.text import SentenceEncoder

DATA = Path(__file__).parent / "data"
FORM = "minilm-topics-1"  # of the vectors; another model or form has another name

Topics = Mapping[str, Sequence[str]]


def topics() -> Topics:
    """The topics of the questions of the bank, by id."""
    return toml.read(DATA / "topics.toml")


def text_of(question: Question) -> str:
    """What a question says about itself."""
    return f"{question.text} {'; '.join(question.key_points)}".strip()


def mark(question: Question, names: Sequence[str] = ()) -> str:
    """A mark of all that goes into the vector of a question; names: its topics."""
    return hashlib.sha256("\0".join((FORM, text_of(question), *names)).encode()).hexdigest()[:16]


def embed(encoder: "SentenceEncoder", questions: Sequence[Question], names: Topics) -> np.ndarray:
    """Unit vectors (n, d) float32 of questions; names: topics by id, of those that have any."""
    own = [names.get(question.id, ()) for question in questions]
    vectors = encoder.embed([*map(text_of, questions), *(topic for some in own for topic in some)])
    found, rest = vectors[: len(questions)].copy(), vectors[len(questions) :]
    for row, some in enumerate(own):
        found[row] += _unit(rest[: len(some)].sum(axis=0))
        rest = rest[len(some) :]
    return _unit(found)


def shipped() -> dict[str, np.ndarray]:
    """The vectors (d,) that come with the bank, by mark."""
    with np.load(DATA / "vectors.npz", allow_pickle=False) as file:
        return dict(zip(file["marks"].tolist(), file["vectors"].astype(np.float32), strict=True))


def write(encoder: "SentenceEncoder", questions: Iterable[Question], names: Topics, file: Path) -> None:
    """Write the vectors of questions for `shipped`."""
    questions = list(questions)
    marks = [mark(question, names.get(question.id, ())) for question in questions]
    np.savez(file, marks=np.array(marks), vectors=embed(encoder, questions, names).astype(np.float16))


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def main() -> None:
    from common import text

    write(text.load(), built_in().values(), topics(), DATA / "vectors.npz")


if __name__ == "__main__":
    main()
