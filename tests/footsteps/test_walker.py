"""The rendered walker: bones keep their lengths, feet don't slide, and a pose detector sees what is true."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from common.media import RATE, Frame, frames, loudness, probe, read_audio
from common.pose import LANDMARKS, detect_pose
from footsteps import walker
from footsteps.gait_model import Body
from footsteps.walker import EXAMPLES, Camera, Walk, track

EXAMPLE_FOLDER = Path(walker.__file__).parents[1] / "examples"
RATE_3D = 400.0  # Hz
WALKS = {
    "walk": Walk(4),
    "slow": Walk(4, 0.7, 85),
    "fast": Walk(4, 1.8, 126),
    "run": Walk(4, 3.0, 166, running=True),
    "starts_and_stops": Walk(7, start=1, stop=1),
    "turns": Walk(5, turn=25, heading=40),
    "limps": Walk(5, 1.1, 100, limp=1),
    "uneven": Walk(5, variability=0.04, seed=3),
    "child": Walk(4, 0.9, 130, body=Body(0.6)),
}


def at(walk: Walk) -> np.ndarray:
    return np.arange(0, walk.duration, 1 / RATE_3D)


def between(points: np.ndarray, a: str, b: str) -> np.ndarray:
    return np.linalg.norm(points[:, LANDMARKS[a]] - points[:, LANDMARKS[b]], axis=1)


@pytest.mark.parametrize("name", WALKS)
def test_bones_keep_their_lengths(name):
    walk = WALKS[name]
    points = walk.pose(at(walk))
    bones = [("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("shoulder", "elbow"), ("elbow", "wrist")]
    for side in ("left", "right"):
        for a, b in bones:
            assert np.ptp(between(points, f"{side}_{a}", f"{side}_{b}")) < 1e-9
    assert np.allclose(between(points, "left_hip", "left_knee"), 0.245 * walk.body.leg / 0.53)  # Drillis & Contini


@pytest.mark.parametrize("name", WALKS)
def test_a_foot_on_the_ground_does_not_slide(name):
    walk = WALKS[name]
    t = at(walk)
    body = walk.skeleton(t)
    for foot, side in zip(body.feet, ("left", "right"), strict=True):
        for contact in walk.contacts(side):
            flat = (t >= contact.flat) & (t <= contact.heel_off)
            on = (t >= contact.strike) & (t <= contact.off)
            # The heel is the pivot until it leaves, then the tip of the toes is, to the last moment of the stance.
            heel = foot.heel[on & (t <= contact.heel_off)]
            toe = foot.toe[on & (t >= contact.flat)]
            for still in (heel, toe, foot.ball[flat], body.landmarks[flat][:, LANDMARKS[f"{side}_heel"]]):
                assert len(still) == 0 or np.ptp(still, axis=0).max() < 0.001
            assert len(heel) == 0 or abs(heel[:, 2]).max() < 0.001


@pytest.mark.parametrize("name", WALKS)
def test_nothing_goes_under_the_floor_or_jumps(name):
    walk = WALKS[name]
    body = walk.skeleton(at(walk))
    for foot in body.feet:
        assert min(part[:, 2].min() for part in (foot.heel, foot.ball, foot.toe)) > -0.001
    speed = np.linalg.norm(np.diff(body.landmarks, axis=0), axis=2) * RATE_3D
    # A stride in 0.38 of the cycle: 2.6 times as fast as the body on average, and not twice that at the most.
    assert speed.max() < 5.2 * walk.speed


def test_the_truth_is_when_the_heel_comes_down_to_stay():
    """Found again from the heel alone: the first instant of each stay below a tenth of a millimetre."""
    for walk in (WALKS["walk"], WALKS["run"], WALKS["starts_and_stops"], WALKS["uneven"]):
        t = np.arange(0, walk.duration, 0.001)
        body = walk.skeleton(t)
        for foot, side in zip(body.feet, ("left", "right"), strict=True):
            down = foot.heel[:, 2] < 1e-4
            found = t[1:][down[1:] & ~down[:-1]]
            true = [fall for fall in walk.truth if fall.side == side]
            assert np.allclose(found, [fall.time for fall in true], atol=0.003)
            for fall in true:
                landed = foot.heel[np.searchsorted(t, fall.time)]
                assert np.allclose(landed, fall.position, atol=0.001)


def test_footfalls_alternate_at_the_cadence_and_the_step_length():
    falls = Walk(6, 1.2, 100).truth
    assert [fall.side for fall in falls] == ["right", "left"] * (len(falls) // 2) + ["right"] * (len(falls) % 2)
    assert np.allclose(np.diff([fall.time for fall in falls]), 0.6)
    assert np.allclose(np.diff([fall.position[0] for fall in falls]), 0.72)


def test_walking_has_both_feet_down_at_times_and_running_neither():
    for walk, feet in ((WALKS["walk"], {1, 2}), (WALKS["run"], {0, 1})):
        t = at(walk)
        down = sum(
            np.any([(t >= c.strike) & (t <= c.off) for c in walk.contacts(side)], axis=0) for side in ("left", "right")
        )
        assert set(down) == feet


def test_knees_bend_as_published():
    """Perry & Burnfield: about 60 degrees in the swing, under 20 in mid-stance; Novacheck: about 90 in running."""
    for walk, low, high in ((Walk(4), 55, 72), (WALKS["run"], 80, 105)):
        points = walk.pose(at(walk))
        hip, knee, ankle = (points[:, LANDMARKS[f"left_{joint}"]] for joint in ("hip", "knee", "ankle"))
        bend = np.degrees(
            np.pi
            - np.arccos(
                np.sum((hip - knee) * (ankle - knee), 1)
                / np.linalg.norm(hip - knee, axis=1)
                / np.linalg.norm(ankle - knee, axis=1)
            )
        )
        assert low < bend.max() < high
        assert bend.min() < 12


def test_standing_sways_a_little_without_footfalls():
    walk = Walk(10, speed=0)
    points = walk.pose(at(walk))
    assert walk.truth == []
    assert 0.002 < np.ptp(points[:, LANDMARKS["left_hip"], 1]) < 0.04
    assert np.ptp(points[:, LANDMARKS["left_heel"]], axis=0).max() < 1e-9


def test_a_limp_makes_the_steps_uneven():
    falls = Walk(6, 1.1, 100, limp=1).truth
    gaps = np.diff([fall.time for fall in falls])
    onto_left = [gap for gap, fall in zip(gaps, falls[1:], strict=True) if fall.side == "left"]
    onto_right = [gap for gap, fall in zip(gaps, falls[1:], strict=True) if fall.side == "right"]
    assert max(onto_left) < 0.9 * min(onto_right)


@given(speed=st.floats(0.5, 1.5), cadence=st.floats(90, 130), heading=st.floats(-180, 180), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_any_walk_holds_together(speed, cadence, heading, seed):
    assume(speed * 60 / cadence < 0.85)  # longer steps can't be walked, and are refused
    walk = Walk(3, speed, cadence, heading=heading, variability=0.03, seed=seed)
    points = walk.pose(np.arange(0, 3, 0.02))
    assert np.isfinite(points).all()
    assert np.ptp(between(points, "right_knee", "right_ankle")) < 1e-9
    way = np.array([np.cos(np.radians(heading)), np.sin(np.radians(heading))])
    steps = np.diff([fall.position[:2] for fall in walk.truth], axis=0) @ way
    assert np.all(steps > 0.7 * walk.step_length)


@pytest.mark.parametrize(
    "wrong",
    [
        dict(duration=0),
        dict(speed=9),
        dict(cadence=10),
        dict(limp=2),
        dict(first="both"),
        dict(duration=3, start=1, stop=1),
        dict(speed=2.4, cadence=100),
    ],
)
def test_impossible_walks_are_refused(wrong):
    with pytest.raises(ValueError, match=r"expected|leaves|too long"):
        Walk(**wrong)


def test_the_camera_projects_like_a_pinhole():
    camera = Camera((0, -5, 1), (0, 0, 1), focal=800, size=(640, 480))
    assert np.allclose(camera.project(np.array([[0, 0, 1], [1, 0, 1], [0, 0, 2], [0, 5, 2]])), [
        [320, 240], [320 + 160, 240], [320, 240 - 160], [320, 240 - 80],
    ])  # fmt: skip
    assert np.isnan(camera.project(np.array([0, -6, 1]))).all()  # behind the camera


def test_a_panning_camera_keeps_the_walker_where_she_was():
    walk = Walk(4, origin=(-3, 0))
    for motion, still in (("pan", True), ("dolly", True), ("fixed", False)):
        camera = Camera((0, -6, 1.3), (-3, 0, 0.9), motion=motion, subject=walk)
        x = [camera.project(point, t)[0] for t, point in zip((0.0, 2.0, 3.9), walk.travelled([0, 2, 3.9]), strict=True)]
        assert bool(np.ptp(x) < 5) is still
    with pytest.raises(ValueError, match="subject"):
        Camera((0, -6, 1), (0, 0, 1), motion="pan")


def test_a_track_is_the_projection_with_noise_of_the_given_size():
    walk, camera = Walk(3, origin=(-2, 0)), Camera((0, -8, 1), (0, 0, 1))
    clean, falls = track(walk, camera, fps=25)
    noisy, _ = track(walk, camera, fps=25, noise_px=2, seed=1)
    again, _ = track(walk, camera, fps=25, noise_px=2, seed=1)
    assert clean.xy.shape == (75, 33, 2)
    assert np.allclose(clean.xy[50], camera.project(walk.pose(2.0)))
    assert np.std(noisy.xy - clean.xy) == pytest.approx(2, rel=0.05)
    assert np.array_equal(noisy.xy, again.xy)
    assert falls == walk.truth


def test_nobody_is_seen_and_nothing_falls_outside_the_picture():
    walk = Walk(6, 1.4, origin=(-8, 0))
    seen, falls = track(walk, Camera((0, -6, 1), (0, 0, 1)), fps=10)
    assert np.isnan(seen.xy[0]).all() and not seen.visibility[0].any()
    assert np.isfinite(seen.xy[-1]).all()
    assert 0 < len(falls) < len(walk.truth)


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
        assert np.abs(shown - drawn).mean() < 6  # of 255: what coding loses


def test_the_room_is_quiet_but_not_silent():
    sound = read_audio(EXAMPLE_FOLDER / "side_wood.mp4")
    assert -60 < loudness(sound, RATE) < -35
    assert np.abs(sound).max() < 0.1
