"""Files of feedback in the forms in which people have them, row by row, and what is wrong told with its line."""

import csv
import io
import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from feedback import delimited, files
from feedback.delimited import Line
from feedback.files import open_source


@pytest.fixture
def written(tmp_path):
    """Writes a file, text as UTF-8, and gives its path."""

    def write(content: str | bytes, name: str = "in.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


def texts(source: files.Source) -> list[str | None]:
    return [item.text for item in source.items()]


def test_a_csv_gives_the_texts_of_its_column(written):
    source = open_source(
        written('id,text,stars\r\n1,"Love it, but\nit crashes",4\r\n2,"He said ""no""",1\r\n\r\n3,=1+1,5\r\n')
    )
    assert [(item.line, item.text) for item in source.items()] == [
        (2, "Love it, but\nit crashes"),
        (4, 'He said "no"'),
        (6, "=1+1"),
    ]
    assert (source.rows, source.kind, source.delimiter, source.column, source.columns, source.encoding) == (
        3, "csv", ",", "text", ("id", "text", "stars"), "utf-8",
    )  # fmt: skip
    assert source.notes == () and len(source.sha256) == 64
    assert [item.line for item in source.items(skip=2)] == [6]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(written, sign):
    rows = [
        ("Nr", "Kommentar", "Datum"),
        (1, "Gut; aber teuer, sehr | laut\tja", "1.2."),
        (2, "Ganz, ganz toll", "3.4."),
    ]
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows(rows)
    source = open_source(written(text.getvalue()))
    assert source.delimiter == sign and texts(source) == [rows[1][1], rows[2][1]]
    assert source.column == "Kommentar"


def test_a_delimiter_that_is_told_is_taken(written):
    assert texts(open_source(written('sep=;\nid;text\n1;"a, b, c"\n'))) == ["a, b, c"]
    assert texts(open_source(written("text,stars\nfine|thing,4\n", "in.tsv"))) == ["fine|thing"]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_is_found_out(written, encoding):
    lines = ["Größe stimmt nicht, 5 € zu viel", "C’est “génial”", "plain"]  # noqa: RUF001
    source = open_source(written("\r\n".join(lines).encode(encoding), "in.txt"))
    assert texts(source) == lines
    assert ("Windows-1252" in " ".join(source.notes)) is (encoding == "cp1252")
    columned = open_source(written(("text;n\r\n" + "\r\n".join(f'"{line}";1' for line in lines)).encode(encoding)))
    assert texts(columned) == lines and columned.column == "text"


def test_other_scripts_and_emoji_are_read(written):
    lines = ["とても良い", "отлично 😀", "ممتاز", "👍🏽"]
    assert texts(open_source(written("\n".join(lines), "in.txt"))) == lines
    assert texts(open_source(written("\n".join(lines).encode("utf-16"), "in.txt"))) == lines


def test_broken_bytes_are_replaced_and_noted(written):
    content = "Größe\nÄrger\nschön ".encode() + b"\xff\xfe kaputt\n"
    source = open_source(written(content, "in.txt"))
    found = list(source.items())
    assert [item.text for item in found] == ["Größe", "Ärger", "schön \ufffd\ufffd kaputt"]
    assert [bool(item.note) for item in found] == [False, False, True] and "no UTF-8" in source.notes[0]


def test_a_multibyte_sign_at_the_end_of_a_chunk_or_cut_off_is_no_reason_for_another_encoding(written):
    content = ("ä" * 600_000 + "\nzweite ü").encode()
    assert open_source(written(content, "in.txt")).encoding == "utf-8"
    assert open_source(written(content[:-1], "in.txt")).encoding == "utf-8"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("id,Review Text,date", "Review Text"),
        ("comments_internal,n,FEEDBACK", "FEEDBACK"),
        ("id,note,date", "note"),
        ("Body,subject,x", "Body"),
    ],
)
def test_the_column_is_found_by_its_name_or_by_its_texts(written, header, expected):
    at = header.split(",").index(expected)
    row = ["7", "7", "7"]
    row[at] = "a text that is somewhat longer than the others are"
    source = open_source(written(f"{header}\n{','.join(row)}\n{','.join(row)}\n"))
    assert source.column == expected and texts(source) == [row[at]] * 2


def test_a_column_is_taken_by_name_in_any_case_or_by_number(written):
    path = written("id,text,Reply\n1,the text itself,thanks for that\n")
    assert texts(open_source(path, "reply ")) == ["thanks for that"]
    assert texts(open_source(path, "3")) == ["thanks for that"]
    assert texts(open_source(path, "1")) == ["1"]


