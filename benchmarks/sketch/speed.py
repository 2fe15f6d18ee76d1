"""Seconds and memory of the embedded tier: `python -m benchmarks.sketch.speed [--model FOLDER] [--json PATH]`.

The app's examples with their own words go through the whole chain. The first one warms up; the others are asked for
once, so that no search is remembered. Sheets are padded to multiples of 64 px: at 256 px six of the ten are squares,
four are 256 x 192. Beside the project stand the same weights, sketches, words, sampler and steps in the pipeline of
diffusers as it comes, in float32: no channels-last memory, and the lines are embedded anew at every step. It is
compared with the stage "draw" alone: it neither searches nor scores, and its memory holds nothing for that.

Each way and case runs in a process of its own, so that the peak memory is its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from benchmarks.sketch import inputs

# px of the longer side, and steps
CASES = {
    "256 px, 8 steps": (256, 8),
    "256 px, 4 steps": (256, 4),
    "384 px, 8 steps": (384, 8),
    "512 px, 8 steps": (512, 8),
}
STAGES = ("retrieve", "prepare", "draw", "score", "write", "whole run")
TARGETS = {"256 px, 8 steps": 3.0, "256 px, 4 steps": 1.5}  # s, median of the whole run
MOST_MEMORY = 1500  # MB at 256 px


def project(model: Path, size: int, steps: int, runs: int, folder: Path) -> dict:
    """Seconds by stage of each run, and how long what comes before takes."""
    begun = time.perf_counter()
    from common import diffusion
    from sketch import pipeline, render
    from sketch.styles import StyleLibrary

    render.model_of = lambda tier: diffusion.embedded(model)  # in this process it is the tier
    render.load(render.Settings(tier="embedded").resolved())
    loaded = time.perf_counter()
    library = StyleLibrary.open(folder)
    opened = time.perf_counter()

    def run(file: Path, words: str) -> dict[str, float]:
        settings = render.Settings(words, size=size, steps=steps, tier="embedded")
        start = time.perf_counter()
        done = pipeline.run(pipeline.Job(file, settings), library, folder)
        whole = time.perf_counter() - start
        return {**done.seconds, "draw": done.drawn.seconds["draw"], "whole run": round(whole, 3)}

    warm_up, *others = _examples(runs)
    first = run(*warm_up)
    once = {"load": loaded - begun, "open the styles": opened - loaded, "first run": first["whole run"]}
    once = {name: round(seconds, 3) for name, seconds in once.items()}
    return {"once": once, "runs": [run(*example) for example in others]}


def plain(model: Path, size: int, steps: int, runs: int, folder: Path) -> dict:
    """With nothing but diffusers: seconds of each call. The style is any one picture; all cost the same."""
    begun = time.perf_counter()
    from common import diffusion, torchvision_cpu

    torchvision_cpu.mend()
    import torch
    from diffusers import StableDiffusionControlNetPipeline

    from common.device import choose
    from common.pictures import read_picture
    from sketch import cards, lines

    device = choose().name
    usual = diffusion.embedded(model)
    pipe = StableDiffusionControlNetPipeline.from_pretrained(
        str(model), dtype=torch.float32, safety_checker=None, requires_safety_checker=False, local_files_only=True
    )
    pipe.load_ip_adapter(str(model), subfolder="", weight_name=diffusion.ADAPTER_FILE, local_files_only=True)
    pipe.scheduler = diffusion.scheduler(usual.scheduler, pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    pipe.to(device)
    loaded = time.perf_counter()
    style = next(iter(cards.built_in().values())).rgb()

    def run(file: Path, words: str) -> dict[str, float]:
        control = torch.from_numpy(lines.prepare(read_picture(file), size).lines)[None, None].repeat(1, 3, 1, 1)
        start = time.perf_counter()
        pipe(
            words,
            control,
            num_inference_steps=steps,
            guidance_scale=usual.guidance,
            ip_adapter_image=[[style]],
            generator=torch.Generator("cpu").manual_seed(0),
            output_type="np",
        )
        return {"draw": round(time.perf_counter() - start, 3)}

    warm_up, *others = _examples(runs)
    run(*warm_up)
    return {"once": {"load": round(loaded - begun, 3)}, "runs": [run(*example) for example in others]}


WAYS = {"project": project, "plain diffusers": plain}


def _examples(runs: int) -> list[tuple[Path, str]]:
    """File and words of one example to warm up and of `runs` others."""
    return list(inputs.example_words().items())[: runs + 1]


def measure(way: str, model: Path, case: str, runs: int) -> dict:
    """One way and case in a fresh process: seconds once, by run and in short, and the peak memory in MB."""
    command = [sys.executable, "-m", "benchmarks.sketch.speed", "--way", way, "--model", str(model)]
    command += ["--case", case, "--runs", str(runs)]
    # The parent loads nothing heavy: a child's peak begins with what the parent held when it was started.
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{way}, {case} failed:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    return found | {"stages": summary(found["runs"])}


def summary(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of every stage."""
    found = {stage: np.percentile([run[stage] for run in runs], (50, 95)) for stage in STAGES if stage in runs[0]}
    return {stage: {"median": round(float(p50), 3), "p95": round(float(p95), 3)} for stage, (p50, p95) in found.items()}


