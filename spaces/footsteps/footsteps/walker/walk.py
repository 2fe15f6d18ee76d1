"""A person who walks, runs or stands, with exactly known footfalls: the ground truth of synthetic videos and tracks.

The feet are planned first (`gait_plan`, `foot_path`). The pelvis travels along the path with the small motions of
Saunders, Inman & Eberhart (1953), never higher than the legs can reach; two-link inverse kinematics puts each knee
between its hip and its ankle; trunk, head and arms follow, the arms against the legs.

World frame: metres, z up, the floor is z = 0. Times are seconds.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from footsteps.walker.foot_path import Contact, Foot, foot_path
from footsteps.walker.gait_model import RUNNING, WALKING, Body, Style
from footsteps.walker.gait_plan import SIDES, Plan

REACH = 0.9985  # share of thigh + shank that a leg may stretch to: a knee never locks quite straight
TABLE_RATE = 100  # Hz of the table of pelvis heights
FACE = {  # BlazePose landmark: (forward, left, up) from the middle of the head, as a share of the body height
    0: (0.064, 0, -0.012),
    1: (0.051, 0.011, 0.005), 2: (0.050, 0.019, 0.005), 3: (0.046, 0.027, 0.005),
    4: (0.051, -0.011, 0.005), 5: (0.050, -0.019, 0.005), 6: (0.046, -0.027, 0.005),
    7: (-0.004, 0.043, -0.004), 8: (-0.004, -0.043, -0.004),
    9: (0.050, 0.014, -0.036), 10: (0.050, -0.014, -0.036),
}  # fmt: skip


@dataclass(frozen=True)
class TrueFootfall:
    """A heel reaches the ground, and stays: time in seconds, the walker's own side, position (x, y, 0) in metres."""

    time: float
    side: str
    position: tuple[float, float, float]


@dataclass(frozen=True)
class Skeleton:
    """A body at (T,) times. landmarks: (T, 33, 3) m in BlazePose's order; feet: the left and the right one.

    pelvis, trunk, head: (T, 3, 3) frames, rows forward, left, up; skull: (T, 3) the middle of the head
    """

    landmarks: np.ndarray
    feet: tuple[Foot, Foot]
    pelvis: np.ndarray
    trunk: np.ndarray
    head: np.ndarray
    skull: np.ndarray


