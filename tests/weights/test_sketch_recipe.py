"""The recipe of the small sketch model on a corpus of the project's own subjects: shaders, lines, bank, training."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from common import diffusion, sampling
from common.device import Device
from common.refiner import Refiner

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

    plan = train.Plan(SIDE, 2, 4, 2, 4, 4, 4, 4, 1e-3, 2, 4, 2, 2)
    monkeypatch.setitem(train.PLANS, "tiny", plan)
    whole = train.train(cache, "tiny", tmp_path / "whole", None, 0, 1)
    for file in cache.glob(f"*-tiny-{SIDE}-*"):
        file.unlink()
    with monkeypatch.context() as stopping:
        _stop_after(stopping, 2)
        train.train(cache, "tiny", tmp_path / "half", None, 0, 1)  # within the first stage
        assert not (tmp_path / "half").exists()
    with monkeypatch.context() as stopping:
        _stop_after(stopping, 3, "diffusion")
        train.train(cache, "tiny", tmp_path / "most", None, 0, 1)
    assert json.loads((tmp_path / "most/training.json").read_text())["steps"] == 3
    resumed = train.train(cache, "tiny", tmp_path / "resumed", None, 0, 1)
    modules = [[made.vae, made.image, *made.trained_together()] for made in (whole, resumed)]
    for one, other in zip(*modules, strict=True):
        for a, b in zip(one.parameters(), other.parameters(), strict=True):
            assert torch.allclose(a, b, atol=1e-5)
    refiners = [Refiner.load(tmp_path / name, Device("cpu", "float32", "test")) for name in ("whole", "resumed")]
    for a, b in zip(*(refiner.parameters() for refiner in refiners), strict=True):
        assert torch.allclose(a, b, atol=1e-3)
    assert refiners[0].leave.weight.abs().max() > 0
    assert not (tmp_path / "most/refiner").exists()  # what it would learn from was not there yet
    assert json.loads((tmp_path / "resumed/training.json").read_text())["steps"] == 4
    assert sum(file.stat().st_size for file in (tmp_path / "resumed").rglob("*")) < 10_000_000

    drawing = sampling.load(diffusion.embedded(tmp_path / "resumed"))
    assert drawing.refiner is not None
    drawn = drawing.draw(sampling.Request(np.zeros((SIDE, SIDE), np.float32), "a cat", steps=2, scheduler="dpm"))
    assert drawn.pictures[0].shape == (SIDE, SIDE, 3)


def test_another_seed_draws_other_batches(tmp_path):
    from weights.recipes.sketch.training import Run

    def first(seed: int) -> float:
        layer = torch.nn.Linear(1, 1)
        run = Run(tmp_path / str(seed), "a", {"a": layer}, 1e-3, 1, seed)
        step = next(iter(run.batches(None)))
        return torch.rand((), generator=step.random).item()

    assert first(0) == first(0) != first(1)


def test_normalised_latents_have_unit_channels_and_still_give_the_picture(cache):
    from weights.recipes.sketch import autoencoder, bank, networks

    examples = bank.make(cache, SIDE, 4, 0, workers=1)
    torch.manual_seed(0)
    vae = networks.build_vae(networks.PRESETS["tiny"])
    pictures = torch.from_numpy(examples.pictures[:8].copy()).float() / 127.5 - 1
    with torch.no_grad():
        before = vae.decoder(vae.encoder(pictures))
        autoencoder.normalise(vae, examples, torch.device("cpu"))
        latents = autoencoder.encode_some(vae, examples, torch.device("cpu")) * vae.config.scaling_factor
        after = vae.decoder(vae.encoder(pictures))
    assert latents.mean((0, 2, 3)).abs().max() < 1e-3
    assert latents.transpose(0, 1).flatten(1).std(1).sub(1).abs().max() < 1e-3
    # What a straight line takes for tanh is left to `settle`.
    assert (after - before).abs().mean() < 0.25 * (before - before.mean()).abs().mean()


def test_the_image_encoder_learns_to_tell_looks(cache):
    from weights.recipes.sketch import bank, diffusion, looks, networks
    from weights.recipes.sketch.training import Run

    examples = bank.make(cache, SIDE, 4, 0, workers=1)
    small = looks.references(examples)
    assert small.shape == (len(examples), 3, networks.REFERENCE, networks.REFERENCE) and small.dtype == torch.uint8
    latents = torch.nn.functional.avg_pool2d(small.float() / 255, 8)
    wanted = looks.describe(examples, latents, small)
    assert wanted.shape[0] == 4 and wanted.mean(0).abs().max() < 1e-4
    tokenizer = networks.build_tokenizer(diffusion.all_texts(examples.words), cache / "tokenizer")
    encoder = networks.build(networks.PRESETS["tiny"], tokenizer, 0).image
    head = looks.head_for(examples, 64, wanted)
    run = Run(cache, "looks-test", {"image": encoder, "head": head}, 3e-3, 240)
    looks.train(encoder, head, examples, small, wanted, run, 16, None, torch.device("cpu"))
    embedded = looks.embed(encoder, small, torch.device("cpu"), cache / "embedded-test.pt")
    assert embedded.shape == (2, len(examples), 64)
    told = head(embedded[0])[:, : wanted.shape[1]]
    group = torch.arange(len(examples)) // bank.GROUP
    explained = 1 - (told - wanted[group]).square().mean() / wanted.square().mean()
    assert explained > 0.5


def test_half_of_a_batch_is_blind_and_the_rest_covers_all_times():
    from weights.recipes.sketch.diffusion import _times

    times = _times(16, 8, 1000, torch.Generator().manual_seed(0))
    assert (times[:8] == 999).all()
    assert (times[8:] // 125).tolist() == list(range(8))
    assert (_times(4, 0, 1000, torch.Generator().manual_seed(0)) // 250).tolist() == [0, 1, 2, 3]


def _stop_after(monkeypatch, steps: int, stage: str = "") -> None:
    """Let every training, or that of a stage, end, saved, after so many steps."""
    from weights.recipes.sketch.training import Run

    batches = Run.batches

    def some(self, minutes, **more):
        for step in batches(self, minutes, **more):
            if self.step >= steps and self.file.name.startswith(stage):
                self.save()
                return
            yield step

    monkeypatch.setattr(Run, "batches", some)
