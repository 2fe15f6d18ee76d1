"""Find the style cards that a request asks for, with how sure that is, or that none of them fits.

The request is read in several ways (`phrases`), its words are brought to those of the cards (`wording`), and every
reading asks the index. The best candidates are then compared part by part, because a request often names one thing
of a caption ("an old roof") and not all of it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from common.errors import UserError
from common.vectors import Collection
from sketch.cards import Card
from sketch.phrases import Reading, readings
from sketch.wording import Wording

if TYPE_CHECKING:
    from sketch.embeddings import StyleEmbeddings

CANDIDATES = 48  # cards of each reading that are compared part by part
LONGEST = 1000  # letters of a request
MOST_REMEMBERED = 4096  # texts whose vectors are kept
MOST_BLENDED = 3
MOST_AWAY = 6.0  # times the median distance from the median: what is further away does not count for the level


@dataclass(frozen=True)
class Weights:
    """How the evidence for a card is joined; chosen on the first half of benchmarks/sketch/queries.toml.

    parts: share of the best part of a caption, the rest is the whole caption's
    whole: share of the whole request, the rest is the best reading's
    cue, part, words: added to a reading of this kind, see `phrases.KINDS`
    steep, least: a z-score becomes a chance by 1 / (1 + exp(-steep * (z - least)))
    """

    parts: float = 0.3
    whole: float = 0.7
    cue: float = 0.05
    part: float = 0.025
    words: float = -0.05
    steep: float = 1.24
    least: float = 2.16

    def bonus(self, kind: str) -> float:
        return 0.0 if kind == "whole" else getattr(self, kind)


WEIGHTS = Weights()

# Subjects without a look. How well the best card answers these is the level above which an answer means something; it
# rises with the number of cards and differs between models, so it is measured on the cards that are there.
PLAIN = (
    "a dog", "a chair", "a boat with a sail", "three apples", "a woman riding a horse", "a truck", "a bridge",
    "a pair of glasses", "the school bus", "a boy with a kite", "an airplane", "my bicycle", "a table and a lamp",
    "a chicken", "a big tent", "a guitar player", "something nice", "a squirrel eating a nut", "a clock",
    "people waiting in line", "a sandwich", "a tiger", "a windmill", "an umbrella", "tree", "a face",
    "ghjk tzui", "what is this", "a pirate with a hook", "the letter B",
)  # fmt: skip


@dataclass(frozen=True)
class Match:
    """A card and the chance, 0 to 1, that a request with such a score means a look at all."""

    card: Card
    score: float


@dataclass(frozen=True)
class Found:
    """What a request found.

    matches: the best first
    text_only: whether none of them fits, so that the words alone should guide the picture
    style: the words that were read as the look, "" where `text_only`
    content: the words that name the subject
    """

    matches: tuple[Match, ...]
    text_only: bool
    style: str
    content: str


@dataclass(frozen=True)
class Evidence:
    """How the readings of a request agree with the candidates, every array (readings, cards).

    whole: with the card's vector, blocks weighed; meaning: with its whole text; part: with its best part
    """

    cards: list[str]
    readings: list[Reading]
    whole: np.ndarray
    meaning: np.ndarray
    part: np.ndarray


class StyleSearch:
    """Search over one state of the library; a new one is made when the cards change.

    collection: holds the vectors of the cards under their ids
    cards: by id
    parts: gives the unit vectors (m, d) of a card's parts
    remembered: vectors of texts that were asked before, which one state may leave to the next
    """

    def __init__(
        self,
        embeddings: "StyleEmbeddings",
        collection: Collection,
        cards: Mapping[str, Card],
        parts: Callable[[Card], np.ndarray],
        remembered: dict[str, np.ndarray] | None = None,
        weights: Weights = WEIGHTS,
    ) -> None:
        self.embeddings = embeddings
        self._collection = collection
        self.cards = cards
        self._parts = parts
        self._remembered = {} if remembered is None else remembered
        self._wording = Wording((card.text for card in cards.values()), embeddings.knows)
        self.weights = weights

    def find(self, text: str, k: int = 3, where: Mapping[str, Any] | None = None) -> Found:
        """The `k` best cards for a request such as "a car in watercolour".

        where: a filter of the metadata, such as {"medium": "ink"}; see `common.vectors`
        Raises UserError for a request that is too long, ValueError for a k below 1 or a wrong filter.
        """
        if len(text) > LONGEST:
            raise UserError(f"The request has {len(text):,} letters; at most {LONGEST:,} are read. Say it shorter.")
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        evidence = self.evidence(text, k, where)
        if evidence is None:
            return Found((), True, "", " ".join(text.split()))
        scores, best = combine(evidence, self.weights)
        order = sorted(range(len(scores)), key=lambda at: (-scores[at], evidence.cards[at]))[:k]
        matches = tuple(Match(self.cards[evidence.cards[at]], self.chance(scores[at])) for at in order)
        if matches[0].score < 0.5:
            return Found(matches, True, "", " ".join(text.split()))
        reading = evidence.readings[best[order[0]]]
        return Found(matches, False, reading.style, reading.content)

    def evidence(self, text: str, k: int = 3, where: Mapping[str, Any] | None = None) -> Evidence | None:
        """What speaks for each candidate; None where the text has no words or the filter lets nothing through."""
        found = readings(text)
        if not found:
            return None
        asked = self._embed([self._wording.plain(reading.style) for reading in found])
        weighed = self.embeddings.weigh(asked)
        mixed = self.weights.whole * weighed[0] + (1 - self.weights.whole) * weighed
        hits = self._collection.query(mixed, max(k, CANDIDATES), where)
        # A card that another process has just added or taken away may be in the index and not here.
        there = {hit.id: hit.vector for row in hits for hit in row if hit.id in self.cards}
        if not there:
            return None
        names = sorted(there)
        vectors = np.stack([there[name] for name in names]) * self.embeddings.length
        meaning = self.embeddings.blocks[0]
        parts = [self._parts(self.cards[name]) for name in names]
        starts = np.cumsum([0, *map(len, parts[:-1])])
        best_part = np.maximum.reduceat(asked[:, meaning] @ np.concatenate(parts).T, starts, axis=1)
        return Evidence(names, found, weighed @ vectors.T, asked[:, meaning] @ vectors[:, meaning].T, best_part)

    def chance(self, score: float) -> float:
        """A score as the chance, 0 to 1, that the request asks for a look that is here."""
        return float(1 / (1 + math.exp(-self.weights.steep * (self.z_score(score) - self.weights.least))))

    def z_score(self, score: float) -> float:
        """How many standard deviations a score is above those of subjects without a look."""
        mean, deviation = self._level
        return (score - mean) / deviation

    @cached_property
    def _level(self) -> tuple[float, float]:
        found = [combine(evidence, self.weights)[0].max() for text in PLAIN if (evidence := self.evidence(text))]
        # A card of a person's own may be called "dog"; then "a dog" is no subject without a look any more.
        away = np.abs(found - np.median(found))
        best = np.array(found)[away <= MOST_AWAY * np.median(away)]
        return float(np.mean(best)), max(float(np.std(best)), 1e-3)

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = {text: self._remembered.get(text) for text in texts}
        missing = [text for text, vector in vectors.items() if vector is None]
        if missing:
            new = dict(zip(missing, self.embeddings.embed_requests(missing), strict=True))
            vectors |= new
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered.update(new)
        return np.stack([vectors[text] for text in texts])


def combine(evidence: Evidence, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """The score of each candidate, (n,), and the number of the reading that speaks most for it, (n,)."""
    full = evidence.whole + weights.parts * (evidence.part - evidence.meaning)
    bonus = np.array([weights.bonus(reading.kind) for reading in evidence.readings])
    read = full + bonus[:, None]
    return weights.whole * full[0] + (1 - weights.whole) * read.max(axis=0), read.argmax(axis=0)


def blend(matches: Sequence[Match], weights: Sequence[float] | None = None) -> list[tuple[Card, float]]:
    """Up to three styles with weights that sum to 1; without `weights` each by its score.

    Raises UserError for no style, more than three, the same twice, or weights that are negative, all 0 or too few.
    """
    if not 1 <= len(matches) <= MOST_BLENDED:
        raise UserError(f"{len(matches)} styles were chosen; choose 1 to {MOST_BLENDED}.")
    if len({match.card.id for match in matches}) < len(matches):
        raise UserError("A style was chosen twice: " + ", ".join(match.card.title for match in matches) + ".")
    shares = [match.score for match in matches] if weights is None else [float(weight) for weight in weights]
    if len(shares) != len(matches):
        raise UserError(f"{len(matches)} styles were given {len(shares)} weights; give one to each.")
    total = sum(shares)
    if not math.isfinite(total) or min(shares) < 0 or total == 0:
        raise UserError(
            f"The weights are {', '.join(f'{share:g}' for share in shares)}; give numbers from 0, not all 0."
        )
    return [(match.card, share / total) for match, share in zip(matches, shares, strict=True)]
