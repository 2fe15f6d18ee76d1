"""Files are encoded by the tests themselves."""

import io
import math
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import speech_files
from common.errors import MediaError
from common.speech_files import RATE, SHORTEST, read_speech


def tone(seconds: float, rate: int = 48_000, channels: int = 1) -> np.ndarray:
    """(channels, n) of 440 Hz at half of full scale."""
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def record(target, sound: np.ndarray, codec: str, container: str | None = None, hole: tuple = (math.inf, 0)) -> None:
    """Encode (channels, n) at 48 kHz into a file or an open one; from `hole[0]` s on it comes `hole[1]` s late."""
    layout = "mono" if len(sound) == 1 else "stereo"
    with av.open(target, "w", format=container) as file:
        stream = file.add_stream(codec, rate=48_000, layout=layout)
        for first in range(0, sound.shape[1], 960):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, first : first + 960]), "fltp", layout)
            frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), first
            mux(file, stream.encode(frame), hole)
        mux(file, stream.encode(), hole)


def mux(file, packets, hole: tuple) -> None:
    for packet in packets:
        if packet.pts * packet.time_base >= hole[0]:
            packet.pts += round(hole[1] / packet.time_base)
            packet.dts = packet.pts
        file.mux(packet)


class Unseekable(io.RawIOBase):
    """What a recorder in a browser writes into: it never goes back to fill in the duration."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data) -> int:
        self.content += bytes(data)
        return len(data)


def level(samples: np.ndarray) -> float:
    """Root mean square of the middle half, where no codec fades."""
    return float(np.sqrt(np.square(samples[len(samples) // 4 : -len(samples) // 4]).mean()))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mp3", "libmp3lame"), ("a.m4a", "aac"), ("a.webm", "libopus")],
)
def test_every_kind_of_file_comes_as_one_channel_at_its_own_level(tmp_path, name, codec, channels):
    record(str(tmp_path / name), tone(1.2, channels=channels), codec)
    samples = read_speech(tmp_path / name)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert len(samples) / RATE == pytest.approx(1.2, abs=0.06)
    assert level(samples) == pytest.approx(0.5 / math.sqrt(2), rel=0.1)
    crossings = np.count_nonzero(np.diff(np.signbit(samples[4000:12000])))
    assert crossings == pytest.approx(2 * 440 * 0.5, abs=3)


def test_a_full_scale_recording_stays_within_full_scale(tmp_path):
    record(str(tmp_path / "loud.wav"), 2 * tone(1, channels=2), "pcm_s16le")
    assert 0.97 < np.abs(read_speech(tmp_path / "loud.wav")).max() <= 1


def test_what_a_browser_records_is_read_though_its_header_tells_no_duration(tmp_path):
    target = Unseekable()
    record(target, tone(1.5), "libopus", "webm")
    (tmp_path / "recording.webm").write_bytes(target.content)
    with av.open(str(tmp_path / "recording.webm")) as file:
        assert not file.duration
    assert len(read_speech(tmp_path / "recording.webm")) / RATE == pytest.approx(1.5, abs=0.06)
    with pytest.raises(MediaError, match=r"At most 0:01 .* 'recording\.webm' is longer than that"):
        read_speech(tmp_path / "recording.webm", longest=1.0)


def test_the_sound_of_a_video_is_read(tmp_path):
    with av.open(str(tmp_path / "talk.mp4"), "w") as file:
        video, audio = file.add_stream("libx264", rate=10), file.add_stream("aac", rate=48_000, layout="mono")
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for number in range(10):
            file.mux(video.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8))))
        file.mux(video.encode())
        frame = av.AudioFrame.from_ndarray(tone(1.0), "fltp", "mono")
        frame.sample_rate, frame.pts = 48_000, 0
        file.mux(audio.encode(frame))
        file.mux(audio.encode())
    assert len(read_speech(tmp_path / "talk.mp4")) / RATE == pytest.approx(1.0, abs=0.06)


def test_a_hole_in_the_sound_is_silence(tmp_path):
    record(str(tmp_path / "hole.webm"), tone(2), "libopus", hole=(1.0, 0.7))
    samples = read_speech(tmp_path / "hole.webm")
    assert len(samples) / RATE == pytest.approx(2.7, abs=0.06)
    quiet = np.abs(samples[round(1.1 * RATE) : round(1.6 * RATE)])
    assert quiet.max() < 0.01 < 0.4 < np.abs(samples[round(1.85 * RATE) : round(2.3 * RATE)]).max()


def wav_header(seconds: float, rate: int = 8000) -> bytes:
    size = round(seconds * rate)
    fields = (b"RIFF", size + 36, b"WAVEfmt ", 16, 1, 1, rate, rate, 1, 8, b"data", size)
    return struct.pack("<4sI8sIHHIIHH4sI", *fields)


def test_two_hours_are_refused_after_ten_minutes_of_them(tmp_path, monkeypatch):
    path = tmp_path / "two hours.wav"
    path.write_bytes(wav_header(7200))
    with path.open("r+b") as file:
        file.truncate(7200 * 8000)
    decoded, frames = 0, speech_files._frames

    def counted(*arguments):
        nonlocal decoded
        for frame in frames(*arguments):
            decoded += frame.samples / frame.sample_rate
            yield frame

    monkeypatch.setattr(speech_files, "_frames", counted)
    with pytest.raises(MediaError, match=r"At most 10:00 of sound can be taken, and 'two hours\.wav' lasts 2:00:0\d"):
        read_speech(path)
    assert 600 < decoded < 601


def test_what_holds_no_speech_to_read_is_refused_with_its_reason(tmp_path):
    (tmp_path / "empty.webm").touch()
    (tmp_path / "text.wav").write_text("not a sound")
    (tmp_path / "nothing.wav").write_bytes(wav_header(0))
    record(str(tmp_path / "click.wav"), tone(0.2), "pcm_s16le")
    with av.open(str(tmp_path / "mute.mp4"), "w") as file:
        video = file.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        file.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8))))
        file.mux(video.encode())
    for name, reason in {
        "missing.wav": "no file 'missing.wav'",
        "empty.webm": "empty",
        "text.wav": "can't be read",
        "nothing.wav": "Nothing of the sound of 'nothing.wav'",
        "click.wav": r"lasts 0\.20 s, which is too short",
        "mute.mp4": "'mute.mp4' has no sound",
        ".": "folder",
    }.items():
        with pytest.raises(MediaError, match=reason):
            read_speech(tmp_path / name)


@pytest.fixture(scope="module")
def encoded() -> dict[str, bytes]:
    files = {}
    for container, codec in (("webm", "libopus"), ("mp3", "libmp3lame"), ("mp4", "aac"), ("wav", "pcm_s16le")):
        target = io.BytesIO()
        record(target, tone(0.8), codec, container)
        files[container] = target.getvalue()
    return files


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_as_far_as_it_goes_or_refused(tmp_path, encoded, data):
    content = bytearray(encoded[data.draw(st.sampled_from(sorted(encoded)))])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    (tmp_path / "damaged").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        samples = read_speech(tmp_path / "damaged", longest=20)
    except MediaError:
        return
    assert SHORTEST * RATE <= len(samples) <= 20 * RATE and np.abs(samples).max() <= 1
