"""How an answer sounds and reads in feeling: arousal and calmness of the voice, valence of the words.

It tells how a voice and words come across, not what somebody feels. The embedded estimate is made of acoustic cues and
of MiniLM; an adapter may put a published model or a service in the place of the cues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from coach import arousal as acoustic
from coach.arousal import Cues
from coach.valence import valence
from common.errors import UserError

if TYPE_CHECKING:
    from common.speech import Segment
    from common.text import SentenceEncoder
    from common.voice import Tracks

EMBEDDED = "loudness, pitch, pitch movement and brightness of the voice"
EARLIER, PEOPLE, NONE = "earlier answers", "people in general", "none"
LEAST_CALM = 90  # percentile of the arousal over time that decides about calmness


@dataclass(frozen=True)
class Moment:
    """The stretch from `start` to `end` s. arousal: 0 to 1; valence: -1 to 1; None where nothing tells it."""

    start: float
    end: float
    arousal: float | None
    valence: float | None


@dataclass(frozen=True)
class Emotion:
    """arousal: of the voice, 0 to 1; 0.5 is what is usual for whom it was compared with
    calmness: 0 to 1, one less the arousal that is exceeded a tenth of the time: one outburst is enough to lower it
    valence: of what is said, -1 to 1; with an adapter it may be that of the voice
    moments: over time
    baseline: with whom the voice was compared, "earlier answers" of the same person, "people in general" or "none"
    model: what estimated the arousal
    notes: what could not be told, and why
    cues: of this voice, to be given as `earlier` with the next answers of this person

    None where nothing tells it.
    """

    arousal: float | None
    calmness: float | None
    valence: float | None
    moments: tuple[Moment, ...]
    baseline: str
    model: str
    notes: tuple[str, ...]
    cues: Cues | None


@dataclass(frozen=True)
class Reading:
    """What an adapter makes of a voice. arousal: 0 to 1; valence: -1 to 1 or None; windows: over time, maybe none."""

    arousal: float
    valence: float | None
    windows: tuple[Moment, ...] = ()


class Adapter(Protocol):
    """Another judge of voices: a model or a service. name, licence: said with the result."""

    name: str
    licence: str

    def read(self, samples: np.ndarray) -> Reading:
        """Judge (n,) samples at 16 kHz. Raises UserError where it can't."""
        ...


def estimate(
    samples: np.ndarray,
    tracks: "Tracks",
    speech: Sequence[tuple[float, float]],
    segments: "Sequence[Segment]" = (),
    earlier: Sequence[Cues] = (),
    encoder: "SentenceEncoder | None" = None,
    adapter: Adapter | None = None,
    language: str = "en",
) -> Emotion:
    """Arousal, calmness and valence of an answer: (n,) samples at 16 kHz, their tracks and stretches of speech, s.

    segments: what is said, with times; earlier: cues of the same person's earlier answers, oldest or newest first
    encoder: reads the words; None: no valence
    adapter: judges the voice instead of the cues. Where it raises UserError, the cues stand in and a note says so.
    """
    notes: list[str] = []
    parts = acoustic.windows(samples, tracks, speech)
    cues = acoustic.whole(parts)
    valences, words = _of_words(segments, encoder, language, notes)
    if cues is None:
        notes.append(
            f"Less than {acoustic.LEAST_VOICED} s of voice was heard: too little to tell how aroused it is. "
            "Speak longer, or closer to the microphone."
        )
        moments = tuple(Moment(part.start, part.end, None, _during(part, segments, valences)) for part in parts)
        return Emotion(None, None, words, moments, NONE, EMBEDDED, tuple(notes), None)
    if adapter is not None:
        try:
            reading = adapter.read(samples)
        except UserError as error:
            notes.append(f"{adapter.name} can't be used, so its place is taken by the built-in estimate: {error}")
        else:
            notes.append(f"The voice was judged by {adapter.name} (licence: {adapter.licence}).")
            return _adapted(reading, adapter, words, cues, notes)
    values = acoustic.over_time(parts, cues, earlier)
    moments = tuple(
        Moment(part.start, part.end, value, _during(part, segments, valences))
        for part, value in zip(parts, values, strict=True)
    )
    value = acoustic.arousal(cues, earlier)
    calmness = _calmness(value, moments)
    return Emotion(value, calmness, words, moments, EARLIER if earlier else PEOPLE, EMBEDDED, tuple(notes), cues)


def _of_words(
    segments: "Sequence[Segment]", encoder: "SentenceEncoder | None", language: str, notes: list[str]
) -> tuple[list[float | None], float | None]:
    """Valence of each segment and of all, by their length."""
    silent: list[float | None] = [None] * len(segments)
    lengths = [sum(any(letter.isalnum() for letter in word) for word in each.text.split()) for each in segments]
    if any(lengths) and language != "en":
        notes.append(f"The valence of words is read in English only, and this is {language!r}.")
        return silent, None
    if encoder is None or not any(lengths):
        notes.append("No words were read, so nothing is said about their valence.")
        return silent, None
    values = valence([each.text for each in segments], encoder)
    heard = [float(value) if length else None for value, length in zip(values, lengths, strict=True)]
    return heard, float(np.average(values, weights=lengths))


def _during(part: acoustic.Window, segments: "Sequence[Segment]", valences: Sequence[float | None]) -> float | None:
    """Valence of the segments that a window meets, by how long they are in it."""
    total = weight = 0.0
    for segment, value in zip(segments, valences, strict=True):
        shared = min(part.end, segment.end) - max(part.start, segment.start)
        if value is not None and shared > 0:
            total, weight = total + shared * value, weight + shared
    return total / weight if weight else None


def _adapted(reading: Reading, adapter: Adapter, words: float | None, cues: Cues, notes: list[str]) -> Emotion:
    return Emotion(
        arousal=reading.arousal,
        calmness=_calmness(reading.arousal, reading.windows),
        valence=words if reading.valence is None else reading.valence,
        moments=reading.windows,
        baseline=NONE,
        model=adapter.name,
        notes=tuple(notes),
        cues=cues,
    )


def _calmness(arousal: float, moments: Sequence[Moment]) -> float:
    values = [moment.arousal for moment in moments if moment.arousal is not None]
    return 1.0 - float(np.percentile(values, LEAST_CALM)) if values else 1.0 - arousal
