"""Shaders of what is drawn, painted or printed on paper."""

import math

import torch

from weights.recipes.sketch import texture as t
from weights.recipes.sketch.sheet import Sheet, shader


@shader
def plain(s: Sheet) -> torch.Tensor:
    return t.over(s.rgb, s.alpha, s.plain(s.palette.new_tensor([1.0, 1.0, 1.0]) * (0.9 + 0.1 * s.amounts[0])))


@shader
def ground(s: Sheet) -> torch.Tensor:
    h = s.alpha.shape[2]
    down = torch.linspace(0, 1, h).to(s.rgb).view(1, 1, h, 1).expand_as(s.alpha)
    return t.over(s.rgb, s.alpha, t.gradient_map(down, s.palette[[3, 4]] if s.amounts[0] > 0.5 else s.palette[[1, 2]]))


@shader
def tint(s: Sheet) -> torch.Tensor:
    strength = 0.35 + 0.4 * s.amounts[0]
    toned = t.saturate(s.rgb, 0.6) * (1 - strength) + t.gradient_map(s.light, s.palette) * strength
    return t.over(toned, s.alpha, s.paper(s.palette[4], 0.03))


@shader
def gradient_map(s: Sheet) -> torch.Tensor:
    value = s.light if s.amounts[1] > 0.3 else t.posterise(s.light, 4)
    ground = s.palette[4] if s.amounts[0] > 0.5 else s.palette[0]
    return t.over(t.gradient_map(0.15 + 0.7 * value, s.palette), s.alpha, s.plain(ground))


@shader
def blueprint(s: Sheet) -> torch.Tensor:
    blue = s.palette[1] * 0.3 + s.palette.new_tensor([0.05, 0.2, 0.5]) * 0.7
    grid = (t.waves(s.alpha, 10, 0) > 0.96).to(s.rgb) + (t.waves(s.alpha, 10, math.pi / 2) > 0.96).to(s.rgb)
    sheet = s.paper(blue, 0.05) + 0.08 * grid.clamp(0, 1)
    return sheet + s.alpha * 0.05 + (s.edges(0.4) * 1.3).clamp(0, 1) * (0.9 - sheet) * (0.85 + 0.15 * s.noise(2))


@shader
def watercolour(s: Sheet) -> torch.Tensor:
    colour = t.flatten(t.saturate(s.rgb, 0.7 + 0.5 * s.amounts[0]), 4)
    colour = colour * (1 - 0.4 * s.amounts[1]) + t.gradient_map(s.light, s.palette) * 0.4 * s.amounts[1]
    alpha = t.blur(t.wander(s.alpha, 8, 1.2, s.random), 0.6)
    rim = (t.blur(s.alpha, 1.0) * (1 - t.blur(s.alpha, 1.0)) * 4).clamp(0, 1) * s.alpha
    density = 0.55 + 0.5 * (s.noise(14, 4) - 0.5) * 1.6 + 0.35 * rim + 0.2 * s.edges(0.8)
    sheet = s.paper(s.palette.new_tensor([0.97, 0.96, 0.92]), 0.05)
    return sheet * (1 - alpha * density.clamp(0, 1) * (1 - colour))


@shader
def ink_wash(s: Sheet) -> torch.Tensor:
    tone = t.posterise(t.blur(s.light, 0.8), 4)
    wash = (1 - tone) * (0.5 + 0.5 * s.noise(12, 3)) * 0.7 * t.blur(s.alpha, 0.5)
    ink = (s.edges(0.6) * 1.4 - 0.2 * s.noise(4)).clamp(0, 1)
    sheet = s.paper(s.palette[4] * 0.15 + 0.82, 0.05)
    return sheet * (1 - wash) * (1 - 0.9 * ink) + 0.3 * s.palette[0].view(1, 3, 1, 1) * (wash + ink).clamp(0, 1)


@shader
def pencil(s: Sheet) -> torch.Tensor:
    hatch = t.waves(s.alpha, 2.2, 0.7) * 0.6 + s.noise(1.2, 2) * 0.6
    tone = ((1 - s.light) * 1.1 - hatch * 0.8).clamp(0, 1) * s.alpha
    line = (s.edges(0.5) * 1.2 * (0.6 + 0.6 * s.noise(3))).clamp(0, 1)
    return s.paper(s.palette.new_tensor([0.95, 0.94, 0.91]), 0.06) * (1 - 0.55 * tone) * (1 - 0.75 * line)


@shader
def coloured_pencil(s: Sheet) -> torch.Tensor:
    angle = 0.4 + 0.8 * s.amounts[0]
    stroke = (t.waves(s.alpha, 2.4, angle) * 0.5 + s.noise(1.5, 2) * 0.7).clamp(0, 1)
    cover = (0.35 + 0.65 * stroke) * s.alpha
    sheet = s.paper(s.palette.new_tensor([0.97, 0.95, 0.91]), 0.05)
    drawn = t.over(t.saturate(s.rgb, 1.1), cover, sheet)
    return drawn * (1 - 0.5 * s.edges(0.5))


