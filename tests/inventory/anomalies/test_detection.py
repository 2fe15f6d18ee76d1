"""Findings of whole books: what is reported, why, how often, and what people's verdicts do to it."""

from datetime import timedelta

import numpy as np
import pytest

from common.errors import UserError
from inventory.anomalies.detection import MONTH, detect, threshold
from inventory.anomalies.rules import KINDS
from inventory.anomalies.verdicts import Verdict
from inventory.items import Item
from inventory.panel import demand_panel, panel_of
from inventory.simulation.history import ANOMALIES, simulate
from tests.inventory.books import book, usual_use, with_number

CHICKEN = Item("chicken", "kg")


@pytest.fixture(scope="module")
def simulated():
    return simulate(seed=50, days=270, outlets=4, items=6)


@pytest.fixture(scope="module")
def panel(simulated):
    return panel_of(simulated.records)


@pytest.fixture(scope="module")
def findings(panel, simulated):
    return detect(panel, simulated.items)


@pytest.fixture(scope="module")
def happened(simulated):
    return {(event.day, event.outlet, event.item) for event in simulated.truth.events if event.kind in ANOMALIES}


def place(one):
    return one.day, one.outlet, one.item


def as_verdict(one):
    return Verdict(one.day, one.outlet, one.item, one.kind)


def test_most_of_what_is_reported_happened(findings, happened):
    right = [place(one) in happened for one in findings]
    assert np.mean(right) > 0.6
    worst = sorted(findings, key=lambda one: -one.severity)[:10]
    assert np.mean([place(one) in happened for one in worst]) >= 0.9


def test_much_of_what_happened_is_reported(findings, happened):
    reported = {place(one) for one in findings}
    assert np.mean([one in reported for one in happened]) > 0.5


def test_false_alarms_are_about_as_rare_as_asked_for(panel, findings, happened):
    months = panel.shape[0] * panel.shape[1] / MONTH
    assert sum(place(one) not in happened for one in findings) / months < 2 * 0.05


def test_a_higher_rate_reports_more_and_nothing_less(panel, simulated, findings):
    few = detect(panel, simulated.items, rate=0.005)
    assert {(*place(one), one.kind) for one in few} < {(*place(one), one.kind) for one in findings}


def test_a_finding_is_whole(findings):
    assert {one.kind for one in findings} == set(KINDS)
    for one in findings:
        assert 0 <= one.severity <= 1
        assert one.low <= one.high
        assert not one.low <= one.observed <= one.high or one.kind == "data_entry"
        assert one.why.endswith(".")
        assert "nan" not in one.why
    assert list(findings) == sorted(findings, key=lambda one: (one.day, -one.severity, one.outlet, one.item, one.kind))


def test_since_leaves_out_earlier_days_and_changes_no_others(panel, simulated, findings):
    first = panel.days[200].item()
    assert detect(panel, simulated.items, since=first) == tuple(one for one in findings if one.day >= first)
    assert detect(panel.until(panel.days[60]), since=panel.days[-1].item() + timedelta(1)) == ()


def test_a_verdict_hides_its_finding_and_is_undone_exactly(panel, simulated, findings):
    one = findings[len(findings) // 2]
    after = detect(panel, simulated.items, verdicts=[as_verdict(one)])
    assert (*place(one), one.kind) not in {(*place(other), other.kind) for other in after}
    # Of other series and kinds nothing is gone.
    about = one.outlet, one.item, one.kind
    others = [other for other in findings if (other.outlet, other.item, other.kind) != about]
    assert [other for other in after if other in others] == others
    assert detect(panel, simulated.items, verdicts=[]) == findings


def test_a_verdict_makes_its_like_on_that_weekday_usual():
    used = usual_use(4, 300)
    # The same large catering on two Saturdays.
    used[1, [180, 250]] += 30
    panel = book(used)
    first, second = (panel.days[at].item() for at in (180, 250))
    before = {one.day: one for one in detect(panel, [CHICKEN]) if one.outlet == "Melaka"}
    assert {first, second} <= set(before)
    larger, smaller = sorted((first, second), key=lambda day: -before[day].severity)
    assert (larger - smaller).days % 7 == 0
    after = {one.day for one in detect(panel, [CHICKEN], verdicts=[as_verdict(before[larger])])}
    assert not after & {first, second}


def test_why_names_the_number_the_range_and_the_neighbours():
    used = usual_use(4, 300)
    used[1, 180] += 30
    panel = book(used)
    [one] = [one for one in detect(panel, [CHICKEN]) if one.day == panel.days[180].item()]
    assert one.kind == "stock_loss"
    assert one.observed == pytest.approx(used[1, 180])
    assert one.low < 20 * 1.3 < one.high < one.observed
    left, usual = f"{one.observed:.3g} kg left the shelf", f"{one.high:.3g} kg would be usual"
    for part in (left, usual, "Saturday", "other outlets"):
        assert part in one.why


def test_why_of_a_wrong_number_names_its_repair():
    panel = book(usual_use(4, 200))
    truth = panel.balance[2, 150]
    [one] = [one for one in detect(with_number(panel, "balance", 2, 150, truth * 10)) if one.outlet == "Penang"]
    assert (one.kind, one.day, one.observed) == ("data_entry", panel.days[150].item(), pytest.approx(truth * 10))
    assert f"With {truth:.3g} the book adds up: a factor of 10" in one.why
    assert one.low <= truth <= one.high


def test_why_of_an_order_on_an_odd_day():
    panel = with_number(book(usual_use(4, 400)), "ordered", 0, 155, 20.0)
    [one] = [one for one in detect(panel, [CHICKEN]) if one.kind == "irregular_order"]
    assert (one.observed, one.low, one.high) == (20, 0, 0)
    assert "20 kg was ordered on a Tuesday; one did so on 0 of the last 12" in one.why


@pytest.mark.parametrize("rate", [0, -1, 11, float("nan")])
def test_a_rate_that_makes_no_sense_is_refused(panel, rate):
    with pytest.raises(UserError, match="rate of false alarms"):
        detect(panel, rate=rate)


def test_the_threshold_follows_from_the_rate():
    assert threshold(0.05) - threshold(0.5) == pytest.approx(1)


@pytest.mark.parametrize("days", [1, 2, 10])
def test_a_short_book_is_no_error(simulated, days):
    panel = panel_of(simulated.records)
    assert all(one.kind in KINDS for one in detect(panel.until(panel.days[days - 1])))


def test_sales_alone_can_be_searched_too():
    days = np.arange("2024-01-01", "2025-06-01", dtype="datetime64[D]")
    used = usual_use(3, len(days))
    used[1, 400] += 60
    panel = demand_panel([("a", "x"), ("b", "x"), ("c", "x")], days, used)
    found = detect(panel)
    assert (days[400].item(), "b") in {(one.day, one.outlet) for one in found}
