"""The files that a person takes away: read back by other means than wrote them, and refused when wrong."""

import csv
import json
import re
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from common import media
from common.errors import UserError
from footsteps import export, plot
from footsteps.steps import Step

STEPS = [
    Step(0.5, "left", "wood", "boots", 1.5, -0.25, -6.0, 0.9, False),
    Step(1.0416, "right", "water", "barefoot", 0.0, 0.5, -3.25, 1.0, True),
]


def walk_clip(path: Path, seconds: float = 2.0) -> Path:
    frames = (np.full((48, 64, 3), 5 * n % 256, np.uint8) for n in range(round(seconds * 25)))
    media.encode(path, frames, 25)
    return path


def test_every_file_is_written_and_can_be_read(tmp_path):
    info = media.probe(walk_clip(tmp_path / "my walk.mp4"))
    sound = np.zeros((2 * media.RATE, 2), np.float32)
    sound[24000] = 0.5
    times = np.arange(0, 2, 0.04)
    curves = plot.Curves(times, np.sin(times), np.cos(times), "height (px)")
    files = export.export_all(tmp_path / "out", info, STEPS, sound, {"seed": 7, "loudness": -np.inf}, curves)
    assert sorted(files) == ["csv", "json", "markers", "plot", "settings", "video", "wav"]
    written = [*(files[key] for key in files if key != "markers"), *files["markers"]]
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    assert all(path.name.startswith("my_walk_footsteps") for path in written)
    assert media.probe(files["video"]).frames == 50
    assert np.abs(media.read_audio(files["video"])).max(axis=1).argmax() == pytest.approx(24000, abs=48)
    wav = soundfile.info(files["wav"])
    assert (wav.samplerate, wav.channels, wav.subtype, wav.frames) == (48000, 2, "PCM_24", 96000)
    assert export.read_steps(files["csv"].read_text()) == STEPS
    assert export.read_steps(files["json"].read_text()) == STEPS
    record = json.loads(files["settings"].read_text(), parse_constant=pytest.fail)
    assert (record["seed"], record["loudness"], record["pictures"]) == (7, None, "copied")
    assert record["video"]["name"] == "my walk.mp4" and record["video"]["frames"] == 50
    assert record["versions"]["numpy"] == np.__version__


def test_the_csv_is_what_a_spreadsheet_opens():
    rows = list(csv.reader(export.to_csv(STEPS).splitlines()))
    assert rows[0] == ["time", "side", "surface", "footwear", "level", "pan", "distance", "running", "confidence"]
    assert rows[2] == ["1.0416", "right", "water", "barefoot", "0.0", "0.5", "-3.25", "True", "1.0"]


def number(low: float, high: float):
    return st.floats(low, high).map(lambda x: round(x, 4) + 0.0)


@given(
    st.lists(
        st.builds(
            Step,
            time=number(0, 300),
            side=st.sampled_from(["left", "right"]),
            surface=st.sampled_from(["wood", "gravel", "tile"]),
            footwear=st.sampled_from(["boots", "dress_shoes"]),
            level=number(-60, 24),
            pan=number(-1, 1),
            distance=number(-20, 0),
            confidence=number(0, 1),
            running=st.booleans(),
        ),
        min_size=1,
    ).map(lambda steps: sorted(steps, key=lambda step: step.time))
)
def test_tables_survive_the_way_there_and_back(steps):
    assert export.read_steps(export.to_csv(steps)) == steps
    assert export.read_steps(export.to_json(steps)) == steps


def test_a_table_from_a_spreadsheet_is_read():
    text = "\ufeffSide;Time;Surface\r\nleft; 1.5 ;wood\r\n;;\r\nright;1.0;wood\r\n"
    assert [(step.time, step.side) for step in export.read_steps(text)] == [(1.0, "right"), (1.5, "left")]
    assert export.read_steps("time\tside\tsurface\n1\tleft\tmud")[0].surface == "mud"


@pytest.mark.parametrize(
    "text, words",
    [
        ("", "is empty"),
        ("hello", "it needs time, side and surface"),
        ("time,side\n1,left", "it needs time, side and surface"),
        ("time,side,surface,colour\n1,left,wood,red", "it needs time, side and surface"),
        ("time,time,side,surface\n1,1,left,wood", "once"),
        ("time,side,surface\n1,left,wood,9", "Row 1 of the step table has 4 values; the heading has 3"),
        ("time,side,surface\n1,left,wood\n1.5,left,lava", "Step 2: surface is 'lava'; use one of"),
        ("time,side,surface\n1,middle,wood", "side is 'middle'; use one of left, right"),
        ("time;side;surface\n1,5;left;wood", "time is '1,5'"),
        ("time,side,surface\n-1,left,wood", "time is '-1'"),
        ("time,side,surface\nnan,left,wood", "time is 'nan'"),
        ('time,side,surface\n1,"left,wood', "not valid CSV"),
        ("time,side,surface\n", "no step"),
        ("[", "not valid JSON"),
        ("[" * 100_000, "nested without end"),
        ('{"time": 1}', "must be a list"),
        ('[{"time": "soon", "side": "left", "surface": "wood"}]', "time is 'soon'"),
    ],
)
def test_a_wrong_table_is_refused_by_name(text, words):
    with pytest.raises(UserError, match=re.escape(words)):
        export.read_steps(text)


@given(st.one_of(st.text(), st.text(alphabet='time,side\nurfacel"1;[]{}: ')))
def test_any_text_gives_steps_or_a_user_error(text):
    try:
        steps = export.read_steps(text)
    except UserError:
        return
    assert all(isinstance(step, Step) for step in steps)


