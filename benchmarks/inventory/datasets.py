"""Real demand as panels: three sets of daily and weekly sales, and a made one of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inventory.panel import Panel, demand_panel


@dataclass(frozen=True)
class Dataset:
    """A panel and how it is backtested.

    horizon: steps ahead; season: 7 for days, 1 for weeks
    warm_up, judged: cutoffs that only the choice learns from, and those that are scored
    """

    name: str
    what: str
    panel: Panel
    horizon: int
    season: int
    warm_up: int
    judged: int


def restaurants(folder: Path) -> Dataset:
    """Six restaurants with a hundred dishes in all, three years of days; most dishes hardly ever sell."""
    import pandas as pd

    base = folder / "restaurants_6x100"
    sales = pd.read_csv(base / "sales.csv")
    sales["date"] = pd.to_datetime(sales["date"], format="%d-%m-%Y")
    items = pd.read_csv(base / "items.csv").set_index("id")
    names = pd.read_csv(base / "restaurants.csv").set_index("id")["name"]
    outlet = items["store_id"].map(names)
    # Some dishes of a restaurant share a name.
    label = items["name"] + " " + items.index.astype(str)
    panel = _panel(sales, "date", sales["item_id"].map(outlet), sales["item_id"].map(label), sales["item_count"])
    return Dataset("restaurants", "6 outlets, 100 items, days", panel, 14, 7, 6, 6)


def pizzas(folder: Path) -> Dataset:
    """A pizza place, 91 kinds and sizes, a year of days; it was closed on seven of them, which are not known then."""
    import pandas as pd

    base = folder / "pizza_place_2015"
    orders = pd.read_csv(base / "orders.csv", parse_dates=["date"])
    lines = pd.read_csv(base / "order_details.csv").merge(orders, on="order_id")
    outlet = pd.Series("pizza place", index=lines.index)
    panel = _panel(lines, "date", outlet, lines["pizza_id"], lines["quantity"])
    used = np.nan_to_num(panel.used)
    used[:, used.sum(0) == 0] = np.nan
    return Dataset("pizzas", "1 outlet, 91 items, days", demand_panel(panel.keys, panel.days, used), 14, 7, 6, 6)


def cheese(folder: Path) -> Dataset:
    """Sliced cheese at 88 retailers by week, 52 to 68 of them without dates: the last of each is taken as the same."""
    import pandas as pd

    sales = pd.read_csv(folder / "cheese_88_retailers.csv")
    series = {name: group["VOLUME"].to_numpy(float) for name, group in sales.groupby("RETAILER", sort=True)}
    used = np.full((len(series), max(map(len, series.values()))), np.nan)
    for row, volumes in enumerate(series.values()):
        used[row, used.shape[1] - len(volumes) :] = volumes
    days = np.datetime64("2000-01-01") + np.arange(used.shape[1])  # each stands for a week
    keys = [(name, "sliced cheese") for name in series]
    return Dataset("cheese", "88 outlets, 1 item, weeks", demand_panel(keys, days, used), 4, 1, 4, 5)


SETS: tuple[Callable[[Path], Dataset], ...] = (restaurants, pizzas, cheese)


def made(series: int, days: int, seed: int = 0) -> Panel:
    """Counts with a weekly rhythm, for timings: as many series in 6 outlets as asked for."""
    draws = np.random.default_rng(seed)
    level = draws.lognormal(2, 1, (series, 1))
    weekday = draws.uniform(0.6, 1.5, (series, 7))[:, np.arange(days) % 7]
    keys = sorted((f"outlet {number % 6}", f"item {number // 6:04}") for number in range(series))
    start = np.datetime64("2023-01-01")
    return demand_panel(keys, start + np.arange(days), draws.poisson(level * weekday).astype(float))


def _panel(table, day: str, outlet, item, amount) -> Panel:
    """Sums by day, outlet and item; NaN on days without a line."""
    import pandas as pd

    lines = pd.DataFrame({"day": table[day], "outlet": outlet, "item": item, "amount": amount})
    wide = lines.pivot_table(index="day", columns=["outlet", "item"], values="amount", aggfunc="sum")
    wide = wide.reindex(pd.date_range(wide.index.min(), wide.index.max())).sort_index(axis=1)
    return demand_panel([tuple(key) for key in wide.columns], wide.index.to_numpy(), wide.to_numpy(float).T)
