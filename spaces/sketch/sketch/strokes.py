"""The strokes of a drawing as their middle lines, one pixel wide: each stroke one line, however thick it was drawn.

The paper's light is divided out, what is darker than the paper near by is ink, and ink is thinned. Filled areas give
their outline. Lengths that are limits grow with the picture.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np

from sketch.edges import gradient, long_chains

FAINTEST = 0.05  # the part of the paper's light that the faintest stroke takes away
NEAR = 0.4  # and the part of what the darkest stroke near by takes
SMALL = 128  # px of the longer side, at which the paper is looked at


@dataclass(frozen=True)
class Ink:
    """A picture as ink on paper.

    amount: (H, W) uint8, the part of the paper's light that is missing, 0 paper and 255 black, however it is lit
    faintest: (H, W) uint8, the least amount that stands out from the grain of the paper there; some of each stroke has
        `firm` (H, W) uint8
    grain: standard deviation of the paper, 0..1
    colours: (H, W, 3) uint8, dark on light
    inverted: whether the picture was light on dark
    """

    amount: np.ndarray
    faintest: np.ndarray
    firm: np.ndarray
    grain: float
    colours: np.ndarray
    inverted: bool


def drawing_middles(colours: np.ndarray) -> tuple[np.ndarray, float, bool]:
    """Middles (H, W) bool of the strokes of a drawing (H, W, 3) uint8.

    Returns also the usual width of the strokes in px (NaN where there are none) and whether they are light on dark.
    """
    import cv2

    side = max(colours.shape[:2])
    ink = find_ink(colours)
    strokes = _strokes(ink.amount, ink.faintest, ink.firm)
    half, depth = _half_width(strokes)
    strokes = _smooth(strokes, half)
    reach = min(max(2.5 * half, side / 64), side / 20)  # half the width from which on it is no stroke but a filled area
    edges = np.zeros(strokes.shape, bool)
    if depth.max() > reach:
        away = cv2.distanceTransform((depth <= reach).astype(np.uint8), cv2.DIST_L2, 3)
        solid = ((away < 1.2 * reach + 1) & (strokes > 0)).astype(np.uint8)
        edges = _edges_between_colours(ink.colours)
        if np.count_nonzero(edges & (cv2.erode(solid, disk(3)) > 0)) < side / 4:  # it holds no second colour
            strokes, edges = _outlined(strokes, solid, reach), edges & False
        else:
            strokes = _strokes(_dark_lines(ink.colours), ink.faintest, ink.firm)
            strokes = long_chains(strokes > 0, (side / 50) ** 2).astype(np.uint8)
            half, _ = _half_width(strokes)
            strokes = _smooth(strokes, half)
            edges = long_chains(edges & (cv2.dilate(strokes, disk(4)) == 0), side / 32)
    return thin(strokes) | edges, 2 * half - 1, ink.inverted


def find_ink(colours: np.ndarray) -> Ink:
    """The ink in a picture (H, W, 3) uint8 of a drawing, dark on light or light on dark."""
    import cv2

    scale = SMALL / max(colours.shape[:2])
    small = cv2.resize(colours, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else colours
    low, middle, high = np.percentile(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), [1, 50, 99])
    inverted = bool(high - middle > middle - low)
    if inverted:
        colours, small = 255 - colours, 255 - small
    ground = _ground(small)
    even = cv2.resize(ground, colours.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    # The colour that lacks most counts: yellow is as good as black in blue light.
    light = _darkest(cv2.divide(cv2.GaussianBlur(colours, (3, 3), 0.7), even, scale=255))
    paper = _median(light)
    grain = 1.4826 * _median(cv2.absdiff(light, paper)) / 255
    # In the shade the noise is a larger part of the light: that of light itself grows with its square root.
    shade = np.sqrt(_median(ground) / _darkest(ground).astype(np.float32))
    faintest = np.clip(3.5 * grain * shade, FAINTEST, 4 * FAINTEST)
    firm = np.maximum(1.6 * faintest, min(2 * FAINTEST, 9 * grain))
    limits = (255 * np.stack([faintest, firm], axis=2)).astype(np.uint8)
    limits = cv2.split(cv2.resize(limits, colours.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    return Ink(cv2.subtract(paper, light), *limits, grain, colours, inverted)


def _darkest(colours: np.ndarray) -> np.ndarray:
    """The least of the three colours (H, W); numpy takes ten times as long over the last axis."""
    import cv2

    red, green, blue = cv2.split(colours)
    return cv2.min(cv2.min(red, green), blue)


def _median(values: np.ndarray) -> float:
    """Of uint8, in a fraction of the time of np.median."""
    import cv2

    counts = cv2.calcHist([values.reshape(len(values), -1)], [0], None, [256], [0, 256])
    return float(np.searchsorted(np.cumsum(counts), values.size / 2))


def _ground(small: np.ndarray) -> np.ndarray:
    """The paper and its light without the strokes, of a small picture: closed, filled areas bridged, large median."""
    import cv2

    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8), borderType=cv2.BORDER_REPLICATE)
    light = np.percentile(closed.reshape(-1, 3), 90, axis=0)
    paper = closed > 0.4 * light  # shadows are seldom darker, ink is
    if not paper.all():
        weight = cv2.GaussianBlur(paper.astype(np.float32), (0, 0), 12) + 1e-4
        bridge = (cv2.GaussianBlur((closed * paper).astype(np.float32), (0, 0), 12) + 1e-4 * light) / weight
        closed = np.where(paper, closed, bridge)
    return cv2.medianBlur(closed.clip(1, 255).astype(np.uint8), 9)


def _strokes(amount: np.ndarray, faintest: np.ndarray, firm: np.ndarray) -> np.ndarray:
    """Where strokes are, uint8 0 or 1: against the darkest ink near by and the grain of the paper, without specks."""
    import cv2

    side = max(amount.shape)
    reach = side // 32 * 2 + 1
    near = cv2.blur(cv2.dilate(amount, np.ones((reach, reach), np.uint8)), (reach, reach))
    weak = cv2.compare(amount, cv2.max(cv2.multiply(near, NEAR), faintest), cv2.CMP_GT)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= max(3, side * side / 15000)
    firm_area = np.bincount(labels[amount > firm], minlength=count)
    keep &= firm_area > 0.04 * stats[:, cv2.CC_STAT_AREA]  # a faint stroke has firm parts, the grain of paper has none
    keep[0] = False
    return keep[labels].astype(np.uint8)


def _half_width(strokes: np.ndarray) -> tuple[float, np.ndarray]:
    """Half the usual width of the strokes, px (NaN without any), and how deep inside one each pixel lies."""
    import cv2

    depth = cv2.distanceTransform(strokes, cv2.DIST_L2, 3)
    ridge = depth[(depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8))) & (strokes > 0)]
    return float(np.percentile(ridge, 40)) if len(ridge) else math.nan, depth


def _smooth(strokes: np.ndarray, half: float) -> np.ndarray:
    """Thick strokes with smooth sides: rough ones would leave spurs when they are thinned."""
    import cv2

    if not half >= 2:
        return strokes
    return (cv2.GaussianBlur(255 * strokes, (0, 0), min(0.4 * half, 3.0)) > 127).astype(np.uint8)


def _outlined(strokes: np.ndarray, solid: np.ndarray, reach: float) -> np.ndarray:
    """Strokes with the filled areas hollowed out, and with narrow gaps in these as strokes."""
    import cv2

    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disk(max(2, int(reach / 2))))
    gaps = closed & ~strokes & 1
    rim = closed & ~cv2.erode(closed, disk(2), borderType=cv2.BORDER_CONSTANT, borderValue=1) & 1
    return (strokes & ~solid & 1) | rim | gaps


def _edges_between_colours(colours: np.ndarray) -> np.ndarray:
    """Edges of flat colours (H, W) bool; fixed thresholds, since there is no texture to be left out."""
    import cv2

    return cv2.Canny(*gradient(cv2.medianBlur(colours, 5)), 60, 150, L2gradient=True) > 0


def _dark_lines(colours: np.ndarray) -> np.ndarray:
    """Thin dark structures (H, W) uint8, on whatever colour: what a closing fills."""
    import cv2

    kernel = disk(max(colours.shape[:2]) // 40)
    channels = 255 - _darkest(255 - colours), _darkest(colours)
    return cv2.max(*(cv2.morphologyEx(channel, cv2.MORPH_BLACKHAT, kernel) for channel in channels))


def thin(strokes: np.ndarray) -> np.ndarray:
    """Middles (H, W) bool of strokes (H, W) uint8, 0 or 1.

    Zhang and Suen 1984, "A fast parallel algorithm for thinning digital patterns": what cv2.ximgproc.thinning does, by
    tables, in a third of its time.
    """
    import cv2

    weights, rules = _thinning_rules()
    thinned, left = np.pad(strokes, 1), -1
    while left != (left := cv2.countNonZero(thinned)):
        for rule in rules:
            thinned &= cv2.LUT(cv2.filter2D(thinned, cv2.CV_8U, weights, borderType=cv2.BORDER_CONSTANT), rule)
    return thinned[1:-1, 1:-1] > 0


@functools.cache
def _thinning_rules() -> tuple[np.ndarray, list[np.ndarray]]:
    """Weights that make one number 0..255 of a pixel's eight neighbours; for each pass, which numbers let it stay."""
    weights = np.array([[1, 2, 4], [128, 0, 8], [64, 32, 16]])
    around = [(0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0)]  # clockwise from the north
    number = np.arange(256)
    neighbours = [number & weights[place] > 0 for place in around]
    count = np.sum(neighbours, axis=0)
    rises = sum(~here & after for here, after in zip(neighbours, neighbours[1:] + neighbours[:1], strict=True))
    north, east, south, west = neighbours[::2]
    border = (count >= 2) & (count <= 6) & (rises == 1)
    goes = (
        border & ~(north & east & south) & ~(east & south & west),
        border & ~(north & east & west) & ~(north & south & west),
    )
    return weights.astype(np.float32), [(~one).astype(np.uint8) for one in goes]


def disk(radius: int) -> np.ndarray:
    """A round kernel for morphology."""
    import cv2

    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
