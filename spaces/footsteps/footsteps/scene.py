"""Where somebody walks, on what and in which shoes, judged from a few pictures of the video.

A model is a function from a kind ("environment", "surface" or "footwear") and pictures to probabilities (n, labels),
the labels in the order of VOCABULARY[kind]. Each picture votes; the mean probability is the confidence.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from common import clip
from common.device import gpu, tier
from common.errors import WeightsUnavailable
from common.registry import Registry
from footsteps.vocabulary import ENVIRONMENTS, FOOTWEAR, SURFACES

log = logging.getLogger(__name__)

VOCABULARY = {"environment": ENVIRONMENTS, "surface": SURFACES, "footwear": FOOTWEAR}

Model = Callable[[str, Sequence[np.ndarray]], np.ndarray]
Foot = tuple[float, float, float]  # x, y of a foot and the apparent leg length, in pixels of its picture

# A label is given when it is more likely right than all the others together; otherwise the person is asked. A wrong
# surface that goes unnoticed is worse than one more menu, and CLIP's zero-shot probabilities, taken at its trained
# temperature, are close to the share of right answers (Minderer et al. 2021, "Revisiting the Calibration of Modern
# Neural Networks"). benchmarks/footsteps/scene.py prints the share of right answers above this bound.
SURE = 0.5

# Squares cut out of a picture, in leg lengths: (side, centre below the foot). The ground lies around and below the
# feet; a foot is about a third of a leg long.
GROUND = (1.2, 0.25)
SHOES = (0.6, -0.1)
SMALLEST_CROP = 24  # pixels a side; less shows nothing


@dataclass(frozen=True)
class Guess:
    """What something is taken for.

    label: an id of the vocabulary, None for "not sure"
    confidence: 0..1, mean probability of the best label over the pictures; 0 when nothing was judged
    scores: mean probability of each label; empty when nothing was judged
    """

    label: str | None = None
    confidence: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """The three guesses, and in words which model made them or why none did."""

    environment: Guess
    surface: Guess
    footwear: Guess
    source: str


def describe(pictures: Sequence[np.ndarray], feet: Sequence[Foot | None] | None = None) -> Scene:
    """Name environment, surface and footwear in upright pictures (HxWx3 uint8) of one scene, best spread in time.

    feet: for each picture a foot on the ground as (x, y, leg length) in its pixels, or None where there is none.
        The surface is then judged on the ground around the feet and the footwear on the feet. Without any, the
        surface is judged on the lower third of the pictures and the footwear is left open.

    With no model at hand nothing raises: every label is None and `source` says why. Raises ValueError when there are
    no pictures, a picture has another form, or feet and pictures differ in number.
    """
    model, source = _model()
    return judge(pictures, feet, model, source)


def judge(
    pictures: Sequence[np.ndarray], feet: Sequence[Foot | None] | None, model: Model | None, source: str
) -> Scene:
    """Like `describe`, with the model that is given, or none."""
    views = {
        "environment": list(pictures),
        "surface": ground_views(pictures, feet),
        "footwear": foot_views(pictures, feet),
    }
    if not views["environment"]:
        raise ValueError("a scene needs at least one picture")
    if model is None:
        return Scene(Guess(), Guess(), Guess(), source)
    guesses = {
        kind: vote(model(kind, seen), list(VOCABULARY[kind])) if seen else Guess() for kind, seen in views.items()
    }
    return Scene(**guesses, source=source)


def vote(probabilities: np.ndarray, labels: Sequence[str]) -> Guess:
    """One guess from the probabilities (n_pictures, n_labels), one row a picture.

    Sure when the best label has a mean probability of SURE or more and is the first choice of most pictures.
    """
    means = probabilities.mean(axis=0)
    best = int(means.argmax())
    votes = float((probabilities.argmax(axis=1) == best).mean())
    sure = means[best] >= SURE and votes > 0.5
    scores = {label: float(mean) for label, mean in zip(labels, means, strict=True)}
    return Guess(labels[best] if sure else None, float(means[best]), scores)


def ground_views(pictures: Sequence[np.ndarray], feet: Sequence[Foot | None] | None) -> list[np.ndarray]:
    """The ground around the feet; the lower third of each picture when no picture has feet large enough to tell."""
    return _around(pictures, feet, *GROUND) or [picture[-max(1, len(picture) // 3) :] for picture in pictures]


def foot_views(pictures: Sequence[np.ndarray], feet: Sequence[Foot | None] | None) -> list[np.ndarray]:
    """The feet, of the pictures that have feet large enough to tell."""
    return _around(pictures, feet, *SHOES)


def _around(
    pictures: Sequence[np.ndarray], feet: Sequence[Foot | None] | None, side: float, below: float
) -> list[np.ndarray]:
    views = []
    for picture, foot in zip(pictures, feet if feet is not None else [None] * len(pictures), strict=True):
        if foot is None:
            continue
        x, y, leg = foot
        left, right = (round(max(0.0, min(picture.shape[1], x + sign * side * leg / 2))) for sign in (-1, 1))
        middle = y + below * leg
        top, bottom = (round(max(0.0, min(picture.shape[0], middle + sign * side * leg / 2))) for sign in (-1, 1))
        if min(right - left, bottom - top) >= SMALLEST_CROP:
            views.append(picture[top:bottom, left:right])
    return views


def _model() -> tuple[Model | None, str]:
    """The model to judge with, or None, and in words which one it is or why there is none.

    The published CLIP judges where its weights are on this machine, or where the full tier may fetch them. The
    embedded tier has no scene model so far; one that is trained for it belongs here, before giving up.
    """
    if tier() == "embedded" and Registry().where(clip.DEFAULT) == "missing":
        return (
            None,
            "The embedded models do not judge the scene: choose in the menus, or set MODELS=full to fetch CLIP.",
        )
    try:
        device = clip.load().device
    except WeightsUnavailable as error:
        log.warning("%s", error)
        return None, (
            "CLIP, which judges the scene, is not on this computer and could not be fetched. "
            f"With a network, run `python -m common.weights fetch {clip.DEFAULT}`; the log says what was tried."
        )
    except ImportError as error:
        return None, f"CLIP, which judges the scene, can't be loaded: {error}."
    return _with_clip, f"CLIP ViT-B/32, zero-shot, on {device.name} in {device.dtype}"


@gpu
def _with_clip(kind: str, pictures: Sequence[np.ndarray]) -> np.ndarray:
    return with_zero_shot(clip.load(), kind, pictures)


def with_zero_shot(model: clip.ZeroShot, kind: str, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Probabilities (n, labels) of the vocabulary of `kind` by a CLIP model and the vocabulary's prompts."""
    return model.scores(pictures, {id: entry.prompts for id, entry in VOCABULARY[kind].items()})
