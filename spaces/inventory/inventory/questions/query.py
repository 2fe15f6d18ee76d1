"""The read-only form that a question becomes: what is asked (intent) and about what (slots), checked.

A `Query` names items, outlets and periods as the database knows them. A `Line` is what a language model writes: the
same slots, with items and outlets in the words of the question, because the model can't know every database.

    used Item chicken Place bangsar Period last month By outlet Rank most
"""

import re
from dataclasses import dataclass

from common.errors import UserError

INTENTS = (
    "stock",
    "stock_value",
    "cover",
    "used",
    "received",
    "ordered",
    "wasted",
    "ran_out",
    "last_delivery",
    "forecast",
    "to_order",
    "anomalies",
    "price",
    "items",
    "outlets",
)
NONE = "none"  # of a line: nothing that the records could answer
BY = ("outlet", "item", "day")
RANKS = ("most", "least")

# What a model writes for an intent: words of one piece each, all of them different.
WORDS = {
    "stock": "stock",
    "stock_value": "worth",
    "cover": "cover",
    "used": "used",
    "received": "received",
    "ordered": "ordered",
    "wasted": "wasted",
    "ran_out": "out",
    "last_delivery": "arrived",
    "forecast": "forecast",
    "to_order": "buy",
    "anomalies": "odd",
    "price": "price",
    "items": "items",
    "outlets": "outlets",
    NONE: NONE,
}
INTENT_OF = {word: intent for intent, word in WORDS.items()}

# Kinds of periods as a model writes them. Their numbers and dates come from the words of the question (periods.py).
KINDS = (
    "today",
    "yesterday",
    "tomorrow",
    "this week",
    "last week",
    "next week",
    "this month",
    "last month",
    "this year",
    "last year",
    "last days",
    "next days",
    "month",
    "date",
    "weekday",
    "all",
)
NUMBERED = ("last days", "next days", "month", "date", "weekday")  # kinds that are nothing without their words
FUTURE = ("tomorrow", "next_week")
AHEAD = ("forecast", "cover")  # intents about days to come
_PERIOD = re.compile(
    r"|today|yesterday|this_week|last_week|this_month|last_month|this_year|last_year|tomorrow|next_week|all"
    r"|year:(19|20)\d\d"
    r"|(last|next)_[1-9]\d{0,3}_days|month:\d{4}-(0[1-9]|1[0-2])|day:\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"|weekday:(monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
)
MOST_TOP = 100


@dataclass(frozen=True)
class Query:
    """A question about the records.

    intent: one of INTENTS
    items, outlets: names as in the database; empty for all
    period: "" for the intent's own; else today, yesterday, tomorrow, this_/last_ week, month, year, next_week,
        last_N_days, next_N_days, year:YYYY, month:YYYY-MM, day:YYYY-MM-DD, weekday:monday (the last such day), all
    by: "outlet", "item" or "day" for a line for each, else ""
    rank, top: "most" or "least" and how many of them, else ""
    per_day: the mean of a day is asked for, not the sum

    Raises UserError for a value that is none of these, and for a future period of what has happened or the other way.
    """

    intent: str
    items: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    period: str = ""
    by: str = ""
    rank: str = ""
    top: int = 1
    per_day: bool = False

    def __post_init__(self) -> None:
        for name, value, known in (
            ("intent", self.intent, INTENTS),
            ("by", self.by, ("", *BY)),
            ("rank", self.rank, ("", *RANKS)),
        ):
            if value not in known:
                raise UserError(f"A query has no {name} {value!r}; use one of {', '.join(filter(None, known))}.")
        if not _PERIOD.fullmatch(self.period):
            raise UserError(f"A query has no period {self.period!r}; use today, last_week, last_7_days or the like.")
        if not 1 <= self.top <= MOST_TOP:
            raise UserError(f"A ranking has 1 to {MOST_TOP} lines, not {self.top}.")
        ahead = self.period in FUTURE or self.period.startswith("next_")
        behind = self.period.startswith(("last_", "year:")) or self.period == "yesterday"
        if ahead and self.intent != "forecast":
            raise UserError(f"{self.period!r} lies ahead: only a forecast can be asked about it.")
        if behind and self.intent == "forecast":
            raise UserError(f"{self.period!r} has passed: a forecast is of days to come.")


@dataclass(frozen=True)
class Line:
    """What a model read in a question. kind: one of KINDS or ""; items, outlets: words of the question."""

    intent: str
    items: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    kind: str = ""
    by: str = ""
    rank: str = ""
    per_day: bool = False

    def __str__(self) -> str:
        parts = [WORDS[self.intent]]
        parts += [f"Item {item}" for item in self.items]
        parts += [f"Place {outlet}" for outlet in self.outlets]
        for name, value in (("Period", self.kind), ("By", self.by), ("Rank", self.rank)):
            if value:
                parts.append(f"{name} {value}")
        return " ".join([*parts, "Mean"] if self.per_day else parts)


_SLOT = re.compile(r" (Item|Place|Period|By|Rank|Mean)\b")


def line_of(text: str) -> Line:
    """The line that a model wrote. Raises ValueError where it isn't one; its values may still be wrong words."""
    word, *slots = _SLOT.split(text.strip())
    found: dict[str, list[str]] = {}
    for name, value in zip(slots[::2], slots[1::2], strict=True):
        found.setdefault(name, []).append(value.strip())
    [kind], [by], [rank] = (found.get(name, [""]) for name in ("Period", "By", "Rank"))
    mean = found.get("Mean", [])
    known = kind in ("", *KINDS) and by in ("", *BY) and rank in ("", *RANKS) and mean in ([], [""])
    if word not in INTENT_OF or not known:
        raise ValueError(f"not a form: {text!r}")
    return Line(
        INTENT_OF[word], tuple(found.get("Item", ())), tuple(found.get("Place", ())), kind, by, rank, bool(mean)
    )
