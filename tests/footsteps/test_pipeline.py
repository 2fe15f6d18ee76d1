"""The stages together, on a rendered walk whose footfalls are known and on somebody who only stands."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common import media
from common.errors import MediaError, UserError
from footsteps import pipeline, table
from footsteps.steps import Step

EXAMPLES = Path(pipeline.__file__).parents[1] / "examples"
WALK = EXAMPLES / "side_wood.mp4"
SETTINGS = pipeline.Settings(model="lite", surface="wood", seed=3)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[pipeline.Detection, pipeline.Result, list[tuple[float, str]]]:
    """What `generate` gives, and the progress that it reported."""
    told = []
    found, result = pipeline.generate(WALK, SETTINGS, tmp_path_factory.mktemp("made"), lambda *it: told.append(it))
    return found, result, told


@pytest.fixture(scope="module")
def standing(tmp_path_factory) -> Path:
    """One second of somebody who stands, with the sound of the room."""
    path = tmp_path_factory.mktemp("standing") / "standing.mp4"
    pictures = [frame.rgb for frame in media.frames(WALK, max_side=640) if frame.time < 0.7]
    media.encode(path, pictures, 30, media.read_audio(WALK)[: len(pictures) * media.RATE // 30])
    return path


def test_every_known_footfall_is_found_and_heard(made):
    found, result, _ = made
    known = [fall["time"] for fall in json.loads((EXAMPLES / "truth.json").read_text())["side_wood"]["footfalls"]]
    times = np.array([step.time for step in found.steps])
    assert len(times) == len(known)
    assert np.abs(times - known).max() < 0.1
    assert {step.surface for step in found.steps} == {"wood"}
    assert media.probe(result.video).duration == pytest.approx(found.info.duration, abs=0.03)
    assert json.loads(result.settings.read_text())["settings"]["seed"] == 3


def test_progress_rises_and_names_its_stages(made):
    *_, told = made
    parts = [part for part, _ in told]
    assert parts == sorted(parts) and parts[0] >= 0 and parts[-1] <= 1
    assert len({stage for _, stage in told}) >= 5


def test_a_table_sounds_like_the_walk_it_was_made_from(made, tmp_path):
    """The table rounds; nothing of that may be heard, or `detect` and `render` would not be `generate`."""
    found, result, _ = made
    steps = table.from_dicts(json.loads(json.dumps(table.to_dicts(found.steps))))
    again = pipeline.render(WALK, steps, SETTINGS, tmp_path)
    assert again.wav.read_bytes() == result.wav.read_bytes()
    other = pipeline.render(WALK, steps, replace(SETTINGS, seed=4), tmp_path)
    assert other.wav.read_bytes() != result.wav.read_bytes()


def test_somebody_who_stands_gets_every_file_and_no_step(standing, tmp_path):
    found, result = pipeline.generate(standing, SETTINGS, tmp_path)
    assert found.steps == []
    assert any("no step was found" in warning for warning in found.warnings)
    assert media.read_audio(result.video).any()  # the room's own sound stays
    assert json.loads(result.json.read_text()) == []


def test_nobody_in_the_picture_is_said(tmp_path):
    media.encode(tmp_path / "empty.mp4", np.full((20, 120, 160, 3), 128, np.uint8), 20)
    with pytest.raises(MediaError, match=r"Nobody can be seen in 'empty\.mp4'"):
        pipeline.detect(tmp_path / "empty.mp4", SETTINGS)


def test_a_step_outside_the_video_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"Step 2 is at 7\.500 s, but the video lasts 7\.00 s"):
        pipeline.render(
            WALK, [Step(1, "left", "wood", "boots"), Step(7.5, "right", "wood", "boots")], SETTINGS, tmp_path
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "quoted"),
    [
        ({"model": "huge"}, "'huge'"),
        ({"surface": "lava"}, "'lava'"),
        ({"footwear": "clogs"}, "'clogs'"),
        ({"environment": "moon"}, "'moon'"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**40}, str(2**40)),
        ({"seed": "7"}, "'7'"),
        ({"reverb": "no"}, "'no'"),
        ({"original_mix": 2}, "2"),
        ({"original_mix": "half"}, "'half'"),
        ({"original_mix": float("nan")}, "nan"),
        ({"loudness": None}, "None"),
        ({"loudness": 0.0}, "0.0"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_read(wrong, quoted):
    with pytest.raises(UserError) as refused:
        pipeline.detect("there is no such file.mp4", replace(SETTINGS, **wrong))
    assert quoted in str(refused.value)
