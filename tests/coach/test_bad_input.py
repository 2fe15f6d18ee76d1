"""Sounds and files that are no answer.

What an answer asks for is in test_score.py; another language and a third of a second, which Whisper has to hear, are in
tests/e2e/test_coach_api.py.
"""

import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from coach import pipeline, questions
from common.errors import UserError
from common.speech import RATE

QUESTION = questions.built_in()["any-beh-1"]

pytestmark = pytest.mark.usefixtures("one_thread")


def chords(seconds: float) -> np.ndarray:
    """Music: a chord of three notes every half a second."""
    times = np.arange(round(seconds * RATE)) / RATE
    notes = 220 * 2 ** (np.random.default_rng(0).choice([0, 2, 4, 5, 7, 9, 11], (round(2 * seconds), 3)) / 12)
    phase = 2 * np.pi * np.cumsum(np.repeat(notes, RATE // 2, axis=0), axis=0) / RATE
    return 0.1 * np.sin(phase).sum(axis=1) * np.exp(-4 * (times % 0.5))


def two_hours(path: Path) -> None:
    """A file that takes no room: what was never written is silence."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 8000)
    with path.open("r+b") as file:
        for place, size in ((4, 36 + 7200 * 8000), (40, 7200 * 8000)):  # as the header tells them
            file.seek(place)
            file.write(size.to_bytes(4, "little"))
        file.truncate(44 + 7200 * 8000)


SOUNDS = {
    "silence": np.zeros(3 * RATE),
    "noise": 0.2 * np.random.default_rng(0).standard_normal(3 * RATE),
    "music": chords(3.0),
}


@pytest.mark.parametrize("kind", SOUNDS)
def test_where_nobody_speaks_no_model_is_asked_and_it_is_said(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(pipeline.speech, "load", lambda name: pytest.fail("a model was loaded"))
    soundfile.write(tmp_path / "sound.wav", SOUNDS[kind], RATE)
    heard = pipeline.hear(tmp_path / "sound.wav")
    assert heard.transcript.text == "" and heard.delivery.get("speaking_rate").value is None
    with pytest.raises(UserError, match="Nobody speaks"):
        pipeline.analyse(QUESTION, heard=heard)


def test_files_that_hold_no_answer_are_named(tmp_path):
    soundfile.write(tmp_path / "click.wav", np.full(3000, 0.1), RATE)
    (tmp_path / "broken.webm").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "empty.wav").touch()
    two_hours(tmp_path / "long.wav")
    for name, reason in {
        "click.wav": "'click.wav' lasts 0.19 s, which is too short",
        "broken.webm": "'broken.webm'",
        "empty.wav": "'empty.wav'",
        "long.wav": "'long.wav' lasts 2:00:0",
    }.items():
        with pytest.raises(UserError, match=reason):
            pipeline.hear(tmp_path / name)
