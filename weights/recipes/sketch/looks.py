"""Training of the image encoder: what a picture tells of the look it shares with others.

Learned beside the UNet, the encoder hardly learns at all: its only signal comes through the whole of it. So it is
taught first, what the UNet will want to know of a look: means, correlations and gradients of the latents of all
pictures in that look (in the manner of Gatys et al. 2016, "Image Style Transfer", on latents instead of a classifier's
features), the ground, the colours, and which shader it was. Afterwards it is frozen, as CLIP is in IP-Adapter.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from weights.recipes.sketch.bank import GROUP, Bank
from weights.recipes.sketch.networks import REFERENCE
from weights.recipes.sketch.training import Run

if TYPE_CHECKING:
    from transformers import CLIPVisionModelWithProjection

MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIPImageProcessor's
SHADES = 4  # of each of red, green and blue, in the histogram of colours
NAMING = 0.3  # weight of naming the shader beside describing the look


def train(
    encoder: "CLIPVisionModelWithProjection",
    head: torch.nn.Linear,
    bank: Bank,
    references: torch.Tensor,
    wanted: torch.Tensor,
    run: Run,
    batch: int,
    minutes: float | None,
    device: torch.device,
) -> None:
    """head: from an embedding to `wanted` (groups, d), see `describe`, and one logit for every shader of the bank."""
    shaders = sorted(set(bank.shader))
    named = torch.tensor([shaders.index(name) for name in bank.shader], device=device)
    encoder.train().to(device)
    head.to(device)
    for step in run.batches(minutes):
        rows = torch.randint(len(bank), (batch,), generator=step.random)
        mirrored = torch.rand(batch, 1, 1, 1, generator=step.random) < 0.5
        pictures = torch.where(mirrored, references[rows].flip(-1), references[rows])
        told = head(encoder(pixel_values=normalised(pictures.to(device))).image_embeds)
        described, name = told.split([wanted.shape[1], len(shaders)], 1)
        looks = (rows // GROUP).to(device)
        step.done(F.smooth_l1_loss(described, wanted[looks].to(device)) + NAMING * F.cross_entropy(name, named[looks]))
    run.use_average()


def head_for(bank: Bank, width: int, wanted: torch.Tensor) -> torch.nn.Linear:
    """The layer that only the training needs."""
    return torch.nn.Linear(width, wanted.shape[1] + len(set(bank.shader)))


@torch.no_grad()
def describe(bank: Bank, latents: torch.Tensor, references: torch.Tensor) -> torch.Tensor:
    """What is to be known of each look, (groups, d) float32, each column with mean 0 and deviation about 1.

    latents: (N, c, h, w) normalised; references: (N, 3, side, side) uint8
    """
    x = latents.float()
    upper = torch.triu_indices(x.shape[1], x.shape[1])

    def correlations(of: torch.Tensor) -> torch.Tensor:
        return (torch.einsum("nchw,ndhw->ncd", of, of) / (of.shape[2] * of.shape[3]))[:, upper[0], upper[1]]

    corners = torch.stack([x[:, :, top, left] for top in (1, -2) for left in (1, -2)])
    told = [
        x.mean((2, 3)),
        correlations(x),
        correlations(x.diff(dim=3)),
        corners.median(0).values,
        _colours(references),
    ]
    means = torch.cat(told, 1).view(len(bank) // GROUP, GROUP, -1).mean(1)
    return (means - means.mean(0)) / (means.std(0) + 0.05)


def _colours(pictures: torch.Tensor) -> torch.Tensor:
    """Square roots of the shares of SHADES³ colours, (N, SHADES³): by those, distances of histograms are fair."""
    found = []
    for part in pictures.split(256):
        small = F.avg_pool2d(part.float() / 255, 4)
        shade = (small * (SHADES - 1e-3)).long()
        index = ((shade[:, 0] * SHADES + shade[:, 1]) * SHADES + shade[:, 2]).flatten(1)
        found.append(F.one_hot(index, SHADES**3).float().mean(1).sqrt())
    return torch.cat(found)


def references(bank: Bank) -> torch.Tensor:
    """All pictures of the bank as the encoder sees them, uint8 (N, 3, REFERENCE, REFERENCE)."""
    made = []
    for start in range(0, len(bank), 64):
        part = torch.from_numpy(np.array(bank.pictures[start : start + 64])).float()
        small = F.interpolate(part, (REFERENCE, REFERENCE), mode="bicubic", antialias=True)
        made.append(small.round().clamp(0, 255).to(torch.uint8))
    return torch.cat(made)


@torch.no_grad()
def embed(
    encoder: "CLIPVisionModelWithProjection", references: torch.Tensor, device: torch.device, file: Path
) -> torch.Tensor:
    """Embeddings (2, N, d) of all references as they are and mirrored; kept in `file` for the next call."""
    if file.exists():
        return torch.load(file, map_location=device, weights_only=True)
    encoder.eval().to(device)
    sides = [
        torch.cat([encoder(pixel_values=normalised(part.to(device))).image_embeds for part in side.split(64)])
        for side in (references, references.flip(-1))
    ]
    torch.save(torch.stack(sides), file)
    return torch.stack(sides)


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 (N, 3, REFERENCE, REFERENCE) as the image encoder takes them."""
    mean, deviation = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (MEAN, DEVIATION))
    return (pictures.float() / 255 - mean) / deviation
