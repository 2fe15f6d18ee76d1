"""Rolling origin: what each way to forecast would have said at earlier dates, and what came then (Tashman 2000)."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from common.errors import UserError
from inventory.forecasting import calibration
from inventory.forecasting.scores import Scores, naive_error, score
from inventory.panel import Key, Panel

SHORTEST = 28  # days before the first cutoff
_STATM = Path("/proc/self/statm")
_PAGE = 4096  # bytes

Progress = Callable[[float, str], None]


class Fitted(Protocol):
    """A model that has learned what it learns beforehand."""

    def predict(self, panel: Panel) -> np.ndarray:
        """(3, S, H) low, middle, high of the days after the panel."""


class Method(Protocol):
    """A way to forecast."""

    name: str

    def fit(self, panel: Panel, horizon: int, season: int = 7) -> Fitted:
        """Learn from a panel."""


@dataclass(frozen=True)
class Usage:
    """What a method took in all. seconds; megabytes: the most above what the process had before"""

    seconds: float = 0.0
    megabytes: float = 0.0

    def and_then(self, other: "Usage") -> "Usage":
        return Usage(self.seconds + other.seconds, max(self.megabytes, other.megabytes))


@dataclass(frozen=True, eq=False)
class Backtest:
    """K cutoffs of S series, H days each.

    cutoffs: (K,) datetime64[D], the last day that was known; the next cutoff is H days later, so that at each of them
        everything of the earlier ones has come
    truth: (K, S, H); noise, regular, naive: (K, S), of what was known at the cutoff (see calibration, scores)
    predicted: of each method (K, 3, S, H)
    """

    keys: tuple[Key, ...]
    horizon: int
    season: int
    cutoffs: np.ndarray
    truth: np.ndarray
    noise: np.ndarray
    regular: np.ndarray
    naive: np.ndarray
    predicted: dict[str, np.ndarray]
    usage: dict[str, Usage]

    def part(self, which: slice) -> "Backtest":
        """Some of the cutoffs."""
        arrays = {name: getattr(self, name)[which] for name in ("cutoffs", "truth", "noise", "regular", "naive")}
        return replace(self, predicted={name: one[which] for name, one in self.predicted.items()}, **arrays)

    def score(self, predicted: np.ndarray) -> Scores:
        """Of forecasts (K, 3, S, H) for these cutoffs."""
        return score(self.truth, predicted, self.naive, self.regular)


def backtest(
    panel: Panel,
    methods: Sequence[Method],
    horizon: int = 14,
    season: int = 7,
    cutoffs: int = 8,
    refit: int = 4,
    progress: Progress | None = None,
) -> Backtest:
    """Forecast from several earlier dates with nothing but what was known then.

    cutoffs: how many; the last one has all its days known
    refit: after how many cutoffs a method learns anew; in between it sees the new days, but learns nothing from them
    progress: called with the share that is done, 0 to 1, and a line
    Raises UserError where the panel is too short.
    """
    length = panel.shape[1]
    first = length - cutoffs * horizon
    if first < SHORTEST:
        needed = SHORTEST + cutoffs * horizon
        raise UserError(
            f"The records span {length} days; {cutoffs} backtests of {horizon} days need {needed}. Ask for fewer."
        )
    pasts = [panel.until(panel.days[first + index * horizon - 1]) for index in range(cutoffs)]
    predicted: dict[str, np.ndarray] = {}
    usage: dict[str, Usage] = {}
    for number, method in enumerate(methods):
        found, used = [], Usage()
        for index, past in enumerate(pasts):
            if progress:
                progress((number + index / cutoffs) / len(methods), f"{method.name}, {past.days[-1]}")
            with measured() as taken:
                if index % refit == 0:
                    fitted = method.fit(past, horizon, season)
                found.append(fitted.predict(past))
            used = used.and_then(taken())
        predicted[method.name], usage[method.name] = np.stack(found), used
    truth = [panel.demand[:, past.shape[1] : past.shape[1] + horizon] for past in pasts]
    return Backtest(
        panel.keys,
        horizon,
        season,
        np.array([past.days[-1] for past in pasts]),
        np.stack(truth),
        np.stack([calibration.noise(past.demand, season) for past in pasts]),
        np.stack([calibration.regular(past.demand) for past in pasts]),
        np.stack([naive_error(past.demand, season) for past in pasts]),
        predicted,
        usage,
    )


@contextmanager
def measured() -> Iterator[Callable[[], Usage]]:
    """The time and the memory of what happens inside; ask the function that it gives afterwards. Memory is 0 where the
    system has no /proc."""
    before, most, done = _resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    taken: list[Usage] = []
    try:
        yield lambda: taken[0]
    finally:
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
        taken.append(Usage(seconds, max(0.0, max(most[0], _resident()) - before) / 2**20))


def _resident() -> int:
    """Bytes of the process in memory."""
    return int(_STATM.read_text().split()[1]) * _PAGE if _STATM.exists() else 0
