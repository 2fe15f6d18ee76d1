"""How long an import takes and how much memory: `python -m benchmarks.inventory.importing [--rows N] [--json PATH]`.

A CSV file of a million rows (made here from a seed: 40 outlets, 50 items, 500 days, as many as --rows asks for) goes
into an empty SQLite file; then it is looked at, imported once more in another order, read as a panel, and exported.
Beside it stand pandas, which reads the same file into memory and writes it with to_sql, without units, dates in
several forms, rows kept aside or a second look, and the library csv, which only reads.

Each step runs in a process of its own; memory is the most that the process held, less what it held before.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options

SEED = 0
OUTLETS, ITEMS = 40, 50
MOST_MEMORY = 300  # MB that an import may take above the libraries
STEPS = ("csv", "pandas", "preview", "import", "same values again", "panel", "export")


def write(path: Path, rows: int) -> None:
    """A stock book with 1 bad row in 1,000, day by day."""
    rng = np.random.default_rng(SEED)
    first, written = date(2024, 1, 1), 0
    with open(path, "w", encoding="utf-8") as stream:
        stream.write("Date,Outlet,Item,Unit,Stock in,Balance,Order,Remark\n")
        while written < rows:
            day = first + timedelta(days=written // (OUTLETS * ITEMS))
            count = min(OUTLETS * ITEMS, rows - written)
            amounts = rng.gamma(2.0, 10.0, (count, 2)).round(2)
            for at in range(count):
                stock_in, balance = amounts[at]
                remark = "promotion" if at % 97 == 0 else ""
                if (written + at) % 1000 == 999:
                    balance = -balance
                stream.write(
                    f"{day:%d/%m/%Y},Outlet {at // ITEMS},Item {at % ITEMS},kg,{stock_in},{balance},0,{remark}\n"
                )
            written += count


def step(name: str, folder: Path) -> dict:
    """Run a step; gives its figures. Meant for a process of its own."""
    from inventory.files import exporting, importing
    from inventory.store import Store

    path, url = folder / "big.csv", f"sqlite:///{folder / 'inventory.sqlite3'}"
    store = Store.open(url)
    if name == "pandas":
        import pandas
    import openpyxl  # noqa: F401

    said = ""
    before, start, work = _memory(), time.perf_counter(), time.process_time()
    if name == "csv":
        import csv

        with open(path, newline="", encoding="utf-8") as stream:
            said = f"{sum(1 for _ in csv.reader(stream)):,} lines"
    elif name == "pandas":
        import sqlalchemy

        frame = pandas.read_csv(path, parse_dates=["Date"], dayfirst=True)
        engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'pandas.sqlite3'}")
        frame.to_sql("records", engine, index=False, chunksize=50_000)
        said = f"{len(frame):,} rows, nothing checked"
    elif name == "preview":
        found = importing.preview(path, store=store)
        said = f"{found.good:,} good, {found.bad:,} bad"
    elif name == "import":
        found = importing.import_file(store, path)
        said = f"{found.added:,} added, {found.set_aside:,} aside"
    elif name == "same values again":
        found = importing.import_file(store, path, again=True)
        said = f"{found.added:,} added, {found.same:,} the same"
    elif name == "panel":
        panel = store.panel()
        said = f"{panel.shape[0]:,} series x {panel.shape[1]} days"
    elif name == "export":
        said = f"{exporting.export_records(store, folder / 'out.csv'):,} rows"
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "cpu": round(time.process_time() - work, 2),
        "megabytes": round(_peak() - before),
        "found": said,
    }


def _memory() -> float:
    """What this process holds now, MB."""
    return _status("VmRSS")


def _peak() -> float:
    return _status("VmHWM")


def _status(name: str) -> float:
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1000


def main(arguments: list[str] | None = None) -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, default=1_000_000)
        parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
        parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)

    chosen = options(__doc__, add, arguments)
    given = chosen.arguments
    if given.step:
        print(json.dumps(step(given.step, given.folder)))
        return
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "big.csv", given.rows)
        size = (Path(folder) / "big.csv").stat().st_size / 1e6
        print(f"{machine()}; {given.rows:,} rows, {size:.0f} MB, seed {SEED}\n")
        print(f"{'step':20} {'seconds':>8} {'of CPU':>8} {'MB more':>8}")
        for name in STEPS:
            command = [sys.executable, "-m", "benchmarks.inventory.importing", "--step", name, "--folder", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            figures[name] = json.loads(done.stdout)
            one = figures[name]
            print(f"{name:20} {one['seconds']:8.1f} {one['cpu']:8.1f} {one['megabytes']:8} {one['found']}", flush=True)
        figures["database"] = round((Path(folder) / "inventory.sqlite3").stat().st_size / 1e6)
    enough = figures["import"]["megabytes"] <= MOST_MEMORY
    print(f"\ndatabase {figures['database']} MB; import within {MOST_MEMORY} MB: {'' if enough else 'not '}reached")
    chosen.write({"rows": given.rows, "steps": figures, "reached": enough})


if __name__ == "__main__":
    main()
