"""Training of UNet, ControlNet, IP-Adapter, text and image encoder together, on latents of the bank.

Each example: the lines of a picture, another subject in the same look as its reference, the name of its subject and
sometimes words for the look. Each of them is left out at random, for guidance and so that any of them may be missing.
"""

from pathlib import Path

import torch
import torch.nn.functional as F

from weights.recipes.sketch.autoencoder import encode
from weights.recipes.sketch.bank import GROUP, Bank
from weights.recipes.sketch.networks import REFERENCE, WORDS, Networks, scheduler
from weights.recipes.sketch.training import Run

WITHOUT_LINES, WITHOUT_REFERENCE, WITHOUT_WORDS, WITH_LOOK = 0.06, 0.2, 0.25, 0.35
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # CLIPImageProcessor's

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
    run: Run,
    batch: int,
    minutes: float | None,
    device: torch.device,
    cropped: int = 0,
) -> None:
    """The first `cropped` steps see quarters of the pictures, which cost a quarter and show lines, colours and texture
    as well; the rest sees them whole."""
    levels = scheduler().alphas_cumprod.to(device)
    latents = _all_latents(networks, bank, run.file.with_suffix(".latents"), device)
    for module in networks.trained_together():
        module.train().to(device, memory_format=torch.channels_last)
    for step in run.batches(minutes):
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            part = 2 if step.number < cropped else 1
            step.done(_loss(networks, bank, latents, levels, batch, part, step.random, device))
    run.use_average()


def _all_latents(networks: Networks, bank: Bank, file: Path, device: torch.device) -> torch.Tensor:
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
    levels: torch.Tensor,
    batch: int,
    part: int,
    random: torch.Generator,
    device: torch.device,
) -> torch.Tensor:
    """The error on a random batch, of which each picture is cut to 1 / `part` of its sides."""
    rows = torch.randint(len(bank), (batch,), generator=random)
    others = rows // GROUP * GROUP + (rows + torch.randint(1, GROUP, (batch,), generator=random)) % GROUP
    kept = (
        torch.rand(2, batch, 1, 1, 1, generator=random)
        > torch.tensor([WITHOUT_LINES, WITHOUT_REFERENCE]).view(2, 1, 1, 1, 1)
    ).to(device)
    lines = torch.stack([torch.from_numpy(bank.lines[row].copy()) for row in rows.tolist()]).to(device).float() / 255
    mirrored = torch.rand(batch, generator=random) < 0.5
    lines = torch.where(mirrored.view(-1, 1, 1, 1).to(device), lines.flip(-1), lines)
    lines = (lines * kept[0]).expand(-1, 3, -1, -1)
    reference = torch.stack([torch.from_numpy(bank.pictures[row].copy()) for row in others.tolist()]).to(device)
    looks = networks.image(pixel_values=normalised(reference)).image_embeds * kept[1].view(batch, 1)
    prompts = [prompt(bank.words[bank.subject[row]], bank.shader[row // GROUP], random) for row in rows.tolist()]
    tokens = networks.tokenizer(prompts, padding="max_length", max_length=WORDS, truncation=True, return_tensors="pt")
    words = networks.text(tokens.input_ids.to(device)).last_hidden_state

    clean = latents[mirrored.long().to(latents.device), rows.to(latents.device)].float()
    lines, clean = _cut(lines, clean, part, random)
    noise = torch.randn(clean.shape, generator=random).to(device)
    # One time in each part of the range, so that a small batch covers all of it.
    times = ((torch.arange(batch) + torch.rand(batch, generator=random)) / batch * len(levels)).long().to(device)
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
        added_cond_kwargs={"image_embeds": [looks[:, None]]},
    ).sample
    return F.mse_loss(guess.float(), velocity)


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


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 (N, 3, H, W) as the image encoder takes them."""
    x = pictures.float() / 255
    if x.shape[-1] != REFERENCE:
        x = F.interpolate(x, (REFERENCE, REFERENCE), mode="bicubic", antialias=True)
    mean, deviation = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (x.clamp(0, 1) - mean) / deviation
