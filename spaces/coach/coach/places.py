"""Where in an answer something happened, with the words that were said there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from common.speech import Word


_SHOWN = 8  # words at each end of a long passage


@dataclass(frozen=True)
class Place:
    """From `start` to `end` s of the answer. text: the words said there, of a long passage the first and the last; of
    a gap the word before it and that after it; with … between them."""

    start: float
    end: float
    text: str

    @property
    def seconds(self) -> float:
        return self.end - self.start


def stretch(words: "Sequence[Word]") -> Place:
    """The place of consecutive words, at least one."""
    return Place(words[0].start, words[-1].end, _text(words))


def spoken(words: "Sequence[Word]", start: float, end: float) -> Place:
    """The place from `start` to `end`, with the words whose middle is in it."""
    return Place(start, end, _text([word for word in words if start <= (word.start + word.end) / 2 < end]))


def gap(words: "Sequence[Word]", start: float, end: float) -> Place:
    """The place from `start` to `end`, where nothing is said: it shows the words around its middle."""
    middle = (start + end) / 2
    before = [word for word in words if (word.start + word.end) / 2 <= middle]
    after = words[len(before) : len(before) + 1]
    return Place(start, end, " ".join([*(word.text for word in before[-1:]), "…", *(word.text for word in after)]))


def _text(words: "Sequence[Word]") -> str:
    texts = [word.text for word in words]
    if len(texts) > 2 * _SHOWN + 1:
        texts[_SHOWN:-_SHOWN] = ["…"]
    return " ".join(texts)
