"""Seconds from the launcher's command to its start page: `python -m benchmarks.start [--runs 5] [--json PATH]`.

Each run is a new process on a free port. Beside it stands what `import gradio` alone takes, below which no launcher of
Gradio apps can get.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from benchmarks.options import machine, options

ROOT = Path(__file__).resolve().parents[1]


def start_page() -> float:
    """Start the launcher, wait for the first answer of its start page, stop it."""
    begun = time.perf_counter()
    command = [sys.executable, "app_launcher.py", "--port", "0"]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as process:
        try:
            address = re.search(r"http://\S+", process.stdout.readline())[0]
            with urllib.request.urlopen(address, timeout=30) as page:
                page.read()
            return time.perf_counter() - begun
        finally:
            process.terminate()
            process.wait(20)


def gradio_alone() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import gradio"], check=True, capture_output=True)
    return time.perf_counter() - begun


def main() -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--runs", type=int, default=5)

    chosen = options(__doc__, arguments)
    times = {
        name: [round(measure(), 3) for _ in range(chosen.arguments.runs)]
        for name, measure in (("start page", start_page), ("import gradio", gradio_alone))
    }
    print(f"{machine()}; {chosen.arguments.runs} runs, seconds\n")
    for name, runs in times.items():
        print(f"{name:14} median {statistics.median(runs):.2f}, {min(runs):.2f} to {max(runs):.2f}")
    chosen.write(times)


if __name__ == "__main__":
    main()
