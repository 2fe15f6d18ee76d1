"""Training examples for the footfall network: random walkers, seen by random cameras, tracked with random faults.

Nothing recorded goes in. The walkers are `footsteps.walker.Walk` with every habit varied; the faults are those of a
pose tracker on a video: white and slow noise, lag, landmarks off their joint, legs swapped or merged, lost frames, low
and uneven frame rates.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter1d

from common.pose import LANDMARKS, PoseTrack
from footsteps import gait
from footsteps.walker.gait_model import RUNNING, WALKING, Body, Style
from footsteps.walker.walk import Walk

LENGTH = 256  # frames of an example at gait.RATE
FILMS = 3  # of each walker
SECONDS = LENGTH / gait.RATE
WALK_RATE = 100.0  # Hz of the simulated body
TARGET_WIDTH = 0.025  # s, standard deviation of the bump around a strike
PICTURE = (1280, 720)
FRAME_RATES = (8, 10, 12, 15, 20, 24, 25, 30, 30, 30, 30, 50, 60)


@dataclass(frozen=True)
class StyledWalk(Walk):
    """A walk whose joint curves are its own."""

    look: Style = WALKING

    @property
    def style(self) -> Style:
        return self.look


def examples(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One walker, filmed FILMS times: inputs (N, C, LENGTH) and targets (N, 2, LENGTH), a row for each foot.

    The targets are strike and stance; NaN where nothing was seen.
    """
    rng = np.random.default_rng(seed)
    walk, times, body = draw_body(rng)
    inputs, wanted = [], []
    while len(inputs) < FILMS:
        joints = soften(slide(body, times, walk, rng), rng)
        start = rng.uniform(0, 0.4)
        stretches = gait.leg_signals(film(times, joints, walk, start, rng))
        if stretches:
            signals = max(stretches, key=lambda stretch: len(stretch.times))
            inputs.append(_crop(gait.features(signals)))
            wanted.append(_crop(targets(signals.times + start, walk), fill=np.nan))
    return np.concatenate(inputs), np.concatenate(wanted)


def draw_body(rng: np.random.Generator) -> tuple[Walk, np.ndarray, np.ndarray]:
    """A walk, its times (T,) and the legs' joints (T, 2, 5, 3); habits that legs can't follow are drawn again."""
    while True:
        try:
            walk = draw_walk(rng)
            times = np.arange(0, walk.duration, 1 / WALK_RATE)
            return walk, times, walk.pose(times)[:, gait.LEGS]
        except ValueError:
            continue


def draw_walk(rng: np.random.Generator) -> Walk:
    """Somebody who walks (of any pace, tidy or lame), runs, stands, or starts or stops walking."""
    kind = rng.choice(["walk", "pause", "run", "stand"], p=[0.6, 0.12, 0.2, 0.08])
    body = Body(leg=rng.uniform(0.7, 1.05))
    habits = dict(duration=SECONDS + 0.5, body=body, seed=int(rng.integers(1 << 31)), first=rng.choice(gait.SIDES))
    if kind == "stand":
        return StyledWalk(speed=0, **habits)
    style = vary(RUNNING if kind == "run" else WALKING, rng)
    if kind == "run":
        cadence = rng.uniform(140, 205)
        step = body.leg * rng.uniform(0.7, 1.6)
    else:
        cadence = rng.uniform(65, 140)
        step = body.leg * rng.uniform(0.35, 0.95)
    pauses = dict(start=rng.uniform(0, 1.2), stop=rng.uniform(0, 1.2)) if kind == "pause" else {}
    if kind == "pause":
        cadence = max(cadence, 110.0)
    return StyledWalk(
        speed=float(np.clip(step * cadence / 60, 0.25, 5.5)),
        cadence=cadence,
        running=kind == "run",
        turn=rng.normal(0, 12) if rng.random() < 0.3 else 0.0,
        limp=rng.uniform(0, 0.8) if rng.random() < 0.25 else 0.0,
        variability=rng.uniform(0, 0.06),
        look=style,
        **habits,
        **pauses,
    )


def vary(style: Style, rng: np.random.Generator) -> Style:
    """The habits of one person: every joint curve bent, the stance longer or shorter, the foot sooner flat."""

    def bend(curve, spread):
        return tuple(np.asarray(curve) * rng.uniform(0.8, 1.2) + rng.normal(0, spread, len(curve)))

    return replace(
        style,
        thigh=bend(style.thigh, 2.5),
        knee=bend(style.knee, 4),
        ankle=bend(style.ankle, 3),
        duty=style.duty * rng.uniform(0.95, 1.06),
        flat=style.flat * rng.uniform(0.6, 1.6),
        heel_off=style.heel_off * rng.uniform(0.85, 1.15),
        reach=style.reach * rng.uniform(0.85, 1.2),
        slap=rng.uniform(0.1, 0.9),
    )


