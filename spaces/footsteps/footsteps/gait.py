"""Footfalls of a walker or runner from the landmarks of the legs.

Two small facts carry the method. Relative to the pelvis, and measured in leg lengths, a step looks alike whether the
camera stands, pans, or watches a treadmill, and whether the walker comes nearer or goes away. And the moment of the
strike shows in several signs at once (heel stops going forward, toes slap down, the foot stops descending), of which
each view hides some. So the signs are not written down one by one: a small dilated convolutional network reads both
legs, half a second to each side, and gives for each foot the chance of a strike and of being on the ground. It is
trained on simulated walkers under random cameras (weights/recipes/gait), never on a recording.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from common import weights
from common.pose import LANDMARKS, PoseTrack
from footsteps.steps import Footfall

RATE = 50.0  # Hz of the network's time axis
LONGEST_GAP = 0.3  # s without landmarks that is filled by interpolation; a swing lasts 0.4 s
LONGEST_JUMP = 0.5  # leg lengths between two frames, and
FASTEST = 15.0  # leg lengths a second: more than a sprinter, so the tracker went over to somebody else
SHORTEST = 0.6  # s of track below which no step can be told
JOINTS = ("hip", "knee", "ankle", "heel", "foot_index")
SIDES = ("left", "right")
LEGS = np.array([[LANDMARKS[f"{side}_{joint}"] for joint in JOINTS] for side in SIDES])
TAPS = 5  # frames that one layer of the network sees
HORIZONTAL = np.r_[0:18:2, 18]  # the inputs that are x coordinates
BUMP_AREA = 3.13  # frames: area of the bump that stands for a certain strike (standard deviation 25 ms)
REACH = 4  # frames of a bump on each side of its peak
THRESHOLD = 0.35  # of a bump's area
MIN_STRIDE = 0.3  # s between two strikes of one foot: 400 steps a minute, faster than any sprinter
MIN_STEP = 0.12  # s between strikes of the two feet
FLIGHT = 0.04  # s before a strike at which a runner has no foot on the ground


@dataclass(frozen=True)
class LegSignals:
    """Both legs on a uniform time axis of RATE, without gaps longer than LONGEST_GAP.

    times: (T,) s; legs: (T, 2, 5, 2) px, left then right, JOINTS in order; scale: (T,) apparent leg length in px;
    seen: (T,) 1 where somebody is seen, 0 where legs are interpolated
    """

    times: np.ndarray
    legs: np.ndarray
    scale: np.ndarray
    seen: np.ndarray


def find_footfalls(track: PoseTrack) -> list[Footfall]:
    """The moments at which a foot meets the ground, in order of time.

    Uses hips, knees, ankles, heels and toes of `track`; the rest may be NaN. Times lie between frames. A stretch
    with nobody in it for more than LONGEST_GAP is left out, and so is one shorter than SHORTEST.
    """
    footfalls: list[Footfall] = []
    for signals in leg_signals(track):
        strike, stance = predict(signals)
        footfalls += _pick(signals, strike, stance)
    return footfalls


def leg_signals(track: PoseTrack) -> list[LegSignals]:
    """One entry for each stretch of `track` in which the legs of one person are seen."""
    legs = np.asarray(track.xy, float)[:, LEGS]
    seen = np.isfinite(legs).all(axis=(1, 2, 3))
    times = track.times[seen]
    if len(times) < 2:
        return []
    legs, gaps = legs[seen], np.diff(times)
    moved = np.linalg.norm(np.diff(legs[:, :, 0].mean(axis=1), axis=0), axis=1)
    leg = np.linalg.norm(np.diff(legs[:, :, :3], axis=2), axis=-1).sum(axis=2).max(axis=1)
    moved /= np.maximum(np.minimum(leg[1:], leg[:-1]), 1e-3)
    jumped = (moved > LONGEST_JUMP) & (moved > FASTEST * gaps)
    breaks = np.flatnonzero((gaps > LONGEST_GAP) | jumped) + 1
    stretches = zip(np.split(times, breaks), np.split(legs, breaks), strict=True)
    return [_uniform(t, points) for t, points in stretches if t[-1] - t[0] >= SHORTEST]


def _uniform(times: np.ndarray, legs: np.ndarray) -> LegSignals:
    grid = np.arange(times[0], times[-1] + 1e-9, 1 / RATE)
    flat = legs.reshape(len(times), -1)
    uniform = np.column_stack([np.interp(grid, times, column) for column in flat.T]).reshape(-1, *legs.shape[1:])
    frame = np.median(np.diff(times))
    nearest = np.abs(times[np.searchsorted(times, grid).clip(1, len(times) - 1) + np.array([[-1], [0]])] - grid).min(0)
    return LegSignals(grid, uniform, _leg_length(uniform), (nearest <= frame).astype(float))


def _leg_length(legs: np.ndarray) -> np.ndarray:
    """(T,) apparent leg length: the longer of the two at each moment, near its top within a second, smoothed. A leg
    looks shorter when it swings or points at the camera, hardly ever longer."""
    from scipy.ndimage import percentile_filter, uniform_filter1d

    segments = np.linalg.norm(np.diff(legs[:, :, :3], axis=2), axis=-1).sum(axis=2).max(axis=1)
    top = percentile_filter(segments, 80, size=int(RATE) + 1, mode="nearest")
    return np.maximum(uniform_filter1d(top, int(RATE) // 2 + 1, mode="nearest"), 1e-3)


def features(signals: LegSignals) -> np.ndarray:
    """(2, C, T) inputs of the network, once with each foot as the one that is asked about.

    In leg lengths: knee, ankle, heel and toe of this leg and of the other from the pelvis; the hips' distance; the
    pelvis and the scale against their mean over the last and next half second; whether the frame was seen.
    """
    from scipy.ndimage import uniform_filter1d

    scale = signals.scale[:, None]
    pelvis = signals.legs[:, :, 0].mean(axis=1)
    joints = (signals.legs[:, :, 1:] - pelvis[:, None, None]) / scale[:, None, None]
    hips = (signals.legs[:, 0, 0] - signals.legs[:, 1, 0]) / scale
    second = int(RATE) + 1
    drift = (pelvis - uniform_filter1d(pelvis, second, axis=0, mode="nearest")) / scale
    growth = np.log(scale / uniform_filter1d(scale, second, axis=0, mode="nearest"))
    common = np.column_stack([drift, growth, signals.seen])
    flat = joints.reshape(len(joints), 2, -1)
    return np.stack(
        [
            np.column_stack([flat[:, 0], flat[:, 1], hips, common]).T,
            np.column_stack([flat[:, 1], flat[:, 0], -hips, common]).T,
        ]
    )


@lru_cache(maxsize=1)
def _network() -> dict[str, np.ndarray]:
    return load(weights.path("gait-strike"))


def load(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of a network that weights/recipes/gait/train.py wrote."""
    with np.load(path) as stored:
        return {name: stored[name].astype(np.float32) for name in stored if name != "settings"}


