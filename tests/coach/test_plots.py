"""Plots: drawn from real values, readable on white and on black, also for very short and very long answers."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from coach import plots
from coach.delivery import measure
from coach.sessions import Course, Point
from common import voice
from common.speech import Word, voice_activity
from common.voice import Tracks
from tests.coach.speech import UM, speak


def drawn(figure) -> np.ndarray:
    """The picture; something must be on it, and its ground must let the page through."""
    picture = plots.pixels(figure)
    assert picture.shape[1:] == (plots.WIDTH, 4) and picture.dtype == np.uint8
    assert picture[..., 3].max() == 255 and np.median(picture[..., 3]) == 0
    return picture


def colour(picture: np.ndarray, code: str) -> int:
    """How many pixels have the colour, about."""
    wanted = [int(code[at : at + 2], 16) for at in (1, 3, 5)]
    return int((np.abs(picture[..., :3].astype(int) - wanted).max(-1) < 6)[picture[..., 3] > 250].sum())


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.fixture(scope="module")
def talk():
    return speak(["last year the the system failed", 1.3, "so I asked", UM, 0.4, "our team for $5 to find out why"])


@pytest.fixture(scope="module")
def heard(talk):
    """Its tracks, and its delivery as of a transcript that leaves the filler out."""
    tracks = voice.measure(talk.samples)
    found = measure(talk.transcript(fillers=False), tracks, voice_activity(talk.samples), talk.duration)
    assert [one.text for one in found.get("fillers").places] == ["(um)"]
    return tracks, found


def test_the_timeline_shows_words_fillers_and_pauses(talk, heard):
    figure = plots.timeline(talk.transcript(fillers=False), *heard, talk.duration)
    picture = drawn(figure)
    assert len(figure.axes) == 2 and picture.shape[0] == 2 * plots.ROW + plots.KEY
    said = texts(figure)
    assert {"year", "the", "asked", "(um)", "why"} < set(said) and said.count("the") == 2
    assert any(text.endswith("5") for text in said), "a dollar sign is no formula"
    assert "1.3 s" in said and not any(text.startswith("0.4") for text in said)
    looks = {text.get_text(): text.get_color() for axes in figure.axes for text in axes.texts}
    assert (looks["(um)"], looks["the"], looks["year"]) == (plots.FILLER, plots.REPEATED, plots.INK)
    assert colour(picture, plots.PITCH) > 200


def test_words_stand_over_their_time_and_apart(talk, heard):
    figure = plots.timeline(talk.transcript(), *heard, talk.duration)
    drawn(figure)  # after it the places of the texts are known
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        for at, box in enumerate(boxes):
            assert box.x0 >= axes.get_window_extent().x0 - 1 and box.x1 <= plots.WIDTH
            assert not any(box.overlaps(other) for other in boxes[:at])
    starts = {word.text: word.start for word in talk.transcript()}
    for text in figure.axes[0].texts:
        if text.get_text() in ("year", "system"):
            assert text.get_position()[0] == pytest.approx(starts[text.get_text()], abs=0.5)


def test_the_pitch_stands_higher_the_higher_it_is():
    times = np.arange(600) * 0.01
    tracks = Tracks(times, 100.0 + 100 * (times > 3), np.full(600, -20.0), np.full(600, 1500.0))
    found = measure([], tracks, [(0.0, 6.0)], 6.0)
    figure = plots.timeline([], tracks, found, 6.0)
    [line] = figure.axes[0].lines
    low, high = line.get_ydata()[0], line.get_ydata()[-1]
    assert high - low > 0.15 and [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["100 Hz", "210 Hz"]


@pytest.mark.parametrize("seconds", [0.0, 0.3, 600.0])
def test_any_length_is_drawn(seconds):
    times = np.arange(round(seconds * 100)) * 0.01
    tracks = Tracks(times, np.full(len(times), np.nan), np.full(len(times), -100.0), np.full(len(times), np.nan))
    words = [Word("word", at / 2, at / 2 + 0.4, 1.0) for at in range(round(seconds * 2))]
    found = measure(words, tracks, [(0.0, seconds)], seconds)
    figure = plots.timeline(words, tracks, found, seconds)
    assert 1 <= len(figure.axes) <= plots.MOST_ROWS
    assert drawn(figure).shape[0] <= plots.MOST_ROWS * plots.ROW + plots.KEY
    if seconds == 600:
        assert 0.3 * len(words) < len(texts(figure)) < len(words), "there is no room for all of them"


def course(values, low=120.0, high=170.0, name="Speaking rate") -> Course:
    start = datetime(2026, 5, 1, 12, tzinfo=timezone.utc)
    points = [Point(start + timedelta(days=3 * at), value, low, high) for at, value in enumerate(values)]
    return Course("speaking_rate", name, "measure", "words per minute", tuple(points), "")


def test_progress_shows_each_measure_and_its_range():
    courses = [course([200, 180, 150]), course([9, 5, 3], None, 4.0), course([50, 60, 70], None, None)]
    figure = plots.progress(courses)
    picture = drawn(figure)
    assert picture.shape[0] == 3 * plots.PANEL
    assert figure.axes[0].get_title(loc="left") == "Speaking rate (words per minute)"
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["01 May", "04 May", "07 May"]
    within, outside = (line.get_ydata().tolist() for line in figure.axes[0].lines[1:])
    assert (within, outside) == ([150], [200, 180])
    assert figure.axes[1].lines[1].get_ydata().tolist() == [3]
    assert len(figure.axes[2].collections) == 0 and len(figure.axes[2].lines[1].get_ydata()) == 3
    assert colour(picture, plots.PITCH) > 200 and colour(picture, plots.FILLER) > 50


@pytest.mark.parametrize("values", [[150.0], [0.0], [5.0] * 200])
def test_one_answer_or_many_are_progress(values):
    figure = plots.progress([course(values)])
    drawn(figure)
    bottom, top = figure.axes[0].get_ylim()
    assert bottom < min(values) <= max(values) < top and bottom < 120 and top > 170