@shader
def chalk(s: Sheet) -> torch.Tensor:
    board = s.paper(s.palette[0] * 0.3 + s.palette.new_tensor([0.1, 0.16, 0.14]) * 0.7, 0.07) + 0.05 * s.noise(30)
    dust = (s.noise(2.2, 2) * 1.3 + 0.15).clamp(0, 1)
    own = t.saturate(s.rgb, 0.5) * 0.5 + 0.45
    colour = own if s.amounts[0] > 0.5 else s.plain(s.palette.new_tensor([0.93, 0.93, 0.9]))
    cover = ((t.blur(s.edges(0.7), 0.4) * 2.6).clamp(0, 1) * 0.95 + 0.3 * s.alpha * (s.amounts[1] > 0.4)).clamp(
        0, 1
    ) * dust
    return t.over(colour, cover, board)


@shader
def crayon(s: Sheet) -> torch.Tensor:
    wax = ((s.noise(3, 3) - 0.3) * 3).clamp(0, 1)
    cover = (0.45 + 0.55 * wax) * t.wander(s.alpha, 6, 1.0, s.random)
    sheet = s.paper(s.palette.new_tensor([0.98, 0.97, 0.93]), 0.05)
    drawn = t.over(t.posterise(t.saturate(s.rgb, 1.4), 5), cover, sheet)
    line = t.blur(t.wander(s.edges(0.9), 5, 0.8, s.random), 0.5) * (0.4 + 0.6 * wax)
    return t.over(s.plain(s.palette[0] * 0.6), (line * 1.3).clamp(0, 1) * 0.8, drawn)


@shader
def halftone(s: Sheet) -> torch.Tensor:
    spacing = 3 + 3 * s.amounts[0]
    inked = (t.dots(s.alpha, spacing, 0.5) < (1 - s.light) * 0.9 + 0.05).to(s.rgb) * s.alpha
    ground = s.plain(s.palette[4])
    middle = t.over(s.plain(s.palette[3]), s.alpha, ground)
    return t.over(s.plain(s.palette[1]), inked * 0.9, middle) * (1 - 0.85 * (s.edges(0.5) * 1.3).clamp(0, 1))


@shader
def comic(s: Sheet) -> torch.Tensor:
    flat = t.posterise(t.saturate(t.flatten(s.rgb, 3), 1.6), 4)
    screen = (t.dots(s.alpha, 3.5, 0.4) < 0.45 * (1 - s.light)).to(s.rgb)
    ground = s.plain(t.bright(s.palette[3]))
    burst = (t.dots(s.alpha, 6, 0.8) > 0.6).to(s.rgb) * 0.12
    inked = t.over(flat * (1 - 0.25 * screen), s.alpha, (ground - burst).clamp(0, 1))
    return inked * (1 - (t.blur(s.edges(0.7), 0.4) * 1.9 - 0.3).clamp(0, 1))


@shader
def risograph(s: Sheet) -> torch.Tensor:
    first, second = s.palette[1], t.bright(s.palette[3])
    shift = round(t.pixels(s.alpha, 1.5 * s.amounts[0]))
    grain = s.noise(2.2, 2)
    dark = torch.sigmoid(((1 - s.light) - grain * 0.9) * 9) * s.alpha
    warm = torch.roll(s.alpha, (shift, shift), (2, 3)) * torch.sigmoid((0.35 + 0.6 * s.light - grain * 0.8) * 9)
    sheet = s.paper(s.palette.new_tensor([0.96, 0.94, 0.88]), 0.03)
    return sheet * (1 - warm * (1 - second.view(1, 3, 1, 1)) * 0.85) * (1 - dark * (1 - first.view(1, 3, 1, 1)) * 0.85)


@shader
def oil(s: Sheet) -> torch.Tensor:
    ground = t.gradient_map(s.noise(28, 3), s.palette[1:4])
    scene = t.over(t.saturate(s.rgb, 1.1) * (0.75 + 0.25 * s.amounts[0]), s.alpha, ground)
    strokes = t.flatten(t.wander(t.flatten(scene, 4), 3, 1.6, s.random), 3)
    bristle = s.noise(1.4, 2, stretch=1 + 5 * s.amounts[1])
    return strokes * (0.9 + 0.25 * (bristle - 0.5)) + 0.6 * t.relief(bristle, 0.4) * 0.35


@shader
def woodblock(s: Sheet) -> torch.Tensor:
    inks = torch.cat([s.palette, s.palette.new_tensor([[0.93, 0.88, 0.77], [0.16, 0.22, 0.36], [0.75, 0.36, 0.27]])])
    flat = t.nearest(t.flatten(t.saturate(s.rgb, 0.9), 3), inks)
    h = s.alpha.shape[2]
    down = torch.linspace(0, 1, h).to(s.rgb).view(1, 1, h, 1).expand_as(s.alpha)
    sky = t.gradient_map((down * 1.6).clamp(0, 1), torch.stack([s.palette[2], inks[5], inks[5]]))
    printed = t.over(flat, s.alpha, sky) * (0.93 + 0.12 * s.noise(1.5, 2, stretch=6))
    return t.over(s.plain(s.palette[0] * 0.5), (t.blur(s.edges(0.6), 0.3) * 1.7 - 0.2).clamp(0, 1), printed)


