"""What page and scripts ask for, in plain values, as the pipeline takes it. What can't be meant is a UserError."""

import reprlib

from common.errors import UserError
from sketch import pipeline, styles
from sketch import render as rendering

CHOICES = (
    "negative_prompt", "size", "steps", "guidance", "structure", "style", "style_only", "kind", "scheduler", "seed",
    "count", "tier",
)  # fmt: skip
LEFT_OPEN = {"size", "steps", "guidance", "scheduler", "tier"}  # where 0 or "" leaves it to the model


def settings(words: str, *values) -> rendering.Settings:
    """The choices of the page, in the order of CHOICES, as the pipeline takes them."""
    chosen = dict(zip(CHOICES, values, strict=True))
    return rendering.Settings(words, **{name: (it or None) if name in LEFT_OPEN else it for name, it in chosen.items()})


def weighed(chosen: list | None) -> list[tuple[str, float]] | None:
    """Ids, or objects with id and weight, as the pipeline takes styles; none leaves it to the words."""
    wrong = UserError(f"The styles are {reprlib.repr(chosen)}: give a list of ids, or of objects with id and weight.")
    if not isinstance(chosen or [], list):
        raise wrong
    try:
        pairs = [(one, 1.0) if isinstance(one, str) else (one["id"], float(one["weight"])) for one in chosen or ()]
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise wrong from error
    if not all(isinstance(name, str) for name, _ in pairs):
        raise wrong
    return pairs or pipeline.AUTOMATIC


def given(sketch):
    if sketch is None or sketch == "":
        raise UserError("There is no sketch yet. Draw one, upload one, or click an example.")
    return sketch


def drawing(job: pipeline.Job):
    """The work of a render, for a folder of results."""
    job.settings.check()  # before the library is opened, which loads a model
    return lambda folder, report: pipeline.run(job, styles.StyleLibrary.shared(), folder, report)


def finding(words: str | None, k: int | None, medium: str | None = ""):
    """The work of a search: a function of a progress report."""
    if k is None or not 1 <= k <= 20:
        raise UserError(f"The number of styles is {k}: give a whole number from 1 to 20.")
    return lambda report: styles.StyleLibrary.shared().find(words or "", k, {"medium": medium} if medium else None)


def adding(picture: str | None, *words: str | None):
    """The work of adding a style, which gives its card: a function of a progress report.

    words: title, caption, medium, era and licence
    """
    if not picture:
        raise UserError("There is no picture of the style yet. Upload one.")
    texts = [text or "" for text in words]
    return lambda report: styles.StyleLibrary.shared().add_style(picture, *texts)


def deleting(style_id: str | None):
    """The work of deleting an added style: a function of a progress report."""
    if not style_id:
        raise UserError("No style was named. Choose one that was added.")
    return lambda report: styles.StyleLibrary.shared().delete_style(style_id)
