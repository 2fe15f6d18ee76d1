"""Bring a request into the words of the style cards: spelling, slips of the keyboard, terms of the field.

Sentence models know common words well; an odd spelling or a rare term falls apart into word pieces that mean nothing.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from common import toml

GLOSSARY: dict[str, str] = toml.read(Path(__file__).with_name("glossary.toml"))

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+|[,;]")
_SPELLING = {"gray": "grey", "color": "colour", "colors": "colours", "colored": "coloured", "foto": "photo"}
_NUMBERS = {"2": "two", "3": "three", "4": "four", "8": "eight", "16": "sixteen", "32": "thirty-two"}
_DECADES = {"60": "sixties", "70": "seventies", "80": "eighties", "90": "nineties"}
_ALIKE = tuple(map(set, ("sz", "sc", "ck", "kq", "iy", "ie", "ao", "ou", "fv", "dt")))
_SHORTEST = 5  # letters of a word that is corrected; shorter ones are too like each other


class Wording:
    """The words of the cards, and how to bring a text to them.

    texts: what the cards say, from which the words are taken
    known: whether the text model knows a word as it is; such a word is never corrected
    """

    def __init__(self, texts: Iterable[str], known: Callable[[str], bool]) -> None:
        self._of_cards = {word for text in texts for word in split(text) if word.isalnum() or "-" in word}
        # The joined form stands for the hyphenated one: "ukiyoe" for "ukiyo-e".
        self._spelled = {word.replace("-", ""): word for word in sorted({*self._of_cards, *GLOSSARY})}
        self._known = known
        self.plain = lru_cache(maxsize=1024)(self._plain)

    def _plain(self, text: str) -> str:
        """`text` in lower case, its spelling mended, and terms of the glossary in place of which no card has them."""
        mended: list[str] = []
        for word in split(text):
            joined = mended[-1] + word if mended else ""
            # "blue print" is one word here where only the joined form is known.
            if len(joined) >= 2 * _SHORTEST - 1 and joined in self._spelled:
                mended[-1] = self._spelled[joined]
            else:
                mended.append(self._mend(word))
        return " ".join(self._explain(word) for word in mended)

    def _explain(self, word: str) -> str:
        return word if word in self._of_cards else GLOSSARY.get(word.replace("-", ""), word)

    def _mend(self, word: str) -> str:
        bare = word.replace("-", "")
        if bare in self._spelled:
            return self._spelled[bare]
        if len(bare) < _SHORTEST or self._known(word) or not bare.isalpha():
            return word
        for cut in range(len(bare) - 3, 3, -1):
            first, rest = bare[:cut], bare[cut:]
            if first in self._spelled and (rest in self._spelled or self._known(rest)):
                return f"{first} {rest}"
        most = 1.0 if len(bare) == _SHORTEST else 1.5 if len(bare) < 8 else 2.0
        others = [other for other in self._spelled if other[0] == bare[0] and len(other) >= _SHORTEST]
        near = min(((distance(bare, other, most), other) for other in others), default=(math.inf, ""))
        return self._spelled[near[1]] if near[0] <= most else word


def split(text: str) -> list[str]:
    """Words in lower case and British spelling, small numbers in letters: "8bit gray" is eight, bit, grey."""
    text = re.sub(r"\b(?:19)?([6-9]0)['\u2019]?s\b", lambda match: _DECADES[match[1]], text.lower())
    words = (_SPELLING.get(word, word) for word in _WORD.findall(text))
    return [_NUMBERS.get(word, word.replace("watercolor", "watercolour")) for word in words]


def distance(first: str, second: str, most: float) -> float:
    """Slips between two words: letters left out, added, wrong or swapped (Damerau 1964); infinite above `most`.

    A letter in place of one that often sounds the same counts half.
    """
    if abs(len(first) - len(second)) > most:
        return math.inf
    earlier: list[float] = []
    before: list[float] = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        row: list[float] = [i]
        for j, other in enumerate(second, 1):
            wrong = 0.0 if letter == other else 0.5 if {letter, other} in _ALIKE else 1.0
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + wrong)
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return math.inf
        earlier, before = before, row
    return before[-1] if before[-1] <= most else math.inf
