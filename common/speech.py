"""Speech to text with the time of every word, and where there is speech at all.

Whisper (Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision") through faster-whisper, and
the Silero voice activity detector that lies inside it.

The sound is heard window by window. Windows are cut at pauses, long silences are left out of them, and each begins
with the same prompt and with nothing of the text before it: what was misheard once does not spread, and fillers are
kept in all of them. The first window is short, so that its text is there soon.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from common import weights
from common.device import CACHE, Device, choose, gpu_lock, on_zero_gpu
from common.errors import UserError
from common.speech_files import LONGEST, RATE, SHORTEST, read_speech
from common.speech_windows import Pieces, windows
from common.transcripts import Segment, Transcript, Word

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment as Heard

__all__ = [
    "LONGEST", "MODELS", "RATE", "SHORTEST", "Segment", "Transcriber", "Transcript", "Word", "load", "read_speech",
    "voice_activity",
]  # fmt: skip

log = logging.getLogger(__name__)

DEFAULT = "whisper-base"
MODELS = (DEFAULT, "whisper-small", "whisper-large-v3-turbo")
BEAM = 5  # candidates: a tenth slower than 1, which now and then leaves a sentence out
# Whisper was trained on texts without fillers and drops them, unless the text before has some.
PROMPTS = {"en": "Um, so, uh, well, I mean, like, um, you know."}
# Where it is hard to understand, Whisper falls into saying one thing over and over ("eh, eh, eh …"): up to so many word
# pieces, so many times, so many pieces in all. Such a window is heard once more, and so many in a row don't come twice
# then. It is no rule for every window: who says a whole sentence twice would have a word of the second one changed.
LOOP, LOOP_TIMES, LOOP_LENGTH = 10, 5, 30
LEAST = 0.2  # s of speech in the whole sound, below which there is no word: a blip in music or noise
TAIL = 1.0  # s at the end of a window in which nothing more is looked for
LISTENED = 10.0  # s of speech by which the language is told
FRAMES = 100  # of the spectrogram, in 1 s
# What is repetitive as no speech is, where Whisper itself thinks that nobody may be speaking, is noise or music.
REPETITIVE, SPEECHLESS = 2.4, 0.3  # size of the text over its size packed; probability

Stretches = Sequence[tuple[float, float]]


def voice_activity(samples: np.ndarray, silence: float = 0.1, pad: float = 0.0) -> list[tuple[float, float]]:
    """Stretches with speech, (start, end) in s, rising and apart.

    samples: (n,) float32 at 16 kHz; silence: s from which on a gap parts two stretches; pad: s that are added at both
    ends of each. The detector (Silero VAD) sees 32 ms at a time. Music and noise are no speech to it, as a rule.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(min_silence_duration_ms=round(silence * 1000), speech_pad_ms=round(pad * 1000))
    found = get_speech_timestamps(_checked(samples), options)
    return [(stretch["start"] / RATE, stretch["end"] / RATE) for stretch in found]


