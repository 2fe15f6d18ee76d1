"""The networks of Stable Diffusion with ControlNet and IP-Adapter, through diffusers: two tiers of models as data.

Rombach et al. 2022, "High-Resolution Image Synthesis with Latent Diffusion Models"; Zhang et al. 2023, "Adding
Conditional Control to Text-to-Image Diffusion Models"; Ye et al. 2023, "IP-Adapter"; Wang et al. 2024, "InstantStyle".
How pictures are drawn with them is in common/sampling.py.
"""

import contextlib
import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import torchvision_cpu
from common.device import Device
from common.errors import WeightsUnavailable

if TYPE_CHECKING:
    import torch
    from diffusers import ControlNetModel, StableDiffusionControlNetPipeline, UNet2DConditionModel

ADAPTER_FILE = "ip-adapter.safetensors"
IP_TOKENS = 4  # image tokens of an IP-Adapter with a linear projection: the number diffusers assumes when it loads one
LARGEST_FILE = "40MB"  # that is saved: larger networks are cut into several

# Name -> class in diffusers and what differs from the model's own configuration. The prediction type (noise or
# velocity), the noise schedule and zero terminal SNR are the model's, always.
SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "unipc": ("UniPCMultistepScheduler", {}),
    "dpm": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "solver_order": 2, "timestep_spacing": "trailing"},
    ),
    # Latents are not pictures: they may leave -1..1.
    "lcm": ("LCMScheduler", {"clip_sample": False}),
    "ddim": ("DDIMScheduler", {"clip_sample": False, "timestep_spacing": "trailing"}),
}


@dataclass(frozen=True)
class DiffusionModel:
    """Where the networks of a tier come from and how they like to be run.

    id: name of the tier
    base: a folder in the form that `save` writes, or the Hub's id of a pipeline
    controls: kind of lines -> ControlNet, the Hub's id; empty where the one in `base` serves every kind
    adapter: (folder or Hub id, subfolder, file) of the IP-Adapter
    lcm: Hub id of the LoRA that makes few steps enough (the scheduler "lcm"), or None
    half: whether it may run in float16 on a CUDA GPU
    style_blocks: the scales of an IP-Adapter of which only the style is wanted, as diffusers names the blocks;
        None: this model does not know style from content apart
    absent_style: scale of the IP-Adapter when no style is given: 0 where the UNet was trained without the adapter,
        1 where both were trained together and an embedding of zeros stands for "none"
    match_colours: 0..1, how far the colours of what was drawn are brought to those of the styles (common/colours.py)
    size, steps, guidance, scheduler: what to use where the person says nothing; size in px of the longer side
    """

    id: str
    base: str
    controls: Mapping[str, str] = field(default_factory=dict)
    adapter: tuple[str, str, str] = ("", "", ADAPTER_FILE)
    lcm: str | None = None
    half: bool = True
    style_blocks: Mapping[str, Any] | None = None
    absent_style: float = 0.0
    match_colours: float = 0.0
    size: int = 512
    steps: int = 20
    guidance: float = 7.0
    scheduler: str = "unipc"

    @property
    def local(self) -> bool:
        """Whether everything is in a folder, so that the Hub is never asked."""
        return Path(self.base).is_dir()

    @property
    def schedulers(self) -> tuple[str, ...]:
        """Names of the samplers that suit it."""
        return tuple(name for name in SCHEDULERS if name != "lcm" or self.lcm)


def embedded(folder: str | Path) -> DiffusionModel:
    """A small model trained by this project, in a folder as `save` writes it."""
    return DiffusionModel(
        "embedded",
        str(folder),
        adapter=(str(folder), "", ADAPTER_FILE),
        half=False,
        absent_style=1.0,
        match_colours=1.0,
        size=256,
        steps=8,
        guidance=2.0,
        scheduler="dpm",
    )


def stable_diffusion(plus: bool = False) -> DiffusionModel:
    """Stable Diffusion 1.5 with ControlNet 1.1, from the Hub. plus: the IP-Adapter of 16 tokens, closer to the style.

    Its style block is the one that InstantStyle's own code names for version 1.5; diffusers documents only XL's.
    """
    return DiffusionModel(
        "full-plus" if plus else "full",
        "stable-diffusion-v1-5/stable-diffusion-v1-5",
        {kind: f"lllyasviel/control_v11p_sd15_{kind}" for kind in ("scribble", "lineart", "canny")},
        ("h94/IP-Adapter", "models", f"ip-adapter{'-plus' if plus else ''}_sd15.safetensors"),
        lcm="latent-consistency/lcm-lora-sdv1-5",
        style_blocks={"up": {"block_1": 1.0}},
    )


