"""Arousal of acted voices, valence of sentences, and their speed: `python -m benchmarks.coach.emotion [--json PATH]`.

Voices: clips of RAVDESS and EmoDB (test only: nothing was fitted to them). The figure is the area under the ROC curve
of high (anger, fear, joy) against low arousal (neutral, calm, sadness, boredom); disgust and surprise are neither. With
a baseline means: all other clips of the same speaker are given as earlier answers, whatever their emotion. Intervals
are the middle 95 % of 2000 draws of clips with replacement, high and low apart.

Beside the project stands the plain sum of loudness, pitch, pitch range and brightness, each less the mean of the
speaker's other clips (of the set's, without a baseline) and over its spread in the set. So it knows the set that it
is tried on, which the project does not.

Sentences: those in valence.toml, and app reviews. Beside the project the same map without the turning of negations.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from coach import arousal
from coach import valence as words
from coach.arousal import Cues
from common import text, toml, voice
from common.speech import read_speech, voice_activity

SEED = 0
DRAWS = 2000
SETS = ("ravdess", "emodb")
HIGH, LOW = {"anger", "fear", "joy"}, {"neutral", "calm", "sadness", "boredom"}
RAVDESS = dict(enumerate(("neutral", "calm", "joy", "sadness", "anger", "fear", "disgust", "surprise"), 1))
EMODB = {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "joy", "T": "sadness", "N": "neutral"}
TARGETS = {"with": 0.95, "without": 0.90}
LONG = 60.0  # s


@dataclass(frozen=True)
class Clip:
    """set: "ravdess" or "emodb"; simple: loudness (dB), pitch (Hz), pitch range (semitones), brightness (Hz)"""

    set: str
    speaker: str
    emotion: str
    cues: Cues
    simple: tuple[float, float, float, float]


def clips(folder: Path) -> list[Clip]:
    found = []
    for file in sorted((folder / "ravdess").iterdir()):
        parts = file.stem.split("-")
        found.append(_clip(file, "ravdess", parts[6], RAVDESS[int(parts[2])]))
    for file in sorted((folder / "emodb").iterdir()):
        found.append(_clip(file, "emodb", file.stem[:2], EMODB[file.stem[5]]))
    return [clip for clip in found if clip]


def _clip(file: Path, name: str, speaker: str, emotion: str) -> Clip | None:
    samples = read_speech(file)
    tracks = voice.measure(samples)
    cues = arousal.whole(arousal.windows(samples, tracks, voice_activity(samples)))
    if cues is None:
        print(f"no voice found in {file.name}")
        return None
    voiced = np.isfinite(tracks.pitch)
    pitch = tracks.pitch[voiced]
    simple = (
        float(tracks.loudness[voiced].mean()),
        float(pitch.mean()),
        float(12 * np.log2(pitch).std()),
        float(tracks.brightness[voiced].mean()),
    )
    return Clip(name, f"{name} {speaker}", emotion, cues, simple)


def scored(found: Sequence[Clip], baseline: bool) -> np.ndarray:
    """The project's arousal of each clip."""
    return np.array([arousal.arousal(clip.cues, [found[at].cues for at in _others(found, row, baseline)])
                     for row, clip in enumerate(found)])  # fmt: skip


def plain_sum(found: Sequence[Clip], baseline: bool) -> np.ndarray:
    values = np.array([clip.simple for clip in found])
    sets = np.array([clip.set for clip in found])
    total = np.zeros(len(found))
    for row, clip in enumerate(found):
        same = values[sets == clip.set]
        others = _others(found, row, baseline)
        usual = values[others].mean(0) if others else same.mean(0)
        total[row] = ((values[row] - usual) / same.std(0)).sum()
    return total


def _others(found: Sequence[Clip], row: int, baseline: bool) -> list[int]:
    return [at for at, clip in enumerate(found) if baseline and at != row and clip.speaker == found[row].speaker]


def area(high: np.ndarray, low: np.ndarray) -> float:
    """Area under the ROC curve: how often a high one is above a low one (Hanley and McNeil 1982)."""
    return float(((high[:, None] > low).mean() + (high[:, None] >= low).mean()) / 2)


def interval(high: np.ndarray, low: np.ndarray) -> tuple[float, float]:
    draw = np.random.default_rng(SEED)
    areas = [area(draw.choice(high, len(high)), draw.choice(low, len(low))) for _ in range(DRAWS)]
    return tuple(np.percentile(areas, (2.5, 97.5)).tolist())


