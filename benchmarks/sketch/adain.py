"""A baseline for style: AdaIN on a flat-filled sketch.

Huang and Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization", with the
decoder that goes with it: the content's VGG features at relu4_1 get the mean and deviation of the style's, channel by
channel, and are decoded. It needs a coloured picture as content, so the sketch is flat-filled first.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from common import vgg, weights
from common.device import CACHE, Device, choose, gpu_lock

if TYPE_CHECKING:
    import torch

DECODER = "adain-decoder"
STEP = 8  # pixels: the decoder doubles the size three times
STYLE_SIDE = 512  # pixels of the style's longer side; the authors used 512 as well
LEAST_REGION = 0.001  # of the sheet: a smaller region takes the colour of its neighbour
GAP = 8  # pixels between the ends of lines that are taken as closed, where the longer side is 256
INK = 40  # grey level of the lines on a flat-filled sketch


def stylise(content: np.ndarray, style: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """The content in the style's look: (H, W, 3) uint8, of the content's size.

    content, style: (H, W, 3) uint8 RGB, sides of at least 16 pixels
    alpha: 0 gives the content back as the decoder draws it, 1 the style's statistics

    Raises ValueError for other arrays or values, WeightsUnavailable when a model can't be had.
    """
    for name, picture in (("content", content), ("style", style)):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"{name} must be (H, W, 3) uint8, not {picture.shape} {picture.dtype}")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be 0 to 1, not {alpha}")
    encoder, decode = vgg.load(), _decoder()
    height, width = content.shape[:2]
    padded = np.pad(content, ((0, -height % STEP), (0, -width % STEP), (0, 0)), mode="edge")
    wanted = encoder.features(_tensor(_reduced(style)))["relu4_1"]
    found = encoder.features(_tensor(padded))["relu4_1"]
    picture = decode.draw(alpha * _renormalised(found, wanted) + (1 - alpha) * found.float())
    rgb = picture[0].clamp(0, 1).permute(1, 2, 0).cpu().numpy()
    return (rgb[:height, :width] * 255 + 0.5).astype(np.uint8)


def flat_fill(lines: np.ndarray, seed: int) -> np.ndarray:
    """A sketch painted by numbers: (H, W, 3) uint8, every closed region in a flat colour, the lines dark.

    lines: (H, W) float, 1 on a line. Lines that leave a gap of up to 8 px where the longer side is 256 count as
    closed. The region that holds most of the sheet's border is left white. The colours are drawn with `seed`, light
    enough that the lines show.
    """
    regions = _regions(lines >= 0.5)
    colours = _colours(regions.max() + 1, np.random.default_rng(seed))
    border = np.concatenate([regions[0], regions[-1], regions[:, 0], regions[:, -1]])
    colours[np.bincount(border).argmax()] = 255
    strength = np.clip(lines, 0, 1).astype(np.float32)[..., None]
    return (colours[regions] * (1 - strength) + INK * strength + 0.5).astype(np.uint8)


def _regions(drawn: np.ndarray) -> np.ndarray:
    """The number of its region for each pixel of (H, W); pixels of lines belong to the nearest region."""
    import cv2
    from scipy import ndimage

    radius = max(1, round(GAP / 2 * max(drawn.shape) / 256))
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    paper = (~drawn).astype(np.uint8)
    # The four neighbours only: a diagonal line must hold its colour in.
    _, parts = cv2.connectedComponents(paper, connectivity=4)
    _, seeds = cv2.connectedComponents(cv2.erode(paper, brush), connectivity=4)
    # A part that is too narrow for the brush keeps its own number.
    seeded = np.isin(parts, parts[seeds > 0])
    regions = np.where(seeded, seeds, np.where(drawn, 0, parts + seeds.max()))
    regions[np.bincount(regions.ravel())[regions] < LEAST_REGION * drawn.size] = 0
    if not regions.any():
        return np.zeros_like(regions)
    nearest = ndimage.distance_transform_edt(regions == 0, return_distances=False, return_indices=True)
    return np.unique(regions[tuple(nearest)], return_inverse=True)[1].reshape(drawn.shape)


def _colours(count: int, rng: np.random.Generator) -> np.ndarray:
    """Random colours (count, 3) float32 0..255 of every hue, neither dark nor pale."""
    import cv2

    hue, saturation = rng.uniform(0, 360, count), rng.uniform(0.35, 0.8, count)
    hsv = np.stack([hue, saturation, rng.uniform(0.65, 0.95, count)], axis=-1).astype(np.float32)
    return cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0] * 255


def _renormalised(content: "torch.Tensor", style: "torch.Tensor") -> "torch.Tensor":
    """Adaptive instance normalisation: the content's features with the style's mean and deviation."""
    (mean, variance), (wanted_mean, wanted_variance) = vgg.moments(content), vgg.moments(style)
    scale = ((wanted_variance + 1e-5) / (variance + 1e-5)).sqrt()
    return (content.float() - mean[..., None, None]) * scale[..., None, None] + wanted_mean[..., None, None]


def _reduced(picture: np.ndarray) -> np.ndarray:
    import cv2

    factor = STYLE_SIDE / max(picture.shape[:2])
    if factor >= 1:
        return picture
    size = [max(vgg.MIN_SIDE, round(side * factor)) for side in picture.shape[1::-1]]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _tensor(picture: np.ndarray) -> "torch.Tensor":
    import torch

    return torch.tensor(picture).permute(2, 0, 1)[None].float() / 255


class _Decoder:
    def __init__(self, file: Path, device: Device) -> None:
        import torch

        self._network, self._device = _network(), device
        self._network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        self._network.eval().requires_grad_(False).to(device.name, memory_format=torch.channels_last)
        self.nbytes = sum(tensor.numel() * tensor.element_size() for tensor in self._network.parameters())

    def draw(self, features: "torch.Tensor") -> "torch.Tensor":
        import torch

        with torch.no_grad(), nullcontext() if self._device.name == "cpu" else gpu_lock():
            return self._network(features.to(self._device.name))


def _decoder() -> _Decoder:
    return CACHE.get(DECODER, lambda: _Decoder(weights.path(DECODER), choose()))


def _network() -> "torch.nn.Sequential":
    """The mirror image of VGG-19 up to relu4_1, with nearest-neighbour enlargement in place of pooling."""
    from torch import nn

    layers, channels = [], 512
    for wanted in (256, "double", 256, 256, 256, 128, "double", 128, 64, "double", 64, 3):
        if wanted == "double":
            layers.append(nn.Upsample(scale_factor=2, mode="nearest"))
        else:
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, wanted, 3), nn.ReLU()]
            channels = wanted
    return nn.Sequential(*layers[:-1])  # colours are not cut off at 0 by a ReLU
