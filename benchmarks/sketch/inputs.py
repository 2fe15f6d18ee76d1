"""What the sketch benchmarks draw: sketches of three sources, and looks to draw them in."""

import json
import random
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from common import weights
from common.pictures import over, read_picture
from sketch import cards as style_cards
from sketch.lines import Prepared, from_strokes, prepare
from sketch.render import EMBEDDED
from sketch.styles import SUFFIXES

EXAMPLES = Path(__file__).parents[2] / "spaces" / "sketch" / "examples"
SEED = 0
CARDS, PICTURES = "style cards", "style pictures"
SUBJECTS, QUICKDRAW, APP = "drawn subjects", "QuickDraw", "app's examples"


@dataclass(frozen=True)
class Look:
    """A style picture. words: the model is given beside it, "" for none; medium: "" where it is not known."""

    source: str
    name: str
    words: str
    medium: str
    file: Path

    def rgb(self) -> np.ndarray:
        """(H, W, 3) uint8 over white."""
        return over(read_picture(self.file).rgba)


@dataclass(frozen=True)
class Sketch:
    """Lines, and what they show, in words."""

    source: str
    name: str
    subject: str
    prepared: Prepared


@dataclass(frozen=True)
class Case:
    """A sketch, the look that is wanted and one of another medium, the words for the model, and the seed."""

    sketch: Sketch
    wanted: Look
    other: Look
    words: str
    seed: int


def model_folder(given: Path | None) -> Path:
    """The folder that was named, or that of the project's own weights. Exits where no model is in it."""
    folder = given or weights.path(EMBEDDED)
    if not (folder / "model_index.json").is_file():
        sys.exit(
            f"There is no model in {str(folder)!r}: --model takes a folder that common.diffusion.save has written."
        )
    return folder


def cards() -> list[Look]:
    """The built-in cards in a fixed random order that takes one of each medium in turn."""
    chance, media = random.Random(SEED), defaultdict(list)
    for card in style_cards.built_in().values():
        media[card.medium].append(Look(CARDS, card.id, card.title, card.medium, card.picture))
    groups = list(media.values())
    for some in (*groups, groups):
        chance.shuffle(some)
    return [look for turn in zip_longest(*groups) for look in turn if look]


def pictures(folder: Path | None) -> list[Look]:
    """The style pictures below a folder in a fixed random order; none where there is no folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES) if folder else []
    random.Random(SEED).shuffle(files)
    return [Look(PICTURES, file.stem, "", "", file) for file in files]


def subjects(count: int) -> list[Sketch]:
    """Outlines of the project's own drawn subjects, none of which the model has seen in training."""
    from weights.recipes.sketch import outlines

    names = sorted(path.stem for path in outlines.SUBJECTS.glob("*.svg"))
    found = []
    for name in random.Random(SEED).sample(names, min(count, len(names))):
        strokes = outlines.strokes([outlines.Part(name, 16, 16, 480)], 512, 512)
        drawn = from_strokes([tuple(stroke.T) for stroke in strokes], 512)
        found.append(Sketch(SUBJECTS, name, name.replace("_", " "), prepare(drawn)))
    return found


def quickdraw(folder: Path | None, count: int) -> list[Sketch]:
    """One drawing of each of `count` words from <word>.ndjson in quickdraw/, of those that were recognised."""
    files, chance = sorted(folder.glob("quickdraw/*.ndjson")) if folder else [], random.Random(SEED)
    found = []
    for file in chance.sample(files, min(count, len(files))):
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        entry = chance.choice([entry for entry in entries if entry["recognized"]])
        drawn = from_strokes([tuple(stroke[:2]) for stroke in entry["drawing"]], 512)
        found.append(Sketch(QUICKDRAW, file.stem, entry["word"].lower(), prepare(drawn)))
    return found


def examples(count: int, known: list[Look]) -> list[Case]:
    """The app's examples, each in the card of `known` that its own words find."""
    from sketch import pipeline
    from sketch.styles import StyleLibrary

    looks, found = {look.name: look for look in known}, []
    with tempfile.TemporaryDirectory() as folder:
        library = StyleLibrary.open(folder)
        for number, (file, words) in enumerate(list(example_words().items())[:count]):
            job = pipeline.retrieve(pipeline.Job(file, pipeline.Settings(words)), library)
            if not job.used:
                print(f"skipped: no style card is found for {words!r}")
                continue
            wanted = looks[job.used[0][0].id]
            sketch = Sketch(APP, file.stem, job.found.content, prepare(read_picture(file)))
            found.append(Case(sketch, wanted, another(wanted, known), job.words, number))
        library.close()
    return found


def example_words() -> dict[Path, str]:
    """The files of the app's examples, and their words."""
    words = json.loads((EXAMPLES / "words.json").read_text(encoding="utf-8"))
    return {EXAMPLES / f"{name}.png": text for name, text in words.items()}


def cases(count: int, sketches: Path | None, styles: Path | None) -> list[Case]:
    """Up to `count` sketches of each source: two cards and a style picture for each, for an example its own card."""
    known, others = cards(), pictures(styles)
    found = []
    for number, sketch in enumerate([*subjects(count), *quickdraw(sketches, count)]):
        wanted = [known[(2 * number + at) % len(known)] for at in (0, 1)]
        wanted += others[number % len(others) :][:1] if others else []
        for look in wanted:
            found.append(Case(sketch, look, another(look, known, number), worded(sketch.subject, look), number))
    return [*found, *examples(count, known)]


def worded(subject: str, look: Look) -> str:
    """Subject and look as the app joins them for a style that was chosen."""
    return ", ".join(part for part in (subject, look.words) if part)


def another(look: Look, known: list[Look], start: int = 0) -> Look:
    """The first card of another medium after the look's own place, or after `start` for a look that is no card."""
    place = known.index(look) if look in known else start
    return next(card for card in known[place + 1 :] + known[: place + 1] if card.medium != look.medium)