def table(found: dict[str, dict[str, dict]]) -> str:
    """A row for each case: median/95th percentile of the stages, and peaks of memory. `found`: by way and case."""
    rows = [f"{'':18}" + "".join(f"{head:>13}" for head in (*STAGES, "plain draw", "MB", "plain MB"))]
    for case, ours in found["project"].items():
        beside = found["plain diffusers"][case]
        times = [*(ours["stages"][stage] for stage in STAGES), beside["stages"]["draw"]]
        cells = [f"{at['median']:.2f}/{at['p95']:.2f}" for at in times]
        cells += [str(ours["peak_mb"]), str(beside["peak_mb"])]
        rows.append(f"{case:18}" + "".join(f"{cell:>13}" for cell in cells))
    return "\n".join(rows)


def targets(found: dict[str, dict]) -> list[dict]:
    """What was aimed at, what was found, and whether that is enough. `found`: the project's, by case."""
    aims = []
    for case, most in TARGETS.items():
        if case in found:
            whole, peak = found[case]["stages"]["whole run"]["median"], found[case]["peak_mb"]
            aims.append({"target": f"{case}: at most {most} s", "found": whole, "reached": whole <= most})
            said = f"{case}: at most {MOST_MEMORY} MB"
            aims.append({"target": said, "found": peak, "reached": peak <= MOST_MEMORY})
    return aims


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--model", type=Path, help="folder of a model; the project's own weights otherwise")
        parser.add_argument("--runs", type=int, default=9, help="that are timed, of each way and case; at most 9")
        parser.add_argument("--case", choices=CASES, help="this one alone")
        parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    if not 1 <= given.runs <= 9:
        sys.exit(f"--runs is {given.runs}: give 1 to 9, there are so many examples beside the first.")
    if given.way:
        with tempfile.TemporaryDirectory() as folder:
            found = WAYS[given.way](given.model, *CASES[given.case], given.runs, Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found | {"peak_mb": round(peak)}))
        return
    model = inputs.model_folder(given.model)
    found: dict[str, dict[str, dict]] = {way: {} for way in WAYS}
    for case in [given.case] if given.case else CASES:
        for way in WAYS:
            print(f"{case}: {way}", file=sys.stderr, flush=True)
            found[way][case] = measure(way, model, case, given.runs)
    print(f"{machine()}; {given.runs} runs, seconds: median/95th percentile\n")
    print(table(found) + "\n")
    for way, by_case in found.items():
        once = next(iter(by_case.values()))["once"]
        print(f"once, {way}: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in once.items()))
    aims = targets(found["project"])
    for aim in aims:
        print(f"target: {aim['target']}: {aim['found']}, {'' if aim['reached'] else 'not '}reached")
    chosen.write({"targets": aims, **found})


if __name__ == "__main__":
    main()
