"""Do synthesised footsteps sound like recorded ones?  python -m benchmarks.footsteps.sound [--data DIR] [--json PATH]

Medians: is the median of each feature (sound_features) of a floor's steps within the 10th to 90th percentile of its
recordings? Once for the recordings that its numbers were fitted to (fit_sound: those with a free licence), once for the
held-out ones, from which no number was taken. A floor without fitted recordings was set from physics and its relatives.

Names: does a nearest-centroid classifier name the floor of a synthesised step? Trained on all recordings, on the fitted
ones alone (which know fewer floors), and on the held-out ones alone. The accuracy of such classifiers on recordings
that they haven't seen is the ceiling.

Beside it the old way, a burst of filtered noise with exponential decay, which is handed each floor's median centroid
and decay from all recordings.
"""

import argparse
import sys
import time
from collections import Counter

import numpy as np

from benchmarks.footsteps.recordings import Recording, recordings
from benchmarks.footsteps.sound_features import NAMES, features, scaled
from benchmarks.options import machine, options
from common.media import RATE
from footsteps import materials
from footsteps.sound import get
from footsteps.steps import Step

SHOES = ("boots", "dress_shoes", "sneakers")  # what the recordings were most likely made in; they don't say


def walk(surface: str, count: int, running_share: float, shoes: tuple[str, ...] = SHOES) -> list[Step]:
    """`count` steps, half a second apart, the last of them running, the shoes in turn."""
    return [
        Step(
            0.5 * i, ("left", "right")[i % 2], surface, shoes[i % len(shoes)], running=i >= count * (1 - running_share)
        )
        for i in range(count)
    ]


def noise_burst(centroid: float, decay: float, rng: np.random.Generator) -> np.ndarray:
    """The old way: white noise through a band-pass around `centroid` (Hz), dying away by 20 dB in `decay` (s)."""
    from scipy.signal import butter, sosfilt

    t = np.arange(int(0.4 * RATE)) / RATE
    band = butter(1, [0.5 * centroid, min(1.7 * centroid, 0.45 * RATE)], "bandpass", fs=RATE, output="sos")
    return sosfilt(band, rng.standard_normal(len(t))) * 10 ** (-t / decay)


def table(sounds: list[np.ndarray]) -> np.ndarray:
    """(n, 12) scaled features."""
    return scaled(np.array([features(s) for s in sounds]))


def natural(values: np.ndarray) -> dict[str, float]:
    """Scaled features back in their units."""
    return {n: float(v) if n.endswith("_db") else float(np.exp(v)) for n, v in zip(NAMES, values, strict=True)}


class NearestCentroid:
    """The floor whose mean is nearest, after each feature is brought to the spread it has within one floor."""

    def __init__(self, x: np.ndarray, floors: np.ndarray):
        self.floors = np.unique(floors)
        self.means = np.array([x[floors == f].mean(axis=0) for f in self.floors])
        within = x - self.means[np.searchsorted(self.floors, floors)]
        self.spread = within.std(axis=0) + 1e-9

    def name(self, x: np.ndarray) -> np.ndarray:
        distance = ((x[:, None, :] - self.means[None]) / self.spread) ** 2
        return self.floors[distance.sum(axis=2).argmin(axis=1)]


def balanced(right: np.ndarray, floors: np.ndarray) -> float:
    """Mean over floors of the share that was named right."""
    return float(np.mean([right[floors == f].mean() for f in np.unique(floors)]))


def unseen(x: np.ndarray, floors: np.ndarray, groups: np.ndarray) -> float:
    """Balanced accuracy on recordings, each group named by a classifier that was trained without it.

    Only groups whose floor is still recorded elsewhere can be named at all, and only they count.
    """
    right, counted = np.zeros(len(x), bool), np.zeros(len(x), bool)
    for group in np.unique(groups):
        out = groups == group
        model = NearestCentroid(x[~out], floors[~out])
        right[out] = model.name(x[out]) == floors[out]
        counted[out] = np.isin(floors[out], model.floors)
    return balanced(right[counted], floors[counted])


