"""Where a system keeps what must outlive a request."""

import os
from pathlib import Path

DATA_VARIABLE = "DEMO_DATA_DIR"


def data_folder(system: str) -> Path:
    """The folder of a system: $DEMO_DATA_DIR/<system>, else demo-house/<system> in the user's data folder.

    It need not be there yet.
    """
    if named := os.environ.get(DATA_VARIABLE):
        return Path(named).expanduser().absolute() / system
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "demo-house" / system
