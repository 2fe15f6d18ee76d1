"""The tail of scores: chances that are right, whatever anomalies are among them."""

import numpy as np
import pytest
from scipy.stats import norm

from inventory.anomalies.tail import tail_of


@pytest.fixture(scope="module")
def scores():
    return np.random.default_rng(0).normal(size=(40, 1000))


def test_chances_are_those_of_the_distribution(scores):
    tail = tail_of(scores)
    for score in (1.0, 2.5, 3.3):
        wanted = -np.log10(norm.sf(score))
        # The tail of a normal distribution is lighter than any that may be fitted: if anything, too few alarms.
        assert wanted - 0.45 < tail.surprise(np.array(score)) < wanted + 0.1


def test_anomalies_among_the_scores_do_not_hide_themselves(scores):
    soiled = scores.copy()
    soiled.flat[:160] = 15.0  # .4 % of them
    least = tail_of(scores).score(3.5)
    assert tail_of(soiled).score(3.5) == pytest.approx(float(least), rel=0.1)
    assert tail_of(soiled).surprise(np.array(15.0)) > 10


def test_the_score_of_a_surprise_has_that_surprise(scores):
    tail = tail_of(scores)
    for surprise in (2.0, 3.4, 8.0):
        assert tail.surprise(tail.score(surprise)) == pytest.approx(surprise)


def test_more_is_never_less_of_a_surprise(scores):
    surprise = tail_of(scores).surprise(np.linspace(-6, 30, 2000))
    assert (np.diff(surprise) >= -1e-9).all()
    assert np.isfinite(surprise).all()


def test_a_day_without_a_score_is_no_surprise_and_makes_all_scores_rarer(scores):
    half = scores.copy()
    half[:20] = np.nan
    assert (tail_of(half).surprise(half)[:20] == 0).all()
    more = tail_of(half).surprise(np.array(3.0)) - tail_of(scores[20:]).surprise(np.array(3.0))
    assert more == pytest.approx(np.log10(2))


@pytest.mark.parametrize("few", [np.array([]), np.full(10, np.nan), np.arange(50.0)])
def test_of_few_scores_the_tail_is_a_common_one(few):
    surprise = tail_of(few).surprise(np.array([3.0, np.nan]))
    # Heavier than a normal tail, and by no means ordinary.
    assert 1.5 < surprise[0] < -np.log10(norm.sf(3.0)) + np.log10(50)
    assert surprise[1] == 0


def test_equal_scores_are_no_surprise_and_another_one_is():
    tail = tail_of(np.ones(5000))
    assert tail.surprise(np.array(1.0)) < 2
    assert tail.surprise(np.array(2.0)) > 10
