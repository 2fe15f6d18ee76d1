"""Shaders of materials and of light."""

import math

import torch

from weights.recipes.sketch import texture as t
from weights.recipes.sketch.sheet import Sheet, shader


def _height(s: Sheet, size: float) -> torch.Tensor:
    """A swollen shape: high inside, falling to its border and a little to inner edges."""
    return (
        t.blur(s.alpha, size) * s.alpha + 0.3 * t.blur(s.light * s.alpha, size / 2) - 0.15 * t.blur(s.edges(), size / 3)
    )


@shader
def neon(s: Sheet) -> torch.Tensor:
    lines = s.edges(0.5)
    glow = t.blur(lines, 3 + 3 * s.amounts[0]) * 1.6 + t.blur(lines, 1.2) * 0.8
    own = t.saturate(t.blur(s.rgb * s.alpha, 1.5) * 1.4, 1.8)
    colour = own if s.amounts[1] > 0.66 else s.plain(t.bright(s.palette[2 + (s.amounts[1] > 0.33)]))
    return s.palette[0].view(1, 3, 1, 1) * 0.25 + colour * (glow + lines) + lines * 0.7


@shader
def clay(s: Sheet) -> torch.Tensor:
    height = _height(s, 3) + 0.04 * s.noise(3, 2)
    colour = t.flatten(t.saturate(s.rgb, 0.9), 3) * 0.85 + 0.08
    lit = colour * (1 + 1.4 * t.relief(height, 0.8)) + 0.25 * (t.relief(height, 1.5) * 3 - 0.4).clamp(0, 1)
    shadow = t.blur(torch.roll(s.alpha, (round(t.pixels(s.alpha, 3)),) * 2, (2, 3)), 3)
    return t.over(lit, s.alpha, s.plain(s.palette[3] * 0.5 + 0.4) * (1 - 0.45 * shadow))


@shader
def metal(s: Sheet) -> torch.Tensor:
    height = _height(s, 2.5)
    shine = 0.5 + 0.5 * torch.sin(6 * s.light + 9 * height + 14 * t.relief(height, 0.8))
    value = (0.2 + 0.6 * shine * (0.5 + 0.5 * s.light) + 0.9 * t.relief(height, 0.7)).clamp(0, 1)
    brushed = (s.noise(1.0, 2, stretch=12) - 0.5) * 0.15 * s.amounts[0]
    return t.over(
        t.gradient_map(value + brushed, s.palette), s.alpha, s.plain(s.palette[0] * (0.4 + 0.5 * s.amounts[1]))
    )


@shader
def stained_glass(s: Sheet) -> torch.Tensor:
    index, border = t.cells(s.alpha, 10 + 8 * s.amounts[0], s.random)
    ground = t.gradient_map(s.noise(30, 2), s.palette[1:])
    pane = t.cell_mean(t.over(t.saturate(s.rgb, 1.5), s.alpha, ground), index)
    inside = t.over(t.saturate(t.flatten(s.rgb, 4), 1.5), s.alpha, pane)
    glass = (inside * 0.7 + pane * 0.3) * (0.8 + 0.5 * s.noise(8))
    lead = ((0.8 - border) * 2).clamp(0, 1)[None, None] * (1 - 0.5 * s.alpha)
    return glass * (1 - lead * 0.9) * (1 - (s.edges(0.9) * 1.6).clamp(0, 1) * 0.95)


@shader
def mosaic(s: Sheet) -> torch.Tensor:
    index, border = t.cells(s.alpha, 4 + 3 * s.amounts[0], s.random)
    tiles = t.cell_mean(t.over(s.rgb, s.alpha, t.gradient_map(s.noise(20, 2), s.palette[2:])), index)
    uneven = t.cell_mean(s.noise(1.0, 1).expand(-1, 3, -1, -1), index) - 0.5
    joint = ((0.45 - border) * 4).clamp(0, 1)[None, None]
    return t.over(s.plain(s.palette[0] * 0.5 + 0.3), joint * 0.8, tiles * (1 + 0.35 * uneven))


