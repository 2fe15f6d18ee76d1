"""What every benchmark shares: where the data are, what machine this is, and where the figures go."""

import argparse
import json
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Options:
    """data: the folder of real inputs, or None; json: where to write the figures, or None; arguments: all of them."""

    data: Path | None
    json: Path | None
    arguments: argparse.Namespace

    def data_folder(self, topic: str) -> Path | None:
        """The folder of `topic` in the data, or None after a line that says so."""
        folder = self.data / topic if self.data else None
        if folder is None or not folder.is_dir():
            print(f"skipped: no {topic} data; name their folder with --data or DATA_DIR ({self.data or 'not set'})")
            return None
        return folder

    def write(self, report: Any) -> None:
        """The figures as JSON, with the machine they were measured on."""
        if self.json:
            self.json.parent.mkdir(parents=True, exist_ok=True)
            record = {"machine": machine(), "command": " ".join(sys.orig_argv[1:]), "figures": report}
            self.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            print(f"written to {self.json}")


def options(doc: str, add=None, arguments: list[str] | None = None) -> Options:
    """Read the command line: --data, --json, and what `add(parser)` adds. `doc`: the benchmark's docstring."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("DATA_DIR"), help="folder of real inputs")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    if add:
        add(parser)
    chosen = parser.parse_args(arguments)
    return Options(Path(chosen.data) if chosen.data else None, chosen.json, chosen)


def machine() -> str:
    """Processor, cores, Python: one line for the head of a table."""
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
