"""A small business with half a year of records, and models for it that are quick to have."""

from dataclasses import asdict

from inventory.forecasting.backtest import backtest
from inventory.forecasting.choice import automatic, choose
from inventory.forecasting.forecast import QUICK
from inventory.forecasting.learned import AUTOMATIC, Learned
from inventory.simulation.history import Simulated, simulate
from inventory.store import Store
from inventory.store.book import data_hash

DAYS = 182


def filled(store: Store, days: int = DAYS) -> Simulated:
    """Three outlets, four items."""
    made = simulate(3, days, 3, 4)
    for outlet in made.outlets:
        store.add_outlet(outlet)
    for item in made.items:
        store.set_item(item)
    store.add_records(made.records)
    return made


def learned(panel) -> Learned:
    """A choice among models that need no training, with its scores."""
    tested = backtest(panel, QUICK, cutoffs=4)
    judged = tested.part(slice(2, None))
    scores = {name: judged.score(predicted) for name, predicted in judged.predicted.items()}
    scores[AUTOMATIC] = judged.score(automatic(tested, 2)[0])
    return Learned(choose(tested), {}, scores)


def add_version(registry, store: Store, version: str, wape: float | None = None):
    """A version that has learned all there is. wape: what it says of itself, None for what is true"""
    panel = store.panel()
    found = learned(panel.believable())
    scores = {name: asdict(one) for name, one in found.scores.items()}
    metrics = {
        "wape": scores[AUTOMATIC]["wape"] if wape is None else wape,
        "naive_wape": scores["seasonal naive"]["wape"],
        "coverage": scores[AUTOMATIC]["coverage"],
        "scores": scores,
        "series": panel.shape[0],
        "days": panel.shape[1],
        "first_day": str(panel.days[0]),
        "last_day": str(panel.days[-1]),
        "seed": 0,
        "seconds": 1.0,
    }
    return registry.add(found, metrics, data_hash(panel), version)
