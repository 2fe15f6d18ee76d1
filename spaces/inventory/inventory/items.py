"""What is kept in stock, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Something that is bought and used up.

    unit: that of all its amounts
    pack_size: what one pack holds, in that unit; orders are whole packs
    lead_days: from an order to its arrival, days
    shelf_life_days: from its arrival until it has to be thrown away; None where it keeps
    price: of one unit
    aliases: other names for it, in any language
    """

    name: str
    unit: str
    category: str = ""
    pack_size: float = 1.0
    lead_days: int = 1
    shelf_life_days: int | None = None
    price: float = 0.0
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlet:
    """A place that keeps stock. aliases: other names for it"""

    name: str
    aliases: tuple[str, ...] = ()
