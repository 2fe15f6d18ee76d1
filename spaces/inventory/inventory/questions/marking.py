"""What rules find in a question before a model reads it: names, times, and so what a model may write about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from inventory.items import Item, Outlet
from inventory.questions import periods
from inventory.questions.grammar import Allowed
from inventory.questions.linking import LONGEST, Found, Linker, apart_from, strangers
from inventory.questions.periods import Mention
from inventory.questions.words import commas_of, question_words, words_of


@dataclass(frozen=True)
class Marks:
    """What the rules find in a question: its words, the items and outlets that are surely in it, and times.

    A name may be there several times, and there may be common ones that the database doesn't have.
    """

    words: tuple[str, ...]
    items: tuple[Found, ...]
    outlets: tuple[Found, ...]
    times: tuple[Mention, ...]
    top: int


def mark(question: str, items: Sequence[Item], outlets: Sequence[Outlet], today: date) -> Marks:
    """What the rules find. A saying is left out of a question, and a dish out of one that names something else: "fries
    sell well, potatoes?"."""
    words, commas = words_of(question), commas_of(question)
    marks = _marks(words, commas, items, outlets, today)
    known = [one for one in (*marks.items, *marks.outlets) if one.name]
    idle = strangers(known, words, ("sayings",), commas)
    dishes = strangers(known, words, ("dishes",), commas)
    if any(one.name for one in apart_from(marks.items, (*dishes, *idle))):
        idle += dishes
    if not idle:
        return marks
    kept = [at for at in range(len(words)) if not any(at in one.places for one in idle)]
    parted = frozenset(new for new, old in enumerate(kept) if old in commas)
    return _marks(tuple(words[at] for at in kept), parted, items, outlets, today)


def _marks(
    words: tuple[str, ...], commas: frozenset[int], items: Sequence[Item], outlets: Sequence[Outlet], today: date
) -> Marks:
    """The same, of words. Outlets come first: their names are the longer ones."""
    times = periods.mentions(words, today)
    timed = {at for time_ in times for at in time_.places}
    found_outlets = Linker.of_outlets(outlets).find(words, timed)
    placed = {at for one in found_outlets for at in one.places}
    found_items = Linker.of_items(items).find(words, timed | placed)
    found = (*found_items, *found_outlets)
    # "gula melaka" is a thing, wherever the outlet Melaka is.
    things = strangers(found, words, ("items_en", "items_ms", "dishes"), commas, timed)
    known = apart_from(found, things)
    places = strangers(known, words, ("outlets",), commas, timed | {at for one in things for at in one.places})
    return Marks(
        words,
        _in_order(apart_from(apart_from(found_items, things), places), things),
        _in_order(apart_from(apart_from(found_outlets, things), places), places),
        times,
        periods.top_of(words, times),
    )


def _in_order(*found: Sequence[Found]) -> tuple[Found, ...]:
    return tuple(sorted((one for some in found for one in some), key=lambda one: one.start))


def allowed_of(marks: Marks) -> Allowed:
    """What a model may write about a question."""
    timed = {at for time_ in marks.times for at in time_.places}
    named = {at for one in (*marks.items, *marks.outlets) for at in one.places}
    usual = {at for at, word in enumerate(marks.words) if word in question_words() or word.isdecimal() or word == "'s"}
    free = _spans(marks.words, timed | named, usual)
    kinds = tuple(dict.fromkeys(kind for one in marks.times for kind in one.kinds))
    return Allowed(
        free,
        free,
        tuple(_ways(one, marks.words, timed | named | usual) for one in _each_once(marks.items, marks.words)),
        tuple((" ".join(marks.words[one.start : one.end]),) for one in _each_once(marks.outlets, marks.words)),
        kinds,
    )


def _spans(words: Sequence[str], barred: set[int], usual: set[int]) -> tuple[str, ...]:
    """Runs of words that may be a name that the database doesn't know: no usual word at either end."""
    found = []
    for start in range(len(words)):
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            if barred & set(range(start, end)) or {start, end - 1} & usual:
                continue
            found.append(" ".join(words[start:end]))
    return tuple(dict.fromkeys(found))


def _ways(one: Found, words: Sequence[str], barred: set[int]) -> tuple[str, ...]:
    """A name as it was found, and with the strange words beside it: "chicken wings" need not be "chicken"."""
    start, end = one.start, one.end
    before = start - 1 if start and start - 1 not in barred else start
    after = end + 1 if end < len(words) and end not in barred else end
    spans = {(start, end), (before, end), (start, after), (before, after)}
    return tuple(" ".join(words[first:last]) for first, last in sorted(spans, key=lambda span: span[1] - span[0]))


def _each_once(found: Sequence[Found], words: Sequence[str]) -> list[Found]:
    """Without what is said again."""
    first: dict[str, Found] = {}
    for one in found:
        first.setdefault(one.name or " ".join(words[one.start : one.end]), one)
    return list(first.values())
