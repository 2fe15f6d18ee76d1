"""Reports: what stands in them, and that Markdown and HTML in an answer stay text."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from coach import transcript
from coach.contents import Grid, Heading, Listing, Report, Text, blocks, practise
from coach.records import Place
from coach.report import escape, from_json, markdown, to_json
from coach.sessions import FEW
from coach.transcript import FILLER, PAUSE, Piece, pieces
from common.errors import UserError
from tests.coach.kept import FILLERS, RATE, STRUCTURE, TEXT, WHOLE, answer, hostile, report, session, spoken

HTML = MarkdownIt("commonmark").enable("table")


def tags(html: str) -> set[str]:
    return set(re.findall(r"</?([a-z0-9]+)", html))


def text_of(html: str) -> str:
    """What one reads of a page of HTML."""
    text = re.sub(r"<[^>]+>", " ", html)
    for name, sign in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("amp", "&")):
        text = text.replace(f"&{name};", sign)
    return " ".join(text.split())


# Contents


def test_a_report_has_all_that_was_found_out():
    text = text_of(HTML.render(markdown(report(WHOLE, answer(5, 80, 60)))))
    for part in (
        "Interview practice: nurse", "Session of 2025-03-30 12:00 UTC", "2 answers", "72 of 100 on average",
        "report of 2025-03-31 12:00 UTC", "Question 1: Tell me about a team that you led.", "leadership · hard",
        "10.5 s spoken", "language en", "65 of 100", "Note: The recording clips.", "I led um , the team of 5.",
        "[pause 1.5 s] We met the deadline.", "pauses from 1 s on stand in brackets", "You led a team.",
        "Say how it ended.", "Worded by ollama (qwen2.5:1.5b).",
        "Structure, 50 of 100: Say how it ended. Heard: “I led um, the team”.",
        "How it comes about: 25 for each part", "Covered: names the team", "Missing: the result; one's own part",
        "Speaking rate 172 words/min 120 to 160 above", "Fillers 4 per min at most 3 above",
        "Pitch variation not known at least 2 not known", "Pauses 5 per min 2 to 6 within", "Speaking rate: counted",
        "arousal 0.62", "valence not known", "Beside earlier answers.",
        "Pauses: from 9 to 5 per min over 2 answers; within the comfortable range, 2 to 6.", FEW,
        "Speaking rate, 120 to 160: a book", "language auto 1, 2", "speech whisper-base 1, 2",
        "transcribe, s 4.25 1, 2",
    ):  # fmt: skip
        assert part in text, part


def test_a_typed_answer_shows_nothing_of_a_voice():
    typed = replace(WHOLE, duration=None, words=(), pauses=(), measures=(), emotion={}, emotion_notes=(), warnings=())
    text = markdown(Report(session(typed)))
    assert "typed" in text and TEXT in text
    for word in ("How it was said", "How it sounded", "Progress", "spoken", "Fillers", "pause", "report of", "ranges"):
        assert word not in text


def test_a_session_without_answers_has_a_report():
    assert markdown(Report(session())) == "# Interview practice: nurse\n\nSession of 2025-03-30 12:00 UTC · 0 answers\n"


def test_no_list_or_table_is_empty():
    bare = replace(WHOLE, scores=(), measures=(), covered=(), missed=(), emotion={}, seconds={}, settings={})
    empty = replace(bare, words=(), text="", feedback="", worded_by="", emotion_notes=(), warnings=(), versions={})
    for one in (WHOLE, bare, empty):
        found = list(blocks(report(one)))
        assert all(block.items for block in found if isinstance(block, Listing))
        assert all(block.rows for block in found if isinstance(block, Grid))
        assert all(len(row) == len(block.header) for block in found if isinstance(block, Grid) for row in block.rows)
        assert all(block.line for block in found if isinstance(block, Text))
        headings = [block.text for block in found if isinstance(block, Heading)]
        assert len(headings) == len(set(headings))


def test_what_to_practise_is_the_weakest_first():
    strong, weak = replace(STRUCTURE, name="b", title="B", value=90), replace(STRUCTURE, name="c", title="C", value=10)
    one = answer(9, 60, scores=(STRUCTURE, strong, weak), measures=(RATE, FILLERS))
    two = answer(9, 60, scores=(replace(STRUCTURE, value=70, advice="New."), strong, weak), measures=(FILLERS,))
    other_rates = (replace(RATE, verdict="good"), replace(RATE, verdict="unknown"))
    three = answer(9, 60, scores=(), measures=(FILLERS, *other_rates))
    found = ["".join(run.text for run in line) for line in practise((one, two, three))]
    assert found == [
        "C, 10 of 100: Say how it ended.",
        "Structure, 60 of 100: New.",
        "Fillers above the comfortable range: 4 per min, comfortable at most 3; in 3 of 3 answers.",
        "Speaking rate above the comfortable range: 172 words/min, comfortable 120 to 160; in 1 of 2 answers.",
    ]
    assert practise(()) == practise((answer(5, 90),)) == []
    many = tuple(replace(weak, name=str(at)) for at in range(9))
    assert len(practise((answer(9, 60, scores=many),))) == 4


# Transcripts


def test_fillers_and_long_pauses_are_marked_where_they_are():
    assert pieces(WHOLE) == [
        Piece("I led "),
        Piece("um", FILLER),
        Piece(", the team of 5. "),
        Piece("[pause 1.5 s]", PAUSE),
        Piece(" "),
        Piece("We met the deadline."),
    ]


def test_what_the_transcript_leaves_out_is_put_in():
    fillers = (Place(1.05, 1.2, "uh"), Place(3.5, 4.0, "um"))
    one = spoken("So we won.", ["So", "we", "won."], fillers, (Place(4, 6, ""),))
    assert "".join(piece.text for piece in pieces(one)) == "So uh we won. um [pause 2 s]"
    assert [piece.text for piece in pieces(one) if piece.kind == FILLER] == ["uh", "um"]


def test_a_word_drawn_out_over_a_filler_is_not_the_filler():
    one = spoken("So we won.", ["So", "we", "won."], (Place(1.4, 1.8, "um"),))
    assert pieces(one) == [Piece("So "), Piece("um", FILLER), Piece(" "), Piece("we won.")]
    twice = spoken("We we, won.", ["We", "we,", "won."], (Place(0.0, 2.9, "We we,"),))
    assert [piece.text for piece in pieces(twice) if piece.kind] == ["We", "we"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("We have won, um, twice.", ["We", "won,", "um,", "twice."]),  # a word too few
        ("We won.", ["We", "won.", "Yes."]),
        ("We won. Yes.", ["We", "won."]),
        ("I am a team", ["I", "a", "team"]),  # "a" stands in "am" too
        ("We won", ["", "We", "won"]),
        ("", ["We"]),
    ],
)
def test_a_text_that_was_changed_is_not_marked(text, words):
    one = spoken(text, words, (Place(0, 9, "um"),), (Place(1, 5, ""),))
    assert pieces(one) == ([Piece(text)] if text else [])


def test_writing_without_spaces_keeps_none():
    one = spoken("我、嗯、带领团队。", ["我、", "嗯、", "带领", "团队。"], (Place(1, 2, "嗯"),))
    assert "".join(piece.text for piece in pieces(one)) == one.text
    html = HTML.render(markdown(Report(session(one))))
    assert "我、<strong>嗯</strong>、带领团队。" in html


@given(st.lists(st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=6), max_size=8), st.data())
def test_marking_loses_no_letter(words, data):
    times = st.floats(-1, 10).map(lambda time: round(time, 2))
    said = st.sampled_from([*words, "um"])
    one = spoken(" ".join(words), words, tuple(data.draw(st.lists(st.builds(Place, times, times, said), max_size=4))))
    text = "".join(piece.text for piece in pieces(one))
    letters = iter(text)
    assert all(letter in letters for letter in one.text), "in their order, with what was put in between"
    assert len(text) <= len(one.text) + 4 * 7


def test_lines_of_a_text_are_paragraphs():
    one = replace(WHOLE, text="One.\n\n  \r\nTwo\nthree.", words=())
    found = [[piece.text for piece in line] for line in transcript.paragraphs(one)]
    assert found == [["One."], ["Two"], ["three."]]
    assert "> One.\n\n> Two\n\n> three." in markdown(Report(session(one)))


# Markdown


@settings(max_examples=300)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30))
@example("# a")
@example("1. a")
@example("12) a")
@example("- a")
@example("+")
@example("===")
@example("---")
@example("    code")
@example("a\n\n\n# b")
@example("&amp; <br> <!-- ")
@example("[a]: http://b.c 'd'")
@example("*a* __b__ ~~c~~ `d` $$e$$ \\* ![f](g)")
@example("| a | b |\n|---|---|")
@example("> [!NOTE]")
@example("<https://example.com>")
@example("a  \nb\\\nc")
def test_any_text_reads_as_itself_wherever_it_stands(text):
    said = escape(text)
    wanted = " ".join(text.split())
    assert "\n" not in said
    for form, around in (
        ("{}", {"p"}),
        ("## {}", {"h2"}),
        ("- {}", {"ul", "li"}),
        ("1. {}", {"ol", "li"}),
        ("> {}", {"blockquote", "p"}),
        ("before\n\n{}\n\nafter", {"p"}),
        ("| a | b |\n| --- | --- |\n| {} | c |", {"table", "thead", "tbody", "tr", "th", "td"}),
    ):
        html = HTML.render(form.format(said))
        assert tags(html) <= around, (form, html)
        expected = {"before\n\n{}\n\nafter": f"before {wanted} after"}.get(form, wanted)
        if "table" in around:
            expected = f"a b {wanted} c"
        assert text_of(html) == " ".join(expected.split()), form


def test_markup_in_an_answer_stays_text():
    html = HTML.render(markdown(hostile()))
    ours = "h1 h2 h3 p ul ol li strong blockquote table thead tbody tr th td"
    assert tags(html) <= {*ours.split()}
    assert text_of(html).count("<script>alert(1)</script> [x](javascript:alert(1))") > 20
    kinds = [type(block) for block in blocks(hostile())]
    assert html.count("<h1>") + html.count("<h2>") + html.count("<h3>") == kinds.count(Heading)
    assert html.count("<table>") == kinds.count(Grid)


# JSON


def test_json_gives_the_same_report_again():
    for one in (report(WHOLE, answer(5, 80)), hostile(), Report(session())):
        assert from_json(to_json(one)) == one
    values = json.loads(to_json(report(WHOLE)))
    assert (values["format"], values["version"]) == ("coach-session", 1)
    assert values["session"]["answers"][0]["words"][0] == ["I", 0.0, 0.4, 0.75]
    assert "person" not in to_json(report(WHOLE))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "format is not"),
        ("{}", "format is not"),
        ("null", "format is not"),
        ('{"format": "coach-session", "version": 2}', "version is 2, and 1 is known"),
        ('{"format": "coach-session", "version": 1}', "it has no 'session'"),
        ('{"format": "coach-session", "version": 1, "session": {"started": 1}}', "session.started is no time"),
        ("[" * 100_000, "no session that was exported here"),
    ],
)
def test_what_was_not_exported_here_is_refused(text, said):
    with pytest.raises(UserError, match=said):
        from_json(text)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_or_read(data):
    values = json.loads(to_json(report(WHOLE)))
    holder = values
    for _ in range(6):
        if not isinstance(holder, (dict, list)) or not holder:
            break
        keys = sorted(holder) if isinstance(holder, dict) else range(len(holder))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()):
            holder[key] = data.draw(st.sampled_from([None, 5, 10**400, -1.5, "x", [], {}, True, ["x"], {"x": 1}]))
            break
        holder = holder[key]
    try:
        found = from_json(json.dumps(values))
    except UserError:
        return
    assert from_json(to_json(found)) == found
    markdown(found)
