"""Printed text in pictures, read by two published engines that give the same pieces.

RapidOCR runs PP-OCR (Cui et al. 2025, "PaddleOCR 3.0") with the models that its wheel holds: it finds text by
differentiable binarisation (Liao et al. 2020) and reads each piece by itself, at any small angle and on uneven ground.
Tesseract (Smith 2007) reads whole pages or single lines, and is better at the spaces between words of clean print.
"""

import math
import os
import shutil
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.device import CACHE
from common.errors import UserError

if TYPE_CHECKING:
    from rapidocr import RapidOCR

FIND_AT = 1280  # px of the longer side at which text is looked for; pieces are read from the picture as it is
LONG, LONGEST = 3.0, 3.0  # sides' ratio from which a page is long; how many times longer it is then looked at, at most
VOTES = 12  # pieces that are asked whether the page stands on its head
PAGE, LINE = 6, 7  # Tesseract's page segmentation modes: one block of text, one line
TALL = 1.5  # height over width from which a piece of text lies on its side
# Pieces of like width that are read together, and the least width that each is padded to, in px at a height of 48.
# RapidOCR's own 6 and 320 take twice the time on a receipt, most of whose pieces are short numbers, and read no better.
AT_ONCE, NARROWEST = 2, 48


@dataclass(frozen=True)
class Piece:
    """A run of text on one line.

    corners: px, ((x, y) of top left, top right, bottom right, bottom left), as the text is read
    confidence: 0 to 1, by the engine itself
    """

    text: str
    corners: tuple[tuple[float, float], ...]
    confidence: float

    @property
    def left(self) -> float:
        return min(x for x, _ in self.corners)

    @property
    def right(self) -> float:
        return max(x for x, _ in self.corners)

    @property
    def top(self) -> float:
        return min(y for _, y in self.corners)

    @property
    def bottom(self) -> float:
        return max(y for _, y in self.corners)

    @property
    def height(self) -> float:
        """px, of the text itself and not of the upright box around a leaning one"""
        (_, a), (_, b), (_, c), (_, d) = self.corners
        (e, _), (f, _), (g, _), (h, _) = self.corners
        return (math.hypot(h - e, d - a) + math.hypot(g - f, c - b)) / 2


@dataclass(frozen=True, eq=False)
class Reading:
    """rgb: (H, W, 3) uint8, the picture as it was read; turned: degrees clockwise (0, 90, 180, 270) by which it was
    turned before; pieces: from top to bottom"""

    rgb: np.ndarray
    turned: int
    pieces: tuple[Piece, ...]


