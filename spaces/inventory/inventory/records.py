"""One line of a stock book: what came in, what was counted in the evening, what was ordered."""

import re
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Record:
    """A day of an item at an outlet.

    unit: that of the amounts
    stock_in: what came in that day
    balance: what was counted at the end of the day
    order: what was ordered that day, to come later
    remark: free words; `PROMOTION`, `CLOSED` and what was thrown away (`wasted`) are read from it
    """

    day: date
    outlet: str
    item: str
    unit: str
    stock_in: float
    balance: float
    order: float = 0.0
    remark: str = ""


# Words of a remark that say that an item was offered at a lower price, and that an outlet was shut.
PROMOTION = ("promotion", "promo", "offer", "discount", "promosi", "diskaun")
CLOSED = ("closed", "shut", "holiday closure", "tutup")
_WASTED = re.compile(
    r"(?<!\w)(?:wasted?|thrown away|threw away|spoil(?:t|ed)|discarded|buang|dibuang|rosak)\W{1,3}(\d+(?:\.\d+)?)",
    re.IGNORECASE,
)


def wasted(remark: str) -> float:
    """How much a remark says was thrown away, in the item's unit: 2.5 of "waste 2.5 kg"; 0 where it says nothing."""
    return sum(float(amount) for amount in _WASTED.findall(remark))