class Recorded:
    """What is known of the recordings: x (n, 12) scaled features, and for each its floor and whether it was fitted."""

    def __init__(self, found: list[Recording]):
        self.x = table([r.sound for r in found])
        self.floors, self.kinds, self.sources = (
            np.array([getattr(r, field) for r in found]) for field in ("surface", "kind", "source")
        )
        self.fitted = np.array([r.may_shape for r in found])
        self.running = np.array([r.running for r in found])

    def of(self, surface: str, group: str) -> np.ndarray:
        """Which recordings: of that floor, and "all" of them or the "fitted" or "held_out" ones."""
        share = {"all": True, "fitted": self.fitted, "held_out": ~self.fitted}[group]
        return (self.floors == surface) & share


def within(made: np.ndarray, own: np.ndarray) -> dict | None:
    """Which medians of `made` (n, 12) are inside the spread of `own` (m, 12); None where there are no recordings."""
    if not len(own):
        return None
    median = np.median(made, axis=0)
    low, middle, high = np.percentile(own, [10, 50, 90], axis=0)
    inside = (median >= low) & (median <= high)
    return {
        "recordings": len(own),
        "within": int(inside.sum()),
        "outside": [n for n, i in zip(NAMES, inside.tolist(), strict=True) if not i],
        "median": natural(median),
        "recorded": {"p10": natural(low), "median": natural(middle), "p90": natural(high)},
    }


def measure(recorded: Recorded, surface: str, models: dict[str, NearestCentroid], count: int, seed: int) -> dict:
    """Both ways' steps on one floor: held against its recordings, and named by each classifier."""
    all_of_it = np.median(recorded.x[recorded.of(surface, "all")], axis=0)
    usual = natural(all_of_it)
    rng = np.random.default_rng(seed)
    burst = table([noise_burst(usual["centroid_hz"], usual["decay20_ms"] / 1000, rng) for _ in range(count)])
    row = {"project": {}, "noise_burst": {}}
    for group in ("all", "fitted", "held_out"):
        own = recorded.of(surface, group)
        if not own.any():
            continue
        # as many running steps among the synthesised ones as among these recordings
        share = float(recorded.running[own].mean())
        made = {"project": table(get("procedural").synthesize(walk(surface, count, share), seed)), "noise_burst": burst}
        for way, x in made.items():
            row[way][group] = within(x, recorded.x[own])
            names = models[group].name(x)
            row[way][group]["named"] = float(np.mean(names == surface))
            row[way][group]["taken_for"] = dict(Counter(names[names != surface].tolist()).most_common(3))
    return row


def speed(count: int = 400) -> dict[str, float]:
    """Steps per second of processor time on each floor, in boots."""
    result = {}
    for surface in materials.surfaces():
        steps = walk(surface, count, 0.0, ("boots",))
        get("procedural").synthesize(steps[:4], 0)
        start = time.process_time()
        get("procedural").synthesize(steps, 0)
        result[surface] = count / (time.process_time() - start)
    return result


def summarise(recorded: Recorded, models: dict[str, NearestCentroid], rows: dict[str, dict]) -> dict:
    """Means over the floors, chance, and the ceilings."""
    x, floors, fitted = recorded.x, recorded.floors, recorded.fitted
    result = {}
    for way in ("project", "noise_burst"):
        for group in ("all", "fitted", "held_out"):
            shares = [row[way][group]["within"] / len(NAMES) for row in rows.values() if group in row[way]]
            result[f"within_{group}_{way}"] = float(np.mean(shares))
            named = [row[way][group]["named"] for row in rows.values() if group in row[way]]
            result[f"named_{group}_{way}"] = float(np.mean(named))
    return result | {
        **{f"chance_{group}": 1 / len(model.floors) for group, model in models.items()},
        "ceiling_seen": balanced(models["all"].name(x) == floors, floors),
        "ceiling_unseen_file": unseen(x, floors, np.arange(len(x))),
        "ceiling_unseen_kind": unseen(x, floors, recorded.kinds),
        "ceiling_unseen_source": unseen(x, floors, recorded.sources),
        "ceiling_held_out_names_fitted": balanced(models["held_out"].name(x[fitted]) == floors[fitted], floors[fitted]),
        "ceiling_fitted_unseen_file": unseen(x[fitted], floors[fitted], np.arange(int(np.sum(fitted)))),
        "ceiling_held_out_unseen_file": unseen(x[~fitted], floors[~fitted], np.arange(int(np.sum(~fitted)))),
    }


