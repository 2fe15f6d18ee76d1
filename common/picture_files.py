"""Open picture files that anybody may have sent, as far as their header: told by content, nothing decoded yet."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import MediaError

if TYPE_CHECKING:
    from typing import BinaryIO

    from PIL.ImageFile import ImageFile

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF", "AVIF")


def short_name(path: str | Path) -> str:
    """The file's name for a message, quoted, without its folders, and short."""
    name = Path(path).name
    return repr(name if len(name) <= 80 else name[:40] + "…" + name[-36:])


def one_line(error: Exception) -> str:
    """What a library says was wrong, short enough for a message."""
    return " ".join(str(error).split())[:100] or type(error).__name__


def open_file(path: str | Path) -> "BinaryIO":
    """A file for reading. Raises MediaError when it is missing, empty, no file, or can't be opened."""
    name = short_name(path)
    try:
        if not os.path.isfile(path):
            raise MediaError(f"There is no file {name}. Upload the picture again.")
        if os.path.getsize(path) == 0:
            raise MediaError(f"{name} is empty. Upload the picture again.")
        return open(path, "rb")
    except (OSError, ValueError) as error:  # no leave to read it, or a name that the system does not take
        raise MediaError(f"{name} can't be opened ({one_line(error)}). Upload the picture again.") from error


def format_of(file: "BinaryIO", name: str) -> str:
    """The format by the first bytes. Raises MediaError for what is none of FORMATS."""
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    brands = start[8 : int.from_bytes(start[:4], "big")] if start[4:8] == b"ftyp" else b""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WebP"
    if start.startswith(b"BM"):
        return "BMP"
    if start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if b"avif" in brands or b"avis" in brands:
        return "AVIF"
    what, advice = "no picture", f"Give a picture as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."
    if b"<svg" in start.lower().replace(b"\0", b""):
        what, advice = (
            "an SVG drawing, which is not read",
            "Open it in a browser or a drawing program and save it as PNG.",
        )
    elif brands:
        heic = brands[:4] in (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc")
        what = "a HEIC picture, which is not read" if heic else "a video"
        advice = "Save it as JPEG or PNG." if heic else "Give a single picture of it."
    elif start.startswith(b"%PDF"):
        what, advice = "a PDF document, which is not read", "Save the page as PNG."
    raise MediaError(f"{name} is {what}. {advice}")


def read_header(file: "BinaryIO", name: str) -> "ImageFile":
    """Size, mode and tags of a picture; nothing is decoded yet. Raises MediaError for what is no picture or damaged."""
    from PIL import (
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    # Not Image.open(): its own limit warns at 89 million pixels, raises at 179, and is a global of the process.
    readers = {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "GIF": GifImagePlugin.GifImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "AVIF": AvifImagePlugin.AvifImageFile,
    }
    kind = format_of(file, name)
    try:
        return readers[kind](file)
    except Exception as error:  # the parsers raise nearly every kind of error on bytes that are wrong
        raise MediaError(
            f"{name} begins like a {kind} file but can't be read ({one_line(error)}): it is cut off, damaged or no "
            "picture. Copy or save it again."
        ) from error
