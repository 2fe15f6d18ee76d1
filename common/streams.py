"""Inside a media file: open it safely, choose its streams, know when each picture is shown and which way is up.

The ground under `common.media` and `common.mux`, over PyAV (FFmpeg's libraries).
"""

import heapq
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.sidedata.sidedata import Type as SideDataType

from common.errors import MediaError

log = logging.getLogger(__name__)

# Demuxers that read one file and nothing else. Playlists (HLS, concat) are text files that make FFmpeg open
# other files and addresses: an upload must never do that.
DEMUXERS = "mov,matroska,avi,ogg,wav,mp3,aac,flac,aiff"


def open_media(path: str | Path) -> av.container.InputContainer:
    """Open for reading, told apart by content and never by suffix.

    The path is always a local file, whatever its name looks like ("-", "http:…", "a:b.mp4"). Raises MediaError
    for a path that is missing, no regular file, empty, unreadable, or not media.
    """
    name = Path(path).name
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise MediaError(f"There is no file {name!r} to read ({_reason(error)}). Choose the file again.") from error
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(f"{name!r} is a folder or a device, not a media file. Choose a file.")
    if status.st_size == 0:
        raise MediaError(f"{name!r} is empty (0 bytes). Copy or record it again.")
    try:
        return av.open(
            f"file:{os.path.abspath(path)}",
            container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except PermissionError as error:
        raise MediaError(f"{name!r} may not be read (permission denied).") from error
    except (av.FFmpegError, ValueError) as error:
        with open(path, "rb") as file:
            head = file.read(12)
        if head[4:8] == b"ftyp":
            raise MediaError(
                f"{name!r} is an MP4 or MOV file without a readable index: it is cut off or damaged. "
                "Copy or record it again."
            ) from error
        raise MediaError(
            f"{name!r} can't be read as a video or sound ({_reason(error)}). Its name doesn't matter, its content "
            "does: give an mp4, mov, avi, mkv or webm video that plays on this computer."
        ) from error


def video_stream(container: av.container.InputContainer) -> av.VideoStream | None:
    """The first stream of moving pictures that can be decoded; cover art of a sound file doesn't count."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic:
            stream.thread_type = "AUTO"
            return stream
    return None


def audio_stream(container: av.container.InputContainer) -> av.AudioStream | None:
    """The first sound stream that can be decoded."""
    return next((stream for stream in container.streams.audio if stream.codec_context is not None), None)


def packets(container: av.container.InputContainer, *streams: av.stream.Stream) -> Iterator[av.Packet]:
    """Packets with content, in file order, up to the end or to where the file is damaged beyond reading."""
    try:
        for packet in container.demux(*streams):
            if packet.size:
                yield packet
    except av.FFmpegError as error:
        log.warning("reading stopped before the end of the file: %s", _reason(error))


def stored_without_times(container: av.container.InputContainer) -> bool:
    """Whether packets carry no time of showing (AVI): the n-th picture shown then has the n-th packet's slot."""
    return container.format.name == "avi"


def time_of(container: av.container.InputContainer, packet: av.Packet) -> float | None:
    """When the packet is shown or heard, in s; None where it only serves to decode others (before a cut)."""
    stamp = packet.dts if packet.pts is None or stored_without_times(container) else packet.pts
    return None if stamp is None or packet.is_discard else float(stamp * packet.time_base)


def decoded(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[tuple[int, av.VideoFrame]]:
    """Every picture that can be decoded with its time in units of `stream.time_base`, strictly rising.

    Broken packets are skipped and counted in the log; pictures that repeat a time are dropped.
    """
    slots: list[int] | None = [] if stored_without_times(container) else None
    usual = round(1 / (stream.average_rate * stream.time_base)) if stream.average_rate else 1
    last: int | None = None
    broken = 0
    for frame in _pictures(container, stream, slots):
        if frame is None:
            broken += 1
            continue
        if slots:
            time = heapq.heappop(slots)
        elif frame.pts is not None:
            time = frame.pts
        else:
            time = 0 if last is None else last + usual
        if last is None or time > last:
            last = time
            yield time, frame
    if broken:
        log.warning("%d broken packets of the video were skipped", broken)


def _pictures(container, stream, slots: list[int] | None) -> Iterator[av.VideoFrame | None]:
    """Decoded frames in the order of showing, None for a broken packet; fills `slots` where they are asked for."""
    for packet in packets(container, stream):
        slot = packet.dts
        if slots is not None and slot is not None:
            heapq.heappush(slots, slot)
        try:
            yield from packet.decode()
        except av.FFmpegError:
            if slots and slot in slots:
                slots.remove(slot)
                heapq.heapify(slots)
            yield None
    try:
        yield from stream.decode(None)
    except av.FFmpegError:
        yield None


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """The nine numbers (a b u c d v x y w, 16.16 fixed point) by which a player turns the picture, or None."""
    try:
        return tuple(int(v) for v in np.frombuffer(bytes(frame.side_data[SideDataType.DISPLAYMATRIX]), np.int32))
    except KeyError:
        return None


def quarter_turn(matrix: tuple[int, ...] | None) -> int:
    """Degrees clockwise (0, 90, 180, 270) by which the stored picture is turned to stand upright."""
    if matrix is None:
        return 0
    return round(np.degrees(np.arctan2(matrix[1], matrix[0])) / 90) * 90 % 360


def upright(picture: np.ndarray, matrix: tuple[int, ...] | None) -> np.ndarray:
    """The stored picture (H, W, 3) as a player shows it, turned by quarters or mirrored: x' = ax + cy, y' = bx + dy."""
    if matrix is None:
        return picture
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        across, down = a, d
    else:
        picture = picture.swapaxes(0, 1)
        across, down = c, b
    return np.ascontiguousarray(picture[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


def shown_size(stream: av.VideoStream) -> tuple[int, int]:
    """Width and height of the stored picture with square pixels, before any turn."""
    width, height = stream.codec_context.width, stream.codec_context.height
    aspect = stream.sample_aspect_ratio or 1
    # Ratios outside this range are slips of a recorder and no widescreen format.
    return (round(width * aspect) if 0.25 <= aspect <= 4 else width), height


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
