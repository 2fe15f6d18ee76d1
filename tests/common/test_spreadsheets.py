"""Cells that no spreadsheet program takes for a formula."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.spreadsheets import neutral, plain

SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
TEXTS = st.text(max_size=20) | st.text("'=+-@a\t\uff1d ", max_size=6)


@pytest.mark.parametrize("sign", SIGNS)
def test_a_formula_gets_an_apostrophe(sign):
    assert neutral(f"{sign}1+1") == neutral(f"{sign}1+1", reversible=True) == f"'{sign}1+1"


@given(TEXTS)
def test_no_cell_is_a_formula_and_nothing_else_is_changed(text):
    cell = neutral(text)
    assert cell == (f"'{text}" if text.startswith(SIGNS) else text)
    assert neutral(cell) == cell, "once is enough"


@given(TEXTS)
def test_a_cell_is_neutral_and_comes_back(text):
    cell = neutral(text, reversible=True)
    assert not cell.startswith(SIGNS) and plain(cell) == text
    assert cell in (text, f"'{text}")


def test_who_writes_apostrophes_himself_gets_them_back():
    assert neutral("'=1") == "'=1" and neutral("'=1", reversible=True) == "''=1" and plain("''=1") == "'=1"
    assert plain("'quoted'") == neutral("'quoted'", reversible=True) == "'quoted'"


@pytest.mark.parametrize("cell", [None, -1, -1.5, b"=1"])
def test_what_is_no_text_is_given_back(cell):
    assert neutral(cell) is cell
