"""Which known item an article of a receipt is: proposed with a confidence, never taken for granted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.items import Item
from inventory.receipts.lines import Line

PROPOSE = 0.75  # confidence from which an item is proposed
AHEAD = 0.05  # by which it must be ahead of the next
WORD = 85  # per cent of likeness from which two words count as one, with a letter misread or an s more
TYPING = 92  # per cent of likeness to a name that was learned
# Words that say nothing about what it is.
_IDLE = frozenset((
    "KG", "G", "GM", "L", "LTR", "ML", "PCS", "PC", "PKT", "PKTS", "BOX", "CTN", "BTL", "PACK", "PK", "UNIT", "X",
    "FRESH", "SEGAR", "FROZEN", "LOCAL", "IMPORT", "PREMIUM", "GRADE", "NEW", "PROMO", "OFFER", "SPECIAL", "THE",
    "OF", "AND", "DAN",
))  # fmt: skip


@dataclass(frozen=True)
class Match:
    """text: of the article; item: name of the proposed item, None where none is likely enough; confidence: 0 to 1 of
    the best; why: in words; others: names of the next best"""

    text: str
    item: str | None
    confidence: float
    why: str
    others: tuple[str, ...] = ()


def match_lines(
    lines: Sequence[Line], items: Sequence[Item], learned: Mapping[str, str] | None = None
) -> tuple[Match, ...]:
    """A proposal for each line.

    learned: texts of earlier receipts, as printed, with the name of the item that a person chose for them

    By words: all words of the item's name, or of one of its aliases, must be there, one letter off at most; the more
    of the article's words the name explains, the surer. "COCONUT MILK" is coconut milk and not milk; "MILK THISTLE"
    is neither. Where two items are as likely none is proposed.
    """
    known = {_key(text): name for text, name in (learned or {}).items()}
    return tuple(_match(line.text, items, known) for line in lines)


def _match(text: str, items: Sequence[Item], learned: Mapping[str, str]) -> Match:
    from rapidfuzz import fuzz, process

    names = {item.name for item in items}
    key = _key(text)
    if learned.get(key) in names:
        return Match(text, learned[key], 0.99, f"{text!r} was matched to {learned[key]!r} before")
    near = process.extractOne(key, learned.keys(), scorer=fuzz.ratio, score_cutoff=TYPING) if key else None
    if near and learned[near[0]] in names:
        item = learned[near[0]]
        return Match(text, item, round(0.95 * near[1] / 100, 3), f"nearly the same text was matched to {item!r} before")
    scored = sorted(
        ((max((_likeness(text, name), name) for name in (item.name, *item.aliases)), item.name) for item in items),
        key=lambda one: (-one[0][0], one[1]),
    )
    scored = [one for one in scored if one[0][0] > 0]
    if not scored:
        return Match(text, None, 0.0, "no known item has these words")
    (best, by), item = scored[0]
    others = tuple(name for _, name in scored[1:4])
    if best < PROPOSE:
        return Match(text, None, round(best, 3), f"{item!r} is the nearest, but not near enough", (item, *others)[:3])
    if len(scored) > 1 and scored[1][0][0] > best - AHEAD:
        return Match(text, None, round(best, 3), f"{item!r} and {others[0]!r} are as likely", (item, *others)[:3])
    return Match(text, item, round(best, 3), f"the words of {by!r} are in it", others)


def _likeness(text: str, name: str) -> float:
    """0 to 1: how much of the name is in the text, and how much of the text the name explains, by letters."""
    from rapidfuzz import fuzz

    words, wanted = _words(text), _words(name)
    if not words or not wanted:
        return 0.0
    explained, found = set(), 0.0
    for want in wanted:
        ratio, at = max((fuzz.ratio(_stem(want), _stem(word)), -at) for at, word in enumerate(words))
        exact_only = len(want) <= 3
        if ratio >= (100 if exact_only else WORD):
            found += ratio / 100 * len(want)
            explained.add(-at)
    share = found / sum(len(want) for want in wanted)
    if share < 0.85:
        # Part of a name is a hint at most.
        return 0.5 * share
    return share * (0.6 + 0.4 * sum(len(words[at]) for at in explained) / sum(len(word) for word in words))


def _words(text: str) -> list[str]:
    """Words in capital letters, without numbers, measures and words that say nothing."""
    return [word for word in re.findall(r"[A-Z]{2,}", text.upper()) if word not in _IDLE]


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("S") and len(word) > 4 else word


def _key(text: str) -> str:
    return " ".join(text.upper().split())
