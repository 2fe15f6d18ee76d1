"""Recorded footsteps by surface, as they lie in the data folder."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.media import RATE

# Kinds of recordings (folder/name without number) that show one footstep on a floor of the vocabulary. Left out: feet
# that turn on the spot (wander), landings, floors that the vocabulary doesn't have (stone, ice, glass),
# footwear on an unnamed floor, files of 22 kHz, and files over 1.2 s, which hold no single step.
KINDS = {
    "concrete": ("cdda/walk_t_concrete", "presence/concrete_walk", "presence/concrete_run", "redeclipse/concstep"),
    "wood": (
        "cdda/walk_t_floor",
        "minetest/default_wood_footstep",
        "presence/wood_walk",
        "presence/bluntwood_walk",
        "presence/squeakywood_walk",
    ),
    "marble": ("presence/marble_walk", "presence/marble_run"),
    "metal": (
        "cdda/walk_metal",
        "minetest/default_metal_footstep",
        "presence/metalbar_walk",
        "presence/metalbar_run",
        "presence/metalbox_walk",
        "presence/metalbox_run",
    ),
    "gravel": (
        "cdda/walk_t_gravel",
        "minetest/default_gravel_footstep",
        "presence/gravel_walk",
        "presence/gravel_run",
    ),
    "dirt": ("cdda/walk_dirt", "minetest/default_dirt_footstep", "presence/dirt_walk", "presence/dirt_run"),
    "leaves": ("presence/leaves_through", "presence/brush_through"),
    "sand": ("minetest/default_sand_footstep", "presence/sand_walk", "presence/sand_run", "presence/quicksand_walk"),
    "snow": ("minetest/default_snow_footstep", "presence/snow_walk", "presence/snow_run"),
    "mud": ("presence/mud_walk",),
    "deck": ("presence/deckwood_run",),
    "water": ("cdda/walk_water", "cdda/walk_t_water_sh", "presence/water_through", "redeclipse/swimstep"),
    "grass": (
        "cdda/walk_grass",
        "cdda/walk_t_grass_long",
        "minetest/default_grass_footstep",
        "presence/grass_walk",
        "presence/grass_run",
    ),
    "carpet": ("cdda/walk_t_carpet", "presence/rug_walk"),
    "tile": ("presence/lino_walk", "presence/lino_run"),  # linoleum: the nearest smooth hard covering that is recorded
}


@dataclass(frozen=True)
class Recording:
    """One recorded footstep.

    source: folder of the collection it comes from; licence_class: as in MANIFEST.csv; sound: (N,) mono at 48 kHz
    """

    surface: str
    source: str
    licence_class: str
    kind: str
    running: bool
    sound: np.ndarray

    @property
    def may_shape(self) -> bool:
        """Whether numbers that the project ships may be derived from it; the others are for measuring alone."""
        return self.licence_class == "redistributable"


def recordings(folder: Path) -> list[Recording]:
    """All recordings of `KINDS`, sorted by file name. folder: of the topic, MANIFEST.csv lies beside it."""
    import soundfile
    from scipy.signal import resample_poly

    surface_of = {kind: surface for surface, kinds in KINDS.items() for kind in kinds}
    with (folder.parent / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        classes = {row["file"]: row["licence_class"] for row in csv.DictReader(file) if row["topic"] == "footsteps"}
    found = []
    for name, licence_class in sorted(classes.items()):
        path = Path(name)
        kind = f"{path.parent.name}/{path.stem.rstrip('0123456789').rstrip('._')}"
        if kind not in surface_of:
            continue
        sound, rate = soundfile.read(folder.parent / path, dtype="float64", always_2d=True)
        if rate < 44100 or len(sound) / rate > 1.2:
            continue
        sound = resample_poly(sound.mean(axis=1), RATE // np.gcd(RATE, rate), rate // np.gcd(RATE, rate))
        source = path.parent.name
        found.append(Recording(surface_of[kind], source, licence_class, kind, kind.endswith("_run"), sound))
    return found