def _cell(row: dict, way: str, group: str) -> str:
    return f"{row[way][group]['within']}/12" if group in row[way] else "-"


def show(rows: dict[str, dict], full: bool) -> None:
    """The table, one line a floor."""
    print(f"{'':9} {'recordings':^15}   {'medians within the spread':^31}   {'named right':^31}")
    print(f"{'':9} {'':15}   {'fitted':^15} {'held out':^15}   {'by all':^15} {'by held out':^15}   taken for,")
    print(f"{'floor':9} {'fitted':>6} {'held out':>8}   {'project   burst ' * 4:62}    outside the held-out spread")
    for surface, row in rows.items():
        project = row["project"]
        counts = [project[g]["recordings"] if g in project else 0 for g in ("fitted", "held_out")]
        cells = [_cell(row, way, g) for g in ("fitted", "held_out") for way in ("project", "noise_burst")]
        named = [f"{row[way][g]['named']:.0%}" for g in ("all", "held_out") for way in ("project", "noise_burst")]
        print(f"{surface:9} {counts[0]:6} {counts[1]:8}   " + " ".join(f"{c:>7}" for c in (*cells, *named)), end="   ")
        print(", ".join(project["all"]["taken_for"]) or "-", "/", ", ".join(project["held_out"]["outside"]) or "-")
        for n in NAMES if full else ():
            print(f"   {n:18} {project['all']['median'][n]:9.1f}", end="")
            for group in ("fitted", "held_out"):
                spread = project[group]["recorded"] if group in project else {}
                print(f"   {group} " + " ".join(f"{v[n]:9.1f}" for v in spread.values()), end="")
            print()


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=int, default=60, help="synthesised steps per floor")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--full", action="store_true", help="print every feature of every floor (p10, median, p90)")


def main() -> int:
    chosen = options(__doc__, _arguments)
    folder = chosen.data_folder("footsteps")
    if folder is None:
        return 0
    steps, seed = chosen.arguments.steps, chosen.arguments.seed
    recorded = Recorded(recordings(folder))
    print(f"{len(recorded.x)} recordings, {steps} steps a floor, seed {seed}; {machine()}\n")

    groups = {"all": np.ones(len(recorded.x), bool), "fitted": recorded.fitted, "held_out": ~recorded.fitted}
    models = {group: NearestCentroid(recorded.x[one], recorded.floors[one]) for group, one in groups.items()}
    rows = {surface: measure(recorded, surface, models, steps, seed) for surface in materials.surfaces()}
    show(rows, chosen.arguments.full)

    total = summarise(recorded, models, rows)
    print("\nmedians within the spread: project / noise burst")
    for group, words in (("fitted", "recordings fitted to"), ("held_out", "held-out recordings"), ("all", "all")):
        print(f"   {words:22} {total[f'within_{group}_project']:4.0%} / {total[f'within_{group}_noise_burst']:.0%}")
    print("floor named right: project / noise burst / chance")
    for group, words in (("all", "all recordings"), ("fitted", "fitted ones"), ("held_out", "held-out ones")):
        shares = " / ".join(
            f"{total[what]:4.0%}"
            for what in (f"named_{group}_project", f"named_{group}_noise_burst", f"chance_{group}")
        )
        print(f"   by one trained on {words:14} {shares}")
    print("   the ceiling, recordings named by such a classifier:")
    print(f"      trained on all: seen {total['ceiling_seen']:.0%}", end="")
    for what in ("file", "kind", "source"):
        print(f", one {what} left out {total[f'ceiling_unseen_{what}']:.0%}", end="")
    print(f"\n      trained on fitted ones: one file left out {total['ceiling_fitted_unseen_file']:.0%}", end="")
    print(f"\n      trained on held-out ones: one file left out {total['ceiling_held_out_unseen_file']:.0%}", end="")
    print(f", naming the fitted ones {total['ceiling_held_out_names_fitted']:.0%}")
    rates = speed()
    slowest = min(rates, key=rates.get)
    print(f"steps per second of processor time: {np.median(list(rates.values())):.0f}", end="")
    print(f", slowest {slowest} {rates[slowest]:.0f}")
    chosen.write({"seed": seed, "summary": total, "speed": rates, "floors": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
