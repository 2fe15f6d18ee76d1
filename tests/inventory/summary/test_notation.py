"""How figures are written: the places that count, and nothing where nothing is known."""

import pytest

from inventory.summary import notation


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "-"), (0, "0"), (2.0, "2"), (2.06, "2.1"), (-7.5, "-7.5"), (99.94, "99.9"), (1234.5, "1,234")],
)
def test_an_amount_has_one_decimal_where_it_is_small(value, said):
    assert notation.amount(value) == said
    assert notation.amount(value, "kg") == ("-" if value is None else f"{said}\u00a0kg")


def test_shares_and_spans_of_days():
    assert [notation.percent(share) for share in (None, 0, 0.1234, 1)] == ["-", "0.0 %", "12.3 %", "100.0 %"]
    assert [notation.days(count) for count in (None, 1.26, 9.96, 31.4)] == [
        "-",
        "1.3\u00a0d",
        "10.0\u00a0d",
        "31\u00a0d",
    ]
    assert [notation.places(None), notation.places(2 / 3), notation.places(2 / 3, 1)] == ["-", "0.67", "0.7"]


def test_days_of_the_calendar():
    assert (notation.day("2026-11-05"), notation.short("2026-11-05")) == ("05 Nov 2026", "05 Nov")
    assert (notation.day(""), notation.short(None)) == ("-", "-")


def test_an_item_is_named_with_its_outlet_where_there_are_several():
    row = {"item": "rice", "outlet": "Subang"}
    assert (notation.named(row, False), notation.named(row, True)) == ("rice", "rice, Subang")
