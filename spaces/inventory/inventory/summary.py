"""What the page writes about results: sentences, and rows of tables. Plain text and Markdown, nothing of Gradio."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from inventory.files.columns import FIELDS, TITLES
from inventory.files.exporting import neutral
from inventory.plots import KINDS
from inventory.questions.queries import MONEY

# Headings with the width of their columns. Few and narrow enough for a phone.
OVERVIEW_HEADS = {"Item": "36%", "In stock": "24%", "Lasts": "18%", "Order": "22%"}
DAY_HEADS = {"Day": "34%", "Low": "22%", "Likely": "22%", "High": "22%"}
METHOD_HEADS = {"Method": "36%", "WAPE": "16%", "MASE": "16%", "In the 80 % range": "18%", "s": "14%"}
FINDING_HEADS = {"Day": "18%", "Where and what": "36%", "Kind": "29%", "Bad": "17%"}
ORDER_HEADS = {"Item": "46%", "Order": "28%", "In stock": "26%"}
LINE_HEADS = {"On the receipt": "38%", "Item": "26%", "Amount": "20%", "Unit": "16%"}
RECEIPT_HEADS = {"#": "12%", "Day": "21%", "Company": "38%", "State": "29%"}
ANSWER_HEADS = {"": "60%", "Value": "40%"}
ASIDE_HEADS = {"Line": "14%", "Problem": "52%", "Cells": "34%"}
RECORD_HEADS = {"Day": 110, "Outlet": 130, "Item": 110, "Unit": 60, "In": 70, "Balance": 85, "Order": 75, "Remark": 150}
ITEM_HEADS = {"Item": 110, "Unit": 60, "Pack": 65, "Lead days": 90, "Keeps days": 95, "Price": 75, "Also called": 200}
VERSION_HEADS = {"Version": "40%", "Made": "20%", "WAPE": "13%", "80 %": "13%", "": "14%"}
MOVED_HEADS = {"Item": "40%", "Before": "20%", "Lately": "20%", "PSI": "20%"}
PREDICTION_HEADS = {"Day": "20%", "Item": "34%", "Likely": "28%", "Used": "18%"}

WELCOME = """**There are no stock records here yet.**

- Press **Load the example business** to look around: six food outlets, twenty items, two years of made-up records with
  weekends, holidays, promotions, thefts and typing errors.
- Or **import your own file**: CSV or Excel, a row for each day, outlet and item. You see what would come of it before
  anything is kept."""
ASK_GUIDE = "Ask in English or Malay. The numbers come from the records; what isn't understood is asked back."
QUESTIONS = (
    "What is urgent to order today?",
    "Which outlet wasted most chicken last month?",
    "How long will the rice last at Subang?",
    "Berapa telur digunakan minggu lepas?",
    "Delete all records",
)
RECEIPT_GUIDE = """**What the receipt says will appear here.**

