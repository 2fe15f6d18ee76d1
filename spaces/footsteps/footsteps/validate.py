"""Stage 1: is this a video that the system can work on? Cheap checks first, no model touched."""

import os
from dataclasses import dataclass
from pathlib import Path

from common import media
from common.errors import MediaError
from common.media import MediaInfo

# Copied into the MP4 as they are, and then left black by some browsers or all of them.
UNSHOWN = {"hevc": "HEVC (H.265)", "mpeg4": "MPEG-4 part 2", "mpeg2video": "MPEG-2", "mjpeg": "Motion JPEG"}
CONTAINERS = ("mp4", "mov", "avi", "matroska")  # mkv and webm are both Matroska inside


@dataclass(frozen=True)
class Limits:
    """What is taken in.

    seconds: length; half a second more is let through, for recorders that stop late
    megabytes: file size, of 1024 * 1024 bytes
    long_side, short_side: px, in either orientation; room for 4096 x 2304, the largest picture sold as 4K
    low_fps: frames a second below which step times get coarse; let through with a warning
    """

    seconds: float = 300.0
    megabytes: int = 500
    long_side: int = 4096
    short_side: int = 2304
    low_fps: float = 15.0


LIMITS = Limits()


def validate(path: str | Path, limits: Limits = LIMITS) -> tuple[MediaInfo, list[str]]:
    """What the video holds, and what to mind about it in words for a person.

    Told by content: neither suffix nor name matter. Raises MediaError that says what is wrong and what to do: no
    such file, empty, cut off beyond use, no video in it, a single picture, or over a limit.
    """
    name = repr(Path(path).name)
    if os.path.isfile(path) and (megabytes := os.path.getsize(path) / 2**20) > limits.megabytes:
        raise MediaError(
            f"{name} has {megabytes:,.0f} MB; at most {limits.megabytes} MB are taken. Cut it or save it smaller."
        )
    info = media.probe(path)
    if info.container not in CONTAINERS:
        raise MediaError(f"{name} is a {info.container} file. Give a video as mp4, mov, avi, mkv or webm.")
    if info.video_codec is None:
        raise MediaError(f"{name} holds sound ({info.audio_codec}) but no pictures. Give a video of somebody walking.")
    if info.frames == 1:
        raise MediaError(f"{name} holds a single picture. Give a video of somebody walking.")
    length = max(info.duration, info.stated_duration or 0.0)
    if length > limits.seconds + 0.5:
        raise MediaError(
            f"{name} is {_minutes(length)} long; at most {_minutes(limits.seconds)} are taken. "
            "Cut out the part with the walk."
        )
    sides = sorted((info.width, info.height))
    if sides[1] > limits.long_side or sides[0] > limits.short_side:
        raise MediaError(
            f"{name} has {info.width} x {info.height} pixels; at most {limits.long_side} x {limits.short_side} (4K) "
            "are taken. Save it smaller: 1920 x 1080 is plenty."
        )
    return info, _warnings(info, limits)


def _warnings(info: MediaInfo, limits: Limits) -> list[str]:
    found = []
    if info.fps and info.fps < limits.low_fps:
        found.append(
            f"The video has {info.fps:.3g} frames a second, one every {1000 / info.fps:.0f} ms: steps may lie off by "
            "half of that, and fast ones may be missed. 25 or more are better."
        )
    if info.video_codec in UNSHOWN:
        found.append(
            f"The pictures are {UNSHOWN[info.video_codec]}, which not every browser shows, and are kept as they are: "
            "where the new video stays black, download it and open it in a video player."
        )
    # Matroska states one length for all streams: sound that outlasts the pictures would look like a cut.
    stated = info.stated_duration if info.container != "matroska" else None
    if stated and info.duration < 0.9 * stated - 0.5:
        found.append(
            f"The file is cut off: {info.duration:.1f} s of {stated:.1f} s can be read, and only they get steps."
        )
    return found


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} minutes"
