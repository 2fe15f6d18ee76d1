"""The Isolation Forest on residual features."""

import numpy as np
import pytest

from inventory.anomalies.isolation import CLIPPED, features, isolation
from inventory.anomalies.rules import residuals
from tests.inventory.books import book, usual_use, with_number

DAY = 120


@pytest.fixture(scope="module")
def seen():
    panel = book(usual_use(4, 300))
    return features(residuals(with_number(panel, "ordered", 1, 122, panel.ordered[1, 122] * 10)))


def test_features_are_bounded_and_never_missing(seen):
    assert seen.shape == (4, 300, 6)
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() <= CLIPPED


def test_the_odd_day_is_the_easiest_to_tell(seen):
    scores = isolation(seen)
    assert np.nanargmax(scores) == 300 + 122
    assert np.nanmax(scores) > 0.6


def test_ordinary_days_have_no_score(seen):
    scores = isolation(seen)
    ordinary = (np.abs(seen) <= 2).all(axis=2)
    assert np.isnan(scores[ordinary]).all()
    assert np.isfinite(scores[~ordinary]).all()


def test_the_same_seed_gives_the_same_scores(seen):
    np.testing.assert_array_equal(isolation(seen, seed=3), isolation(seen, seed=3))
    assert not np.array_equal(isolation(seen, seed=3), isolation(seen, seed=4), equal_nan=True)


def test_a_book_of_ordinary_days_is_not_scored_at_all():
    assert np.isnan(isolation(np.zeros((2, 5, 6), np.float32))).all()
