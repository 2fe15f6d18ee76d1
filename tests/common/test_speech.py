"""Speech is said by espeak-ng, and Whisper itself listens."""

import io
import re
import subprocess
import threading
from functools import lru_cache

import numpy as np
import pytest
from faster_whisper.transcribe import Segment as Heard
from faster_whisper.transcribe import Word as HeardWord

from common import speech
from common.device import Device
from common.errors import UserError
from common.speech import RATE, Transcriber, voice_activity
from common.speech_windows import FIRST

# Whisper finds espeak-ng hard to understand; these it takes down without a slip in several voices.
ONE = "Our company sells garden tools to small shops in the north."
TWO = "I worked as a nurse in a large hospital for seven years."
GERMAN = (
    "Guten Tag, ich habe in den letzten drei Jahren in einem kleinen Hotel gearbeitet. "
    "Dort war ich für die Buchungen und für die Beschwerden der Gäste zuständig."
)


@lru_cache
def say(text: str, voice: str = "en-us", speed: int = 170) -> np.ndarray:
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


def words(text: str) -> list[str]:
    return re.findall(r"[\w'-]+", text.lower())


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


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return speech.load()


def second() -> float:
    """s at which the second sentence of `talk` begins"""
    return 0.5 + len(say(ONE)) / RATE + 6.0


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
    assert transcript.language == "en" and 0.7 < transcript.language_probability < 1
    assert transcript.duration == len(talk) / RATE


def test_words_have_their_times_on_both_sides_of_a_long_silence(transcript):
    found = transcript.words
    times = [time for word in found for time in (word.start, word.end)]
    assert times == sorted(times) and all(word.start < word.end for word in found)
    assert all(0 < word.probability <= 1 for word in found)
    edges = [found[0].start, found[10].end, found[11].start, found[-1].end]
    assert edges == pytest.approx([0.5, second() - 6, second(), second() + len(say(TWO)) / RATE], abs=0.4)
    assert edges[::2] == pytest.approx([0.5, second()], abs=0.15)
    assert transcript.segments[0].start == found[0].start and transcript.segments[-1].end == found[-1].end


def test_only_the_given_stretches_are_heard(transcriber, talk):
    heard = transcriber.transcribe(talk, "en", speech=[(second(), len(talk) / RATE - 0.5)])
    assert words(heard.text) == words(TWO) and heard.language_probability == 1
    assert heard.segments[0].start == pytest.approx(second(), abs=0.15)


def test_the_first_text_comes_early_and_who_stops_stops_the_work(transcriber, monkeypatch):
    sound = joined(0.3, say(ONE), 0.6, say(TWO), 0.5, say(ONE), 0.5, say(TWO), 0.3)
    heard, windows_heard = transcriber._heard, []
    monkeypatch.setattr(transcriber, "_heard", lambda *given: windows_heard.append(given[1]) or heard(*given))
    stream = transcriber.stream(sound, "en")
    assert windows_heard == []
    first = next(stream)
    stream.close()
    assert len(windows_heard) == 1 and words(first.text)[:3] == words(ONE)[:3]
    assert windows_heard[0][-1][1] <= FIRST * RATE < 0.6 * len(sound)


def test_of_silence_nothing_is_made_and_the_model_is_not_run():
    unable = Transcriber(None, Device("cpu", "int8", "test"), 0)
    for sound in (silence(5), joined(2.0, say("a")[:1600], 2.0)):
        assert unable.transcribe(sound) == speech.Transcript("", (), "", 0.0, len(sound) / RATE)
        assert list(unable.stream(sound)) == []


@pytest.fixture(scope="module")
def at_once(transcriber) -> dict[str, speech.Transcript]:
    """Two talks that two threads transcribe at the same time."""
    filled = "I led the team, um, for two years, and, uh, we shipped on time."
    talks = {"fillers": say(filled, speed=140), "german": say(GERMAN, "de", 150)}
    found: dict[str, speech.Transcript] = {}

    def hear(name: str) -> None:
        found[name] = transcriber.transcribe(joined(0.3, talks[name], 0.3))

    threads = [threading.Thread(target=hear, args=[name]) for name in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_fillers_are_kept_that_whisper_alone_drops(at_once):
    assert at_once["fillers"].language == "en"
    assert [word for word in words(at_once["fillers"].text) if word in ("um", "uh")] == ["um", "uh"]


def test_german_is_noticed_and_written_down(at_once):
    assert at_once["german"].language == "de" and at_once["german"].language_probability > 0.7
    assert {"guten", "tag", "drei", "jahren", "hotel"} <= set(words(at_once["german"].text))


def test_who_says_a_sentence_twice_is_taken_down_twice(transcriber):
    sound = joined(0.4, say(TWO), 0.4, say(ONE), 0.4, say(TWO), 0.4, say(ONE), 0.5)
    found = words(transcriber.transcribe(sound, "en").text)
    assert [found.count(word) for word in ("hospital", "garden", "shops", "north")] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("tokens", "loops"),
    [
        ([*range(200)], False),
        ([7, 8] * 14, False),  # "no, no, no …" is said like that now and then
        ([*range(200), *[7, 8] * 15], True),
        ([*range(30)] * 3, False),  # a sentence said three times
        ([*range(8)] * 4, False),
        ([*range(8)] * 5, True),
        ([], False),
    ],
)
def test_a_loop_is_a_few_pieces_over_and_over(tokens, loops):
    assert speech._loops(tokens) == loops


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
