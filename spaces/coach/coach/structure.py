"""The parts of an answer, as its rubric has them: of a story the situation, task, action and result.

Each sentence has a value for each part (`coach.prototypes`). Which parts follow which decides between them, by the most
likely sequence (Viterbi 1967).
"""

from dataclasses import dataclass

import numpy as np

from coach.reading import Reading
from coach.rubrics import Rubric
from coach.sentences import Sentence

OTHER = "other"
CLEAR = 0.6  # chance times substance from which a part is there wholly
SHARPNESS = 8.0  # of the values of the parts, as logarithms of chances
STAY, NEXT, SKIP, BACK, TO_OTHER = 0.40, 0.30, 0.10, 0.06, 0.14  # chances from one sentence to the next, before scaling


@dataclass(frozen=True)
class Segment:
    """Neighbouring sentences of the same part: `text` is text[start:end] of the answer; part: its name, or OTHER"""

    part: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, eq=False)
class Structure:
    """The parts that were found. there: (parts,) how far each is there, 0 to 1; best: the sentence in which each is
    clearest, None where there is none; segments: all sentences that are scored, in order
    """

    rubric: Rubric
    there: np.ndarray
    best: tuple[Sentence | None, ...]
    segments: tuple[Segment, ...]


def structure(reading: Reading, rubric: Rubric) -> Structure:
    """Find the parts of the rubric in an answer."""
    chances = _chances(rubric, reading)
    clear = chances[:, :-1] * reading.substance[:, None]
    parts = len(rubric.parts)
    if not len(clear):
        return Structure(rubric, np.zeros(parts), (None,) * parts, ())
    best = tuple(reading.sentences[at] if clear[at, part] > 0 else None for part, at in enumerate(clear.argmax(0)))
    return Structure(
        rubric, (clear.max(0) / CLEAR).clip(0.0, 1.0), best, _segments(reading, _sequence(chances), rubric)
    )


def _chances(rubric: Rubric, reading: Reading) -> np.ndarray:
    """The chance of each part, and of OTHER last, for each sentence by itself: (n, parts + 1), rows sum to 1."""
    columns = [[reading.learned.index(name) for name in part.learned] for part in rubric.parts]
    taken = {column for part in columns for column in part}
    columns.append([column for column in range(len(reading.learned)) if column not in taken])
    best = np.stack([reading.parts[:, column].max(1) for column in columns], axis=1)
    chances = np.exp(SHARPNESS * (best - best.max(1, keepdims=True)))
    return chances / chances.sum(1, keepdims=True)


def _sequence(chances: np.ndarray) -> list[int]:
    """The part of each sentence, as a column of `chances`, in the most likely sequence; answers tend to go forward."""
    count, states = chances.shape
    steps, emitted = np.log(_steps(states)), np.log(chances + 1e-9)
    best = emitted[0] + np.log([2.0, *[1.0] * (states - 1)])  # an answer tends to begin with the first part
    came_from = np.zeros((count, states), int)
    for number in range(1, count):
        ways = best[:, None] + steps
        came_from[number] = ways.argmax(0)
        best = ways.max(0) + emitted[number]
    path = [int(best.argmax())]
    for number in range(count - 1, 0, -1):
        path.append(int(came_from[number][path[-1]]))
    return path[::-1]


def _steps(states: int) -> np.ndarray:
    """The chance of each part after each, rows sum to 1; after OTHER, which is the last, all are as likely."""
    parts = states - 1
    steps = np.full((states, states), 1.0)
    for here in range(parts):
        for there in range(parts):
            steps[here, there] = {0: STAY, 1: NEXT}.get(there - here, SKIP if there > here else BACK)
        steps[here, parts] = TO_OTHER
    return steps / steps.sum(1, keepdims=True)


def _segments(reading: Reading, labels: list[int], rubric: Rubric) -> tuple[Segment, ...]:
    """Neighbouring sentences of the same part as one."""
    names = (*(part.name for part in rubric.parts), OTHER)
    found: list[Segment] = []
    for sentence, at in zip(reading.sentences, labels, strict=True):
        start = found.pop().start if found and found[-1].part == names[at] else sentence.start
        found.append(Segment(names[at], start, sentence.end, reading.text[start : sentence.end]))
    return tuple(found)
