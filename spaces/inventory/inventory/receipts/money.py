"""Amounts of money in text that a machine has read, slips such as O for 0 and a space after the point included."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

CURRENCIES = {"RM": "MYR", "MYR": "MYR", "S$": "SGD", "SGD": "SGD", "€": "EUR", "EUR": "EUR", "£": "GBP", "GBP": "GBP"}
CURRENCIES |= {"US$": "USD", "USD": "USD", "$": "USD", "IDR": "IDR", "RP": "IDR", "THB": "THB"}

_DIGITS = str.maketrans({"O": "0", "o": "0", "D": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "S": "5"})
_D = r"[0-9OoDQIl|]"
# RN, RH, FM and PM are what engines read where faint print says RM.
_SIGN = r"(?:RM|RN|RH|FM|PM|MYR|SGD|USD|EUR|GBP|US\$|S\$|\$|€|£)"
_AMOUNT = re.compile(
    rf"(?<![\w.,:/-])(?P<minus>[-\u2013(]\s?)?(?P<sign>{_SIGN}\s?)?(?P<minus2>[-\u2013]\s?)?"
    rf"(?P<whole>{_D}{{1,3}}(?:[,.]{_D}{{3}})+|[0-9OoIl|S]{_D}{{0,6}}|)(?P<point>\s?[.,]\s?|\.\.|:)"
    rf"(?P<cents>{_D}{{2}})(?![0-9]|[.,/:]\s?[0-9]|\s?%)"
    # A measure in the name of an article is no money: 1.25L, 0.50KG, 10.30am.
    r"(?!\s?(?:kg|gm?|ml|l|lt|ltr|cm|mm|m|oz|hrs?|am|pm)\b)(?P<after>-(?!\d))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Amount:
    """value: with two decimals, negative where a minus stands before or after it; start, end: where in the text"""

    value: float
    start: int
    end: int
    sign: str = ""


def amounts(text: str) -> list[Amount]:
    """All amounts of a line, from left to right: digits with two decimals, with or without a currency.

    Rates (6.00 %), times, dates and measures are none. A colon is taken for the point only after a currency.
    """
    found = []
    for match in _AMOUNT.finditer(text):
        whole, cents = match["whole"], match["cents"]
        if not any(letter.isdigit() for letter in whole + cents):
            continue
        if match["point"] == ":" and not match["sign"]:
            continue
        digits = re.sub(r"[,.]", "", whole).translate(_DIGITS) or "0"
        value = int(digits) + int(cents.translate(_DIGITS)) / 100
        negative = match["minus2"] or match["after"] or (match["minus"] and not match["minus"].startswith("("))
        sign = (match["sign"] or "").strip().upper()
        found.append(Amount(round(-value if negative else value, 2), match.start(), match.end(), sign))
    return found


def without_amounts(text: str) -> str:
    """The words of a line: what is left without its amounts."""
    for amount in reversed(amounts(text)):
        text = text[: amount.start] + " " + text[amount.end :]
    return re.sub(r"\b(?:RM|MYR|RN|RH)\b|[$€£]", " ", text)


def cents(value: float) -> int:
    """A sum of money as a whole number, so that sums can be compared."""
    return round(value * 100)


def currency_of(texts: Iterable[str]) -> str:
    """The code of the currency that is named most often (ISO 4217), or of the country that the text speaks of."""
    counts: dict[str, int] = {}
    joined = "\n".join(texts)
    for amount in (amount for text in joined.splitlines() for amount in amounts(text)):
        code = CURRENCIES.get(amount.sign, "MYR" if amount.sign else "")
        if code:
            counts[code] = counts.get(code, 0) + 1
    for sign in re.findall(r"\b(?:RM|MYR|SGD|USD|EUR|GBP)\b", joined):
        counts[CURRENCIES[sign]] = counts.get(CURRENCIES[sign], 0) + 1
    if counts:
        return max(counts, key=lambda code: counts[code])
    malaysian = re.search(r"\bS(?:DN|ON)\W{0,2}BHD|\bJALAN\b|\bJLN\b|MALAYSIA|SELANGOR|KUALA\s?LUMPUR", joined.upper())
    return "MYR" if malaysian else ""
