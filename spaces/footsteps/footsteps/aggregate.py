"""Floors that give way: gravel, sand, snow, leaves, and the roughness of every other.

Many small events at random times whose rate and strength follow the contacts and the weight on the foot
(Cook's PhISM, 1997; aggregate surfaces after Turchet, 2016). Those that stand out are grains, each a short damped
resonance; the rest adds up to noise. Both are cut at random from beds that are made once for a material.
"""

from functools import lru_cache

import numpy as np

from common.media import RATE
from footsteps.excitation import Gait
from footsteps.materials import Grains, Noise

CONTROL = 24  # samples between two values of what changes slowly
_BETWEEN = np.arange(CONTROL, dtype=np.float32) / CONTROL
_BED = 1 << 17
_POOL = 256


@lru_cache(maxsize=128)
def _kernel(attack: float, decay: float) -> np.ndarray:
    """Rise and fall after one contact at the control rate, peak 1, down to -60 dB. attack, decay: ms."""
    t = np.arange(1, int(6.9 * decay / 1000 * RATE / CONTROL) + 2) * CONTROL / RATE * 1000
    curve = (1 - np.exp(-t / attack)) * np.exp(-t / decay)
    return (curve / curve.max()).astype(np.float32)


def follow(layer: Noise | Grains, start: int, gait: Gait, weights: tuple[float, float], load: np.ndarray) -> np.ndarray:
    """How strongly a layer is excited, (n,) one value in every `CONTROL` samples, about 0..1.

    start: sample of the heel's touch; weights: of heel and ball contacts; load (n,): weight on the rolling foot
    """
    out = layer.load * load
    kernel = _kernel(layer.attack, layer.decay * (0.8 if gait.running else 1.0))
    for time, force, ball in zip(gait.times.tolist(), gait.forces.tolist(), gait.ball.tolist(), strict=True):
        i = (start + int(time * RATE)) // CONTROL
        out[i : i + len(kernel)] += np.float32(force * weights[ball]) * kernel[: len(out) - i]
    return out


@lru_cache(maxsize=1)
def _white() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What all beds share: the frequencies (Hz), the spectrum of white noise, and a slow wave of deviation 1."""
    rng = np.random.default_rng(1997)
    freqs = np.fft.rfftfreq(_BED, 1 / RATE)
    white = np.fft.rfft(rng.standard_normal(_BED))
    wave = np.fft.irfft(np.exp(-0.5 * (freqs / 60.0) ** 2) * np.fft.rfft(rng.standard_normal(_BED)))
    return freqs, white, wave / wave.std()


@lru_cache(maxsize=96)
def bed(center: float, width: float, flutter: float) -> np.ndarray:
    """Noise of RMS 1 whose spectrum is a bell over log frequency. center: Hz; width: octaves; flutter: 0 is steady."""
    freqs, white, wave = _white()
    octaves = np.log2(np.maximum(freqs, 1.0) / center)
    # 1/sqrt(f) makes the bell a bell in energy per octave
    shape = np.exp(-0.5 * (octaves / width) ** 2) / np.sqrt(np.maximum(freqs, 20.0)) * (freqs > 25)
    shape /= 1 + (freqs / 16000) ** 16  # steps hold nothing worth hearing above
    noise = np.fft.irfft(shape * white)
    if flutter:
        noise *= np.exp(flutter * wave)
    noise = (noise / noise.std()).astype(np.float32)
    noise.flags.writeable = False
    return noise


def hiss(out: np.ndarray, noise: Noise, excitation: np.ndarray, rng: np.random.Generator) -> None:
    """Add a stretch of the noise that follows `excitation` (n + 1,) to `out` (n * CONTROL,)."""
    whole = bed(noise.center, noise.width, noise.flutter)
    first = int(rng.integers(0, _BED - len(out)))
    gain = rng.choice((-1.0, 1.0)) * 10 ** ((noise.gain + rng.normal(0, 1.5)) / 20)
    loud = np.flatnonzero(excitation > 1e-4 * excitation.max())  # the rest would only take time
    if not len(loud):
        return
    begin, end = max(0, int(loud[0]) - 1), min(int(loud[-1]) + 1, len(excitation) - 1)
    level = excitation[begin : end + 1] * np.float32(gain)
    lines = np.diff(level)[:, None] * _BETWEEN
    lines += level[:-1, None]
    lines *= whole[first + begin * CONTROL : first + end * CONTROL].reshape(lines.shape)
    out[begin * CONTROL : end * CONTROL] += lines.ravel()


@lru_cache(maxsize=32)
def _pool(grains: Grains) -> np.ndarray:
    """(256, L) grains of the material, mean peak about 1: larger ones are lower and louder."""
    rng = np.random.default_rng(2016)
    size = np.clip(rng.standard_normal(_POOL), -2.2, 2.2)
    luck = np.clip(rng.standard_normal(_POOL), -2.2, 2.0)
    frequency = np.clip(grains.center * 2 ** (-grains.width * size), 150.0, 14000.0)[:, None]
    decay = grains.ring / frequency
    t = np.arange(min(512, int(4.5 * np.quantile(decay, 0.9) * RATE) + 16))[None, :] / RATE
    phase = rng.uniform(0, 0.5 * np.pi, (_POOL, 1))
    wave = (1 - np.exp(-3 * frequency * t)) * np.exp(-t / decay) * np.sin(2 * np.pi * frequency * t + phase)
    wave *= 10 ** (grains.spread * (0.4 * size + 0.9 * luck)[:, None] / 20)
    wave *= np.clip((t[:, -1:] - t) * RATE / 16, 0, 1)
    # the shortest are wider than the band: nothing at half the sampling rate
    wave = (np.roll(wave, 1, 1) + 2 * wave + np.roll(wave, -1, 1)) / 4
    wave = (np.roll(wave, 1, 1) + 2 * wave + np.roll(wave, -1, 1)) / 4
    return (wave / np.abs(wave).max(axis=1).mean()).astype(np.float32)


def crackle(out: np.ndarray, grains: Grains, excitation: np.ndarray, share: float, rng: np.random.Generator) -> None:
    """Add the step's grains to `out` (n * CONTROL,), more and stronger ones where `excitation` (n + 1,) is large.

    share: of their mean number
    """
    rate = np.cumsum(np.square(excitation), dtype=np.float64)
    if rate[-1] <= 0:
        return
    bursts = rng.poisson(grains.count / grains.burst * share) + 1
    sizes = rng.geometric(1 / grains.burst, bursts)
    begin = np.searchsorted(rate, rng.random(bursts) * rate[-1]) * CONTROL + rng.integers(0, CONTROL, bursts)
    times = np.repeat(begin, sizes) + (rng.exponential(0.003 * RATE, sizes.sum())).astype(int)
    pool = _pool(grains)
    times = times[times < len(out) - pool.shape[1]]
    strength = np.sqrt(excitation[times // CONTROL] + 1e-3) * (10 ** (grains.gain / 20))
    strength *= rng.choice((-1.0, 1.0), len(times))
    sounds = pool[rng.integers(0, _POOL, len(times))] * strength[:, None].astype(np.float32)
    for time, sound in zip(times.tolist(), sounds, strict=True):
        out[time : time + len(sound)] += sound
