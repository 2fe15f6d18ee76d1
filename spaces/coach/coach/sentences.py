"""The sentences of an answer, written, or as speech is written down: with few marks, or with none at all.

What has marks is parted at them. A longer run, as a speech recogniser gives it, is parted where a conjunction begins a
new clause ("and then I ...", "but we ..."), so that each part says about as much as a sentence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from coach import wording

LONG = 40  # words beyond which a sentence is parted at its conjunctions
FEWEST, REST = 10, 6  # words of such a part, and of what follows it
MOST = 60  # words of a part, where there is nothing to part it at

_END = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\r\n]+")
_WORD = re.compile(r"\S+")
_JOINT = re.compile(
    r"(?:and|but|so|because|then|which|while|until|after that)\s+(?:then\s+|so\s+|also\s+|now\s+|in the end\s+)?"
    r"(?:i|i'm|i'd|i've|we|he|she|they|it|you|my|our|his|her|the|that|this|there|when|as|what|one|after)\b",
    re.IGNORECASE,
)

# How something was said is not what was said: sounds, phrases set off by commas, words said twice.
_FILLERS = re.compile(
    r"(?:,\s*)?(?<!\w)(?:u+h*m+|u+h+|e+r+m*|h+m+|m{2,}|a+h+m*)(?!\w)(?:\u2026|\.{3})?"
    r"|,\s*(?:you\s+know|i\s+mean|like|sort\s+of|kind\s+of|well)(?=,)",
    re.IGNORECASE,
)
_TWICE = re.compile(r"(?<![\w'])([\w']+(?:\s+[\w']+){0,2})(?:,?\s+\1(?![\w']))+", re.IGNORECASE)
_LABEL = re.compile(r"^(?:situation|task|action|result|point|reason|example)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Sentence:
    """A part of a text: `text` is text[start:end] of the whole, without white space around it."""

    start: int
    end: int
    text: str


def split(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text in order; those without a letter or digit are left out."""
    parts = (part for whole in _marked(text) for part in _shorter(text, *whole))
    found = []
    for start, end in parts:
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        piece = piece.strip()
        if any(letter.isalnum() for letter in piece):
            found.append(Sentence(start, start + len(piece), piece))
    return tuple(found)


def without_fillers(sentence: str) -> str:
    """A sentence without fillers, without words said twice in a row, and without a heading such as "Result:"."""
    text = _TWICE.sub(r"\1", _FILLERS.sub("", wording.plain(sentence)))
    return _LABEL.sub("", " ".join(text.split()).lstrip(" ,")) or sentence


def _marked(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        if _ends(text, start, match):
            yield start, match.end()
            start = match.end()
    yield start, len(text)


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    if match.group() != ".":
        return True
    before = text[max(start, match.start() - 20) : match.start()].split()
    token = before[-1].lstrip("(\"'") if before else ""
    follows = text[match.end() :][:2].strip()
    if token.lower() in wording.TITLED or (token.lower() in wording.NUMBERED and follows.isdigit()):
        return False
    return not (len(token) == 1 and token.isupper() and token != "I")  # an initial


def _shorter(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence text[start:end], in parts where it is long."""
    words = [match.start() for match in _WORD.finditer(text, start, end)]
    if len(words) > LONG:
        began = 0  # of the words, the first of the part
        for number, at in enumerate(words):
            long_enough = number - began >= FEWEST and len(words) - number >= REST
            if number - began >= MOST or (long_enough and _JOINT.match(text, at, end)):
                yield start, at
                start, began = at, number
    yield start, end
