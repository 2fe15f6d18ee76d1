"""From a sketch and words to renders in a found look, as a LangChain chain: retrieve, prepare, generate, score, write.

LangChain Expression Language: `chain.invoke(job, {"configurable": {"library": …, "folder": …, "report": …}})`; `run`
does so. Each link takes a `Job` and gives it on with its own part filled in.
"""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import UserError
from common.pictures import Picture, from_array, read_picture, write_png
from sketch import lines, render, scores
from sketch.cards import Card
from sketch.lines import Prepared
from sketch.render import Render, Settings
from sketch.retrieval import Found, Match, blend
from sketch.styles import StyleLibrary

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable, RunnableConfig

AUTOMATIC = None  # choice of styles: the best that the words find
LINES_FILE, SETTINGS_FILE = "lines.png", "settings.json"

Progress = Callable[[float, str], None]
Sketch = str | Path | np.ndarray | Mapping | Picture


@dataclass(frozen=True)
class Made:
    """One picture.

    file: PNG of the sketch's aspect, with all settings in it; before: the lines, dark on white, of the same size
    seed: from which it was drawn
    structure, style: measured on it; style is None where no style was used
    """

    file: Path
    before: Path
    seed: int
    structure: scores.StructureScore
    style: scores.StyleScore | None


@dataclass(frozen=True)
class Job:
    """What is wanted, and then what each link of the chain adds.

    sketch: a file, an array, or what a drawing pad gives
    settings: `prompt` is what the person typed, subject and look
    kind: of the sketch: "auto", "drawing" or "photograph"
    chosen: ids of styles and their weights; empty: none; None (AUTOMATIC): the best that the words find

    found, used, words: what the words found, the styles that are used with shares that sum to 1, and the prompt
    references: the pictures of the used styles, read once, so that nobody who deletes a style loses a finished render
    prepared: the lines; drawn: the renders; pictures: what was written; notes: what to mind, in sentences
    seconds: per link
    """

    sketch: Sketch
    settings: Settings = field(default_factory=Settings)
    kind: str = "auto"
    chosen: Sequence[tuple[str, float]] | None = AUTOMATIC

    found: Found | None = None
    used: Sequence[tuple[Card, float]] = ()
    words: str = ""
    references: Sequence[np.ndarray] = ()
    prepared: Prepared | None = None
    drawn: Render | None = None
    pictures: Sequence[Made] = ()
    notes: Sequence[str] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    def record(self) -> dict:
        """Everything that is needed to make the same again, and what was measured; plain values, for JSON."""
        settings = asdict(self.drawn.settings) | {"prompt": self.settings.prompt}
        return {
            **settings,
            "words": self.words,
            "kind_of_sketch": self.prepared.kind,
            "styles": [
                {"id": card.id, "title": card.title, "share": round(share, 3), "score": self._score(card)}
                for card, share in self.used
            ],
            "pictures": [_measured(made) for made in self.pictures],
            "seconds": {link: seconds for link, seconds in self.seconds.items() if link != "write"},
            "notes": list(self.notes),
            "versions": self.drawn.versions,
        }

    def _score(self, card: Card) -> float | None:
        """How well the words asked for it, where they found it."""
        matches = self.found.matches if self.found else ()
        return next((round(match.score, 3) for match in matches if match.card.id == card.id), None)


def run(job: Job, library: StyleLibrary, folder: str | Path, report: Progress | None = None) -> Job:
    """The whole chain.

    library: of the style cards; folder: where the files are written, made where it is missing
    report: gets the fraction done (0..1) and a line of text; an error that it raises ends the work and comes out here

    Everything that can be checked is checked before the model that draws is loaded. Raises UserError, MediaError and
    WeightsUnavailable with what to do.
    """
    configurable = {"library": library, "folder": Path(folder), "report": report or _silent}
    return chain().invoke(job, {"configurable": configurable})


def chain() -> "Runnable[Job, Job]":
    """retrieve | prepare | generate | score | write."""
    return _link(retrieve) | _link(prepare) | _link(generate) | _link(score) | _link(write)


def retrieve(job: Job, library: StyleLibrary, **_) -> Job:
    """The styles that the words ask for, or those that were chosen, and the words that the model is given."""
    job.settings.check()
    found = library.find(job.settings.prompt) if job.settings.prompt.strip() else None
    used = _automatic(found) if job.chosen is AUTOMATIC else _chosen(job.chosen, library)
    notes = [*job.notes, *_on_styles(job, found, used)]
    references = [card.rgb() for card, _ in used]
    return replace(job, found=found, used=used, words=_words(job, found, used), references=references, notes=notes)


def prepare(job: Job, report: Progress, **_) -> Job:
    """The lines of the sketch, at the size that will be drawn."""
    report(0.02, "Finding the lines")
    settings = job.settings.resolved()
    prepared = lines.prepare(_picture(job.sketch), settings.size, job.kind)
    if settings.tier != "embedded" and prepared.kind == "photograph" and settings.kind == "scribble":
        settings = replace(settings, kind="canny")  # its edges are Canny's own
    return replace(job, settings=settings, prepared=prepared, notes=[*job.notes, *prepared.notes])


