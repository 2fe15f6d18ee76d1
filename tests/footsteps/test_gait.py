"""Footfalls against walks whose footfalls are known exactly."""

import numpy as np
import pytest

from common.pose import LANDMARKS, PoseTrack
from footsteps.gait import find_footfalls, leg_signals
from footsteps.walker import Camera, Walk, track

SIDE, OBLIQUE = Camera((0, -6, 1.3), (0, 0, 0.9), 900), Camera((4.2, -4.2, 1.4), (0, 0, 0.9), 900)
FRONT, BEHIND = Camera((5.5, 0, 1.4), (0, 0, 0.9), 900), Camera((-5.5, 0, 1.4), (0, 0, 0.9), 900)
WALK = Walk(6.0, 1.2, 108, origin=(-3.4, 0), variability=0.03, seed=3)
RUN = Walk(4.0, 2.6, 165, running=True, origin=(-5.0, 0), seed=4)


def compare(walk, seen, tolerance=0.05):
    """Matches within `tolerance`: (true positives, found, true, sides that agree, errors in s).

    Strikes within 0.1 s of the first or last frame with legs in it don't count, found or not: half of the sign is
    missing there.
    """
    first, last = seen.times[np.isfinite(seen.xy[:, LANDMARKS["left_heel"], 0])][[0, -1]] + [0.1, -0.1]
    true = [fall for fall in walk.truth if first < fall.time < last]
    pairs = [(one, min(walk.truth, key=lambda fall: abs(fall.time - one.time))) for one in find_footfalls(seen)]
    pairs = [(one, fall) for one, fall in pairs if first < fall.time < last]
    hits = [(one, fall) for one, fall in pairs if abs(one.time - fall.time) <= tolerance]
    assert len({fall.time for _, fall in hits}) == len(hits), "two footfalls for one strike"
    return len(hits), len(pairs), len(true), [a.side == b.side for a, b in hits], [a.time - b.time for a, b in hits]


@pytest.mark.parametrize("camera", [SIDE, OBLIQUE, FRONT, BEHIND], ids=["side", "oblique", "front", "behind"])
@pytest.mark.parametrize("walk", [WALK, RUN], ids=["walk", "run"])
def test_every_strike_is_found_from_every_side(walk, camera):
    seen, _ = track(walk, camera, 30, 2.0, seed=1)
    near, *_ = compare(walk, seen, tolerance=0.05)
    hits, found, true, sides, errors = compare(walk, seen, tolerance=0.1)
    assert true >= 7
    assert 2 * hits / (found + true) >= 0.98
    assert 2 * near / (found + true) >= 0.9
    assert np.mean(sides) >= 0.95
    assert abs(np.median(errors)) <= 0.015


@pytest.mark.parametrize("camera", [SIDE, FRONT], ids=["side", "front"])
def test_a_runner_is_told_from_a_walker(camera):
    for walk, running in ((WALK, False), (RUN, True)):
        seen, _ = track(walk, camera, 30, 1.0, seed=2)
        flags = [footfall.running for footfall in find_footfalls(seen)]
        assert np.mean([flag == running for flag in flags]) > 0.8


@pytest.mark.parametrize("seed", range(4))
def test_no_step_is_invented_while_somebody_stands(seed):
    still = Walk(10.0, speed=0, seed=seed)
    for camera in (SIDE, OBLIQUE, FRONT):
        seen, _ = track(still, camera, 30, 2.0, seed=seed)
        assert find_footfalls(seen) == []


def test_no_step_before_the_walk_starts_or_after_it_stops():
    walk = Walk(7.0, 1.2, 110, start=1.5, stop=1.5, origin=(-2.5, 0), seed=6)
    seen, _ = track(walk, SIDE, 30, 1.5, seed=6)
    first, last = walk.truth[0].time, walk.truth[-1].time
    found = find_footfalls(seen)
    assert len(found) >= len(walk.truth) - 1
    assert all(first - 0.15 < footfall.time < last + 0.15 for footfall in found)


@pytest.mark.parametrize("fps", [12, 24, 60])
def test_the_frame_rate_does_not_matter(fps):
    seen, _ = track(WALK, SIDE, fps, 1.5, seed=5)
    hits, found, true, _, _ = compare(WALK, seen, tolerance=0.05 if fps > 20 else 0.1)
    assert 2 * hits / (found + true) >= 0.95


