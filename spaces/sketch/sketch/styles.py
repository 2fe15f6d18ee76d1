"""The library of styles: the built-in cards and a person's own, stored, embedded and searchable at once."""

import hashlib
import re
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from common import folders, vectors
from common.errors import UserError
from sketch import cards as style_cards
from sketch.cards import Card
from sketch.own_cards import LENGTHS, OwnCards, quoted, save_array
from sketch.retrieval import Found, Match, StyleSearch

if TYPE_CHECKING:
    from sketch.embeddings import StyleEmbeddings

DATA_VARIABLE = folders.DATA_VARIABLE
MOST_OWN = 10_000  # cards of a person's own
MOST_PARTS = 20_000  # cards whose parts are kept in memory, about 10 kB each
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


_SHARED: dict[Path, "StyleLibrary"] = {}
_SHARING = threading.Lock()


def data_folder() -> Path:
    """Where a person's own styles are kept: $DEMO_DATA_DIR/sketch, else demo-house/sketch in the user's data folder."""
    return folders.data_folder("sketch")


def known(folder: str | Path | None = None) -> dict[str, Card]:
    """The cards of the library in `folder` (None: `data_folder()`) by id, without opening its index."""
    return {**style_cards.built_in(), **OwnCards(Path(folder or data_folder()) / "own").all()}


@dataclass(frozen=True)
class Imported:
    """What an import brought: the cards, and for each file that was left out its name and why."""

    cards: list[Card] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


