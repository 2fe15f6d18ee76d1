"""A person's own style cards on the disk: read, written and deleted, each as one JSON file and one picture."""

import hashlib
import io
import json
import logging
import os
import re
import threading
import time
import uuid
from pathlib import Path

import numpy as np

from common.errors import UserError
from sketch import looks
from sketch.cards import Card

SIDE = 512  # px of the longer side of a stored picture; the models see at most 512
LENGTHS = {"title": 80, "caption": 500, "medium": 60, "era": 60, "licence": 80}  # letters
# Ids are made here and matched against this, so that none leads out of the folder.
_ID = re.compile(r"own-[a-z0-9-]{1,60}-[0-9a-f]{10}")
_SETTLED = 1_000_000_000  # ns after which a folder's time of change can be trusted

log = logging.getLogger(__name__)


class OwnCards:
    """The cards in a folder, <id>.json beside <id>.webp; a card is there when its JSON is.

    folder: it is made. Raises UserError where it can't be.

    Safe to share between threads; cards that another process writes or deletes are seen.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._cards: dict[str, Card] = {}
        self._changed = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{str(folder)!r} can't hold styles: {error}. Name another folder.") from error

    def all(self) -> dict[str, Card]:
        """The cards by id, in the order of their ids."""
        with self._lock:
            changed = self._folder.stat().st_mtime_ns
            # Two changes in quick succession can bear one time.
            if changed != self._changed or time.time_ns() - changed < _SETTLED:
                names = sorted(file.stem for file in self._folder.glob("own-*.json") if _ID.fullmatch(file.stem))
                cards = {name: self._cards.get(name) or _read(self._folder / f"{name}.json") for name in names}
                self._cards = {name: card for name, card in cards.items() if card is not None}
                self._changed = changed
            return dict(self._cards)

    def draft(self, words: dict[str, str], rgb: np.ndarray) -> Card:
        """The card for a picture (H, W, 3) uint8 and its words; its picture is written, the card is not there yet.

        words: title, caption, medium, era, licence. The picture is stored at most 512 px wide or high, without the
        file's metadata. The same picture and title give the same id. Raises UserError for words that are too long, and
        where the title is empty.
        """
        words = {key: checked(key, words[key]) for key in LENGTHS}
        if not words["title"]:
            raise UserError("A style needs a title. Say in a few words what it looks like.")
        slug = re.sub(r"[^a-z0-9]+", "-", words["title"].lower())[:60].strip("-") or "style"
        mark = hashlib.sha256(rgb.tobytes() + words["title"].encode()).hexdigest()[:10]
        picture = self._folder / f"own-{slug}-{mark}.webp"
        _write_picture(picture, rgb)
        return Card(id=picture.stem, **words, palette=looks.main_colours(rgb), picture=picture, own=True)

    def keep(self, card: Card) -> None:
        """Put a drafted card there."""
        entry = {key: getattr(card, key) for key in (*LENGTHS, "palette")}
        with self._lock:
            replace_file(self._folder / f"{card.id}.json", json.dumps(entry, ensure_ascii=False).encode())
            self._cards = dict(sorted({**self._cards, card.id: card}.items()))

    def delete(self, card_id: str) -> None:
        """Take a card and its picture away; one that is not there is passed over."""
        if not _ID.fullmatch(card_id):
            raise ValueError(f"{card_id!r} is no id of a card of one's own")
        with self._lock:
            (self._folder / f"{card_id}.json").unlink(missing_ok=True)
            (self._folder / f"{card_id}.webp").unlink(missing_ok=True)
            self._cards.pop(card_id, None)


def checked(key: str, value: str) -> str:
    """A person's words for a field of LENGTHS, on one line. Raises UserError where they are too long."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())
    if len(words) > LENGTHS[key]:
        raise UserError(f"The {key} has {len(words)} letters; at most {LENGTHS[key]} are kept: {quoted(words)}.")
    return words


def quoted(value: str) -> str:
    """A person's words as a message quotes them, cut where they are long."""
    return repr(value if len(value) <= 60 else value[:57] + "…")


def save_array(file: Path, array: np.ndarray) -> None:
    """Write an array as .npy, whole or not at all."""
    written = io.BytesIO()
    np.save(written, array, allow_pickle=False)
    replace_file(file, written.getvalue())


def replace_file(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    new = file.with_name(f"{file.name}.{uuid.uuid4().hex[:8]}.new")
    new.write_bytes(data)
    os.replace(new, file)


def _write_picture(file: Path, rgb: np.ndarray) -> None:
    from PIL import Image

    image = Image.fromarray(rgb)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "WEBP", quality=90)
    replace_file(file, written.getvalue())


def _is_whole(picture: Path) -> bool:
    """Whether a WebP file is one and is not cut off: its length is in its header (RFC 9649). OSError if not there."""
    with open(picture, "rb") as file:
        head = file.read(12)
    length = 8 + int.from_bytes(head[4:8], "little")
    return head[:4] == b"RIFF" and head[8:] == b"WEBP" and picture.stat().st_size == length


def _read(file: Path) -> Card | None:
    """The card in a JSON file; None, with a warning, where the file or its picture is not as this module writes it."""
    try:
        entry = json.loads(file.read_text(encoding="utf-8"))
        words = {key: checked(key, entry[key]) for key in LENGTHS}
        palette = tuple(entry["palette"])
        looks.of_palette(palette)  # raises for what is no colour
        picture = file.with_suffix(".webp")
        if not words["title"] or not _is_whole(picture):
            raise ValueError("it has no title, or its picture is damaged")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UserError) as error:
        log.warning("the style %s is passed over: %s: %s", file.name, type(error).__name__, error)
        return None
    return Card(id=file.stem, **words, palette=palette, picture=picture, own=True)
