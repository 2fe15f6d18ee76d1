"""Sentences made from results, English and Malay: every number in them is one of the result's."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from common import toml
from inventory.questions.queries import MONEY, Result, Row, window
from inventory.questions.query import Query
from inventory.questions.words import question_words

SENTENCES = Path(__file__).parent / "data" / "answers.toml"
LINES = 12  # rows that are told; the table has all
# Words that only one of the languages has decide it; those that are borrowed ("stok", "order") don't.
_BORROWED = {"order", "outlet", "stock", "item", "kg", "kilo", "unit", "balance", "total", "check", "last", "left"}


@cache
def _sentences() -> dict:
    return toml.read(SENTENCES)


@cache
def _tongues() -> dict[str, frozenset[str]]:
    english, malay = (question_words(name, f"{name}_more") for name in ("english", "malay"))
    return {"en": english - malay - _BORROWED, "ms": malay - english - _BORROWED}


def language_of(words: Sequence[str]) -> str:
    """ "ms" where more words of a question are Malay than English, else "en"."""
    counts = {tongue: sum(word in own for word in words) for tongue, own in _tongues().items()}
    return "ms" if counts["ms"] > counts["en"] else "en"


def say(sentence: str, language: str, **values: object) -> str:
    """A sentence of data/answers.toml."""
    return _sentences()[language][sentence].format(**values)


def told(result: Result, language: str) -> str:
    """The answer in words; a list has one line for each row."""
    query = result.query
    what, where, when = _what(query, language), _where(query, language), _when(result, language)
    named = query.intent in ("items", "outlets")  # whose rows have no values
    if not result.rows or (not named and all(row.value is None for row in result.rows)):
        return _nothing(result, language, what, where, when)
    head = _head(result, language)
    rows = result.rows
    if len(rows) == 1 and not rows[0].name:
        return f"{head}: {_value(rows[0], query, language)}."
    if query.rank and len(rows) == 1:
        winner = say(query.rank, language, name=rows[0].name, value=_value(rows[0], query, language))
        return f"{head}: {winner}"
    lines = [_line(row, query, language) for row in rows[:LINES]]
    if len(rows) > LINES:
        lines.append("…")
    if result.total is not None and result.total.value is not None:
        lines.append(say("total", language, value=_value(result.total, query, language)))
    return "\n".join([f"{head}:", *lines])


def _head(result: Result, language: str) -> str:
    """What is told: "Wasted of chicken in Bangsar from 1 to 31 October 2026"."""
    query = result.query
    text = _sentences()[language]["heads"][query.intent].format(
        what=_what(query, language), where=_where(query, language), when=_when(result, language)
    )
    return " ".join(text.split())


def guess(query: Query, language: str, today: date) -> str:
    """A query in words, to be confirmed."""
    days = window(query.period, today) if query.period not in ("", "all") else ()
    return _head(Result(query, (), *days), language)


def _nothing(result: Result, language: str, what: str, where: str, when: str) -> str:
    query = result.query
    if result.first is None:
        text = say("no_such", language, what=what, where=where)
    elif query.intent in ("ran_out", "anomalies", "to_order"):
        text = say("nothing_at_all", language, where=f": {what}{where}" if query.items else where, when=when)
    else:
        text = say("nothing", language, what=what, where=where, when=when)
    return text.replace(" .", ".").replace("  ", " ")


def _line(row: Row, query: Query, language: str) -> str:
    if query.intent in ("items", "outlets"):
        return f"- {row.name}"
    if query.intent == "anomalies" and row.note:
        return f"- {row.name}: {row.note}"
    return f"- {row.name}: {_value(row, query, language)}"


def _value(row: Row, query: Query, language: str) -> str:
    if row.value is None:
        return say("never", language) if query.intent == "last_delivery" else "?"
    if isinstance(row.value, date):
        return row.value.isoformat()
    number = _number(row.value, 2 if row.unit.startswith(MONEY) else None)
    unit = _sentences()[language]["units"].get(row.unit, row.unit)
    if row.unit == MONEY or row.unit.startswith(f"{MONEY}/"):
        text = f"{MONEY} {number}{row.unit.removeprefix(MONEY)}"
    else:
        text = f"{number} {unit}".strip()
    return say("per_day", language, value=text) if query.per_day else text


def _number(value: float, places: int | None) -> str:
    """Two places of money, else as many as it takes, three at most."""
    return f"{value:,.{places}f}" if places is not None else f"{round(value, 3):,.10g}"


def _what(query: Query, language: str) -> str:
    return _joined(query.items, language) or say("everything", language)


def _where(query: Query, language: str) -> str:
    return " " + say("in", language, name=_joined(query.outlets, language)) if query.outlets else ""


def _when(result: Result, language: str) -> str:
    if result.first is None or result.last is None:
        return ""
    first, last = result.first.isoformat(), result.last.isoformat()
    return say("day" if first == last else "span", language, first=first, last=last)


def _joined(names: Sequence[str], language: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {say('and', language)} {names[-1]}"


def listed(names: Sequence[str], most: int = LINES) -> str:
    """Names in a row, and a sign where there are more."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
