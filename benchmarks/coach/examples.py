"""Make the app's example recordings: `python -m benchmarks.coach.examples [--out spaces/coach/examples]`.

Two answers to one question, written for this project and said by espeak-ng: one that is told well, and one with
fillers, long pauses, a flat voice and little in it. They are stored as Opus in WebM, as browsers record. What Whisper
hears wrong in each is printed: espeak-ng is hard to understand, and the voices and speeds are those that it hears best.
"""

import argparse
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.coach.transcription import errors, normaliser
from benchmarks.options import options
from common import speech
from tests.coach.speech import RATE, UH, UM, Filler, Speech, Voice, speak

OUT = Path(__file__).parents[2] / "spaces" / "coach" / "examples"
QUESTION = "any-beh-2"
BIT_RATE = 32_000
FRAME = RATE // 50  # samples, 20 ms


@dataclass(frozen=True)
class Example:
    """A recording: what it is called on the page, and who says what."""

    title: str
    voice: Voice
    pieces: tuple[str | float | Filler, ...]

    def spoken(self) -> Speech:
        return speak(self.pieces, self.voice)


EXAMPLES = {
    "told_well": Example(
        "An answer that is told well",
        Voice("en-us", speed=130),
        (
            "Last November our museum had to open a new exhibition on a Friday.", 0.5,
            "On Tuesday the printer called and told us that forty labels were spoiled.", 0.5,
            "I had three days.", 0.8,
            "First I chose twelve labels which every visitor needs, and I cut the rest.", 0.6,
            "Then I split the work into half days, and checked every evening what was done.", 0.6,
            "On Wednesday morning I told our director about the risk,", 0.3,
            "and I asked two colleagues to help me with the proofs.", 0.7,
            "On Thursday night the last label was on the wall.", 0.8,
            "We opened on time, with two spelling mistakes, and four hundred visitors on the first day.", 0.6,
            "Since then I order every print ten days earlier.",
        ),
    ),
    "with_fillers_and_pauses": Example(
        "The same question, with fillers and long pauses",
        Voice("en-us", speed=130, range=50),
        (
            UM, 0.4, "so there was this project, it was quite stressful.", 3.2,
            UH, 0.3, "we had a deadline, and everybody was", 0.4, UM, 0.3, "very busy.", 3.8,
            "I think the problem was", 0.3, UH, 0.4, "the problem was the planning, basically.", 2.9,
            UM, 0.4, "so we worked really hard,", 0.4, UM, 0.3, "and stayed late in the office.", 4.1,
            UH, 0.3, "in the end it was okay, I guess.", 2.6,
            UM, 0.4, "you just have to stay calm under pressure.",
        ),
    ),
}  # fmt: skip


def write(samples: np.ndarray, path: Path) -> None:
    """Write (n,) samples at 16 kHz as Opus in WebM; the same samples give the same bytes."""
    import av

    with av.open(str(path), "w", container_options={"fflags": "+bitexact"}) as file:
        stream = file.add_stream("libopus", rate=RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate, stream.codec_context.format = BIT_RATE, "s16"
        whole = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
        for start in range(0, len(whole), FRAME):
            frame = av.AudioFrame.from_ndarray(whole[None, start : start + FRAME], "s16", "mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), start
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def main() -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=OUT, help="folder of the files")

    out = options(__doc__, add).arguments.out
    normalise = normaliser()
    for name, example in EXAMPLES.items():
        path, spoken = out / f"{name}.webm", example.spoken()
        write(spoken.samples, path)
        said, heard = (normalise(" ".join(words)).split() for words in (spoken.words, _heard(path)))
        print(
            f"{path.name}: {spoken.duration:.0f} s, {path.stat().st_size / 1000:.0f} kB; "
            f"{errors(said, heard)} of {len(said)} words are heard wrong"
        )
    about = {name: {"title": example.title, "question": QUESTION} for name, example in EXAMPLES.items()}
    (out / "recordings.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def _heard(path: Path) -> list[str]:
    return [segment.text for segment in speech.load().stream(speech.read_speech(path))]


if __name__ == "__main__":
    main()