@shader
def veined(s: Sheet) -> torch.Tensor:
    field = s.noise(24, 4)
    vein = (1 - ((field - 0.5).abs() * 14).clamp(0, 1)) * 0.8 + (1 - ((field - 0.4).abs() * 25).clamp(0, 1)) * 0.4
    body = t.gradient_map(0.35 + 0.45 * s.light + 0.2 * (s.noise(12) - 0.5), s.palette)
    stone = t.over(s.plain(s.palette[1] if s.amounts[0] > 0.5 else s.palette[4]), vein.clamp(0, 1) * 0.7, body)
    lit = stone * (1 + 1.2 * t.relief(_height(s, 2.5), 0.8))
    return t.over(lit, s.alpha, s.plain(s.palette[4] if s.amounts[1] > 0.5 else s.palette[0]))


@shader
def wood_grain(s: Sheet) -> torch.Tensor:
    rings = 0.5 + 0.5 * torch.sin(40 * s.noise(30, 2, stretch=5) + 4 * s.noise(4, 2, stretch=8))
    wood = s.palette.new_tensor([[0.25, 0.13, 0.06], [0.5, 0.3, 0.15], [0.8, 0.6, 0.38]]) * 0.8 + s.palette[1:4] * 0.2
    carved = t.gradient_map(0.25 + 0.35 * rings + 0.35 * s.light, wood) * (1 + 1.6 * t.relief(_height(s, 1.5), 0.6))
    board = t.gradient_map(0.2 + 0.3 * rings, wood)
    return t.over(carved, s.alpha, board * 0.75) * (1 - 0.5 * s.edges(0.6))


@shader
def cyberpunk(s: Sheet) -> torch.Tensor:
    night = s.palette.new_tensor(
        [[0.03, 0.01, 0.08], [0.2, 0.03, 0.32], [0.85, 0.1, 0.55], [0.1, 0.75, 0.9], [0.95, 1.0, 1.0]]
    )
    body = t.gradient_map(0.1 + 0.6 * s.light, night)
    lines = s.edges(0.5)
    left, _ = t.slope(s.alpha, 1.5)
    rim = t.over(s.plain(night[3]), (left * 6).clamp(0, 1), s.plain(night[2])) * (left.abs() * 6).clamp(0, 1)
    rain = (s.noise(1.0, 1, stretch=0.12) > 0.82).to(s.rgb) * 0.12
    h = s.alpha.shape[2]
    down = torch.linspace(0, 1, h).to(s.rgb).view(1, 1, h, 1)
    city = t.gradient_map((0.1 + 0.3 * down * s.noise(16, 2, stretch=0.4)).clamp(0, 1), night)
    scan = 1 - 0.12 * t.waves(s.alpha, 2.5, math.pi / 2)
    return (
        t.over(body, s.alpha, city + rain) + rim + t.blur(lines, 2) * night[2].view(1, 3, 1, 1) * 0.9 + lines * 0.35
    ) * scan


@shader
def rust(s: Sheet) -> torch.Tensor:
    iron = s.palette.new_tensor([[0.12, 0.11, 0.11], [0.3, 0.29, 0.29], [0.55, 0.53, 0.5]])
    rusty = s.palette.new_tensor([[0.22, 0.08, 0.03], [0.5, 0.22, 0.08], [0.78, 0.42, 0.16]])
    eaten = ((s.noise(14, 4) - 0.5 + 0.15 * (s.amounts[0] - 0.5)) * 7 + 0.5).clamp(0, 1)
    grain = 0.3 * (s.noise(1.6, 2) - 0.5)
    value = 0.2 + 0.6 * s.light + grain
    body = t.over(t.gradient_map(value, rusty), eaten, t.gradient_map(value, iron))
    plate = t.gradient_map(0.2 + 0.4 * s.noise(20, 3) + grain, iron)
    return t.over(body * (1 + 1.8 * t.relief(_height(s, 2), 0.6)), s.alpha, plate) * (1 - 0.6 * s.edges(0.5))


