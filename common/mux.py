"""Put a sound under a video without touching its pictures, and make videos from pictures.

Part of `common.media`, which hands it on. MP4 with the index in front, H.264 and AAC.
"""

import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError
from common.soundtrack import RATE

if TYPE_CHECKING:
    import av

SOUND_BITS = 192_000  # a second, AAC stereo
X264 = {"crf": "18", "preset": "veryfast"}
SHOWN_EVERYWHERE = {"h264", "vp9", "av1"}  # what today's browsers play out of an MP4


class _CannotCopy(Exception):
    """Why a video stream can't go into an MP4 as it is."""


def mux(video: str | Path, sound: np.ndarray, out: str | Path, rate: int = RATE) -> str:
    """Write the pictures of `video` with `sound` (N,) or (N, 2) as the only sound to the MP4 `out`.

    The video stream is copied bit for bit with its turn and its timestamps, moved so that the first picture is
    shown at 0, where `sound` begins; either may be longer. A codec that MP4 can't hold is encoded as H.264.
    Returns "copied", "copied (a codec that not every browser shows)", or "encoded (why)". `out` appears when it is
    complete. Raises MediaError for a video that can't be read.
    """
    with _complete(out) as part:
        try:
            codec = _copy(video, sound, part, rate)
            if codec.canonical_name in SHOWN_EVERYWHERE:
                return "copied"
            return f"copied ({codec.long_name}: not every browser shows it)"
        except _CannotCopy as reason:
            _encode_again(video, sound, part, rate)
            return f"encoded ({reason})"


def encode(
    out: str | Path, frames: Iterable[np.ndarray], fps: float | Fraction, sound: np.ndarray | None = None
) -> None:
    """Write pictures (H, W, 3) uint8, all of one even size, at `fps` and optionally `sound` at 48 kHz to an MP4."""
    import av

    rate = Fraction(fps).limit_denominator(1001)
    with _complete(out) as part, _writer(part) as container:
        stream = track = None
        for number, rgb in enumerate(frames):
            if stream is None:
                stream = _x264(container, rgb.shape[1], rgb.shape[0], rate, 1 / rate)
                track = _SoundTrack(container, sound, RATE)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuv420p")
            picture.pts, picture.time_base = number, 1 / rate
            track.write_until(float(number / rate))
            container.mux(stream.encode(picture))
        if stream is None:
            raise ValueError("there are no frames to encode")
        container.mux(stream.encode())
        track.write_until(None)


def _copy(video: str | Path, sound: np.ndarray, part: Path, rate: int) -> "av.Codec":
    """Copy the packets and return the codec they are in; raises _CannotCopy."""
    import av

    from common import streams

    times = _packet_times(video)
    with streams.open_media(video) as source, _writer(part) as container:
        stream = streams.video_stream(source)
        try:
            # opaque: the decoder's own name serves; an encoder of that name need not exist (dav1d).
            copy = container.add_stream_from_template(stream, opaque=True)
        except ValueError as error:
            raise _CannotCopy(f"MP4 can't hold {stream.codec_context.codec.long_name}") from error
        if stream.codec_context.codec.canonical_name == "hevc":
            copy.codec_context.codec_tag = "hvc1"  # the only one of two allowed tags that Apple's players take
        track = _SoundTrack(container, sound, rate)
        base = stream.time_base
        try:
            for (shown, decoded), packet in zip(times, streams.packets(source, stream), strict=False):
                track.write_until(float(decoded * base))
                packet.pts, packet.dts, packet.time_base, packet.stream = shown, decoded, base, copy
                container.mux(packet)
        except av.FFmpegError as error:
            raise _CannotCopy(f"MP4 refused the stream: {error.strerror}") from error
        track.write_until(None)
        return stream.codec_context.codec


def _packet_times(video: str | Path) -> list[tuple[int, int]]:
    """(time of showing, time of decoding) of the packets in file order, the first picture shown at 0.

    Both are complete and fit for MP4: Matroska has no times of decoding, AVI has no times of showing. Pictures that
    a trim hides before the first one keep times below 0, since later ones are decoded from them; those that it
    hides after the last one are left out.
    """
    from common import streams

    with streams.open_media(video) as source:
        stream = streams.video_stream(source)
        if stream is None:
            raise MediaError(f"{Path(video).name!r} has no video that can be decoded, only sound. Give a video.")
        without_times = streams.stored_without_times(source)
        stored = [(packet.pts, packet.dts, packet.is_discard) for packet in streams.packets(source, stream)]
    while stored and stored[-1][2]:
        stored.pop()
    if not stored:
        raise MediaError(f"{Path(video).name!r} holds no pictures: it is cut off or damaged.")
    shown = _slots_by_decoding(video, [dts for _, dts, _ in stored]) if without_times else [pts for pts, _, _ in stored]
    if None in shown or len(set(shown)) < len(shown):
        raise _CannotCopy("its timestamps are incomplete")
    start = min(pts for pts, (_, _, hidden) in zip(shown, stored, strict=True) if not hidden)
    shown = [pts - start for pts in shown]
    # Decoding in file order just early enough: the k-th packet takes the k-th time shown, moved ahead by the
    # deepest reordering. Equal to what encoders write, and never later than the showing.
    in_order = sorted(shown)
    ahead = max(decode - show for decode, show in zip(in_order, shown, strict=True))
    return [(show, decode - ahead) for decode, show in zip(in_order, shown, strict=True)]


