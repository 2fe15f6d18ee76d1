"""Which model, or mean of models, forecasts each series best: chosen by a backtest, and kept with its intervals.

The error of a series in a few weeks is mostly chance, so each series' own is drawn towards that of all series together
before the lowest is taken (shrinkage, James and Stein 1961). Means of several models are among the choices, since they
mostly win (Bates and Granger 1969).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.errors import UserError
from inventory.forecasting.backtest import Backtest
from inventory.forecasting.calibration import Calibration, calibrate, in_order
from inventory.panel import Key

LARGEST = 4  # models in a mean
DRAWN = 12  # cutoffs that the error of all series counts for, beside a series' own ones

Members = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Choice:
    """What to forecast each series with.

    members: of each series, the models whose mean is its forecast; common: of a series that was not there then
    single, whole: how the intervals of each model, and of what comes of them, are moved
    candidates, days: how many were compared, over how many days
    """

    horizon: int
    season: int
    members: dict[Key, Members]
    common: Members
    single: dict[str, Calibration]
    whole: Calibration
    candidates: int
    days: int

    def of(self, keys: tuple[Key, ...]) -> list[Members]:
        """The models of each series."""
        return [self.members.get(key, self.common) for key in keys]

    def reason(self, key: Key) -> str:
        """Why a series is forecast so, in words."""
        members = self.members.get(key, self.common)
        where = "" if key in self.members else " over all series, as this one is new"
        return f"{said(members)}: lowest error of {self.candidates} ways on the last {self.days} days{where}"

    def save(self, path: str | Path) -> None:
        """Write it as JSON."""
        text = {
            "horizon": self.horizon,
            "season": self.season,
            "members": [[*key, list(members)] for key, members in self.members.items()],
            "common": list(self.common),
            "single": {name: one.shifts.tolist() for name, one in self.single.items()},
            "whole": self.whole.shifts.tolist(),
            "candidates": self.candidates,
            "days": self.days,
        }
        Path(path).write_text(json.dumps(text, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> "Choice":
        """What `save` wrote. Raises UserError where it is not there or damaged."""
        try:
            text = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls(
                text["horizon"],
                text["season"],
                {(outlet, item): tuple(members) for outlet, item, members in text["members"]},
                tuple(text["common"]),
                {name: Calibration(np.array(shifts, float)) for name, shifts in text["single"].items()},
                Calibration(np.array(text["whole"], float)),
                text["candidates"],
                text["days"],
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"There is no choice of models to read in {str(path)!r} ({error}). Train anew.") from error


def choose(tested: Backtest) -> Choice:
    """By all cutoffs of a backtest."""
    single = {
        name: calibrate(tested.truth, predicted, tested.noise, tested.regular)
        for name, predicted in tested.predicted.items()
    }
    moved = {name: _moved(single[name], tested, predicted) for name, predicted in tested.predicted.items()}
    alone = {name: _errors(tested.truth, predicted) for name, predicted in moved.items()}
    ranked = sorted(alone, key=lambda name: float(alone[name].sum()))
    candidates: list[Members] = [(name,) for name in ranked]
    candidates += [tuple(ranked[:count]) for count in range(2, min(LARGEST, len(ranked)) + 1)]
    errors = np.stack(
        [_errors(tested.truth, np.mean([moved[name] for name in members], axis=0)) for members in candidates]
    )  # (candidates, K, S)
    own, everywhere = errors.sum(1), errors.sum((1, 2))
    # In shares of what all candidates got wrong, so that big items and small ones are alike.
    share = own / np.maximum(own.mean(0), 1e-12)
    drawn = (everywhere / max(everywhere.mean(), 1e-12))[:, None]
    best = np.where(own.sum(0) > 0, len(tested.truth) * share + DRAWN * drawn, drawn).argmin(0)
    members = {key: candidates[at] for key, at in zip(tested.keys, best, strict=True)}
    found = np.stack([combined({name: one[at] for name, one in moved.items()}, list(members.values()))
                      for at in range(len(tested.truth))])  # fmt: skip
    return Choice(
        tested.horizon,
        tested.season,
        members,
        candidates[int(everywhere.argmin())],
        single,
        calibrate(tested.truth, found, tested.noise, tested.regular),
        len(candidates),
        tested.horizon * len(tested.truth),
    )


def apply(choice: Choice, predicted: Mapping[str, np.ndarray], members: list[Members], noise, regular) -> np.ndarray:
    """(3, S, H) the forecast of a choice.

    predicted: of each model (3, S, H); members: of each series; noise, regular: (S,), see calibration
    """
    moved = {name: choice.single[name].apply(one, noise, regular) for name, one in predicted.items()}
    return choice.whole.apply(combined(moved, members), noise, regular)


def automatic(tested: Backtest, first: int) -> tuple[np.ndarray, list[Choice]]:
    """(K - first, 3, S, H) what the choice would have forecast at each cutoff from `first` on, and the choices: each by
    the cutoffs before it only."""
    found, choices = [], []
    for at in range(first, len(tested.cutoffs)):
        choice = choose(tested.part(slice(0, at)))
        predicted = {name: one[at] for name, one in tested.predicted.items()}
        found.append(apply(choice, predicted, choice.of(tested.keys), tested.noise[at], tested.regular[at]))
        choices.append(choice)
    return np.stack(found), choices


def combined(predicted: Mapping[str, np.ndarray], members: list[Members]) -> np.ndarray:
    """(3, S, H) the mean, quantile by quantile, of each series' models."""
    result = np.empty_like(next(iter(predicted.values())))
    for group in set(members):
        rows = [row for row, one in enumerate(members) if one == group]
        result[:, rows] = np.mean([predicted[name][:, rows] for name in group], axis=0)
    return in_order(result)


def said(members: Members) -> str:
    """A model, or the mean of several, in words."""
    if len(members) == 1:
        return members[0]
    return f"mean of {', '.join(members[:-1])} and {members[-1]}"


def _moved(one: Calibration, tested: Backtest, predicted: np.ndarray) -> np.ndarray:
    every = zip(predicted, tested.noise, tested.regular, strict=True)
    return np.stack([one.apply(forecast, noise, regular) for forecast, noise, regular in every])


def _errors(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(K, S) sums of absolute errors of the middle."""
    return np.nansum(np.abs(truth - predicted[:, 1]), axis=-1)
