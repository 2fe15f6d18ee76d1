"""What was said and when: words, phrases, the whole.

Part of `common.speech`, which hands it on.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """text: with its punctuation, without spaces around it; start, end: s; probability: 0 to 1"""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True)
class Segment:
    """A phrase or sentence. start, end: s; words: in their order"""

    text: str
    start: float
    end: float
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Transcript:
    """What was said.

    text: of all segments; language: code such as "en", "" where nobody speaks; language_probability: 0 to 1, and 1
    where the language was given; duration: s of the whole sound
    """

    text: str
    segments: tuple[Segment, ...]
    language: str
    language_probability: float
    duration: float

    @classmethod
    def of(
        cls, segments: Sequence[Segment], language: str, language_probability: float, duration: float
    ) -> "Transcript":
        """The transcript of these segments, such as `Transcriber.stream` yields."""
        text = " ".join(segment.text for segment in segments)
        return cls(text, tuple(segments), language, language_probability, duration)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of all segments, in their order."""
        return tuple(word for segment in self.segments for word in segment.words)
