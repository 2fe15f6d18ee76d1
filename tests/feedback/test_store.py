"""The store in SQLite files and on a PostgreSQL server: what is kept, chosen, decided and forgotten."""

import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import store as database
from common.errors import UserError
from common.store import open_engine
from feedback.store import Store
from feedback.tables import (
    ADDED,
    CONFIRMED,
    CORRECTED,
    CORRECTION,
    DISMISSED,
    WAITING,
    AddedLabel,
    Example,
    Stored,
    storable,
    tables,
)

NOON = datetime(2025, 3, 30, 12, tzinfo=timezone.utc)
WHOLE = Stored(
    label="bug",
    confidence=0.625,
    text="It freezes 🥶 when I “save”",
    top=(("bug", 0.625), ("complaint", 0.25), ("other", 0.125)),
    unsure=True,
    why="The confidence is below 80%.",
    version="v3",
    language="en",
    source="page",
    seconds=0.0125,
    distance=0.75,
    created=NOON,
)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def some(count: int, **values) -> list[Stored]:
    """Predictions a minute apart."""
    return [replace(WHOLE, text=f"text {at}", created=NOON + minutes(at), **values) for at in range(count)]


def texts(rows) -> list[str | None]:
    return [row.text for row in rows]


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


def test_a_prediction_comes_back_as_it_was_kept(store):
    [number] = store.add_predictions([WHOLE])
    assert store.get(number) == replace(WHOLE, id=number, review=WAITING)


def test_what_is_kept_is_there_when_the_database_is_opened_again(url):
    first = Store.open(url)
    [number] = first.add_predictions([WHOLE])
    first.close()
    again = Store.open(url)
    assert again.get(number).text == WHOLE.text
    again.close()


def test_the_revisions_make_the_tables_as_they_are_declared(url):
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    Store.open(url).close()
    engine = open_engine("feedback", url)
    with engine.connect() as connection:
        options = {
            "version_table": "feedback_version",
            "compare_type": True,
            "target_metadata": tables().labels.metadata,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables().labels.metadata) == []
    engine.dispose()
    assert all(name.startswith("feedback_") for name in tables().labels.metadata.tables)


def test_ids_are_in_the_order_of_the_rows_however_many(store):
    rows = some(2500)  # more than are sent to the database at once
    ids = store.add_predictions(rows)
    assert len(set(ids)) == 2500
    for at in (0, 999, 1000, 1001, 2499):
        assert store.get(ids[at]).text == f"text {at}"
    assert store.add_predictions([]) == []


def test_many_rows_are_kept_fast(file_store):
    rows = some(20_000)
    start = time.process_time()  # which other work on this machine does not change
    file_store.add_predictions(rows)
    assert time.process_time() - start < 5, "200,000 would take more than 50 seconds"
    assert file_store.count() == 20_000


def test_one_wrong_row_keeps_all_of_them_out(store):
    wrong = [
        replace(WHOLE, confidence=1.01),
        replace(WHOLE, confidence=float("nan")),
        replace(WHOLE, review="done"),
        replace(WHOLE, created=NOON.replace(tzinfo=None)),
    ]
    for row, said in zip(wrong, ("1.01", "nan", "'done'", "needs a zone"), strict=True):
        with pytest.raises(ValueError, match=said):
            store.add_predictions([WHOLE, row])
    with pytest.raises(Exception, match=r"(?i)null"):  # the database's own error
        store.add_predictions([WHOLE, replace(WHOLE, label=None)])
    assert store.count() == 0


def test_numbers_of_numpy_and_those_that_are_missing(store):
    row = replace(
        WHOLE,
        confidence=np.float32(0.5),
        top=(("bug", np.float32(0.5)),),
        unsure=np.bool_(False),
        seconds=float("nan"),
        distance=np.float32(0.25),
    )
    [number] = store.add_predictions([row])
    found = store.get(number)
    assert (found.confidence, found.top, found.unsure, found.seconds) == (0.5, (("bug", 0.5),), False, None)
    assert found.distance == 0.25 and type(found.distance) is float


def test_the_time_is_now_unless_it_is_given_and_any_zone_is_understood(store):
    before = datetime.now(timezone.utc)
    ids = store.add_predictions(
        [replace(WHOLE, created=None), replace(WHOLE, created=NOON.astimezone(timezone(timedelta(hours=5.5))))]
    )
    assert before <= store.get(ids[0]).created <= datetime.now(timezone.utc)
    assert store.get(ids[1]).created == NOON and store.get(ids[1]).created.utcoffset() == timedelta()


def test_what_is_unsure_waits_where_its_text_is_kept(store):
    rows = [
        WHOLE,
        replace(WHOLE, unsure=False),
        replace(WHOLE, text=None),
        replace(WHOLE, unsure=False, review=WAITING),
    ]
    found = [store.get(number).review for number in store.add_predictions(rows)]
    assert found == [WAITING, None, None, WAITING]


