"""What is usual: levels, rhythms, neighbours, and numbers that must not disturb them."""

from dataclasses import replace

import numpy as np
import pytest

from inventory.anomalies.expected import expected, taken, trailing_median, usual
from tests.inventory.books import WEEK, book, usual_use


@pytest.fixture(scope="module")
def used():
    return usual_use(4, 200)


@pytest.fixture(scope="module")
def panel(used):
    return book(used)


def test_the_middle_follows_level_and_weekday(panel):
    middle = expected(panel).amount(0.0)[:, 120:]
    wanted = np.resize(20 * WEEK, 200)[120:]
    assert np.abs(np.median(middle / wanted) - 1) < 0.05
    assert np.corrcoef(np.median(middle, axis=0), wanted)[0, 1] > 0.95


def test_scores_of_ordinary_days_have_about_unit_spread(panel):
    score = expected(panel).score(taken(panel))[:, 60:]
    assert 0.8 < np.std(score) < 1.6
    assert np.abs(np.median(score)) < 0.2


def test_the_amount_at_a_score_scores_that_much(panel):
    known = expected(panel)
    for sigmas in (-2.0, 0.0, 3.5):
        np.testing.assert_allclose(known.score(known.amount(sigmas))[:, 30:], sigmas, atol=1e-9)


def test_the_fast_score_of_one_number_is_the_same(panel):
    known, score = expected(panel), expected(panel).scorer(2)
    for number in (-3.0, 0.0, 17.5, 400.0):
        assert score(number, 150) == pytest.approx(float(known.score(number, (2, 150))))


def test_an_outlier_stands_out_and_leaves_the_next_days_alone(used):
    plain = expected(book(used))
    used = used.copy()
    used[1, 150] += 40
    known = expected(book(used))
    assert known.score(taken(book(used)))[1, 150] > 6
    np.testing.assert_allclose(known.amount(0.0)[1, 151:], plain.amount(0.0)[1, 151:], rtol=0.15)


def test_what_is_usual_does_not_look_ahead(panel):
    until = panel.until(panel.days[150])
    np.testing.assert_allclose(expected(until).amount(1.0), expected(panel).amount(1.0)[:, :151])


def test_what_all_outlets_do_is_no_surprise_for_one(used):
    alone, together = used.copy(), used.copy()
    alone[0, 150] *= 1.8
    together[:, 150] *= 1.8
    of_one, of_all = (expected(book(part)).score(taken(book(part)))[0, 150] for part in (alone, together))
    assert of_all < 0.8 * of_one


def test_promotions_have_a_middle_of_their_own(used):
    used, promoted = used.copy(), np.zeros(used.shape, bool)
    for start in (60, 100, 140):
        promoted[0, start : start + 6] = True
    used[promoted] *= 1.8
    panel = book(used)
    marked = replace(panel, promoted=promoted)
    unmarked_score, score = (np.median(expected(one).score(taken(one))[promoted]) for one in (panel, marked))
    assert unmarked_score > 2 * abs(score)


def test_waste_that_the_remark_tells_is_not_usage(panel):
    wasted = np.zeros(panel.shape)
    wasted[0, 100] = 5.0
    assert taken(replace(panel, wasted=wasted))[0, 100] == pytest.approx(panel.used[0, 100] - 5)


def test_of_what_is_used_seldom_a_day_without_use_says_nothing():
    used = usual_use(2, 200) * (np.arange(200) % 3 == 0)
    panel = book(used)
    known = expected(panel)
    assert known.seldom[:, 60:].all()
    assert (known.score(taken(panel))[:, 60:][used[:, 60:] == 0] == 0).all()
    # Its level is that of the days on which it is used.
    assert np.median(known.level[:, 60:]) == pytest.approx(20, rel=0.2)


def test_before_there_is_a_history_nothing_is_known(panel):
    known = expected(panel.until(panel.days[3]))
    assert np.isnan(known.score(taken(panel.until(panel.days[3])))).all()


def test_a_median_looks_back_only():
    values = np.array([[1.0, 2.0, np.nan, 9.0, 4.0]])
    np.testing.assert_array_equal(trailing_median(values, 3, 2), [[np.nan, np.nan, 1.5, 1.5, 5.5]])


def test_any_period_will_do():
    rng = np.random.default_rng(1)
    rhythm = np.resize(np.sin(np.arange(24) / 24 * 2 * np.pi), 24 * 30)
    values = (5 * rhythm + rng.normal(0, 0.2, rhythm.size))[None]
    known = usual(values, ["one"], period=24)
    late = (values - known.middle)[:, 24 * 15 :]
    assert np.nanstd(late) < 0.35
    assert 0.15 < np.median(known.spread[:, 24 * 15 :]) < 0.35
