"""The lines of a page by two engines: RapidOCR reads it, Tesseract is asked where that is unsure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from common import ocr
from common.errors import UserError
from common.ocr import Piece
from inventory.receipts.company import find_company
from inventory.receipts.paper import even, find_paper, turned_by
from inventory.receipts.rows import Row, rows_of

MOST = 2000  # px of the longer side of what is read, of a long page up to three times as much
NARROW, SLIM = 16, 40  # px of the shorter side, and ratio of the sides, beyond which nothing is printed in a picture
SMALL = 28  # px of the height of a line below which a page that is half empty is read again, enlarged
EMPTY = 0.5  # share of the page that the print takes, below which the rest is cut off for that
UNSURE = 0.88  # confidence of a line below which Tesseract reads it too
STRIPS = 3  # lines at most that Tesseract reads too: each starts a program


@dataclass(frozen=True)
class Page:
    """rows: from top to bottom; engine: who read them; notes: what was done to the picture, in sentences"""

    rows: tuple[Row, ...]
    engine: str
    notes: tuple[str, ...] = ()


def read_page(rgb: np.ndarray, page: int = 0, second: bool = True) -> Page:
    """Find the paper in a picture (H, W, 3) uint8, turn it upright, and read its lines.

    second: whether Tesseract is asked as well. It is, for the line of the company and for lines of sums of which
    RapidOCR is unsure: its reading is taken where it has the same letters with more spaces between words, or where
    it is the surer of the two.
    """
    if min(rgb.shape[:2]) < NARROW or max(rgb.shape[:2]) > SLIM * min(rgb.shape[:2]):
        return Page((), "RapidOCR")
    paper = find_paper(rgb)
    reader = ocr.load_rapid()
    reading = reader.read(_smaller(paper.rgb))
    notes = ["The paper was cut out of the photo and made flat."] if paper.found else []
    if paper.found and not reading.pieces:  # something bright that was no paper
        reading, notes = reader.read(_smaller(rgb)), []
    if reading.turned:
        notes.append(f"The picture was turned by {reading.turned} degrees.")
    closer = _closer(reading)
    if closer is not None:
        again = reader.read(closer, upright=True)
        if len(again.pieces) >= len(reading.pieces):
            reading = again
    rows = rows_of(reading.pieces, page)
    if not second:
        return Page(tuple(rows), "RapidOCR", tuple(notes))
    rows, asked = _with_second(reading.rgb, rows)
    return Page(tuple(rows), "RapidOCR and Tesseract" if asked else "RapidOCR", tuple(notes))


def _smaller(rgb: np.ndarray) -> np.ndarray:
    import cv2

    scale = MOST * ocr.longer(rgb.shape) / max(rgb.shape[:2])
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb


def _closer(reading: ocr.Reading) -> np.ndarray | None:
    """The part of the page that holds print, enlarged, where the print is small and the page half empty."""
    import cv2

    if not reading.pieces:
        return None
    height, width = reading.rgb.shape[:2]
    heights = [piece.height for piece in reading.pieces]
    found_at = min(1.0, ocr.FIND_AT * ocr.longer((height, width)) / max(height, width))
    left, right = min(p.left for p in reading.pieces), max(p.right for p in reading.pieces)
    top, bottom = min(p.top for p in reading.pieces), max(p.bottom for p in reading.pieces)
    if np.median(heights) * found_at >= SMALL or (right - left) * (bottom - top) > EMPTY * width * height:
        return None
    # Lines that were missed stand above, below or beside those that were found.
    margin = 4 * float(np.median(heights))
    x, y = max(0, int(left - margin)), max(0, int(top - margin))
    part = reading.rgb[y : int(bottom + margin) + 1, x : int(right + margin) + 1]
    scale = min(2.0, ocr.FIND_AT / max(part.shape[:2]))
    if scale <= 1.1 * found_at:
        return None
    return cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def _with_second(rgb: np.ndarray, rows: list[Row]) -> tuple[list[Row], bool]:
    """The rows with Tesseract's reading where that is better, and whether it was asked."""
    company = find_company(rows)
    wanted = list(company.rows) if company else []
    sums = [at for at, row in enumerate(rows) if row.kind in ("total", "cash") and row.confidence < UNSURE]
    wanted = list(dict.fromkeys([*wanted, *sums]))[:STRIPS]
    for at in wanted:
        try:
            found = _strip(rgb, rows[at])
        except (UserError, RuntimeError):  # not installed, or too slow on this machine: one engine is enough
            return rows, False
        rows[at] = _better(rows[at], found)
    return rows, bool(wanted)


