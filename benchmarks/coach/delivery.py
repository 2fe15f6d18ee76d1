"""How well delivery is measured: `python -m benchmarks.coach.delivery [--data DIR] [--talks 12] [--json PATH]`.

Answers said by espeak-ng, whose pauses, fillers, repetitions and words are known, go the whole way: voice activity,
pitch and loudness, Whisper, delivery. Texts, voices and seeds are others than those that the bounds were set with.
Pauses beside the gaps between Whisper's words, fillers beside Whisper's plain text and beside its text with a prompt,
rates beside words over the length of the recording. A pause counts as found where it overlaps the true one by half of
the shorter, a filler or repetition up to 0.3 s from the true one: Whisper's times are no better.

Then the same words said badly, one fault at a time, and whether the measure of that fault alone tells so. Then what
is taken for a filler in recordings of people who read and act and say none (speech data, where there are any).
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from benchmarks.options import Options, machine, options
from coach import delivery, fillers, hesitations, pauses
from common import speech, voice
from tests.coach.speech import ER, UH, UM, Event, Filler, Speech, Voice, speak, syllables

ANSWERS = (
    (
        "in my second year at the clinic", "we had two nurses on leave at the same time",
        "the patients waited more than an hour", "and some of them went home again",
        "I asked the doctors for ten minutes every morning", "and we sorted the list by how urgent each case was",
        "I also called the people who could come on another day",
        "after a month nobody waited longer than half an hour", "and the complaints stopped",
        "what I took from it is that a short talk saves a long day",
    ),
    (
        "the release was planned for the end of March", "two weeks before that our tests began to fail",
        "nobody knew whether the new driver was the reason", "I wrote down every change of the last ten days",
        "and took them out one after the other", "on the third evening I found a clock that was set wrong",
        "I repaired it and told the whole group how", "since then a small program watches all the clocks",
        "we shipped one day late and the client was happy",
    ),
    (
        "a guest came to the desk late at night and was angry", "his room had been given to another family",
        "I let him finish and said that I was sorry", "then I called the house next door",
        "they had a better room and I paid the difference", "I carried his bags there myself",
        "in the morning I showed my team how it had happened", "we changed the way in which we close the list",
        "he wrote to us in June and he has been back four times",
    ),
)  # fmt: skip
VOICES = (
    "en-us+f4", "en-gb+m3", "en-gb-x-rp+f1", "en-us-nyc", "en-gb-scotland+f5", "en-gb-x-gbclan", "en-029+m1",
    "en-gb-x-gbcwmd+f4",
)  # fmt: skip
FILLERS = (UM, UH, ER, Filler("erm"), Filler("hmm"), Filler("um", 140), Filler("uh", 140))
NOISES = (-65.0, -42.0)  # dBFS of white noise; the voice has about -20
FAULTS = {
    "monotone": ("pitch_variation", "low"),
    "fast": ("speaking_rate", "high"),
    "slow": ("speaking_rate", "low"),
    "long pauses": ("longest_pause", "high"),
    "many fillers": ("fillers", "high"),
    "many repetitions": ("repetitions", "high"),
    "fading": ("energy_trend", "low"),
}
# What a fault must change as well: slow and halting speech have the same words a minute.
FOLLOWS = {
    "fast": {"articulation_rate"},
    "slow": {"articulation_rate"},
    "long pauses": {"speaking_rate", "pause_share", "pause_count"},
    "many fillers": {"speaking_rate"},
}
NEAR = 0.3  # s
Span = tuple[float, float]


@dataclass
class Hits:
    """What was found of what is true, over several talks.

    near: s that a find may be away from the truth; None where it must overlap half of the shorter
    errors: s of length, found less true
    """

    near: float | None = None
    true: int = 0
    found: int = 0
    right: int = 0
    errors: list[float] = field(default_factory=list)

    def add(self, found: Sequence[Span], true: Sequence[Span]) -> None:
        left = list(found)
        self.true, self.found = self.true + len(true), self.found + len(found)
        for start, end in true:
            close = [one for one in left if self._close(one, (start, end))]
            if close:
                best = max(close, key=lambda one: min(one[1], end) - max(one[0], start))
                left.remove(best)
                self.right += 1
                self.errors.append((best[1] - best[0]) - (end - start))

    def _close(self, one: Span, other: Span) -> bool:
        overlap = min(one[1], other[1]) - max(one[0], other[0])
        if self.near is not None:
            return overlap >= -self.near
        return overlap >= 0.5 * min(one[1] - one[0], other[1] - other[0])

    def row(self) -> dict[str, float | None]:
        errors = 1000 * np.abs(self.errors)
        return {
            "precision": round(self.right / self.found, 3) if self.found else None,
            "recall": round(self.right / self.true, 3) if self.true else None,
            "true": self.true,
            "median_error_ms": round(float(np.median(errors))) if self.errors else None,
            "p95_error_ms": round(float(np.percentile(errors, 95))) if self.errors else None,
        }


@dataclass(frozen=True, eq=False)
class Talk:
    """A talk, and where in it something is said twice."""

    speech: Speech
    repeated: tuple[Span, ...]


def talk(number: int, noise: float) -> Talk:
    """An answer with pauses, fillers and repetitions at random."""
    chance = random.Random(1000 + number)
    pieces: list = []
    twice: list[int] = []
    for phrase in ANSWERS[number % len(ANSWERS)]:
        words = phrase.split()
        cut = chance.randrange(1, len(words) - 1)
        what = chance.random()
        if what < 0.45:
            before = [chance.uniform(0.27, 0.6)] if chance.random() < 0.4 else []
            after = [chance.uniform(0.27, 0.8)] if chance.random() < 0.6 else []
            pieces += [" ".join(words[:cut]), *before, chance.choice(FILLERS), *after, " ".join(words[cut:])]
        elif what < 0.6:
            pieces += [" ".join(words[:cut])]
            twice.append(len(pieces))
            said = " ".join(words[cut : cut + chance.choice((1, 2))])
            pieces += [said, said, " ".join(words[cut + len(said.split()) :])]
            pieces = [piece for piece in pieces if piece != ""]
        else:
            pieces.append(phrase)
        pieces.append(round(2 ** chance.uniform(-1.85, 1.2), 3))  # 0.28 to 2.3 s
    spoken = Voice(VOICES[number % len(VOICES)], chance.choice((115, 130, 145, 165)), 50, chance.choice((120, 200)))
    made = speak(pieces[:-1], spoken, noise=noise, seed=number)
    return Talk(made, tuple((made.events[at].start, made.events[at + 1].end) for at in twice))


@dataclass(frozen=True, eq=False)
class Heard:
    """A talk as the whole way gives it: words with the prompt and without it, voice, and the delivery of the former."""

    words: tuple[speech.Word, ...]
    plain: tuple[speech.Word, ...]
    stretches: list[Span]
    tracks: voice.Tracks
    delivery: delivery.Delivery


def hear(said: Speech, plain: bool = True) -> Heard:
    stretches = speech.voice_activity(said.samples)
    tracks = voice.measure(said.samples)
    words = speech.load().transcribe(said.samples, language="en", speech=stretches).words
    bare = speech.load().transcribe(said.samples, language="en", prompt="", speech=stretches).words if plain else ()
    quality = voice.quality(said.samples, stretches)
    found = delivery.measure(words, tracks, stretches, said.duration, "en", quality)
    return Heard(words, bare, stretches, tracks, found)


def on_talks(count: int, noise: float) -> dict:
    """Pauses, fillers, repetitions and rates of `count` talks with one noise."""
    hits = {name: Hits() for name in _PAUSES} | {name: Hits(NEAR) for name in (*_FILLERS, "repetitions")}
    rates: dict[str, list[float]] = {name: [] for name in _RATES}
    for number in range(count):
        known = talk(number, noise)
        heard = hear(known.speech)
        _count_pauses(hits, known.speech, heard)
        _count_fillers(hits, known.speech, heard)
        hits["repetitions"].add(_spans(heard.delivery.get("repetitions").places), known.repeated)
        _count_rates(rates, known.speech, heard)
    errors = {name: round(float(np.mean(np.abs(values))), 4) for name, values in rates.items()}
    return {"found": {name: one.row() for name, one in hits.items()}, "relative_errors": errors}


_PAUSES = ("pauses", "  gaps between words", "long pauses", "  long gaps between words")
_FILLERS = ("fillers", "  in the text alone", "  in the text without prompt", "  in the sound alone")
_RATES = ("speaking rate", "  words over the recording", "articulation rate")


def _count_pauses(hits: dict[str, Hits], known: Speech, heard: Heard) -> None:
    true, gaps = _spans(known.pauses), _gaps(heard.words)
    for prefix, shortest in (("", pauses.SHORTEST), ("long ", pauses.LONG)):
        # At the bound a find may be a hair too short: what is found counts from 5 % less.
        chosen = [span for span in true if span[1] - span[0] >= shortest]
        found = {f"{prefix}pauses": _spans(heard.delivery.pauses), f"  {prefix}gaps between words": gaps}
        for name, spans in found.items():
            hits[name].add([span for span in spans if span[1] - span[0] >= 0.95 * shortest], chosen)


def _count_fillers(hits: dict[str, Hits], known: Speech, heard: Heard) -> None:
    true = _spans(known.fillers)
    hits["fillers"].add(_spans(heard.delivery.get("fillers").places), true)
    hits["  in the text alone"].add(_spans(fillers.find(heard.words)), true)
    hits["  in the text without prompt"].add(_spans(fillers.find(heard.plain)), true)
    said = [word for word in heard.words if not fillers.is_sound(word)]
    alone = hesitations.find(said, heard.tracks, heard.delivery.speech)
    hits["  in the sound alone"].add(_spans(alone), true)


def _count_rates(rates: dict[str, list[float]], known: Speech, heard: Heard) -> None:
    words = len(known.words)
    pace = 60 * words / (known.events[-1].end - known.events[0].start)
    rates["speaking rate"].append(heard.delivery.get("speaking_rate").value / pace - 1)
    rates["  words over the recording"].append(60 * len(heard.plain) / known.duration / pace - 1)
    spoken = sum(event.end - event.start for event in known.events if event.kind == "words")
    tempo = syllables(" ".join(known.words)) / spoken
    rates["articulation rate"].append(heard.delivery.get("articulation_rate").value / tempo - 1)


def on_faults(voices: Sequence[str]) -> dict[str, dict[str, int]]:
    """By fault: in how many of the voices its measure tells so in the right direction, and how many verdicts of
    measures that it doesn't touch changed against the same words said well."""
    report = {}
    well = {name: _verdicts(hear(faulty("", name), plain=False)) for name in voices}
    report["none"] = {"of": len(voices), "not good": sum(_bad(one) for one in well.values())}
    for fault, (measure, verdict) in FAULTS.items():
        found = {name: _verdicts(hear(faulty(fault, name), plain=False)) for name in voices}
        touched = {measure, *FOLLOWS.get(fault, ())}
        report[fault] = {
            "of": len(voices),
            "told": sum(one[measure] == verdict for one in found.values()),
            "told when said well": sum(one[measure] == verdict for one in well.values()),
            "others changed": sum(
                one[other] != well[name][other] for name, one in found.items() for other in one if other not in touched
            ),
        }
    return report


