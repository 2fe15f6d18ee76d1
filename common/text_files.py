"""Text files as people have them: the encoding is found out from the bytes, and what is no text is refused.

found = examine(path, "Save it as CSV.")
with open_text(path, found.encoding) as stream: ...
"""

import codecs
import hashlib
import io
import re
from pathlib import Path
from typing import NamedTuple

from common.errors import UserError

_HEAD, _CHUNK = 1 << 16, 1 << 20  # bytes
_MAGIC = {  # how files begin that are sent by mistake
    b"PK\x03\x04": "a workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a database",
}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class Examined(NamedTuple):
    """What the bytes of a text file tell.

    encoding: utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be or cp1252
    damaged: whether it is utf-8 and some bytes are not, which `open_text` replaces
    sha256: of the whole file
    """

    encoding: str
    damaged: bool
    sha256: str


def examine(path: Path, advice: str) -> Examined:
    """Read a file through once, in pieces.

    The encoding is what a byte order mark says; else UTF-16, where nearly every second byte is zero; else Windows-1252,
    where no more signs beyond ASCII are right in UTF-8 than bytes are wrong; else UTF-8, though a bit of it be broken.
    Raises UserError for a file that is empty or no text. advice: what to do then, the end of the message
    """
    digest, right, wrong = hashlib.sha256(), 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with open(path, "rb") as stream:
        if not (head := stream.read(_HEAD)):
            raise UserError(f"{path.name!r} is empty. {advice}")
        told = _told(path, head, advice)
        stream.seek(0)
        more = True
        while more:
            digest.update(chunk := stream.read(_CHUNK))
            more = bool(chunk)
            if told is None and not (text := decoder.decode(chunk, final=not more)).isascii():
                broken = len(_NOT_UTF8.findall(text))
                wrong += broken
                right += len(text) - len(text.encode("ascii", "ignore")) - broken
    if wrong > 0 and wrong >= right:
        return Examined("cp1252", False, digest.hexdigest())
    return Examined(told or "utf-8", wrong > 0, digest.hexdigest())


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The text of a file, lines ending in a line feed; what is not of the encoding is U+FFFD."""
    return open(path, encoding=encoding, errors="replace", newline=None)


def _told(path: Path, head: bytes, advice: str) -> str | None:
    """The encoding that the first bytes tell; None where they are like those of UTF-8 or an older one."""
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            raise UserError(f"{path.name!r} is {what} and no text. {advice}")
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.05 * max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    if len(_CONTROL.findall(head)) > max(2, 0.02 * len(head)):
        raise UserError(f"{path.name!r} is no text file. {advice}")
    return None
