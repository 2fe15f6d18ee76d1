"""The whole chain with the shipped model, and the files that it writes."""

import json
import math
import shutil

import numpy as np
import pytest
from PIL import Image

from common.errors import MediaError, UserError
from common.pictures import read_settings
from sketch import pipeline, render
from sketch.lines import from_strokes
from sketch.pipeline import Job
from sketch.render import Settings
from sketch.styles import StyleLibrary
from sketch.summary import card_row, found_line, summarise

QUICK = Settings("a fish in watercolour", steps=2, seed=3)
HOUSE = from_strokes([([20, 20, 90, 90, 20], [100, 55, 55, 100, 100]), ([15, 55, 95], [55, 20, 55])], 160)


@pytest.fixture(scope="module")
def library(all_styles, tmp_path_factory):
    library = StyleLibrary.open(shutil.copytree(all_styles, tmp_path_factory.mktemp("styles") / "sketch"))
    yield library
    library.close()


@pytest.fixture(scope="module")
def done(library, tmp_path_factory) -> Job:
    return pipeline.run(Job(HOUSE, QUICK), library, tmp_path_factory.mktemp("made"))


@pytest.fixture
def nothing_loads(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a model was loaded before the input was checked")

    monkeypatch.setattr(render, "load", refuse)


def test_the_look_is_found_apart_from_the_subject_and_used(done):
    assert [card.medium for card, _ in done.used] == ["watercolour"]
    assert done.words == "fish, watercolour"
    record = done.record()
    assert 0.5 < record["styles"][0]["score"] <= 1 and record["styles"][0]["share"] == 1


def test_what_is_written_is_what_is_told(done):
    made = done.pictures[0]
    with Image.open(made.file) as picture, Image.open(made.before) as before:
        assert picture.size == before.size == (256, 256)
    record = json.loads(made.file.with_name(pipeline.SETTINGS_FILE).read_text())
    assert record == json.loads(json.dumps(done.record()))
    inside = read_settings(made.file)
    assert (inside["seed"], inside["prompt"], inside["tier"]) == (3, QUICK.prompt, "embedded")
    assert None not in inside.values()
    assert set(record["seconds"]) == {"retrieve", "prepare", "generate", "score"}
    score = record["pictures"][0]["structure"]
    assert all(0 <= score[key] <= 1 for key in ("precision", "recall", "f1"))
    assert record["pictures"][0]["style"]["palette"] > 0


def test_the_same_job_gives_the_same_picture_and_another_seed_another(done, library, tmp_path):
    again = pipeline.run(Job(HOUSE, QUICK), library, tmp_path)
    assert pixels(again) == pixels(done)
    other = pipeline.run(Job(HOUSE, Settings(QUICK.prompt, steps=2, seed=4, count=2)), library, tmp_path)
    assert pixels(other) != pixels(done)
    assert [made.seed for made in other.pictures] == [4, 5]


def test_what_a_picture_holds_makes_it_again(done, library, tmp_path):
    """The settings of one of several pictures name its own seed."""
    two = pipeline.run(Job(HOUSE, Settings(QUICK.prompt, steps=2, seed=8, count=2)), library, tmp_path)
    held = read_settings(two.pictures[1].file)
    names = ("prompt", "seed", "count", "steps", "guidance", "scheduler", "size", "structure", "style")
    alone = pipeline.run(Job(HOUSE, Settings(**{name: held[name] for name in names})), library, tmp_path / "alone")
    assert np.abs(array(alone.pictures[0].file) - array(two.pictures[1].file)).max() <= 2


def test_styles_are_blended_by_their_weights_and_named_to_the_model(library, tmp_path):
    chosen = [("neon_blue", 3), ("ink_wash", 1), ("gold", 0)]
    blended = pipeline.run(Job(HOUSE, Settings("a fish", steps=1), chosen=chosen), library, tmp_path)
    assert [(card.id, share) for card, share in blended.used] == [("neon_blue", 0.75), ("ink_wash", 0.25)]
    assert blended.words == "a fish, " + ", ".join(card.title for card, _ in blended.used)
    assert blended.pictures[0].style is not None


def test_chosen_styles_are_named_without_words_too_and_no_style_leaves_the_words_whole(library, tmp_path):
    gold = pipeline.run(Job(HOUSE, Settings("", steps=1), chosen=[("gold", 1)]), library, tmp_path)
    assert gold.words == gold.used[0][0].title
    none = pipeline.run(Job(HOUSE, Settings(QUICK.prompt, steps=1), chosen=[]), library, tmp_path)
    assert list(none.used) == [] and "watercolour" in none.words


@pytest.mark.parametrize("words", ["three apples", ""])
def test_without_a_look_the_words_alone_guide(library, tmp_path, words):
    plain = pipeline.run(Job(HOUSE, Settings(words, steps=1)), library, tmp_path)
    assert list(plain.used) == [] and plain.pictures[0].style is None
    assert plain.words == words
    assert any("alone guide the picture" in note for note in plain.notes)


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (200, 40)])
def test_the_result_has_the_aspect_of_the_sketch(library, tmp_path, size):
    sheet = np.full((size[1], size[0], 3), 255, np.uint8)
    sheet[10:-10, 20:24] = sheet[20:24, 10:-10] = 0
    made = pipeline.run(Job(sheet, Settings(steps=1)), library, tmp_path).pictures[0]
    with Image.open(made.file) as picture:
        assert max(picture.size) == 256
        assert picture.width / picture.height == pytest.approx(size[0] / size[1], rel=0.02)


