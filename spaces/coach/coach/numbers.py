"""The numbers in a text, in digits and in English words."""

import re
from collections.abc import Iterator

_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
# fmt: off
_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
# fmt: on
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, 2)},
    "dozen": 12,
    "twice": 2,
}
_WORD = "|".join(sorted([*_VALUES, *_SCALES], key=len, reverse=True))
_IN_WORDS = re.compile(rf"(?<![\w-])(?:{_WORD})(?:(?:\s+and\s+|[\s-]+)(?:{_WORD}))*(?![\w-])", re.IGNORECASE)
_IN_DIGITS = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def numbers(text: str) -> Iterator[tuple[float, str, int]]:
    """Each number, how it is written, and where it begins. A lone "one" is none: it is an article more often."""
    for match in _IN_DIGITS.finditer(text):
        yield float(match.group().replace(",", "")), match.group(), match.start()
    for match in _IN_WORDS.finditer(text):
        if match.group().lower() != "one":
            yield _value(match.group().lower()), match.group(), match.start()


def _value(words: str) -> float:
    """ "three hundred and five thousand" as 305000."""
    total = current = 0
    for word in re.split(r"[\s-]+", words):
        if word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, current = total + current, 0
        else:
            current += _VALUES.get(word, 0)
    return float(total + current)
