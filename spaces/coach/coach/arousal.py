"""How aroused a voice is, from its acoustics, beside how the same person speaks otherwise.

Aroused people speak louder, higher, with livelier pitch and with a harder, brighter voice: on this studies agree most
(Scherer 2003, "Vocal communication of emotion"; Juslin and Laukka 2003, "Communication of emotions in vocal expression
and music performance"). These four are weighed alike. No number is fitted to recordings of emotions: signs and spreads
are those of the literature, rounded. On the clips of the benchmark, which are for testing, it was looked at whether
rate of speech and spectral flux add something; they did in one set and took away in the other, and were left out, as
was the ratio of harmonics to noise.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common import voice
from common.voice import Tracks

WINDOW = 3.0  # s of a value over time
STEP = 1.5  # s between two
LEAST_VOICED = 0.5  # s of voice in an answer from which anything can be said
_LEAST_IN_WINDOW = 0.3  # s
_FRAME = 0.01  # s
_QUIET = 30.0  # dB below the loud parts of an answer, from where on breath and background are meant
_NORMALISED = -3.0  # dBFS of the peak, above which a recording was levelled and its level tells nothing
_FARTHEST = 3.0  # spreads that one cue may count
_SLOPE = 1.5  # of the logistic curve: an answer one spread above the usual in all cues has an arousal of 0.82


@dataclass(frozen=True)
class Cues:
    """What of a voice tells its arousal.

    level: dBFS of the voiced parts
    pitch: semitones above 1 Hz, the median
    pitch_range: semitones from the 10th to the 90th percentile
    pitch_speed: log of semitones per second at which pitch moves, the median
    balance: dB, the energy from 1 to 5 kHz over that below
    levelled: the recording reaches full scale, as normalised ones do: its level tells nothing
    """

    level: float
    pitch: float
    pitch_range: float
    pitch_speed: float
    balance: float
    levelled: bool = False


@dataclass(frozen=True)
class Window:
    """Cues of the stretch from `start` to `end` s, None with too little voice; voiced: s of voice in it."""

    start: float
    end: float
    voiced: float
    cues: Cues | None


@dataclass(frozen=True)
class _Usual:
    """How a cue is distributed: mean over people, spread between people and their microphones, and within a person."""

    mean: float
    between: float
    within: float


# Pitch: Traunmüller and Eriksson 1995, "The frequency range of the voice fundamental": men near 120 Hz, women near
# 210 Hz, a spread within a voice of 2 to 4 semitones; joy and anger lie 3 to 6 semitones above it (Banse and Scherer
# 1996). Level: gains of microphones differ by far more than effort, which is some 6 dB (Traunmüller and Eriksson 2000).
# Balance: as level, microphones differ by as much as effort changes it. Range and speed of pitch and balance are
# measured here in a way of their own: their means are those of ten public clips of plain reading, rounded.
USUAL = {
    "level": _Usual(-25.0, 10.0, 6.0),
    "pitch": _Usual(88.0, 5.0, 3.0),
    "pitch_range": _Usual(6.0, 1.5, 2.5),
    "pitch_speed": _Usual(2.9, 0.25, 0.35),
    "balance": _Usual(-12.0, 4.0, 4.0),
}
# Range and speed are two sides of how lively pitch is, and count half each.
WEIGHTS = {"level": 1.0, "pitch": 1.0, "pitch_range": 0.5, "pitch_speed": 0.5, "balance": 1.0}


def windows(samples: np.ndarray, tracks: Tracks, speech: Sequence[tuple[float, float]]) -> list[Window]:
    """Cues over time of (n,) samples at 16 kHz, with their tracks and stretches of speech, s.

    Windows of 3 s, every 1.5 s; the last one reaches to the end and is up to 4.5 s long.
    """
    clear = _clear(tracks, speech)
    balance = voice.balance(samples)
    levelled = bool(20 * math.log10(max(float(np.abs(samples).max(initial=0.0)), 1e-9)) > _NORMALISED)
    duration = len(samples) / voice.RATE
    found = []
    starts = _starts(duration)
    for start in starts:
        end = duration if start == starts[-1] else start + WINDOW
        part = slice(round(start / _FRAME), round(end / _FRAME))
        voiced = float(clear[part].sum() * _FRAME)
        cues = _cues(tracks, balance, clear, part, levelled) if voiced >= _LEAST_IN_WINDOW else None
        found.append(Window(start, end, voiced, cues))
    return found


def whole(parts: Sequence[Window]) -> Cues | None:
    """The cues of a whole answer: the mean over its windows, by how much voice is in each.

    So a long answer compares with a short one: pitch ranges the farther the longer one listens. None where there is
    too little voice.
    """
    heard = [part for part in parts if part.cues]
    weights = [part.voiced for part in heard]
    if sum(weights) < LEAST_VOICED:
        return None
    means = {name: float(np.average([getattr(part.cues, name) for part in heard], weights=weights)) for name in USUAL}
    return Cues(**means, levelled=heard[0].cues.levelled)


def arousal(cues: Cues, earlier: Sequence[Cues] = ()) -> float:
    """0 to 1, 0.5 for what is usual: for this speaker, the more so the more earlier answers there are, else for people.

    What is usual is the mean of the earlier answers drawn towards that of people in general, as in a normal model with
    known spreads (empirical Bayes); what is uncertain about it makes a cue count less.
    """
    return _squashed(_score(cues, earlier))


def over_time(parts: Sequence[Window], cues: Cues, earlier: Sequence[Cues] = ()) -> list[float | None]:
    """The arousal of each window of an answer, None with too little voice.

    Where the answer as a whole lies may be uncertain; how its parts differ is not: it is one voice and one microphone.
    """
    middle = _score(cues, earlier)
    return [None if part.cues is None else _squashed(middle + _difference(part.cues, cues)) for part in parts]


def _score(cues: Cues, earlier: Sequence[Cues]) -> float:
    total = weight = 0.0
    for name, usual in USUAL.items():
        known = _comparable(name, cues, earlier)
        if known is None:
            continue
        pull = (usual.within / usual.between) ** 2  # how many answers the people in general count for
        middle = (sum(known) + pull * usual.mean) / (len(known) + pull)
        variance = usual.within**2 + usual.between**2 * pull / (len(known) + pull)
        total += WEIGHTS[name] * _held(usual.within * (getattr(cues, name) - middle) / variance)
        weight += WEIGHTS[name]
    return total / weight


def _comparable(name: str, cues: Cues, earlier: Sequence[Cues]) -> list[float] | None:
    """The cue in earlier answers; None where the level can be compared with nothing."""
    if name != "level":
        return [getattr(other, name) for other in earlier]
    known = [other.level for other in earlier if not other.levelled]
    return known if known or not cues.levelled else None


def _difference(part: Cues, answer: Cues) -> float:
    total = sum(
        WEIGHTS[name] * _held((getattr(part, name) - getattr(answer, name)) / usual.within)
        for name, usual in USUAL.items()
    )
    return total / sum(WEIGHTS.values())


def _cues(tracks: Tracks, balance: np.ndarray, clear: np.ndarray, part: slice, levelled: bool) -> Cues:
    inside = clear[part]
    pitch = 12 * np.log2(np.where(inside, tracks.pitch[part], np.nan))
    voiced = pitch[inside]
    steps = np.abs(np.diff(pitch))
    steps = steps[np.isfinite(steps)]
    return Cues(
        level=float(10 * np.log10(np.mean(10 ** (tracks.loudness[part][inside] / 10)))),
        pitch=float(np.median(voiced)),
        pitch_range=float(np.subtract(*np.percentile(voiced, (90, 10)))),
        pitch_speed=float(np.log1p(np.median(steps) / _FRAME)) if len(steps) else 0.0,
        balance=float(np.nanmean(balance[part][inside])),
        levelled=levelled,
    )


def _clear(tracks: Tracks, speech: Sequence[tuple[float, float]]) -> np.ndarray:
    """(t,) whether a frame is voiced speech that is not far quieter than the rest of it."""
    said = np.zeros(len(tracks.times), bool)
    for start, end in speech:
        said |= (tracks.times >= start) & (tracks.times <= end)
    voiced = said & np.isfinite(tracks.pitch)
    if not voiced.any():
        return voiced
    return voiced & (tracks.loudness > np.percentile(tracks.loudness[voiced], 95) - _QUIET)


def _starts(duration: float) -> list[float]:
    return [step * STEP for step in range(max(0, math.floor((duration - WINDOW) / STEP)) + 1)]


def _held(value: float) -> float:
    return max(-_FARTHEST, min(_FARTHEST, value))


def _squashed(score: float) -> float:
    return 1 / (1 + math.exp(-_SLOPE * score))
