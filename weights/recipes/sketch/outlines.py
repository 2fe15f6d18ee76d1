"""From the project's subjects, laid out on a sheet, to the pen strokes that draw their visible outlines.

Each shape of the SVG files is rendered alone; its outline is kept where no later shape hides it and no line stands
yet, and is cut into strokes at its corners. Shapes of the class "shade" are tone, and have no outline.
"""

import copy
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import resvg_py
from PIL import Image
from scipy.ndimage import gaussian_filter1d

SUBJECTS = Path(__file__).parent / "subjects"
SHAPES = ("path", "rect", "circle", "ellipse", "line", "polyline", "polygon")
BOX = 128  # units of a subject's viewBox
THIN = 4.0  # units; what is stroked no wider than this is drawn as one line, not as an outline
CORNER = 55.0  # degrees within 20 px (less in a small shape), where the hand lifts the pen
SHORT = 13  # px; shorter pieces are not worth a stroke
BESIDE = 5  # px; nearer to a line that stands, no second one is drawn
LAG = 16  # px behind the pen that a thin line's way there is marked, so that it does not block itself

Stroke = np.ndarray  # (N, 2) float, x and y in px


@dataclass(frozen=True)
class Part:
    """A subject on the sheet: its file's name, the left and top of its square and the square's side, in px."""

    subject: str
    left: int
    top: int
    side: int


def strokes(parts: Sequence[Part], width: int, height: int) -> Iterator[Stroke]:
    """The visible outlines of all shapes, front ones first, in pieces that a hand draws without lifting the pen.

    parts: from back to front; they may reach over the edge of the sheet, which is `width` by `height` px.
    """
    hidden = np.zeros((height, width), bool)
    drawn = np.zeros(hidden.shape, np.uint8)
    for part in reversed(parts):
        for shape in reversed(list(_shapes(part.subject))):
            area = _place(_mask(shape.svg, part.side), part, hidden.shape)
            for outline in _outlines(shape, part, hidden.shape):
                for run in _visible(outline, bool(shape.thin), hidden, drawn):
                    yield from _at_corners(run)
            hidden |= area


@dataclass(frozen=True)
class _Shape:
    """One shape of a subject as a black picture of its own.

    thin: SVG of its line's pieces, if it is only a thin line; line: how wide that is, in units.
    """

    svg: str
    thin: tuple[str, ...]
    line: float


def _shapes(subject: str) -> Iterator[_Shape]:
    root = ElementTree.parse(SUBJECTS / f"{subject}.svg").getroot()
    for index, shape in enumerate(_drawn(root)):
        if shape.get("class") == "shade":
            continue
        line = float(shape.get("stroke-width", "1")) if shape.get("fill") == "none" else np.inf
        pieces: tuple[str, ...] = ()
        if line <= THIN:
            paths = shape.get("d", "").split("M")[1:]
            changes = [{"d": f"M{path}"} for path in paths] or [{}]
            pieces = tuple(_alone(root, index, {**change, "stroke-width": "0.4"}) for change in changes)
        yield _Shape(_alone(root, index, {}), pieces, line)


def _drawn(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.tag.rpartition("}")[2] in SHAPES]


def _alone(root: ElementTree.Element, index: int, change: dict[str, str]) -> str:
    """The subject with only its shape `index`, in black."""
    root = copy.deepcopy(root)
    for number, shape in enumerate(_drawn(root)):
        if number != index:
            shape.set("display", "none")
            continue
        shape.attrib.update(change)
        for paint in ("fill", "stroke"):
            if shape.get(paint, "none") != "none":
                shape.set(paint, "#000")
    return ElementTree.tostring(root, encoding="unicode")


