"""Three ways to find footfalls that the project's own is measured against."""

import numpy as np
from scipy.signal import butter, filtfilt, find_peaks, savgol_filter

from common.pose import LANDMARKS, PoseTrack

Found = list[tuple[float, str]]


def _filled(track: PoseTrack) -> dict[str, np.ndarray]:
    """Hips and heels with gaps filled on the time axis."""
    points = {}
    for name in ("left_hip", "right_hip", "left_heel", "right_heel"):
        xy = np.array(track.xy[:, LANDMARKS[name]], float)
        for axis in range(2):
            seen = np.isfinite(xy[:, axis])
            if seen.any():
                xy[:, axis] = np.interp(track.times, track.times[seen], xy[seen, axis])
        points[name] = xy
    return points


def hip_heel(track: PoseTrack, fps: float | None = None) -> Found:
    """The seed of the idea: hip-heel distance scaled by its range over the clip, smoothed (Savitzky-Golay, window 11,
    order 3), peaks, and sides made to alternate by dropping what does not. Sampled at `fps`, or at every frame."""
    points = _filled(track)
    times = np.arange(track.times[0], track.times[-1], 1 / fps) if fps else track.times
    if len(times) < 11:
        return []
    peaks: Found = []
    for side in ("left", "right"):
        distance = np.linalg.norm(points[f"{side}_heel"] - points[f"{side}_hip"], axis=1)
        distance = np.interp(times, track.times, distance)
        spread = np.ptp(distance)
        if not spread > 0:
            continue
        smooth = savgol_filter((distance - distance.min()) / spread, 11, 3)
        found, _ = find_peaks(smooth, height=0.3, distance=3)
        peaks += [(float(times[i]), side) for i in found]
    kept: Found = []
    for peak in sorted(peaks):
        if not kept or peak[1] != kept[-1][1]:
            kept.append(peak)
    return kept


def hip_heel_10_fps(track: PoseTrack) -> Found:
    """The same as it was first built, on ten frames a second: the smoothing then spans a whole stride."""
    return hip_heel(track, 10.0)


def zeni(track: PoseTrack) -> Found:
    """Zeni et al. 2008 (Gait & Posture 27:710): strike where the heel is farthest ahead of the pelvis, zero-phase
    6 Hz low-pass; the direction of walking is the way the pelvis goes, or the feet point, across the picture."""
    points = _filled(track)
    rate = (len(track.times) - 1) / (track.times[-1] - track.times[0])
    if rate < 13 or len(track.times) < 20:
        return []
    b, a = butter(2, 6 / (rate / 2))
    pelvis = (points["left_hip"] + points["right_hip"]) / 2
    drift = pelvis[-1, 0] - pelvis[0, 0]
    if abs(drift) < 0.2 * track.size[0]:
        toes = np.nanmean(track.xy[:, [31, 32], 0] - track.xy[:, [29, 30], 0])
        drift = toes if np.isfinite(toes) else drift
    found: Found = []
    for side in ("left", "right"):
        ahead = filtfilt(b, a, np.sign(drift) * (points[f"{side}_heel"][:, 0] - pelvis[:, 0]))
        strikes, _ = find_peaks(ahead, distance=max(1, int(0.5 * rate)), prominence=0.3 * np.ptp(ahead))
        found += [(float(track.times[i]), side) for i in strikes]
    return sorted(found)


def cadence(track: PoseTrack) -> Found:
    """Blind: a step every 0.55 s while somebody is in the picture, seen or not."""
    seen = np.isfinite(track.xy[:, LANDMARKS["left_hip"], 0])
    if not seen.any():
        return []
    first, last = track.times[seen][[0, -1]]
    return [(float(t), ("left", "right")[i % 2]) for i, t in enumerate(np.arange(first + 0.275, last, 0.55))]
