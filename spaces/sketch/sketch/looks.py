"""What a picture looks like, in numbers and in words, and which colours and tones a text asks for.

Both sides meet in one space: a share of each of the named colours, and three tones (light, vivid, rough). Colours are
compared in CIE Lab (CIE 1976, D65), in which distance is about what the eye sees.
"""

import re
from dataclasses import dataclass

import numpy as np

# Colours that people name, each with a typical sRGB value and the words for it.
NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "black": ("#0c0c0c", ("black", "ebony", "jet")),
    "charcoal grey": ("#484848", ("anthracite",)),
    "grey": ("#8c8c8c", ("grey", "greyscale", "graphite", "slate")),
    "silver": ("#c8ccd0", ("silver", "silvery", "steel")),
    "white": ("#fcfcfc", ("white", "snow", "snowy")),
    "cream": ("#f3e8cf", ("cream", "ivory", "parchment", "yellowed")),
    "beige": ("#d8c3a0", ("beige", "sand", "sandy", "tan", "khaki")),
    "brown": ("#7a4a24", ("brown", "brownish", "chocolate", "umber", "walnut", "chestnut")),
    "sepia": ("#a88558", ("sepia", "bronze", "caramel")),
    "dark red": ("#7a1414", ("maroon", "burgundy", "crimson", "wine")),
    "red": ("#d92626", ("red", "scarlet", "vermilion", "ruby")),
    "rust": ("#b04f1e", ("rust", "rusty", "terracotta", "copper")),
    "coral": ("#ff6f61", ("coral", "salmon")),
    "orange": ("#f58a1f", ("orange", "tangerine", "mango", "amber")),
    "ochre": ("#c99a2e", ("ochre", "mustard", "gold", "golden")),
    "yellow": ("#fae13c", ("yellow", "lemon")),
    "pale yellow": ("#fbf0a8", ("vanilla",)),
    "lime": ("#a8dc2c", ("lime",)),
    "neon green": ("#39ff14", ("acid",)),
    "olive": ("#808a2c", ("olive", "moss", "mossy")),
    "green": ("#3a9a46", ("green", "greenish", "grass", "leaf")),
    "dark green": ("#17432a", ("pine", "bottle")),
    "jade": ("#63b08a", ("jade", "sage", "emerald")),
    "mint": ("#b4e4d0", ("mint", "pistachio")),
    "teal": ("#0f7a7a", ("teal", "petrol")),
    "turquoise": ("#35c2c0", ("turquoise", "aqua", "aquamarine", "verdigris", "lagoon")),
    "cyan": ("#16d4ff", ("cyan",)),
    "pale blue": ("#c0dcf2", ("icy",)),
    "sky blue": ("#62aee6", ("sky", "azure")),
    "blue": ("#1f5fc4", ("blue", "bluish", "cobalt", "sapphire")),
    "navy": ("#10234f", ("navy", "midnight")),
    "indigo": ("#2c1a78", ("indigo", "ultramarine")),
    "purple": ("#7a2c9c", ("purple", "violet", "plum", "amethyst")),
    "lavender": ("#cdbcec", ("lavender", "lilac", "mauve")),
    "magenta": ("#f0269c", ("magenta", "fuchsia")),
    "pink": ("#f285b8", ("pink", "rose", "rosy")),
    "pale pink": ("#fad4de", ("blush", "blossom")),
}
COLOURS = tuple(NAMED)
TONES = ("light", "vivid", "rough")

_MODIFIERS = {  # what a word before a colour does to its lightness and its chroma
    "dark": (-25, 0.9),
    "deep": (-20, 1.0),
    "pale": (25, 0.45),
    "light": (20, 0.6),
    "soft": (12, 0.6),
    "pastel": (25, 0.45),
    "bright": (8, 1.2),
    "hot": (0, 1.3),
    "neon": (10, 1.4),
    "electric": (5, 1.3),
    "acid": (10, 1.4),
    "icy": (30, 0.4),
}
_TONE_WORDS: dict[str, tuple[float, float, float]] = {  # light, vivid, rough; -1 to 1
    **dict.fromkeys(("dark", "gloomy", "night", "midnight", "shadowy", "noir", "moody"), (-1, 0, 0)),
    **dict.fromkeys(("light", "airy", "bright", "pale"), (1, 0, 0)),
    **dict.fromkeys(("vivid", "saturated", "loud", "colourful", "bold", "cheerful", "fluorescent"), (0, 1, 0)),
    **dict.fromkeys(("muted", "faded", "dull", "subdued", "desaturated", "calm"), (0, -1, 0)),
    **dict.fromkeys(("colourless", "monochrome", "greyscale"), (0, -1, 0)),
    **dict.fromkeys(("pastel", "delicate", "tender"), (1, -0.5, 0)),
    **dict.fromkeys(("rough", "textured", "gritty", "grainy", "coarse", "scratchy"), (0, 0, 1)),
    **dict.fromkeys(("smooth", "clean", "flat", "sleek", "polished"), (0, 0, -1)),
}
_WIDTH = 14.0  # Lab units within which two colours count as the same name
_SIDE = 128  # px; a picture is reduced to it, so that its size does not change its texture


