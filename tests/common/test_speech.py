"""Speech is said by espeak-ng, files are encoded by the tests themselves, and Whisper itself listens."""

import io
import math
import re
import struct
import subprocess
import threading
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
import pytest
from faster_whisper.transcribe import Segment as Heard
from faster_whisper.transcribe import Word as HeardWord
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import speech, speech_files
from common.device import Device
from common.errors import MediaError, UserError
from common.speech import RATE, Transcriber, read_speech, voice_activity
from common.speech_windows import FIRST, LONGEST, windows

ONE = "The meeting begins at nine on Monday morning."
TWO = "Please bring the report and the new numbers."
GERMAN = "Guten Tag, ich arbeite seit drei Jahren in einem kleinen Hotel."


@lru_cache
def say(text: str, voice: str = "en-us", speed: int = 150) -> np.ndarray:
    """The text at 16 kHz, without the silence at its ends."""
    import soundfile
    from scipy.signal import resample_poly

    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-z", "--stdout", text]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32")
    sound = resample_poly(sound, RATE, rate).astype(np.float32)
    heard = np.flatnonzero(np.abs(sound) > 0.01)
    return sound[heard[0] : heard[-1] + 1]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def joined(*parts: np.ndarray | float) -> np.ndarray:
    """Sounds and seconds of silence, one after the other."""
    return np.concatenate([part if isinstance(part, np.ndarray) else silence(part) for part in parts])


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


def words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


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
    assert speech.SHORTEST * RATE <= len(samples) <= 20 * RATE and np.abs(samples).max() <= 1


def test_voice_activity_finds_the_stretches_and_the_pauses_between():
    one, two = say(ONE), say(TWO)
    found = voice_activity(joined(1.0, one, 1.5, two, 0.8), silence=0.3)
    edges = np.cumsum([1.0, len(one) / RATE, 1.5, len(two) / RATE])
    assert np.ravel(found) == pytest.approx(edges, abs=0.15)
    assert len(voice_activity(joined(1.0, one, 1.5, two), silence=2.0)) == 1
    (start, end), *_ = voice_activity(joined(1.0, one, 1.0), pad=0.1)
    assert start < 1.0 and end > found[0][0]


@pytest.mark.parametrize("kind", ["silence", "noise", "hum", "chord", "clicks", "offset"])
def test_what_is_no_voice_is_no_speech(kind):
    times = np.arange(4 * RATE) / RATE
    sound = {
        "silence": np.zeros(len(times)),
        "noise": 0.2 * np.random.default_rng(0).standard_normal(len(times)),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * times),
        "chord": sum(0.1 * np.sin(2 * np.pi * pitch * times) for pitch in (220, 277, 330)),
        "clicks": 0.5 * (np.arange(len(times)) % 8000 < 20),
        "offset": np.full(len(times), 0.5),
    }[kind].astype(np.float32)
    assert sum(end - start for start, end in voice_activity(sound)) < speech.LEAST


stretches = st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.05, 70.0)), max_size=30)


@settings(max_examples=60, deadline=None)
@given(gaps_and_lengths=stretches, rest=st.floats(0, 2))
def test_all_speech_is_in_one_window_and_no_window_is_too_long(gaps_and_lengths, rest):
    spoken, now = [], 0.0
    for number, (gap, length) in enumerate(gaps_and_lengths):
        now += gap + (0.1 if number else 0)
        spoken.append((now, now + length))
        now += length
    samples = silence(now + rest)
    found = windows(samples, spoken)
    times = np.zeros(len(samples), int)
    for window in found:
        assert sum(end - start for start, end in window) <= LONGEST * RATE
        for start, end in window:
            times[start:end] += 1
    assert times.max(initial=0) <= 1
    for start, end in spoken:
        assert times[round(start * RATE) : round(end * RATE)].all()
    flat = [edge for window in found for piece in window for edge in piece]
    assert flat == sorted(flat)


def test_windows_end_at_long_pauses_and_leave_long_silences_out():
    spoken = [(0.0, 2.0), (2.1, 5.0), (5.6, 7.0), (7.1, 9.0), (12.0, 20.0)]
    first, second = windows(silence(30), spoken)
    assert first[-1][1] == round(5.3 * RATE)  # of the pauses after 4 s and before 8 s the longest, in its middle
    assert second[-2][1] == round(9.4 * RATE) and second[-1] == (round(11.6 * RATE), round(20.4 * RATE))
    assert windows(silence(3), []) == []


def test_speech_without_a_pause_is_cut_where_it_is_quietest():
    sound = np.random.default_rng(0).standard_normal(round(40 * RATE)).astype(np.float32)
    sound[round(21.3 * RATE) : round(21.5 * RATE)] *= 0.1
    one, two = windows(sound, [(0.0, 40.0)])
    assert one[0][1] == two[0][0] and 21.3 < one[0][1] / RATE < 21.5


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return speech.load()


@pytest.fixture(scope="module")
def talk() -> np.ndarray:
    """Two sentences with 6 s of silence between them."""
    return joined(0.5, say(ONE), 6.0, say(TWO), 0.5)


@pytest.fixture(scope="module")
def transcript(transcriber, talk) -> speech.Transcript:
    return transcriber.transcribe(talk)


def test_what_is_said_is_written_down(transcript, talk):
    assert words(transcript.text) == words(f"{ONE} {TWO}")
    assert [word.text for word in transcript.words] == transcript.text.split()
    assert transcript.language == "en" and 0.8 < transcript.language_probability < 1
    assert transcript.duration == len(talk) / RATE