def test_audacity_labels():
    assert export.audacity_labels(STEPS) == "0.500000\t0.500000\tleft wood\n1.041600\t1.041600\tright water\n"


def test_resolve_markers():
    lines = export.resolve_markers(STEPS, 25.0, "walk").split("\n")
    assert lines[:3] == ["TITLE: walk", "FCM: NON-DROP FRAME", ""]
    assert lines[3] == "001  001      V     C        01:00:00:13 01:00:00:14 01:00:00:13 01:00:00:14  "
    assert lines[4] == " |C:ResolveColorBlue |M:left wood |D:1"
    assert "01:00:01:01 01:00:01:02" in lines[6]  # 1.0416 s is frame 26 of 25 a second


@pytest.mark.parametrize(
    "seen, rate",
    [
        (29.97003, Fraction(30000, 1001)),
        (30.0004, Fraction(30)),
        (29.83, Fraction(30000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (59.5, Fraction(60000, 1001)),
        (12.4, Fraction(12)),
        (0.3, Fraction(1)),
    ],
)
def test_the_timeline_takes_the_nearest_editing_rate(seen, rate):
    assert export.timeline_rate(seen) == rate


def test_timecode_at_29_97_counts_every_frame():
    """Two minutes of 29.97 fps are 3596.4 frames: non-drop 01:01:59:26 for the one at 3596."""
    rate = Fraction(30000, 1001)
    step = Step(120.0, "left", "wood", "boots")
    assert "01:01:59:26" in export.resolve_markers([step], float(rate), "x")
    assert export.timecode(1800, rate) == "01:01:00:00"


@given(st.integers(0, 10**6), st.sampled_from(export.TIMELINE_RATES))
def test_timecodes_follow_one_another(frame, rate):
    def count(code: str) -> int:
        hours, minutes, seconds, frames = map(int, code.split(":"))
        assert minutes < 60 and seconds < 60 and frames < round(rate)
        return ((hours * 60 + minutes) * 60 + seconds) * round(rate) + frames

    assert count(export.timecode(frame, rate)) - count(export.timecode(0, rate)) == frame


@pytest.mark.parametrize(
    "name, stem",
    [
        ("walk.mp4", "walk"),
        ("../../etc/passwd", "passwd"),
        ("a b;$(rm -rf).mov", "a_b_rm_-rf"),
        ("-rf.mp4", "rf"),
        ("散步.mp4", "散步"),
        ("🚶.mp4", "video"),
        ("..", "video"),
        ("con:nul|x.avi", "con_nul_x"),
    ],
)
def test_names_are_made_safe(name, stem):
    assert export.safe_stem(name) == stem


@given(st.text(min_size=1))
def test_any_name_becomes_one_plain_name(name):
    stem = export.safe_stem(name)
    assert 0 < len(stem.encode()) <= 120
    assert re.fullmatch(r"[\w-]+", stem) and not stem.startswith("-")


def coloured(picture: np.ndarray, colour: str) -> np.ndarray:
    """Pixels (of an OpenCV picture, BGR) near a colour written #rrggbb."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (5, 3, 1)])
    return (np.abs(picture.astype(int) - wanted) < 12).all(axis=2)


def test_the_plot_shows_each_step_in_its_place(tmp_path):
    steps = [Step(2.0, "left", "wood", "boots", pan=-1.0), Step(8.0, "right", "wood", "boots", pan=1.0)]
    plot.draw(tmp_path / "p.png", steps, 10.0)
    picture = cv2.imread(str(tmp_path / "p.png"))
    assert picture.shape == (plot.HEIGHT, plot.WIDTH, 3)
    pan = picture[580:890]  # the middle panel
    left, right = (np.argwhere(coloured(pan, plot.COLOURS[side])).mean(axis=0) for side in ("left", "right"))
    assert left[0] < 60 and right[0] > 230  # heard from the left is on top
    # Two and eight seconds of ten: six tenths of the axis, which spans 0.82 of the width, lie between.
    assert right[1] - left[1] == pytest.approx(0.6 * 0.82 * plot.WIDTH, abs=4)


def test_the_plot_takes_what_comes(tmp_path):
    times = np.arange(0, 4, 0.1)
    holes = np.where(times < 2, np.nan, times)
    many = [Step(n / 3, "left" if n % 2 else "right", "wood", "boots", 24.0, 0.0, -20.0) for n in range(900)]
    for steps, duration, curves in [
        ([], 0.0, None),
        (STEPS, 4.0, plot.Curves(times, holes, np.full(len(times), np.nan), "height (px)")),
        (STEPS, 4.0, plot.Curves(np.zeros(0), np.zeros(0), np.zeros(0), "height (px)")),
        (many, 300.0, None),
    ]:
        plot.draw(tmp_path / "p.png", steps, duration, curves)
        assert cv2.imread(str(tmp_path / "p.png")).shape == (plot.HEIGHT, plot.WIDTH, 3)


def test_two_plots_at_once_do_not_mix(tmp_path):
    def job(side: str, out: list) -> None:
        for turn in range(2):
            path = tmp_path / f"{side}{turn}.png"
            plot.draw(path, [Step(1.0, side, "wood", "boots")] * 5, 2.0)
            out.append(path.read_bytes())

    pictures = {"left": [], "right": []}
    threads = [threading.Thread(target=job, args=item) for item in pictures.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pictures["left"][0] == pictures["left"][1] != pictures["right"][0] == pictures["right"][1]
