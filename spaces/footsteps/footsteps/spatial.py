"""Place footsteps in space: left to right by where the foot is in the picture, near to far by how large the person is.

place   footfalls seen in the video -> steps to be heard, pan and distance smoothed along the walk
mix     one sound per step -> the stereo sound of the whole clip, each sound's peak on its step, with reverb
master  steps and original sound -> the final sound at its loudness

Panning is by level alone: a time difference between the channels would comb-filter when they are added to mono.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from common.errors import UserError
from common.media import RATE, level, loudness, true_peak
from footsteps.reverb import AIR, reverberate
from footsteps.steps import Footfall, Step
from footsteps.vocabulary import ENVIRONMENTS

# The camera's angle of view is unknown. The picture fills the stage between the loudspeakers, all but a rest:
# hard left or right sounds as if it came out of one loudspeaker, and is unnatural on headphones.
PAN_LIMIT = 0.9
FARTHEST_DB = -20.0  # ten times as far as the nearest step; beyond that a step would be lost
NEAREST_M = 3.0  # assumed distance of the nearest step, only for how much the air dulls the others
UNSURE_DB = -6.0  # a step of confidence 0 is half as high: a false step then disturbs less than a missing one
SMOOTH_S = 1.5  # half width of the smoothing window: about three steps either side
GAP_S = 1.5  # twice the time of a slow step: nobody was seen in between
JUMP = 0.3  # of the width from one step to the next: somebody else, a cut, or too fast to be smoothed
FADE_S = 0.002  # at the edge of a sound that is cut

# Target loudness: EBU R128, -23 LUFS. Streaming services ask -14 to -16 of a whole programme, but steps are impulses:
# walks put together from recorded steps have their true peak 17 to 26 dB over their loudness (79 recorded sets, median
# 21), so that under -1 dBTP -23 leaves the strikes of most as they are, while -18 would blunt nearly all.
# The gate of BS.1770 leaves out the pauses: a single step in a long clip gets within 2 or 3 dB the level that each
# step of a walk gets. What is levelled is what a person hears, not its average with silence.
LOUDNESS_LUFS = -23.0
PEAK_DBTP = -1.0


def place(footfalls: Sequence[Footfall], size: tuple[int, int], surface: str, footwear: str) -> list[Step]:
    """Turn footfalls into steps, in order of time, with pan and distance.

    size: (width, height) of the upright picture, px. The left edge is pan -PAN_LIMIT, the right edge +PAN_LIMIT.
    Place and size are smoothed along each walk, so that one wrong footfall does not make the sound jump.
    Distance is 20 log10 of scale over the largest smoothed scale of the clip (apparent size falls with distance, so
    this is -6 dB per doubling), from 0 to FARTHEST_DB.
    Raises UserError where a footfall has no finite time and place or no positive scale, or the picture no width.
    """
    if not size[0] > 0:
        raise UserError(f"A picture of {size[0]} x {size[1]} px has no width to place steps in.")
    for fall in footfalls:
        if not (np.isfinite([fall.time, fall.x, fall.scale]).all() and fall.scale > 0):
            raise UserError(
                f"A footfall at {fall.time} s has x {fall.x} px and scale {fall.scale} px: detect it again."
            )
    if not footfalls:
        return []
    ordered = sorted(footfalls, key=lambda fall: fall.time)
    times = np.array([fall.time for fall in ordered])
    x = np.array([fall.x for fall in ordered]) / size[0]
    level = 20 * np.log10([fall.scale for fall in ordered])
    walks = _walks(times, x)
    pan = np.clip(PAN_LIMIT * (2 * _smooth(times, x, walks, noise=0.005) - 1), -PAN_LIMIT, PAN_LIMIT)
    level = _smooth(times, level, walks, noise=0.1)
    distance = np.clip(level - level.max(), FARTHEST_DB, 0.0)
    return [
        Step(
            time=fall.time,
            side=fall.side,
            surface=surface,
            footwear=footwear,
            pan=float(p),
            distance=float(d),
            confidence=fall.confidence,
            running=fall.running,
        )
        for fall, p, d in zip(ordered, pan, distance, strict=True)
    ]


def _walks(times: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    """Indices of the steps that belong together: parted by a long gap, or by a jump to another place.

    x: in widths of the picture. A single step that is out of line between two that agree is an error of the
    detection and parts nothing.
    """
    parted = np.diff(times) > GAP_S
    for i in np.flatnonzero(np.abs(np.diff(x)) > JUMP):
        returns = i + 2 < len(x) and abs(x[i + 2] - x[i]) < abs(x[i + 2] - x[i + 1])
        returned = i > 0 and abs(x[i - 1] - x[i + 1]) < abs(x[i - 1] - x[i])
        parted[i] |= not (returns or returned)
    return np.split(np.arange(len(times)), np.flatnonzero(parted) + 1)


def _smooth(times: np.ndarray, values: np.ndarray, walks: list[np.ndarray], noise: float) -> np.ndarray:
    """Robust local line through values (N,) at rising times (N,) s, each walk by itself.

    One step of LOWESS (Cleveland 1979, doi:10.1080/01621459.1979.10481038) with Theil-Sen lines for its residuals,
    so that one wrong value has no say. A straight walk is returned as it is. noise: deviation that is no outlier.
    """
    result = np.empty(len(values))
    for walk in walks:
        for i in walk:
            t = times[walk] - times[i]
            # At the ends and in a slow walk the five nearest: fewer can't outvote a wrong one.
            reach = max(SMOOTH_S, 1.05 * np.sort(np.abs(t))[min(4, len(t) - 1)])
            near = np.abs(t) < reach
            result[i] = _local_line(t[near], values[walk][near], reach, noise)
    return result


def _local_line(t: np.ndarray, y: np.ndarray, reach: float, noise: float) -> float:
    """Value at t = 0 of a line through y (K,) at t (K,): tricube weights in time, bisquare in residual."""
    first, second = np.triu_indices(len(t), 1)
    apart = t[second] != t[first]
    first, second = first[apart], second[apart]
    slope = np.median((y[second] - y[first]) / (t[second] - t[first])) if len(first) else 0.0
    residual = y - slope * t
    residual = residual - np.median(residual)
    spread = max(np.median(np.abs(residual)), noise)
    weight = (1 - np.minimum(np.abs(residual) / (6 * spread), 1) ** 2) ** 2 * (1 - (np.abs(t) / reach) ** 3) ** 3
    weight = weight / weight.sum()
    centre, mean = weight @ t, weight @ y
    variance = weight @ (t - centre) ** 2
    if variance < 1e-9:
        return float(mean)
    return float(mean - centre * (weight @ ((t - centre) * (y - mean))) / variance)


def pan_gains(pan: float) -> tuple[float, float]:
    """Constant power: gains of left and right whose squares add up to 1; -3 dB each in the middle. pan: -1..1."""
    angle = (min(max(pan, -1.0), 1.0) + 1) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


def mix(
    sounds: Sequence[np.ndarray],
    steps: Sequence[Step],
    duration: float,
    environment: str | None = None,
    reverb: bool = True,
) -> np.ndarray:
    """Put each sound on its step: (N, 2) float32 at 48 kHz, N = round(duration * 48000). Not limited to -1..1.

    sounds: one mono (M,) array per step; the sample of largest size lands on the step's time. What reaches over
    the ends of the clip is cut with a short fade. Silent sounds add nothing.
    Each step has its trim, its distance and UNSURE_DB * (1 - confidence) as level; air dulls the far ones.
    environment: id of the vocabulary that chooses the reverb, None for none. All steps excite the reverb with the
    level they have up close: distance takes from the direct sound only.
    Raises UserError for a duration below 0, other than one sound per step, values that are not finite, an unknown
    environment.
    """
    _check(sounds, steps, duration, environment)
    n = round(duration * RATE)
    out = np.zeros((n, 2), np.float32)
    room = np.zeros(n, np.float32)
    for sound, step in zip(sounds, steps, strict=True):
        sound = _dull(sound, step.distance)
        if not np.any(sound):
            continue
        peak = int(np.argmax(np.abs(sound)))
        start = round(step.time * RATE) - peak
        sound = _cut(sound, max(0, -start), min(len(sound), n - start), peak)
        start = max(0, start)
        near = 10 ** ((step.level + UNSURE_DB * (1 - step.confidence)) / 20)
        gains = near * 10 ** (step.distance / 20) * np.array(pan_gains(step.pan))
        out[start : start + len(sound)] += sound[:, None] * gains.astype(np.float32)
        room[start : start + len(sound)] += sound * np.float32(near)
    if reverb and environment is not None:
        wet = reverberate(room, ENVIRONMENTS[environment].reverb)
        fade = min(round(5 * FADE_S * RATE), n)
        wet[n - fade :] *= _rise(fade)[::-1, None]
        out += wet
    return out


def _check(sounds: Sequence[np.ndarray], steps: Sequence[Step], duration: float, environment: str | None) -> None:
    if not (np.isfinite(duration) and duration >= 0):
        raise UserError(f"A clip can't last {duration} s: give its duration in seconds, 0 or more.")
    if len(sounds) != len(steps):
        raise UserError(f"{len(sounds)} sounds for {len(steps)} steps: give one sound per step.")
    if environment is not None and environment not in ENVIRONMENTS:
        raise UserError(f"No environment is called {environment!r}. Choose one of: {', '.join(ENVIRONMENTS)}.")
    for number, (sound, step) in enumerate(zip(sounds, steps, strict=True), start=1):
        if not np.isfinite([step.time, step.level, step.pan, step.distance, step.confidence]).all():
            raise UserError(f"Step {number} has a value that is not a number: {step}.")
        if np.ndim(sound) != 1:
            raise UserError(f"The sound of step {number} has shape {np.shape(sound)}: give one channel, (samples,).")
        if not np.isfinite(sound).all():
            raise UserError(f"The sound of step {number} holds values that are not numbers: try another seed or sound.")


def _dull(sound: np.ndarray, distance: float) -> np.ndarray:
    """What the air leaves of a sound `distance` dB farther than the nearest one: a one-pole low-pass, 1 at 0 Hz.

    Its loss at 8 kHz is that of ISO 9613-1 over the extra metres: 2.8 dB at FARTHEST_DB.
    """
    sound = np.asarray(sound, np.float32)
    lost = AIR[-1] * NEAREST_M * (10 ** (-distance / 20) - 1)
    if lost <= 0 or not np.any(sound):
        return sound
    from scipy.signal import lfilter

    # |H|^2 = (1-a)^2 / (1 - 2 a cos w + a^2), solved for the pole a.
    power = 10 ** (-lost / 10)
    b = 1 - power * np.cos(2 * np.pi * 8000 / RATE)
    pole = (b - np.sqrt(b**2 - (1 - power) ** 2)) / (1 - power)
    return lfilter(np.array([1 - pole], np.float32), np.array([1, -pole], np.float32), sound)


def _cut(sound: np.ndarray, begin: int, end: int, peak: int) -> np.ndarray:
    """sound[begin:end] with a fade where it was cut and at its end. A fade never touches the peak."""
    part = sound[begin : max(begin, end)].copy()
    before, after = peak - begin, begin + len(part) - 1 - peak
    longest = min(round(FADE_S * RATE), len(part))
    if begin > 0:
        fade = min(before, longest) if before >= 0 else longest
        part[:fade] *= _rise(fade)
    fade = min(after, longest) if after >= 0 else longest
    part[len(part) - fade :] *= _rise(fade)[::-1]
    return part


def _rise(n: int) -> np.ndarray:
    """Raised cosine from 0 to 1, (n,) float32."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))).astype(np.float32)


