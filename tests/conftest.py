"""Settings that must stand before anything imports gradio, huggingface_hub or matplotlib.

Every run has temporary folders of its own, and nothing that the tests start asks a host outside this machine.
Processes that the tests start inherit all of it.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

BESIDE_OTHERS = "PYTEST_XDIST_WORKER" in os.environ  # several workers of pytest-xdist
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
os.environ.pop("DATABASE_URL", None)  # nobody else's database
if BESIDE_OTHERS:  # beside other workers more threads than one only get in each other's way
    os.environ["OMP_NUM_THREADS"] = "1"


# What needs a server. The browser after the rest, because Playwright keeps an event loop running in the main thread for
# as long as Chromium is open, and beside it no other test can start one.
SERVER = {"e2e": 1, "browser": 2}


def pytest_collection_modifyitems(items: list) -> None:
    """What is quick comes first; of several workers one begins with what takes longest, so that none waits for it."""
    before = 3 if BESIDE_OTHERS else 0
    items.sort(key=lambda item: SERVER.get(item.path.parent.name, before) - before)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadScopeScheduling":
    """For `-n 2`: a worker takes a whole file at a time, and one of them all that needs a server."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.split("::")[0])
            return "server" if file.parent.name in SERVER else str(file)

    config.option.loadscopereorder = False  # it would begin with the files that have the most tests
    return ByFile(config, log)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    from tests import postgres

    address = request.getfixturevalue("postgresql")
    yield address
    postgres.clear(address)
