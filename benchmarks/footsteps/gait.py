"""How well footfalls are found: `python -m benchmarks.footsteps.gait [--data DIR] [--json PATH]`.

The project beside the seed of its idea (hip-heel distance), Zeni's rule and a blind cadence, on the same tracks:
labelled motion capture seen by a virtual camera from several sides, and real videos followed by BlazePose. F1 at
±50 and ±100 ms with one-to-one matching, sides ignored; then how often the side is right, and the error's median and
interquartile range. Clips whose labels cover only a part are scored within it.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.footsteps import baselines, mocap
from benchmarks.footsteps.scoring import EMPTY, Score, score
from benchmarks.options import machine, options
from common import media
from common.pose import PoseTrack, detect_pose
from footsteps.gait import find_footfalls
from footsteps.pipeline import MAX_FPS, MAX_SIDE

VIEWS = {"side": (90, -90), "oblique 45°": (45, -45, 135, -135), "front": (0,), "behind": (180,)}
HEIGHTS = (0.9, 1.6)  # m of the camera
SEEDS = 3
FPS, NOISE = 30.0, 2.0
TOLERANCES = (0.05, 0.1)
MARGIN = 0.25  # s around the labelled part in which a found step counts

Found = list[tuple[float, str]]


def project(track: PoseTrack) -> Found:
    return [(footfall.time, footfall.side) for footfall in find_footfalls(track)]


METHODS: dict[str, Callable[[PoseTrack], Found]] = {
    "project": project,
    "hip-heel": baselines.hip_heel,
    "  at 10 fps": baselines.hip_heel_10_fps,
    "Zeni 2008": baselines.zeni,
    "cadence": baselines.cadence,
}


def judge(found: Found, true: Found) -> list[Score]:
    """One score for each of TOLERANCES, within the labelled part."""
    first, last = true[0][0] - MARGIN, true[-1][0] + MARGIN
    inside = [one for one in found if first <= one[0] <= last]
    return [score(inside, true, tolerance) for tolerance in TOLERANCES]


def on_motion_capture(clips: list[mocap.Clip]) -> dict[str, dict[str, list[Score]]]:
    """Scores by view and method, over clips, cameras and seeds."""
    table: dict[str, dict[str, list[Score]]] = {}
    for view, azimuths in VIEWS.items():
        totals = {name: [EMPTY] * len(TOLERANCES) for name in METHODS}
        for clip in clips:
            for azimuth in azimuths:
                for height in HEIGHTS:
                    for seed in range(SEEDS):
                        track = mocap.film(clip, mocap.View(azimuth, height), FPS, NOISE, seed)
                        for name, find in METHODS.items():
                            now = judge(find(track), clip.strikes)
                            totals[name] = [a + b for a, b in zip(totals[name], now, strict=True)]
        table[view] = totals
    return table


def on_videos(gait: Path) -> dict[str, dict[str, list[Score]]]:
    """The same by video, whose strikes were marked by eye (±70 ms)."""
    labels: dict[str, Found] = {}
    with open(gait / "video_labels.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            labels.setdefault(row["file"], []).append((float(row["time_s"]), row["side"]))
    table = {}
    for name, true in labels.items():
        track = follow(gait / "video" / name)
        table[name] = {method: judge(find(track), true) for method, find in METHODS.items()}
    return table


def follow(video: Path) -> PoseTrack:
    """The track that the pipeline gets of a video."""
    info = media.probe(video)
    return detect_pose(media.frames(video, MAX_FPS, MAX_SIDE), "full", (info.width, info.height))


def standing(seconds: float = 10.0) -> dict[str, int]:
    """Steps found while somebody only stands and sways, over views and seeds: every one is wrong."""
    from footsteps.walker import Camera, Walk, track

    counts = dict.fromkeys(METHODS, 0)
    for seed in range(SEEDS):
        for x, y in ((0.0, -5.0), (3.5, -3.5), (5.0, 0.0)):
            walk = Walk(seconds, speed=0, seed=seed)
            seen, _ = track(walk, Camera((x, y, 1.3), (0.0, 0.0, 0.9), 900), FPS, NOISE, seed)
            for name, find in METHODS.items():
                counts[name] += len(find(seen))
    return counts


def row(scores: list[Score]) -> dict[str, float]:
    near, wide = scores
    errors = 1000 * np.array(wide.errors)
    spread = np.subtract(*np.percentile(errors, [75, 25])) if len(errors) else np.nan
    return {
        "f1_50ms": near.f1,
        "f1_100ms": wide.f1,
        "side_right": wide.sides / wide.sided if wide.sided else np.nan,
        "median_ms": float(np.median(errors)) if len(errors) else np.nan,
        "iqr_ms": float(spread),
        "strikes": wide.true,
    }


def main() -> None:
    chosen = options(__doc__)
    gait = chosen.data_folder("gait")
    if gait is None:
        return
    print(f"{machine()}; {FPS:.0f} fps, {NOISE:.0f} px noise, seeds 0 to {SEEDS - 1}\n")
    tables = on_motion_capture(mocap.load(gait)) | on_videos(gait)
    print(f"{'':28}{'method':12}{'F1 50 ms':>9}{'F1 100 ms':>10}{'side':>6}{'median':>8}{'IQR':>6}  strikes")
    report = {}
    for where, methods in tables.items():
        report[where] = {name: row(scores) for name, scores in methods.items()}
        for i, (name, r) in enumerate(report[where].items()):
            print(
                f"{where if i == 0 else '':28}{name:12}{r['f1_50ms']:9.2f}{r['f1_100ms']:10.2f}{r['side_right']:6.2f}"
                f"{r['median_ms']:5.0f} ms{r['iqr_ms']:6.0f}{r['strikes']:9}"
            )
    report["standing"] = standing()
    print("\nsteps found in 90 s of standing: " + ", ".join(f"{k.strip()} {v}" for k, v in report["standing"].items()))
    chosen.write(report)


if __name__ == "__main__":
    main()
