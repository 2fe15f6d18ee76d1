"""Pictures of how the classifier does: over time, by label, and whether its confidence can be trusted.

Drawn without a ground and in a grey that can be read on white and on black, large enough for a phone. Each function
gives a matplotlib Figure: `figure.savefig(file)` writes it, `pixels(figure)` is what a page shows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from feedback.compare import Comparison
    from feedback.metrics import Reliability

WIDTH, HEIGHT, DPI = 1080, 760, 200  # px; large type needs a high resolution
INK, QUIET = "#8a837d", "#8a837d4d"  # text and lines; the same, faint
# Okabe and Ito's palette for all kinds of colour vision, grey for the rest; hatches where there are more labels.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442", "#999999")
HATCHES = ("", "///", "...", "xx")
LINES, SHAPES = ("-", "--", "-.", ":"), "os^DvPX*"
DATES = {"hour": "%d %b, %H:%M", "day": "%d %b", "month": "%b %Y"}
TICKS = 4  # dates below a plot
WATCHING = ("Texts over time", "Confidence over time", "What people corrected")  # as `watching` gives them
COMPARISON = ("Can the confidence be trusted?", "What was taken for what", "Each label")  # as `comparison` gives them


def watching(stats: Mapping, drift: Mapping, titles: Mapping[str, str]) -> "list[Figure | None]":
    """What `Desk.stats` and `Desk.drift` say, in the order of WATCHING; None where there is nothing to show yet."""
    line, decided = stats["timeline"], stats["review"]
    if not stats["texts"]:
        return [None, None, None]
    counts = {titles.get(label, label): values for label, values in line["counts"].items()}
    names = [titles.get(label, label) for label in decided["labels"]]
    return [
        over_time(line["unit"], line["starts"], counts),
        confidence(stats["rolling"], drift["expected_confidence"]),
        confusion(names, decided["confusion"], "taken for", "said to be") if decided["decided"] else None,
    ]


def comparison(found: "Comparison", titles: Mapping[str, str]) -> "list[Figure]":
    """In the order of COMPARISON: the confidence of all classifiers; confusion and curves by label of the last one."""
    last = found.results[-1]
    return [
        reliability({one.name: one.reliability for one in found.results}),
        confusion([titles.get(label, label) for label in last.report.labels], last.report.confusion),
        label_curves({titles.get(label, label): curve for label, curve in last.curves.items()}),
    ]


def over_time(unit: str, starts: Sequence[str], counts: Mapping[str, Sequence[int]]) -> "Figure":
    """Texts by label over time, as `feedback.drift.Timeline` has them; counts by title of the label."""
    figure, axes = _figure(1.3)
    floor = np.zeros(len(starts))
    for place, (label, values) in enumerate(counts.items()):
        look = {"color": COLOURS[place % len(COLOURS)], "hatch": HATCHES[place // len(COLOURS) % len(HATCHES)]}
        axes.bar(np.arange(len(starts)), values, bottom=floor, width=0.9, label=label, linewidth=0, **look)
        floor += values
    _title(axes, f"Texts by {unit}")
    _dates(axes, [datetime.fromisoformat(start.rstrip("Z")) for start in starts], DATES[unit])
    axes.set_xlim(-0.7, max(len(starts), 4) - 0.3)
    axes.yaxis.get_major_locator().set_params(integer=True)
    _legend(figure, axes)
    return figure


def confidence(rolling: Sequence[tuple[str, float]], expected: float | None = None) -> "Figure":
    """Mean confidence over time, as `feedback.drift.Report.rolling`; expected: of held-out texts."""
    figure, axes = _figure()
    values = [value for _, value in rolling]
    axes.plot(np.arange(len(values)), values, color=COLOURS[1], linewidth=2, marker="o" if len(values) < 40 else "")
    if expected is not None:
        axes.axhline(expected, color=INK, linestyle="--", linewidth=1.2)
        look = {"color": INK, "fontsize": 9, "ha": "right", "va": "top", "transform": axes.get_yaxis_transform()}
        axes.text(0.99, expected - 0.01, "held-out texts", **look)
    _title(axes, "Confidence, mean of 50 texts")
    times = [datetime.fromisoformat(time.rstrip("Z")) for time, _ in rolling]
    long = len(times) > 1 and (times[-1] - times[0]).days >= 2
    _dates(axes, times, DATES["day" if long else "hour"])
    axes.set_ylim(0, 1.02)
    return figure


def reliability(curves: "Mapping[str, Reliability]") -> "Figure":
    """Of the texts that got a confidence, how many were right: on the line what is said is true (one curve a name)."""
    figure, axes = _figure(1.25)
    axes.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1.2)
    for place, (name, curve) in enumerate(curves.items()):
        look = {"color": COLOURS[place % len(COLOURS)], "marker": SHAPES[place % len(SHAPES)]}
        label = f"{name} (error {curve.error:.3f})"
        axes.plot(curve.confidence, curve.right, LINES[place % len(LINES)], linewidth=1.8, label=label, **look)
    _title(axes, "Confidence and truth")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xlabel("confidence", color=INK, fontsize=11)
    axes.set_ylabel("share right", color=INK, fontsize=11)
    _legend(figure, axes, columns=1)
    return figure


def label_curves(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> "Figure":
    """Recall against precision of each label while the bound for it falls; curves: as `feedback.compare.curve`."""
    figure, axes = _figure(1.3)
    for place, (name, curve) in enumerate(curves.items()):
        look = {"color": COLOURS[place % len(COLOURS)], "linestyle": LINES[place // len(COLOURS) % len(LINES)]}
        axes.plot(curve["recall"], curve["precision"], linewidth=1.8, label=name, **look)
    _title(axes, "Precision against recall")
    axes.set(xlim=(0, 1.01), ylim=(0, 1.02))
    axes.set_xlabel("recall: share of its texts found", color=INK, fontsize=11)
    _legend(figure, axes)
    return figure


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]], rows: str = "is", columns: str = "taken for"):
    """Counts (labels, labels): what was taken for what; the darker, the larger the share of its row."""
    figure, axes = _figure(1.35)
    table = np.asarray(counts, float)
    shares = table / table.sum(axis=1, keepdims=True).clip(1)
    colour = np.zeros((*table.shape, 4))
    colour[..., :3] = [int(COLOURS[1][at : at + 2], 16) / 255 for at in (1, 3, 5)]
    colour[..., 3] = 0.08 + 0.87 * shares
    axes.imshow(colour, aspect="auto")
    for row, column in np.argwhere(table > 0):
        ink = "white" if shares[row, column] > 0.45 else INK
        axes.text(column, row, f"{table[row, column]:.0f}", ha="center", va="center", color=ink, fontsize=9)
    places = np.arange(len(labels))
    axes.set_xticks(places, labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, labels)
    _title(axes, f"Rows: {rows}; columns: {columns}")
    axes.grid(False)
    return figure


def pixels(figure: "Figure") -> np.ndarray:
    """The picture, (height, width, 4) uint8 with transparency."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def _figure(height: float = 1.0) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure((WIDTH / DPI, HEIGHT * height / DPI), dpi=DPI, layout="constrained", facecolor="none")
    axes = figure.add_subplot(facecolor="none")
    axes.tick_params(labelsize=10, colors=INK)
    axes.grid(color=QUIET, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    return figure, axes


def _title(axes: "Axes", text: str) -> None:
    axes.set_title(text, fontsize=12, loc="left", color=INK)


def _dates(axes: "Axes", times: Sequence[datetime], form: str) -> None:
    """Dates below a plot whose things stand at 0, 1, 2, …"""
    places = np.unique(np.linspace(0, len(times) - 1, min(TICKS, len(times))).astype(int)) if times else []
    said = [times[place].strftime(form) for place in places]
    axes.set_xticks(places, [one if one not in said[:at] else "" for at, one in enumerate(said)])
    axes.tick_params(axis="x", labelsize=9)
    if "%H" in form:
        axes.set_xlabel("UTC", color=INK, fontsize=9)


def _legend(figure: "Figure", axes: "Axes", columns: int = 3) -> None:
    shown = figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=columns, fontsize=9)
    shown.get_frame().set(facecolor="none", edgecolor="none")
    for text in shown.get_texts():
        text.set_color(INK)
