"""Times that a question names, in English and Malay: which words, and which days they mean.

"last week" and "minggu lepas" are calendar weeks from Monday on, "the past week" is seven days; "12 March" without a
year is the last one that there was, and so is "Friday". Numbers may be digits or words. Some times don't say whether
they have gone ("in three days"): what is asked of them does.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from common import toml
from inventory.questions.query import AHEAD

MOST_DAYS = 31  # of a month; a larger number beside its name is no day at all
_GONE = re.compile(r" (?:lepas|lalu)$")
WORDS = Path(__file__).parent / "data" / "times.toml"


@dataclass(frozen=True)
class Mention:
    """A time in a question.

    kind: of query.KINDS; period: as a Query has it, "" for a day that no month has ("31 February")
    start, end: its words, from start to before end
    either: whether it may have gone or be to come: "3 November", "in three days"
    nearest: of a day that no month has, those that may be meant
    """

    kind: str
    period: str
    start: int
    end: int
    either: bool = False
    nearest: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Its kind; both where spans of days may have gone or be to come."""
        return ("last days", "next days") if self.either and self.kind.endswith(" days") else (self.kind,)

    @property
    def places(self) -> range:
        """Places of its words in the question."""
        return range(self.start, self.end)


@cache
def _words() -> dict:
    return toml.read(WORDS)


@cache
def _numbers() -> dict[str, int]:
    """Numbers as words: "twenty-one", "dua puluh satu"."""
    words = _words()
    found = dict(words["numbers"])
    for ten, tens in words["tens"].items():
        found[ten] = tens
        found |= {f"{ten}{joint}{one}": tens + n for one, n in words["ones"].items() for joint in (" ", "-")}
    for one, n in words["satuan"].items():
        found |= {one: n, f"{one} belas": 10 + n, f"{one} puluh": 10 * n}
        found |= {f"{one} puluh {other}": 10 * n + more for other, more in words["satuan"].items()}
    hundreds = {f"{one}{joint}hundred": 100 * n for one, n in words["ones"].items() for joint in " -"}
    return found | hundreds | words["ones"]


@cache
def _ordinals() -> dict[str, int]:
    """Days of a month as words: "fifth", "twenty-first"."""
    words = _words()
    units = {word: number for word, number in words["ordinals"].items() if number < 10}
    tens = {ten: number for ten, number in words["tens"].items() if number < MOST_DAYS}
    joined = {f"{ten}{joint}{unit}": a + b for ten, a in tens.items() for unit, b in units.items() for joint in " -"}
    return words["ordinals"] | joined


