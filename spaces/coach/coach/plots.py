"""Pictures of an answer over time, and of scores and measures over many answers.

Drawn without a ground and in a grey that can be read on white and on black, in type that is large enough for a phone.
Each function gives a matplotlib Figure: `figure.savefig(file)` writes it, `pixels(figure)` is what a page shows.
"""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from coach.figures import shown
from coach.pauses import LONG

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from coach.delivery import Delivery
    from coach.pipeline import Heard
    from coach.places import Place
    from coach.sessions import Course
    from common.speech import Word
    from common.voice import Tracks

WIDTH, DPI = 1080, 200  # px; large type needs a high resolution
ROW, PANEL, KEY = 370, 400, 210  # px of height: of a row of a timeline, of a plot of progress, of the key below
ROW_SECONDS, MOST_ROWS = 6.0, 16  # longer answers get longer rows, in which some words find no room
INK, QUIET = "#8a837d", "#8a837d40"  # text and lines; the same, faint
# Okabe and Ito's palette for all kinds of colour vision; form tells them apart as well.
PITCH, LOUDNESS, FILLER, REPEATED, COMFORTABLE = "#0072B2", "#56B4E9", "#D55E00", "#CC79A7", "#009E73"
_LEVELS = (0.96, 0.82, 0.68)  # of a row from its floor, where words stand
_PITCHES, _LOUDNESSES = (0.33, 0.6), (0.0, 0.28)  # of a row: where the curves are
_LETTER = 0.0165  # of a row's width
_DEEPEST = 40.0  # dB below the loudest that are drawn
_DATES = 4  # below a plot


def spoken(heard: "Heard | None") -> np.ndarray | None:
    """The timeline of what was heard, as a page shows it; of nothing, none."""
    if heard is None:
        return None
    told = heard.transcript
    return pixels(timeline(told.words, heard.tracks, heard.delivery, told.duration))


def timeline(words: "Sequence[Word]", tracks: "Tracks", delivery: "Delivery", duration: float) -> "Figure":
    """An answer of `duration` s in rows: its words, pitch, loudness and pauses; fillers and repetitions are marked.

    Where there is no room for all words, marked ones come first.
    """
    from matplotlib.figure import Figure

    seconds = max(ROW_SECONDS, duration / MOST_ROWS)
    rows = max(1, math.ceil(duration / seconds - 1e-9))
    height = rows * ROW + KEY
    figure = Figure((WIDTH / DPI, height / DPI), dpi=DPI, facecolor="none")
    figure.subplots_adjust(left=0.135, right=0.985, top=1 - 20 / height, bottom=(KEY - 10) / height, hspace=0.28)
    labels = list(_labels(words, delivery))
    pitches = _pitches(tracks)
    for row, axes in enumerate(figure.subplots(rows, 1, squeeze=False)[:, 0]):
        span = row * seconds, (row + 1) * seconds
        axes.set(xlim=span, ylim=(0, 1.04), facecolor="none")
        _pauses(axes, delivery.pauses, span)
        _curves(axes, tracks, pitches, span)
        _words(axes, labels, span)
        axes.tick_params(labelsize=9, colors=INK, length=2)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(INK)
    axes.set_xlabel("seconds", color=INK, fontsize=9)
    _key(figure)
    return figure


def progress(courses: "Sequence[Course]") -> "Figure":
    """Scores and measures over the answers of a person, a plot each, with their comfortable ranges.

    courses: at least one, as `coach.sessions.progress` gives them
    """
    from matplotlib.figure import Figure

    figure = Figure((WIDTH / DPI, len(courses) * PANEL / DPI), dpi=DPI, facecolor="none", layout="constrained")
    for course, axes in zip(courses, figure.subplots(len(courses), 1, squeeze=False)[:, 0], strict=True):
        _course(axes, course)
    return figure


