"""Steps as a table that a person edits and as the JSON that the API takes: `Step` to rows and back, checked.

A table may be incomplete. What is left empty is filled in: pan and distance along time from the steps around it,
footwear from the others, level 0 dB, confidence 1.
"""

import math
import reprlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from common.errors import UserError
from footsteps.steps import Step
from footsteps.vocabulary import FOOTWEAR, SURFACES

# Field of Step and its heading, in the order in which people need them.
COLUMNS = {
    "time": "Time (s)",
    "side": "Side",
    "surface": "Ground",
    "footwear": "Shoes",
    "level": "Level (dB)",
    "pan": "Pan",
    "distance": "Distance (dB)",
    "running": "Running",
    "confidence": "Confidence",
}
SIDES = ("left", "right")
USUAL_FOOTWEAR = "sneakers"
MOST_STEPS = 20_000  # 5 minutes hold about a thousand
RANGES = {
    "time": (0.0, 3600.0),
    "level": (-60.0, 24.0),
    "pan": (-1.0, 1.0),
    "distance": (-60.0, 0.0),
    "confidence": (0.0, 1.0),
}

HELP = (
    "Double-click a cell to change it, then press **Render again**. To delete a step, empty its time. The menus Ground "
    "and Shoes go into every row. Pan runs from -1 (left) to 1 (right); empty, like an empty distance, it follows its "
    f"neighbours.\n\nSide: {', '.join(SIDES)}. Ground: {', '.join(SURFACES)}. Shoes: {', '.join(FOOTWEAR)}."
)


def to_dicts(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """One dict of plain values a step, its numbers rounded."""
    return [asdict(step.rounded()) for step in steps]


def from_dicts(entries: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Steps in order of time. Raises UserError that names the row, the value and the valid ones."""
    if not isinstance(entries, list | tuple):
        raise UserError(f"Steps must be a list with one object a step, not {type(entries).__name__}.")
    if len(entries) > MOST_STEPS:
        raise UserError(f"{len(entries)} steps were given; at most {MOST_STEPS} fit into one video.")
    read = sorted((_read(entry, f"Step {n}") for n, entry in enumerate(entries, 1)), key=lambda entry: entry["time"])
    if not read:
        raise UserError("There is no step in the table. Add at least one, with its time, side and ground.")
    for key in ("pan", "distance"):
        _fill(read, key)
    worn = Counter(entry["footwear"] for entry in read if entry["footwear"])
    usual = worn.most_common(1)[0][0] if worn else USUAL_FOOTWEAR
    return [Step(**{**entry, "footwear": entry["footwear"] or usual}) for entry in read]


def to_rows(steps: Sequence[Step]) -> list[list[Any]]:
    """Rows in the order of COLUMNS, with numbers as a person wants to read them."""
    places = {"time": 3, "level": 1, "pan": 2, "distance": 1, "confidence": 2}
    return [
        [
            round(value, places[key]) if key in places else value
            for key, value in ((k, getattr(step, k)) for k in COLUMNS)
        ]
        for step in steps
    ]


def from_rows(rows: Sequence[Sequence[Any]]) -> list[Step]:
    """Steps of an edited table; rows without a time are left out. Raises UserError like `from_dicts`."""
    return from_dicts([dict(zip(COLUMNS, row, strict=True)) for row in _with_time(rows)])


def set_column(rows: Sequence[Sequence[Any]], value: Any, column: str, unless: Any = None) -> list[list[Any]]:
    """The rows with `value` in every cell of `column`, a key of COLUMNS; as they are when the value is `unless`."""
    if value == unless:
        return [list(row) for row in rows]
    position = list(COLUMNS).index(column)
    return [[*row[:position], value, *row[position + 1 :]] for row in rows]


def add_row(rows: Sequence[Sequence[Any]], surface: str, duration: float) -> list[list[Any]]:
    """The rows and one more: half a second after the last, on the other foot, but not after the clip's `duration`.

    `surface` is that of a first row. Only the last row that has a time is read: what is wrong in another can wait.
    """
    known = _with_time(rows)
    if not known:
        return to_rows([Step(min(0.5, duration), "left", surface, USUAL_FOOTWEAR)])
    last = from_rows(known[-1:])[0]
    new = replace(last, time=min(last.time + 0.5, duration), side="right" if last.side == "left" else "left")
    return [*map(list, rows), *to_rows([new])]


def _with_time(rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return [row for row in rows if not _empty(row[0])]


def _read(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The fields of one step, None where pan, distance or footwear is left out."""
    if not isinstance(entry, Mapping):
        raise UserError(f"{name} is {_quoted(entry)}; it must be an object such as {{'time': 1.2, 'side': 'left', …}}.")
    if unknown := set(entry) - set(COLUMNS):
        raise UserError(
            f"{name} has {', '.join(sorted(str(key)[:40] for key in unknown)[:9])}; known are {', '.join(COLUMNS)}."
        )
    return {
        "time": _number(entry, "time", name),
        "side": _choice(entry, "side", SIDES, name),
        "surface": _choice(entry, "surface", SURFACES, name),
        "footwear": None if _empty(entry.get("footwear")) else _choice(entry, "footwear", FOOTWEAR, name),
        "level": _number(entry, "level", name, 0.0),
        "pan": _number(entry, "pan", name, math.nan),
        "distance": _number(entry, "distance", name, math.nan),
        "running": _flag(entry, "running", name),
        "confidence": _number(entry, "confidence", name, 1.0),
    }


def _number(entry: Mapping[str, Any], key: str, name: str, default: float | None = None) -> float:
    value = entry.get(key)
    if _empty(value) and default is not None:
        return default
    low, high = RANGES[key]
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not low <= number <= high:
        raise UserError(f"{name}: {key} is {_quoted(value)}; it must be a number from {low:g} to {high:g}.")
    return number


def _choice(entry: Mapping[str, Any], key: str, known: Sequence[str], name: str) -> str:
    value = str(entry.get(key) or "").strip().lower()
    if value not in known:
        raise UserError(f"{name}: {key} is {_quoted(entry.get(key))}; use one of {', '.join(known)}.")
    return value


def _flag(entry: Mapping[str, Any], key: str, name: str) -> bool:
    value = entry.get(key)
    word = "" if _empty(value) else str(value).strip().lower()
    if word not in ("", "true", "yes", "1", "1.0", "false", "no", "0", "0.0"):
        raise UserError(f"{name}: {key} is {_quoted(value)}; use true or false.")
    return word in ("true", "yes", "1", "1.0")


def _quoted(value: Any) -> str:
    """The value as in Python, cut in the middle where it is long: a message must stay one to read."""
    return reprlib.repr(value)


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _fill(entries: Sequence[dict[str, Any]], key: str) -> None:
    """Put values along time in place of NaN; 0 when there is none at all."""
    times = np.array([entry["time"] for entry in entries])
    values = np.array([entry[key] for entry in entries])
    known = ~np.isnan(values)
    between = np.interp(times, times[known], values[known]) if known.any() else np.zeros(len(values))
    for entry, value in zip(entries, np.where(known, values, between), strict=True):
        entry[key] = float(value)
