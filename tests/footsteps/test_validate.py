"""What is let in, and with which words the rest is refused."""

import os
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from common import media
from common.errors import MediaError
from footsteps.validate import LIMITS, Limits, validate


def video(path: Path, seconds: float = 1.0, fps: float = 25, size: tuple[int, int] = (64, 48)) -> Path:
    """Noise, so that every frame weighs something; written as MP4 whatever the name says."""
    rng = np.random.default_rng(0)
    count = max(1, round(seconds * fps))
    media.encode(path, (rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8) for _ in range(count)), fps)
    return path


def test_an_ordinary_clip_passes_without_a_word(tmp_path):
    info, warnings = validate(video(tmp_path / "walk.mp4"))
    assert (info.width, info.height, info.frames) == (64, 48, 25)
    assert warnings == []


@pytest.mark.parametrize(
    "name", ["walk.jpg", "-rf.mp4", "..mp4", "walk", "walk 1 (copy).mp4", "散步 ü 👟.mp4", "a:b.mov"]
)
def test_the_name_of_the_file_does_not_matter(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    video(tmp_path / name)
    assert validate(name)[0].frames == 25
    os.makedirs("sub")
    assert validate(f"sub/../{name}")[0].frames == 25


@pytest.mark.parametrize(
    "suffix, codec", [("avi", "mpeg4"), ("mkv", "libx264"), ("webm", "libvpx"), ("mov", "libx264")]
)
def test_the_other_kinds_pass(tmp_path, suffix, codec):
    path = tmp_path / f"walk.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode())
    info, warnings = validate(path)
    assert info.frames == 5
    # Of these only MPEG-4 part 2 goes into the new MP4 and is shown by no browser.
    assert ["MPEG-4 part 2" in warning for warning in warnings] == [True] * (codec == "mpeg4")


def test_slow_and_portrait_videos_are_let_through(tmp_path):
    info, warnings = validate(video(tmp_path / "slow.mp4", seconds=3, fps=5, size=(48, 64)))
    assert (info.width, info.height) == (48, 64)
    assert len(warnings) == 1 and "5 frames a second, one every 200 ms" in warnings[0]


def test_a_single_picture_is_refused(tmp_path):
    with pytest.raises(MediaError, match="holds a single picture"):
        validate(video(tmp_path / "one.mp4", seconds=0.01))


def test_a_file_cut_off_is_said(tmp_path):
    path = video(tmp_path / "walk.mp4", seconds=4)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    info, warnings = validate(path)
    assert 0.5 < info.duration < 3.5
    assert len(warnings) == 1 and "of 4.0 s can be read" in warnings[0]
    path.write_bytes(data[:400])
    with pytest.raises(MediaError, match="cut off"):
        validate(path)


def test_limits_are_quoted(tmp_path):
    path = video(tmp_path / "walk.mp4", seconds=2, size=(128, 64))
    for limits, words in {
        replace(LIMITS, megabytes=0): "MB; at most 0 MB",
        replace(LIMITS, seconds=1.0): "0:02 minutes long; at most 0:01 minutes",
        replace(LIMITS, long_side=100): "128 x 64 pixels; at most 100 x 2304",
        replace(LIMITS, short_side=48): "at most 4096 x 48",
    }.items():
        with pytest.raises(MediaError, match=words):
            validate(path, limits)
    exact = Limits(seconds=1.6, long_side=128, short_side=64)  # half a second over is let through
    assert validate(path, exact)[1] == []


def test_portrait_has_the_same_limit_on_its_sides(tmp_path):
    limits = replace(LIMITS, long_side=128, short_side=64)
    assert validate(video(tmp_path / "tall.mp4", size=(64, 128)), limits)
    with pytest.raises(MediaError, match="66 x 128 pixels"):
        validate(video(tmp_path / "wide.mp4", size=(66, 128)), limits)


def test_a_huge_file_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "huge.mp4"
    with open(path, "wb") as file:
        file.truncate(LIMITS.megabytes * 2**20 + 1)  # a sparse file of zeros: opening it would say it is no media
    with pytest.raises(MediaError, match="500 MB; at most 500 MB"):
        validate(path)


def test_sound_without_pictures_is_refused(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(MediaError, match=r"sound \(aac\) but no pictures"):
        validate(path)
    media.write_wav(tmp_path / "song.wav", np.zeros(4800))
    with pytest.raises(MediaError, match="is a wav file"):
        validate(tmp_path / "song.wav")


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "letter.mp4").write_text("Dear reader,\n" * 50)
    for name, words in {
        "empty.mp4": "empty",
        "letter.mp4": "can't be read",
        "none.mp4": "no file",
        ".": "folder",
    }.items():
        with pytest.raises(MediaError, match=words):
            validate(tmp_path / name)
