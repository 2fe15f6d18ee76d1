"""Whether an answer is about the question, which key points it covers, and by which sentence.

A sentence covers a key point as far as their vectors are alike beyond what each has in common with texts about many
things, and as far as the sentence says something. So naming a key point is not covering it.
"""

from dataclasses import dataclass

import numpy as np

from coach.prototypes import prototypes
from coach.questions import Question
from coach.reading import Reading

FAR, NEAR = 0.5, 3.0  # likeness from which on a key point is covered at all, and wholly; standard deviations
SOLID = 0.7  # how much a sentence has to say to cover a key point wholly
COVERED = 0.4  # of 1, from which on a key point counts as covered
AT_MOST = 2  # key points that one sentence covers
ELSEWHERE, ABOUT = -0.2, 0.4  # likeness up to which an answer is about something else, and from which it is not


@dataclass(frozen=True)
class Covered:
    """A key point that an answer covers. by: the sentence, a literal part of the answer; how_far: COVERED to 1"""

    key_point: str
    by: str
    how_far: float


@dataclass(frozen=True)
class Relevance:
    """How far an answer answers the question.

    about: whether it is about the question at all, 0 to 1
    covered, missed: the key points; farthest: the one that is covered least, or ""
    coverage: mean over the key points of how far each is covered, 0 to 1. Of a question without key points, how far
    the two sentences cover it that are nearest.
    """

    about: float
    covered: tuple[Covered, ...]
    missed: tuple[str, ...]
    farthest: str
    coverage: float


def relevance(question: Question, reading: Reading) -> Relevance:
    """Compare the sentences with the key points, or with the question where it has none."""
    about = _about(reading)
    if not question.key_points:
        near = np.sort(_values(reading.question[None], reading)[0])[::-1]
        return Relevance(about, (), (), "", float(near[:2].sum() / 2))
    coverage, by = _assign(_values(reading.key_points, reading))
    covered, missed = [], []
    for key_point, value, at in zip(question.key_points, coverage, by, strict=True):
        if value >= COVERED:
            covered.append(Covered(key_point, reading.sentences[at].text, float(value)))
        else:
            missed.append(key_point)
    farthest = question.key_points[int(coverage.argmin())]
    return Relevance(about, tuple(covered), tuple(missed), farthest, float(coverage.mean()))


def _about(reading: Reading) -> float:
    """How much more alike an answer is to the question and its key points than to those of others."""
    mean = (reading.vectors * (reading.words * reading.own)[:, None]).sum(0)
    length = np.linalg.norm(mean)
    if not length:
        return 0.0
    # The whole text at once tells its topic best, but of a long one only the beginning is read.
    beyond = [_beyond_others(vector, reading) for vector in (mean / length, reading.whole)]
    return float(np.clip((np.mean(beyond) - ELSEWHERE) / (ABOUT - ELSEWHERE), 0.0, 1.0))


def _beyond_others(vector: np.ndarray, reading: Reading) -> float:
    fitted = prototypes()
    found = [_beyond(reading.question @ vector, fitted.questions @ vector, 0)]
    if len(reading.key_points):
        found.append(_beyond((reading.key_points @ vector).mean(), fitted.key_points @ vector, 0))
    return float(np.mean(found))


def _values(targets: np.ndarray, reading: Reading) -> np.ndarray:
    """How far each sentence covers each target, (t, n), 0 to 1."""
    alike = targets @ reading.vectors.T
    fitted = prototypes()
    of_targets = targets @ fitted.sentences.T
    of_sentences = (reading.vectors @ fitted.key_points.T).T
    # Some texts are alike to everything: each likeness counts against what is usual for the target and the sentence.
    beyond = (_beyond(alike, of_targets, 1) + _beyond(alike, of_sentences, 0)) / 2
    return ((beyond - FAR) / (NEAR - FAR)).clip(0.0, 1.0) * (reading.substance / SOLID).clip(0.0, 1.0)


def _beyond(alike: np.ndarray, usual: np.ndarray, axis: int) -> np.ndarray:
    return (alike - usual.mean(axis, keepdims=True)) / (usual.std(axis, keepdims=True) + 1e-6)


def _assign(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each row the best column, no column for more than AT_MOST rows: how far, and which (-1: none)."""
    rows, columns = values.shape
    best, by = np.zeros(rows), np.full(rows, -1)
    used = np.zeros(columns, int)
    for flat in np.argsort(-values, axis=None, kind="stable"):
        row, column = divmod(int(flat), columns)
        if by[row] < 0 and used[column] < AT_MOST and values[row, column] > 0:
            best[row], by[row] = values[row, column], column
            used[column] += 1
    return best, by
