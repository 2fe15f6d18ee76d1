"""The report of a session as a PDF, made with reportlab in the DejaVu fonts that come with matplotlib."""

import io
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from coach.contents import FAINT, STRONG, Block, Grid, Heading, Line, Listing, Report, Run, Text, blocks

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Flowable

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, GREY, LINES, SHADE = "#1c1917", "#57534e", "#d6d3d1", "#f5f5f4"
MARGIN = 56  # points
LONGEST_CELL = 300  # characters; a row has to fit on a page
PART = 1_500  # characters: a longer paragraph is parted, or laying it out takes long
WIDTHS = {2: (0.5, 0.5), 3: (0.3, 0.35, 0.35), 4: (0.34, 0.22, 0.24, 0.2)}  # of columns, as shares of the page
_REPLACED = "\N{REPLACEMENT CHARACTER}"
_NOTES = {
    _REPLACED: f"Characters that this document's font does not have stand as {_REPLACED}.",
    "<": "Lines that run from right to left are not turned around in this document.",
}
_ELSEWHERE = "The same report as Markdown has them as they are."
_PRINTING = threading.Lock()  # reportlab keeps its fonts and settings for the whole process


def pdf(report: Report) -> bytes:
    """A PDF, A4; the same report gives the same bytes. A note at its end says where characters had to be replaced.

    Safe to call from several threads, which wait for each other.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    written = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    with _PRINTING:
        printer = _Printer(A4[0] - 2 * (MARGIN + 6))  # the frame of a page keeps 6 points inside
        flow = [flowable for block in blocks(report) for flowable in printer.print(block)]
        if notes := [note for sign, note in _NOTES.items() if sign in printer.met]:
            flow += printer.print(Text((Run(" ".join([*notes, _ELSEWHERE]), FAINT),)))
        document = SimpleDocTemplate(
            written, pagesize=A4, title="Interview practice", author="coach", lang="en", invariant=1, **margins
        )
        # Without it every document would be of the year 2000, so that its bytes are always the same.
        date = f"D:{report.made or report.session.started:%Y%m%d%H%M%S}+00'00'"

        def first(canvas: Any, document: Any) -> None:
            canvas.setDateFormatter(lambda *_: date)
            _footer(canvas, document)

        document.build(flow, onFirstPage=first, onLaterPages=_footer)
    return written.getvalue()


class _Printer:
    """Turns blocks into what reportlab lays out. width: of a line, points; met: those of _NOTES that hold so far."""

    def __init__(self, width: float) -> None:
        self.met: set[str] = set()
        self._width, self._glyphs, self._styles = width, _glyphs(), _styles()

    def print(self, block: Block) -> "list[Flowable]":
        from reportlab.platypus import ListFlowable, Paragraph, Spacer

        match block:
            case Heading(level, text):
                return [Paragraph(self._markup(Run(text)), self._styles[f"heading {level}"])]
            case Text(line, quoted):
                return self._paragraphs(line, "quote" if quoted else "text")
            case Listing(items, numbered):
                marks = {"bulletType": "1", "bulletFormat": "%s."} if numbered else {"start": "•"}
                listed = [self._paragraphs(item, "item") for item in items]
                font = {"bulletFontName": REGULAR, "bulletFontSize": 9, "bulletColor": INK}
                return [ListFlowable(listed, leftIndent=16, **({"bulletType": "bullet"} | marks), **font), Spacer(0, 4)]
            case Grid(header, rows):
                return [self._table(header, rows), Spacer(0, 6)]

    def _paragraphs(self, line: Line, style: str) -> "list[Flowable]":
        from reportlab.platypus import Paragraph

        return [Paragraph("".join(map(self._markup, part)), self._styles[style]) for part in _parts(line)]

    def _table(self, header: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> "Flowable":
        from reportlab.platypus import Paragraph, Table

        def cells(row: tuple[str, ...], style: str) -> list:
            short = [cell if len(cell) <= LONGEST_CELL else f"{cell[: LONGEST_CELL - 1]}…" for cell in row]
            return [Paragraph(self._markup(Run(cell)), self._styles[style]) for cell in short]

        lines = [("LINEBELOW", (0, 0), (-1, -1), 0.5, LINES), ("BACKGROUND", (0, 0), (-1, 0), SHADE)]
        padding = [("TOPPADDING", (0, 0), (-1, -1), 3), ("BOTTOMPADDING", (0, 0), (-1, -1), 3)]
        return Table(
            [cells(header, "header"), *(cells(row, "cell") for row in rows)],
            [self._width * share for share in WIDTHS[len(header)]],
            repeatRows=1,
            style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *lines, *padding],
        )

    def _markup(self, run: Run) -> str:
        """A run in reportlab's own markup, with nothing but characters that the fonts have."""
        text = escape("".join(map(self._printable, run.text)))
        if run.style == STRONG:
            return f"<b>{text}</b>"
        return f'<font color="{GREY}">{text}</font>' if run.style == FAINT else text

    def _printable(self, letter: str) -> str:
        if letter.isspace():
            return " "
        kind = unicodedata.category(letter)
        if kind in ("Cc", "Cf"):  # controls and marks that are not seen
            return ""
        if unicodedata.bidirectional(letter) in ("R", "AL"):
            self.met.add("<")
        if ord(letter) in self._glyphs and letter != _REPLACED:
            return letter
        if kind in ("Mn", "Me"):  # accents and the like over the letter before them
            return ""
        self.met.add(_REPLACED)
        return _REPLACED


