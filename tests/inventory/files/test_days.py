"""Days in the forms in which people write them, and the order of day and month in a column."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from inventory.files import days
from inventory.files.days import DAY_FIRST, MONTH_FIRST, Order

DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22", "2026/11/22", "2026.11.22", "20261122", "2026-11-22 00:00:00", "2026-11-22T09:30:00Z",
        "22/11/2026", "22-11-2026", "22.11.2026", "22.11.26", "22/11/26", "22/11/2026 2:30 PM",
        "22 Nov 2026", "22-Nov-26", "22nd November 2026", "22 November, 2026", "Nov 22, 2026", "November 22nd 2026",
        "Sun, 22 Nov 2026", "Ahad 22 November 2026", " 22 nov 2026 ", "46348", "46348.0", "46348.75",
    ],
)  # fmt: skip
def test_a_day_in_many_forms(text):
    assert days.read(text) == DAY


def test_the_month_can_come_first():
    assert days.read("11/22/2026", MONTH_FIRST) == days.read("11-22-26", MONTH_FIRST) == DAY
    assert days.read("03/04/2026", MONTH_FIRST) == date(2026, 3, 4)
    assert days.read("03/04/2026", DAY_FIRST) == date(2026, 4, 3)
    assert days.read("03.04.2026", MONTH_FIRST) == date(2026, 4, 3), "with points nobody writes the month first"
    assert days.read("2026-03-04", MONTH_FIRST) == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "month"),
    [("1 Mac 2026", 3), ("1 Mei 2026", 5), ("1 Ogos 2026", 8), ("1 Okt 2026", 10), ("1 Disember 26", 12)],
)
def test_months_in_malay(text, month):
    assert days.read(text) == date(2026, month, 1)


def test_cells_of_a_workbook():
    assert days.read(DAY) == days.read(datetime(2026, 11, 22, 9)) == days.read(46348.0) == days.read(46348) == DAY


@pytest.mark.parametrize(
    "wrong", ["", " ", "yesterday", "22/11", "12", "1e9", "NaN", "123456", 12.0, float("nan"), 1e300]
)
def test_what_is_no_day_is_refused(wrong):
    with pytest.raises(UserError, match=r"is not a date|is empty"):
        days.read(wrong)


@pytest.mark.parametrize(
    ("wrong", "said"), [("31/02/2026", "DD/MM/YYYY"), ("11/22/2026", "DD/MM"), ("31.11.26", "DD.MM")]
)
def test_a_day_that_no_calendar_has_is_quoted_with_how_it_was_read(wrong, said):
    with pytest.raises(UserError, match=f"{wrong}.*{said}"):
        days.read(wrong)


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%y", "%d %b %Y"]),
)
def test_every_day_is_read_as_it_was_written(day, form):
    assert days.read(day.strftime(form)) == day


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_serial_numbers_are_those_of_spreadsheets(day):
    from openpyxl.utils.datetime import to_excel

    assert days.read(str(int(to_excel(day)))) == day


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_a_clear_refusal(text):
    try:
        assert isinstance(days.read(text), date)
    except UserError as error:
        assert str(error)


def order(*cells) -> Order:
    found = Order()
    for cell in cells:
        found.see(cell)
    return found


def test_a_number_above_twelve_tells_the_order():
    assert order("03/04/2026", "13/04/2026").chosen() == DAY_FIRST
    assert order("03/04/2026", "04/13/2026").chosen() == MONTH_FIRST
    assert order("03/04/2026", "04-13-26").chosen() == MONTH_FIRST
    assert order("05/05/2026", "2026-11-22", "12.11.2026", 46348.0, "").chosen() == DAY_FIRST, "nothing is in doubt"


def test_a_column_that_does_not_tell_is_asked_about():
    found = order("05/05/2026", "03/04/2026", "2026-11-22")
    assert found.chosen() is None
    assert found.problem() == (
        "The dates can be read in two ways: '03/04/2026' is 2026-04-03 or 2026-03-04. Say which it is with the date "
        "format DD/MM/YYYY or MM/DD/YYYY."
    )
    assert order("13/04/2026").problem() == ""


def test_a_column_with_both_orders_is_asked_about():
    found = order("13/04/2026", "04/14/2026")
    assert found.chosen() is None and "'13/04/2026' and '04/14/2026'" in found.problem()


@given(st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), min_size=1), st.sampled_from(days.FORMATS))
def test_an_order_that_is_found_is_the_right_one(dates, form):
    pattern = {DAY_FIRST: "%d/%m/%Y", MONTH_FIRST: "%m/%d/%Y"}[form]
    cells = [day.strftime(pattern) for day in dates]
    chosen = order(*cells).chosen()
    if chosen is not None:
        assert [days.read(cell, chosen) for cell in cells] == dates


def test_a_long_column_is_enough_to_tell():
    start = date(2026, 1, 1)
    cells = [(start + timedelta(days=at)).strftime("%m/%d/%Y") for at in range(31)]
    assert order(*cells).chosen() == MONTH_FIRST
