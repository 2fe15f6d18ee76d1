"""What page and API do, with a real store and a small trained classifier."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from common.errors import UserError
from feedback import data, train
from feedback import desk as desks
from feedback.desk import Desk, newest_rows
from feedback.lab import Lab
from feedback.tables import Stored
from feedback.versions import Versions
from tests.feedback.tiny import make_base

MIXED = "I love the colours. But it crashes when I open a photo. Mail tessa@example.com please."


@pytest.fixture(scope="module")
def folder(tmp_path_factory, one_thread):
    """A data folder with two versions, of which the first is the shipped one and the second answers."""
    folder = tmp_path_factory.mktemp("desk")
    base = make_base(folder / "base")
    settings = train.Settings(str(base), epochs=1, most=64)
    train.train([], folder / "shipped", settings)
    train.train([], folder / "versions" / "second", settings)
    (folder / "versions" / "active.json").write_text('["second"]')
    return folder


@pytest.fixture
def desk(folder, file_store, monkeypatch):
    monkeypatch.setattr("feedback.versions.weights.path", lambda model: folder / "shipped")
    return Desk(folder, file_store)


@pytest.fixture
def lab(desk):
    return Lab(desk)


def is_json(value) -> bool:
    return json.loads(json.dumps(value)) == value


def test_a_text_is_sorted_measured_and_kept_without_personal_data(desk):
    found = desk.classify(MIXED, cost=1000)
    assert is_json(found) and found["unsure"] and found["masked"] == ["email"]
    assert [MIXED[span["start"] : span["end"]] for span in found["spans"]] == [span["text"] for span in found["spans"]]
    stored = desk.store.get(found["id"])
    assert stored.text == MIXED.replace("tessa@example.com", "[email]")
    assert (stored.label, stored.source, stored.review) == (found["label"], "api", "waiting")
    assert stored.seconds > 0 and 0 <= stored.distance <= 2


def test_nothing_is_kept_where_that_is_asked(desk):
    assert desk.classify(MIXED, keep=False)["id"] is None
    assert desk.store.count() == 0


def test_a_correction_becomes_a_row_of_the_next_training(desk):
    found = desk.classify(MIXED, cost=1000)
    assert desk.review_queue()["total"] == 1
    label = "praise" if found["label"] != "praise" else "bug"
    done = desk.correct(found["id"], label, "other")
    assert is_json(done) and (done["review"], done["waiting"]) == ("corrected", 0)
    assert desk.extra() == [data.Row(desk.store.get(found["id"]).text, label, "other", source="correction")]
    assert is_json(desk.undo(found["id"])) and desk.extra() == []
    assert desk.dismiss(found["id"])["review"] == "dismissed"


def test_an_added_label_is_known_and_its_examples_are_masked(desk):
    people = ("aunt", "uncle", "boss", "son", "dad", "mum", "cat", "dog")
    examples = [f"What could I give my {one}? Mail {one}@example.com" for one in people]
    assert desk.add_label("Gift idea", "Asks what to give.", examples)["own"]
    assert all("[email]" in row.text and row.label == "gift_idea" for row in desk.extra())
    assert desk.titles()["gift_idea"] == "Gift idea"
    assert [one["given"] for one in desk.known_labels() if one["id"] == "gift_idea"] == [8]
    for wrong in (None, "one", [1, 2]):
        with pytest.raises(UserError, match="list of texts"):
            desk.add_label("Other idea", "x", wrong)


def test_figures_are_those_of_the_store(desk, lab):
    empty = lab.stats()
    assert is_json(empty) and (empty["texts"], empty["confidence"], empty["latency"]) == (0, None, {})
    assert lab.drift()["psi"] is None and "nothing to compare" in lab.drift()["line"]
    old = datetime.now(timezone.utc) - timedelta(days=9)
    rows = [Stored("bug", 0.5, "a", version="second", seconds=0.01, distance=0.2, created=old)]
    rows += [Stored("praise", 1.0, "b", version="second", seconds=0.03, distance=0.4, unsure=True)]
    desk.store.add_predictions(rows)
    stats = lab.stats()
    assert (stats["texts"], stats["confidence"], stats["unsure"]) == (2, 0.75, 0.5)
    assert stats["labels"]["bug"] == stats["labels"]["praise"] == 1 and stats["latency"]["p50"] == pytest.approx(0.02)
    assert stats["review"]["waiting"] == 1
    assert (lab.stats(days=3)["texts"], lab.stats(days=3)["labels"]["bug"]) == (1, 0)
    assert is_json(lab.drift()) and lab.drift(recent=1)["recent"] == 1
    assert [item["text"] for item in lab.history()] == ["b", "a"] and is_json(lab.history())
    for call, value in ((lab.stats, -1), (lab.stats, float("nan")), (lab.stats, 1e12), (lab.drift, 0)):
        with pytest.raises(UserError, match="give a number"):
            call(value)


def test_versions_are_listed_promoted_compared_and_taken_back(desk, lab):
    assert [(one["id"], one["active"]) for one in lab.models()] == [("shipped", False), ("second", True)]
    assert lab.rollback() == {"version": "shipped"}
    assert is_json(lab.promote("second"))  # the same training: it is not worse
    assert Versions(desk.folder).active_id() == "second"
    told = []
    found = lab.compare(["shipped", "second"], ["majority"], 50, lambda share, text: told.append(share))
    assert found.texts == 50
    assert [one.name for one in found.results] == ["majority", "shipped", "second"] and told == sorted(told)
    for versions, baselines in ((["lava"], []), ([], ["oracle"])):
        with pytest.raises(UserError, match="There is no"):
            lab.compare(versions, baselines)


def test_a_training_that_never_was_has_a_status(desk, lab, tmp_path):
    status = Lab(Desk(tmp_path, desk.store)).train_status()
    assert is_json(status) and (status["state"], status["share"], status["seconds"]) == ("none", 0, None)
    with pytest.raises(UserError, match="from 0"):
        lab.train(most=-1)


def test_a_file_is_sorted_stopped_and_gone_on_with(desk, tmp_path):
    texts = [f"Text {number} crashes" for number in range(600)]
    (tmp_path / "my file.csv").write_text("id,words\n" + "".join(f"{at},{text}\n" for at, text in enumerate(texts)))
    file = str(tmp_path / "my file.csv")

    def stop(summary):
        raise InterruptedError(summary.done)

    with pytest.raises(InterruptedError):
        desk.sort_file(file, tmp_path, "words", tell=stop)
    [partial] = tmp_path.glob("sorted-*/my_file_sorted.jsonl")
    rows = newest_rows(partial)
    assert len(partial.read_text().splitlines()) == 256 == rows[-1]["line"] - 1
    partial.write_text(partial.read_text() + '{"half')
    assert newest_rows(partial)[-1] == rows[-1]
    done = desk.sort_file(file, tmp_path, "words")
    assert (done.resumed, done.done, done.bad) == (256, 600, 0)
    assert [json.loads(line)["text"] for line in partial.read_text().splitlines()] == texts
    assert desk.store.count() == 600
    again = desk.sort_file(file, tmp_path, "words", keep=False)
    assert again.resumed == 0 and again.outputs != done.outputs and desk.store.count() == 600
    assert desk.sort_file(file, tmp_path, "words", keep=False).resumed == 0  # what is done is done anew


def test_the_form_of_a_file_is_told_and_what_is_none_is_refused(desk, tmp_path):
    (tmp_path / "a.csv").write_text("stars,comment\n5,Lovely place to be\n1,It broke on the first day\n")
    found = desk.open_file(str(tmp_path / "a.csv"))
    assert (found.columns, found.column, found.rows) == (("stars", "comment"), "comment", 2)
    for file, column, words in ((None, "", "no file yet"), (str(tmp_path / "a.csv"), "text", "no column 'text'")):
        with pytest.raises(UserError, match=words):
            desk.sort_file(file, tmp_path, column)


def test_what_is_wrong_is_said_before_a_model_is_loaded(desk, monkeypatch):
    monkeypatch.setattr(desks.Versions, "classifier", lambda *_: pytest.fail("a model was loaded"))
    for call in (lambda: desk.classify(""), lambda: desk.classify("Fine.", cost=0), lambda: desk.explain(" ")):
        with pytest.raises(UserError):
            call()
