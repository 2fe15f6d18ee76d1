"""From a picture of a sketch to clean lines of one width, the form that the structure network was trained on.

Canny on a drawing finds both sides of every stroke. So line art is told from photographs: the strokes of a drawing are
thinned to their middle, its filled areas give their outline, and only photographs go through edge detection. All of
it is done at twice the size asked for, so that fine lines stay apart, and averaged down at the end.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common.errors import UserError
from common.pictures import Picture, from_array, over
from sketch.edges import photograph_edges
from sketch.strokes import disk, drawing_middles, find_ink

KINDS = ("drawing", "photograph")
SIZES = (256, 384, 512)
STEP = 64  # px: latents are 8 times smaller, and the UNet halves them up to three times
STROKE = 1.5  # px, width of a line where the longer side is 256
FINER = 2  # times the asked size, while lines are looked for
SMALLEST_SIDE = 16  # px
MOST_ELONGATED = 16  # longer to shorter side
LEAST_LINE = 0.08  # of the longer side: all lines together
_LOOK = 256  # px of the longer side, when drawings are told from photographs: the limits there hold for this size


@dataclass(frozen=True)
class Prepared:
    """A sketch as lines on a sheet.

    lines: (H, W) float32, 1 on a line, 0 elsewhere; about 1.5 px wide where the longer side is 256; H and W are
        multiples of 64
    kind: "drawing" or "photograph", as found or chosen
    box: (left, top, right, bottom) in px, where the picture lies on the sheet; the rest is padding
    stroke_width: of the strokes as they were drawn, in px of `lines`; NaN for a photograph
    notes: what was found and done, in sentences for a person
    """

    lines: np.ndarray
    kind: str
    box: tuple[int, int, int, int]
    stroke_width: float
    notes: list[str]


def prepare(picture: Picture | np.ndarray, size: int = 256, kind: str = "auto") -> Prepared:
    """The lines of a drawing or a photograph.

    picture: or its array, as `common.pictures.from_array` takes it
    size: px of the longer side; the shorter follows the picture and is padded to a multiple of 64
    kind: "drawing", "photograph", or "auto"

    Raises UserError for a sheet with (nearly) nothing on it, a picture that is too small or too narrow, an unknown
    kind or size.
    """
    if kind not in ("auto", *KINDS):
        raise UserError(f"There is no kind of picture {kind!r}. Choose one of: auto, {', '.join(KINDS)}.")
    if not isinstance(size, int) or size < STEP or size % STEP:
        raise UserError(f"The size is {size!r}: give the longer side in pixels, one of {', '.join(map(str, SIZES))}.")
    picture = picture if isinstance(picture, Picture) else from_array(picture)
    _check_shape(picture)
    notes = list(picture.notes)
    colours, strokes_on_alpha = _flatten(picture.rgba)
    found = kind if kind in KINDS else _kind(colours)
    height, width = _scaled(colours.shape[:2], size)
    colours = _resize(colours, (FINER * height, FINER * width))
    if found == "drawing":
        middles, stroke_width, inverted = drawing_middles(colours)
        if inverted and not strokes_on_alpha:
            notes.append("The drawing is light on dark.")
    else:
        middles, stroke_width = photograph_edges(colours), math.nan
        if kind == "auto":
            notes.append("This looks like a photograph or a painting: its edges are used as lines.")
    lines = _redraw(middles, (height, width), STROKE * size / 256)
    _check_ink(middles, lines)
    sheet, box = _on_sheet(lines, size)
    return Prepared(sheet, found, box, stroke_width / FINER, notes)


def restore(render: np.ndarray, prepared: Prepared) -> np.ndarray:
    """Cut the padding off a render (H, W, …) of the sheet; a render that is larger by a whole factor may come too.

    Raises ValueError when the render has not the sheet's aspect.
    """
    height, width = prepared.lines.shape
    factor = render.shape[0] // height
    if render.shape[:2] != (factor * height, factor * width):
        raise ValueError(f"the render is {render.shape[:2]}, the sheet {height, width}")
    left, top, right, bottom = (factor * edge for edge in prepared.box)
    return render[top:bottom, left:right]


def from_strokes(
    polylines: Sequence[tuple[Sequence[float], Sequence[float]]], size: int = 256, width: float | None = None
) -> Picture:
    """Strokes as QuickDraw has them, each (x values, y values), drawn black on a white square of `size` px.

    They are scaled to fill 84 % of it. width: of the stroke in px, by default size / 64. Raises UserError when there
    is no point.
    """
    import cv2

    strokes = [np.stack([np.asarray(x, np.float64), np.asarray(y, np.float64)], axis=1) for x, y in polylines if len(x)]
    if not strokes:
        raise UserError(f"There is no point in {len(polylines)} strokes. Draw something.")
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = 0.84 * size / max((high - low).max(), 1e-6)
    width = size / 64 if width is None else width
    finer = 4  # cv2's lines are whole pixels wide
    sheet = np.full((finer * size, finer * size), 255, np.uint8)
    for stroke in strokes:
        place = ((stroke - (low + high) / 2) * scale + size / 2) * finer
        place = np.rint(np.concatenate([place, place[-1:]])).astype(np.int32)  # a single point is a dot
        cv2.polylines(sheet, [place], False, 0, max(1, round(finer * width)))
    return from_array(_resize(sheet, (size, size)))


def _check_shape(picture: Picture) -> None:
    height, width = picture.rgba.shape[:2]
    first, second = picture.original_size
    if min(height, width) < SMALLEST_SIDE:
        raise UserError(
            f"The picture has {first:,} x {second:,} pixels: too small to hold a sketch. "
            f"Give at least {SMALLEST_SIDE} on the shorter side; 256 or more are better."
        )
    if max(height, width) > MOST_ELONGATED * min(height, width):
        raise UserError(
            f"The picture has {first:,} x {second:,} pixels: at most {MOST_ELONGATED} times as long as wide is taken. "
            "Cut it."
        )


def _check_ink(middles: np.ndarray, lines: np.ndarray) -> None:
    length = np.count_nonzero(middles) / max(middles.shape)
    if length < LEAST_LINE:
        raise UserError(
            f"The sheet is (nearly) blank: {100 * lines.mean():.2g} % of it is ink, with lines of {length:.2f} times "
            f"its longer side; at least {LEAST_LINE:g} is needed. Draw more, larger or darker."
        )


def _scaled(shape: tuple[int, int], size: int) -> tuple[int, int]:
    """(height, width) with `size` px on the longer side."""
    height, width = shape
    scale = size / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _resize(image: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    import cv2

    smaller = shape[0] < image.shape[0]
    return cv2.resize(image, shape[::-1], interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)


def _flatten(rgba: np.ndarray) -> tuple[np.ndarray, bool]:
    """Colours (H, W, 3) on opaque paper, and whether the strokes were all that is opaque.

    Strokes on a transparent sheet may have any colour, white too: then the alpha is the drawing. Something cut out
    (opaque, and not thin) is laid on white, or on black if it is nearly white itself.
    """
    import cv2

    alpha = cv2.extractChannel(rgba, 3)
    if cv2.minMaxLoc(alpha)[0] == 255:
        return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), False
    small = _resize(alpha, _scaled(alpha.shape, _LOOK)) if max(alpha.shape) > _LOOK else alpha
    opaque = (small > 127).astype(np.uint8)
    inside = cv2.copyMakeBorder(opaque, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    thick = cv2.distanceTransform(inside, cv2.DIST_L2, 3).max()
    if opaque.mean() < 0.5 and thick < _LOOK / 24:
        return np.repeat(255 - alpha[..., None], 3, axis=2), True
    brightness = np.average(over(rgba).mean(axis=2), weights=alpha) if opaque.any() else 0
    return over(rgba, (0, 0, 0) if brightness > 220 else (255, 255, 255)), False


def _kind(colours: np.ndarray) -> str:
    """Line art is mostly even paper with nothing thick on it that is shaded; or it is flat colours throughout.

    The limits lie between published line drawings, QuickDraw strokes and simulated photographs of them on one side,
    photographs and paintings on the other.
    """
    import cv2

    small = _resize(colours, _scaled(colours.shape[:2], _LOOK))
    ink = find_ink(small)
    thick = cv2.morphologyEx((ink.amount > 255 * 0.12).astype(np.uint8), cv2.MORPH_OPEN, disk(7)).mean()
    if (ink.amount < 255 * 0.08).mean() >= 0.6 and ink.grain < 0.05 and thick < 0.05:
        return "drawing"
    block = np.ones((3, 3), np.uint8)
    contrast = (cv2.dilate(small, block) - cv2.erode(small, block)).max(axis=2)
    edges = cv2.dilate((contrast > 40).astype(np.uint8), np.ones((5, 5), np.uint8))
    shaded = ((contrast > 8) & (edges == 0)).mean()
    return "drawing" if (contrast <= 6).mean() >= 0.8 and shaded <= 0.01 else "photograph"


def _redraw(middles: np.ndarray, shape: tuple[int, int], width: float) -> np.ndarray:
    """Lines of one width with soft edges, (H, W) float32."""
    import cv2

    away = cv2.distanceTransform(1 - middles.astype(np.uint8), cv2.DIST_L2, 5)
    return _resize(np.clip(FINER * width / 2 + 0.5 - away, 0, 1), shape)


def _on_sheet(lines: np.ndarray, size: int) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    height, width = lines.shape
    sheet = np.zeros([math.ceil(side / STEP) * STEP for side in lines.shape], np.float32)
    left, top = (sheet.shape[1] - width) // 2, (sheet.shape[0] - height) // 2
    sheet[top : top + height, left : left + width] = lines
    return sheet, (left, top, left + width, top + height)