class Transcriber:
    """Speech as text with the time of each word.

    model: faster-whisper's; device: where it is, and as what numbers; nbytes: of the weights

    Safe to share between threads.
    """

    def __init__(self, model: "WhisperModel", device: Device, nbytes: int) -> None:
        self.device = device
        self.nbytes = nbytes
        self._model = model

    @classmethod
    def load(cls, name: str = DEFAULT, device: Device | None = None, threads: int | None = None) -> "Transcriber":
        """The model of this name, one of `MODELS`: float16 on a CUDA GPU, int8 on the CPU.

        device: None for `common.device.choose()`; threads: on the CPU, None for as many as this process may use.
        Raises UserError for another name, WeightsUnavailable.
        """
        if name not in MODELS:
            raise UserError(f"There is no speech model {name!r}; there are {', '.join(MODELS)}.")
        from faster_whisper import WhisperModel

        folder, device = weights.path(name), device or choose()
        nbytes = (folder / "model.bin").stat().st_size
        reason = f"{device.reason}; int8"
        # ZeroGPU lends its GPU for single calls, and CTranslate2 wants it from the start.
        if device.name == "cuda" and not on_zero_gpu():
            try:
                model = WhisperModel(str(folder), device="cuda", compute_type="float16")
                model.encode(np.zeros((len(model.feature_extractor.mel_filters), FRAMES), np.float32))
                return cls(model, Device("cuda", "float16", device.reason), nbytes)
            except RuntimeError as error:  # no CUDA 12, which CTranslate2 needs beside whatever torch has
                log.warning("speech is transcribed on the CPU, CTranslate2 can't use the GPU: %s", error)
                reason = f"CPU, int8: CTranslate2 can't use the GPU ({error})"
        model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads or _cores())
        return cls(model, Device("cpu", "int8", reason), nbytes)

    def language(self, samples: np.ndarray, speech: Stretches | None = None) -> tuple[str, float]:
        """The language that is spoken, such as "en", and how sure that is, 0 to 1; ("", 0.0) where nobody speaks.

        samples, speech: as in `stream`. The first 10 s of speech are listened to.
        """
        from faster_whisper.audio import pad_or_trim

        found = _windows(samples, voice_activity(samples) if speech is None else speech)
        if not found:
            return "", 0.0
        sound = np.concatenate([samples[start:end] for window in found for start, end in window])
        features = self._model.feature_extractor(sound[: round(LISTENED * RATE)])
        with self._at_work():
            # faster-whisper's own detection fills up to 30 s, which takes five times as long and is right as often.
            encoded = self._model.encode(pad_or_trim(features, round(LISTENED * FRAMES)))
            mark, chance = self._model.model.detect_language(encoded)[0][0]
        return mark.strip("<|>"), float(chance)

    def stream(
        self,
        samples: np.ndarray,
        language: str | None = None,
        prompt: str | None = None,
        speech: Stretches | None = None,
    ) -> Iterator[Segment]:
        """What is said, phrase by phrase. Nothing is computed ahead of the caller, who may stop at any time.

        samples: (n,) float32 at 16 kHz
        language: code such as "en"; None to find it out
        prompt: text in whose manner Whisper goes on, "" for none; None for one with fillers if the language is English
        speech: stretches with speech in s, as `voice_activity` gives them; None to find them

        Without speech nothing is yielded, and the model is not run. Raises UserError for an unknown language.
        """
        samples = _checked(samples)
        self._check_language(language)
        return self._segments(samples, language, prompt, speech)

    def transcribe(
        self,
        samples: np.ndarray,
        language: str | None = None,
        prompt: str | None = None,
        speech: Stretches | None = None,
    ) -> Transcript:
        """All that is said; arguments and errors as in `stream`."""
        samples = _checked(samples)
        self._check_language(language)
        speech = voice_activity(samples) if speech is None else speech
        language, sure = (language, 1.0) if language else self.language(samples, speech)
        segments = list(self.stream(samples, language or None, prompt, speech))
        return Transcript.of(segments, language, sure, len(samples) / RATE)

    def _segments(
        self, samples: np.ndarray, language: str | None, prompt: str | None, speech: Stretches | None
    ) -> Iterator[Segment]:
        speech = voice_activity(samples) if speech is None else speech
        found = _windows(samples, speech)
        if found and language is None:
            language, _ = self.language(samples, speech)
        for window in found:
            given = PROMPTS.get(language) if prompt is None else prompt
            for segment in self._heard(samples, window, language, given):
                yield _trimmed(segment, speech)

    def _heard(self, samples: np.ndarray, window: Pieces, language: str, prompt: str | None) -> list[Segment]:
        """The segments of one window, their times by Whisper."""
        from faster_whisper.transcribe import restore_speech_timestamps

        sound = np.concatenate([samples[start:end] for start, end in window])

        def listen(loop: int) -> "list[Heard]":
            heard, _ = self._model.transcribe(
                sound,
                language=language,
                beam_size=BEAM,
                temperature=0.0,
                initial_prompt=prompt or None,
                condition_on_previous_text=False,
                no_repeat_ngram_size=loop,
                word_timestamps=True,
            )
            return list(_until(len(sound) / RATE - TAIL, heard))

        with self._at_work():
            heard = listen(0)
            if _loops([token for segment in heard for token in segment.tokens]):
                heard = listen(LOOP)
            chunks = [{"start": start, "end": end} for start, end in window]
            return [_segment(segment) for segment in restore_speech_timestamps(heard, chunks, RATE)]

    def _check_language(self, language: str | None) -> None:
        if language is not None and language not in self._model.supported_languages:
            known = ", ".join(self._model.supported_languages)
            raise UserError(f"The language {language!r} is not known; use one of {known}.")

    def _at_work(self) -> AbstractContextManager:
        return gpu_lock() if self.device.name == "cuda" else nullcontext()


