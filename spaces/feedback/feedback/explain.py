"""Which words made a text what it was taken for, by occlusion: each is left out, and the label's log odds change.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", who covered parts of pictures; Li,
Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure", for words. It needs nothing of
the classifier but its probabilities. Words that say the same twice hide each other: without one of them little changes.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from feedback import labels, spans, texts
from feedback.spans import Labels

WORDS = 80  # of a text that are left out one by one; of a longer one sentences are, then words of the strongest
PARTS = 30  # sentences of a long text that are left out at most; neighbours of more are taken together
LONGEST = 3_000  # characters in which words are looked for; of a longer text where it speaks most for the label
READ = 45_000  # characters that the classifier is given while sentences are left out: some 100 windows
STRETCH = 450  # characters: what a model reads at once
STRETCHES = 40  # of a very long text that are tried
TINY = 1e-6  # probability below which log odds say nothing more

# Markup says nothing, a link is one word, and marks such as "?!" can say a lot.
_UNIT = re.compile(
    r"(?P<markup><[/!a-zA-Z][^<>]{0,400}>|&#?\w{1,20};)|(?:https?://|www\.)\S+|\w+(?:['\u2019.-]\w+)*|[?!]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Weight:
    """A part of a text: `text` is text[start:end] of the whole; effect: by how much the log odds of the label fall when
    it is left out, so that what is positive speaks for the label."""

    start: int
    end: int
    text: str
    effect: float


@dataclass(frozen=True)
class Explanation:
    """label: what is explained; confidence: its probability for the whole text; sentences: of a long text, by their
    effect on the whole of it; words: by their effect on the text, of a long one on their own sentence, in order;
    start, end: the stretch that was looked at, all of it but for a very long text."""

    label: str
    confidence: float
    sentences: tuple[Weight, ...]
    words: tuple[Weight, ...]
    start: int
    end: int

    def plain(self) -> dict:
        """As JSON takes it."""
        found = asdict(self) | {"confidence": round(self.confidence, 4)}
        for name in ("sentences", "words"):
            found[name] = [asdict(weight) | {"effect": round(weight.effect, 3)} for weight in getattr(self, name)]
        return found


def explain(text: str, classifier: Labels, label: str | None = None) -> Explanation:
    """Weigh the words of a text for a label (id or title); None for the likeliest.

    The classifier is asked at most four times, for no more than about 250 windows, whatever the length of the text.
    Raises UserError for a text that can't be sorted and for a label that the classifier doesn't know.
    """
    texts.check(text)
    chances = np.asarray(classifier.probabilities([text]))[0]
    column = classifier.labels.index(labels.resolve(label, classifier.labels)) if label else int(chances.argmax())
    start, end = (0, len(text)) if len(text) <= LONGEST else _telling(text, classifier, column)

    parts, sentences = [(start, end)], []
    if len(units(text, start, end)) > WORDS:
        parts = _parts(text, start, end)
        sentences = _leave_out(text, classifier, column, [((start, end), parts)])
        parts = _strongest(text, sentences)
    words = _leave_out(text, classifier, column, [(part, units(text, *part)) for part in parts])
    name, chance = classifier.labels[column], float(chances[column])
    return Explanation(name, chance, tuple(sentences), tuple(words), start, end)


def units(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Where the words of text[start:end] are: words, links, emoji, and marks that ask or call out; no markup."""
    end = len(text) if end is None else end
    found = [match.span() for match in _UNIT.finditer(text, start, end) if not match["markup"]]
    if not text.isascii():
        import emoji

        signs = emoji.emoji_list(text[start:end])
        found += [(start + sign["match_start"], start + sign["match_end"]) for sign in signs]
    return sorted(found)


def _leave_out(
    text: str,
    classifier: Labels,
    column: int,
    wholes: Sequence[tuple[tuple[int, int], Sequence[tuple[int, int]]]],
) -> list[Weight]:
    """What each part does to its whole, in one run. wholes: where each begins and ends, and so for its parts."""
    asked, places = [], []
    for (start, end), parts in wholes:
        places.append(len(asked))
        asked.append(text[start:end])
        asked += [f"{text[start:low]} {text[high:end]}" for low, high in parts]
    if len(asked) == len(wholes):
        return []
    odds = _log_odds(classifier.probabilities(asked), column)
    return [
        Weight(low, high, text[low:high], float(odds[place] - odds[place + number]))
        for place, (_, parts) in zip(places, wholes, strict=True)
        for number, (low, high) in enumerate(parts, 1)
    ]


def _log_odds(chances: np.ndarray, column: int) -> np.ndarray:
    """(n,) for (n, labels): what speaks for the label against all others."""
    chances = np.asarray(chances, np.float64)
    against = np.delete(chances, column, axis=1).sum(axis=1)
    return np.log(chances[:, column].clip(TINY)) - np.log(against.clip(TINY))


def _parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of a stretch, long ones cut up, neighbours joined where there are more than can be left out."""
    sentences = spans.split(text[start:end])
    count = min(PARTS, READ // (end - start))
    most = max(WORDS // 3, -(-len(units(text, start, end)) // count))  # words in a part
    parts: list[tuple[int, int]] = []
    held = most  # words in the last part; the first sentence begins a new one
    joins = len(sentences) > count
    for low, high in sentences:
        words = units(text, start + low, start + high)
        for first in range(0, max(1, len(words)), most):
            here = words[first : first + most]
            ends = (here[0][0], here[-1][1]) if len(words) > most else (start + low, start + high)
            if joins and held + len(here) <= most:
                parts[-1] = (parts[-1][0], ends[1])
                held += len(here)
            else:
                parts.append(ends)
                held = len(here)
    return parts


def _strongest(text: str, sentences: Sequence[Weight]) -> list[tuple[int, int]]:
    """Those that speak most for the label, as many as have WORDS words together, in the order of the text."""
    chosen, room = [], WORDS
    for sentence in sorted(sentences, key=lambda one: -one.effect):
        room -= len(units(text, sentence.start, sentence.end))
        if chosen and room < 0:
            break
        chosen.append((sentence.start, sentence.end))
    return sorted(chosen)


def _telling(text: str, classifier: Labels, column: int) -> tuple[int, int]:
    """LONGEST characters around the stretch that speaks most for the label, of stretches all over the text."""
    starts = np.unique(np.linspace(0, len(text) - STRETCH, min(STRETCHES, -(-len(text) // STRETCH))).astype(int))
    odds = _log_odds(classifier.probabilities([text[at : at + STRETCH] for at in starts]), column)
    middle = int(starts[odds.argmax()]) + STRETCH // 2
    start = max(0, min(middle - LONGEST // 2, len(text) - LONGEST))
    return _whole_words(text, start, start + LONGEST)


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the halves of words at both ends, where there are spaces."""
    if start and (space := re.search(r"\s", text[start : start + 100])):
        start += space.end()
    if end < len(text) and (space := re.search(r"\s\S*$", text[end - 100 : end])):
        end += space.start() - 100
    return start, end
