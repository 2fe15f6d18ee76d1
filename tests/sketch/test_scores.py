"""Scores of pictures whose distance is known, because the tests draw them."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common import vgg
from common.device import CACHE, Device
from common.registry import Registry
from common.vgg import VGG19
from sketch import scores
from sketch.scores import edges, structure, style

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def no_weights(monkeypatch, tmp_path):
    """No test depends on which weights this machine has; those that want them ask."""
    here = Registry().where("vgg-19") != "missing"
    monkeypatch.setenv("DEMO_WEIGHTS_DIR", str(tmp_path))
    monkeypatch.setenv("DEMO_WEIGHTS_CACHE", str(tmp_path))
    yield here
    CACHE.clear()


@pytest.fixture(scope="module")
def random_vgg() -> VGG19:
    """A network with random weights: its Gram matrices tell textures apart too (Ustyuzhaninov et al. 2016)."""
    torch.manual_seed(0)
    return VGG19(vgg.network(), Device("cpu", "float32", "test"))


def drawing(size: int = 256, shift: int = 0, width: float = 1.5) -> np.ndarray:
    """Prepared lines: a house with a round window, lines of the width of the house's convention."""
    sheet, unit = np.zeros((size * 4, size * 4), np.uint8), size * 4 / 256
    stroke = round(width * unit)

    def at(*points: tuple[int, int]) -> np.ndarray:
        return ((np.array(points) + shift) * unit).astype(np.int32)

    cv2.polylines(sheet, [at((60, 120), (60, 210), (190, 210), (190, 120))], True, 255, stroke)
    cv2.polylines(sheet, [at((50, 120), (125, 50), (200, 120))], False, 255, stroke)
    cv2.circle(sheet, at((125, 160))[0].tolist(), round(22 * unit), 255, stroke)
    return cv2.resize(sheet, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def painted(lines: np.ndarray, ink=(30, 30, 40), paper=(240, 235, 220)) -> np.ndarray:
    strength = lines[..., None]
    return (np.array(paper) * (1 - strength) + np.array(ink) * strength).astype(np.uint8)


# Structure


LOOKS = {
    "ink": ((30, 30, 40), (240, 235, 220)),
    "pale": ((225, 222, 215), (240, 237, 230)),
    "dark": ((40, 45, 60), (15, 15, 25)),
    "blueprint": ((235, 240, 250), (25, 60, 140)),
    "one lightness": ((200, 90, 90), (55, 143, 92)),  # L 53, red on green
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("size", [256, 512])
def test_a_render_that_keeps_the_lines_scores_high_in_every_look(look, size):
    lines = drawing(size)
    score = structure(lines, painted(lines, *LOOKS[look]))
    assert score.f1 > 0.95 and score.precision > 0.95 and score.recall > 0.95


def test_colours_that_meet_at_the_lines_keep_them_without_a_stroke():
    lines = drawing()
    closed = lines >= 0.5
    _, regions = cv2.connectedComponents((~closed).astype(np.uint8), connectivity=4)
    colours = np.random.default_rng(0).integers(40, 220, (regions.max() + 1, 3)).astype(np.uint8)
    colours[0] = colours[1]  # the strokes take the colour of the paper
    score = structure(lines, colours[regions])
    # The roof beyond the walls is no boundary of two colours, all else is.
    assert score.precision > 0.95 and 0.75 < score.recall < 1


def test_lines_in_another_place_score_low():
    lines = drawing()
    assert structure(lines, painted(drawing(shift=9))).f1 < 0.35


def test_the_tolerance_grows_with_the_size():
    # A stroke's edge is one pixel from the line already. Lines along the shift keep their places in any case.
    for size, near, far in ((256, 1, 4), (512, 2, 8)):
        lines = drawing(size)
        assert structure(lines, painted(np.roll(lines, near, 0))).f1 > 0.95
        assert structure(lines, painted(np.roll(lines, far, 0))).f1 < 0.75


def test_what_is_added_costs_precision_and_what_is_lost_costs_recall():
    lines = drawing()
    half = lines.copy()
    half[:128] = 0
    lost, added = structure(lines, painted(half)), structure(half, painted(lines))
    assert lost.precision > 0.95 and lost.recall < 0.7
    assert added.recall > 0.95 and added.precision < 0.8
    assert lost.f1 == pytest.approx(2 * lost.precision * lost.recall / (lost.precision + lost.recall))


def test_a_texture_over_the_whole_sheet_does_not_earn_the_lines():
    lines = drawing()
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    score = structure(lines, noise)
    assert score.recall > 0.8  # by chance there is an edge near every line
    assert score.precision < 0.2 and score.f1 < 0.35


def test_grain_does_not_hide_the_lines():
    lines = drawing()
    grain = np.random.default_rng(0).normal(0, 8, (256, 256, 3))
    assert structure(lines, np.clip(painted(lines) + grain, 0, 255).astype(np.uint8)).f1 > 0.95


def test_the_padding_does_not_count():
    lines, box = np.zeros((256, 320), np.float32), (40, 0, 296, 256)
    lines[:, 40:296] = drawing()
    render = np.full((256, 320, 3), 240, np.uint8)
    render[:, 40:296] = painted(drawing())
    clean = structure(lines, render, box)
    dirty = render.copy()
    dirty[:, :30:5] = 0
    assert structure(lines, dirty, box) == clean
    assert structure(lines, dirty).precision < clean.precision
    assert structure(lines, render[:, 40:296], box) == clean  # the padding is cut off already


def test_transparent_parts_are_white():
    lines = drawing()
    rgba = np.zeros((256, 256, 4), np.uint8)
    rgba[..., 3] = lines * 255
    assert structure(lines, rgba).f1 > 0.95


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_has_no_edges(value):
    blank = np.full((256, 256, 3), value, np.uint8)
    assert not edges(blank).any()
    assert structure(drawing(), blank) == scores.StructureScore(0, 0, 0)
    assert structure(np.zeros((256, 256), np.float32), painted(drawing())) == scores.StructureScore(0, 0, 0)


def test_the_steps_of_eight_bits_are_no_edges():
    ramp = np.linspace(100, 140, 256)[None, :, None].repeat(256, 0).repeat(3, 2).astype(np.uint8)
    assert not edges(ramp).any()


@pytest.mark.parametrize(
    ("shape", "box", "said"),
    [
        ((256, 256, 3), (0, 0, 300, 256), "box"),
        ((256, 256, 3), (20, 0, 20, 256), "box"),
        ((128, 128, 3), None, "fits neither"),
        ((256, 256), None, "a picture must be"),
    ],
)
def test_sizes_that_do_not_fit_are_told(shape, box, said):
    with pytest.raises(ValueError, match=said):
        structure(drawing(), np.zeros(shape, np.uint8), box)


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40), channels=st.sampled_from([3, 4]), seed=st.integers(0, 99))
def test_any_picture_gets_a_score(height, width, channels, seed):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, channels)).astype(np.uint8)
    lines = (rng.random((height, width)) > 0.9).astype(np.float32)
    score = structure(lines, picture)
    assert 0 <= min(score.precision, score.recall, score.f1) <= max(score.precision, score.recall, score.f1) <= 1
    found = style(picture, picture)
    assert found.palette == 0