def _mask(svg: str, side: int, level: int = 127) -> np.ndarray:
    """(side, side) bool: where the picture is drawn."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))[..., 3] > level


def _place(mask: np.ndarray, part: Part, shape: tuple[int, int]) -> np.ndarray:
    """The part's square on a sheet of `shape`; what is outside the sheet is lost."""
    sheet = np.zeros(shape, bool)
    top, left = max(part.top, 0), max(part.left, 0)
    piece = mask[top - part.top :, left - part.left :][: shape[0] - top, : shape[1] - left]
    sheet[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
    return sheet


def _outlines(shape: _Shape, part: Part, sheet: tuple[int, int]) -> Iterator[np.ndarray]:
    """(N, 2) int closed borders of the shape in px; a thin line is walked once there and back."""
    masks = [_place(_mask(svg, part.side, 20), part, sheet) for svg in shape.thin]
    for mask in masks or [_place(_mask(shape.svg, part.side), part, sheet)]:
        for border in cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0]:
            points = border[:, 0]
            if masks and np.ptp(points, axis=0).max() < 4:  # a dot
                radius = shape.line * part.side / BOX / 2
                angle = np.linspace(0, 2 * np.pi, max(12, int(6 * radius)))
                points = (points.mean(0) + radius * np.stack([np.cos(angle), np.sin(angle)], 1)).round().astype(int)
            elif not masks:
                points = np.roll(points, -_corner(points), axis=0)
                points = np.concatenate([points, points[:1]])
            yield points


def _corner(points: np.ndarray) -> int:
    """Where a closed border turns most: a hand begins there, and not in the middle of a smooth curve."""
    ahead, behind = np.roll(points, -8, axis=0) - points, points - np.roll(points, 8, axis=0)
    return int(np.argmin((ahead * behind).sum(1)))


def _visible(outline: np.ndarray, thin: bool, hidden: np.ndarray, drawn: np.ndarray) -> Iterator[np.ndarray]:
    """Runs of the outline that no nearer shape hides and no line stands beside; marks them in `drawn`.

    A `thin` line's way back is left out: it is beside the way there, which is marked a little behind the pen.
    """
    height, width = hidden.shape
    x, y = outline.T
    seen = (x >= 2) & (y >= 2) & (x < width - 2) & (y < height - 2)
    seen[seen] = ~hidden[y[seen], x[seen]]
    free = seen.copy()
    free[seen] = drawn[y[seen], x[seen]] == 0
    if thin:
        own = np.zeros_like(drawn)
        for index, point in enumerate(outline.tolist()):
            if index > LAG:
                cv2.circle(own, outline[index - LAG].tolist(), BESIDE, 1, -1)
            free[index] &= seen[index] and own[point[1], point[0]] == 0
    for first, last in _runs(free):
        if last - first < SHORT / 2:
            continue
        cv2.polylines(drawn, [outline[first:last, None]], False, 1, 2 * BESIDE + 1)
        for _ in range(BESIDE):  # up to the line it meets
            first -= bool(first > 0 and seen[first - 1])
            last += bool(last < len(outline) and seen[last])
        yield outline[first:last].astype(float)


def _runs(free: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last index of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], free.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _at_corners(run: Stroke) -> Iterator[Stroke]:
    """The run in pieces, cut where it turns sharply."""
    smooth = gaussian_filter1d(run, 2.0, axis=0, mode="nearest")
    reach = int(np.clip(len(run) // 10, 4, 10))
    cuts = [0]
    if len(run) > 2 * reach:
        before, after = smooth[reach:-reach] - smooth[: -2 * reach], smooth[2 * reach :] - smooth[reach:-reach]
        cosine = (before * after).sum(1) / np.maximum(np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1), 1)
        turn = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        for index in np.flatnonzero(turn > CORNER):
            near = turn[max(0, index - reach) : index + reach + 1]
            if turn[index] == near.max() and index + reach - cuts[-1] > reach:
                cuts.append(int(index) + reach)
    for first, last in zip(cuts, [*cuts[1:], len(run) - 1], strict=True):
        if last - first >= SHORT:
            yield smooth[first : last + 1]
