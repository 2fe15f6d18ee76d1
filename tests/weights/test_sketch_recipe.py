"""The recipe of the small sketch model on a corpus of the project's own subjects: shaders, lines, bank, training."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from common import diffusion, sampling

# Third-party code at work: diffusers and transformers while they are imported.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.usefixtures("one_thread"),
]

SIDE = 64
SHOWN = ["cat", "house", "rocket", "teapot", "fish", "tree", "bus", "owl", "cup", "lamp"]


@pytest.fixture(scope="module")
def subjects() -> torch.Tensor:
    from weights.recipes.sketch.draw_cards import subject

    return torch.cat([subject(name, SIDE) for name in SHOWN])


@pytest.fixture(scope="module")
def cache(tmp_path_factory, subjects) -> Path:
    """A corpus as `corpus.load` keeps it, of subjects that this project drew."""
    folder = tmp_path_factory.mktemp("corpus")
    pictures = (subjects.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8)
    np.save(folder / f"pictures-{SIDE}.npy", pictures)
    listing = {
        "subject": list(range(len(SHOWN))),
        "drawn_by": [0] * len(SHOWN),
        "codes": SHOWN,
        "names": SHOWN,
        "words": [[name, "thing"] for name in SHOWN],
        "sets": ["own"],
    }
    (folder / f"pictures-{SIDE}.json").write_text(json.dumps(listing))
    return folder


def shaders() -> list[str]:
    from weights.recipes.sketch.shaders import SHADERS

    return sorted(SHADERS)


@pytest.mark.parametrize("name", shaders())
def test_every_shader_gives_a_picture_that_shows_the_subject_and_depends_on_its_seed_alone(subjects, name):
    from weights.recipes.sketch.shaders import Style, random_palette, shade

    style = Style(name, random_palette(np.random.default_rng(1)), (0.5, 0.4, 0.6, 0.5), 3)
    two = subjects[:2]
    first, again = shade(two, style), shade(two, style)
    assert first.shape == (2, 3, SIDE, SIDE) and torch.equal(first, again)
    assert first.isfinite().all() and first.min() >= 0 and first.max() <= 1
    # The cat and the house differ where they are drawn.
    assert (first[0] - first[1]).abs().mean() > 0.01


def test_random_palettes_go_from_dark_to_light():
    from weights.recipes.sketch.shaders import random_palette
    from weights.recipes.sketch.texture import LUMA

    for seed in range(50):
        light = np.array(random_palette(np.random.default_rng(seed))) @ np.array(LUMA)
        assert (np.diff(light) > -1e-6).all() and light[-1] - light[0] > 0.3


def test_lines_follow_the_outline_and_are_thin(subjects):
    from weights.recipes.sketch.lines import draw_lines

    lines = draw_lines(subjects, torch.Generator().manual_seed(0))
    assert lines.shape == (len(SHOWN), 1, SIDE, SIDE) and lines.min() >= 0 and lines.max() <= 1
    ink = (lines > 0.5).float().mean((1, 2, 3))
    assert ink.min() > 0.01 and ink.max() < 0.3
    outside = torch.nn.functional.max_pool2d(subjects[:, 3:], 7, 1, 3) == 0
    assert lines[outside].max() < 0.2


def test_held_out_subjects_are_never_in_the_training_bank(cache):
    from weights.recipes.sketch import bank, corpus

    training, held_out = bank.make(cache, SIDE, 4, 0, workers=1), corpus.load(cache, SIDE).held_out
    assert len(training) == 4 * bank.GROUP and not held_out[training.subject].any()
    assert training.pictures.dtype == np.uint8 and training.pictures.shape[1:] == (3, SIDE, SIDE)
    by_hash = [int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32 < corpus.HELD_OUT for name in SHOWN]
    assert held_out.tolist() == by_hash


def test_prompts_name_the_subject_the_look_both_or_neither():
    from weights.recipes.sketch.diffusion import LOOKS, prompt

    random = torch.Generator().manual_seed(0)
    made = {prompt(["cat", "kitten"], "neon", random) for _ in range(200)}
    assert {"cat", "kitten", ""} <= made and any(text.startswith("cat, ") for text in made)
    looks = {"neon", *LOOKS["neon"]}
    assert made <= {*looks, "cat", "kitten", "", *(f"{word}, {look}" for word in ("cat", "kitten") for look in looks)}


def test_training_goes_on_where_it_stopped_and_what_it_writes_draws(cache, tmp_path, monkeypatch):
    from weights.recipes.sketch import train

    monkeypatch.setitem(train.PLANS, "tiny", train.Plan(SIDE, 2, 2, 2, 4, 2, 1e-3))
    whole = train.train(cache, "tiny", tmp_path / "whole", None, 0, 1)
    for file in cache.glob("*-tiny.*"):
        file.unlink()
    monkeypatch.setitem(train.PLANS, "tiny", train.Plan(SIDE, 2, 2, 2, 4, 2, 1e-3))
    _stop_after(monkeypatch, 2)
    train.train(cache, "tiny", tmp_path / "half", None, 0, 1)
    monkeypatch.undo()
    monkeypatch.setitem(train.PLANS, "tiny", train.Plan(SIDE, 2, 2, 2, 4, 2, 1e-3))
    resumed = train.train(cache, "tiny", tmp_path / "resumed", None, 0, 1)
    for one, other in zip(whole.trained_together(), resumed.trained_together(), strict=True):
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-5)
    assert json.loads((tmp_path / "resumed/training.json").read_text())["steps"] == 4
    assert sum(file.stat().st_size for file in (tmp_path / "resumed").rglob("*")) < 10_000_000

    drawing = sampling.load(diffusion.embedded(tmp_path / "resumed"))
    drawn = drawing.draw(sampling.Request(np.zeros((SIDE, SIDE), np.float32), "a cat", steps=2, scheduler="dpm"))
    assert drawn.pictures[0].shape == (SIDE, SIDE, 3)


def _stop_after(monkeypatch, steps: int) -> None:
    """Let every training end, saved, after so many steps."""
    from weights.recipes.sketch.training import Run

    batches = Run.batches

    def some(self, minutes, **more):
        for step in batches(self, minutes, **more):
            if self.step >= steps:
                self.save()
                return
            yield step

    monkeypatch.setattr(Run, "batches", some)
