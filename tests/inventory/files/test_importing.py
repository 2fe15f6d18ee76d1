"""Imports: what goes in, what is kept aside and why, and that all of it or nothing is in."""

import csv
import re
from datetime import date, datetime, timedelta

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import UserError
from inventory.files import amounts, importing
from inventory.files.importing import import_file, preview
from inventory.items import Item, Outlet
from inventory.records import Record

HEAD = "Date,Outlet,Item,Unit,Stock in,Balance,Order,Remark\n"
DAY = date(2025, 11, 22)
PRINTED = st.characters(exclude_categories=("Cs", "Cc"))  # with many control characters a file is no text


@pytest.fixture
def written(tmp_path):
    """Writes rows below the usual headings, or a whole file."""

    def write(rows: str, name: str = "stock.csv", head: str = HEAD, encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_text(head + rows, encoding=encoding)
        return path

    return write


def row(day="2025-11-22", outlet="Subang", item="chicken", unit="kg", stock_in="10", balance="5", order="", remark=""):
    return ",".join((day, outlet, item, unit, stock_in, balance, order, remark)) + "\n"


def aside(store, found) -> dict[int, str]:
    return {one.line: one.reason for one in store.rows_aside(found.id)}


def test_rows_become_records(store, written):
    path = written(row(order="7", remark="promo") + row(day="23/11/2025", item="rice", balance="3.5"))
    found = import_file(store, path)
    assert (found.added, found.changed, found.same, found.set_aside) == (2, 0, 0, 0)
    assert found.notes == ("1 new outlet: Subang.", "2 new items: chicken, rice.")
    assert list(store.records()) == [
        Record(DAY, "Subang", "chicken", "kg", 10.0, 5.0, 7.0, "promo"),
        Record(DAY + timedelta(days=1), "Subang", "rice", "kg", 10.0, 3.5),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_another_encoding_and_in_malay(file_store, written, encoding):
    path = written(
        "22/11/2025;Café Subang;ayam;kg;1.234,5;20,25;;Promosi\n",
        head="Tarikh;Cawangan;Barang;Unit;Stok Masuk;Baki;Pesanan;Catatan\n",
        encoding=encoding,
    )
    import_file(file_store, path)
    assert list(file_store.records()) == [Record(DAY, "Café Subang", "ayam", "kg", 1234.5, 20.25, 0.0, "Promosi")]


def test_the_same_file_twice_changes_nothing(store, written):
    path = written(row() + row(day="2025-11-23") + row(day="never"))
    first = import_file(store, path)
    again = import_file(store, path.rename(path.with_name("other name.csv")))
    assert (again.id, again.added, again.changed, again.same, again.set_aside) == (first.id, 0, 0, 2, 1)
    assert "as 'stock.csv'; nothing was changed" in again.notes[0] and len(store.imports()) == 1
    forced = import_file(store, path.with_name("other name.csv"), again=True)
    assert (forced.added, forced.changed, forced.same, forced.set_aside) == (0, 0, 2, 1)
    assert forced.id != first.id and len(store.imports()) == 2


def test_the_same_values_in_another_file_change_nothing(store, written):
    import_file(store, written(row() + row(day="2025-11-23")))
    other = written("23.11.25;SUBANG ;Chicken;g;10000;5000\n22 Nov 2025;subang;chicken;KG;10.0;5\n", "b.csv",
                    "day;branch;product;uom;received;closing stock\n")  # fmt: skip
    found = import_file(store, other)
    assert (found.added, found.changed, found.same) == (0, 0, 2)


def test_other_values_take_the_place_of_those_that_are_there(store, written):
    import_file(store, written(row() + row(day="2025-11-23")))
    found = import_file(store, written(row(balance="6") + row(day="2025-11-23") + row(day="2025-11-24"), "b.csv"))
    assert (found.added, found.changed, found.same) == (1, 1, 1)
    assert [one.balance for one in store.records()] == [6, 5, 5]


BAD = [
    (row(day=""), "The date is empty."),
    (row(day="31/02/2025"), "There is no day '31/02/2025' in the calendar"),
    (row(day="1925-11-22"), "before 2000-01-01"),
    (row(day="2062-11-22"), "more than a year ahead"),
    (row(outlet=" "), "name of the outlet is empty"),
    (row(item=""), "name of the item is empty"),
    (row(item="x" * 121), "has 121 characters"),
    (row(item="tofu", unit=""), "'tofu' is a new item and has no unit"),
    (row(item="tofu", unit="spoons"), "'spoons' is not a known unit"),
    (row(unit="litre"), "'l' can't become 'kg'"),
    (row(balance="-3"), "Balance: -3 is less than nothing"),
    (row(stock_in="-0.5"), "Stock in: -0.5 is less than nothing"),
    (row(balance="1e9"), "Balance: 1,000,000,000 kg is more than the 10,000,000"),
    (row(balance="1e999"), "Balance: '1e999' is not a number"),
    (row(balance="NaN"), "Balance: 'NaN' is not a number"),
    (row(stock_in="inf"), "Stock in: 'inf' is not a number"),
    (row(balance="five"), "Balance: 'five' is not a number"),
    (row(balance="1_000"), "Balance: '1_000' is not a number"),
    (row(balance="=1+1"), r"Balance: '=1\+1' is not a number"),
    (row(stock_in="", balance=""), "It has no amounts"),
    (row().rstrip() + ",extra\n", "It has 9 cells and the heading 8"),
    ("2025-11-22\n", "name of the outlet is empty|It has no amounts"),
    ('2025-11-22,"Subang,chicken,kg,1,2,3,\n', "quotation mark is opened and not closed"),
]


def test_each_bad_row_is_kept_aside_with_its_reason_and_the_rest_goes_in(store, written):
    text = row() + "".join(bad for bad, _ in BAD) + row(day="2025-11-23")
    found = import_file(store, written(text))
    assert (found.added, found.set_aside) == (2, len(BAD))
    reasons = aside(store, found)
    assert list(reasons) == list(range(3, 3 + len(BAD)))
    for line, (bad, said) in enumerate(BAD, 3):
        assert re.search(said, reasons[line]), (bad, reasons[line])
    kept = list(store.rows_aside(found.id))
    assert kept[0].cells == ("", "Subang", "chicken", "kg", "10", "5", "", "")
    assert [one.name for one in store.items()] == ["chicken"] and [one.name for one in store.outlets()] == ["Subang"]


def test_of_two_rows_of_a_day_the_later_stands_and_the_other_is_kept(store, written):
    text = row(balance="1") + row(day="2025-11-23") + row(balance="2", unit="KG") + row(balance="2")
    text += row(balance="1.5")
    found = import_file(store, written(text))
    assert (found.added, found.set_aside) == (2, 3)
    assert [one.balance for one in store.records()] == [1.5, 5.0]
    assert aside(store, found) == {
        line: "Line 6 says something else of the same day, outlet and item, and stands." for line in (2, 4, 5)
    }
    assert next(iter(store.rows_aside(found.id))).cells[5] == "1"


def test_rows_that_only_repeat_are_taken_once(store, written):
    found = import_file(store, written(row() * 3 + row(day="22/11/2025", unit="g", stock_in="10000", balance="5000")))
    assert (found.added, found.set_aside) == (1, 0)
    assert "Rows that only repeat another one: 3." in found.notes


def test_amounts_are_converted_to_the_unit_of_the_item(store, written):
    store.set_item(Item("milk", "l", aliases=("susu",)))
    text = row(item="Susu", unit="ml", stock_in="500", balance="250")
    text += row(item="rice", unit="", stock_in="1500g", balance="2 kg")
    import_file(store, written(text))
    assert [(one.item, one.unit, one.stock_in, one.balance) for one in store.records()] == [
        ("milk", "l", 0.5, 0.25),
        ("rice", "kg", 1.5, 2.0),
    ]


def test_a_balance_that_was_not_counted_is_open(store, written):
    import_file(store, written(row(balance="") + row(day="2025-11-23", stock_in="-", balance="3")))
    first, second = store.records()
    assert np.isnan(first.balance) and first.stock_in == 10
    assert (second.stock_in, second.balance) == (0, 3)


def test_dates_in_five_forms_in_one_file(store, written):
    forms = ["2025-11-22", "23/11/2025", "24 Nov 2025", "25.11.25", "45987"]
    import_file(store, written("".join(row(day=form) for form in forms)))
    assert [one.day for one in store.records()] == [DAY + timedelta(days=at) for at in range(5)]


def test_dates_with_the_month_first_are_found_by_the_whole_column(store, written):
    days = [date(2025, 1, 1) + timedelta(days=at) for at in range(20)]
    import_file(store, written("".join(row(day=day.strftime("%m/%d/%Y")) for day in days)))
    assert [one.day for one in store.records()] == days


def test_dates_in_doubt_are_asked_about_and_nothing_goes_in(store, written):
    path = written(row(day="03/04/2025") + row(day="04/04/2025"))
    with pytest.raises(UserError, match=r"'03/04/2025' is 2025-04-03 or 2025-03-04. Say which"):
        import_file(store, path)
    assert store.imports() == [] and store.counts().records == 0
    looked = preview(path)
    assert looked.date_format is None and looked.good == 0 and "two ways" in looked.problems[0]
    import_file(store, path, date_format="MM/DD/YYYY")
    assert [str(one.day) for one in store.records()] == ["2025-03-04", "2025-04-04"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (['"1,234.5"', '"1,234"', "1.5"], [1234.5, 1234, 1.5]),
        (['"1.234,5"', '"1.234"', '"1,5"'], [1234.5, 1234, 1.5]),
        (['"1,234"', "2", "3"], [1234, 2, 3]),
        (["1.234", "2", "3"], [1.234, 2, 3]),
        (["1 234.5", "1'234", "0.125"], [1234.5, 1234, 0.125]),
        (['"12,34,567"', "+5", "1.5e2"], [1234567, 5, 150]),
    ],
)
def test_decimals_and_thousands(file_store, written, cells, expected):
    days = ["2025-11-22", "2025-11-23", "2025-11-24"]
    import_file(file_store, written("".join(row(day=day, balance=cell) for day, cell in zip(days, cells, strict=True))))
    assert [one.balance for one in file_store.records()] == expected


def test_thousands_that_nothing_tells_are_noted(file_store, written):
    path = written(row(balance='"1,234"'))
    said = "'1,234' was read as 1234: the decimal sign is taken to be '.'."
    assert preview(path).problems == (said,) and said in import_file(file_store, path).notes
    assert preview(written(row(balance='"1,234"', stock_in="1.5"))).problems == ()


def test_decimals_in_doubt_are_asked_about(file_store, written):
    path = written(row(balance='"1.234,5"', stock_in='"1,234.5"', order='"1,234"'))
    with pytest.raises(UserError, match=r"so '1,234' can be read in two ways. Say which"):
        import_file(file_store, path)
    import_file(file_store, path, decimal=",")
    [found] = file_store.records()
    assert (found.balance, found.stock_in, found.order) == (1234.5, 1234.5, 1.234)


@given(st.floats(0, 9_999_999), st.integers(0, 3), st.booleans())
def test_an_amount_is_read_as_it_was_written(number, digits, comma):
    text = f"{number:,.{digits}f}"
    other = text.translate(str.maketrans(".,", ",."))
    expected = float(f"{number:.{digits}f}")
    assert amounts.read(other if comma else text, "," if comma else ".") == (expected, "")


@given(st.text(max_size=25))
def test_any_text_is_an_amount_or_a_clear_refusal(text):
    try:
        found = amounts.read(text)
        assert found is None or np.isfinite(found[0])
    except UserError as error:
        assert "is not a number" in str(error)


def test_missing_columns_are_named_with_those_that_are_there(store, written):
    path = written("2025-11-22,5\n", head="Date,Colour\n")
    with pytest.raises(UserError, match=r"no column for 'Outlet' and 'Item' and .*'Balance'; it has 'Date', 'Colour'"):
        import_file(store, path)
    looked = preview(path)
    assert looked.missing == ("outlet", "item", "stock_in", "balance") and looked.rows == looked.bad == 1
    assert "no column for" in looked.problems[0]


def test_columns_are_named_by_hand(store, written):
    path = written("2025-11-22,Subang,rice,kg,1,2,8\n", head="D,Where,What,U,Plus,Open,Close\n")
    names = {"day": "D", "outlet": "Where", "item": "What", "unit": "U", "stock_in": "Plus", "balance": "Close"}
    import_file(store, path, names)
    assert list(store.records()) == [Record(DAY, "Subang", "rice", "kg", 1.0, 8.0)]


def test_a_file_of_one_outlet(store, written):
    path = written("2025-11-22,rice,kg,1,2\n", head="Date,Item,Unit,In,Balance\n")
    store.add_outlet(Outlet("Subang", ("SS15",)))
    import_file(store, path, outlet="ss15")
    assert [one.outlet for one in store.records()] == ["Subang"]


def test_new_items_without_a_unit_take_the_one_that_is_given(store, written):
    import_file(store, written(row(item="rice")))
    path = written(row(item="rice", unit="g", balance="500") + row(unit="") + row(item="eggs", unit="pieces"))
    with pytest.raises(UserError, match="lava"):
        import_file(store, path, unit="lava")
    assert preview(path).bad == 1 and preview(path, unit="l", store=store).bad == 0
    import_file(store, path, unit="l")
    found = {record.item: (record.unit, record.balance) for record in store.records()}
    assert found == {"rice": ("kg", 0.5), "chicken": ("l", 5.0), "eggs": ("pcs", 5.0)}


def test_headings_below_a_title(store, written):
    path = written(row(), head="Stock book 2025,,,,,,,\n\n" + HEAD)
    found = import_file(store, path)
    assert found.added == 1 and found.set_aside == 0


@pytest.mark.parametrize("rows", ["", "\n\n", ",,,,,,,\n"])
def test_an_empty_table_is_refused(store, written, rows):
    with pytest.raises(UserError, match=r"has no rows below its headings. Nothing was imported"):
        import_file(store, written(rows))
    assert preview(written(rows)).problems == ("There are no rows below the headings.",)
    assert store.imports() == []


def test_a_file_of_bad_rows_alone_is_refused_with_the_commonest_reason(store, written):
    path = written(row(balance="x") + row(balance="-1") + row(balance="x"))
    with pytest.raises(UserError, match=r"None of the 3 rows of 'stock.csv' can be used. In 2 of them: Balance: 'x'"):
        import_file(store, path)
    assert store.counts() == (0, 0, 0, None, None) and store.imports() == []


def test_a_preview_says_what_an_import_would_do_and_changes_nothing(store, written):
    import_file(store, written(row()))
    path = written(row(day="2025-11-23") + row(balance="x") * 2 + row(unit="l") + row(item="beef"), "b.csv")
    looked = preview(path, store=store)
    assert looked.columns == ("Date", "Outlet", "Item", "Unit", "Stock in", "Balance", "Order", "Remark")
    assert looked.mapping["balance"] == "Balance" and looked.missing == ()
    assert (looked.date_format, looked.decimal, looked.sheet, looked.sheets) == ("DD/MM/YYYY", ".", "", ())
    assert looked.first[0] == ("2025-11-23", "Subang", "chicken", "kg", "10", "5", "", "")
    assert (looked.rows, looked.good, looked.bad) == (5, 2, 3)
    assert looked.problems[0] == "Line 3 and 1 more: Balance: 'x' is not a number."
    assert looked.problems[1].startswith("Line 5: 'l' can't become 'kg'")
    assert store.counts() == (1, 1, 1, DAY, DAY)
    assert import_file(store, path).set_aside == looked.bad


def test_what_is_odd_is_noted(store, written):
    store.add_records([Record(DAY, "Subang", "chicken", "kg", 1.0, 1.0)])
    text = row(item="chikcen") + row(day="2025-11-25", outlet="Subnag", remark="x" * 600)
    notes = import_file(store, written(text)).notes
    assert notes == (
        "1 new outlet: Subnag.",
        "The new outlet 'Subnag' looks like 'Subang': if it is the same, make it an alias.",
        "1 new item: chikcen.",
        "The new item 'chikcen' looks like 'chicken': if it is the same, make it an alias.",
        "Remarks cut at 500 characters: 1.",
        "Days without any row: 2 of 4, first to last.",
    )


def test_names_of_a_wrong_column_are_stopped(store, written, monkeypatch):
    monkeypatch.setattr(importing, "MOST_NEW", 3)
    with pytest.raises(UserError, match="names more than 3 new items, such as 'i4'"):
        import_file(store, written("".join(row(item=f"i{at}") for at in range(5))))
    assert store.counts().items == 0


def test_many_batches_are_one_import(store, written, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 7)
    days = [DAY - timedelta(days=at) for at in range(30)]
    text = "".join(row(day=str(day), balance="x" if at % 10 == 0 else str(at)) for at, day in enumerate(days))
    told = []
    found = import_file(store, written(text), progress=told.append)
    assert (found.added, found.set_aside) == (27, 3) and told == [7, 14, 21, 28, 30]
    assert len(list(store.rows_aside(found.id))) == 3


def test_an_import_is_kept_with_how_it_was_read(store, written):
    found = import_file(store, written(row() + row(balance="x")), name="november.csv")
    [kept] = store.imports()
    assert store.get_import(found.id) == kept and store.get_import(999) is None
    assert (kept.file, kept.added, kept.set_aside, kept.notes) == ("november.csv", 1, 1, found.notes)
    assert kept.settings["mapping"]["day"] == "Date" and kept.columns[0] == "Date" and len(kept.sha256) == 64


def workbook(path, rows, title="Sheet"):
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Stock of November"])
    sheet = book.create_sheet(title)
    for one in rows:
        sheet.append(one)
    book.save(path)
    return path


def test_a_workbook(store, tmp_path):
    rows = [
        HEAD.strip().split(","),
        [datetime(2025, 11, 22), "Subang", "rice", "kg", 1.5, 2, None, "promo"],
        [45984, "Subang", "rice", "kg", 1, "=E3+1", None, None],
        ["24/11/2025", "Subang", "rice", "kg", "1,5", 2.25, 3, None],
    ]
    found = import_file(store, workbook(tmp_path / "a.xlsx", rows, "Data"))
    assert (found.added, found.set_aside) == (2, 1)
    assert [(one.day.day, one.stock_in, one.balance) for one in store.records()] == [(22, 1.5, 2), (24, 1.5, 2.25)]
    assert "F3 has a formula without its value" in aside(store, found)[3]
    assert preview(tmp_path / "a.xlsx").sheet == "Data"
    names = {"day": "Date", "balance": "Balance"}
    assert preview(tmp_path / "a.xlsx", names).sheet == "Data", "though the first sheet has no such columns"
    with pytest.raises(UserError, match=r"has no sheet 'Dta'. It has 'Cover', 'Data'"):
        import_file(store, tmp_path / "a.xlsx", sheet="Dta")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(PRINTED, max_size=8), min_size=7, max_size=9), max_size=6))
def test_no_row_is_lost_whatever_is_in_the_file(file_store, tmp_path, rows):
    """Each is in the book, aside, or repeats another one."""
    file_store.delete_all()
    with open(tmp_path / "any.csv", "w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
        writer.writerows([HEAD.strip().split(","), row().strip().split(",")])
        writer.writerows(rows)
    looked = preview(tmp_path / "any.csv")
    if looked.date_format and looked.decimal:
        found = import_file(file_store, tmp_path / "any.csv")
        assert found.set_aside >= looked.bad and looked.good + looked.bad == looked.rows
        assert len(list(file_store.rows_aside(found.id))) == found.set_aside
        assert file_store.counts().records == found.added
