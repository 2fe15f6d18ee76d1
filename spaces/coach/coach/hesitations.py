"""Filled pauses as they are heard in the sound, also those that the transcript leaves out.

While somebody says um neither the pitch nor the spectrum moves much (Goto, Itou and Hayamizu 1999, "A real-time filled
pause detection system for spontaneous speech recognition"). So does a vowel that is drawn out at the end of a phrase:
what counts is therefore only where the transcript has no word, or a word that is far too long for its syllables,
because Whisper stretches the words beside what it leaves out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from coach import fillers, syllables
from coach.pauses import Stretches
from coach.places import Place

if TYPE_CHECKING:
    from common.speech import Word
    from common.voice import Tracks

SHORTEST = 0.35  # s
_STEP = 5  # frames, 50 ms, over which movement is measured
_BRIGHTNESS = 0.3  # octaves that the centre of the spectrum may move in 50 ms, on the mean
_PITCH = 0.5  # semitones, the same
_VOICED = 0.85  # least share of voiced frames
_MOST = 3.0  # octaves: a jump into silence counts no more than this
_WORD = 0.35, 0.25  # s: a word takes at most the first, and the second for each of its syllables
_DARKEST = 100.0  # Hz


def find(words: "Sequence[Word]", tracks: "Tracks", speech: Stretches, language: str = "en") -> list[Place]:
    """Steady voice of at least 0.35 s that no word of the transcript explains; the text of a place is as of
    `fillers.unwritten`.

    words: of the transcript, without its own hesitations
    speech: stretches of voice activity, s
    language: of `coach.fillers.LANGUAGES`
    """
    explained = [word for word in words if _spoken(word, speech) <= _longest(word, language)]
    found = []
    for start, end in steady(tracks):
        covered = sum(max(0.0, min(end, word.end) - max(start, word.start)) for word in explained)
        if covered < 0.5 * (end - start):
            found.append(Place(start, end, fillers.unwritten(language)))
    return found


def steady(tracks: "Tracks") -> list[tuple[float, float]]:
    """Stretches, s, of at least 0.35 s in which a voice holds its pitch and its timbre."""
    window = round(SHORTEST / _frame(tracks))
    if len(tracks.times) < window + _STEP:
        return []
    brightness = np.log2(np.maximum(np.nan_to_num(tracks.brightness, nan=_DARKEST), _DARKEST))
    pitch = 12 * np.log2(tracks.pitch)
    calm = _mean(np.minimum(_moved(brightness), _MOST), window) < _BRIGHTNESS
    movement = _moved(pitch)
    known = np.isfinite(movement)
    calm &= _mean(np.where(known, movement, 0), window) < _PITCH * np.maximum(_mean(known, window), 1e-9)
    calm &= _mean(np.isfinite(pitch), window) > _VOICED
    held = np.zeros(len(tracks.times) + 1, bool)
    for first in np.flatnonzero(calm):
        held[first : first + window] = True
    edges = np.flatnonzero(np.diff(held, prepend=False))
    return [(float(tracks.times[a]), float(tracks.times[b - 1])) for a, b in edges.reshape(-1, 2)]


def _moved(values: np.ndarray) -> np.ndarray:
    """How far a track moves in 50 ms, each frame in the middle; unknown at both ends."""
    moved = np.full(len(values), np.nan)
    moved[_STEP // 2 : _STEP // 2 - _STEP] = np.abs(values[_STEP:] - values[:-_STEP])
    return moved


def _mean(values: np.ndarray, window: int) -> np.ndarray:
    return np.convolve(np.nan_to_num(np.asarray(values, float), nan=_MOST), np.full(window, 1 / window), "valid")


def _frame(tracks: "Tracks") -> float:
    return float(tracks.times[1] - tracks.times[0]) if len(tracks.times) > 1 else 0.01


def _spoken(word: "Word", speech: Stretches) -> float:
    """Seconds of the word in which there is a voice."""
    return sum(max(0.0, min(word.end, end) - max(word.start, start)) for start, end in speech)


def _longest(word: "Word", language: str) -> float:
    return _WORD[0] + _WORD[1] * syllables.count(word.text, language)
