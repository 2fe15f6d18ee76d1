"""The backtest and the choice: nothing of the future, and honest about what was chosen."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from inventory.forecasting import calibration
from inventory.forecasting.backtest import Backtest, backtest, measured
from inventory.forecasting.baselines import BASELINES
from inventory.forecasting.calibration import Calibration, calibrate, in_order
from inventory.forecasting.choice import Choice, apply, automatic, choose, combined, said
from inventory.panel import Panel, demand_panel

QUICK = [one for one in BASELINES if one.name in ("seasonal naive", "moving average", "same-day mean")]


def panel_of(levels=(5, 20, 80), days: int = 160, seed: int = 0) -> Panel:
    draws = np.random.default_rng(seed)
    weekday = np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3])[np.arange(days) % 7]
    keys = [("Subang", f"item {row:03}") for row in range(len(levels))]
    used = draws.poisson(np.array(levels)[:, None] * weekday).astype(float)
    return demand_panel(keys, np.datetime64("2024-01-01") + np.arange(days), used)


@dataclass
class Spy:
    """A method that keeps what it was shown, and says a constant."""

    name: str = "spy"
    value: float = 1.0

    def __post_init__(self):
        self.fitted, self.shown = [], []

    def fit(self, panel, horizon, season=7):
        self.fitted.append(panel.days[-1])
        self.horizon = horizon
        return self

    def predict(self, panel):
        self.shown.append(panel.days[-1])
        return np.full((3, panel.shape[0], self.horizon), self.value)


def test_each_cutoff_is_shown_what_was_known_then():
    panel, spy = panel_of(), Spy()
    tested = backtest(panel, [spy], 14, cutoffs=5, refit=2)
    days = panel.days[[160 - 14 * back - 1 for back in (5, 4, 3, 2, 1)]]
    assert spy.shown == list(days) == list(tested.cutoffs)
    assert spy.fitted == [days[0], days[2], days[4]]
    assert tested.truth.shape == (5, 3, 14) and tested.predicted["spy"].shape == (5, 3, 3, 14)
    np.testing.assert_array_equal(tested.truth[-1], panel.used[:, -14:])
    np.testing.assert_array_equal(tested.truth[0], panel.used[:, 90:104])


def test_what_comes_later_changes_no_forecast_of_before():
    panel = panel_of()
    changed = panel.used.copy()
    changed[:, -14:] *= 50
    other = demand_panel(panel.keys, panel.days, changed)
    one, two = (automatic(backtest(given, QUICK, 14, cutoffs=6), 3)[0] for given in (panel, other))
    np.testing.assert_array_equal(one, two)


def test_too_few_days_are_refused():
    with pytest.raises(UserError, match=r"span 100 days; 8 backtests of 14 days need 140"):
        backtest(panel_of(days=100), QUICK)


def test_progress_is_told():
    heard = []
    backtest(panel_of(), [Spy()], cutoffs=4, progress=lambda share, text: heard.append((share, text)))
    assert [share for share, _ in heard] == [0, 0.25, 0.5, 0.75] and heard[0][1].startswith("spy, 2024-")


def test_time_and_memory_are_measured():
    with measured() as taken:
        held = np.ones(200 * 2**17)  # 200 MB; what other tests left behind comes and goes beside it
    assert 120 < taken().megabytes < 400 and 0 < taken().seconds < 30
    del held


@pytest.fixture(scope="module")
def tested() -> Backtest:
    return backtest(panel_of(tuple(np.geomspace(4, 200, 30)), days=250), QUICK, cutoffs=10)


def test_the_choice_is_better_than_last_week_again_and_its_interval_holds(tested):
    found, choices = automatic(tested, 5)
    judged = tested.part(slice(5, None))
    ours, naive = judged.score(found), judged.score(judged.predicted["seasonal naive"])
    assert ours.wape < 0.9 * naive.wape
    assert 0.75 <= ours.coverage <= 0.85
    assert len(choices) == 5 and choices[0].days == 5 * 14 and choices[-1].days == 9 * 14
    assert all("moving average" not in members for members in choices[-1].members.values())


def with_models(truth: np.ndarray, **values: np.ndarray) -> Backtest:
    """A backtest of made forecasts."""
    cutoffs, count, horizon = truth.shape
    keys = tuple(("Subang", f"item {row:03}") for row in range(count))
    ones = np.ones((cutoffs, count))
    predicted = {name: np.repeat(value[:, None], 3, 1) for name, value in values.items()}
    days = np.datetime64("2024-01-01") + np.arange(cutoffs)
    return Backtest(keys, horizon, 7, days, truth, ones, ones > 0, ones, predicted, {})


def test_a_series_has_its_own_model_only_where_the_difference_is_large():
    draws = np.random.default_rng(2)
    truth = 100 + draws.normal(0, 1, (8, 40, 14))
    good, bad = truth + draws.normal(0, 2, truth.shape), truth + draws.normal(0, 3, truth.shape)
    swapped = [good.copy(), bad.copy()]
    # Of the first series the model that is worse elsewhere is almost right, and the other one far off.
    swapped[0][:, 0], swapped[1][:, 0] = truth[:, 0] + draws.normal(0, 40, (8, 14)), truth[:, 0] + 0.1
    choice = choose(with_models(truth, good=swapped[0], bad=swapped[1]))
    assert choice.members["Subang", "item 000"] == ("bad",)
    assert set(list(choice.members.values())[1:]) <= {("good",), ("good", "bad")}


def test_means_of_models_are_among_the_choices():
    draws = np.random.default_rng(3)
    truth = np.full((6, 20, 14), 100.0)
    noisy = {name: truth + draws.normal(0, 10, truth.shape) for name in ("one", "two", "three")}
    choice = choose(with_models(truth, **noisy))
    assert len(choice.common) == 3
    assert choice.reason(("Subang", "item 000")).startswith("mean of ")
    assert choice.reason(("Subang", "new")).endswith("as this one is new")


def test_said():
    assert said(("TSB",)) == "TSB"
    assert said(("TSB", "LSTM", "Croston")) == "mean of TSB, LSTM and Croston"


def test_a_choice_is_saved_and_read(tested, tmp_path):
    choice = choose(tested)
    choice.save(tmp_path / "choice.json")
    loaded = Choice.load(tmp_path / "choice.json")
    assert loaded.members == choice.members and loaded.common == choice.common
    predicted = {name: one[0] for name, one in tested.predicted.items()}
    given = predicted, choice.of(tested.keys), tested.noise[0], tested.regular[0]
    np.testing.assert_array_equal(apply(loaded, *given), apply(choice, *given))
    for text in ("", "[]", "{}"):
        (tmp_path / "choice.json").write_text(text)
        with pytest.raises(UserError, match="no choice of models"):
            Choice.load(tmp_path / "choice.json")


def test_combining_takes_the_mean_of_each_series_own_models():
    one, two = np.ones((3, 2, 1)), np.full((3, 2, 1), 5.0)
    found = combined({"one": one, "two": two}, [("one", "two"), ("two",)])
    assert found[:, :, 0].tolist() == [[3, 5]] * 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5), st.floats(-3, 3))
def test_intervals_hold_four_of_five_whatever_was_wrong_with_them(seed, narrow, off):
    draws = np.random.default_rng(seed)
    level = draws.uniform(20, 200, (12, 30, 1))
    truth = level + draws.normal(0, level / 10, (12, 30, 14))
    middle = np.broadcast_to(level + off, truth.shape)
    predicted = np.stack([middle - narrow, middle, middle + narrow], 1)
    noise, regular = level[..., 0] / 10, np.ones((12, 30), bool)
    learned = calibrate(truth[:6], predicted[:6], noise[:6], regular[:6])
    moved = np.stack([learned.apply(predicted[at], noise[at], regular[at]) for at in range(6, 12)])
    inside = (truth[6:] >= moved[:, 0]) & (truth[6:] <= moved[:, 2])
    assert 0.76 <= inside.mean() <= 0.84
    assert (np.diff(moved, axis=1) >= 0).all() and (moved >= 0).all()


def test_of_small_counts_too_four_of_five_are_inside():
    draws = np.random.default_rng(4)
    level = draws.uniform(1, 2.5, (10, 40, 1))
    truth = draws.poisson(level, (10, 40, 14)).astype(float)
    predicted = np.repeat(np.broadcast_to(level, truth.shape)[:, None], 3, 1)
    noise, regular = level[..., 0] ** 0.5, np.ones((10, 40), bool)
    learned = calibrate(truth, predicted, noise, regular)
    moved = np.stack([learned.apply(predicted[at], noise[at], regular[at]) for at in range(10)])
    assert 0.79 <= ((truth >= moved[:, 0]) & (truth <= moved[:, 2])).mean() <= 0.85


def test_too_few_errors_move_nothing():
    learned = calibrate(np.ones((1, 1, 14)), np.zeros((1, 3, 1, 14)), np.ones((1, 1)), np.ones((1, 1), bool))
    assert not learned.shifts.any()


def test_shifts_are_by_week_of_the_horizon():
    shifts = np.zeros((2, 2, 3))
    shifts[1, 1] = [-1, 0, 1]
    found = Calibration(shifts).apply(np.full((3, 2, 14), 10.0), np.array([2.0, 3.0]), np.array([False, True]))
    assert (found[1:, 0] == 10).all() and (found[:, 1, :7] == 10).all()
    assert not found[0, 0].any(), "nothing sold is no rare day for what sells now and then"
    assert found[:, 1, 13].tolist() == [7, 10, 13]


def test_in_order():
    assert in_order(np.array([3.0, -1, 2]).reshape(3, 1, 1)).ravel().tolist() == [0, 2, 3]


def test_noise_and_regularity_of_a_series():
    demand = np.zeros((3, 84))
    demand[1] = np.tile([1.0, 2, 3, 4, 5, 6, 7], 12)
    demand[2, ::2] = [10, 20] * 21
    noise = calibration.noise(demand)
    assert noise[0] == 0 and noise[1] == 0 and noise[2] > 1
    assert calibration.regular(demand).tolist() == [False, True, True]
    assert calibration.noise(demand[1:2, :5]).tolist() == pytest.approx([1.2])
    assert calibration.noise(np.full((1, 9), np.nan)).tolist() == [0]
