"""How a training stands, the versions, what changed in use, and what was foretold."""

from collections.abc import Sequence
from itertools import islice

from inventory.summary.notation import ALL_ROWS, amount, percent, places, short

VERSION_HEADS = {"Version": "40%", "Made": "20%", "WAPE": "13%", "80 %": "13%", "": "14%"}
MOVED_HEADS = {"Item": "40%", "Before": "20%", "Lately": "20%", "PSI": "20%"}
PREDICTION_HEADS = {"Day": "20%", "Item": "34%", "Likely": "28%", "Used": "18%"}


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
        [one["item"], amount(one["before"], one["unit"]), amount(one["recent"], one["unit"]), places(one["psi"])]
        for one in moved[:ALL_ROWS]
    ]


def prediction_rows(found: Sequence[dict]) -> list[list]:
    """See PREDICTION_HEADS; first what can be compared with what came. What several versions say alike stands once."""
    known = [one for one in found if one["used"] is not None]
    rows = (
        (
            short(one["day"]),
            f"{one['item']}, {one['outlet']}",
            f"{amount(one['middle'])} ({amount(one['low'])} to {amount(one['high'])})",
            amount(one["used"]),
        )
        for one in (*known, *(one for one in found if one["used"] is None))
    )
    return [list(row) for row in islice(dict.fromkeys(rows), ALL_ROWS)]
