"""What looks wrong in the book, and what people say about it, as page and API see it."""

from datetime import date, timedelta

from common.errors import UserError
from inventory.anomalies.detection import HIGHEST_RATE, RATE
from inventory.anomalies.rules import KINDS
from inventory.desk.base import Base, checked_day, time_of, whole
from inventory.store.feedback import NOT_ANOMALY, VERDICTS

SHOWN = 90  # days


class Findings(Base):
    """The part of the desk about anomalies."""

    def anomalies(self, outlet: str = "", item: str = "", days: int = SHOWN, rate: float = RATE) -> list[dict]:
        """Find what looks wrong: stock that was lost, unusual usage, irregular orders, wrong numbers.

        Args:
            outlet: its name; empty for all
            item: likewise
            days: that are looked at, up to the last one in the book
            rate: false alarms that one is ready to look at, an item of an outlet and month

        Returns:
            For each, the newest day first: day, outlet, item, unit, kind (stock_loss, unusual_usage, irregular_order
            or data_entry), severity 0 to 1, observed, low, high (the usual range), why.
        """
        days = whole(days, "number of days", 1, 3_660)
        if not isinstance(rate, int | float) or not 0 < rate <= HIGHEST_RATE:
            raise UserError(f"The rate of false alarms is {rate!r:.60}: give a number above 0, up to {HIGHEST_RATE:g}.")
        book = self.book
        keys = {book.panel.keys[row] for row in self.rows(book.panel, outlet, item)}
        since = book.today - timedelta(days=days - 1)
        found = [one for one in self.found(book, float(rate)) if one.day >= since and (one.outlet, one.item) in keys]
        found.sort(key=lambda one: (-one.day.toordinal(), -one.severity, one.outlet, one.item))
        return [vars(one) | {"day": str(one.day), "unit": book.by_name[one.item].unit} for one in found]

    def anomaly_feedback(self, day: str, outlet: str, item: str, kind: str, verdict: str = NOT_ANOMALY) -> dict:
        """Say of a finding whether it was an anomaly. What was none makes its like be reported less.

        Args:
            day: of the finding, such as 2026-03-31
            outlet: its name
            item: its name
            kind: of the finding
            verdict: not_anomaly or anomaly

        Returns:
            number, by which it can be undone; anomalies: how many are reported of the last 90 days, before and after.
        """
        if verdict not in VERDICTS:
            raise UserError(f"There is no verdict {verdict!r:.60}: give {' or '.join(VERDICTS)}.")
        if kind not in KINDS:
            raise UserError(f"There is no kind of findings {kind!r:.60}. There are {', '.join(KINDS)}.")
        when = checked_day(day)
        if when is None:
            raise UserError("The day of the finding is missing. Write it as 2026-03-31.")
        where, what = self._series(outlet, item)
        before = self._count()
        number = self.store.add_feedback(when, where, what, kind, verdict)
        return {"number": number, "anomalies": {"before": before, "after": self._count()}}

    def undo_anomaly_feedback(self, number: int) -> dict:
        """Take a verdict back; the findings are as they were before it.

        Args:
            number: that `anomaly_feedback` gave

        Returns:
            number, anomalies: how many are reported of the last 90 days now.
        """
        number = whole(number, "number of the verdict", 0, 2**31)
        if not self.store.undo_feedback(number):
            raise UserError(f"There is no verdict {number} in force. Choose one of the list of verdicts.")
        return {"number": number, "anomalies": self._count()}

    def verdicts(self) -> list[dict]:
        """List the verdicts that are in force, the newest first.

        Returns:
            For each: number, day, outlet, item, kind, verdict, created.
        """
        return [
            {
                "number": one.id,
                "day": str(one.day),
                "outlet": one.outlet,
                "item": one.item,
                "kind": one.kind,
                "verdict": one.verdict,
                "created": time_of(one.created),
            }
            for one in reversed(self.store.feedback())
        ]

    def _series(self, outlet: str, item: str) -> tuple[str, str]:
        """Raises UserError where one of them is missing or there are no records of them."""
        if not (outlet or "").strip() or not (item or "").strip():
            raise UserError("A verdict is on an item of an outlet: give both.")
        panel = self.book.panel
        [row] = self.rows(panel, outlet, item)
        return panel.keys[row]

    def _count(self) -> int:
        """Findings of the last days at the usual rate."""
        book = self.book
        since: date = book.today - timedelta(days=SHOWN - 1)
        return sum(one.day >= since for one in self.found(book))
