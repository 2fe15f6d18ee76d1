"""The kinds for which the numbers of a day speak."""

import numpy as np
import pytest

from inventory.anomalies.rules import (
    DATA_ENTRY,
    IRREGULAR_ORDER,
    KINDS,
    STOCK_LOSS,
    UNUSUAL_USAGE,
    residuals,
    surprises,
)
from tests.inventory.books import book, usual_use, with_number

DAY = 120


@pytest.fixture(scope="module")
def panel():
    # Long enough for tails of its own.
    return book(usual_use(4, 400))


def lowered(panel, row, column, amount, days):
    """So much less in the shelf from a day on."""
    for at in range(column, column + days):
        panel = with_number(panel, "balance", row, at, round(panel.balance[row, at] - amount, 1))
    return with_number(panel, "stock_in", row, column + days, panel.stock_in[row, column + days] + amount)


def strongest(panel, at):
    found = {kind: surprise[at] for kind, surprise in surprises(residuals(panel)).items()}
    return max(found, key=found.get), max(found.values())


def test_in_a_sound_book_little_is_a_surprise(panel):
    for kind, surprise in surprises(residuals(panel)).items():
        assert surprise.shape == panel.shape
        assert (surprise > 3.4).sum() <= 4, kind
    assert set(surprises(residuals(panel))) == set(KINDS)


def test_what_leaves_the_shelf_at_once_and_leaves_a_rest_is_a_loss(panel):
    assert panel.balance[1, DAY] > 60
    kind, surprise = strongest(lowered(panel, 1, DAY, 45, 3), (1, DAY))
    assert kind == STOCK_LOSS
    assert surprise > 3.5


def test_what_empties_the_shelf_is_unusual_usage(panel):
    kind, surprise = strongest(lowered(panel, 1, DAY, panel.balance[1, DAY], 1), (1, DAY))
    assert kind == UNUSUAL_USAGE
    assert surprise > 4


def test_a_day_of_hardly_any_use_is_unusual_too(panel):
    kind, surprise = strongest(lowered(panel, 2, DAY, -round(panel.used[2, DAY] * 0.95, 1), 3), (2, DAY))
    assert kind == UNUSUAL_USAGE
    assert surprise > 3


def test_a_huge_order_is_irregular(panel):
    at = 0, 122  # a Thursday
    kind, surprise = strongest(with_number(panel, "ordered", *at, panel.ordered[at] * 10), at)
    assert kind == IRREGULAR_ORDER
    assert surprise > 4


def test_a_wrong_number_is_mended_and_leaves_no_shadow(panel):
    wrong = with_number(panel, "balance", 3, DAY, panel.balance[3, DAY] * 10)
    found = residuals(wrong)
    assert list(found.gaps) == [(3, DAY)]
    np.testing.assert_allclose(found.panel.used[3, 1:], panel.used[3, 1:], atol=1e-6)
    by_kind = surprises(found)
    assert by_kind[DATA_ENTRY][3, DAY] > 10
    for kind in (STOCK_LOSS, UNUSUAL_USAGE):
        assert by_kind[kind][3, DAY : DAY + 2].max() < 3


def test_an_empty_shelf_does_not_say_that_little_was_wanted(panel):
    for at in range(DAY, DAY + 2):
        panel = with_number(panel, "balance", 0, at, 0.0)
    assert panel.used[0, DAY + 1] == pytest.approx(panel.stock_in[0, DAY + 1])
    assert surprises(residuals(panel))[UNUSUAL_USAGE][0, DAY + 1] == 0