1. Give a photo, a scan or a PDF, or click the example.
2. Check the lines: which item each one is, how much came in. A line without an item is left out.
3. Press **Into stock**. Nothing enters the book before that."""
METHODS = [("From the forecast", "forecast"), ("As the three most alike outlets order", "neighbours")]
FORMATS = [("As the file tells", ""), ("31/12/2026", "DD/MM/YYYY"), ("12/31/2026", "MM/DD/YYYY")]
DECIMALS = [("As the file tells", ""), ("1.5", "."), ("1,5", ",")]
RATE = "False alarms you are ready to look at, for an item of an outlet and month. More finds more."
SERVICE = "The chance that nothing runs out before the next delivery."
REVIEW = "Days until you can order again; 0: as such items are usually ordered."
URGENCY = {"urgent": "‼ ", "order": "", "enough": ""}
ALL_OUTLETS, ALL_ITEMS = ("All outlets", ""), ("All items", "")
ALL_ROWS = 60  # of a table that a person scrolls through


def amount(value: float | None, unit: str = "") -> str:
    """At most one decimal, none from 100 on; "-" for what is not known. No line ends between number and unit."""
    if value is None:
        return "-"
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{round(value, 1):g}"
    return f"{text}\u00a0{unit}" if unit else text


def percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def days(count: float | None) -> str:
    return "-" if count is None else f"{count:.1f}\u00a0d" if count < 10 else f"{count:.0f}\u00a0d"


def day(text: str) -> str:
    """ "2026-11-20" as a person writes it."""
    return f"{date.fromisoformat(text):%d %b %Y}" if text else "-"


def short(text: str | None) -> str:
    """ "2026-11-20" as "20 Nov"."""
    return f"{date.fromisoformat(text):%d %b}" if text else "-"


def bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


# Overview


def overview(found: dict) -> str:
    totals = found["totals"]
    return (
        f"**{day(found['today'])}**: {totals['series']} items · **{totals['urgent']} urgent**, "
        f"{totals['to_order']} to order for {MONEY} {totals['order_value']:,.0f} · "
        f"alarms in 30 days: {totals['alarms']} · stock worth {MONEY} {totals['stock_value']:,.0f}"
    )


def urgent(found: dict, most: int = 8) -> str:
    """The urgent lines, the first of them."""
    lines = found["lines"]
    if not lines:
        return "Nothing runs out before its next delivery."
    more = [f"and {len(lines) - most} more, see below"] if len(lines) > most else []
    return bullets([*lines[:most], *more])


def named(row: dict, several: bool) -> str:
    return f"{row['item']}, {row['outlet']}" if several else row["item"]


def overview_rows(found: dict, several: bool) -> list[list]:
    """See OVERVIEW_HEADS. several: the outlet is named as well."""
    return [
        [
            URGENCY[row["urgency"]] + named(row, several) + (" ⚠" if row["alarms"] else ""),
            amount(row["stock"], row["unit"]),
            days(row["cover_days"]),
            amount(row["order"], row["unit"]) if row["order"] else "",
        ]
        for row in found["items"]
    ]


# Forecast


def forecast(found: dict) -> str:
    span = f"{day(found['days'][0])} to {day(found['days'][-1])}"
    version = f" · version {found['version']}" if found.get("version") else ""
    return (
        f"**{found['item']}, {found['outlet']}**: about **{amount(found['total'], found['unit'])}** will be needed from"
        f" {span}.\n\n<small>{found['reason']}{version}</small>"
    )


def day_rows(found: dict) -> list[list]:
    """See DAY_HEADS."""
    return [
        [f"{date.fromisoformat(when):%a %d %b}", *(amount(one) for one in three)]
        for when, *three in zip(found["days"], found["low"], found["middle"], found["high"], strict=True)
    ]


def backtest(found: dict) -> str:
    methods = found["methods"]
    best = methods[0]
    naive = next((one for one in methods if "naive" in one["name"]), None)
    less = ""
    if naive is not None and naive is not best and naive["wape"]:
        less = f", {100 * (1 - best['wape'] / naive['wape']):.0f} % less than {naive['name']}"
    return (
        f"Forecasts of {found['horizon']} days from {found['cutoffs']} earlier dates, {found['series']} series: lowest "
        f"error with **{best['name']}**{less}. WAPE: what was wrong, of all that was used."
    )


def method_rows(found: dict) -> list[list]:
    """See METHOD_HEADS."""
    return [
        [one["name"], percent(one["wape"]), _places(one["mase"]), percent(one["coverage"]), _places(one["seconds"], 1)]
        for one in found["methods"]
    ]


def _places(value: float | None, places: int = 2) -> str:
    return "-" if value is None else f"{value:.{places}f}"


# Anomalies


def findings(found: Sequence[dict], count: int) -> str:
    if not found:
        return f"Nothing looks wrong in the last {count} days."
    kinds = [sum(one["kind"] == kind for one in found) for kind in KINDS]
    said = ", ".join(f"{many} {words}" for many, (words, *_) in zip(kinds, KINDS.values(), strict=True) if many)
    return f"**{len(found)} findings** in {count} days: {said}. Click one to see why, and to say that it was none."


def finding_rows(found: Sequence[dict], several: bool) -> list[list]:
    """See FINDING_HEADS."""
    return [
        [
            short(one["day"]),
            named(one, several),
            KINDS[one["kind"]][0],
            f"{100 * one['severity']:.0f} %",
        ]
        for one in found
    ]


def finding(one: dict) -> str:
    usual = f"{amount(one['low'])} to {amount(one['high'], one['unit'])}"
    return (
        f"**{one['item']}, {one['outlet']}, {day(one['day'])}**: {KINDS[one['kind']][0]}. {one['why']}\n\n"
        f"In the book: **{amount(one['observed'], one['unit'])}**; usual would be {usual}."
    )


def verdict_names(found: Sequence[dict]) -> list[tuple[str, int]]:
    """Verdicts in force for a menu."""
    words = {"not_anomaly": "no anomaly", "anomaly": "an anomaly"}
    return [
        (
            f"{day(one['day'])}, {one['item']}, {one['outlet']}, {KINDS[one['kind']][0]}: {words[one['verdict']]}",
            one["number"],
        )
        for one in found
    ]


# Orders


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
            writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in cells])


# Receipts


def receipt(found: dict) -> str:
    sure = found["confidence"]
    fields = [
        (found["company"] or "company not found", "company"),
        (day(found["date"]) if found["date"] else "day not found", "date"),
        (_money(found["total"], found["currency"], "total"), "total"),
    ]
    if found["tax"] is not None:
        fields.append((_money(found["tax"], found["currency"], "tax"), "tax"))
    said = " · ".join(f"**{text}**" + (f" ({100 * sure[name]:.0f} %)" if name in sure else "") for text, name in fields)
    checks = [f"{'✓' if one['holds'] else '✗'} {one['said']}" for one in found["checks"]]
    open_ones = [
        f"Fill in how many {line['stock_unit']} came in of {line['text']}: the receipt says "
        f"{amount(line['quantity'], line['unit'])}."
        for line in found["lines"]
        if line["item"] and line["amount_in_stock"] is None
    ]
    notes = bullets([*checks, *found["warnings"], *open_ones])
    return f"Receipt {found['number']}: {said}\n\n{notes}\n\n<small>Read by {found['engine']}</small>"


def _money(value: float | None, currency: str, name: str) -> str:
    return f"{name} not found" if value is None else f"{name} {currency} {value:,.2f}".replace("  ", " ")


def line_rows(found: dict) -> list[list]:
    """See LINE_HEADS. Where an amount can't be told in the unit of the item, it is left for the person to fill in."""
    return [
        [line["text"], line["item"] or "", line["amount_in_stock"], line["stock_unit"] or line["unit"]]
        for line in found["lines"]
    ]