def slide(joints: np.ndarray, times: np.ndarray, walk: Walk, rng: np.random.Generator) -> np.ndarray:
    """A foot does not stop dead: it lands a little short and slides into its place, unnoticed up to 3 cm (the
    microslip of Leamon & Li 1990)."""
    length, decay = rng.uniform(0, 0.02) * (walk.speed > 0), rng.uniform(0.02, 0.05)
    joints = joints.copy()
    for i, side in enumerate(gait.SIDES):
        for before, contact in pairwise(walk.contacts(side)):
            swing = ((times - before.off) / (contact.strike - before.off)).clip(0, 1) ** 2
            left = np.where(times < contact.strike, swing, np.exp(-np.maximum(times - contact.strike, 0) / decay))
            left[times < before.off] = 0
            joints[:, i, 2:, :2] -= length * left[:, None, None] * contact.forward[:2]
    return joints


def soften(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(T, 2, 5, 3) with flesh and a tracker's idea of a joint: blurred in time, and off along the bones."""
    joints = gaussian_filter1d(joints, max(rng.uniform(0.0, 0.02) * WALK_RATE, 1e-3), axis=0)
    hip, knee, ankle, heel, toe = np.moveaxis(joints, 2, 0)
    middle = hip.mean(axis=1, keepdims=True)
    foot = toe - heel
    return np.stack(
        [
            hip + rng.uniform(-0.1, 0.4) * (middle - hip) + rng.uniform(-0.1, 0.1) * (knee - hip),
            knee + rng.uniform(-0.08, 0.08) * (ankle - knee) + rng.uniform(-0.05, 0.05) * (hip - knee),
            ankle + rng.uniform(-0.05, 0.12) * (knee - ankle) + rng.uniform(-0.15, 0.15) * foot,
            heel + rng.uniform(-0.1, 0.2) * foot + rng.uniform(-0.1, 0.35) * (ankle - heel),
            toe + rng.uniform(-0.35, 0.15) * foot + rng.uniform(-0.05, 0.15) * (ankle - toe),
        ],
        axis=2,
    )


def film(times: np.ndarray, joints: np.ndarray, walk: Walk, start: float, rng: np.random.Generator) -> PoseTrack:
    """The pose track of `joints` from `start` (s) on, by a camera that stands, follows, or watches a treadmill."""
    mode = rng.choice(["stand", "follow", "treadmill"], p=[0.5, 0.3, 0.2])
    path = walk.travelled(times) * [1, 1, 0]
    if mode == "treadmill":
        joints, path = joints - path[:, None, None], path * 0
    frame_times = frames(SECONDS, rng)
    sample = frame_times + start
    flat = joints.reshape(len(times), -1)
    body = np.stack([np.interp(sample, times, column) for column in flat.T], 1).reshape(-1, 2, 5, 3)
    track = np.stack([np.interp(sample, times, column) for column in path.T], 1)
    pixels, leg = project(body, track, mode == "follow", walk.body.leg, rng)
    xy, seen = faults(pixels, leg, frame_times, rng)
    full = np.full((len(frame_times), len(LANDMARKS), 2), np.nan)
    full[:, gait.LEGS] = np.where(seen[:, None, None, None], xy, np.nan)
    visibility = np.repeat(seen[:, None].astype(float), len(LANDMARKS), axis=1)
    return PoseTrack(frame_times, full, visibility, PICTURE)


def frames(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Frame times of a camera: even, or uneven as a phone's."""
    fps = rng.choice(FRAME_RATES)
    times = np.arange(0, seconds, 1 / fps)
    if rng.random() < 0.2:
        times = times + rng.uniform(-0.3, 0.3, len(times)) / fps
        times = np.sort(times - times[0])
    return times


def project(body, path, follow: bool, leg: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2, 5, 2) pixels and (T,) the leg's length in pixels at its distance."""
    middle = (path.min(axis=0) + path.max(axis=0)) / 2
    target = (path if follow else np.broadcast_to(middle, path.shape)) + [0, 0, leg * rng.uniform(0.6, 1.3)]
    azimuth = rng.uniform(0, 2 * np.pi) if rng.random() < 0.6 else rng.integers(4) * np.pi / 2 + rng.normal(0, 0.1)
    toward = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    away = np.max((path - middle) @ toward) if not follow else 0.0
    distance = max(np.exp(rng.uniform(np.log(2.2), np.log(12))), away + 1.5)
    camera = target * [1, 1, 0] + distance * toward + [0, 0, rng.uniform(0.2, 2.6)]
    if rng.random() < 0.3:  # a hand-held camera
        camera = camera + gaussian_filter1d(rng.normal(0, 1, camera.shape), 6, axis=0) * rng.uniform(0, 0.06)
    forward = target - camera
    forward = forward / np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    down = np.cross(forward, right)
    roll = rng.normal(0, 0.04)
    right, down = right * np.cos(roll) + down * np.sin(roll), down * np.cos(roll) - right * np.sin(roll)
    offset = body - camera[:, None, None]
    depth = np.maximum(np.einsum("tsjk,tk->tsj", offset, forward), 0.3)
    focal = rng.uniform(0.2, 0.9) * PICTURE[1] * distance / (leg / 0.53)
    x = np.einsum("tsjk,tk->tsj", offset, right) / depth
    y = np.einsum("tsjk,tk->tsj", offset, down) / depth
    return focal * np.stack([x, y], -1) + np.array(PICTURE) / 2, focal * leg / depth.mean(axis=(1, 2))


def faults(pixels, leg, times, rng) -> tuple[np.ndarray, np.ndarray]:
    """The faults of a pose tracker. Returns the pixels and (T,) whether the frame was tracked at all."""
    count = len(times)
    step = np.median(np.diff(times))
    unit = leg[:, None, None, None]
    if rng.random() < 0.7:
        pixels = shy(times, pixels, rng)
    slow = gaussian_filter1d(rng.normal(0, 1, pixels.shape), max(rng.uniform(0.03, 0.2) / step, 0.5), axis=0)
    slow /= max(slow.std(), 1e-9)
    shaky = np.exp(rng.normal(0, 0.5, (1, 2, 5, 1)))  # some landmarks are worse than others
    xy = pixels + unit * shaky * np.exp(rng.uniform(np.log(0.001), np.log(0.02))) * slow
    xy = xy + unit * shaky * np.exp(rng.uniform(np.log(0.001), np.log(0.025))) * rng.normal(0, 1, pixels.shape)
    if rng.random() < 0.3:  # legs swapped, or one drawn onto the other
        far = rng.integers(2)
        for _ in range(rng.integers(1, 6)):
            at = rng.integers(count)
            span = slice(at, at + int(rng.uniform(0.03, 0.25) / step) + 1)
            if rng.random() < 0.6:
                xy[span] = xy[span, ::-1].copy()
            else:
                xy[span, far, 1:] = xy[span, 1 - far, 1:] + 0.02 * unit[span][:, 0] * rng.normal(0, 1, (1, 4, 2))
    if rng.random() < 0.6:
        xy = one_euro(times, xy, unit)
    seen = np.ones(count, bool)
    if rng.random() < 0.2:
        seen = rng.random(count) > rng.uniform(0, 0.3)
    if rng.random() < 0.15:
        at = rng.uniform(0, times[-1])
        seen &= ~((times > at) & (times < at + rng.uniform(0.1, 0.6)))
    return xy, seen


def shy(times: np.ndarray, pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A network's guess of a foot: late, blurred, and drawn to where a foot usually is, up and down most of all."""
    step = np.median(np.diff(times))
    pelvis = pixels[:, :, :1].mean(axis=1, keepdims=True)
    offset = pixels - pelvis
    usual = gaussian_filter1d(offset, rng.uniform(0.3, 1.0) / step, axis=0)
    late = np.array([0, 0.015, 0.03, 0.04, 0.06]) * rng.uniform(0, 1.3)  # s
    moved = np.empty_like(offset)
    for joint in range(offset.shape[2]):
        for side in range(2):
            for axis in range(2):
                values = np.interp(times - late[joint], times, offset[:, side, joint, axis])
                moved[:, side, joint, axis] = values
    blur = rng.uniform(0, 0.03) / step
    moved = gaussian_filter1d(moved, blur, axis=0) if blur > 0.2 else moved
    most = np.array([0, 0.1, 0.4, 0.5, 0.8])[:, None] * [0.3, 1.0]
    return pelvis + moved + rng.uniform(0, 1, (1, 1, 5, 2)) * most * rng.uniform(0, 1) * (usual - moved)


def one_euro(times: np.ndarray, xy: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """The smoothing that MediaPipe applies to the landmarks of a video, which lags where a movement ends: the 1 euro
    filter (Casiez et al. 2012) with its settings for poses, speed measured against the square around the body."""
    least, slope, derivative = 0.05, 80.0, 1.0
    square = 2.4 * unit  # 1.25 body heights, in leg lengths

    def share(cutoff, step):
        return 1 / (1 + 1 / (2 * np.pi * cutoff * step))

    out, speed = xy.copy(), np.zeros_like(xy[0])
    for i in range(1, len(times)):
        step = times[i] - times[i - 1]
        keep = share(derivative, step)
        speed = keep * (xy[i] - xy[i - 1]) / step / square[i] + (1 - keep) * speed
        keep = share(least + slope * np.abs(speed), step)
        out[i] = keep * xy[i] + (1 - keep) * out[i - 1]
    return out


def targets(times: np.ndarray, walk: Walk) -> np.ndarray:
    """(2, 2, T): for each foot a bump at each strike, and whether it is on the ground."""
    wanted = np.zeros((2, 2, len(times)))
    for i, side in enumerate(gait.SIDES):
        for contact in walk.contacts(side):
            wanted[i, 1] = np.maximum(wanted[i, 1], (times >= contact.strike) & (times < contact.off))
            if contact.counted:
                bump = np.exp(-0.5 * ((times - contact.strike) / TARGET_WIDTH) ** 2)
                wanted[i, 0] = np.maximum(wanted[i, 0], bump)
    return wanted


def _crop(array: np.ndarray, fill: float = 0.0) -> np.ndarray:
    padded = np.full((*array.shape[:-1], LENGTH), fill, np.float32)
    width = min(array.shape[-1], LENGTH)
    padded[..., :width] = array[..., :width]
    return padded
