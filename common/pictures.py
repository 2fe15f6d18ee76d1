"""Read pictures from files that anybody may have sent, and write them with the settings that made them.

A picture in memory is uint8 (H, W, 4), red, green, blue and alpha (255: opaque, not premultiplied), upright.
"""

import json
import math
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common.errors import MediaError
from common.picture_files import format_of, one_line, open_file, read_header, short_name

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 2048 * 2048  # of the picture in memory: 16 MB
MOST_PIXELS = 150_000_000  # of a file: 12,000 x 12,000 and a little; decoded once, at 4 bytes a pixel
MOST_PIXELS_WHOLE = 50_000_000  # of formats whose decoders hold several copies of the picture at once
HOLDS_COPIES = ("WebP", "AVIF")
STRIP = 1 << 20  # pixels that are converted at once while a large picture is reduced
KEY = "parameters"  # of the PNG text chunk that holds the settings
_ONE_LARGE = threading.Lock()  # two pictures of 600 MB at once would be one too many
_QUARTER_TURNS = (5, 6, 7, 8)  # EXIF orientations that swap width and height


@dataclass(frozen=True)
class Picture:
    """A picture in memory.

    rgba: (H, W, 4) uint8, upright
    format: of the file ("PNG", "JPEG", …), or "array"
    original_size: (width, height) in pixels of the upright picture, before it was reduced
    notes: what was changed, in sentences for a person

    Raises ValueError when the array has another form or no pixel.
    """

    rgba: np.ndarray
    format: str = "array"
    original_size: tuple[int, int] = (0, 0)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.rgba.dtype != np.uint8 or self.rgba.ndim != 3 or self.rgba.shape[2] != 4 or 0 in self.rgba.shape:
            raise ValueError(f"a picture must be (H, W, 4) uint8, not {self.rgba.shape} {self.rgba.dtype}")
        if self.original_size == (0, 0):
            object.__setattr__(self, "original_size", (self.rgba.shape[1], self.rgba.shape[0]))


