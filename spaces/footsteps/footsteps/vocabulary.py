"""The places, grounds and shoes that the system can name, read from vocabulary.toml."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from common import toml

REVERBS = ("none", "open", "small_room", "large_room")


@dataclass(frozen=True)
class Entry:
    """One thing that can be named: id for files, name for people, prompts for CLIP."""

    id: str
    name: str
    prompts: tuple[str, ...]


@dataclass(frozen=True)
class Environment(Entry):
    """A place, with the id of its usual surface and its reverb, one of REVERBS."""

    surface: str
    reverb: str


def _entries(kind: type[Entry], table: dict) -> Mapping[str, Entry]:
    entries = {key: kind(id=key, **{**fields, "prompts": tuple(fields["prompts"])}) for key, fields in table.items()}
    return MappingProxyType(entries)


_TABLES = toml.read(Path(__file__).with_suffix(".toml"))

ENVIRONMENTS: Mapping[str, Environment] = _entries(Environment, _TABLES["environments"])
SURFACES: Mapping[str, Entry] = _entries(Entry, _TABLES["surfaces"])
FOOTWEAR: Mapping[str, Entry] = _entries(Entry, _TABLES["footwear"])
