"""How well a render keeps the lines of its sketch, and how near it is to the look of its references.

Both are measured on the finished picture, not taken from the model that made it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from common.device import CACHE
from common.pictures import over

if TYPE_CHECKING:
    from common.vgg import VGG19

TOLERANCE = 2.0  # pixels between an edge and its line, where the longer side of the lines is 256
SMOOTHING = 1.0  # pixels, standard deviation, at the same size
STRONG = 0.95  # quantile: how steep the clear edges of a picture are
HIGH, LOW = 0.5, 0.2  # of that: where an edge begins, and down to where it is followed
LEAST_EDGE = 1.0  # Lab units a pixel: what is fainter is rounding and compression
STYLE_SIDE = 192  # pixels of the longer side; 256 finds no more and takes twice the time
PALETTE_SIDE = 128
FAR_PALETTE = 50.0  # Lab units: of 56 paintings, photographs and drawings 87 in 100 pairs are nearer
DIRECTIONS, QUANTILES = 16, 64
MAX_REFERENCES = 3
WITHOUT_VGG = (
    "Only the palette was compared: the VGG-19 weights are not on this machine "
    "(`python -m common.weights fetch vgg-19` brings them)."
)


@dataclass(frozen=True)
class StructureScore:
    """How edges and lines agree, each 0 to 1: the part of the edges, the part of the lines, and F1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class StyleScore:
    """How far a picture is from its references; smaller is nearer.

    gram: 0 to 1, from the Gram matrices of VGG features; None where it was not measured
    palette: in Lab units, how far the colours lie from those of the references on average
    total: 0 to 1, half gram and half min(1, palette / 50); None without gram
    note: what was left out and why, in a sentence for a person; empty where nothing was
    """

    gram: float | None
    palette: float
    total: float | None
    note: str


def structure(lines: np.ndarray, render: np.ndarray, box: tuple[int, int, int, int] | None = None) -> StructureScore:
    """Edge F1 between the lines that were asked for and the edges of the render.

    lines: (H, W) float, 1 on a line, strokes of one thin width, as `sketch.lines` prepares them
    render: (H, W, 3) or (H, W, 4) uint8; or what is left of it when it is cut to `box`
    box: (left, top, right, bottom) in pixels of `lines`; what lies outside is padding and doesn't count

    The boundary F-measure of Martin, Fowlkes and Malik 2004, "Learning to Detect Natural Image Boundaries Using Local
    Brightness, Color, and Texture Cues", with distances in place of their one-to-one assignment, because a drawn stroke
    has an edge on both sides and both are right. Precision: the part of the render's edge pixels that lie within the
    tolerance of a line. Recall: the part of the line pixels that lie within it of an edge. F1: their harmonic mean.
    All are 0 where there are no edges or no lines. The tolerance is 2 px at a longer side of 256 and grows with it.

    Raises ValueError when the sizes don't fit together.
    """
    if lines.ndim != 2 or 0 in lines.shape:
        raise ValueError(f"lines must be (H, W), not {lines.shape}")
    scale = max(lines.shape) / 256
    left, top, right, bottom = box or (0, 0, lines.shape[1], lines.shape[0])
    if not (0 <= left < right <= lines.shape[1] and 0 <= top < bottom <= lines.shape[0]):
        raise ValueError(f"box {box} is not inside lines of {lines.shape[1]} x {lines.shape[0]} pixels")
    if render.shape[:2] == lines.shape:
        render = render[top:bottom, left:right]
    elif render.shape[:2] != (bottom - top, right - left):
        raise ValueError(f"render {render.shape} fits neither lines {lines.shape} nor box {box}")
    drawn = lines[top:bottom, left:right] >= 0.5
    found = edges(render, scale)
    if not found.any() or not drawn.any():
        return StructureScore(0.0, 0.0, 0.0)
    tolerance = TOLERANCE * scale
    precision = float(np.mean(_distance(drawn)[found] <= tolerance))
    recall = float(np.mean(_distance(found)[drawn] <= tolerance))
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return StructureScore(precision, recall, f1)


