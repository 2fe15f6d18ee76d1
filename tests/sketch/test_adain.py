"""The baseline: a flat-filled sketch, and AdaIN with the published weights where they are on this machine."""

import cv2
import numpy as np
import pytest

from benchmarks.sketch import adain
from common.registry import Registry

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def published():
    if "missing" in (Registry().where("vgg-19"), Registry().where("adain-decoder")):
        pytest.skip("the weights of AdaIN are not on this machine")


def sheet(*shapes, size: int = 128) -> np.ndarray:
    lines = np.zeros((size, size), np.uint8)
    for points in shapes:
        cv2.polylines(lines, [np.array(points)], False, 1, 1)
    return lines.astype(np.float32)


def square(left: int, top: int, side: int) -> list[tuple[int, int]]:
    right, bottom = left + side, top + side
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]


def test_each_closed_region_has_one_colour_of_its_own_and_the_ground_is_white():
    lines = sheet(square(20, 20, 60), square(40, 40, 20), [(100, 10), (100, 120)])
    filled = adain.flat_fill(lines, 0)
    frame, window, left, right = filled[30, 30], filled[50, 50], filled[5, 5], filled[5, 120]
    assert (left == 255).all() and (right == 255).all()
    assert len({tuple(colour) for colour in (frame, window, left)}) == 3
    # Up to the lines, which are dark, there is nothing but these colours.
    shown = {tuple(colour) for colour in filled.reshape(-1, 3)}
    assert shown == {tuple(frame), tuple(window), tuple(left), (adain.INK,) * 3}
    assert (filled[lines == 1] == adain.INK).all() and (filled[21, 21:60] == frame).all()


def test_a_small_gap_is_closed_and_a_wide_one_is_open():
    for gap, closed in ((3, True), (40, False)):
        lines = sheet(square(30, 30, 70))
        lines[60 : 60 + gap, 30] = 0
        inside = adain.flat_fill(lines, 1)[80, 80]
        assert (inside == 255).all() != closed


def test_the_colours_follow_the_seed():
    lines = sheet(square(20, 20, 60))
    assert np.array_equal(adain.flat_fill(lines, 4), adain.flat_fill(lines, 4))
    assert not np.array_equal(adain.flat_fill(lines, 4), adain.flat_fill(lines, 5))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_blank_and_a_black_sheet(value):
    filled = adain.flat_fill(np.full((64, 96), value, np.float32), 0)
    assert filled.shape == (64, 96, 3) and (filled == (adain.INK if value else 255)).all()


def scene(height: int = 100, width: int = 130) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / 100
    return (np.stack([x, y, 0.5 + 0.5 * np.sin(9 * x)], axis=-1).clip(0, 1) * 255).astype(np.uint8)


def test_the_decoder_inverts_the_encoder(published):
    """True only if layers, order of channels and preprocessing of both are those that they were trained with."""
    content = scene()
    back = adain.stylise(content, content, alpha=0)
    assert back.shape == content.shape and back.dtype == np.uint8
    correlation = [np.corrcoef(back[..., i].ravel(), content[..., i].ravel())[0, 1] for i in range(3)]
    assert min(correlation) > 0.8


def test_the_style_brings_its_colours(published):
    y, x = np.mgrid[:96, :96]
    red = np.where((np.sin(x / 3 + y / 5) > 0)[..., None], (190, 30, 30), (240, 200, 60)).astype(np.uint8)
    means = adain.stylise(scene(), red).reshape(-1, 3).mean(axis=0)
    assert means[0] > means[1] > means[2]
    assert np.abs(means - red.reshape(-1, 3).mean(axis=0)).max() < 40


@pytest.mark.parametrize("alpha", [-0.1, 1.5, float("nan")])
def test_a_wrong_alpha_is_refused(alpha):
    with pytest.raises(ValueError, match="alpha"):
        adain.stylise(scene(), scene(), alpha)


def test_what_is_no_picture_is_refused():
    with pytest.raises(ValueError, match="style must be"):
        adain.stylise(scene(), scene()[..., 0])
