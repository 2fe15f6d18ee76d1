"""The PDF of a report: that it says what the report says, and that no text breaks it."""

import base64
import re
import threading
import time
import zlib
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from coach.contents import Heading, Report, blocks
from coach.pdf import pdf
from coach.records import Place
from tests.coach.kept import STRUCTURE, WHOLE, answer, hostile, report, session, spoken

# A change of font, a text that is shown, or the end of a line.
SHOWN = re.compile(rb"/(F\S+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj|(ET|T\*)", re.DOTALL)
ESCAPED = re.compile(rb"\\(\d{3}|.)", re.DOTALL)


def read(document: bytes) -> str:
    """The text of a PDF of reportlab's, by the tables that its fonts carry from codes to characters."""
    objects = dict(re.findall(rb"\n(\d+) 0 obj\n(.*?)endobj", document, re.DOTALL))

    def stream(content: bytes) -> bytes:
        inner = re.search(rb"stream\r?\n(.*)endstream", content, re.DOTALL).group(1)
        if b"ASCII85Decode" in content:
            inner = base64.a85decode(inner.strip().removesuffix(b"~>"))
        return zlib.decompress(inner)

    codes = {}
    for content in objects.values():
        if named := re.search(rb"/Name /(\S+).*/ToUnicode (\d+) 0 R", content, re.DOTALL):
            pairs = re.findall(rb"<(..)> <(....)>", stream(objects[named.group(2)]))
            codes[named.group(1)] = {int(code, 16): chr(int(sign, 16)) for code, sign in pairs}
    lines = []
    for number in re.findall(rb"/Contents (\d+) 0 R", document):
        font = {}
        for name, text, end in SHOWN.findall(stream(objects[number])):
            font = codes.get(name, {}) if name else font
            raw = ESCAPED.sub(lambda sign: bytes([int(sign[1], 8)]) if sign[1].isdigit() else sign[1], text)
            lines.append("".join(font.get(code, "?") for code in raw) + " " * bool(end))
    return " ".join("".join(lines).split())


def pages(document: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", document))


def test_the_pdf_says_what_the_report_says():
    one = report(WHOLE, answer(5, 80, 60))
    text = read(pdf(one))
    for part in (
        "Interview practice: nurse", "Session of 2025-03-30 12:00 UTC · 2 answers", "What to practise next", "1. ",
        "Question 1: Tell me about a team that you led.", "I led um, the team of", "[pause 1.5 s]",
        "Heard: “I led um, the", "Speaking rate 172 words/min 120 to 160 above", "Settings and versions",
        "whisper-base", "Progress",
    ):  # fmt: skip
        assert part in text, part
    for block in blocks(one):
        if isinstance(block, Heading):
            assert block.text in text


def test_a_session_without_answers_has_a_pdf():
    assert "Session of 2025-03-30 12:00 UTC · 0 answers" in read(pdf(Report(session())))


def test_the_same_report_is_the_same_pdf_also_from_several_threads():
    one = report(WHOLE)
    first, found = pdf(one), []
    threads = [threading.Thread(target=lambda: found.append(pdf(one))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [first] * 3
    assert b"CreationDate (D:20250331120000+00'00')" in first
    assert b"D:20250330120000" in pdf(replace(one, made=None))


def test_markup_in_an_answer_stays_text_in_the_pdf():
    text = read(pdf(hostile()))
    assert text.count("<script>alert(1)</script>") > 15 and "&lt; # e <b>" in text


def test_what_the_font_does_not_have_is_replaced_and_said():
    odd = "Größe “x” \u2013 Привет Ωμέγα 好的 🥶👩\u200d👩\u200d👧 e\u0301 a\x07b\u200fc\ufffd"
    text = read(pdf(Report(session(replace(WHOLE, text=odd, words=())))))
    assert "Größe “x” \u2013 Привет Ωμέγα \ufffd\ufffd \ufffd\ufffd\ufffd\ufffd e\u0301 ab" in text
    assert "does not have stand as \ufffd." in text
    assert "does not have" not in read(pdf(Report(session(WHOLE))))
    right = read(pdf(Report(session(replace(WHOLE, text="שלום مرحبا", words=())))))
    assert "run from right to left" in right


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_makes_a_pdf(text):
    one = replace(WHOLE, text=text, words=(), feedback=text, question_text=text, emotion={text: 0.5}, missed=(text,))
    assert pdf(Report(session(one))).startswith(b"%PDF-")


def test_a_very_long_answer_makes_a_long_pdf_soon():
    words = ["achievement", "we", "delivered.", "So", "um"] * 4000
    long_one = spoken(" ".join(words), words, tuple(Place(at, at + 0.9, "um") for at in range(4, 20_000, 50)))
    start = time.process_time()  # which other work on this machine does not change
    document = pdf(Report(session(long_one)))
    assert time.process_time() - start < 8
    assert 15 < pages(document) < 80
    text = read(document)
    assert text.count("achievement") == 4000 and text.count(" So um") == 4000


def test_a_word_that_never_ends_fits_on_pages():
    endless = "a" * 30_000
    one = replace(WHOLE, text=endless, words=(), question_text=endless[:500], settings={endless: endless},
                  emotion={endless: 0.5}, scores=(replace(STRUCTURE, title=endless[:500]),))  # fmt: skip
    document = pdf(Report(session(one)))
    assert read(document).count("a") > 30_000 and pages(document) < 40