def _parts(line: Line) -> Iterator[list[Run]]:
    """The runs of a line, in parts of about PART characters that end at a space where there is one."""
    part: list[Run] = []
    room = PART
    for text, style in line:
        while len(text) > room:
            end = text.rfind(" ", 0, room) + 1 or (0 if part else room)
            yield [*part, Run(text[:end], style)]
            part, room, text = [], PART, text[end:]
        part.append(Run(text, style))
        room -= len(text)
    if part:
        yield part


@cache
def _glyphs() -> frozenset[int]:
    """The characters that both fonts have, which become known to reportlab."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [TTFont(name, str(folder / f"{name}.ttf")) for name in (REGULAR, BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return frozenset(fonts[0].face.charToGlyph) & frozenset(fonts[1].face.charToGlyph)


def _styles() -> "dict[str, ParagraphStyle]":
    from reportlab.lib.styles import ParagraphStyle

    text = ParagraphStyle("text", fontName=REGULAR, fontSize=9.5, leading=14, textColor=INK, spaceAfter=5)

    def heading(size: float, before: float) -> ParagraphStyle:
        kind: dict[str, Any] = {"fontName": BOLD, "fontSize": size, "leading": size * 1.3, "keepWithNext": 1}
        return ParagraphStyle("heading", text, spaceBefore=before, spaceAfter=4, **kind)

    quoted = {"leftIndent": 8, "rightIndent": 8, "borderPadding": 5, "backColor": SHADE}
    return {
        "text": text,
        "quote": ParagraphStyle("quote", text, spaceBefore=6, spaceAfter=9, **quoted),
        "item": ParagraphStyle("item", text, spaceAfter=2),
        "cell": ParagraphStyle("cell", text, fontSize=8.5, leading=11.5, spaceAfter=0),
        "header": ParagraphStyle("header", text, fontName=BOLD, fontSize=8.5, leading=11.5, spaceAfter=0),
        "heading 1": heading(18, 0),
        "heading 2": heading(13, 12),
        "heading 3": heading(10.5, 8),
    }


def _footer(canvas: Any, document: Any) -> None:
    canvas.setFont(REGULAR, 8)
    canvas.setFillColor(GREY)
    canvas.drawCentredString(document.pagesize[0] / 2, MARGIN / 2, str(document.page))
