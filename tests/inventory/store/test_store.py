"""The store in SQLite files and on a PostgreSQL server."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import store as database
from common.errors import UserError
from inventory.items import Item, Outlet
from inventory.panel import panel_of
from inventory.records import Record
from inventory.store import Store
from inventory.store import records as store_records
from inventory.store.feedback import ANOMALY, NOT_ANOMALY
from inventory.store.models import Prediction
from inventory.store.receipts import CONFIRMED, DISCARDED, SCANNED, Delivered

DAY = date(2026, 11, 22)
NAN = float("nan")


def record(day: int = 0, outlet: str = "Subang", item: str = "chicken", **values) -> Record:
    given = {"unit": "kg", "stock_in": 10.0, "balance": 4.5, "order": 2.0, "remark": ""} | values
    return Record(DAY + timedelta(days=day), outlet, item, **given)


def some(days: int = 4, outlets=("Subang", "Melaka Riverside"), items=("chicken", "rice")) -> list[Record]:
    return [
        record(day, outlet, item, balance=float(day + len(item)))
        for day in range(days)
        for outlet in outlets
        for item in items
    ]


def at_once(*acts) -> list:
    """What each act gave, all begun together."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def work(at: int, act) -> None:
        gate.wait()
        try:
            found[at] = act()
        except BaseException as error:
            found[at] = error

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# Records


def test_records_come_back_as_they_were_kept(store):
    kept = [record(remark="promotion, “raya” 🎉"), record(1, stock_in=0.1 + 0.2, order=0.0)]
    assert store.add_records(kept)[:3] == (2, 0, 0)
    assert list(store.records()) == kept
    assert store.latest_day() == DAY + timedelta(days=1)
    assert store.counts() == (2, 1, 1, DAY, DAY + timedelta(days=1))


def test_a_balance_that_was_not_counted_stays_open(store):
    store.add_records([record(balance=NAN)])
    [found] = store.records()
    assert np.isnan(found.balance) and found.stock_in == 10
    assert store.add_records([record(balance=NAN)])[:3] == (0, 0, 1), "the same once more"
    assert store.add_records([record(balance=3.0)])[:3] == (0, 1, 0)


def test_the_same_records_change_nothing_and_others_take_their_place(store):
    store.add_records(some())
    assert store.add_records(some())[:3] == (0, 0, 16)
    changed = [replace(one, balance=99.0) if one.day == DAY else one for one in some(5)]
    assert store.add_records(changed)[:3] == (4, 4, 12)
    assert {one.balance for one in store.records(first=DAY, last=DAY)} == {99.0}


def test_of_two_records_of_the_same_day_the_later_one_stands(store):
    assert store.add_records([record(balance=1.0), record(balance=2.0), record(balance=2.0)])[:3] == (1, 0, 0)
    assert [one.balance for one in store.records()] == [2.0]


def test_amounts_come_in_the_unit_of_their_item(store):
    store.add_records([record()])
    store.add_records([record(1, unit="g", stock_in=1500.0, balance=250.0, order=0.0)])
    assert list(store.records(first=DAY + timedelta(days=1))) == [record(1, stock_in=1.5, balance=0.25, order=0.0)]
    with pytest.raises(UserError, match="'l' can't become 'kg'"):
        store.add_records([record(2), record(3, unit="litre")])
    assert store.counts().records == 2, "all or none"


@pytest.mark.parametrize("wrong", [{"stock_in": -1.0}, {"balance": float("inf")}, {"order": NAN}])
def test_amounts_that_cannot_be_keep_all_out(store, wrong):
    with pytest.raises(ValueError, match="finite and not negative"):
        store.add_records([record(), record(1, **wrong)])
    assert store.counts() == (0, 0, 0, None, None)


def test_records_are_chosen_and_read_in_pages(store, monkeypatch):
    monkeypatch.setattr(store_records, "PAGE", 3)
    store.add_records(some(5))
    key = [(one.day, one.outlet, one.item) for one in store.records()]
    assert len(set(key)) == 20 and [day for day, *_ in key] == sorted(day for day, *_ in key)
    first, last = (DAY + timedelta(days=at) for at in (1, 3))
    chosen = list(store.records(outlet="subang", item="RICE", first=first, last=last))
    found = [(one.outlet, one.item, (one.day - DAY).days) for one in chosen]
    assert found == [("Subang", "rice", at) for at in (1, 2, 3)]
    assert store.count_records(item="rice") == 10 and store.count_records(last=DAY) == 4
    for _ in range(30):  # more than there are connections
        assert len(list(islice(store.records(), 2))) == 2
    with pytest.raises(UserError, match=r"There is no outlet 'Ipoh'. There are Melaka Riverside, Subang."):
        store.records(outlet="Ipoh")


