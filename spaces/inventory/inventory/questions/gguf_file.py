"""A language model's file in GGUF: its settings and, as float32, its tensors.

Only what SmolLM2's file holds is read: GGUF version 2 and 3, and the number types F32, F16, Q8_0 and Q4_1 (blocks of
32 weights with a scale, and for Q4_1 an offset), as https://github.com/ggml-org/ggml/blob/master/docs/gguf.md says.
Reading the header with the `gguf` package takes ten seconds, because it makes arrays of every word; here it takes
a fifth of one.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_BLOCK = 32  # weights that share a scale


@dataclass(frozen=True, eq=False)
class GgufFile:
    """settings: by their names in the file; tensors: float32, by name, in the shapes of torch (rows first)

    A tensor is unpacked each time that it is asked for: four times as large as in the file, and not all are wanted.
    """

    settings: dict[str, Any]
    tensors: Mapping[str, np.ndarray]


def read(path: Path) -> GgufFile:
    """The file. Raises ValueError where it isn't one, or holds a number type that isn't read here."""
    data = np.memmap(path, np.uint8, "r")
    head = _Header(data)
    if head.take("4s") != b"GGUF" or head.take("I") not in (2, 3):
        raise ValueError(f"{path.name} is no GGUF file of version 2 or 3")
    tensor_count, setting_count = head.take("Q"), head.take("Q")
    settings = {head.string(): head.value(head.take("I")) for _ in range(setting_count)}
    places = {}
    for _ in range(tensor_count):
        name = head.string()
        shape = [head.take("Q") for _ in range(head.take("I"))][::-1]
        kind, at = head.take("I"), head.take("Q")
        if kind not in _TYPES:
            raise ValueError(f"number type {kind} of GGUF is not read here")
        places[name] = (at, shape, kind)
    align = settings.get("general.alignment", 32)
    return GgufFile(settings, _Tensors(data[-(-head.at // align) * align :], places))


class _Tensors(Mapping):
    """Unpacks a tensor when it is asked for. places: byte, shape and number type of each"""

    def __init__(self, data: np.ndarray, places: dict[str, tuple[int, list[int], int]]) -> None:
        self._data = data
        self._places = places

    def __getitem__(self, name: str) -> np.ndarray:
        at, shape, kind = self._places[name]
        size, unpack = _TYPES[kind]
        return unpack(self._data[at : at + math.prod(shape) * size // _BLOCK]).reshape(shape)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class _Header:
    """Reads on from where it stands."""

    def __init__(self, data: np.ndarray) -> None:
        self._data = memoryview(data)
        self.at = 0

    def take(self, form: str) -> Any:
        [value] = struct.unpack_from("<" + form, self._data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def string(self) -> str:
        length = self.take("Q")
        self.at += length
        return bytes(self._data[self.at - length : self.at]).decode()

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.take(_NUMBERS[kind])
        inner, count = self.take("I"), self.take("Q")
        if inner in (_STRING, _ARRAY):
            return [self.value(inner) for _ in range(count)]
        form = f"<{count}{_NUMBERS[inner]}"
        values = list(struct.unpack_from(form, self._data, self.at))
        self.at += struct.calcsize(form)
        return values


def _q8_0(data: np.ndarray) -> np.ndarray:
    blocks = data.reshape(-1, 34)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    return scale * blocks[:, 2:].view(np.int8)


def _q4_1(data: np.ndarray) -> np.ndarray:
    blocks = data.reshape(-1, 20)
    scale, offset = blocks[:, :4].copy().view(np.float16).astype(np.float32).T[..., None]
    # The low halves of the bytes are the first 16 weights of a block, the high halves the others.
    weights = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    return scale * weights + offset


# Bytes of a block of 32 weights, and how they become numbers.
_TYPES: dict[int, tuple[int, Callable[[np.ndarray], np.ndarray]]] = {
    0: (4 * _BLOCK, lambda data: np.array(data).view(np.float32)),
    1: (2 * _BLOCK, lambda data: np.array(data).view(np.float16).astype(np.float32)),
    3: (20, _q4_1),
    8: (34, _q8_0),
}
