"""Settings that must stand before anything imports gradio, huggingface_hub or matplotlib.

Every run has temporary folders of its own, and nothing that the tests start asks a host outside this machine.
Processes that the tests start inherit all of it.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

RUN = Path(tempfile.mkdtemp(prefix="demo-house-tests-"))

os.environ |= {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_TEMP_DIR": str(RUN / "gradio"),
    "GRADIO_EXAMPLES_CACHE": str(RUN / "examples"),
    "DEMO_DATA_DIR": str(RUN / "data"),
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MODELS": "embedded",
    "MPLBACKEND": "agg",
}
if "PYTEST_XDIST_WORKER" in os.environ:  # beside other workers more threads than one only get in each other's way
    os.environ["OMP_NUM_THREADS"] = "1"


# What is quick comes first. The browser comes last of all, because Playwright keeps an event loop running in the main
# thread for as long as Chromium is open, and beside it no other test can start one.
ORDER = {"e2e": 1, "browser": 2}


def pytest_collection_modifyitems(items: list) -> None:
    items.sort(key=lambda item: ORDER.get(item.path.parent.name, 0))
    for item in items:  # what `-n 2 --dist loadgroup` runs in one process: a file, or all that needs a server
        item.add_marker(pytest.mark.xdist_group("server" if item.path.parent.name in ORDER else str(item.path)))


def pytest_unconfigure() -> None:
    shutil.rmtree(RUN, ignore_errors=True)


@pytest.fixture(scope="module")
def one_thread():
    """So short texts and small pictures are no faster on several threads, and much slower where the cores are busy."""
    from common import torchvision_cpu

    torchvision_cpu.mend()
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def postgresql():
    """The address of a PostgreSQL server of these tests, one for all who want it: leave it empty."""
    from tests import postgres

    with postgres.server() as url:
        yield url
