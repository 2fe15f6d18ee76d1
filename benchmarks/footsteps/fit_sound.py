"""Fit the numbers of materials.toml to recordings.  python -m benchmarks.footsteps.fit_sound --floors all [--write]

For each floor that sound_start.toml describes: search, from that physical first guess, the numbers whose steps have
the features, the spectrum and the variety of the recorded ones. Only recordings whose licence class is
"redistributable" are used; the fewer kinds of them a floor has, the closer it is held to the first guess. The search
is a separable CMA evolution strategy (Ros and Hansen, 2008). Floors without such recordings (marble, tile, deck,
leaves, mud) are derived by hand from their relatives, see materials.toml.

One to two minutes per floor on one core. The same recordings, seed and machine give the same numbers.
"""

import argparse
import math
import re
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from benchmarks.footsteps import sound_features
from benchmarks.footsteps.recordings import Recording, recordings
from benchmarks.footsteps.sound import SHOES
from benchmarks.options import machine, options
from common.toml import read
from footsteps import materials, procedural
from footsteps.materials import Floor

START = Path(__file__).with_name("sound_start.toml")
ORDINARY = procedural.Foot(level=0.0, contact=1.0, gap=1.0, tune=1.0)
TAKES, UNSEEN_TAKES = 18, 36  # steps per trial, and to choose between the last candidates
HELD = 0.25  # pull towards the first guess, for one kind of recording

# (lowest, highest, step of the search); below a step is a factor's logarithm and the search stays within `FAR` steps
LINEAR = {
    "toe": (-16, -1, 3),
    "click": (-25, 3, 4),
    "thump.gain": (-35, 8, 4),
    "modes.damping": (0.2, 1.3, 0.3),
    "modes.tilt": (-9, 3, 2),
    "modes.gain": (-25, 10, 4),
    "noise.width": (0.45, 1.7, 0.25),
    "noise.gain": (-45, 5, 4),
    "noise.flutter": (0, 1.2, 0.3),
    "grains.width": (0.3, 1.2, 0.2),
    "grains.spread": (2, 12, 2),
    "grains.gain": (-35, 5, 4),
    "bubbles.gain": (-25, 6, 4),
}
FACTORS = {
    "thump.frequency": (65, 140, 0.2),
    "thump.decay": (7, 70, 0.4),
    "modes.low": (60, 1000, 0.25),
    "modes.high": (1000, 14000, 0.25),
    "modes.decay": (2, 120, 0.4),
    "noise.center": (100, 11000, 0.35),
    "noise.attack": (0.2, 15, 0.5),
    "noise.decay": (2, 150, 0.4),
    "noise.load": (0.003, 1.5, 0.6),
    "grains.count": (5, 450, 0.4),
    "grains.center": (800, 9000, 0.35),
    "grains.ring": (0.8, 6, 0.3),
    "grains.attack": (1, 15, 0.4),
    "grains.decay": (10, 180, 0.4),
    "grains.load": (0.01, 1.5, 0.6),
    "bubbles.count": (5, 150, 0.3),
    "bubbles.spread": (20, 300, 0.4),
}
FAR = 3
_SCALARS = ("level", "contact", "toe", "click", "dry", "lead")
_PARTS = ("thump", "modes", "grains", "bubbles")


def places(floor: Floor) -> list[tuple[str, int, str]]:
    """Every number of the floor that is searched, as (part or "", which of several, field)."""
    found = []
    for name in (*LINEAR, *FACTORS):
        part, _, field = name.rpartition(".")
        if part == "noise":
            found += [("noise", i, field) for i in range(len(floor.noise))]
        elif getattr(floor, part or field) is not None:
            found.append((part, 0, field))
    return found


def moved(floor: Floor, where: list[tuple[str, int, str]], x: np.ndarray) -> Floor:
    """The floor with its numbers `x` (n,) steps away."""
    for (part, i, field), steps in zip(where, x.tolist(), strict=True):
        owner = floor.noise[i] if part == "noise" else getattr(floor, part) if part else floor
        value, key = getattr(owner, field), f"{part}.{field}".lstrip(".")
        if key in LINEAR:
            low, high, step = LINEAR[key]
            value += step * steps
        else:
            low, high, step = FACTORS[key]
            value *= math.exp(step * min(max(steps, -FAR), FAR))
        changed = replace(owner, **{field: min(max(value, low), high)})
        if part == "noise":
            changed = (*floor.noise[:i], changed, *floor.noise[i + 1 :])
        floor = replace(floor, **{part: changed}) if part else changed
    return floor


