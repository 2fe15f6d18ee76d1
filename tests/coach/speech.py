"""Speech whose words, pauses and fillers are known, said by espeak-ng.

talk = speak(["I led a team", 0.8, UM, "of five people"], Voice("en-us+f2", speed=140))
talk.samples, talk.pauses, talk.fillers, talk.words
"""

import io
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from common.speech import Word

RATE = 16_000
_EDGE = 10 ** (-40 / 20)  # of the peak: what is softer at the ends of a piece is not counted as its sound
_FADE = 80  # samples at the ends of a piece, 5 ms, so that a splice doesn't click
# How espeak-ng's names of vowels begin, after the mark of stress.
_VOWEL = re.compile(r"[',]*[aeiouAEIOUVQ0123@YW]")


@dataclass(frozen=True)
class Filler:
    """A filler that is said, such as um; drawn out as fillers are, unless `speed` is that of the words."""

    text: str
    speed: int = 110


UM, UH, ER = Filler("um"), Filler("uh"), Filler("er")


@dataclass(frozen=True)
class Voice:
    """name: espeak-ng's, with a variant behind +; speed: its words per minute, 80 to 450, which ordinary text exceeds
    by a fifth; pitch: 0 to 99; range: percent of the usual movement of pitch, 0 is monotone"""

    name: str = "en-us"
    speed: int = 140
    pitch: int = 50
    range: int = 200


@dataclass(frozen=True)
class Event:
    """What is heard from `start` to `end` s: "words", "filler" or "pause"."""

    kind: str
    start: float
    end: float
    text: str = ""


@dataclass(frozen=True, eq=False)
class Speech:
    """samples: (n,) float32 at 16 kHz; events: in their order, without the silence at both ends"""

    samples: np.ndarray
    events: tuple[Event, ...]

    @property
    def duration(self) -> float:
        return len(self.samples) / RATE

    @property
    def pauses(self) -> list[Event]:
        return [event for event in self.events if event.kind == "pause"]

    @property
    def fillers(self) -> list[Event]:
        return [event for event in self.events if event.kind == "filler"]

    @property
    def words(self) -> list[str]:
        """The words, without fillers."""
        return " ".join(event.text for event in self.events if event.kind == "words").split()

    @property
    def stretches(self) -> list[tuple[float, float]]:
        """Where there is a voice: what is not interrupted by a pause, s."""
        found: list[tuple[float, float]] = []
        for event in self.events:
            if event.kind == "pause":
                continue
            if found and event.start - found[-1][1] < 1e-6:
                found[-1] = (found[-1][0], event.end)
            else:
                found.append((event.start, event.end))
        return found

    def transcript(self, fillers: bool = True) -> tuple[Word, ...]:
        """What a perfect recogniser would give: the words of a piece share its time by their letters.

        fillers: False leaves them out, as Whisper does
        """
        words = []
        for event in self.events:
            said = event.text.split() if fillers or event.kind == "words" else []
            ends = np.cumsum([len(word) + 1 for word in said]) / (len(event.text) + 1)
            starts = [0.0, *ends][: len(said)]
            for word, *span in zip(said, starts, ends, strict=True):
                start, end = (event.start + float(part) * (event.end - event.start) for part in span)
                words.append(Word(word, start, end, 1.0))
        return tuple(words)

    def write(self, path: str | Path) -> Path:
        """Write it as a sound file of the kind that the name says; gives the path."""
        import soundfile

        soundfile.write(path, self.samples, RATE)
        return Path(path)


def speak(
    pieces: Sequence[str | float | Filler],
    voice: Voice = Voice(),
    *,
    silence: float = 0.4,
    noise: float = -65.0,
    seed: int = 0,
) -> Speech:
    """Say the pieces one after the other: words, pauses of so many seconds, fillers.

    silence: s before and after; noise: dBFS of white noise over all of it

    Two pieces without a number between them follow each other at once. Inside a piece espeak-ng makes pauses of its
    own where there is a comma or a full stop: leave them out where pauses are to be known.
    """
    sounds, events, now = [np.zeros(round(silence * RATE), np.float32)], [], round(silence * RATE)
    for piece in pieces:
        if isinstance(piece, str):
            kind, text, sound = "words", piece, say(piece, voice)
        elif isinstance(piece, Filler):
            kind, text, sound = "filler", piece.text, say(piece.text, _hesitating(voice, piece))
        else:
            kind, text, sound = "pause", "", np.zeros(round(piece * RATE), np.float32)
        events.append(Event(kind, now / RATE, (now + len(sound)) / RATE, text))
        sounds.append(sound)
        now += len(sound)
    sounds.append(np.zeros(round(silence * RATE), np.float32))
    samples = np.concatenate(sounds)
    samples += 10 ** (noise / 20) * np.random.default_rng(seed).standard_normal(len(samples), np.float32)
    return Speech(samples.clip(-1, 1), tuple(events))


def _hesitating(voice: Voice, filler: Filler) -> Voice:
    """Slow and flat (O'Shaughnessy 1992, "Recognition of hesitations in spontaneous speech")."""
    return replace(voice, speed=min(voice.speed, filler.speed), range=voice.range // 4)


@lru_cache(maxsize=512)
def say(text: str, voice: Voice = Voice()) -> np.ndarray:
    """The text as samples (n,) at 16 kHz, peak 0.5, without the silence at its ends."""
    import soundfile
    from scipy.signal import resample_poly

    command = ["espeak-ng", "-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch), "-m", "-z", "--stdout"]
    marked = f'<prosody range="{voice.range}%">{escape(text)}</prosody>'
    wave = subprocess.run([*command, marked], check=True, capture_output=True).stdout
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32")
    sound = resample_poly(sound, RATE, rate).astype(np.float32)
    sound *= 0.5 / np.abs(sound).max()
    heard = np.flatnonzero(np.abs(sound) > 0.5 * _EDGE)
    sound = sound[heard[0] : heard[-1] + 1].copy()
    fade = np.linspace(0, 1, _FADE, dtype=np.float32)
    sound[:_FADE] *= fade
    sound[-_FADE:] *= fade[::-1]
    sound.setflags(write=False)  # it is kept for the next who asks
    return sound


def syllables(text: str, voice: str = "en-us") -> int:
    """How many syllables espeak-ng says: the vowels of its phonemes."""
    command = ["espeak-ng", "-q", "-v", voice, "-x", "--sep=_", text]
    phonemes = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return sum(_VOWEL.match(phoneme) is not None for phoneme in re.split(r"[_\s]+", phonemes))
