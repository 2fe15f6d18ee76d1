"""Headings in English and Malay, and columns that are named by hand."""

import pytest

from common.errors import UserError
from inventory.files import columns


@pytest.mark.parametrize(
    "headings",
    [
        ["date", "outlet", "item", "unit", "stock_in", "balance", "order", "remark"],
        ["Date", "Branch", "Product", "UOM", "Received", "Closing stock", "Ordered", "Notes"],
        ["Tarikh", "Cawangan", "Barang", "Unit ukuran", "Stok Masuk", "Baki Akhir", "Pesanan", "Catatan"],
        ["STOCK DATE", "Shop Name", "Ingredient", "Units", "StockIn", "On hand (counted)", "Order Qty", "Comments"],
        ["Dat", "Outlett", "Itemm", "unit", "Stock Inn", "Balence", "Oder Qty", "Remaks"],
    ],
)
def test_headings_are_understood(headings):
    expected = dict(zip(columns.FIELDS, range(8), strict=True))
    if headings[0] == "Dat":  # too short to guess at
        for field in ("day", "item"):
            expected.pop(field)
    assert columns.guess(headings) == expected


def test_columns_may_stand_in_any_order_among_others():
    headings = ["No.", "Baki", "Item", "Supplier", "Tarikh", "Masuk", "Kedai", "Price"]
    assert columns.guess(headings) == {"day": 4, "outlet": 6, "item": 2, "stock_in": 5, "balance": 1}


def test_of_two_columns_with_one_meaning_the_likelier_word_wins():
    assert columns.guess(["Store", "Outlet"])["outlet"] == 1
    assert columns.guess(["Stock", "Balance"])["balance"] == 1
    assert columns.guess(["Balance", "Balance (2)"])["balance"] == 0


def test_columns_that_are_named_go_before_guesses():
    headings = ["Date", "Outlet", "Item", "In", "Opening", "Balance"]
    assert columns.resolve(headings, {"balance": "opening", "remark": None})["balance"] == 4
    found = columns.resolve(headings, {"remark": "Balance", "stock_in": ""})
    assert found["remark"] == 5 and "balance" not in found and "stock_in" not in found


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"quantity": "In"}, "There is no field 'quantity'. There are day, outlet,"),
        ({"balance": "Qty"}, "no column 'Qty' for balance. It has 'Date', 'In'"),
        ({"balance": "In", "stock_in": "in"}, "named for balance and for stock_in"),
    ],
)
def test_what_is_named_wrongly_is_told(mapping, said):
    with pytest.raises(UserError, match=said):
        columns.resolve(["Date", "In"], mapping)


def test_missing_columns_are_named_with_what_is_there():
    found = columns.guess(["Date", "Colour", "In"])
    absent = columns.missing(found, None)
    assert absent == ["outlet", "item", "balance"] and columns.missing(found, "Subang") == ["item", "balance"]
    said = str(columns.missing_error(["Date", "Colour", "In"], absent))
    assert "no column for 'Outlet' and 'Item' and 'Balance'; it has 'Date', 'Colour', 'In'" in said
    assert "Where all rows are of one outlet, name it." in said
