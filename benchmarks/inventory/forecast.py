"""How far forecasts are off: `python -m benchmarks.inventory.forecast [--data DIR] [--sets ...] [--json PATH]`.

Every model is backtested on the same cutoffs of real sales (folder `demand` of the data), two weeks apart, with
nothing but what was known then. The automatic choice at a cutoff is made by the cutoffs before it, of which the first
ones are not scored at all. Models are shown as they are; the choice with the intervals that it comes with.

Then how long the LSTM takes for 600 series of two years of made counts.
"""

import argparse
import importlib
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from benchmarks.inventory.datasets import SETS, Dataset, made
from benchmarks.options import machine, options
from inventory.forecasting.backtest import Backtest, Usage, backtest, measured
from inventory.forecasting.baselines import BASELINES, SEASONAL_NAIVE
from inventory.forecasting.choice import automatic, said
from inventory.forecasting.lstm_training import LstmLearner, train
from inventory.forecasting.scores import Scores, per_item_mean_r2
from inventory.forecasting.trees import Trees

METHODS = (*BASELINES, Trees(), LstmLearner())
AUTOMATIC = "automatic choice"
TARGETS = {"better than seasonal naive": 0.10, "coverage": (0.75, 0.85), "training s": 120, "forecasting s": 2}
_COLUMNS = ("WAPE", "MASE", "pinball", "cov80", "(all)", "bias", "R2", "R2own")
_HEAD = f"{'model':18} " + " ".join(f"{name:>{8 if name == 'pinball' else 6}}" for name in _COLUMNS)


def compare(dataset: Dataset, names: list[str], seed: int) -> dict:
    """Backtest a set, print its table, and give the figures."""
    methods = [replace(one, seed=seed) if hasattr(one, "seed") else one for one in METHODS if one.name in names]
    panel = dataset.panel
    cutoffs = dataset.warm_up + dataset.judged
    tested = backtest(panel, methods, dataset.horizon, dataset.season, cutoffs, refit=dataset.warm_up)
    with measured() as taken:
        chosen, choices = automatic(tested, dataset.warm_up)
    judged = tested.part(slice(dataset.warm_up, None))
    scores = {name: judged.score(predicted) for name, predicted in judged.predicted.items()}
    scores[AUTOMATIC] = judged.score(chosen)
    usage = {**tested.usage, AUTOMATIC: taken()}
    print(f"\n{dataset.name}: {dataset.what}, {panel.shape[1]} steps; {dataset.judged} cutoffs of {dataset.horizon}")
    print(f"{_HEAD} {'seconds':>8} {'MB':>6}")
    for name, one in scores.items():
        print(_line(name, one, usage[name]))
    print("chosen at the last cutoff:", _chosen(choices[-1].members.values()))
    r2 = per_item_mean_r2(np.concatenate(list(judged.truth), 1))
    print(f"R2 of one mean for each item, on the same days: {r2:.3f}; around its own mean (R2own) that is 0")
    return {
        "scores": {name: asdict(one) for name, one in scores.items()},
        "usage": {name: asdict(one) for name, one in usage.items()},
        "per_item_mean_r2": r2,
        "by_cutoff": _by_cutoff(judged, chosen),
        **_targets(dataset.name, scores),
    }


def speed(series: int = 600, days: int = 730) -> dict:
    """Seconds to train the LSTM and to forecast all series."""
    panel = made(series, days)
    with measured() as taken:
        lstm, training = train(panel)
    start = time.perf_counter()
    lstm.predict(panel)
    seconds = {"training s": taken().seconds, "forecasting s": time.perf_counter() - start}
    print(
        f"\nLSTM, {series} series of {days} days: trained in {seconds['training s']:.1f} s "
        f"({len(training.losses)} epochs, {training.windows:,} windows, {taken().megabytes:.0f} MB), "
        f"forecast in {seconds['forecasting s']:.2f} s"
    )
    for name, value in seconds.items():
        print(f"target {name} <= {TARGETS[name]}: {value:.2f}, {_reached(value <= TARGETS[name])}")
    return {**seconds, "megabytes": taken().megabytes, "epochs": len(training.losses)}


def _targets(name: str, scores: dict[str, Scores]) -> dict:
    naive, found = scores[SEASONAL_NAIVE.name], scores[AUTOMATIC]
    better = 1 - found.wape / naive.wape
    low, high = TARGETS["coverage"]
    print(f"target {name}: WAPE {better:.1%} below seasonal naive, {_reached(better >= 0.10)}")
    print(f"target {name}: coverage {found.coverage:.1%}, {_reached(low <= found.coverage <= high)}")
    if "LSTM" in scores:
        gain = 1 - scores["LSTM"].wape / naive.wape
        print(f"target {name}: LSTM {abs(gain):.1%} {'better' if gain > 0 else 'WORSE'} than seasonal naive")
    return {"better_than_naive": better}


def _by_cutoff(judged: Backtest, chosen: np.ndarray) -> dict[str, list[float]]:
    """WAPE at each cutoff, of the seasonal naive and of the choice."""
    found = {}
    for name, predicted in ((SEASONAL_NAIVE.name, judged.predicted[SEASONAL_NAIVE.name]), (AUTOMATIC, chosen)):
        parts = [slice(at, at + 1) for at in range(len(judged.cutoffs))]
        found[name] = [judged.part(part).score(predicted[part]).wape for part in parts]
    return found


def _line(name: str, one: Scores, used: Usage) -> str:
    return (
        f"{name:18} {one.wape:6.3f} {one.mase:6.3f} {one.pinball:8.4f} {one.coverage:6.1%} {one.coverage_all:6.1%} "
        f"{one.bias:+6.2f} {one.r2:6.3f} {one.r2_own:6.3f} {used.seconds:8.1f} {used.megabytes:6.0f}"
    )


def _chosen(members) -> str:
    return "; ".join(f"{said(one)} ({count})" for one, count in Counter(members).most_common(4))


def _reached(yes: bool) -> str:
    return "reached" if yes else "NOT reached"


def main(arguments: list[str] | None = None) -> None:
    every = [one.name for one in METHODS]

    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--sets", nargs="*", choices=[one.__name__ for one in SETS], help="all by default")
        parser.add_argument("--models", nargs="*", choices=every, default=every, help="all by default")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--without-speed", action="store_true", help="leave the timing of the LSTM out")

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    names = list(dict.fromkeys([SEASONAL_NAIVE.name, *given.models]))
    print(f"{machine()}; seed {given.seed}")
    for library in ("statsforecast.models", "lightgbm", "torch"):
        importlib.import_module(library)  # no part of what a model takes
    figures: dict = {"seed": given.seed}
    folder: Path | None = chosen.data_folder("demand")
    for load in SETS if folder else ():
        if given.sets is None or load.__name__ in given.sets:
            figures[load.__name__] = compare(load(folder), names, given.seed)
    if not given.without_speed:
        figures["speed"] = speed()
    chosen.write(figures)


if __name__ == "__main__":
    main()
