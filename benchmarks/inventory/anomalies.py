"""How well anomalies are found: `python -m benchmarks.inventory.anomalies [--seeds N] [--data DIR] [--json PATH]`.

On simulated stock books with known events (seeds 100 on; seeds 0 to 9 were for choosing constants), a series and day
being the unit: average precision, precision at 20, the false alarms a series and month beside the target, and whether
the reported kind is the right one. Beside z-score (mean and standard deviation of the weeks before), the distance
beyond the quartiles in interquartile ranges (Tukey's fences), and an Isolation Forest on the plain numbers of a day
with contamination .1. Those three do not say a kind, so that of a kind each of them is ranked against its own events
with the same scores. Baselines see the same panel, usage without written waste.

On five labelled series of the Numenta benchmark (folder `demand/nab` of the data), each one column with its own time
step, scored by the same trailing medians with a day as the period. Every step inside a labelled window is a positive,
every other one a negative; the first 15 % of a series, in which methods learn, count for nobody.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from inventory.anomalies.detection import MONTH, RATE, evidence, threshold
from inventory.anomalies.expected import taken, usual
from inventory.anomalies.isolation import isolation
from inventory.anomalies.rules import KINDS, residuals
from inventory.panel import Panel, panel_of
from inventory.simulation.history import Simulated, simulate

RATES = (0.02, RATE, 0.1)
KIND_OF = {kind: kind for kind in KINDS} | {"spoilage": "stock_loss"}
BASELINES = ("z-score", "IQR", "Isolation Forest .1")
_NAB = (
    ("artificialWithAnomaly/art_daily_flatmiddle.csv", 288),
    ("artificialWithAnomaly/art_daily_jumpsdown.csv", 288),
    ("realAWSCloudwatch/elb_request_count_8c0756.csv", 288),
    ("realAdExchange/exchange-2_cpm_results.csv", 24),
    ("realKnownCause/machine_temperature_system_failure.csv", 288),
)
_PROBATION = 0.15
_WINDOW = 56  # days that z-score and IQR look back at, as far as the levels of the project


def truth(panel: Panel, simulated: Simulated) -> dict[str, np.ndarray]:
    """(S, T) bool for each kind."""
    there = {kind: np.zeros(panel.shape, bool) for kind in KINDS}
    for event in simulated.truth.events:
        if kind := KIND_OF.get(event.kind):
            column = int((np.datetime64(event.day, "D") - panel.days[0]).astype(int))
            there[kind][panel.series(event.outlet, event.item), column] = True
    return there


def z_score(values: np.ndarray, window: int) -> np.ndarray:
    import pandas as pd

    before = pd.DataFrame(values.T).rolling(window, min_periods=7)
    middle, spread = (part.shift(1).to_numpy().T for part in (before.mean(), before.std()))
    return np.nan_to_num(np.abs(values - middle) / np.where(spread > 0, spread, np.nan))


def beyond_quartiles(values: np.ndarray, window: int) -> np.ndarray:
    import pandas as pd

    before = pd.DataFrame(values.T).rolling(window, min_periods=7)
    low, high = (before.quantile(share).shift(1).to_numpy().T for share in (0.25, 0.75))
    width = np.where(high > low, high - low, np.nan)
    return np.nan_to_num(np.maximum(values - high, low - values) / width)


def plain_forest(columns: list[np.ndarray], seed: int = 0) -> np.ndarray:
    """On numbers as they stand, with the contamination that is often taken; above 0 it reports."""
    from sklearn.ensemble import IsolationForest

    rows = np.nan_to_num(np.stack(columns, axis=-1)).reshape(-1, len(columns))
    forest = IsolationForest(contamination=0.1, random_state=seed).fit(rows)
    return -forest.decision_function(rows).reshape(columns[0].shape)


def average_precision(there: np.ndarray, scores: np.ndarray) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(there.ravel(), scores.ravel())) if there.any() else float("nan")


def at_20(there: np.ndarray, scores: np.ndarray) -> float:
    return float(there.ravel()[np.argsort(-scores.ravel(), kind="stable")[:20]].mean())


def on_book(seed: int, days: int) -> dict:
    """All figures of one simulated book."""
    simulated = simulate(seed=seed, days=days)
    panel = panel_of(simulated.records)
    there = truth(panel, simulated)
    happened = np.any(list(there.values()), axis=0)
    started = time.perf_counter()
    found = residuals(panel)
    by_kind = evidence(found)
    seconds = time.perf_counter() - started
    whole = np.maximum.reduce(list(by_kind.values()))
    used = taken(panel)
    columns = [used, panel.stock_in, panel.balance, panel.ordered]
    baselines = (z_score(used, _WINDOW), beyond_quartiles(used, _WINDOW), plain_forest(columns))
    scores = {"project": (whole, by_kind)} | {
        name: (score, dict.fromkeys(KINDS, score)) for name, score in zip(BASELINES, baselines, strict=True)
    }
    ranked = {
        name: {"all": average_precision(happened, score), "at 20": at_20(happened, score)}
        | {kind: average_precision(there[kind], of_kind[kind]) for kind in KINDS}
        | {f"{kind} at 20": at_20(there[kind], of_kind[kind]) for kind in KINDS}
        for name, (score, of_kind) in scores.items()
    }
    ranked["project's forest alone"] = {"all": average_precision(happened, np.nan_to_num(isolation_of(found)))}
    months = happened.size / MONTH
    kinds = np.array(list(by_kind.values()))
    said = kinds.argmax(axis=0)
    alarms = {}
    for rate in RATES:
        reported = whole >= threshold(rate)
        right = [there[kind][reported & happened & (said == at)].sum() for at, kind in enumerate(KINDS)]
        alarms[rate] = {
            "false": float((reported & ~happened).sum() / months),
            "reported": int(reported.sum()),
            "found": float((reported & happened).sum() / happened.sum()),
            "right kind": float(sum(right) / max((reported & happened).sum(), 1)),
        } | {f"found {kind}": float(reported[there[kind]].mean()) for kind in KINDS if there[kind].any()}
    fixed = baselines[2] > 0
    alarms["forest"] = {"false": float((fixed & ~happened).sum() / months), "reported": int(fixed.sum())}
    return {"ranked": ranked, "alarms": alarms, "seconds": seconds, "events": int(happened.sum())}


def isolation_of(found) -> np.ndarray:
    from inventory.anomalies.isolation import features

    return isolation(features(found))


def on_nab(folder: Path) -> dict[str, dict[str, float]]:
    """Average precision of each labelled series and method."""
    windows = json.loads((folder / "combined_windows.json").read_text(encoding="utf-8"))
    figures = {}
    for name, period in _NAB:
        rows = [line.split(",") for line in (folder / name).read_text(encoding="utf-8").splitlines()[1:]]
        times = np.array([row[0] for row in rows], "datetime64[s]")
        values = np.array([float(row[1]) for row in rows])[None]
        there = np.zeros(values.shape, bool)
        for first, last in windows[name]:
            there[0] |= (times >= np.datetime64(first[:19])) & (times <= np.datetime64(last[:19]))
        known = usual(values, ["one"], period=period)
        scores = {
            "project": np.nan_to_num(np.abs(values - known.middle) / known.spread),
            "z-score": z_score(values, 8 * period),
            "IQR": beyond_quartiles(values, 8 * period),
            "Isolation Forest .1": plain_forest([values]),
        }
        counted = np.arange(values.shape[1]) >= _PROBATION * values.shape[1]
        figures[name.split("/")[1]] = {"share of windows": float(there[0, counted].mean())} | {
            method: average_precision(there[0, counted], score[0, counted]) for method, score in scores.items()
        }
    return figures


def _mean(figures: list[dict], *path) -> float:
    found = figures
    for key in path:
        found = [figure[key] for figure in found if key in figure]
    return float(np.nanmean(found))


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--seeds", type=int, default=10, help="simulated books, from seed 100 on")
        parser.add_argument("--first", type=int, default=100, help="the first seed")
        parser.add_argument("--days", type=int, default=730)

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    seeds = range(given.first, given.first + given.seeds)
    books = []
    for seed in seeds:
        books.append(on_book(seed, given.days))
        print(f"seed {seed}: {books[-1]['events']} events, {books[-1]['seconds']:.1f} s", flush=True)
    print(f"\n{machine()}; {len(books)} books of {given.days} days, seeds {seeds[0]} to {seeds[-1]}\n")
    columns = ("all", "at 20", *KINDS)
    print(f"{'average precision':22}" + "".join(f"{column:>16}" for column in columns))
    for name in ("project", *BASELINES):
        print(f"{name:22}" + "".join(f"{_mean(books, 'ranked', name, column):16.3f}" for column in columns))
    forest = _mean(books, "ranked", "project's forest alone", "all")
    print(f"\nthe project's Isolation Forest on residuals alone: {forest:.3f}")
    for name in ("project", *BASELINES):
        print(f"precision at 20 by kind, {name}: ", end="")
        print(", ".join(f"{kind} {_mean(books, 'ranked', name, f'{kind} at 20'):.2f}" for kind in KINDS))
    print("\ntarget rate   real rate   events found   right kind")
    for rate in RATES:
        row = [_mean(books, "alarms", rate, column) for column in ("false", "found", "right kind")]
        print(f"{rate:11.3f}{row[0]:12.3f}{row[1]:15.3f}{row[2]:13.3f}")
        print("   found: " + ", ".join(f"{k} {_mean(books, 'alarms', rate, f'found {k}'):.2f}" for k in KINDS))
    print(f"contamination .1: {_mean(books, 'alarms', 'forest', 'false'):.2f} false alarms a series and month")
    folder = chosen.data_folder("demand")
    labelled = on_nab(folder / "nab") if folder and (folder / "nab").is_dir() else {}
    if labelled:
        print(f"\n{'labelled series':42}{'windows':>9}" + "".join(f"{name:>21}" for name in ("project", *BASELINES)))
        for name, row in labelled.items():
            print(f"{name:42}" + f"{row['share of windows']:9.3f}", end="")
            print("".join(f"{row[method]:21.3f}" for method in ("project", *BASELINES)))
        means = [np.mean([row[method] for row in labelled.values()]) for method in ("project", *BASELINES)]
        print(f"{'mean':51}" + "".join(f"{mean:21.3f}" for mean in means))
    chosen.write({"seeds": list(seeds), "books": books, "labelled": labelled})


if __name__ == "__main__":
    main()