def _slots_by_decoding(video: str | Path, slots: list[int | None]) -> list[int | None]:
    """Times of showing for packets that have none: each packet carries its number through the decoder, and the
    n-th picture that comes out has the n-th slot."""
    import av

    from common import streams

    if None in slots:
        return slots
    with streams.open_media(video) as source:
        stream = streams.video_stream(source)
        if not stream.codec_context.codec.reorder:
            return slots
        order: list[int] = []
        try:
            for number, packet in enumerate(streams.packets(source, stream)):
                packet.pts = number
                order += [frame.pts for frame in packet.decode()]
            order += [frame.pts for frame in stream.decode(None)]
        except av.FFmpegError as error:
            raise _CannotCopy("its timestamps are incomplete and some pictures are broken") from error
    if sorted(order) != list(range(len(slots))):
        raise _CannotCopy("its timestamps are incomplete")
    shown: list[int | None] = [None] * len(slots)
    for number, slot in zip(order, sorted(slots), strict=True):
        shown[number] = slot
    return shown


def _encode_again(video: str | Path, sound: np.ndarray, part: Path, rate: int) -> None:
    from common import streams

    with streams.open_media(video) as source, _writer(part) as container:
        stream = streams.video_stream(source)
        out = track = start = None
        for stamp, picture in streams.decoded(source, stream):
            if out is None:
                start = stamp
                # H.264 in 4:2:0 has even sides.
                width, height = picture.width // 2 * 2, picture.height // 2 * 2
                out = _x264(container, width, height, stream.average_rate, stream.time_base)
                out.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio or Fraction(1)
                out.set_display_matrix(streams.display_matrix(picture))
                track = _SoundTrack(container, sound, rate)
            picture = picture.reformat(width, height, "yuv420p")
            picture.pts, picture.time_base = stamp - start, stream.time_base
            track.write_until(float(picture.pts * stream.time_base))
            container.mux(out.encode(picture))
        if out is None:
            raise MediaError(f"Not one picture of {Path(video).name!r} can be decoded: it is cut off or damaged.")
        container.mux(out.encode())
        track.write_until(None)


def _x264(container, width: int, height: int, rate: Fraction | None, time_base: Fraction) -> "av.VideoStream":
    stream = container.add_stream("libx264", rate=rate or 30, options=X264)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.codec_context.time_base = time_base
    return stream


class _SoundTrack:
    """AAC beside the pictures, written up to their time so that the two lie close together in the file.

    The encoder's delay (1024 samples) goes before time 0 and is cut by the edit list the muxer writes.
    """

    BLOCK = 1024

    def __init__(self, container, sound: np.ndarray | None, rate: int):
        self.container, self.rate, self.position = container, rate, 0
        self.sound = np.zeros((0, 2), np.float32) if sound is None else np.asarray(sound, np.float32)
        if self.sound.ndim == 1:
            self.sound = np.stack([self.sound, self.sound], axis=1)
        self.stream = None
        if len(self.sound):
            self.stream = container.add_stream("aac", rate=rate, layout="stereo", bit_rate=SOUND_BITS)

    def write_until(self, time: float | None) -> None:
        """Write what is heard before `time` s; None: all the rest."""
        import av

        end = len(self.sound) if time is None else min(len(self.sound), int(time * self.rate))
        while self.position < end:
            block = self.sound[self.position : self.position + self.BLOCK].T
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = self.rate, self.position
            self.container.mux(self.stream.encode(frame))
            self.position += block.shape[1]
        if time is None and self.stream is not None:
            self.container.mux(self.stream.encode())


def _writer(part: Path) -> "av.container.OutputContainer":
    import av

    return av.open(f"file:{part}", "w", format="mp4", container_options={"movflags": "+faststart"})


@contextmanager
def _complete(out: str | Path) -> Iterator[Path]:
    """A path beside `out` to write to, which becomes `out` at the end and leaves nothing behind on an error."""
    out = Path(os.path.abspath(out))
    part = out.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield part
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
