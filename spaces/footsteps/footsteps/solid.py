"""Solid bodies that ring when a foot strikes them: floor plates, boards, the hollow floor, a heel.

Modal synthesis: every mode is a damped sine, weighted by how much of the contact's force lies at its frequency.
"""

import math

import numpy as np

from common.media import RATE
from footsteps.excitation import Gait, force_pulse, pulse_spectrum
from footsteps.materials import Modes, Shoe, Thump

_BLOCK = 64
_ROWS = 16
_SMOOTH = np.array([0.25, 0.5, 0.25], np.float32)  # nothing at half the sampling rate
_HIGHEST = 18000.0  # Hz, keeps every mode well under half the sampling rate


def plate(modes: Modes, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frequencies (Hz), decays (s) and amplitudes of a floor's modes, each (count,); squared amplitudes add to 2."""
    place = (np.arange(modes.count) + rng.uniform(0.1, 0.9, modes.count)) / modes.count
    frequency = modes.low * (modes.high / modes.low) ** place
    decay = modes.decay / 1000 * (modes.low / frequency) ** modes.damping
    amplitude = 10 ** (modes.tilt * np.log2(frequency / modes.low) / 20)
    return frequency, decay, amplitude * math.sqrt(2 / np.sum(amplitude**2))


def spot(modes: Modes, floor: tuple[np.ndarray, ...], rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The plate as it answers where this foot lands: other weights, slightly other frequencies."""
    frequency, decay, amplitude = floor
    shape = np.abs(np.sin(np.pi * rng.random(len(frequency)))) * rng.choice((-1.0, 1.0), len(frequency))
    shift = 1 + modes.jitter * (0.7 * rng.standard_normal() + 0.3 * rng.standard_normal(len(frequency)))
    return frequency * shift, decay, amplitude * shape * 10 ** (modes.gain / 20)


def thump(body: Thump, mass: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The thump as a mode. mass: dB."""
    frequency = body.frequency * min(max(rng.normal(1, 0.09), 0.78), 1.25)
    return np.array([frequency]), np.array([body.decay / 1000]), np.array([10 ** ((body.gain + mass) / 20)])


def heel_ring(shoe: Shoe, share: float, tune: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Resonances of the heel. share: 0..1 of them that this floor lets sound; tune: factor on the frequencies."""
    frequency, decay, gain = (np.array(v) for v in zip(*shoe.ring, strict=True))
    frequency = frequency * tune * rng.normal(1, 0.02, len(frequency))
    gain = gain + rng.normal(0, 1.5, len(gain))
    return frequency, decay / 1000, share * 10 ** (gain / 20)


def ring(out: np.ndarray, start: int, bank: tuple[np.ndarray, ...], gait: Gait, contacts: tuple[float, float]) -> None:
    """Add the modes to `out` (N,), struck by every contact of the step.

    start: sample of the heel's touch; bank: frequencies (Hz), decays (s), amplitudes; contacts: s, of heel and ball
    """
    frequency, decay, amplitude = bank
    keep = (frequency < _HIGHEST) & (np.abs(amplitude) > 1e-4)
    frequency, decay, amplitude = frequency[keep], decay[keep], amplitude[keep]
    if not len(frequency):
        return
    # z^(64 a + b) is the product of a coarse and a fine table, so the sum over modes is a matrix product, stacked so
    # that each is too small for BLAS to wake its threads.
    blocks = min(math.ceil(6.9 * decay.max() * RATE / _BLOCK / _ROWS), len(out) // _BLOCK // _ROWS)
    pole = (-1 / decay + 2j * np.pi * frequency) / RATE
    coarse = np.ones((blocks * _ROWS, len(pole)), complex)
    coarse[1:] = np.exp(pole * _BLOCK)
    coarse = np.cumprod(coarse, axis=0)
    coarse = np.where(np.abs(coarse) > 1e-6, coarse, 0)  # denormal numbers are very slow
    fine = np.exp(pole[:, None] * np.arange(_BLOCK))
    # the imaginary part alone is wanted: re * im + im * re
    coarse = np.hstack([coarse.real, coarse.imag]).astype(np.float32)
    fine = np.vstack([fine.imag, fine.real]).astype(np.float32)
    for of_ball, contact in enumerate(contacts):
        weights = np.tile(amplitude * pulse_spectrum(frequency, contact), 2).astype(np.float32)[:, None]
        response = (coarse.reshape(blocks, _ROWS, -1) @ (weights * fine)).ravel()
        for time, force in zip(gait.times[gait.ball == of_ball], gait.forces[gait.ball == of_ball], strict=True):
            i = start + round(time * RATE)
            out[i : i + len(response)] += np.float32(force) * response[: len(out) - i]


def click(out: np.ndarray, start: int, gain: float, gait: Gait, contacts: tuple[float, float], rigid: float) -> None:
    """Add the force pulses themselves: a surface that is pushed radiates the change of the force.

    gain: dB, for a contact of `rigid` s; shorter ones are louder in proportion
    """
    for of_ball, contact in enumerate(contacts):
        change = np.diff(force_pulse(contact), prepend=0.0, append=0.0).astype(np.float32)
        change = np.convolve(change, _SMOOTH)
        change *= 10 ** (gain / 20) * min(rigid / contact, 4.0) / np.abs(change).max()
        for time, force in zip(gait.times[gait.ball == of_ball], gait.forces[gait.ball == of_ball], strict=True):
            i = start + round(time * RATE)
            out[i : i + len(change)] += np.float32(force) * change
