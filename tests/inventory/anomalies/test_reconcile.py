"""Books that can't be right, and the slip that explains them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.anomalies.reconcile import CRUMB, reconcile, slips
from inventory.panel import demand_panel
from tests.inventory.books import book, usual_use, with_number

DAY = 100  # a Wednesday, the day after a delivery


@pytest.fixture(scope="module")
def panel():
    return book(usual_use(4, 150))


def only_gap(panel):
    [gap] = reconcile(panel)
    return gap


def test_a_sound_book_has_no_gaps(panel):
    assert reconcile(panel) == []


@pytest.mark.parametrize(
    ("factor", "cause"), [(10, "factor 10"), (0.1, "factor 10"), (100, "factor 100"), (1000, "unit mistaken")]
)
def test_a_balance_with_a_wrong_point_is_found_on_its_line(panel, factor, cause):
    truth = panel.balance[1, DAY]
    gap = only_gap(with_number(panel, "balance", 1, DAY, truth * factor))
    assert (gap.outlet, gap.day, gap.field, gap.cause) == ("Melaka", panel.days[DAY].item(), "balance", cause)
    assert gap.written == pytest.approx(truth * factor)
    assert gap.repaired == pytest.approx(truth)


def test_swapped_digits_of_a_balance(panel):
    def swapped(number):
        digits = f"{number:.1f}"
        return float(digits[1] + digits[0] + digits[2:])

    truth = panel.balance[0]
    at = next(at for at in range(80, 150) if truth[at] >= 10 and abs(swapped(truth[at]) - truth[at]) > 30)
    gap = only_gap(with_number(panel, "balance", 0, at, swapped(truth[at])))
    assert (gap.field, gap.cause, gap.repaired) == ("balance", "digits swapped", pytest.approx(truth[at]))


def test_a_delivery_that_was_not_written_down(panel):
    at = next(at for at in range(80, 150) if panel.stock_in[2, at] > 60)
    gap = only_gap(with_number(panel, "stock_in", 2, at, 0.0))
    assert (gap.field, gap.cause, gap.written) == ("stock_in", "forgotten delivery", 0.0)
    assert gap.repaired == panel.stock_in[2, at]
    assert gap.used < 0


def test_a_delivery_with_a_wrong_point(panel):
    at = next(at for at in range(80, 150) if panel.stock_in[3, at] > 40)
    gap = only_gap(with_number(panel, "stock_in", 3, at, panel.stock_in[3, at] * 10))
    assert (gap.field, gap.cause, gap.repaired) == ("stock_in", "factor 10", panel.stock_in[3, at])


def test_a_late_delivery_is_no_gap(panel):
    at = next(at for at in range(80, 140) if panel.stock_in[0, at] > 40)
    came = panel.stock_in[0, at]
    later = with_number(with_number(panel, "stock_in", 0, at, 0.0), "stock_in", 0, at + 1, came)
    later = with_number(later, "balance", 0, at, panel.balance[0, at] - came)
    assert later.balance[0, at] > 0
    assert reconcile(later) == []


def test_a_loss_is_no_slip(panel):
    loss = panel
    for at in range(DAY, 150):
        loss = with_number(loss, "balance", 0, at, loss.balance[0, at] - 33.3)
    assert loss.used[0, DAY] == pytest.approx(panel.used[0, DAY] + 33.3)
    assert reconcile(loss) == []


def test_an_impossible_day_without_an_explanation_is_told_all_the_same(panel):
    for at in range(DAY, 150):
        panel = with_number(panel, "balance", 0, at, panel.balance[0, at] + 77.7)
    gap = only_gap(panel)
    assert (gap.cause, gap.repaired, gap.gain) == ("unknown", None, 0.0)
    assert gap.used < 0


def test_an_impossible_day_is_found_before_there_is_a_history(panel):
    short = with_number(panel, "balance", 0, 2, panel.balance[0, 2] * 10).until(panel.days[4])
    assert [gap.day for gap in reconcile(short)] == [panel.days[2].item()]


def test_sales_alone_have_no_book():
    days = np.arange("2025-01-01", "2025-04-01", dtype="datetime64[D]")
    assert reconcile(demand_panel([("a", "b")], days, np.full((1, len(days)), 5.0))) == []


@given(st.integers(1, 999_999), st.sampled_from([1, 10]))
def test_the_slip_of_a_slip_may_be_the_number_again(digits, share):
    value = digits / share
    for _, wrong in slips(value):
        assert wrong >= 0
        # A number that ends or begins with 0 after the slip has lost a digit.
        if len(f"{wrong:g}") == len(f"{value:g}"):
            assert any(abs(back - value) <= CRUMB * value for _, back in slips(wrong))


def test_digits_are_swapped_across_the_point():
    swapped = {number for cause, number in slips(9.5) if cause == "digits swapped"}
    assert swapped == {5.9}