@shader
def linocut(s: Sheet) -> torch.Tensor:
    gouge = t.waves(s.alpha, 3.2, 1.1 + s.amounts[0]) * 0.7 + 0.3 * s.noise(3, 2)
    ink = torch.sigmoid((0.62 - s.light + 0.35 * (gouge - 0.5)) * 18) * s.alpha
    stray = (s.noise(4, 2, stretch=5) > 0.8).to(s.rgb) * 0.8 * (1 - s.alpha)
    cover = torch.maximum(torch.maximum(ink, (s.edges(0.7) * 1.7).clamp(0, 1)), stray * (s.amounts[1] > 0.5))
    return t.over(
        s.plain(s.palette[0]), cover * (0.85 + 0.15 * s.noise(1.2, 1)), s.paper(s.palette[4] * 0.4 + 0.56, 0.03)
    )


@shader
def pixel(s: Sheet) -> torch.Tensor:
    h, w = s.alpha.shape[2:]
    small = (max(8, h * 32 // min(h, w)), max(8, w * 32 // min(h, w)))
    rgb, alpha = (torch.nn.functional.interpolate(x, small, mode="area") for x in (s.rgb * s.alpha, s.alpha))
    colours = t.posterise(rgb / alpha.clamp(min=0.05), 5)
    if s.amounts[0] > 0.5:
        colours = t.nearest(colours, s.palette)
    drawn = t.over(colours, (alpha > 0.45).to(rgb), s.palette[4 if s.amounts[1] > 0.5 else 0].view(1, 3, 1, 1))
    return torch.nn.functional.interpolate(drawn, (h, w), mode="nearest")


@shader
def paper_cut(s: Sheet) -> torch.Tensor:
    level = t.posterise(t.blur(s.light, 1.2), 4) * s.alpha
    lift = t.relief(t.blur(level, 0.6) + 1.5 * s.alpha, 0.8)
    shade_ = t.blur(torch.roll(s.alpha, (round(t.pixels(s.alpha, 2.5)),) * 2, (2, 3)), 2)
    cut = t.gradient_map(0.2 + 0.6 * level, s.palette) * (1 + 0.5 * lift) * (0.94 + 0.12 * s.noise(1.0, 2))
    return t.over(cut, s.alpha, s.paper(s.palette[4], 0.05) * (1 - 0.4 * shade_))


@shader
def sepia(s: Sheet) -> torch.Tensor:
    tone = t.over(s.light, s.alpha, 0.75 + 0.25 * s.noise(40, 2))
    tone = t.blur(tone, 0.5) * 0.85 + 0.1 * (s.noise(0.8, 1) - 0.5)
    h, w = s.alpha.shape[2:]
    ys, xs = torch.linspace(-1, 1, h).view(-1, 1), torch.linspace(-1, 1, w).view(1, -1)
    dim = (1 - 0.35 * (xs**2 + ys**2)).clamp(0, 1).to(s.rgb)[None, None]
    toned = s.palette.new_tensor([[0.1, 0.06, 0.03], [0.55, 0.42, 0.28], [0.98, 0.92, 0.78]])
    grey = s.palette.new_tensor([[0.02] * 3, [0.45] * 3, [0.97] * 3])
    return t.gradient_map(tone * dim, toned if s.amounts[0] > 0.35 else grey)


@shader
def wash(s: Sheet) -> torch.Tensor:
    h = s.alpha.shape[2]
    down = torch.linspace(0, 1, h).to(s.rgb).view(1, 1, h, 1)
    cloud = ((s.noise(26, 4) - 0.45) * 4).clamp(0, 1) * (1 - down)
    sky = t.gradient_map(
        (0.35 + 0.65 * down).expand_as(s.alpha), s.palette[1:] * 0.6 + s.palette.new_tensor([0.2, 0.34, 0.4])
    )
    sky = t.over(torch.ones_like(s.rgb), cloud * 0.85, sky)
    soft = t.flatten(t.saturate(s.rgb, 1.15), 2) * 0.9 + 0.08
    lit = soft * (0.9 + 0.2 * s.noise(10, 2)) + 0.1 * (1 - down)
    return t.over(lit * (1 - 0.55 * s.edges(0.5)), s.alpha, sky)


@shader
def gouache(s: Sheet) -> torch.Tensor:
    colours = t.flatten(t.saturate(s.rgb, 0.75), 4) * 0.8 + s.palette[3].view(1, 3, 1, 1) * 0.18
    ground = s.plain(s.palette[3]) * (0.9 + 0.2 * s.noise(18, 3))
    dry = (s.noise(2.0, 2, stretch=4) - 0.5) * 0.14
    return t.over(colours + dry, t.blur(t.wander(s.alpha, 4, 0.6, s.random), 0.3), ground + dry)
