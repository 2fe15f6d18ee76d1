"""What was ordered and has not come yet, as the stock book tells it."""

from collections.abc import Sequence

import numpy as np

from inventory.items import Item
from inventory.panel import Panel

LATE = 3  # days for which a delivery that did not come is waited for


def on_order(panel: Panel, items: Sequence[Item]) -> np.ndarray:
    """(S,) in the items' units, on the evening of the panel's last day. items: S, that of each series

    An order comes in the morning `lead_days` after it. What was due on the last LATE days and is more than what came in
    on them is late and still to come.
    """
    ordered, came = np.nan_to_num(panel.ordered), np.nan_to_num(panel.stock_in)
    age = np.arange(panel.shape[1])[::-1]  # days since then
    lead = np.array([item.lead_days for item in items])[:, None]
    coming = np.where(age < lead, ordered, 0).sum(1)
    due = np.where((age >= lead) & (age < lead + LATE), ordered, 0).sum(1)
    received = np.where(age < LATE, came, 0).sum(1)
    return coming + np.maximum(due - received, 0)
