"""Questions that other rooms answer: forecasts, orders and anomalies as they really are, on a small simulated book."""

import numpy as np
import pytest

from inventory.anomalies.detection import detect
from inventory.forecasting.forecast import forecast
from inventory.ordering.quantities import recommend
from inventory.panel import panel_of
from inventory.questions.answers import told
from inventory.questions.queries import Sources, run
from inventory.questions.query import Query
from inventory.simulation.history import simulate


@pytest.fixture(scope="module")
def world():
    return simulate(seed=3, days=120, outlets=2, items=3)


@pytest.fixture(scope="module")
def panel(world):
    return panel_of(world.records)


@pytest.fixture(scope="module")
def ahead(panel):
    return forecast(panel, 14)


@pytest.fixture(scope="module")
def orders(world, panel, ahead):
    items = {item.name: item for item in world.items}
    stock = np.nan_to_num(panel.balance[:, -1])
    return recommend(
        panel.keys,
        [items[item] for _, item in panel.keys],
        ahead.low,
        ahead.middle,
        ahead.high,
        stock,
        np.zeros_like(stock),
    )


@pytest.fixture(scope="module")
def sources(world, ahead, orders):
    return Sources(
        forecast,
        lambda panel: orders,
        lambda panel, since: detect(panel, world.items, rate=2.0, since=since),
    )


def test_a_forecast_is_the_sum_of_its_days(world, panel, sources, ahead):
    result = run(Query("forecast", ("chicken",), period="next_7_days", by="outlet"), panel, world.items, sources)
    rows = [at for at, (_, item) in enumerate(panel.keys) if item == "chicken"]
    assert [row.name for row in result.rows] == [panel.keys[at][0] for at in rows]
    assert [row.value for row in result.rows] == pytest.approx(forecast(panel, 7).middle[rows].sum(axis=1), abs=1e-5)
    assert all(row.unit == "kg" and row.value > 0 for row in result.rows)
    assert "chicken" in told(result, "en")


def test_what_to_order_is_what_is_recommended(world, panel, sources, orders):
    result = run(Query("to_order", by="item"), panel, world.items, sources)
    assert {row.name: row.value for row in result.rows} == {
        item.name: pytest.approx(sum(one.quantity for one in orders if one.item == item.name)) for item in world.items
    }
    assert sum(one.quantity for one in orders) > 0, "else nothing is shown"


def test_anomalies_are_those_that_are_found(world, panel, sources):
    result = run(Query("anomalies", outlets=("Bangsar",), period="last_90_days"), panel, world.items, sources)
    since = panel.days[-1].item().toordinal() - 89
    found = [
        one for one in detect(panel, world.items, rate=2.0) if one.outlet == "Bangsar" and one.day.toordinal() >= since
    ]
    assert found, "else nothing is shown"
    assert [(row.value, row.note) for row in result.rows] == [(one.observed, one.why) for one in found]
