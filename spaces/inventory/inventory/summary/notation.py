"""How amounts, shares, days and names are written, wherever the page says them."""

from collections.abc import Sequence
from datetime import date

URGENCY = {"urgent": "‼ ", "order": "", "enough": ""}
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


def places(value: float | None, count: int = 2) -> str:
    return "-" if value is None else f"{value:.{count}f}"


def named(row: dict, several: bool) -> str:
    return f"{row['item']}, {row['outlet']}" if several else row["item"]
