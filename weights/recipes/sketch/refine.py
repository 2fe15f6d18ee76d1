"""Training of the refiner: renders of the diffusion model beside the pictures that they should have been.

The renders begin at the picture's own latents under much noise, so that colours and places agree, and what differs is
what the diffusion model can't draw: fine lines and the grain of the look. Their colours are brought to those of the
reference, as they are when a person has something drawn.
"""

import itertools
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from common import vgg
from common.colours import match_colours
from common.refiner import Refiner
from weights.recipes.sketch.autoencoder import difference
from weights.recipes.sketch.bank import GROUP, Bank
from weights.recipes.sketch.diffusion import prompt
from weights.recipes.sketch.networks import WORDS, Networks, scheduler
from weights.recipes.sketch.training import Run

CROP = 128  # pixels
STARTS = (999, 940, 880, 800)  # time steps from which renders begin; the first is noise alone
STEPS = 3  # of drawing
GUIDANCE = 2.0
WITHOUT_LOOK = 0.1
LAYERS = ("relu1_1", "relu2_1", "relu3_1")
LOOKED_AT = 3  # pictures of a batch that VGG compares: it costs more than the refiner
GRAM, FEATURES, PALETTE = 0.5, 0.15, 0.5  # weights beside that of the pixels


@torch.no_grad()
def renders(
    networks: Networks,
    bank: Bank,
    latents: torch.Tensor,
    looks: torch.Tensor,
    count: int,
    file: Path,
    seed: int,
    device: torch.device,
) -> tuple[np.ndarray, torch.Tensor, torch.Tensor]:
    """Renders (count, 3, side, side) uint8, the rows of the bank that they stand for, and the rows of their references.

    file: where the renders are kept for the next call.
    """
    random = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(bank), generator=random)[:count]
    others = rows // GROUP * GROUP + (rows + torch.randint(1, GROUP, (len(rows),), generator=random)) % GROUP
    if file.exists():
        return np.load(file, mmap_mode="r"), rows, others
    for module in (networks.vae, *networks.trained_together()):
        module.eval().to(device)
    made = [
        _draw(networks, bank, latents, looks, rows[i : i + 16], others[i : i + 16], start, random, device)
        for i, start in zip(range(0, len(rows), 16), itertools.cycle(STARTS))
    ]
    np.save(file, np.concatenate(made))
    return np.load(file, mmap_mode="r"), rows, others