class RapidReader:
    """PP-OCR through RapidOCR, on onnxruntime's CPU provider.

    Safe to share between threads: one picture is read at a time.
    """

    def __init__(self, engine: "RapidOCR", nbytes: int) -> None:
        self.nbytes = nbytes  # bytes of the weights
        self._engine = engine
        self._lock = threading.Lock()

    @classmethod
    def load(cls) -> "RapidReader":
        """The models in the wheel of rapidocr, named by their files: nothing is looked up or fetched."""
        import rapidocr

        folder = Path(rapidocr.__file__).parent / "models"
        files = {
            "Det": folder / "PP-OCRv6_det_small.onnx",
            "Rec": folder / "PP-OCRv6_rec_small.onnx",
            "Cls": folder / "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
        }
        parameters = {f"{part}.model_path": str(file) for part, file in files.items()}
        parameters |= {
            "Global.log_level": "error",
            "Det.limit_type": "max",
            "Det.limit_side_len": FIND_AT,
            "Rec.rec_batch_num": AT_ONCE,
            "Rec.rec_img_shape": [3, 48, NARROWEST],
            "EngineConfig.onnxruntime.intra_op_num_threads": _threads(),
        }
        return cls(rapidocr.RapidOCR(params=parameters), sum(file.stat().st_size for file in files.values()))

    def read(self, rgb: np.ndarray, upright: bool = False) -> Reading:
        """All text of a picture (H, W, 3) uint8; none where there is none.

        upright: the picture is known to stand upright. Otherwise it is turned by quarters until its text does.
        """
        with self._lock:
            turned, crops, corners = 0, *self._find(rgb)
            if not upright:
                turned = _quarter(corners)
                if turned:
                    rgb = np.ascontiguousarray(np.rot90(rgb, -turned // 90))
                    crops, corners = self._find(rgb)
                if self._on_its_head(crops):
                    turned = (turned + 180) % 360
                    rgb = np.ascontiguousarray(rgb[::-1, ::-1])
                    crops, corners = self._find(rgb)
            pieces = self._read(crops, corners)
        return Reading(rgb, turned, tuple(sorted(pieces, key=lambda piece: piece.top + piece.bottom)))

    def _find(self, rgb: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Each piece of text cut out and upright, and its corners (n, 4, 2)."""
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        finder = self._engine._load_det_model()
        finder.limit_side_len = round(FIND_AT * longer(rgb.shape))
        found = finder(bgr).boxes
        if found is None:
            return [], np.zeros((0, 4, 2))
        return self._engine.crop_text_regions(bgr, np.asarray(found, np.float32)), np.asarray(found, float)

    def _on_its_head(self, crops: Sequence[np.ndarray]) -> bool:
        """By vote of the widest pieces: short ones such as "SOS" look alike from both sides."""
        widest = sorted(crops, key=lambda crop: -crop.shape[1] / crop.shape[0])[:VOTES]
        if not widest:
            return False
        said = self._engine._load_cls_model()([crop.copy() for crop in widest]).cls_res
        return sum(score if label == "180" else -score for label, score in said) > 0

    def _read(self, crops: list[np.ndarray], corners: np.ndarray) -> list[Piece]:
        if not crops:
            return []
        from rapidocr.ch_ppocr_rec import TextRecInput

        found = self._engine._load_rec_model()(TextRecInput(img=crops, return_word_box=False))
        # Full-width marks, which the models learned with Chinese, become plain ones.
        texts = [unicodedata.normalize("NFKC", text).strip() for text in found.txts]
        return [
            Piece(text, tuple((float(x), float(y)) for x, y in box), float(score))
            for text, score, box in zip(texts, found.scores, corners, strict=True)
            if text
        ]


def longer(shape: tuple[int, ...]) -> float:
    """How many times longer than FIND_AT a page is looked at, 1 to LONGEST: a till roll made as short as a sheet would
    have print of a few pixels."""
    return min(LONGEST, max(1.0, max(shape[:2]) / max(1, min(shape[:2])) / LONG))


def _threads() -> int:
    """OMP_NUM_THREADS, else the cores that this process may use: onnxruntime itself counts those of the machine, and
    its threads spin against each other where they have to share."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(there, int(asked)) if asked.isdigit() and int(asked) else there


def _quarter(corners: np.ndarray) -> int:
    """90 where most of the text runs up or down, else 0; whether 90 or 270 was right shows on the next look."""
    if not len(corners):
        return 0
    width = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    height = np.hypot(*(corners[:, 3] - corners[:, 0]).T)
    area = width * height
    return 90 if area[height > TALL * width].sum() > area[height <= TALL * width].sum() else 0


def load_rapid() -> RapidReader:
    """The one reader of this process, from the shared cache."""
    return CACHE.get("rapidocr", RapidReader.load)


def tesseract(rgb: np.ndarray, mode: int = PAGE, seconds: float = 30.0) -> tuple[Piece, ...]:
    """All lines of a picture (H, W, 3) or (H, W) uint8, by the program Tesseract with its LSTM (`--oem 3`), English.

    mode: PAGE or LINE. Raises UserError where the program is not installed, RuntimeError where it takes longer than
    `seconds`.
    """
    if shutil.which("tesseract") is None:
        raise UserError("The program tesseract is not installed. Install it: apt-get install tesseract-ocr.")
    import pytesseract
    from PIL import Image

    found = pytesseract.image_to_data(
        Image.fromarray(rgb), config=f"--oem 3 --psm {mode}", output_type=pytesseract.Output.DICT, timeout=seconds
    )
    lines: dict[tuple[int, int, int], list[int]] = {}
    for at, text in enumerate(found["text"]):
        if text.strip() and float(found["conf"][at]) >= 0:
            lines.setdefault((found["block_num"][at], found["par_num"][at], found["line_num"][at]), []).append(at)
    return tuple(_joined(found, words) for words in lines.values())


def _joined(found: dict, words: Sequence[int]) -> Piece:
    left = min(found["left"][at] for at in words)
    top = min(found["top"][at] for at in words)
    right = max(found["left"][at] + found["width"][at] for at in words)
    bottom = max(found["top"][at] + found["height"][at] for at in words)
    letters = [len(found["text"][at]) for at in words]
    confidence = float(np.average([float(found["conf"][at]) for at in words], weights=letters)) / 100
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Piece(" ".join(found["text"][at] for at in words), corners, confidence)
