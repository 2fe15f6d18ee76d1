"""The answer to a query from the records, in numbers: read-only, and no words of the question reach any database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from inventory.items import Item
from inventory.panel import Panel
from inventory.questions.query import Query

if TYPE_CHECKING:
    from inventory.anomalies.detection import Anomaly
    from inventory.forecasting.forecast import Forecast
    from inventory.ordering.quantities import Recommendation

MONEY = "RM"
DEFAULTS = {
    "stock": "today",
    "stock_value": "today",
    "cover": "today",
    "forecast": "next_7_days",
    "anomalies": "last_30_days",
    "last_delivery": "all",
}
DEFAULT = "last_7_days"  # of all others
USUAL = 28  # days over which usage is averaged for the cover
LONGEST_COVER = 999.0  # days
_AMOUNTS = {"used": "used", "received": "stock_in", "ordered": "ordered", "wasted": "wasted"}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Row:
    """A line of a result. value: a number in `unit`, a day, or None where nothing is recorded; note: in words"""

    name: str
    value: float | date | None
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Result:
    """What the records say.

    query: as it was understood, with what it left open filled in
    rows: one, or one for each outlet, item or day; of a ranking the best first
    first, last: the days that were looked at; None where time plays no part
    total: sums up the rows where that makes sense
    """

    query: Query
    rows: tuple[Row, ...]
    first: date | None = None
    last: date | None = None
    total: Row | None = None


@dataclass(frozen=True)
class Sources:
    """What the records alone don't say, from other rooms; None where it can't be asked.

    forecast: the panel and a number of days -> Forecast
    to_order: the panel -> what to order today
    anomalies: the panel and a day -> findings from that day on
    """

    forecast: "Callable[[Panel, int], Forecast] | None" = None
    to_order: "Callable[[Panel], Sequence[Recommendation]] | None" = None
    anomalies: "Callable[[Panel, date], Sequence[Anomaly]] | None" = None


@dataclass(frozen=True, eq=False)
class _Table:
    """Numbers to be summed up: values (S, T), prices and units (S,)."""

    keys: tuple[tuple[str, str], ...]
    days: tuple[date, ...]
    values: np.ndarray
    prices: np.ndarray
    units: tuple[str, ...]


def window(period: str, today: date) -> tuple[date, date]:
    """First and last day of a period; "all" begins with the calendar. A weekday is the last one, today included."""
    day = timedelta(1)
    monday, first = today - day * today.weekday(), today.replace(day=1)
    fixed = {
        "today": (today, today),
        "yesterday": (today - day, today - day),
        "tomorrow": (today + day, today + day),
        "this_week": (monday, monday + 6 * day),
        "last_week": (monday - 7 * day, monday - day),
        "next_week": (monday + 7 * day, monday + 13 * day),
        "this_month": (first, _month_end(first)),
        "last_month": ((first - day).replace(day=1), first - day),
        "this_year": (today.replace(month=1, day=1), today.replace(month=12, day=31)),
        "last_year": (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        "all": (date.min, today),
    }
    if period in fixed:
        return fixed[period]
    kind, _, rest = period.partition(":")
    if kind == "year":
        return date(int(rest), 1, 1), date(int(rest), 12, 31)
    if kind == "month":
        start = date.fromisoformat(f"{rest}-01")
        return start, _month_end(start)
    if kind == "weekday":
        meant = today - day * ((today.weekday() - _WEEKDAYS.index(rest)) % 7)
        return meant, meant
    if kind == "day":
        try:
            return (date.fromisoformat(rest),) * 2
        except ValueError:
            raise UserError(f"There is no day {rest!r}. Write it as 2025-03-31.") from None
    way, count, _ = period.split("_")
    length = day * int(count)
    return (today - length + day, today) if way == "last" else (today + day, today + length)


def _month_end(start: date) -> date:
    return (start + timedelta(31)).replace(day=1) - timedelta(1)


def run(query: Query, panel: Panel, items: Sequence[Item], sources: Sources | None = None) -> Result:
    """What the records say to a query.

    items: of all series; their units and prices. Raises UserError where a source is missing, or what it raises.
    """
    sources = sources or Sources()
    today = panel.days[-1].item()
    query = _filled(query)
    rows = [
        row
        for row, (outlet, item) in enumerate(panel.keys)
        if (not query.items or item in query.items) and (not query.outlets or outlet in query.outlets)
    ]
    part = panel.only(rows)
    known = {item.name: item for item in items}
    if query.intent in ("items", "outlets", "price"):
        return _listed(query, part, known)
    first, last = window(query.period or DEFAULTS.get(query.intent, DEFAULT), today)
    if query.intent == "anomalies":
        return _anomalies(query, panel, _needed(sources.anomalies, "anomalies"), first, min(last, today))
    if query.intent == "to_order":
        found = {(one.outlet, one.item): one.quantity for one in _needed(sources.to_order, "orders")(panel)}
        values = np.array([[found.get(key, np.nan)] for key in part.keys]).reshape(-1, 1)
        return _summed(query, _table(part.keys, [today], values, known), today, today)
    if query.intent == "forecast":
        return _forecast(query, panel, part.keys, known, _needed(sources.forecast, "forecasts"), (first, last), today)
    first, last = panel.days[0].item() if first == date.min else first, min(last, today)
    part = part.since(np.datetime64(first)).until(np.datetime64(last))
    if query.intent == "last_delivery":
        return _last_delivery(query, part, first, last)
    days = [one.item() for one in part.days]
    if query.intent == "ran_out":
        empty = np.where(np.isnan(part.balance), np.nan, part.balance <= 0)
        table = replace(_table(part.keys, days, empty, known), units=("days",) * len(part.keys))
        return _summed(query, table, first, last, seldom=True)
    if query.intent in _AMOUNTS:
        return _summed(query, _table(part.keys, days, getattr(part, _AMOUNTS[query.intent]), known), first, last)
    if query.intent == "cover":
        return _cover(query, panel.only(rows).until(np.datetime64(last)), known, last)
    return _balance(query, part, days, known, first, last)


def _filled(query: Query) -> Query:
    """A ranking is of something: of outlets where one item is named, else of items. Several names are compared."""
    by = query.by
    if not by and query.rank:
        by = "outlet" if len(query.items) == 1 else "item"
    if not by and len(query.items) > 1:
        by = "item"
    if not by and len(query.outlets) > 1:
        by = "outlet"
    return replace(query, by=by)


def _needed(source: Callable | None, what: str) -> Callable:
    if source is None:
        raise UserError(f"Questions about {what} can't be answered here: no source of them is set up.")
    return source


def _table(keys, days: Sequence[date], values: np.ndarray, known: dict[str, Item]) -> _Table:
    mine = [known.get(item, Item(item, "")) for _, item in keys]
    prices = np.array([item.price for item in mine])
    return _Table(tuple(keys), tuple(days), values, prices, tuple(item.unit for item in mine))


def _summed(query: Query, table: _Table, first: date, last: date, seldom: bool = False) -> Result:
    """Sums, or means of a day, of a table: one, or one for each. seldom: a line of nothing is left out."""
    if not query.by and not query.items and len(set(table.units)) > 1:
        query = replace(query, by="item")  # kilograms and pieces don't add up
    groups = _groups(query.by, table)
    # What has several units is told in money.
    money = any(len({table.units[row] for row in rows}) > 1 for _, rows, _ in groups)
    values = table.values * table.prices[:, None] if money else table.values
    found = []
    for name, rows, columns in groups:
        unit = MONEY if money else (table.units[rows[0]] if rows else "")
        found.append(Row(name, _sum(values[np.ix_(rows, columns)], query.per_day), unit))
    total = None
    if len({row.unit for row in found}) == 1 and len(found) > 1 and not query.rank:
        known = [row.value for row in found if row.value is not None]
        total = Row("", round(sum(known), 6) if known and not query.per_day else None, found[0].unit)
    elif query.by == "item" and not query.rank and not seldom and (table.prices > 0).any():
        total = Row("", _sum(table.values * table.prices[:, None], query.per_day), MONEY)
    if seldom and query.by:
        found = [row for row in found if row.value]
    return Result(query, _ranked(query, found), first, last, total)


def _groups(by: str, table: _Table) -> list[tuple[str, list[int], list[int]]]:
    """Name, rows and columns of each line."""
    rows, columns = list(range(len(table.keys))), list(range(len(table.days)))
    if by == "day":
        return [(day.isoformat(), rows, [at]) for at, day in enumerate(table.days)]
    if not by:
        return [("", rows, columns)]
    names = [key[("outlet", "item").index(by)] for key in table.keys]
    return [(name, [row for row, other in enumerate(names) if other == name], columns) for name in dict.fromkeys(names)]


def _sum(values: np.ndarray, per_day: bool) -> float | None:
    """The sum of what is known, or its mean over the days of which something is known; None where nothing is."""
    there = ~np.isnan(values)
    if not there.any():
        return None
    total = float(np.nansum(values))
    return round(total / int(there.any(axis=0).sum()) if per_day else total, 6)


def _ranked(query: Query, rows: Sequence[Row]) -> tuple[Row, ...]:
    if not query.rank:
        return tuple(rows)
    known = [row for row in rows if row.value is not None]
    return tuple(sorted(known, key=lambda row: row.value, reverse=query.rank == "most")[: query.top])


def _balance(query: Query, part: Panel, days: list[date], known: dict[str, Item], first: date, last: date) -> Result:
    """Stock in the evening of the last day, each day, or in the mean; in money where its worth is asked for."""
    if query.by != "day" and not query.per_day and days:
        part, first = part.since(np.datetime64(last)), last
        days = days[-1:]
    table = _table(part.keys, days, part.balance, known)
    if query.intent == "stock_value":
        worth = table.values * table.prices[:, None]
        table = replace(table, values=worth, units=(MONEY,) * len(table.units), prices=np.ones(len(table.units)))
    return _summed(query, table, first, last)


def _cover(query: Query, part: Panel, known: dict[str, Item], day: date) -> Result:
    """Days that the stock of an evening lasts at the mean use of the four weeks before."""
    evening = part.balance[:, -1:] if part.shape[1] else np.full((part.shape[0], 1), np.nan)  # before the records
    table = _table(part.keys, [day], evening, known)
    if not query.by and not query.items:
        query = replace(query, by="item")
    recent = part.used[:, -USUAL:]
    there = np.isfinite(recent)
    daily = np.where(there, recent, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    found = []
    for name, rows, _ in _groups(query.by if query.by != "day" else "", table):
        mixed = len({table.units[row] for row in rows}) > 1
        weight = table.prices[rows] if mixed else np.ones(len(rows))
        stock, use = float(np.nansum(table.values[rows, 0] * weight)), float((daily[rows] * weight).sum())
        counted = bool(np.isfinite(table.values[rows]).any())
        days = (min(stock / use, LONGEST_COVER) if use > 0 else None) if counted else None
        found.append(Row(name, None if days is None else round(days, 1), "days"))
    return Result(query, _ranked(query, found), day, day)


def _last_delivery(query: Query, part: Panel, first: date, last: date) -> Result:
    table = _table(part.keys, [one.item() for one in part.days], part.stock_in, {})
    by = query.by if query.by != "day" else ""
    found = []
    for name, rows, _ in _groups(by, table):
        came = np.flatnonzero((np.nan_to_num(table.values[rows]) > 0).any(axis=0))
        found.append(Row(name, table.days[came[-1]] if came.size else None))
    return Result(query, _ranked(query, found), first, last)


def _forecast(
    query: Query, panel: Panel, keys, known, source: Callable, span: tuple[date, date], today: date
) -> Result:
    tomorrow = today + timedelta(1)
    if query.period == "all":
        span = window(DEFAULTS["forecast"], today)
    elif query.period.startswith("weekday:"):
        span = (span[0] + timedelta(7),) * 2  # such a day to come
    elif span[1] < today:
        raise UserError(f"{span[1]} has passed: a forecast is of days to come.")
    first, last = max(span[0], tomorrow), max(span[1], tomorrow)
    found = source(panel, (last - today).days)
    rows = [found.keys.index(key) for key in keys]
    columns = [at for at, day in enumerate(found.days.astype("datetime64[D]").tolist()) if first <= day <= last]
    days = [found.days[at].astype("datetime64[D]").item() for at in columns]
    return _summed(query, _table(keys, days, found.middle[np.ix_(rows, columns)], known), first, last)


def _anomalies(query: Query, panel: Panel, source: Callable, first: date, last: date) -> Result:
    """The findings, or how many of each."""
    found = [
        one
        for one in source(panel, max(first, panel.days[0].item()))
        if first <= one.day <= last
        and (not query.items or one.item in query.items)
        and (not query.outlets or one.outlet in query.outlets)
    ]
    first = max(first, panel.days[0].item())
    if not query.by:
        rows = [Row(f"{one.day} {one.outlet}, {one.item}", one.observed, "", one.why) for one in found]
        return Result(query, tuple(rows), first, last, Row("", float(len(found)), "findings"))
    names = [str(getattr(one, query.by)) for one in found]
    rows = [Row(name, float(names.count(name)), "findings") for name in sorted(set(names))]
    return Result(query, _ranked(query, rows), first, last)


def _listed(query: Query, part: Panel, known: dict[str, Item]) -> Result:
    """Names of items or outlets, or prices of items."""
    if query.intent == "outlets":
        names = sorted({outlet for outlet, _ in part.keys})
        return Result(query, tuple(Row(name, None) for name in names), total=Row("", float(len(names)), "outlets"))
    names = [name for name in known if name in {item for _, item in part.keys}]
    if query.intent == "items":
        rows = tuple(Row(name, None, known[name].unit) for name in names)
        return Result(query, rows, total=Row("", float(len(names)), "items"))
    prices = [Row(name, known[name].price or None, f"{MONEY}/{known[name].unit}") for name in names]
    return Result(query, _ranked(query, prices))
