"""The sound of a voice as tracks over time, one value every 10 ms, and how good its recording is.

Pitch is estimated by SwiftF0 (Nieradzik 2025), a small network whose weights come inside its package.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from swift_f0 import SwiftF0

RATE = 16_000
HOP = 160  # samples between two values of a track
LOWEST_PITCH, HIGHEST_PITCH = 65.0, 700.0  # Hz: a man's last word, with 50 and 60 Hz hum below, to a shout
SILENCE = -100.0  # dBFS that is given for anything quieter
BEST_SNR = 80.0  # dB
_WINDOW = 400  # samples, 25 ms
_SPECTRUM = 512
_FREQUENCIES = np.fft.rfftfreq(_SPECTRUM, 1 / RATE)
_AT_ONCE = 3000  # frames whose spectra are held at once
_VOICED = 0.5  # the network's own limit
_SHORTEST_VOICED = 3  # of the network's frames of 16 ms
_NEARBY = 37  # of those frames, 0.6 s, among which an octave error stands out
_AMPLIFIED_TO = 0.5  # peak that the network is given, which takes what stays below 0.001 for silence
_EDGE = 0.1  # s around speech that belong neither to it nor to the background
_LEAST_BACKGROUND = 0.3  # s
_HEIGHTS = 30  # bars of the histogram
_LINES = 4096  # samples of a spectrum in which hum stands out: lines 4 Hz wide
_MOST_LINES = 500  # spectra
_LEAST_FOR_LINES = 3.0  # s: in less a held vowel may look like hum
_PROMINENT = 10.0  # times what lies beside it


@dataclass(frozen=True, eq=False)
class Tracks:
    """A voice over time; all (t,) float64.

    times: s, the middle of each frame, every 10 ms from 0 on
    pitch: Hz, NaN where unvoiced
    loudness: dBFS, -100 to 0: the root mean square over 25 ms, 0 for a full-scale square wave
    brightness: Hz, the centre of gravity of the spectrum from 50 Hz up; NaN in digital silence
    """

    times: np.ndarray
    pitch: np.ndarray
    loudness: np.ndarray
    brightness: np.ndarray


@dataclass(frozen=True)
class Quality:
    """How good a recording of speech is.

    clipped: share, 0 to 1, of the samples that were cut off at the ceiling
    snr: dB of speech over the background, -20 to 80; None without speech
    background: dBFS of what is heard between the words; None where there is less than 0.3 s of it
    hum: share, 0 to 1, of the power in the quiet moments that is mains hum; None for less than 3 s of sound
    """

    clipped: float
    snr: float | None
    background: float | None
    hum: float | None


def measure(samples: np.ndarray, rate: int = RATE) -> Tracks:
    """Pitch, loudness and brightness of (n,) mono samples, -1 to 1. One core takes about one second for a minute.

    Raises ValueError for samples of another shape or that are not finite.
    """
    samples = _at_rate(samples, rate)
    times = np.arange(-(-len(samples) // HOP)) * (HOP / RATE)
    loudness, brightness = _spectral(samples, len(times))
    return Tracks(times, _pitch(samples, times), loudness, brightness)


def _pitch(samples: np.ndarray, times: np.ndarray) -> np.ndarray:
    from swift_f0.core import FRAME_PERIOD

    peak = float(np.abs(samples).max(initial=0.0))
    nothing = np.full(len(times), np.nan)
    if peak < 10 ** (SILENCE / 20):
        return nothing
    # The network takes hum for a voice.
    clean = _without(_mains(samples)[0], samples) * np.float32(_AMPLIFIED_TO / peak)
    found = _detector().detect(clean, RATE, LOWEST_PITCH, HIGHEST_PITCH)
    voiced = _long_enough(found.confidence >= _VOICED)
    if not voiced.any():
        return nothing
    octaves = _without_octave_errors(np.log2(found.pitch_hz[voiced]))
    # Between the network's frames straight on; where the nearest one is unvoiced there is no pitch.
    at = np.minimum(np.rint(times / FRAME_PERIOD).astype(int), len(voiced) - 1)
    return np.where(voiced[at], 2 ** np.interp(times, found.timestamps[voiced], octaves), np.nan)


def _long_enough(voiced: np.ndarray) -> np.ndarray:
    from scipy.ndimage import binary_opening

    return binary_opening(voiced, np.ones(_SHORTEST_VOICED, bool))


def _without_octave_errors(octaves: np.ndarray) -> np.ndarray:
    """(n,) log2 pitch of the voiced frames, those moved by an octave that lie an octave off their surroundings."""
    from scipy.ndimage import median_filter

    off = octaves - median_filter(octaves, min(_NEARBY, len(octaves)), mode="nearest")
    return octaves - np.where(np.abs(np.abs(off) - 1) < 0.25, np.sign(off), 0.0)


def _spectral(samples: np.ndarray, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Loudness and brightness, (frames,) each."""
    loudness, brightness = np.full(frames, SILENCE), np.full(frames, np.nan)
    heard = _FREQUENCIES >= LOWEST_PITCH
    for part, pieces, spectra in _spectra(samples, frames):
        power = np.square(pieces).mean(1, dtype=np.float64)
        loudness[part] = 10 * np.log10(np.maximum(power, 10 ** (SILENCE / 10)))
        there = loudness[part] > SILENCE
        spectra = spectra[there][:, heard]
        brightness[part][there] = spectra @ _FREQUENCIES[heard] / spectra.sum(1)
    return loudness, brightness


