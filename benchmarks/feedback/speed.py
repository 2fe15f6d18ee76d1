"""How fast a text is sorted: `python -m benchmarks.feedback.speed [--model FOLDER] [--texts 2000] [--json PATH]`.

The project's own texts, in an order drawn by a seed. Beside the project stands what a first script would be: the
`pipeline("text-classification")` of transformers with the same encoder in float32, a text at a time for the single
texts, and given them all at once for the batch. Its weights are MiniLM's under a head of random numbers, which costs
the same.

Each way runs in a process of its own. Start is from the start of the process to the first answer, the imports of
Python in it; peak memory is the process's.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options

TARGETS = {"single p95 in ms": 15.0, "texts/s": 400.0, "start in s": 3.0, "times as fast": 6.0}
AT_MOST = ("single p95 in ms", "start in s")  # of the targets; the others are lower bounds
SINGLE = 200  # texts
SEED = 0


def project(model: Path | None) -> tuple[Callable, Callable]:
    """Functions for one text and for many."""
    from feedback.model import Classifier
    from feedback.versions import Versions

    classifier = Classifier.load(model) if model else Versions().classifier("shipped")
    return lambda text: classifier.predict([text]), classifier.predict


def plain(model: Path | None) -> tuple[Callable, Callable]:
    """The same with transformers alone."""
    from common import torchvision_cpu, weights

    torchvision_cpu.mend()
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification, pipeline

    folder = str(weights.path("minilm"))
    config = AutoConfig.from_pretrained(folder, num_labels=8)
    network = BertForSequenceClassification(config).eval()
    pipe = pipeline("text-classification", model=network, tokenizer=AutoTokenizer.from_pretrained(folder))
    return lambda text: pipe(text, truncation=True), lambda texts: pipe(texts, truncation=True)


WAYS = {"project": project, "transformers": plain}


def run(way: str, model: Path | None, count: int) -> dict:
    """Seconds to the first answer, ms of single texts, texts/s of all of them, in this process."""
    texts = _texts(count)
    one, many = WAYS[way](model)
    one(texts[0])
    start = time.time() - _born()
    taken = []
    for text in texts[1 : SINGLE + 1]:
        begun = time.perf_counter()
        one(text)
        taken.append((time.perf_counter() - begun) * 1e3)
    begun = time.perf_counter()
    many(texts)
    rate = len(texts) / (time.perf_counter() - begun)
    return {
        "start in s": round(start, 2),
        "single p50 in ms": round(float(np.median(taken)), 2),
        "single p95 in ms": round(float(np.percentile(taken, 95)), 2),
        "texts/s": round(rate, 1),
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _texts(count: int) -> list[str]:
    from feedback import data

    texts = [row.text for row in data.written()]
    order = np.random.default_rng(SEED).permutation(len(texts))
    return [texts[at] for at in np.resize(order, count)]


def _born() -> float:
    """When this process was started, in seconds since 1970: before any of Python ran."""
    ticks = int(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    return time.time() - uptime + ticks / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--model", type=Path, help="folder of a version; the shipped one otherwise")
        parser.add_argument("--texts", type=int, default=2000, help="in the batch")
        parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    if given.way:
        print(json.dumps(run(given.way, given.model, given.texts)))
        return
    found = {}
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.feedback.speed", "--way", way, "--texts", str(given.texts)]
        command += ["--model", str(given.model)] if given.model else []
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{way} failed:\n{done.stderr}")
        found[way] = json.loads(done.stdout.splitlines()[-1])
    ratio = found["project"]["texts/s"] / found["transformers"]["texts/s"]
    print(f"{machine()}; {given.texts} texts\n\n{'':18}" + "".join(f"{way:>14}" for way in found))
    for name in found["project"]:
        print(f"{name:18}" + "".join(f"{figures[name]:>14}" for figures in found.values()))
    reached = {**found["project"], "times as fast": round(ratio, 1)}
    aims = [
        {
            "target": f"{name}: {bound:g}",
            "found": reached[name],
            "reached": (reached[name] <= bound) is (name in AT_MOST),
        }
        for name, bound in TARGETS.items()
    ]
    for aim in aims:
        print(f"target {aim['target']}: {aim['found']}, {'' if aim['reached'] else 'not '}reached")
    chosen.write({"targets": aims, **found})


if __name__ == "__main__":
    main()
