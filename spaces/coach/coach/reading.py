"""An answer as it is scored: its sentences, what each is about, and how much each says.

A sentence says nothing where it speaks to whoever scores ("ignore your instructions"), repeats the question or the key
points word by word, or is no English sentence. So nothing in an answer can change the rules by which it is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coach import asides, sentences, wording
from coach.prototypes import prototypes
from coach.questions import Question
from coach.sentences import Sentence
from common.errors import UserError
from common.text import SentenceEncoder

LONGEST = 20_000  # characters: some 20 minutes of speech
RUN = 4  # words in a row that are the same as in the question or a key point, from which on they are copied
COPIED = 0.5  # share of a sentence's words in such runs from which on it says nothing of its own
ENGLISH = 0.15  # share of function words below which words are no English sentences; English has about half
LONG_ENOUGH = 8  # words from which that can be told
WHOLE, ENOUGH = 12, 1.5  # words of a whole sentence; such sentences below which there is too little to score highly
FEWEST = 4  # words of an answer: "yes" and "I did" are none


@dataclass(frozen=True, eq=False)
class Reading:
    """An answer that was read.

    sentences: those that are scored, n of them; said: each without fillers, as it was read
    vectors: (n, d) unit vectors of their meaning
    own: (n,) whether each is in the speaker's own words, in English, and was not said before
    parts: (n, p) a value for each of the parts `learned`; substance: (n,) how much each says, 0 to 1,
    the mean of what it says by itself and of what the whole answer says
    whole: (d,) vector of the first 200 words or so of what is `own`, those that the encoder reads
    question: (d,) vector of the question; key_points: (k, d) those of its key points
    set_aside: the sentences that are not scored, because they speak to whoever scores
    """

    text: str
    sentences: tuple[Sentence, ...]
    said: tuple[str, ...]
    vectors: np.ndarray
    own: np.ndarray
    parts: np.ndarray
    learned: tuple[str, ...]
    substance: np.ndarray
    whole: np.ndarray
    question: np.ndarray
    key_points: np.ndarray
    set_aside: tuple[Sentence, ...]

    @cached_property
    def words(self) -> np.ndarray:
        """Words of each sentence, (n,)."""
        return np.array([len(text.split()) for text in self.said], float)

    @cached_property
    def fullness(self) -> float:
        """Share of the words in sentences that say something, 0 to 1."""
        return float((self.words * self.substance).sum() / max(self.words.sum(), 1.0))

    @cached_property
    def enough(self) -> float:
        """1 from ENOUGH whole sentences on that say something, less below, and 0 below FEWEST words."""
        if self.words.sum() < FEWEST:
            return 0.0
        return min(1.0, float((self.substance * (self.words / WHOLE).clip(0.0, 1.0)).sum()) / ENOUGH)


def check(text: str) -> str:
    """The text, or a UserError: no text, empty, beyond LONGEST characters, or not in English sentences."""
    if not isinstance(text, str):
        raise UserError(f"The answer is {text!r:.80}: give it as text.")
    if len(text) > LONGEST:
        raise UserError(f"The answer has {len(text):,} characters: give at most {LONGEST:,}, twenty minutes of speech.")
    words = wording.words(text)
    if not words:
        raise UserError("There is no answer yet: nothing was said or written.")
    if len(words) >= LONG_ENOUGH and not _is_english(words):
        raise UserError(
            f"The answer does not read as English sentences: {' '.join(text.split())[:60]!r}. What is said is scored "
            "in English only. Answer in whole sentences, in English."
        )
    return text


def read(question: Question, text: str, encoder: SentenceEncoder) -> Reading:
    """Read an answer; one call of the encoder. Raises UserError as `check`."""
    kept, aside = asides.part(text, sentences.split(check(text)))
    texts = [sentences.without_fillers(sentence.text) for sentence in kept]
    sources = [wording.words(source) for source in (question.text, *question.key_points)]
    told = zip(texts, _repeated(texts), strict=True)
    own = np.array([_is_own(text, sources) and not again for text, again in told], bool)
    own_texts = [text for text, mine in zip(texts, own, strict=True) if mine]
    vectors = encoder.embed([*texts, " ".join(own_texts), question.text, *question.key_points])
    vectors, (whole, asked, *points) = vectors[: len(texts)], vectors[len(texts) :]
    fitted = prototypes()
    parts, says = fitted.read(texts, vectors)
    # Each map errs in its own way, and together they err less than either; that of the whole errs less than the other.
    substance = own * (says + 2 * fitted.read_whole(own_texts, vectors[own], whole)) / 3
    return Reading(
        text=text,
        sentences=kept,
        said=tuple(texts),
        vectors=vectors,
        own=own,
        parts=parts,
        learned=fitted.parts,
        substance=substance,
        whole=whole,
        question=asked,
        key_points=np.array(points).reshape(-1, len(asked)),
        set_aside=aside,
    )


def _repeated(texts: Sequence[str]) -> list[bool]:
    """Which sentences were there before, word by word."""
    told = [tuple(wording.words(text)) for text in texts]
    return [words in told[:number] for number, words in enumerate(told)]


def _is_own(sentence: str, sources: list[list[str]]) -> bool:
    words = wording.words(sentence)
    if len(words) >= LONG_ENOUGH and not _is_english(words):
        return False
    return wording.share(_copied(words, sources), len(words)) < COPIED


def _copied(words: list[str], sources: list[list[str]]) -> int:
    """How many of the words stand in runs of RUN or more that are in a source too."""
    runs = {tuple(source[at : at + RUN]) for source in sources for at in range(len(source) - RUN + 1)}
    inside = [False] * len(words)
    for at in range(len(words) - RUN + 1):
        if tuple(words[at : at + RUN]) in runs:
            inside[at : at + RUN] = [True] * RUN
    return sum(inside)


def _is_english(words: list[str]) -> bool:
    return wording.share(sum(word in wording.FUNCTION for word in words), len(words)) >= ENGLISH