def edges(picture: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """Where the colour of a picture changes, one pixel wide: (H, W) bool.

    picture: (H, W, 3) or (H, W, 4) uint8; scale: its size as a multiple of the 256 px that the smoothing is made for.

    Canny 1986, "A Computational Approach to Edge Detection", on the gradient of all three Lab channels at once
    (Di Zenzo 1986, "A Note on the Gradient of a Multi-Image"), so that two colours of one lightness have an edge.
    The thresholds are relative to the picture's own clear edges, so that a pale look has as many as a strong one.
    """
    import cv2

    lab = cv2.GaussianBlur(_lab(picture), (0, 0), SMOOTHING * scale, borderType=cv2.BORDER_REPLICATE)
    dx, dy = (cv2.Sobel(lab, cv2.CV_32F, *axis, scale=scale / 8, borderType=cv2.BORDER_REPLICATE) for axis in _AXES)
    # The largest eigenvalue of the sum of the channels' structure tensors, and its direction.
    xx, yy, xy = (dx * dx).sum(axis=2), (dy * dy).sum(axis=2), (dx * dy).sum(axis=2)
    steep = np.sqrt((xx + yy + np.sqrt((xx - yy) ** 2 + 4 * xy**2)) / 2)
    if steep.max() <= LEAST_EDGE:
        return np.zeros(steep.shape, bool)
    direction = np.arctan2(2 * xy, xx - yy) / 2
    unit = 16000 / steep.max()  # Canny takes whole numbers of 16 bits
    x, y = ((steep * turn(direction) * unit).astype(np.int16) for turn in (np.cos, np.sin))
    # With thresholds of zero Canny gives every ridge of the gradient.
    ridges = steep[(cv2.Canny(x, y, 0, 0, L2gradient=True) > 0) & (steep > LEAST_EDGE)]
    if not len(ridges):
        return np.zeros(steep.shape, bool)
    clear = np.quantile(ridges, STRONG)
    low, high = (max(part * clear, LEAST_EDGE) * unit for part in (LOW, HIGH))
    return cv2.Canny(x, y, low, high, L2gradient=True) > 0


def style(
    render: np.ndarray,
    references: np.ndarray | Sequence[np.ndarray],
    weights: Sequence[float] | None = None,
    vgg: "VGG19 | None" = None,
) -> StyleScore:
    """How far the render's look is from that of one to three references.

    render, references: (H, W, 3) or (H, W, 4) uint8 of any sizes; transparent parts count as white
    weights: of the references, not negative; None: all alike. The target of a blend is the look of a sheet of which
        each reference covers its part.
    vgg: None for the one of the weights manifest. It is not fetched here: where its file is not on this machine, only
        the palette is measured, and the score says so.

    gram: the mean over relu1_1 to relu4_1 of |G - T| / (|G| + |T|), the Frobenius norms of the Gram matrices of render
        and target (Gatys et al. 2016). A layer counts the same however large its activations are, and a picture the
        same however large it is.
    palette: twice the sliced 1-Wasserstein distance of the Lab colours (Bonneel et al. 2015, "Sliced and Radon
        Wasserstein Barycenters of Measures"): twice, because a shift shows on average at half its length in a
        direction of space. So a shift of all colours by 10 Lab units gives 10.

    Raises ValueError for other arrays, numbers of references or weights.
    """
    pictures = [references] if isinstance(references, np.ndarray) else list(references)
    shares = _shares(len(pictures), weights)
    keep = vgg is None
    vgg = vgg or _vgg_here()
    targets = [_look_of_reference(picture, vgg) if keep else _look(picture, vgg) for picture in pictures]
    found = _look(render, vgg)
    palette = 2 * float(np.abs(found.palette - _mixed([look.palette for look in targets], shares)).mean())
    if vgg is None:
        return StyleScore(None, palette, None, WITHOUT_VGG)
    distances = []
    for layer, gram in found.grams.items():
        target = sum(share * look.grams[layer] for share, look in zip(shares, targets, strict=True))
        norms = np.linalg.norm(gram) + np.linalg.norm(target)
        distances.append(float(np.linalg.norm(gram - target) / norms) if norms else 0.0)
    gram = float(np.mean(distances))
    return StyleScore(gram, palette, gram / 2 + min(1.0, palette / FAR_PALETTE) / 2, "")


@dataclass(frozen=True)
class _Look:
    """grams: by layer, (C, C) float32, none without a VGG; palette: quantiles of the colours by direction"""

    grams: dict[str, np.ndarray]
    palette: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.palette.nbytes + sum(gram.nbytes for gram in self.grams.values())


def _look_of_reference(picture: np.ndarray, vgg: "VGG19 | None") -> _Look:
    """Kept, because the same references are asked for again and again."""
    content = hashlib.sha256(np.ascontiguousarray(picture)).hexdigest()
    key = ("sketch.scores", content, picture.shape, vgg is not None)
    return CACHE.get(key, lambda: _look(picture, vgg))


def _look(picture: np.ndarray, vgg: "VGG19 | None") -> _Look:
    # Reduced as light is: means of pixels. The palette is that of the picture seen from farther away.
    lab = _lab(_fitted(_rgb(picture), PALETTE_SIDE)).reshape(-1, 3)
    palette = np.quantile(lab @ _directions().T, (np.arange(QUANTILES) + 0.5) / QUANTILES, axis=0)
    return _Look({} if vgg is None else _grams(picture, vgg), palette)


def _grams(picture: np.ndarray, vgg: "VGG19") -> dict[str, np.ndarray]:
    import torch

    from common.vgg import gram

    pixels = torch.tensor(_fitted(_rgb(picture), STYLE_SIDE)).permute(2, 0, 1)[None].float() / 255
    return {layer: gram(values)[0].cpu().numpy() for layer, values in vgg.features(pixels).items()}


def _vgg_here() -> "VGG19 | None":
    from common import vgg
    from common.registry import Registry

    # A score isn't worth a download of 80 MB in the middle of a render.
    return vgg.load() if Registry().where(vgg.DEFAULT) != "missing" else None


def _shares(count: int, weights: Sequence[float] | None) -> np.ndarray:
    if not 1 <= count <= MAX_REFERENCES:
        raise ValueError(f"there must be 1 to {MAX_REFERENCES} references, not {count}")
    shares = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if shares.shape != (count,) or not np.isfinite(shares).all() or shares.min() < 0 or shares.sum() <= 0:
        raise ValueError(f"weights must be {count} numbers that are not negative and not all 0, not {weights}")
    return shares / shares.sum()


def _mixed(palettes: Sequence[np.ndarray], shares: np.ndarray) -> np.ndarray:
    """The quantiles of the mixture of several palettes."""
    if len(palettes) == 1:
        return palettes[0]
    values, mass = np.concatenate(palettes), np.repeat(shares / QUANTILES, QUANTILES)
    order = np.argsort(values, axis=0)
    below = np.cumsum(mass[order], axis=0) - mass[order] / 2  # each value stands in the middle of its mass
    wanted = (np.arange(QUANTILES) + 0.5) / QUANTILES
    columns = zip(below.T, np.take_along_axis(values, order, axis=0).T, strict=True)
    return np.stack([np.interp(wanted, place, value) for place, value in columns], axis=1)


def _directions() -> np.ndarray:
    """Unit vectors (DIRECTIONS, 3) spread evenly over the sphere: a spiral in steps of the golden angle."""
    step = np.arange(DIRECTIONS) + 0.5
    height, angle = 1 - 2 * step / DIRECTIONS, np.pi * (1 + 5**0.5) * step
    radius = np.sqrt(1 - height**2)
    return np.stack([np.cos(angle) * radius, np.sin(angle) * radius, height], axis=1)


def _rgb(picture: np.ndarray) -> np.ndarray:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] not in (3, 4) or 0 in picture.shape:
        raise ValueError(f"a picture must be (H, W, 3) or (H, W, 4) uint8, not {picture.shape} {picture.dtype}")
    return picture if picture.shape[2] == 3 else over(picture)


def _lab(picture: np.ndarray) -> np.ndarray:
    """CIE Lab, (H, W, 3) float32: L 0 to 100."""
    import cv2

    return cv2.cvtColor(_rgb(picture).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _fitted(rgb: np.ndarray, side: int) -> np.ndarray:
    """`rgb` with a longer side of `side` pixels, and the shorter one no shorter than VGG takes."""
    import cv2

    factor = side / max(rgb.shape[:2])
    size = [max(16, round(length * factor)) for length in rgb.shape[1::-1]]
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)


def _distance(marked: np.ndarray) -> np.ndarray:
    """How far each pixel is from the nearest one that is marked, in pixels."""
    import cv2

    return cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


_AXES = ((1, 0), (0, 1))