class StyleLibrary:
    """Style cards that can be listed, searched, added and deleted.

    folder: of the person's own cards and of the index; it is made. Its form:
        own/<id>.json, own/<id>.webp    a card and its picture; the card is there when its JSON is
        parts/<model>/<id>.npy          vectors of the parts of a caption, made again where they are missing
        vectors/                        the index, unless CHROMA_URL names a server
    embeddings: from `sketch.embeddings`; each kind has an index of its own
    built_in: None for those that come with the system

    Starting again changes nothing: what is missing or changed is embedded, what is gone is taken out. Safe to share
    between threads.
    """

    def __init__(
        self, folder: str | Path, embeddings: "StyleEmbeddings", built_in: Mapping[str, Card] | None = None
    ) -> None:
        self.folder = Path(folder)
        self._embeddings = embeddings
        self._built_in = dict(style_cards.built_in() if built_in is None else built_in)
        self._lock = threading.RLock()
        self._own = OwnCards(self.folder / "own")
        self._parts_folder = self.folder / "parts" / embeddings.name
        self._parts_folder.mkdir(parents=True, exist_ok=True)
        self._client = vectors.connect(self.folder / "vectors")
        self._collection = vectors.Collection(self._client, f"styles-{embeddings.name}-{self._identity()}")
        self._parts = lru_cache(maxsize=MOST_PARTS)(self._read_parts)
        self._remembered: dict[str, np.ndarray] = {}
        self._search: StyleSearch | None = None
        self._synchronise()

    @classmethod
    def open(cls, folder: str | Path | None = None) -> "StyleLibrary":
        """The library in `folder` (None: `data_folder()`) with the embeddings of the tier in use."""
        from sketch import embeddings

        return cls(folder or data_folder(), embeddings.load())

    @classmethod
    def shared(cls) -> "StyleLibrary":
        """The library of this process in `data_folder()`, opened once for all who ask."""
        with _SHARING:
            folder = data_folder()
            if folder not in _SHARED:
                _SHARED[folder] = cls.open(folder)
            return _SHARED[folder]

    def close(self) -> None:
        """Let go of the index; the library can't be used any more."""
        vectors.disconnect(self._client)

    def list_styles(self, medium: str | None = None, era: str | None = None, own: bool | None = None) -> list[Card]:
        """Cards in a steady order, the built-in ones first, narrowed to what is given."""
        asked = {"medium": medium, "era": era, "own": own}
        asked = {key: value for key, value in asked.items() if value is not None}
        return [card for card in self._cards().values() if all(getattr(card, key) == asked[key] for key in asked)]

    def card(self, card_id: str) -> Card:
        """The card of an id. Raises UserError where there is none."""
        if (card := self._cards().get(card_id)) is None:
            raise UserError(f"There is no style {quoted(card_id)}. Choose one from the list of styles.")
        return card

    def find(self, text: str, k: int = 3, where: Mapping[str, Any] | None = None) -> Found:
        """The best cards for a request, and whether any of them fits; see `StyleSearch.find`."""
        return self.current_search().find(text, k, where)

    def search(self, text: str, k: int = 3, where: Mapping[str, Any] | None = None) -> list[Match]:
        """The matches of `find` alone."""
        return list(self.find(text, k, where).matches)

    def current_search(self) -> StyleSearch:
        """The search over the cards as they are now; made again only when they have changed."""
        with self._lock:
            cards = self._cards()
            if self._search is None or self._search.cards != cards:
                self._search = StyleSearch(self._embeddings, self._collection, cards, self._parts, self._remembered)
            return self._search

    def add_style(
        self,
        picture: str | Path,
        title: str,
        caption: str = "",
        medium: str = "",
        era: str = "",
        licence: str = "",
    ) -> Card:
        """Take a person's picture into the library; it can be found at once.

        The picture is stored anew, at most 512 px, over white, without the file's metadata. The same picture under the
        same title again replaces the card. Raises MediaError where the file is no picture, UserError for a title that
        is empty, words that are too long, or a full library.
        """
        from common.pictures import over, read_picture

        rgb = over(read_picture(picture).rgba)
        words = {"title": title, "caption": caption, "medium": medium, "era": era, "licence": licence}
        with self._lock:
            if len(self._own.all()) >= MOST_OWN:
                raise UserError(f"The library holds {MOST_OWN:,} styles of your own. Delete some first.")
            card = self._own.draft(words, rgb)
            self._put([card])
            self._own.keep(card)
        return card

    def import_folder(self, folder: str | Path, medium: str = "", licence: str = "") -> Imported:
        """Add every picture in a folder of this machine, not those in folders below it; a file that fails is left out.

        The title is the file's name; a caption is read from a text file of the same name, where there is one.
        For scripts: never give it a path that somebody sent. Raises UserError where there is no such folder.
        """
        folder = Path(folder)
        if not folder.is_dir():
            raise UserError(f"There is no folder {str(folder)!r}. Name one with pictures in it.")
        done = Imported()
        for file in sorted(folder.iterdir()):
            if file.suffix.lower() not in SUFFIXES or file.name.startswith("."):
                continue
            title = " ".join(re.sub(r"[_-]+", " ", file.stem).split())[: LENGTHS["title"]]
            beside = file.with_suffix(".txt")
            try:
                caption = beside.read_text(encoding="utf-8") if beside.is_file() else ""
                done.cards.append(self.add_style(file, title, caption, medium, licence=licence))
            except UnicodeDecodeError:
                done.left_out.append((file.name, f"{beside.name!r} is no text in UTF-8. Save it as such."))
            except UserError as error:
                done.left_out.append((file.name, str(error)))
        return done

    def delete_style(self, card_id: str) -> None:
        """Delete a card of the person's own. Raises UserError for a built-in one and for an id that is not there."""
        with self._lock:
            if not self.card(card_id).own:
                raise UserError(f"{card_id!r} comes with the system and can't be deleted. Your own styles can be.")
            self._own.delete(card_id)
            self._collection.delete([card_id])
            self._forget_parts(card_id)

    def _cards(self) -> dict[str, Card]:
        return {**self._built_in, **self._own.all()}

    def _synchronise(self) -> None:
        """Bring the index to the cards: embed what is missing or changed, take out what is gone."""
        with self._lock:
            there = {name: data.get("content") for name, data in self._collection.metadata().items()}
            cards = self._cards()
            self._collection.delete([name for name in there if name not in cards])
            self._put([card for name, card in cards.items() if there.get(name) != _content(card)])
            for file in self._parts_folder.glob("*.npy"):
                if file.name.split(".")[0] not in cards:
                    file.unlink(missing_ok=True)

    def _put(self, cards: Sequence[Card]) -> None:
        """Embed cards and put them into the index, and their parts beside it."""
        if not cards:
            return
        embedded = self._embeddings.embed_cards(cards)
        for card in cards:
            self._forget_parts(card.id)
        metadatas = [
            {"medium": card.medium, "era": card.era, "own": card.own, "content": _content(card)} for card in cards
        ]
        self._embed_parts(cards)
        self._collection.upsert([card.id for card in cards], embedded, metadatas)

    def _embed_parts(self, cards: Sequence[Card]) -> list[np.ndarray]:
        parts = [card.parts for card in cards]
        all_vectors = self._embeddings.meaning([part for some in parts for part in some]).astype(np.float16)
        split = np.split(all_vectors, np.cumsum([len(some) for some in parts])[:-1])
        for card, some in zip(cards, split, strict=True):
            save_array(self._parts_file(card), some)
        return split

    def _read_parts(self, card: Card) -> np.ndarray:
        try:
            found = np.load(self._parts_file(card), allow_pickle=False)
        except (FileNotFoundError, EOFError, ValueError):  # missing, empty, cut off
            found = self._embed_parts([card])[0]
        return found.astype(np.float32)

    def _parts_file(self, card: Card) -> Path:
        return self._parts_folder / f"{card.id}.{_content(card)}.npy"

    def _forget_parts(self, card_id: str) -> None:
        for file in self._parts_folder.glob(f"{card_id}.*.npy"):
            file.unlink(missing_ok=True)

    def _identity(self) -> str:
        """A mark of this folder, made once, so that two libraries on one server keep apart."""
        file = self.folder / "identity"
        try:
            with open(file, "x") as new:
                new.write(uuid.uuid4().hex[:12])
        except FileExistsError:
            pass
        return file.read_text().strip()


@lru_cache(maxsize=2 * MOST_OWN)
def _content_at(card: Card, changed: int) -> str:
    digest = hashlib.sha256(f"{card.text}\0{card.palette}\0".encode())
    if card.picture is not None and changed:
        digest.update(card.picture.read_bytes())
    return digest.hexdigest()[:16]


def _content(card: Card) -> str:
    """A mark of all that goes into a card's vector."""
    there = card.picture is not None and card.picture.is_file()
    return _content_at(card, card.picture.stat().st_mtime_ns if there else 0)