def test_records_are_deleted_by_choice(store):
    store.add_records(some())
    assert store.delete_records(outlet="Subang", first=DAY + timedelta(days=2)) == 4
    assert store.count_records(outlet="Subang") == 4 and store.count_records() == 12


# The panel


def same_panel(one, other) -> bool:
    assert one.keys == other.keys and np.array_equal(one.days, other.days)
    for name in ("used", "stock_in", "balance", "ordered", "wasted", "promoted", "closed"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    return True


def test_the_panel_is_that_of_the_records(store):
    kept = [one for at, one in enumerate(some(6)) if at % 5]  # with holes
    words = ("Promosi raya", "", "tutup", "", "waste 2.5 kg")
    kept = [replace(one, remark=words[at % len(words)]) for at, one in enumerate(kept)]
    store.add_records(kept)
    assert same_panel(store.panel(), panel_of(kept))
    assert same_panel(store.panel(outlet="Subang"), panel_of([one for one in kept if one.outlet == "Subang"]))
    assert same_panel(store.panel(item="rice"), panel_of([one for one in kept if one.item == "rice"]))


def test_a_panel_since_a_day_knows_what_was_used_on_it(store):
    store.add_records(some(6))
    since = DAY + timedelta(days=3)
    assert same_panel(store.panel(since=since), panel_of(some(6)).since(np.datetime64(since)))
    assert not np.isnan(store.panel(since=since).used).any()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            record,
            st.integers(0, 30),
            st.sampled_from(["A", "b", "C"]),
            st.sampled_from(["x", "Y", "z"]),
            balance=st.floats(0, 1000),
            remark=st.sampled_from(["", "promo", "closed", "fine"]),
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda one: (one.day, one.outlet, one.item),
    )
)
def test_any_panel_is_that_of_its_records(file_store, records):
    file_store.delete_all()
    file_store.add_records(records)
    assert same_panel(file_store.panel(), panel_of(records))


def test_a_panel_of_nothing_and_of_a_wrong_year_are_refused(store):
    with pytest.raises(UserError, match="There are no records yet"):
        store.panel()
    store.add_records([record(), record(-4000)])
    with pytest.raises(UserError, match="Look for a wrong year"):
        store.panel()


# Outlets and items


def test_items_and_outlets_come_with_the_records_and_are_told_more(store):
    store.add_records(some(1))
    assert store.items() == [Item("chicken", "kg"), Item("rice", "kg")]
    chicken = Item("Chicken", "kg", "meat", 2.5, 2, 4, 11.9, ("ayam", "poultry"))
    store.set_item(chicken)
    store.set_item(Item("tofu", "biji"))
    assert store.items() == [chicken, Item("rice", "kg"), Item("tofu", "pcs")]
    store.add_outlet(Outlet("Subang", ("SS15", "subang")))
    store.add_outlet(Outlet("Penang Road"))
    assert store.outlets() == [Outlet("Melaka Riverside"), Outlet("Penang Road"), Outlet("Subang", ("SS15",))]


def test_an_alias_means_its_item(store):
    store.set_item(Item("chicken", "kg", aliases=("Ayam",)))
    store.add_outlet(Outlet("Subang", ("SS15",)))
    store.add_records([record(outlet="ss15", item="  AYAM ")])
    assert [(one.outlet, one.item) for one in store.records(outlet="Ss15", item="ayam")] == [("Subang", "chicken")]


def test_a_name_belongs_to_one_item(store):
    store.set_item(Item("chicken", "kg", aliases=("ayam",)))
    for wrong in (Item("Ayam", "kg"), Item("hen", "kg", aliases=("AYAM",)), Item("hen", "kg", aliases=("Chicken",))):
        with pytest.raises(UserError, match="is a name of the item 'chicken' already"):
            store.set_item(wrong)
    assert len(store.items()) == 1


