"""What a trained model makes of subjects it has never seen, as one picture to look at, with figures:

    python -m weights.recipes.sketch.grid --cache DIR [--model weights/sketch-diffusion] [--out grid.png] [--rows 12]

A row is a held-out subject in a random look: its lines, the style reference (another subject in the same look), the
picture itself, and what the model draws from lines, reference and name; then the same without the reference.
"""

import argparse
from pathlib import Path

import numpy as np

from common import diffusion, sampling
from common.pictures import write_png
from sketch import scores
from weights.recipes.sketch import bank
from weights.recipes.sketch.train import PLANS

SEED = 1_000  # of the looks: not the training's


def draw(cache: Path, model: Path, rows: int, steps: int, side: int, workers: int) -> tuple[np.ndarray, dict]:
    """The sheet (rows * side, 5 * side, 3) uint8, and means over its rows: edge F1 with the reference and without it,
    and the mean absolute difference to the true picture, 0 to 255."""
    examples = bank.make(cache, side, rows, SEED, held_out=True, workers=workers)
    drawing = sampling.load(diffusion.embedded(model))
    sheet, found = [], []
    for group in range(rows):
        row, other = group * bank.GROUP, group * bank.GROUP + 1
        lines = examples.lines[row, 0].astype(np.float32) / 255
        truth, reference = (examples.pictures[at].transpose(1, 2, 0) for at in (row, other))
        name = examples.words[examples.subject[row]][0]
        styled, bare = (
            drawing.draw(
                sampling.Request(
                    lines, name, styles=styles, steps=steps, guidance=drawing.model.guidance, scheduler="dpm"
                )
            ).pictures[0]
            for styles in ([(np.ascontiguousarray(reference), 1.0)], [])
        )
        ink = np.repeat(255 - examples.lines[row].transpose(1, 2, 0), 3, axis=2)
        sheet.append(np.concatenate([ink, reference, truth, styled, bare], axis=1))
        away = [np.abs(picture.astype(int) - truth).mean() for picture in (styled, bare)]
        kept = [scores.structure(lines, picture).f1 for picture in (styled, bare, truth)]
        found.append([*kept, *away])
        print(f"{name:32} {examples.shader[group]:16} F1 {kept[0]:.2f}, difference {away[0]:.0f} ({away[1]:.0f} bare)")
    names = ("f1_styled", "f1_bare", "f1_truth", "difference_styled", "difference_bare")
    means = dict(zip(names, np.mean(found, axis=0).round(3).tolist(), strict=True))
    return np.concatenate(sheet), means


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="of the training: packages and pictures")
    parser.add_argument("--model", type=Path, default=Path(__file__).parents[2] / "sketch-diffusion")
    parser.add_argument("--out", type=Path, default=Path("grid.png"))
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--side", type=int, default=PLANS["small"].side)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    sheet, means = draw(given.cache, given.model, given.rows, given.steps, given.side, given.workers)
    write_png(given.out, sheet, means | {"steps": given.steps})
    print(means)


if __name__ == "__main__":
    main()
