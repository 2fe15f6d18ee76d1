"""The paper of a receipt in a photo: found by its outline and made flat; and scans made ready for Tesseract."""

import math
from dataclasses import dataclass

import numpy as np

LOOK_AT = 640  # px of the longer side at which the outline is looked for
SMALLEST, LARGEST = 0.12, 0.92  # share of the picture that a paper takes; more is a scan, with nothing to cut off
BRIGHTER = 30  # grey levels by which paper is brighter than what it lies on
FULL = 0.85  # share of its outline that a paper fills; less is a hand, a shadow or two papers
MARGIN = 0.01  # of the sides, kept around the paper, because outlines run a little inside
UNEVEN = 40  # grey levels of background between the dark and the bright parts of a page, from which it is made even


@dataclass(frozen=True, eq=False)
class Paper:
    """rgb: (H, W, 3) uint8, the paper seen from straight above; found: False where the picture was left as it is"""

    rgb: np.ndarray
    found: bool


def find_paper(rgb: np.ndarray) -> Paper:
    """The largest bright sheet with four corners, made rectangular; the picture itself where there is none.

    Otsu's threshold (1979) parts bright from dark, the outline is simplified to four corners (Douglas and Peucker
    1973), and a homography makes it a rectangle of the mean lengths of its sides.
    """
    import cv2

    scale = LOOK_AT / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    scale = min(scale, 1.0)
    grey = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), (5, 5), 0)
    # Closing first: print would cut the paper into pieces.
    size = max(9, round(0.03 * LOOK_AT * min(1.0, max(small.shape[:2]) / LOOK_AT))) | 1
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8))
    _, bright = cv2.threshold(closed, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    whole = small.shape[0] * small.shape[1]
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:3]:
        hull = cv2.convexHull(outline)
        area = cv2.contourArea(hull)
        if not SMALLEST * whole <= area <= LARGEST * whole or cv2.contourArea(outline) < FULL * area:
            continue
        corners = _corners(hull)
        if corners is None or not _stands_out(closed, corners):
            continue
        return Paper(_flat(rgb, corners / scale), True)
    return Paper(rgb, False)


def even(grey: np.ndarray) -> np.ndarray:
    """(H, W) uint8 with the shadows taken out, where there are some; print stays as grey as it is.

    The background is what is left when print is closed over and smoothed; the page is divided by it. A page that is
    lit evenly is given back as it is: thresholds and divisions only eat thin strokes there.
    """
    import cv2

    scale = min(1.0, 400 / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    background = cv2.medianBlur(cv2.dilate(small, np.ones((9, 9), np.uint8)), 31)
    if np.ptp(np.percentile(background, [5, 95])) < UNEVEN:
        return grey
    background = cv2.resize(background, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return cv2.divide(grey, np.maximum(background, 1), scale=245)


def turned_by(rgb: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned clockwise by a small angle about its middle, corners filled with the colour of the edge."""
    import cv2

    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(rgb, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _corners(hull: np.ndarray) -> np.ndarray | None:
    """(4, 2) px: top left, top right, bottom right, bottom left; None where the outline has no four corners."""
    import cv2

    around = cv2.arcLength(hull, True)
    for tolerance in (0.01, 0.02, 0.03, 0.05):
        corners = cv2.approxPolyDP(hull, tolerance * around, True).reshape(-1, 2).astype(float)
        if len(corners) == 4:
            break
    else:
        return None
    sums, differences = corners.sum(1), corners[:, 1] - corners[:, 0]
    order = [sums.argmin(), differences.argmin(), sums.argmax(), differences.argmax()]
    if len(set(order)) < 4:
        return None
    corners = corners[order]
    for at in range(4):
        one, other = corners[at - 1] - corners[at], corners[(at + 1) % 4] - corners[at]
        cosine = one @ other / max(1e-9, math.hypot(*one) * math.hypot(*other))
        if abs(cosine) > math.cos(math.radians(50)):
            return None
    return corners


def _stands_out(grey: np.ndarray, corners: np.ndarray) -> bool:
    import cv2

    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, corners.astype(np.int32), 1)
    outside = grey[inside == 0]
    return outside.size > 0 and float(np.median(grey[inside == 1])) - float(np.median(outside)) >= BRIGHTER


def _flat(rgb: np.ndarray, corners: np.ndarray) -> np.ndarray:
    import cv2

    middle = corners.mean(0)
    corners = middle + (corners - middle) * (1 + 2 * MARGIN)
    top, right, bottom, left = (math.hypot(*(corners[at] - corners[(at + 1) % 4])) for at in range(4))
    width, height = max(8, round((top + bottom) / 2)), max(8, round((left + right) / 2))
    target = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return cv2.warpPerspective(rgb, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