def balance(samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    """(t,) dB, the energy from 1 to 5 kHz over that from 50 Hz to 1 kHz in the frames of `measure`; NaN in silence.

    The alpha ratio (Eyben et al. 2016, "The Geneva Minimalistic Acoustic Parameter Set"): the harder the vocal folds
    are pressed, the higher it is, however loud the recording. Raises ValueError as `measure`.
    """
    samples = _at_rate(samples, rate)
    ratio = np.full(-(-len(samples) // HOP), np.nan)
    low = (_FREQUENCIES >= 50.0) & (_FREQUENCIES < 1000.0)
    high = (_FREQUENCIES >= 1000.0) & (_FREQUENCIES < 5000.0)
    for part, _, spectra in _spectra(samples, len(ratio)):
        bottom, top = spectra[:, low].sum(1), spectra[:, high].sum(1)
        there = np.minimum(bottom, top) > 0
        ratio[part][there] = 10 * np.log10(top[there] / bottom[there])
    return ratio


def _spectra(samples: np.ndarray, frames: int) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Some frames at a time: which ones, their samples (f, 400), their power spectra (f, 257)."""
    from scipy.fft import rfft

    window = np.hanning(_WINDOW).astype(np.float32)
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW // 2 + HOP))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::HOP]
    for start in range(0, frames, _AT_ONCE):
        part = slice(start, min(start + _AT_ONCE, frames))
        yield part, pieces[part], np.square(np.abs(rfft(pieces[part] * window, _SPECTRUM, axis=1)))


def quality(samples: np.ndarray, speech: Sequence[tuple[float, float]], rate: int = RATE) -> Quality:
    """How good the recording of (n,) mono samples is, given the stretches of speech in it, s.

    Where speech leaves less than 0.3 s of background, the quietest twentieth of the frames stands in for it in `snr`.
    Raises ValueError as `measure`.
    """
    samples = _at_rate(samples, rate)
    said, near = (_inside(speech, len(samples), edge) for edge in (0.0, _EDGE))
    apart = ~near
    heard = apart.sum() >= _LEAST_BACKGROUND * RATE
    power = np.square(samples, dtype=np.float64)
    noise = power[apart].mean() if heard else _quietest(power)
    return Quality(
        clipped=_clipped(samples),
        snr=_ratio(power[said].mean() - noise, noise) if said.any() and power[said].any() else None,
        background=max(SILENCE, float(10 * np.log10(max(noise, 1e-30)))) if heard else None,
        hum=_mains(samples)[1],
    )


def _clipped(samples: np.ndarray) -> float:
    """Share of the samples that pile up below a ceiling.

    There are the fewer samples of speech the higher they are; what was cut off stands out in the histogram as a heap
    (Aleinik and Matveev 2014), wherever the ceiling is, and also after resampling and coding, which take from it the
    level tops. A pure tone piles up as well.
    """
    heights = np.abs(samples)
    if not heights.any():
        return 0.0
    counts = np.histogram(heights, _HEIGHTS, (0.0, float(heights.max())))[0].astype(float)
    expected = np.minimum.accumulate(counts)
    # The counts of a decreasing curve rise by chance too, by about their square root.
    heap = np.maximum(counts - expected - 4 * np.sqrt(expected) - 5, 0.0)
    return float(heap.sum() / len(samples))


def _inside(stretches: Sequence[tuple[float, float]], count: int, edge: float) -> np.ndarray:
    """(count,) whether each sample is in one of the stretches, made longer by `edge` s at both ends."""
    inside = np.zeros(count, bool)
    for start, end in stretches:
        inside[max(0, round((start - edge) * RATE)) : max(0, round((end + edge) * RATE))] = True
    return inside


def _quietest(power: np.ndarray) -> float:
    whole = len(power) // HOP * HOP
    return float(np.percentile(power[:whole].reshape(-1, HOP).mean(1), 5)) if whole else 0.0


def _ratio(speech: float, noise: float) -> float:
    """Decibels, held to -20 and `BEST_SNR`."""
    ratio = max(speech, 1e-30) / max(noise, 1e-30)
    return float(np.clip(10 * np.log10(ratio), -20.0, BEST_SNR))


def _mains(samples: np.ndarray) -> tuple[list[float], float | None]:
    """Frequencies of the mains hum, Hz, and its share of the power in the quiet moments.

    Hum is what stands out at a multiple of 50 or 60 Hz when the sound is at its most quiet, a tenth of the time.
    A sound that has no such moments is a tone.
    """
    from scipy.fft import rfft

    if len(samples) < _LEAST_FOR_LINES * RATE:
        return [], None
    step = max(_LINES // 2, len(samples) // _MOST_LINES)
    starts = np.arange(0, len(samples) - _LINES + 1, step)
    window = np.hanning(_LINES).astype(np.float32)
    powers = np.stack([np.square(np.abs(rfft(samples[start : start + _LINES] * window))) for start in starts])
    quiet = np.percentile(powers, 10, axis=0)
    if quiet.sum() > 0.5 * powers.mean(0).sum() or not quiet.any():
        return [], 0.0
    frequencies = np.fft.rfftfreq(_LINES, 1 / RATE)
    found, hum = [], 0.0
    for mains in (50.0, 60.0):
        for harmonic in mains * np.arange(1, 11):
            off = np.abs(frequencies - harmonic)
            line = quiet[off <= 6.0]
            beside = np.median(quiet[(off > 12.0) & (off <= mains / 2)])
            if line.max() > _PROMINENT * beside and harmonic not in found:
                found.append(float(harmonic))
                hum += float((line - beside).sum())
    return found, min(1.0, hum / float(quiet.sum()))


def _without(lines: Sequence[float], samples: np.ndarray) -> np.ndarray:
    """The samples with 4 Hz around each frequency taken out."""
    from scipy.signal import iirnotch, sosfiltfilt, tf2sos

    if not lines:
        return samples
    notches = np.concatenate([tf2sos(*iirnotch(line, line / 4.0, RATE)) for line in lines])
    return sosfiltfilt(notches, samples).astype(np.float32)


@cache
def _detector() -> "SwiftF0":
    """One for the process: safe to share, and a second thread of it would take a core from the transcription."""
    from swift_f0 import SwiftF0

    return SwiftF0(threads=1, spin=False)


def _at_rate(samples: np.ndarray, rate: int) -> np.ndarray:
    """(n,) float32 at 16 kHz."""
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1:
        raise ValueError(f"a voice has samples of shape (n,), not {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("the samples are not finite")
    if rate == RATE or not len(samples):
        return samples
    from math import gcd

    from scipy.signal import resample_poly

    shared = gcd(rate, RATE)
    return resample_poly(samples, RATE // shared, rate // shared).astype(np.float32)
