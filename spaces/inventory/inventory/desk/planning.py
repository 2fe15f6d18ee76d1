"""What there is, what will be needed and what to order, as page and API see it."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from common.errors import UserError
from inventory.desk.base import Base, days_of, number, numbers, whole
from inventory.forecasting.forecast import HORIZON, QUICK
from inventory.ordering.demand_sum import daily_mean
from inventory.ordering.neighbours import similar
from inventory.ordering.quantities import SERVICE_LEVEL, Recommendation
from inventory.ordering.today import by_forecast, by_neighbours, series_items, stock_of
from inventory.store.book import Book

if TYPE_CHECKING:
    from inventory.forecasting.backtest import Method

Tell = Callable[[float, str], None]  # the share that is done, and a line
METHODS = ("forecast", "neighbours")
HISTORY = 90  # days
ALARMS = 30  # days
MOST_CUTOFFS = 12
_LINES = 8
_URGENCIES = ("urgent", "order", "enough")


class Planning(Base):
    """The part of the desk that looks ahead."""

    def overview(self, outlet: str = "") -> dict:
        """Show the stock of today, how long it lasts and what to order.

        Args:
            outlet: its name; empty for all of them

        Returns:
            today (the last day in the book); items: for each item of each outlet outlet, item, category, unit, stock,
            counted (day of the count), cover_days, on_order, order, packs, urgency (urgent, order or enough), alarms
            (findings of the last 30 days); totals: series, urgent, to_order, alarms, stock_value, order_value; lines:
            what is urgent, in words. The urgent ones come first, then what lasts the shortest.
        """
        book = self.book
        rows = set(self.rows(book.panel, outlet))
        items = series_items(book.panel, book.items)
        stock = stock_of(book.panel, items)
        since = book.today - timedelta(days=ALARMS - 1)
        alarms = Counter((one.outlet, one.item) for one in self.found(book) if one.day >= since)
        lines = []
        for row, (one, item) in enumerate(zip(self.ordered(book), items, strict=True)):
            if row in rows:
                count = int(stock.counted[row])
                lines.append({
                    "outlet": one.outlet,
                    "item": one.item,
                    "category": item.category,
                    "unit": one.unit,
                    "stock": number(one.stock),
                    "counted": str(book.panel.days[count]) if count >= 0 else None,
                    "cover_days": one.cover_days,
                    "on_order": number(one.on_order),
                    "order": one.quantity,
                    "packs": one.packs,
                    "urgency": one.urgency,
                    "alarms": alarms[one.outlet, one.item],
                })  # fmt: skip
        lines.sort(key=lambda one: (_URGENCIES.index(one["urgency"]), one["cover_days"], one["outlet"], one["item"]))
        return {"today": str(book.today), "items": lines, "totals": _totals(book, lines), "lines": _in_words(lines)}

    def forecast(self, outlet: str, item: str, days: int = HORIZON) -> dict:
        """Forecast what will be needed of an item on each of the next days.

        Args:
            outlet: its name
            item: its name
            days: 1 to 14

        Returns:
            outlet, item, unit, model and reason; history: days and used (null where unknown or out of stock) of the
            last 90 days; days, low, middle, high: the 10, 50 and 90 % quantiles; total (mean of the sum); version.
        """
        days = whole(days, "number of days", 1, HORIZON)
        book = self.book
        if not (outlet or "").strip() or not (item or "").strip():
            raise UserError("A forecast is of one item of one outlet: choose both.")
        [row] = self.rows(book.panel, outlet, item)
        made = self.foretold(book)
        where, what = book.panel.keys[row]
        low, middle, high = (part[row, :days] for part in (made.low, made.middle, made.high))
        return {
            "outlet": where,
            "item": what,
            "unit": book.by_name[what].unit,
            "model": made.model[row],
            "reason": made.reason[row],
            "history": {
                "days": days_of(book.panel.days[-HISTORY:]),
                "used": numbers(book.panel.demand[row, -HISTORY:]),
            },
            "days": days_of(made.days[:days]),
            "low": numbers(low),
            "middle": numbers(middle),
            "high": numbers(high),
            "total": number(float(daily_mean(low, middle, high).sum())),
            "version": book.model,
        }

    def backtest(
        self, outlet: str = "", item: str = "", cutoffs: int = 4, thorough: bool = False, *, tell: Tell | None = None
    ) -> dict:
        """Compare ways to forecast on earlier dates, with nothing but what was known then.

        Args:
            outlet: whose series; empty for all
            item: likewise
            cutoffs: how many earlier dates are scored, 1 to 12, two weeks apart
            thorough: with AutoETS, LightGBM and the LSTM, which takes minutes

        Returns:
            first, last, horizon, cutoffs, series; methods: for each name, wape, mase, pinball, coverage (of the 80 %
            interval), bias, r2, seconds; the lowest WAPE first.
        """
        from inventory.forecasting.backtest import Usage, backtest, measured
        from inventory.forecasting.choice import automatic
        from inventory.forecasting.learned import AUTOMATIC

        cutoffs = whole(cutoffs, "number of cutoffs", 1, MOST_CUTOFFS)
        book = self.book
        panel = book.believed.only(self.rows(book.panel, outlet, item))
        # As many before them, by which the automatic choice is made, where there are days for them.
        first = max(1, min(cutoffs, _cutoffs_of(panel.shape[1]) - cutoffs))
        methods = _methods(thorough)
        tested = backtest(panel, methods, HORIZON, cutoffs=first + cutoffs, refit=first + cutoffs, progress=tell)
        with measured() as taken:
            chosen = automatic(tested, first)[0]
        judged = tested.part(slice(first, None))
        scores = {name: judged.score(predicted) for name, predicted in judged.predicted.items()}
        scores[AUTOMATIC] = judged.score(chosen)
        usage: dict[str, Usage] = {**tested.usage, AUTOMATIC: taken()}
        shown = ("wape", "mase", "pinball", "coverage", "bias", "r2")
        table = [
            {"name": name, **{what: number(getattr(one, what), 4) for what in shown}}
            | {"seconds": round(usage[name].seconds, 2)}
            for name, one in scores.items()
        ]
        return {
            "first": str(judged.cutoffs[0]),
            "last": str(judged.cutoffs[-1]),
            "horizon": HORIZON,
            "cutoffs": cutoffs,
            "series": panel.shape[0],
            "methods": sorted(table, key=lambda one: (one["wape"] is None, one["wape"])),
        }

    def recommend_order(
        self,
        outlet: str,
        item: str = "",
        days: int = 0,
        service_level: float = SERVICE_LEVEL,
        method: str = "forecast",
    ) -> list[dict]:
        """Say what to order today, with the reason.

        Args:
            outlet: its name; empty for all of them
            item: its name; empty for all of the outlet's
            days: until the next order can be written; 0: as such items are usually ordered
            service_level: .5 to .999, the wanted chance that nothing is missed
            method: "forecast", or "neighbours": as the three most alike outlets order

        Returns:
            For each: outlet, item, unit, quantity, packs, stock, on_order, cover_days, service_level (null of
            neighbours), urgency (urgent, order or enough), reason.
        """
        if method not in METHODS:
            raise UserError(f"There is no method {method!r:.60}: give {' or '.join(METHODS)}.")
        days = whole(days, "number of days until the next order", 0, 365)
        book = self.book
        rows = self.rows(book.panel, outlet, item)
        if method == "forecast":
            all_ = self.ordered(book, days, service_level)
            found = [all_[row] for row in rows]
        else:
            items, wanted = series_items(book.panel, book.items), {book.panel.keys[row] for row in rows}
            outlets = dict.fromkeys(where for where, _ in sorted(wanted))
            found = [
                one
                for where in outlets
                for one in by_neighbours(book.panel, items, where, days)
                if (one.outlet, one.item) in wanted
            ]
        found.sort(key=lambda one: (_URGENCIES.index(one.urgency), one.cover_days, one.outlet, one.item))
        return [_plain(one) for one in found]

    def similar_outlets(self, outlet: str) -> list[dict]:
        """Which outlets use the same things on the same days of the week.

        Args:
            outlet: its name

        Returns:
            For each other outlet: outlet, similarity 0 to 1; the most alike first.
        """
        name = self.outlet_named(outlet)
        if name is None:
            raise UserError("There is no outlet yet. Choose one.")
        return [{"outlet": other, "similarity": likeness} for other, likeness in similar(self.book.panel, name)]

    def ordered(self, book: Book, days: int = 0, service_level: float = SERVICE_LEVEL) -> tuple[Recommendation, ...]:
        """What to order of each series of a book, by the forecast."""
        items = series_items(book.panel, book.items)
        return self._books.once(
            ("orders", book.hash, book.model, items, days, service_level),
            lambda: by_forecast(book.panel, items, self.foretold(book), days, service_level),
        )


def _plain(one: Recommendation) -> dict:
    found = vars(one) | {name: number(getattr(one, name)) for name in ("stock", "on_order", "quantity")}
    return found | {"service_level": number(one.service_level, 4)}


def _totals(book: Book, lines: list[dict]) -> dict:
    price = {item.name: item.price for item in book.items}
    return {
        "series": len(lines),
        "urgent": sum(line["urgency"] == "urgent" for line in lines),
        "to_order": sum(line["packs"] > 0 for line in lines),
        "alarms": sum(line["alarms"] for line in lines),
        "stock_value": round(sum(line["stock"] * price[line["item"]] for line in lines), 2),
        "order_value": round(sum(line["order"] * price[line["item"]] for line in lines), 2),
    }


def _in_words(lines: list[dict]) -> list[str]:
    """What is urgent; the lines are sorted."""
    urgent = [line for line in lines if line["urgency"] == "urgent"]
    said = [
        f"{line['outlet']}: {line['item']} lasts {line['cover_days']:g} days; order {line['order']:g} {line['unit']}."
        for line in urgent[:_LINES]
    ]
    return [*said, f"And {len(urgent) - _LINES} more."] if len(urgent) > _LINES else said


def _cutoffs_of(days: int) -> int:
    """How many cutoffs as many days of records have room for."""
    from inventory.forecasting.backtest import SHORTEST

    return (days - SHORTEST) // HORIZON


def _methods(thorough: bool) -> "tuple[Method, ...]":
    if not thorough:
        return QUICK
    from inventory.forecasting.baselines import BASELINES
    from inventory.forecasting.lstm_training import LstmLearner
    from inventory.forecasting.trees import Trees

    return (*BASELINES, Trees(), LstmLearner())