def voices(folder: Path) -> dict:
    found = clips(folder)
    report: dict = {}
    ways: dict[str, Callable] = {"project": scored, "plain sum": plain_sum}
    print(f"{'baseline':9} {'way':10}" + "".join(f"{name:>24}" for name in (*SETS, "both")))
    for kind, target in TARGETS.items():
        for way, judge in ways.items():
            values = judge(found, kind == "with")
            cells = []
            for name in (*SETS, "both"):
                of_set = [(value, clip.emotion) for value, clip in zip(values, found, strict=True)
                          if name in (clip.set, "both")]  # fmt: skip
                high = np.array([value for value, emotion in of_set if emotion in HIGH])
                low = np.array([value for value, emotion in of_set if emotion in LOW])
                least, most = interval(high, low)
                figures = {"area": area(high, low), "low": least, "high": most, "clips": [len(high), len(low)]}
                report.setdefault(kind, {}).setdefault(way, {})[name] = figures
                cells.append(f"{figures['area']:.3f} ({least:.2f} to {most:.2f})")
            aim = f"   target {target}" if way == "project" else ""
            print(f"{kind:9} {way:10}" + "".join(f"{cell:>24}" for cell in cells) + aim)
    counts = {name: report["with"]["project"][name]["clips"] for name in (*SETS, "both")}
    print("clips, high and low: " + ", ".join(f"{name} {high}/{low}" for name, (high, low) in counts.items()))
    return report


def sentences(reviews: Path | None) -> dict:
    """Share of the sentences with the right sign, and the area between pleasant and unpleasant ones."""
    data = toml.read(Path(__file__).with_name("valence.toml"))
    signs = {"positive": 1, "negative": -1}
    cases = {kind: [(text, sign) for name, sign in signs.items() for text in data[name][kind]]
             for kind in ("plain", "turned", "mixed")}  # fmt: skip
    if reviews:
        lines = (reviews / "jlwei_P2-Golden.jsonl").read_text(encoding="utf-8").splitlines()
        cases["reviews"] = [
            (json.loads(lines[at])["text"], sign) for name, sign in signs.items() for at in data["reviews"][name]
        ]
    encoder = text.load()
    ways = {"project": words.valence, "negations left": _unturned}
    report: dict = {way: {} for way in ways}
    print(f"\n{'sentences':10}" + "".join(f"{way + ': right, area':>32}" for way in ways))
    for kind, case in cases.items():
        truth = np.array([sign for _, sign in case])
        cells = []
        for way, judge in ways.items():
            values = judge([said for said, _ in case], encoder)
            right = float((np.sign(values) == truth).mean())
            figures = {"right": right, "area": area(values[truth > 0], values[truth < 0]), "sentences": len(case)}
            report[way][kind] = figures
            cells.append(f"{right:.2f}, {figures['area']:.3f}")
        print(f"{kind:10}" + "".join(f"{cell:>32}" for cell in cells) + f"   of {len(case)}")
    neutral = np.abs(words.valence(data["neutral"]["plain"], encoder))
    report["neutral"] = {"mean": float(neutral.mean()), "most": float(neutral.max())}
    print(f"distance of {len(neutral)} neutral sentences from 0: mean {neutral.mean():.2f}, most {neutral.max():.2f}")
    return report


def _unturned(texts: Sequence[str], encoder: text.SentenceEncoder) -> np.ndarray:
    return encoder.embed(texts) @ words._fitted(encoder)


def speed(folder: Path) -> dict:
    """Seconds of the acoustics of one minute, on one thread: by the clock, and of the processor."""
    spoken = np.concatenate([read_speech(file) for file in sorted((folder / "transcribed").iterdir())])
    samples = np.resize(spoken, round(LONG * voice.RATE))
    speech = voice_activity(samples)
    steps = {
        "pitch, loudness, brightness": lambda: voice.measure(samples),
        "quality of the recording": lambda: voice.quality(samples, speech),
        "arousal over time": lambda: arousal.windows(samples, tracks, speech),
    }
    tracks = voice.measure(samples)
    report = {}
    print(f"\nseconds for {LONG:g} s of speech, best of 3: by the clock, of the processor")
    for name, step in steps.items():
        runs = []
        for _ in range(3):
            begun, used = time.perf_counter(), time.process_time()
            step()
            runs.append((time.perf_counter() - begun, time.process_time() - used))
        report[name] = dict(zip(("clock", "processor"), map(min, zip(*runs, strict=True)), strict=True))
        print(f"{name:28} {report[name]['clock']:.2f} {report[name]['processor']:.2f}")
    return report


def main() -> None:
    chosen = options(__doc__)
    print(machine())
    report = {}
    if folder := chosen.data_folder("speech"):
        report["voices"] = voices(folder)
    report["sentences"] = sentences(chosen.data_folder("feedback"))
    if folder:
        report["speed"] = speed(folder)
    chosen.write(report)


if __name__ == "__main__":
    main()
