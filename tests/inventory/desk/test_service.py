"""Versions of the forecasting model: kept, promoted, rolled back, dropped, trained beside the page, retrained."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from common.errors import UserError
from common.jobs import StatusFile
from inventory import train
from inventory.desk import Desk
from inventory.forecasting.registry import UNTRAINED, relative_error
from inventory.records import Record
from inventory.store import Store
from inventory.store.book import Books
from tests.inventory.shops import add_version, filled, learned


@pytest.fixture
def desk(file_store, tmp_path):
    filled(file_store)
    return Desk(file_store, tmp_path / "data")


def test_versions_take_turns(desk):
    with pytest.raises(UserError, match="None is trained yet"):
        desk.promote("one")
    for name in ("one", "two"):
        add_version(desk.registry, desk.store, name)
    assert [one["id"] for one in desk.models()] == ["two", "one"] and not any(one["active"] for one in desk.models())
    assert desk.forecast("Bangsar", "chicken")["version"] is None
    assert desk.promote("one") == {"active": "one", "instead_of": None}
    found = desk.forecast("Bangsar", "chicken")
    assert found["version"] == "one" and found["reason"].startswith(found["model"])
    assert {one["model"] for one in desk.predictions()} == {UNTRAINED, "one"}
    assert desk.promote("two", force=True) == {"active": "two", "instead_of": "one"}
    with pytest.raises(UserError, match="Promote another one or roll back first"):
        desk.drop("two")
    assert desk.rollback() == {"active": "one", "instead_of": "two"}
    assert desk.drop("two") == {"dropped": "two"} and not (desk.folder / "models" / "two").exists()
    with pytest.raises(UserError, match="none to go back to"):
        desk.rollback()
    assert desk.health()["version"] == "one" and json.dumps(desk.models(), allow_nan=False)


def test_a_worse_version_answers_only_where_it_is_forced(desk):
    good = add_version(desk.registry, desk.store, "good")
    worse = add_version(desk.registry, desk.store, "worse", good.metrics["wape"] * 1.1)
    assert relative_error(worse) == pytest.approx(1.1 * relative_error(good))
    desk.promote("good")
    with pytest.raises(UserError, match="'worse' is worse than 'good'"):
        desk.promote("worse")
    assert desk.health()["version"] == "good"
    assert desk.promote("worse", force=True)["active"] == "worse"
    assert desk.promote("good")["active"] == "good"


def test_a_version_without_its_files_does_not_begin_to_answer(desk):
    add_version(desk.registry, desk.store, "gone")
    shutil.rmtree(desk.folder / "models" / "gone")
    with pytest.raises(UserError, match="Train a new one"):
        desk.promote("gone")
    assert desk.health()["version"] is None


def test_an_id_is_given_once_and_what_is_there_stays(desk):
    add_version(desk.registry, desk.store, "one")
    before = sorted(path.name for path in (desk.folder / "models" / "one").rglob("*"))
    with pytest.raises((UserError, OSError)):
        add_version(desk.registry, desk.store, "one")
    assert sorted(path.name for path in (desk.folder / "models" / "one").rglob("*")) == before
    assert [path.name for path in (desk.folder / "models").iterdir()] == ["one"] and len(desk.models()) == 1


def test_a_training_runs_beside_the_page_and_leaves_nothing_when_it_is_stopped(desk):
    assert desk.training()["state"] == "none"
    assert desk.train()["state"] == "running" and desk.health()["training"] == "running"
    with pytest.raises(UserError, match="runs already"):
        desk.train()
    with pytest.raises(UserError, match="Stop it first"):
        desk.delete_everything("delete")
    desk.stop_training()
    assert desk._job.wait(60)["state"] == "stopped", desk.training()
    assert desk.models() == [] and desk.training()["message"] == "Stopped; nothing was kept."
    with pytest.raises(UserError, match="No training runs"):
        desk.stop_training()


def test_too_few_days_are_said_before_a_training_begins(file_store, tmp_path):
    filled(file_store, 90)
    with pytest.raises(UserError, match="90 days; a training needs 140"):
        Desk(file_store, tmp_path).train()


@pytest.fixture
def quick(monkeypatch):
    """A training in which only what needs no training is compared."""
    monkeypatch.setattr("inventory.forecasting.learned.learn", lambda panel, *_, **__: learned(panel))


def test_the_scheduled_command_trains_where_it_is_due_and_logs_either_way(desk, quick, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(Store, "shared", lambda: desk.store)
    arguments = ["--if-due", "--promote", "--folder", str(desk.folder), "--status", str(tmp_path / "status.json")]
    assert train.main(arguments) == 0 and "no model answers yet" in capsys.readouterr().out
    [model] = desk.models()
    assert model["active"] and model["last_day"] == str(desk.store.latest_day())
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["state"], status["version"], status["promoted"]) == ("done", model["id"], True)
    assert {one["model"] for one in desk.predictions()} == {model["id"]}
    assert train.main(arguments) == 0 and capsys.readouterr().out.strip() == "Nothing is due."
    assert len(desk.models()) == 1


def test_a_model_is_due_after_four_weeks_and_where_demand_has_moved(desk):
    add_version(desk.registry, desk.store, "one")
    desk.promote("one")
    assert train.why_due(desk.store) == ""
    last, panel = desk.store.latest_day(), desk.store.panel()
    row = panel.series("Bangsar", "chicken")
    level = float(np.nanmedian(panel.demand[row]))
    later = [
        Record(last + timedelta(days=at), outlet, "chicken", "kg", 6 * level, 100.0)
        for at in range(1, 28)
        for outlet in ("Bangsar", "Bukit Bintang", "Johor Bahru")
    ]
    desk.store.add_records(later)
    assert "chicken has moved" in train.why_due(desk.store)
    assert "chicken has moved" in desk.drift()["line"]
    desk.store.add_records([replace(later[-1], day=last + timedelta(days=28))])
    assert "has not seen the last 28 days" in train.why_due(desk.store)


def test_a_training_that_is_not_better_is_kept_and_does_not_answer(desk, quick):
    add_version(desk.registry, desk.store, "best", 0.0001)
    desk.promote("best")
    told = StatusFile(None, version="next")
    assert "Not promoted: 'next' is worse" in train.train(desk.store, desk.registry, told, promote=True)
    assert told.status["promoted"] is False and told.status["state"] == "done"
    assert {one["id"]: one["active"] for one in desk.models()} == {"best": True, "next": False}


def test_a_book_knows_its_own_model(desk):
    add_version(desk.registry, desk.store, "one")
    before = Books().book(desk.store)
    desk.promote("one")
    assert (before.model, Books().book(desk.store).model) == (None, "one")
