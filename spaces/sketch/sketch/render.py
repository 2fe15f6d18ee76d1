"""From prepared lines and style pictures to renders: what the person may choose, checked, and the model that draws."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from common import device, diffusion, weights
from common.device import gpu, on_zero_gpu
from common.diffusion import DiffusionModel
from common.errors import UserError
from sketch.lines import SIZES, STEP

if TYPE_CHECKING:
    from common.sampling import Diffusion, Request

EMBEDDED = "sketch-diffusion"  # id in weights/manifest.toml
TIERS = ("embedded", "full", "full-plus")
KINDS = ("scribble", "lineart", "canny")  # of lines, as ControlNet 1.1 knows them
SCHEDULERS = tuple(diffusion.SCHEDULERS)
LONGEST_PROMPT = 1000  # characters
MOST_STEPS = 50
MOST_PICTURES = 4
MOST_STYLES = 3
FEW_STEPS, LIGHT_GUIDANCE = 4, 1.0  # of the scheduler "lcm": Luo et al. 2023, "LCM-LoRA"

Progress = Callable[[float, str], None]
Styles = Sequence[tuple[np.ndarray, float]]


@dataclass(frozen=True)
class Settings:
    """What the person chooses. None means: what suits the tier.

    prompt, negative_prompt: what is to be seen, and what is not; at most 1,000 characters
    size: px of the longer side, 256, 384 or 512
    steps: of sampling, 1..50; guidance: how far the words bind, 1 (no guidance, half the work) to 20
    structure: how far the lines bind, 0..2; style: how far the style pictures do, 0..1.5
    style_only: take the look of the style pictures and leave their content (Wang et al. 2024, "InstantStyle");
        in the full tier
    kind: of the lines, for the full tier's ControlNet: "scribble" (the freest), "lineart", or "canny" for photographs
    scheduler: "unipc", "dpm", "ddim", or "lcm" (4 steps; full tier)
    seed: of the first picture, the next ones get the numbers that follow; count: of pictures, 1..4
    tier: "embedded", "full", or "full-plus" (an adapter that is closer to the style pictures)
    """

    prompt: str = ""
    negative_prompt: str = ""
    size: int | None = None
    steps: int | None = None
    guidance: float | None = None
    structure: float = 1.0
    style: float = 1.0
    style_only: bool = False
    kind: str = "scribble"
    scheduler: str | None = None
    seed: int = 0
    count: int = 1
    tier: str | None = None

    def check(self) -> None:
        """Raises UserError that names the setting, its value and the valid ones. Loads nothing."""
        for what, text in (("description", self.prompt), ("list of what to avoid", self.negative_prompt)):
            if not isinstance(text, str):
                raise UserError(f"The {what} is {text!r}: give words.")
            if len(text) > LONGEST_PROMPT:
                raise UserError(
                    f"The {what} has {len(text):,} characters ({text[:30]!r}…): give at most {LONGEST_PROMPT:,}."
                )
        _one_of("size", self.size, [None, *SIZES])
        _one_of("kind of lines", self.kind, KINDS)
        _one_of("scheduler", self.scheduler, [None, *SCHEDULERS])
        _one_of("tier", self.tier, [None, *TIERS])
        _whole("number of steps", self.steps, 1, MOST_STEPS, optional=True)
        _whole("seed", self.seed, 0, 2**32 - 1)
        _whole("number of pictures", self.count, 1, MOST_PICTURES)
        _between("guidance", self.guidance, 1, 20, optional=True)
        _between("structure strength", self.structure, 0, 2)
        _between("style strength", self.style, 0, 1.5)
        if not isinstance(self.style_only, bool):
            raise UserError(f"Style only is {self.style_only!r}: give true or false.")
        if self.scheduler == "lcm" and (self.tier or device.tier()) == "embedded":
            raise UserError("The scheduler 'lcm' needs the full tier. Choose one of: unipc, dpm, ddim.")

    def resolved(self) -> "Settings":
        """Checked, and with nothing left open: the tier as this machine has it, the rest as suits the tier."""
        self.check()
        tier = self.tier or device.tier()
        usual = _USUAL[tier]
        name = self.scheduler or usual.scheduler
        steps, guidance = (FEW_STEPS, LIGHT_GUIDANCE) if name == "lcm" else (usual.steps, usual.guidance)
        return replace(
            self,
            tier=tier,
            scheduler=name,
            size=self.size or usual.size,
            steps=self.steps or steps,
            guidance=guidance if self.guidance is None else self.guidance,
        )


@dataclass(frozen=True)
class Render:
    """What was drawn.

    pictures: (H, W, 3) uint8, of the lines' size; the first from the seed in `settings`, the next from those after it
    notes: what differs from what was asked for, in sentences for a person
    seconds: per stage, "load" and "draw"
    settings: as they were used, nothing left open
    versions: of models and libraries
    """

    pictures: list[np.ndarray]
    notes: list[str]
    seconds: dict[str, float]
    settings: Settings
    versions: dict[str, str]


def render(
    lines: np.ndarray,
    styles: Styles,
    settings: Settings,
    report: Progress | None = None,
    model: DiffusionModel | None = None,
) -> Render:
    """Draw along the lines, in the look of the styles.

    lines: (H, W) float32, 0..1, 1 on a line, as `sketch.lines.prepare` gives them; the sides are multiples of 64
    styles: up to three (picture (h, w, 3) uint8 of any size, weight from 0 up); none: words alone
    report: gets the fraction done (0..1) and a line of text; an error that it raises, ends the work and comes out here
    model: instead of the tier's own

    The same settings give the same pictures. Everything is checked before a model is loaded. Raises UserError for
    settings, styles or a size of lines that can't be used, and where the memory is not enough; WeightsUnavailable;
    ValueError for lines of another form.
    """
    report = report or _silent
    settings = settings.resolved()
    _check_lines(lines)
    _check_styles(styles)
    if max(lines.shape) in SIZES:  # whatever was said: this is what is drawn
        settings = replace(settings, size=max(lines.shape))
    # ZeroGPU works in a process of its own, out of which nobody is told anything.
    told = None if on_zero_gpu() else lambda part, text: report(0.05 + 0.95 * part, text)
    report(0.0, "Loading the model")
    drawn, seconds, versions = _draw(_request(lines, styles, settings), settings, model, told)
    return Render(drawn.pictures, drawn.notes, seconds, settings, versions)


@gpu
def _draw(request: "Request", settings: Settings, model: DiffusionModel | None, report: Progress | None) -> tuple:
    """What was drawn, the seconds of loading and drawing, and the versions."""
    start = time.perf_counter()
    drawing = load(settings, model)
    loaded = time.perf_counter()
    drawn = drawing.draw(request, report)
    seconds = {"load": round(loaded - start, 3), "draw": round(time.perf_counter() - loaded, 3)}
    return drawn, seconds, drawing.versions


def load(settings: Settings, model: DiffusionModel | None = None) -> "Diffusion":
    """The model that these (resolved) settings draw with, from the shared cache. Raises WeightsUnavailable."""
    from common import sampling

    model = model or model_of(settings.tier)
    return sampling.load(model, lcm=settings.scheduler == "lcm")


def model_of(tier: str) -> DiffusionModel:
    """Where the networks of a tier come from. The embedded ones are verified, and fetched where they are missing."""
    return diffusion.embedded(weights.path(EMBEDDED)) if tier == "embedded" else _USUAL[tier]


# What suits each tier; the folder of the embedded one is known only once its weights are there.
_USUAL = {
    "embedded": diffusion.embedded(""),
    "full": diffusion.stable_diffusion(),
    "full-plus": diffusion.stable_diffusion(plus=True),
}


def _request(lines: np.ndarray, styles: Styles, settings: Settings) -> "Request":
    from common.sampling import Request

    return Request(
        control=lines,
        prompt=settings.prompt,
        negative_prompt=settings.negative_prompt,
        styles=styles,
        seeds=[(settings.seed + number) % 2**32 for number in range(settings.count)],
        kind=settings.kind,
        steps=settings.steps,
        guidance=settings.guidance,
        scheduler=settings.scheduler,
        structure=settings.structure,
        style=settings.style,
        style_only=settings.style_only,
    )


def _check_lines(lines: np.ndarray) -> None:
    if not isinstance(lines, np.ndarray) or lines.ndim != 2 or lines.dtype != np.float32:
        raise ValueError(f"lines must be (H, W) float32, not {getattr(lines, 'shape', '')} {type(lines).__name__}")
    if 0 in lines.shape or any(side % STEP for side in lines.shape) or max(lines.shape) > max(SIZES):
        raise ValueError(f"sides of lines must be multiples of {STEP} up to {max(SIZES)}, not {lines.shape}")
    if not np.all((lines >= 0) & (lines <= 1)):
        raise ValueError(f"lines must be 0..1, not {lines.min()}..{lines.max()}")


def _check_styles(styles: Styles) -> None:
    if len(styles) > MOST_STYLES:
        raise UserError(f"{len(styles)} styles were chosen: at most {MOST_STYLES} can be blended.")
    for number, (picture, weight) in enumerate(styles, start=1):
        _between(f"weight of style {number}", weight, 0, 1000)
        form = getattr(picture, "shape", ()), getattr(picture, "dtype", type(picture).__name__)
        if len(form[0]) != 3 or form[0][2] != 3 or 0 in form[0] or form[1] != np.uint8:
            raise ValueError(f"style {number} must be a picture (h, w, 3) uint8, not {form[0]} {form[1]}")
    if styles and not any(weight > 0 for _, weight in styles):
        raise UserError("All weights of the styles are 0: give at least one a weight above 0, or choose no style.")


def _one_of(what: str, value: Any, valid: Sequence) -> None:
    # By type too: True equals 1, and a list can't be looked up everywhere.
    if not any(value == one and type(value) is type(one) for one in valid):
        known = ", ".join(str(one) for one in valid if one is not None)
        raise UserError(f"There is no {what} {value!r}. Choose one of: {known}.")


def _whole(what: str, value: Any, low: int, high: int, optional: bool = False) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UserError(f"The {what} is {value!r}: give a whole number from {low} to {high}.")


def _between(what: str, value: Any, low: float, high: float, optional: bool = False) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise UserError(f"The {what} is {value!r}: give a number from {low} to {high}.")


def _silent(part: float, text: str) -> None:
    """The progress of somebody who does not ask."""
