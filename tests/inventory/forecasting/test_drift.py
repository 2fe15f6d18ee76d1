"""Whether a change is seen and chance is not, on demand that is made."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from inventory.forecasting.drift import RECENT, error_drift, input_drift, psi
from inventory.panel import demand_panel
from inventory.store.models import Predictions

FIRST = np.datetime64("2025-01-06", "D")


def panel(days: int = 200, factor: float = 1.0, recent: int = RECENT, seed: int = 0):
    """Two items at three outlets; demand of rice is `factor` times as high on the recent days."""
    rng = np.random.default_rng(seed)
    keys = [(outlet, item) for outlet in ("A", "B", "C") for item in ("eggs", "rice")]
    level = np.array([[90.0], [10.0], [60.0], [7.0], [30.0], [3.0]])
    used = level * rng.lognormal(0, 0.3, (6, days))
    used[1::2, days - recent :] *= factor
    return demand_panel(keys, FIRST + np.arange(days), used)


def test_the_index_is_zero_for_equal_shares_and_as_by_hand():
    assert psi(np.array([10, 30]), np.array([10, 30])) == 0
    before, now = np.array([10.5, 30.5]) / 41, np.array([30.5, 10.5]) / 41
    assert psi(np.array([10, 30]), np.array([30, 10])) == pytest.approx(((now - before) * np.log(now / before)).sum())


def test_a_change_of_one_item_is_seen_and_only_there():
    rice, eggs = input_drift(panel(factor=1.6), FIRST + 150)
    assert (rice.item, rice.moved, eggs.moved) == ("rice", True, False)
    assert rice.recent / rice.before == pytest.approx(1.6, rel=0.1)


@pytest.mark.parametrize("seed", range(8))
def test_chance_is_no_change(seed):
    assert not any(one.moved for one in input_drift(panel(seed=seed), FIRST + 171))


def test_what_comes_every_month_is_usual():
    found = panel()
    used = found.used.copy()
    used[:, (np.arange(200) // RECENT) % 2 == 0] *= 1.5
    assert not any(one.moved for one in input_drift(replace(found, used=used), FIRST + 171))


def test_days_that_were_learned_from_can_be_recent_too():
    assert input_drift(panel(factor=1.6), FIRST + 199)[0].moved


def test_nothing_is_said_of_little():
    for one in input_drift(panel(days=30), FIRST + 29):
        assert one.psi is None and not one.moved


def logged(found, factor: float = 1.0, model: str = "m") -> Predictions:
    """What was foretold the day before for each of the last days: the level, times a factor."""
    row, column = np.meshgrid(np.arange(6), np.arange(200 - RECENT, 200), indexing="ij")
    row, column = row.ravel(), column.ravel()
    middle = np.median(found.used[:, : 200 - RECENT], axis=1)[row] * factor
    keys = np.array(found.keys, object)
    day, none = found.days[column], np.full(len(row), np.nan)
    names = np.array([model] * len(row), object)
    return Predictions(names, day - 1, keys[row, 0], keys[row, 1], day, middle * 0.7, middle, middle * 1.4, none, none)


def test_the_error_is_worse_only_where_it_is():
    found = panel()
    first = found.days[-RECENT]
    usual = error_drift(logged(found), found, first, None)
    assert usual.predictions == 6 * RECENT and not usual.worse and usual.limit is None
    assert 0.6 < usual.coverage < 0.9
    assert not error_drift(logged(found), found, first, usual.wape).worse
    assert error_drift(logged(found, 2.0), found, first, usual.wape).worse


def test_days_that_are_not_known_count_for_nothing():
    found = panel()
    later = error_drift(logged(found), found.until(found.days[-RECENT - 1]), found.days[-RECENT], 0.2)
    assert later.predictions == 0 and later.wape is None and not later.worse
    assert date.fromisoformat(str(FIRST)) + timedelta(days=199) == found.days[-1].item()
