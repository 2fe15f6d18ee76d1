"""A pinhole camera in the walker's world, and the pose track that a perfect pose detector would see through it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from footsteps.walker.walk import TrueFootfall, Walk

MOTIONS = ("fixed", "pan", "dolly")


@dataclass(frozen=True)
class Camera:
    """position, target: metres (x, y, z) where it stands and looks; focal: pixels; size: (width, height) pixels.

    motion: "fixed"; "pan": turns so that it keeps `subject` where it was at time 0; "dolly": moves along with it
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal: float = 1000.0
    size: tuple[int, int] = (1280, 720)
    motion: str = "fixed"
    subject: Walk | None = None

    def __post_init__(self):
        if self.motion not in MOTIONS:
            raise ValueError(f"camera motion {self.motion!r}: expected one of {', '.join(MOTIONS)}")
        if self.motion != "fixed" and self.subject is None:
            raise ValueError(f"camera motion {self.motion!r} needs a subject to follow")

    def at(self, t: float) -> "Camera":
        """The fixed camera that this one is at time `t`."""
        if self.motion == "fixed":
            return self
        start, now = self.subject.travelled(np.array([0.0, t]))
        moved = now - start
        target = tuple(np.add(self.target, moved))
        position = tuple(np.add(self.position, moved)) if self.motion == "dolly" else self.position
        return replace(self, position=position, target=target, motion="fixed", subject=None)

    @cached_property
    def axes(self) -> np.ndarray:
        """(3, 3) rows right, down, ahead of a fixed camera."""
        ahead = np.subtract(self.target, self.position)
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(ahead, right), ahead])

    def see(self, points: np.ndarray) -> np.ndarray:
        """World points (…, 3) in a fixed camera's own frame: metres right, down, ahead."""
        return (np.asarray(points, float) - self.position) @ self.axes.T

    def project(self, points: np.ndarray, t: float = 0.0) -> np.ndarray:
        """Pixels (…, 2) of world points (…, 3) at time `t`; NaN for what is not in front of the camera."""
        seen = self.at(t).see(points)
        depth = np.where(seen[..., 2:] > 0.05, seen[..., 2:], np.nan)
        return self.focal * seen[..., :2] / depth + np.array(self.size) / 2


def track(walk: Walk, camera: Camera, fps: float = 30.0, noise_px: float = 0.0, seed: int = 0):
    """(PoseTrack, list[TrueFootfall]): the true landmarks through the camera, with Gaussian noise of `noise_px`.

    A frame in which no part of the trunk is in the picture is one in which nobody is seen. Footfalls are given for
    the times at which the striking foot is in the picture.
    """
    from common.pose import PoseTrack

    times = np.arange(int(np.floor(walk.duration * fps + 1e-9))) / fps
    xy = np.stack([camera.project(points, t) for points, t in zip(walk.pose(times), times, strict=True)])
    inside = np.all((xy >= 0) & (xy < camera.size), axis=-1)
    visibility = inside.astype(float)
    xy = xy + np.random.default_rng(seed).normal(0.0, 1.0, xy.shape) * noise_px
    unseen = ~inside[:, [11, 12, 23, 24]].any(1)
    xy[unseen], visibility[unseen] = np.nan, 0.0
    return PoseTrack(times, xy, visibility, camera.size), seen_footfalls(walk, camera)


def seen_footfalls(walk: Walk, camera: Camera) -> list[TrueFootfall]:
    """The walk's footfalls that happen inside the picture."""
    found = []
    for fall in walk.truth:
        x, y = camera.project(np.array(fall.position), fall.time)
        if 0 <= x < camera.size[0] and 0 <= y < camera.size[1]:
            found.append(fall)
    return found
