"""Seconds for a picture of the full-size networks on a GPU: `python -m benchmarks.sketch.gpu [--runs 5] [--json PATH]`.

Stable Diffusion 1.5, a ControlNet and the IP-Adapter with its image encoder, built from their published
configurations with random weights: the arithmetic is that of the trained ones, and nothing is fetched. A run is all
of it: words and style picture encoded, the steps, the picture decoded and brought back to the CPU. Each way gets two
runs to warm up (compiling, recording), then the median of the others counts.

    plain diffusers     the pipeline as it comes, float16
    channels last       the memory format that convolutions on tensor cores want
    compiled            and UNet, ControlNet and decoder through torch.compile
    recorded            channels last, and each network of a step replayed as a CUDA graph (what the app's
                        `common.sampling.load(…, graphs=True)` does)
    recorded, compiled  the graphs hold the compiled networks

Guidance is batched in all of them: with and without the words are one forward pass, as diffusers does it.

Where there is no GPU, one denoising step at a small size is timed on the CPU instead, as a sign of life and nothing
more.
"""

import argparse
import statistics
import string
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.options import machine, options
from common import diffusion, torchvision_cpu
from common.device import Device
from common.sampling import Diffusion, Request

if TYPE_CHECKING:
    import torch
    from diffusers import StableDiffusionControlNetPipeline

CASES = {"20 steps, guidance": (20, 7.0), "4 steps, no guidance": (4, 1.0)}
TARGET = 0.35  # s for the first case on an H200
# Measured earlier on one H200 with plain diffusers, 512 px: what the project compares itself with.
REFERENCE = {
    "plain diffusers": {"20 steps, guidance": 1.08, "4 steps, no guidance": 0.135},
    "channels last": {"20 steps, guidance": 0.84},
    "compiled": {"20 steps, guidance": 0.81},
}
BLOCKS = {"block_out_channels": (320, 640, 1280, 1280), "cross_attention_dim": 768, "attention_head_dim": 8}
IMAGE_EMBEDDING = 1024
SMALL, SMALL_STEPS = 128, 3  # px and repetitions on a CPU

Run = Callable[[int, float], None]


def filled(network: "torch.nn.Module", device: str, dtype: "torch.dtype") -> "torch.nn.Module":
    """A network made on torch's "meta" device, on a real one, with small random weights from a fixed seed."""
    import torch

    network = network.to(dtype).to_empty(device=device).eval().requires_grad_(False)
    generator = torch.Generator(device).manual_seed(0)
    for weight in network.parameters():
        weight.normal_(std=0.02, generator=generator)
    return network


