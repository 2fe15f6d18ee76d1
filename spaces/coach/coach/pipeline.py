"""From the sound or the text of an answer to all that is found out about it.

heard = hear("answer.webm")                  # what was said, beside how it was said
answer = analyse(question, heard=heard)      # scores, and feedback in words
answer = analyse(question, text="I would …")
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from coach import delivery, emotion, facts, phrase, score
from coach.arousal import Cues
from coach.delivery import Delivery
from coach.emotion import Adapter, Emotion
from coach.questions import Question
from coach.records import Answer, MeasureRecord, Place, ScoreRecord, Word
from common import speech, text, voice
from common.errors import UserError
from common.speech import Transcript
from common.voice import Quality, Tracks

LONGEST_TEXT = 20_000  # characters; ten minutes of speech have half of that
BEHIND = 15  # niceness of what the person does not wait for, 0 to 19
LIBRARIES = ("faster-whisper", "swift-f0", "torch", "transformers")

Tell = Callable[[float, str], None]
Stretches = Sequence[tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Heard:
    """A spoken answer. seconds: that each stage took; model: of speech to text"""

    transcript: Transcript
    tracks: Tracks
    delivery: Delivery
    emotion: Emotion
    model: str
    seconds: dict[str, float]


def hear(
    file: str | Path,
    *,
    language: str | None = None,
    model: str = speech.DEFAULT,
    earlier: Sequence[Cues] = (),
    adapter: Adapter | None = None,
    tell: Tell | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Heard:
    """What was said in a sound file or video, and how.

    language: code such as "en", None: it is found out; model: of speech to text, one of `speech.MODELS`
    earlier: cues of the same voice in earlier answers; adapter: judges the voice in place of the built-in estimate
    tell: gets the fraction done and a line of text, may raise to stop; on_text: gets the transcript while it grows

    Raises MediaError for a file that can't be used, UserError for a language or model that is not known.
    """
    tell, seconds = tell or _silent, {}
    tell(0.0, "Reading the sound")
    with _timed(seconds, "read"):
        samples = speech.read_speech(file)
        stretches = speech.voice_activity(samples)
    duration = len(samples) / speech.RATE
    # Beside each other: both leave Python's lock while they compute.
    with ThreadPoolExecutor(1) as pool:
        acoustics = pool.submit(_acoustics, samples, stretches)
        with _timed(seconds, "transcribe"):
            transcript = transcribe(samples, stretches, language, model, tell, on_text)
        with _timed(seconds, "acoustics, after that"):
            tracks, quality = acoustics.result()
    tell(0.85, "Listening to how you say it")
    with _timed(seconds, "delivery"):
        how = delivery.measure(transcript.words, tracks, stretches, duration, transcript.language, quality)
    with _timed(seconds, "emotion"):
        felt = emotion.estimate(
            samples,
            tracks,
            stretches,
            transcript.segments,
            earlier,
            text.load() if transcript.language == "en" else None,
            adapter,
            transcript.language,
        )
    return Heard(transcript, tracks, how, felt, model, seconds)


def analyse(
    question: Question,
    *,
    heard: Heard | None = None,
    typed: str | None = None,
    models: phrase.Asked | None = None,
    tell: Tell | None = None,
    on_words: Callable[[str], None] | None = None,
) -> Answer:
    """Everything about an answer, as it is kept: of one that was spoken, or of one that was typed.

    heard: see `hear`; models: that word the feedback, None: rules do
    tell: gets the fraction done and a line of text, may raise to stop; on_words: gets the feedback while it grows

    Raises UserError for an empty or too long text, for a recording in which nobody speaks, and for a typed text that
    can't be scored; a spoken one has no scores then, and the feedback says why.
    """
    said = checked(typed if heard is None else heard.transcript.text, heard is not None)
    tell, seconds = tell or _silent, {}
    how = heard.delivery if heard else None
    asked = Answer(question.id, question.text, said, question.category, question.difficulty)
    tell(0.88, "Looking at what you said")
    try:
        with _timed(seconds, "score"):
            found = score.score(question, said, how, text.load())
    except UserError as error:
        if heard is None:
            raise
        # Of another language, or too little: how it was said can be told all the same.
        return with_sound(replace(asked, feedback=str(error), worded_by=phrase.RULES), heard)
    tell(0.92, "Putting it into words")
    with _timed(seconds, "words"):
        worded = phrase.phrase(facts_of(question, said, found, how), models, on_words)
    answer = replace(
        asked,
        scores=tuple(map(ScoreRecord.of, found.scores)),
        overall=found.overall,
        covered=tuple(point.key_point for point in found.covered),
        missed=found.missed,
        feedback=worded.text,
        worded_by=worded.by,
        model=worded.model,
        seconds=_rounded(seconds),
        settings={"not told": "; ".join(worded.rejected), "did not answer": "; ".join(worded.tried)},
        versions={name: version(name) for name in LIBRARIES},
    )
    return with_sound(answer, heard) if heard else answer


def with_sound(answer: Answer, heard: Heard) -> Answer:
    """The answer with what was heard of it."""
    felt, told = heard.emotion, heard.transcript
    numbers = {"arousal": felt.arousal, "calmness": felt.calmness, "valence": felt.valence}
    if felt.cues is not None:  # so that later answers can be compared with this one
        numbers |= {f"cue_{name}": float(value) for name, value in asdict(felt.cues).items()}
    return replace(
        answer,
        language=told.language,
        duration=told.duration,
        words=tuple(map(Word.of, told.words)),
        pauses=tuple(map(Place.of, heard.delivery.pauses)),
        measures=tuple(map(MeasureRecord.of, heard.delivery.measures)),
        emotion=numbers,
        emotion_notes=(f"Compared with {felt.baseline}, by {felt.model}.", *felt.notes),
        warnings=heard.delivery.warnings,
        seconds=_rounded(heard.seconds) | answer.seconds,
        versions={"speech to text": heard.model} | answer.versions,
    )


def cues_of(answers: Sequence[Answer]) -> list[Cues]:
    """The cues of the voice in earlier answers, of those that were spoken."""
    found = []
    for answer in answers:
        values = {name.removeprefix("cue_"): value for name, value in answer.emotion.items() if name.startswith("cue_")}
        if values and None not in values.values():
            found.append(Cues(**values | {"levelled": bool(values["levelled"])}))
    return found


def facts_of(question: Question, said: str, found: score.Scores, how: Delivery | None) -> facts.Facts:
    """What the feedback may tell."""
    scores = tuple(facts.ScoreFact(one.name, one.title, one.value, one.evidence, one.advice) for one in found.scores)
    measures = how.measures if how else ()
    findings = [facts.finding(one.name, one.title, one.value, one.unit, one.verdict) for one in measures]
    return facts.Facts(
        question=question.text,
        answer=said,
        scores=scores,
        overall=found.overall,
        findings=tuple(one for one in findings if one is not None),
        covered=tuple(point.key_point for point in found.covered),
        missed=found.missed,
    )


def checked(said: str | None, spoken: bool = False) -> str:
    """The text of an answer, or a UserError that says what is wrong with it."""
    said = (said or "").strip()
    if not said:
        raise UserError(
            "Nobody speaks in this recording: silence, noise and music can't be scored. Record it again, closer to the "
            "microphone."
            if spoken
            else "There is no answer yet. Record it, upload it, or write it."
        )
    if len(said) > LONGEST_TEXT:
        raise UserError(f"The answer has {len(said):,} characters: give at most {LONGEST_TEXT:,}.")
    return said


def transcribe(
    samples: np.ndarray,
    stretches: Stretches,
    language: str | None,
    model: str = speech.DEFAULT,
    tell: Tell | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Transcript:
    """What is said in (n,) samples at 16 kHz, of which `stretches` have speech; the rest as in `hear`."""
    duration = len(samples) / speech.RATE
    if not stretches:
        return Transcript("", (), "", 0.0, duration)
    transcriber, segments, tell = speech.load(model), [], tell or _silent
    language, sure = (language, 1.0) if language else transcriber.language(samples, stretches)
    for segment in transcriber.stream(samples, language, speech=stretches):
        segments.append(segment)
        if on_text:
            on_text(" ".join(one.text for one in segments))
        tell(0.05 + 0.8 * min(1.0, segment.end / duration), "Writing down what you say")
    return Transcript.of(segments, language, sure, duration)


def _acoustics(samples: np.ndarray, stretches: Stretches) -> tuple[Tracks, Quality]:
    if sys.platform == "linux":  # elsewhere a number of a thread would be taken for that of a process
        # It gives way to the transcription, whose first words the person waits for.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BEHIND)
    return voice.measure(samples), voice.quality(samples, stretches)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    begin = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - begin


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in seconds.items()}


def _silent(part: float, line: str) -> None:
    """The progress of somebody who doesn't ask."""