def predict(signals: LegSignals) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) chance of a strike, and of being on the ground, for the left and the right foot.

    The mean over the picture and its mirror image, which are equally good walks.
    """
    inputs = features(signals).astype(np.float32)
    mirrored = inputs.copy()
    mirrored[:, HORIZONTAL] *= -1
    chances = 1 / (1 + np.exp(-forward(_network(), np.concatenate([inputs, mirrored]))))
    both = (chances[:2] + chances[2:]) / 2
    return both[:, 0].T, both[:, 1].T


def forward(net: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """(B, C, T) -> (B, 2, T) logits: the network of weights/recipes/gait/train.py in numpy, which is fast enough and
    keeps torch out of the way."""
    x = np.maximum(_convolve(x, net["first.weight"], net["first.bias"], 1), 0)
    for i, dilation in enumerate(net["dilations"].astype(int)):
        x = x + np.maximum(_convolve(x, net[f"blocks.{i}.weight"], net[f"blocks.{i}.bias"], dilation), 0)
    return _convolve(x, net["head.weight"], net["head.bias"], 1)


def _convolve(x: np.ndarray, weight: np.ndarray, bias: np.ndarray, dilation: int) -> np.ndarray:
    """Same-length dilated convolution with zeros beyond the ends; x: (B, C, T), weight: (out, in, taps).

    As one product of matrices: many small ones would spend their time in handing work to threads.
    """
    outputs, channels, taps = weight.shape
    count, length = x.shape[0], x.shape[2]
    reach = dilation * (taps - 1) // 2
    padded = np.pad(x.transpose(1, 0, 2), ((0, 0), (0, 0), (reach, reach)))
    windows = np.stack([padded[:, :, k * dilation : k * dilation + length] for k in range(taps)], axis=1)
    product = weight.reshape(outputs, -1) @ windows.reshape(channels * taps, -1) + bias[:, None]
    return product.reshape(outputs, count, length).transpose(1, 0, 2)


def _pick(signals: LegSignals, strike: np.ndarray, stance: np.ndarray) -> list[Footfall]:
    """The bumps of the strike chances as footfalls; of two feet that seem to land at once, the surer one.

    How sure a strike is tells the area of its bump and not its height: where only its time is unsure, the bump is
    low and wide.
    """
    from scipy.ndimage import gaussian_filter1d, uniform_filter1d
    from scipy.signal import find_peaks

    sure = uniform_filter1d(strike, 2 * REACH + 1, axis=0, mode="constant") * (2 * REACH + 1) / BUMP_AREA
    # Padded, since a strike may lie at the very first or last frame.
    smooth = np.pad(gaussian_filter1d(strike, 1.5, axis=0, mode="constant"), ((1, 1), (0, 0)))
    candidates = []
    for i, side in enumerate(SIDES):
        peaks, _ = find_peaks(
            smooth[:, i], distance=round(MIN_STRIDE * RATE)
        )  # padded: also at the first or last frame
        candidates += [
            _footfall(signals, strike, stance, i, side, peak, float(min(sure[peak, i], 1.0)))
            for peak in peaks - 1
            if sure[peak, i] >= THRESHOLD
        ]
    kept: list[Footfall] = []
    for footfall in sorted(candidates, key=lambda one: -one.confidence):
        if all(abs(footfall.time - other.time) >= MIN_STEP for other in kept):
            kept.append(footfall)
    return sorted(kept, key=lambda one: one.time)


def _footfall(signals: LegSignals, strike, stance, i: int, side: str, peak: int, confidence: float) -> Footfall:
    """The footfall at a peak of `strike[:, i]`; its time is the centre of the bump, between the samples."""
    near = np.arange(max(peak - REACH, 0), min(peak + REACH + 1, len(strike)))
    time = float(np.average(signals.times[near], weights=strike[near, i]))
    foot = signals.legs[:, i, 3:].mean(axis=1)
    x, y = (float(np.interp(time, signals.times, foot[:, axis])) for axis in range(2))
    scale = float(np.interp(time, signals.times, signals.scale))
    before = np.interp(time - FLIGHT, signals.times, stance[:, 1 - i])
    return Footfall(time, side, confidence, x, y, scale, running=bool(before < 0.5))
