"""Floors seen from above, drawn as pictures: wood, gravel, snow, concrete, grass. Each from a random generator."""

import cv2
import numpy as np

SCALE = 130  # pixels per metre of every floor


def noise(rng: np.random.Generator, height: int, width: int, *layers: tuple[float, float, float]) -> np.ndarray:
    """(height, width) float32 sum of smooth noises; a layer is (cell height, cell width in pixels, strength)."""
    total = np.zeros((height, width), np.float32)
    for down, across, strength in layers:
        cells = (max(2, int(height / down)), max(2, int(width / across)))
        grid = rng.standard_normal(cells, dtype=np.float32) * strength
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def tinted(colour: tuple[int, int, int], brightness: np.ndarray) -> np.ndarray:
    """A colour times a brightness (h, w) about 0, as a picture (h, w, 3) uint8."""
    return np.clip(np.array(colour, np.float32) * (1 + brightness[..., None]), 0, 255).astype(np.uint8)


def wood(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Floor boards 14 cm wide."""
    tone = noise(rng, height, width, (3, 160, 0.05), (1.5, 60, 0.04), (60, 300, 0.04))
    board = int(0.14 * SCALE)
    seams = []
    for top in range(0, height, board):
        left = -int(rng.uniform(0, 2) * SCALE)
        while left < width:
            right = left + int(rng.uniform(1.2, 2.4) * SCALE)
            tone[top : top + board, max(left, 0) : max(right, 0)] += rng.normal(0, 0.09)
            seams.append((right, top))
            left = right
    picture = tinted((172, 118, 70), tone)
    for top in range(0, height, board):
        cv2.line(picture, (0, top), (width, top), (84, 54, 32), 1)
    for right, top in seams:
        cv2.line(picture, (right, top), (right, top + board), (84, 54, 32), 1)
    return picture


def gravel(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Loose stones of 1 to 5 cm."""
    picture = tinted((128, 120, 108), noise(rng, height, width, (2, 2, 0.20), (90, 90, 0.05)))
    count = int(height * width / SCALE**2 * 550)
    centres = rng.uniform((0, 0), (width, height), (count, 2))
    sizes = rng.gamma(3.0, 0.0032 * SCALE, (count, 2)) + 0.6
    greys = rng.normal(152, 34, count)
    warm = rng.normal(0, 9, count)
    for (x, y), (a, b), grey, tint, angle in zip(centres, sizes, greys, warm, rng.uniform(0, 180, count), strict=True):
        box = ((float(x), float(y)), (2 * float(a), 2 * float(b)), float(angle))
        cv2.ellipse(picture, ((box[0][0] + 0.8, box[0][1] + 1.2), box[1], box[2]), (74, 68, 60), -1)
        cv2.ellipse(picture, box, tuple(int(np.clip(grey + k * tint, 0, 255)) for k in (1.4, 0.4, -1.0)), -1)
    return picture


def snow(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Snow in soft hollows, lit from the side, with trails of older footprints, and a glitter."""
    relief = noise(rng, height, width, (130, 170, 10.0), (45, 55, 3.0), (12, 12, 0.5))
    pressed = np.zeros((height, width), np.float32)
    for _ in range(int(height * width / SCALE**2 / 40)):
        angle = rng.uniform(0, np.pi)
        along, side = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        start = rng.uniform((0, 0), (width, height))
        for step in range(-20, 20):
            x, y = start + SCALE * (0.66 * step * along + 0.09 * (-1) ** step * side + rng.normal(0, 0.02, 2))
            shoe = ((float(x), float(y)), (0.30 * SCALE, 0.12 * SCALE), float(np.degrees(angle)))
            cv2.ellipse(pressed, shoe, 1.0, -1)
    relief -= 5.0 * cv2.GaussianBlur(pressed, (0, 0), 2.0)
    slope = cv2.Sobel(relief, cv2.CV_32F, 1, 0) + 0.7 * cv2.Sobel(relief, cv2.CV_32F, 0, 1)
    shade = np.clip(slope, -9, 4)[..., None] * np.array([5.2, 4.6, 3.4], np.float32)
    picture = np.clip(np.array([228, 233, 242], np.float32) + shade, 0, 255)
    glitter = rng.random((height, width)) > 0.9985
    picture[glitter] = 255
    return picture.astype(np.uint8)


def concrete(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Slabs of 1.5 m with joints, stains and hair cracks."""
    tone = noise(rng, height, width, (1, 1, 0.035), (25, 25, 0.03), (110, 140, 0.05), (300, 300, 0.04))
    side = int(1.5 * SCALE)
    for top in range(0, height, side):
        for left in range(0, width, side):
            tone[top : top + side, left : left + side] += rng.normal(0, 0.025)
    picture = tinted((158, 156, 151), tone)
    for _ in range(int(height * width / SCALE**2 / 12)):
        turns = np.cumsum(rng.normal(0, 0.35, 40)) + rng.uniform(0, 2 * np.pi)
        line = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], 1) * 5, 0) + rng.uniform((0, 0), (width, height))
        cv2.polylines(picture, [line.astype(np.int32)], False, (118, 116, 112), 1, cv2.LINE_AA)
    for at in range(0, max(height, width), side):
        cv2.line(picture, (0, at), (width, at), (92, 90, 87), 2)
        cv2.line(picture, (at, 0), (at, height), (92, 90, 87), 2)
    return picture


def grass(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A meadow: blades of many greens."""
    tone = noise(rng, height, width, (2, 2, 0.10), (60, 60, 0.08), (250, 250, 0.09))
    picture = tinted((82, 116, 48), tone)
    count = int(height * width / SCALE**2 * 420)
    starts = rng.uniform((0, 0), (width, height), (count, 2))
    ends = starts + rng.normal(0, 0.028 * SCALE, (count, 2)) - [0, 0.03 * SCALE]
    greens = np.array([(60, 98, 34), (104, 142, 58), (132, 160, 74), (72, 120, 44), (150, 160, 90)])
    for start, end, green in zip(starts.astype(int), ends.astype(int), rng.integers(0, 5, count), strict=True):
        cv2.line(picture, start.tolist(), end.tolist(), greens[green].tolist(), 1)
    return picture


def gravel_path(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A gravel path 3 m wide through a meadow, away from the camera."""
    picture = grass(rng, height, width)
    half = int(1.5 * SCALE)
    middle = width // 2
    picture_of_path = gravel(rng, height, 2 * half)
    edge = noise(rng, height, 1, (30, 1, 5.0), (8, 1, 3.0))[:, 0]
    across = np.abs(np.arange(-half, half))
    inside = across[None, :] < (half - 18 + edge)[:, None]
    strip = picture[:, middle - half : middle + half]
    strip[inside] = picture_of_path[inside]
    return picture


FLOORS = {"wood": wood, "gravel": gravel_path, "snow": snow, "concrete": concrete, "grass": grass}
