"""Two engines read print that was drawn here: upright, turned, none at all, and without asking any other machine."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from common import ocr
from common.errors import UserError

WORDS = ("GOODS RECEIVED 4711", "Kuala Terengganu branch", "Total of all: 86.35")


@pytest.fixture(scope="module")
def reader():
    return ocr.RapidReader.load()


@pytest.fixture(scope="module")
def print_of_three_lines() -> np.ndarray:
    image = Image.new("RGB", (520, 190), "white")
    pen = ImageDraw.Draw(image)
    for at, words in enumerate(WORDS):
        pen.text((40, 24 + 50 * at), words, "black", ImageFont.load_default(28))
    return np.asarray(image)


def said(pieces) -> list[str]:
    return ["".join(piece.text.split()) for piece in pieces]


WANTED = ["".join(words.split()) for words in WORDS]


def test_rapid_reads_what_was_drawn_where_it_was_drawn(reader, print_of_three_lines):
    reading = reader.read(print_of_three_lines)
    assert said(reading.pieces) == WANTED
    assert reading.turned == 0 and all(piece.confidence > 0.9 for piece in reading.pieces)
    for at, piece in enumerate(reading.pieces):
        assert piece.left == pytest.approx(40, abs=8) and piece.top < 24 + 50 * at + 14 < piece.bottom
        assert 20 < piece.height < 50 and piece.right > piece.left + 200


@pytest.mark.parametrize(("quarters", "turned"), [(1, 90), (2, 180), (3, 270)])
def test_a_page_that_lies_on_its_side_or_head_is_turned(reader, print_of_three_lines, quarters, turned):
    reading = reader.read(np.rot90(print_of_three_lines, quarters))
    assert reading.turned == turned and said(reading.pieces) == WANTED
    np.testing.assert_array_equal(reading.rgb, print_of_three_lines)


def test_where_nothing_is_printed_nothing_is_read(reader):
    assert reader.read(np.full((200, 300, 3), 240, np.uint8)).pieces == ()


def test_nothing_is_fetched(monkeypatch):
    from rapidocr.utils.download_file import DownloadFile

    def refuse(*given):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(DownloadFile, "run", refuse)
    fresh = ocr.RapidReader.load()
    assert fresh.read(np.full((64, 64, 3), 255, np.uint8)).pieces == () and fresh.nbytes > 5e6


def test_threads_share_one_reader(print_of_three_lines):
    assert ocr.load_rapid() is ocr.load_rapid()
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(said(ocr.load_rapid().read(print_of_three_lines, True).pieces)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [WANTED, WANTED]


def test_threads_follow_the_setting(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert ocr._threads() == 1
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert ocr._threads() >= 1


def test_a_long_page_is_looked_at_longer_within_bounds():
    assert ocr.longer((1500, 700, 3)) == 1.0 and ocr.longer((700, 1500)) == 1.0
    assert ocr.longer((6000, 1000)) == 2.0 and ocr.longer((60_000, 1000)) == ocr.LONGEST


def test_tesseract_reads_pages_and_single_lines(print_of_three_lines):
    page = ocr.tesseract(print_of_three_lines)
    assert [piece.text for piece in page] == list(WORDS)
    assert all(piece.left == pytest.approx(40, abs=8) and piece.confidence > 0.7 for piece in page)
    [line] = ocr.tesseract(print_of_three_lines[:70], ocr.LINE)
    assert line.text == WORDS[0]
    assert ocr.tesseract(np.full((100, 100, 3), 255, np.uint8)) == ()


def test_without_the_program_tesseract_one_is_told_what_to_install(monkeypatch, print_of_three_lines):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="apt-get install tesseract-ocr"):
        ocr.tesseract(print_of_three_lines)


@given(st.tuples(*[st.floats(0, 500)] * 2), st.floats(1, 300), st.floats(1, 60), st.floats(-0.4, 0.4))
def test_the_height_of_a_piece_is_that_of_its_letters_at_any_angle(corner, width, height, angle):
    across = np.array([np.cos(angle), np.sin(angle)]) * width
    down = np.array([-np.sin(angle), np.cos(angle)]) * height
    corners = [np.array(corner), corner + across, corner + across + down, corner + down]
    piece = ocr.Piece("x", tuple((float(x), float(y)) for x, y in corners), 1.0)
    assert piece.height == pytest.approx(height)
    assert piece.bottom - piece.top >= height * np.cos(angle) - 1e-6 and piece.left <= piece.right