def test_keeping_nothing_keeps_the_label_and_the_numbers_alone(store, url):
    [number] = store.add_predictions([replace(WHOLE, text=None)])
    found = store.get(number)
    assert found == replace(WHOLE, text=None, id=number)
    assert store.decide(number, CORRECTED, "praise")
    assert store.examples() == [] and store.get(number).decided == "praise"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60), st.text(max_size=10))
def test_any_text_is_kept_and_what_has_no_place_is_replaced(store, text, why):
    [number] = store.add_predictions([replace(WHOLE, text=text, why=why, source=text)])
    found = store.get(number)
    expected = "".join("\ufffd" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text)
    assert found.text == found.source == expected
    assert found.why == why.replace("\0", "\ufffd")


def test_what_no_database_takes_is_replaced_everywhere(store):
    odd = "a\0b\ud83dc"
    assert storable(odd) == "a\ufffdb\ufffdc" and storable("🥶") == "🥶"
    assert store.add_label(AddedLabel("gift", odd, odd), [odd])
    [label], [example] = store.labels(), store.examples()
    assert label.title == label.description == example.text == "a\ufffdb\ufffdc"


def test_an_id_that_is_not_there_gives_nothing(store):
    [number] = store.add_predictions([WHOLE])
    for wrong in (number + 1, 0, -number, 2**31, 2**63, 10**30):
        assert store.get(wrong) is None
    assert not store.decide(number + 1, CONFIRMED, "bug") and not store.undo(number + 1)


def test_predictions_are_chosen_by_time_and_by_what_they_are(store):
    store.add_predictions([*some(4), replace(WHOLE, text="other", label="praise", version="v4", unsure=False)])
    assert texts(store.iterate(since=NOON + minutes(1), until=NOON + minutes(3))) == ["text 1", "text 2"]
    assert texts(store.iterate(label="praise")) == texts(store.iterate(version="v4", review=None)) == ["other"]
    assert store.count() == 5 and store.count(label="bug") == 4 and store.count(source="file") == 0
    assert store.count(unsure=True, since=NOON + minutes(2)) == 2
    with pytest.raises(TypeError, match="can't be chosen by colour"):
        store.count(colour="red")
    with pytest.raises(ValueError, match="needs a zone"):
        store.count(since=datetime(2025, 1, 1))


def test_all_are_gone_through_once_however_many_pages(store, monkeypatch):
    monkeypatch.setattr("feedback.store.PAGE", 3)
    for count in (1, 3, 4, 6):
        store.forget()
        store.add_predictions(some(count))
        assert texts(store.iterate()) == [f"text {at}" for at in range(count)]
    for _ in range(30):  # more than there are connections
        unfinished = store.iterate()
        assert texts(islice(unfinished, 1)) == ["text 0"]
    store.add_predictions([replace(WHOLE, text="late")])
    assert texts(unfinished) == [*(f"text {at}" for at in range(1, 6)), "late"]


