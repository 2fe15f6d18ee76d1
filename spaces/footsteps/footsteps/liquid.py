"""Water and mud: air that is closed in rings as bubbles (Minnaert, 1933; damping and rise after van den Doel, 2005)."""

from functools import lru_cache

import numpy as np

from common.media import RATE
from footsteps.excitation import Gait
from footsteps.materials import Bubbles

_POOL = 192
_LONGEST = 4096


@lru_cache(maxsize=16)
def _pool(small: float, large: float) -> list[np.ndarray]:
    """192 bubbles with radii between `small` and `large` mm, down to -80 dB; the largest have amplitude 1."""
    rng = np.random.default_rng(1933)
    radius = (small * (large / small) ** rng.random(_POOL))[:, None] / 1000
    frequency = 3.26 / radius
    damping = 0.13 / radius + 0.0072 * radius**-1.5
    # A bubble that rises to the surface while it rings goes up in pitch.
    rise = damping * np.where(rng.random((_POOL, 1)) < 0.4, rng.uniform(0.01, 0.08, (_POOL, 1)), 0.0)
    t = np.arange(_LONGEST)[None, :] / RATE
    wave = np.exp(-damping * t) * np.sin(2 * np.pi * frequency * t * (1 + 0.5 * rise * t))
    wave *= (radius * 1000 / large) * np.clip((_LONGEST - 1 - np.arange(_LONGEST)) / 256, 0, 1)
    lengths = np.minimum(9.2 / damping[:, 0] * RATE, _LONGEST).astype(int)
    return [w[:n].astype(np.float32) for w, n in zip(wave, lengths.tolist(), strict=True)]


def bubble(out: np.ndarray, start: int, bubbles: Bubbles, gait: Gait, rng: np.random.Generator) -> None:
    """Add the step's bubbles to `out` (N,): after heel and ball go in, and when the foot is drawn out.

    start: sample of the heel's touch
    """
    n = rng.poisson(bubbles.count)
    spread = bubbles.spread / 1000
    entered = np.where(rng.random(n) < 0.55, 0.0, gait.gap) + rng.exponential(spread, n)
    drawn = gait.stance * rng.uniform(0.6, 1.0, n) ** 0.7
    pulled = rng.random(n) < bubbles.pull
    times = start + (np.where(pulled, drawn, entered) * RATE).astype(int)
    chosen = rng.integers(0, _POOL, n)
    strength = 10 ** (bubbles.gain / 20) * rng.uniform(0.2, 1.0, n) * np.where(pulled, 0.6, 1.0)
    strength *= np.where(pulled, 1.0, np.exp(-0.5 * entered / (spread + 0.05))) * rng.choice((-1.0, 1.0), n)
    pool = _pool(bubbles.small, bubbles.large)
    for time, which, gain in zip(times.tolist(), chosen.tolist(), strength.tolist(), strict=True):
        if time < len(out):
            one = pool[which][: len(out) - time]
            out[time : time + len(one)] += np.float32(gain) * one
