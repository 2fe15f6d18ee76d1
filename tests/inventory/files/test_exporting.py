"""Exports: spreadsheet programs run nothing in them, and what is exported can be imported as it was."""

import csv
import re
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from common.errors import UserError
from inventory.files import exporting
from inventory.files.exporting import export_records, export_rows_aside
from inventory.files.importing import import_file
from inventory.records import Record
from inventory.store import Store

DAY = date(2025, 11, 22)
NAN = float("nan")
RECORDS = [
    Record(DAY, "Subang", "chicken", "kg", 10.5, 4.25, 7.0, 'Promosi “raya”; 5" pan, more'),
    Record(DAY, "Subang", "-rice", "kg", 0.3, 1e-7, 0.333, '=HYPERLINK("x")'),
    Record(DAY + timedelta(days=1), "@Melaka", "+eggs", "pcs", 1.0, NAN, 0.0, "'quoted"),
    Record(DAY + timedelta(days=2), "@Melaka", "+eggs", "pcs", 1234567.0, 0.0, 0.0, "'=quoted"),
]


@pytest.fixture
def filled(file_store):
    file_store.add_records(RECORDS)
    return file_store


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_what_is_exported_can_be_imported_as_it_was(filled, tmp_path, name):
    assert export_records(filled, tmp_path / name) == 4
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert import_file(other, tmp_path / name).added == 4
    assert list(map(str, other.records())) == list(map(str, filled.records()))
    assert import_file(filled, tmp_path / name).same == 4
    other.close()
    assert [path.name for path in tmp_path.iterdir() if ".new" in path.name] == []


def test_a_text_file_keeps_all_digits(file_store, tmp_path):
    file_store.add_records([Record(DAY, "Subang", "rice", "kg", 0.1 + 0.2, 1 / 3)])
    export_records(file_store, tmp_path / "a.csv")
    assert import_file(file_store, tmp_path / "a.csv").same == 1


def test_a_spreadsheet_program_runs_nothing_in_an_export(filled, tmp_path):
    export_records(filled, tmp_path / "a.csv")
    with open(tmp_path / "a.csv", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["Date", "Outlet", "Item", "Unit", "Stock in", "Balance", "Order", "Remark"]
    assert rows[2][2] == "'-rice" and rows[2][7] == '\'=HYPERLINK("x")' and rows[3][5] == ""
    assert not [cell for one in rows for cell in one if re.match(r"[=+\-@]", cell)]
    export_records(filled, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    assert sheet["A2"].value == datetime(2025, 11, 22) and sheet["E2"].value == 10.5


def test_records_are_chosen(filled, tmp_path):
    assert export_records(filled, tmp_path / "a.csv", outlet="subang") == 2
    assert export_records(filled, tmp_path / "a.csv", first=DAY + timedelta(days=1), last=DAY + timedelta(days=1)) == 1
    assert export_records(filled, tmp_path / "b.csv", first=DAY + timedelta(days=9)) == 0
    with pytest.raises(UserError, match="There is no item 'gold'"):
        export_records(filled, tmp_path / "a.csv", item="gold")


def test_an_export_that_fails_leaves_what_was_there(filled, tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("from yesterday")

    def torn(*_):
        yield from filled.records(last=DAY)
        raise OSError(28, "No space left on device")

    broken = type("Torn", (), {"count_records": lambda *_: 3, "records": torn})()
    with pytest.raises(UserError, match="can't be written: No space left on device"):
        export_records(broken, target)
    assert target.read_text() == "from yesterday" and [path.name for path in tmp_path.glob(".a.csv*")] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.ods", "end in .csv or .xlsx"), ("none/a.csv", "There is no folder"), ("a.xlsx", "don't fit in a sheet")],
)
def test_what_cannot_be_written_is_told(filled, tmp_path, monkeypatch, name, said):
    monkeypatch.setattr(exporting, "MOST_ROWS", 4)
    with pytest.raises(UserError, match=said):
        export_records(filled, tmp_path / name)


@pytest.mark.parametrize("name", ["aside.csv", "aside.xlsx"])
def test_rows_that_were_set_aside_are_exported_mended_and_imported(file_store, tmp_path, name):
    path = tmp_path / "a.csv"
    head = "Date,Outlet,Item,Unit,Stock in,Balance,Remark\n"
    path.write_text(head + "2025-11-22,Subang,rice,kg,1,2,\n2025-11-23,Subang,rice,kg,1,-2,=x\n2025-11-24,Subang\n")
    found = import_file(file_store, path)
    assert export_rows_aside(file_store, found.id, tmp_path / name) == found.set_aside == 2
    if name.endswith(".csv"):
        with open(tmp_path / name, encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        assert rows[0][-2:] == ["Line in the file", "Problem"] and rows[1][5:8] == ["'-2", "'=x", "3"]
        assert "less than nothing" in rows[1][8] and rows[2][:3] == ["2025-11-24", "Subang", ""]
        (tmp_path / name).write_text((tmp_path / name).read_text("utf-8-sig").replace("'-2", "2"), "utf-8")
        assert import_file(file_store, tmp_path / name).added == 1
        assert list(file_store.records())[-1].remark == "=x"
    with pytest.raises(UserError, match="There is no import 99"):
        export_rows_aside(file_store, 99, tmp_path / name)
