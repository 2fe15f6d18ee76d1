"""Styles as tensor code: what a subject with transparency looks like in neon, watercolour, glass, pixels and so on.

A style is a shader, a palette and four amounts; applied to several subjects it gives pictures of one look, from which
the network learns to take the look from one picture and the subject from another.
"""

import numpy as np
import torch

from weights.recipes.sketch import matter, paper
from weights.recipes.sketch import texture as t
from weights.recipes.sketch.sheet import SHADERS, Sheet, Style

__all__ = ["SHADERS", "Style", "matter", "paper", "random_palette", "random_style", "shade"]


def shade(rgba: torch.Tensor, style: Style) -> torch.Tensor:
    """`rgba` (N, 4, H, W) 0..1 with straight alpha in the look of `style`: (N, 3, H, W) 0..1."""
    random = torch.Generator().manual_seed(style.seed)
    palette = rgba.new_tensor(style.palette)
    return SHADERS[style.shader](Sheet(rgba[:, :3], rgba[:, 3:], palette, style.amounts, random)).clamp(0, 1)


def random_style(random: np.random.Generator) -> Style:
    """Any shader with a palette of its own."""
    return Style(
        str(random.choice(list(SHADERS))),
        random_palette(random),
        tuple(random.uniform(0, 1, 4).tolist()),
        int(random.integers(2**31)),
    )


def random_palette(random: np.random.Generator) -> tuple[tuple[float, float, float], ...]:
    """Five colours from dark to light: one hue, two, neighbours or far apart, dull or bright."""
    hues = (random.uniform(0, 1) + random.choice([0.0, 0.08, 0.2, 0.33, 0.5]) * np.linspace(0, 1, 5)) % 1
    saturation = random.uniform(0.1, 1.0) * np.linspace(1, random.uniform(0.2, 1), 5)
    lights = np.linspace(random.uniform(0.02, 0.3), random.uniform(0.75, 1.0), 5) ** random.uniform(0.7, 1.4)
    return tuple(_colour(h, s, v) for h, s, v in zip(hues, saturation, lights, strict=True))


def _colour(hue: float, saturation: float, light: float) -> tuple[float, float, float]:
    """A colour of the given luminance, as saturated as it can be: pure hues differ in brightness."""
    channels = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    grey = float(channels @ np.array(t.LUMA))
    pure = channels * light / grey if light < grey else channels + (1 - channels) * (light - grey) / (1 - grey)
    return tuple((light + (pure - light) * saturation).tolist())