@shader
def felt(s: Sheet) -> torch.Tensor:
    fibre = s.noise(0.8, 2, stretch=3) * 0.5 + s.noise(0.8, 2, stretch=0.33) * 0.5
    alpha = (t.blur(s.alpha, 0.8) + 0.5 * (fibre - 0.5) > 0.5).to(s.rgb)
    colour = t.posterise(t.flatten(t.saturate(s.rgb, 0.85), 4), 5) * (0.75 + 0.45 * fibre)
    stitch = (t.waves(s.alpha, 4, 0.785) > 0.5).to(s.rgb) * (s.edges(0.9) * 1.5).clamp(0, 1)
    cloth = s.plain(s.palette[2] * 0.6 + 0.25) * (0.8 + 0.35 * fibre)
    shadow = t.blur(torch.roll(alpha, (round(t.pixels(alpha, 1.5)),) * 2, (2, 3)), 1.5)
    sewn = t.over(colour * (1 + 0.8 * t.relief(t.blur(alpha, 2), 0.6)), alpha, cloth * (1 - 0.35 * shadow))
    return t.over(s.plain(s.palette[4] * 0.4 + 0.55), stitch * 0.8, sewn)


@shader
def porcelain(s: Sheet) -> torch.Tensor:
    glaze = s.palette.new_tensor([[0.05, 0.12, 0.42], [0.2, 0.35, 0.7], [0.75, 0.82, 0.92], [0.97, 0.98, 0.99]])
    value = t.posterise(t.blur(s.light, 0.8), 5) + 0.1 * (s.noise(5, 2) - 0.5)
    body = t.over(t.gradient_map(value, glaze), s.alpha, s.plain(glaze[3]))
    line = (t.blur(s.edges(0.6), 0.3) * 1.6).clamp(0, 1)
    shine = (t.relief(t.blur(s.alpha, 4), 1.5) * 5 - 0.5).clamp(0, 0.5)
    return t.over(s.plain(glaze[0]), line, body) + shine


@shader
def xray(s: Sheet) -> torch.Tensor:
    thick = t.blur(s.alpha, 5) * s.alpha * (0.25 + 0.5 * (1 - s.light)) + 0.6 * s.edges(0.9)
    film = s.palette.new_tensor([[0.01, 0.02, 0.05], [0.1, 0.25, 0.38], [0.5, 0.75, 0.85], [0.96, 1.0, 1.0]])
    return t.gradient_map(0.05 + 0.85 * t.blur(thick, 0.5) + 0.06 * (s.noise(1.0, 1) - 0.5), film)


@shader
def thermal(s: Sheet) -> torch.Tensor:
    heat = s.palette.new_tensor(
        [[0.02, 0.0, 0.2], [0.25, 0.0, 0.5], [0.75, 0.1, 0.45], [0.98, 0.5, 0.1], [1.0, 0.9, 0.3], [1.0, 1.0, 0.9]]
    )
    warmth = t.blur(s.alpha, 1.5) * (0.4 + 0.55 * t.blur(s.light, 1.5)) + 0.12 * s.noise(30, 2)
    return t.gradient_map(warmth, heat)


@shader
def glow(s: Sheet) -> torch.Tensor:
    colour = t.bright(s.palette[2]).view(1, 3, 1, 1)
    inside = t.posterise(t.blur(s.light, 0.8), 5) * s.alpha
    halo = t.blur(s.alpha, 7) * 0.45 + t.blur(s.alpha, 2.5) * 0.25
    dark = s.palette[0].view(1, 3, 1, 1) * 0.2
    dust = (s.noise(0.9, 1) > 0.93).to(s.rgb) * 0.4 * (1 - s.alpha) * (s.amounts[0] > 0.5)
    return dark + colour * (halo + dust) + (0.35 * colour + 0.6) * inside * s.alpha - 0.35 * s.edges(0.6) * s.alpha
