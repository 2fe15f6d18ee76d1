"""Whole questions become rows for `asked_*.txt` and `refused_*.txt`: `python -m weights.recipes.inventory.asked FILE`.

FILE: JSON lines as in benchmarks/inventory/questions, each with text, language and the query that it means. Names of
the example business that are in a question become slots, so that practice puts others there; a time stays as it was
said. What the rules for names and times read otherwise than the query says is told and left out: a rule is missing.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from inventory.questions.linking import Found
from inventory.questions.marking import Marks, mark
from inventory.questions.periods import as_asked
from inventory.questions.query import NONE, WORDS
from inventory.simulation.example import ITEMS, OUTLETS

TODAY = date(2026, 11, 20)  # the last day of the example business, from which days are counted


def row_of(question: dict) -> tuple[str, str]:
    """The file of a question, such as "asked_en", and its row. Raises ValueError where the rules read it otherwise."""
    if (query := question.get("query")) is None:
        raise ValueError("no query is given")
    language = "en" if question["language"] == "en" else "ms"
    marks = mark(question["text"], ITEMS, OUTLETS, TODAY)
    items, outlets = ([one for one in found if one.name] for found in (marks.items, marks.outlets))
    text = _with_slots(marks.words, items, outlets)
    if query["intent"] == NONE:
        return f"refused_{language}", text
    for found, wanted in ((items, query.get("items", [])), (outlets, query.get("outlets", []))):
        if sorted(one.name for one in found) != sorted(wanted):
            raise ValueError(f"the names found are {[one.name for one in found]}, not {wanted}")
    flags = [f"{name}={query[name]}" for name in ("by", "rank") if query.get(name)]
    flags += ["mean"] * bool(query.get("per_day"))
    if kind := _kind(query.get("period", ""), query["intent"], marks):
        flags.append(f"period={kind.replace(' ', '_')}")
    return f"asked_{language}", f"{' '.join([WORDS[query['intent']], *flags])}: {text}"


def _with_slots(words: Iterable[str], items: list[Found], outlets: list[Found]) -> str:
    said: list[str | None] = list(words)
    for slot, found in (("{item}", items), ("{outlet}", outlets)):
        for one in found:
            said[one.start : one.end] = [slot, *[None] * (one.end - one.start - 1)]
    return " ".join(word for word in said if word is not None)


def _kind(period: str, intent: str, marks: Marks) -> str:
    if not period or (period == "all" and not marks.times):
        return period
    times = [as_asked(one, intent, TODAY) for one in marks.times]
    kinds = [one.kind for one in times if one.period == period]
    if not kinds:
        raise ValueError(f"the times found are {[one.period for one in times]}, not {period}")
    return kinds[0]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    for path in parser.parse_args(arguments).files:
        for line in path.read_text(encoding="utf-8").splitlines():
            question = json.loads(line)
            try:
                print(*row_of(question), sep="\t")
            except ValueError as error:
                print(f"left out: {question['text']} ({error})", file=sys.stderr)


if __name__ == "__main__":
    main()