def test_a_new_unit_of_an_item_converts_its_records(store):
    store.add_records([record(stock_in=1.5, balance=NAN)])
    store.set_item(Item("chicken", "g"))
    [found] = store.records()
    assert (found.unit, found.stock_in, found.order) == ("g", 1500, 2000) and np.isnan(found.balance)
    with pytest.raises(UserError, match="'g' can't become 'pcs'"):
        store.set_item(Item("chicken", "pcs"))
    store.set_item(Item("rice", "kg"))
    store.set_item(Item("rice", "bag"))  # without records it can


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Item(" ", "kg"), "name of the item is empty"),
        (Item("x" * 200, "kg"), "has 200 characters"),
        (Item("x", "spoon"), "'spoon' is not a known unit"),
        (Item("x", "kg", pack_size=0), "pack size of 'x' can't be 0"),
        (Item("x", "kg", lead_days=-1), "lead time in days of 'x' can't be -1"),
        (Item("x", "kg", price=NAN), "price of 'x' can't be nan"),
        (Item("x", "kg", shelf_life_days=0), "shelf life in days of 'x' can't be 0"),
    ],
)
def test_an_item_that_cannot_be_is_refused(file_store, wrong, said):
    with pytest.raises(UserError, match=said):
        file_store.set_item(wrong)
    assert file_store.items() == []


# Feedback on anomalies


def test_feedback_is_kept_once_and_can_be_undone(store):
    store.add_records([record()])
    first = store.add_feedback(DAY, "subang", "Chicken", "stock_loss")
    assert store.add_feedback(DAY, "Subang", "chicken", "stock_loss", NOT_ANOMALY) == first
    other = store.add_feedback(DAY, "Subang", "chicken", "data_entry", ANOMALY)
    found = store.feedback()
    assert [(one.id, one.day, one.outlet, one.item, one.kind, one.verdict) for one in found] == [
        (first, DAY, "Subang", "chicken", "stock_loss", NOT_ANOMALY),
        (other, DAY, "Subang", "chicken", "data_entry", ANOMALY),
    ]
    assert abs(datetime.now(timezone.utc) - found[0].created) < timedelta(minutes=1)
    assert store.undo_feedback(first) and not store.undo_feedback(first) and not store.undo_feedback(10**9)
    assert [one.id for one in store.feedback()] == [other]
    assert [one.undone is None for one in store.feedback(undone=True)] == [False, True]
    assert store.add_feedback(DAY, "Subang", "chicken", "stock_loss") not in (first, other)


def test_feedback_needs_what_is_there(store):
    store.add_records([record()])
    with pytest.raises(UserError, match=r"There is no item 'beef'. There are chicken."):
        store.add_feedback(DAY, "Subang", "beef", "stock_loss")
    with pytest.raises(ValueError, match="not_anomaly, anomaly"):
        store.add_feedback(DAY, "Subang", "chicken", "stock_loss", "maybe")


# Receipts


def test_a_receipt_enters_stock_once(store):
    store.add_records([record(), record(item="rice")])
    number = store.add_receipt({"company": "Kedai Ayam", "total": 35.2}, "photo.jpg")
    assert store.receipt(number).status == SCANNED and store.count_records() == 2
    lines = [Delivered("Chicken", 2500, "g", "AYAM SEGAR"), Delivered("chicken", 1.0), Delivered("rice", 0.1, "kg")]
    done = store.confirm_receipt(number, "subang", DAY, lines)
    assert (done.status, done.outlet, done.day) == (CONFIRMED, "Subang", DAY)
    assert [replace(line, beside=0.0) for line in done.lines] == lines
    assert [line.beside for line in done.lines] == [10, 10, 10]
    assert done.scanned == {"company": "Kedai Ayam", "total": 35.2} and done.confirmed >= done.created
    assert {one.item: (one.stock_in, one.balance) for one in store.records()} == {
        "chicken": (13.5, 4.5),
        "rice": (10.1, 4.5),
    }
    with pytest.raises(UserError, match=f"Receipt {number} was confirmed on .* can't enter stock again"):
        store.confirm_receipt(number, "Subang", DAY, lines)
    assert store.count_records(item="chicken") == 1 and next(store.records(item="chicken")).stock_in == 13.5


