"""A last pass over a drawn picture, at its full size: edges where the lines are, and the grain of the look.

Latents are an eighth of the picture's size, so a small diffusion model leaves blots where lines lie close together.
This network sees picture, lines and the look's embedding and changes the picture by what is missing. It works on
blocks of 4 x 4 pixels as channels (Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an
Efficient Sub-Pixel Convolutional Neural Network"), with residual blocks whose channels the look scales and shifts
(Perez et al. 2018, "FiLM").
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import nn

if TYPE_CHECKING:
    from common.device import Device

FOLDER = "refiner"  # inside the folder of a diffusion model
BLOCK = 4  # pixels: the side of the squares that become channels; sides of pictures are multiples of twice that
_CONFIG, _WEIGHTS = "config.json", "model.safetensors"


class Refiner(nn.Module):
    """look: length of the look's embedding; width: channels; blocks, deep_blocks: residual blocks at a quarter and at
    an eighth of the picture's size."""

    def __init__(self, look: int, width: int = 64, blocks: int = 6, deep_blocks: int = 3) -> None:
        super().__init__()
        self.config = {"look": look, "width": width, "blocks": blocks, "deep_blocks": deep_blocks}
        deep = width * 3 // 2
        self.look = nn.Sequential(nn.Linear(look, width), nn.SiLU())
        self.enter = nn.Conv2d(4 * BLOCK**2, width, 3, padding=1)
        self.before = nn.ModuleList(_Block(width, width) for _ in range(blocks // 2))
        self.down = nn.Conv2d(width, deep, 2, stride=2)
        self.deep = nn.ModuleList(_Block(deep, width) for _ in range(deep_blocks))
        self.up = nn.ConvTranspose2d(deep, width, 2, stride=2)
        self.after = nn.ModuleList(_Block(width, width) for _ in range(blocks - blocks // 2))
        self.leave = nn.Conv2d(width, 3 * BLOCK**2, 3, padding=1)
        nn.init.zeros_(self.leave.weight)  # untrained it changes nothing
        nn.init.zeros_(self.leave.bias)

    def forward(self, pictures: torch.Tensor, lines: torch.Tensor, look: torch.Tensor) -> torch.Tensor:
        """The pictures, refined; not clamped.

        pictures: (N, 3, H, W) from -1 to 1; lines: (N, 1, H, W) from 0 to 1; look: (N, d), zeros for none
        """
        told = self.look(look)
        x = self.enter(F.pixel_unshuffle(torch.cat([pictures, lines * 2 - 1], 1), BLOCK))
        for block in self.before:
            x = block(x, told)
        y = self.down(x)
        for block in self.deep:
            y = block(y, told)
        x = x + self.up(y)
        for block in self.after:
            x = block(x, told)
        return pictures + F.pixel_shuffle(self.leave(x), BLOCK)

    def save(self, folder: str | Path) -> None:
        """Write it in half precision to `folder`/refiner."""
        from safetensors.torch import save_file

        (place := Path(folder) / FOLDER).mkdir(parents=True, exist_ok=True)
        state = {name: value.detach().cpu().half().contiguous() for name, value in self.state_dict().items()}
        save_file(state, place / _WEIGHTS)
        (place / _CONFIG).write_text(json.dumps(self.config), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path, device: "Device") -> "Refiner | None":
        """That of a diffusion model's folder, on `device` and in float32; None where it has none."""
        from safetensors.torch import load_file

        if not (place := Path(folder) / FOLDER / _CONFIG).is_file():
            return None
        made = cls(**json.loads(place.read_text(encoding="utf-8")))
        made.load_state_dict(load_file(place.with_name(_WEIGHTS)))
        return made.float().eval().requires_grad_(False).to(device.name, memory_format=torch.channels_last)


class _Block(nn.Module):
    """Two convolutions beside a shortcut; between them the look scales and shifts the channels."""

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.film = nn.Linear(told, 2 * channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.1)  # deep stacks without normalisation begin near the identity
            self.film.weight.mul_(0.1)

    def forward(self, x: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        scale, shift = self.film(told)[..., None, None].chunk(2, 1)
        return x + self.second(F.silu(self.first(x) * (1 + scale) + shift))
