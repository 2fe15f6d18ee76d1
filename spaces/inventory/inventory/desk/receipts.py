"""Receipts as page and API see them: scanned, reviewed by a person, confirmed into stock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from common.errors import UserError
from inventory import units
from inventory.desk.base import Base, checked_day, time_of, whole
from inventory.items import Item
from inventory.receipts.lines import Line
from inventory.receipts.match import match_lines
from inventory.receipts.reading import Receipt, scan
from inventory.store.receipts import STATES, Delivered, StoredReceipt

LARGEST_ID = 2**31 - 1


class Receipts(Base):
    """The part of the desk about receipts."""

    def scan_receipt(self, file: str, *, name: str = "") -> dict:
        """Read a receipt. It is kept for review; nothing enters stock before `confirm_receipt`.

        Args:
            file: photo, scan or PDF

        Returns:
            number; company, date, total, tax (null where not found), currency, confidence by field; lines: for each
            text, quantity, unit, price, amount, confidence, and what is proposed: item (null where none is likely),
            match (confidence 0 to 1), why, others, amount_in_stock and stock_unit (null where it can't be converted);
            checks (name, holds, said), warnings, engine, seconds.
        """
        if not file:
            raise UserError("There is no receipt yet. Take a photo, or upload a picture or a PDF.")
        began = time.perf_counter()
        scanned = _plain(scan(file)) | {"seconds": round(time.perf_counter() - began, 2)}
        number = self.store.add_receipt(scanned, name or Path(file).name)
        return {"number": number, **self._with_matches(scanned)}

    def confirm_receipt(self, number: int, outlet: str, day: str, lines: list) -> dict:
        """Let the reviewed lines of a receipt enter stock, once: what came in of each item that day grows by them.

        Args:
            number: that `scan_receipt` gave
            outlet: where it came in
            day: when, such as 2026-03-31
            lines: for each item, amount, and where wanted unit (empty for the item's own) and text (as it stands on
                the receipt; it is recognised next time)

        Returns:
            number, status, outlet, day, lines; of each also beside: what the book had come in that day before, in the
            item's own unit. If that was the same delivery, it is there twice now.
        """
        when = checked_day(day)
        if when is None:
            raise UserError("The day is missing. Write when it came in, as 2026-03-31.")
        if when > max(date.today(), self.store.latest_day() or date.min):
            raise UserError(f"The day {when} is to come. Write when it came in.")
        given = [_delivered(line) for line in _list(lines)]
        number = whole(number, "number of the receipt", 0, LARGEST_ID)
        kept = self.store.confirm_receipt(number, outlet or "", when, given)
        for line in given:
            if line.text.strip():
                self.store.learn_receipt_name(line.text, line.item)
        return {
            "number": kept.id,
            "status": kept.status,
            "outlet": kept.outlet,
            "day": str(kept.day),
            "lines": [asdict(line) for line in kept.lines],
        }

    def discard_receipt(self, number: int) -> dict:
        """Put a receipt away; nothing of it enters stock.

        Args:
            number: that `scan_receipt` gave

        Returns:
            number, status.
        """
        number = whole(number, "number of the receipt", 0, LARGEST_ID)
        self.store.discard_receipt(number)
        return {"number": number, "status": self.store.receipt(number).status}

    def receipts(self, status: str = "") -> list[dict]:
        """List the latest receipts, the newest first.

        Args:
            status: scanned (they wait for review), confirmed or discarded; empty for all

        Returns:
            For each: number, created, file, status, company, date, total, outlet, day, lines (that entered stock).
        """
        if status and status not in STATES:
            raise UserError(f"There is no status {status!r:.60}: give {', '.join(STATES)}, or nothing for all.")
        return [
            _head(one)
            | {name: one.scanned.get(name) for name in ("company", "date", "total")}
            | {"lines": [asdict(line) for line in one.lines]}
            for one in self.store.receipts(status or None)
        ]

    def receipt(self, number: int) -> dict:
        """Show a receipt as it was scanned, with what is proposed for each line now.

        Args:
            number: that `scan_receipt` gave

        Returns:
            As `scan_receipt`, and status, outlet, day.
        """
        kept = self.store.receipt(whole(number, "number of the receipt", 0, LARGEST_ID))
        return _head(kept) | self._with_matches(kept.scanned)

    def _with_matches(self, scanned: Mapping) -> dict:
        """With what is proposed for each line."""
        items = self.store.items()
        known = {item.name: item for item in items}
        lines = [Line(**line) for line in scanned["lines"]]
        matches = match_lines(lines, items, self.store.receipt_names())
        proposed = [
            asdict(line)
            | {
                "item": match.item,
                "match": match.confidence,
                "why": match.why,
                "others": list(match.others),
                "amount_in_stock": _in_stock(line, known.get(match.item)),
                "stock_unit": known[match.item].unit if match.item else None,
            }
            for line, match in zip(lines, matches, strict=True)
        ]
        return {**scanned, "lines": proposed}


def _plain(found: Receipt) -> dict:
    """As JSON takes it, with numbers of its own."""
    plain = asdict(found) | {"date": found.date and str(found.date), "warnings": list(found.warnings)}
    return plain | {"lines": list(plain["lines"]), "checks": list(plain["checks"])}


def _head(kept: StoredReceipt) -> dict:
    return {
        "number": kept.id,
        "created": time_of(kept.created),
        "file": kept.file,
        "status": kept.status,
        "outlet": kept.outlet,
        "day": kept.day and str(kept.day),
    }


def _in_stock(line: Line, item: Item | None) -> float | None:
    """The amount in the item's unit; None where it can't be told. Without a unit a number is one of pieces."""
    if item is None:
        return None
    try:
        return units.convert(line.quantity, line.unit or "pcs", item.unit)
    except UserError:
        return None


def _list(lines: object) -> Sequence:
    if not isinstance(lines, list | tuple):
        raise UserError(f"The lines are {lines!r:.60}: give a list with item and amount for each.")
    return lines


def _delivered(line: object) -> Delivered:
    if not isinstance(line, Mapping) or not line.get("item"):
        raise UserError(f"The line {line!r:.80} has no item: give item and amount, and where wanted unit and text.")
    try:
        amount = float(line.get("amount"))
    except (TypeError, ValueError):
        raise UserError(f"The amount of {line['item']!r:.60} is {line.get('amount')!r:.60}: give a number.") from None
    return Delivered(str(line["item"]), amount, str(line.get("unit") or ""), str(line.get("text") or ""))
