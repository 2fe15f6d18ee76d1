"""Ways to order on the simulated business: what guests miss, what is thrown away, what it costs.

Every policy serves the same guests with the same delivery times, packs and shelf lives, from the same first day. Our
own has three rows: with the quick forecast of `inventory.simulation.policies`, with `inventory.forecasting`, and with
the demand itself, which nobody has: the rest of its cost is doubt about closed days, packs and shelf life.

Cost: what was thrown away at its price, and 2.3 times its price for a unit that was missed (food is 30 % of a bill, and
the other 70 % are lost). It says nothing about the work of an order, nor about money bound in stock, which stand apart.
"""

import argparse
import time

import numpy as np

from benchmarks.options import machine, options
from inventory.panel import Panel
from inventory.simulation.history import Simulated, simulate
from inventory.simulation.policies import (
    Outcome,
    Policy,
    as_last_week,
    by_forecast,
    by_neighbours,
    knowing,
    recent_weeks,
    run,
    same_order,
)

OURS = "ours, quick forecast"
COLUMNS = {
    "unmet": ("unmet %", 100),
    "short_days": ("short days %", 100),
    "wasted": ("wasted %", 100),
    "orders": ("orders/week", 1),
    "stock": ("stock, days", 1),
    "waste_cost": ("waste/day", 1),
    "shortage_cost": ("missed/day", 1),
    "cost": ("cost/day", 1),
}


def policies(simulated: Simulated, own_forecast: bool) -> dict[str, Policy]:
    """Fresh ones for each simulation: some remember their last forecast."""
    found = {
        "the same order as a week ago": same_order,
        "same as last week": as_last_week(),
        "same as last week, and 25 % more": as_last_week(0.25),
        "as neighbours order": by_neighbours,
        OURS: by_forecast(recent_weeks),
    }
    if own_forecast:
        found["ours, inventory.forecasting"] = by_forecast(_own, horizon=8, every=7)
    found["ours, knowing the demand"] = by_forecast(knowing(simulated))
    return found


def _own(panel: Panel, horizon: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from inventory.forecasting.forecast import forecast

    made = forecast(panel, horizon)
    return made.low, made.middle, made.high


def main() -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--seeds", type=int, default=5, help="simulations, from seed 0 on")
        parser.add_argument("--days", type=int, default=182, help="on which the policies order")
        parser.add_argument("--forecast", action="store_true", help="also with inventory.forecasting (slow)")

    chosen = options(__doc__, add)
    settings = chosen.arguments
    found: dict[str, list[Outcome]] = {}
    started = time.perf_counter()
    for seed in range(settings.seeds):
        simulated = simulate(seed, days=settings.days + 365)
        for name, policy in policies(simulated, settings.forecast).items():
            found.setdefault(name, []).append(run(simulated, policy, settings.days))
    print(machine())
    print(
        f"seeds 0 to {settings.seeds - 1}, 6 outlets x 20 items x {settings.days} days; mean ± standard deviation over "
        f"seeds; money in ringgit; {time.perf_counter() - started:.0f} s\n"
    )
    print(f"{'policy':34}" + "".join(f"{title:>16}" for title, _ in COLUMNS.values()))
    report = {}
    for name, outcomes in found.items():
        report[name] = {column: _figures(outcomes, column) for column in COLUMNS}
        cells = (_cell(report[name][column], factor) for column, (_, factor) in COLUMNS.items())
        print(f"{name:34}" + "".join(f"{cell:>16}" for cell in cells))
    print()
    ours = "ours, inventory.forecasting" if settings.forecast else OURS
    for line in _compared(found, ours):
        print(line)
    chosen.write({"seeds": settings.seeds, "days": settings.days, "policies": report})


def _figures(outcomes: list[Outcome], column: str) -> dict[str, float]:
    values = [getattr(outcome, column) for outcome in outcomes]
    return {"mean": float(np.mean(values)), "spread": float(np.std(values, ddof=1)) if len(values) > 1 else 0.0}


def _cell(figures: dict[str, float], factor: float) -> str:
    return f"{figures['mean'] * factor:,.1f} ± {figures['spread'] * factor:.1f}"


def _compared(found: dict[str, list[Outcome]], ours: str) -> list[str]:
    """Where ours is better and where it is not, and on how many of the seeds."""
    lines = []
    for name, outcomes in found.items():
        if name.startswith("ours"):
            continue
        said: dict[bool, list[str]] = {True: [], False: []}
        for column, (title, _) in COLUMNS.items():
            pairs = [
                (getattr(mine, column), getattr(one, column)) for mine, one in zip(found[ours], outcomes, strict=True)
            ]
            won = sum(mine < one for mine, one in pairs)
            mean, other = np.mean(pairs, axis=0)
            better = bool(mean < other)
            said[better].append(f"{title} {mean / other - 1:+.0%} ({won if better else len(pairs) - won} seeds)")
        lines.append(f"{ours} against {name}")
        lines += [f"  {word}: {', '.join(said[better])}" for better, word in ((True, "better"), (False, "NOT better"))]
    return lines


if __name__ == "__main__":
    main()