# Style


def texture(kind: str, colour=(60, 90, 160), seed: int = 0, size: int = 192) -> np.ndarray:
    """Stripes, dots or a flat wash on a light ground, at a random phase."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] + rng.uniform(0, 50, 2)[:, None, None]
    mask = {"stripes": np.sin(x * 0.7) > 0, "dots": np.sin(x * 0.7) * np.sin(y * 0.7) > 0.3, "flat": x > 1e9}[kind]
    return np.where(mask[..., None], np.array(colour), (235, 230, 220)).astype(np.uint8)


def test_a_texture_is_nearer_to_itself_at_another_place_than_to_another(random_vgg):
    stripes = texture("stripes")
    same, other = (style(texture(kind, seed=5), stripes, vgg=random_vgg) for kind in ("stripes", "dots"))
    assert same.gram < 0.5 * other.gram and same.total < other.total


def test_colours_are_told_apart_at_one_texture(random_vgg):
    blue = texture("stripes")
    near, far = (style(texture("stripes", colour), blue, vgg=random_vgg) for colour in ((70, 95, 150), (200, 60, 40)))
    assert near.palette < 0.3 * far.palette and near.total < far.total


def test_the_palette_is_in_lab_units():
    # In Lab, greys differ in L alone. Of a shift along one axis the directions see half on average.
    dark, light = (np.full((64, 64, 3), round(255 * grey), np.uint8) for grey in (0.2, 0.6))
    lab = [cv2.cvtColor(np.float32(picture[:1, :1]) / 255, cv2.COLOR_RGB2LAB)[0, 0, 0] for picture in (dark, light)]
    assert style(dark, light).palette == pytest.approx(lab[1] - lab[0], rel=0.02)


def test_a_picture_is_no_distance_from_itself_and_its_size_does_not_matter(random_vgg):
    small = texture("dots", size=192)
    assert style(small, small, vgg=random_vgg) == scores.StyleScore(0, 0, 0, "")
    large = cv2.resize(small, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    assert style(large, small, vgg=random_vgg).total < 0.05


def test_a_sheet_of_two_textures_is_nearest_to_their_blend(random_vgg):
    stripes, wash = texture("stripes", (170, 40, 60)), texture("flat")
    sheet = np.concatenate([stripes[:, :96], wash[:, :96]], axis=1)
    both = style(sheet, [stripes, wash], vgg=random_vgg)
    for single in (stripes, wash):
        alone = style(sheet, single, vgg=random_vgg)
        assert both.gram < 0.5 * alone.gram and both.palette < 0.5 * alone.palette
    # A reference without weight is none, and weights count by their ratio.
    assert style(sheet, [stripes, wash], [3, 0], random_vgg).total == pytest.approx(
        style(sheet, stripes, vgg=random_vgg).total, abs=1e-6
    )
    assert style(sheet, [stripes, wash], [2, 2], random_vgg) == both


def test_the_total_is_what_it_says(random_vgg):
    for colour in ((60, 90, 160), (0, 255, 0)):
        score = style(texture("dots", colour), texture("stripes", (90, 0, 0)), vgg=random_vgg)
        assert score.total == pytest.approx(score.gram / 2 + min(1, score.palette / 50) / 2)
        assert 0 < score.gram < 1


def test_without_the_weights_only_the_palette_is_measured_and_that_is_said():
    score = style(texture("dots"), texture("stripes", (200, 40, 40)))
    assert score.gram is None and score.total is None and score.palette > 5
    assert "fetch vgg-19" in score.note


def test_the_published_weights_are_used_where_they_are(no_weights, monkeypatch):
    if not no_weights:
        pytest.skip("the VGG-19 weights are not on this machine")
    monkeypatch.delenv("DEMO_WEIGHTS_CACHE")
    monkeypatch.delenv("DEMO_WEIGHTS_DIR")
    stripes = texture("stripes")
    same, other = (style(texture(kind, seed=5), stripes) for kind in ("stripes", "dots"))
    assert same.note == "" and same.gram < 0.5 * other.gram
    assert len(CACHE.held()) == 2  # the network, and the look of the one reference


def test_a_reference_is_looked_at_once():
    reference = texture("dots")
    style(texture("stripes"), [reference, texture("flat")])
    before = list(CACHE.held())
    assert len(before) == 2
    style(texture("flat", seed=3), reference.copy())
    assert sorted(map(str, CACHE.held())) == sorted(map(str, before))
    style(texture("flat", seed=3), reference[::-1])
    assert len(CACHE.held()) == 3


@pytest.mark.parametrize(
    ("references", "weights", "said"),
    [
        ([], None, "1 to 3 references, not 0"),
        (4, None, "1 to 3 references, not 4"),
        (2, [1.0], "weights must be 2 numbers"),
        (2, [0.0, 0.0], "not all 0"),
        (2, [1.0, -0.5], "not negative"),
        (2, [1.0, float("nan")], "weights"),
    ],
)
def test_wrong_references_and_weights_are_told(references, weights, said):
    pictures = references if isinstance(references, list) else [texture("dots", size=32)] * references
    with pytest.raises(ValueError, match=said):
        style(texture("dots", size=32), pictures, weights)


def test_importing_the_scores_is_quick():
    code = "import sys, sketch.scores; print(*{'torch', 'cv2', 'PIL'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
