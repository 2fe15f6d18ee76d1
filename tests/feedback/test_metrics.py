"""Metrics against scikit-learn's, and against cases that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from feedback import metrics

LABELS = ("a", "b", "c")
PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@given(PAIRS)
@settings(deadline=None)
def test_the_report_agrees_with_scikit_learn(pairs):
    truth, guess = np.array(pairs).T
    ours = metrics.report(truth, guess, LABELS)
    precision, recall, f1, support = theirs.precision_recall_fscore_support(
        truth, guess, labels=[0, 1, 2], zero_division=0
    )
    np.testing.assert_allclose(ours.precision, precision)
    np.testing.assert_allclose(ours.recall, recall)
    np.testing.assert_allclose(ours.f1, f1)
    assert ours.support.tolist() == support.tolist()
    assert ours.macro_f1 == pytest.approx(theirs.f1_score(truth, guess, average="macro", zero_division=0))
    assert ours.weighted_f1 == pytest.approx(theirs.f1_score(truth, guess, average="weighted", zero_division=0))
    assert ours.accuracy == pytest.approx(theirs.accuracy_score(truth, guess))
    assert ours.confusion.tolist() == theirs.confusion_matrix(truth, guess, labels=[0, 1, 2]).tolist()


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ValueError, match="not empty"):
        metrics.report(np.array([], int), np.array([], int), LABELS)


def test_confidence_that_is_right_has_no_calibration_error_and_boasting_has():
    random = np.random.default_rng(0)
    chance = random.uniform(0.5, 1, 20_000)
    truth = (random.uniform(size=20_000) > chance).astype(int)  # label 0 is right with that chance
    honest = np.stack([chance, 1 - chance], 1)
    assert metrics.reliability(truth, honest).error < 0.01
    boasting = np.stack([np.full(20_000, 0.99), np.full(20_000, 0.01)], 1)
    assert metrics.reliability(truth, boasting).error == pytest.approx(0.99 - (truth == 0).mean(), abs=1e-6)


def test_the_calibration_error_is_the_weighted_gap_of_the_bins():
    chances = np.array([[0.65, 0.35], [0.65, 0.35], [0.95, 0.05], [0.95, 0.05]])
    found = metrics.reliability(np.array([0, 1, 0, 0]), chances)
    assert found.error == pytest.approx((abs(0.65 - 0.5) * 2 + abs(0.95 - 1) * 2) / 4)
    assert found.count.tolist() == [2, 2]
    assert found.right.tolist() == [0.5, 1.0]


def test_the_temperature_undoes_a_known_one():
    random = np.random.default_rng(1)
    logits = random.normal(0, 2, (6000, 4))
    chances = metrics.softmax(logits).astype(float)
    truth = np.array([random.choice(4, p=row / row.sum()) for row in chances])
    assert metrics.best_temperature(truth, logits * 3) == pytest.approx(3, rel=0.08)


def test_softmax_takes_large_numbers():
    assert metrics.softmax(np.array([[1000.0, 0.0]]))[0].tolist() == [1, 0]


def test_the_interval_holds_the_value_and_narrows_with_more_texts():
    random = np.random.default_rng(2)

    def width(count: int) -> float:
        truth = random.integers(3, size=count)
        guess = np.where(random.uniform(size=count) < 0.8, truth, (truth + 1) % 3)
        low, high = metrics.interval(truth, guess, rounds=300)
        assert low <= metrics.macro_f1(truth, guess) <= high
        return high - low

    assert width(2000) < 0.5 * width(100)


def test_a_pair_that_differs_in_nothing_has_no_difference_and_a_better_one_has():
    truth = np.arange(200) % 2
    worse = truth.copy()
    worse[:60] = 1 - worse[:60]
    assert metrics.paired(truth, truth, truth) == {"difference": 0.0, "low": 0.0, "high": 0.0}
    assert metrics.paired(truth, truth, worse)["low"] > 0.2
