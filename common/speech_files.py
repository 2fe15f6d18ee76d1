"""The sound of a file as a listener of speech wants it: one channel at 16 kHz.

Part of `common.speech`, which hands it on.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError

if TYPE_CHECKING:
    import av

RATE = 16_000  # Hz
LONGEST = 600.0  # s
SHORTEST = 0.3  # s; no word is over sooner
GAP = 0.05  # s; a longer jump of the timestamps is a hole in the sound, a shorter one their rounding


def read_speech(path: str | Path, longest: float = LONGEST) -> np.ndarray:
    """(n,) float32 mono at 16 kHz, -1 to 1, from any sound file or video; sample 0 is the first of the sound.

    Channels are averaged; holes in the sound (a recorder that stood still) are silence. longest: s; what comes later
    is not decoded. Raises MediaError for a file that can't be read, has no sound, or lasts too long or under 0.3 s.
    """
    from common import streams

    name = Path(path).name
    with streams.open_media(path) as container:
        stream = streams.audio_stream(container)
        if stream is None:
            raise MediaError(f"{name!r} has no sound that can be decoded. Record it with the microphone switched on.")
        stated = _stated_duration(container, stream)
        blocks, count = [], 0
        for block in _blocks(_frames(container, stream), most=round((longest + 1) * RATE)):
            blocks.append(block)
            count += len(block)
            if count > longest * RATE:
                lasts = f"lasts {_clock(stated)}" if stated and stated > longest else "is longer than that"
                raise MediaError(
                    f"At most {_clock(longest)} of sound can be taken, and {name!r} {lasts}. Cut it, or record less."
                )
    if not count:
        raise MediaError(f"Nothing of the sound of {name!r} can be decoded: it is cut off or damaged. Record it again.")
    if count < SHORTEST * RATE:
        raise MediaError(
            f"{name!r} lasts {count / RATE:.2f} s, which is too short to hold a word (at least {SHORTEST} s). "
            "Record it again."
        )
    return np.concatenate(blocks).astype(np.float32) / 32768


def _frames(container: "av.container.InputContainer", stream: "av.AudioStream") -> "Iterator[av.AudioFrame]":
    """What can be decoded, in order; a broken packet leaves a hole."""
    import av

    from common import streams

    for packet in streams.packets(container, stream):
        with contextlib.suppress(av.FFmpegError):
            yield from packet.decode()
    with contextlib.suppress(av.FFmpegError):
        yield from stream.decode(None)


def _blocks(frames: "Iterator[av.AudioFrame]", most: int) -> Iterator[np.ndarray]:
    """The frames as int16 at RATE, one after the other, with silence for the holes (at most `most` samples of it).

    int16 and not float, because FFmpeg mixes channels down to int16 without making them louder than full scale.
    """
    import av

    resampler, kind, expected = None, None, None

    def resampled(frame: "av.AudioFrame | None") -> Iterator[np.ndarray]:
        if resampler is not None:
            for block in resampler.resample(frame):
                yield block.to_ndarray()[0]

    for frame in frames:
        time = expected if frame.time is None else frame.time
        hole = 0.0 if expected is None else time - expected
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if now != kind or hole > GAP:
            yield from resampled(None)
            resampler, kind = av.AudioResampler("s16", "mono", RATE), now
        if hole > GAP:
            yield np.zeros(min(round(hole * RATE), most), np.int16)
        yield from resampled(frame)
        expected = (time or 0.0) + frame.samples / frame.sample_rate
    yield from resampled(None)


def _stated_duration(container: "av.container.InputContainer", stream: "av.AudioStream") -> float | None:
    """s by the header; recordings of a browser often have none."""
    if stream.duration and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and container.duration > 0 else None


def _clock(seconds: float) -> str:
    """600 as 10:00, 7200 as 2:00:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