@dataclass(frozen=True)
class Walk:
    """A person from time 0 to `duration` (s).

    speed: m/s, 0 for somebody who only stands, with the sway of quiet standing; cadence: steps a minute
    running: the gait; a step as long as the leg and longer can only be run
    start, stop: seconds of standing before the first and after the last step; 0: is on the way already, and stays so
    origin: (x, y) m of the pelvis at time 0; heading: degrees; turn: degrees of left turn per metre
    limp: 0..1, haste off the right leg; variability: standard deviation of a step time, as a share of it
    first: the side of the first step; seed: of the variability and of the sway in standing
    """

    duration: float = 6.0
    speed: float = 1.3
    cadence: float = 110.0
    running: bool = False
    start: float = 0.0
    stop: float = 0.0
    origin: tuple[float, float] = (0.0, 0.0)
    heading: float = 0.0
    turn: float = 0.0
    limp: float = 0.0
    variability: float = 0.0
    first: str = "right"
    body: Body = field(default_factory=Body)
    seed: int = 0

    def __post_init__(self):
        if self.duration <= 0:
            raise ValueError(f"duration {self.duration} s: expected more than 0")
        if not (self.speed == 0 or 0.2 <= self.speed <= 6) or not 40 <= self.cadence <= 240:
            raise ValueError(f"{self.speed} m/s at {self.cadence} steps a minute: expected 0.2 to 6 m/s, 40 to 240")
        if not 0 <= self.limp <= 1 or not 0 <= self.variability <= 0.1:
            raise ValueError(f"limp {self.limp}, variability {self.variability}: expected 0 to 1 and 0 to 0.1")
        if not self.running and self.speed and self.duty < 0.51:
            raise ValueError(f"steps of {self.step_length:.2f} m are too long to walk: raise the cadence, or run")
        if self.first not in SIDES:
            raise ValueError(f"first foot {self.first!r}: expected 'left' or 'right'")
        needed = self.start + self.stop + 4 * self.step_time
        if self.speed and (self.start or self.stop) and self.duration < needed:
            raise ValueError(f"{self.duration} s leaves no time for four steps between the standing phases")

    @property
    def style(self) -> Style:
        return RUNNING if self.running else WALKING

    @property
    def step_time(self) -> float:
        return 60.0 / self.cadence

    @property
    def step_length(self) -> float:
        return self.speed * self.step_time

    @property
    def duty(self) -> float:
        """Share of the cycle that a foot is on the ground."""
        longest = self.style.contact * self.body.leg
        return min(self.style.duty, longest / (2 * self.step_length)) if self.speed else 1.0

    @property
    def truth(self) -> list[TrueFootfall]:
        """Every footfall from 0 to `duration`, in order of time."""
        falls = [
            TrueFootfall(float(c.strike), side, (float(c.heel[0]), float(c.heel[1]), 0.0))
            for side in SIDES
            for c in self._plan.contacts[side]
            if c.counted and 0 <= c.strike <= self.duration
        ]
        return sorted(falls, key=lambda fall: fall.time)

    def contacts(self, side: str) -> list[Contact]:
        """Every stay of that foot on the ground, some of it before 0 and after `duration`."""
        return self._plan.contacts[side]

    def travelled(self, t) -> np.ndarray:
        """(T, 3) position on the path at times `t` (T,), without the sway of the body."""
        return self._plan.place(self._plan.distance(np.asarray(t, float)), 0.0)[0]

    def pose(self, t) -> np.ndarray:
        """The 33 BlazePose landmarks in metres: (33, 3) at a time `t`, (T, 33, 3) at times (T,)."""
        points = self.skeleton(np.atleast_1d(np.asarray(t, float))).landmarks
        return points if np.ndim(t) else points[0]

    def skeleton(self, t: np.ndarray) -> Skeleton:
        """The whole body at times `t` (T,)."""
        t = np.asarray(t, float)
        body, style = self.body, self.style
        middle, forward, left = self._along(t)
        middle[:, 2] = self._heights(t)
        phase, strength = self._plan.phase(t), self._plan.strength(t)
        hips, pelvis = self._pelvis(middle, forward, left, phase, strength)
        feet = self._feet(t)

        points = np.zeros((len(t), 33, 3))
        for i, foot in enumerate(feet):
            toes = np.stack([np.cos(foot.heading), np.sin(foot.heading), np.zeros(len(t))], -1)
            points[:, 23 + i] = hips[:, i]
            points[:, 25 + i] = _joint(hips[:, i], foot.ankle, body.thigh, body.shank, toes + 0.5 * forward)
            points[:, 27 + i], points[:, 29 + i], points[:, 31 + i] = foot.ankle, foot.heel_bone, foot.toe_bone

        turn = np.cos(2 * np.pi * phase)  # 1 as the left foot strikes, -1 as the right one does
        lean = np.radians(1 + strength * style.lean)
        stand = np.cos(2 * np.pi * (phase - style.over))  # 1 in the middle of the left stance, -1 of the right one
        tilt = np.radians(np.where(stand < 0, 1 + 5 * self.limp, 1)) * strength * stand
        trunk = _frame(forward, left, np.radians(style.rotation) * strength * turn, lean, tilt)
        neck = middle + 0.288 * body.height * trunk[:, 2]
        head = _frame(forward, left, np.zeros(len(t)), 0.4 * lean + 0.04, 0.3 * tilt)
        skull = neck + 0.028 * body.height * trunk[:, 2] + body.height * (0.085 * head[:, 2] + 0.008 * head[:, 0])
        for i, offset in FACE.items():
            points[:, i] = skull + body.height * np.einsum("j,tjk->tk", np.array(offset), head)
        for i, sign in enumerate((1, -1)):
            self._arm(points, i, neck, trunk, sign, -sign * turn, strength)
        return Skeleton(points, feet, pelvis, trunk, head, skull)

    def _arm(self, points, i: int, neck, trunk, sign: int, swing, strength) -> None:
        """Fill in one arm; `swing` is 1 where the arm is foremost. Beyond the wrist the hand goes on straight."""
        body, style = self.body, self.style
        flexion = np.radians(-2 + strength * (style.shoulder[0] + 2 + style.shoulder[1] * swing))
        elbow = np.radians(14 + strength * (style.elbow[0] - 14 + style.elbow[1] * swing))
        inward = np.radians(4 + strength * (16 if self.running else 2))
        shoulder = neck + sign * 0.103 * body.height * trunk[:, 1]

        def along(angle, out):
            down = np.sin(angle)[:, None] * trunk[:, 0] - np.cos(angle)[:, None] * trunk[:, 2]
            return np.cos(out)[:, None] * down + sign * np.sin(out)[:, None] * trunk[:, 1]

        upper, lower = along(flexion, np.full_like(flexion, np.radians(9))), along(flexion + elbow, -inward)
        across = np.cross(lower, sign * trunk[:, 1])
        wrist = shoulder + body.height * (0.172 * upper + 0.146 * lower)
        points[:, 11 + i], points[:, 15 + i] = shoulder, wrist
        points[:, 13 + i] = shoulder + 0.172 * body.height * upper
        for landmark, ahead, side in ((17, 0.048, -0.014), (19, 0.053, 0.012), (21, 0.030, 0.024)):
            points[:, landmark + i] = wrist + body.height * (ahead * lower + side * sign * across)

    def _feet(self, t) -> tuple[Foot, Foot]:
        left, right = (foot_path(t, self._plan.contacts[s], self.style, self.body, self.speed) for s in SIDES)
        return left, right

    def _pelvis(self, middle, forward, left, phase, strength) -> tuple[np.ndarray, np.ndarray]:
        """Hip joints (T, 2, 3) and the frame of the pelvis: the striking side forward, the standing side up."""
        rotation = -np.radians(self.style.rotation) * strength * np.cos(2 * np.pi * phase)
        drop = np.radians(self.style.obliquity) * strength * np.cos(2 * np.pi * (phase - self.style.over / 2))
        frame = _frame(forward, left, rotation, np.zeros(len(phase)), -drop)
        half = 0.052 * self.body.height * frame[:, 1]
        return np.stack([middle + half, middle - half], 1), frame

    def _along(self, t):
        """Under the pelvis on the floor (T, 3), with the directions forward and left there."""
        return self._plan.place(self._plan.distance(t) + self._sway(t, 1), self._sideways(t))

    def _sideways(self, t) -> np.ndarray:
        """Metres to the left of the path: over the standing foot in walking, a slow sway in standing."""
        over = np.cos(2 * np.pi * (self._plan.phase(t) - self.style.over))
        return self.style.sway * self._plan.strength(t) * over + self._sway(t, 0)

    def _sway(self, t, axis: int) -> np.ndarray:
        """Quiet standing moves the pelvis by about half a centimetre at 0.1 to 0.5 Hz."""
        rng = np.random.default_rng([self.seed, axis])
        waves = [(f, rng.uniform(0, 2 * np.pi)) for f in (0.11, 0.23, 0.41)]
        sway = sum(np.sin(2 * np.pi * f * t + shift) / (i + 1) for i, (f, shift) in enumerate(waves))
        return 0.005 * (1 - self._plan.strength(t)) * sway

    @cached_property
    def _heights(self) -> CubicSpline:
        """Height of the middle of the hips: the usual rise and fall, lower wherever a leg could not reach its foot."""
        t = np.arange(-0.5, self.duration + 0.5, 1 / TABLE_RATE)
        phase, strength = self._plan.phase(t), self._plan.strength(t)
        middle, forward, left = self._along(t)
        hips, _ = self._pelvis(middle, forward, left, phase, strength)
        legs = REACH * (self.body.thigh + self.body.shank)
        highest = np.full(len(t), np.inf)
        for i, foot in enumerate(self._feet(t)):
            across = np.sum((hips[:, i] - foot.ankle)[:, :2] ** 2, 1)
            highest = np.minimum(highest, foot.ankle[:, 2] + np.sqrt(np.maximum(legs**2 - across, 0)) - hips[:, i, 2])
        standing = self.body.hip - 0.004
        wave = strength * np.cos(4 * np.pi * (phase - self.style.over))
        steady = strength > 0.99 if (strength > 0.99).any() else np.ones(len(t), bool)
        fits = []
        for bob in np.linspace(*self.style.bob, 10):
            sunk = max(0.0, float(np.max((standing + bob * wave - highest)[steady])))
            fits.append((sunk, bob))
        sunk, bob = min(fits)
        height = standing + bob * wave - strength * sunk
        missing = maximum_filter1d(np.maximum(height - highest, 0), int(0.24 * TABLE_RATE))
        return CubicSpline(t, height - gaussian_filter1d(missing, 0.04 * TABLE_RATE))

    @cached_property
    def _plan(self) -> Plan:
        return Plan(self)


def _frame(forward, left, turn, lean, tilt) -> np.ndarray:
    """(T, 3, 3) rows forward, left, up: turned to the left, leant forward and tilted to the left by (T,) radians."""
    up = np.broadcast_to([0.0, 0.0, 1.0], forward.shape)

    def rotate(a, b, angle):
        c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
        return c * a + s * b, c * b - s * a

    forward, left = rotate(forward, left, turn)
    up, forward = rotate(up, forward, lean)
    up, left = rotate(up, left, tilt)
    return np.stack([forward, left, up], 1)


def _joint(a, b, first: float, second: float, toward) -> np.ndarray:
    """The joint between `a` and `b` (T, 3), `first` and `second` away from them, bent towards `toward`."""
    line = b - a
    span = np.linalg.norm(line, axis=1, keepdims=True)
    if np.any(span > first + second):
        raise ValueError(
            f"a leg of {first + second:.2f} m would have to reach {span.max():.2f} m: "
            "the steps are too long, or the cadence changes too much, for this body"
        )
    line = line / span
    side = toward - np.sum(toward * line, 1, keepdims=True) * line
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    along = (span**2 + first**2 - second**2) / (2 * span)
    return a + along * line + np.sqrt(np.maximum(first**2 - along**2, 0)) * side
