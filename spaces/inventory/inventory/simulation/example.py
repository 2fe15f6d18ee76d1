"""The example business: six food outlets in Malaysia and the twenty things that they keep in stock."""

from dataclasses import replace

from inventory.items import Item, Outlet

OUTLETS = (
    Outlet("Bangsar"),
    Outlet("Bukit Bintang", ("BB",)),
    Outlet("Johor Bahru", ("JB", "Johor")),
    Outlet("Melaka Riverside", ("Melaka", "Malacca")),
    Outlet("Penang Road", ("Penang", "Pulau Pinang")),
    Outlet("Subang", ("Subang Jaya",)),
)

# name, unit, category, pack, lead days, shelf life in days, price in ringgit, aliases
ITEMS = (
    Item("chicken", "kg", "meat", 5, 1, 3, 11.0, ("ayam", "chickens")),
    Item("beef", "kg", "meat", 2.5, 2, 4, 38.0, ("daging lembu", "daging")),
    Item("prawns", "kg", "seafood", 2, 1, 2, 42.0, ("udang", "prawn", "shrimps")),
    Item("fish fillet", "kg", "seafood", 2.5, 1, 2, 26.0, ("isi ikan", "ikan", "fish")),
    Item("eggs", "pcs", "dairy and eggs", 30, 2, 21, 0.45, ("telur", "egg")),
    Item("tofu", "pcs", "dairy and eggs", 10, 1, 4, 0.6, ("tauhu", "bean curd")),
    Item("rice", "kg", "dry goods", 25, 3, None, 3.2, ("beras",)),
    Item("noodles", "kg", "dry goods", 5, 1, 5, 4.5, ("mi kuning", "mi", "yellow noodles")),
    Item("cooking oil", "l", "dry goods", 5, 3, None, 6.5, ("minyak masak", "minyak", "oil")),
    Item("coconut milk", "l", "dairy and eggs", 1, 1, 3, 9.0, ("santan",)),
    Item("milk", "l", "dairy and eggs", 6, 1, 7, 7.0, ("susu",)),
    Item("sugar", "kg", "dry goods", 5, 3, None, 2.9, ("gula",)),
    Item("flour", "kg", "dry goods", 5, 3, None, 3.2, ("tepung",)),
    Item("onions", "kg", "vegetables", 5, 2, 21, 4.0, ("bawang", "onion")),
    Item("chillies", "kg", "vegetables", 1, 1, 10, 14.0, ("cili", "chilli", "chili")),
    Item("potatoes", "kg", "vegetables", 5, 2, 21, 3.6, ("kentang", "potato")),
    Item("lettuce", "kg", "vegetables", 1, 1, 4, 9.0, ("daun salad", "salad leaves")),
    Item("bread rolls", "pcs", "bakery", 12, 1, 2, 0.7, ("roti", "rolls", "bread")),
    Item("coffee beans", "kg", "drinks", 1, 4, None, 60.0, ("biji kopi", "kopi", "coffee")),
    Item("tea leaves", "kg", "drinks", 0.5, 4, None, 32.0, ("daun teh", "teh", "tea")),
)


def business(outlets: int, items: int) -> tuple[tuple[Outlet, ...], tuple[Item, ...]]:
    """So many outlets and items: those of the example first, then more of the same kinds under numbered names.

    Raises ValueError below one.
    """
    if outlets < 1 or items < 1:
        raise ValueError(f"a business has outlets and items, not {outlets} and {items}")
    return _as_many(OUTLETS, outlets), _as_many(ITEMS, items)


def _as_many(things: tuple, count: int) -> tuple:
    more = [
        replace(things[at % len(things)], name=f"{things[at % len(things)].name} {at // len(things) + 1}", aliases=())
        for at in range(len(things), count)
    ]
    return (*things[:count], *more)
