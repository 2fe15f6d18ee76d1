"""The page's example recordings."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.coach import examples
from coach import questions
from common import speech

FOLDER = Path(__file__).resolve().parents[2] / "spaces" / "coach" / "examples"
RECORDINGS = json.loads((FOLDER / "recordings.json").read_text(encoding="utf-8"))


def test_they_are_those_of_the_script():
    assert {name: one["title"] for name, one in RECORDINGS.items()} == {
        name: one.title for name, one in examples.EXAMPLES.items()
    }
    assert {one["question"] for one in RECORDINGS.values()} <= questions.built_in().keys()
    files = {path.stem: path for path in FOLDER.glob("*.webm")}
    assert files.keys() == RECORDINGS.keys()
    assert max(path.stat().st_size for path in files.values()) < 400_000


@pytest.mark.parametrize(("name", "least", "most"), [("told_well", 0.4, 1.6), ("with_fillers_and_pauses", 3.5, 5.0)])
def test_their_pauses_are_as_the_titles_say(name, least, most):
    stretches = np.array(speech.voice_activity(speech.read_speech(FOLDER / f"{name}.webm")))
    assert least < (stretches[1:, 0] - stretches[:-1, 1]).max() < most


def test_the_same_speech_gives_the_same_file(tmp_path):
    sound = np.sin(np.arange(16_000) / 5).astype(np.float32) / 3
    for name in ("one.webm", "two.webm"):
        examples.write(sound, tmp_path / name)
    assert (tmp_path / "one.webm").read_bytes() == (tmp_path / "two.webm").read_bytes()
    heard = speech.read_speech(tmp_path / "one.webm")
    assert len(heard) == pytest.approx(16_000, abs=700) and np.abs(heard).max() == pytest.approx(1 / 3, rel=0.2)
