"""BlazePose itself is run, on a drawn walker whose place in the picture is known."""

import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest

from common.media import Frame
from common.pose import LANDMARKS, PoseDetector, PoseTrack, detect_pose

WIDTH, HEIGHT = 640, 360
LEG = 130.0  # hip to ankle, pixels


def walker(x: float, phase: float) -> np.ndarray:
    """A person in profile, walking to the right, with the hips at (x, 190)."""
    picture = np.full((HEIGHT, WIDTH, 3), (205, 205, 200), np.uint8)
    picture[317:] = (120, 115, 105)
    skin, shirt, trousers, shoe, hair = (224, 172, 140), (60, 90, 170), (45, 45, 60), (25, 25, 25), (50, 35, 25)

    def limb(start, end, thickness, colour, shade=1.0) -> None:
        ends = [tuple(int(v) for v in point) for point in (start, end)]
        cv2.line(picture, *ends, [v * shade for v in colour], int(thickness * LEG), cv2.LINE_AA)

    def along(angle: float, length: float) -> np.ndarray:
        return LEG * length * np.array([np.sin(angle), np.cos(angle)])

    hip = np.array([x, 190.0])
    shoulder = hip + LEG * np.array([0.02, -0.66])
    for near, shade in ((-1, 0.75), (1, 1.0)):
        thigh = near * np.sin(phase) * 0.42
        knee = hip + along(thigh + 0.08, 0.5)
        ankle = knee + along(thigh - 0.12 - max(0, -near * np.cos(phase)) * 0.5, 0.5)
        limb(hip, knee, 0.19, trousers, shade)
        limb(knee, ankle, 0.13, trousers, shade)
        limb(ankle + LEG * np.array([-0.04, 0.05]), ankle + LEG * np.array([0.2, 0.06]), 0.09, shoe, shade)
        if near > 0:
            limb(hip, shoulder, 0.33, shirt)
        elbow = shoulder + along(-thigh * 0.9, 0.32)
        limb(shoulder, elbow, 0.11, shirt, shade + 0.2)
        limb(elbow, elbow + along(0.35 - thigh * 0.5, 0.3), 0.08, skin, shade)
    head = shoulder + LEG * np.array([0.05, -0.27])
    limb(shoulder, head, 0.12, skin)
    for centre, axes, colour in ((head, (16, 20), skin), (head - LEG * np.array([0.04, 0.06]), (16, 16), hair)):
        cv2.ellipse(picture, tuple(int(v) for v in centre), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    return picture


TIMES = np.arange(24) / 60
HIPS = 200 + 600 * TIMES


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return [Frame(float(time), walker(x, 12 * time)) for time, x in zip(TIMES, HIPS, strict=True)]


@pytest.fixture(scope="module")
def track(frames) -> PoseTrack:
    return detect_pose(frames)


def hips(track: PoseTrack) -> np.ndarray:
    return (track.xy[:, LANDMARKS["left_hip"]] + track.xy[:, LANDMARKS["right_hip"]]) / 2


def test_the_walker_is_found_where_it_was_drawn(track):
    assert track.size == (WIDTH, HEIGHT)
    assert np.array_equal(track.times, TIMES)
    assert np.abs(hips(track) - np.stack([HIPS, np.full(len(HIPS), 190)], axis=1)).max() < 0.15 * LEG
    assert (track.visibility >= 0).all() and (track.visibility <= 1).all()
    # A face that looks to the right, above feet on the ground.
    assert (track.xy[:, LANDMARKS["nose"], 0] > hips(track)[:, 0]).all()
    assert (track.xy[:, LANDMARKS["left_heel"], 1] > 290).all()


def test_pixels_are_those_of_the_original_when_frames_are_smaller(frames, track):
    small = [Frame(frame.time, cv2.resize(frame.rgb, None, fx=0.5, fy=0.5)) for frame in frames]
    halved = detect_pose(small, size=(WIDTH, HEIGHT))
    assert halved.size == (WIDTH, HEIGHT)
    assert np.median(np.abs(hips(halved) - hips(track))) < 0.03 * LEG
    assert detect_pose(small[:1]).size == (WIDTH // 2, HEIGHT // 2)


def test_lite_finds_the_same_walker(frames, track):
    lite = detect_pose(frames, "lite")
    assert np.median(np.abs(hips(lite) - hips(track))) < 0.05 * LEG
    assert not np.array_equal(lite.xy, track.xy)


def test_the_same_frames_give_the_same_track(frames, track):
    again = detect_pose(frames)
    assert np.array_equal(again.xy, track.xy) and np.array_equal(again.visibility, track.visibility)


def test_nobody_is_nan_and_a_gap_is_left_open(frames):
    empty = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    alone = detect_pose([Frame(0.0, empty), Frame(0.04, empty)])
    assert np.isnan(alone.xy).all() and (alone.visibility == 0).all()
    middle = range(8, 14)
    gap = detect_pose([Frame(f.time, empty) if i in middle else f for i, f in enumerate(frames)])
    seen = np.isfinite(gap.xy[:, 0, 0])
    assert not seen[list(middle)].any() and seen[:8].all() and seen[-1]


def test_a_view_with_strides_is_the_picture_it_shows(frames, track):
    turned = [Frame(f.time, np.ascontiguousarray(f.rgb[:, ::-1])[:, ::-1]) for f in frames]
    assert np.array_equal(detect_pose(turned).xy, track.xy)


def test_times_closer_than_a_millisecond_are_kept(frames):
    times = [0.0, 0.0002, 0.0004, 0.5]
    assert detect_pose([Frame(t, frames[0].rgb) for t in times]).times.tolist() == times


def test_times_must_rise(frames):
    with PoseDetector() as detector:
        detector.add(Frame(0.1, frames[0].rgb))
        with pytest.raises(ValueError, match="rise"):
            detector.add(Frame(0.1, frames[0].rgb))
        assert len(detector.track().times) == 1


@pytest.mark.parametrize("rgb", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_another_form_of_picture_is_refused(rgb):
    with PoseDetector() as detector, pytest.raises(ValueError, match="HxWx3 uint8"):
        detector.add(Frame(0.0, rgb))


def test_no_frames_and_no_size_is_refused_but_a_size_is_enough():
    with pytest.raises(ValueError, match="no frame"):
        detect_pose([])
    assert detect_pose([], size=(4, 3)).xy.shape == (0, 33, 2)


def test_an_unknown_variant_names_the_known():
    with pytest.raises(ValueError, match=r"'heavy'.*full, lite"):
        PoseDetector("heavy")


def test_frames_are_added_only_inside_with(frames):
    with pytest.raises(RuntimeError, match="with"):
        PoseDetector().add(frames[0])


def test_the_landmarks_are_mediapipes():
    from mediapipe.tasks.python.vision.pose_landmarker import PoseLandmark

    ours = {name.upper(): index for name, index in LANDMARKS.items()}
    assert ours == {mark.name: mark.value for mark in PoseLandmark}


def test_importing_the_module_does_not_import_mediapipe():
    code = "import sys, common.pose; print('mediapipe' in sys.modules, 'torch' in sys.modules, 'cv2' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False"] * 3


def arrays(count: int = 3) -> dict:
    return {
        "times": np.arange(count) / 30,
        "xy": np.zeros((count, 33, 2)),
        "visibility": np.zeros((count, 33)),
        "size": (64, 48),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("times", np.zeros((3, 1))),
        ("times", np.array([0.0, 0.2, 0.1])),
        ("times", np.array([0.0, 0.1, np.nan])),
        ("xy", np.zeros((3, 32, 2))),
        ("xy", np.zeros((2, 33, 2))),
        ("visibility", np.zeros((3, 33, 1))),
        ("size", (0, 48)),
    ],
)
def test_a_track_refuses_arrays_that_do_not_agree(name, value):
    with pytest.raises(ValueError, match=name):
        PoseTrack(**(arrays() | {name: value}))


def test_a_track_keeps_the_type_of_its_numbers():
    single = PoseTrack(**(arrays() | {"xy": np.zeros((3, 33, 2), np.float32), "times": [0, 1, 2]}))
    assert single.xy.dtype == np.float32 and single.times.dtype == np.float64
    assert PoseTrack(**arrays()).xy.dtype == np.float64
    assert all(later > earlier for earlier, later in pairwise(single.times))