def test_a_delivery_on_a_day_without_records_leaves_the_balance_open(store):
    store.add_records([record()])
    later = DAY + timedelta(days=1)
    store.confirm_receipt(store.add_receipt({}), "Subang", later, [Delivered("chicken", 3.0)])
    [found] = store.records(first=later)
    assert found.stock_in == 3 and np.isnan(found.balance) and found.order == 0


@pytest.mark.parametrize(
    ("outlet", "lines", "said"),
    [
        ("Ipoh", [Delivered("rice", 1.0)], "no outlet 'Ipoh'"),
        ("Subang", [Delivered("rice", 1.0), Delivered("gold", 1.0)], "no item 'gold'"),
        ("Subang", [Delivered("rice", 1.0), Delivered("chicken", 1.0, "litre")], "'l' can't become 'kg'"),
        ("Subang", [Delivered("rice", 1.0), Delivered("chicken", -1.0)], "can't be -1"),
        ("Subang", [Delivered("rice", 1.0), Delivered("chicken", NAN)], "can't be nan"),
        ("Subang", [], "There are no lines to confirm"),
    ],
)
def test_a_receipt_that_cannot_enter_stock_changes_nothing(store, outlet, lines, said):
    kept = [record(), record(item="rice")]
    store.add_records(kept)
    number = store.add_receipt({})
    with pytest.raises(UserError, match=said):
        store.confirm_receipt(number, outlet, DAY, lines)
    assert list(store.records()) == kept and store.receipt(number).status == SCANNED


def test_of_many_who_confirm_at_once_one_is_heard(store):
    store.add_records([record()])
    number = store.add_receipt({})
    found = at_once(*[lambda: store.confirm_receipt(number, "Subang", DAY, [Delivered("chicken", 1.0)])] * 4)
    assert sum(isinstance(one, UserError) for one in found) == 3
    assert next(store.records()).stock_in == 11


def test_receipts_are_listed_and_put_away(store):
    ids = [store.add_receipt({"at": at}) for at in range(3)]
    store.discard_receipt(ids[1])
    assert [(one.id, one.status) for one in store.receipts()] == [
        (ids[2], SCANNED),
        (ids[1], DISCARDED),
        (ids[0], SCANNED),
    ]
    assert [one.id for one in store.receipts(SCANNED, limit=1)] == [ids[2]]
    with pytest.raises(UserError, match="was discarded"):
        store.confirm_receipt(ids[1], "Subang", DAY, [Delivered("rice", 1.0)])
    with pytest.raises(UserError, match="There is no receipt 10000000000"):
        store.receipt(10**10)


def test_names_on_receipts_are_learned(store):
    store.add_records(some(1))
    store.learn_receipt_name("AYAM  SEGAR 1KG", "chicken")
    store.learn_receipt_name("beras wangi", "chicken")
    store.learn_receipt_name("Beras Wangi", "rice")
    assert store.receipt_names() == {"ayam segar 1kg": "chicken", "beras wangi": "rice"}
    with pytest.raises(UserError, match="no item 'gold'"):
        store.learn_receipt_name("x", "gold")


# Models and predictions


def test_models_are_promoted_and_rolled_back(store):
    for name in ("a", "b", "c"):
        store.add_model(name, "forecast", {"wape": 0.25}, "f00d")
    store.add_model("z", "anomaly", {}, "")
    assert store.active_model("forecast") is None
    for name in ("a", "b", "z", "c"):
        store.promote_model(name)
    assert [(one.id, one.active, one.promoted) for one in store.models("forecast")] == [
        ("a", False, True), ("b", False, True), ("c", True, True)
    ]  # fmt: skip
    assert store.active_model("forecast").metrics == {"wape": 0.25} and store.active_model("anomaly").id == "z"
    assert store.roll_back_model("forecast").id == "b"
    store.drop_model("a")
    with pytest.raises(UserError, match="No forecast model answered before"):
        store.roll_back_model("forecast")
    with pytest.raises(UserError, match="answers already"):
        store.promote_model("b")
    with pytest.raises(UserError, match="Promote another one"):
        store.drop_model("b")
    with pytest.raises(UserError, match=r"There is no model 'a'. There are b, c, z."):
        store.promote_model("a")
    with pytest.raises(UserError, match="There is a model 'b' already"):
        store.add_model("b", "forecast", {}, "")


