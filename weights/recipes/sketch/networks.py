"""The networks of the small model, in the classes of diffusers and transformers, untrained, and how they are saved.

PRESETS holds the sizes: `small` trains on two CPU cores in hours, `large` on one GPU in half an hour.
"""

# ruff: noqa: E402
import json
from dataclasses import dataclass
from pathlib import Path

import torch

from common import torchvision_cpu

torchvision_cpu.mend()  # before the next ones, which import torchvision
# isort: split

from diffusers import (
    AutoencoderTiny,
    ControlNetModel,
    DPMSolverMultistepScheduler,
    StableDiffusionControlNetPipeline,
    UNet2DConditionModel,
)
from diffusers.models.unets.unet_2d_blocks import AutoencoderTinyBlock
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from common import diffusion

WORDS = 32  # tokens of a prompt
REFERENCE = 128  # pixels of the style picture that the encoder sees


@dataclass(frozen=True)
class Preset:
    """Widths and depths.

    channels: of UNet and ControlNet by level; layers: residual blocks a level; width: of text and image tokens
    vae: channels of the autoencoder; latents: channels of a latent; encoder, decoder: blocks by level, one level for
    every halving and one for the full size
    lines: channels of the ControlNet's view of the lines, by level
    """

    channels: tuple[int, ...]
    layers: int
    width: int
    text_layers: int
    image_layers: int
    vae: int
    latents: int
    encoder: tuple[int, ...]
    decoder: tuple[int, ...]
    lines: tuple[int, ...]


# No block of an encoder at full size: the price lies there, and flat pictures need none. `small` is as narrow as it can
# be where the latents are large: two cores then train it at 256 px, the size that is drawn.
PRESETS = {
    "tiny": Preset((32, 64), 1, 32, 1, 1, 16, 8, (0, 1, 1, 1), (1, 1, 1, 1), (4, 8, 16, 32)),  # for tests
    "small": Preset((32, 96, 160), 1, 128, 2, 4, 32, 8, (0, 2, 3, 3), (3, 3, 2, 1), (4, 8, 24, 48)),
    "large": Preset((64, 128, 208), 2, 192, 3, 5, 48, 8, (0, 2, 3, 3), (3, 3, 2, 1), (16, 24, 32, 64)),
}


@dataclass
class Networks:
    vae: AutoencoderTiny
    unet: UNet2DConditionModel
    controlnet: ControlNetModel
    text: CLIPTextModel
    image: CLIPVisionModelWithProjection
    tokenizer: CLIPTokenizer

    def trained_together(self) -> list[torch.nn.Module]:
        """All but autoencoder and image encoder, which are trained first; the IP-Adapter lies inside the UNet."""
        return [self.unet, self.controlnet, self.text]


def build_vae(preset: Preset) -> AutoencoderTiny:
    vae = AutoencoderTiny(
        latent_channels=preset.latents,
        encoder_block_out_channels=(preset.vae,) * len(preset.encoder),
        decoder_block_out_channels=(preset.vae,) * len(preset.decoder),
        num_encoder_blocks=preset.encoder,
        num_decoder_blocks=preset.decoder,
    )
    _begin_as_blur(vae)
    return vae


