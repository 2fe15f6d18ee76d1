"""What page and API do, with a real store and half a year of records."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from inventory import access, endpoints
from inventory.desk import Desk
from inventory.items import Item
from inventory.ordering.on_order import on_order
from inventory.ordering.today import by_forecast, by_neighbours, review_days, series_items, stock_of
from inventory.panel import panel_of
from inventory.questions import language_model
from inventory.questions.language_model import Reading
from inventory.questions.query import WORDS, line_of
from inventory.records import Record
from inventory.simulation.history import simulate
from inventory.store import Store
from tests.inventory.shops import filled


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """A desk whose records no test changes; verdicts are undone by those that give them."""
    folder = tmp_path_factory.mktemp("shops")
    store = Store.open(f"sqlite:///{folder / 'shops.sqlite3'}")
    filled(store)
    yield Desk(store, folder)
    store.close()


@pytest.fixture
def empty(file_store, tmp_path):
    return Desk(file_store, tmp_path)


def is_json(value) -> bool:
    return json.loads(json.dumps(value, allow_nan=False)) == value


def test_every_read_is_json_and_has_its_words(shops):
    given = {"forecast": ("Bangsar", "chicken"), "recommend_order": ("Bangsar",), "similar_outlets": ("Bangsar",)}
    skipped = {*access.WRITES, *endpoints.FILES, "preview_import", "rows_aside", "receipt", "ask", "scan_receipt"}
    for name in endpoints.OFFERED:
        function = getattr(shops, name)
        assert "\n" in function.__doc__.strip(), name
        if name not in skipped:
            assert is_json(function(*given.get(name, ()))), name


def test_the_overview_says_what_is_there_and_begins_with_what_is_urgent(shops):
    panel = shops.store.panel()
    found = shops.overview()
    assert found["today"] == str(panel.days[-1]) and len(found["items"]) == panel.shape[0] == 12
    stock = {(one["outlet"], one["item"]): one["stock"] for one in found["items"]}
    assert stock == {key: panel.balance[row, -1] for row, key in enumerate(panel.keys)}
    ranks = [("urgent", "order", "enough").index(one["urgency"]) for one in found["items"]]
    assert ranks == sorted(ranks)
    price = {item["name"]: item["price"] for item in shops.items()}
    worth = sum(price[item] * amount for (_, item), amount in stock.items())
    assert found["totals"]["stock_value"] == pytest.approx(worth, abs=0.01)
    assert len(found["lines"]) == min(9, found["totals"]["urgent"])
    only = shops.overview("bb")
    assert [one for one in found["items"] if one["outlet"] == "Bukit Bintang"] == only["items"]


def test_a_forecast_is_of_one_series_and_is_kept_in_the_log(shops):
    found = shops.forecast("bangsar", "ayam", 5)
    assert (found["outlet"], found["item"], found["unit"], found["version"]) == ("Bangsar", "chicken", "kg", None)
    today = shops.store.latest_day()
    assert found["days"] == [str(today + timedelta(days=ahead)) for ahead in range(1, 6)]
    quantiles = np.array([found[name] for name in ("low", "middle", "high")])
    assert quantiles.shape == (3, 5) and (quantiles >= 0).all() and (np.diff(quantiles, axis=0) >= 0).all()
    assert len(found["history"]["used"]) == 90 and found["reason"].startswith(found["model"])
    logged = shops.predictions("Bangsar", "chicken")
    assert len(logged) == 14 and {one["made"] for one in logged} == {str(today)}
    assert logged[-1]["middle"] == found["middle"][0] and logged[-1]["used"] is None


def test_what_was_read_stands_until_something_changes_whoever_changes_it(empty, tmp_path):
    filled(empty.store, 60)
    book = empty.book
    assert empty.book is book
    other = Store.open(empty.store.address)
    day = other.latest_day() + timedelta(days=1)
    other.add_records([Record(day, "Bangsar", "chicken", "kg", 1, 2)])
    assert empty.book is not book and empty.book.today == day
    assert empty.overview("Bangsar")["today"] == str(day)
    other.close()


def test_the_mark_changes_with_every_change_and_only_then(store):
    marks = [store.mark(), store.mark()]
    assert marks[0] == marks[1]
    for at in range(3):
        store.add_records([Record(date(2026, 3, 1 + at), "Subang", "rice", "kg", 1, 2)])
        marks.append(store.mark())
    assert len(set(marks)) == 4


def test_a_result_is_computed_once_for_those_who_ask_at_once(shops):
    from concurrent.futures import ThreadPoolExecutor

    calls = []
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: shops._books.once("a key", lambda: calls.append(1) or object()), range(8)))
    assert len(calls) == 1 and len(set(map(id, found))) == 1


def test_a_backtest_ranks_ways_to_forecast(shops):
    found = shops.backtest("Bangsar", cutoffs=2)
    errors = [one["wape"] for one in found["methods"]]
    assert errors == sorted(errors) and found["series"] == 4 and found["cutoffs"] == 2
    assert {"automatic choice", "seasonal naive"} < {one["name"] for one in found["methods"]}
    assert (date.fromisoformat(found["last"]) - date.fromisoformat(found["first"])).days == 14
    with pytest.raises(UserError, match="Ask for fewer"):
        shops.backtest(cutoffs=12)


def test_one_typing_error_does_not_rule_forecasts(empty):
    made = filled(empty.store, 120)
    before = empty.backtest("Bangsar", "chicken", cutoffs=2)["methods"][0]["wape"]
    [at] = [one for one in made.records if (one.outlet, one.item) == ("Bangsar", "chicken")][-10:-9]
    empty.store.add_records([replace(at, stock_in=99_999.0)])
    assert empty.backtest("Bangsar", "chicken", cutoffs=2)["methods"][0]["wape"] < before + 0.2


def test_a_verdict_takes_findings_away_and_its_undoing_brings_them_back(shops):
    before = shops.anomalies(days=180)
    one = shops.anomalies()[0]
    done = shops.anomaly_feedback(one["day"], one["outlet"], one["item"], one["kind"])
    assert done["anomalies"]["after"] < done["anomalies"]["before"]
    assert one not in shops.anomalies() and [kept["number"] for kept in shops.verdicts()] == [done["number"]]
    assert shops.undo_anomaly_feedback(done["number"])["anomalies"] == done["anomalies"]["before"]
    assert shops.anomalies(days=180) == before and shops.verdicts() == []
    with pytest.raises(UserError, match="no verdict"):
        shops.undo_anomaly_feedback(done["number"])


def test_findings_are_the_newest_first_and_fewer_for_a_lower_rate(shops):
    found = shops.anomalies(days=180)
    assert [one["day"] for one in found] == sorted((one["day"] for one in found), reverse=True)
    assert len(shops.anomalies(days=180, rate=0.005)) < len(found) < len(shops.anomalies(days=180, rate=1))
    assert shops.anomalies("Bangsar", days=180) == [one for one in found if one["outlet"] == "Bangsar"]


def test_orders_are_whole_packs_with_a_reason(shops):
    for method in ("forecast", "neighbours"):
        found = shops.recommend_order("Bangsar", method=method)
        assert {one["item"] for one in found} == {"chicken", "beef", "prawns", "fish fillet"}
        packs = {item["name"]: item["pack_size"] for item in shops.items()}
        assert all(one["quantity"] == one["packs"] * packs[one["item"]] and one["reason"] for one in found)
    more = shops.recommend_order("Bangsar", "chicken", service_level=0.999)[0]
    assert more["quantity"] >= shops.recommend_order("Bangsar", "chicken", service_level=0.5)[0]["quantity"]


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda desk: desk.forecast("Rome", "chicken"), "no outlet 'Rome'"),
        (lambda desk: desk.forecast("Bangsar", ""), "choose both"),
        (lambda desk: desk.forecast("Bangsar", "chicken", 15), "from 1 to 14"),
        (lambda desk: desk.forecast("Bangsar", "chicken", 2.5), "whole number"),
        (lambda desk: desk.recommend_order("Bangsar", method="dice"), "no method 'dice'"),
        (lambda desk: desk.recommend_order("Bangsar", service_level=2), "service level of 2"),
        (lambda desk: desk.records(first="31.3.2026"), "Write it as 2026-03-31"),
        (lambda desk: desk.records(first="2026-03-02", last="2026-03-01"), "Swap them"),
        (lambda desk: desk.records(page=0), "page is 0"),
        (lambda desk: desk.export_records("pdf"), "csv or xlsx"),
        (lambda desk: desk.preview_import(""), "no file yet"),
        (lambda desk: desk.preview_import("x.csv", mapping="day"), "headings by field"),
        (lambda desk: desk.rows_aside(7), "no import 7"),
        (lambda desk: desk.anomalies(rate=0), "rate of false alarms is 0"),
        (lambda desk: desk.anomaly_feedback("", "Bangsar", "chicken", "stock_loss"), "day of the finding"),
        (lambda desk: desk.anomaly_feedback("2026-01-01", "Bangsar", "chicken", "theft"), "There are"),
        (lambda desk: desk.load_example(), "Delete everything first"),
        (lambda desk: desk.delete_everything("yes"), "'yes' doesn't confirm"),
        (lambda desk: desk.similar_outlets(""), "Choose one"),
        (lambda desk: desk.scan_receipt(""), "no receipt yet"),
        (lambda desk: desk.receipts("lost"), "no status 'lost'"),
        (lambda desk: desk.ask("why " * 200), "at most 500"),
        (lambda desk: desk.set_item("lentils"), "has no unit"),
        (lambda desk: desk.train("prices"), "no models of the kind"),
        (lambda desk: desk.drift(1), "from 7 to 366"),
    ],
)
def test_what_cannot_be_meant_is_said(shops, call, said):
    with pytest.raises(UserError, match=said):
        call(shops)


def test_an_empty_database_says_what_to_do(empty):
    assert empty.health()["records"] == 0 and empty.records()["total"] == 0 and empty.items() == []
    calls = (empty.overview, empty.anomalies, empty.backtest, empty.drift, empty.train, lambda: empty.ask("Stock?"))
    for call in calls:
        with pytest.raises(UserError, match="no records"):
            call()


def test_records_go_out_and_come_in_again(shops, empty, tmp_path):
    file = shops.export_records("csv", "Bangsar", folder=tmp_path)
    assert Path(file).name == "stock-records_Bangsar.csv" and Path(file).is_relative_to(tmp_path)
    total = shops.records("Bangsar")["total"]
    assert empty.preview_import(file)["good"] == total
    done = empty.import_records(file, name="mine.csv")
    assert done["added"] == total and empty.imports()[0]["file"] == "mine.csv"
    there, here = (list(desk.store.records("Bangsar")) for desk in (shops, empty))
    assert sorted(map(str, here)) == sorted(map(str, there))
    assert empty.import_records(file)["added"] == 0


def test_pages_of_records_are_the_newest_first_and_complete(shops):
    total, pages = (shops.records("BB", "beef")[name] for name in ("total", "pages"))
    days = [one["day"] for page in range(1, pages + 1) for one in shops.records("BB", "beef", page=page)["records"]]
    assert len(days) == total and days == sorted(days, reverse=True)


def test_rows_kept_aside_are_shown_and_given_back(empty, tmp_path):
    file = tmp_path / "book.csv"
    file.write_text("Date,Outlet,Item,Unit,Stock in,Balance\n2026-03-01,JB,rice,kg,1,5\n2026-03-02,JB,rice,kg,-4,5\n")
    number = empty.import_records(str(file))["id"]
    [row] = empty.rows_aside(number)
    assert row["line"] == 3 and "-4" in row["cells"] and row["reason"]
    assert "-4" in Path(empty.export_rows_aside(number, folder=tmp_path)).read_text(encoding="utf-8-sig")


def test_an_item_keeps_what_is_not_said(empty):
    assert empty.set_item("rice", "kg", price=3.2, shelf_life_days=30, aliases=["beras"])["lead_days"] == 1
    found = empty.set_item("BERAS", lead_days=3)
    assert (found["name"], found["price"], found["lead_days"], found["shelf_life_days"]) == ("rice", 3.2, 3, 30)
    assert empty.set_item("rice", shelf_life_days=0)["shelf_life_days"] is None
    empty.add_outlet("Johor Bahru", ["JB"])
    assert empty.add_outlet("johor bahru") == [{"name": "johor bahru", "aliases": ["JB"]}]


def test_the_example_fills_an_empty_database_only_and_all_can_be_deleted(empty, monkeypatch):
    monkeypatch.setattr("inventory.desk.data.simulate", lambda seed: simulate(seed, 30, 2, 3))
    found = empty.load_example()
    assert found["records"] == empty.records()["total"] > 100 and (found["outlets"], found["items"]) == (2, 3)
    with pytest.raises(UserError, match="already"):
        empty.load_example()
    assert empty.delete_everything("Delete")["records"] == found["records"]
    assert empty.health()["records"] == 0 and empty.outlets() == []


def scanned(**lines):
    fields = {"company": "PASAR", "date": "2026-03-01", "total": 22.0, "tax": None, "currency": "MYR", "engine": "text"}
    empty = {"confidence": {}, "printed": {}, "checks": [], "warnings": [], "text": "", "seconds": 0.1}
    return (
        fields
        | empty
        | {
            "lines": [
                {"text": text, "quantity": 2.0, "unit": unit, "price": 11.0, "amount": 22.0, "confidence": 0.9}
                for text, unit in lines.items()
            ]
        }
    )


def test_a_reviewed_receipt_enters_stock_once_and_is_learned_from(empty):
    filled(empty.store, 40)
    day = str(empty.store.latest_day())
    number = empty.store.add_receipt(scanned(AYAM="KG", SCREWS="PCS"), "r.jpg")
    chicken, screws = empty.receipt(number)["lines"]
    assert (chicken["item"], chicken["amount_in_stock"], chicken["stock_unit"]) == ("chicken", 2, "kg")
    assert screws["item"] is None and screws["amount_in_stock"] is None
    with pytest.raises(UserError, match="to come"):
        empty.confirm_receipt(number, "Bangsar", "2199-01-01", [{"item": "chicken", "amount": 2}])
    with pytest.raises(UserError, match="give a number"):
        empty.confirm_receipt(number, "Bangsar", day, [{"item": "chicken", "amount": "two"}])
    before = empty.records("Bangsar", "chicken")["records"][0]["stock_in"]
    lines = [{"item": "chicken", "amount": 2, "unit": " ", "text": "PLUMP HEN"}]
    done = empty.confirm_receipt(number, "Bangsar", day, lines)
    assert done["status"] == "confirmed"
    assert [line["beside"] for line in done["lines"]] == [before]
    assert empty.records("Bangsar", "chicken")["records"][0]["stock_in"] == before + 2
    assert empty.receipt(empty.store.add_receipt(scanned(**{"PLUMP HEN": ""})))["lines"][0]["item"] == "chicken"
    with pytest.raises(UserError, match="confirmed"):
        empty.confirm_receipt(number, "Bangsar", day, lines)
    assert [one["status"] for one in empty.receipts()] == ["scanned", "confirmed"]
    assert empty.discard_receipt(empty.receipts()[0]["number"])["status"] == "discarded"


class Said:
    """Reads every question as the same line."""

    def __init__(self, line: str) -> None:
        self.line = line_of(line)

    def read(self, words, allowed) -> Reading:
        return Reading(self.line, 1.0)


@pytest.mark.parametrize("intent", ["stock", "forecast", "to_order"])
def test_a_question_is_answered_by_the_same_numbers_as_the_page(shops, monkeypatch, intent):
    monkeypatch.setattr(language_model, "load", lambda: Said(f"{WORDS[intent]} Item ayam Place bangsar"))
    found = shops.ask("Berapa ayam di Bangsar?")
    [one] = [one for one in shops.overview("Bangsar")["items"] if one["item"] == "chicken"]
    ahead = sum(shops.forecast("Bangsar", "chicken", 7)["middle"])
    expected = {"stock": one["stock"], "forecast": ahead, "to_order": one["order"]}[intent]
    assert found["understood"] and is_json(found) and found["query"]["items"] == ["chicken"]
    assert sum(row["value"] for row in found["rows"]) == pytest.approx(expected, abs=0.01)


# Orders of all series


def book(*rows: tuple[float, float, float], item: str = "rice"):
    """A panel of one series: what came in, balance, order of each day."""
    first = date(2026, 3, 2)
    return panel_of(Record(first + timedelta(days=at), "A", item, "kg", *row) for at, row in enumerate(rows))


@pytest.mark.parametrize(
    "rows, lead, coming",
    [
        ([(0, 9, 0), (0, 8, 5)], 1, 5),  # comes tomorrow
        ([(0, 9, 5), (5, 12, 0)], 1, 0),  # came today
        ([(0, 9, 5), (0, 7, 0)], 1, 5),  # was due today
        ([(0, 9, 5), (2, 7, 0)], 1, 3),  # a part came
        ([(0, 9, 5), (0, 7, 6), (0, 5, 0)], 2, 11),
        ([(0, 9, 5), *[(0, 7, 0)] * 4], 1, 0),  # nobody waits that long
    ],
)
def test_what_is_on_order_has_not_come(rows, lead, coming):
    assert on_order(book(*rows), [Item("rice", "kg", lead_days=lead)]) == pytest.approx([coming])


def test_the_stock_is_the_last_count_and_what_came_since():
    found = stock_of(book((0, 9, 0), (4, np.nan, 0), (2, np.nan, 0)), [Item("rice", "kg")])
    assert (found.amount.tolist(), found.counted.tolist()) == ([15.0], [0])
    never = stock_of(book((3, np.nan, 0)), [Item("rice", "kg")])
    assert (never.amount.tolist(), never.counted.tolist()) == ([3.0], [-1])


def test_a_long_delivery_is_covered_by_a_forecast_that_goes_on(shops):
    panel = shops.store.panel()
    items = series_items(panel, [replace(item, lead_days=40, shelf_life_days=None) for item in shops.book.items])
    made = shops.foretold(shops.book)
    found = by_forecast(panel, items, made, 7)
    assert all("last for the next 46 days" in one.reason for one in found)
    with pytest.raises(UserError):
        by_forecast(panel, items, made, 7, service_level=0.2)


def test_neighbours_vote_where_stock_is_short_and_not_where_it_is_there(shops):
    panel = shops.store.panel()
    items = series_items(panel, shops.book.items)
    rows = [row for row, (outlet, _) in enumerate(panel.keys) if outlet == "Bangsar"]
    for amount, packs in ((0.0, True), (1e5, False)):
        balance, ordered = panel.balance.copy(), panel.ordered.copy()
        balance[rows, -1], ordered[rows, -5:] = amount, 0
        found = by_neighbours(replace(panel, balance=balance, ordered=ordered), items, "Bangsar", 3)
        assert [one.packs > 0 for one in found] == [packs] * 4
        assert {one.urgency for one in found} == ({"urgent"} if packs else {"enough"})


def test_days_until_the_next_order_follow_the_shelf_life():
    panel = book((0, 9, 0))  # a Monday
    assert review_days(panel, [Item("rice", "kg", shelf_life_days=2)]) == 1
    assert review_days(panel, [Item("rice", "kg")]) == 3
    assert review_days(panel, [Item("rice", "kg")], 9) == 9
