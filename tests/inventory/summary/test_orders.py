"""What the page says about orders, and the list that a person takes along."""

import csv

from inventory.summary import orders

RICE = {
    "item": "=rice", "outlet": "Subang", "unit": "kg", "stock": 2.5, "packs": 2, "quantity": 10.0,
    "urgency": "urgent", "reason": "It lasts for a day.",
}  # fmt: skip
EGGS = RICE | {"item": "eggs", "unit": "pcs", "packs": 0, "quantity": 0.0, "urgency": "enough"}


def test_what_is_to_order_is_counted():
    assert orders.orders([RICE, EGGS]) == "**1 of 2 items to order today, 1 of them urgent (‼).**"
    assert orders.orders([EGGS]) == "Nothing to order: all 1 items last until the next order comes."


def test_the_list_names_items_without_their_mark_and_has_no_formula(tmp_path):
    rows = orders.order_rows([RICE, EGGS], several=False)
    assert rows == [["‼ =rice", 10.0, "2.5\u00a0kg"], ["eggs", 0.0, "2.5\u00a0pcs"]]
    orders.write_orders(tmp_path / "orders.csv", rows[:1], {"=rice": RICE})
    with open(tmp_path / "orders.csv", encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Item", "Order", "Unit", "In stock", "Why"],
            ["'=rice", "10.0", "kg", "2.5", "It lasts for a day."],
        ]