def test_uneven_frames_give_the_same_times():
    rng = np.random.default_rng(0)
    even, _ = track(WALK, SIDE, 60, 0.0, seed=0)
    kept = np.sort(rng.choice(len(even.times), len(even.times) // 2, replace=False))
    uneven = PoseTrack(even.times[kept], even.xy[kept], even.visibility[kept], even.size)
    a, b = find_footfalls(even), find_footfalls(uneven)
    assert [one.side for one in a] == [one.side for one in b]
    assert np.abs(np.subtract([one.time for one in a], [one.time for one in b])).max() < 0.02


def test_a_short_gap_is_bridged_and_a_long_one_is_left_out():
    seen, _ = track(WALK, SIDE, 30, 1.0, seed=7)

    def without(start, end):
        xy = seen.xy.copy()
        xy[(seen.times > start) & (seen.times < end)] = np.nan
        return PoseTrack(seen.times, xy, seen.visibility, seen.size)

    whole = find_footfalls(seen)
    assert len(find_footfalls(without(2.0, 2.15))) == len(whole)
    assert len(leg_signals(without(2.0, 2.15))) == 1
    gap = without(2.0, 3.5)
    assert len(leg_signals(gap)) == 2
    assert not [one for one in find_footfalls(gap) if 2.05 < one.time < 3.45]


def test_a_tracker_that_goes_over_to_somebody_else_parts_the_track():
    seen, _ = track(WALK, SIDE, 30, 1.0, seed=7)
    xy = seen.xy.copy()
    xy[seen.times > 3.0] += [400.0, 60.0]
    first, second = leg_signals(PoseTrack(seen.times, xy, seen.visibility, seen.size))
    assert first.times[-1] <= 3.0 < second.times[0]


def test_legs_swapped_for_some_frames_do_not_add_steps():
    seen, _ = track(WALK, SIDE, 30, 1.5, seed=8)
    left = [index for name, index in LANDMARKS.items() if name.startswith("left_")]
    right = [LANDMARKS[name.replace("left_", "right_")] for name in LANDMARKS if name.startswith("left_")]
    xy = seen.xy.copy()
    for start in (40, 75, 120):
        xy[start : start + 4, left], xy[start : start + 4, right] = (
            seen.xy[start : start + 4, right],
            seen.xy[start : start + 4, left],
        )
    hits, found, true, _, _ = compare(WALK, PoseTrack(seen.times, xy, seen.visibility, seen.size))
    assert 2 * hits / (found + true) >= 0.9


def test_only_the_legs_are_needed():
    seen, _ = track(WALK, SIDE, 30, 1.0, seed=9)
    xy = seen.xy.copy()
    xy[:, :23] = np.nan
    assert find_footfalls(PoseTrack(seen.times, xy, seen.visibility, seen.size)) == find_footfalls(seen)


def test_place_and_size_are_those_of_the_foot():
    seen, _ = track(WALK, OBLIQUE, 30, 0.0)
    for footfall in find_footfalls(seen):
        frame = int(np.argmin(np.abs(seen.times - footfall.time)))
        heel, toe = (seen.xy[frame, LANDMARKS[f"{footfall.side}_{part}"]] for part in ("heel", "foot_index"))
        reach = np.linalg.norm(toe - heel)
        assert np.hypot(*(np.array([footfall.x, footfall.y]) - (heel + toe) / 2)) < reach
        hip, ankle = (seen.xy[frame, LANDMARKS[f"{footfall.side}_{part}"]] for part in ("hip", "ankle"))
        assert footfall.scale == pytest.approx(np.linalg.norm(hip - ankle), rel=0.15)
        assert 0 < footfall.confidence <= 1


def test_moving_the_camera_or_the_picture_changes_nothing():
    seen, _ = track(WALK, SIDE, 30, 0.0)
    drift = np.column_stack([40 * np.sin(seen.times), 10 * np.cos(seen.times)])[:, None]
    moved = PoseTrack(seen.times, 1.7 * (seen.xy + drift), seen.visibility, (2200, 1300))
    still = find_footfalls(seen)
    shaken = find_footfalls(moved)
    assert [one.side for one in still] == [one.side for one in shaken]
    assert np.abs(np.subtract([one.time for one in still], [one.time for one in shaken])).max() < 0.03


@pytest.mark.parametrize("frames", [0, 1, 2, 10])
def test_a_track_too_short_for_a_step_gives_none(frames):
    seen, _ = track(WALK, SIDE, 30, 0.0)
    short = PoseTrack(seen.times[:frames], seen.xy[:frames], seen.visibility[:frames], seen.size)
    assert find_footfalls(short) == []


def test_nobody_gives_no_footfall():
    count = 60
    nobody = PoseTrack(np.arange(count) / 30, np.full((count, 33, 2), np.nan), np.zeros((count, 33)), (640, 480))
    assert find_footfalls(nobody) == []
