"""Training of UNet, ControlNet, IP-Adapter and text encoder together, on latents of the bank.

Each example: the lines of a picture, another subject in the same look as its reference, the name of its subject and
sometimes words for the look. Each of them is left out at random, for guidance and so that any of them may be missing.

Half of every batch is noise alone, up to the last third of the steps: there the model has nothing to go by but lines,
look and words, so it learns to use them. With times drawn evenly, as usual, it reads most of a picture off the noisy
latents and hardly looks at them: after 1,000 steps they explained 12 % of the latents' variance, and so they explain
more than half of it, where it lies in the colours, after 300.
"""

from pathlib import Path

import torch
import torch.nn.functional as F

from weights.recipes.sketch.autoencoder import encode
from weights.recipes.sketch.bank import GROUP, Bank
from weights.recipes.sketch.networks import WORDS, Networks, scheduler
from weights.recipes.sketch.training import Run

WITHOUT_LINES, WITHOUT_REFERENCE, WITHOUT_WORDS, WITH_LOOK = 0.06, 0.15, 0.25, 0.35
BLIND = 2 / 3  # of the steps, in which half of every batch is noise alone

# Words for a look, beside the name of its shader.
LOOKS = {
    "plain": ["flat drawing", "on white"],
    "ground": ["on a coloured ground", "flat drawing"],
    "tint": ["tinted", "two-tone"],
    "gradient_map": ["duotone", "gradient"],
    "neon": ["neon sign", "glowing lines"],
    "watercolour": ["watercolor", "aquarelle", "water colour painting"],
    "ink_wash": ["ink painting", "sumi-e"],
    "pencil": ["pencil drawing", "graphite sketch"],
    "coloured_pencil": ["colored pencil", "crayon pencil drawing"],
    "chalk": ["chalk on a blackboard"],
    "crayon": ["wax crayon", "child's drawing"],
    "clay": ["plasticine", "claymation"],
    "metal": ["chrome", "polished metal", "gold"],
    "halftone": ["pop art", "newspaper print"],
    "comic": ["comic book", "cartoon"],
    "risograph": ["risograph print", "screen print"],
    "stained_glass": ["church window", "leaded glass"],
    "mosaic": ["mosaic tiles"],
    "veined": ["marble", "stone"],
    "wood_grain": ["carved wood", "wooden"],
    "cyberpunk": ["cyber punk city night", "futuristic neon"],
    "rust": ["rusty iron", "industrial"],
    "oil": ["oil painting", "impasto"],
    "woodblock": ["ukiyo-e", "japanese woodblock print"],
    "linocut": ["lino print", "woodcut"],
    "pixel": ["pixel art", "8-bit game"],
    "paper_cut": ["paper cut-out", "layered paper"],
    "felt": ["embroidery", "stitched felt"],
    "porcelain": ["blue and white china"],
    "sepia": ["old photograph", "black and white photo"],
    "xray": ["x-ray"],
    "thermal": ["heat camera", "infrared"],
    "glow": ["glow in the dark", "glowing"],
    "wash": ["anime background", "soft wash with clouds"],
    "gouache": ["storybook illustration", "gouache painting"],
}


def prompt(words: list[str], shader: str, random: torch.Generator) -> str:
    """A prompt for a subject, its name or tags, with or without words for the look."""

    def pick(options: list[str]) -> str:
        return options[int(torch.randint(len(options), (), generator=random))]

    chance = torch.rand(3, generator=random).tolist()
    subject = words[0] if chance[0] < 0.6 else pick(words)
    look = pick([shader.replace("_", " "), *LOOKS.get(shader, [])]) if chance[1] < WITH_LOOK else ""
    if chance[2] < WITHOUT_WORDS:
        return look
    return f"{subject}, {look}" if look else subject


def all_texts(words: list[list[str]]) -> list[str]:
    """What the tokenizer learns from: every word a prompt of the training can have."""
    looks = [text for shader, texts in LOOKS.items() for text in (shader.replace("_", " "), *texts)]
    return [text for some in words for text in some] + looks * 40


def train(
    networks: Networks,
    bank: Bank,
    latents: torch.Tensor,
    looks: torch.Tensor,
    run: Run,
    batch: int,
    minutes: float | None,
    device: torch.device,
    cropped: int = 0,
) -> None:
    """latents (2, N, …) and looks (2, N, d): of the bank's pictures as they are and mirrored.

    The first `cropped` steps see quarters of the pictures, which cost a quarter and show lines, colours and texture
    as well; the rest sees them whole.
    """
    levels = scheduler().alphas_cumprod.to(device)
    for module in networks.trained_together():
        module.train().to(device, memory_format=torch.channels_last)
    for step in run.batches(minutes):
        part = 2 if step.number < cropped else 1
        blind = batch // 2 if step.number < BLIND * run.steps else 0
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            step.done(_loss(networks, bank, latents, looks, levels, batch, blind, part, step.random, device))
    run.use_average()


