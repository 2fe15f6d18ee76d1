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
SMALL = 0.3  # deviation of the normalised latents as the autoencoder itself has them


def train(
    vae: "AutoencoderTiny", bank: Bank, run: Run, batch: int, minutes: float | None, device: torch.device
) -> None:
    vae.train().to(device, memory_format=torch.channels_last)
    for step in run.batches(minutes):
        wanted = _crops(bank, batch, step.random).to(device)
        latents = vae.encoder(wanted)
        # The encoder is told nothing of the scale of its latents: a light pull keeps them near one.
        pull = 1e-3 * (latents.square().mean() - 1).square()
        noisy = latents + 0.02 * torch.randn(latents.shape, generator=step.random).to(latents)
        step.done(difference(vae.decoder(noisy), wanted) + pull)
    run.use_average()


def _crops(bank: Bank, batch: int, random: torch.Generator) -> torch.Tensor:
    """Random pieces of random pictures, (batch, 3, CROP, CROP) from -1 to 1."""
    crop = min(CROP, bank.pictures.shape[2])
    rows = torch.randint(len(bank), (batch,), generator=random).tolist()
    top, left = torch.randint(bank.pictures.shape[2] - crop + 1, (2, batch), generator=random).tolist()
    pieces = [
        torch.from_numpy(bank.pictures[row, :, y : y + crop, x : x + crop].copy())
        for row, y, x in zip(rows, top, left, strict=True)
    ]
    return torch.stack(pieces).float() / 127.5 - 1


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
def normalise(vae: "AutoencoderTiny", bank: Bank, device: torch.device) -> None:
    """Rewrite the weights so that every channel of the scaled latents has mean 0 and deviation 1.

    Colours lie in the first channels with a mean far from zero: to a diffusion model they would be known long before
    the rest. Diffusers has one factor for all channels, so mean and deviation go into the encoder's last layer and the
    decoder's first. That one sees 3·tanh(x/3) of what it is given: what it saw is replaced by the nearest straight
    line, the new latents are kept small, where tanh is straight, and `settle` mends what is left.
    """
    latents = encode_some(vae, bank, device)
    mean, deviation = latents.mean((0, 2, 3)), latents.transpose(0, 1).flatten(1).std(1)
    unit = (latents - mean.view(-1, 1, 1)) / deviation.view(-1, 1, 1)
    seen = 3 * torch.tanh(latents / 3)
    slope, level = (seen * unit).mean((0, 2, 3)), seen.mean((0, 2, 3))
    last = [layer for layer in vae.encoder.layers if isinstance(layer, torch.nn.Conv2d)][-1]
    last.weight.mul_((SMALL / deviation).view(-1, 1, 1, 1))
    last.bias.sub_(mean).mul_(SMALL / deviation)
    first = next(layer for layer in vae.decoder.layers if isinstance(layer, torch.nn.Conv2d))
    first.bias.add_((first.weight.sum((2, 3)) * level).sum(1))
    first.weight.mul_((slope / SMALL).view(1, -1, 1, 1))
    vae.register_to_config(scaling_factor=1 / SMALL)


def settle(
    vae: "AutoencoderTiny", bank: Bank, run: Run, batch: int, minutes: float | None, device: torch.device
) -> None:
    """Train the decoder alone, after `normalise`, on the latents as they now are."""
    vae.train().to(device, memory_format=torch.channels_last)
    for step in run.batches(minutes):
        wanted = _crops(bank, batch, step.random).to(device)
        with torch.no_grad():
            latents = vae.encoder(wanted)
            latents = latents + 0.02 * SMALL * torch.randn(latents.shape, generator=step.random).to(latents)
        step.done(difference(vae.decoder(latents), wanted))
    run.use_average()


def encode_some(vae: "AutoencoderTiny", bank: Bank, device: torch.device) -> torch.Tensor:
    """Latents of 128 pictures from all over the bank."""
    rows = torch.arange(0, len(bank), max(1, len(bank) // 128)).tolist()
    return torch.cat([encode(vae, bank, rows[i : i + 16], device) for i in range(0, len(rows), 16)])


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
