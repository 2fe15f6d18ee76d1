"""The camera: points and footfalls in the picture are the projection of those in the world."""

import numpy as np
import pytest

from footsteps.walker import Camera, Walk, track


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
