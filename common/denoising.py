"""Other ways to run the networks of a denoising step, with the same result: in halves, recorded, without repeats.

Each takes the place of a module's `forward` while it lasts, so that the pipeline above need not know.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils import _pytree as tree

RECORDINGS = 4  # of one module that are kept: each holds the memory of its activations


@contextmanager
def replaced(module: torch.nn.Module, forward: Callable) -> Iterator[None]:
    """The module runs `forward` instead of its own, until the end of the block."""
    before = module.__dict__.get("forward")
    module.forward = forward
    try:
        yield
    finally:
        del module.forward
        if before is not None:
            module.forward = before


@contextmanager
def in_halves(*modules: torch.nn.Module) -> Iterator[None]:
    """Each module gets its batch in two halves, one after the other: half the memory of its activations.

    Made for guidance, where the first half of the batch is the picture without the prompt. What has another first
    dimension than the batch, such as the time step, goes into both halves; an odd batch passes whole.
    """

    def halving(forward: Callable) -> Callable:
        def run(sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            batch = sample.shape[0]
            if batch % 2:
                return forward(sample, *args, **kwargs)

            def half(number: int) -> Any:
                def part(leaf: Any) -> Any:
                    whole = not isinstance(leaf, torch.Tensor) or leaf.ndim == 0 or leaf.shape[0] != batch
                    return leaf if whole else leaf.chunk(2)[number]

                parts, more = tree.tree_map(part, ((sample, *args), kwargs))
                return forward(*parts, **more)

            return tree.tree_map(lambda *leaves: torch.cat(leaves), half(0), half(1))

        return run

    if not modules:
        yield
        return
    with replaced(modules[0], halving(modules[0].forward)), in_halves(*modules[1:]):
        yield


@contextmanager
def computed_once(module: torch.nn.Module) -> Iterator[None]:
    """The module computes anew only for another tensor: for what stays the same from step to step.

    A tensor is known by its place in memory, so whoever calls must keep it, unchanged, until the end of the block.
    """
    forward, known = module.forward, {}

    def run(given: torch.Tensor) -> torch.Tensor:
        key = (given.data_ptr(), given.shape)
        if key not in known:
            known[key] = forward(given)
        return known[key]

    with replaced(module, run):
        yield


class CudaGraph:
    """A module's forward pass, recorded for each form of its inputs as a CUDA graph, and replayed from then on.

    forward: what is recorded; it must not wait for the GPU nor draw random numbers
    state: what else the result depends on, such as scales that are held as Python numbers; another state is
        another recording

    Small networks on large GPUs wait for kernels to be launched, not for them to compute: a graph launches all of
    them at once. The first call of a form takes as long as about four. Results are copies, so they stay as they are.
    """

    def __init__(self, forward: Callable, state: Callable[[], Hashable] = tuple) -> None:
        self._forward, self._state = forward, state
        self._recordings: OrderedDict[Hashable, tuple[torch.cuda.CUDAGraph, list, Any]] = OrderedDict()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        leaves, form = tree.tree_flatten((args, kwargs))
        key = (repr(form), self._state(), *(_describe(leaf) for leaf in leaves))
        if key not in self._recordings:
            while len(self._recordings) >= RECORDINGS:
                self._recordings.popitem(last=False)
            self._recordings[key] = self._record(leaves, form)
        self._recordings.move_to_end(key)
        graph, held, result = self._recordings[key]
        for place, leaf in zip(held, leaves, strict=True):
            if isinstance(leaf, torch.Tensor):
                place.copy_(leaf)
        graph.replay()
        return tree.tree_map(lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf, result)

    def clear(self) -> None:
        """Forget every recording, and give its memory back."""
        self._recordings.clear()

    def _record(self, leaves: list, form: tree.TreeSpec) -> tuple[torch.cuda.CUDAGraph, list, Any]:
        held = [leaf.clone() if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        args, kwargs = tree.tree_unflatten(held, form)
        # Libraries choose their kernels and make their workspaces in the first calls; that can't be recorded.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._forward(*args, **kwargs)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self._forward(*args, **kwargs)
        return graph, held, result


def _describe(leaf: Any) -> Hashable:
    return (leaf.shape, leaf.stride(), leaf.dtype, leaf.device) if isinstance(leaf, torch.Tensor) else leaf
