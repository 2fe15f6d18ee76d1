"""Features of pictures from VGG-19, their Gram matrices and moments, and a perceptual loss.

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition"; with the
activations of each channel scaled to a mean of 1 over photographs (Gatys, Ecker and Bethge 2015, "Texture Synthesis
Using Convolutional Neural Networks"), so that layers and channels can be compared; reflection padding, and a first 1x1
convolution that turns RGB of 0..1 into what the network was trained on, as Huang and Belongie 2017 published it.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from common import weights
from common.device import CACHE, Device, choose, gpu_lock

if TYPE_CHECKING:
    import torch

DEFAULT = "vgg-19"
LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
MIN_SIDE = 16  # pixels: relu4_1 is at an eighth, and reflection needs two pixels there
BATCH = 8  # pictures at once where no gradient is wanted: bounds the memory of the activations
_ENDS = (3, 10, 17, 30)  # places of LAYERS in the network
# Output channels of the 3x3 convolutions up to relu4_1, "pool" between the scales.
_CONVOLUTIONS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, 256, "pool", 512)


class VGG19:
    """The first 31 layers of a VGG-19.

    network: an `nn.Sequential` as `network()` makes it
    device: where it computes, and in which number type

    Its weights take no gradient. Safe to share between threads.
    """

    def __init__(self, network: "torch.nn.Sequential", device: Device) -> None:
        import torch

        self.device = device
        self._network = network.eval().requires_grad_(False)
        self._network.to(device.name, getattr(torch, device.dtype), memory_format=torch.channels_last)
        # It spreads 0..1 to -124..151, where half precision would cost a level of 8 bits.
        self._network[0].float()

    @classmethod
    def load(cls, file: str | Path, device: Device | None = None) -> "VGG19":
        """Read a state dict of the network, or of a longer one that begins with it.

        device: None for `common.device.choose()`. Raises RuntimeError for a file of another form.
        """
        import torch

        state = torch.load(file, map_location="cpu", weights_only=True)
        made = network()
        made.load_state_dict({key: value for key, value in state.items() if key in made.state_dict()})
        return cls(made, device or choose())

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self._network.parameters())

    def features(self, pictures: "torch.Tensor", grad: bool = False) -> "dict[str, torch.Tensor]":
        """Activations by layer, each (N, C, h, w) in the network's number type and on its device.

        pictures: (N, 3, H, W) float RGB of 0..1, sides of at least 16 pixels; C is 64, 128, 256, 512 and h, w are the
        sides divided by 1, 2, 4, 8, rounded up.
        grad: whether gradients flow back to `pictures`; all of them then go through at once.
        Raises ValueError for pictures of another form.
        """
        if pictures.ndim != 4 or pictures.shape[1] != 3 or min(pictures.shape[2:]) < MIN_SIDE:
            raise ValueError(
                f"pictures must be (N, 3, H, W) with sides of at least {MIN_SIDE} pixels, not {tuple(pictures.shape)}"
            )
        if not pictures.is_floating_point():
            raise ValueError(f"pictures must be floating-point RGB of 0..1, not {pictures.dtype}")
        import torch

        with nullcontext() if self.device.name == "cpu" else gpu_lock():
            if grad:
                return self._forward(pictures)
            with torch.no_grad():  # not inference_mode: a loss takes these as its target
                parts = [self._forward(part) for part in pictures.split(BATCH)]
                return {layer: torch.cat([part[layer] for part in parts]) for layer in LAYERS}

    def _forward(self, pictures: "torch.Tensor") -> "dict[str, torch.Tensor]":
        import torch

        found, values = {}, pictures.to(self.device.name, torch.float32, memory_format=torch.channels_last)
        with torch.autocast(self.device.name, enabled=False):  # a training loop around it may have another type
            for place, layer in enumerate(self._network):
                values = layer(values)
                if place == 0:
                    values = values.to(getattr(torch, self.device.dtype))
                if place in _ENDS:
                    found[LAYERS[_ENDS.index(place)]] = values
        return found


def load(model_id: str = DEFAULT) -> VGG19:
    """The model of this id in the weights manifest, from the shared cache. Raises WeightsUnavailable."""
    return CACHE.get(model_id, lambda: VGG19.load(weights.path(model_id)))


def network() -> "torch.nn.Sequential":
    """The 31 layers up to relu4_1, with random weights."""
    from torch import nn

    layers, channels = [nn.Conv2d(3, 3, 1)], 3
    for wanted in _CONVOLUTIONS:
        if wanted == "pool":
            layers.append(nn.MaxPool2d(2, 2, ceil_mode=True))
        else:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, wanted, 3), nn.ReLU()]
            channels = wanted
    return nn.Sequential(*layers)


def gram(features: "torch.Tensor") -> "torch.Tensor":
    """Gram matrices (N, C, C) float32 of features (N, C, h, w): the mean over the places of the products of channels.

    Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks"; as a mean it doesn't grow with the
    size of the picture.
    """
    flat = features.float().flatten(2)
    return flat @ flat.mT / flat.shape[2]


def moments(features: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """Mean and variance of every channel over its places, each (N, C) float32."""
    flat = features.float().flatten(2)
    return flat.mean(dim=2), flat.var(dim=2, correction=0)


def perceptual_loss(
    vgg: VGG19,
    pictures: "torch.Tensor",
    targets: "torch.Tensor",
    layer_weights: Mapping[str, float] | None = None,
) -> "torch.Tensor":
    """How far `pictures` look from `targets`, a scalar >= 0 through which gradients flow to `pictures`.

    Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", with absolute
    differences in place of squares (Wang et al. 2018, pix2pixHD): the mean of |difference| in each layer, weighted.

    pictures, targets: (N, 3, H, W) float RGB of 0..1, of one shape. Values outside are taken as they are.
    layer_weights: of some of LAYERS; None: a quarter each. Raises ValueError for other layers or shapes.
    """
    if pictures.shape != targets.shape:
        raise ValueError(f"pictures {tuple(pictures.shape)} and targets {tuple(targets.shape)} differ in shape")
    if layer_weights is None:
        layer_weights = dict.fromkeys(LAYERS, 1 / len(LAYERS))
    if not layer_weights or not layer_weights.keys() <= set(LAYERS):
        raise ValueError(f"layer_weights must be of {', '.join(LAYERS)}, not {dict(layer_weights)}")
    wanted = vgg.features(targets)
    found = vgg.features(pictures, grad=True)
    differences = {layer: (found[layer] - wanted[layer]).float().abs().mean() for layer in layer_weights}
    return sum(weight * differences[layer] for layer, weight in layer_weights.items())
