"""Units of amounts, in English and Malay, and how one becomes another."""

from common.errors import UserError

# Of one kind, as multiples of its first. Avoirdupois pounds and ounces; a kati is 16 tahil, 1 1/3 pounds.
_KINDS = {
    "weight": {"g": 1.0, "kg": 1000.0, "mg": 0.001, "lb": 453.59237, "oz": 28.349523125, "kati": 453.59237 * 4 / 3},
    "volume": {"ml": 1.0, "l": 1000.0, "cl": 10.0},
    "count": {"pcs": 1.0, "dozen": 12.0},
}
# What holds an amount that only its own label tells: a box is a box.
_HOLDERS = ("box", "pack", "bag", "bottle", "can", "tray", "carton", "bundle", "tub", "roll")
_SPELLINGS = {
    "g": "gm gms gram grams gramme grammes",
    "kg": "kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "mg": "milligram milligrams miligram",
    "lb": "lbs pound pounds paun",
    "oz": "ounce ounces auns",
    "kati": "catty catties",
    "ml": "mls millilitre millilitres milliliter milliliters mililiter",
    "l": "lt ltr ltrs litre litres liter liters",
    "cl": "centilitre centilitres centiliter",
    "pcs": "pc piece pieces unit units ea each no nos biji keping ekor helai buah",
    "dozen": "dz doz dozens",
    "box": "boxes bx kotak",
    "pack": "packs pk pkt pkts packet packets package packages paket bungkus pek",
    "bag": "bags beg sack sacks guni karung",
    "bottle": "bottles btl btls botol",
    "can": "cans tin tins",
    "tray": "trays papan dulang",
    "carton": "cartons ctn ctns karton",
    "bundle": "bundles bunch bunches ikat",
    "tub": "tubs bekas",
    "roll": "rolls gulung",
}
UNITS = tuple(name for kind in _KINDS.values() for name in kind) + _HOLDERS
_KIND = {name: kind for kind, members in _KINDS.items() for name in members}
_NAMED = {name: name for name in UNITS} | {word: name for name, words in _SPELLINGS.items() for word in words.split()}


def canonical(text: str) -> str:
    """The name in UNITS of a unit as people write it ("Kgs", "liter", "biji"). Raises UserError for another word."""
    found = _NAMED.get(text.strip().rstrip(".").casefold())
    if found is None:
        raise UserError(f"{text.strip()!r:.40} is not a known unit. Use one of {', '.join(UNITS)}.")
    return found


def factor(unit: str, into: str) -> float:
    """What one `unit` is in `into`, as people write them. Raises UserError for units of two kinds."""
    unit, into = canonical(unit), canonical(into)
    if unit == into:
        return 1.0
    kind = _KIND.get(unit)
    if kind is None or kind != _KIND.get(into):
        raise UserError(f"{unit!r} can't become {into!r}: they measure different things. Give the amount in {into}.")
    return _KINDS[kind][unit] / _KINDS[kind][into]


def convert(amount: float, unit: str, into: str) -> float:
    """An amount in another unit: 1500 g is 1.5 kg. Raises UserError for units of two kinds."""
    # Ten digits are more than any scale shows, and hide what the division leaves over.
    return float(f"{amount * factor(unit, into):.10g}")
