"""The simulated walker: bones keep their lengths, feet don't slide, and the footfalls are where the heels land."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from common.pose import LANDMARKS
from footsteps.walker import Walk
from footsteps.walker.gait_model import Body

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