def _begin_as_blur(vae: AutoencoderTiny) -> None:
    """Weights by which the first three channels carry the colours through, smaller and larger again, unchanged.

    In the manner of Zagoruyko and Komodakis 2017, "DiracNets". Nothing is normalised, and from PyTorch's own weights,
    pictures hardly depend on their latents: what those reach in 500 steps, these reach in 60.
    """
    same = torch.tensor([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    blur = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    with torch.no_grad():
        for module in vae.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    module.bias.zero_()
        for module in vae.modules():
            if isinstance(module, AutoencoderTinyBlock):
                module.conv[-1].weight.mul_(0.1)
                module.conv[-1].weight[:3] = 0
        for layer in (*vae.encoder.layers, *vae.decoder.layers):
            if isinstance(layer, torch.nn.Conv2d):
                layer.weight[:3] = 0
                resizes = layer.bias is None  # that is how diffusers writes those that go from one size to another
                for channel in range(3):
                    layer.weight[channel, channel] = blur if resizes else same


def build(preset: Preset, tokenizer: CLIPTokenizer, seed: int) -> Networks:
    torch.manual_seed(seed)
    levels = len(preset.channels)
    unet = UNet2DConditionModel(
        sample_size=256 // 2 ** (len(preset.decoder) - 1),
        in_channels=preset.latents,
        out_channels=preset.latents,
        block_out_channels=preset.channels,
        layers_per_block=preset.layers,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * (levels - 1)),
        up_block_types=(*("CrossAttnUpBlock2D",) * (levels - 1), "UpBlock2D"),
        cross_attention_dim=preset.width,
        attention_head_dim=4,
        norm_num_groups=8,
    )
    controlnet = ControlNetModel(
        in_channels=preset.latents,
        block_out_channels=preset.channels,
        layers_per_block=preset.layers,
        down_block_types=("DownBlock2D",) * levels,  # lines are local: attention is the UNet's
        mid_block_type="UNetMidBlock2D",
        cross_attention_dim=preset.width,
        attention_head_dim=4,
        norm_num_groups=8,
        conditioning_embedding_out_channels=preset.lines,
    )
    _wake(controlnet)
    text = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=preset.width,
            intermediate_size=preset.width * 4,
            num_hidden_layers=preset.text_layers,
            num_attention_heads=4,
            max_position_embeddings=WORDS,
            projection_dim=preset.width,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    image = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            image_size=REFERENCE,
            patch_size=16,
            hidden_size=preset.width,
            intermediate_size=preset.width * 4,
            num_hidden_layers=preset.image_layers,
            num_attention_heads=4,
            projection_dim=preset.width * 2,
        )
    )
    diffusion.attach_ip_adapter(unet, preset.width * 2, generator=torch.Generator().manual_seed(seed))
    return Networks(build_vae(preset), unet, controlnet, text, image, tokenizer)


def _wake(controlnet: ControlNetModel) -> None:
    """Small random weights where a ControlNet starts from zero: there is no finished UNet to be left undisturbed."""
    silent = [controlnet.controlnet_cond_embedding.conv_out, controlnet.controlnet_mid_block]
    for layer in [*silent, *controlnet.controlnet_down_blocks]:
        torch.nn.init.xavier_uniform_(layer.weight, gain=0.3)


def build_tokenizer(texts: list[str], folder: Path, size: int = 3000) -> CLIPTokenizer:
    """CLIP's byte-pair encoding (Sennrich et al. 2016) learned on `texts`; every byte has a token, so any prompt can be
    written."""
    if not (folder / "merges.txt").exists():  # pairs that are equally frequent come in any order, so once is enough
        _learn_vocabulary(texts, folder, size)
    return CLIPTokenizer.from_pretrained(folder, model_max_length=WORDS, unk_token="<|endoftext|>")


def _learn_vocabulary(texts: list[str], folder: Path, size: int) -> None:
    model = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=None))
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False, min_frequency=2
    )
    model.train_from_iterator((text.lower() for text in texts), trainer)
    learned = json.loads(model.to_str())["model"]
    vocabulary = dict(learned["vocab"])
    for token in [letter + "</w>" for letter in sorted(letters)] + ["<|startoftext|>", "<|endoftext|>"]:
        vocabulary.setdefault(token, len(vocabulary))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in learned["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")


def scheduler() -> DPMSolverMultistepScheduler:
    """Noise levels of training and sampling: v-prediction with zero terminal SNR (Lin et al. 2024)."""
    return DPMSolverMultistepScheduler(
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )


def save(networks: Networks, folder: Path) -> None:
    """Write everything as the embedded tier reads it, in half precision."""
    pipe = StableDiffusionControlNetPipeline(
        networks.vae,
        networks.text,
        networks.tokenizer,
        networks.unet,
        networks.controlnet,
        scheduler(),
        safety_checker=None,
        feature_extractor=CLIPImageProcessor(
            size={"shortest_edge": REFERENCE}, crop_size={"height": REFERENCE, "width": REFERENCE}
        ),
        image_encoder=networks.image,
        requires_safety_checker=False,
    )
    diffusion.save(pipe, folder)
