"""The day on which something was bought, from the lines of a receipt."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

EARLIEST, LATEST = 1990, 2099
_DIGITS = str.maketrans({"O": "0", "o": "0", "Q": "0", "I": "1", "l": "1", "|": "1", "S": "5", "s": "5", "B": "8"})
_D = r"[0-9OoQIl|SB]"
# English and Malay, by their first three letters.
_MONTHS = {
    name: number
    for number, names in (
        (1, "JAN"), (2, "FEB"), (3, "MAR MAC"), (4, "APR"), (5, "MAY MEI"), (6, "JUN"), (7, "JUL"),
        (8, "AUG OGO OGS"), (9, "SEP"), (10, "OCT OKT"), (11, "NOV"), (12, "DEC DIS"),
    )
    for name in names.split()
}  # fmt: skip
_MONTH = r"(?P<name>" + "|".join(_MONTHS) + r")[A-Z]{0,6}\.?"
# A time may follow without a space: 11-06-201817:11.
_YEAR = (
    r"(?P<year>(?:20|2O|19)[0-9OoIl|SB]{2}|[0-9OoIl|S]{2})"
    r"(?=\d{1,2}\s?[:.]\s?\d{2}(?!\d)|:(?!\d\d)|[^0-9:]|$)"
)
_SEPARATED = r"\s?(?P<by>[-/.])\s?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # 2018-01-05, with or without the time glued to it
        rf"(?<![0-9/.])(?P<year>(?:20|2O)[0-9OoIl|SB]{{2}}){_SEPARATED}(?P<month>{_D}{{1,2}})\s?(?P=by)\s?"
        rf"(?P<day>{_D}{{2}}|{_D}(?![0-9]))",
        rf"(?<![0-9/.])(?P<day>{_D}{{1,2}}){_SEPARATED}(?P<month>{_D}{{1,2}})\s?(?P=by)\s?{_YEAR}",
        rf"(?<![0-9])(?P<day>[0-9OoIl|]{{1,2}})(?:ST|ND|RD|TH)?[\s./-]*{_MONTH}[\s,./'-]*{_YEAR}",
        rf"\b{_MONTH}\s*(?P<day>[0-9OoIl|]{{1,2}})(?:ST|ND|RD|TH)?[\s,./'-]+{_YEAR}",
        r"(?:DATE|TARIKH)\W{0,4}(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?!\d)",
    )
)
_SAYS_DATE = re.compile(r"\bDATE\b|\bTARIKH\b|\bDATE:|\bTIME\b|\bMASA\b", re.IGNORECASE)
_TIME = re.compile(r"\d{1,2}\s?[:.]\s?\d{2}(?:\s?[:.]\s?\d{2})?\s?(?:AM|PM)?\b|\d\s?[AP]M\b", re.IGNORECASE)
# Days of something else.
_OTHER = re.compile(
    r"\bEXP|VALID|UNTIL|\bDUE\b|BEFORE|DELIVER|RETURN|EFFECTIVE|SINCE|WARRANTY|W\.E\.F|MEMBER|BIRTH|LUPUT|HINGGA",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """day; text: as it is printed; row: index of the line; confidence: 0 to 1, of the choice and not of the reading"""

    day: date
    text: str
    row: int
    confidence: float


def dates_in(text: str, day_first: bool = True) -> list[tuple[date, str, bool]]:
    """The days of a line: each with its text, and whether it could only be that one.

    day_first: 03/04/2018 is the third of April; what can't be read so is read the other way round.
    """
    found = []
    for form in _FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            day, year = _number(parts["day"]), _number(parts["year"])
            named = _MONTHS[parts["name"].upper()] if parts.get("name") else None
            month = named or _number(parts.get("month") or "")
            if min(day, year, month) < 0:
                continue
            year += 2000 if len(parts["year"]) == 2 else 0
            sure = named is not None or form is _FORMS[0] or form is _FORMS[-1] or max(day, month) > 12 or day == month
            swapped = not day_first and form is _FORMS[1]
            if swapped:
                day, month = month, day
            if month > 12 >= day and form is _FORMS[1]:
                day, month = month, day
            try:
                value = date(year, month, day)
            except ValueError:
                continue
            if EARLIEST <= year <= LATEST:
                found.append((value, match.group(0).strip(), sure))
        if found:
            break
    return found


def find_date(lines: Sequence[str], day_first: bool = True) -> Found | None:
    """The day of the purchase: what is called the date, what a time stands beside, what is said more than once.

    None where no line holds a day.
    """
    seen = [(row, *hit) for row, text in enumerate(lines) for hit in dates_in(text, day_first)]
    if not seen:
        return None
    counts = Counter(day for _, day, _, _ in seen)
    scored = []
    for row, day, text, sure in seen:
        line = lines[row]
        above = lines[row - 1] if row and len(lines[row - 1]) < 12 else ""
        score = 2.0 * bool(_SAYS_DATE.search(line) or _SAYS_DATE.search(above)) - 2.5 * bool(_OTHER.search(line))
        score += 1.0 * bool(_TIME.search(line.replace(text, " "))) + 0.5 * (counts[day] - 1) - 0.5 * row / len(lines)
        scored.append((score, -row, Found(day, text, row, 0.95 if sure else 0.85)))
    scored.sort(key=lambda one: one[:2], reverse=True)
    best = scored[0]
    rivals = [one for one in scored[1:] if one[2].day != best[2].day and one[0] > best[0] - 1.0]
    if not rivals:
        return best[2]
    return Found(best[2].day, best[2].text, best[2].row, round(best[2].confidence * 0.7, 3))


def _number(text: str) -> int:
    digits = text.translate(_DIGITS)
    return int(digits) if digits.isdigit() else -1
