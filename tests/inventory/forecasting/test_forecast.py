"""The forecast that the app shows: any panel, any gap, with a reason."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from inventory.forecasting.baselines import BASELINES
from inventory.forecasting.calibration import Calibration
from inventory.forecasting.choice import Choice
from inventory.forecasting.forecast import forecast
from inventory.panel import Panel, demand_panel

START = np.datetime64("2024-01-01")  # a Monday
WEEK = np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3])
STILL = Calibration(np.zeros((2, 2, 3)))


def panel_of(count: int = 4, days: int = 140, seed: int = 0) -> Panel:
    draws = np.random.default_rng(seed)
    keys = sorted((f"outlet {row % 2}", f"item {row // 2}") for row in range(count))
    used = draws.poisson(20 * WEEK[np.arange(days) % 7], (count, days)).astype(float)
    return demand_panel(keys, START + np.arange(days), used)


def fixed(panel: Panel, *members: str) -> Choice:
    """A choice of these models for all series."""
    single = {name: STILL for name in (*members, "same-day mean")}
    return Choice(14, 7, {key: members for key in panel.keys}, members, single, STILL, 9, 84)


def test_a_forecast_has_its_days_its_order_and_its_reasons():
    panel = panel_of()
    found = forecast(panel)
    assert found.keys == panel.keys
    assert found.days[0] == panel.days[-1] + 1 and len(found.days) == 14
    assert (found.low >= 0).all() and (found.low <= found.middle).all() and (found.middle <= found.high).all()
    truth = 20 * WEEK[np.arange(140, 154) % 7]
    assert np.abs(found.middle - truth).mean() < 5
    assert all(reason.startswith(f"{model}: lowest error of") for model, reason in
               zip(found.model, found.reason, strict=True))  # fmt: skip
    assert found.reason[0].endswith("ways on the last 84 days")


def test_a_saved_choice_is_kept_to():
    panel = panel_of()
    found = forecast(panel, 7, fixed(panel, "seasonal naive"))
    np.testing.assert_array_equal(found.middle, panel.used[:, -7:])
    assert set(found.model) == {"seasonal naive"}
    assert found.reason[0] == "seasonal naive: lowest error of 9 ways on the last 84 days"


def test_a_series_that_the_choice_does_not_know_gets_what_is_best_for_all():
    panel = panel_of()
    choice = replace(fixed(panel, "seasonal naive"), members={})
    assert forecast(panel, 7, choice).reason[2].endswith("on the last 84 days over all series, as this one is new")


class Ones:
    """A trained model."""

    def predict(self, panel):
        return np.ones((3, panel.shape[0], 14))


def test_trained_models_are_asked_where_they_are_given():
    panel = panel_of()
    choice = fixed(panel, "LSTM", "seasonal naive")
    both = forecast(panel, 7, choice, {"LSTM": Ones()})
    np.testing.assert_allclose(both.middle, (panel.used[:, -7:] + 1) / 2)
    assert both.model[0] == "mean of LSTM and seasonal naive"
    without = forecast(panel, 7, choice)
    np.testing.assert_array_equal(without.middle, panel.used[:, -7:])
    assert without.model[0] == "seasonal naive" and "not trained yet" in without.reason[0]
    assert forecast(panel, 7, fixed(panel, "LSTM")).model[0] == "same-day mean"


def test_days_out_of_stock_are_no_demand():
    """Demand of 10 a day, and on every third day the shelf was empty at noon."""
    panel = panel_of(2, 84)
    used = np.full((2, 84), 10.0)
    used[0, ::3] = 4
    balance = np.ones((2, 84))
    balance[0, ::3] = 0
    found = forecast(replace(panel, used=used, balance=balance))
    np.testing.assert_allclose(found.middle, 10, atol=0.01)


def test_an_outlet_that_is_closed_on_mondays_sells_nothing_on_mondays():
    panel = panel_of(2, 84)
    mondays = np.arange(84) % 7 == 0
    closed = np.zeros((2, 84), bool)
    closed[0] = mondays
    used = np.where(closed, 0, panel.used)
    found = forecast(replace(panel, used=used, closed=closed))
    assert found.days[0] == np.datetime64("2024-03-25")  # a Monday
    assert not found.high[0, [0, 7]].any() and (found.middle[0, 1:7] > 0).all() and (found.middle[1] > 0).all()


def test_closed_once_is_not_closed_for_ever():
    panel = panel_of(1, 84)
    closed = np.zeros((1, 84), bool)
    closed[0, -7] = True
    assert (forecast(replace(panel, closed=closed)).middle > 0).all()


def test_an_item_without_records_gets_the_mean_of_the_other_outlets():
    panel = panel_of()
    used = panel.used.copy()
    used[0] = np.nan
    found = forecast(demand_panel(panel.keys, panel.days, used))
    np.testing.assert_allclose(found.middle[0], found.middle[2])
    assert found.reason[0] == "no demand is known yet: the mean of item 0 at 1 other outlets"
    alone = demand_panel([("Subang", "tea")], START + np.arange(30), np.full((1, 30), np.nan))
    nothing = forecast(alone)
    assert not nothing.high.any() and nothing.reason == ("no demand is known yet, here or at another outlet",)


@pytest.mark.parametrize("days", [1, 2, 8, 20, 30, 45])
def test_short_records_give_a_forecast_too(days):
    found = forecast(panel_of(3, days))
    assert np.isfinite(found.high).all() and (found.middle > 0).any()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.floats(0, 1))
def test_any_gaps_and_any_sizes_give_finite_numbers(seed, days, gaps):
    draws = np.random.default_rng(seed)
    used = draws.lognormal(draws.uniform(-5, 15), 3, (4, days))
    used[draws.random((4, days)) < gaps] = np.nan
    used[draws.random((4, days)) < 0.2] = 0
    found = forecast(demand_panel(panel_of(4, days).keys, START + np.arange(days), used))
    quantiles = np.stack([found.low, found.middle, found.high])
    assert np.isfinite(quantiles).all() and (quantiles >= 0).all() and (np.diff(quantiles, axis=0) >= 0).all()


@pytest.mark.parametrize("horizon", [0, -1, 15, 400])
def test_a_horizon_out_of_range_is_refused(horizon):
    with pytest.raises(UserError, match=f"forecast of {horizon} days is not possible. Ask for 1 to 14"):
        forecast(panel_of(), horizon)


def test_no_days_are_refused():
    with pytest.raises(UserError, match="no records before this day"):
        forecast(panel_of().until(np.datetime64("2020-01-01")))


def test_ets_is_there_for_a_choice_that_names_it():
    panel = panel_of(2, 100)
    assert "AutoETS" in {one.name for one in BASELINES}
    found = forecast(panel, 14, fixed(panel, "AutoETS"))
    assert np.abs(found.middle - 20 * WEEK[np.arange(100, 114) % 7]).mean() < 5
