"""Does a render keep its sketch and take its look? `python -m benchmarks.sketch.quality [--grid PNG] [--json PATH]`.

Each sketch is drawn in several looks, in four ways, and every picture is measured as the app measures it: edge F1
against the lines, and the style distance to the wanted picture (half VGG-19 Gram matrices, half palette; 0 is best).

    project         words and the style picture, as the app draws
    no style        the same words, seed and lines without the picture; the words still name a card's look
    AdaIN           Huang and Belongie 2017 with published weights, on the flat-filled sketch; it copies statistics of
                    the very features that half of the distance is measured with, and its edges are the sketch's own
    another style   a control: the project with the picture of a card of another medium and the words of the wanted
                    one; it must be farther from the wanted look, or the distance says nothing about style

Sketches: the outlines of the project's own drawn subjects, which training did not see; QuickDraw, where --data has
sketches/quickdraw; and the app's examples, in the card that their words find. Looks: built-in cards, which were drawn
with the shaders that training used, other colours and subjects; and, where --data has styles, pictures of a kind that
training never saw, without words for the look.

The intervals hold 95 % of the means of 2,000 draws of sketches (bootstrap): the pictures of one sketch are no
independent samples. A style distance counts as smaller when the whole interval of the paired differences is below 0.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from benchmarks.sketch import adain, inputs
from benchmarks.sketch.inputs import Case
from common import diffusion, vgg, weights
from common.diffusion import DiffusionModel
from common.pictures import write_png
from sketch import lines, render, scores
from sketch.pipeline import ink

PROJECT, NO_STYLE, ADAIN, ANOTHER = WAYS = ("project", "no style", "AdaIN", "another style")
MEASURES = ("f1", "style", "gram", "palette")
TARGET = 0.75  # edge F1 of the project, mean
DRAWS = 2000
CELL, LABEL = 256, 20  # px of the grid
GRID_LOOKS, GRID_ROWS = 5, 2  # columns with a style; rows of each source


def draw(case: Case, model: DiffusionModel, steps: int, ways: tuple[str, ...] = WAYS) -> dict[str, np.ndarray]:
    """The pictures of a case, (h, w, 3) uint8 without the padding, by way."""
    sheet = case.sketch.prepared.lines
    settings = render.Settings(case.words, steps=steps, seed=case.seed, tier="embedded")
    references = {PROJECT: [(case.wanted.rgb(), 1.0)], NO_STYLE: [], ANOTHER: [(case.other.rgb(), 1.0)]}
    found = {}
    for way in ways:
        if way == ADAIN:
            picture = adain.stylise(adain.flat_fill(sheet, case.seed), case.wanted.rgb())
        else:
            picture = render.render(sheet, references[way], settings, model=model).pictures[0]
        found[way] = lines.restore(picture, case.sketch.prepared)
    return found


def measure(case: Case, pictures: dict[str, np.ndarray]) -> list[dict]:
    """A row for each picture."""
    rows, prepared, wanted = [], case.sketch.prepared, case.wanted.rgb()
    about = {"sketches": case.sketch.source, "sketch": case.sketch.name, "looks": case.wanted.source}
    about |= {"look": case.wanted.name, "other": case.other.name, "words": case.words, "seed": case.seed}
    for way, picture in pictures.items():
        kept, style = scores.structure(prepared.lines, picture, prepared.box), scores.style(picture, wanted)
        found = {"f1": kept.f1, "precision": kept.precision, "recall": kept.recall}
        found |= {"style": style.total, "gram": style.gram, "palette": style.palette}
        rows.append(about | {"way": way} | {name: round(value, 4) for name, value in found.items()})
    return rows


def statistics(values: list[float], sketches: list[tuple[str, str]]) -> dict[str, float]:
    """Mean, median, and the interval of the mean, drawn by sketch. values, sketches: one for each picture."""
    number = {sketch: at for at, sketch in enumerate(dict.fromkeys(sketches))}
    places = [number[sketch] for sketch in sketches]
    sums, counts = np.bincount(places, values), np.bincount(places)
    drawn = np.random.default_rng(inputs.SEED).integers(len(number), size=(DRAWS, len(number)))
    low, high = np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), (0.025, 0.975))
    found = {"mean": np.mean(values), "median": np.median(values), "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in found.items()}


def compare(rows: list[dict]) -> dict:
    """By way the statistics of every measure, and those of the project's distance less that of the other ways."""
    by_way = {way: [row for row in rows if row["way"] == way] for way in WAYS}
    sketches = [(row["sketches"], row["sketch"]) for row in by_way[PROJECT]]
    report: dict = {"pictures": len(sketches), "sketches": len(set(sketches)), "ways": {}, "project_less": {}}
    for way, some in by_way.items():
        report["ways"][way] = {name: statistics([row[name] for row in some], sketches) for name in MEASURES}
        if way != PROJECT:
            pairs = zip(by_way[PROJECT], some, strict=True)
            report["project_less"][way] = statistics([one["style"] - two["style"] for one, two in pairs], sketches)
    return report


def compare_all(rows: list[dict]) -> dict[str, dict]:
    """For all sketches and looks, and for those of each source."""
    groups = {"all": rows}
    for key in ("sketches", "looks"):
        groups |= {name: [row for row in rows if row[key] == name] for name in dict.fromkeys(row[key] for row in rows)}
    return {name: compare(some) for name, some in groups.items()}


