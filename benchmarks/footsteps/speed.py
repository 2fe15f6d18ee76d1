"""Seconds and memory for a clip, stage by stage: `python -m benchmarks.footsteps.speed [--seconds 10] [--json PATH]`.

The clip is a rendered walker, 1920x1080 at 30 fps with camera noise, about as heavy to decode as a phone's. Beside the
pipeline stands the old way: one pass over the whole picture for the landmarks, another for the scene, one step at a
time made, panned and added, and the video encoded anew. The pose model by itself is timed as well: it sees every frame,
one after another, so no way can be faster than it. Each way runs in a process of its own, so that the peak memory
is its own; imports and the loading of models count.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options

SIZE, FPS = (1920, 1080), 30
GRAIN = 3.0  # standard deviation, of 255; the clip then has 17 Mbit/s, as phones record


def clip(path: Path, seconds: float) -> None:
    """Write the walker's video: rendered at 720p, enlarged, with noise of its own in each picture."""
    import cv2

    from common.media import RATE, encode
    from footsteps.walker import EXAMPLES, frames, room_tone

    example = EXAMPLES["side_wood"]
    small = list(frames(example))
    rng = np.random.default_rng(0)
    grain = rng.normal(0, GRAIN, (SIZE[1] + 64, SIZE[0] + 64, 1)).astype(np.int8)

    def pictures():
        for i in range(round(seconds * FPS)):
            # Forth and back, so that the clip may be longer than the walk without a jump.
            there = i % (2 * len(small) - 2)
            large = cv2.resize(small[min(there, 2 * len(small) - 2 - there)], SIZE, interpolation=cv2.INTER_LINEAR)
            y, x = rng.integers(0, 64, 2)
            yield np.clip(large.astype(np.int16) + grain[y : y + SIZE[1], x : x + SIZE[0]], 0, 255).astype(np.uint8)

    encode(path, pictures(), FPS, room_tone(seconds, RATE, 0))


def project(video: Path, folder: Path) -> dict[str, float]:
    from footsteps import pipeline

    detection, result = pipeline.generate(video, pipeline.Settings(), folder)
    stages = dict(detection.seconds)
    for stage, seconds in result.seconds.items():
        stages[stage] = round(stages.get(stage, 0.0) + seconds, 3)
    return stages


def old_way(video: Path, folder: Path) -> dict[str, float]:
    """The same models and sounds, without what the pipeline does to be fast."""
    from common import media
    from common.pose import PoseDetector
    from footsteps import export, gait, pipeline, scene, sound, spatial
    from footsteps.validate import validate

    watch = pipeline.Stopwatch()
    with watch("validate"):
        info, _ = validate(video)
    with watch("detect"):
        with PoseDetector("full") as detector:
            for frame in media.frames(video):
                detector.add(frame)
        track = detector.track()
        footfalls = gait.find_footfalls(track)
    with watch("analyse"):
        pictures = [frame.rgb for frame in media.frames(video)][:: max(1, int(info.fps))]
        scene.describe(pictures)
    steps = spatial.place(footfalls, track.size, pipeline.USUAL_SURFACE, pipeline.USUAL_FOOTWEAR)
    with watch("generate"):
        sounds = [sound.get("procedural").synthesize([step], 0)[0] for step in steps]
    with watch("place"):
        walk = sum(spatial.mix([one], [step], info.duration) for one, step in zip(sounds, steps, strict=True))
        mixed, _ = spatial.master(walk, media.read_audio(video), 0.5)
    with watch("export"):
        media.encode(folder / "old.mp4", (frame.rgb for frame in media.frames(video)), info.fps, mixed)
        media.write_wav(folder / "old.wav", mixed)
        (folder / "old.csv").write_text(export.to_csv(steps), encoding="utf-8")
    return watch.seconds


def pose_alone(video: Path, count: int = 60) -> float:
    """Milliseconds that the pose model takes for a frame when nothing else runs."""
    from common import media
    from common.pose import PoseDetector
    from footsteps.pipeline import MAX_FPS, MAX_SIDE

    pictures = [frame for _, frame in zip(range(count), media.frames(video, MAX_FPS, MAX_SIDE), strict=False)]
    with PoseDetector("full") as detector:
        detector.add(pictures[0])
        begun = time.perf_counter()
        for picture in pictures[1:]:
            detector.add(picture)
        return (time.perf_counter() - begun) / (len(pictures) - 1) * 1000


WAYS = {"project": project, "old way": old_way}


def measure(way: str, video: Path) -> dict[str, float]:
    """Run one way in a fresh process: seconds by stage, total from the start of the process, peak memory in MB."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.footsteps.speed", "--way", way, "--video", str(video)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    total = time.perf_counter() - start
    return json.loads(done.stdout.splitlines()[-1]) | {"total": round(total, 3)}


def main() -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=10.0, help="length of the clip")
        parser.add_argument("--video", type=Path, help="a clip of your own")
        parser.add_argument("--runs", type=int, default=3, help="of each way; the fastest counts")
        parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)

    chosen = options(__doc__, arguments)
    given = chosen.arguments
    with tempfile.TemporaryDirectory() as folder:
        if given.way:
            stages = WAYS[given.way](given.video, Path(folder))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(json.dumps(stages | {"peak_mb": round(peak)}))
            return
        video = given.video
        if video is None:
            video = Path(folder) / "clip.mp4"
            clip(video, given.seconds)
        runs = {way: min((measure(way, video) for _ in range(given.runs)), key=lambda r: r["total"]) for way in WAYS}
        alone = round(pose_alone(video), 1)
    what = given.video.name if given.video else f"{given.seconds:g} s, {SIZE[0]}x{SIZE[1]}, {FPS} fps"
    print(f"{what}; {machine()}; fastest of {given.runs}, seconds\n")
    print(f"{'':12}" + "".join(f"{way:>12}" for way in runs))
    for stage in runs["project"]:
        unit = " MB" if stage == "peak_mb" else ""
        print(f"{stage:12}" + "".join(f"{run.get(stage, 0):12.2f}" for run in runs.values()) + unit)
    print(f"\nthe pose model alone: {alone} ms a frame")
    chosen.write(runs | {"pose_alone_ms": alone})


if __name__ == "__main__":
    main()
