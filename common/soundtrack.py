"""The sound of a media file, in step with its pictures; and WAV files.

Part of `common.media`, which hands it on.
"""

import contextlib
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError

if TYPE_CHECKING:
    import av

RATE = 48000  # Hz
LONGEST = 3600  # s; two channels of that take 1.4 GB
SPARE = 1.0  # s; by how much the header may be off about the first picture
GAP = 0.05  # s; a longer jump of the timestamps is a hole in the sound, a shorter one their rounding


def read_audio(path: str | Path, rate: int = RATE, enough: float | None = None) -> np.ndarray | None:
    """(N, 2) float32 at `rate`, sample 0 at the moment the first video frame is shown; None without sound.

    Sound before that moment is cut, holes are silence; without a video, sample 0 is the first of the stream.
    One channel is doubled, more than two are mixed down. enough: s that are wanted; what comes SPARE later than that
    is not decoded. Raises MediaError for a file that can't be read and for decoded sound longer than an hour.
    """
    import av

    from common import streams

    with streams.open_media(path) as container:
        video, audio = streams.video_stream(container), streams.audio_stream(container)
        if audio is None:
            return None
        runs = _Runs(rate)
        shown: float | None = None
        leading, end = audio if video is None else video, math.inf
        if enough is not None and leading.start_time is not None:
            end = float(leading.start_time * leading.time_base) + enough + SPARE
        for packet in streams.packets(container, *([audio] if video is None else [audio, video])):
            if packet.stream_index == audio.index:
                if packet.pts is not None and packet.pts * packet.time_base > end:
                    continue
                # A broken packet leaves a hole.
                with contextlib.suppress(av.FFmpegError):
                    runs.add(packet.decode())
            elif (time := streams.time_of(container, packet)) is not None:
                shown = time if shown is None else min(shown, time)
        with contextlib.suppress(av.FFmpegError):
            runs.add(audio.decode(None))
    return runs.joined(shown)


class _Runs:
    """Stretches of unbroken sound, each with the time at which it begins."""

    def __init__(self, rate: int):
        self.rate = rate
        self.runs: list[tuple[float, list[np.ndarray]]] = []
        self.resampler: av.AudioResampler | None = None
        self.kind: tuple | None = None
        self.expected = 0.0

    def add(self, frames: "list[av.AudioFrame]") -> None:
        """Take decoded frames in; a new run begins at a hole and where rate or channels change."""
        import av

        for frame in frames:
            time = self.expected if frame.pts is None else float(frame.pts * frame.time_base)
            if self.runs and time - self.runs[0][0] > LONGEST:
                raise MediaError(f"The sound is longer than {LONGEST // 60} minutes. Cut the file first.")
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if kind != self.kind or abs(time - self.expected) > GAP:
                self._resample(None)
                # One channel stays one until `_resample`: FFmpeg's own doubling takes 3 dB off.
                layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
                self.resampler, self.kind = av.AudioResampler("fltp", layout, self.rate), kind
                self.runs.append((time, []))
            self._resample(frame)
            self.expected = time + frame.samples / frame.sample_rate

    def _resample(self, frame: "av.AudioFrame | None") -> None:
        if self.resampler is not None:
            for block in self.resampler.resample(frame):
                self.runs[-1][1].append(np.broadcast_to(block.to_ndarray().T, (block.samples, 2)))

    def joined(self, start: float | None) -> np.ndarray:
        """All runs in one sound (N, 2) whose sample 0 is at `start`, or at the first run."""
        self._resample(None)
        placed = []
        for time, blocks in self.runs:
            if blocks:
                offset = round((time - (self.runs[0][0] if start is None else start)) * self.rate)
                block = np.concatenate(blocks)[max(0, -offset) :]
                placed.append((max(0, offset), block))
        sound = np.zeros((max((offset + len(block) for offset, block in placed), default=0), 2), np.float32)
        for offset, block in placed:
            sound[offset : offset + len(block)] = block
        return sound


def write_wav(path: str | Path, sound: np.ndarray, rate: int = RATE) -> None:
    """Write (N,) or (N, 2) as WAV, 24 bit; samples beyond ±1 are clipped."""
    import soundfile

    soundfile.write(path, sound, rate, subtype="PCM_24", format="WAV")