def _strip(rgb: np.ndarray, row: Row) -> Piece | None:
    """What Tesseract reads in the row, which is cut out, levelled and made about 40 px high."""
    import cv2

    pad = 0.35 * row.height
    left, right = min(p.left for p in row.pieces) - 2 * pad, max(p.right for p in row.pieces) + 2 * pad
    top, bottom = min(p.top for p in row.pieces) - pad, max(p.bottom for p in row.pieces) + pad
    part = rgb[max(0, int(top)) : int(bottom) + 1, max(0, int(left)) : int(right) + 1]
    if not part.size:
        return None
    first, last = row.pieces[0].corners[0], row.pieces[-1].corners[1]
    slant = float(np.degrees(np.arctan2(last[1] - first[1], max(1.0, last[0] - first[0]))))
    if abs(slant) > 0.5:
        part = turned_by(part, -slant)
    grey = even(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY))
    scale = float(np.clip(40 / max(1.0, row.height), 0.5, 3.0))
    grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    lines = ocr.tesseract(cv2.copyMakeBorder(grey, 12, 12, 12, 12, cv2.BORDER_REPLICATE), ocr.LINE, seconds=5.0)
    return max(lines, key=lambda line: len(line.text), default=None)


def _better(row: Row, found: Piece | None) -> Row:
    if found is None:
        return row
    mine, other = row.text, found.text
    if _bare(mine) == _bare(other):
        # A space between two letters that one engine saw was printed; engines invent them inside numbers only.
        return _said(row, spaced(mine, other), max(row.confidence, found.confidence))
    surer = row.confidence < UNSURE and found.confidence > row.confidence + 0.1
    if surer and len(_bare(other)) >= 0.8 * len(_bare(mine)):
        return _said(row, other, found.confidence)
    return row


def spaced(text: str, other: str) -> str:
    """`text` with the spaces of `other` that stand between two words; the letters of both are the same."""
    breaks, at = set(), 0
    for part in other.split():
        at += len(part)
        breaks.add(at)
    made, seen = "", 0
    for letter in text:
        if seen in breaks and made and not letter.isspace() and not made[-1].isspace() and made[-1].isalnum():
            made += " " if letter.isalpha() or (letter.isdigit() and made[-1].isalpha()) else ""
        made += letter
        seen += not letter.isspace()
    return made


def _said(row: Row, text: str, confidence: float) -> Row:
    whole = replace(
        row.pieces[0],
        text=text,
        corners=(
            row.pieces[0].corners[0], row.pieces[-1].corners[1], row.pieces[-1].corners[2], row.pieces[0].corners[3]
        ),
        confidence=confidence,
    )  # fmt: skip
    return replace(row, pieces=(whole,))


def _bare(text: str) -> str:
    return "".join(text.split()).upper()


def by_tesseract(rgb: np.ndarray, page: int = 0) -> Page:
    """The page by Tesseract alone, for a machine on which RapidOCR can't run, and to compare."""
    import cv2

    paper = find_paper(rgb)
    pieces: Sequence[Piece] = ocr.tesseract(even(cv2.cvtColor(_smaller(paper.rgb), cv2.COLOR_RGB2GRAY)))
    return Page(tuple(rows_of(pieces, page)), "Tesseract")
