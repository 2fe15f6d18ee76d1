"""What will be wanted on each of the next days, of each series: low, middle and high, with the reason for the model."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from common.errors import UserError
from inventory.forecasting import calibration
from inventory.forecasting.backtest import SHORTEST, Fitted, backtest
from inventory.forecasting.baselines import BASELINES
from inventory.forecasting.calendar_days import next_days
from inventory.forecasting.choice import Choice, Members, apply, choose, said
from inventory.panel import Key, Panel

HORIZON = 14
QUICK = tuple(one for one in BASELINES if one.name != "AutoETS")  # milliseconds a series
CUTOFFS = 6  # of the quick choice, where the records are long enough
_SPARE = "same-day mean"


@dataclass(frozen=True, eq=False)
class Forecast:
    """S series, H days.

    days: (H,) datetime64[D]
    low, middle, high: (S, H) the .1, .5 and .9 quantiles of each day's demand, in the item's unit, at least 0. The
        middle of an item that sells on less than half of the days is 0; sums over days are more than the sums of its
        middles.
    model, reason: of each series, in words
    """

    keys: tuple[Key, ...]
    days: np.ndarray
    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    model: tuple[str, ...]
    reason: tuple[str, ...]


def forecast(
    panel: Panel,
    horizon: int = HORIZON,
    choice: Choice | None = None,
    models: Mapping[str, Fitted] | None = None,
) -> Forecast:
    """Forecast the days after a panel.

    horizon: days, 1 to that of the choice
    choice: of `choose`; None to choose now among those that need no training, by a quick backtest
    models: trained ones by the name that the choice knows them by ("LSTM", "LightGBM"). What is not given is left out.

    Days out of stock or closed don't count as demand. On a day of the week on which an outlet was closed for the last
    three times, nothing is forecast. Amounts that can only be mistyped are left out. A series without records gets the
    mean of its item at the other outlets.
    Raises UserError for a horizon out of range, and for a panel without any days.
    """
    if not panel.shape[1]:
        raise UserError("There are no records before this day. Choose a later one, or import older records.")
    largest = choice.horizon if choice else HORIZON
    if not 1 <= horizon <= largest:
        raise UserError(f"A forecast of {horizon} days is not possible. Ask for 1 to {largest} days.")
    panel = panel.believable()
    if choice is None:
        choice = _quick(panel)
    given = {one.name: one.fit(panel, choice.horizon, choice.season) for one in BASELINES} | dict(models or {})
    members = [_there(one, given) for one in choice.of(panel.keys)]
    predicted = {}
    for name in {name for group in members for name in group}:
        rows = [row for row, group in enumerate(members) if name in group]
        predicted[name] = np.zeros((3, panel.shape[0], choice.horizon))
        predicted[name][:, rows] = given[name].predict(panel.only(rows))
    noise, regular = calibration.noise(panel.demand, choice.season), calibration.regular(panel.demand)
    found = apply(choice, predicted, members, noise, regular)[:, :, :horizon]
    reasons = [choice.reason(key) for key in panel.keys]
    model = [said(one) for one in members]
    for row, (key, group) in enumerate(zip(panel.keys, members, strict=True)):
        if group != choice.members.get(key, choice.common):
            reasons[row] = f"{said(group)}: what was chosen needs a model that is not trained yet"
    days = next_days(panel.days, horizon)
    _cold_start(panel, found, model, reasons)
    found[:, _closed(panel, days)] = 0
    return Forecast(panel.keys, days, *found, tuple(model), tuple(reasons))


def _quick(panel: Panel) -> Choice:
    """A choice among models that take milliseconds, of as many cutoffs as there are days for."""
    cutoffs = min(CUTOFFS, (panel.shape[1] - SHORTEST) // HORIZON)
    if cutoffs >= 1:
        return choose(backtest(panel, QUICK, HORIZON, cutoffs=cutoffs))
    # Too few days to compare anything.
    still = calibration.Calibration(np.zeros((2, 1, 3)))
    return Choice(HORIZON, 7, {}, (_SPARE,), {_SPARE: still}, still, 1, 0)


def _there(members: Members, given: Mapping[str, Fitted]) -> Members:
    """The models of a series that can be asked."""
    return tuple(name for name in members if name in given) or (_SPARE,)


def _cold_start(panel: Panel, found: np.ndarray, model: list[str], reasons: list[str]) -> None:
    """Series of which nothing is known: the mean of the same item elsewhere."""
    known = np.isfinite(panel.demand).any(1)
    items = np.array([item for _, item in panel.keys])
    for row in np.flatnonzero(~known):
        like = np.flatnonzero(known & (items == items[row]))
        found[:, row] = found[:, like].mean(1) if len(like) else 0
        model[row] = "other outlets" if len(like) else "none"
        reasons[row] = (
            f"no demand is known yet: the mean of {items[row]} at {len(like)} other outlets"
            if len(like)
            else "no demand is known yet, here or at another outlet"
        )


def _closed(panel: Panel, days: np.ndarray) -> np.ndarray:
    """(S, H) bool: days of the week on which an outlet was closed the last three times."""
    closed = np.zeros((panel.shape[0], len(days)), bool)
    if panel.shape[1] < 21:
        return closed
    for ahead in range(len(days)):
        back = panel.shape[1] + ahead - 7 * (ahead // 7 + 1) - 7 * np.arange(3)
        closed[:, ahead] = panel.closed[:, back].all(1) if back.min() >= 0 else False
    return closed
