"""What a style shader works on, and the list of them. `shaders` has the function that applies one."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from weights.recipes.sketch import texture as t


@dataclass(frozen=True)
class Style:
    """shader: a key of SHADERS; palette: five colours (5, 3), dark to light, 0..1; amounts: four numbers 0..1, whose
    meaning is the shader's; seed: of the grain."""

    shader: str
    palette: tuple[tuple[float, float, float], ...]
    amounts: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5)
    seed: int = 0


@dataclass(frozen=True)
class Sheet:
    """What a shader works on: rgb (N, 3, H, W), alpha (N, 1, H, W), palette (5, 3), amounts, and its randomness."""

    rgb: torch.Tensor
    alpha: torch.Tensor
    palette: torch.Tensor
    amounts: tuple[float, float, float, float]
    random: torch.Generator

    @property
    def light(self) -> torch.Tensor:
        """Brightness inside the subject, stretched to 0..1."""
        grey = t.luminance(self.rgb)
        low, high = (grey + (1 - self.alpha) * 9).amin((2, 3), True), (grey - (1 - self.alpha) * 9).amax((2, 3), True)
        return ((grey - low) / (high - low).clamp(min=0.1)).clamp(0, 1)

    def edges(self, size: float = 0.6) -> torch.Tensor:
        return t.edges(self.rgb, self.alpha, size)

    def noise(self, size: float, octaves: int = 3, stretch: float = 1.0) -> torch.Tensor:
        return t.noise(self.alpha, size, self.random, octaves, stretch)

    def plain(self, colour: torch.Tensor) -> torch.Tensor:
        """A sheet of one colour (3,)."""
        return colour.view(1, 3, 1, 1).expand_as(self.rgb)

    def paper(self, colour: torch.Tensor, grain: float = 0.06) -> torch.Tensor:
        return (self.plain(colour) + (self.noise(2.5, 2) - 0.5) * grain).clamp(0, 1)


SHADERS: dict[str, Callable[[Sheet], torch.Tensor]] = {}


def shader(function: Callable[[Sheet], torch.Tensor]) -> Callable[[Sheet], torch.Tensor]:
    SHADERS[function.__name__] = function
    return function
