"""The log of predictions as the page shows it."""

from inventory.summary.models import prediction_rows

ONE = {"day": "2026-06-13", "item": "rice", "outlet": "Subang", "low": 1.0, "middle": 2.0, "high": 3.0, "used": None}


def test_what_can_be_compared_comes_first_and_what_versions_say_alike_stands_once():
    other = ONE | {"middle": 2.5}
    came = ONE | {"day": "2026-06-01", "used": 4.0}
    rows = prediction_rows([ONE, ONE, other, came])
    assert [row[2].split()[0] for row in rows] == ["2", "2", "2.5"] and rows[0][3] == "4"