def read_picture(path: str | Path, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a file, told by its content; name and suffix do not matter.

    It is turned upright by its EXIF orientation; of an animation or of several pages the first is taken; a picture of
    more than `max_pixels` is reduced by a whole number, the average of each block (a JPEG already while it is
    decoded). Sizes are checked by the header, before anything is decoded.

    Raises MediaError, which says what to do: no such file, empty, no picture, a kind that is not read (SVG, HEIC, PDF),
    damaged or cut off, larger than MOST_PIXELS.
    """
    name = short_name(path)
    with open_file(path) as file, read_header(file, name) as image:
        kind = format_of(file, name)
        width, height = image.size
        most = MOST_PIXELS_WHOLE if kind in HOLDS_COPIES else MOST_PIXELS
        if width * height > most:
            raise MediaError(
                f"{name} has {width:,} x {height:,} pixels; at most {most // 1_000_000} million are taken from a "
                f"{kind} file. Save it smaller: 2,000 pixels on the longer side are plenty."
            )
        with _ONE_LARGE if width * height > MOST_PIXELS // 4 else nullcontext():
            try:
                notes = _notes_on(image, kind)
                rgba = _decoded(image, kind, max_pixels)
            except Exception as error:  # the decoders raise nearly every kind of error on bytes that are wrong
                raise MediaError(
                    f"{name} is a {kind} file that is cut off or damaged ({one_line(error)}). Copy or save it again."
                ) from error
        orientation = _orientation(image, notes)
    rgba = _upright(rgba, orientation)
    size = (height, width) if orientation in _QUARTER_TURNS else (width, height)
    return Picture(rgba, kind, size, [*notes, *_note_on_size(size, rgba)])


def from_array(value: "np.ndarray | Mapping", max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in an array: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); bool, uint8, uint16, or floats 0..1.

    A mapping is what a drawing pad gives: its "composite", or else its "background" with its "layers" over it.
    Raises MediaError when nothing is there or the array is no picture.
    """
    if isinstance(value, Mapping):
        value = _flattened(value)
    if value is None:
        raise MediaError("There is no picture. Draw or upload one.")
    array = np.asarray(value)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or 0 in array.shape:
        raise MediaError(f"An array of the shape {array.shape} is no picture. Give (H, W, 3) or (H, W, 4).")
    array = _eight_bits(array)
    if array.shape[2] == 1:
        array = np.repeat(array, 3, axis=2)
    if array.shape[2] == 3:
        array = np.concatenate([array, np.full_like(array[..., :1], 255)], axis=2)
    from PIL import Image

    rgba = array if array.shape[0] * array.shape[1] <= max_pixels else _rgba(Image.fromarray(array), max_pixels)
    size = (array.shape[1], array.shape[0])
    return Picture(np.ascontiguousarray(rgba), "array", size, _note_on_size(size, rgba))


def over(rgba: np.ndarray, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    """`rgba` (H, W, 4) uint8 laid over one colour: (H, W, 3) uint8."""
    if rgba[..., 3].min() == 255:
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + np.array(colour, np.uint16) * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def write_png(path: str | Path, rgb: np.ndarray, settings: Mapping) -> None:
    """Write (H, W, 3) or (H, W, 4) uint8 as PNG, with `settings` as JSON in its text chunk "parameters" (iTXt).

    Raises TypeError or ValueError, before anything is written, when the settings have no form in JSON.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = json.dumps(dict(settings), ensure_ascii=False, allow_nan=False)
    chunks = PngInfo()
    chunks.add_itxt(KEY, text)
    Image.fromarray(np.ascontiguousarray(rgb)).save(path, "PNG", pnginfo=chunks)


def read_settings(path: str | Path) -> dict:
    """The settings that `write_png` put into a file. Raises MediaError where there are none."""
    name = short_name(path)
    with open_file(path) as file, read_header(file, name) as image:
        text = image.info.get(KEY)
    try:
        settings = json.loads(text) if text else None
    except ValueError:
        settings = None
    if not isinstance(settings, dict):
        raise MediaError(f"{name} holds no settings. Give a PNG that was downloaded here and not saved again.")
    return settings


def _notes_on(image: "ImageFile", kind: str) -> list[str]:
    notes = []
    if getattr(image, "is_animated", False):
        pages = kind == "TIFF"
        notes.append(
            "The file holds several pages: only the first is used."
            if pages
            else "The picture is animated: only its first frame is used."
        )
    if image.mode == "CMYK":
        notes.append("The picture has the colours of print (CMYK): they were turned into screen colours.")
    return notes


def _note_on_size(size: tuple[int, int], rgba: np.ndarray) -> list[str]:
    height, width = rgba.shape[:2]
    if (width, height) == size:
        return []
    return [f"The picture has {size[0]:,} x {size[1]:,} pixels and was reduced to {width:,} x {height:,}."]


def _factor(size: tuple[int, int], max_pixels: int) -> int:
    """The whole number by which both sides are divided so that at most `max_pixels` are left."""
    factor = max(1, math.floor(math.sqrt(size[0] * size[1] / max_pixels)))
    while math.prod(math.ceil(side / factor) for side in size) > max_pixels:
        factor += 1
    return factor


def _decoded(image: "ImageFile", kind: str, max_pixels: int) -> np.ndarray:
    factor = _factor(image.size, max_pixels)
    if kind == "JPEG" and factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    image.load()
    return _rgba(image, max_pixels)


def _rgba(image: "Image", max_pixels: int) -> np.ndarray:
    """The decoded picture as (H, W, 4) uint8, reduced strip by strip: a copy of the whole would cost as much again."""
    width, height = image.size
    factor = _factor(image.size, max_pixels)
    levels = _levels(image)
    rows = factor * max(1, STRIP // (width * factor))
    strips = []
    for top in range(0, height, rows):
        part = image.crop((0, top, width, min(top + rows, height)))
        part = _converted(part, levels)
        strips.append(np.asarray(part.reduce(factor) if factor > 1 else part))
    return np.concatenate(strips)


def _levels(image: "Image") -> tuple[float, float] | None:
    """What is black and what is white in a picture of more than 8 bits a pixel; None for the others."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    if image.mode not in ("I", "F"):
        return None
    low, high = image.getextrema()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"values from {low} to {high}")
    for white in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= white and not (image.mode == "I" and white == 1.0):
            return 0.0, white
    return low, max(high, low + 1e-6)


def _converted(image: "Image", levels: tuple[float, float] | None) -> "Image":
    from PIL import Image

    if levels is not None:
        black, white = levels
        grey = (np.asarray(image).astype(np.float32) - black) * (255 / (white - black))
        image = Image.fromarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8))
    return image.convert("RGBA")


def _orientation(image: "ImageFile", notes: list[str]) -> int:
    try:
        value = image.getexif().get(0x0112, 1)
    except Exception:  # EXIF is written by many hands; a picture need not be refused for it
        notes.append("The picture's EXIF data are damaged: if it lies on its side, turn it and save it again.")
        return 1
    return value if value in range(1, 9) else 1


def _upright(rgba: np.ndarray, orientation: int) -> np.ndarray:
    """Exif 2.32, tag 0x0112: where the first row and the first column of the stored picture are."""
    if orientation in _QUARTER_TURNS:
        rgba = rgba.transpose(1, 0, 2)
    flip_x, flip_y = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(rgba[:: -1 if flip_y else 1, :: -1 if flip_x else 1])


def _flattened(pad: Mapping) -> np.ndarray | None:
    """One array out of what a drawing pad gives."""
    if pad.get("composite") is not None:
        return pad["composite"]
    from PIL import Image

    sheets = [sheet for sheet in (pad.get("background"), *(pad.get("layers") or ())) if sheet is not None]
    if not sheets:
        return None
    pictures = [Image.fromarray(from_array(sheet).rgba) for sheet in sheets]
    flat = pictures[0]
    for picture in pictures[1:]:
        flat = Image.alpha_composite(flat, picture if picture.size == flat.size else picture.resize(flat.size))
    return np.asarray(flat)


def _eight_bits(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * 255
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1:
        return (array * 255 + 0.5).astype(np.uint8)
    raise MediaError(
        f"An array of {array.dtype} from {array.min()} to {array.max()} is no picture. Give uint8, or floats 0..1."
    )
