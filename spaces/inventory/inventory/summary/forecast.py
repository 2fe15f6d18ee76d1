"""What will be needed of an item, and how the ways to forecast did."""

from datetime import date

from inventory.summary.notation import amount, day, percent, places

DAY_HEADS = {"Day": "34%", "Low": "22%", "Likely": "22%", "High": "22%"}
METHOD_HEADS = {"Method": "36%", "WAPE": "16%", "MASE": "16%", "In the 80 % range": "18%", "s": "14%"}


def forecast(found: dict) -> str:
    span = f"{day(found['days'][0])} to {day(found['days'][-1])}"
    version = f" · version {found['version']}" if found.get("version") else ""
    return (
        f"**{found['item']}, {found['outlet']}**: about **{amount(found['total'], found['unit'])}** will be needed from"
        f" {span}.\n\n<small>{found['reason']}{version}</small>"
    )


def day_rows(found: dict) -> list[list]:
    """See DAY_HEADS."""
    return [
        [f"{date.fromisoformat(when):%a %d %b}", *(amount(one) for one in three)]
        for when, *three in zip(found["days"], found["low"], found["middle"], found["high"], strict=True)
    ]


def backtest(found: dict) -> str:
    methods = found["methods"]
    best = methods[0]
    naive = next((one for one in methods if "naive" in one["name"]), None)
    less = ""
    if naive is not None and naive is not best and naive["wape"]:
        less = f", {100 * (1 - best['wape'] / naive['wape']):.0f} % less than {naive['name']}"
    return (
        f"Forecasts of {found['horizon']} days from {found['cutoffs']} earlier dates, {found['series']} series: lowest "
        f"error with **{best['name']}**{less}. WAPE: what was wrong, of all that was used."
    )


def method_rows(found: dict) -> list[list]:
    """See METHOD_HEADS."""
    return [
        [one["name"], percent(one["wape"]), places(one["mase"]), percent(one["coverage"]), places(one["seconds"], 1)]
        for one in found["methods"]
    ]
