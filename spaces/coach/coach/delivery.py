"""How an answer was said: pace, pauses, fillers, pitch and loudness, each beside a comfortable range.

delivery = measure(transcript.words, tracks, speech, duration, transcript.language, quality)
delivery.get("speaking_rate").verdict        # "high": slower would be better
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from coach import fillers, measures, pauses, ranges
from coach.measures import TAKEN, Found, Talk
from coach.places import Place, spoken

if TYPE_CHECKING:
    from common.speech import Word
    from common.voice import Quality, Tracks

__all__ = ["Delivery", "Measure", "Place", "measure"]

LEAST_SPEECH = 3.0  # s: of less nothing is measured
PASSAGE = 10.0  # s of the passages that are shown
QUIET = -45.0  # dBFS of half the voiced frames
NOISY = 15.0  # dB of speech over the background
CLIPPED = 0.001  # share of the samples


@dataclass(frozen=True)
class Measure:
    """Something measured about how an answer was said.

    value: in `unit`, None where it can't be told; then the note says why
    low, high: the comfortable range, None where it has no such end; source: where it is from
    places: where in the answer it happened
    """

    name: str
    title: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    source: str
    places: tuple[Place, ...] = ()
    note: str = ""

    @property
    def verdict(self) -> str:
        """Where the value is: "low" or "high" of the comfortable range, "good" in it; "unknown" without either."""
        if self.value is None or (self.low is None and self.high is None):
            return "unknown"
        if self.low is not None and self.value < self.low:
            return "low"
        return "high" if self.high is not None and self.value > self.high else "good"


@dataclass(frozen=True, eq=False)
class Delivery:
    """How an answer was said.

    measures: in the order of `coach.ranges.RANGES`
    warnings: what makes them doubtful, as sentences
    speech: stretches with a voice, s; pauses: the silences of at least 0.25 s between them
    """

    measures: tuple[Measure, ...]
    warnings: tuple[str, ...]
    speech: tuple[tuple[float, float], ...]
    pauses: tuple[Place, ...]

    def get(self, name: str) -> Measure:
        """The measure of this name. Raises KeyError, which names all, where there is none."""
        found = {measure.name: measure for measure in self.measures}
        if name not in found:
            raise KeyError(f"no measure {name!r}; there are {', '.join(found)}")
        return found[name]


def measure(
    words: "Sequence[Word]",
    tracks: "Tracks",
    speech: pauses.Stretches,
    duration: float,
    language: str = "en",
    quality: "Quality | None" = None,
) -> Delivery:
    """How the words were said; the names of the measures are those of `coach.ranges.RANGES`.

    words: of the transcript, with their times and punctuation
    speech: stretches with a voice, s, as `common.speech.voice_activity` gives them
    duration: s of the recording
    language: ISO 639-1. Where it has no tables its words are counted, its fillers and syllables are not
    quality: of the recording, to warn of noise and clipping
    """
    speech = pauses.refine([(start, min(end, duration)) for start, end in speech], tracks)
    silences = pauses.find(speech, words)
    warnings = tuple(_warnings(speech, tracks, language, quality))
    if _seconds(speech) < LEAST_SPEECH:
        nothing = Found(None, note=f"It takes at least {LEAST_SPEECH:.0f} s of speech.")
        measured = [_measured(name, nothing, ranges.fitting(name, language, 0)) for name in TAKEN]
    else:
        talk = measures.talk(words, tracks, speech, silences, language)
        measured = [
            _placed(_measured(name, found, ranges.fitting(name, language, talk.seconds)), found, talk)
            for name, found in ((name, take(talk)) for name, take in TAKEN.items())
        ]
    return Delivery(tuple(measured), warnings, tuple(speech), tuple(silences))


def _measured(name: str, found: Found, limits: ranges.Range) -> Measure:
    value = None if found.value is None else float(found.value)
    shown = (limits.title, value, limits.unit, limits.low, limits.high, limits.source)
    return Measure(name, *shown, tuple(found.places), found.note)


def _placed(measure: Measure, found: Found, talk: Talk) -> Measure:
    """With the passage that is most out of range, where a measure of the whole answer is."""
    if found.passage is None or measure.verdict not in ("low", "high"):
        return measure
    starts = [word.start for word in talk.words if word.start + PASSAGE <= talk.end] or [talk.start]
    values = [(found.passage(start, min(start + PASSAGE, talk.end)), start) for start in starts]
    known = [pair for pair in values if pair[0] is not None]
    if not known:
        return measure
    start = (min if measure.verdict == "low" else max)(known)[1]
    return replace(measure, places=(spoken(talk.words, start, min(start + PASSAGE, talk.end)),))


def _warnings(speech: pauses.Stretches, tracks: "Tracks", language: str, quality: "Quality | None") -> Iterator[str]:
    if (seconds := _seconds(speech)) < LEAST_SPEECH:
        yield f"There are {seconds:.1f} s of speech, too little to measure. Answer in a few sentences."
    if language not in fillers.LANGUAGES:
        named = f"the language {language!r}" if language else "a language that was not recognised"
        yield f"Fillers, repetitions and syllables are not known for {named}."
    loudness = tracks.loudness[pauses.within(speech, tracks.times) & np.isfinite(tracks.pitch)]
    if len(loudness) and np.median(loudness) < QUIET:
        yield "The recording is very quiet. Move closer to the microphone, or turn it up."
    if quality is not None and quality.clipped > CLIPPED:
        yield "The recording is clipped: it was too loud for the microphone. Turn it down, or move back."
    if quality is not None and quality.snr is not None and quality.snr < NOISY:
        yield f"The recording is noisy: speech is {quality.snr:.0f} dB above the noise. Pauses and pitch may be wrong."


def _seconds(speech: pauses.Stretches) -> float:
    return sum(end - start for start, end in speech)
