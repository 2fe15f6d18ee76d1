"""How well and how fast speech is written down: `python -m benchmarks.coach.transcription [--data DIR] [--json PATH]`.

On recordings with a known text (folder `speech` of the data), on an answer of a minute that is said by espeak-ng in
two voices and has fillers in it, and on 20 s each of silence, noise and chords, in which every word is invented.
espeak-ng is hard to understand for Whisper, so its word error rates compare the ways and tell nothing of people.

Beside the project stands what a first script would be, faster-whisper with all its defaults; both have the same
weights. Each way runs in a process of its own, once per number of cores. Seconds are from the file to the last word,
with the model loaded, by the clock and in brackets of the processor; where the machine is busy they differ. Word error
rates are after Whisper's own normaliser, which takes fillers out; these are counted apart.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options

RATE = 16_000
SEED = 0
VOICES = {"espeak-ng, American": ("en-us", 165), "espeak-ng, British": ("en-gb", 150)}
# Written for this benchmark.
ANSWER = """
In my last job I looked after the, um, booking system of a small chain of hotels. One Friday evening the payment service
stopped, and guests could not check in. I was the only engineer on call, um, that weekend, so I had to decide quickly.
First I moved the reception desks to, uh, paper forms, so that nobody had to wait in the lobby. Then I read the logs and
found that a certificate had expired, um, that morning. I renewed it, restarted the service, and watched the first ten
payments go through. The whole outage lasted for, uh, forty minutes. On Monday I wrote a short report, and I added an
alarm that warns us two weeks before, um, any certificate runs out. Since then we have had no outage of that kind, and
two other teams have copied the, uh, alarm. What I learned is that a simple fallback on paper gives you the time to
think, and that a boring reminder can save, um, a whole evening.
"""
FILLERS = {"um", "uh", "umm", "uhm", "er", "hmm"}
TARGETS = {"seconds": 15.0, "first text": 3.0, "peak MB": 1200.0}  # of an answer of a minute on two cores
Way = Callable[[str], Iterator[str]]


@dataclass(frozen=True)
class Clip:
    """A sound file of a set, and what is said in it: "" where nobody speaks."""

    set: str
    path: str
    text: str


def project() -> Way:
    """A function that yields the text of a file, piece by piece."""
    from common import speech

    transcriber = speech.Transcriber.load()

    def hear(path: str) -> Iterator[str]:
        for segment in transcriber.stream(speech.read_speech(path)):
            yield segment.text

    return hear


def plain() -> Way:
    """The same by faster-whisper with its defaults."""
    from faster_whisper import WhisperModel

    from common import weights

    model = WhisperModel(str(weights.path("whisper-base")))

    def hear(path: str) -> Iterator[str]:
        for segment in model.transcribe(path)[0]:
            yield segment.text.strip()

    return hear


WAYS = {"project": project, "faster-whisper": plain}


def run(way: str, cores: int, paths: list[str]) -> dict:
    """The texts of the files, s until the first and the last piece of each, and MB at the peak, in this process."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    begun = time.perf_counter()
    hear = WAYS[way]()
    loaded = time.perf_counter() - begun
    heard = []
    for path in paths:
        begun, used, pieces, first = time.perf_counter(), time.process_time(), [], None
        for piece in hear(path):
            first = first or time.perf_counter() - begun
            pieces.append(piece)
        seconds, processor = time.perf_counter() - begun, time.process_time() - used
        heard.append({"text": " ".join(pieces), "seconds": seconds, "processor": processor, "first": first})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"load": round(loaded, 1), "peak MB": round(peak), "heard": heard}


def recordings(folder: Path | None) -> list[Clip]:
    """The transcribed recordings of the data."""
    if folder is None:
        return []
    with (folder.parent / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("speech/transcribed/")]
    clips = [Clip("recordings", str(folder.parent / row["file"]), row["label"]) for row in rows]
    return [clip for clip in clips if Path(clip.path).is_file()]


