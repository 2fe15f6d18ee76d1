"""The features: what they hold, and that none of it is from the day to forecast or later."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inventory.forecasting import features
from inventory.forecasting.calendar_days import NAMES as CALENDAR
from inventory.forecasting.calendar_days import calendar, next_days

AMOUNTS = st.one_of(st.just(np.nan), st.floats(0, 1e9))
DEMANDS = st.tuples(st.integers(1, 3), st.integers(1, 40)).flatmap(lambda shape: arrays(float, shape, elements=AMOUNTS))


def column(demand, name: str) -> np.ndarray:
    return features.past(np.atleast_2d(np.asarray(demand, float)))[0, :, features.NAMES.index(name)]


@settings(max_examples=40, deadline=None)
@given(DEMANDS, st.data())
def test_nothing_is_from_the_day_to_forecast_or_later(demand, data):
    """Whatever comes on day t or after it, the features for day t, and for the horizon from t on, stay as they are."""
    day = data.draw(st.integers(0, demand.shape[1] - 1))
    changed = demand.copy()
    changed[:, day:] = data.draw(arrays(float, changed[:, day:].shape, elements=AMOUNTS))
    rows = np.arange(len(demand))
    origins = np.full(len(demand), day)
    for compute in (
        lambda values: features.past(values)[:, : day + 1],
        lambda values: features.scale(values)[:, : day + 1],
        lambda values: features.same_days(values, rows, origins, horizon=14),
        lambda values: features.same_days(values, rows, origins, horizon=14, season=1),
    ):
        np.testing.assert_array_equal(compute(demand), compute(changed))


@settings(max_examples=30, deadline=None)
@given(DEMANDS)
def test_the_features_are_what_is_known_and_within_their_bounds(demand):
    past = features.past(demand)
    assert past.shape == (len(demand), demand.shape[1] + 1, len(features.NAMES))
    ratios = past[..., len(features.LEVELS) :]
    assert np.nanmin(ratios, initial=0) >= 0 and np.nanmax(ratios, initial=0) <= 10
    size = features.scale(demand)
    assert np.isfinite(size).all() and (size > 0).all()


def test_lags_means_and_spreads_by_hand():
    demand = [2.0, 4, np.nan, 8, 10, 0, 6, 12]
    assert column(demand, "lag_1")[-1] == 12 and column(demand, "lag_3")[-1] == 0 and column(demand, "lag_7")[-1] == 4
    assert column(demand, "mean_3")[-1] == 6
    assert column(demand, "mean_3")[4] == pytest.approx((4 + 8) / 2), "what is not known counts for nothing"
    assert column(demand, "spread_3")[-1] == pytest.approx(np.std([0, 6, 12]))
    assert column(demand, "mean_14")[-1] == pytest.approx(42 / 7)
    assert column(demand, "selling_days")[-1] == pytest.approx(6 / 7)
    assert column(demand, "lag_1_to_mean_7")[-1] == pytest.approx(12 / (40 / 6))
    assert np.isnan(features.past(np.array([demand]))[0, 0, :-1]).all(), "nothing is known before the first day"


def test_the_same_days_of_the_week_are_those_that_are_known_at_the_origin():
    demand = np.arange(70.0)[None]
    found = features.same_days(demand, np.array([0]), np.array([60]), horizon=14)[0]
    assert found[0].tolist() == [53, 46, 39, 32]
    assert found[6].tolist() == [59, 52, 45, 38]
    assert found[7].tolist() == found[0].tolist(), "a week later still the last known ones"
    early = features.same_days(demand, np.array([0]), np.array([8]), horizon=7)[0]
    assert early[0, 0] == 1 and np.isnan(early[0, 1:]).all()


def test_the_size_of_a_series_follows_it_and_is_never_nothing():
    demand = np.concatenate([np.full(100, 10.0), np.full(100, 1000.0), np.zeros(100)])[None]
    size = features.scale(demand)[0]
    assert size[0] == 1 and size[60] == 10 and size[190] == 1000 and size[-1] > 100
    assert (features.scale(np.zeros((1, 5))) == 1).all()


def test_the_calendar_is_a_circle():
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2025-01-01"))
    columns = dict(zip(CALENDAR, calendar(days, [date(2024, 8, 31)]).T, strict=True))
    assert columns["weekend"][:7].tolist() == [0, 0, 0, 0, 0, 1, 1], "2024 began on a Monday"
    assert columns["weekday_sin"][0] == pytest.approx(0) and columns["weekday_cos"][0] == pytest.approx(1)
    np.testing.assert_allclose(columns["weekday_sin"][:7], columns["weekday_sin"][7:14])
    at = int(np.flatnonzero(days == np.datetime64("2024-08-31"))[0])
    assert np.flatnonzero(columns["holiday"]).tolist() == [at]
    assert np.flatnonzero(columns["day_before_holiday"]).tolist() == [at - 1]
    for name in ("weekday", "day_of_month", "month"):
        np.testing.assert_allclose(columns[f"{name}_sin"] ** 2 + columns[f"{name}_cos"] ** 2, 1, atol=1e-6)
    assert not calendar(days, season=1)[:, :3].any(), "weeks have no day of the week"


def test_the_days_to_come_are_those_after_the_last():
    days = np.array(["2024-02-27", "2024-02-28"], "datetime64[D]")
    assert next_days(days, 3).astype(str).tolist() == ["2024-02-29", "2024-03-01", "2024-03-02"]