def pipeline(model: DiffusionModel, device: Device, lcm: bool = False) -> "StableDiffusionControlNetPipeline":
    """The networks on their device, channels last, with the IP-Adapter and, where `lcm`, the LoRA for few steps.

    Nothing is asked of the Hub when the model is a folder. No safety checker: it is a network of its own that the
    small model has not. Raises WeightsUnavailable when something is missing or can't be reached.
    """
    torchvision_cpu.mend()
    import torch
    from diffusers import StableDiffusionControlNetPipeline

    given = {"controlnet": control(model, next(iter(model.controls)), device)} if model.controls else {}
    try:
        # What the Hub sends may take minutes, and then the bars are wanted.
        with _quiet() if model.local else contextlib.nullcontext():
            pipe = StableDiffusionControlNetPipeline.from_pretrained(
                model.base, **_how(model, device), safety_checker=None, requires_safety_checker=False, **given
            )
            folder, subfolder, file = model.adapter
            # Before anything is moved, offloaded or compiled: it replaces the UNet's attention processors.
            pipe.load_ip_adapter(folder, subfolder=subfolder, weight_name=file, local_files_only=model.local)
        if lcm and model.lcm:
            pipe.load_lora_weights(model.lcm)
            pipe.fuse_lora()
            pipe.unload_lora_weights()
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(_what_to_do(model, error)) from error
    pipe.to(device.name)
    for network in (pipe.unet, pipe.controlnet, pipe.vae):
        network.to(memory_format=torch.channels_last)
    return pipe


def control(model: DiffusionModel, kind: str, device: Device) -> "ControlNetModel":
    """The ControlNet for this kind of lines, where the model has one for each. Raises WeightsUnavailable."""
    torchvision_cpu.mend()
    import torch
    from diffusers import ControlNetModel

    try:
        network = ControlNetModel.from_pretrained(model.controls[kind], **_how(model, device))
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(_what_to_do(model, error)) from error
    return network.to(device.name).to(memory_format=torch.channels_last)


def scheduler(name: str, config: Mapping[str, Any]) -> Any:
    """A new sampler of this name (SCHEDULERS) for a model with this configuration of its scheduler."""
    import diffusers

    kind, different = SCHEDULERS[name]
    return getattr(diffusers, kind).from_config(config, **different)


def versions(model: DiffusionModel) -> dict[str, str]:
    """Which weights and libraries: what is needed, beside the settings, to make the same picture again."""
    import diffusers
    import torch

    weights = {"model": model.base, **model.controls, "adapter": "/".join(model.adapter)}
    if model.local:
        digest = hashlib.sha256()
        for file in sorted(Path(model.base).rglob("*")):
            if file.suffix in (".safetensors", ".json", ".txt"):
                digest.update(file.relative_to(model.base).as_posix().encode() + file.read_bytes())
        weights = {"model": f"{model.id} {digest.hexdigest()[:12]}"}
    return weights | {"diffusers": diffusers.__version__, "torch": torch.__version__}


def save(pipe: "StableDiffusionControlNetPipeline", folder: str | Path) -> None:
    """Write a pipeline whose UNet has an IP-Adapter as a folder that `embedded` takes, in float16.

    The form of `save_pretrained`, and beside it ip-adapter.safetensors: the adapter's weights are not in unet/. The
    pipeline itself stays as it is. Raises ValueError when it has no IP-Adapter or no image encoder.
    """
    import torch
    from diffusers.models.attention_processor import AttnProcessor2_0
    from safetensors.torch import save_file

    if pipe.image_encoder is None or pipe.feature_extractor is None:
        raise ValueError("the pipeline needs an image encoder and a feature extractor: without them no style is read")
    with _quiet():
        copied = type(pipe)(**copy.deepcopy(pipe.components), requires_safety_checker=False)
        copied.to(dtype=torch.float16)
        adapter = ip_adapter_state(copied.unet)
        copied.unet.encoder_hid_proj = None
        copied.unet.set_attn_processor({name: AttnProcessor2_0() for name in copied.unet.attn_processors})
        copied.save_pretrained(folder, max_shard_size=LARGEST_FILE)
    save_file(adapter, Path(folder) / ADAPTER_FILE)


