"""Labelled motion capture, and a virtual camera that turns it into pose tracks.

Reads the folder `gait/` of the data: joint tracks with foot strikes marked in `events.csv`, and marker files whose
strikes are the onsets of force under the foot (20 N, the usual threshold).
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.pose import LANDMARKS, PoseTrack

JOINTS = ("hip", "knee", "ankle", "heel", "toe")
BLAZEPOSE = {"hip": "hip", "knee": "knee", "ankle": "ankle", "heel": "heel", "toe": "foot_index"}
FORCE_THRESHOLD = 20.0
# Marker names per joint in the force-plate sets; several are averaged (a joint centre lies between its two sides).
WALK_MARKERS = {
    "hip": ("{S}.GTR",),
    "knee": ("{S}.Knee", "{S}.Knee.Medial"),
    "ankle": ("{S}.Ankle", "{S}.Ankle.Medial"),
    "heel": ("{S}.Heel",),
    "toe": ("{S}.MT2",),
}
# The running set has clusters on thigh and shank instead of joint markers; these lie near enough to the joints.
RUN_MARKERS = {
    "hip": ("{S}ASI", "{S}PSI"),
    "knee": ("{S}TH3", "{S}TB1"),
    "ankle": ("{S}CAL", "{S}TB3"),
    "heel": ("{S}CAL",),
    "toe": ("{S}TOE",),
}


@dataclass(frozen=True)
class Clip:
    """name; times (T,) s; joints (T, 2, 5, 3) metres, left then right, JOINTS in order, z up; strikes [(s, side)]."""

    name: str
    times: np.ndarray
    joints: np.ndarray
    strikes: list[tuple[float, str]]


def load(gait: Path) -> list[Clip]:
    """Every labelled clip below the folder `gait`."""
    clips = [_landmarks(gait / "landmarks" / f"{name}.csv", name) for name in ("test_small", "treadmill_events")]
    clips += [_force_walk(gait / "grf", name) for name in ("walk1", "walk2")]
    return [*clips, _force_run(gait / "grf")]


def _landmarks(path: Path, name: str) -> Clip:
    table = np.genfromtxt(path, delimiter=",", names=True)
    joints = np.stack(
        [[[table[f"{side}_{joint}_{axis}"] for axis in "xyz"] for joint in JOINTS] for side in "lr"]
    ).transpose(3, 0, 1, 2)
    with open(path.parent / "events.csv", newline="") as lines:
        strikes = [
            (float(row["time_s"]), row["side"])
            for row in csv.DictReader(lines)
            if row["clip"] == name and row["event"] == "Foot Strike"
        ]
    return Clip(name, table["time_s"], joints / 1000, strikes)


def _trc(path: Path, markers: dict[str, tuple[str, ...]]) -> tuple[np.ndarray, np.ndarray]:
    """Times and joints of a TRC marker file (y up there)."""
    lines = path.read_text().splitlines()
    names = [name for name in lines[3].split("\t")[2:] if name.strip()]
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    width = 2 + 3 * len(names)
    values = np.array(
        [[float(cell) if cell.strip() else np.nan for cell in (row + [""] * width)[:width]] for row in rows]
    )
    points = {name: values[:, 2 + 3 * i : 5 + 3 * i] for i, name in enumerate(names)}
    joints = np.stack(
        [
            [np.mean([points[pattern.format(S=side)] for pattern in markers[joint]], axis=0) for joint in JOINTS]
            for side in "LR"
        ]
    ).transpose(2, 0, 1, 3)
    # y up, x forward -> z up: (x, -z, y) keeps the system right-handed.
    return values[:, 1], joints[..., [0, 2, 1]] * [1, -1, 1] / 1000


def _onsets(times: np.ndarray, force: np.ndarray) -> np.ndarray:
    loaded = np.abs(force) > FORCE_THRESHOLD
    return times[1:][~loaded[:-1] & loaded[1:]]


def _force_walk(folder: Path, name: str) -> Clip:
    times, joints = _trc(folder / f"{name}.trc", WALK_MARKERS)
    lines = (folder / f"{name}.forces").read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("#Sample"))
    rate = float(next(line for line in lines if line.startswith("SampleRate")).split("=")[1])
    names = lines[start].lstrip("#").split()
    values = np.array([[float(cell) for cell in line.split()] for line in lines[start + 1 :] if line.strip()])
    strikes = []
    for plate in range(1, 8):
        for time in _onsets((values[:, 0] - 1) / rate, values[:, names.index(f"FY{plate}")]):
            row = min(round((time + 0.15) * rate), len(values) - 1)
            # The plate's centre of pressure, a moment after the strike, is under the foot that struck.
            where = np.array([values[row, names.index(f"X{plate}")], -values[row, names.index(f"Z{plate}")]]) / 1000
            at = int(np.searchsorted(times, time + 0.15).clip(0, len(times) - 1))
            distance = np.linalg.norm(joints[at, :, JOINTS.index("heel"), :2] - where, axis=-1)
            strikes.append((float(time), ("left", "right")[int(np.argmin(distance))]))
    return Clip(name, times, joints, sorted(strikes))


def _force_run(folder: Path) -> Clip:
    times, joints = _trc(folder / "motion_capture_run.trc", RUN_MARKERS)
    lines = (folder / "grf_run.mot").read_text().splitlines()
    body = [line for line in lines[lines.index("endheader") + 1 :] if line.strip()]
    names = body[0].split()
    values = np.array([[float(cell) for cell in line.split()] for line in body[1:]])
    strikes = [
        (float(time), side)
        for letter, side in (("R", "right"), ("L", "left"))
        for time in _onsets(values[:, 0], values[:, names.index(f"{letter}_ground_force_vy")])
    ]
    return Clip("run", times, joints, sorted(strikes))


@dataclass(frozen=True)
class View:
    """A camera that looks at the middle of the walk.

    azimuth: degrees between the direction of walking and the camera, seen from the walker: 0 front (the walker
    comes nearer), 90 from the walker's right side, 180 behind
    height: of the camera in metres; distance: to the middle of the walk in metres; size: picture in pixels;
    fill: share of the picture's height that a 1.75 m person takes at that distance
    """

    azimuth: float
    height: float = 1.3
    distance: float = 5.0
    size: tuple[int, int] = (1280, 720)
    fill: float = 0.6
    follow: bool = False


def film(clip: Clip, view: View, fps: float = 30.0, noise: float = 2.0, seed: int = 0) -> PoseTrack:
    """The pose track that a perfect detector with Gaussian `noise` (px) would give of `clip` seen from `view`.

    Only hips, knees, ankles, heels and toes are filled in. A camera with `follow` pans with the pelvis.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(clip.times[0], clip.times[-1], 1 / fps)
    flat = clip.joints.reshape(len(clip.times), -1)
    joints = np.stack([np.interp(times, clip.times, column) for column in flat.T], axis=1).reshape(-1, 2, 5, 3)
    pelvis = joints[:, :, 0].mean(axis=1)
    toes_ahead = (joints[:, :, 4] - joints[:, :, 3]).mean(axis=(0, 1))
    heading = np.arctan2(toes_ahead[1], toes_ahead[0])
    middle = (pelvis.min(axis=0) + pelvis.max(axis=0)) / 2
    target = np.column_stack([pelvis[:, :2], np.full(len(times), middle[2])]) if view.follow else middle[None]
    angle = heading - np.radians(view.azimuth)
    travel = np.ptp((pelvis - middle)[:, :2] @ [np.cos(angle), np.sin(angle)])
    reach = max(view.distance, travel / 2 + 1.8)  # a walker who comes nearer must not walk through the camera
    camera = target * [1, 1, 0] + [reach * np.cos(angle), reach * np.sin(angle), view.height]
    forward = target - camera
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    down = np.cross(forward, right)
    focal = view.fill * view.size[1] * reach / 1.75
    offset = joints - camera[:, None, None]
    depth = np.einsum("tsjk,tk->tsj", offset, np.broadcast_to(forward, (len(times), 3)))
    x = np.einsum("tsjk,tk->tsj", offset, np.broadcast_to(right, (len(times), 3))) / depth
    y = np.einsum("tsjk,tk->tsj", offset, np.broadcast_to(down, (len(times), 3))) / depth
    pixels = focal * np.stack([x, y], axis=-1) + np.array(view.size) / 2
    pixels += rng.normal(0, noise, pixels.shape)
    xy = np.full((len(times), 33, 2), np.nan)
    visibility = np.zeros((len(times), 33))
    for s, side in enumerate(("left", "right")):
        for j, joint in enumerate(JOINTS):
            index = LANDMARKS[f"{side}_{BLAZEPOSE[joint]}"]
            xy[:, index], visibility[:, index] = pixels[:, s, j], 1.0
    return PoseTrack(times - times[0], xy, visibility, view.size)
