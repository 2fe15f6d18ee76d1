"""Units: what people write, and what one is in another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from inventory import units


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("kg", "kg"), ("Kgs.", "kg"), (" KILOGRAM ", "kg"), ("gram", "g"), ("Liter", "l"), ("litre", "l"), ("mL", "ml"),
        ("pcs", "pcs"), ("biji", "pcs"), ("ekor", "pcs"), ("kotak", "box"), ("bungkus", "pack"), ("botol", "bottle"),
        ("papan", "tray"), ("guni", "bag"), ("ikat", "bundle"), ("dozen", "dozen"),
    ],
)  # fmt: skip
def test_what_people_write_is_understood(written, name):
    assert units.canonical(written) == name


@pytest.mark.parametrize("wrong", ["", "  ", "kgg", "12", "drop table", "kilo gram"])
def test_another_word_is_refused_with_the_units_that_there_are(wrong):
    with pytest.raises(UserError, match=r"is not a known unit. Use one of g, kg,.*pcs,.*box"):
        units.canonical(wrong)


@pytest.mark.parametrize(
    ("amount", "unit", "into", "expected"),
    [
        (1500, "g", "kg", 1.5), (0.1, "kg", "g", 100), (330, "ml", "litre", 0.33), (2, "dozen", "pcs", 24),
        (7, "boxes", "box", 7), (1, "lb", "oz", 16), (3, "kati", "lb", 4), (2.5, "kg", "kg", 2.5),
    ],
)  # fmt: skip
def test_amounts_are_converted_within_a_kind(amount, unit, into, expected):
    assert units.convert(amount, unit, into) == pytest.approx(expected, rel=1e-9)


def test_no_crumbs_are_left_by_a_conversion():
    assert units.convert(1100, "g", "kg") == 1.1
    assert units.convert(4.35, "kg", "g") == 4350


@pytest.mark.parametrize(("unit", "into"), [("kg", "l"), ("pcs", "kg"), ("box", "pcs"), ("box", "pack")])
def test_different_things_are_not_mixed(unit, into):
    with pytest.raises(UserError, match=f"'{unit}' can't become '{into}'"):
        units.convert(1, unit, into)


@given(st.sampled_from(units.UNITS), st.sampled_from(units.UNITS), st.floats(0.001, 1e6))
def test_there_and_back_is_the_same(one, other, amount):
    try:
        there = units.factor(one, other)
    except UserError:
        with pytest.raises(UserError):
            units.factor(other, one)
        return
    assert amount * there * units.factor(other, one) == pytest.approx(amount)
