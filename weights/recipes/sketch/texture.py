"""Building blocks of the style shaders: noise, blur, edges, cells, dither, as batched tensor code.

Pictures are float (N, 3, H, W), masks (N, 1, H, W), both 0..1. Sizes are given in 128ths of the shorter side, so that a
style looks the same at every resolution.
"""

import math

import torch
import torch.nn.functional as F

LUMA = (0.299, 0.587, 0.114)


def luminance(rgb: torch.Tensor) -> torch.Tensor:
    """(N, 1, H, W) brightness after ITU-R BT.601."""
    return (rgb * rgb.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)


def pixels(like: torch.Tensor, size: float) -> float:
    """`size` in 128ths of the shorter side as pixels."""
    return size * min(like.shape[-2:]) / 128


def blur(x: torch.Tensor, size: float) -> torch.Tensor:
    """Gaussian of standard deviation `size`."""
    sigma = pixels(x, size)
    if sigma < 0.3:
        return x
    if sigma > 4:  # wide ones on a smaller picture
        down = F.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True)
        return F.interpolate(blur(down, size), x.shape[-2:], mode="bilinear", align_corners=False)
    reach = max(1, math.ceil(2.5 * sigma))
    at = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1).repeat(x.shape[1], 1, 1, 1)
    x = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode="replicate"), kernel, groups=x.shape[1])
    return F.conv2d(F.pad(x, (0, 0, reach, reach), mode="replicate"), kernel.transpose(2, 3), groups=x.shape[1])


def noise(
    like: torch.Tensor, size: float, random: torch.Generator, octaves: int = 3, stretch: float = 1.0
) -> torch.Tensor:
    """(N, 1, H, W) smooth noise around 0.5 with features of about `size`, `stretch` times as wide as high."""
    n, _, h, w = like.shape
    total, weight = like.new_zeros(n, 1, h, w), 0.0
    for octave in range(octaves):
        cell = max(1.0, pixels(like, size) / 2**octave)
        shape = (max(2, math.ceil(h / cell)) + 1, max(2, math.ceil(w / cell / stretch)) + 1)
        grid = torch.rand(n, 1, *shape, generator=random, device=random.device).to(like)
        total += F.interpolate(grid, (h, w), mode="bicubic", align_corners=False) / 2**octave
        weight += 1 / 2**octave
    return (total / weight).clamp(0, 1)


def wander(x: torch.Tensor, size: float, reach: float, random: torch.Generator) -> torch.Tensor:
    """`x` with every point moved by up to about `reach` along smooth noise of `size`."""
    h, w = x.shape[-2:]
    move = torch.cat([noise(x, size, random, 2), noise(x, size, random, 2)], 1) - 0.5
    scale = x.new_tensor([2 * pixels(x, reach) / w, 2 * pixels(x, reach) / h]).view(1, 2, 1, 1) * 2
    ys, xs = torch.meshgrid(
        torch.linspace(-1, 1, h, device=x.device), torch.linspace(-1, 1, w, device=x.device), indexing="ij"
    )
    grid = torch.stack([xs, ys]).to(x)[None] + move * scale
    return F.grid_sample(x, grid.permute(0, 2, 3, 1), mode="bilinear", padding_mode="border", align_corners=True)


def slope(x: torch.Tensor, size: float = 0.6) -> tuple[torch.Tensor, torch.Tensor]:
    """Horizontal and vertical derivative of every channel after a blur of `size`."""
    x = F.pad(blur(x, size), (1, 1, 1, 1), mode="replicate")
    return (x[..., 1:-1, 2:] - x[..., 1:-1, :-2]) / 2, (x[..., 2:, 1:-1] - x[..., :-2, 1:-1]) / 2


def edges(rgb: torch.Tensor, alpha: torch.Tensor, size: float = 0.6) -> torch.Tensor:
    """(N, 1, H, W) strength of the strongest edge in colour or outline, about 0..1."""
    right, down = slope(torch.cat([rgb * alpha, alpha], 1), size)
    return ((right**2 + down**2).sqrt() * 3).amax(1, keepdim=True).clamp(0, 1)


def relief(height: torch.Tensor, size: float, towards: float = 0.785) -> torch.Tensor:
    """(N, 1, H, W) shading around 0 of a height field lit from the upper left at the angle `towards`."""
    right, down = slope(height, size)
    return -(right * math.cos(towards) + down * math.sin(towards)) * 2 * math.sqrt(max(1.0, pixels(height, 1)))


