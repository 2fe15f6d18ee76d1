"""The pages of a receipt that somebody sent: a photo, a scan, or a PDF, told by content."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError
from common.ocr import Piece
from common.picture_files import one_line, open_file, short_name
from common.pictures import from_array, over, read_picture

if TYPE_CHECKING:
    import pypdfium2

MOST_PAGES = 5  # of a PDF that are read
MAX_PIXELS = 6_000_000  # of a page in memory; print of a receipt that fills it is 60 px high
RENDERED = 2000  # px of the longer side of a page of a PDF that has to be read from its picture
FEWEST_LETTERS = 20  # of a text layer; fewer are a stamp or a page number on a scan
SCALE = 3.0  # px for a point (1/72 inch) of a text layer, so that its pieces are as large as those of a scan


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page: its picture (H, W, 3) uint8, or the pieces of its text layer where it has one."""

    rgb: np.ndarray | None = None
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, eq=False)
class Sheets:
    """pages; notes: what was left out or changed, in sentences for a person"""

    pages: tuple[Sheet, ...]
    notes: list[str] = field(default_factory=list)


def read_sheets(source: "str | Path | np.ndarray") -> Sheets:
    """The pages of a file, or the picture in an array as `common.pictures.from_array` takes it.

    Raises MediaError for what is no picture and no PDF, is damaged, needs a password or is too large.
    """
    if not isinstance(source, (str, Path)):
        picture = from_array(source, MAX_PIXELS)
        return Sheets((Sheet(over(picture.rgba)),), list(picture.notes))
    with open_file(source) as file:
        is_pdf = b"%PDF-" in file.read(1024)
    if is_pdf:
        return _pdf(Path(source))
    picture = read_picture(source, MAX_PIXELS)
    return Sheets((Sheet(over(picture.rgba)),), list(picture.notes))


def _pdf(path: Path) -> Sheets:
    import pypdfium2

    name = short_name(path)
    try:
        document = pypdfium2.PdfDocument(str(path))
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise MediaError(f"{name} needs a password. Save it without one and upload it again.") from error
        raise MediaError(f"{name} is a PDF that can't be read ({one_line(error)}). Save or scan it again.") from error
    try:
        count = len(document)
        if count == 0:
            raise MediaError(f"{name} is a PDF without pages. Save or scan it again.")
        notes = []
        if count > MOST_PAGES:
            notes.append(
                f"The PDF has {count:,} pages: only the first {MOST_PAGES} were read. "
                "Split it if the receipt is further on."
            )
        return Sheets(tuple(_sheet(document, at, name) for at in range(min(count, MOST_PAGES))), notes)
    finally:
        document.close()


def _sheet(document: "pypdfium2.PdfDocument", at: int, name: str) -> Sheet:
    import pypdfium2

    try:
        page = document[at]
        try:
            pieces = _text_layer(page)
            if sum(len(piece.text) for piece in pieces) >= FEWEST_LETTERS:
                return Sheet(pieces=pieces)
            # By the size of the page, which may be that of a poster: the picture stays as large as it is.
            scale = RENDERED / max(1.0, *page.get_size())
            bitmap = page.render(scale=scale)
            try:
                array = bitmap.to_numpy()
                return Sheet(over(from_array(_rgb(array)).rgba))
            finally:
                bitmap.close()
        finally:
            page.close()
    except pypdfium2.PdfiumError as error:
        raise MediaError(
            f"Page {at + 1} of {name} is damaged ({one_line(error)}). Save or scan the PDF again."
        ) from error


def _rgb(bitmap: np.ndarray) -> np.ndarray:
    """pdfium's blue, green, red(, unused) or grey as (H, W, 3)."""
    if bitmap.ndim == 2:
        bitmap = bitmap[..., None]
    return np.repeat(bitmap, 3, axis=2) if bitmap.shape[2] == 1 else np.ascontiguousarray(bitmap[..., 2::-1])


def _text_layer(page: "pypdfium2.PdfPage") -> tuple[Piece, ...]:
    """The text of a page as it stands in the file, in the places where it is seen."""
    text = page.get_textpage()
    try:
        height = page.get_height()
        pieces = []
        for at in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(at)
            words = " ".join(text.get_text_bounded(left, bottom, right, top).split())
            if words:
                box = ((left, height - top), (right, height - top), (right, height - bottom), (left, height - bottom))
                pieces.append(Piece(words, tuple((x * SCALE, y * SCALE) for x, y in box), 1.0))
        return tuple(pieces)
    finally:
        text.close()