def table(name: str, report: dict) -> str:
    """Mean, median and interval of edge F1 and style distance by way, and the means of the two parts of the latter."""
    text = [f"{name}: {report['pictures']} pictures of {report['sketches']} sketches"]
    text.append(f"{'':16}{'edge F1':36}{'style distance':36}{'gram':>8}{'palette':>10}")
    for way, found in report["ways"].items():
        row = f"{way:16}"
        for at in (found["f1"], found["style"]):
            spread = f"{at['mean']:.3f}   {at['median']:.3f}   {at['low']:.3f} to {at['high']:.3f}"
            row += f"{spread:36}"
        text.append(row + f"{found['gram']['mean']:8.3f}{found['palette']['mean']:10.1f}")
    return "\n".join(text)


def targets(report: dict) -> list[dict]:
    """What was aimed at, what was found, and whether that is enough."""
    f1 = report["ways"][PROJECT]["f1"]
    found = [{"target": f"edge F1 at least {TARGET}", "found": f1["mean"], "reached": f1["mean"] >= TARGET}]
    for way in (NO_STYLE, ADAIN):
        less = report["project_less"][way]
        said = f"style distance below that of {way}"
        found.append({"target": said, "found": less["mean"], "to": less["high"], "reached": less["high"] < 0})
    return found


def grid(path: Path, cases: list[Case], model: DiffusionModel, steps: int) -> None:
    """Write sketches (rows) in looks (columns) as one picture, to look at."""
    looks = inputs.cards()[:GRID_LOOKS]
    looks[-1] = next((case.wanted for case in cases if case.wanted.source == inputs.PICTURES), looks[-1])
    references = [look.rgb() for look in looks]
    names = ["lines", "no style", f"AdaIN, {looks[0].name}", *(look.name for look in looks)]
    sheet = [_row([None, None, references[0], *references], names)]
    for case in _spread(cases):
        in_looks = [replace(case, wanted=look, words=inputs.worded(case.sketch.subject, look)) for look in looks]
        plain = replace(case, wanted=looks[0], words=case.sketch.subject)
        shown = [ink(case.sketch.prepared), *draw(plain, model, steps, (NO_STYLE, ADAIN)).values()]
        shown += [draw(one, model, steps, (PROJECT,))[PROJECT] for one in in_looks]
        sheet.append(_row(shown, [case.sketch.subject, *[""] * (len(shown) - 1)]))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_png(path, np.vstack(sheet), {"steps": steps, "looks": [look.name for look in looks]})
    print(f"written to {path}")


def _spread(cases: list[Case]) -> list[Case]:
    """One case of each of the first GRID_ROWS sketches of each source."""
    chosen: dict[str, dict[str, Case]] = {}
    for case in cases:
        of_source = chosen.setdefault(case.sketch.source, {})
        if len(of_source) < GRID_ROWS:
            of_source.setdefault(case.sketch.name, case)
    return [case for of_source in chosen.values() for case in of_source.values()]


def _row(pictures: list[np.ndarray | None], texts: list[str]) -> np.ndarray:
    return np.hstack([_cell(picture, text) for picture, text in zip(pictures, texts, strict=True)])


def _cell(picture: np.ndarray | None, text: str) -> np.ndarray:
    """A picture in the middle of a white square, with a line of text above it."""
    import cv2

    cell = np.full((CELL + LABEL, CELL + 8, 3), 255, np.uint8)
    if picture is not None:
        factor = CELL / max(picture.shape[:2])
        size = [max(1, round(side * factor)) for side in picture.shape[1::-1]]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
        top, left = LABEL + (CELL - size[1]) // 2, (CELL - size[0]) // 2
        cell[top : top + size[1], left : left + size[0]] = picture
    cv2.putText(cell, text[:34], (4, LABEL - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return cell


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--model", type=Path, help="folder of a model; the project's own weights otherwise")
        parser.add_argument("--subjects", type=int, default=10, help="sketches of each source, at most")
        parser.add_argument("--steps", type=int, default=8, help="of sampling")
        parser.add_argument("--grid", type=Path, help="write a picture of sketches in looks to this PNG")

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    if given.subjects < 1:
        sys.exit(f"--subjects is {given.subjects}: give 1 or more.")
    model = diffusion.embedded(inputs.model_folder(given.model))
    for needed in (vgg.DEFAULT, adain.DECODER):  # before the minutes that follow
        weights.path(needed)
    cases = inputs.cases(given.subjects, chosen.data_folder("sketches"), chosen.data_folder("styles"))
    rows = []
    for number, case in enumerate(cases, start=1):
        print(f"{number} of {len(cases)}: {case.sketch.name}, {case.wanted.name}", file=sys.stderr, flush=True)
        rows += measure(case, draw(case, model, given.steps))
    report = compare_all(rows)
    print(f"{machine()}; {given.steps} steps; mean, median, 95 % of the mean; palette in Lab units\n")
    print("\n\n".join(table(name, some) for name, some in report.items()) + "\n")
    aims = targets(report["all"])
    for aim in aims:
        to = f" (95 %: up to {aim['to']:+.3f})" if "to" in aim else ""
        print(f"target: {aim['target']}: {aim['found']:.3f}{to}, {'' if aim['reached'] else 'not '}reached")
    if given.grid:
        grid(given.grid, cases, model, given.steps)
    chosen.write({"steps": given.steps, "targets": aims, "groups": report, "pictures": rows})


if __name__ == "__main__":
    main()
