"""The models of statsforecast and LightGBM behind one interface."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from common.errors import UserError
from inventory.forecasting import trees
from inventory.forecasting.baselines import BASELINES, filled
from inventory.forecasting.trees import FittedTrees, Trees
from inventory.panel import Panel, demand_panel

BY_NAME = {one.name: one for one in BASELINES}


def panel_of_rows(*rows) -> Panel:
    used = np.array(rows, float)
    days = np.datetime64("2024-01-01") + np.arange(used.shape[1])
    return demand_panel([("Subang", f"item {row:02}") for row in range(len(used))], days, used)


def rhythm(days: int, level: float = 20, seed: int = 0) -> np.ndarray:
    draws = np.random.default_rng(seed)
    weekday = np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3])[np.arange(days) % 7]
    return draws.poisson(level * weekday).astype(float)


def predict(name: str, panel: Panel, horizon: int = 14) -> np.ndarray:
    return BY_NAME[name].fit(panel, horizon).predict(panel)


def test_the_seasonal_naive_says_last_week_again_and_averages_say_averages():
    demand = np.arange(70.0)
    panel = panel_of_rows(demand)
    assert predict("seasonal naive", panel)[1, 0].tolist() == [*range(63, 70), *range(63, 70)]
    assert predict("moving average", panel)[1, 0] == pytest.approx(np.full(14, np.arange(56, 70).mean()))
    assert predict("same-day mean", panel)[1, 0][:2] == pytest.approx([np.mean([63, 56, 49, 42])] * 1 + [53.5])


@pytest.mark.parametrize("name", BY_NAME)
def test_every_model_gives_quantiles_in_their_order_for_any_series(name):
    draws = np.random.default_rng(1)
    seldom = (draws.random(70) < 0.05) * 3.0
    holes = np.where(draws.random(70) < 0.3, np.nan, rhythm(70))
    young = np.r_[np.full(65, np.nan), 3.0, 4, 5, 4, 3]
    panel = panel_of_rows(rhythm(70), seldom, holes, young, np.zeros(70), np.full(70, np.nan), np.full(70, 7.0))
    found = predict(name, panel)
    assert found.shape == (3, 7, 14) and np.isfinite(found).all()
    assert (found >= 0).all() and (np.diff(found, axis=0) >= 0).all()
    assert not found[1, 4].any(), "what never sold"
    assert found[1, 3] == pytest.approx(np.full(14, 3.8)), "too young for a model: its mean"
    assert found[1, 6] == pytest.approx(np.full(14, 7), rel=0.01)


def test_ets_finds_the_weekly_rhythm():
    panel = panel_of_rows(rhythm(112, level=200))
    middle = predict("AutoETS", panel)[1, 0]
    truth = 200 * np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3] * 2)
    assert np.abs(middle - truth).mean() < 15


def test_croston_and_tsb_give_the_rate_of_what_sells_seldom():
    demand = np.zeros(182)
    demand[::7] = 14.0
    panel = panel_of_rows(demand)
    for name in ("Croston", "TSB"):
        middle = predict(name, panel)[1, 0]
        assert np.ptp(middle) == 0 and middle[0] == pytest.approx(2, rel=0.35)


@given(arrays(float, (2, 30), elements=st.one_of(st.just(np.nan), st.floats(0, 1e6))))
def test_filling_changes_nothing_known_and_leaves_no_hole_inside(demand):
    found = filled(demand)
    known = np.isfinite(demand)
    np.testing.assert_array_equal(found[known], demand[known])
    started = np.cumsum(known, 1) > 0
    np.testing.assert_array_equal(np.isfinite(found), started)


def test_a_hole_is_filled_with_its_day_of_the_week():
    demand = np.tile([1.0, 2, 3, 4, 5, 6, 7], 5)[None].copy()
    demand[0, 30] = np.nan
    assert filled(demand)[0, 30] == 3


@pytest.fixture(scope="module")
def many() -> Panel:
    return panel_of_rows(*(rhythm(150, level, seed) for seed, level in enumerate((3, 10, 30, 100))))


@pytest.fixture(scope="module", autouse=True)
def short():
    """Few rows and few trees, which such a rhythm needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "ROWS", 4000)
        patch.setattr(trees, "ROUNDS", 60)
        yield


@pytest.fixture(scope="module")
def fitted(many) -> FittedTrees:
    return Trees().fit(many, 14)


def test_trees_learn_the_rhythm_at_every_size(many, fitted):
    found = fitted.predict(many)
    assert found.shape == (3, 4, 14) and (np.diff(found, axis=0) >= 0).all() and (found >= 0).all()
    weekday = np.array([0.5, 0.6, 0.8, 1, 1.2, 1.6, 1.3])[np.arange(150, 164) % 7]
    for row, level in enumerate((3, 10, 30, 100)):
        assert np.abs(found[1, row] - level * weekday).mean() < 0.25 * level + 1


def test_trees_are_the_same_again_and_after_saving(many, fitted, tmp_path):
    found = fitted.predict(many)
    np.testing.assert_array_equal(Trees().fit(many, 14).predict(many), found)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(FittedTrees.load(tmp_path).predict(many), found)


def test_trees_forecast_items_that_they_have_not_seen(many, fitted):
    other = demand_panel([("Melaka", "tea")], many.days, many.used[2:3])
    assert np.abs(fitted.predict(other)[1] - fitted.predict(many)[1, 2]).mean() < 8


def test_trees_without_anything_to_learn_say_the_mean_of_the_same_days():
    panel = panel_of_rows(rhythm(7))
    found = Trees().fit(panel, 14).predict(panel)
    np.testing.assert_allclose(found[1, 0], np.tile(rhythm(7), 2), rtol=1e-6)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_trees_are_never_shown_a_day_that_is_not_there(seed, days):
    demand = np.random.default_rng(seed).poisson(2, (3, days)).astype(float)
    demand[1, ::2] = np.nan
    rows, origins, ahead = trees._drawn(demand, 14, np.random.default_rng(seed))
    assert (origins + ahead < days).all() and np.isfinite(demand[rows, origins + ahead]).all()


@pytest.mark.parametrize("text", ["", "{}", '{"models": ["no booster"], "holidays": []}', "[]"])
def test_damaged_trees_are_refused(tmp_path, text):
    with pytest.raises(UserError, match="no LightGBM to read in"):
        FittedTrees.load(tmp_path)
    (tmp_path / "lightgbm.json").write_text(text)
    with pytest.raises(UserError, match="no LightGBM to read in"):
        FittedTrees.load(tmp_path)
