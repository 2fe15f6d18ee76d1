"""Style cards: a picture with what is known about its look. The built-in ones are in cards/cards.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from common import toml

if TYPE_CHECKING:
    import numpy as np

FOLDER = Path(__file__).with_name("cards")
# A caption falls apart where a part can be understood by itself: "thin white lines", "on a blue sheet", "an old map".
_CUT = re.compile(r"[,;:.]\s+|\s+like\s+|\s+as\s+(?=on|in|of|if|from)")
_STARTS = re.compile(r"^(?:like|as|and|with|in|or)\s+", re.IGNORECASE)
_SHORTEST_PART = 4  # letters


@dataclass(frozen=True)
class Card:
    """A look that can be found and used.

    id: unique; letters, digits, dashes and underscores
    title, caption: what it is called and what it looks like, in words
    medium, era: what a search can be narrowed to, such as "watercolour" and "19th century"
    palette: its main colours as #rrggbb
    licence: of the picture
    picture: its file, None where there is none
    own: whether a person added it; only such a card can be deleted
    """

    id: str
    title: str
    caption: str
    medium: str
    era: str
    palette: tuple[str, ...]
    licence: str
    picture: Path | None = None
    own: bool = False

    @property
    def text(self) -> str:
        """All that it says about itself, as the search reads it."""
        where = ", ".join(part for part in (self.medium, self.era) if part)
        return " ".join(part for part in (f"{self.title}.", self.caption, where) if part)

    @property
    def parts(self) -> list[str]:
        """The title and the parts of the caption that can be understood by themselves."""
        parts = [_STARTS.sub("", part.strip(" .")) for part in _CUT.split(self.caption)]
        return [self.title, *(part for part in parts if len(part) >= _SHORTEST_PART)]

    def rgb(self) -> "np.ndarray | None":
        """The picture, (H, W, 3) uint8 over white, or None where there is none. Raises MediaError."""
        if self.picture is None:
            return None
        from common.pictures import over, read_picture

        return over(read_picture(self.picture).rgba)


@dataclass(frozen=True)
class Recipe:
    """How the picture of a built-in card is drawn: the style shader, its colours (the ground first), its seed."""

    shader: str
    palette: tuple[str, ...]
    seed: int


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping]:
    return MappingProxyType(toml.read(FOLDER / "cards.toml"))


def built_in() -> dict[str, Card]:
    """The cards that come with the system, by id, in the order of cards.toml."""
    table = _table()
    cards = {}
    for name, entry in table.items():
        if not isinstance(entry, Mapping):
            continue  # the licence, which is that of all of them
        picture = FOLDER / f"{name}.webp"
        cards[name] = Card(
            id=name,
            **{key: entry[key] for key in ("title", "caption", "medium", "era")},
            palette=tuple(entry["palette"]),
            licence=table["licence"],
            picture=picture if picture.is_file() else None,
        )
    return cards


def recipes() -> dict[str, Recipe]:
    """How the pictures of the built-in cards are drawn, by id."""
    entries = {name: entry for name, entry in _table().items() if isinstance(entry, Mapping)}
    return {name: Recipe(entry["shader"], tuple(entry["palette"]), entry["seed"]) for name, entry in entries.items()}