@cache
def _patterns() -> list[tuple[re.Pattern, str]]:
    """What is looked for, in this order: words that are taken can't be taken again."""
    words = _words()

    def one_of(names) -> str:
        return "(?:" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + ")"

    number = rf"(?P<number>\d{{1,4}}|{one_of(_numbers())})"
    unit = rf"(?P<unit>{one_of(words['units'])})"
    month = rf"(?P<month>{one_of(words['months'])})"
    weekday = one_of(words["weekdays"])
    before = "(?P<before>last year|tahun lepas|tahun lalu)"
    year = rf"(?: (?P<year>(?:19|20)\d\d)| {before})?"
    day = r"(?P<day>\d{1,2})(?:st|nd|rd|th| ?hb)?"
    last = r"(?:last|past|previous|preceding|prior|latest|recent)"
    ahead = r"(?:next|coming|following|upcoming)"
    gone = "(?:lepas|lalu|sudah|terakhir|kebelakangan(?: ini)?|ke belakang)"
    to_come = "(?:akan datang|mendatang|ke depan|kedepan|seterusnya|ke hadapan|depan|hadapan|nanti|berikutnya)"
    rows = [
        (r"(?P<year>\d{4})[-/.](?P<number_of_month>\d{1,2})[-/.](?P<day>\d{1,2})", "date"),
        (r"(?P<day>\d{1,2})[-/.](?P<number_of_month>\d{1,2})(?:[-/.](?P<year>\d{4}|\d{2}))?", "date"),
        (rf"{day}(?: of| haribulan)? {month}{year}", "date"),
        (rf"(?:the )?(?P<day>{one_of(_ordinals())}) of {month}{year}", "date"),
        (rf"{month} {day}(?: (?P<year>(?:19|20)\d\d))?(?! (?:days|hari|weeks|minggu))", "date"),
        (r"(?P<day>\d{1,2}) ?(?:haribulan|hb) (?P<number_of_month>\d{1,2})", "date"),
        (one_of(words["before_yesterday"]), "ago 2"),
        (rf"{number} {unit} (?:ago|back|sebelum ini|sebelumnya)", "ago"),
        (rf"{ahead} {number} {unit}", "next days"),
        (rf"(?:the )?{number} {unit} (?:ahead|to come|from now)", "next days"),
        (rf"(?:dalam masa |sepanjang |selama |bagi |untuk )?{number} {unit} (?:yang )?{to_come}", "next days"),
        (rf"(?:{last}) {number} {unit}", "last days"),
        (rf"{last} (?P<number>[1-9]\d{{1,2}})(?=$| (?:how|what|which|where|who|that|berapa) )", "last days"),
        (rf"(?:dalam masa |sepanjang )?{number} {unit} (?:yang )?{gone}", "last days"),
        (rf"(?:dalam masa|sejak|sepanjang|selama) {number} {unit}", "last days"),
        (rf"(?:(?:dalam|untuk) )?{number} {unit} lagi", "next days"),
        (rf"(?P<either>within|in|for|over|untuk)(?: the)? {number} {unit}", "next days"),
        (rf"dalam {number} {unit} (?:ini|ni)", "last days"),
        (rf"(?P<either>dalam) {number} {unit}", "last days"),
        (rf"{number} {unit} (?:ini|ni)", "last days"),
        (rf"{month} (?:(?P<year>(?:19|20)\d\d)|{before}|(?P<same>(?:of )?this year|tahun ini|tahun ni))", "month"),
        *((one_of(names), kind) for kind, names in words["days"].items()),
        *((one_of(names), kind) for kind, names in words["kinds"].items()),
        (rf"(?:bulan|month) (?P<number_of_month>1[0-2]|[1-9]|{one_of(words['month_numbers'])}){year}", "month"),
        (month, "month"),
        (r"(?:(?:calendar )?year |tahun )?(?P<year>(?:19|20)\d\d)(?: calendar year)?", "year"),
        (rf"(?:hari |last |this |next )?(?P<weekday>{weekday})(?: (?:yang )?(?:lepas|lalu))?", "weekday"),
    ]
    return [(re.compile(rf"(?<!\S){text}(?!\S)"), kind) for text, kind in rows]


def mentions(words: Sequence[str], today: date) -> tuple[Mention, ...]:
    """The times in a question, in its order. words: of words.words_of; today: the last day of the records."""
    text, found = " ".join(words), []
    for pattern, kind in _patterns():
        for match in pattern.finditer(text):
            start = text[: match.start()].count(" ")
            end = start + match[0].count(" ") + 1
            if any(start < other.end and other.start < end for other in found):
                continue
            before, after = ["", *words][start], [*words, ""][end]
            if _is_end(words, start, kind, match[0]) or _is_verb(match, before, after, kind):
                continue
            parts = match.groupdict()
            meant = _meant(kind, parts, today)
            if meant is None and kind == "date" and parts.get("month") and _day(parts) <= MOST_DAYS:
                found.append(Mention(kind, "", start, end, nearest=_nearest(parts, today)))
            if meant:
                no_year = meant[0] == "date" and "day" in parts and not (parts.get("year") or parts.get("before"))
                found.append(Mention(*meant, start, end, no_year or bool(parts.get("either"))))
    return _without_the_vaguer(tuple(sorted(found, key=lambda mention: mention.start)))


