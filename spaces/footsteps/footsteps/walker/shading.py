"""Draw a body's capsules and ellipsoids, shaded, by depth, and its shadow.

Every part is drawn as the outline that it has in the picture, with the surface normal and the depth of each pixel in
closed form. Where two surfaces of one colour meet they melt into one another, so that an upper arm and a forearm look
like one sleeve.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from footsteps.walker.camera import Camera
from footsteps.walker.figure import Capsule, Ellipsoid, Look, parts
from footsteps.walker.walk import Skeleton

SEAM = 0.002  # m over which surfaces of different colours pass into one another
MARGIN = 2  # pixels around a part


@dataclass(frozen=True)
class Light:
    """direction: towards the light, (x, y, z) of length 1; ambient, direct: shares of the full brightness."""

    direction: tuple[float, float, float] = (-0.42, -0.48, 0.77)
    ambient: float = 0.58
    direct: float = 0.55


def draw(picture: np.ndarray, camera: Camera, body: Skeleton, i: int, height: float, look: Look, light: Light) -> None:
    """Draw instant `i` of the skeleton into `picture` (H, W, 3) float32 0..255, by a fixed camera."""
    depth = np.full(picture.shape[:2], 1e9, np.float32)
    painted = np.full(picture.shape[:2], -1, np.int32)  # which colour, to melt only like into like
    shapes = sorted(parts(body, i, height, look), key=lambda part: -float(camera.see(part.centre)[2]))
    for part in shapes:
        patch = _capsule(part, camera) if isinstance(part, Capsule) else _ellipsoid(part, camera)
        if patch is None:
            continue
        window, cover, z, normal, crease = patch
        colour = np.array(part.colour, np.float32) * _brightness(normal, camera, light, crease)[..., None]
        behind, paint = depth[window], hash(part.colour) % 2**31
        melt = np.where(painted[window] == paint, part.melt, min(part.melt, SEAM))
        weight = cover * np.clip(0.5 + (behind - z) / (2 * melt), 0, 1)
        picture[window] += weight[..., None] * (colour - picture[window])
        depth[window] = np.where(cover > 0.5, np.minimum(behind, z), behind)
        painted[window] = np.where(weight > 0.5, paint, painted[window])


def _brightness(normal, camera: Camera, light: Light, crease) -> np.ndarray:
    """Light from the sky and the lamp on surfaces with camera-frame normals (h, w, 3), 1 is the full brightness."""
    axes = camera.axes.astype(np.float32)
    lamp = normal @ (axes @ np.array(light.direction, np.float32))
    sky = normal @ axes[:, 2]
    # Light wraps a little around the edge between day and shade, as it does on cloth.
    direct = np.clip((lamp + 0.25) / 1.25, 0, 1)
    return np.clip((light.ambient * (0.80 + 0.20 * sky) + light.direct * direct) * crease, 0, 1.15)


def _window(x0, y0, x1, y1, camera: Camera):
    """The part of the picture between the corners as slices, with its pixel centres, or None outside the picture."""
    width, height = camera.size
    x0, y0 = max(int(x0) - MARGIN, 0), max(int(y0) - MARGIN, 0)
    x1, y1 = min(int(x1) + MARGIN + 1, width), min(int(y1) + MARGIN + 1, height)
    if x0 >= x1 or y0 >= y1:
        return None
    x = np.arange(x0, x1, dtype=np.float32)[None, :] + 0.5
    y = np.arange(y0, y1, dtype=np.float32)[:, None] + 0.5
    return (slice(y0, y1), slice(x0, x1)), x, y


def _capsule(part: Capsule, camera: Camera):
    """Window, cover, depth, normals and creases of a capsule: the hull of the circles of its two ends."""
    ends = camera.see(np.stack([part.a, part.b]))
    if ends[:, 2].min() < 0.2:
        return None
    centre = camera.focal * ends[:, :2] / ends[:, 2:] + np.array(camera.size) / 2
    radius = camera.focal * np.array([part.ra, part.rb]) / ends[:, 2]
    low, high = (centre - radius[:, None]).min(0), (centre + radius[:, None]).max(0)
    found = _window(*low, *high, camera)
    if found is None:
        return None
    window, x, y = found
    axis = centre[1] - centre[0]
    along = np.clip(((x - centre[0, 0]) * axis[0] + (y - centre[0, 1]) * axis[1]) / max(axis @ axis, 1e-6), 0, 1)
    along = along.astype(np.float32)
    r = radius[0] + (radius[1] - radius[0]) * along
    dx, dy = x - centre[0, 0] - axis[0] * along, y - centre[0, 1] - axis[1] * along
    distance = np.sqrt(dx * dx + dy * dy)
    cover = np.clip(r - distance + 0.5, 0, 1)
    nx, ny = dx / r, dy / r
    front = np.sqrt(np.clip(1 - nx * nx - ny * ny, 0, 1))
    normal = np.stack([nx, ny, -front], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    metres = part.ra + (part.rb - part.ra) * along
    z = ends[0, 2] + (ends[1, 2] - ends[0, 2]) * along - metres * front
    crease = np.float32(1)
    if part.cloth:
        across = (nx * -axis[1] + ny * axis[0]) / max(float(np.hypot(*axis)), 1e-3)
        length = float(np.linalg.norm(part.b - part.a))
        crease = _creases(along * length / 0.35, 0.5 + 0.4 * across)
    return window, cover, z.astype(np.float32), normal, crease


def _ellipsoid(part: Ellipsoid, camera: Camera):
    """Window, cover, depth, normals and creases of an ellipsoid, by the rays that meet it."""
    centre = camera.see(part.centre)
    reach = float(np.linalg.norm(part.axes, axis=1).max())
    if centre[2] - reach < 0.2:
        return None
    middle = camera.focal * centre[:2] / centre[2] + np.array(camera.size) / 2
    radius = 1.05 * camera.focal * reach / (centre[2] - reach)
    found = _window(*(middle - radius), *(middle + radius), camera)
    if found is None:
        return None
    window, x, y = found
    to_unit = np.linalg.inv((part.axes @ camera.axes.T).T).astype(np.float32)  # the ellipsoid becomes the unit sphere
    x, y = np.broadcast_arrays((x - camera.size[0] / 2) / camera.focal, (y - camera.size[1] / 2) / camera.focal)
    ray = np.stack([x, y, np.ones_like(x)], -1).astype(np.float32) @ to_unit.T
    middle = to_unit @ centre.astype(np.float32)
    a, b = np.sum(ray * ray, -1), ray @ middle
    inside = 1 - (middle @ middle - b * b / a)
    if min(inside.shape) < 2:
        return None
    slope = np.hypot(*np.gradient(inside))
    cover = np.clip(0.5 + inside / np.maximum(slope, 1e-6), 0, 1)
    z = (b - np.sqrt(np.clip(inside, 0, None) * a)) / a
    hit = ray * z[..., None] - middle
    normal = hit @ to_unit
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-6)
    crease = _creases(0.5 + 0.4 * hit[..., 2], 0.5 + 0.4 * hit[..., 1]) if part.cloth else np.float32(1)
    return window, cover, z.astype(np.float32), normal, crease


@cache
def _cloth() -> np.ndarray:
    """(256, 256) brightness of creased cloth, about 1."""
    rng = np.random.default_rng(7)
    waves = sum(
        cv2.resize(rng.normal(0, size, (n, n // 2)).astype(np.float32), (256, 256), interpolation=cv2.INTER_CUBIC)
        for n, size in ((8, 0.035), (16, 0.03), (32, 0.015))
    )
    return 1 + waves


def _creases(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    cloth = _cloth()
    return cloth[(along * 255).astype(np.int32) % 256, np.clip(across * 255, 0, 255).astype(np.int32)]


def cast_shadow(picture: np.ndarray, camera: Camera, body: Skeleton, i: int, height: float, look: Look, light: Light):
    """Darken the floor of `picture` where the body keeps the light off, and under the shoes."""
    shadow = np.zeros(picture.shape[:2], np.uint8)
    contact = np.zeros(picture.shape[:2], np.uint8)
    lamp = np.array(light.direction)
    ring = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    circle = np.stack([np.cos(ring), np.sin(ring), 0 * ring], -1)
    for part in parts(body, i, height, look):
        if isinstance(part, Capsule):
            balls = ((part.a, part.ra), (part.b, part.rb))
        else:
            long = part.axes[2] * 0.55
            width = float(np.linalg.norm(part.axes[1])) * 0.85
            balls = ((part.centre - long, width), (part.centre + long, width))
        _fill(shadow, camera, np.concatenate([c - lamp * c[2] / lamp[2] + r * circle for c, r in balls]), 255)
    for foot in body.feet:
        points = np.stack([foot.heel[i], foot.ball[i], foot.toe[i]])
        near = float(np.clip(1 - points[:, 2].min() / 0.06, 0, 1))
        under = points[points[:, 2] < points[:, 2].min() + 0.05] * [1, 1, 0]
        _fill(contact, camera, np.concatenate([c + 0.045 * circle for c in under]), int(255 * near))
    scale = camera.focal / max(float(camera.see(body.landmarks[i, 23])[2]), 0.5)
    soft = cv2.GaussianBlur(shadow, (0, 0), 0.025 * scale + 0.5).astype(np.float32) / 255
    close = cv2.GaussianBlur(contact, (0, 0), 0.018 * scale + 0.5).astype(np.float32) / 255
    picture *= (1 - 0.40 * soft)[..., None] * (1 - 0.45 * close)[..., None]


def _fill(mask: np.ndarray, camera: Camera, points: np.ndarray, value: int) -> None:
    """Fill the hull of floor points in the mask."""
    pixels = camera.project(points)
    if np.isnan(pixels).any() or np.abs(pixels).max() > 20000:
        return
    cv2.fillConvexPoly(mask, cv2.convexHull(np.round(pixels * 16).astype(np.int32)), value, cv2.LINE_AA, 4)
