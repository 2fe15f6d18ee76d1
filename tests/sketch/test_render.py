"""Settings, checks and records; what the networks do with them is tested in tests/common/test_diffusion.py."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from common import device, diffusion, sampling
from common.errors import UserError, WeightsUnavailable
from sketch import render as rendering
from sketch.lines import from_strokes, prepare
from sketch.render import Settings, render
from tests.sketch.tiny import make_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return diffusion.embedded(make_tiny(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def nothing_loads(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a model was loaded before the input was checked")

    monkeypatch.setattr(sampling, "load", refuse)
    monkeypatch.setattr(rendering.weights, "path", refuse)


def lines() -> np.ndarray:
    drawn = np.zeros((64, 128), np.float32)
    drawn[8:-8, 20:24] = 1
    return drawn


def style(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (30, 20, 3), np.uint8)


QUICK = Settings("a cat", steps=2, seed=3)


def test_a_sketch_becomes_pictures_in_its_size(model):
    prepared = prepare(from_strokes([([0, 60, 120], [0, 30, 0]), ([0, 120], [30, 30])], 100))
    made = render(prepared.lines, [(style(1), 1.0)], replace(QUICK, steps=1, count=2, size=512), model=model)
    assert made.settings.size == 256 == max(prepared.lines.shape)
    assert [picture.shape for picture in made.pictures] == [(*prepared.lines.shape, 3)] * 2
    assert all(picture.dtype == np.uint8 for picture in made.pictures)


def test_the_record_leaves_nothing_open_and_makes_the_same_pictures_again(model):
    first = render(lines(), [(style(1), 1.0)], Settings("a cat", seed=3), model=model)
    assert None not in asdict(first.settings).values()
    assert (first.settings.tier, first.settings.scheduler, first.settings.steps) == ("embedded", "dpm", 8)
    assert {"model", "torch", "diffusers"} <= first.versions.keys()
    assert first.seconds.keys() == {"load", "draw"}
    again = render(lines(), [(style(1), 1.0)], first.settings, model=model)
    assert np.array_equal(first.pictures[0], again.pictures[0])


def test_pictures_of_a_row_have_the_seeds_that_follow(model):
    row = render(lines(), [], replace(QUICK, seed=2**32 - 1, count=2), model=model).pictures
    for seed, picture in zip((2**32 - 1, 0), row, strict=True):
        assert np.array_equal(render(lines(), [], replace(QUICK, seed=seed), model=model).pictures[0], picture)


def test_up_to_three_styles_are_blended(model):
    first, second, third = ((style(seed), weight) for seed, weight in ((1, 2.0), (2, 1), (3, 0.5)))
    one, two, three = (render(lines(), styles, QUICK, model=model).pictures[0] for styles in (
        [first], [first, second], [first, second, third]
    ))  # fmt: skip
    assert not np.array_equal(one, two)
    assert not np.array_equal(two, three)
    turned = render(lines(), [second, first], QUICK, model=model).pictures[0]
    assert np.abs(turned.astype(int) - two).max() <= 1


def test_progress_rises_to_one_and_names_the_stage(model):
    said = []
    render(lines(), [], QUICK, lambda part, text: said.append((part, text)), model)
    parts = [part for part, _ in said]
    assert said[0] == (0.0, "Loading the model")
    assert said[-1][1] == "Step 2 of 2"
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0)


def test_whoever_reports_can_cancel(model):
    class CancelledError(Exception):
        pass

    def cancel(part, text):
        if text == "Step 1 of 2":
            raise CancelledError

    with pytest.raises(CancelledError):
        render(lines(), [], QUICK, cancel, model)
    assert len(render(lines(), [], QUICK, model=model).pictures) == 1


def test_notes_say_what_was_left_out(model):
    made = render(lines(), [(style(1), 1)], replace(QUICK, prompt="a" * 1000, style_only=True), model=model)
    assert any("1000 word pieces" in note for note in made.notes)
    assert any("can't tell style from content" in note for note in made.notes)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("prompt", "a" * 1001, "1,001 characters.*at most 1,000"),
        ("prompt", None, "None"),
        ("negative_prompt", "b" * 5000, "5,000 characters"),
        ("size", 300, "size 300.*256, 384, 512"),
        ("size", 256.0, "256.0"),
        ("steps", 0, "steps is 0.*1 to 50"),
        ("steps", 51, "51"),
        ("steps", 2.5, "2.5"),
        ("guidance", 0.5, "guidance is 0.5.*1 to 20"),
        ("guidance", float("nan"), "nan"),
        ("structure", 2.1, "2.1.*0 to 2"),
        ("structure", "1", "'1'"),
        ("style", -0.1, "-0.1.*0 to 1.5"),
        ("style_only", "yes", "'yes'"),
        ("kind", "pencil", "'pencil'.*scribble, lineart, canny"),
        ("scheduler", "euler", "'euler'.*unipc, dpm, lcm, ddim"),
        ("scheduler", "lcm", "needs the full tier"),
        ("seed", -1, "-1"),
        ("seed", 2**32, "4294967296.*4294967295"),
        ("seed", True, "True"),
        ("count", 5, "5.*1 to 4"),
        ("tier", "huge", "'huge'.*embedded, full, full-plus"),
        ("tier", ["full"], "full"),
    ],
)
def test_a_setting_that_is_not_valid_is_named_before_anything_is_loaded(nothing_loads, setting, value, said):
    with pytest.raises(UserError, match=said):
        render(lines(), [], replace(Settings(), **{setting: value}))


def test_styles_that_can_not_be_used_are_named_before_anything_is_loaded(nothing_loads):
    with pytest.raises(UserError, match=r"4 styles.*at most 3"):
        render(lines(), [(style(1), 1.0)] * 4, Settings())
    with pytest.raises(UserError, match="weight of style 2 is -1"):
        render(lines(), [(style(1), 1.0), (style(1), -1)], Settings())
    with pytest.raises(UserError, match="All weights"):
        render(lines(), [(style(1), 0)], Settings())
    with pytest.raises(ValueError, match="style 1 must be a picture"):
        render(lines(), [(style(1)[..., 0], 1.0)], Settings())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((64, 64)), "float32"),
        (np.zeros((64, 64, 1), np.float32), "must be"),
        (np.zeros((64, 65), np.float32), "multiples of 64"),
        (np.zeros((576, 64), np.float32), "up to 512"),
        (np.zeros((0, 64), np.float32), "multiples"),
        (np.full((64, 64), 255, np.float32), r"0\.\.1"),
        ([[0.0]], "list"),
    ],
)
def test_lines_of_another_form_are_refused_before_anything_is_loaded(nothing_loads, wrong, said):
    with pytest.raises(ValueError, match=said):
        render(wrong, [], Settings())


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers()))


@hypothesis_settings(max_examples=200)
@given(st.sampled_from(sorted(asdict(Settings()))), ANYTHING)
def test_any_value_is_taken_or_named(setting, value):
    chosen = replace(Settings(), **{setting: value})
    try:
        resolved = chosen.resolved()
    except UserError as error:
        assert repr(value) in str(error)
    else:
        assert None not in asdict(resolved).values()


def test_each_tier_has_what_suits_it():
    embedded, full = (Settings(tier=tier).resolved() for tier in ("embedded", "full"))
    assert (embedded.size, embedded.steps, embedded.scheduler) == (256, 8, "dpm")
    assert (full.size, full.steps, full.scheduler) == (512, 20, "unipc")
    quick = Settings(tier="full", scheduler="lcm").resolved()
    assert (quick.steps, quick.guidance) == (4, 1.0)
    assert Settings(tier="full", scheduler="lcm", steps=6).resolved().steps == 6


def test_the_tier_is_the_machines_where_nobody_says(monkeypatch):
    monkeypatch.setenv("MODELS", "full")
    assert Settings().resolved().tier == device.tier() == "full"


# diffusers 0.42 hands on an argument that huggingface_hub 2 no longer has
@pytest.mark.filterwarnings("ignore:The `local_dir_use_symlinks` argument:UserWarning")
@pytest.mark.parametrize("tier", ["full", "full-plus"])
def test_the_full_tier_without_the_hub_says_what_to_do(tier):
    with pytest.raises(WeightsUnavailable, match=r"Hub.*embedded tier"):
        render(lines(), [], Settings(tier=tier))
