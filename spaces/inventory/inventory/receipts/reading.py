"""Receipts: a photo, scan or PDF becomes company, date, total, tax and lines of articles, for a person to check."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from common.errors import UserError
from inventory.receipts.company import find_company
from inventory.receipts.dates import find_date
from inventory.receipts.lines import Line, body, find_lines, sum_of
from inventory.receipts.money import currency_of
from inventory.receipts.ocr import Page, read_page
from inventory.receipts.pages import Sheet, read_sheets
from inventory.receipts.rows import Row, rows_of
from inventory.receipts.totals import Check, checks_of, find_totals

UNSURE = 0.6  # confidence of a field below which a person is asked to look
FEWEST_LETTERS = 4  # fewer were found in the grain of a picture


@dataclass(frozen=True)
class Receipt:
    """What a receipt says. A field is None, or "" for the company, where it was not found.

    currency: ISO 4217, "" where unknown; engine: who read it ("RapidOCR", "RapidOCR and Tesseract", "text layer")
    confidence: 0 to 1 for "company", "date", "total" and "tax", as far as they were found
    printed: date and total as they stand on the paper
    checks: what adds up and what does not; warnings: sentences for the person who reviews it; text: all lines
    """

    company: str
    date: date | None
    total: float | None
    tax: float | None
    currency: str
    lines: tuple[Line, ...]
    engine: str
    confidence: dict[str, float] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()
    text: str = ""


def scan(source: "str | Path | np.ndarray", read: Callable[[np.ndarray, int], Page] = read_page) -> Receipt:
    """Read a receipt from a file or from a picture (H, W, 3) uint8. Nothing of it enters the stock by itself.

    read: what turns the picture of a page into lines; `receipts.ocr.by_tesseract` is the other one

    Of a PDF the text layer is taken where it has one; at most 5 pages are read. Raises UserError for a file that can't
    be read, and where there is no text in it: a blank page, a photo of something else.
    """
    sheets = read_sheets(source)
    pages = [_page(sheet, at, read) for at, sheet in enumerate(sheets.pages)]
    rows = [row for page in pages for row in page.rows]
    if sum(letter.isalnum() for row in rows for letter in row.text) < FEWEST_LETTERS:
        raise UserError(
            "No text was found in it. Give a photo of the receipt itself: "
            "from above, in good light, filling the picture."
        )
    engines = dict.fromkeys(page.engine for page in pages)
    notes = [*sheets.notes, *dict.fromkeys(note for page in pages for note in page.notes)]
    return understand(rows, " and ".join(engines), notes)


def understand(rows: Sequence[Row], engine: str, notes: Sequence[str] = ()) -> Receipt:
    """The fields of a receipt from its lines. notes: sentences to stand before the warnings"""
    texts = [row.text for row in rows]
    currency = currency_of(texts)
    company = find_company(rows)
    # The United States are where the month is printed first.
    day = find_date(texts, day_first=currency != "USD")
    lines = find_lines(rows)
    _, first = body(rows)
    totals = find_totals(rows, sum_of(lines), first if first < len(rows) else 0)
    checks = checks_of(totals, sum_of(lines))
    confidence, printed = {}, {}
    if company:
        confidence["company"] = company.confidence
    if day:
        confidence["date"] = round(day.confidence * rows[day.row].confidence, 3)
        printed["date"] = day.text
    if totals.total is not None:
        confidence["total"] = totals.confidence
        printed["total"] = totals.text
    if totals.tax is not None:
        confidence["tax"] = totals.tax_confidence
    warnings = [*notes, *_warnings(rows, confidence, checks, totals.repaired, lines)]
    return Receipt(
        company.name if company else "",
        day.day if day else None,
        totals.total,
        totals.tax,
        currency,
        lines,
        engine,
        confidence,
        printed,
        tuple(checks),
        tuple(warnings),
        "\n".join(texts),
    )


def _page(sheet: Sheet, at: int, read: Callable[[np.ndarray, int], Page]) -> Page:
    if sheet.rgb is None:
        return Page(tuple(rows_of(sheet.pieces, at)), "text layer")
    return read(sheet.rgb, at)


def _warnings(
    rows: Sequence[Row], confidence: dict[str, float], checks: Sequence[Check], repaired: str, lines: Sequence[Line]
) -> list[str]:
    said = []
    if not any(row.amounts for row in rows):
        said.append("There is no amount of money in it: is this a receipt?")
    missing = [name for name in ("company", "date", "total") if name not in confidence]
    if missing:
        said.append(f"Not found: {', '.join(missing)}. Fill in by hand.")
    unsure = [name for name in ("company", "date", "total") if confidence.get(name, 1.0) < UNSURE]
    if unsure:
        said.append(f"Look again at: {', '.join(unsure)}.")
    if repaired:
        said.append(f"About the total: {repaired}.")
    said += [f"Does not add up: {check.said}." for check in checks if not check.holds]
    if not lines and "total" in confidence:
        said.append("No lines of articles were found.")
    return said
