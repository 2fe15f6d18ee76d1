"""Make torchvision importable beside a torch without CUDA.

The torchvision on PyPI is built for CUDA. Beside a CPU build of torch its compiled operators do not load, and then
its import dies with "operator torchvision::nms does not exist", and with it everything that imports it (open_clip,
timm, …). Declaring the two operators by schema lets the import pass: transforms and models work, and
torchvision.ops and torchvision.io.read_image, which nothing here uses, still say that they have no implementation.
"""

import importlib.util
import sys
import threading
from pathlib import Path

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_LOCK = threading.Lock()
_declared = None  # torch forgets the schemas when their library object is collected


def mend() -> None:
    """Declare the missing operators where they are missing; call it before importing what imports torchvision.

    Does nothing when torchvision is imported already, is not installed, fits the torch that is there, or was mended
    before.
    """
    global _declared
    with _LOCK:
        if _declared is not None or "torchvision" in sys.modules or not _broken():
            return
        import torch

        library = torch.library.Library("torchvision", "FRAGMENT")
        for schema in _SCHEMAS:
            library.define(schema)
        _declared = library


def _broken() -> bool:
    import torch

    package = importlib.util.find_spec("torchvision")
    if package is None or torch.version.cuda is not None or torch.version.hip is not None:
        return False
    for compiled in Path(package.origin).parent.glob("_C*"):
        if compiled.suffix in (".so", ".pyd"):
            try:
                torch.ops.load_library(str(compiled))
                return False
            except (OSError, ImportError):
                continue  # built for another torch: the case this module is for
    return True
