"""Footsteps from physics: what the foot does (excitation), what floor and shoe answer (solid, aggregate, liquid).

The take of a step is drawn from the seed, the step's time and its side alone, so that adding, deleting or changing one
step leaves the sound of the others as it was. Only the pace is shared: the median interval around a step, in
classes of 0.1 s, decides by a decibel or two how hard it lands.
"""

import math
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from common.errors import UserError
from common.media import RATE
from footsteps import aggregate, excitation, liquid, materials, solid
from footsteps.materials import Floor, Shoe
from footsteps.sound import Sound
from footsteps.steps import Step

SHORTEST, LONGEST = 0.15, 0.7  # s
_HIGHEST_PEAK = 0.97
_REST = 0.8  # no part of a step before or after the heel's may come nearer to its peak
_PEAK_WITHIN = int(0.04 * RATE)  # samples after the heel's touch; rustle that leads the foot is at most 20 ms longer
_SEAM = 144  # samples
_FADE = (np.cos(np.linspace(0, np.pi / 2, int(0.06 * RATE))) ** 2).astype(np.float32)
# what takes DC out, where the sound is and slower than what is heard: t exp(-t / 20 ms)
_SWELL = (np.linspace(0, 10, int(0.2 * RATE)) * np.exp(-np.linspace(0, 10, int(0.2 * RATE)))).astype(np.float32)
_USUAL_PACE = 0.55  # s from step to step
_REFERENCE = "boots"  # the shoe in which the gains of materials.toml are meant


@dataclass(frozen=True)
class Foot:
    """What makes this walker's left foot sound unlike the right one, for the whole walk.

    level: dB; contact, gap, tune: factors on contact times, on the time from heel to ball, on the pitch of the heel
    """

    level: float
    contact: float
    gap: float
    tune: float


class Procedural(Sound):
    """Physically informed synthesis; needs no model file."""

    name = "procedural"

    def synthesize(self, steps: Sequence[Step], seed: int) -> list[np.ndarray]:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise UserError(f"the seed must be a whole number from 0 on, not {seed!r}")
        for step in steps:
            _check(step)
        same = Counter()
        sounds = []
        for step, pace in zip(steps, _paces(steps), strict=True):
            key = (round(step.time * 1e6) & (2**63 - 1), int(step.side == "right"))
            rng = np.random.default_rng([seed, *key, same[key]])
            same[key] += 1
            floor, shoe = materials.floor(step.surface), materials.shoe(step.footwear)
            foot = _foot(int(seed), step.side, step.footwear)
            strength = _strength(step, pace, foot, rng)
            raw, heel = render(floor, shoe, foot, strength, step.running, int(seed), rng)
            sound = finish(raw, heel) * np.float32(calibration(floor, shoe))
            sounds.append(sound * np.float32(min(1.0, _HIGHEST_PEAK / float(np.abs(sound).max()))))
        return sounds


def _check(step: Step) -> None:
    materials.floor(step.surface)
    materials.shoe(step.footwear)
    if step.side not in ("left", "right"):
        raise UserError(f"the side of a step must be 'left' or 'right', not {step.side!r}")
    if not math.isfinite(step.time):
        raise UserError(f"the time of a step must be a number of seconds, not {step.time!r}")
    if not 0 <= step.confidence <= 1:
        raise UserError(f"the confidence of a step must be from 0 to 1, not {step.confidence!r}")


def _paces(steps: Sequence[Step]) -> list[float]:
    """Seconds between steps around each step: the median over four steps on each side, in 0.1 s classes."""
    order = sorted(range(len(steps)), key=lambda i: steps[i].time)
    intervals = np.diff([steps[i].time for i in order])
    paces = [_USUAL_PACE] * len(steps)
    for rank, i in enumerate(order):
        near = intervals[max(0, rank - 4) : rank + 4]
        near = near[(near > 0.15) & (near < 1.2)]  # neither doubled steps nor pauses
        if len(near):
            paces[i] = float(np.clip((math.floor(float(np.median(near)) * 10) + 0.5) / 10, 0.35, 0.85))
    return paces


@lru_cache(maxsize=64)
def _foot(seed: int, side: str, footwear: str) -> Foot:
    rng = np.random.default_rng([seed, zlib.crc32(footwear.encode())])
    level, contact, gap, tune = rng.uniform(0.5, 1.0, 4) * rng.choice((-1, 1), 4) * (1 if side == "left" else -1)
    return Foot(0.5 * level, 1 + 0.09 * contact, 1 + 0.05 * gap, 1 + 0.03 * tune)


def _strength(step: Step, pace: float, foot: Foot, rng: np.random.Generator) -> float:
    """Force of the step, 1 is ordinary: harder when faster or running."""
    level = foot.level + min(max(rng.normal(0, 1.0), -2.2), 2.2) + 10 * math.log10(_USUAL_PACE / pace)
    return 10 ** ((level + (3.5 if step.running else 0.0)) / 20)