def faulty(fault: str, name: str) -> Speech:
    """One answer, with one fault or, for "", none."""
    usual = Voice(name, speed=130)
    said = {"monotone": replace(usual, range=40), "fast": replace(usual, speed=230), "slow": replace(usual, speed=82)}
    pieces: list = []
    for at, phrase in enumerate(ANSWERS[2]):
        words = phrase.split()
        if fault == "many fillers" and at % 3 != 2:
            pieces += [" ".join(words[:4]), 0.3, FILLERS[at % 3], " ".join(words[4:])]
        elif fault == "many repetitions" and at % 2 == 0:
            pieces += [" ".join(words[:2]), phrase]
        else:
            pieces.append(phrase)
        pieces.append(3.2 if fault == "long pauses" and at % 3 == 1 else 0.6)
    spoken = speak(pieces[:-1], said.get(fault, usual), noise=-65)
    if fault == "fading":
        fall = np.linspace(0, -12, len(spoken.samples), dtype=np.float32)
        spoken = replace(spoken, samples=spoken.samples * 10 ** (fall / 20))
    return spoken


def on_people(chosen: Options) -> dict | None:
    """Fillers found where nobody says one, by kind of recording, with how long they are."""
    folder = chosen.data_folder("speech")
    if folder is None:
        return None
    report = {}
    for kind, language in (("transcribed", "en"), ("ravdess", "en"), ("emodb", "de")):
        found, seconds = {"in the text": 0, "in the sound": 0}, 0.0
        for path in sorted((folder / kind).iterdir()):
            samples = speech.read_speech(path)
            stretches = speech.voice_activity(samples)
            words = speech.load().transcribe(samples, language=language, speech=stretches).words
            tracks = voice.measure(samples)
            refined = pauses.refine(stretches, tracks)
            found["in the text"] += len(fillers.find(words, language))
            said = [word for word in words if not fillers.is_sound(word, language)]
            found["in the sound"] += len(hesitations.find(said, tracks, refined, language))
            seconds += len(samples) / speech.RATE
        report[kind] = found | {"seconds": round(seconds)}
    return report


