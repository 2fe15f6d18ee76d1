"""What several tests of this system share; a test that wants it names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common import torchvision_cpu
from sketch.styles import StyleLibrary


@contextmanager
def _one_thread() -> Iterator[None]:
    torchvision_cpu.mend()
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def all_styles(tmp_path_factory) -> Path:
    """A folder of a library with all built-in styles, embedded and closed: to be copied, which takes no time."""
    folder = tmp_path_factory.mktemp("all-styles") / "sketch"
    with pytest.MonkeyPatch.context() as patch, _one_thread():
        patch.delenv("CHROMA_URL", raising=False)
        StyleLibrary.open(folder).close()
    return folder
