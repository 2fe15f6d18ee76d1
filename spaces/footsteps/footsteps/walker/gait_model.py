"""How a body moves in a gait cycle: segment lengths and joint angle curves.

Joint angles: Perry & Burnfield, Gait Analysis, 2nd ed. (2010) for walking; Novacheck, The biomechanics of running,
Gait & Posture 7 (1998) for running. Segment lengths: Drillis & Contini (1966), as printed by Winter, Biomechanics and
Motor Control of Human Movement, 4th ed. (2009).
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

SOLE = 0.022  # m between the ground and the foot in its shoe


@dataclass(frozen=True)
class Style:
    """A gait, over a cycle of 1 from one strike of a foot to its next. Degrees, flexion positive; shares; metres.

    knots, thigh, knee, ankle: the angle curves (thigh from the vertical, knee and ankle as joints) at these phases
    duty: share of the cycle on the ground; flat, heel_off: shares of the stance between which the foot lies flat
    slap: how fast the foot turns down as it lands, a share of how fast it does on the ground (Winter 1991: 150°/s)
    contact: longest way of the pelvis in a stance, a share of the leg; a longer stride has a shorter duty
    step: usual step length as a share of the leg; reach: how far ahead of the pelvis the heel lands, share of the step
    over: phase at which the body passes over the foot; bob: (least, most) rise of the pelvis there, half peak to peak
    sway: of the pelvis to the standing side; rotation, obliquity: of the pelvis; lean: of the trunk
    shoulder, elbow: (mean, amplitude) of flexion; width: of a step
    """

    knots: tuple[float, ...]
    thigh: tuple[float, ...]
    knee: tuple[float, ...]
    ankle: tuple[float, ...]
    duty: float
    flat: float
    heel_off: float
    contact: float
    step: float
    reach: float
    over: float
    bob: tuple[float, float]
    sway: float
    rotation: float
    obliquity: float
    lean: float
    shoulder: tuple[float, float]
    elbow: tuple[float, float]
    width: float
    slap: float = 0.4

    def angles(self, phase) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Thigh, knee and ankle in radians at `phase`."""
        knots = np.append(self.knots, 1.0)
        curves = np.radians(np.stack([self.thigh, self.knee, self.ankle], 1))
        curve = CubicSpline(knots, np.vstack([curves, curves[:1]]), bc_type="periodic")
        return tuple(curve(np.mod(phase, 1.0)).T)

    def strike_and_off_pitch(self) -> tuple[float, float]:
        """Pitch of the foot (radians, toes up positive) as it meets and as it leaves the ground in a usual step."""
        thigh, knee, ankle = self.angles(np.array([0.0, self.duty]))
        strike, off = thigh - knee + ankle
        return float(strike), float(off)


WALKING = Style(
    knots=(0.0, 0.12, 0.31, 0.50, 0.62, 0.73, 0.87),
    thigh=(20, 20, 0, -20, -10, 15, 25),
    knee=(5, 18, 5, 10, 40, 60, 25),
    ankle=(0, -5, 5, 10, -15, -5, 0),
    duty=0.62,
    flat=0.16,
    heel_off=0.52,
    contact=0.97,
    step=0.76,
    reach=0.33,
    over=0.31,
    bob=(0.008, 0.035),
    sway=0.02,
    rotation=5,
    obliquity=4,
    lean=3,
    shoulder=(-6, 21),
    elbow=(28, 11),
    width=0.10,
)
RUNNING = Style(
    knots=(0.0, 0.08, 0.18, 0.28, 0.38, 0.50, 0.68, 0.85),
    thigh=(28, 24, 11, -8, -22, -15, 22, 38),
    knee=(18, 34, 43, 34, 22, 48, 92, 55),
    ankle=(3, 10, 24, 14, -18, -8, 2, 6),
    duty=0.38,
    flat=0.18,
    heel_off=0.50,
    contact=0.90,
    step=1.15,
    reach=0.20,
    over=0.18,
    bob=(-0.045, -0.03),
    sway=0.01,
    rotation=7,
    obliquity=5,
    lean=9,
    shoulder=(-12, 32),
    elbow=(88, 14),
    width=0.05,
)


@dataclass(frozen=True)
class Body:
    """Segment lengths in metres of an adult in shoes; `leg` is the height of the hip joints without shoes."""

    leg: float = 0.92

    def __post_init__(self):
        if not 0.3 <= self.leg <= 1.3:
            raise ValueError(f"leg length {self.leg} m: expected 0.3 to 1.3")

    @property
    def height(self) -> float:
        return self.leg / 0.53

    @property
    def thigh(self) -> float:
        return 0.245 * self.height

    @property
    def shank(self) -> float:
        return 0.246 * self.height

    @property
    def hip(self) -> float:
        """Height of the hip joints of somebody who stands upright in shoes."""
        return self.leg + SOLE

    @property
    def ankle(self) -> tuple[float, float]:
        """The ankle ahead of and above the point of the shoe's heel that meets the ground."""
        return 0.034 * self.height, 0.039 * self.height + SOLE

    @property
    def ball(self) -> float:
        """From the heel to the joint of the toes."""
        return 0.108 * self.height

    @property
    def foot(self) -> float:
        return 0.150 * self.height
