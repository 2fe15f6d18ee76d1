"""A picture of the walk: when which foot strikes, where it is heard, how loud. Made to be read on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from footsteps.steps import Step

WIDTH, HEIGHT, DPI = 1080, 1350, 200  # px of the picture; large type needs a high resolution
# Okabe and Ito's palette for all kinds of colour vision; shape and line style tell the sides apart as well.
COLOURS = {"left": "#0072B2", "right": "#D55E00"}
SHAPES = {"left": "o", "right": "^"}
LINES = {"left": "-", "right": "--"}
MANY = 60  # steps from which markers get smaller and stems would run together


@dataclass(frozen=True)
class Curves:
    """A signal of each foot against time, as the detector sees it.

    times: (T,) s, rising; left, right: (T,), NaN where nothing is seen; name: what it is, with its unit
    """

    times: np.ndarray
    left: np.ndarray
    right: np.ndarray
    name: str


def draw(path: str | Path, steps: Sequence[Step], duration: float, curves: Curves | None = None) -> None:
    """Write a PNG of WIDTH x HEIGHT: the feet with their strikes, pan, and level, all over time.

    Without `curves` (steps that were typed in) the strikes stand alone.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    feet, pan, level = figure.subplots(3, 1, sharex=True, height_ratios=[1.3, 1, 1])
    figure.subplots_adjust(left=0.145, right=0.965, top=0.9, bottom=0.075, hspace=0.27)
    few = len(steps) < MANY
    for side in ("left", "right"):
        own = [step for step in steps if step.side == side]
        times = np.array([step.time for step in own])
        look = {"color": COLOURS[side], "marker": SHAPES[side], "s": 42 if few else 14, "zorder": 3}
        look |= {"edgecolors": "white", "linewidths": 0.5 if few else 0.2}
        feet.scatter(times, _at_strikes(curves, side, times), label=f"{side} foot", **look)
        if curves is not None:
            values = getattr(curves, side)
            feet.plot(curves.times, values, LINES[side], color=COLOURS[side], linewidth=1.2, alpha=0.8)
        pan.scatter(times, [step.pan for step in own], **look)
        loudness = [step.level + step.distance for step in own]
        if few:
            level.vlines(times, _floor(steps), loudness, color=COLOURS[side], linewidth=1.2, alpha=0.8)
        level.scatter(times, loudness, **look)
    _dress(feet, f"Feet: {curves.name if curves else 'steps'}")
    feet.legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), ncols=2, fontsize=11, frameon=False, handletextpad=0.2)
    if curves is None:
        feet.set_yticks([0, 1], ["right", "left"])
        feet.set_ylim(-0.6, 1.6)
    _dress(pan, "Heard from")
    pan.set_ylim(1.15, -1.15)
    pan.set_yticks([-1, 0, 1], ["left", "middle", "right"])
    _dress(level, "Level by distance and trim (dB)")
    level.set_ylim(_floor(steps), max([1.5, *(step.level + step.distance + 1.5 for step in steps)]))
    level.set_xlabel("seconds", fontsize=11)
    level.set_xlim(0, max(duration, 0.1))
    figure.savefig(path, format="png", dpi=DPI, facecolor="white")


def _at_strikes(curves: Curves | None, side: str, times: np.ndarray) -> np.ndarray:
    """Heights at which the strikes are marked: on the foot's curve, or on a line of its own."""
    if curves is None or len(times) == 0:
        return np.full(len(times), 1.0 if side == "left" else 0.0)
    values = getattr(curves, side)
    known = np.isfinite(values)
    return np.interp(times, curves.times[known], values[known]) if known.any() else np.zeros(len(times))


def _floor(steps: Sequence[Step]) -> float:
    """The lowest level in sight, dB."""
    return min([-12.0, *(step.level + step.distance - 2 for step in steps)])


def _dress(axes, title: str) -> None:
    axes.set_title(title, fontsize=12, loc="left")
    axes.tick_params(labelsize=10)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