def test_a_file_without_names_of_columns_loses_no_row(written):
    rows = '1,It crashes when I open it.\n2,"Love it, truly"\n3,How do I print?\n'
    source = open_source(written(rows))
    assert texts(source) == ["It crashes when I open it.", "Love it, truly", "How do I print?"]
    assert not source.header and "column 2" in source.notes[0]
    one = open_source(written("crashes\nIt crashes when I open it, every time\nLove it\n"))
    assert texts(one) == ["crashes", "It crashes when I open it, every time", "Love it"] and one.delimiter is None
    named = open_source(written("feedback\nIt crashes, every time\nLove it, and you, and him\n"))
    assert texts(named) == ["It crashes, every time", "Love it, and you, and him"] and named.column == "feedback"


def test_a_column_that_is_not_there_is_told_with_those_that_are(written):
    with pytest.raises(UserError, match=r"'in\.csv' has no column 'txet'; it has 'id', 'text'"):
        open_source(written("id,text\n1,x\n"), "txet")
    with pytest.raises(UserError, match=r"'in\.jsonl' has no column 'txet'; it has 'id', 'text', 'n'"):
        open_source(written('{"id": 1, "text": "x"}\n{"n": 2, "text": "y"}\n', "in.jsonl"), "txet")
    with pytest.raises(UserError, match="no column '9'"):
        open_source(written("id,text\n1,x\n"), "9")


def test_rows_that_cannot_be_read_are_told_with_their_line_and_lose_no_other(written):
    content = 'id,text,n\n1,good,2\n2\n3,too,many,cells\n4,  ,2\n5,"never closed,1\n6,fine,2\n7,last,,\n'
    source = open_source(written(content))
    assert source.rows == 7
    found = [(item.line, item.text, item.problem) for item in source.items()]
    assert [(line, text) for line, text, _ in found] == [
        (2, "good"), (3, None), (4, None), (5, None), (6, None), (7, "fine"), (8, "last"),
    ]  # fmt: skip
    told = [problem for _, _, problem in found]
    assert "1 cells" in told[1] and "4 cells and not 3" in told[2] and "empty" in told[3] and "not closed" in told[4]


