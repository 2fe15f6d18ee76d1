"""What would come of a file and what came of it, the records, and the items."""

from collections.abc import Sequence

from common.errors import UserError
from inventory.files import days
from inventory.files.columns import FIELDS, TITLES
from inventory.summary.notation import bullets

ASIDE_HEADS = {"Line": "14%", "Problem": "52%", "Cells": "34%"}
RECORD_HEADS = {"Day": 110, "Outlet": 130, "Item": 110, "Unit": 60, "In": 70, "Balance": 85, "Order": 75, "Remark": 150}
ITEM_HEADS = {"Item": 110, "Unit": 60, "Pack": 65, "Lead days": 90, "Keeps days": 95, "Price": 75, "Also called": 200}
FORMATS = [("As the file tells", ""), ("31/12/2026", "DD/MM/YYYY"), ("12/31/2026", "MM/DD/YYYY")]
DECIMALS = [("As the file tells", ""), ("1.5", "."), ("1,5", ",")]


def preview(found: dict) -> str:
    if found["missing"]:
        lead = f"**Say in which column this is: {', '.join(TITLES[one].lower() for one in found['missing'])}.**"
    else:
        lead = f"**{found['rows']:,} rows: {found['good']:,} can be used, {found['bad']:,} would be kept aside.**"
    return f"{lead}{_first_day(found)}\n\n{bullets(found['problems'])}"


def _first_day(found: dict) -> str:
    """How the first date was understood."""
    if not (found["date_format"] and found["first"] and "day" in found["mapping"]):
        return ""
    cell = found["first"][0][found["columns"].index(found["mapping"]["day"])]
    try:
        day = days.read(cell, found["date_format"])
    except UserError:
        return ""
    return f" The first day, {cell}, is {day.day} {day:%B %Y}."


def imported(found: dict) -> str:
    counts = (
        f"**{found['added']:,} records added, {found['changed']:,} changed, {found['same']:,} were the same; "
        f"{found['set_aside']:,} rows kept aside.**"
    )
    return f"{counts}\n\n{bullets(found['notes'])}"


def fields() -> list[tuple[str, str]]:
    """What a column of a file can be, with its title."""
    return [(field, TITLES[field]) for field in FIELDS]


def aside_rows(found: Sequence[dict]) -> list[list]:
    """See ASIDE_HEADS."""
    return [[row["line"], row["reason"], " · ".join(str(cell) for cell in row["cells"])] for row in found]


def import_names(found: Sequence[dict]) -> list[tuple[str, int]]:
    return [
        (f"{one['id']}: {one['file']}, {one['created'][:16].replace('T', ' ')}, {one['set_aside']:,} aside", one["id"])
        for one in found
    ]


def record_rows(found: dict) -> list[list]:
    """See RECORD_HEADS."""
    fields = ("day", "outlet", "item", "unit", "stock_in", "balance", "order", "remark")
    return [["" if one[name] is None else one[name] for name in fields] for one in found["records"]]


def item_rows(found: Sequence[dict]) -> list[list]:
    """See ITEM_HEADS."""
    fields = ("name", "unit", "pack_size", "lead_days", "shelf_life_days", "price")
    return [["" if one[name] is None else one[name] for name in fields] + [", ".join(one["aliases"])] for one in found]
