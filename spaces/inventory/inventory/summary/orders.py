"""What to order and why, and the list of it as a file."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from common.spreadsheets import neutral
from inventory.summary.notation import ALL_ROWS, URGENCY, amount, bullets, named

ORDER_HEADS = {"Item": "46%", "Order": "28%", "In stock": "26%"}
METHODS = [("From the forecast", "forecast"), ("As the three most alike outlets order", "neighbours")]
SERVICE = "The chance that nothing runs out before the next delivery."
REVIEW = "Days until you can order again; 0: as such items are usually ordered."


def orders(found: Sequence[dict]) -> str:
    wanted = [one for one in found if one["packs"]]
    urgent_ones = sum(one["urgency"] == "urgent" for one in found)
    if not wanted:
        return f"Nothing to order: all {len(found)} items last until the next order comes."
    return f"**{len(wanted)} of {len(found)} items to order today, {urgent_ones} of them urgent (‼).**"


def order_rows(found: Sequence[dict], several: bool) -> list[list]:
    """See ORDER_HEADS; the quantity is a number in the unit of the stock, which a person may change."""
    return [
        [URGENCY[one["urgency"]] + named(one, several), one["quantity"], amount(one["stock"], one["unit"])]
        for one in found
    ]


def order_reasons(found: Sequence[dict], several: bool) -> str:
    return bullets([f"**{named(one, several)}**: {one['reason']}" for one in found[:ALL_ROWS]])


def similar(found: Sequence[dict]) -> str:
    if not found:
        return "There is no other outlet to compare with, or too little is known of this one yet."
    return "Most alike: " + ", ".join(f"{one['outlet']} ({one['similarity']:.2f})" for one in found[:3]) + "."


def write_orders(path: Path, rows: Sequence[Sequence], about: Mapping[str, Mapping]) -> None:
    """A CSV of what is to be ordered. about: unit, stock and reason of what a row names"""
    with open(path, "w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Item", "Order", "Unit", "In stock", "Why"])
        for name, quantity, _ in rows:
            name = str(name).removeprefix(URGENCY["urgent"])
            one = about[name]
            cells = [name, quantity, one["unit"], one["stock"], one["reason"]]
            writer.writerow(map(neutral, cells))
