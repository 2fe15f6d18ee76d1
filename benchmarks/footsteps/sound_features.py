"""What a footstep sounds like in twelve numbers: the measure that holds synthesised steps against recorded ones."""

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d
from scipy.signal import butter, find_peaks, sosfiltfilt

from common.media import RATE

BAND = (50.0, 16000.0)  # rumble below and what lossy coding removed above say nothing about the step

NAMES = (
    "attack_ms",  # 10 % to 100 % of the envelope's peak
    "decay20_ms",  # peak to the last time within 20 dB of it
    "decay40_ms",
    "energy_ms",  # the time that holds 5 % to 95 % of the energy
    "centroid_hz",
    "bandwidth_hz",
    "flatness_db",  # geometric over arithmetic mean of the spectrum, 0 dB is white
    "low_db",  # share of the energy below 250 Hz
    "high_db",  # share of the energy above 4 kHz
    "zero_crossings_hz",
    "crest_db",  # peak over root mean square of the step
    "impacts",  # separate micro-impacts within 30 dB of the strongest
)
CENTERS = np.geomspace(63, 14000, 24)  # Hz, of `bands`
LOGARITHMIC = frozenset(n for n in NAMES if not n.endswith("_db"))
_WINDOW = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)


def event(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    """The footstep in a recording, band-limited, from just before it rises out of the noise to 0.7 s after its peak.

    sound: (N,) mono. The start is the last moment before the peak at which the envelope is 30 dB under it,
    at most 0.25 s before the peak.
    """
    sos = butter(2, [BAND[0], BAND[1]], btype="bandpass", fs=rate, output="sos")
    padded = np.pad(np.asarray(sound, dtype=np.float64), 2400)
    filtered = sosfiltfilt(sos, padded)
    env = envelope(filtered, rate)
    peak = int(np.argmax(env))
    first = max(0, peak - int(0.25 * rate))
    quiet = np.flatnonzero(env[first:peak] < env[peak] * 10 ** (-30 / 20))
    start = max(0, (first + int(quiet[-1]) if len(quiet) else first) - int(0.005 * rate))
    return filtered[start : peak + int(0.7 * rate)]


def envelope(sound: np.ndarray, rate: int = RATE, width: float = 0.005) -> np.ndarray:
    """Root mean square over `width` seconds."""
    return np.sqrt(np.maximum(uniform_filter1d(np.square(sound), max(1, int(width * rate))), 0) + 1e-16)


def spectrum(sound: np.ndarray, rate: int = RATE) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (Hz) within `BAND` and power of the whole event, Welch with 23 Hz resolution."""
    padded = np.pad(sound, (0, max(0, 2048 - len(sound))))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512] * _WINDOW
    power = np.mean(np.abs(np.fft.rfft(pieces)) ** 2, axis=0) / (rate * np.sum(_WINDOW**2))
    freqs = np.fft.rfftfreq(2048, 1 / rate)
    keep = (freqs >= BAND[0]) & (freqs <= BAND[1])
    return freqs[keep], power[keep] + 1e-20


def bands(freqs: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Shares of the energy in the bands of `CENTERS`, dB, (24,). freqs, power: as from `spectrum`."""
    width = 2**0.2  # a fifth of an octave to both sides; the narrow ones lie between two lines of the spectrum
    edges = CENTERS[:, None] * np.array([1 / width, width])
    between = np.append(freqs, 2 * freqs[-1] - freqs[-2]) - 0.5 * (freqs[1] - freqs[0])
    energy = np.interp(edges, between, np.concatenate([[0.0], np.cumsum(power)]))
    energy = np.maximum(energy[:, 1] - energy[:, 0], 0)
    return 10 * np.log10(energy / energy.sum() + 1e-9)


def features(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    """The numbers of `NAMES` for one step, times in ms, shares in dB. sound: (N,) mono at `rate`, not silent."""
    step = event(sound, rate)
    return numbers(step, *spectrum(step, rate), rate)


def numbers(step: np.ndarray, freqs: np.ndarray, power: np.ndarray, rate: int = RATE) -> np.ndarray:
    """`features` of a step that `event` has cut out, and of its `spectrum`."""
    env = envelope(step, rate)
    peak = int(np.argmax(env))
    top = env[peak]
    before = np.flatnonzero(env[:peak] < 0.1 * top)
    attack = (peak - (int(before[-1]) if len(before) else 0)) / rate * 1000

    def decay(level_db: float) -> float:
        loud = np.flatnonzero(env > top * 10 ** (-level_db / 20))
        return (int(loud[-1]) - peak) / rate * 1000

    energy = np.cumsum(step**2)
    held = np.searchsorted(energy, [0.05 * energy[-1], 0.95 * energy[-1]])
    active = step[held[0] : max(held[1], held[0] + 480)]

    total = power.sum()
    centroid = (freqs * power).sum() / total
    bandwidth = np.sqrt(((freqs - centroid) ** 2 * power).sum() / total)
    flatness = 10 * (np.log10(power).mean() - np.log10(power.mean()))
    crossings = np.count_nonzero(np.diff(np.signbit(active))) / len(active) * rate

    return np.array(
        [
            max(attack, 0.1),
            max(decay(20), 1.0),
            max(decay(40), 1.0),
            max((held[1] - held[0]) / rate * 1000, 1.0),
            centroid,
            bandwidth,
            flatness,
            10 * np.log10(power[freqs < 250].sum() / total),
            10 * np.log10(power[freqs > 4000].sum() / total),
            max(crossings, 1.0),
            20 * np.log10(np.abs(step).max() / np.sqrt(np.mean(active**2))),
            max(micro_impacts(step, rate), 1),
        ]
    )


def micro_impacts(step: np.ndarray, rate: int = RATE) -> int:
    """Peaks of the 1 ms envelope, 4 dB or more above their 20 ms surroundings, within 30 dB of the strongest."""
    hop = rate // 4000
    fine = envelope(step, rate, 0.001)[::hop]
    surroundings = median_filter(fine, size=81, mode="nearest")
    floor = np.maximum(surroundings * 10 ** (4 / 20), fine.max() * 10 ** (-30 / 20))
    return len(find_peaks(fine, height=floor, distance=4, prominence=fine.max() * 0.01)[0])


def scaled(values: np.ndarray) -> np.ndarray:
    """Features on the scales on which they are compared: times, frequencies and counts logarithmic, dB as they are."""
    columns = [np.log(values[..., i]) if n in LOGARITHMIC else values[..., i] for i, n in enumerate(NAMES)]
    return np.stack(columns, axis=-1)
