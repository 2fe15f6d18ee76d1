"""The example videos: rendered alike every time, a pose detector sees what is true, and the folder holds them."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from common.media import RATE, Frame, frames, loudness, probe, read_audio
from common.pose import LANDMARKS, detect_pose
from footsteps import walker
from footsteps.walker import EXAMPLES

EXAMPLE_FOLDER = Path(walker.__file__).parents[2] / "examples"


def test_pictures_are_the_same_every_time():
    example = EXAMPLES["oblique_snow"]
    one, two = (np.stack(list(islice(walker.frames(example), 2))) for _ in range(2))
    assert one.dtype == np.uint8 and one.shape == (2, 720, 1280, 3)
    assert np.array_equal(one, two)
    assert not np.array_equal(one[0], one[1])


@pytest.mark.parametrize("name", ["side_wood", "front_gravel"])
def test_blazepose_tracks_the_figure(name):
    """On a stretch of a side and of a front view: every frame, feet and knees within a few percent of the leg."""
    example = EXAMPLES[name]
    origin = {"side_wood": (-1.0, 0.0), "front_gravel": (0.0, 0.0)}[name]
    part = replace(example, walk=replace(example.walk, duration=1.4, start=0.0, stop=0.0, origin=origin))
    found = detect_pose(Frame(t, rgb) for t, rgb in zip(part.times, walker.frames(part), strict=True))
    seen = ~np.isnan(found.xy[:, 0, 0])
    assert seen.mean() >= 0.95
    true = part.camera.project(part.walk.pose(found.times))
    depth = part.camera.see(part.walk.pose(found.times)[:, LANDMARKS["left_hip"]])[:, 2]
    error = np.linalg.norm(found.xy - true, axis=2) / (part.camera.focal * part.walk.body.leg / depth)[:, None]
    for joint in ("hip", "knee", "ankle", "heel", "foot_index"):
        both = [LANDMARKS[f"{side}_{joint}"] for side in ("left", "right")]
        assert np.median(error[seen][:, both]) < 0.07, joint


def test_the_examples_in_the_folder_are_those_of_the_module():
    known = json.loads((EXAMPLE_FOLDER / "truth.json").read_text(encoding="utf-8"))
    assert known == {name: walker.truth(example) for name, example in EXAMPLES.items()}
    assert sum(path.stat().st_size for path in EXAMPLE_FOLDER.iterdir()) < 6e6
    for name, example in EXAMPLES.items():
        info = probe(EXAMPLE_FOLDER / f"{name}.mp4")
        assert (info.width, info.height) == example.camera.size
        assert info.duration == pytest.approx(example.walk.duration, abs=0.05)
        assert info.has_audio is example.sound
        shown = next(iter(frames(EXAMPLE_FOLDER / f"{name}.mp4"))).rgb.astype(float)
        drawn = next(walker.frames(example)).astype(float)
        lost = np.abs(shown - drawn)  # of 255, in coding
        assert lost.mean() < 6
        assert lost.max() < 100, f"{name}: a foot lies elsewhere; render the examples again"


def test_the_room_is_quiet_but_not_silent():
    sound = read_audio(EXAMPLE_FOLDER / "side_wood.mp4")
    assert -60 < loudness(sound, RATE) < -35
    assert np.abs(sound).max() < 0.1
