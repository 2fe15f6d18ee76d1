"""Rows of files: encodings, delimiters, quotation marks, workbooks with formulas, and files that are none."""

import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import UserError
from inventory.files import workbooks
from inventory.files.sheets import open_file


@pytest.fixture
def written(tmp_path):
    def write(content: str | bytes, name: str = "a.csv", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


def cells(path) -> list[list]:
    return [list(row.cells) for row in open_file(path).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_found_out(written, encoding):
    text = "item,note\ncrème fraîche,5 €\n" + "plain,row\n" * 30
    assert cells(written(text, encoding=encoding))[:2] == [["item", "note"], ["crème fraîche", "5 €"]]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_delimiters_are_found_out(written, sign):
    text = "\n".join(sign.join(row) for row in (["a", "b", "c", "d"], ["1", "2,5" if sign != "," else "2", "3", ""]))
    assert [len(row) for row in cells(written(text))] == [4, 4]
    assert cells(written("sep=;\na;b,c;d\n1;2,2;3\n")) == [["a", "b,c", "d"], ["1", "2,2", "3"]]


def test_decimal_commas_are_not_taken_for_delimiters(written):
    assert cells(written("day;in;out\n1;2,5;3,5\n2;2,25;3,5\n"))[1] == ["1", "2,5", "3,5"]


def test_quotation_marks(written):
    text = 'a,b\n"x, ""y""",1\n"two\nlines",2\n5" pan,3\n\n,,\nlast,4'
    found = list(open_file(written(text)).rows())
    assert [(row.line, list(row.cells)) for row in found] == [
        (1, ["a", "b"]), (2, ['x, "y"', "1"]), (3, ["two\nlines", "2"]), (5, ['5" pan', "3"]), (8, ["last", "4"])
    ]  # fmt: skip


def test_a_quotation_mark_that_is_not_closed_costs_its_own_line_alone(written):
    rows = list(open_file(written('a,b\n"open,1\n' + "x,2\n" * 200)).rows())
    assert rows[1].line == 2 and rows[1].problem == "A quotation mark is opened and not closed."
    assert [row.line for row in rows[2:]] == list(range(3, 203)) and not any(row.problem for row in rows[2:])
    at_the_end = list(open_file(written('a,b\nx,1\n"open,2')).rows())
    assert [bool(row.problem) for row in at_the_end] == [False, False, True]


def test_a_line_that_never_ends_is_not_held_in_memory(written):
    rows = list(open_file(written("a,b\n" + "x" * 250_000 + ",1\ny,2\n")).rows())
    assert list(rows[0].cells) == ["a", "b"] and list(rows[-1].cells) == ["y", "2"]
    assert "longer than 100,000 characters" in rows[1].problem and len(rows[1].cells[0]) == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text("ab\",;\n '", max_size=8), min_size=3, max_size=3), min_size=1, max_size=8))
def test_what_the_library_writes_is_read_as_it_was(written, rows):
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["one", "two", "three"], *rows])
    assert cells(written("sep=,\n" + text.getvalue()))[1:] == [row for row in rows if "".join(row).strip()]


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.csv", "is empty"),
        (b"%PDF-1.7 ...", "a.csv", "a PDF and no text"),
        (b"PK\x03\x04....", "a.csv", "workbook or a ZIP archive"),
        (bytes(range(256)) * 20, "a.csv", "is no text"),
        (b"x", "a.docx", "is of a kind that can't be read"),
        (b"no archive at all", "a.xlsx", "can't be read as a workbook"),
    ],
)
def test_what_is_no_table_is_refused(written, content, name, said):
    with pytest.raises(UserError, match=said):
        open_file(written(content, name))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        open_file(tmp_path / "gone.csv")


def workbook(path, rows, second=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if second:
        sheet = book.create_sheet("More")
        for row in second:
            sheet.append(row)
    book.save(path)
    return path


def with_values(path, values: dict[str, str]):
    """Write the values of formulas into a workbook, as a spreadsheet program does."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    for formula, value in values.items():
        parts[name] = (
            parts[name]
            .replace(f"<f>{formula}</f><v></v>".encode(), f"<f>{formula}</f><v>{value}</v>".encode())
            .replace(f"<f>{formula}</f><v />".encode(), f"<f>{formula}</f><v>{value}</v>".encode())
        )
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return path


def test_cells_of_a_workbook_keep_their_kind(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["day", "n", "t"], [datetime(2026, 11, 22), 2.5, "x"], [], [None, 3, None]])
    rows = list(open_file(path).rows())
    assert [(row.line, list(row.cells)) for row in rows] == [
        (1, ["day", "n", "t"]), (2, [date(2026, 11, 22), 2.5, "x"]), (4, ["", 3.0])
    ]  # fmt: skip


def test_formulas_are_read_by_their_values(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], [1, "=A2+1"], [2, "=A3+1"]])
    with_values(path, {"A2+1": "2", "A3+1": "3"})
    assert [list(row.cells) for row in open_file(path).rows(used={0, 1})] == [["a", "b"], [1.0, 2.0], [2.0, 3.0]]


def test_a_formula_without_its_value_is_a_problem_where_it_is_used(tmp_path):
    path = with_values(workbook(tmp_path / "a.xlsx", [["a", "b"], [1, "=A2+1"], [2, "=A3+1"]]), {"A2+1": "2"})
    rows = list(open_file(path).rows(used={0, 1}))
    assert [row.problem[:2] for row in rows] == ["", "", "B3"] and "formula without its value" in rows[2].problem
    assert not any(row.problem for row in open_file(path).rows(used={0}))


def test_sheets_are_named_and_chosen(tmp_path):
    file = open_file(workbook(tmp_path / "a.xlsx", [["one"]], [["two"]]))
    assert file.sheets == ("Sheet", "More")
    assert [list(row.cells) for row in file.rows("More")] == [["two"]]


def test_a_sheet_that_breaks_off_is_told(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]] + [[1, 2]] * 50)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:900]
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(UserError, match=r"'a.xlsx' can't be read as a workbook"):
        list(open_file(path).rows())


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 1000)
    with pytest.raises(UserError, match="when it is unpacked"):
        open_file(workbook(tmp_path / "a.xlsx", [["one"]]))
