"""Where somebody walks: a floor, what stands behind it, and the sky, seen by a camera."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from footsteps.walker.camera import Camera
from footsteps.walker.ground import FLOORS, SCALE, noise, tinted

WALL_SCALE = 70  # pixels per metre of what stands behind


@dataclass(frozen=True)
class Scenery:
    """floor: a name of `ground.FLOORS`; backdrop: a name of `BACKDROPS`, `distance` metres behind the origin (y axis).

    reach: (from x, from y, to x, to y) metres of the floor that is drawn in detail; sky: (top, horizon) colours
    """

    floor: str
    backdrop: str
    distance: float
    reach: tuple[float, float, float, float]
    sky: tuple[tuple[int, int, int], tuple[int, int, int]] = ((120, 168, 222), (214, 228, 240))
    seed: int = 0

    @cached_property
    def _planes(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pictures (h, w, 3) with the (3, 3) columns that take their pixels (x, y, 1) to the world."""
        rng = np.random.default_rng(self.seed)
        left, near, right, far = self.reach
        floor = FLOORS[self.floor](rng, int((far - near) * SCALE), int((right - left) * SCALE))
        step = 1 / SCALE
        on_floor = np.array([[step, 0, left], [0, -step, far], [0, 0, 0]])
        wall = BACKDROPS[self.backdrop](rng, int((right - left) * 1.6 * WALL_SCALE))
        wall = wall[..., :3].copy() if wall[..., 3].all() else wall
        step = 1 / WALL_SCALE
        behind = np.array([[step, 0, left - 0.3 * (right - left)], [0, 0, self.distance], [0, -step, len(wall) * step]])
        return [(floor, on_floor), (wall, behind)]

    @cached_property
    def _haze(self) -> np.ndarray:
        """Colour of the floor beyond what is drawn in detail."""
        return self._planes[0][0].reshape(-1, 3).mean(0).astype(np.uint8)

    def view(self, camera: Camera, finer: int = 3) -> np.ndarray:
        """The empty place in a fixed camera, (H, W, 3) float32 0..255, drawn `finer` times as fine and averaged."""
        width, height = (side * finer for side in camera.size)
        focal, axes = camera.focal * finer, camera.axes
        horizon = int(np.clip(height / 2 - focal * axes[2, 2] / axes[1, 2], 0, height - 1)) + 1
        picture = np.empty((height, width, 3), np.uint8)
        up = np.clip((horizon - np.arange(horizon)) / (0.6 * height), 0, 1)[:, None]
        picture[:horizon] = (np.array(self.sky[1]) + (np.array(self.sky[0]) - self.sky[1]) * up)[:, None]
        picture[horizon:] = self._haze
        for texture, to_world in self._planes:
            # The floor is warped into the rows below the horizon only: above it lies what is behind the camera.
            top = horizon if texture is self._planes[0][0] else 0
            lens = np.array([[focal, 0, width / 2], [0, focal, height / 2 - top], [0, 0, 1]])
            offset = to_world - np.outer(camera.position, [0, 0, 1])
            _lay(picture[top:], texture, lens @ axes @ offset)
        return cv2.resize(picture, camera.size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _lay(picture: np.ndarray, texture: np.ndarray, to_picture: np.ndarray) -> None:
    """Lay a texture over the picture in place, through a homography; transparent where its fourth channel says so."""
    size = (picture.shape[1], picture.shape[0])
    if texture.shape[2] == 3:
        flags = cv2.INTER_LINEAR
        cv2.warpPerspective(texture, to_picture, size, picture, flags, borderMode=cv2.BORDER_TRANSPARENT)
        return
    layer = cv2.warpPerspective(texture, to_picture, size, flags=cv2.INTER_LINEAR)
    rows = np.flatnonzero(layer[..., 3].any(axis=1))
    if len(rows):
        part, over = picture[rows[0] : rows[-1] + 1], layer[rows[0] : rows[-1] + 1]
        # What is transparent is black, so an edge is darkened by just its share of the transparency.
        part[:] = np.minimum(over[..., :3] + part * (1 - over[..., 3:] / np.float32(255)), 255)


def _canvas(width: int, metres: float) -> np.ndarray:
    """A transparent picture, red, green, blue and opacity, `metres` high."""
    return np.zeros((int(metres * WALL_SCALE), width, 4), np.uint8)


def _box(picture: np.ndarray, left: float, bottom: float, right: float, top: float, colour) -> None:
    """Fill a rectangle given in metres from the lower left corner."""
    height = len(picture)
    a = (round(left * WALL_SCALE), round(height - top * WALL_SCALE))
    b = (round(right * WALL_SCALE) - 1, round(height - bottom * WALL_SCALE) - 1)
    cv2.rectangle(picture, a, b, (*colour, 255), -1)


def room(rng: np.random.Generator, width: int) -> np.ndarray:
    """A painted wall with skirting, a door, a window, pictures, a shelf and a plant."""
    wall = _canvas(width, 5.0)
    wall[..., :3] = tinted((206, 202, 188), noise(rng, len(wall), width, (60, 90, 0.012), (2, 2, 0.006)))
    wall[..., 3] = 255
    _box(wall, 0, 0, width / WALL_SCALE, 0.1, (236, 234, 228))
    for left in np.arange(1.0, width / WALL_SCALE - 3, 7.4):
        _box(wall, left, 0, left + 1.0, 2.1, (240, 238, 232))
        _box(wall, left + 0.07, 0, left + 0.93, 2.03, (132, 154, 166))
        _box(wall, left + 0.80, 0.98, left + 0.88, 1.02, (120, 112, 100))
        _box(wall, left + 2.2, 0.95, left + 4.0, 2.25, (244, 243, 240))
        for pane in (2.28, 3.14):
            _box(wall, left + pane, 1.03, left + pane + 0.78, 2.17, (186, 212, 232))
        _box(wall, left + 4.9, 1.25, left + 5.5, 2.05, (70, 56, 46))
        _box(wall, left + 4.95, 1.30, left + 5.45, 2.00, (228, 220, 200))
        _box(wall, left + 5.02, 1.40, left + 5.38, 1.65, (120, 148, 130))
        _box(wall, left + 5.9, 0.0, left + 6.8, 1.1, (128, 92, 62))
        for shelf in (0.08, 0.42, 0.76):
            _box(wall, left + 5.96, shelf, left + 6.74, shelf + 0.28, (92, 66, 46))
            at = left + 5.98
            while at < left + 6.66:
                thick = rng.uniform(0.025, 0.06)
                book = tuple(int(c) for c in rng.uniform(60, 200, 3))
                _box(wall, at, shelf, at + thick, shelf + rng.uniform(0.17, 0.26), book)
                at += thick + 0.005
    return wall


def trees(rng: np.random.Generator, width: int) -> np.ndarray:
    """A hedge and broad trees."""
    wood = _canvas(width, 8.0)
    height = len(wood)
    for at in np.sort(rng.uniform(0, width, max(4, width // 170))):
        tall = rng.uniform(3.2, 6.8) * WALL_SCALE
        trunk = int(rng.uniform(0.10, 0.18) * WALL_SCALE)
        cv2.rectangle(
            wood, (int(at) - trunk, int(height - 0.6 * tall)), (int(at) + trunk, height), (82, 66, 50, 255), -1
        )
        green = np.array([rng.uniform(58, 96), rng.uniform(96, 132), rng.uniform(44, 64)])
        for _ in range(170):
            turn, out = rng.uniform(0, 2 * np.pi), np.sqrt(rng.random()) * tall
            x, y = at + 0.32 * out * np.cos(turn), height - 0.68 * tall + 0.25 * out * np.sin(turn)
            light = 1 + 0.35 * (height - 0.68 * tall - y) / (0.3 * tall) + rng.normal(0, 0.07)
            leaf = tuple(int(c) for c in np.clip(green * light, 20, 235))
            cv2.circle(wood, (int(x), int(y)), int(rng.uniform(0.03, 0.075) * tall), (*leaf, 255), -1)
    for _ in range(width // 2):
        x, y = rng.uniform(0, width), height - min(abs(rng.normal(0, 0.45)), 0.9) * WALL_SCALE
        leaf = tuple(int(c) for c in np.array([56, 92, 44]) * rng.uniform(0.75, 1.25))
        cv2.circle(wood, (int(x), int(y)), int(rng.uniform(0.1, 0.22) * WALL_SCALE), (*leaf, 255), -1)
    return wood


def firs(rng: np.random.Generator, width: int) -> np.ndarray:
    """Firs with snow on their branches, and a white rise before them."""
    wood = _canvas(width, 8.0)
    height = len(wood)
    for at in np.sort(rng.uniform(0, width, width // 60)):
        tall = rng.uniform(3.0, 7.5) * WALL_SCALE
        green = np.array([44, 66, 58]) * rng.uniform(0.8, 1.35)
        for tier in np.linspace(0.05, 0.95, 9):
            y, half = height - tall * (1 - tier) + 0.14 * tall, 0.24 * tall * (0.15 + tier)
            top = y - 0.22 * tall
            leaf = tuple(int(c) for c in green * (1.15 - 0.35 * tier))
            points = np.array([[at, top], [at - half, y], [at + half, y]])
            cv2.fillPoly(wood, [points.astype(np.int32)], (*leaf, 255), cv2.LINE_AA)
            cap = np.array(
                [[at, top], [at - 0.62 * half, y - 0.25 * (y - top)], [at + 0.1 * half, y - 0.5 * (y - top)]]
            )
            cv2.fillPoly(wood, [cap.astype(np.int32)], (224, 232, 240, 255), cv2.LINE_AA)
    rise = height - (0.35 + noise(rng, 1, width, (1, 260, 0.12))[0]) * WALL_SCALE
    for x, y in enumerate(rise.astype(int)):
        wood[y:, x] = (220, 228, 240, 255)
    wood[wood[..., 3] > 127, 3] = 255
    return wood


def street(rng: np.random.Generator, width: int) -> np.ndarray:
    """A brick wall with windows and doors, as high as the picture."""
    wall = _canvas(width, 6.0)
    height = len(wall)
    tone = noise(rng, height, width, (2, 2, 0.03), (80, 100, 0.05))
    course, brick = int(0.10 * WALL_SCALE), int(0.26 * WALL_SCALE)
    for row, top in enumerate(range(0, height, course)):
        for left in range(-(row % 2) * brick // 2, width, brick):
            tone[top : top + course, max(left, 0) : left + brick] += rng.normal(0, 0.07)
            tone[top : top + course, max(left, 0) : max(left, 0) + 1] += 0.18
        tone[top : top + 1] += 0.18
    wall[..., :3], wall[..., 3] = tinted((148, 96, 78), tone), 255
    _box(wall, 0, 0, width / WALL_SCALE, 0.45, (128, 124, 118))
    for i, left in enumerate(np.arange(0.8, width / WALL_SCALE - 1.8, 2.6)):
        if i % 4 == 2:
            _box(wall, left - 0.08, 0, left + 1.08, 2.28, (206, 200, 190))
            _box(wall, left, 0, left + 1.0, 2.2, tuple(int(c) for c in rng.uniform((40, 60, 60), (90, 110, 130))))
        else:
            _box(wall, left - 0.08, 0.92, left + 1.28, 2.38, (214, 208, 198))
            _box(wall, left, 1.0, left + 1.2, 2.3, (74, 92, 108))
            _box(wall, left + 0.57, 1.0, left + 0.63, 2.3, (214, 208, 198))
        _box(wall, left, 3.4, left + 1.2, 4.9, (74, 92, 108))
    return wall


BACKDROPS = {"room": room, "trees": trees, "firs": firs, "street": street}
