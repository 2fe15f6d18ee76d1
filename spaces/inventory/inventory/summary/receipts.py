"""What was read of a receipt, what is to be checked, and what came into stock."""

from collections.abc import Sequence

from inventory.summary.notation import amount, bullets, day, percent, short

LINE_HEADS = {"On the receipt": "38%", "Item": "26%", "Amount": "20%", "Unit": "16%"}
RECEIPT_HEADS = {"#": "12%", "Day": "21%", "Company": "38%", "State": "29%"}
RECEIPT_GUIDE = """**What the receipt says will appear here.**

1. Give a photo, a scan or a PDF, or click the example.
2. Check the lines: which item each one is, how much came in. A line without an item is left out.
3. Press **Into stock**. Nothing enters the book before that."""


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
    told = f"Receipt {found['number']} is in stock at **{found['outlet']}** on {day(found['day'])}: {lines}."
    twice = dict.fromkeys(line["item"] for line in found["lines"] if line["beside"])
    if twice:
        told += (
            f"\n\nThe book told before that {', '.join(twice)} came in that day. If it was the same delivery, it is"
            " there twice now: import a line of that day with the right amount."
        )
    return told


def receipt_rows(found: Sequence[dict]) -> list[list]:
    """See RECEIPT_HEADS."""
    return [[one["number"], short(one["day"] or one["date"]), one["company"], one["status"]] for one in found]