def walked(floor: Floor, count: int, seed: int) -> list[np.ndarray]:
    """`count` walking steps, shoes in turn, as strong as they come."""
    sounds = []
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        strength = 10 ** (min(max(rng.normal(), -2.2), 2.2) / 20)
        shoe = materials.shoe(SHOES[i % len(SHOES)])
        raw, heel = procedural.render(floor, shoe, ORDINARY, strength, False, i // 6, rng)
        sounds.append(procedural.finish(raw, heel))
    return sounds


def seen(sounds: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Scaled features (n, 12) and energies in bands (n, 24), dB."""
    numbers, energies = [], []
    for sound in sounds:
        step = sound_features.event(sound)
        freqs, power = sound_features.spectrum(step)
        numbers.append(sound_features.numbers(step, freqs, power))
        energies.append(sound_features.bands(freqs, power))
    return sound_features.scaled(np.array(numbers)), np.array(energies)


@dataclass(frozen=True)
class Target:
    """What a floor's recordings are like. kinds: of them; middle, spread (12,) of features; bands (24,): median, dB."""

    kinds: int
    middle: np.ndarray
    spread: np.ndarray
    bands: np.ndarray

    def miss(self, floor: Floor, takes: int, seed: int) -> float:
        """How far the floor's steps are from it, 0 is best."""
        numbers, energies = seen(walked(floor, takes, seed))
        off = (np.median(numbers, axis=0) - self.middle) / self.spread
        colour = (np.median(energies, axis=0) - self.bands) / 6
        audible = np.clip((self.bands + 35) / 20, 0.15, 1)
        variety = np.log((numbers.std(axis=0) + 0.05) / (self.spread + 0.05))
        return float(
            np.mean(np.minimum(off**2, 16))
            + 0.35 * np.average(np.minimum(colour**2, 16), weights=audible)
            + 0.1 * np.mean(np.clip(variety, -2, 0.5) ** 2)
        )


def targets(found: list[Recording]) -> dict[str, Target]:
    """One for each floor that is recorded.

    Steps of one kind come from one place, shoe and microphone, so a kind counts once, however many files it has: the
    middle is the mean of the kinds' medians, and the spread holds what usually lies between the kinds of a floor.
    """
    numbers, energies = seen([r.sound for r in found])
    floors, kinds = np.array([r.surface for r in found]), np.array([r.kind for r in found])
    medians, colours, within = {}, {}, {}
    for name in np.unique(floors).tolist():
        groups = [(floors == name) & (kinds == kind) for kind in np.unique(kinds[floors == name])]
        medians[name] = np.array([np.median(numbers[g], axis=0) for g in groups])
        colours[name] = np.array([np.median(energies[g], axis=0) for g in groups])
        within[name] = np.mean([numbers[g].var(axis=0) for g in groups], axis=0)
    between = np.mean([m.var(axis=0, ddof=1) for m in medians.values() if len(m) > 1], axis=0)
    usual = np.mean(list(within.values()), axis=0)
    return {
        name: Target(len(m), m.mean(axis=0), np.sqrt((within[name] + usual) / 2 + between), colours[name].mean(axis=0))
        for name, m in medians.items()
    }


def fit(start: Floor, target: Target, generations: int, seed: int, children: int = 12) -> Floor:
    """The floor near `start` whose steps are most like the recordings."""
    where = places(start)
    size, parents = len(where), children // 2
    weights = math.log(parents + 0.5) - np.log(np.arange(1, parents + 1))
    weights /= weights.sum()
    effective = 1 / np.sum(weights**2)
    # Hansen's standard rates; the covariance is a diagonal, which is learnt (n + 2) / 3 times as fast
    of_path, damping = (effective + 2) / (size + effective + 5), 1 + (effective + 2) / (size + effective + 5)
    of_cov_path = (4 + effective / size) / (size + 4 + 2 * effective / size)
    faster = (size + 2) / 3
    rank_one = min(1.0, faster * 2 / ((size + 1.3) ** 2 + effective))
    rank_many = min(1 - rank_one, faster * 2 * (effective - 2 + 1 / effective) / ((size + 2) ** 2 + effective))
    usual_length = math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    mean, sigma, variance = np.zeros(size), 0.6, np.ones(size)
    path, cov_path = np.zeros(size), np.zeros(size)
    rng = np.random.default_rng(seed)
    best = (math.inf, mean)
    for generation in range(generations):
        drawn = rng.standard_normal((children, size)) * np.sqrt(variance)
        trials = mean + sigma * drawn
        costs = np.array(
            [
                target.miss(moved(start, where, x), TAKES, seed) + HELD / target.kinds * float(np.mean(x**2))
                for x in trials
            ]
        )
        order = np.argsort(costs)[:parents]
        if costs[order[0]] < best[0]:
            best = (float(costs[order[0]]), trials[order[0]])
        step = weights @ drawn[order]
        mean = mean + sigma * step
        path = (1 - of_path) * path + math.sqrt(of_path * (2 - of_path) * effective) * step / np.sqrt(variance)
        length = float(np.linalg.norm(path))
        moving = length / math.sqrt(1 - (1 - of_path) ** (2 * (generation + 1))) < (1.4 + 2 / (size + 1)) * usual_length
        cov_path = (1 - of_cov_path) * cov_path + moving * math.sqrt(of_cov_path * (2 - of_cov_path) * effective) * step
        variance = (
            (1 - rank_one - rank_many) * variance + rank_one * cov_path**2 + rank_many * (weights @ drawn[order] ** 2)
        )
        sigma *= math.exp((of_path / damping) * (length / usual_length - 1))
    last = [rounded(moved(start, where, x)) for x in (best[1], mean)]
    return min(last, key=lambda floor: target.miss(floor, UNSEEN_TAKES, seed + 1))


def _number(field: str, value: float) -> str:
    if field == "count":
        return str(round(value))
    if field in ("frequency", "low", "high", "center"):
        return f"{float(f'{value:.3g}'):.0f}"
    if field in ("level", "gain", "toe", "click", "tilt"):
        return f"{value:.1f}"
    return f"{float(f'{value:.2g}'):g}"


def _inline(part: object) -> str:
    shown = [f for f in fields(part) if getattr(part, f.name) != f.default]
    return "{ " + ", ".join(f"{f.name} = {_number(f.name, getattr(part, f.name))}" for f in shown) + " }"


def toml(floor: Floor) -> str:
    """The floor's table as it stands in materials.toml."""
    shown = {f.name: getattr(floor, f.name) for f in fields(floor) if getattr(floor, f.name) != f.default}
    lines = [f"[floor.{floor.id}]"]
    lines += [f"{name} = {_number(name, shown[name])}" for name in _SCALARS if name in shown]
    lines += [f"{name} = {_inline(shown[name])}" for name in _PARTS[:2] if name in shown]
    lines += ["noise = [", *(f"    {_inline(n)}," for n in floor.noise), "]"]
    lines += [f"{name} = {_inline(shown[name])}" for name in _PARTS[2:] if name in shown]
    return "\n".join(lines) + "\n"


def rounded(floor: Floor) -> Floor:
    """The floor as it can be written."""

    def number(field: str, value: float) -> float:
        return round(value) if field == "count" else float(_number(field, value))

    def part(one):
        return replace(one, **{f.name: number(f.name, getattr(one, f.name)) for f in fields(one)})

    parts = {name: part(value) for name in _PARTS if (value := getattr(floor, name)) is not None}
    click = None if floor.click is None else number("click", floor.click)
    return replace(floor, toe=number("toe", floor.toe), click=click, noise=tuple(map(part, floor.noise)), **parts)


def write(floor: Floor, path: Path) -> None:
    """Put the floor in the place of its namesake in the file; the comments above it stay."""
    text = path.read_text(encoding="utf-8")
    table = re.compile(rf"^\[floor\.{floor.id}\]\n(?:[^#\[\n][^\n]*\n)+?(?=\n|\Z)", re.MULTILINE)
    text, count = table.subn(lambda _: toml(floor), text)
    if count != 1:
        raise SystemExit(f"{path} has {count} tables [floor.{floor.id}], not one")
    path.write_text(text, encoding="utf-8")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--floors", help='for example "gravel,sand", or "all"')
    parser.add_argument("--generations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="put the numbers into materials.toml")


def main() -> int:
    chosen = options(__doc__, _arguments)
    start = {id: materials.floor_from(id, t) for id, t in read(START)["floor"].items()}
    if not chosen.arguments.floors:
        print(f'skipped: nothing to fit; name --floors (of {", ".join(start)}) or "all"')
        return 0
    wanted = list(start) if chosen.arguments.floors == "all" else chosen.arguments.floors.split(",")
    if unknown := [w for w in wanted if w not in start]:
        raise SystemExit(f"no first guess for {', '.join(unknown)}; there are: {', '.join(start)}")
    folder = chosen.data_folder("footsteps")
    if folder is None:
        return 0

    target = targets([r for r in recordings(folder) if r.may_shape])
    seed, generations = chosen.arguments.seed, chosen.arguments.generations
    print(f"fit; seed {seed}, {generations} generations; {machine()}\n")
    report = {}
    for id in wanted:
        began = time.perf_counter()
        floor = fit(start[id], target[id], generations, seed)
        before, after = (target[id].miss(f, UNSEEN_TAKES, seed + 1) for f in (start[id], floor))
        report[id] = {"kinds": target[id].kinds, "miss_start": before, "miss": after, "toml": toml(floor)}
        seconds = time.perf_counter() - began
        print(f"# {target[id].kinds} kinds of recordings; miss {before:.2f} -> {after:.2f}; {seconds:.0f} s")
        print(toml(floor), flush=True)
        if chosen.arguments.write:
            write(floor, Path(materials.__file__).with_name("materials.toml"))
    chosen.write(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
