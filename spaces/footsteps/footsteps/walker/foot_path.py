"""The path of one foot: pinned to the ground while it is there, then along the swing that joint angles give.

A foot on the ground rolls over the heel, lies flat, and rolls over the ball and the tip of the toes; nothing of it
slides. Between two contacts it follows the path of the published joint angles, bent so that it leaves the one and
meets the other with the velocities that it has there, and lifted where the toes would scrape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from footsteps.walker.gait_model import Body, Style

STRIKE_VELOCITY = (0.62, -0.15)  # forward and up, as a share of the walking speed (about Winter's 0.87 of 1.4 m/s)
TOE_CLEARANCE = 0.013  # m at mid-swing (Winter 1992)
HEEL_BONE = (0.02, 0.03)  # m ahead of and above the shoe's heel
TOE_BONE = (-0.01, 0.025)  # m from the tip of the shoe
TOE_BEND = np.radians(25)  # of a shod foot: the foot rolls over its ball up to here, then over the tip of the toes
TOES_STRAIGHT = 0.4  # share of the swing in which bent toes come back into the line of the foot


@dataclass(frozen=True)
class Contact:
    """One stay of a foot on the ground, from `strike` to `off`; flat from `flat` to `heel_off` (s).

    heel: (x, y) m of the heel that lies; heading: radians; strike_pitch, off_pitch: radians, toes up is positive
    counted: a footfall; false for the stand that comes before the first step
    """

    strike: float
    flat: float
    heel_off: float
    off: float
    heel: np.ndarray
    heading: float
    strike_pitch: float
    off_pitch: float
    counted: bool

    @cached_property
    def forward(self) -> np.ndarray:
        return np.array([np.cos(self.heading), np.sin(self.heading)])


@dataclass(frozen=True)
class Foot:
    """A foot at (T,) times. heading, pitch: (T,) radians; the rest (T, 3) m.

    heel, ball, toe: of the shoe's underside, which meet the ground
    ankle, heel_bone, toe_bone: inside the shoe, where a pose detector puts its landmarks
    """

    heel: np.ndarray
    ball: np.ndarray
    toe: np.ndarray
    ankle: np.ndarray
    heel_bone: np.ndarray
    toe_bone: np.ndarray
    heading: np.ndarray
    pitch: np.ndarray


@lru_cache(maxsize=64)
def _swing_shape(style: Style, body: Body) -> tuple[CubicSpline, CubicSpline, CubicSpline]:
    """The usual swing over u in 0..1: the heel's progress from 0 to 1, its height (m) and pitch less straight lines."""
    u = np.linspace(0, 1, 101)
    phase = style.duty + u * (1 - style.duty)
    thigh, knee, ankle = style.angles(phase)
    stride = 2 * style.step * body.leg
    pitch = thigh - knee + ankle
    x = stride * phase + body.thigh * np.sin(thigh) + body.shank * np.sin(thigh - knee)
    z = -body.thigh * np.cos(thigh) - body.shank * np.cos(thigh - knee)
    ahead, above = body.ankle
    x -= ahead * np.cos(pitch) - above * np.sin(pitch)
    z -= ahead * np.sin(pitch) + above * np.cos(pitch)
    return (
        CubicSpline(u, (x - x[0]) / (x[-1] - x[0])),
        CubicSpline(u, z - z[0] - u * (z[-1] - z[0])),
        CubicSpline(u, pitch - pitch[0] - u * (pitch[-1] - pitch[0])),
    )


def foot_path(t: np.ndarray, contacts: Sequence[Contact], style: Style, body: Body, speed: float) -> Foot:
    """One foot at times `t` (T,), given its contacts in order; before the first and after the last it lies still."""
    heel = np.zeros((len(t), 3))
    pitch, bend, heading = np.zeros(len(t)), np.zeros(len(t)), np.zeros(len(t))
    for i, contact in enumerate(contacts):
        starts = t >= contact.strike if i else np.ones(len(t), bool)
        ends = t <= contact.off if i < len(contacts) - 1 else np.ones(len(t), bool)
        on = starts & ends
        if on.any():
            heel[on], pitch[on], bend[on] = _roll(t[on], contact, body)
            heading[on] = contact.heading
        if i < len(contacts) - 1:
            swing = (t > contact.off) & (t < contacts[i + 1].strike)
            if swing.any():
                path = _swing(contact, contacts[i + 1], style, body, speed)
                heel[swing], pitch[swing], bend[swing], heading[swing] = path(t[swing])
    return _place(heel, pitch, bend, heading, body)


