"""From an answer to everything that is found out about it, with the real models."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from benchmarks.coach.delivery import talk
from coach import delivery, emotion, pipeline, questions
from coach.pipeline import Heard
from coach.records import Answer, decode, plain
from common import speech, text, voice
from common.errors import UserError
from tests.coach.speech import UM, Voice, speak

QUESTION = questions.built_in()["any-beh-1"]
STORY = (
    "Last spring our bakery lost its oven an hour before opening. I called three bakeries nearby, borrowed two trays "
    "in one of them, and baked there until noon. We sold all but twelve loaves, and the repair cost us nothing."
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def heard() -> Heard:
    """An answer without speech to text: its words are known."""
    talk = speak(["I called three bakeries", 0.7, UM, "and baked there until noon", 0.5, "we sold all loaves"], Voice())
    stretches = speech.voice_activity(talk.samples)
    tracks = voice.measure(talk.samples)
    words, at = [], 0.3
    for event in talk.events:
        if event.kind == "words":
            step = (event.end - event.start) / len(event.text.split())
            for number, word in enumerate(event.text.split()):
                at = event.start + number * step
                words.append(speech.Word(word, at, at + step, 0.9))
    segment = speech.Segment(" ".join(word.text for word in words), words[0].start, words[-1].end, tuple(words))
    told = speech.Transcript.of([segment], "en", 1.0, talk.duration)
    how = delivery.measure(told.words, tracks, stretches, talk.duration, "en")
    felt = emotion.estimate(talk.samples, tracks, stretches, told.segments, (), text.load())
    return Heard(told, tracks, how, felt, "whisper-base", {"transcribe": 1.0})


def test_a_written_answer_has_scores_and_words_and_nothing_of_a_voice():
    answer = pipeline.analyse(QUESTION, typed=STORY)
    assert [score.name for score in answer.scores] == ["structure", "relevance", "specificity", "ownership"]
    assert answer.overall > 30 and answer.worded_by == "rules" and str(answer.overall) in answer.feedback
    assert answer.measures == answer.words == () and answer.emotion == {} and answer.duration is None
    assert decode(Answer, plain(answer)) == answer


def test_a_spoken_one_has_all_of_it_and_survives_being_kept(heard):
    answer = pipeline.analyse(QUESTION, heard=heard)
    assert answer.text == heard.transcript.text and len(answer.words) == len(heard.transcript.words)
    assert {measure.name for measure in answer.measures} >= {"speaking_rate", "fillers", "pitch_variation"}
    assert answer.scores[-1].name == "delivery" and answer.language == "en"
    kept = decode(Answer, plain(answer))
    assert [asdict(cues) for cues in pipeline.cues_of([kept])] == [asdict(heard.emotion.cues)]


def test_the_words_alone_decide_all_scores_but_delivery(heard):
    spoken, written = pipeline.analyse(QUESTION, heard=heard), pipeline.analyse(QUESTION, typed=heard.transcript.text)
    assert [score.value for score in spoken.scores[:-1]] == [score.value for score in written.scores]


def test_another_language_is_measured_and_not_scored(heard):
    german = "Ich habe drei Bäckereien angerufen und dort bis zum Mittag gebacken, wir haben alle Brote verkauft."
    told = replace(heard.transcript, text=german, language="de")
    answer = pipeline.analyse(QUESTION, heard=replace(heard, transcript=told))
    assert answer.overall is None and answer.scores == () and "English" in answer.feedback and answer.measures
    with pytest.raises(UserError, match="English"):
        pipeline.analyse(QUESTION, typed=german)


@pytest.mark.parametrize(
    ("said", "spoken", "words"),
    [
        (None, False, "no answer yet"),
        ("  ", False, "no answer yet"),
        ("", True, "Nobody speaks"),
        ("x" * 20_001, False, "20,001"),
    ],
)
def test_what_is_no_answer_is_said(said, spoken, words):
    with pytest.raises(UserError, match=words):
        pipeline.checked(said, spoken)


def test_silence_is_written_down_as_nothing_without_loading_a_model(monkeypatch):
    monkeypatch.setattr(speech, "load", lambda name: pytest.fail("a model was loaded"))
    told = pipeline.transcribe(np.zeros(16_000, np.float32), [], None)
    assert (told.text, told.segments, told.duration) == ("", (), 1.0)


def test_the_progress_can_stop_the_work():
    def stop(part, line):
        raise InterruptedError(line)

    with pytest.raises(InterruptedError):
        pipeline.analyse(QUESTION, typed=STORY, tell=stop)


def test_what_is_hard_to_understand_does_not_become_a_row_of_fillers():
    """Of this talk in noise Whisper made "eh, eh, eh …", a hundred times."""
    samples = talk(3, -42.0).speech.samples
    begin, *_ = speech.voice_activity(samples)
    assert len(speech.load().transcribe(samples, "en", speech=[begin]).words) < 20