def matches(found: dict) -> str:
    lines = []
    for line in found["lines"]:
        others = f" Or: {', '.join(line['others'])}." if line["others"] else ""
        bought = f"{amount(line['quantity'], line['unit'])} at {line['price']:.2f} = {line['amount']:.2f}"
        proposed = f"{line['item']}, {percent(line['match'])}" if line["item"] else "no item"
        lines.append(f"**{line['text']}** ({bought}): {proposed}. {line['why']}.{others}")
    return bullets(lines)


def delivered(rows: Sequence[Sequence]) -> list[dict]:
    """The lines of a reviewed table that name an item, as `confirm_receipt` takes them."""
    return [
        {"item": str(item).strip(), "amount": many, "unit": str(unit or "").strip(), "text": str(text or "").strip()}
        for text, item, many, unit in rows
        if str(item or "").strip()
    ]


def confirmed(found: dict) -> str:
    lines = ", ".join(f"{amount(line['amount'], line['unit'])} {line['item']}" for line in found["lines"])
    return f"Receipt {found['number']} is in stock at **{found['outlet']}** on {day(found['day'])}: {lines}."


def receipt_rows(found: Sequence[dict]) -> list[list]:
    """See RECEIPT_HEADS."""
    return [[one["number"], short(one["day"] or one["date"]), one["company"], one["status"]] for one in found]


# Questions


def understood(found: dict) -> str:
    """The form that a question became, and who read it."""
    query = found["query"]
    if query is None:
        return f"<small>No question to the records came of it. Read by {found['by']}.</small>" if found["by"] else ""
    parts = [f"intent **{query['intent']}**"]
    for name in ("items", "outlets", "period", "by", "rank"):
        if value := query[name]:
            parts.append(f"{name} **{value if isinstance(value, str) else ', '.join(value)}**")
    if query["per_day"]:
        parts.append("**per day**")
    return f"<small>Understood as: {' · '.join(parts)}. {found['seconds']:.1f} s, {found['by']}</small>"


def answer_rows(found: dict) -> list[list]:
    """See ANSWER_HEADS; of a single value none, as the sentence says it."""
    if len(found["rows"]) < 2:
        return []
    return [[row["name"], row["note"] or _cell(row["value"], row["unit"])] for row in found["rows"][:ALL_ROWS]]


def _cell(value: object, unit: str) -> str:
    return amount(value, unit) if isinstance(value, int | float) else str(value or "-")


# Data


def preview(found: dict) -> str:
    if found["missing"]:
        lead = f"**Say in which column this is: {', '.join(TITLES[one].lower() for one in found['missing'])}.**"
    else:
        lead = f"**{found['rows']:,} rows: {found['good']:,} can be used, {found['bad']:,} would be kept aside.**"
    how = f" Dates as {found['date_format']}." if found["date_format"] else ""
    return f"{lead}{how}\n\n{bullets(found['problems'])}"


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


# Models


def training(status: dict) -> str:
    if status["state"] == "none":
        return "Nothing has been trained here yet: forecasts come from simple models, chosen by a quick backtest."
    if status["state"] == "running":
        return f"**Training, {status['share']:.0%}**: {status['message']} ({status['seconds']:.0f} s)"
    return f"The latest training: **{status['state']}**. {status['message']}"


def version_rows(found: Sequence[dict]) -> list[list]:
    """See VERSION_HEADS."""
    return [
        [
            one["id"],
            one["created"][:16].replace("T", " "),
            percent(one["wape"]),
            percent(one["coverage"]),
            "answers" if one["active"] else "",
        ]
        for one in found
    ]


def drift(found: dict) -> str:
    if not found["alerts"]:
        return found["line"]
    return "\n".join(f"- ⚠ {alert}" for alert in found["alerts"])


def moved_rows(found: dict) -> list[list]:
    """See MOVED_HEADS; the items whose use moved more than chance does."""
    moved = [one for one in found["items"] if one["moved"]]
    return [
        [one["item"], amount(one["before"], one["unit"]), amount(one["recent"], one["unit"]), _places(one["psi"])]
        for one in moved[:ALL_ROWS]
    ]


def prediction_rows(found: Sequence[dict]) -> list[list]:
    """See PREDICTION_HEADS; first what can be compared with what came."""
    known = [one for one in found if one["used"] is not None]
    found = [*known, *(one for one in found if one["used"] is None)]
    return [
        [
            short(one["day"]),
            f"{one['item']}, {one['outlet']}",
            f"{amount(one['middle'])} ({amount(one['low'])} to {amount(one['high'])})",
            amount(one["used"]),
        ]
        for one in found[:ALL_ROWS]
    ]
