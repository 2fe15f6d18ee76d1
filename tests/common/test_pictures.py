"""Pictures in and out, on small files that the tests write themselves."""

import io
import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageCms

from common import pictures
from common.errors import MediaError

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 220), (120, 120, 120)


def corners(width: int = 48, height: int = 32) -> np.ndarray:
    """Four corners in four colours, so that turns and mirrors show."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2], rgb[: height // 2, width // 2 :] = RED, GREEN
    rgb[height // 2 :, : width // 2], rgb[height // 2 :, width // 2 :] = BLUE, GREY
    return rgb


def saved(path: Path, image: Image.Image, **options) -> Path:
    image.save(path, **options)
    return path


def far(first: np.ndarray, second: np.ndarray) -> float:
    """The mean difference of two pictures' colours in levels; JPEG and the like change single pixels by more."""
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of 8-bit grey by hand: what its header says and what it holds need not agree."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in (header, *chunks, (b"IEND", b"")):
        parts.append(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return b"".join(parts)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_format_is_told_by_its_content_and_not_by_its_name(tmp_path, kind):
    path = saved(tmp_path / "drawing.txt", Image.fromarray(corners()), format=kind)
    picture = pictures.read_picture(path)
    assert picture.format.upper() == kind
    assert (picture.rgba.shape, picture.original_size, picture.notes) == ((32, 48, 4), (48, 32), [])
    assert far(pictures.over(picture.rgba), corners()) < 6
    assert picture.rgba[..., 3].min() == 255


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_pictures_stand_upright(tmp_path, kind, orientation):
    """Exif 2.32: where the stored first row and first column belong in what is seen."""
    stored = {
        1: lambda seen: seen,
        2: lambda seen: seen[:, ::-1],
        3: lambda seen: seen[::-1, ::-1],
        4: lambda seen: seen[::-1],
        5: lambda seen: seen.transpose(1, 0, 2),
        6: lambda seen: np.rot90(seen),
        7: lambda seen: np.rot90(seen, 2).transpose(1, 0, 2),
        8: lambda seen: np.rot90(seen, -1),
    }[orientation](corners())
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / "turned", Image.fromarray(np.ascontiguousarray(stored)), format=kind, exif=exif)
    picture = pictures.read_picture(path)
    assert picture.original_size == (48, 32)
    assert far(pictures.over(picture.rgba), corners()) < 6


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")  # which Pillow only warns of, while it opens a JPEG
@pytest.mark.parametrize(("kind", "exif"), [("JPEG", b"II*\0\xff\xff\xff\x7f"), ("PNG", b"not a header of TIFF")])
def test_damaged_exif_does_not_hide_the_picture(tmp_path, kind, exif):
    path = saved(tmp_path / "a", Image.fromarray(corners()), format=kind, exif=b"Exif\0\0" + exif)
    picture = pictures.read_picture(path)
    assert far(pictures.over(picture.rgba), corners()) < 6
    assert kind == "JPEG" or "EXIF" in picture.notes[0]


def test_palette_grey_bits_and_alpha(tmp_path):
    rgb, grey = corners(), np.tile(np.arange(0, 240, 5, np.uint8), (32, 1))
    soft = np.dstack([rgb, grey])
    see_through = Image.fromarray(rgb).quantize(4)
    first = int(np.asarray(see_through)[0, 0])
    grey3 = np.repeat(grey[..., None], 3, axis=2)
    wide = grey.astype(np.uint16) * 257
    cases = {
        "palette": (Image.fromarray(rgb).quantize(4), {}, rgb),
        "grey": (Image.fromarray(grey), {}, grey3),
        "grey 16": (Image.fromarray(wide), {}, grey3),
        "one bit": (Image.fromarray(grey > 100), {}, np.repeat((grey > 100)[..., None] * 255, 3, axis=2)),
        "alpha": (Image.fromarray(soft), {}, pictures.over(soft)),
        "palette with a clear colour": (
            see_through,
            {"transparency": first},
            np.where((rgb == RED).all(axis=2, keepdims=True), 255, rgb),
        ),
    }
    for name, (image, options, expected) in cases.items():
        picture = pictures.read_picture(saved(tmp_path / f"{name}.png", image, **options))
        assert far(pictures.over(picture.rgba), expected) < 1.5, name
    for mode, values, expected in [("F", grey / np.float32(255), grey3), ("I", wide.astype(np.int32), grey3)]:
        path = saved(tmp_path / f"{mode}.tif", Image.fromarray(values))
        assert far(pictures.over(pictures.read_picture(path).rgba), expected) < 1.5, mode


def test_colours_of_print(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.fromarray(corners()).convert("CMYK"), quality=95)
    picture = pictures.read_picture(path)
    assert far(pictures.over(picture.rgba), corners()) < 8
    assert any("CMYK" in note for note in picture.notes)


