"""Media in and out, on small clips that the tests encode themselves."""

import hashlib
import struct
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import media
from common.errors import MediaError

WIDTH, HEIGHT, RATE = 64, 48, media.RATE
RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 220), (120, 120, 120)


def picture(number: int = 0, noise: bool = False) -> np.ndarray:
    """Four corners in four colours, so that turns and mirrors show; a bar of grey that tells the number."""
    rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    rgb[: HEIGHT // 2, : WIDTH // 2], rgb[: HEIGHT // 2, WIDTH // 2 :] = RED, GREEN
    rgb[HEIGHT // 2 :, : WIDTH // 2], rgb[HEIGHT // 2 :, WIDTH // 2 :] = BLUE, GREY
    rgb[HEIGHT // 2 - 8 : HEIGHT // 2 + 8, WIDTH // 2 - 16 : WIDTH // 2 + 16] = 8 * number % 256
    if noise:
        rgb = np.random.default_rng(number).integers(0, 256, rgb.shape, dtype=np.uint8)
    return rgb


def number_of(rgb: np.ndarray) -> int:
    """The number that `picture` drew into the middle."""
    height, width = rgb.shape[:2]
    return round(rgb[height // 2 - 4 : height // 2 + 4, width // 2 - 8 : width // 2 + 8].mean() / 8)


def clip(
    path: Path,
    codec: str = "libx264",
    count: int = 20,
    fps: int = 25,
    stamps: list[int] | None = None,
    turn: float | None = None,
    sound: np.ndarray | None = None,
    sound_codec: str = "aac",
    sound_start: float = 0.0,
    pix_fmt: str = "yuv420p",
    noise: bool = False,
    options: dict | None = None,
    muxer: dict | None = None,
) -> Path:
    """Encode `count` pictures (0: none); `stamps` are their times in ms, `sound` (N, channels) at 48 kHz."""
    base = Fraction(1, 1000) if stamps else Fraction(1, fps)
    with av.open(str(path), "w", container_options=muxer or {}) as container:
        if count:
            video = container.add_stream(
                codec, rate=fps, options={"crf": "10"} | (options or {}) if codec == "libx264" else options or {}
            )
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, pix_fmt
            video.codec_context.time_base = base
            if turn is not None:
                video.set_display_rotation(turn)
        if sound is not None:
            layout = "mono" if sound.shape[1] == 1 else "stereo"
            audio = container.add_stream(sound_codec, rate=RATE, layout=layout)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(picture(number, noise), format="rgb24")
            frame.pts, frame.time_base = (stamps[number] if stamps else number), base
            container.mux(video.encode(frame))
        if count:
            container.mux(video.encode())
        if sound is not None:
            for first in range(0, len(sound), 1024):
                block = sound[first : first + 1024]
                if sound_codec == "pcm_s16le":
                    data = np.ascontiguousarray((block * 32767).astype(np.int16).reshape(1, -1))
                    frame = av.AudioFrame.from_ndarray(data, format="s16", layout=layout)
                else:
                    data = np.ascontiguousarray(block.T.astype(np.float32))
                    frame = av.AudioFrame.from_ndarray(data, format="fltp", layout=layout)
                frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
                frame.pts = first + round(sound_start * RATE)
                container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


def clicks(*times: float, seconds: float = 1.0, channels: int = 2) -> np.ndarray:
    sound = np.zeros((round(seconds * RATE), channels), np.float32)
    sound[[round(time * RATE) for time in times]] = 0.9
    return sound


def click_time(sound: np.ndarray) -> float:
    return float(np.abs(sound).max(axis=1).argmax()) / RATE


def packet_hashes(path: Path) -> list[str]:
    """Of the packets of the video stream, in file order."""
    with av.open(str(path)) as container:
        return [hashlib.sha256(bytes(p)).hexdigest() for p in container.demux(video=0) if p.size]


KINDS = {
    "h264.mp4": {},
    "h264.mov": {},
    "h264.mkv": {},
    "h264.avi": {},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mpeg4_b.avi": {"codec": "mpeg4", "options": {"bf": "2", "qmin": "2", "qmax": "2"}},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "hevc.mp4": {"codec": "libx265", "options": {"crf": "10", "x265-params": "log-level=none"}},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "vp8.webm": {"codec": "libvpx"},
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    return {name: clip(folder / name, **kind) for name, kind in KINDS.items()}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_told_by_content_and_read(clips, name, tmp_path):
    disguised = tmp_path / "holiday.txt"
    disguised.write_bytes(clips[name].read_bytes())
    info = media.probe(disguised)
    assert info.container == {"webm": "matroska", "mkv": "matroska"}.get(name.split(".")[1], name.split(".")[1])
    assert info.video_codec == {"mpeg4_b": "mpeg4"}.get(name.split(".")[0], name.split(".")[0])
    assert (info.width, info.height, info.rotation, info.frames) == (WIDTH, HEIGHT, 0, 20)
    assert info.duration == pytest.approx(0.8, abs=0.002)
    assert info.fps == pytest.approx(25, abs=0.1)
    assert info.variable_frame_rate is False and info.has_audio is False
    seen = list(media.frames(disguised))
    assert [number_of(frame.rgb) for frame in seen] == list(range(20))
    assert [frame.time for frame in seen] == pytest.approx([n / 25 for n in range(20)], abs=0.001)


@pytest.mark.parametrize("name", KINDS)
def test_mux_keeps_pictures_and_times_and_puts_the_click_in_place(clips, name, tmp_path):
    out = tmp_path / "out.mp4"
    how = media.mux(clips[name], clicks(0.25, seconds=0.5), out)
    before, after = list(media.frames(clips[name])), list(media.frames(out))
    assert [frame.time for frame in after] == pytest.approx([frame.time for frame in before], abs=1e-4)
    if name == "vp8.webm":
        assert how == "encoded (MP4 can't hold On2 VP8)"
        assert [number_of(frame.rgb) for frame in after] == list(range(20))
    else:
        shown_everywhere = name.startswith(("h264", "vp9"))
        assert how == "copied" if shown_everywhere else how.endswith(": not every browser shows it)")
        assert all((a.rgb == b.rgb).all() for a, b in zip(before, after, strict=True))
    if name not in ("vp8.webm", "h264.avi"):  # H.264 in AVI marks its units otherwise than MP4 does
        assert packet_hashes(out) == packet_hashes(clips[name])
    info = media.probe(out)
    assert (info.container, info.audio_codec, info.audio_rate, info.audio_channels) == ("mp4", "aac", RATE, 2)
    assert abs(click_time(media.read_audio(out)) - 0.25) < 0.001
    assert list(tmp_path.iterdir()) == [out]
    # Of the two tags for HEVC, Apple's players take only this one.
    assert (b"hvc1" in out.read_bytes()) == (name == "hevc.mp4")


def boxes(data: bytes, *path: bytes) -> list[bytes]:
    """Contents of all MP4 boxes at `path`."""
    found, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == path[0]:
            inner = data[at + 8 : at + size]
            found += boxes(inner, *path[1:]) if len(path) > 1 else [inner]
        at += max(size, 8)
    return found


def test_mux_writes_the_index_first_and_cuts_the_delay_of_the_encoder(clips, tmp_path):
    out = tmp_path / "out.mp4"
    media.mux(clips["h264.mp4"], clicks(0.1), out)
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    # Edit list: version and flags, number of entries, (length, first sample heard or shown, speed).
    starts = [struct.unpack(">iiii", elst[4:20])[2] for elst in boxes(data, b"moov", b"trak", b"edts", b"elst")]
    assert 1024 in starts[1:]  # samples that come before time 0 out of FFmpeg's AAC encoder


def test_sound_may_be_shorter_or_longer_or_mono(clips, tmp_path):
    for seconds in (0.05, 3.0):
        media.mux(clips["h264.mp4"], clicks(0.02, seconds=seconds, channels=1)[:, 0], tmp_path / "out.mp4")
        sound = media.read_audio(tmp_path / "out.mp4")
        assert len(sound) == pytest.approx(seconds * RATE, abs=1100)
        assert np.array_equal(sound[:, 0], sound[:, 1])
        assert len(list(media.frames(tmp_path / "out.mp4"))) == 20


def phone_matrix(path: Path, matrix: tuple[int, ...]) -> None:
    """Write the turn into the track header as phones do: bytes of the first `tkhd` box, QuickTime file format."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


ONE, W = 1 << 16, 1 << 30


@pytest.mark.parametrize(
    "matrix, rotation, corners",
    [
        ((0, ONE, 0, -ONE, 0, 0, HEIGHT * ONE, 0, W), 90, [BLUE, RED, GREY, GREEN]),
        ((-ONE, 0, 0, 0, -ONE, 0, WIDTH * ONE, HEIGHT * ONE, W), 180, [GREY, BLUE, GREEN, RED]),
        ((0, -ONE, 0, ONE, 0, 0, 0, WIDTH * ONE, W), 270, [GREEN, GREY, RED, BLUE]),
    ],
)
def test_a_turned_recording_is_upright_and_stays_so(tmp_path, matrix, rotation, corners):
    path = clip(tmp_path / "phone.mp4", count=3)
    phone_matrix(path, matrix)
    media.mux(path, clicks(0.01, seconds=0.1), tmp_path / "out.mp4")
    for file in (path, tmp_path / "out.mp4"):
        info = media.probe(file)
        size = (HEIGHT, WIDTH) if rotation in (90, 270) else (WIDTH, HEIGHT)
        assert info.rotation == rotation
        assert (info.width, info.height) == size
        rgb = next(media.frames(file)).rgb
        assert rgb.shape[:2] == size[::-1] and rgb.flags["C_CONTIGUOUS"]
        seen = [rgb[5, 5], rgb[5, -6], rgb[-6, 5], rgb[-6, -6]]
        assert np.abs(np.array(seen, int) - np.array(corners)).max() < 30


def test_a_turn_is_kept_when_the_video_is_encoded_again(tmp_path):
    path = clip(tmp_path / "turned.mkv", "libvpx", count=3, turn=-90)
    assert media.probe(path).rotation == 90
    assert media.mux(path, clicks(0.01), tmp_path / "out.mp4").startswith("encoded")
    assert media.probe(tmp_path / "out.mp4").rotation == 90
    assert np.abs(next(media.frames(tmp_path / "out.mp4")).rgb[5, 5].astype(int) - BLUE).max() < 40


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv", "vfr.webm"])
def test_variable_frame_rate_keeps_its_own_times(tmp_path, name):
    stamps = np.cumsum(np.random.default_rng(1).integers(17, 90, 20)).tolist()
    path = clip(tmp_path / name, "libvpx" if name == "vfr.webm" else "libx264", stamps=stamps)
    expected = [(stamp - stamps[0]) / 1000 for stamp in stamps]
    info = media.probe(path)
    assert info.variable_frame_rate is True
    assert info.fps == pytest.approx(19 / expected[-1], rel=0.001)
    assert [frame.time for frame in media.frames(path)] == pytest.approx(expected, abs=0.0006)
    media.mux(path, clicks(0.1), tmp_path / "out.mp4")
    assert [frame.time for frame in media.frames(tmp_path / "out.mp4")] == pytest.approx(expected, abs=0.0006)
    assert abs(click_time(media.read_audio(tmp_path / "out.mp4")) - 0.1) < 0.001


@pytest.mark.parametrize("last", [19, 12])
def test_a_clip_trimmed_on_the_phone_hides_the_same_pictures_after_mux(tmp_path, last):
    """Phones trim by moving the edit list into the middle of a group of pictures."""
    path = clip(tmp_path / "trimmed.mp4", options={"bf": "0"})
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 4 + 8
    length, start = struct.unpack(">ii", data[at : at + 8])
    tick = 512  # of one picture: the muxer takes 12,800 a second
    data[at : at + 8] = struct.pack(">ii", length * (last - 5) // 20, start + 6 * tick)
    path.write_bytes(data)
    numbers = list(range(6, last + 1))
    seen = list(media.frames(path))
    assert [number_of(frame.rgb) for frame in seen] == numbers
    assert seen[0].time == 0.0
    info = media.probe(path)
    assert info.duration == pytest.approx(len(numbers) / 25) == info.stated_duration
    assert media.mux(path, clicks(0.2), tmp_path / "out.mp4") == "copied"
    after = list(media.frames(tmp_path / "out.mp4"))
    assert [number_of(frame.rgb) for frame in after] == numbers
    assert [frame.time for frame in after] == pytest.approx([n / 25 for n in range(len(numbers))], abs=1e-4)
    assert abs(click_time(media.read_audio(tmp_path / "out.mp4")) - 0.2) < 0.001


@pytest.mark.parametrize("fps, kept", [(30, 30), (60, 60), (120, 60), (240, 60)])
def test_pictures_above_the_highest_rate_are_left_out_by_time(tmp_path, fps, kept):
    path = clip(tmp_path / "fast.mp4", count=fps // 2, fps=fps, options={"preset": "ultrafast"})
    times = [frame.time for frame in media.frames(path, max_fps=60)]
    assert len(times) == kept // 2
    assert np.diff(times) == pytest.approx(1 / kept, abs=1e-4)


def test_a_jittery_recording_at_the_highest_rate_keeps_every_picture(tmp_path):
    stamps = [round(n * 1000 / 60 + (3 if n % 2 else 0)) for n in range(60)]
    path = clip(tmp_path / "jitter.mkv", count=60, fps=60, stamps=stamps, options={"preset": "ultrafast"})
    assert len(list(media.frames(path, max_fps=60))) == 60


def test_pictures_are_scaled_down_never_up(clips):
    assert next(media.frames(clips["h264.mp4"], max_side=32)).rgb.shape == (24, 32, 3)
    assert next(media.frames(clips["h264.mp4"], max_side=500)).rgb.shape == (HEIGHT, WIDTH, 3)


def test_stopping_early_leaves_no_thread(clips):
    before = set(threading.enumerate())
    reader = media.frames(clips["h264.mp4"])
    next(reader)
    assert set(threading.enumerate()) - before
    reader.close()
    assert set(threading.enumerate()) == before
    for _ in media.frames(clips["h264.mp4"]):
        break
    assert not [t for t in set(threading.enumerate()) - before if t.is_alive()]


def test_widescreen_pixels_are_made_square(tmp_path):
    path = tmp_path / "wide.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(), format="rgb24")))
        container.mux(stream.encode())
    assert (media.probe(path).width, media.probe(path).height) == (85, HEIGHT)
    assert next(media.frames(path)).rgb.shape == (HEIGHT, 85, 3)


def test_sound_is_heard_relative_to_the_first_picture(tmp_path):
    sound = clicks(0.3, seconds=0.7)
    late = clip(tmp_path / "late.mkv", sound=sound, sound_codec="pcm_s16le", sound_start=0.2)
    assert click_time(media.read_audio(late)) == pytest.approx(0.5, abs=0.001)
    early = clip(tmp_path / "early.mkv", stamps=[200 + 40 * n for n in range(20)], sound=sound, sound_codec="pcm_s16le")
    heard = media.read_audio(early)
    assert click_time(heard) == pytest.approx(0.1, abs=0.001)
    assert len(heard) == pytest.approx(0.5 * RATE, abs=50)
    same = clip(tmp_path / "same.mp4", sound=sound)
    assert click_time(media.read_audio(same)) == pytest.approx(0.3, abs=0.001)


def test_sound_keeps_its_level_and_channels(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    mono = media.read_audio(clip(tmp_path / "mono.mkv", sound=tone[:, None], sound_codec="pcm_s16le"))
    assert mono.dtype == np.float32 and mono.shape == (RATE, 2)
    assert np.abs(mono - tone[:, None]).max() < 1e-4
    sides = np.stack([tone, 0.1 * tone], axis=1)
    stereo = media.read_audio(clip(tmp_path / "stereo.mkv", sound=sides, sound_codec="pcm_s16le"))
    assert np.abs(stereo - sides).max() < 1e-4


def test_sound_beyond_what_is_enough_is_not_decoded(tmp_path):
    """A short video may carry an hour of sound, which decoded takes more than a gigabyte."""
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, (20 * RATE, 2))
    late = clip(tmp_path / "late.mkv", stamps=[5000 + 40 * n for n in range(20)], sound=sound, sound_codec="pcm_s16le")
    for path in (late, clip(tmp_path / "early.mp4", sound=sound)):
        whole, part = media.read_audio(path), media.read_audio(path, enough=0.8)
        assert 0.8 * RATE <= len(part) <= 2 * RATE < len(whole)
        assert np.array_equal(part, whole[: len(part)])


def test_a_hole_in_the_sound_is_silence(tmp_path):
    path = tmp_path / "hole.mkv"
    sound = clicks(0.1, seconds=0.2)
    with av.open(str(path), "w") as container:
        audio = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for start in (0.0, 1.0):
            data = np.ascontiguousarray((sound * 32767).astype(np.int16).reshape(1, -1))
            frame = av.AudioFrame.from_ndarray(data, format="s16", layout="stereo")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), round(start * RATE)
            container.mux(audio.encode(frame))
    heard = media.read_audio(path)
    assert np.flatnonzero(heard[:, 0] > 0.5) / RATE == pytest.approx([0.1, 1.1], abs=0.001)


def test_sound_at_another_rate(tmp_path):
    path = tmp_path / "low.wav"
    media.write_wav(path, 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000), 16000)
    heard = media.read_audio(path)
    assert len(heard) == pytest.approx(RATE, abs=2)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    assert np.abs(heard[1000:-1000, 0] - expected[1000 : len(heard) - 1000]).max() < 0.01


def test_no_sound_is_none_and_no_video_is_said(clips, tmp_path):
    assert media.read_audio(clips["h264.mp4"]) is None
    only_sound = clip(tmp_path / "only.mp4", count=0, sound=clicks(0.5))
    info = media.probe(only_sound)
    assert (info.width, info.fps, info.video_codec, info.frames) == (None, None, None, None)
    assert info.has_audio and info.duration == pytest.approx(1.0, abs=0.05)
    with pytest.raises(MediaError, match="only sound"):
        next(media.frames(only_sound))
    with pytest.raises(MediaError, match="only sound"):
        media.mux(only_sound, clicks(0.1), tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_what_is_no_media_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("This is a letter. " * 100)
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.ts\n")
    (tmp_path / "noise.avi").write_bytes(np.random.default_rng(0).bytes(5000))
    for name, why in {
        "empty.mp4": "is empty",
        "text.mp4": "can't be read as a video",
        "list.mp4": "can't be read as a video",
        "noise.avi": "can't be read as a video",
        "missing.mp4": "There is no file",
        ".": "is a folder",
        "nul\0byte": "There is no file",
    }.items():
        with pytest.raises(MediaError, match=why):
            media.probe(tmp_path / name)


def test_a_playlist_never_opens_another_file(tmp_path):
    """FFmpeg would read the files that such a text names, also those that are not the uploader's."""
    clip(tmp_path / "secret.mkv", count=3)
    for head in ("ffconcat version 1.0\nfile secret.mkv\n", "#EXTM3U\n#EXTINF:1,\nsecret.mkv\n#EXT-X-ENDLIST\n"):
        (tmp_path / "upload.mp4").write_text(head)
        with pytest.raises(MediaError):
            media.probe(tmp_path / "upload.mp4")


@pytest.mark.parametrize(
    "name", ["-i.mp4", "a:b.mp4", "http:x.mp4", "пешком und weiß 🚶.mp4", " spaces .mp4", "%d.mp4"]
)
def test_file_names_are_only_names(clips, tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(clips["h264.mp4"].read_bytes())
    assert media.probe(name).frames == 20
    assert len(list(media.frames(name))) == 20
    assert media.mux(name, clicks(0.1), f"out {name}") == "copied"
    assert media.probe(f"out {name}").frames == 20


def test_a_file_cut_off_is_read_as_far_as_it_goes(tmp_path):
    index_first = clip(tmp_path / "whole.mp4", count=50, noise=True, muxer={"movflags": "faststart"})
    data = index_first.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    info = media.probe(cut)
    assert 0.4 < info.duration < 1.5 and info.stated_duration == pytest.approx(2.0)
    seen = list(media.frames(cut))
    assert 10 <= len(seen) <= 40
    media.mux(cut, clicks(0.1), tmp_path / "out.mp4")
    assert 10 <= len(list(media.frames(tmp_path / "out.mp4"))) <= 40


def test_an_mp4_without_its_index_is_said(tmp_path):
    path = clip(tmp_path / "whole.mp4", noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"moov") - 4])
    with pytest.raises(MediaError, match="without a readable index"):
        media.probe(path)


def test_nothing_to_decode_is_an_error(tmp_path):
    path = clip(tmp_path / "whole.mp4", noise=True, muxer={"movflags": "faststart"})
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 6])
    with pytest.raises(MediaError, match="Not one picture"):
        media.probe(path)
    with pytest.raises(MediaError, match="Not one picture"):
        list(media.frames(path))


def test_broken_packets_in_the_middle_are_skipped(tmp_path, caplog):
    path = clip(tmp_path / "whole.avi", "mjpeg", count=30, pix_fmt="yuvj420p")
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for number in (10, 11):
        position, size = packets[number]
        start = data.index(b"\xff\xd8", position)
        data[start : start + size - 10] = bytes(size - 10)
    path.write_bytes(data)
    seen = list(media.frames(path))
    numbers = [number_of(frame.rgb) for frame in seen]
    assert numbers == [n for n in range(30) if n not in (10, 11)]
    assert [frame.time for frame in seen] == pytest.approx([n / 25 for n in numbers])
    assert "2 broken packets" in caplog.text


def test_one_picture_is_a_video_of_one_frame(tmp_path):
    info = media.probe(clip(tmp_path / "one.mp4", count=1))
    assert info.frames == 1 and info.duration == pytest.approx(0.04)


def test_encode_gives_back_pictures_rate_and_sound(tmp_path):
    out = tmp_path / "made.mp4"
    media.encode(out, (picture(n) for n in range(30)), 30000 / 1001, clicks(0.5))
    info = media.probe(out)
    assert (info.frames, info.video_codec, info.audio_codec) == (30, "h264", "aac")
    assert info.fps == pytest.approx(29.97003, abs=1e-4)
    assert [number_of(frame.rgb) for frame in media.frames(out)] == list(range(30))
    assert abs(click_time(media.read_audio(out)) - 0.5) < 0.001
    with pytest.raises(ValueError, match="no frames"):
        media.encode(tmp_path / "none.mp4", [], 30)
    assert list(tmp_path.iterdir()) == [out]


def test_wav_is_24_bit_stereo(tmp_path):
    import soundfile

    sound = np.random.default_rng(0).uniform(-1, 1, (4800, 2)).astype(np.float32)
    media.write_wav(tmp_path / "a.wav", sound)
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (RATE, 2, "PCM_24", 4800)
    assert np.abs(soundfile.read(tmp_path / "a.wav")[0] - sound).max() <= 2**-23
    media.write_wav(tmp_path / "loud.wav", np.array([1.5, -1.5], np.float32))
    assert soundfile.read(tmp_path / "loud.wav")[0] == pytest.approx([1.0, -1.0], abs=1e-6)


def sine(frequency: float, amplitude: float = 1.0, seconds: float = 3.0, phase: float = 0.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE + phase)).astype(
        np.float32
    )


def test_loudness_of_the_reference_tone():
    """BS.1770: a full-scale sine of 997 Hz in one channel reads -3.01 LKFS."""
    silent = np.zeros_like(sine(997))
    assert media.loudness(np.stack([sine(997), silent], axis=1), RATE) == pytest.approx(-3.01, abs=0.05)
    assert media.loudness(sine(997, 0.1), RATE) == pytest.approx(-23.01, abs=0.05)
    assert media.loudness(np.zeros((RATE, 2)), RATE) == -np.inf
    assert media.loudness(np.zeros((0, 2)), RATE) == -np.inf
    assert np.isfinite(media.loudness(sine(997, seconds=0.1), RATE))


def test_true_peak_lies_between_the_samples():
    """A sine at a quarter of the rate, 45° off, has samples of 0.707 and a waveform of 1 (EBU Tech 3341, case 15)."""
    tone = sine(RATE / 4, 0.5, phase=np.pi / 4)
    assert 20 * np.log10(np.abs(tone).max()) == pytest.approx(-9.03, abs=0.01)
    assert media.true_peak(tone, RATE) == pytest.approx(-6.02, abs=0.2)
    assert media.true_peak(np.zeros((100, 2)), RATE) == -np.inf
    assert media.true_peak(np.zeros(0), RATE) == -np.inf


def peak_by_fourier(sound: np.ndarray) -> float:
    """True peak in dB by another way: eight times as many points by zero-padding the spectrum."""
    padded = np.pad(np.asarray(sound, float).reshape(len(sound), -1), ((256, 256), (0, 0)))
    n = len(padded)
    fine = np.fft.irfft(np.fft.rfft(padded, axis=0), 8 * n, axis=0) * 8
    return 20 * np.log10(np.abs(fine).max())


def thuds(level: float = 0.3, seed: int = 0) -> np.ndarray:
    """Sparse, low thuds with a click in front, as steps are."""
    rng = np.random.default_rng(seed)
    sound = np.zeros((4 * RATE, 2), np.float32)
    time = np.arange(round(0.12 * RATE)) / RATE
    for start in np.arange(0.3, 3.6, 0.55):
        thud = np.sin(2 * np.pi * 90 * time) * np.exp(-time / 0.04) + np.exp(-time / 0.001) * np.sin(
            2 * np.pi * rng.uniform(2e3, 9e3) * time
        )
        first = round(start * RATE)
        sound[first : first + len(time)] = level * thud[:, None] * (1.0, 0.7)
    return sound


@pytest.mark.parametrize("target", [-30, -23, -20])
def test_normalise_reaches_the_loudness_under_the_peak(target):
    done = media.normalise(thuds(), RATE, target, -1.0)
    assert done.dtype == np.float32 and done.shape == (4 * RATE, 2)
    assert media.loudness(done, RATE) == pytest.approx(target, abs=0.2)
    assert media.true_peak(done, RATE) <= -1.0 + 1e-3
    assert peak_by_fourier(done) <= -1.0 + 0.1


def test_too_loud_a_target_stops_at_the_limiter():
    result = media.level(thuds(), RATE, 0.0, -1.0)
    assert result.limited == pytest.approx(6.0, abs=0.01)
    assert result.lufs < 0.0 and result.true_peak <= -1.0 + 1e-3


def test_the_limiter_is_smooth_and_leaves_the_rest_alone():
    sound = sine(200, 0.1, seconds=2.0)
    sound[RATE : RATE + 480] += sine(1000, 0.8, seconds=0.01)
    result = media.level(sound, RATE, media.loudness(sound, RATE) + 4.0, -1.0)
    gain = 10 ** (result.gain / 20)
    far = np.r_[0 : RATE - 150, RATE + 480 + 300 : 2 * RATE]  # it looks 3 ms ahead and lets go within 6
    assert np.abs(result.sound[far] - gain * sound[far]).max() < 0.002 * 0.1 * gain
    moving = result.sound[np.abs(sound) > 0.02] / sound[np.abs(sound) > 0.02] / gain
    assert moving.min() < 0.8 and np.abs(np.diff(moving)).max() < 0.1


def test_silence_and_single_samples_stay_what_they_are():
    for sound in (np.zeros((RATE, 2), np.float32), np.zeros((0, 2), np.float32), np.zeros(100, np.float32)):
        assert np.array_equal(media.normalise(sound, RATE, -16, -1), sound)
    short = np.zeros((240, 2), np.float32)
    short[100] = 0.5
    done = media.normalise(short, RATE, -16, -1)
    assert np.isfinite(done).all() and media.true_peak(done, RATE) <= -1 + 1e-3
    with pytest.raises(ValueError, match="not finite"):
        media.normalise(np.array([0.0, np.nan]), RATE, -16, -1)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    seconds=st.floats(0.001, 1.5),
    amplitude=st.floats(1e-4, 2.0),
    target=st.floats(-40, -6),
    peak=st.floats(-12, -0.1),
)
def test_normalise_never_passes_the_peak(seed, seconds, amplitude, target, peak):
    rng = np.random.default_rng(seed)
    n = max(1, round(seconds * RATE))
    sound = (amplitude * rng.normal(size=(n, 2)) * rng.random((n, 1)) ** 8).astype(np.float32)
    done = media.normalise(sound, RATE, target, peak)
    assert np.isfinite(done).all()
    assert media.true_peak(done, RATE) <= peak + 1e-3
    assert media.loudness(done, RATE) <= target + 0.2
