"""A person's own questions, from files as people have them."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.own_questions import MOST, MOST_BYTES, Imported, Problem, check, read
from coach.questions import ANY, LONGEST, Question, built_in, make
from common.errors import UserError


@pytest.fixture
def load(tmp_path):
    """Read a file of this content."""

    def load(name: str, content: str | bytes, there=()) -> Imported:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, there)

    return load


def texts(imported: Imported) -> list[str]:
    return [question.text for question in imported.questions]


FULL = """\
text,role,category,difficulty,key_points,follow_ups
"How do you fold a paper crane?",designer,technical,3,"names the first fold; stays calm|shows it","Who taught?|A boat?"
Why do you like Tuesdays?,,,,,
"""


def test_a_csv_with_all_columns_makes_questions(load):
    imported = load("mine.csv", FULL)
    assert imported.problems == ()
    crane, tuesdays = imported.questions
    assert crane == Question(
        crane.id, "designer", "technical", 3, "How do you fold a paper crane?",
        ("names the first fold", "stays calm", "shows it"), ("Who taught?", "A boat?"), True,
    )  # fmt: skip
    assert tuesdays.id.startswith("own-") and tuesdays.own
    assert (tuesdays.role, tuesdays.category, tuesdays.difficulty) == (ANY, "behavioural", 2)
    assert tuesdays.key_points == tuesdays.follow_ups == ()


def test_the_same_as_json_makes_the_same(load):
    rows = [
        {
            "text": "How do you fold a paper crane?", "role": "designer", "category": "technical", "difficulty": 3,
            "key_points": ["names the first fold", "stays calm", "shows it"],
            "follow_ups": ["Who taught?", "A boat?"],
        },
        {"text": "Why do you like Tuesdays?"},
    ]  # fmt: skip
    lines = "\n".join(map(json.dumps, rows))
    expected = load("mine.csv", FULL)
    assert load("mine.json", json.dumps(rows)) == load("mine.json", json.dumps(rows, indent=2)) == expected
    assert load("mine.jsonl", lines) == load("mine.jsonl", f"\n\n{lines}\n") == load("mine.json", lines) == expected


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_sign_between_cells_is_found(load, sign):
    content = f'text{sign}role{sign}key_points\nWhy do you like Tuesdays?{sign}nurse{sign}"a point; another"\n'
    [question] = load("mine.csv", content).questions
    assert question.role == "nurse" and question.key_points == ("a point", "another")


@pytest.mark.parametrize(
    "content",
    [
        "Question,Level,Follow-ups\nWhy do you like Tuesdays?,hard,And Mondays?\n",
        " TEXT , Difficulty ,Follow Up\n Why do you like Tuesdays? , 3 , And Mondays? \n",
        "id,text,difficulty,follow_ups,own\nx-7,Why do you like Tuesdays?,Hard,And Mondays?,no\n",
    ],
)
def test_names_of_columns_may_be_written_as_people_do(load, content):
    imported = load("mine.csv", content)
    [question] = imported.questions
    assert (question.text, question.difficulty) == ("Why do you like Tuesdays?", 3)
    assert question.follow_ups == ("And Mondays?",) and imported.problems == ()


def test_an_unknown_column_is_named(load):
    imported = load("mine.csv", "text,catgory,colour\nWhy do you like Tuesdays?,culture,red\n")
    assert len(imported.questions) == 1
    assert [str(problem) for problem in imported.problems] == [
        "Line 1: The column 'catgory' is not known and was passed over. Did you mean 'category'?",
        "Line 1: The column 'colour' is not known and was passed over.",
    ]


def test_a_wrong_row_is_named_with_its_line_and_the_others_are_kept(load):
    content = (
        "text,role,difficulty\n"
        '"Why do you\nlike Tuesdays?",nurse,1\n'
        "\n"
        "Why do you like Mondays?,astronaut,1\n"
        ",nurse,1\n"
        "Why do you like Fridays?,nurse,9\n"
        "Why, oh why, Fridays?,nurse,1\n"
        "=HYPERLINK(0) or some more,nurse,1\n"
        "Why do you like Sundays?\n"
    )
    imported = load("mine.csv", content)
    assert texts(imported) == ["Why do you like Tuesdays?", "Why do you like Sundays?"]
    assert [problem.line for problem in imported.problems] == [5, 6, 7, 8, 9]
    said = " ".join(map(str, imported.problems))
    for part in (
        "Line 5: There is no role 'astronaut'. Use one of software_engineer",
        "Line 6: It has no text",
        "Line 7: There is no difficulty '9'",
        "Line 8: It has 5 cells and not 3",
        "Line 9: The text is '=HYPERLINK(0) or some more', a formula of a spreadsheet",
    ):
        assert part in said


def test_lines_of_json_are_counted(load):
    content = '[\n {"text": "Why do you like Tuesdays?"},\n {"text": "Why?"}, 7,\n\n {"role": "nurse"}\n]\n'
    imported = load("mine.json", content)
    assert texts(imported) == ["Why do you like Tuesdays?"]
    assert [(problem.line, problem.reason[:28]) for problem in imported.problems] == [
        (3, "The text is 'Why?', which is"), (3, "It is 7: give an object with"), (5, "It has no text; it has 'role"),
    ]  # fmt: skip


def test_what_is_there_already_is_left_out(load):
    known = next(iter(built_in().values()))
    mine = make({"text": "Why do you like Tuesdays?", "role": "nurse", "category": "culture", "difficulty": 1})
    rows = [known.text.upper(), "why do you like tuesdays", "Why do you like Mondays?", "Why do you like: Mondays"]
    imported = load("mine.json", json.dumps([{"text": text} for text in rows], indent=0), [mine])
    assert texts(imported) == ["Why do you like Mondays?"]
    assert [problem.reason.split(":")[0] for problem in imported.problems] == [
        "The bank has this question already", "You have this question already", "Line 8 has this question already",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_are_found(load, encoding):
    imported = load("mine.csv", "text\nWarum gefällt dir „Müßiggang“ 仕事?\n".encode(encoding))
    assert texts(imported) == ["Warum gefällt dir „Müßiggang“ 仕事?"] and imported.problems == ()


def test_what_windows_programs_write_is_read_with_a_note(load):
    imported = load("mine.csv", "text\nWhat\u2019s the caf\u00e9 like?\n".encode("cp1252"))
    assert texts(imported) == ["What\u2019s the caf\u00e9 like?"]
    [problem] = imported.problems
    assert problem.line == 0 and str(problem).startswith("The file is not in UTF-8 and was read as Windows-1252")


def rows_of(count: int) -> str:
    return "text\n" + "".join(f"Which number is number {number}?\n" for number in range(count))


def test_a_file_may_hold_so_many_questions_and_no_more(load):
    assert len(load("mine.csv", rows_of(MOST)).questions) == MOST
    with pytest.raises(UserError, match=r"'mine.csv' has 1,001 questions, at most 1,000 are read\. Part it"):
        load("mine.csv", rows_of(MOST + 1))


def test_a_file_may_be_so_large_and_no_larger(load):
    content = "text\nWhy do you like Tuesdays?\n"
    assert load("mine.csv", content + "\n" * (MOST_BYTES - len(content))).questions
    with pytest.raises(UserError, match=r"'mine.csv' has 1,000,001 bytes, at most 1,000,000 are read"):
        load("mine.csv", content + "\n" * (MOST_BYTES + 1 - len(content)))


def test_a_text_may_be_so_long_and_no_longer(load):
    fits = ("why " * 200)[: LONGEST - 1] + "?"
    imported = load("mine.csv", f"text\n{fits}\n{fits}!\n")
    assert texts(imported) == [fits]
    assert "Line 3: The text has 501 characters, at most 500 are kept" in str(imported.problems[0])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("mine.xlsx", b"PK\x03\x04", r"'mine.xlsx' is of a kind that can't be read\. Save it as one of .csv, .tsv"),
        ("mine.csv", b"PK\x03\x04\x00\x01\x02", "'mine.csv' is a workbook or a ZIP archive and no text"),
        ("mine.csv", b"text\n\x00\x01", "'mine.csv' is no text file"),
        ("mine.csv", b"", "'mine.csv' is empty. Export the questions"),
        ("mine.csv", b"text\n\n , \n", "'mine.csv' has no questions in it"),
        ("mine.csv", b"Why do you like Tuesdays?\n", "has no column 'text'; its first row is .'Why do you like"),
        ("mine.csv", b"text,question\na,b\n", "has the column 'text' twice"),
        ("mine.csv", b'"text\na', "'mine.csv', line 1: It can't be read"),
        ("mine.json", b"", "'mine.json' is empty"),
        ("mine.json", b"[]", "'mine.json' has no questions in it"),
        ("mine.json", b"[", "'mine.json' is cut off"),
        ("mine.json", b'[{"text": "Why so, you two?"}', "'mine.json' is cut off"),
        ("mine.json", b'[\n{"text": "Why so, you two?"},\n{"text" 7}]', "'mine.json', line 3, is no JSON: Expecting"),
        ("mine.json", b"Why do you like Tuesdays?", "'mine.json', line 1, is no JSON"),
        ("mine.json", b"[" * 100_000 + b"]", "'mine.json', line 1, is no JSON: it is nested too deep"),
        ("mine.json", b'[{"difficulty": ' + b"9" * 5_000 + b"}]", "'mine.json', line 1, is no JSON"),
        ("mine.json", b"7 " * 1_001, "'mine.json' has 1,001 questions"),
    ],
)
def test_a_file_that_is_no_use_says_why(load, name, content, said):
    with pytest.raises(UserError, match=said):
        load(name, content)


def test_a_file_that_is_not_there_says_so_without_its_folder(tmp_path):
    with pytest.raises(UserError, match=r"^There is no file 'mine.csv'\. Name"):
        read(tmp_path / "mine.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=r"There is no file 'folder\.csv'"):
        read(tmp_path / "folder.csv")


def test_a_quotation_mark_that_is_never_closed_loses_nothing_before_it_and_says_what_after(load):
    imported = load("mine.csv", 'text\nWhy do you like Tuesdays?\n"Why do you like Mondays?\nWhy do you?\n')
    assert texts(imported) == ["Why do you like Tuesdays?"]
    assert str(imported.problems[0]).startswith("Line 3: It can't be read") and "nor what follows" in str(imported)


def test_rows_can_be_checked_without_a_file():
    imported = check([(1, {"text": "Why do you like Tuesdays?"}), (2, {"text": "Why?"}), (3, ["text"]), (4, {})])
    assert texts(imported) == ["Why do you like Tuesdays?"]
    assert [problem.line for problem in imported.problems] == [2, 3, 4]


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=30)
ROWS = st.lists(st.fixed_dictionaries({"text": CELLS, "role": CELLS, "key_points": CELLS}), min_size=1, max_size=6)
AS_THEY_COME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@AS_THEY_COME
@given(ROWS)
def test_any_row_becomes_a_question_or_a_problem(load, rows):
    written = io.StringIO()
    writer = csv.DictWriter(written, ["text", "role", "key_points"])
    writer.writeheader()
    writer.writerows(rows)
    there = [row for row in rows if any(value.strip() for value in row.values())]
    try:
        imported = load("mine.csv", written.getvalue())
    except UserError as error:
        assert not there and "no questions in it" in str(error)
        return
    assert len(imported.questions) + len(imported.problems) == len(there)
    assert all(problem.line >= 2 for problem in imported.problems)


@AS_THEY_COME
@given(st.binary(max_size=200), st.sampled_from(["mine.csv", "mine.json"]))
def test_any_bytes_are_refused_or_read(load, content, name):
    for start in (b"", b"text\n", b'[{"text": "'):
        try:
            imported = load(name, start + content)
        except UserError as error:
            assert str(error)
            continue
        assert all(isinstance(problem, Problem) and problem.reason for problem in imported.problems)
        assert all(question.own and question.text.isprintable() for question in imported.questions)