def test_lab_colours(tmp_path):
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    path = saved(tmp_path / "a.tif", ImageCms.applyTransform(Image.fromarray(corners()), to_lab))
    assert far(pictures.over(pictures.read_picture(path).rgba), corners()) < 4


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_pictures_the_first_is_taken_and_it_is_said(tmp_path, kind):
    frames = [Image.fromarray(frame) for frame in (corners(), 255 - corners(), corners()[::-1])]
    path = saved(tmp_path / "moving", frames[0], format=kind, save_all=True, append_images=frames[1:])
    picture = pictures.read_picture(path)
    assert far(pictures.over(picture.rgba), corners()) < 6
    assert len(picture.notes) == 1 and "first" in picture.notes[0]


def test_one_pixel(tmp_path):
    picture = pictures.read_picture(saved(tmp_path / "dot.png", Image.new("RGBA", (1, 1), (9, 8, 7, 6))))
    assert picture.rgba.tolist() == [[[9, 8, 7, 6]]]


def test_a_wide_picture_is_reduced_to_the_average(tmp_path):
    stripes = np.zeros((600, 12_000), np.uint8)
    stripes[::2] = 200
    picture = pictures.read_picture(saved(tmp_path / "wide.png", Image.fromarray(stripes)), max_pixels=100_000)
    assert picture.original_size == (12_000, 600)
    height, width = picture.rgba.shape[:2]
    assert 50_000 <= height * width <= 100_000
    assert width / height == pytest.approx(20, rel=0.02)
    assert np.abs(picture.rgba[..., 0].astype(int) - 100).max() <= 25  # an odd number of rows in a block
    assert "12,000 x 600" in picture.notes[0] and f"{width:,} x {height:,}" in picture.notes[0]


def test_clear_pixels_do_not_bleed_when_reduced(tmp_path):
    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, ::2] = (250, 0, 0, 255)  # the clear columns between are black, as in most files
    picture = pictures.read_picture(saved(tmp_path / "a.png", Image.fromarray(rgba)), max_pixels=32 * 32)
    assert np.abs(picture.rgba.astype(int) - (250, 0, 0, 128)).max() <= 3


def test_twelve_thousand_square(tmp_path):
    """144 million pixels, a JPEG: decoded at a fraction, without the warning of Pillow's own limit."""
    side = 12_000
    image = Image.new("L", (side, side), 255)
    image.paste(0, (side // 4, side // 4, side // 2, side // 2))
    picture = pictures.read_picture(saved(tmp_path / "a.jpg", image), max_pixels=1_000_000)
    assert picture.original_size == (side, side)
    assert picture.rgba.shape[0] * picture.rgba.shape[1] <= 1_000_000
    assert (picture.rgba[..., 0] < 128).mean() == pytest.approx(1 / 16, rel=0.02)


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(tmp_path, size):
    path = tmp_path / "bomb.png"
    path.write_bytes(png(*size, (b"IDAT", zlib.compress(bytes(1000)))))
    with pytest.raises(MediaError, match=rf"{size[0]:,} x {size[1]:,} pixels.*Save it smaller"):
        pictures.read_picture(path)


def test_a_bomb_in_a_text_chunk_is_refused(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(
        png(1, 1, (b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000))), (b"IDAT", zlib.compress(b"\0\0")))
    )
    with pytest.raises(MediaError):
        pictures.read_picture(path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "BMP"])
def test_a_file_that_was_cut_off(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path / "cut.bin", Image.fromarray(noise), format=kind)
    data = path.read_bytes()
    for share in (0.02, 0.5, 0.9):
        path.write_bytes(data[: max(16, int(share * len(data)))])
        with pytest.raises(MediaError, match=r"'cut\.bin'.*(Copy|save|Give)"):
            pictures.read_picture(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"hello, this is a letter", "is no picture.*PNG, JPEG"),
        (b"\x89PNG\r\n\x1a\n", "begins like a PNG"),
        (b"BMW is a make of cars, and this is a text about it.", "begins like a BMP"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG.*save it as PNG"),
        ('\ufeff<?xml version="1.0"?><SVG/>'.encode("utf-16"), "SVG"),
        (b"%PDF-1.7\n", "PDF.*PNG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC.*JPEG"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1", "a video"),
    ],
)
def test_what_is_no_picture(tmp_path, content, what):
    path = tmp_path / "upload.png"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=f"(?s)'upload.png'.*{what}"):
        pictures.read_picture(path)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]), st.integers(0, 2**32 - 1), st.data())