def gradient_map(value: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """Colours (N, 3, H, W) for values 0..1 along a `palette` (K, 3)."""
    at = value.clamp(0, 1) * (len(palette) - 1)
    low = at.floor().long().clamp(0, len(palette) - 2)
    part = (at - low).expand(-1, 3, -1, -1)
    first, second = (palette[index[:, 0]].permute(0, 3, 1, 2) for index in (low, low + 1))
    return first * (1 - part) + second * part


def nearest(rgb: torch.Tensor, palette: torch.Tensor) -> torch.Tensor:
    """Every pixel in the nearest colour of `palette` (K, 3)."""
    far = ((rgb[:, None] - palette.view(1, -1, 3, 1, 1)) ** 2).sum(2)
    return palette[far.argmin(1)].permute(0, 3, 1, 2)


def posterise(x: torch.Tensor, levels: int) -> torch.Tensor:
    return (x * (levels - 1)).round() / (levels - 1)


def saturate(rgb: torch.Tensor, amount: float) -> torch.Tensor:
    grey = luminance(rgb)
    return (grey + (rgb - grey) * amount).clamp(0, 1)


def flatten(rgb: torch.Tensor, size: float) -> torch.Tensor:
    """Smooth inside regions, sharp between them: the quieter of four shifted windows (Kuwahara et al. 1976)."""
    step = max(1, round(pixels(rgb, size)))
    kernel = 2 * (step // 2) + 1
    mean = F.avg_pool2d(F.pad(rgb, [kernel // 2] * 4, mode="replicate"), kernel, 1)
    spread = (F.avg_pool2d(F.pad(rgb**2, [kernel // 2] * 4, mode="replicate"), kernel, 1) - mean**2).sum(
        1, keepdim=True
    )
    half = max(1, step // 2)
    moves = [(dy, dx) for dy in (-half, half) for dx in (-half, half)]
    means = torch.stack([torch.roll(mean, move, (2, 3)) for move in moves])
    spreads = torch.stack([torch.roll(spread, move, (2, 3)) for move in moves])
    best = spreads.argmin(0, keepdim=True).expand(1, *mean.shape)
    return means.gather(0, best)[0]


def cells(like: torch.Tensor, size: float, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A jittered grid of cells (Worley 1996): index of the cell of each pixel (H, W), and distance to its border (H, W)
    in 128ths. The same for every picture of the batch."""
    h, w = like.shape[-2:]
    step = pixels(like, size)
    rows, columns = math.ceil(h / step) + 2, math.ceil(w / step) + 2
    jitter = torch.rand(rows, columns, 2, generator=random, device=random.device).to(like) * 0.8 + 0.1
    ys = torch.arange(h, device=like.device).view(-1, 1) / step + 1
    xs = torch.arange(w, device=like.device).view(1, -1) / step + 1
    row, column = ys.floor().long(), xs.floor().long()
    distances, indices = [], []
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            r, c = (row + dy).clamp(0, rows - 1), (column + dx).clamp(0, columns - 1)
            point = jitter[r.expand(h, w), c.expand(h, w)]
            distances.append(((ys - r - point[..., 0]) ** 2 + (xs - c - point[..., 1]) ** 2).sqrt())
            indices.append((r * columns + c).expand(h, w))
    near, order = torch.stack(distances).topk(2, dim=0, largest=False)
    index = torch.stack(indices).gather(0, order[:1])[0]
    return index, (near[1] - near[0]) / 2 * size


def cell_mean(rgb: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """The mean colour of its cell for every pixel."""
    n, c, h, w = rgb.shape
    flat, where = rgb.flatten(2), index.flatten().expand(n, c, -1)
    count = int(index.max()) + 1
    total = rgb.new_zeros(n, c, count).scatter_add_(2, where, flat)
    share = rgb.new_zeros(n, c, count).scatter_add_(2, where, torch.ones_like(flat))
    return (total / share.clamp(min=1)).gather(2, where).view(n, c, h, w)


def waves(like: torch.Tensor, spacing: float, angle: float) -> torch.Tensor:
    """(1, 1, H, W) parallel lines as a wave 0..1 of period `spacing`, turned by `angle` radians."""
    h, w = like.shape[-2:]
    ys = torch.arange(h, device=like.device).view(-1, 1)
    xs = torch.arange(w, device=like.device).view(1, -1)
    across = (xs * math.cos(angle) + ys * math.sin(angle)) / pixels(like, spacing)
    return (0.5 + 0.5 * torch.cos(2 * math.pi * across)).to(like)[None, None]


def dots(like: torch.Tensor, spacing: float, angle: float) -> torch.Tensor:
    """(1, 1, H, W) a screen of dots 0..1, for halftone."""
    return (waves(like, spacing, angle) + waves(like, spacing, angle + math.pi / 2)) / 2


def over(rgb: torch.Tensor, alpha: torch.Tensor, ground: torch.Tensor) -> torch.Tensor:
    return rgb * alpha + ground * (1 - alpha)


def bright(colour: torch.Tensor) -> torch.Tensor:
    """The colour (3,) as bright as it can be."""
    return colour / colour.max().clamp(min=0.05)
