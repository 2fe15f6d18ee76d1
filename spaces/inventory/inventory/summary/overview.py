"""What is in stock, how long it lasts and what is urgent."""

from inventory.questions.queries import MONEY
from inventory.summary.notation import URGENCY, amount, bullets, day, days, named

OVERVIEW_HEADS = {"Item": "36%", "In stock": "24%", "Lasts": "18%", "Order": "22%"}
WELCOME = """**There are no stock records here yet.**

- Press **Load the example business** to look around: six food outlets, twenty items, two years of made-up records with
  weekends, holidays, promotions, thefts and typing errors.
- Or **import your own file**: CSV or Excel, a row for each day, outlet and item. You see what would come of it before
  anything is kept."""


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
