"""Draw the pictures of the built-in style cards: `python -m weights.recipes.sketch.draw_cards`.

Each is one of the project's own subjects in the card's shader, palette and seed, 256 px, as WebP beside cards.toml.
"""

import io
from pathlib import Path

import numpy as np
import resvg_py
import torch
from PIL import Image

from common.toml import tomllib
from weights.recipes.sketch.shaders import Style, shade
from weights.recipes.sketch.texture import LUMA

CARDS = Path(__file__).parents[3] / "spaces/sketch/sketch/cards"
SUBJECTS = Path(__file__).parent / "subjects"
SIDE = 256
QUALITY = 88
# In turn, so that cards of one shader show different things, all of them rich in parts and colours.
SHOWN = [
    "cottage",
    "sailboat",
    "fox",
    "castle",
    "teapot",
    "owl",
    "hot_air_balloon",
    "lighthouse",
    "cat",
    "rocket",
    "mushroom",
    "train",
    "windmill",
    "butterfly",
    "car",
    "fish",
    "cake",
    "robot",
    "island",
    "guitar",
    "bird",
    "camera",
    "sunflower",
    "whale",
    "bus",
    "rabbit",
    "house",
    "lamp",
    "ship",
    "snail",
    "bicycle",
    "tree",
]


def style_of(card: dict) -> Style:
    """The card's style: its colours from dark to light, five of them; amounts from its seed."""
    colours = [tuple(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)) for colour in card["palette"]]
    ground = colours[0]
    colours.sort(key=lambda rgb: float(np.dot(rgb, LUMA)))
    at = np.linspace(0, len(colours) - 1, 5).round().astype(int)
    palette = tuple(colours[index] for index in at)
    if card["shader"] == "ground":  # its ground is what this shader is about
        palette = (palette[0], ground, ground, ground, ground)
    amounts = tuple(np.random.default_rng(card["seed"]).uniform(0, 1, 4).tolist())
    return Style(card["shader"], palette, card.get("amounts", amounts), card["seed"])


def subject(name: str, side: int = SIDE) -> torch.Tensor:
    """(1, 4, side, side) 0..1 with straight alpha: one of the project's subjects with a margin around it."""
    svg = (SUBJECTS / f"{name}.svg").read_text(encoding="utf-8")
    inner = round(side * 0.84)
    drawn = Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, width=inner)))).convert("RGBA")
    sheet = Image.new("RGBA", (side, side))
    sheet.paste(drawn, ((side - drawn.width) // 2, (side - drawn.height) // 2))
    return torch.from_numpy(np.array(sheet)).permute(2, 0, 1)[None].float() / 255


def draw(card: dict, name: str, side: int = SIDE) -> np.ndarray:
    """(side, side, 3) uint8: the subject `name` in the look of the card."""
    pixels = shade(subject(name, side), style_of(card))[0]
    return (pixels.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


def main() -> None:
    with open(CARDS / "cards.toml", "rb") as file:
        cards = {name: card for name, card in tomllib.load(file).items() if isinstance(card, dict)}
    for number, (name, card) in enumerate(cards.items()):
        picture = Image.fromarray(draw(card, card.get("subject", SHOWN[number % len(SHOWN)])))
        picture.save(CARDS / f"{name}.webp", quality=QUALITY, method=6)
    print(f"{len(cards)} pictures written to {CARDS}")


if __name__ == "__main__":
    main()
