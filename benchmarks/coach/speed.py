"""Seconds and memory of an answer of a minute: `python -m benchmarks.coach.speed [--data DIR] [--json PATH]`.

The answer was written for this benchmark and is said by espeak-ng, with pauses and fillers; with --data real recordings
are joined to a minute in its place. From the file to the result, with rules for the wording. Beside the project stand
the same models one after the other, with the settings that they have: faster-whisper's defaults and the times of words,
then the acoustics, then the rest. Each run is a process of its own, in which the answer is analysed twice: first with
all imports and the loading of models, then with the models there. The aims are for the second. First text: seconds
until the page has a part of the transcript.

Then the seconds until a language model on this machine begins its feedback, and until the first sentence of it was
found right, after it was prepared as the page does; one line for each model whose weights are here.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import Options, machine, options

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

    from common.llm import Models, Reply

TARGETS = {"seconds": 15.0, "first text": 3.0, "peak MB": 1200, "first token": 3.0}  # the last of the first of MODELS
MODELS = ("qwen2.5-coder-1.5b", "smollm2-135m")
QUESTION = "any-lea-2"
SECONDS = 60.0
PIECES = (
    "our library wanted to lend tools as well as books", 0.8, "um", 0.4, "but nobody had the time to begin", 0.7,
    "I was there for half a year and worked at the front desk", 0.5,
    "one evening I wrote down which tools our readers had asked for", 0.9,
    "then I proposed a deposit of twenty euros and a short lesson", 0.6, "um", 0.5,
    "my head of department gave me two shelves and four hundred euros", 1.0,
    "I bought nine tools and drew a card for each of them", 0.5,
    "and I found a retired carpenter who gave the lessons on Saturdays", 1.4,
    "in the first month we lent every tool at least twice", 0.6, "after half a year only one drill was missing", 0.8,
    "and eighty people had joined the library because of it", 0.7, "uh", 0.4,
    "what I learned is that a small trial", 0.3, "convinces people more than a long plan",
)  # fmt: skip


def spoken(path: Path) -> None:
    """Write the answer, said by a machine."""
    from tests.coach.speech import Filler, Voice, speak

    pieces = [Filler(piece) if piece in ("um", "uh") else piece for piece in PIECES]
    speak(pieces, Voice("en-us", speed=130)).write(path)


def joined(folder: Path, path: Path) -> None:
    """Write the recordings of a folder one after the other, with a second between them, until a minute is full."""
    import soundfile

    from common import speech

    clips, count = [], 0
    files = sorted(folder.iterdir())
    while count < SECONDS * speech.RATE:
        clips += [speech.read_speech(files[len(clips) // 2 % len(files)]), np.zeros(speech.RATE, np.float32)]
        count += len(clips[-2]) + len(clips[-1])
    soundfile.write(path, np.concatenate(clips)[: round(SECONDS * speech.RATE)], speech.RATE)


def project(file: Path, on_text: Callable[[str], None]) -> dict[str, float]:
    """Seconds of its stages."""
    from coach import pipeline, questions

    heard = pipeline.hear(file, on_text=on_text)
    return pipeline.analyse(questions.built_in()[QUESTION], heard=heard).seconds


def sequential(file: Path, on_text: Callable[[str], None]) -> dict[str, float]:
    """The same models and rules, without what the project does to be fast."""
    from coach import delivery, emotion, pipeline, questions
    from common import speech, text, voice

    seconds: dict[str, float] = {}
    with _timed(seconds, "transcribe"):
        segments = []
        found, about = plain_whisper().transcribe(str(file), word_timestamps=True)
        for one in found:
            words = (speech.Word(word.word.strip(), word.start, word.end, word.probability) for word in one.words)
            segments.append(speech.Segment(one.text.strip(), one.start, one.end, tuple(words)))
            on_text(segments[-1].text)
        told = speech.Transcript.of(segments, about.language, about.language_probability, about.duration)
    with _timed(seconds, "read"):
        samples = speech.read_speech(file)
        stretches = speech.voice_activity(samples)
    with _timed(seconds, "acoustics"):
        tracks, quality = voice.measure(samples), voice.quality(samples, stretches)
    with _timed(seconds, "delivery"):
        how = delivery.measure(told.words, tracks, stretches, told.duration, told.language, quality)
    with _timed(seconds, "emotion"):
        felt = emotion.estimate(samples, tracks, stretches, told.segments, (), text.load())
    heard = pipeline.Heard(told, tracks, how, felt, "whisper-base", seconds)
    return pipeline.analyse(questions.built_in()[QUESTION], heard=heard).seconds


@lru_cache(1)
def plain_whisper() -> "WhisperModel":
    from faster_whisper import WhisperModel

    from common import weights

    return WhisperModel(str(weights.path("whisper-base")))


WAYS = {"project": project, "one after the other": sequential}


def run(way: str, file: Path) -> dict:
    """An answer with all that has to be loaded, then again, in this process; MB at the peak."""
    found = {}
    for time_of in ("loading too", "loaded"):
        begun, first = time.perf_counter(), []
        stages = WAYS[way](file, lambda _: first or first.append(time.perf_counter() - begun))  # noqa: B023
        seconds = round(time.perf_counter() - begun, 3)
        found[time_of] = {"seconds": seconds, "first text": round(first[0], 3), "stages": stages}
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return found | {"peak MB": round(int(peak[1]) / 1024)}


def feedback(name: str, file: Path) -> dict[str, float | str | None]:
    """Seconds until a model on this machine begins, until its first sentence is told, and until all of it is."""
    from coach import phrase, pipeline, questions, score
    from common import text, weights
    from common.llm import Models
    from common.llm_local import Local
    from common.llm_providers import Limits

    question = questions.built_in()[QUESTION]
    heard = pipeline.hear(file)
    said, how = heard.transcript.text, heard.delivery
    facts = pipeline.facts_of(question, said, score.score(question, said, how, text.load()), how)
    models = Models([Local(weights.path(name), Limits())])
    try:
        models.prepare(phrase.SYSTEM)
        watched, sentences = Watched(models), []
        worded = phrase.phrase(facts, watched, lambda _: sentences.append(time.perf_counter() - watched.begun))
        seconds = time.perf_counter() - watched.begun
    finally:
        models.close()
    times = {"first token": watched.first, "first sentence": sentences[0], "seconds": seconds}
    return {figure: at and round(at, 3) for figure, at in times.items()} | {"by": worded.by}


class Watched:
    """Language models, and after how many seconds the first piece of text came."""

    def __init__(self, models: "Models") -> None:
        self._models, self.begun, self.first = models, time.perf_counter(), None

    def ask(self, *asked: str, on_text: Callable[[str], None], **more: float) -> "Reply":
        def both(piece: str) -> None:
            self.first = self.first or time.perf_counter() - self.begun
            on_text(piece)

        return self._models.ask(*asked, on_text=both, **more)


def child(*given: str) -> dict:
    """What this benchmark gives in a fresh process."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.coach.speed", *given], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(given)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def medians(runs: list[dict]) -> dict:
    """The median of every figure, and the highest peak."""
    found: dict = {"peak MB": max(one["peak MB"] for one in runs)}
    for time_of in ("loading too", "loaded"):
        timed = [one[time_of] for one in runs]
        found[time_of] = {name: _median(one[name] for one in timed) for name in ("seconds", "first text")}
        stages = timed[0]["stages"]
        found[time_of]["stages"] = {stage: _median(one["stages"][stage] for one in timed) for stage in stages}
    return found


