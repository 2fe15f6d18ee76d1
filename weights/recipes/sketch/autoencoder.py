"""Training of the autoencoder: pictures to latents an eighth of their size, and back.

Loss: multi-scale L1 and L1 of the gradients, so that lines stay where they are; on crops, since all of it is local.
"""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from weights.recipes.sketch.bank import Bank
from weights.recipes.sketch.training import Run

if TYPE_CHECKING:
    from diffusers import AutoencoderTiny

CROP = 64  # pixels


def train(
    vae: "AutoencoderTiny", bank: Bank, run: Run, batch: int, minutes: float | None, device: torch.device
) -> None:
    vae.train().to(device, memory_format=torch.channels_last)
    crop = min(CROP, bank.pictures.shape[2])
    for step in run.batches(minutes):
        rows = torch.randint(len(bank), (batch,), generator=step.random).tolist()
        top, left = torch.randint(bank.pictures.shape[2] - crop + 1, (2, batch), generator=step.random).tolist()
        crops = [
            torch.from_numpy(bank.pictures[row, :, y : y + crop, x : x + crop].copy())
            for row, y, x in zip(rows, top, left, strict=True)
        ]
        wanted = torch.stack(crops).to(device).float() / 127.5 - 1
        latents = vae.encoder(wanted)
        # The encoder is told nothing of the scale of its latents: a light pull keeps them near one.
        pull = 1e-3 * (latents.square().mean() - 1).square()
        noisy = latents + 0.02 * torch.randn(latents.shape, generator=step.random).to(latents)
        step.done(difference(vae.decoder(noisy), wanted) + pull)
    run.use_average()
    measure_scale(vae, bank, device)


def difference(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """L1 over three scales, and of horizontal and vertical differences."""
    loss = made.new_zeros(())
    for scale in (1, 2, 4):
        a, b = (F.avg_pool2d(x, scale) if scale > 1 else x for x in (made, wanted))
        loss = loss + (a - b).abs().mean() / 3
        loss = (
            loss + (a.diff(dim=2) - b.diff(dim=2)).abs().mean() / 3 + (a.diff(dim=3) - b.diff(dim=3)).abs().mean() / 3
        )
    return loss


@torch.no_grad()
def measure_scale(vae: "AutoencoderTiny", bank: Bank, device: torch.device) -> None:
    """Set the scaling factor by which latents have a standard deviation of one."""
    rows = torch.arange(0, len(bank), max(1, len(bank) // 128)).tolist()
    latents = torch.cat([encode(vae, bank, rows[i : i + 16], device) for i in range(0, len(rows), 16)])
    vae.register_to_config(scaling_factor=float(1 / latents.std()))


@torch.no_grad()
def encode(
    vae: "AutoencoderTiny", bank: Bank, rows: list[int], device: torch.device, mirrored: bool = False
) -> torch.Tensor:
    """Latents (len(rows), channels, side / 8, side / 8), not scaled."""
    pictures = torch.stack([torch.from_numpy(bank.pictures[row].copy()) for row in rows])
    if mirrored:
        pictures = pictures.flip(-1)
    return vae.encoder(pictures.to(device).float() / 127.5 - 1)


@torch.no_grad()
def psnr(vae: "AutoencoderTiny", bank: Bank, count: int, device: torch.device) -> float:
    """Mean peak signal-to-noise ratio in dB over `count` pictures of the bank."""
    ratios = []
    for row in range(0, len(bank), max(1, len(bank) // count)):
        wanted = torch.from_numpy(bank.pictures[row].copy())[None].to(device).float() / 127.5 - 1
        error = (vae.decoder(vae.encoder(wanted)).clamp(-1, 1) - wanted).square().mean() / 4
        ratios.append(-10 * torch.log10(error).item())
    return sum(ratios) / len(ratios)
