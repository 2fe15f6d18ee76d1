"""A score of an answer, with how it comes about, the words it is based on, and what to change."""

from dataclasses import dataclass

LONGEST_QUOTE = 200  # characters


@dataclass(frozen=True)
class Score:
    """Something about an answer, from 0 to 100.

    formula: how the value comes about, in words; evidence: a literal quote from the answer, or ""
    advice: one thing to change, or to keep
    """

    name: str
    title: str
    value: int
    formula: str
    evidence: str
    advice: str


def percent(share: float) -> int:
    """0 to 100 of 0 to 1."""
    return round(100 * min(1.0, max(0.0, share)))


def quote(text: str) -> str:
    """A literal part of a sentence from its begin on, at most LONGEST_QUOTE characters, whole words."""
    if len(text) <= LONGEST_QUOTE:
        return text
    return text[: LONGEST_QUOTE + 1].rsplit(maxsplit=1)[0] if " " in text[:LONGEST_QUOTE] else text[:LONGEST_QUOTE]