def test_pages_are_in_the_order_that_is_asked_for(store):
    confidences = {"b": 0.5, "a": 0.25, "c": 0.5, "d": 0.125}
    rows = [
        replace(WHOLE, text=name, confidence=value, created=NOON - minutes(at // 2))
        for at, (name, value) in enumerate(confidences.items())
    ]
    store.add_predictions(rows)
    assert texts(store.page("confidence", 9)) == ["d", "a", "b", "c"]
    assert texts(store.page("oldest", 9)) == ["c", "d", "b", "a"]
    assert texts(store.page("newest", 9)) == ["a", "b", "d", "c"]
    assert texts(store.page("confidence", 2, 1)) == ["a", "b"]
    assert texts(store.page("oldest", 9, since=NOON)) == ["b", "a"]


def test_the_history_is_arrays_from_the_oldest_to_the_newest(store):
    rows = [
        replace(WHOLE, created=NOON + minutes(2), label="praise", seconds=None),
        replace(WHOLE, created=NOON, text=None, unsure=False, distance=None),
        replace(WHOLE, created=NOON + minutes(1), version="v4", confidence=0.25),
    ]
    store.add_predictions(rows)
    history = store.history()
    assert len(history) == 3
    assert history.created.tolist() == [NOON.replace(tzinfo=None) + minutes(at) for at in range(3)]
    assert history.created.dtype == "datetime64[us]" and history.unsure.dtype == bool
    assert history.label.tolist() == ["bug", "bug", "praise"]
    assert history.version.tolist() == ["v3", "v4", "v3"]
    assert history.confidence.tolist() == [0.625, 0.25, 0.625]
    assert history.unsure.tolist() == [False, True, True]
    assert np.array_equal(history.seconds, [0.0125, 0.0125, np.nan], equal_nan=True)
    assert np.array_equal(history.distance, [np.nan, 0.75, 0.75], equal_nan=True)
    assert store.history(last=2).label.tolist() == ["bug", "praise"]
    assert store.history(version="v4").confidence.tolist() == [0.25]
    empty = store.history(version="v5")
    assert len(empty) == 0 and empty.confidence.dtype == float and empty.created.dtype == "datetime64[us]"


def test_a_decision_is_written_once_and_becomes_a_training_row(store):
    first, other = store.add_predictions([WHOLE, replace(WHOLE, text="other", unsure=False)])
    before = datetime.now(timezone.utc)
    assert store.decide(first, CORRECTED, "complaint", "bug")
    found = store.get(first)
    assert (found.review, found.decided, found.decided_second) == (CORRECTED, "complaint", "bug")
    assert before <= found.reviewed <= datetime.now(timezone.utc)
    [row] = store.examples()
    assert row == Example(WHOLE.text, "complaint", "bug", CORRECTION, first, row.created, row.id)
    assert row.created == found.reviewed
    assert not store.decide(first, CONFIRMED, "bug") and not store.decide(first, DISMISSED)
    assert store.get(first) == found and store.examples() == [row]
    assert store.decide(other, CONFIRMED, "bug"), "also what nobody was asked about"
    assert [row.label for row in store.examples()] == ["complaint", "bug"]


def test_what_is_dismissed_teaches_nothing(store):
    [number] = store.add_predictions([WHOLE])
    assert store.decide(number, DISMISSED)
    assert (store.get(number).review, store.get(number).decided, store.examples()) == (DISMISSED, None, [])
    assert not store.decide(number, CONFIRMED, "bug")
    assert store.decisions() == []


def test_a_decision_is_undone_with_its_training_row(store):
    unsure, sure, nothing, other = store.add_predictions(
        [WHOLE, replace(WHOLE, unsure=False), replace(WHOLE, text=None), replace(WHOLE, text="other")]
    )
    before = {number: store.get(number) for number in (unsure, sure, nothing)}
    for number in (unsure, sure, nothing):
        assert not store.undo(number), "nothing is decided yet"
        assert store.decide(number, CORRECTED, "praise", "bug")
    assert store.decide(other, CONFIRMED, "bug")
    for number in (unsure, sure, nothing):
        assert store.undo(number)
        assert store.get(number) == before[number]
    assert [row.prediction for row in store.examples()] == [other]
    assert store.decide(unsure, DISMISSED) and store.undo(unsure) and store.get(unsure).review == WAITING
    assert store.decide(unsure, CONFIRMED, "bug")


def test_of_two_who_decide_at_once_one_is_heard(store):
    ids = store.add_predictions(some(10))
    for number in ids:
        found = at_once(*(partial(store.decide, number, CORRECTED, label) for label in ("praise", "other")))
        assert sorted(found) == [False, True]
        assert store.get(number).decided == ("praise", "other")[found.index(True)]
    assert [row.prediction for row in store.examples()] == ids
    assert all(row.label == store.get(row.prediction).decided for row in store.examples())


def test_decisions_are_counted_by_pair_and_from_a_time_on(store):
    ids = store.add_predictions(some(4))
    for number, label in zip(ids, ("bug", "praise", "praise"), strict=False):
        store.decide(number, CONFIRMED if label == "bug" else CORRECTED, label)
    assert store.decisions() == [("bug", "bug", 1), ("bug", "praise", 2)]
    last = store.get(ids[2]).reviewed
    assert store.decisions(since=last) == [("bug", "praise", 1)]
    assert store.decisions(since=last + minutes(1)) == []


def test_a_label_is_added_with_its_examples_or_not_at_all(store):
    assert store.labels() == []
    assert store.add_label(AddedLabel("gift", "Gift", "Ideas.", NOON), ["one", "two"])
    assert store.add_label(AddedLabel("cost", "Cost", "Money.", NOON - minutes(1)), ["three"])
    assert not store.add_label(AddedLabel("gift", "Again", "No.", NOON), ["four"])
    assert store.labels() == [
        AddedLabel("cost", "Cost", "Money.", NOON - minutes(1)),
        AddedLabel("gift", "Gift", "Ideas.", NOON),
    ]
    assert [(row.text, row.label, row.source) for row in store.examples()] == [
        ("one", "gift", ADDED),
        ("two", "gift", ADDED),
        ("three", "cost", ADDED),
    ]
    assert [row.text for row in store.examples(label="cost")] == ["three"]
    assert store.examples(source=CORRECTION) == []


def test_a_label_that_is_removed_leaves_no_training_row_and_no_decision(store):
    store.add_label(AddedLabel("gift", "Gift", "Ideas."), ["one"])
    store.add_label(AddedLabel("cost", "Cost", "Money."), ["two"])
    as_gift, as_second, sure, other = store.add_predictions(
        [WHOLE, replace(WHOLE, text="b"), replace(WHOLE, text="c", unsure=False), replace(WHOLE, text="d")]
    )
    store.decide(as_gift, CORRECTED, "gift", "bug")
    store.decide(as_second, CONFIRMED, "bug", "gift")
    store.decide(sure, CORRECTED, "gift")
    store.decide(other, CORRECTED, "cost", "bug")
    assert store.remove_label("gift")
    assert [label.id for label in store.labels()] == ["cost"]
    assert [(row.text, row.label, row.second) for row in store.examples()] == [
        ("two", "cost", None),
        ("b", "bug", None),
        ("d", "cost", "bug"),
    ]
    assert [store.get(number).review for number in (as_gift, as_second, sure, other)] == [
        WAITING,
        CONFIRMED,
        WAITING,
        CORRECTED,
    ]
    assert store.get(as_gift).decided is None and store.get(as_second).decided_second is None
    assert not store.remove_label("gift") and not store.remove_label("bug")


def test_all_is_forgotten_and_no_id_comes_again(store):
    ids = store.add_predictions(some(3))
    store.add_label(AddedLabel("gift", "Gift", "Ideas."), ["an example"])
    store.decide(ids[0], CONFIRMED, "bug")
    assert store.forget() == (3, 1)
    assert store.count() == 0 and store.decisions() == []
    assert [row.text for row in store.examples()] == ["an example"], "it goes with its label"
    assert store.forget() == (0, 0)
    [number] = store.add_predictions([WHOLE])
    assert number > max(ids)


def test_what_came_before_a_time_is_forgotten(store):
    ids = store.add_predictions(some(4))
    for number in ids[1:3]:
        store.decide(number, CONFIRMED, "bug")
    assert store.forget(before=NOON + minutes(2)) == (2, 1)
    assert texts(store.iterate()) == ["text 2", "text 3"]
    assert [row.text for row in store.examples()] == ["text 2"]


def test_training_rows_can_be_kept_and_forgotten_later(store):
    ids = store.add_predictions(some(2))
    for number in ids:
        store.decide(number, CONFIRMED, "bug")
    assert store.forget(corrections=False) == (2, 0)
    assert [(row.text, row.prediction) for row in store.examples()] == [("text 0", None), ("text 1", None)]
    assert store.forget(before=NOON) == (0, 0), "they were made later"
    assert store.forget() == (0, 2) and store.examples() == []


def test_what_was_forgotten_is_in_no_file(tmp_path):
    store = Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    store.add_label(AddedLabel("gift", "Gift", "Ideas."), ["this text stays here"])
    ids = store.add_predictions([*some(200), replace(WHOLE, text="Frau Petersen hat sich beschwert")])
    store.decide(ids[-1], CONFIRMED, "bug")

    def written() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    assert b"Petersen" in written()
    store.forget()
    assert b"Petersen" not in written() and b"text 150" not in written()
    assert store.count() == 0
    store.close()
    assert b"this text stays here" in written()


def test_threads_keep_and_decide_at_once(store):
    def work() -> list[int]:
        ids = [store.add_predictions([row])[0] for row in some(8)]
        assert all(store.decide(number, CONFIRMED, "bug") for number in ids[::2])
        return ids

    found = at_once(*[work] * 4)
    assert len({number for ids in found for number in ids}) == 32
    assert store.count() == 32 and store.count(review=CONFIRMED) == len(store.examples()) == 16


def test_all_who_ask_share_one_store_of_the_settings(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_SHARED", {})
    monkeypatch.setenv("DEMO_DATA_DIR", str(tmp_path / "one"))
    stores = at_once(*[Store.shared] * 3)
    assert stores[0] is stores[1] is stores[2]
    stores[0].add_predictions([WHOLE])
    assert (tmp_path / "one" / "feedback" / "feedback.sqlite3").is_file()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    other = Store.shared()
    assert other is not stores[0] and other.count() == 0
    for store in (stores[0], other):
        store.close()


def test_a_database_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "a.sqlite3").write_text("this is no database at all" * 100)
    with pytest.raises(UserError, match=r"a\.sqlite3' can't be used"):
        Store.open(f"sqlite:///{tmp_path / 'a.sqlite3'}")


def test_the_modules_a_page_imports_bring_no_database_library():
    code = (
        "import feedback.store, feedback.labels, feedback.review, feedback.drift, sys; "
        "print(*{'sqlalchemy', 'alembic', 'psycopg'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
