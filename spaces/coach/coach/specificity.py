"""What an answer can be checked by: numbers, dates, names and outcomes."""

import re
from dataclasses import dataclass

from coach import wording

KINDS = ("number", "date", "name", "outcome")

_OPENING = re.compile(r"\W*\w[\w'-]*\s*")
_NUMBERS = re.compile(
    r"[$\u20ac\u00a3]?(?<![\w.])\d+(?:[.,:/]\d+)*(?:\s?(?:%|percent|per\s+cent|am|pm|k|m|bn)(?!\w))?"
    rf"|{wording.one_of(wording.NUMBER)}(?:[\s-]+(?:and\s+)?{wording.one_of([*wording.NUMBER, 'percent'])})*"
    rf"|(?<!\w)(?:one|a)\s+{wording.one_of(['third', 'quarter', 'fifth', 'half', 'hundred', 'thousand', 'dozen'])}"
    rf"|(?<!\w)one\s+{wording.one_of(wording.UNIT)}",
    re.IGNORECASE,
)
_DATES = re.compile(
    rf"(?<!\w)(?:19|20)\d\d(?!\w)|{wording.one_of(wording.DATE)}|{wording.DATE_PHRASES.pattern}"
    r"|(?<!\w)half\s+past\s+\w+|(?<!\w)at\s+(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?!\w)",
    re.IGNORECASE,
)
_MONTHS = re.compile(r"(?<!\w)(?:March|May)(?=\s+(?:the\s+)?\d|,|\.|\s+(?:and|we|I|to)\b)")
# What is written in a way that only names are: CI/CD, PostgreSQL, B2B, 8B.
_SPELLED = re.compile(
    r"(?<![\w.])(?:[A-Z]{2,}\w{0,40}|\w{0,40}[a-z]\w{0,40}[A-Z]\w{0,40}|[A-Z]{1,4}\d\w{0,40}|\d{1,6}[A-Z]{1,4})"
    r"(?:[/-]\w+)*(?!\w)"
)
_CAPITAL = re.compile(r"(?<![\w'.])[A-Z][\w'-]+(?:\s+[A-Z][\w'-]+)*")


@dataclass(frozen=True)
class Detail:
    """Something that can be checked: `text` is text[start:end] of what was read; kind: one of KINDS."""

    kind: str
    start: int
    end: int
    text: str


def details(sentence: str) -> tuple[Detail, ...]:
    """The details of a sentence in order. Where two overlap, the one that begins first or is longer stays.

    A word with a capital counts as a name where it does not open the sentence and the sentence is not all in capitals.
    """
    text = wording.plain(sentence)
    spans = [("date", *match.span()) for match in _DATES.finditer(text)]
    spans += [("date", *match.span()) for match in _MONTHS.finditer(text)]
    spans += [("number", *match.span()) for match in _NUMBERS.finditer(text)]
    spans += [("outcome", *match.span()) for match in wording.OUTCOME.finditer(text)]
    spans += [("outcome", *span) for span in _changes(text)]
    if not text.isupper():
        spans += [("name", *span) for span in _names(text)]
    found, until = [], 0
    for kind, start, end in sorted(spans, key=lambda span: (span[1], -span[2], KINDS.index(span[0]))):
        if start >= until:
            found.append(Detail(kind, start, end, sentence[start:end]))
            until = end
    return tuple(found)


def _changes(text: str) -> list[tuple[int, int]]:
    """Verbs that say what came of something: "fell", "renewed", "shipped"."""
    return [
        match.span() for match in re.finditer(r"(?<![\w'])[a-z]+(?![\w'])", text.lower())
        if match.group() in wording.OUTCOME_VERBS
    ]  # fmt: skip


def _names(text: str) -> list[tuple[int, int]]:
    opening = _OPENING.match(text)
    spans = [match.span() for match in _SPELLED.finditer(text)]
    spans += [match.span() for match in _CAPITAL.finditer(text, opening.end() if opening else 0)]
    return [(start, end) for start, end in spans if text[start:end].lower() not in wording.NO_NAMES]
