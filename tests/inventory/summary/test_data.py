"""What is said of a file before it is imported."""

import pytest

from inventory.summary.data import preview

FOUND = {
    "missing": (), "rows": 2, "good": 2, "bad": 0, "problems": (), "date_format": "DD/MM/YYYY",
    "columns": ("Item", "Day"), "mapping": {"day": "Day", "item": "Item"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2026-01-02", "The first day, 2026-01-02, is 2 January 2026."),
        ("03/04/2026", "The first day, 03/04/2026, is 3 April 2026."),
        ("soon", "kept aside.**\n"),
    ],
)
def test_how_dates_are_read_is_shown_by_the_first_of_them(cell, said):
    assert said in preview(FOUND | {"first": (("rice", cell),)})


def test_a_file_without_a_column_of_days_asks_for_it():
    said = preview(FOUND | {"first": (("rice", "x"),), "mapping": {"item": "Item"}, "missing": ("day",)})
    assert said.startswith("**Say in which column this is: ")
