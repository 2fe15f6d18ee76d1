"""Read a TOML file on every Python the project supports (the standard library has a reader from 3.11)."""

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read(path: str | Path) -> dict:
    """Parse the TOML file at `path`."""
    return tomllib.loads(Path(path).read_text(encoding="utf-8"))
