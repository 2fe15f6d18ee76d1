"""Draw the app's example sketches from the project's own subjects, as a person would with a pen, a pencil or chalk.

    python -m weights.recipes.sketch.draw_examples [--out spaces/sketch/examples] [NAME ...]

The strokes of outlines.py are drawn with a hand's wobble, overshoot and pressure. The same seed draws the same
picture.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from weights.recipes.sketch.outlines import Part, Stroke, strokes

OUT = Path(__file__).parents[3] / "spaces" / "sketch" / "examples"
FINE = 4  # the ink is laid on a sheet this many times finer


@dataclass(frozen=True)
class Example:
    """A sheet: width and height in px, what is on it from back to front, what it is drawn with, and the seed."""

    width: int
    height: int
    parts: tuple[Part, ...]
    seed: int
    medium: str = "pen"


EXAMPLES = {
    "cottage": Example(768, 576, (Part("mountain", 390, 100, 390), Part("cottage", 0, 0, 590)), 1),
    "sailboat": Example(576, 768, (Part("lighthouse", 10, 30, 350), Part("sailboat", 50, 245, 520)), 2),
    "cat": Example(704, 768, (Part("cat", -30, 5, 750),), 3),
    "teapot": Example(768, 512, (Part("teapot", 0, 15, 470), Part("cup", 420, 140, 345)), 4),
    "castle": Example(
        768, 640, (Part("castle", 90, 15, 600), Part("tree", -20, 350, 270), Part("pine", 520, 355, 270)), 5
    ),
    "street": Example(
        768, 448, (Part("house", -10, -10, 450), Part("tree", 440, 20, 340), Part("car", 300, 130, 330)), 6
    ),
    "robot": Example(608, 768, (Part("robot", -36, 40, 680),), 7),
    "balloon": Example(640, 768, (Part("mountain", 0, 375, 410), Part("hot_air_balloon", 175, 10, 460)), 8),
    "fox_pencil": Example(768, 640, (Part("fox", 75, 10, 620),), 9, "pencil"),
    "rocket_chalk": Example(768, 656, (Part("rocket", 66, 10, 636),), 10, "chalk"),
}


def draw(example: Example) -> Image.Image:
    """The finished sketch: a picture with a palette, of the example's size."""
    rng = np.random.default_rng(example.seed)
    lines = list(strokes(example.parts, example.width, example.height))
    if example.medium == "pencil":
        return _pencil(example, lines, rng)
    if example.medium == "chalk":
        return _chalk(example, lines, rng)
    ink = _lay(example, lines, rng, width=5.0)
    return _palette(255 - 225 * ink, 16, (28, 28, 34), (255, 255, 255))


def _hand(line: Stroke, rng: np.random.Generator, wobble: float = 1.0) -> Stroke:
    """The line as a hand draws it: 3 px steps, slow drift and small tremor, a little too long at either end."""
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.arange(0, length[-1] + 3, 3.0).clip(max=length[-1])
    line = np.stack([np.interp(at, length, line[:, axis]) for axis in (0, 1)], 1)
    over = rng.uniform(0, 5, 2) * min(1.0, length[-1] / 60)
    for end, step in ((0, 1), (-1, -1)):
        way = line[end] - line[end + 2 * step] if len(line) > 2 else np.zeros(2)
        line[end] += over[end] * way / max(np.linalg.norm(way), 1)
    tremor = gaussian_filter1d(rng.normal(0, 1, line.shape), 3, axis=0) * 1.3
    drift = gaussian_filter1d(rng.normal(0, 1, line.shape), 18, axis=0, mode="nearest") * 7.0
    return line + wobble * min(1.0, length[-1] / 120 + 0.35) * (tremor + drift) + rng.normal(0, 0.5, 2)


