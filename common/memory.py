"""Smaller ways to draw the same pictures, for when the memory of a GPU is not enough for all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

from common.device import Device

SMALLER = (384, 256)  # px of the longer side: what is tried last


@dataclass(frozen=True)
class Way:
    """How the work is cut up: pictures at once, guidance in halves and decoding in tiles, px of the longer side."""

    batch: int
    halves: bool = False
    side: int | None = None

    def said(self, count: int) -> str:
        """What this way changes, for a person."""
        parts = ["one picture at a time"] if count > 1 else []
        if self.halves:
            parts.append("with and without the prompt in turn, decoded in tiles")
        if self.side:
            parts.append(f"at {self.side} px and enlarged afterwards")
        return f"The memory was not enough to do it all at once, so it was done {'; '.join(parts)}."


def ways(count: int, side: int, device: Device) -> Iterator[Way]:
    """For `count` pictures with this longer side (px): from all at once to the smallest parts.

    On a CPU several pictures at once gain nothing, so they are drawn one by one from the start.
    """
    at_once = count if device.name != "cpu" else 1
    yield Way(at_once)
    if at_once > 1:
        yield Way(1)
    yield Way(1, halves=True)
    for smaller in SMALLER:
        if smaller < side:
            yield Way(1, halves=True, side=smaller)


def out_of_memory(error: BaseException) -> bool:
    """Whether this is what torch or the system says when there is no memory left."""
    import torch

    # torch on the CPU and the system's allocator have no class of their own for it.
    said = ("can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(text in str(error) for text in said)