def denoisers(device: str, dtype: "torch.dtype") -> "tuple[torch.nn.Module, torch.nn.Module]":
    """UNet with IP-Adapter and ControlNet of Stable Diffusion 1.5."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    with torch.device("meta"):
        unet, controlnet = UNet2DConditionModel(sample_size=64, **BLOCKS), ControlNetModel(**BLOCKS)
    unet, controlnet = filled(unet, device, dtype), filled(controlnet, device, dtype)
    diffusion.attach_ip_adapter(unet, IMAGE_EMBEDDING, generator=torch.Generator().manual_seed(0))
    return unet, controlnet


def pipeline(device: str, dtype: "torch.dtype") -> "StableDiffusionControlNetPipeline":
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionControlNetPipeline
    from transformers import (
        CLIPImageProcessor,
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTokenizer,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    letters = string.ascii_lowercase  # enough to read the prompt below
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    text = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
    sight = CLIPVisionConfig(  # ViT-H/14, the encoder of the IP-Adapter
        hidden_size=1280,
        intermediate_size=5120,
        num_hidden_layers=32,
        num_attention_heads=16,
        patch_size=14,
        hidden_act="gelu",
        projection_dim=IMAGE_EMBEDDING,
    )
    with torch.device("meta"):
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
            sample_size=512,
        )
    unet, controlnet = denoisers(device, dtype)
    return StableDiffusionControlNetPipeline(
        vae=filled(vae, device, dtype),
        text_encoder=CLIPTextModel(text).eval().to(device, dtype),
        tokenizer=CLIPTokenizer({piece: place for place, piece in enumerate(pieces)}, [], model_max_length=77),
        unet=unet,
        controlnet=controlnet,
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=CLIPImageProcessor(),
        image_encoder=CLIPVisionModelWithProjection(sight).eval().to(device, dtype),
        requires_safety_checker=False,
    )


def lines_and_style(size: int) -> tuple[np.ndarray, np.ndarray]:
    lines = np.zeros((size, size), np.float32)
    lines[size // 4 : -size // 4, size // 3 : size // 3 + 3] = 1
    return lines, np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)


def as_it_comes(pipe: "StableDiffusionControlNetPipeline", size: int) -> Run:
    import torch

    lines, style = lines_and_style(size)
    control = torch.from_numpy(lines)[None, None].repeat(1, 3, 1, 1)
    pipe.scheduler = diffusion.scheduler("unipc", pipe.scheduler.config)
    pipe.set_ip_adapter_scale(1.0)

    def run(steps: int, guidance: float) -> None:
        pipe(
            "a cat",
            control,
            num_inference_steps=steps,
            guidance_scale=guidance,
            ip_adapter_image=[[style]],
            generator=torch.Generator("cpu").manual_seed(0),
            output_type="np",
        )

    return run


def as_the_app(pipe: "StableDiffusionControlNetPipeline", size: int) -> Run:
    lines, style = lines_and_style(size)
    model = diffusion.DiffusionModel("random weights", "")
    drawing = Diffusion(pipe, model, Device("cuda", "float16", "benchmark"), graphs=True)

    def run(steps: int, guidance: float) -> None:
        drawing.draw(Request(lines, "a cat", styles=[(style, 1.0)], steps=steps, guidance=guidance))

    return run


def timed(run: Run, runs: int) -> dict[str, float]:
    """Median seconds of each case."""
    import torch

    found = {}
    for case, (steps, guidance) in CASES.items():
        seconds = []
        for _ in range(runs + 2):
            torch.cuda.synchronize()
            begun = time.perf_counter()
            run(steps, guidance)
            torch.cuda.synchronize()
            seconds.append(time.perf_counter() - begun)
        found[case] = round(statistics.median(seconds[2:]), 4)
    return found


def on_gpu(size: int, runs: int, compiling: bool) -> dict[str, dict[str, float]]:
    """Seconds of each way and case. One pipeline for all: each way adds to the one before."""
    import torch

    pipe = pipeline("cuda", torch.float16)
    pipe.set_progress_bar_config(disable=True)
    found = {"plain diffusers": timed(as_it_comes(pipe, size), runs)}
    for network in (pipe.unet, pipe.controlnet, pipe.vae):
        network.to(memory_format=torch.channels_last)
    found["channels last"] = timed(as_it_comes(pipe, size), runs)
    found["recorded"] = timed(as_the_app(pipe, size), runs)
    if compiling:
        for network in (pipe.unet, pipe.controlnet, pipe.vae.decoder):
            network.forward = torch.compile(network.forward)
        found["compiled"] = timed(as_it_comes(pipe, size), runs)
        found["recorded, compiled"] = timed(as_the_app(pipe, size), runs)
    return found


def on_cpu() -> dict[str, float]:
    """Median seconds of ControlNet and UNet for one picture of SMALL px, without guidance, in float32."""
    import torch

    unet, controlnet = denoisers("cpu", torch.float32)
    # Zeros would run through the layers as numbers so small that processors are slow at them.
    generator = torch.Generator().manual_seed(0)
    shapes = (1, 4, SMALL // 8, SMALL // 8), (1, 77, 768), (1, 3, SMALL, SMALL), (1, 1, IMAGE_EMBEDDING)
    latents, words, lines, image = (torch.randn(shape, generator=generator) for shape in shapes)
    style = {"image_embeds": [image]}
    seconds = []
    with torch.inference_mode():
        for _ in range(SMALL_STEPS + 1):
            begun = time.perf_counter()
            down, middle = controlnet(latents, 500, words, lines, return_dict=False)
            unet(
                latents,
                500,
                words,
                added_cond_kwargs=style,
                down_block_additional_residuals=down,
                mid_block_additional_residual=middle,
            )
            seconds.append(time.perf_counter() - begun)
    count = sum(weight.numel() for network in (unet, controlnet) for weight in network.parameters())
    return {"parameters": count, "size": SMALL, "seconds_a_step": round(statistics.median(seconds[1:]), 3)}


def table(found: dict[str, dict[str, float]]) -> str:
    rows = [f"{'':20}" + "".join(f"{case:>24}{'reference':>12}" for case in CASES)]
    for way, seconds in found.items():
        cells = [f"{seconds[case]:24.3f}{REFERENCE.get(way, {}).get(case, '-'):>12}" for case in CASES]
        rows.append(f"{way:20}" + "".join(cells))
    return "\n".join(rows)


def main() -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--size", type=int, default=512, help="px of a side, a multiple of 64")
        parser.add_argument("--runs", type=int, default=5, help="that are timed, of each way and case")
        parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out: minutes less")

    chosen = options(__doc__, arguments)
    given = chosen.arguments
    torchvision_cpu.mend()
    import torch

    if not torch.cuda.is_available():
        found = on_cpu()
        print(
            f"No GPU here, so the figures of this benchmark can't be measured. On {machine()}, "
            f"{torch.get_num_threads()} threads: one step of UNet and ControlNet ({found['parameters'] / 1e6:,.0f} M "
            f"parameters, float32) at {SMALL} px without guidance takes {found['seconds_a_step']:.2f} s."
        )
        chosen.write({"gpu": None, "cpu": found})
        return
    gpu = torch.cuda.get_device_name()
    found = on_gpu(given.size, given.runs, not given.no_compile)
    print(f"{gpu}, torch {torch.__version__}, {given.size} px, float16; {machine()}; median of {given.runs}, seconds\n")
    print(table(found))
    best = min(seconds["20 steps, guidance"] for seconds in found.values())
    print(f"\nreference: one H200, plain diffusers. Fastest with guidance {best:.3f} s, target {TARGET} s on an H200.")
    chosen.write({"gpu": gpu, "size": given.size, "seconds": found, "reference": REFERENCE, "target": TARGET})


if __name__ == "__main__":
    main()
