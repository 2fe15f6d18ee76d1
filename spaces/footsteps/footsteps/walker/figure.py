"""What a drawn person is made of: capsules and ellipsoids for clothes, skin, hair, face and shoes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from footsteps.walker.walk import Skeleton

MELT = 0.012  # m over which surfaces of one colour melt into one another

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """Colours (red, green, blue) of the clothes and the person; sleeves: down to the wrist, not to the elbow."""

    shirt: Colour = (178, 58, 52)
    trousers: Colour = (46, 58, 92)
    shoes: Colour = (60, 48, 42)
    soles: Colour = (225, 222, 214)
    skin: Colour = (224, 176, 148)
    hair: Colour = (62, 42, 30)
    sleeves: bool = True
    shorts: bool = False


@dataclass(frozen=True)
class Capsule:
    """A tapered capsule from `a` to `b` (3,) m with radii `ra`, `rb` m; cloth: with creases."""

    a: np.ndarray
    b: np.ndarray
    ra: float
    rb: float
    colour: Colour
    cloth: bool = False
    melt: float = MELT

    @property
    def centre(self) -> np.ndarray:
        return (self.a + self.b) / 2


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid around `centre` (3,) m; the rows of `axes` (3, 3) are its half axes in metres."""

    centre: np.ndarray
    axes: np.ndarray
    colour: Colour
    cloth: bool = False
    melt: float = MELT


def parts(body: Skeleton, i: int, height: float, look: Look) -> Iterator[Capsule | Ellipsoid]:
    """What the body of `height` (m) is made of in instant `i` of its skeleton."""
    p, size = body.landmarks[i], height / 1.74
    pelvis, trunk, head = body.pelvis[i], body.trunk[i], body.head[i]
    hips, neck = (p[23] + p[24]) / 2, (p[11] + p[12]) / 2
    spine = neck - hips

    def ball(at, frame, radii, colour, cloth=False, melt=MELT):
        return Ellipsoid(at, size * np.array(radii)[:, None] * frame, colour, cloth, melt)

    def limb(a, b, ra, rb, colour, cloth=False, melt=MELT):
        return Capsule(a, b, size * ra, size * rb, colour, cloth, melt)

    yield ball(hips - 0.01 * pelvis[2], pelvis, (0.104, 0.156, 0.095), look.trousers, True)
    yield ball(hips + 0.16 * spine, pelvis, (0.112, 0.160, 0.135), look.shirt, True, 0.05)
    yield ball(hips + 0.42 * spine, trunk, (0.108, 0.152, 0.20), look.shirt, True, 0.05)
    yield ball(hips + 0.70 * spine, trunk, (0.112, 0.160, 0.185), look.shirt, True, 0.04)
    collar = neck + 0.035 * trunk[2] - 0.01 * trunk[0]
    for s in (0, 1):
        yield limb(collar, p[11 + s] - 0.02 * trunk[2], 0.052, 0.058, look.shirt, True, 0.03)
    yield limb(neck + 0.02 * trunk[2], body.skull[i] - 0.05 * head[2] - 0.02 * head[0], 0.056, 0.052, look.skin)

    leg = look.skin if look.shorts else look.trousers
    for s in (0, 1):
        hip, knee, ankle = p[23 + s], p[25 + s], p[27 + s]
        if look.shorts:
            yield limb(hip, hip + 0.62 * (knee - hip), 0.088, 0.082, look.trousers, True)
            yield limb(hip + 0.5 * (knee - hip), knee, 0.068, 0.052, leg)
            yield limb(knee, knee + 0.35 * (ankle - knee), 0.050, 0.054, leg)
            yield limb(knee + 0.35 * (ankle - knee), ankle, 0.054, 0.034, leg)
        else:
            yield limb(hip, knee, 0.086, 0.064, leg, True)
            yield limb(knee, knee + 0.3 * (ankle - knee), 0.062, 0.064, leg, True)
            yield limb(knee + 0.3 * (ankle - knee), ankle, 0.064, 0.052, leg, True)
        yield from _shoe(body, i, s, size, look)
        shoulder, elbow, wrist = p[11 + s], p[13 + s], p[15 + s]
        arm = look.shirt if look.sleeves else look.skin
        yield limb(shoulder - 0.015 * trunk[2], elbow, 0.055, 0.043, arm, look.sleeves)
        if not look.sleeves:
            yield limb(shoulder, shoulder + 0.6 * (elbow - shoulder), 0.058, 0.056, look.shirt, True)
        yield limb(elbow, wrist, 0.043, 0.030, arm, look.sleeves)
        knuckles = (p[17 + s] + p[19 + s]) / 2
        yield limb(wrist, knuckles, 0.027, 0.031, look.skin)
        yield limb(knuckles, knuckles + 0.55 * (knuckles - wrist), 0.028, 0.018, look.skin)
        yield limb(wrist + 0.3 * (p[21 + s] - wrist), p[21 + s], 0.016, 0.012, look.skin)
    yield from _head(body, i, size, look)


