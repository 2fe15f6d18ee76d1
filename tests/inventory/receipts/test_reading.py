"""Whole receipts, drawn here: scans, photos that lie any way round, PDFs, and what is no receipt."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from common.errors import MediaError, UserError
from inventory.receipts import ocr
from inventory.receipts.ocr import by_tesseract, spaced
from inventory.receipts.pages import MAX_PIXELS, read_sheets
from inventory.receipts.paper import even, find_paper
from inventory.receipts.reading import Receipt, scan, understand
from tests.inventory import receipt_drawings as drawings

RECEIPT = drawings.Drawn()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return drawings.photo(drawings.draw(RECEIPT))


def agrees(found: Receipt, drawn: drawings.Drawn = RECEIPT) -> bool:
    bought = [(line.text, line.quantity, line.price, line.amount) for line in found.lines]
    return (found.company, found.date, found.total, bought) == (
        drawn.company,
        drawn.day,
        drawn.total,
        [(one.name, one.quantity, one.price, one.amount) for one in drawn.bought],
    )


def test_a_scan_is_read_and_adds_up(tmp_path):
    file = tmp_path / "scan.png"
    Image.fromarray(drawings.draw(RECEIPT)).save(file)
    found = scan(file)
    assert agrees(found)
    assert found.currency == "MYR" and found.printed == {"date": "19/07/2024", "total": "RM 60.85"}
    assert {check.name: check.holds for check in found.checks} == {"payment": True, "parts": True, "lines": True}
    assert found.warnings == () and found.engine == "RapidOCR and Tesseract"
    assert min(found.confidence.values()) > 0.8 and "THANK YOU" in found.text


def test_a_photo_that_stands_on_its_head_is_cut_out_turned_and_read(photo):
    found = scan(np.ascontiguousarray(photo[::-1, ::-1]))
    assert agrees(found)
    assert found.warnings == (
        "The paper was cut out of the photo and made flat.",
        "The picture was turned by 180 degrees.",
    )


def test_the_paper_is_found_where_it_lies_and_only_there(photo):
    paper = find_paper(photo)
    height, width = drawings.draw(RECEIPT).shape[:2]
    assert paper.found
    assert paper.rgb.shape[0] / paper.rgb.shape[1] == pytest.approx(height / width, rel=0.12)
    assert np.median(paper.rgb[:, :20]) > 120, "paper up to its edge, where the table is dark"
    scan = drawings.draw(RECEIPT)
    assert find_paper(scan).rgb is scan, "a scan has no table around it"
    assert not find_paper(drawings.cat()).found


def test_shadows_are_taken_out_and_even_light_is_left_alone():
    scan = drawings.draw(RECEIPT)[..., 0]
    assert even(scan) is scan
    shaded = (scan * np.linspace(1.0, 0.4, scan.shape[1])).astype(np.uint8)
    made = even(shaded)
    paper = scan == 255
    assert np.std(made[paper].astype(float)) < 0.3 * np.std(shaded[paper].astype(float))


def test_tesseract_alone_reads_a_clean_scan():
    found = scan(drawings.draw(RECEIPT), by_tesseract)
    assert (found.total, found.date, found.engine) == (RECEIPT.total, RECEIPT.day, "Tesseract")


def test_without_tesseract_one_engine_is_enough(monkeypatch):
    small = replace(RECEIPT, bought=RECEIPT.bought[:1], address=())
    monkeypatch.setenv("PATH", "")
    found = scan(drawings.draw(small))
    assert agrees(found, small) and found.engine == "RapidOCR"


@pytest.mark.parametrize(
    ("mine", "other", "made"),
    [
        ("KEDAIAH MENG", "KEDAI AH MENG", "KEDAI AH MENG"),
        ("Zen28S/B", "Zen 28 S/B", "Zen 28 S/B"),
        ("TOTAL 79.35", "TOTAL 79. 35", "TOTAL 79.35"),
        ("A B", "AB", "A B"),
        ("", "", ""),
    ],
)
def test_spaces_between_words_are_taken_over_and_those_inside_numbers_are_not(mine, other, made):
    assert spaced(mine, other) == made


# PDF


def test_a_pdf_with_text_is_read_from_its_text(tmp_path, monkeypatch):
    monkeypatch.setattr(ocr.ocr, "load_rapid", lambda: pytest.fail("there is nothing to recognise"))
    found = scan(drawings.pdf(tmp_path / "bill.pdf", [drawings.lines_of(RECEIPT)]))
    assert agrees(found) and found.engine == "text layer" and found.warnings == ()


def test_a_pdf_of_pictures_is_read_from_its_pictures(tmp_path):
    small = replace(RECEIPT, bought=RECEIPT.bought[:1], address=())
    Image.fromarray(drawings.draw(small)).save(tmp_path / "scan.pdf")
    assert agrees(scan(tmp_path / "scan.pdf"), small)


def test_of_a_hundred_pages_five_are_read_and_the_rest_is_spoken_of(tmp_path):
    pages = [drawings.lines_of(RECEIPT), *[[f"PAGE {at} OF THE CONDITIONS"] for at in range(2, 101)]]
    found = scan(drawings.pdf(tmp_path / "long.pdf", pages))
    assert agrees(found)
    assert found.warnings[0].startswith("The PDF has 100 pages: only the first 5 were read.")
    assert "PAGE 5" in found.text and "PAGE 6" not in found.text


def test_a_damaged_pdf_says_so(tmp_path):
    whole = drawings.pdf(tmp_path / "whole.pdf", [drawings.lines_of(RECEIPT)]).read_bytes()
    broken = tmp_path / "broken.pdf"
    for data in (whole[:9], b"%PDF-1.4\n" + bytes(range(256))):
        broken.write_bytes(data)
        with pytest.raises(MediaError, match=r"'broken.pdf' is a PDF that can't be read .* Save or scan it again"):
            scan(broken)


def test_a_locked_pdf_asks_for_one_without_a_password(tmp_path):
    import pypdfium2

    # Encrypted by hand is long; what pdfium says of a locked file is what is looked at.
    path = drawings.pdf(tmp_path / "locked.pdf", [["A"]])
    data = path.read_bytes()
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
    data = data.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00> <00>] /Encrypt " + encrypt)
    path.write_bytes(data)
    with pytest.raises(pypdfium2.PdfiumError, match=r"(?i)password"):
        pypdfium2.PdfDocument(str(path))
    with pytest.raises(MediaError, match=r"'locked.pdf' needs a password\. Save it without one"):
        scan(path)


# What is no receipt


NOTHING = {
    "blank": np.full((600, 400, 3), 250, np.uint8),
    "black": np.zeros((600, 400, 3), np.uint8),
    "a dot": np.zeros((1, 1, 3), np.uint8),
    "a thread": np.zeros((3000, 20, 3), np.uint8),
    "cat": drawings.cat(),
}


@pytest.mark.parametrize("picture", NOTHING.values(), ids=NOTHING)
def test_where_there_is_no_text_one_is_told_what_to_give(picture):
    with pytest.raises(UserError, match=r"No text was found in it\. Give a photo of the receipt itself"):
        scan(picture)


def test_text_that_is_no_receipt_comes_with_a_question(tmp_path):
    found = scan(drawings.pdf(tmp_path / "letter.pdf", [["Dear neighbour,", "the meeting is in the garden."]]))
    assert (found.total, found.date, found.lines) == (None, None, ())
    assert "is this a receipt?" in found.warnings[0] and any("Not found: " in warning for warning in found.warnings)


def test_a_picture_of_forty_megapixels_is_made_small_before_anything_else(tmp_path):
    file = tmp_path / "large.jpg"
    Image.fromarray(np.full((5200, 7800), 240, np.uint8)).save(file, quality=30)
    sheets = read_sheets(file)
    height, width = sheets.pages[0].rgb.shape[:2]
    assert height * width <= MAX_PIXELS and "7,800 x 5,200" in sheets.notes[0]


@pytest.mark.parametrize(
    ("data", "said"), [(b"", "is empty"), (b"GIF89a", "can't be read"), (b"hello", "is no picture")]
)
def test_other_files_are_refused(tmp_path, data, said):
    file = tmp_path / "file.jpg"
    file.write_bytes(data)
    with pytest.raises(MediaError, match=said):
        scan(file)


def test_a_receipt_keeps_its_parts_as_they_are():
    found = understand([], "text")
    assert (found.company, found.date, found.total, found.lines) == ("", None, None, ())
    with pytest.raises(AttributeError):
        found.total = 1.0