def load(name: str = DEFAULT) -> Transcriber:
    """The model of this name, from the shared cache. Raises UserError for an unknown name, WeightsUnavailable."""
    return CACHE.get(name, lambda: Transcriber.load(name))


def _windows(samples: np.ndarray, speech: Stretches) -> list[Pieces]:
    return windows(samples, speech) if sum(end - start for start, end in speech) >= LEAST else []


def _until(end: float, heard: "Iterable[Heard]") -> "Iterator[Heard]":
    """The segments up to the first that reaches `end` s, without what Whisper makes of noise.

    faster-whisper would go on with the silence that is left in the window, and Whisper hears words in it
    ("Thank you.", or "I'm sorry" twenty times over).
    """
    for segment in heard:
        reached = segment.end >= end  # before its times are changed to those of the whole sound
        if segment.compression_ratio <= REPETITIVE or segment.no_speech_prob <= SPEECHLESS:
            yield segment
        if reached:
            return


def _loops(tokens: Sequence[int]) -> bool:
    """Whether a few word pieces come over and over without a break; see LOOP."""
    for period in range(1, LOOP + 1):
        run = 0  # pieces that are those of `period` before
        for now, before in zip(tokens[period:], tokens, strict=False):
            run = run + 1 if now == before else 0
            if run + period >= max(LOOP_LENGTH, period * LOOP_TIMES):
                return True
    return False


def _segment(heard: "Heard") -> Segment:
    words: list[Word] = []
    for piece in heard.words:
        word = Word(piece.word.strip(), float(piece.start), float(piece.end), float(piece.probability))
        # "check" and "-in" are one word; a character of Chinese, which has no space before it either, is one too.
        if words and word.text and not piece.word[0].isspace() and not word.text[0].isalnum():
            first = words.pop()
            word = Word(first.text + word.text, first.start, word.end, min(first.probability, word.probability))
        if word.text:
            words.append(word)
    return Segment(heard.text.strip(), float(heard.start), float(heard.end), tuple(words))


def _trimmed(segment: Segment, speech: Stretches) -> Segment:
    """With words that begin and end where somebody speaks: Whisper draws them out over the silence beside them."""
    words = []
    for word in segment.words:
        around = [(start, end) for start, end in speech if end > word.start and start < word.end]
        start, end = (around[0][0], around[-1][1]) if around else (word.start, word.end)
        words.append(replace(word, start=max(word.start, start), end=min(word.end, end)))
    if not words:
        return segment
    return Segment(segment.text, words[0].start, words[-1].end, tuple(words))


def _checked(samples: np.ndarray) -> np.ndarray:
    if samples.ndim != 1 or samples.dtype != np.float32:
        raise ValueError(f"samples must be (n,) float32, not {samples.shape} {samples.dtype}")
    return samples


def _cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
