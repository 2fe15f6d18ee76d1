"""What to order: enough to last, no more than will be eaten, and why."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from common.errors import UserError
from inventory.items import Item
from inventory.ordering.demand_sum import CORRELATION, daily_mean, needed
from inventory.ordering.quantities import SHORTAGE, URGENCIES, plan, recommend
from inventory.ordering.review_days import ordering, until_next, weekdays

RICE = Item("rice", "kg", pack_size=5, lead_days=2, price=3)
CHICKEN = Item("chicken", "kg", pack_size=5, lead_days=2, shelf_life_days=3, price=11)
ROLLS = Item("bread rolls", "pcs", pack_size=1, lead_days=1, shelf_life_days=1, price=1)
HORIZON = 14


def days(low, middle, high):
    """The same quantiles on each day."""
    return tuple(np.full((1, HORIZON), float(value)) for value in (low, middle, high))


def one(item, quantiles, stock=0.0, on_order=0.0, **settings):
    found = recommend([("Bangsar", item.name)], [item], *quantiles, np.array([stock]), np.array([on_order]), **settings)
    assert len(found) == 1 and (found[0].outlet, found[0].item, found[0].unit) == ("Bangsar", item.name, item.unit)
    return found[0]


def test_what_keeps_is_filled_up_to_the_quantile_of_the_need():
    # Two days of delivery and a review of one: tomorrow and the day after, 20 kg in the middle.
    spread = 2 / norm.ppf(0.9)
    of_two = spread * np.sqrt(2 + 2 * CORRELATION)
    target = 20 + norm.ppf(0.95) * of_two
    found = one(RICE, days(8, 10, 12), stock=11)
    assert found.packs == int(np.ceil((target - 11) / 5)) and found.quantity == found.packs * 5
    assert found.service_level == pytest.approx(norm.cdf((11 + found.quantity - 20) / of_two), abs=1e-3)
    assert found.service_level >= 0.95


def test_what_is_missed_before_the_delivery_is_not_ordered_later():
    # Tomorrow's 10 kg can't be had; the day after needs 10, and some more to be sure.
    found = one(RICE, days(10, 10, 10))
    assert found.quantity == 10 and "10 kg of it are missed before the delivery comes" in found.reason
    assert one(RICE, days(10, 10, 10), stock=4).quantity == 10
    assert one(RICE, days(10, 10, 10), stock=16).quantity == 5 and "missed" not in one(RICE, days(1, 2, 3), 9).reason


def test_what_is_there_and_what_comes_is_taken_off():
    little = one(RICE, days(8, 10, 12), stock=10)
    assert one(RICE, days(8, 10, 12), stock=15).packs == little.packs - 1
    assert one(RICE, days(8, 10, 12), stock=10, on_order=10).packs == little.packs - 2
    full = one(RICE, days(8, 10, 12), stock=100)
    assert (full.packs, full.quantity, full.urgency, full.service_level) == (0, 0, "enough", 1.0)


def test_a_one_day_life_is_the_newsvendor():
    # Delivery tomorrow, for tomorrow: the critical ratio is shortage / (shortage + price), both in prices.
    quantiles = days(80, 100, 120)
    expected = norm.ppf(SHORTAGE / (SHORTAGE + 1)) * 20 / norm.ppf(0.9) + 100
    assert one(ROLLS, quantiles).quantity == pytest.approx(expected, abs=1)
    # The dearer a missing unit, the more; and never above the service level.
    assert one(ROLLS, quantiles, shortage=1).quantity == pytest.approx(100, abs=1)
    limit = norm.ppf(0.95) * 20 / norm.ppf(0.9) + 100
    assert one(ROLLS, quantiles, shortage=1e6).quantity == pytest.approx(limit, abs=1)


def test_no_more_is_ordered_than_is_eaten_before_it_spoils():
    # A week until the next order, but it comes in two days and keeps three: days two to four, not to eight.
    found = one(CHICKEN, days(9, 10, 11), review_days=7)
    assert found.quantity == 30 and "keeps 3 days" in found.reason
    assert one(replace(CHICKEN, shelf_life_days=None), days(9, 10, 11), review_days=7).quantity >= 70


def test_a_long_life_changes_nothing():
    long = replace(RICE, shelf_life_days=60)
    assert one(long, days(5, 10, 15)).packs == one(RICE, days(5, 10, 15)).packs


def test_a_pack_that_would_mostly_spoil_is_left_out():
    crate = replace(ROLLS, pack_size=100)
    assert one(crate, days(4, 5, 6)).packs == 0
    assert "does not pay for a pack of 100 pcs" in one(crate, days(4, 5, 6)).reason
    assert one(crate, days(80, 90, 100)).packs == 1
    # What keeps is bought all the same.
    assert one(replace(crate, shelf_life_days=None), days(4, 5, 6)).packs == 1


def test_old_stock_is_not_counted_on():
    milk = Item("milk", "l", pack_size=1, lead_days=1, shelf_life_days=3, price=7)
    fresh, old = np.zeros((1, 5)), np.zeros((1, 5))
    fresh[0, -1] = 20  # today: until the day after tomorrow, by which 10 are used
    old[0, -2] = 20  # yesterday: until tomorrow, by which 5 are used
    settings = {"stock": 20, "review_days": 3}
    with_fresh, with_old, unknown = (
        one(milk, days(5, 5, 5), **settings, arrived=arrived) for arrived in (fresh, old, None)
    )
    # Of the three days that have to be covered stock serves two, one, or with luck all.
    assert (with_fresh.quantity, with_old.quantity, unknown.quantity) == (5, 10, 0)
    assert "15 l of it will be too old" in with_old.reason and "10 l of it" in with_fresh.reason
    assert "too old" not in unknown.reason
    young = np.zeros((1, 1))
    assert one(milk, days(5, 5, 5), 3, arrived=young).packs == one(milk, days(5, 5, 5), 3).packs


def test_urgency_says_whether_it_lasts_until_the_delivery():
    quantiles = days(8, 10, 12)
    assert one(RICE, quantiles, stock=19).urgency == "urgent"
    assert one(RICE, quantiles, stock=21).urgency == "order"
    assert one(RICE, quantiles, stock=9, on_order=12).urgency == "order"
    assert one(RICE, quantiles, stock=30).urgency == "enough"


def test_the_reason_has_the_numbers():
    found = one(CHICKEN, days(3, 4, 6), stock=4, on_order=0)
    assert found.cover_days == 0.9  # 4.2 kg a day in the mean
    for said in (
        "Stock 4 kg lasts 0.9 days",
        "nothing is on order",
        "Delivery takes 2 days and the next order is due in 1 day",
        "last for the next 2 days",
        f"order {found.packs} pack",
        "of 5 kg",
    ):
        assert said in found.reason, found.reason
    assert one(RICE, days(0, 0, 0)).reason.startswith("No rice is in stock, nothing is on order.")
    assert one(RICE, days(3, 4, 6), 2, 50).reason.endswith("and that is there: order nothing.")


def test_cover_goes_on_past_the_forecast_and_ends_after_a_year():
    assert one(RICE, days(1, 1, 1), stock=20).cover_days == 20
    assert one(RICE, days(0, 0, 0), stock=20).cover_days == 365
    assert one(RICE, days(0, 0, 0)).cover_days == 0
    rising = (np.arange(1.0, 15)[None],) * 3
    assert one(RICE, rising, stock=4.5).cover_days == 2.5


def test_what_is_used_seldom_is_kept_although_its_middle_is_zero():
    found = one(replace(RICE, pack_size=0.5), days(0, 0, 2), stock=0)
    assert found.quantity > 1.5
    assert one(RICE, days(0, 0, 2), stock=3).cover_days < 10


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"service_level": 0.4}, "service level of 0.4"),
        ({"service_level": 1.0}, "Choose one from 0.5 to 0.999"),
        ({"service_level": float("nan")}, "service level of nan"),
        ({"shortage": 0}, "can't cost 0 times"),
        ({"stock": -1.0}, "stock of 'rice' is -1"),
        ({"on_order": float("nan")}, "amount on order of 'rice' is nan"),
        ({"review_days": 0}, "can't be 0 days away"),
        ({"review_days": 14}, "reaches 14 days, but delivery and the next order take 15"),
    ],
)
def test_a_wrong_number_is_named(settings, said):
    with pytest.raises(UserError, match=said):
        one(RICE, days(8, 10, 12), **settings)


@pytest.mark.parametrize("wrong", [{"pack_size": 0}, {"lead_days": 0}, {"shelf_life_days": 0}])
def test_an_item_that_can_t_be_ordered_is_named(wrong):
    with pytest.raises(UserError, match=r"'rice' has packs of .* days 1 or more"):
        one(replace(RICE, **wrong), days(8, 10, 12))


@pytest.mark.parametrize("quantiles", [(3, 2, 4), (-1, 2, 3), (1, float("nan"), 3), (1, 2, float("inf"))])
def test_a_broken_forecast_is_refused(quantiles):
    with pytest.raises(UserError, match="three numbers for each day"):
        one(RICE, days(*quantiles))


def test_nothing_to_order_for_nobody():
    empty = np.zeros((0, HORIZON))
    assert recommend([], [], empty, empty, empty, np.zeros(0), np.zeros(0)) == ()


amounts = st.floats(0, 1000)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(amounts, amounts, amounts).map(sorted),
    amounts,
    amounts,
    st.sampled_from([None, 1, 2, 3, 7, 30]),
    st.integers(1, 4),
    st.integers(1, 7),
    st.sampled_from([0.1, 1.0, 2.5, 25.0]),
)
def test_every_order_is_whole_packs_that_reach_the_level(quantiles, stock, coming, life, lead, review, pack):
    item = Item("thing", "kg", pack_size=pack, lead_days=lead, shelf_life_days=life, price=2)
    arguments = ([item], *days(*quantiles), np.array([stock]), np.array([coming]), review)
    found = plan(*arguments)
    result = one(item, days(*quantiles), stock, coming, review_days=review)
    assert result.packs == found.packs[0] >= 0 and result.quantity == pytest.approx(result.packs * pack)
    assert result.urgency in URGENCIES and (result.urgency == "enough") == (result.packs == 0)
    assert 0 <= result.cover_days <= 365 and 0 <= result.service_level <= 1
    reached = stock + coming + result.quantity + found.missed[0]
    target, top = found.target[0], found.need.quantile(0.95)[0]
    assert target <= top + 1e-6
    assert reached >= target - pack - 1e-5
    if result.packs:
        assert reached < target + pack + 1e-5
    if life is None:
        assert target == pytest.approx(top, abs=1e-6) and reached >= target - 1e-5 * (1 + target)
        more = plan(*arguments, service_level=0.99)
        assert more.packs[0] >= found.packs[0]


@settings(max_examples=60, deadline=None)
@given(st.tuples(amounts, amounts, amounts).map(sorted), st.floats(0.01, 0.99))
def test_the_sum_of_one_day_is_that_day(quantiles, level):
    low, middle, high = days(*quantiles)
    need = needed(low, middle, high, np.array([3]), np.array([3]))
    for share, value in zip((0.1, 0.5, 0.9), quantiles, strict=True):
        assert need.quantile(share)[0] == pytest.approx(value, abs=1e-6)
    at = need.quantile(level)
    if at[0] > 0 and min(quantiles[2] - quantiles[1], quantiles[1] - quantiles[0]) > 0.1:
        assert need.chance(at)[0] == pytest.approx(level, abs=1e-6)


def test_sums_agree_with_drawn_days():
    # Days drawn from what the quantiles say, their errors correlated as the docstring says.
    low, middle, high = (np.full((1, 6), value) for value in (6.0, 10.0, 18.0))
    rng = np.random.default_rng(0)
    shared, own = rng.normal(size=(200_000, 1)), rng.normal(size=(200_000, 6))
    z = np.sqrt(CORRELATION) * shared + np.sqrt(1 - CORRELATION) * own
    drawn = (10 + z * np.where(z > 0, 8, 4) / norm.ppf(0.9)).sum(axis=1)
    need = needed(low, middle, high, np.array([1]), np.array([6]))
    assert need.mean[0] == pytest.approx(drawn.mean(), rel=0.005)
    assert 6 * daily_mean(low, middle, high)[0, 0] == pytest.approx(drawn.mean(), rel=0.005)
    for level in (0.1, 0.5, 0.7, 0.9, 0.95):
        assert need.quantile(level)[0] == pytest.approx(np.quantile(drawn, level), rel=0.03)


def test_orders_are_written_on_days_that_fit_the_shelf_life():
    week = np.arange(7)
    items = [replace(RICE, shelf_life_days=life) for life in (2, 4, None)]
    found = ordering(items, week, 1)
    assert found.tolist() == [[True] * 7, [True] * 6 + [False], [day in (1, 4) for day in week]]
    assert weekdays(np.array(["2026-11-20", "2026-11-22"], "datetime64[D]")).tolist() == [4, 6]
    gap = until_next(ordering(items, np.arange(14) % 7, 1))
    assert gap[2, :6].tolist() == [1, 3, 2, 1, 4, 3] and gap[1, 4:7].tolist() == [1, 2, 1]
