"""Train the small sketch-to-picture model from nothing:

    python -m weights.recipes.sketch.train --cache DIR [--preset small] [--minutes 60] [--out DIR]

Fetches and renders the corpus, shades the bank of examples, trains the autoencoder, the image encoder, the diffusion
model, then the refiner on what that draws, and writes the model in the form of diffusers. Stopped, or out of
--minutes, it goes on at the next call where it was; the same seed, the same data. On a GPU everything runs there.
grid.py draws what it has learned.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from common.refiner import Refiner
from weights.recipes.sketch import autoencoder, bank, corpus, diffusion, looks, networks, refine
from weights.recipes.sketch.training import Run


@dataclass(frozen=True)
class Plan:
    """side: pixels; groups: looks in the bank; steps and batch of the autoencoder, of the image encoder and of the
    diffusion model, whose rate is given too; cropped: how many of the latter's first steps see quarters of the
    pictures, at a quarter of the price; renders: that the refiner learns from, with its steps and batch."""

    side: int
    groups: int
    vae_steps: int
    vae_batch: int
    look_steps: int
    look_batch: int
    steps: int
    batch: int
    rate: float
    cropped: int
    renders: int
    refiner_steps: int
    refiner_batch: int


PLANS = {
    "tiny": Plan(128, 4, 4, 2, 4, 8, 4, 4, 1e-3, 2, 4, 2, 2),  # for tests
    "small": Plan(256, 900, 1500, 16, 900, 64, 8800, 16, 1e-3, 8600, 1200, 1200, 8),
    "large": Plan(256, 8000, 8000, 64, 6000, 256, 12000, 256, 5e-4, 0, 16000, 12000, 32),
}


def train(cache: Path, preset: str, out: Path, minutes: float | None, seed: int, workers: int) -> networks.Networks:
    """Train as far as `minutes` allow and write what is there to `out`."""
    begun, plan, sizes = time.monotonic(), PLANS[preset], networks.PRESETS[preset]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = f"{preset}-{plan.side}-{plan.groups}-{seed}"

    def left() -> float | None:
        return None if minutes is None else max(0.0, minutes - (time.monotonic() - begun) / 60)

    examples = bank.make(cache, plan.side, plan.groups, seed, workers=workers)
    tokenizer = networks.build_tokenizer(diffusion.all_texts(examples.words), cache / "tokenizer")
    made = networks.build(sizes, tokenizer, seed)

    def unfinished(run: Run, what: str) -> bool:
        if run.step < run.steps:
            print(f"The {what} is not finished: call again with more --minutes.")
        return run.step < run.steps

    made.vae.to(device)
    run = Run(cache, f"vae-{name}", {"vae": made.vae}, 2e-3, plan.vae_steps, seed)
    autoencoder.train(made.vae, examples, run, plan.vae_batch, left(), device)
    if unfinished(run, "autoencoder"):
        return made
    autoencoder.normalise(made.vae, examples, device)
    run = Run(cache, f"settle-{name}", {"vae": made.vae}, 5e-4, max(1, plan.vae_steps // 6), seed)
    autoencoder.settle(made.vae, examples, run, plan.vae_batch, left(), device)
    print(f"autoencoder: {autoencoder.psnr(made.vae, examples, 32, device):.1f} dB on its own pictures", flush=True)
    if unfinished(run, "decoder"):
        return made

    latents = diffusion.all_latents(made, examples, cache / f"latents-{name}.pt", device)
    references = looks.references(examples)
    wanted = looks.describe(examples, latents[0].cpu(), references)
    head = looks.head_for(examples, sizes.width * 2, wanted)
    run = Run(cache, f"looks-{name}", {"image": made.image, "head": head}, 1e-3, plan.look_steps, seed)
    looks.train(made.image, head, examples, references, wanted, run, plan.look_batch, left(), device)
    if unfinished(run, "image encoder"):
        return made
    embedded = looks.embed(made.image, references, device, cache / f"embedded-{name}.pt")

    for module in made.trained_together():
        module.to(device)
    parts = dict(zip(("unet", "controlnet", "text"), made.trained_together(), strict=True))
    run = Run(cache, f"diffusion-{name}", parts, plan.rate, plan.steps, seed)
    diffusion.train(made, examples, latents, embedded, run, plan.batch, left(), device, plan.cropped)
    networks.save(made, out)
    if not unfinished(run, "diffusion model"):
        torch.manual_seed(seed)
        refiner = Refiner(sizes.width * 2)
        file = cache / f"renders-{name}.npy"
        drawn = refine.renders(made, examples, latents, embedded, plan.renders, file, seed, device)
        refined = Run(cache, f"refine-{name}", {"refiner": refiner}, 1e-3, plan.refiner_steps, seed)
        refine.train(refiner, examples, drawn, embedded, refined, plan.refiner_batch, left(), device)
        refiner.save(out)
    record = {"preset": preset, "steps": run.step, "of": run.steps, "seed": seed, "sets": corpus.SETS}
    (out / "training.json").write_text(json.dumps(record, indent=1), encoding="utf-8")
    print(f"written to {out} after step {run.step} of {run.steps}")
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="packages, pictures, bank, checkpoints")
    parser.add_argument("--preset", choices=PLANS, default="small")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "sketch-diffusion")
    parser.add_argument("--minutes", type=float, help="stop after so long; the next call goes on")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    train(given.cache, given.preset, given.out, given.minutes, given.seed, given.workers)


if __name__ == "__main__":
    main()
