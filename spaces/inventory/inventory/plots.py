"""Pictures of stock: how long it lasts, what will be wanted, what went wrong and when, how models compare.

Drawn without a ground and in a grey that can be read on white and on black, in type that is large enough for a phone.
Each function gives a matplotlib Figure: `figure.savefig(file)` writes it, `pixels(figure)` is what a page shows.
"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Day = date | str  # such as "2026-03-31"
WIDTH, HEIGHT, DPI = 1080, 640, 200  # px; large type needs a high resolution
ROW = 62  # px of height: of a bar
INK, QUIET = "#8a837d", "#8a837d40"  # text and lines; the same, faint
# Near Okabe and Ito's palette for all kinds of colour vision; form tells them apart as well.
BLUE, SKY, RED, GREEN, PINK, ORANGE = "#1F88CB", "#56B4E9", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
URGENCY = {"urgent": (RED, "////"), "order": (ORANGE, ""), "enough": (GREEN, "")}
URGENCY_WORDS = {"urgent": "runs out before a delivery", "order": "order today", "enough": "enough"}
# colour and form of a kind of anomaly, from the top of the picture down
KINDS = {
    "stock_loss": ("stock loss", RED, "v"),
    "unusual_usage": ("unusual usage", BLUE, "o"),
    "irregular_order": ("irregular order", PINK, "D"),
    "data_entry": ("data entry", GREEN, "s"),
}
MOST_BARS, LONGEST_COVER = 12, 14  # items; days that are drawn
HISTORY = 42  # days before a forecast that are drawn
_DATES = 5  # on the axis of time
_BARE = {"edgecolor": "white", "linewidth": 0}  # the hatching is white


def cover(names: Sequence[str], days: Sequence[float], urgency: Sequence[str]) -> "Figure":
    """For how many days the stock of each item lasts, the first on top; at most MOST_BARS.

    urgency: a key of URGENCY for each
    """
    from matplotlib.patches import Patch

    names, days, urgency = (part[:MOST_BARS] for part in (names, days, urgency))
    figure, axes = _sheet(200 + ROW * max(len(names), 1))
    for place, (length, how) in enumerate(zip(days, urgency, strict=True)):
        colour, hatch = URGENCY[how]
        axes.barh(place, min(length, LONGEST_COVER), 0.66, color=colour, alpha=0.8, hatch=hatch, **_BARE)
        said = f"{length:.1f}" if length < 10 else f"{length:.0f}"
        axes.text(min(length, LONGEST_COVER) + 0.15, place, said, color=INK, fontsize=9, va="center")
    axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, LONGEST_COVER + 1.3))
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("days that the stock lasts", color=INK, fontsize=10)
    axes.grid(visible=False, axis="y")
    there = [how for how in URGENCY if how in urgency]
    shapes = [Patch(facecolor=URGENCY[how][0], hatch=URGENCY[how][1], **_BARE) for how in there]
    _key(figure, shapes, [URGENCY_WORDS[how] for how in there], columns=3)
    return figure


def forecast(
    history: Sequence[tuple[Day, float]],
    days: Sequence[Day],
    low: Sequence[float],
    middle: Sequence[float],
    high: Sequence[float],
    unit: str,
) -> "Figure":
    """What was used on the last days, and what is expected with the range for 80 of 100 days.

    history: day and amount; NaN where nothing is known. Only the last HISTORY days are drawn.
    """
    figure, axes = _sheet(HEIGHT)
    history = history[-HISTORY:]
    before = _days([day for day, _ in history])
    used = np.array([amount for _, amount in history], float)
    ahead = _days(days)
    axes.plot(before, used, "-o", color=INK, linewidth=1.2, markersize=3, label="used")
    if len(before) and np.isfinite(used[-1]):
        axes.plot([before[-1], ahead[0]], [used[-1], middle[0]], ":", color=INK, linewidth=1)
    axes.fill_between(ahead, low, high, color=SKY, alpha=0.3, linewidth=0, label="on 8 of 10 days")
    axes.plot(ahead, middle, "-D", color=BLUE, linewidth=2, markersize=4, label="expected")
    if len(ahead):
        axes.axvline(ahead[0] - np.timedelta64(12, "h"), color=INK, linewidth=0.8, linestyle="--")
    axes.set_ylim(0, None)
    axes.set_ylabel(f"{unit} a day", color=INK, fontsize=10)
    _dates(axes)
    _key(figure, *axes.get_legend_handles_labels(), columns=3)
    return figure


def timeline(days: Sequence[Day], kinds: Sequence[str], severities: Sequence[float], last: Day, span: int) -> "Figure":
    """Anomalies by day and kind, of the `span` days up to the last; the larger a mark, the more severe (0 to 1)."""
    figure, axes = _sheet(520)
    at = _days(days)
    for row, (kind, (_, colour, form)) in enumerate(KINDS.items()):
        chosen = np.array([one == kind for one in kinds], bool)
        sizes = 25 + 190 * np.asarray(severities, float)[chosen] ** 2
        axes.scatter(at[chosen], np.full(chosen.sum(), row), sizes, color=colour, marker=form, alpha=0.6, linewidths=0)
        axes.axhline(row, color=QUIET, linewidth=0.8, zorder=0)
    axes.set(ylim=(len(KINDS) - 0.5, -0.5))
    day = np.timedelta64(1, "D")
    axes.set_xlim(np.datetime64(last) - span * day, np.datetime64(last) + day)
    axes.set_yticks(range(len(KINDS)), [words.replace(" ", "\n") for words, _, _ in KINDS.values()])
    axes.grid(visible=False, axis="y")
    _dates(axes)
    return figure


def errors(names: Sequence[str], values: Sequence[float]) -> "Figure":
    """The error of each method as a share of what was used (WAPE), the best on top."""
    figure, axes = _sheet(150 + ROW * max(len(names), 1))
    order = np.argsort(values)
    for place, which in enumerate(order):
        value = 100 * values[which]
        axes.barh(place, value, 0.66, color=GREEN if place == 0 else SKY, alpha=0.8)
        axes.text(value, place, f" {value:.1f} %", color=INK, fontsize=9, va="center")
    axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 118 * max(values, default=1)))
    axes.set_yticks(range(len(names)), [names[which] for which in order])
    axes.set_xlabel("error, of what was used", color=INK, fontsize=10)
    axes.grid(visible=False, axis="y")
    return figure


def pixels(figure: "Figure") -> np.ndarray:
    """The picture, (height, width, 4) uint8 with transparency."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def _sheet(height: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure((WIDTH / DPI, height / DPI), dpi=DPI, facecolor="none", layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor("none")
    axes.tick_params(labelsize=10, colors=INK, length=2)
    axes.grid(color=QUIET, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    return figure, axes


def _key(figure: "Figure", shapes: Sequence, names: Sequence[str], columns: int) -> None:
    key = figure.legend(
        shapes, names, loc="outside upper center", ncols=columns, fontsize=9.5, frameon=False,
        handlelength=1.4, columnspacing=1.2,
    )  # fmt: skip
    for text in key.get_texts():
        text.set_color(INK)


def _days(days: Sequence[Day]) -> np.ndarray:
    return np.array(days, "datetime64[h]")


def _dates(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    axes.xaxis.set_major_locator(AutoDateLocator(maxticks=_DATES))
    axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
