"""Plots: drawn from real values, readable on white and on black, and nothing where there is nothing."""

import numpy as np
import pytest

from feedback import metrics, plots

LABELS = ["Bug", "Praise", "Gift idea"]


def drawn(figure) -> np.ndarray:
    """The picture; something must be on it, and its ground must let the page through."""
    picture = plots.pixels(figure)
    assert picture.shape[1:] == (plots.WIDTH, 4) and picture.dtype == np.uint8
    assert picture[..., 3].max() == 255 and np.median(picture[..., 3]) == 0
    return picture


def colour(picture: np.ndarray, code: str) -> int:
    """How many pixels have the colour, about."""
    wanted = [int(code[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(picture[..., :3].astype(int) - wanted).max(-1) < 4)[picture[..., 3] > 250].sum())


def test_bars_are_as_high_as_there_are_texts():
    starts = ["2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"]
    picture = drawn(plots.over_time("day", starts, {"Bug": [3, 1], "Praise": [1, 1], "Gift idea": [0, 0]}))
    bug, praise, none = (colour(picture, code) for code in plots.COLOURS[:3])
    assert bug / praise == pytest.approx(2, rel=0.1)
    assert none < praise / 20  # its place in the legend


@pytest.mark.parametrize("count", [1, 2, 300])
def test_confidence_over_time(count):
    rolling = [(f"2026-05-{1 + at // 24:02d}T{at % 24:02d}:00:00Z", 0.5 + 0.4 * at / count) for at in range(count)]
    picture = drawn(plots.confidence(rolling, 0.8))
    assert colour(picture, plots.COLOURS[1]) > 20


def test_reliability_confusion_and_curves():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 200)
    chances = metrics.softmax(random.normal(size=(200, 3)) + 2 * np.eye(3)[truth])
    measured = metrics.reliability(truth, chances)
    assert colour(drawn(plots.reliability({"this": measured, "other": measured})), plots.COLOURS[1]) > 100
    figure = plots.confusion(LABELS, metrics.report(truth, chances.argmax(1), LABELS).confusion)
    said = [text.get_text() for text in figure.axes[0].texts]
    assert sum(map(int, said)) == 200
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == LABELS
    plots.pixels(figure)
    curves = {"Bug": {"recall": [0, 0.5, 1], "precision": [1, 1, 0.3]}}
    assert colour(drawn(plots.label_curves(curves)), plots.COLOURS[0]) > 100


def test_more_labels_than_colours_differ_by_hatches():
    counts = {f"label {number}": [1] for number in range(11)}
    bars = plots.over_time("month", ["2026-05-01T00:00:00Z"], counts).axes[0].containers
    looks = {(bar[0].get_facecolor(), bar[0].get_hatch()) for bar in bars}
    assert len(looks) == 11


def test_nothing_is_drawn_before_there_is_something():
    stats = {"texts": 0, "timeline": {"unit": "hour", "starts": [], "counts": {}}, "review": {"labels": []}}
    assert plots.watching(stats, {"expected_confidence": None}, {}) == [None] * len(plots.WATCHING)
