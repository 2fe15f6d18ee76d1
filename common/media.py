"""Read pictures and sound from media files, and write them.

Times are seconds since the first video frame is shown, from the file's own timestamps and never from frame
number over fps. Pictures are upright, with square pixels. Sound is float32 at 48 kHz.
"""

import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError
from common.loudness import Levelled, level, loudness, normalise, true_peak
from common.mux import encode, mux
from common.soundtrack import RATE, read_audio, write_wav

if TYPE_CHECKING:
    import av

__all__ = [
    "RATE", "Frame", "Levelled", "MediaInfo", "encode", "frames", "level", "loudness", "mux", "normalise", "probe",
    "read_audio", "true_peak", "write_wav",
]  # fmt: skip

MOST_PACKETS = 100_000  # of a probe: five minutes at 240 frames a second are 72,000
AHEAD = 4  # frames that wait decoded: enough to even out, few enough for 4K


@dataclass(frozen=True)
class MediaInfo:
    """What a media file holds; the fields of pictures and sound are None where it has none.

    container: "mp4", "mov", "matroska" (mkv and webm), "avi", or FFmpeg's name of another
    duration: s that can be read; stated_duration: s by the header, of the pictures or, in Matroska, of the whole file
    width, height: px of the upright picture with square pixels
    rotation: degrees clockwise (0, 90, 180, 270) by which the stored picture is turned to stand upright
    fps: average; variable_frame_rate: some interval is more than 20 % and 2 ms off the usual one
    frames: pictures that are shown
    """

    path: Path
    container: str
    size_bytes: int
    duration: float
    width: int | None = None
    height: int | None = None
    rotation: int | None = None
    fps: float | None = None
    variable_frame_rate: bool | None = None
    video_codec: str | None = None
    has_audio: bool = False
    audio_codec: str | None = None
    audio_rate: int | None = None
    audio_channels: int | None = None
    frames: int | None = None
    stated_duration: float | None = None


@dataclass(frozen=True)
class Frame:
    """`rgb` (H, W, 3) uint8, shown `time` seconds after the first frame."""

    time: float
    rgb: np.ndarray


def probe(path: str | Path) -> MediaInfo:
    """Look into a media file: headers, the timestamps of its pictures, and the first picture decoded.

    Raises MediaError for a file that is missing, empty, not media, or of which not one picture can be decoded.
    A file that was cut off is described as far as it can be read: `duration` < `stated_duration`.
    """
    from common import streams

    with streams.open_media(path) as container:
        video, audio = streams.video_stream(container), streams.audio_stream(container)
        if video is None and audio is None:
            raise MediaError(
                f"{Path(path).name!r} holds neither pictures nor sound that can be decoded: "
                "it is cut off, damaged, or made with an unknown codec."
            )
        times, first = _timestamps(container, video or audio)
        stated = _stated_duration(container, video or audio)
        duration, usual, variable = _timing(times)
        if len(times) >= MOST_PACKETS:
            duration = max(duration, stated or 0.0)
        about_pictures = {}
        if video is not None:
            if first is None:
                raise MediaError(
                    f"Not one picture of {Path(path).name!r} can be decoded ({video.codec_context.name}): "
                    "the file is cut off or damaged. Copy or record it again."
                )
            turn = streams.quarter_turn(streams.display_matrix(first))
            size = streams.shown_size(video)
            about_pictures = {
                "width": size[turn % 180 == 90],
                "height": size[turn % 180 == 0],
                "rotation": turn,
                "fps": _average_rate(len(times), duration - usual, float(video.average_rate or 0), variable),
                "variable_frame_rate": variable,
                "video_codec": video.codec_context.codec.canonical_name,
                "frames": len(times),
            }
        about_sound = {}
        if audio is not None:
            about_sound = {
                "has_audio": True,
                "audio_codec": audio.codec_context.codec.canonical_name,
                "audio_rate": audio.sample_rate,
                "audio_channels": audio.channels,
            }
        return MediaInfo(
            path=Path(path),
            container=_container_name(container),
            size_bytes=os.path.getsize(path),
            duration=duration,
            stated_duration=stated,
            **about_pictures,
            **about_sound,
        )


