"""How a voice moves: its pitch and its loudness, over an answer or a part of it. All are None of too little voice."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coach.pauses import Stretches, within

if TYPE_CHECKING:
    from common.voice import Tracks

_LEAST = 100  # frames, 1 s
_LEAST_FOR_TREND = 900  # frames: thirds so long that no single word decides
_OCTAVE = 12.0  # semitones; what is farther from the median is an error of the pitch track
_SMOOTHED = 30  # frames, longer than a syllable: what is left is the stress of words and phrases


@dataclass(frozen=True, eq=False)
class Voice:
    """The voiced frames of speech, 10 ms each: times (v,) s, pitch (v,) Hz, loudness (v,) dBFS, stress (v,) dBFS, the
    loudness smoothed over 0.3 s."""

    times: np.ndarray
    pitch: np.ndarray
    loudness: np.ndarray
    stress: np.ndarray

    def between(self, start: float, end: float) -> "Voice":
        """The frames from `start` to `end` s."""
        inside = (self.times >= start) & (self.times < end)
        return Voice(self.times[inside], self.pitch[inside], self.loudness[inside], self.stress[inside])


def voiced(tracks: "Tracks", speech: Stretches) -> Voice:
    """The voiced frames in stretches of speech, s."""
    from scipy.ndimage import uniform_filter1d

    chosen = within(speech, tracks.times) & np.isfinite(tracks.pitch)
    power = uniform_filter1d(10 ** (tracks.loudness.astype(float) / 10), _SMOOTHED, mode="nearest")
    stress = 10 * np.log10(np.maximum(power, 1e-10))
    return Voice(tracks.times[chosen], tracks.pitch[chosen], tracks.loudness[chosen], stress[chosen])


def pitch_median(voice: Voice) -> float | None:
    """Hz."""
    return float(np.median(voice.pitch)) if len(voice.pitch) >= _LEAST else None


def pitch_variation(voice: Voice) -> float | None:
    """Standard deviation in semitones, without what is an octave and more from the median."""
    if len(voice.pitch) < _LEAST:
        return None
    semitones = 12 * np.log2(voice.pitch / np.median(voice.pitch))
    return float(semitones[np.abs(semitones) < _OCTAVE].std())


def loudness_variation(voice: Voice) -> float | None:
    """Standard deviation of the stress, dB."""
    return float(voice.stress.std()) if len(voice.stress) >= _LEAST else None


def energy_trend(voice: Voice) -> float | None:
    """By how many dB the last third of the voiced frames is louder than the first, medians."""
    if len(voice.loudness) < _LEAST_FOR_TREND:
        return None
    third = len(voice.loudness) // 3
    return float(np.median(voice.loudness[-third:]) - np.median(voice.loudness[:third]))
