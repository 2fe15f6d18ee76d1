"""The scores, against numbers worked out by hand, and why R2 is none of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inventory.forecasting.scores import mase, naive_error, per_item_mean_r2, pinball, r2, score, wape

TRUTH = np.array([[10.0, 20.0], [np.nan, 30.0]])
MIDDLE = np.array([[12.0, 16.0], [99.0, 27.0]])


def test_wape_is_error_by_demand_of_the_known_days():
    assert wape(TRUTH, MIDDLE) == pytest.approx((2 + 4 + 3) / 60)
    assert np.isnan(wape(np.zeros((1, 2)), np.ones((1, 2))))
    assert np.isnan(wape(np.full((1, 2), np.nan), np.ones((1, 2))))


def test_mase_is_in_units_of_the_naive_and_leaves_out_what_never_moved():
    naive = np.array([2.0, 4.0])
    assert mase(TRUTH, MIDDLE, naive) == pytest.approx(np.mean([3 / 2, 3 / 4]))
    assert mase(TRUTH, MIDDLE, np.array([2.0, 0.0])) == pytest.approx(3 / 2)
    assert np.isnan(mase(TRUTH, MIDDLE, np.zeros(2)))


def test_the_naive_error_looks_a_season_back():
    demand = np.array([[1.0, 2, 3, 5, np.nan, 9], [7, 7, 7, 7, 7, 7]])
    assert naive_error(demand, 2).tolist() == [pytest.approx(np.mean([2, 3, 4])), 0]
    assert np.isnan(naive_error(np.full((1, 4), np.nan), 1)).all()


def test_pinball_costs_nine_times_as_much_on_the_wrong_side():
    truth = np.array([[10.0]])
    below = np.full((3, 1, 1), 9.0)
    # A unit too low costs .1, .5, .9 at the three quantiles, a unit too high .9, .5, .1.
    assert pinball(truth, below) == pytest.approx((0.1 + 0.5 + 0.9) / 3 / 10)
    one_high = np.array([10.0, 10.0, 11.0]).reshape(3, 1, 1)
    assert pinball(truth, one_high) == pytest.approx(0.1 / 3 / 10)


@given(arrays(float, 20, elements=st.floats(0, 100)), st.floats(-20, 120))
def test_no_constant_beats_the_median_at_the_middle(truth, other):
    truth = truth.reshape(1, -1) + 1
    median = np.broadcast_to(np.median(truth), truth.shape)
    assert wape(truth, median) <= wape(truth, np.full_like(truth, other)) + 1e-9


def test_coverage_of_what_sells_daily_is_apart():
    truth = np.array([[5.0, 5, 5, 50], [0, 0, 0, 1]])
    predicted = np.stack([[[4.0] * 4, [0] * 4], [[5] * 4, [0] * 4], [[6] * 4, [0] * 4]])
    found = score(truth, predicted, np.ones(2), np.array([True, False]))
    assert found.coverage == 0.75 and found.coverage_all == 0.75
    found = score(truth[:, :3], predicted[..., :3], np.ones(2), np.array([True, False]))
    assert found.coverage == found.coverage_all == 1 and found.wape == 0 and found.bias == 0


def test_scores_take_several_cutoffs_at_once():
    truth, naive, regular = np.ones((4, 2, 3)), np.ones((4, 2)), np.ones((4, 2), bool)
    predicted = np.stack([np.zeros((4, 2, 3)), np.full((4, 2, 3), 2.0), np.full((4, 2, 3), 3.0)], 1)
    found = score(truth, predicted, naive, regular)
    assert (found.wape, found.mase, found.coverage, found.bias) == (1, 1, 1, 1)


def test_r2_is_high_for_a_mean_that_knows_nothing_of_tomorrow():
    draws = np.random.default_rng(0)
    levels = np.array([1, 3, 10, 30, 100, 300.0])[:, None]
    demand = draws.poisson(levels * draws.uniform(0.7, 1.3, (6, 400))).astype(float)
    assert per_item_mean_r2(demand) > 0.95
    means = np.broadcast_to(demand.mean(1)[:, None], demand.shape)
    found = score(demand, np.stack([means] * 3), np.ones(6), np.ones(6, bool))
    assert found.r2 > 0.95 and found.r2_own == pytest.approx(0, abs=1e-9)
    alone = [per_item_mean_r2(series[None]) for series in demand]
    assert alone == pytest.approx([0] * 6, abs=1e-9)


def test_r2_of_the_truth_is_one_and_of_its_mean_nothing():
    assert r2(TRUTH, TRUTH) == 1
    assert r2(TRUTH, np.full((2, 2), 20.0)) == 0
    assert np.isnan(r2(np.ones((1, 3)), np.ones((1, 3))))