def _without_the_vaguer(found: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Without "ever" beside another time, and without the weekday of a date: "friday 13 november"."""
    if any(one.kind != "all" for one in found):
        found = tuple(one for one in found if one.kind != "all")
    dates = [date.fromisoformat(one.period[4:]) for one in found if one.kind == "date" and one.period]
    said = {f"weekday:{day:%A}".lower() for day in dates}
    return tuple(one for one in found if one.period not in said)


def as_asked(mention: Mention, intent: str, today: date) -> Mention:
    """A mention as it is meant in a question of that intent: "in three days" lies ahead in a forecast and has gone
    where something was used, for which 25 December is the last one."""
    if not mention.either or not mention.period:
        return mention
    ahead = intent in AHEAD
    if mention.kind.endswith(" days"):
        way = "next" if ahead else "last"
        return replace(mention, kind=f"{way} days", period=f"{way}_{mention.period.partition('_')[2]}")
    day = date.fromisoformat(mention.period.removeprefix("day:"))
    return mention if ahead or day <= today else replace(mention, period=f"day:{day.replace(year=day.year - 1)}")


def top_of(words: Sequence[str], taken: Sequence[Mention] = ()) -> int:
    """How many a ranking is asked to show: "top 3", "three outlets", "3 barang"; 1 where no number says more."""
    spent = {at for mention in taken for at in mention.places}
    counted = set(_words()["counted"])
    for at, word in enumerate(words):
        number = None if at in spent else _number(word)
        around = {words[at - 1] if at else "", *words[at + 1 : at + 3]}
        if number and 1 < number <= 100 and around & counted:
            return number
    return 1


def _is_end(words: Sequence[str], start: int, kind: str, said: str) -> bool:
    """Whether a time is the end of one, as in "until friday" and "sampai ke hari ini". "By" and "sampai" (which is
    "arrived", too) before what has gone don't make it one: "going by last month", "sampai sabtu lepas"."""
    before = words[start - 1] if start else ""
    if before in ("ke", "to") and start > 1 and (words[start - 2] in _words()["until"] or words[start - 2] == "up"):
        return True
    if before not in _words()["until"]:
        return False
    gone = kind in ("yesterday", "ago") or kind.startswith("last ") or bool(_GONE.search(said))
    if before == "sampai":
        return not gone and not kind.startswith("this ")
    return before != "by" or not gone


def _is_verb(match: re.Match, before: str, after: str, kind: str) -> bool:
    """Whether a word that is also a month's name is none here: "may we", "march on", but not "in march which …"."""
    if kind != "month" or match.groupdict().get("month") not in ("may", "march", "mar", "mac"):
        return False
    if match.groupdict().get("year") or before in _words()["before_months"]:
        return False
    return bool({before, after} & set(_words()["beside_verbs"]))


def _meant(kind: str, parts: dict[str, str | None], today: date) -> tuple[str, str] | None:
    """Kind and period; None where the numbers are no date."""
    if kind == "date":
        return _date(parts, today)
    if kind == "month":
        month = _month(parts)
        year = _year(parts, today) or today.year - (month > today.month and not parts.get("same"))
        return "month", f"month:{year:04}-{month:02}"
    if kind == "year":
        return _of_year(int(parts["year"]), today)
    if kind == "weekday":
        return "weekday", f"weekday:{_words()['weekdays'][parts['weekday']]}"
    name, _, fixed = kind.partition(" ")
    if name == "ago":
        count = int(fixed) if fixed else _number(parts["number"]) * _words()["units"][parts["unit"]]
        if count == 1:
            return "yesterday", "yesterday"
        return ("date", f"day:{today - timedelta(count)}") if count < 10_000 else None
    if kind in ("last days", "next days"):
        return _span(name, _number(parts["number"]) * _words()["units"][parts.get("unit") or "days"])
    if name in ("last", "next") and fixed.isdigit():
        return _span(name, int(fixed))
    return kind, kind.replace(" ", "_")


def _span(way: str, days: int) -> tuple[str, str] | None:
    return (f"{way} days", f"{way}_{days}_days") if 0 < days < 10_000 else None


def _of_year(year: int, today: date) -> tuple[str, str] | None:
    """A year by its number; one that is to come is no time of the records."""
    if year == today.year:
        return "this year", "this_year"
    return ("last year", "last_year" if year == today.year - 1 else f"year:{year}") if year < today.year else None


def _date(parts: dict[str, str | None], today: date) -> tuple[str, str] | None:
    month = _month(parts)
    year = _year(parts, today)
    number = _day(parts)
    if year is None and (month, number) == (2, 29):
        year = next(one for one in range(today.year, 0, -1) if isleap(one) and date(one, 2, 29) <= today)
    try:
        day = date(year or today.year, month, number)
        if year is None and day > today + timedelta(60):
            day = day.replace(year=today.year - 1)
    except ValueError:
        return None
    return "date", f"day:{day}"


def _day(parts: dict[str, str | None]) -> int:
    return _ordinals().get(parts["day"]) or int(parts["day"])


def _nearest(parts: dict[str, str | None], today: date) -> tuple[str, ...]:
    """The last day of the month and the one after it: of 31 September 30 September and 1 October."""
    month = _month(parts)
    year = _year(parts, today) or today.year - (month > today.month)
    last = date(year, month, monthrange(year, month)[1])
    return f"day:{last}", f"day:{last + timedelta(1)}"


def _month(parts: dict[str, str | None]) -> int:
    number = parts.get("number_of_month")
    return _words()["months"][parts["month"]] if number is None else _number(number)


def _year(parts: dict[str, str | None], today: date) -> int | None:
    if parts.get("before"):
        return today.year - 1
    year = parts.get("year")
    return (int(year) + 2000 * (len(year) == 2)) if year else None


def _number(word: str) -> int | None:
    return int(word) if word.isdecimal() and len(word) < 5 else _numbers().get(word)
