"""What looks wrong in the book, and what a person said about it."""

from collections.abc import Sequence

from inventory.plots import KINDS
from inventory.summary.notation import amount, day, named, short

FINDING_HEADS = {"Day": "18%", "Where and what": "36%", "Kind": "29%", "Bad": "17%"}
RATE = "False alarms you are ready to look at, for an item of an outlet and month. More finds more."


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