def test_progress_is_told_and_can_end_the_work(library, tmp_path):
    told = []
    pipeline.run(Job(HOUSE, QUICK), library, tmp_path, lambda part, text: told.append((part, text)))
    parts = [part for part, _ in told]
    assert parts == sorted(parts) and parts[0] >= 0 and parts[-1] <= 1
    assert any("Step 2 of 2" in text for _, text in told)

    class Stop(Exception):
        pass

    def stop(part, text):
        raise Stop

    with pytest.raises(Stop):
        pipeline.run(Job(HOUSE, QUICK), library, tmp_path, stop)


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (Job(np.full((64, 64, 3), 255, np.uint8)), "nothing|blank|empty"),
        (Job(HOUSE, Settings("x" * 1001)), "1,001 characters"),
        (Job(HOUSE, Settings(steps=51)), "51"),
        (Job(HOUSE, chosen=[("lava", 1.0)]), "lava"),
        (Job(HOUSE, chosen=[("gold", -1.0)]), "-1"),
        (Job(HOUSE, chosen=[("gold", 1.0)] * 2), "twice"),
        (Job(HOUSE, chosen=[("gold", math.nan)]), "nan"),
        (Job(HOUSE, kind="scribble"), "scribble"),
        (Job("no such file.png"), "no such file.png"),
        (Job(None), "no picture"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_a_model_is_loaded(library, tmp_path, nothing_loads, job, words):
    with pytest.raises((UserError, MediaError), match=words):
        pipeline.run(job, library, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [0, 300, 320, 64_000])
def test_lines_alone_come_in_the_sizes_that_can_be_drawn(tmp_path, size):
    with pytest.raises(UserError, match=f"size {size}"):
        pipeline.lines_alone(HOUSE, size, "auto", tmp_path)


def test_lines_alone(tmp_path):
    file, found = pipeline.lines_alone(HOUSE, 384, "auto", tmp_path)
    with Image.open(file) as picture:
        assert picture.size == (384, 384) == (found["width"], found["height"])
    assert found["kind"] == "drawing" and 1 < found["stroke_width"] < 20


def test_the_summary_says_styles_scores_and_seeds(done, library, tmp_path):
    text = summarise(done)
    assert done.used[0][0].title in text and "F1" in text and "**Seed**: 3" in text
    two = pipeline.run(
        Job(HOUSE, Settings("a fish", steps=1, seed=5, count=2), chosen=[("gold", 1), ("clay", 1)]), library, tmp_path
    )
    assert "Polished gold" in summarise(two) and "50%" in summarise(two) and "5, 6" in summarise(two)
    assert "watercolour" in found_line(library.find("a fish in watercolour"))
    assert "No style fits" in found_line(library.find("three apples"))
    assert json.dumps(card_row(library.card("gold")))


def array(file) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture).astype(int)


def pixels(job: Job) -> bytes:
    return array(job.pictures[0].file).tobytes()