def test_a_quotation_mark_that_is_never_closed_costs_one_row_and_little_time(written):
    rows = "".join(f"{number},this is row {number}\n" for number in range(30_000))
    start = time.process_time()
    source = open_source(written(f'id,text\n0,"open\n{rows}'))
    assert source.rows == 30_001
    assert [item.line for item in source.items() if item.problem] == [2]
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("a,b,c", ["a", "b", "c"]),
        ("", None),
        (",", [""] * 2),
        ('"a","b"', ["a", "b"]),
        ('a, "b, c",d', ["a", "b, c", "d"]),
        ('5" screen,ok', ['5" screen', "ok"]),
        ('"a""b",""', ['a"b', ""]),
        ('"a"b,c', ["ab", "c"]),
        ('a,"",', ["a", "", ""]),
    ],
)
def test_cells_are_parted_with_patience(line, cells):
    found = list(delimited.records([Line(1, line)], ","))
    assert found == ([delimited.Record(1, cells)] if cells else [])


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6), st.sampled_from(",;\t|"))
def test_what_the_library_csv_writes_is_read_as_it_was(rows, sign):
    text = io.StringIO()
    csv.writer(text, delimiter=sign, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    lines = list(delimited.lines(io.StringIO(text.getvalue(), newline="\n")))
    assert [record.cells for record in delimited.records(lines, sign)] == rows


@settings(deadline=None)
@given(st.text(alphabet='ab,"\n ', max_size=60))
def test_no_text_is_lost_in_a_damaged_csv(content):
    lines = list(delimited.lines(io.StringIO(content, newline="\n")))
    found = list(delimited.records(lines, ","))
    numbers = [record.line for record in found]
    assert numbers == sorted(set(numbers)) and all(record.cells or record.problem for record in found)
    held = sum("".join(record.cells).count("a") for record in found)
    lost = sum(lines[record.line - 1].text.count("a") for record in found if record.problem)
    assert held + lost == content.count("a")


def test_jsonl_gives_texts_of_a_key_or_plain_ones(written):
    content = '{"id": 7, "feedback": "one"}\n"two"\n\n{"feedback": "three\\nlines"}\n'
    source = open_source(written(content, "in.jsonl"))
    assert [(item.line, item.text) for item in source.items()] == [(1, "one"), (2, "two"), (4, "three\nlines")]
    assert source.column == "feedback"
    assert texts(open_source(written('"one"\n"two"\n', "in.ndjson"))) == ["one", "two"]
    long = '{"a": "xy", "b": "a longer text"}\n'
    assert texts(open_source(written(long, "in.jsonl"))) == ["a longer text"]
    assert texts(open_source(written(long, "in.jsonl"), "A")) == ["xy"]


def test_what_is_wrong_in_jsonl_is_told_with_its_line(written):
    lines = [
        '{"text": "good"}',
        "{",
        '{"n": 1}',
        '{"text": null}',
        '{"text": 5}',
        "[1]",
        '{"text": ""}',
        "7",
        "[" * 99_999,
    ]
    lines += ['{"text": "\\ud800 broken \\u0000 sign"}', '{"text": "last"}']
    source = open_source(written("\n".join(lines), "in.jsonl"))
    found = {item.line: item for item in source.items()}
    assert len(found) == len(lines) == source.rows
    assert [line for line, item in found.items() if item.text] == [1, 10, 11]
    assert "no JSON" in found[2].problem and "no JSON" in found[9].problem
    assert "no 'text'; it has 'n'" in found[3].problem
    assert "null" in found[4].problem and "5" in found[5].problem and "[1]" in found[6].problem
    assert found[10].text.encode("utf-8") and found[10].note


@pytest.mark.parametrize(
    "content", ['[{"text": "x"}]', '[\n{"text": "x"}\n]', '{\n  "text": "x"\n}', "words\nwords", "\n\n"]
)
def test_json_that_is_no_jsonl_is_refused(written, content):
    with pytest.raises(UserError, match=r"no JSONL: each line|no rows"):
        open_source(written(content, "in.json"))


def test_a_long_cell_is_cut_and_said_to_be(written):
    path = written(f'id,text\n1,"{"word " * 210_000}"\n2,short\n')
    long, short = open_source(path).items()
    assert len(long.text) == files.MOST_CHARACTERS and long.note == "Cut at 20,000 of 1,049,999 characters."
    assert short.text == "short" and short.note == ""


@pytest.mark.parametrize("name", ["in.txt", "in.jsonl", "in.csv"])
def test_a_line_without_end_is_not_held_in_memory(written, name):
    head = "text,n\nfirst,1\n" if name == "in.csv" else '"first"\n'
    path = written(f"{head}{'x' * 30_000_000}\n" + ("last,2" if name == "in.csv" else '"last"'), name)
    tracemalloc.start()
    found = list(open_source(path).items())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000
    assert [item.text.strip('"') if item.text else None for item in found][::2] == ["first", "last"]
    assert (len(found[1].text) == files.MOST_CHARACTERS) if name == "in.txt" else found[1].problem


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", b"", "is empty"),
        ("in.csv", b"id,text\n", "no rows below the names of its columns"),
        ("in.csv", b"\n\n  \n", "no rows"),
        ("in.txt", b"\n \n", "no rows"),
        ("in.txt", b"\xef\xbb\xbf", "no rows"),
        ("in.csv", b"PK\x03\x04rest of a workbook", "a workbook or a ZIP archive.*Export it as CSV"),
        ("in.txt", b"%PDF-1.7", "a PDF"),
        ("in.csv", bytes(range(256)) * 20, "is no text file"),
        ("in.jsonl", b"\x00" * 5000, "is no text file"),
        ("in.xlsx", b"x", "of a kind that can't be read.*\\.csv, \\.tsv"),
        ("in", b"x", "of a kind"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(written, name, content, message):
    with pytest.raises(UserError, match=message):
        open_source(written(content, name))


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(UserError, match=r"There is no file '.*Name a CSV"):
            open_source(path)


def test_too_many_rows_are_refused_and_the_most_are_read(written):
    with pytest.raises(UserError, match="more than 200,000 rows"):
        open_source(written("x\n" * 200_001, "in.txt"))
    assert open_source(written("x\n" * 200_000, "in.txt")).rows == 200_000


@settings(deadline=None)
@given(content=st.binary(max_size=300), name=st.sampled_from(["in.csv", "in.jsonl", "in.txt"]))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content, name):
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    try:
        source = open_source(path)
    except UserError:
        return
    found = list(source.items())
    assert len(found) == source.rows > 0
    assert all((item.text is None) == bool(item.problem) for item in found)
    json.dumps([item.text for item in found], ensure_ascii=False).encode("utf-8")
