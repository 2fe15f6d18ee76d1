"""When and where the feet of a walk meet the ground, and how far the body has come."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from footsteps.walker.foot_path import Contact

if TYPE_CHECKING:
    from footsteps.walker.walk import Walk

SIDES = ("left", "right")
TOE_OUT = np.radians(6)


class Plan:
    """When and where the feet strike, and how far the pelvis has come. Phase 0 is a strike of the left foot."""

    def __init__(self, walk: "Walk"):
        self.walk = walk
        style, body = walk.style, walk.body
        self.ahead = style.reach * walk.step_length  # of the pelvis, where a heel lands
        self.behind = body.ankle[0] + 0.016 * body.height  # of the pelvis, where the heels of somebody who stands are
        if walk.speed == 0:
            self.contacts = {side: [self._stand(side, 0.0, 0.0, 1e9)] for side in SIDES}
            return
        self.speeding_up = 2 * (walk.step_length - self.ahead - self.behind) / walk.speed if walk.start else 0.0
        self.slowing_down = 2 * (self.ahead + self.behind) / walk.speed if walk.stop else 0.0
        self.times, self.sides = self._schedule()
        self.contacts = {side: self._contacts(side) for side in SIDES}
        halves = np.arange(len(self.times)) / 2 + (0 if self.sides[0] == "left" else 0.5)
        self._phase = PchipInterpolator(self.times, halves)
        self._rate = 0.5 / walk.step_time

    def _schedule(self) -> tuple[np.ndarray, list[str]]:
        """Times and sides of all strikes; those of somebody who is on the way already begin before 0."""
        walk = self.walk
        rng = np.random.default_rng([walk.seed, 2])
        last = walk.duration + 4 * walk.step_time
        if walk.stop:
            last = walk.duration - walk.stop - max(self.slowing_down, walk.step_time)
        side = SIDES.index(walk.first)
        time = walk.start + self.speeding_up if walk.start else 0.3 * walk.step_time
        times, sides = [time], [SIDES[side]]
        while True:
            side = 1 - side
            haste = 1 - 0.12 * walk.limp if SIDES[side] == "left" else 1 + 0.12 * walk.limp
            time += walk.step_time * haste * (1 + walk.variability * float(np.clip(rng.normal(), -2, 2)))
            if time > last:
                break
            times.append(time)
            sides.append(SIDES[side])
        if walk.stop:  # the other foot comes beside the last one
            self.final = times[-1]
            times.append(times[-1] + walk.step_time)
            sides.append(SIDES[side])
        if not walk.start:
            before = range(4, 0, -1)
            times = [times[0] - i * walk.step_time for i in before] + times
            sides = [sides[i % 2] for i in before] + sides
        return np.array(times), sides

    def place(self, distance, sideways) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points (…, 3) on the floor at metres along the path and to its left, and the directions forward and left."""
        distance = np.asarray(distance, float)
        start, bend = np.radians(self.walk.heading), np.radians(self.walk.turn)
        angle = start + bend * distance
        if bend:
            x = (np.sin(angle) - np.sin(start)) / bend
            y = (np.cos(start) - np.cos(angle)) / bend
        else:
            x, y = distance * np.cos(start), distance * np.sin(start)
        flat = np.zeros_like(angle)
        forward = np.stack([np.cos(angle), np.sin(angle), flat], -1)
        left = np.stack([-np.sin(angle), np.cos(angle), flat], -1)
        place = np.stack([x + self.walk.origin[0], y + self.walk.origin[1], flat], -1)
        return place + np.asarray(sideways)[..., None] * left, forward, left

    def distance(self, t) -> np.ndarray:
        """Metres of the pelvis along the path at times `t`; smooth from and to standing, even in between."""
        walk = self.walk
        if walk.speed == 0:
            return np.zeros_like(t)
        moved = walk.speed * np.maximum(t - walk.start - self.speeding_up, 0) if walk.start else walk.speed * t
        if walk.start:
            u = np.clip((t - walk.start) / self.speeding_up, 0, 1)
            moved = moved + walk.speed * self.speeding_up * (u**3 - u**4 / 2)
        if walk.stop:
            u = np.clip((t - self.final) / self.slowing_down, 0, 1)
            late = np.maximum(t - self.final, 0)
            moved = moved - walk.speed * late + walk.speed * self.slowing_down * (u - u**3 + u**4 / 2)
        return moved

    def strength(self, t) -> np.ndarray:
        """Speed at times `t` as a share of the full speed: the size of every motion of the body."""
        walk = self.walk
        if walk.speed == 0:
            return np.zeros_like(t)
        share = np.ones_like(t)
        if walk.start:
            u = np.clip((t - walk.start) / self.speeding_up, 0, 1)
            share = share * u * u * (3 - 2 * u)
        if walk.stop:
            u = np.clip((t - self.final) / self.slowing_down, 0, 1)
            share = share * (1 - u * u * (3 - 2 * u))
        return share

    def phase(self, t) -> np.ndarray:
        """Cycles at times `t`; whole numbers are strikes of the left foot."""
        if self.walk.speed == 0:
            return np.zeros_like(t)
        first, last = self.times[0], self.times[-1]
        beyond = np.minimum(t - first, 0) + np.maximum(t - last, 0)
        return self._phase(np.clip(t, first, last)) + self._rate * beyond

    def _stand(self, side: str, distance: float, heel_off: float, off: float, off_pitch: float = 0.0) -> Contact:
        """The stand before the first step."""
        heel, heading = self._foothold(side, distance - self.behind, 0.052 * self.walk.body.height)
        return Contact(-1e9, -1e9, heel_off, off, heel, heading, 0.0, off_pitch, False)

    def _foothold(self, side: str, distance: float, half_width: float) -> tuple[np.ndarray, float]:
        sign = 1 if side == "left" else -1
        place, _, _ = self.place(distance, sign * half_width)
        # Not from an arctangent: from one foothold to the next the heading must not leap by a full turn.
        heading = np.radians(self.walk.heading + self.walk.turn * distance) + sign * TOE_OUT
        return place[:2], float(heading)

    def _contacts(self, side: str) -> list[Contact]:
        walk, style = self.walk, self.walk.style
        strike_pitch, off_pitch = style.strike_and_off_pitch()
        size = float(np.clip(walk.step_length / (style.step * walk.body.leg), 0.3, 1.15))
        strike_pitch, off_pitch = strike_pitch * size, off_pitch * min(1.0, 0.4 + 0.6 * size)
        stance = 2 * walk.duty * walk.step_time
        overlap = (2 * walk.duty - 1) * walk.step_time  # both feet on the ground; negative in running
        mine = [i for i, s in enumerate(self.sides) if s == side]
        found = []
        if walk.start:
            off = self.times[mine[0]] - 2 * (1 - walk.duty) * walk.step_time
            push = off_pitch * (0.6 if mine[0] == 0 else 1.0)
            heel_off = float(np.clip(walk.start, off - 0.5 * stance, off - 0.3 * stance))
            found.append(self._stand(side, 0.0, heel_off, off, push))
        for i in mine:
            strike = self.times[i]
            last = i == len(self.times) - 1
            distance = float(self.distance(strike)) + self.ahead
            half_width = style.width / 2
            if last and walk.stop:
                distance = float(self.distance(1e9)) - self.behind
            off = 1e9 if last or (walk.stop and i == len(self.times) - 2) else self.times[i + 1] + overlap
            heel, heading = self._foothold(side, distance, half_width)
            pitch = 0.2 * strike_pitch if last and walk.stop else strike_pitch
            flat = strike + style.flat * stance
            heel_off = strike + style.heel_off * (off - strike)
            found.append(Contact(strike, flat, heel_off, off, heel, heading, pitch, off_pitch, True))
        return found
