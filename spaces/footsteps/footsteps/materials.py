"""What floors and shoes are made of, as far as it can be heard: the numbers of materials.toml with their units.

The gains of a floor are those of a step in boots; how another shoe changes them follows from the contact
time of the pair (see excitation.contact_time).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from common.errors import UserError
from common.toml import read


@dataclass(frozen=True)
class Thump:
    """The lowest resonance of floor and leg together: one strongly damped mode.

    frequency: Hz; decay: ms to 1/e; gain: dB
    """

    frequency: float
    decay: float
    gain: float


@dataclass(frozen=True)
class Modes:
    """Bending modes of a plate or board, spread evenly in pitch.

    count: how many; low, high: Hz; decay: ms to 1/e at `low`; damping: decay falls with frequency to this power;
    tilt: dB per octave; jitter: change of all frequencies from one spot of the floor to another, as a share; gain: dB
    """

    count: int
    low: float
    high: float
    decay: float
    damping: float
    tilt: float
    jitter: float
    gain: float


@dataclass(frozen=True)
class Noise:
    """What too many small events to tell apart add up to: a bell-shaped band of noise.

    center: Hz; width: octaves (one standard deviation); gain: dB
    attack, decay: ms, after each contact
    load: how much the band also follows the weight on the foot while it rolls, against the contacts (1)
    flutter: depth of the irregular fluctuation, 0 is a steady hiss
    couple: how strongly the band follows the hardness of the contact, 0 (not) .. 1
    """

    center: float
    width: float
    gain: float
    attack: float
    decay: float
    load: float = 0.0
    flutter: float = 0.0
    couple: float = 0.0


@dataclass(frozen=True)
class Grains:
    """Separate small collisions or fractures (stones, ice crystals, dry leaves).

    count: mean number in a step; center: Hz; width: octaves; ring: cycles to 1/e; spread: dB of their strengths
    burst: mean number that follow on one another within a few ms; gain: dB; attack, decay, load: as in Noise
    """

    count: float
    center: float
    width: float
    ring: float
    spread: float
    burst: float
    gain: float
    attack: float
    decay: float
    load: float = 0.0


@dataclass(frozen=True)
class Bubbles:
    """Air closed in by liquid, ringing at Minnaert's frequency.

    count: mean number in a step; small, large: radius in mm; gain: dB
    spread: ms over which they come after the foot goes in; pull: share that comes when the foot is drawn out
    """

    count: float
    small: float
    large: float
    gain: float
    spread: float
    pull: float


@dataclass(frozen=True)
class Floor:
    """A surface.

    level: dB, loudness of a walk in boots against the other floors
    contact: ms for which a rigid shoe would touch it (its softness)
    toe: dB of the ball's impact against the heel's
    click: dB of the force pulse itself, where it is radiated (hard floors)
    lead: ms by which noise that follows the load sets in before the heel (blades brushed in the swing)
    dry: how much of the shoe's own sound is heard, 0 (swallowed) .. 1
    """

    id: str
    level: float
    contact: float
    toe: float
    dry: float
    click: float | None = None
    lead: float = 0.0
    thump: Thump | None = None
    modes: Modes | None = None
    noise: tuple[Noise, ...] = ()
    grains: Grains | None = None
    bubbles: Bubbles | None = None


@dataclass(frozen=True)
class Shoe:
    """Footwear.

    level: dB against boots on a hard floor
    heel, ball: ms for which that part would touch a rigid floor
    gap: ms from heel to ball at a walk; toe: dB of the ball's impact, on top of the floor's
    mass: dB of the thump; crush: dB of grains
    ring: resonances of the heel as (Hz, ms to 1/e, dB)
    noise: sole and skin
    """

    id: str
    level: float
    heel: float
    ball: float
    gap: float
    toe: float
    mass: float
    crush: float
    ring: tuple[tuple[float, float, float], ...] = ()
    noise: tuple[Noise, ...] = ()


_PARTS = {"thump": Thump, "modes": Modes, "grains": Grains, "bubbles": Bubbles}


def floor_from(id: str, table: dict) -> Floor:
    """A Floor from its table in materials.toml."""
    parts = {key: _PARTS[key](**value) if key in _PARTS else value for key, value in table.items()}
    return Floor(id, **parts | {"noise": tuple(Noise(**n) for n in table.get("noise", ()))})


def shoe_from(id: str, table: dict) -> Shoe:
    """A Shoe from its table in materials.toml."""
    ring = tuple(tuple(r) for r in table.get("ring", ()))
    return Shoe(id, **table | {"ring": ring, "noise": tuple(Noise(**n) for n in table.get("noise", ()))})


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, Floor], dict[str, Shoe]]:
    tables = read(Path(__file__).with_name("materials.toml"))
    floors = {id: floor_from(id, t) for id, t in tables["floor"].items()}
    shoes = {id: shoe_from(id, t) for id, t in tables["shoe"].items()}
    return floors, shoes


def surfaces() -> list[str]:
    """Ids of the floors that can be walked on."""
    return list(_tables()[0])


def footwear() -> list[str]:
    """Ids of the shoes that can be worn."""
    return list(_tables()[1])


def floor(id: str) -> Floor:
    """The floor called `id`. Raises UserError when there is none."""
    if id not in _tables()[0]:
        raise UserError(f"no surface is called {id!r}; there are: {', '.join(surfaces())}")
    return _tables()[0][id]


def shoe(id: str) -> Shoe:
    """The shoe called `id`. Raises UserError when there is none."""
    if id not in _tables()[1]:
        raise UserError(f"no footwear is called {id!r}; there are: {', '.join(footwear())}")
    return _tables()[1][id]
