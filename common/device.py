"""Where models compute, which tier of models is used, and the one cache that holds them."""

import functools
import os
import shutil
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from common.errors import UserError

DEVICES = ("auto", "cpu", "cuda", "mps")
TIERS = ("embedded", "full")
HUB_ANSWERS_WITHIN = 3.0  # seconds

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Device:
    """Where torch computes: name "cpu", "cuda" or "mps"; dtype as torch names it ("float32"); why, in words."""

    name: str
    dtype: str
    reason: str


def choose() -> Device:
    """The device and number type for torch models. Set DEVICE=cpu, cuda or mps to overrule the choice.

    bfloat16 on GPUs that compute it (half the memory, the range of float32), float16 on older CUDA GPUs, float32 on
    the CPU and on Apple GPUs, where half precision is slower or incomplete. Raises UserError for an unknown DEVICE
    or one that is not there.
    """
    return _choose(_setting("DEVICE", "auto", DEVICES))


@functools.lru_cache
def _choose(asked: str) -> Device:
    import torch

    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked != "auto" and not there[asked]:
        raise UserError(
            f"DEVICE={asked} was asked for, but torch {torch.__version__} finds no such device; "
            "unset DEVICE or install the torch build for it"
        )
    name = asked if asked != "auto" else next(name for name in ("cuda", "mps", "cpu") if there[name])
    why = f"DEVICE={asked}" if asked != "auto" else {"cpu": "no GPU found"}.get(name, "GPU found")
    if name == "cuda":
        gpu_name = torch.cuda.get_device_name()
        # Compute capability 8 (Ampere) is the first with bfloat16 units.
        if torch.cuda.get_device_capability()[0] >= 8:
            return Device(name, "bfloat16", f"{why}: {gpu_name}, which computes bfloat16")
        return Device(name, "float16", f"{why}: {gpu_name}, which has no bfloat16 units")
    if name == "mps":
        return Device(name, "float32", f"{why}: Apple GPU, float32 because half precision is incomplete there")
    return Device(name, "float32", f"{why}: CPU with {torch.get_num_threads()} threads")


_GPU_LOCK = threading.RLock()


def gpu_lock() -> AbstractContextManager:
    """The one lock of this process for work on the GPU: `with gpu_lock(): ...`.

    Every app has its own queue, so a limit per app does not protect a GPU that several apps share. The same thread
    may take it again.
    """
    return _GPU_LOCK


def gpu(function: Function) -> Function:
    """Decorator: on ZeroGPU the function runs with a GPU attached (`spaces.GPU`), elsewhere it is left as it is.

    Apply it where the module is imported: ZeroGPU wants to know its functions before the app starts.
    """
    if not on_zero_gpu():
        return function
    import spaces

    # Our folder spaces/ can be imported under the same name when Hugging Face's package is missing.
    if not hasattr(spaces, "GPU"):
        raise RuntimeError("SPACES_ZERO_GPU is set, but Hugging Face's package `spaces` is not installed")
    return spaces.GPU(function)


def on_zero_gpu() -> bool:
    """Whether this process runs in a ZeroGPU Space."""
    return _truthy("SPACES_ZERO_GPU")


def tier() -> str:
    """ "embedded" (small models, no Hub) or "full" (the published large ones).

    MODELS=embedded or MODELS=full decides; without it, full where a GPU and the Hub are there. torch is imported
    only where something looks like a GPU. Raises UserError for another value of MODELS.
    """
    asked = _setting("MODELS", "auto", ("auto", *TIERS))
    if asked != "auto":
        return asked
    has_gpu = on_zero_gpu() or (_gpu_likely() and choose().name != "cpu")
    return "full" if has_gpu and hub_reachable() else "embedded"


def hub_reachable() -> bool:
    """Whether the Hugging Face Hub answers; asked once per process, at most three seconds.

    HF_HUB_OFFLINE says no without asking, HF_ENDPOINT names another host.
    """
    if _truthy("HF_HUB_OFFLINE"):
        return False
    return _answers(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")


@functools.lru_cache
def _answers(url: str) -> bool:
    import urllib.error
    import urllib.request

    answered = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=HUB_ANSWERS_WITHIN):
                answered.set()
        except urllib.error.HTTPError:
            answered.set()  # the host is there, it only dislikes the question
        except (OSError, ValueError):
            pass  # no name, no route, no answer: not reachable is what the caller learns

    # In a thread of its own, because the time limit of a socket does not cover the look-up of the name.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(HUB_ANSWERS_WITHIN)
    return answered.is_set()


def _gpu_likely() -> bool:
    """Whether a driver of a GPU shows itself, without the second that importing torch takes."""
    apple = sys.platform == "darwin"
    device_files = any(Path(file).exists() for file in ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg"))
    return apple or device_files or shutil.which("nvidia-smi") is not None


def _setting(variable: str, default: str, known: tuple[str, ...]) -> str:
    value = os.environ.get(variable, "").strip().lower() or default
    if value not in known:
        raise UserError(f"{variable}={os.environ[variable]!r} is not known; use one of {', '.join(known)}")
    return value


def _truthy(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in ("1", "t", "true", "yes", "on")


class ModelCache:
    """Models that are loaded on first use, kept within a bound of memory, and released in order of last use.

    limit: bytes. The model just asked for is kept even when it alone is larger.

    Thread-safe. Two threads that ask for the same key load once; a load holds up nobody who asks for another key.
    A load that fails is not remembered, and every thread that waited for it gets its error. A released model is only
    let go: whoever still computes with it keeps it alive.
    """

    def __init__(self, limit: int) -> None:
        if limit <= 0:
            raise ValueError(f"limit must be a positive number of bytes, not {limit}")
        self.limit = limit
        self._lock = threading.Lock()
        self._models: OrderedDict[Hashable, Future] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}

    def get(self, key: Hashable, load: Callable[[], Any], size: int | None = None) -> Any:
        """The model of `key`, loaded by `load()` when it is not held.

        size: bytes that it takes, so that room is made before it is loaded; None: its own `nbytes`, read afterwards.
        """
        with self._lock:
            future = self._models.get(key)
            mine = future is None
            if mine:
                future = self._models[key] = Future()
                self._make_room(key, size or 0)
            self._models.move_to_end(key)
        if not mine:
            return future.result()
        try:
            model = load()
            taken = model.nbytes if size is None else size
        except BaseException as error:
            with self._lock:
                del self._models[key]
            future.set_exception(error)
            raise
        with self._lock:
            self._make_room(key, taken)
            self._sizes[key] = taken
        future.set_result(model)
        return model

    def held(self) -> dict[Hashable, int]:
        """Bytes of each model that is held, the one used longest ago first."""
        with self._lock:
            return {key: self._sizes[key] for key in self._models if key in self._sizes}

    def clear(self) -> None:
        """Release every model that is held."""
        with self._lock:
            for key in list(self._sizes):
                self._release(key)

    def _make_room(self, key: Hashable, size: int) -> None:
        """Release the models used longest ago until `size` more bytes fit. The lock is held."""
        for other in [held for held in self._models if held in self._sizes and held != key]:
            if sum(self._sizes.values()) + size <= self.limit:
                return
            self._release(other)

    def _release(self, key: Hashable) -> None:
        del self._models[key], self._sizes[key]


def _half_of_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError):  # a system without sysconf
        return 8 * 2**30


# The cache that every system shares.
CACHE = ModelCache(_half_of_memory())