def generate(job: Job, report: Progress, **_) -> Job:
    """The renders."""
    styles = [(picture, share) for picture, (_, share) in zip(job.references, job.used, strict=True)]
    drawn = render.render(
        job.prepared.lines,
        styles,
        replace(job.settings, prompt=job.words),
        lambda part, text: report(0.05 + 0.85 * part, text),
    )
    return replace(job, drawn=drawn, notes=[*job.notes, *drawn.notes])


def score(job: Job, folder: Path, report: Progress, **_) -> Job:
    """Every picture measured, without the padding."""
    report(0.92, "Measuring")
    shares, made, notes = [share for _, share in job.used], [], list(job.notes)
    for number, picture in enumerate(job.drawn.pictures):
        cut = lines.restore(picture, job.prepared)
        structure = scores.structure(job.prepared.lines, cut, job.prepared.box)
        style = scores.style(cut, job.references, shares) if job.references else None
        seed = (job.drawn.settings.seed + number) % 2**32
        made.append(Made(folder / f"render-{number + 1}.png", folder / LINES_FILE, seed, structure, style))
        if style and style.note not in ("", *notes):
            notes.append(style.note)
    return replace(job, pictures=made, notes=notes)


def write(job: Job, folder: Path, report: Progress, **_) -> Job:
    """The pictures with the settings in them, the lines, the record."""
    report(0.98, "Writing")
    record = job.record()
    folder.mkdir(parents=True, exist_ok=True)
    for made, picture in zip(job.pictures, job.drawn.pictures, strict=True):
        write_png(made.file, lines.restore(picture, job.prepared), record | {"seed": made.seed, "count": 1})
    write_png(folder / LINES_FILE, ink(job.prepared), {"kind_of_sketch": job.prepared.kind})
    (folder / SETTINGS_FILE).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    return job


def lines_alone(sketch: Sketch, size: int, kind: str, folder: str | Path) -> tuple[Path, dict]:
    """The lines of a sketch, dark on white, as a PNG in `folder`, and what was found. Raises as `lines.prepare`."""
    Settings(size=size).check()  # `lines.prepare` takes larger ones too, as large as the memory
    prepared = lines.prepare(_picture(sketch), size, kind)
    left, top, right, bottom = prepared.box
    found = {
        "kind": prepared.kind,
        "width": right - left,
        "height": bottom - top,
        "stroke_width": None if math.isnan(prepared.stroke_width) else round(prepared.stroke_width, 2),
        "notes": prepared.notes,
    }
    file = Path(folder) / LINES_FILE
    write_png(file, ink(prepared), {"kind_of_sketch": prepared.kind})
    return file, found


def ink(prepared: Prepared) -> np.ndarray:
    """The lines as a person expects them, dark on white, without the padding: (h, w, 3) uint8."""
    cut = lines.restore(prepared.lines, prepared)
    return np.repeat(((1 - cut) * 255).round().astype(np.uint8)[..., None], 3, axis=2)


def _picture(sketch: Sketch) -> Picture:
    if isinstance(sketch, str | Path):
        return read_picture(sketch)
    return sketch if isinstance(sketch, Picture) else from_array(sketch)


def _link(step: Callable[..., Job]) -> "Runnable[Job, Job]":
    """A step as a link of the chain: timed, and given what the configuration holds for this run."""
    from langchain_core.runnables import RunnableLambda

    def call(job: Job, config: "RunnableConfig") -> Job:
        start = time.perf_counter()
        done = step(job, **config["configurable"])
        return replace(done, seconds={**job.seconds, step.__name__: round(time.perf_counter() - start, 3)})

    return RunnableLambda(call, name=step.__name__)


def _automatic(found: Found | None) -> list[tuple[Card, float]]:
    return [] if found is None or found.text_only else [(found.matches[0].card, 1.0)]


def _chosen(chosen: Sequence[tuple[str, float]], library: StyleLibrary) -> list[tuple[Card, float]]:
    if not chosen:
        return []
    matches = [Match(library.card(name), 1.0) for name, _ in chosen]
    used = [(card, share) for card, share in blend(matches, [weight for _, weight in chosen]) if share > 0]
    if bare := [card.title for card, _ in used if card.picture is None]:
        raise UserError(f"The style {bare[0]!r} has no picture to take a look from. Choose another one.")
    return used


def _words(job: Job, found: Found | None, used: Sequence[tuple[Card, float]]) -> str:
    """The subject first, then the look: the titles of the styles that were chosen, or else as typed."""
    subject, typed = (found.content, found.style) if found else ("", "")
    look = [card.title for card, _ in used] if job.chosen else [typed]
    return ", ".join(part for part in (subject, *look) if part)


def _on_styles(job: Job, found: Found | None, used: Sequence[tuple[Card, float]]) -> list[str]:
    if used or job.chosen is not AUTOMATIC:
        return []
    if found is None:
        return ["There were no words: the lines alone guide the picture. Say what it is and how it should look."]
    return ["No style fits these words: they alone guide the picture. Choose a style, or name a look."]


def _measured(made: Made) -> dict:
    return {
        "seed": made.seed,
        "structure": {key: round(value, 3) for key, value in asdict(made.structure).items()},
        "style": asdict(made.style) if made.style else None,
    }


def _silent(part: float, text: str) -> None:
    """The progress of somebody who does not ask."""
