"""The edges of a photograph or a painting as lines one pixel wide: few, long, and where the eye sees them."""

import numpy as np

SHARE = 0.08  # of all pixels lie on edges, before those that are not steepest, faint or short are left out
FAINTEST = 60.0  # of Sobel's gradient over uint8: a step of 15 levels
SHORTEST = 1 / 16  # of the longer side


def photograph_edges(colours: np.ndarray) -> np.ndarray:
    """Edges (H, W) bool of a picture (H, W, 3) uint8.

    Canny's method (1986) on the colour channel with the steepest gradient, after texture has been smoothed away
    (Gastal and Oliveira 2011, "Domain transform for edge-aware image and video processing"). The threshold follows
    the picture, so that a busy one does not turn white with lines.
    """
    import cv2

    side = max(colours.shape[:2])
    smooth = cv2.medianBlur(colours, 5)
    smooth = cv2.ximgproc.dtFilter(smooth, smooth, side / 40, 50)
    smooth = cv2.GaussianBlur(smooth, (0, 0), side / 400)
    across, down = gradient(smooth)
    strength = np.hypot(*(part[::2, ::2].astype(np.float32) for part in (across, down)))
    high = max(float(np.percentile(strength, 100 * (1 - SHARE))), FAINTEST)
    return long_chains(cv2.Canny(across, down, 0.4 * high, high, L2gradient=True) > 0, SHORTEST * side)


def gradient(colours: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sobel's two gradients, int16, of the colour channel in which each pixel has the steepest."""
    import cv2

    across, down = cv2.Sobel(colours, cv2.CV_16S, 1, 0), cv2.Sobel(colours, cv2.CV_16S, 0, 1)
    steepest = (np.abs(across) + np.abs(down)).argmax(axis=2)[..., None]
    return tuple(np.ascontiguousarray(np.take_along_axis(part, steepest, axis=2)[..., 0]) for part in (across, down))


def long_chains(mask: np.ndarray, least: float) -> np.ndarray:
    """Of `mask` (H, W) bool only what hangs together in at least `least` pixels."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= least
    keep[0] = False
    return keep[labels]