def attach_ip_adapter(
    unet: "UNet2DConditionModel",
    image_embed_dim: int,
    tokens: int = IP_TOKENS,
    generator: "torch.Generator | None" = None,
) -> None:
    """Give `unet` a new IP-Adapter, ready to train: a projection of image embeddings and keys and values for them.

    image_embed_dim: width of the image encoder's embeddings
    tokens: 4; diffusers reads no other number in this form of adapter
    generator: of the initial weights, on the CPU; None: torch's own

    The weights are drawn as nn.Linear draws them, and loaded by the code that loads published adapters, in the
    UNet's device and number type. The UNet's forward pass then wants
    `added_cond_kwargs={"image_embeds": [embeddings of the shape (batch, images, image_embed_dim)]}`.
    Raises ValueError for another number of tokens or a UNet that has no cross-attention.
    """
    import torch

    if tokens != IP_TOKENS:
        raise ValueError(f"diffusers reads IP-Adapters of {IP_TOKENS} tokens, not {tokens}")
    crossing = _cross_attention(unet)
    if not crossing:
        raise ValueError("the UNet has no cross-attention, which is where an IP-Adapter works")

    def uniform(*shape: int, fan_in: int) -> torch.Tensor:
        return (torch.rand(shape, generator=generator) * 2 - 1) / fan_in**0.5

    width = unet.config.cross_attention_dim
    projection = {
        "proj.weight": uniform(tokens * width, image_embed_dim, fan_in=image_embed_dim),
        "proj.bias": uniform(tokens * width, fan_in=image_embed_dim),
        "norm.weight": torch.ones(width),
        "norm.bias": torch.zeros(width),
    }
    attention = {}
    for number, name in crossing:
        features = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
        for part in ("to_k_ip", "to_v_ip"):
            attention[f"{number}.{part}.weight"] = uniform(features, width, fan_in=width)
    with _quiet():
        unet._load_ip_adapter_weights([{"image_proj": projection, "ip_adapter": attention}], low_cpu_mem_usage=False)


def ip_adapter_state(unet: "UNet2DConditionModel") -> "dict[str, torch.Tensor]":
    """The weights of the UNet's IP-Adapter under the names that `load_ip_adapter` reads, on the CPU, contiguous.

    "image_proj.proj.weight", … and "ip_adapter.1.to_k_ip.weight", …: ready for `safetensors.torch.save_file`.
    Raises ValueError when the UNet has no IP-Adapter, or one that is not of the linear form.
    """
    if unet.encoder_hid_proj is None or not hasattr(unet.encoder_hid_proj, "image_projection_layers"):
        raise ValueError("the UNet has no IP-Adapter: call attach_ip_adapter first")
    projection = unet.encoder_hid_proj.image_projection_layers[0]
    if not hasattr(projection, "image_embeds"):
        raise ValueError(f"only the linear form of IP-Adapter is written, not {type(projection).__name__}")
    state = {
        "image_proj.proj.weight": projection.image_embeds.weight,
        "image_proj.proj.bias": projection.image_embeds.bias,
        "image_proj.norm.weight": projection.norm.weight,
        "image_proj.norm.bias": projection.norm.bias,
    }
    for number, name in _cross_attention(unet):
        processor = unet.attn_processors[name]
        state[f"ip_adapter.{number}.to_k_ip.weight"] = processor.to_k_ip[0].weight
        state[f"ip_adapter.{number}.to_v_ip.weight"] = processor.to_v_ip[0].weight
    return {key: tensor.detach().to("cpu").contiguous() for key, tensor in state.items()}


def _how(model: DiffusionModel, device: Device) -> dict[str, Any]:
    """What every part is loaded with."""
    import torch

    half = model.half and device.name == "cuda"
    return {
        "dtype": torch.float16 if half else torch.float32,
        "variant": "fp16" if half and not model.local else None,
        "local_files_only": model.local,
        "use_safetensors": True,
    }


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' bars and remarks: version 0.42 remarks on every AutoencoderTiny that it is one."""
    import diffusers.utils.logging as of_diffusers
    import transformers.utils.logging as of_transformers

    verbosity, barred = of_diffusers.get_verbosity(), []
    of_diffusers.set_verbosity_error()
    for library in (of_diffusers, of_transformers):
        if library.is_progress_bar_enabled():
            library.disable_progress_bar()
            barred.append(library)
    try:
        yield
    finally:
        of_diffusers.set_verbosity(verbosity)
        for library in barred:
            library.enable_progress_bar()


def _what_to_do(model: DiffusionModel, error: Exception) -> str:
    reason = " ".join(str(error).split())[:300]
    if model.local:
        return f"The diffusion model in {model.base} can't be read: {reason}"
    return (
        f"The model {model.base} and its parts can't be had from the Hugging Face Hub: {reason} "
        "Connect to the network and try again, or choose the embedded tier, which needs no Hub."
    )


def _cross_attention(unet: "UNet2DConditionModel") -> list[tuple[int, str]]:
    """Number and name of the processors that look at words: adapters number them 1, 3, 5, … in the UNet's order."""
    names = [name for name in unet.attn_processors if name.endswith("attn2.processor")]
    return [(2 * place + 1, name) for place, name in enumerate(names)]