def test_damaged_bytes_give_a_picture_or_a_clear_error(tmp_path_factory, kind, seed, data):
    buffer = io.BytesIO()
    Image.fromarray(corners(16, 16)).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    # From the 31st byte on: the size, which is checked, stays small.
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(min(31, len(content) - 1), len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "a"
    path.write_bytes(content)
    try:
        assert pictures.read_picture(path).rgba.shape[2] == 4
    except MediaError as error:
        assert "'a'" in str(error)


@pytest.mark.parametrize(
    "name", ["Zeichnung äöü 画.png", "a b\n; rm -rf.png", "..png", "-rf", "%s{0}.jpg", "'\".gif", "x" * 200]
)
def test_odd_names_are_only_names(tmp_path, name):
    path = saved(tmp_path / name, Image.fromarray(corners()), format="PNG")
    assert pictures.read_picture(path).rgba.shape == (32, 48, 4)
    path.write_bytes(b"no picture")
    with pytest.raises(MediaError) as caught:
        pictures.read_picture(path)
    assert str(tmp_path) not in str(caught.value) and len(str(caught.value)) < 250


@pytest.mark.parametrize("name", ["not there.png", "nul\0byte.png", "x" * 5000, ".", ""])
def test_no_such_file(tmp_path, name):
    with pytest.raises(MediaError):
        pictures.read_picture(f"{tmp_path}/{name}")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(MediaError, match="no file"):
        pictures.read_picture(tmp_path / "pipe.png")


@settings(max_examples=50, deadline=None)
@given(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=40).flatmap(
        lambda shape: st.one_of(
            hnp.arrays(np.uint8, st.sampled_from([shape, (*shape, 1), (*shape, 3), (*shape, 4)])),
            hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)),
            hnp.arrays(bool, shape),
        )
    ),
    st.integers(1, 2000),
)
def test_any_array_becomes_a_picture_within_the_limit(array, max_pixels):
    picture = pictures.from_array(array, max_pixels)
    height, width = picture.rgba.shape[:2]
    assert picture.original_size == (array.shape[1], array.shape[0])
    assert picture.rgba.dtype == np.uint8 and picture.rgba.shape[2] == 4
    assert height * width <= max_pixels
    assert bool(picture.notes) == ((width, height) != picture.original_size)


def test_arrays_keep_their_values():
    rgba = np.dstack([corners(), np.arange(48, dtype=np.uint8)[None].repeat(32, 0)])
    assert (pictures.from_array(rgba).rgba == rgba).all()
    assert (pictures.from_array(corners()).rgba[..., 3] == 255).all()
    assert pictures.from_array(np.array([[0.0, 0.5, 1.0]])).rgba[0, :, 0].tolist() == [0, 128, 255]
    assert pictures.from_array(np.array([[0, 32768, 65535]], np.uint16)).rgba[0, :, 0].tolist() == [0, 128, 255]
    assert pictures.from_array(np.array([[False, True]])).rgba[0, :, 0].tolist() == [0, 255]


@pytest.mark.parametrize(
    "array",
    [None, np.zeros((0, 5)), np.zeros(5), np.zeros((5, 5, 2), np.uint8), np.full((5, 5), 7.0), np.full((5, 5), np.nan)],
)
def test_an_array_that_is_no_picture(array):
    with pytest.raises(MediaError):
        pictures.from_array(array)


def test_a_drawing_pad():
    sheet, stroke = np.full((8, 8, 4), 255, np.uint8), np.zeros((8, 8, 4), np.uint8)
    stroke[2] = (0, 0, 0, 255)
    drawn = np.where(stroke[..., 3:] > 0, stroke, sheet)
    pad = {"background": sheet, "layers": [stroke], "composite": drawn}
    assert (pictures.from_array(pad).rgba == drawn).all()
    assert (pictures.from_array(pad | {"composite": None}).rgba == drawn).all()
    assert (pictures.from_array({"background": None, "layers": [stroke], "composite": None}).rgba == stroke).all()
    with pytest.raises(MediaError, match="Draw or upload"):
        pictures.from_array({"background": None, "layers": [], "composite": None})


def test_over_a_colour():
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    assert pictures.over(rgba, (0, 50, 255)).tolist() == [[[200, 100, 0], [0, 50, 255], [40, 60, 204]]]


def test_a_picture_of_another_form():
    with pytest.raises(ValueError, match="uint8"):
        pictures.Picture(np.zeros((4, 4, 3), np.uint8))


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_settings_come_back_as_they_were(tmp_path_factory, chosen):
    path = tmp_path_factory.mktemp("png") / "a.png"
    pictures.write_png(path, corners(), chosen)
    assert pictures.read_settings(path) == chosen
    assert (pictures.over(pictures.read_picture(path).rgba) == corners()).all()


def test_settings_are_in_the_chunk_that_others_read(tmp_path):
    pictures.write_png(tmp_path / "a.png", corners(), {"seed": 7, "style": "水彩"})
    with Image.open(tmp_path / "a.png") as image:
        assert json.loads(image.text["parameters"]) == {"seed": 7, "style": "水彩"}
    assert "水彩".encode() in (tmp_path / "a.png").read_bytes()


def test_settings_without_a_form_in_json_leave_no_file(tmp_path):
    for wrong in ({"a": object()}, {"a": float("nan")}):
        with pytest.raises((TypeError, ValueError)):
            pictures.write_png(tmp_path / "a.png", corners(), wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_without_settings(tmp_path):
    from PIL.PngImagePlugin import PngInfo

    plain = saved(tmp_path / "plain.png", Image.fromarray(corners()))
    foreign = PngInfo()
    foreign.add_text("parameters", "a castle, Steps: 20")
    other = saved(tmp_path / "other.png", Image.fromarray(corners()), pnginfo=foreign)
    jpeg = saved(tmp_path / "a.jpg", Image.fromarray(corners()))
    for path in (plain, other, jpeg):
        with pytest.raises(MediaError, match="holds no settings"):
            pictures.read_settings(path)
