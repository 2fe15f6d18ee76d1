"""How a foot meets the ground: when, how hard, for how long.

A walking foot comes down on the heel, rolls, slaps down the ball 60 to 150 ms later and pushes off; a running
one lands nearly flat, harder, and leaves sooner. Each part lands not once but in a little chatter of contacts, as heel
edge and heel, then the toes, come down one after the other. Between the contacts the weight moves over the sole:
the ground reaction force, made of three humps (heel, roll, ball) after Farnell, "Marching Onwards" (2007).
"""

from dataclasses import dataclass

import numpy as np

from common.media import RATE


@dataclass(frozen=True)
class Gait:
    """One step before it meets a floor.

    times (K,): s after the heel's first touch; forces (K,): 1 is the heel of an ordinary step
    ball (K,): True where the ball of the foot touches; gap: s from heel to ball; stance: s until the foot is
    off the ground; strength: overall force of the step; running
    """

    times: np.ndarray
    forces: np.ndarray
    ball: np.ndarray
    gap: float
    stance: float
    strength: float
    running: bool


def contact_time(a: float, b: float) -> float:
    """How long two bodies touch, in the unit of `a` and `b`, their contact times against a rigid partner.

    Hertz's contact: compliances k^(-2/3) add up, and the contact lasts as long as k^(-2/5).
    """
    return (a ** (5 / 3) + b ** (5 / 3)) ** (3 / 5)


def pulse_spectrum(frequency: np.ndarray | float, contact: np.ndarray | float) -> np.ndarray | float:
    """Envelope of the spectrum of a half-sine force pulse, 1 at 0 Hz. frequency: Hz; contact: its length in s."""
    return 1.0 / (1.0 + np.square(2.0 * np.asarray(frequency) * contact))


def force_pulse(contact: float, damping: float = 0.35) -> np.ndarray:
    """Force during one contact, peak 1. contact: s, at least three samples are used; damping: 0 elastic .. 1.

    A closed form near the solution of the Hunt-Crossley contact: sin^1.5 (Hertz), its peak moved forward
    because the damping force is largest on the way in.
    """
    n = max(3, round(contact * RATE))
    x = (np.arange(1, n + 1) / (n + 1)) ** (1.0 - 0.5 * damping)
    return (np.sin(np.pi * x) ** 1.5).astype(np.float32)


def hump(x: np.ndarray) -> np.ndarray:
    """One hump of the ground reaction force over 0..1, peak 1 near x = 0.39, 0 outside (Farnell's polynomial)."""
    inside = np.clip(x, 0.0, 1.0)
    return inside * (1 - inside) ** 2 * (1 + inside) / 0.2018


def load(times: np.ndarray, gait: Gait, lead: float = 0.0) -> np.ndarray:
    """Weight on the moving parts of the sole at `times` (s after the heel's touch), about 0..1.

    lead: s by which it sets in before the touch
    """
    heel = hump((times + lead) / (2.0 * gait.gap + lead + 0.03))
    ball = hump((times - gait.gap + 0.01) / (0.75 * (gait.stance - gait.gap)))
    push = hump((times - 0.72 * gait.stance) / (0.4 * gait.stance))
    share = 0.9 if gait.running else 0.6
    return heel + share * ball + 0.08 * push


def gait(rng: np.random.Generator, gap: float, toe: float, strength: float, running: bool) -> Gait:
    """Draw one step.

    gap: s from heel to ball at a walk; toe: force of the ball against the heel; strength: of the whole step
    """
    gap *= rng.normal(1.0, 0.1) * (0.28 if running else 1.0)
    shortest, longest = (0.015, 0.04) if running else (0.06, 0.15)
    gap = min(max(gap, shortest), longest)
    stance = (0.24 if running else 0.45) * min(max(rng.normal(1.0, 0.06), 0.85), 1.15)
    heel_times, heel_forces = _chatter(rng, 1.5, 0.0025)
    ball_times, ball_forces = _chatter(rng, 3.0, 0.006)
    roll_times = rng.uniform(0.25, 0.95, rng.poisson(1.5)) * gap
    roll_forces = 0.12 * rng.random(len(roll_times))
    toe *= 10 ** (rng.normal(0.0, 1.5) / 20) * (1.2 if running else 1.0)
    times = np.concatenate([heel_times, roll_times, gap + ball_times])
    forces = np.concatenate([heel_forces, roll_forces, toe * ball_forces])
    ball = np.arange(len(times)) >= len(heel_times) + len(roll_times)
    return Gait(times, forces, ball, gap, stance, strength, running)


def _chatter(rng: np.random.Generator, more: float, spacing: float) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) and forces of one part's contacts: the first is the strongest, about `more` follow."""
    n = rng.poisson(more)
    times = np.concatenate([[0.0], np.cumsum(rng.exponential(spacing, n) + 0.0008)])
    forces = np.concatenate([[1.0], rng.uniform(0.15, 0.55, n) * 0.8 ** np.arange(n)])
    return times, forces