def test_rolling_back_past_a_model_that_was_dropped(store):
    for name in ("a", "b", "c"):
        store.add_model(name, "forecast", {}, "")
    for name in ("b", "a", "c", "a"):
        store.promote_model(name)
    store.drop_model("c")  # leaves b, a, a
    assert store.roll_back_model("forecast").id == "b"


def prediction(day: int, item: str = "rice", model: str = "m1", made: int = 0, middle: float = 10.0) -> Prediction:
    days = [DAY + timedelta(days=at) for at in (made, day)]
    return Prediction(model, days[0], "Subang", item, days[1], middle - 2, middle, middle + 3)


def test_predictions_stand_beside_what_happened(store):
    book = [record(0, balance=10.0), record(1, balance=8.0), record(2, stock_in=0.0, balance=0.0)]
    store.add_records([replace(one, item="rice") for one in book])
    store.add_predictions([prediction(1), prediction(2), prediction(3), prediction(1, model="m2", made=-1)])
    found = store.predictions()
    assert len(found) == 4 and found.day.tolist() == [DAY + timedelta(days=at) for at in (1, 1, 2, 3)]
    assert found.model.tolist() == ["m2", "m1", "m1", "m1"]
    assert found.low.tolist() == [8] * 4 and found.high.tolist() == [13] * 4
    np.testing.assert_array_equal(found.used, [12, 12, 8, NAN])
    np.testing.assert_array_equal(found.demand, [12, 12, NAN, NAN])  # it ran out on the second day
    assert store.predictions(model="m2").used.tolist() == [12]
    assert len(store.predictions(made_since=DAY)) == 3
    assert len(store.predictions(made_until=DAY - timedelta(days=1))) == 1
    store.add_predictions([prediction(3, middle=20.0)])
    assert store.predictions(model="m1").middle.tolist() == [10, 10, 20]


def test_predictions_of_what_is_not_there(store):
    assert len(store.predictions()) == 0
    store.add_records([record()])
    with pytest.raises(UserError, match="There is no item 'rice'"):
        store.add_predictions([prediction(1, "chicken"), prediction(1)])
    assert len(store.predictions()) == 0
    store.add_predictions([prediction(100, "chicken")])
    assert np.isnan(store.predictions().used).all()


# Everything


def test_everything_is_deleted(store):
    store.add_records(some())
    store.add_feedback(DAY, "Subang", "rice", "stock_loss")
    store.confirm_receipt(store.add_receipt({}), "Subang", DAY, [Delivered("rice", 1.0)])
    store.learn_receipt_name("beras", "rice")
    store.add_model("a", "forecast", {}, "")
    store.promote_model("a")
    store.add_predictions([prediction(1)])
    store.delete_all()
    assert store.counts() == (0, 0, 0, None, None) and store.items() == store.outlets() == []
    assert store.feedback(undone=True) == store.receipts() == store.models() == store.imports() == []
    assert store.receipt_names() == {} and len(store.predictions()) == 0


def test_threads_add_the_same_new_names_at_once(store):
    found = at_once(*[lambda at=at: store.add_records([record(at), record(at, item="rice")]) for at in range(6)])
    assert [one[:3] for one in found] == [(2, 0, 0)] * 6
    assert store.counts()[:3] == (12, 1, 2)


def test_what_is_kept_is_there_when_the_database_is_opened_again(url):
    first = Store.open(url)
    first.add_records(some())
    first.close()
    again = Store.open(url)
    assert sorted(map(str, again.records())) == sorted(map(str, some()))
    again.close()


def test_all_who_ask_share_one_store_of_the_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_SHARED", {})
    monkeypatch.setenv("DEMO_DATA_DIR", str(tmp_path / "one"))
    stores = at_once(*[Store.shared] * 3)
    assert stores[0] is stores[1] is stores[2]
    assert (tmp_path / "one" / "inventory" / "inventory.sqlite3").is_file()
    stores[0].close()


def test_the_modules_a_page_imports_bring_no_slow_library():
    code = (
        "import inventory.store, inventory.files.importing, inventory.files.exporting, sys; "
        "print(*{'sqlalchemy', 'alembic', 'psycopg', 'openpyxl', 'rapidfuzz', 'pandas'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