def _lay(
    example: Example, lines: Sequence[Stroke], rng: np.random.Generator, width: float, passes: int = 1
) -> np.ndarray:
    """(H, W) float, 0..1: how much ink lies where. width: px; the pressure varies along a stroke and between them."""
    sheet = np.zeros((example.height * FINE, example.width * FINE), np.uint8)
    for line in lines:
        for _ in range(passes):
            points = np.round(_hand(line, rng, 1.0 if passes == 1 else 1.3) * FINE * 8).astype(int)
            count = len(points)
            press = 1 + gaussian_filter1d(rng.normal(0, 1, count), 8, mode="nearest") * 0.45 + rng.normal(0, 0.06)
            ends = np.minimum(np.arange(count), np.arange(count)[::-1]) * 3 / 12  # lighter over the first 12 px
            press = press.clip(0.7, 1.3) * (0.65 + 0.35 * ends.clip(max=1))
            dark = int(255 * rng.uniform(0.9, 1.0))
            for first, last, pressed in zip(points[:-1], points[1:], press[1:], strict=True):
                thick = max(1, round(width * FINE * pressed))
                cv2.line(sheet, first.tolist(), last.tolist(), dark, thick, cv2.LINE_AA, shift=3)
    return cv2.resize(sheet, (example.width, example.height), interpolation=cv2.INTER_AREA) / 255


def _pencil(example: Example, lines: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """A photograph of a pencil drawing: soft grey lines gone over twice, paper grain, light from one side."""
    shape = (example.height, example.width)
    grain = gaussian_filter(rng.normal(0, 1, shape), 0.8)
    lead = _lay(example, lines, rng, width=2.6, passes=2) * (0.72 + 0.35 * grain).clip(0.3, 1)
    turn = cv2.getRotationMatrix2D((shape[1] / 2, shape[0] / 2), -2.2, 0.94)
    lead = cv2.warpAffine(lead, turn, shape[::-1], flags=cv2.INTER_LINEAR)
    lead = gaussian_filter(lead, 0.7)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]] / max(shape)
    light = 236 - 62 * x - 40 * y - 34 * np.exp(-(((x - 0.95) ** 2 + (y - 0.8) ** 2) / 0.09))
    light += 14 * np.exp(-(((x - 0.25) ** 2 + (y - 0.2) ** 2) / 0.05))
    paper = light + 5.5 * gaussian_filter(rng.normal(0, 1, shape), 1.5)
    return _palette(paper * (1 - 0.78 * lead), 36, (18, 16, 14), (255, 249, 238))


def _chalk(example: Example, lines: Sequence[Stroke], rng: np.random.Generator) -> Image.Image:
    """White chalk on a dark board: broken, dusty lines, and the smear of what was wiped off before."""
    shape = (example.height, example.width)
    tooth = gaussian_filter(rng.normal(0, 1, shape), 0.9)
    chalk = _lay(example, lines, rng, width=6.5)
    dust = gaussian_filter(chalk, 5) * 0.18
    chalk = gaussian_filter(chalk * (0.86 + 1.1 * tooth).clip(0.15, 1), 0.5)
    smear = gaussian_filter(rng.normal(0, 1, shape), (14, 60))
    board = 14 + 2.0 * smear / smear.std() + 0.4 * tooth / tooth.std()
    return _palette(np.sqrt(255 * (board + 255 * (dust + chalk)).clip(0, 250)), 20, (8, 30, 26), (246, 246, 238))


def _palette(grey: np.ndarray, levels: int, dark: Sequence[int], bright: Sequence[int]) -> Image.Image:
    """`grey` (H, W), 0..255, in so many even steps between two colours: small as a file, and alike on any machine."""
    steps = np.round(grey.clip(0, 255) / 255 * (levels - 1)).astype(np.uint8)
    picture = Image.fromarray(steps)
    colours = np.linspace(dark, bright, levels).round().astype(np.uint8)
    picture.putpalette(colours.tobytes())
    return picture


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: draws the named examples, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(EXAMPLES)}")
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the PNG files")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(EXAMPLES):
        parser.error(f"no example is called {', '.join(sorted(unknown))}; there are {', '.join(EXAMPLES)}")
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name in chosen.names or EXAMPLES:
        path = chosen.out / f"{name}.png"
        draw(EXAMPLES[name]).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
