"""The scores of an answer: what was said, and how it was said, each from 0 to 100 with its formula and evidence.

Everything is counted and compared in code, the same each time. The text of an answer is only ever measured: what it
says about its own score, or tells whoever scores it to do, counts as nothing (`coach.reading`). Length by itself earns
nothing: what counts is the share of the words that say something, and each part and key point once.
"""

from dataclasses import dataclass

from coach import score_content, score_delivery
from coach.delivery import Delivery
from coach.marks import Score
from coach.questions import Question
from coach.reading import read
from coach.relevance import Covered, relevance
from coach.rubrics import rubric_of
from coach.structure import Segment, structure
from common.text import SentenceEncoder

__all__ = ["FORMULA", "WEIGHTS", "Score", "Scores", "score"]

# Of the overall score. That of delivery counts only where there is a voice.
WEIGHTS = {"structure": 0.10, "relevance": 0.10, "specificity": 0.70, "ownership": 0.10, "delivery": 0.15}
FORMULA = (
    "The mean of the scores, weighted: structure 10, relevance 10, specificity 70, ownership 10 and, where there is a "
    "voice, delivery 15."
)


@dataclass(frozen=True)
class Scores:
    """The scores of an answer.

    scores: structure, relevance, specificity, ownership, and delivery where there is a voice
    overall: their weighted mean, 0 to 100 (FORMULA); mean: the same before it is rounded
    covered, missed: the key points of the question
    rubric: what the structure was compared with, in words; segments: the parts found
    set_aside: literal parts of the answer that speak to whoever scores it, and were not scored
    """

    scores: tuple[Score, ...]
    overall: int
    mean: float
    covered: tuple[Covered, ...]
    missed: tuple[str, ...]
    rubric: str
    segments: tuple[Segment, ...]
    set_aside: tuple[str, ...]


def score(question: Question, text: str, delivery: Delivery | None, encoder: SentenceEncoder) -> Scores:
    """Score an answer.

    delivery: how it was said, None where it was written
    encoder: MiniLM (`common.text.load`)

    Raises UserError for no text, one that is too long, and one that is not in English sentences.
    """
    reading = read(question, text, encoder)
    shape, near = structure(reading, rubric_of(question)), relevance(question, reading)
    standing = score_content.stands(reading, near)
    scores = [
        score_content.structure(reading, shape, standing),
        score_content.relevance(reading, near, standing),
        score_content.specificity(reading, standing),
        score_content.ownership(reading, standing),
    ]
    if delivery is not None and (voice := score_delivery.delivery(delivery, text)) is not None:
        scores.append(voice)
    weights = [WEIGHTS[one.name] for one in scores]
    mean = sum(weight * one.value for weight, one in zip(weights, scores, strict=True)) / sum(weights)
    return Scores(
        tuple(scores),
        round(mean),
        mean,
        near.covered,
        near.missed,
        shape.rubric.title,
        shape.segments,
        tuple(sentence.text for sentence in reading.set_aside),
    )
