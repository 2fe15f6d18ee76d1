"""Each measure of delivery, taken from the words, the voice and the pauses of an answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach import fillers, hesitations, intonation, syllables
from coach.intonation import Voice
from coach.pauses import LONG, Stretches
from coach.places import Place, spoken, stretch

if TYPE_CHECKING:
    from common.speech import Word
    from common.voice import Tracks

LEAST_MINUTES = 0.5  # the slips of a shorter answer are counted as if it were as long
_BESIDE = 0.4  # s: a hesitation that is heard so near to one in the transcript is the same
_NO_WORDS = "No words were understood."
_NO_VOICE = "There is too little voice to tell."
_FEW = "An answer of less than half a minute is counted as half a minute, so that one slip isn't taken for many."


@dataclass(frozen=True, eq=False)
class Talk:
    """An answer as the measures see it, with at least one stretch of speech.

    said: the words without um and its like
    fillers: in the transcript or, where it has none, in the sound; hesitations: those of them that are no words
    """

    words: "Sequence[Word]"
    said: "Sequence[Word]"
    voice: Voice
    speech: Stretches
    pauses: Sequence[Place]
    fillers: Sequence[Place]
    hesitations: Sequence[Place]
    language: str

    @property
    def start(self) -> float:
        return self.speech[0][0]

    @property
    def end(self) -> float:
        return self.speech[-1][1]

    @property
    def seconds(self) -> float:
        """From the first sound to the last, pauses included."""
        return self.end - self.start


@dataclass(frozen=True)
class Found:
    """A measure as it was taken. value: None where it can't be told; then the note says why. passage: gives the
    measure from one second to another, for measures of a whole answer that have no places of their own"""

    value: float | None
    places: Sequence[Place] = ()
    note: str = ""
    passage: Callable[[float, float], float | None] | None = None


def talk(
    words: "Sequence[Word]", tracks: "Tracks", speech: Stretches, silences: Sequence[Place], language: str
) -> Talk:
    """What the measures are taken from. speech, silences: as `coach.pauses` gives them."""
    voice = intonation.voiced(tracks, speech)
    if language not in fillers.LANGUAGES:
        return Talk(words, words, voice, speech, silences, (), (), language)
    said = [word for word in words if not fillers.is_sound(word, language)]
    sounds = [stretch([word]) for word in words if fillers.is_sound(word, language)]
    phrases = [place for place in fillers.find(words, language) if place not in sounds]
    hesitating = _joined(sounds, hesitations.find(said, tracks, speech, language))
    every = sorted([*phrases, *hesitating], key=lambda place: place.start)
    return Talk(words, said, voice, speech, silences, every, hesitating, language)


def speaking_rate(talk: Talk) -> Found:
    """Words a minute, the time of the pauses included."""
    if not talk.said:
        return Found(None, note=_NO_WORDS)

    def passage(start: float, end: float) -> float:
        return 60 * sum(start <= word.start < end for word in talk.said) / (end - start)

    return Found(60 * len(talk.said) / talk.seconds, passage=passage)


def articulation_rate(talk: Talk) -> Found:
    """Syllables a second of the time without pauses and hesitations."""
    if talk.language not in syllables.LANGUAGES:
        return Found(None, note=f"Syllables are not known for the language {talk.language!r}.")
    counted = [(word.start, syllables.count(word.text, talk.language)) for word in talk.said]
    if not counted:
        return Found(None, note=_NO_WORDS)

    def articulated(start: float, end: float) -> float:
        silent = sum(max(0.0, min(one.end, end) - max(one.start, start)) for one in (*talk.pauses, *talk.hesitations))
        return max(end - start - silent, 0.1)

    def passage(start: float, end: float) -> float:
        return sum(count for at, count in counted if start <= at < end) / articulated(start, end)

    return Found(sum(count for _, count in counted) / articulated(talk.start, talk.end), passage=passage)


def pause_count(talk: Talk) -> Found:
    return Found(60 * len(talk.pauses) / talk.seconds, talk.pauses)


def longest_pause(talk: Talk) -> Found:
    longest = max(talk.pauses, key=lambda place: place.seconds, default=None)
    return Found(longest.seconds, [longest]) if longest else Found(0.0)


def pause_share(talk: Talk) -> Found:
    share = sum(place.seconds for place in talk.pauses) / talk.seconds
    return Found(share, [place for place in talk.pauses if place.seconds >= LONG])


def filler_rate(talk: Talk) -> Found:
    return _slips(talk, talk.fillers, "At least: speech recognition leaves out some, and not all of those are heard.")


def repetition_rate(talk: Talk) -> Found:
    known = talk.language in fillers.LANGUAGES
    places = fillers.repetitions(talk.words, talk.language) if known else []
    return _slips(talk, places, "At least: speech recognition leaves out some.")


def pitch_median(talk: Talk) -> Found:
    value = intonation.pitch_median(talk.voice)
    return Found(value, note="There is no better or worse." if value is not None else _NO_VOICE)


def pitch_variation(talk: Talk) -> Found:
    return _of_voice(talk, intonation.pitch_variation)


def loudness_variation(talk: Talk) -> Found:
    return _of_voice(talk, intonation.loudness_variation)


def energy_trend(talk: Talk) -> Found:
    value = intonation.energy_trend(talk.voice)
    if value is None:
        return Found(None, note=_NO_VOICE)
    last_third = float(talk.voice.times[-len(talk.voice.times) // 3])
    return Found(value, [spoken(talk.words, last_third, talk.end)])


def _of_voice(talk: Talk, measure: Callable[[Voice], float | None]) -> Found:
    value = measure(talk.voice)
    if value is None:
        return Found(None, note=_NO_VOICE)
    return Found(value, passage=lambda start, end: measure(talk.voice.between(start, end)))


def _slips(talk: Talk, places: Sequence[Place], note: str) -> Found:
    if talk.language not in fillers.LANGUAGES:
        return Found(None, note=f"None are known for the language {talk.language!r}.")
    minutes = talk.seconds / 60
    note = f"{note} {_FEW}" if minutes < LEAST_MINUTES else note
    return Found(len(places) / max(minutes, LEAST_MINUTES), places, note)


def _joined(written: Sequence[Place], heard: Sequence[Place]) -> list[Place]:
    """The hesitations of the transcript and of the sound, each once. Where there are both, the transcript knows what
    was said and the sound when: Whisper puts what it hardly hears beside its time, or writes one um as two."""
    parts: list[list[Place]] = [[] for _ in heard]
    alone = []
    for place in written:
        apart = [max(place.start - one.end, one.start - place.end) for one in heard]
        if apart and min(apart) < _BESIDE:
            parts[apart.index(min(apart))].append(place)
        else:
            alone.append(place)
    both = [_over(one, same) if same else one for one, same in zip(heard, parts, strict=True)]
    return sorted([*both, *alone], key=lambda place: place.start)


def _over(heard: Place, written: Sequence[Place]) -> Place:
    """What was heard under the text of the transcript; the middles of those words are in it, so that it can be told
    which they are."""
    middles = [(place.start + place.end) / 2 for place in written]
    start, end = min(heard.start, *middles), max(heard.end, *middles)
    return Place(start, end, " ".join(place.text for place in written))


TAKEN: dict[str, Callable[[Talk], Found]] = {
    "speaking_rate": speaking_rate,
    "articulation_rate": articulation_rate,
    "pause_count": pause_count,
    "longest_pause": longest_pause,
    "pause_share": pause_share,
    "fillers": filler_rate,
    "repetitions": repetition_rate,
    "pitch_median": pitch_median,
    "pitch_variation": pitch_variation,
    "loudness_variation": loudness_variation,
    "energy_trend": energy_trend,
}