def made(folder: Path) -> list[Clip]:
    """Speech by espeak-ng, and 20 s each of silence, noise and chords, as files in `folder`."""
    import soundfile

    clips = []
    for name, (voice, speed) in VOICES.items():
        path = str(folder / f"{voice}.wav")
        subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", path, ANSWER], check=True)
        clips.append(Clip(name, path, ANSWER))
    draw, times = np.random.default_rng(SEED), np.arange(20 * RATE) / RATE
    notes = 220 * 2 ** (draw.choice([0, 2, 4, 5, 7, 9, 11], (40, 3)) / 12)
    phase = 2 * np.pi * np.cumsum(np.repeat(notes, RATE // 2, axis=0), axis=0) / RATE
    sounds = {
        "silence": np.zeros(len(times)),
        "noise": 0.1 * draw.standard_normal(len(times)),
        "chords": 0.1 * np.sin(phase).sum(axis=1) * np.exp(-4 * (times % 0.5)),
    }
    for name, sound in sounds.items():
        soundfile.write(folder / f"{name}.wav", sound, RATE)
        clips.append(Clip(name, str(folder / f"{name}.wav"), ""))
    return clips


def scores(clips: list[Clip], heard: list[dict], normalise: Callable[[str], str]) -> dict[str, dict]:
    """Of each set: the words that are said and those heard wrong, the fillers, and the s that it took."""
    import soundfile

    found = {}
    for name in dict.fromkeys(clip.set for clip in clips):
        pairs = [(clip, one) for clip, one in zip(clips, heard, strict=True) if clip.set == name]
        words = [(normalise(clip.text).split(), normalise(one["text"]).split()) for clip, one in pairs]
        seconds = sum(one["seconds"] for _, one in pairs)
        found[name] = {
            "minutes": round(sum(soundfile.info(clip.path).duration for clip, _ in pairs) / 60, 2),
            "words": sum(len(said) for said, _ in words),
            "wrong": sum(errors(said, text) for said, text in words),
            "fillers": sum(_fillers(clip.text) for clip, _ in pairs),
            "fillers kept": sum(_fillers(one["text"]) for _, one in pairs),
            "seconds": round(seconds, 1),
            "processor": round(sum(one["processor"] for _, one in pairs), 1),
            "first text": round(max((one["first"] or 0.0) for _, one in pairs), 2),
        }
        found[name]["real-time factor"] = round(seconds / found[name]["minutes"] / 60, 3)
    return found


def errors(said: list[str], heard: list[str]) -> int:
    """The fewest words to change, add or leave out that make one text the other (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(said, 1):
        above, row = row, [at]
        for other, candidate in enumerate(heard, 1):
            row.append(min(above[other] + 1, row[-1] + 1, above[other - 1] + (word != candidate)))
    return row[-1]


def _fillers(text: str) -> int:
    return sum(word.strip(".,!?-…") in FILLERS for word in text.lower().split())


def _shown(way: str, name: str, entry: dict) -> str:
    said = entry["words"]
    wrong = f"{entry['wrong'] / said:.1%} of {said}" if said else f"{entry['wrong']} invented"
    fillers = f"{entry['fillers kept']} of {entry['fillers']}"
    times = f"{entry['seconds']:6.1f} ({entry['processor']:.1f})"
    return (
        f"{name:20}{way:16}{wrong:>16}{fillers:>10}{times:>16}{entry['real-time factor']:>8.3f}"
        f"{entry['first text']:>8.2f}"
    )


def normaliser() -> Callable[[str], str]:
    """Whisper's own: spelling, numbers and contractions in one way, without fillers."""
    from common import torchvision_cpu

    torchvision_cpu.mend()  # transformers imports torchvision where it is installed
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    return EnglishTextNormalizer({})


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--cores", type=int, nargs="*", default=[1, 2])
        parser.add_argument("--run", nargs="*", help=argparse.SUPPRESS)

    chosen = options(__doc__, add, arguments)
    if chosen.arguments.run:
        way, cores, *paths = chosen.arguments.run
        print(json.dumps(run(way, int(cores), paths)))
        return
    normalise, report = normaliser(), {}
    with tempfile.TemporaryDirectory() as folder:
        clips = [*recordings(chosen.data_folder("speech")), *made(Path(folder))]
        print(machine())
        for cores in chosen.arguments.cores:
            print(f"\n{cores} core{'s' * (cores > 1)}")
            print(f"{'':36}{'words wrong':>16}{'fillers':>10}{'seconds':>16}{'RTF':>8}{'first':>8}")
            for way in WAYS:
                command = [sys.executable, "-m", "benchmarks.coach.transcription", "--run", way, str(cores)]
                done = subprocess.run([*command, *(clip.path for clip in clips)], capture_output=True, text=True)
                if done.returncode:
                    sys.exit(f"{way} failed:\n{done.stderr}")
                result = json.loads(done.stdout.splitlines()[-1])
                sets = scores(clips, result["heard"], normalise)
                for name, entry in sets.items():
                    print(_shown(way, name, entry))
                print(f"{'':20}{way:16}loaded in {result['load']} s, at most {result['peak MB']} MB")
                report.setdefault(f"cores {cores}", {})[way] = {
                    "load": result["load"], "peak MB": result["peak MB"], "sets": sets
                }  # fmt: skip
    for entry in _targets(report.get("cores 2", {}).get("project")):
        print(f"target {entry['target']}: {entry['found']}, {'' if entry['reached'] else 'not '}reached")
        report.setdefault("targets", []).append(entry)
    chosen.write(report)


def _targets(project: dict | None) -> list[dict]:
    """What is asked of an answer of a minute on two cores; the slower of the voices counts."""
    if project is None:
        return []
    answers = [project["sets"][name] for name in VOICES]
    found = {name: max(entry[name] for entry in answers) for name in ("seconds", "first text")}
    found["peak MB"] = project["peak MB"]
    return [
        {"target": f"{name}: {bound:g}", "found": found[name], "reached": found[name] <= bound}
        for name, bound in TARGETS.items()
    ]


if __name__ == "__main__":
    main()