def _verdicts(heard: Heard) -> dict[str, str]:
    return {one.name: one.verdict for one in heard.delivery.measures}


def _bad(verdicts: dict[str, str]) -> int:
    return sum(verdict in ("low", "high") for verdict in verdicts.values())


def _spans(places: "Sequence[delivery.Place | Event]") -> list[Span]:
    return [(place.start, place.end) for place in places]


def _gaps(words: Sequence[speech.Word]) -> list[Span]:
    return [(one.end, other.start) for one, other in pairwise(words)]


_OFF = (("median_error_ms", 17), ("p95_error_ms", 6))


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def show_talks(noise: str, tables: dict) -> None:
    print(f"\n{noise:30}{'precision':>10}{'recall':>8}{'of':>5}{'length off, median':>20}{'p95':>9}")
    for name, one in tables["found"].items():
        share = "".join(f"{_shown(one[key], '.2f'):>{width}}" for key, width in (("precision", 10), ("recall", 8)))
        off = "".join(f"{_shown(one[key], 'd'):>{width}} ms" for key, width in _OFF)
        print(f"{name:30}{share}{one['true']:5}{off}")
    for name, error in tables["relative_errors"].items():
        print(f"{name:30}{100 * error:9.1f} % off on the mean")


def show_faults(report: dict[str, dict[str, int]]) -> None:
    well = report["none"]
    print(f"\nsaid well: {well['not good']} verdicts of {well['of']} voices are not good")
    print(f"{'fault':20}{'told':>6}{'of':>4}{'told when said well':>21}{'other verdicts changed':>24}")
    for fault in FAULTS:
        one = report[fault]
        print(f"{fault:20}{one['told']:6}{one['of']:4}{one['told when said well']:21}{one['others changed']:24}")


def show_people(report: dict) -> None:
    print("\nfillers found where none is said:")
    for kind, one in report.items():
        where = f"{one['in the text']} in the text, {one['in the sound']} in the sound"
        print(f"{kind:20}{where} of {one['seconds']} s")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--talks", type=int, default=12, help="synthesised talks for each noise")
    parser.add_argument("--voices", type=int, default=4, help="voices that have each fault")


def main() -> None:
    chosen = options(__doc__, _arguments)
    talks, voices = chosen.arguments.talks, VOICES[: chosen.arguments.voices]
    print(f"{machine()}; {talks} talks for each noise, seeds 1000 on")
    report: dict = {"talks": {}}
    for noise in NOISES:
        shown = f"{noise:.0f} dBFS of noise"
        report["talks"][shown] = on_talks(talks, noise)
        show_talks(shown, report["talks"][shown])
    report["faults"] = on_faults(voices)
    show_faults(report["faults"])
    report["people"] = on_people(chosen)
    if report["people"]:
        show_people(report["people"])
    chosen.write(report)


if __name__ == "__main__":
    main()
