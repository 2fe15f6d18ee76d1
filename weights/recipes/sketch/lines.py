"""Lines as a person might have drawn them, from a picture of a subject: what the ControlNet is trained on.

They look like what `sketch.lines.prepare` makes of a real sketch, white strokes on black of an even width, but with the
faults of hands: wobble, gaps, strokes left out, strokes too thick.
"""

import torch
import torch.nn.functional as F

from weights.recipes.sketch import texture as t


def draw_lines(rgba: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Strokes (N, 1, H, W) 0..1 along the edges of `rgba` (N, 4, H, W): colour, brightness and outline."""
    n = len(rgba)

    def chance(low: float, high: float) -> torch.Tensor:
        return (low + (high - low) * torch.rand(n, 1, 1, 1, generator=random)).to(rgba)

    rgb, alpha = rgba[:, :3], rgba[:, 3:]
    inside = t.blur(torch.cat([rgb * alpha, alpha], 1), 0.5)
    right, down = t.slope(inside, 0.3)
    strength = (right**2 + down**2).sqrt()
    outline = strength[:, 3:]
    strength, which = strength.max(1, keepdim=True)
    ridge = _thin(strength, right.gather(1, which), down.gather(1, which))
    # The outline is always worth a line; inner edges from a threshold that differs like people do.
    kept = ridge * ((strength > chance(0.03, 0.16)) | ((outline > 0.08) & (which == 3))).to(rgba)
    gaps = (t.noise(alpha, 9, random, 2) > chance(0.0, 0.34)).to(rgba)
    return _stroke(kept * gaps, rgba, random)


def _thin(strength: torch.Tensor, right: torch.Tensor, down: torch.Tensor) -> torch.Tensor:
    """1 where the strength is largest across the edge (non-maximum suppression, Canny 1986), else 0."""
    around = F.pad(strength, (1, 1, 1, 1))
    h, w = strength.shape[-2:]

    def at(dy: int, dx: int) -> torch.Tensor:
        return around[..., 1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w]

    flat, steep = right.abs() > 2.41 * down.abs(), down.abs() > 2.41 * right.abs()
    rising = right * down > 0
    pairs = [((0, -1), (0, 1)), ((-1, 0), (1, 0)), ((-1, -1), (1, 1)), ((-1, 1), (1, -1))]
    masks = [flat, steep & ~flat, rising & ~flat & ~steep, ~rising & ~flat & ~steep]
    best = torch.zeros_like(strength, dtype=torch.bool)
    for (first, second), mask in zip(pairs, masks, strict=True):
        best |= mask & (strength >= at(*first)) & (strength > at(*second))
    return (best & (strength > 0.02)).to(strength)


def _stroke(ridge: torch.Tensor, like: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Ridges one pixel wide as strokes of 1 to 2.4 pixels at 256, moved as by an unsteady hand."""
    wobble = t.wander(ridge, 14, float(torch.rand((), generator=random)) * 1.1, random)
    thickness = (0.75 + 0.65 * torch.rand(len(ridge), 1, 1, 1, generator=random)).to(like)
    # A line of one pixel loses this much height in the blur; above a share of what is left the stroke is drawn.
    left = 1 / max(1.0, 2.5 * t.pixels(ridge, 0.42))
    return ((t.blur(wobble, 0.42) / left * thickness - 0.25) * 2.2).clamp(0, 1)
