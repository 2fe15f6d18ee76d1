"""Training examples, made once: groups of subjects in one look, with the lines of each.

Kept as memory maps in the cache, so that every later stage reads instead of shading again.
"""

import json
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from weights.recipes.sketch.corpus import Corpus, load
from weights.recipes.sketch.lines import draw_lines
from weights.recipes.sketch.shaders import random_style, shade

GROUP = 8  # subjects that share one style; one of them is the style reference of another
WHITE = 0.25  # share of groups on plain white, as the sets themselves are: shapes and colours without a look


@dataclass(frozen=True)
class Bank:
    """pictures (N, 3, side, side) uint8; lines (N, 1, side, side) uint8; subject (N,) index into names; shader (N / 8,)
    name of the look of each group of GROUP rows; words: per subject its name and tags."""

    pictures: np.ndarray
    lines: np.ndarray
    subject: np.ndarray
    shader: list[str]
    words: list[list[str]]

    def __len__(self) -> int:
        return len(self.pictures)


def make(cache: Path, side: int, groups: int, seed: int, held_out: bool = False, workers: int = 2) -> Bank:
    """The bank of `groups` looks at `side` pixels, read from the cache or shaded now. The same seed, the same bank."""
    stem = cache / f"bank-{side}-{groups}-{seed}{'-held-out' if held_out else ''}"
    corpus = load(cache, side, workers)
    if not stem.with_suffix(".json").exists():
        _make(corpus, cache, stem, side, groups, seed, held_out, workers)
    known = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
    return Bank(
        np.load(f"{stem}-pictures.npy", mmap_mode="r"),
        np.load(f"{stem}-lines.npy", mmap_mode="r"),
        np.array(known["subject"]),
        known["shader"],
        corpus.words,
    )


def _make(
    corpus: Corpus, cache: Path, stem: Path, side: int, groups: int, seed: int, held_out: bool, workers: int
) -> None:
    start = time.perf_counter()
    shape = (groups * GROUP, side, side)
    pictures = np.lib.format.open_memmap(f"{stem}-pictures.npy", "w+", np.uint8, (shape[0], 3, *shape[1:]))
    lines = np.lib.format.open_memmap(f"{stem}-lines.npy", "w+", np.uint8, (shape[0], 1, *shape[1:]))
    subject, shader = [], []
    rows = corpus.rows(held_out)
    with ProcessPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        work = partial(_group, cache, side, rows, seed)
        for index, (colours, strokes, who, name) in enumerate(pool.map(work, range(groups), chunksize=8)):
            part = slice(index * GROUP, (index + 1) * GROUP)
            pictures[part], lines[part] = colours, strokes
            subject += who
            shader.append(name)
    pictures.flush()
    lines.flush()
    stem.with_suffix(".json").write_text(json.dumps({"subject": subject, "shader": shader}), encoding="utf-8")
    print(f"{stem.name}: {shape[0]} pictures in {time.perf_counter() - start:.0f} s", flush=True)


def _group(cache: Path, side: int, rows: np.ndarray, seed: int, index: int) -> tuple:
    """Pictures, lines, subjects and shader of one group."""
    random = np.random.default_rng([seed, index])
    corpus = load(cache, side)
    # Of one set, so that a group shares its hand as well as its look; sets are drawn evenly.
    drawn_by = corpus.drawn_by[rows]
    of_set = rows[drawn_by == random.choice(np.unique(drawn_by))]
    chosen = random.choice(of_set, GROUP, replace=len(of_set) < GROUP)
    rgba = torch.from_numpy(np.stack([corpus.pictures[row] for row in chosen])).permute(0, 3, 1, 2).float() / 255
    rgba = _vary(rgba, random)
    style = random_style(random)
    if random.uniform() < WHITE:
        style = type(style)("plain", style.palette, style.amounts, style.seed)
    pictures = shade(rgba, style)
    strokes = draw_lines(rgba, torch.Generator().manual_seed(style.seed))
    as_bytes = [(x * 255).round().to(torch.uint8).numpy() for x in (pictures, strokes)]
    return *as_bytes, corpus.subject[chosen].tolist(), style.shader


def _vary(rgba: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Each subject mirrored or not, smaller, moved, a little turned, so that not everything sits in the middle."""
    n = len(rgba)
    scale = random.uniform(1.0, 1.7, n)
    angle = random.normal(0, 0.12, n)
    mirror = random.choice([-1.0, 1.0], n)
    move = random.uniform(-0.5, 0.5, (n, 2)) * (scale - 1)[:, None]
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    matrices = np.stack(
        [np.stack([cos * mirror, -sin, move[:, 0]], 1), np.stack([sin * mirror, cos, move[:, 1]], 1)], 1
    )
    # Premultiplied, so that the colour of what is transparent does not bleed into the border.
    packed = torch.cat([rgba[:, :3] * rgba[:, 3:], rgba[:, 3:]], 1)
    grid = torch.nn.functional.affine_grid(torch.tensor(matrices, dtype=torch.float32), list(rgba.shape), False)
    packed = torch.nn.functional.grid_sample(packed, grid, mode="bicubic", align_corners=False).clamp(0, 1)
    return torch.cat([(packed[:, :3] / packed[:, 3:].clamp(min=1 / 255)).clamp(0, 1), packed[:, 3:]], 1)
