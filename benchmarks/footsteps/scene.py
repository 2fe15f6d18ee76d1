"""Is the scene named right, and how fast?  python -m benchmarks.footsteps.scene [--data DIR] [--json PATH]

Right: pictures of DATA_DIR/surfaces under the labels of its manifest, close-ups for the surface and whole scenes for
surface and environment. The project's prompts stand beside one plain prompt per label and beside always naming the
most frequent label. "sure" is the share of pictures that get a label at all, "right when sure" the share of right
ones among them. Needs the model's weights and the data; what is missing is named and left out.

Fast: CLIP ViT-B/32 with random weights on this machine, for a scene of eight 1280x720 pictures with feet. The time
does not depend on what the weights are.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from common import clip, torchvision_cpu
from common.device import choose
from common.registry import Registry
from footsteps import scene

PICTURES = 8

# The manifest's label -> the surfaces that count as right. Labels without a counterpart in the vocabulary are left out.
SURFACES = {
    "asphalt": {"concrete"},
    "asphalt road": {"concrete"},
    "cobblestone": {"concrete"},
    "concrete": {"concrete"},
    "concrete plates": {"concrete"},
    "paving stones": {"concrete"},
    "sett": {"concrete"},
    "compacted": {"gravel", "dirt"},
    "ground": {"dirt"},
    **{name: {name} for name in ("carpet", "dirt", "grass", "gravel", "marble", "sand", "snow", "tile", "wood")},
    "wood deck": {"deck", "wood"},
    "wooden deck by water": {"deck"},
    "wooden pier": {"deck"},
    "fallen leaves": {"leaves"},
    "bicycle on fallen leaves": {"leaves"},
    "forest path": {"dirt", "leaves"},
    "forest stream, rocks": {"water"},
    "meadow": {"grass"},
    "mountain gravel trail": {"gravel", "dirt"},
    "paved plaza, palms": {"concrete"},
    "pebble beach with boats": {"gravel"},
    "sand dune grass": {"sand", "grass"},
    "marble hall with staircase": {"marble"},
}
ENVIRONMENTS = {
    "asphalt road": {"city_street"},
    "building, parking": {"parking_lot", "city_street"},
    "forest path": {"forest_trail"},
    "forest stream, rocks": {"creek"},
    "indoor room, study": {"home", "office"},
    "living room, glossy floor": {"home"},
    "marble hall with staircase": {"hallway"},
    "meadow": {"park_grass"},
    "mountain gravel trail": {"dirt_path"},
    "paved plaza, palms": {"urban_plaza"},
    "pebble beach with boats": {"beach"},
    "sand dune grass": {"beach"},
}
RIGHT = {"surface": SURFACES, "environment": ENVIRONMENTS}


def examples(folder: Path, kind: str) -> list[tuple[Path, set[str]]]:
    """Files and the labels that are right for them, in the order of the manifest."""
    with (folder / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["topic"] == "surfaces" and row["label"] in RIGHT[kind]]
    return [(folder / row["file"], RIGHT[kind][row["label"]]) for row in rows if (folder / row["file"]).is_file()]


def read(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def plain(model: clip.ZeroShot, kind: str, pictures: list[np.ndarray]) -> np.ndarray:
    """The baseline: one prompt per label, its bare name."""
    return model.scores(pictures, {id: [f"a photo of {entry.name}"] for id, entry in scene.VOCABULARY[kind].items()})


def accuracy(model: scene.Model, kind: str, found: list[tuple[Path, set[str]]]) -> dict:
    """Shares of right answers, one picture a scene."""
    labels = list(scene.VOCABULARY[kind])
    right, sure = [], []
    for path, truth in found:
        picture = read(path)
        seen = scene.ground_views([picture], None) if kind == "surface" and "scenes" in path.parts else [picture]
        guess = scene.vote(model(kind, seen), labels)
        right.append(max(guess.scores, key=guess.scores.get) in truth)
        sure.append(guess.label is not None)
    right, sure = np.array(right), np.array(sure)
    when_sure = float(right[sure].mean()) if sure.any() else None
    return {"right": float(right.mean()), "sure": float(sure.mean()), "right_when_sure": when_sure}


def most_frequent(found: list[tuple[Path, set[str]]]) -> float:
    """Share of right answers of whoever always names the label that is right most often."""
    counts = Counter(label for _, truth in found for label in truth)
    return max(counts.values()) / len(found)


def speed(seed: int) -> dict[str, float]:
    """Seconds of ViT-B/32 with random weights: building it, the first scene (with all prompts), another scene."""
    torchvision_cpu.mend()
    import open_clip
    import torch

    rng = np.random.default_rng(seed)
    pictures = [rng.integers(0, 255, (720, 1280, 3), dtype=np.uint8) for _ in range(PICTURES)]
    feet = [(640.0, 600.0, 250.0)] * PICTURES
    started = time.perf_counter()
    device = choose()
    configuration = open_clip.get_model_config("ViT-B-32-quickgelu")
    model = clip.ZeroShot(open_clip.CLIP(**configuration).to(device.name, getattr(torch, device.dtype)), device)
    seconds = {"build": time.perf_counter() - started}
    for name in ("first scene", "another scene"):
        started = time.perf_counter()
        scene.judge(pictures, feet, partial(scene.with_zero_shot, model), "random weights")
        seconds[name] = time.perf_counter() - started
    return seconds


def _seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of the random pictures that speed is measured on")


def main() -> int:
    chosen = options(__doc__, _seed)
    seed = chosen.arguments.seed
    print(f"scene; seed {seed}; {machine()}; {choose().reason}\n")
    report = {"device": choose().reason, "seed": seed, "accuracy": {}}

    model = None
    if Registry().where(clip.DEFAULT) == "missing":
        print(f"full tier skipped: the weights of {clip.DEFAULT} are not on this machine")
        print(f"   (python -m common.weights fetch {clip.DEFAULT})")
    else:
        model = clip.load()
    print("embedded tier skipped: it has no scene model")
    if chosen.data_folder("surfaces"):
        print(f"\n{'':12} {'pictures':>8}  {'way':15} {'right':>6} {'sure':>6} {'right when sure':>16}")
        for kind in RIGHT:
            found = examples(chosen.data, kind)
            rows = {}
            if model is not None:
                rows["project"] = accuracy(partial(scene.with_zero_shot, model), kind, found)
                rows["plain prompt"] = accuracy(partial(plain, model), kind, found)
            share = most_frequent(found)
            rows["most frequent"] = {"right": share, "sure": 1.0, "right_when_sure": share}
            for way, row in rows.items():
                when_sure = "" if row["right_when_sure"] is None else f"{row['right_when_sure']:.0%}"
                print(f"{kind:12} {len(found):8}  {way:15} {row['right']:6.0%} {row['sure']:6.0%} {when_sure:>16}")
            report["accuracy"][kind] = {"pictures": len(found), **rows}

    seconds = report["speed"] = speed(seed)
    print(f"\nspeed of CLIP ViT-B/32 with random weights, {PICTURES} pictures of 1280x720, seconds:")
    print("   " + ", ".join(f"{name} {value:.2f}" for name, value in seconds.items()))
    chosen.write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