def _draw(
    networks: Networks,
    bank: Bank,
    latents: torch.Tensor,
    looks: torch.Tensor,
    rows: torch.Tensor,
    others: torch.Tensor,
    start: int,
    random: torch.Generator,
    device: torch.device,
) -> np.ndarray:
    """One batch, by DDIM (Song et al. 2021) with guidance, from the time step `start`."""
    levels = scheduler().alphas_cumprod.to(device)
    lines = _of(bank.lines, rows).to(device).float() / 255
    prompts = [prompt(bank.words[bank.subject[row]], bank.shader[row // GROUP], random) for row in rows.tolist()]
    tokens = networks.tokenizer(
        [*[""] * len(rows), *prompts], padding="max_length", max_length=WORDS, truncation=True, return_tensors="pt"
    )
    words = networks.text(tokens.input_ids.to(device)).last_hidden_state
    look = looks[0, others.to(device)]
    told = {
        "encoder_hidden_states": words,
        "added_cond_kwargs": {"image_embeds": [torch.cat([torch.zeros_like(look), look])[:, None]]},
    }
    clean = latents[0, rows.to(device)].float()
    noise = torch.randn(clean.shape, generator=random).to(device)
    times = torch.linspace(start, 0, STEPS + 1).round().long().tolist()
    noisy = levels[start].sqrt() * clean + (1 - levels[start]).sqrt() * noise
    for now, later in itertools.pairwise(times):
        both = torch.cat([noisy, noisy])
        down, middle = networks.controlnet(
            both, now, encoder_hidden_states=words, controlnet_cond=lines.repeat(2, 3, 1, 1), return_dict=False
        )
        without, velocity = networks.unet(
            both, now, down_block_additional_residuals=down, mid_block_additional_residual=middle, **told
        ).sample.chunk(2)
        velocity = without + GUIDANCE * (velocity - without)
        signal, noisiness = levels[now].sqrt(), (1 - levels[now]).sqrt()
        clean, noise = signal * noisy - noisiness * velocity, signal * velocity + noisiness * noisy
        noisy = levels[later].sqrt() * clean + (1 - levels[later]).sqrt() * noise
    drawn = networks.vae.decoder(clean / networks.vae.config.scaling_factor)
    plain = (drawn.clamp(-1, 1) / 2 + 0.5).permute(0, 2, 3, 1).cpu().numpy()
    references = [bank.pictures[row].transpose(1, 2, 0) for row in others.tolist()]
    matched = np.stack([match_colours(one, [(wanted, 1.0)]) for one, wanted in zip(plain, references, strict=True)])
    return (matched * 255).round().astype(np.uint8).transpose(0, 3, 1, 2)


def train(
    refiner: Refiner,
    bank: Bank,
    made: tuple[np.ndarray, torch.Tensor, torch.Tensor],
    looks: torch.Tensor,
    run: Run,
    batch: int,
    minutes: float | None,
    device: torch.device,
) -> None:
    """made: as `renders` gives it"""
    pictures, rows, others = made
    network = vgg.load()
    refiner.train().to(device, memory_format=torch.channels_last)
    for step in run.batches(minutes):
        chosen = torch.randint(len(rows), (batch,), generator=step.random)
        side = pictures.shape[-1]
        crop = min(CROP, side)
        top, left = (torch.randint((side - crop) // 8 + 1, (2,), generator=step.random) * 8).tolist()
        drawn, wanted, lines = (
            _of(source, at)[..., top : top + crop, left : left + crop].to(device).float()
            for source, at in ((pictures, chosen), (bank.pictures, rows[chosen]), (bank.lines, rows[chosen]))
        )
        drawn, wanted = drawn / 127.5 - 1, wanted / 127.5 - 1
        with_look = (torch.rand(batch, 1, generator=step.random) > WITHOUT_LOOK).to(device)
        refined = refiner(drawn, lines / 255, looks[0, others[chosen].to(device)] * with_look)
        step.done(
            difference(refined, wanted)
            + _of_look(network, refined[:LOOKED_AT], wanted[:LOOKED_AT])
            + PALETTE * _palette(refined, wanted, step.random)
        )
    run.use_average()


def _of_look(network: vgg.VGG19, made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Differences of VGG's features, and of their Gram matrices as `sketch.scores` measures them."""
    target, found = network.features(wanted / 2 + 0.5), network.features(made / 2 + 0.5, grad=True)
    loss = made.new_zeros(())
    for layer in LAYERS:
        a, b = vgg.gram(found[layer]), vgg.gram(target[layer])
        apart, size = (a - b).flatten(1).norm(dim=1), a.flatten(1).norm(dim=1) + b.flatten(1).norm(dim=1)
        loss = loss + GRAM * (apart / size).mean() + FEATURES * (found[layer] - target[layer]).abs().mean()
    return loss / len(LAYERS)


def _palette(made: torch.Tensor, wanted: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Sliced Wasserstein distance of the colours (Bonneel et al. 2015)."""
    directions = F.normalize(torch.randn(8, 3, generator=random), dim=1).to(made)
    shades = [torch.einsum("dc,nchw->ndhw", directions, some[..., ::2, ::2]).flatten(2) for some in (made, wanted)]
    return (shades[0].sort(2).values - shades[1].sort(2).values).abs().mean()


def _of(source: np.ndarray, rows: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.from_numpy(source[row].copy()) for row in rows.tolist()])