@dataclass(frozen=True)
class Mastering:
    """What came out of `master`; None where there is only silence.

    loudness: LUFS; true_peak: dBTP; target: LUFS asked for; limited: dB taken off the highest peak
    """

    loudness: float | None
    true_peak: float | None
    target: float
    limited: float = 0.0


def master(
    steps_sound: np.ndarray,
    original: np.ndarray | None,
    original_mix: float,
    lufs: float = LOUDNESS_LUFS,
    peak_dbtp: float = PEAK_DBTP,
) -> tuple[np.ndarray, Mastering]:
    """The final sound (N, 2) float32: steps and the video's own sound at `lufs` (ITU-R BS.1770), held below the peak.

    steps_sound: (N, 2); original: (M, 2) or None, cut or padded to N
    original_mix: 0 leaves the original out, 1 keeps it at its own level beside steps at `lufs`. Between, the slider
        is loudness as it is heard: amplitude original_mix ** (1 / 0.6), Stevens' law, so 0.5 sounds half as loud.
    The sum is then brought to `lufs`, or as near as its peaks allow (common.loudness.level).
    Where there is no step to hear, the original keeps its level and is only held below the peak.
    Raises UserError for arrays of another shape, values that are not finite, a mix outside 0..1.
    """
    for name, sound in (("steps", steps_sound), ("original sound", original)):
        if sound is not None and (np.ndim(sound) != 2 or np.shape(sound)[1] != 2):
            raise UserError(f"The {name} came in shape {np.shape(sound)}: give stereo, (samples, 2).")
        if sound is not None and not np.isfinite(sound).all():
            raise UserError(f"The {name} came with values that are not numbers: leave this sound out or make it again.")
    if not 0 <= original_mix <= 1:
        raise UserError(f"The mix of the original sound is {original_mix}: choose 0 (steps alone) to 1 (as recorded).")
    if not (np.isfinite(lufs) and np.isfinite(peak_dbtp)):
        raise UserError(f"Loudness {lufs} LUFS and peak {peak_dbtp} dBTP must be numbers, such as -20 and -1.")

    sound = np.array(steps_sound, np.float32)
    steps_loudness = loudness(sound, RATE)
    heard = np.isfinite(steps_loudness)
    if original is not None and original_mix > 0:
        if heard:
            sound *= np.float32(10 ** ((lufs - steps_loudness) / 20))
        sound += _fit(original, len(sound)) * np.float32(original_mix ** (1 / 0.6))
    if heard:
        result = level(sound, RATE, lufs, peak_dbtp)
        return result.sound, Mastering(_known(result.lufs), _known(result.true_peak), lufs, result.limited)
    sound *= np.float32(10 ** (min(0.0, peak_dbtp - true_peak(sound, RATE)) / 20))
    return sound, Mastering(_known(loudness(sound, RATE)), _known(true_peak(sound, RATE)), lufs)


def _fit(original: np.ndarray, n: int) -> np.ndarray:
    """Cut or pad (M, 2) to (n, 2); an end that isn't that of the clip is faded."""
    kept = np.array(original[:n], np.float32)
    fade = min(round(FADE_S * RATE), len(kept))
    if len(original) != n:
        kept[len(kept) - fade :] *= _rise(fade)[::-1, None]
    return np.pad(kept, ((0, n - len(kept)), (0, 0)))


def _known(decibels: float) -> float | None:
    return float(decibels) if np.isfinite(decibels) else None
