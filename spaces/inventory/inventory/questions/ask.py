"""Questions in words, answered from the records: read, linked to the database, checked, looked up, told.

A language model says what is asked (intent and slots); names and times are looked up by rules; the numbers come from
the records alone. What isn't understood, or names something that is not there, is asked back.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from common.errors import UserError
from common.llm import Models, NoModel
from inventory.items import Item, Outlet
from inventory.panel import Panel
from inventory.questions import answers, language_model, periods
from inventory.questions.language_model import Reader, Reading
from inventory.questions.linking import Linker
from inventory.questions.marking import Marks, allowed_of, mark
from inventory.questions.queries import Row, Sources, run
from inventory.questions.query import FUTURE, KINDS, NONE, NUMBERED, WORDS, Line, Query, line_of
from inventory.questions.words import question_words

# Confidence below which is asked back: the highest of its table that withholds no right answer to the dev questions of
# benchmarks/inventory/questions.py.
THRESHOLD = 0.6
# SQL is no question; "update", "select" and "drop" alone may be words of one.
_CODE = re.compile(
    r"\b(update\b.+\bset\b.+=|insert\s+into\b|delete\s+from\b|(drop|alter|truncate)\s+(table|database)\b"
    r"|union\s+select\b|select\b.+\bfrom\b.+(\bwhere\b|;))",
    re.IGNORECASE | re.DOTALL,
)
_CODE_WITHIN = 500  # characters; more would take long to search
# What points to a thing, and to a place, that isn't named.
_POINTING = (
    "that stuff", "that one", "those ones", "of those", "of them", "of it", "check it", "other one", "other two",
    "yang tu", "yang itu", "yang tadi", "benda tu", "benda itu",
)  # fmt: skip
_POINTING_THERE = (
    "over there", "delivered there", "other branch", "other outlet", "that branch", "that outlet", "kat situ",
    "di situ", "kat sana", "di sana", "yang sana", "cawangan tu", "cawangan itu", "outlet tu", "outlet itu",
)  # fmt: skip
# What says that several outlets are meant as one.
_ONE_NUMBER = (
    "added up", "add up", "one number", "one figure", "one total", "single figure", "single number", "grand total",
    "as one", "whole group", "whole company", "whole business", "whole chain", "satu angka", "satu jumlah",
)  # fmt: skip
_SYSTEM = """You turn a question about the stock of food outlets into one line, and write nothing else.
First the intent: {intents} (none: whatever the stock records can't answer, and every wish to change something).
Then, only where the question says so, in this order: "Item " and words copied from the question, "Place " and words
copied from the question, "Period " and one of {kinds}, "By outlet", "By item" or "By day" for a line for each,
"Rank most" or "Rank least", "Mean" for an average per day.
Example: which outlet wasted most chicken last month => wasted Item chicken Period last month By outlet Rank most"""


@dataclass(frozen=True)
class Answer:
    """text: in the language of the question; query, rows: what was asked and found, None and () where it wasn't run

    understood: False where it was refused or asked back; ask_back: what the person may choose from
    seconds: that it took; by: which model read the question
    """

    text: str
    query: Query | None
    rows: tuple[Row, ...]
    language: str
    understood: bool
    ask_back: tuple[str, ...]
    seconds: float
    by: str


@dataclass(frozen=True)
class Unclear:
    """Why a line is no query yet: what to say, and what to choose from."""

    text: str
    choices: tuple[str, ...] = ()


def ask(
    question: str,
    panel: Panel,
    items: Sequence[Item],
    outlets: Sequence[Outlet],
    today: date | None = None,
    model: Reader | None = None,
    models: Models | None = None,
    sources: Sources | None = None,
) -> Answer:
    """The answer to a question in English or Malay.

    items, outlets: of the database, with their aliases
    today: None for the last day of the panel; the panel's later days are not looked at
    model: None for the shipped one
    models: larger ones, asked first; what they write is checked, and where they fail the local one reads
    sources: of forecasts, orders and anomalies
    Raises UserError where there are no records, and WeightsUnavailable.
    """
    began = time.perf_counter()
    if today is not None:
        panel = panel.until(today)
    if not panel.shape[1]:
        raise UserError("There are no records yet. Import a file, or load the example.")
    day = panel.days[-1].item()
    marks = mark(question, items, outlets, day)
    language = answers.language_of(marks.words)
    by = ""

    def answer(text: str, query: Query | None = None, rows: tuple[Row, ...] = (), choices=(), understood=False):
        return Answer(text, query, rows, language, understood, tuple(choices), time.perf_counter() - began, by)

    if not marks.words:
        return answer(answers.say("empty", language))
    if _CODE.search(question[:_CODE_WITHIN]):
        return answer(answers.say("refusal", language))
    if _asks_nothing(marks):
        choices = [answers.guess(query, language, day) for query in _about(marks)]
        return answer(answers.say("about_what", language, list=answers.listed(choices)), choices=choices)
    reading, by = _read(question, marks, model, models)
    if reading.line.intent == NONE:
        strange = _strange(marks, items, outlets, language)
        return answer(f"{strange.text} {answers.say('refusal', language)}".strip(), choices=strange.choices)
    query = resolve(reading.line, marks, items, outlets, language, day)
    if isinstance(query, Unclear):
        return answer(query.text, choices=query.choices)
    if reading.confidence < THRESHOLD:
        guess = answers.guess(query, language, day)
        return answer(answers.say("unsure", language, guess=guess), query, choices=(guess,))
    try:
        result = run(query, panel, items, sources)
    except UserError as error:  # a source that is missing, or a forecast too far ahead
        return answer(str(error), query)
    return answer(answers.told(result, language), result.query, result.rows, understood=True)


def _asks_nothing(marks: Marks) -> bool:
    """Whether a question doesn't say what it is about: "chicken?", "and bangsar", "what about last month", "top 3"."""
    if not all(one.name for one in (*marks.items, *marks.outlets)):
        return False
    text = f" {' '.join(marks.words)} "
    pointing = _POINTING if marks.outlets else (*_POINTING, *_POINTING_THERE)
    if not marks.items and any(f" {words} " in text for words in pointing):
        return True
    spent = {at for one in (*marks.items, *marks.outlets, *marks.times) for at in one.places}
    rest = {word for at, word in enumerate(marks.words) if at not in spent and not word.isdecimal()}
    return rest <= (question_words("around") if marks.items else question_words("around", "undecided"))


def _about(marks: Marks) -> list[Query]:
    """What somebody may want to know about names, and about a time."""
    items, outlets = (tuple(dict.fromkeys(one.name for one in found)) for found in (marks.items, marks.outlets))
    period = marks.times[0].period if len(marks.times) == 1 else ""
    if period in FUTURE or period.startswith("next_"):
        return [
            Query("forecast", items, outlets, period),
            *(Query(one, items, outlets) for one in ("stock", "to_order")),
        ]
    intents = ("stock", "used", "received") if period else ("stock", "used", "to_order")
    return [Query(intent, items, outlets, period) for intent in intents]


def _strange(marks: Marks, items: Sequence[Item], outlets: Sequence[Outlet], language: str) -> Unclear:
    """What a question names that the database doesn't have: it may be refused for that alone."""
    for kind, found, there in (("item", marks.items, items), ("outlet", marks.outlets, outlets)):
        for one in found:
            if one.name is None:
                words = " ".join(marks.words[one.start : one.end])
                return Unclear(answers.say(f"unknown_{kind}", language, words=words), tuple(one.name for one in there))
    return Unclear("")


def resolve(
    line: Line, marks: Marks, items: Sequence[Item], outlets: Sequence[Outlet], language: str, today: date
) -> Query | Unclear:
    """The query of a line, or what has to be asked first. The intent is none of NONE."""
    names: dict[str, list[str]] = {"item": [], "outlet": []}
    linkers = {"item": Linker.of_items(items), "outlet": Linker.of_outlets(outlets)}
    for kind, said in (("item", line.items), ("outlet", line.outlets)):
        other = linkers["outlet" if kind == "item" else "item"]
        for words in said:
            link = linkers[kind].link(words)
            if link.name is None and (swapped := other.link(words)).name:
                # A model may take an outlet for an item; the database knows better.
                names["outlet" if kind == "item" else "item"].append(swapped.name)
            elif link.name is None:
                there = [one.name for one in (items if kind == "item" else outlets)]
                return _unknown(kind, words, link.candidates, there, link.score, language)
            else:
                names[kind].append(link.name)
    period = _period(line, marks, today)
    if period is None:
        day = next(one for one in marks.times if not one.period)
        text = answers.say("no_such_day", language, words=" ".join(marks.words[one] for one in day.places))
        return Unclear(text, day.nearest)
    if isinstance(period, tuple):
        return Unclear(answers.say("which_time", language, list=answers.listed(period)), period)
    intent = line.intent
    if period in FUTURE or period.startswith("next_"):
        if intent == "cover":
            period = ""  # "enough for the next three days": how long it lasts tells it
        elif intent == "used":
            intent = "forecast"
    together = line.by == "outlet" and not line.rank and _as_one(marks.words)
    try:
        return Query(
            intent,
            tuple(dict.fromkeys(names["item"])),
            tuple(dict.fromkeys(names["outlet"])),
            period,
            # "all outlets together" is no line for each.
            "" if together else line.by,
            line.rank,
            marks.top if line.rank else 1,
            line.per_day,
        )
    except UserError as error:
        return Unclear(str(error))


def _as_one(words: Sequence[str]) -> bool:
    """Whether all outlets are meant as one: "combined", "six outlets, one number"; not "one number for each"."""
    text = f" {' '.join(words)} "
    one = bool(question_words("together") & set(words)) or any(f" {phrase} " in text for phrase in _ONE_NUMBER)
    return one and not question_words("apart") & set(words)


def _unknown(
    kind: str, words: str, candidates: Sequence[str], there: Sequence[str], score: float, language: str
) -> Unclear:
    if len(candidates) > 1 and score >= 0.75:
        return Unclear(answers.say("which", language, words=words, list=answers.listed(candidates)), tuple(candidates))
    text = answers.say(f"unknown_{kind}", language, words=words)
    more = answers.say("perhaps" if candidates else "have", language, list=answers.listed(candidates or there))
    return Unclear(f"{text} {more}", tuple(candidates or there))


def _period(line: Line, marks: Marks, today: date) -> str | tuple[str, ...] | None:
    """The period of a line; several where the question names several of that kind, None where there is no such day."""
    if not line.kind:
        return ""
    times = [one for one in marks.times if line.kind in one.kinds]
    named = tuple(dict.fromkeys(periods.as_asked(one, line.intent, today).period for one in times))
    if "" in named:
        return None
    if len(named) > 1:
        return named
    return named[0] if named else line.kind.replace(" ", "_")


def _read(question: str, marks: Marks, model: Reader | None, models: Models | None) -> tuple[Reading, str]:
    """The line of a question, and who read it."""
    if models is not None and models.providers:
        system = _SYSTEM.format(intents=", ".join(WORDS.values()), kinds=", ".join(KINDS))
        try:
            reply = models.ask(system, " ".join(marks.words), most_tokens=60)
            line = line_of(" ".join(reply.text.split()))
            if _holds(line, marks):
                return Reading(line, 1.0), f"{reply.provider} {reply.model}"
        except (NoModel, ValueError):
            pass
    reader = model or language_model.load()
    return reader.read(marks.words, allowed_of(marks)), language_model.ADAPTER


def _holds(line: Line, marks: Marks) -> bool:
    """Whether names are words of the question, and numbered times are in it."""
    text = f" {' '.join(marks.words)} "
    copied = all(f" {words} " in text for words in (*line.items, *line.outlets))
    return copied and (line.kind not in NUMBERED or any(one.kind == line.kind for one in marks.times))