def test_words_have_their_times_on_both_sides_of_a_long_silence(transcript, talk):
    found = transcript.words
    times = [time for word in found for time in (word.start, word.end)]
    assert times == sorted(times) and all(word.start < word.end for word in found)
    assert all(0 < word.probability <= 1 for word in found)
    second = 0.5 + len(say(ONE)) / RATE + 6.0
    at = next(number for number, word in enumerate(found) if word.text == "Please")
    assert found[0].start == pytest.approx(0.5, abs=0.3) and found[at - 1].end == pytest.approx(second - 6, abs=0.4)
    assert found[at].start == pytest.approx(second, abs=0.3)
    assert found[-1].end == pytest.approx(len(talk) / RATE - 0.5, abs=0.4)


def test_only_the_given_stretches_are_heard(transcriber, talk):
    second = 0.5 + len(say(ONE)) / RATE + 6.0
    heard = transcriber.transcribe(talk, "en", speech=[(second, len(talk) / RATE - 0.5)])
    assert words(heard.text) == words(TWO) and heard.language_probability == 1
    assert heard.segments[0].start == pytest.approx(second, abs=0.3)


def test_the_first_text_comes_early_and_who_stops_stops_the_work(transcriber, monkeypatch):
    sound = joined(0.3, say(ONE), 0.5, say(TWO), 0.5, say(ONE), 0.5, say(TWO), 0.3)
    heard, windows_heard = transcriber._heard, []
    monkeypatch.setattr(transcriber, "_heard", lambda *given: windows_heard.append(given[1]) or heard(*given))
    stream = transcriber.stream(sound, "en")
    assert windows_heard == []
    first = next(stream)
    stream.close()
    assert len(windows_heard) == 1 and words(first.text)[:2] == ["the", "meeting"]
    assert windows_heard[0][-1][1] <= FIRST * RATE < len(sound)


def test_of_silence_nothing_is_made_and_the_model_is_not_run(tmp_path):
    unable = Transcriber(None, Device("cpu", "int8", "test"), 0)
    for sound in (silence(5), joined(2.0, say("a")[:1600], 2.0)):
        assert unable.transcribe(sound) == speech.Transcript("", (), "", 0.0, len(sound) / RATE)
        assert list(unable.stream(sound)) == []


def test_fillers_are_kept(transcriber):
    said = "Um, so in my last project I was, uh, responsible for the reports. Um, the numbers did not match."
    sound = joined(0.3, say(said, speed=160), 0.3)
    fillers = [word for word in words(transcriber.transcribe(sound, "en").text) if word in ("um", "uh")]
    assert len(fillers) >= 2


def test_german_is_noticed_and_written_down(transcriber):
    heard = transcriber.transcribe(joined(0.3, say(GERMAN, "de"), 0.3))
    assert heard.language == "de" and heard.language_probability > 0.5
    assert {"guten", "tag", "drei", "hotel"} <= set(words(heard.text))


def test_threads_do_not_disturb_each_other(transcriber):
    sounds, found = [joined(0.3, say(ONE), 0.3), joined(0.3, say(TWO), 0.3)], {}

    def hear(number: int) -> None:
        found[number] = transcriber.transcribe(sounds[number], "en").text

    threads = [threading.Thread(target=hear, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [words(found[number]) for number in range(2)] == [words(ONE), words(TWO)]


def heard(text: str, end: float, repetitive: float = 1.0, speechless: float = 0.0, pieces: tuple = ()) -> Heard:
    listed = [HeardWord(0.1 * at, 0.1 * at + 0.1, piece, 0.9 - 0.1 * at) for at, piece in enumerate(pieces)]
    return Heard(0, 0, 0.0, end, text, [], -0.1, repetitive, speechless, listed, 0.0)


def test_what_whisper_makes_of_the_end_and_of_noise_is_left_out():
    loop = heard("so, so, so, so", 2.0, repetitive=19.0, speechless=0.5)
    stutter = heard("no, no, no, no", 3.0, repetitive=3.0, speechless=0.01)
    parts = [loop, stutter, heard("Yes.", 4.2), heard("Thank you.", 5.0)]
    assert [segment.text for segment in speech._until(4.0, iter(parts))] == ["no, no, no, no", "Yes."]


def test_parts_of_a_word_are_joined_and_characters_are_not():
    english = speech._segment(heard(" check-in. It", 1.0, pieces=(" check", "-in.", " It")))
    assert [(word.text, word.end) for word in english.words] == [("check-in.", 0.2), ("It", pytest.approx(0.3))]
    assert english.words[0].probability == pytest.approx(0.8)
    assert [word.text for word in speech._segment(heard("你好", 1.0, pieces=("你", "好"))).words] == ["你", "好"]


def test_wrong_arguments_are_told(transcriber):
    with pytest.raises(UserError, match=r"'klingon' is not known; use one of .*de.*"):
        transcriber.stream(silence(1), "klingon")
    with pytest.raises(UserError, match="no speech model 'minilm'; there are whisper-base, whisper-small"):
        Transcriber.load("minilm")
    with pytest.raises(ValueError, match=r"\(n,\) float32, not \(2, 16000\)"):
        voice_activity(np.zeros((2, RATE), np.float32))


def test_without_a_gpu_that_works_speech_is_heard_on_the_cpu(transcriber, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    fallen = Transcriber.load(device=Device("cuda", "bfloat16", "test"))
    assert (fallen.device.name, fallen.device.dtype) == ("cpu", "int8") and "can't use the GPU" in fallen.device.reason
    assert speech.load() is transcriber and transcriber.nbytes > 100e6
