"""Make the app's example files: `python -m benchmarks.inventory.examples [--out spaces/inventory/examples]`.

A stock book of a new outlet in a spreadsheet's own words, with rows as people get them wrong, and the photo of a
receipt of a shop that there is not. How the app reads both is printed.
"""

import argparse
import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

from PIL import Image

from benchmarks.options import options
from inventory.files.importing import preview
from inventory.receipts.reading import scan
from inventory.simulation.history import simulate
from tests.inventory.receipt_drawings import Bought, Drawn, draw, photo

OUT = Path(__file__).parents[2] / "spaces" / "inventory" / "examples"
OUTLET = "Ipoh Old Town"
SEED, DAYS, ITEMS = 11, 70, 8
HEADINGS = ("Date", "Branch", "Product", "Unit", "Received", "Closing stock", "Ordered", "Notes")
BAD = (
    ("31/11/2026", OUTLET, "chicken", "kg", "20", "31.5", "0", "November has thirty days"),
    ("19/11/2026", OUTLET, "beef", "kg", "0", "-4", "10", ""),
    ("19/11/2026", OUTLET, "eggs", "kg", "0", "2.5", "0", "eggs are counted"),
    ("19/11/2026", "", "tofu", "pcs", "0", "40", "0", ""),
    ("20/11/2026", OUTLET, "rice", "kg", "0", "1000000000", "0", "a thousand million"),
    ("20/11/2026", OUTLET, "noodles", "kg", "", "", "", "nothing was counted"),
)
MEASURES = {
    "CHICKEN WHOLE": "KG",
    "SANTAN SEGAR": "L",
    "BAWANG BESAR": "KG",
    "TELUR GRED A": "PCS",
    "PAPER NAPKINS": "",
}


class Weighed(Drawn):
    """A receipt that says in which unit things were bought."""

    @property
    def rows(self) -> list[tuple[str, str]]:
        measures = iter(MEASURES[one.name] for one in self.bought)
        return [
            (left.replace(" x ", f" {next(measures)} x ").replace("  x", " x"), right)
            if " x " in left
            else (left, right)
            for left, right in super().rows
        ]


RECEIPT = Weighed(
    company="KEDAI BEKALAN SERI CENDANA SDN BHD",
    day=date(2026, 11, 20),
    bought=(
        Bought("CHICKEN WHOLE", 10, 10.90),
        Bought("SANTAN SEGAR", 6, 8.75),
        Bought("BAWANG BESAR", 5, 4.20),
        Bought("TELUR GRED A", 60, 0.48),
        Bought("PAPER NAPKINS", 2, 6.50),
    ),
    paid=250.0,
    address=("NO 8, JALAN KENANGA 2", "30000 IPOH, PERAK"),
)
WIDTH, HEIGHT, QUALITY = 900, 1240, 82


def book() -> list[tuple[str, ...]]:
    """The rows of the file, the wrong ones among the last."""
    simulated = simulate(SEED, DAYS, outlets=1, items=ITEMS)
    records = sorted((replace(one, outlet=OUTLET) for one in simulated.records), key=lambda one: (one.day, one.item))
    rows = [
        (f"{one.day:%d/%m/%Y}", one.outlet, one.item, one.unit, *map(_shown, (one.stock_in, one.balance, one.order)),
         one.remark)
        for one in records
    ]  # fmt: skip
    return [*rows[:-ITEMS], *BAD, *rows[-ITEMS:]]


def _shown(amount: float) -> str:
    return "" if amount != amount else f"{amount:g}"


def main() -> None:
    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=OUT, help="folder of the files")

    out = options(__doc__, add).arguments.out
    with open(out / "stock_book.csv", "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADINGS, *book()])
    found = preview(out / "stock_book.csv")
    print(f"stock_book.csv: {found.rows} rows, {found.bad} bad, {found.mapping}, {found.date_format}")
    for problem in found.problems:
        print(f"  {problem}")

    picture = Image.fromarray(photo(draw(RECEIPT), tilt=4.0, size=(WIDTH, HEIGHT)))
    picture.save(out / "receipt.jpg", quality=QUALITY, optimize=True)
    read = scan(out / "receipt.jpg")
    print(f"receipt.jpg: {read.company}, {read.date}, {read.total} (drawn: {RECEIPT.total}), {read.engine}")
    for line in read.lines:
        print(f"  {line.quantity:g} {line.text} {line.price:.2f} {line.amount:.2f}")
    for path in (out / "stock_book.csv", out / "receipt.jpg"):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