def _place(heel, pitch, bend, heading, body: Body) -> Foot:
    """Ankle, ball and toe of a foot whose heel, pitch, toe bend and heading are given."""
    forward = np.stack([np.cos(heading), np.sin(heading), np.zeros_like(heading)], -1)
    up = np.array([0.0, 0.0, 1.0])

    def at(origin, x, z, angle):
        ahead, above = x * np.cos(angle) - z * np.sin(angle), x * np.sin(angle) + z * np.cos(angle)
        return origin + ahead[:, None] * forward + above[:, None] * up

    ball = at(heel, body.ball, 0.0, pitch)
    toe = at(ball, body.foot - body.ball, 0.0, pitch + bend)
    heel_bone, toe_bone = at(heel, *HEEL_BONE, pitch), at(toe, *TOE_BONE, pitch + bend)
    return Foot(heel, ball, toe, at(heel, *body.ankle, pitch), heel_bone, toe_bone, heading, pitch)


def _roll(t: np.ndarray, contact: Contact, body: Body) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Heel (T, 3), pitch and toe bend of a foot on the ground: over the heel, flat, over the ball, over the toes."""
    down = np.clip((contact.flat - t) / max(contact.flat - contact.strike, 1e-9), 0, 1)
    rising = np.clip((t - contact.heel_off) / max(contact.off - contact.heel_off, 1e-9), 0, 1)
    pitch = contact.strike_pitch * down**2 + contact.off_pitch * rising**2 * (2 - rising)
    bend = np.clip(-pitch, 0, TOE_BEND)
    rearfoot, toes = np.minimum(pitch, 0), np.minimum(pitch + bend, 0)
    toe_length = body.foot - body.ball
    ahead = body.foot - body.ball * np.cos(rearfoot) - toe_length * np.cos(toes)
    heel = np.empty((len(t), 3))
    heel[:, :2] = contact.heel + ahead[:, None] * contact.forward
    heel[:, 2] = -body.ball * np.sin(rearfoot) - toe_length * np.sin(toes)
    return heel, pitch, bend


def _swing(a: Contact, b: Contact, style: Style, body: Body, speed: float):
    """The swing from contact `a` to `b` as a function of time: heel (T, 3), pitch, toe bend, heading."""
    duration = b.strike - a.off
    progress, height, turn = _swing_shape(style, body)
    instant = 1e-4
    heels, pitches, bends = _roll(np.array([a.off - instant, a.off]), a, body)
    start, theta, bent = heels[1], pitches[1], bends[1]
    leaving, rate = (heels[1] - heels[0]) / instant, (pitches[1] - pitches[0]) / instant
    end = np.append(b.heel, 0.0)
    across, pitch_span = end - start, b.strike_pitch - theta
    size = np.clip(np.linalg.norm(across) / (2 * style.step * body.leg), 0.15, 1.15)
    landing = np.append(STRIKE_VELOCITY[0] * b.forward, STRIKE_VELOCITY[1]) * max(speed * size, 0.1)

    # What the shape lacks in velocity at both ends; it fades fast after the start, as the push-off does.
    shape = [across * [progress(u, 1), progress(u, 1), 1] + [0, 0, size * height(u, 1)] for u in (0, 1)]
    lack_start, lack_end = leaving * duration - shape[0], landing * duration - shape[1]
    slapping = -style.slap * 2 * b.strike_pitch / max(b.flat - b.strike, 1e-3)
    turn_start, turn_end = (v * duration - size * turn(u, 1) - pitch_span for u, v in ((0, rate), (1, slapping)))

    def path(t, lift=None):
        u = (t - a.off) / duration
        after_start, before_end = u * (1 - u) ** 4, -(u**2) * (1 - u)
        heel = start + np.stack([progress(u), progress(u), u], -1) * across
        heel += np.multiply.outer(after_start, lack_start) + np.multiply.outer(before_end, lack_end)
        heel[:, 2] += size * height(u) + (lift(u) if lift else 0.0)
        pitch = theta + pitch_span * u + size * turn(u) + turn_start * after_start + turn_end * before_end
        bend = bent * (1 - np.clip(u / TOES_STRAIGHT, 0, 1)) ** 2
        heading = a.heading + (b.heading - a.heading) * u * u * (3 - 2 * u)
        return heel, pitch, bend, heading

    u = np.linspace(0, 1, 81)
    foot = _place(*path(a.off + u * duration), body)
    lowest = np.minimum(np.minimum(foot.heel[:, 2], foot.ball[:, 2]), foot.toe[:, 2])
    missing = np.maximum(TOE_CLEARANCE * np.sin(np.pi * u) ** 2 - lowest, 0)
    missing = gaussian_filter1d(maximum_filter1d(missing, 9), 2.5) * np.clip(np.minimum(u, 1 - u) / 0.04, 0, 1)
    lift = CubicSpline(u, missing)
    return lambda t: path(t, lift)
