"""A diffusion model of random weights in the form of the embedded one, small enough to be made for every test run.

Its pictures are coloured noise, but every network is a real one: what goes in, changes what comes out.
"""

from pathlib import Path

from common import diffusion, torchvision_cpu

SIDE = 32  # px that its image encoder sees
WORD_PIECES = 16  # that its text encoder reads, the marks at the beginning and the end included
_WIDTH = 32  # of its words' and styles' vectors


def make_tiny(folder: str | Path, seed: int = 0) -> Path:
    """Write the model into `folder`, made where it is missing, and give its path back. The same bytes each time."""
    torchvision_cpu.mend()
    import torch
    from diffusers import DDIMScheduler, StableDiffusionControlNetPipeline
    from transformers import (
        CLIPImageProcessor,
        CLIPTextConfig,
        CLIPTextModel,
        CLIPVisionConfig,
        CLIPVisionModelWithProjection,
    )

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tokenizer = _tokenizer()
        layers = {"hidden_size": _WIDTH, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
        words = CLIPTextConfig(
            **layers,
            vocab_size=len(tokenizer),
            max_position_embeddings=WORD_PIECES,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        sight = CLIPVisionConfig(**layers, image_size=SIDE, patch_size=8, projection_dim=24)
        unet, controlnet = _networks()
        diffusion.attach_ip_adapter(unet, sight.projection_dim, generator=torch.Generator().manual_seed(seed))
        pipe = StableDiffusionControlNetPipeline(
            vae=_autoencoder(),
            text_encoder=CLIPTextModel(words),
            tokenizer=tokenizer,
            unet=unet,
            controlnet=controlnet,
            scheduler=DDIMScheduler(
                prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing"
            ),
            safety_checker=None,
            feature_extractor=CLIPImageProcessor(
                size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
            ),
            image_encoder=CLIPVisionModelWithProjection(sight),
            requires_safety_checker=False,
        )
    diffusion.save(pipe, folder)
    return Path(folder)


def _networks():
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    same = {
        "in_channels": 8,
        "block_out_channels": (32, 64),
        "layers_per_block": 1,
        "attention_head_dim": 8,
        "cross_attention_dim": _WIDTH,
        "norm_num_groups": 8,
    }
    unet = UNet2DConditionModel(
        sample_size=32,
        out_channels=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        **same,
    )
    controlnet = ControlNetModel(
        down_block_types=("DownBlock2D", "DownBlock2D"),
        mid_block_type="UNetMidBlock2D",
        conditioning_embedding_out_channels=(8, 8, 16, 16),
        **same,
    )
    # A ControlNet begins with layers of zeros and learns to be seen; here it is to be seen at once.
    for layer in (*controlnet.controlnet_down_blocks, controlnet.controlnet_mid_block):
        torch.nn.init.normal_(layer.weight, std=0.3)
    for layer in controlnet.controlnet_cond_embedding.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.normal_(layer.weight, std=layer.weight[0].numel() ** -0.5 * 2)
    return unet, controlnet


def _autoencoder():
    import torch
    from diffusers import AutoencoderTiny

    vae = AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4,
        decoder_block_out_channels=(8,) * 4,
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
        latent_channels=8,
    )
    # Random layers give nearly nothing, which is black; about grey, what differs is seen.
    last = vae.decoder.layers[-1]
    torch.nn.init.normal_(last.weight, std=0.3)
    torch.nn.init.constant_(last.bias, 0.5)
    return vae


def _tokenizer():
    """Bytes as word pieces, and no merges: every text can be read, letter by letter."""
    from transformers import CLIPTokenizer

    # As byte-level tokenizers write bytes: those that show as themselves, the other 68 from 256 on.
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256), *range(256, 256 + 68))]
    pieces = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer({piece: place for place, piece in enumerate(pieces)}, [], model_max_length=WORD_PIECES)