@dataclass(frozen=True)
class Look:
    """colours: (37,) shares of COLOURS as a vector of length 1, or 0 where none is known; tones: (3,) -1 to 1."""

    colours: np.ndarray
    tones: np.ndarray

    def words(self) -> str:
        """The look in words, for those who search and for the text model: "mostly navy, cyan; dark, vivid, smooth"."""
        order = [index for index in np.argsort(-self.colours, kind="stable")[:4] if self.colours[index] > 0.25]
        names = ", ".join(COLOURS[index] for index in order)
        opposites = (("dark", "light"), ("muted", "vivid"), ("smooth", "rough"))
        tones = [pair[int(tone > 0)] for pair, tone in zip(opposites, self.tones, strict=True) if abs(tone) > 0.35]
        return "; ".join(part for part in (f"mostly {names}" if names else "", ", ".join(tones)) if part)


def of_picture(rgb: np.ndarray) -> Look:
    """The look of a picture, (H, W, 3) uint8."""
    import cv2

    small = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = to_lab(small.reshape(-1, 3) / 255.0)
    lightness = lab[:, 0].reshape(_SIDE, _SIDE)
    across, down = np.diff(lightness, axis=1)[:-1], np.diff(lightness, axis=0)[:, :-1]
    # The median and not the mean: contours are few and strong, texture is weak and everywhere.
    texture = float(np.median(np.hypot(across, down)))
    return _look(lab, np.full(len(lab), 1 / len(lab)), np.tanh(texture - 1.5))


def of_palette(palette: tuple[str, ...]) -> Look:
    """The look that a palette (#rrggbb) promises where there is no picture: the ground counts twice, no texture."""
    if not palette:
        return Look(np.zeros(len(COLOURS)), np.zeros(len(TONES)))
    shares = np.array([2.0, *[1.0] * (len(palette) - 1)])
    return _look(to_lab(np.array([rgb_of(colour) for colour in palette])), shares / shares.sum(), 0.0)


def asked_for(text: str) -> Look:
    """The colours and tones that a text names; both 0 where it names none."""
    shares, tones = np.zeros(len(COLOURS)), np.zeros(len(TONES))
    words = re.findall(r"[a-z]+", text.lower().replace("gray", "grey").replace("color", "colour"))
    for before, word in zip(["", *words], words, strict=False):
        if word in _COLOUR_WORDS:
            lab = _CENTRES[_COLOUR_WORDS[word]].copy()
            lift, chroma = _MODIFIERS.get(before, (0, 1.0))
            lab += (lift, 0, 0)
            lab[1:] *= chroma
            shares += _shares(np.clip(lab, (0, -110, -110), (100, 110, 110))[None])[0]
        if word in _TONE_WORDS:
            tones += _TONE_WORDS[word]
    return Look(_unit(np.sqrt(shares)), np.clip(tones, -1, 1))


def rgb_of(colour: str) -> tuple[float, float, float]:
    """#rrggbb as red, green, blue, 0..1. Raises ValueError for another form."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValueError(f"a colour must look like #1a2b3c, not {colour!r}")
    return tuple(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))


def main_colours(rgb: np.ndarray, count: int = 5) -> tuple[str, ...]:
    """The `count` colours that fill most of a picture, (H, W, 3) uint8, as #rrggbb, the largest first."""
    import cv2

    pixels = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).reshape(-1, 3)
    nearest = _shares(to_lab(pixels / 255.0)).argmax(axis=1)
    names, sizes = np.unique(nearest, return_counts=True)
    largest = names[np.argsort(-sizes, kind="stable")][:count]
    means = [pixels[nearest == name].mean(axis=0).round().astype(int) for name in largest]
    return tuple("#{:02x}{:02x}{:02x}".format(*mean) for mean in means)


def to_lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB (n, 3), 0..1, as CIE Lab (n, 3): lightness 0..100, a and b about -110..110."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


def _look(lab: np.ndarray, shares: np.ndarray, roughness: float) -> Look:
    # The root, as in Hellinger's distance: a small share of a colour is seen more than its area says.
    colours = _unit(np.sqrt(shares @ _shares(lab)))
    light = shares @ lab[:, 0] / 50 - 1
    vivid = shares @ np.hypot(lab[:, 1], lab[:, 2]) / 35 - 1
    return Look(colours, np.clip([light, vivid, roughness], -1, 1))


def _shares(lab: np.ndarray) -> np.ndarray:
    """How much each of COLOURS names each colour, (n, 37); rows sum to 1."""
    distance = ((lab[:, None] - _CENTRES[None]) ** 2).sum(axis=2)
    closeness = np.exp(-(distance - distance.min(axis=1, keepdims=True)) / (2 * _WIDTH**2))
    return closeness / closeness.sum(axis=1, keepdims=True)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)
_CENTRES = to_lab(np.array([rgb_of(colour) for colour, _ in NAMED.values()]))
_COLOUR_WORDS = {word: COLOURS.index(name) for name, (_, words) in NAMED.items() for word in words}