def _shoe(body: Skeleton, i: int, s: int, size: float, look: Look) -> Iterator[Capsule]:
    """Upper and sole of one shoe; its underside is the line from the heel over the ball to the toes."""
    p, foot = body.landmarks[i], body.feet[s]
    ankle, heel, ball, toe = p[27 + s], foot.heel[i], foot.ball[i], foot.toe[i]
    along, tip = ball - heel, toe - ball
    side = np.array([-np.sin(foot.heading[i]), np.cos(foot.heading[i]), 0.0])
    up = np.cross(along, side)
    up /= np.linalg.norm(up)
    tip_up = np.cross(tip, side)
    tip_up /= np.linalg.norm(tip_up)
    back = heel + 0.25 * along
    yield Capsule(back + 0.046 * size * up, ball + 0.036 * size * up, 0.038 * size, 0.037 * size, look.shoes)
    end = ball + 0.7 * tip + 0.028 * size * tip_up
    yield Capsule(ball + 0.036 * size * up, end, 0.037 * size, 0.027 * size, look.shoes)
    yield Capsule(back + 0.05 * size * up, ankle, 0.040 * size, 0.042 * size, look.shoes)
    instep = 0.55 * ankle + 0.45 * (ball + 0.05 * size * up)
    yield Capsule(ankle + 0.015 * up, instep, 0.040 * size, 0.036 * size, look.shoes)
    rim = 0.015 * size
    for across in (-0.024, 0.0, 0.024):
        edge = across * size * side
        rear = heel + (0.22 - 1.5 * abs(across)) * along + edge + rim * up
        middle = ball + 1.25 * edge + rim * up
        front = ball + (0.85 - 5 * abs(across)) * tip + edge + rim * tip_up
        yield Capsule(rear, middle, rim, rim, look.soles)
        yield Capsule(middle, front, rim, rim, look.soles)


def _head(body: Skeleton, i: int, size: float, look: Look) -> Iterator[Capsule | Ellipsoid]:
    p, (forward, left, up), skull = body.landmarks[i], body.head[i], body.skull[i]
    frame = body.head[i]

    def ball(ahead, aside, above, radii, colour, melt=MELT):
        centre = skull + size * (ahead * forward + aside * left + above * up)
        return Ellipsoid(centre, size * np.array(radii)[:, None] * frame, colour, False, melt)

    dark, lips = (48, 34, 28), tuple(int(c * k) for c, k in zip(look.skin, (0.82, 0.62, 0.60), strict=True))
    yield ball(0.000, 0, 0.022, (0.098, 0.076, 0.100), look.skin)
    yield ball(0.028, 0, -0.045, (0.062, 0.058, 0.078), look.skin, 0.03)
    yield ball(-0.010, 0, 0.046, (0.099, 0.084, 0.090), look.hair, 0.004)
    yield ball(-0.040, 0, -0.006, (0.068, 0.076, 0.086), look.hair, 0.004)
    bridge, tip = skull + size * (0.088 * forward + 0.01 * up), p[0] - 0.010 * size * forward
    yield Capsule(bridge, tip, 0.010 * size, 0.015 * size, look.skin)
    yield Capsule(p[9] - 0.004 * forward, p[10] - 0.004 * forward, 0.006 * size, 0.006 * size, lips)
    for s, sign in enumerate((1, -1)):
        eye = p[2 + 3 * s]
        yield ball(-0.004, sign * 0.076, -0.006, (0.020, 0.010, 0.030), look.skin, 0.003)
        white = eye - 0.002 * forward
        yield Ellipsoid(white, size * np.array([0.009, 0.015, 0.009])[:, None] * frame, (238, 234, 228))
        iris = eye + 0.004 * forward
        yield Ellipsoid(iris, size * np.array([0.006, 0.007, 0.008])[:, None] * frame, dark)
        brow = [q + size * (0.005 * forward + 0.024 * up) for q in (p[1 + 3 * s], p[3 + 3 * s])]
        yield Capsule(*brow, 0.006 * size, 0.004 * size, look.hair)