def _timestamps(container, stream) -> tuple[list[tuple[float, float]], "av.VideoFrame | None"]:
    """(time, length) in s of the packets that are shown, in order of time; and the first picture of a video."""
    import av

    from common import streams

    times, first = [], None
    pictures = stream.type == "video"
    for packet in streams.packets(container, stream):
        if pictures and first is None:
            try:
                first = next(iter(packet.decode()), None)
            except av.FFmpegError:
                continue
        time = streams.time_of(container, packet)
        if time is not None:
            times.append((time, float((packet.duration or 0) * packet.time_base)))
            if len(times) == MOST_PACKETS:
                break
    if pictures and first is None:
        try:
            first = next(iter(stream.decode(None)), None)
        except av.FFmpegError:
            first = None
    return sorted(times), first


def _timing(times: list[tuple[float, float]]) -> tuple[float, float, bool]:
    """Duration in s, length of the last packet in s, and whether the intervals differ."""
    if not times:
        return 0.0, 0.0, False
    intervals = np.array([later - earlier for (earlier, _), (later, _) in pairwise(times)])
    usual = float(np.median(intervals)) if len(intervals) else 0.0
    last = times[-1][1] or usual
    variable = bool((np.abs(intervals - usual) > max(0.2 * usual, 0.002)).any())
    return times[-1][0] - times[0][0] + last, last, variable


def _stated_duration(container, stream) -> float | None:
    if stream.duration and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and container.duration > 0 else None


def _average_rate(count: int, span: float, stated: float, variable: bool) -> float | None:
    """Frames a second; the header's number where the timestamps, often rounded to 1 ms, agree with it."""
    measured = (count - 1) / span if count > 1 and span > 0 else stated
    agrees = not variable and abs(measured - stated) < 0.005 * stated
    return (stated if agrees else measured) or None


def _container_name(container) -> str:
    name = container.format.name
    if name.startswith("mov,"):
        return "mov" if container.metadata.get("major_brand", "qt").strip() == "qt" else "mp4"
    return name.split(",")[0]


def frames(path: str | Path, max_fps: float = 60.0, max_side: int | None = None) -> Iterator[Frame]:
    """Decode the video once, in a background thread that stays a few frames ahead of the caller.

    Frames above `max_fps` are left out by their times; a longer side above `max_side` px is scaled down to it in
    the same conversion. Times rise strictly. Broken packets are skipped. Raises MediaError where there is no
    video or none of it can be decoded. The thread ends when the caller stops early (closes the iterator).
    """
    waiting: queue.Queue = queue.Queue(AHEAD)
    stopped = threading.Event()

    def hand_over(item) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            for frame in _decode(path, max_fps, max_side):
                if not hand_over(frame):
                    return
            hand_over(None)
        except BaseException as error:  # raised again in the caller's thread
            hand_over(error)

    worker = threading.Thread(target=work, name="decode", daemon=True)
    worker.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        worker.join()


def _decode(path: str | Path, max_fps: float, max_side: int | None) -> Iterator[Frame]:
    from av.video.reformatter import VideoReformatter

    from common import streams

    name = Path(path).name
    with streams.open_media(path) as container:
        stream = streams.video_stream(container)
        if stream is None:
            raise MediaError(f"{name!r} has no video that can be decoded, only sound. Give a video.")
        width, height = streams.shown_size(stream)
        scale = min(1.0, max_side / max(width, height)) if max_side else 1.0
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        convert = VideoReformatter().reformat
        start = due = turn = None
        for stamp, picture in streams.decoded(container, stream):
            seconds = float(stamp * stream.time_base)
            if start is None:
                # Once: reading side data ties a frame to its container until the garbage collector comes by.
                start, turn = seconds, streams.display_matrix(picture)
            time = seconds - start
            # A grid of 1 / max_fps, met within 0.2 of its step: a jittery 60 fps recording keeps every frame.
            if due is not None and time < due - 0.2 / max_fps:
                continue
            due = 1 / max_fps if due is None else max(due + 1 / max_fps, time + 0.5 / max_fps)
            rgb = convert(picture, width, height, "rgb24", interpolation="FAST_BILINEAR", threads=1).to_ndarray()
            yield Frame(time, streams.upright(rgb, turn))
        if start is None:
            raise MediaError(f"Not one picture of {name!r} can be decoded: it is cut off or damaged.")