def pixels(figure: "Figure") -> np.ndarray:
    """The picture, (height, width, 4) uint8 with transparency."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba()).copy()


def _labels(words: "Sequence[Word]", delivery: "Delivery") -> "Iterator[tuple[Place | Word, str]]":
    """What is written with its colour: what is marked first, with the fillers that the transcript leaves out."""
    fillers, repeated = (delivery.get(name).places for name in ("fillers", "repetitions"))
    middles = [(word.start + word.end) / 2 for word in words]
    for place in fillers:
        if not any(place.start <= middle <= place.end for middle in middles):
            yield place, FILLER
    plain = []
    for word, middle in zip(words, middles, strict=True):
        if any(place.start <= middle <= place.end for place in fillers):
            yield word, FILLER
        elif any(place.start <= middle <= place.end for place in repeated):
            yield word, REPEATED
        else:
            plain.append(word)
    yield from ((word, INK) for word in plain)


def _words(axes: "Axes", labels: "Sequence[tuple[Place | Word, str]]", span: tuple[float, float]) -> None:
    """Each over its time, on the highest level that has room for it."""
    start, end = span
    letter = _LETTER * (end - start)
    taken: list[list[tuple[float, float]]] = [[] for _ in _LEVELS]
    for label, colour in labels:
        middle = (label.start + label.end) / 2
        if not start <= middle < end:
            continue
        if colour != INK:
            axes.axvspan(max(label.start, start), min(label.end, end), 0, 0.62, color=colour, alpha=0.25, linewidth=0)
        half = (len(label.text) + 1) * letter / 2
        middle = min(max(middle, start + half), end - half)
        for level, spans in zip(_LEVELS, taken, strict=True):
            if all(middle + half <= left or middle - half >= right for left, right in spans):
                spans.append((middle - half, middle + half))
                weight = "normal" if colour == INK else "bold"
                look = {"color": colour, "fontsize": 10, "fontweight": weight, "ha": "center", "va": "center"}
                axes.text(middle, level, label.text.replace("$", r"\$"), **look)
                break


def _pauses(axes: "Axes", pauses: "Sequence[Place]", span: tuple[float, float]) -> None:
    for pause in pauses:
        start, end = max(pause.start, span[0]), min(pause.end, span[1])
        if start >= end:
            continue
        long = pause.end - pause.start >= LONG
        axes.axvspan(start, end, 0, 0.62, facecolor=QUIET, edgecolor=INK, linewidth=0, hatch="////" if long else "")
        if long and end - start >= 0.5:
            said = f"{shown(round(pause.end - pause.start, 1))} s"
            axes.text((start + end) / 2, 0.65, said, color=INK, fontsize=10, ha="center", va="bottom")


def _pitches(tracks: "Tracks") -> tuple[float, float]:
    """The lowest and highest pitch that are drawn, Hz."""
    known = tracks.pitch[np.isfinite(tracks.pitch)]
    if not len(known):
        return 80.0, 250.0
    low, high = np.quantile(known, [0.02, 0.98])
    return float(low / 1.06), float(high * 1.06)


def _curves(axes: "Axes", tracks: "Tracks", pitches: tuple[float, float], span: tuple[float, float]) -> None:
    """Pitch on a logarithmic scale above loudness, each in its band of the row."""
    inside = (tracks.times >= span[0]) & (tracks.times < span[1])
    times = tracks.times[inside]
    low, high = np.log2(pitches)

    def height(pitch: np.ndarray) -> np.ndarray:
        return np.interp(np.log2(pitch), [low, high], _PITCHES)

    with np.errstate(invalid="ignore"):
        axes.plot(times, height(tracks.pitch[inside]), color=PITCH, linewidth=1.6, solid_capstyle="round")
    loudest = float(tracks.loudness.max(initial=-_DEEPEST))
    loudness = np.interp(tracks.loudness[inside], [loudest - _DEEPEST, loudest], _LOUDNESSES)
    axes.fill_between(times, 0, loudness, color=LOUDNESS, alpha=0.55, linewidth=0)
    marked = np.array([math.ceil(pitches[0] / 10) * 10, math.floor(pitches[1] / 10) * 10], float)
    axes.set_yticks(height(marked), [f"{pitch:.0f} Hz" for pitch in marked])


def _key(figure: "Figure") -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    shapes = {
        "pitch": Line2D([], [], color=PITCH, linewidth=2),
        "loudness": Patch(color=LOUDNESS, alpha=0.55),
        "filler": Patch(color=FILLER, alpha=0.5),
        "repeated": Patch(color=REPEATED, alpha=0.5),
        "pause": Patch(facecolor=QUIET),
        f"{LONG:.0f} s and more": Patch(facecolor=QUIET, edgecolor=INK, linewidth=0, hatch="////"),
    }
    key = figure.legend(shapes.values(), shapes.keys(), loc="lower center", ncols=3, fontsize=10, frameon=False)
    for text in key.get_texts():
        text.set_color(INK)


def _course(axes: "Axes", course: "Course") -> None:
    values = np.array([point.value for point in course.points], float)
    places = np.arange(len(values))
    lows, highs = (np.array([getattr(point, end) for point in course.points], float) for end in ("low", "high"))
    known = np.concatenate([values, lows[np.isfinite(lows)], highs[np.isfinite(highs)]])
    margin = 0.15 * max(float(np.ptp(known)), 0.1 * float(np.abs(known).max()), 1e-3)
    bottom, top = float(known.min()) - margin, float(known.max()) + margin
    if course.kind == "score":  # out of 100, whatever they have been so far
        bottom, top = -4.0, 104.0
    edges = np.array([-0.5, *places[:-1] + 0.5, len(values) - 0.5])
    for left, right, low, high in zip(edges, edges[1:], lows, highs, strict=False):
        if np.isfinite(low) or np.isfinite(high):
            sides = (low if np.isfinite(low) else bottom, high if np.isfinite(high) else top)
            axes.fill_between([left, right], *sides, color=COMFORTABLE, alpha=0.18, linewidth=0)
    outside = (values < lows) | (values > highs)
    axes.plot(places, values, color=PITCH, linewidth=1.6)
    axes.plot(places[~outside], values[~outside], "o", color=PITCH, markersize=5)
    axes.plot(places[outside], values[outside], "D", color=FILLER, markersize=5)
    axes.set(xlim=(-0.5, max(len(values), 4) - 0.5), ylim=(bottom, top), facecolor="none")
    unit = f" ({course.unit})" if course.unit else ""
    axes.set_title(course.title + unit, loc="left", fontsize=11, color=INK)
    marked = np.unique(np.linspace(0, len(values) - 1, min(_DATES, len(values))).astype(int))
    said = [f"{course.points[place].time:%d %b}" for place in marked]
    axes.set_xticks(marked, [one if one not in said[:at] else "" for at, one in enumerate(said)])
    axes.tick_params(labelsize=9, colors=INK)
    axes.grid(color=QUIET, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