def all_latents(networks: Networks, bank: Bank, file: Path, device: torch.device) -> torch.Tensor:
    """The scaled latents (2, N, …) of the whole bank as it is and mirrored, half precision: 32 KB a picture at 256 px.

    file: where they are kept for the next call.
    """
    if file.exists():
        return torch.load(file, map_location=device, weights_only=True)
    networks.vae.eval().to(device, memory_format=torch.channels_last)
    rows = list(range(len(bank)))
    parts = [
        torch.stack([encode(networks.vae, bank, rows[i : i + 16], device, mirror).half() for mirror in (False, True)])
        for i in range(0, len(rows), 16)
    ]
    latents = torch.cat(parts, 1) * networks.vae.config.scaling_factor
    torch.save(latents, file)
    return latents


def _loss(
    networks: Networks,
    bank: Bank,
    latents: torch.Tensor,
    looks: torch.Tensor,
    levels: torch.Tensor,
    batch: int,
    blind: int,
    part: int,
    random: torch.Generator,
    device: torch.device,
) -> torch.Tensor:
    """The error on a random batch, of which `blind` are noise alone and each is cut to 1 / `part` of its sides."""
    rows = torch.randint(len(bank), (batch,), generator=random)
    others = rows // GROUP * GROUP + (rows + torch.randint(1, GROUP, (batch,), generator=random)) % GROUP
    kept = (
        torch.rand(2, batch, 1, 1, 1, generator=random)
        > torch.tensor([WITHOUT_LINES, WITHOUT_REFERENCE]).view(2, 1, 1, 1, 1)
    ).to(device)
    lines = torch.stack([torch.from_numpy(bank.lines[row].copy()) for row in rows.tolist()]).to(device).float() / 255
    mirrored = (torch.rand(batch, generator=random) < 0.5).to(device)
    lines = torch.where(mirrored.view(-1, 1, 1, 1), lines.flip(-1), lines)
    lines = (lines * kept[0]).expand(-1, 3, -1, -1)
    rows, others = rows.to(device), others.to(device)
    look = looks[mirrored.long(), others] * kept[1].view(batch, 1)
    prompts = [prompt(bank.words[bank.subject[row]], bank.shader[row // GROUP], random) for row in rows.tolist()]
    tokens = networks.tokenizer(prompts, padding="max_length", max_length=WORDS, truncation=True, return_tensors="pt")
    words = networks.text(tokens.input_ids.to(device)).last_hidden_state

    lines, clean = _cut(lines, latents[mirrored.long(), rows].float(), part, random)
    noise = torch.randn(clean.shape, generator=random).to(device)
    times = _times(batch, blind, len(levels), random).to(device)
    signal, noisiness = levels[times].sqrt().view(-1, 1, 1, 1), (1 - levels[times]).sqrt().view(-1, 1, 1, 1)
    noisy, velocity = signal * clean + noisiness * noise, signal * noise - noisiness * clean
    down, middle = networks.controlnet(
        noisy, times, encoder_hidden_states=words, controlnet_cond=lines, return_dict=False
    )
    guess = networks.unet(
        noisy,
        times,
        encoder_hidden_states=words,
        down_block_additional_residuals=down,
        mid_block_additional_residual=middle,
        added_cond_kwargs={"image_embeds": [look[:, None]]},
    ).sample
    return F.mse_loss(guess.float(), velocity)


def _times(batch: int, blind: int, levels: int, random: torch.Generator) -> torch.Tensor:
    """`blind` times the last, which is noise alone; of the rest one in each part of the range, so that a small batch
    covers all of it."""
    seeing = batch - blind
    spread = ((torch.arange(seeing) + torch.rand(seeing, generator=random)) / max(1, seeing) * levels).long()
    return torch.cat([torch.full((blind,), levels - 1), spread])


def _cut(
    lines: torch.Tensor, latents: torch.Tensor, part: int, random: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """The same piece of 1 / `part` of the sides of all, lines and latents."""
    if part == 1:
        return lines, latents
    whole = latents.shape[-1]
    side, scale = whole // part, lines.shape[-1] // whole
    top, left = torch.randint(whole - side + 1, (2,), generator=random).tolist()
    piece = latents[..., top : top + side, left : left + side]
    top, left, side = (scale * value for value in (top, left, side))
    return lines[..., top : top + side, left : left + side], piece