def show(found: dict[str, dict]) -> None:
    for way, figures in found.items():
        print(f"\n{way}: {figures['peak MB']} MB at the peak")
        for time_of in ("loaded", "loading too"):
            one = figures[time_of]
            stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in one["stages"].items())
            print(f"{time_of:12} {one['seconds']:6.2f} s, first text {one['first text']:5.2f} s   ({stages})")


def language_models(file: Path, runs: int) -> dict[str, dict]:
    """The feedback of each model whose weights are here."""
    from common.registry import Registry

    found = {}
    for name in MODELS:
        if Registry().where(name) == "missing":
            print(f"skipped: {name} is not here; `python -m common.weights fetch {name}`")
            continue
        several = [child("--words", name, "--file", str(file)) for _ in range(runs)]
        found[name] = {"by": [one["by"] for one in several]}
        for figure in ("first token", "first sentence", "seconds"):
            found[name][figure] = _median(one[figure] for one in several if one[figure] is not None)
        print(
            f"\n{name}: first token {found[name]['first token']} s, first sentence {found[name]['first sentence']} s, "
            f"all of it {found[name]['seconds']} s; told in the words of: {', '.join(found[name]['by'])}"
        )
    return found


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--runs", type=int, default=5, help="of each way, in turn; the median counts")
        parser.add_argument("--file", type=Path, help="an answer of your own")
        parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
        parser.add_argument("--words", choices=MODELS, help=argparse.SUPPRESS)

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    if given.way or given.words:
        print(json.dumps(run(given.way, given.file) if given.way else feedback(given.words, given.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = given.file or answer(chosen, Path(folder))
        runs: dict[str, list[dict]] = {way: [] for way in WAYS}
        for number in range(given.runs):
            for way in WAYS:
                print(f"{way}, {number + 1} of {given.runs}", file=sys.stderr, flush=True)
                runs[way].append(child("--way", way, "--file", str(file)))
        found = {way: medians(several) for way, several in runs.items()}
        print(f"{machine()}; {file.name}, median of {given.runs} runs")
        show(found)
        words = language_models(file, given.runs)
    ours, reached = found["project"], []
    figures = {**ours["loaded"], "peak MB": ours["peak MB"]}
    if MODELS[0] in words:
        figures["first token"] = words[MODELS[0]]["first token"]
    for name, most in TARGETS.items():
        if name in figures:
            well = figures[name] <= most
            reached.append({"target": f"{name} at most {most:g}", "found": figures[name], "reached": well})
            print(f"target: {name} at most {most:g}: {figures[name]}, {'' if well else 'not '}reached")
    chosen.write({"targets": reached, "ways": found, "language models": words, "runs": runs})


def answer(chosen: Options, into: Path) -> Path:
    """The answer that is analysed, as a file in `into`."""
    folder = chosen.data_folder("speech") if chosen.data else None
    path = into / ("said by espeak-ng.wav" if folder is None else "recordings.wav")
    if folder:
        joined(folder / "transcribed", path)
    else:
        spoken(path)
    return path


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - begun


if __name__ == "__main__":
    main()