def render(
    floor: Floor, shoe: Shoe, foot: Foot, strength: float, running: bool, seed: int, rng: np.random.Generator
) -> tuple[np.ndarray, int]:
    """One raw step, (N,) float32, and the sample at which the heel touches."""
    speed = strength**-0.2 * (0.85 if running else 1.0) * foot.contact * math.exp(rng.normal(0, 0.08))
    contacts = tuple(excitation.contact_time(part, floor.contact) / 1000 * speed for part in (shoe.heel, shoe.ball))
    reference = materials.shoe(_REFERENCE)
    usual = tuple(excitation.contact_time(part, floor.contact) / 1000 for part in (reference.heel, reference.ball))
    gait = excitation.gait(rng, shoe.gap / 1000 * foot.gap, 10 ** ((floor.toe + shoe.toe) / 20), strength, running)

    start = int((floor.lead / 1000 + 0.002) * RATE)
    length = (start + int((0.45 if running else 0.68) * RATE)) // aggregate.CONTROL * aggregate.CONTROL
    out = np.zeros(length, np.float32)
    moments = (np.arange(0, length + 1, aggregate.CONTROL) - start) / RATE
    weight = excitation.load(moments, gait, floor.lead / 1000).astype(np.float32)

    banks = []
    if floor.thump:
        banks.append(solid.thump(floor.thump, shoe.mass, rng))
    if floor.modes:
        banks.append(solid.spot(floor.modes, _plate(floor, seed), rng))
    if shoe.ring and floor.dry > 0:
        banks.append(solid.heel_ring(shoe, floor.dry, foot.tune, rng))
    if banks:
        solid.ring(out, start, tuple(np.concatenate(v) for v in zip(*banks, strict=True)), gait, contacts)
    if floor.click is not None:
        solid.click(out, start, floor.click, gait, contacts, usual[0])

    for noise in (*floor.noise, *(replace(n, gain=n.gain + _db(floor.dry)) for n in shoe.noise if floor.dry > 0)):
        bite = excitation.pulse_spectrum(noise.center, np.array([contacts, usual]))
        hard = tuple(((bite[0] / bite[1]) ** noise.couple).tolist())
        aggregate.hiss(out, noise, aggregate.follow(noise, start, gait, hard, weight), rng)
    if floor.grains:
        crushed = aggregate.follow(floor.grains, start, gait, (1.0, 1.0), weight)
        share = 10 ** (shoe.crush / 20) * math.sqrt(strength)
        aggregate.crackle(out, floor.grains, crushed, share, rng)
    if floor.bubbles:
        liquid.bubble(out, start, floor.bubbles, gait, rng)
    out *= np.float32(strength)
    return out, start


def _db(share: float) -> float:
    return 20 * math.log10(share)


@lru_cache(maxsize=64)
def _plate(floor: Floor, seed: int) -> tuple[np.ndarray, ...]:
    """The floor of this walk: the same modes under every step."""
    return solid.plate(floor.modes, np.random.default_rng([seed, zlib.crc32(floor.id.encode())]))


def finish(raw: np.ndarray, heel: int) -> np.ndarray:
    """Make the heel the one peak, trim, fade, take out DC. heel: sample of its touch in `raw`, which is used up."""
    first = max(0, heel - 96)
    split = heel + _PEAK_WITHIN
    size = np.abs(raw)
    peak = float(size[heel : split - _SEAM].max())
    before = min(1.0, _REST * peak / max(float(size[:first].max(initial=0.0)), 1e-9))
    after = min(1.0, _REST * peak / max(float(size[split:].max(initial=0.0)), 1e-9))
    raw[:first] *= before
    raw[first:heel] *= np.linspace(before, 1.0, heel - first, dtype=np.float32)
    raw[split - _SEAM : split] *= np.linspace(1.0, after, _SEAM, dtype=np.float32)
    raw[split:] *= after
    loud = np.flatnonzero(size > peak * 10 ** (-60 / 20))
    begin = max(0, int(loud[0]) - 48)
    end = int(np.clip(int(loud[-1]) + 480, begin + SHORTEST * RATE, begin + LONGEST * RATE))
    out = np.zeros(end - begin, np.float32)
    kept = raw[begin:end]
    out[: len(kept)] = kept
    rise = min(max(heel - begin, 48), 480)
    onset = np.sin(np.linspace(0, 0.5 * np.pi, rise, endpoint=False)).astype(np.float32) ** 2
    out[:rise] *= onset
    out[-len(_FADE) :] *= _FADE
    swell = _SWELL[: len(out)].copy()
    swell[:rise] *= onset
    overlap = len(swell) - (len(out) - len(_FADE))
    if overlap > 0:
        swell[-overlap:] *= _FADE[:overlap]
    out[: len(swell)] -= swell * np.float32(out.sum(dtype=np.float64) / swell.sum(dtype=np.float64))
    return out


@lru_cache(maxsize=512)
def calibration(floor: Floor, shoe: Shoe) -> float:
    """Factor that brings an ordinary walk in `shoe` on `floor` to its loudness (BS.1770, LUFS).

    Soft floors hide what the shoe is made of, so the shoe's level counts by half where `dry` is 0.
    """
    from pyloudnorm import Meter

    walk = np.zeros(int(4.9 * RATE))
    for i in range(8):
        foot = _foot(0, ("left", "right")[i % 2], shoe.id)
        raw, heel = render(floor, shoe, foot, 1.0, False, 0, np.random.default_rng([0, i]))
        sound = finish(raw, heel)
        at = int(i * 0.55 * RATE)
        walk[at : at + len(sound)] += sound
    wanted = floor.level + shoe.level * (0.5 + 0.5 * floor.dry)
    return float(10 ** ((wanted - Meter(RATE).integrated_loudness(walk)) / 20))
