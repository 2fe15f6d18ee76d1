"""The benchmarks of sketch run from end to end, with a tiny model of random weights, and their sums are right."""

import json

import cv2
import numpy as np
import pytest
import torch

from benchmarks.sketch import inputs, quality, speed
from benchmarks.sketch.inputs import Case
from common import diffusion
from common.registry import Registry
from tests.sketch.tiny import make_tiny


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # in the processes that are started
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("tiny"))


def needs(*models: str) -> None:
    if missing := [name for name in models if Registry().where(name) == "missing"]:
        pytest.skip(f"not on this machine: {', '.join(missing)}")


def test_quality_measures_every_way(model, tmp_path, monkeypatch, capsys):
    needs("vgg-19", "adain-decoder", "minilm")
    monkeypatch.delenv("DATA_DIR", raising=False)
    figures = tmp_path / "figures.json"
    quality.main(["--model", str(model), "--subjects", "1", "--steps", "1", "--json", str(figures)])
    found = json.loads(figures.read_text(encoding="utf-8"))["figures"]
    rows = found["pictures"]
    # Two cards for the subject, and the one that the words of the example find; QuickDraw is not there.
    assert len(rows) == 3 * len(quality.WAYS)
    assert found["groups"].keys() == {"all", inputs.SUBJECTS, inputs.APP, inputs.CARDS}
    by_hand = np.mean([row["f1"] for row in rows if row["way"] == "AdaIN"])
    assert found["groups"]["all"]["ways"]["AdaIN"]["f1"]["mean"] == pytest.approx(by_hand, abs=1e-4)
    said = capsys.readouterr().out
    assert "skipped: no sketches data" in said and "skipped: no styles data" in said
    # AdaIN has learnt to take a look and random weights have not.
    assert not found["targets"][2]["reached"] and "below that of AdaIN" in said and "not reached" in said


def test_the_grid_has_a_row_for_each_sketch_and_a_column_for_each_look(model, tmp_path):
    needs("vgg-19", "adain-decoder")
    sketch, (wanted, other) = inputs.subjects(1)[0], inputs.cards()[:2]
    case = Case(sketch, wanted, other, sketch.subject, 0)
    quality.grid(tmp_path / "new" / "grid.png", [case, case], diffusion.embedded(model), 1)
    sheet = cv2.imread(str(tmp_path / "new" / "grid.png"))
    width = quality.CELL + 8
    assert sheet.shape[:2] == (2 * (quality.CELL + quality.LABEL), (3 + quality.GRID_LOOKS) * width)
    drawn = [sheet[-quality.CELL :, at * width : at * width + quality.CELL] for at in range(3 + quality.GRID_LOOKS)]
    assert all(cell.std() > 1 for cell in drawn)


def test_quickdraw_gives_a_drawing_that_was_recognised_and_pictures_are_found_in_folders(tmp_path):
    (tmp_path / "quickdraw").mkdir()
    # The one that was recognised is tall and narrow.
    entries = [
        {"word": "Roof", "recognized": False, "drawing": [[[0, 255, 255], [0, 0, 9]]]},
        {"word": "Roof", "recognized": True, "drawing": [[[0, 9, 9], [0, 0, 255]]]},
    ]
    (tmp_path / "quickdraw" / "roof.ndjson").write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    (found,) = inputs.quickdraw(tmp_path, 3)
    assert (found.name, found.subject) == ("roof", "roof")
    across, down = (np.ptp(np.nonzero(found.prepared.lines)[axis]) for axis in (1, 0))
    assert down > 10 * across
    (tmp_path / "free").mkdir()
    cv2.imwrite(str(tmp_path / "free" / "red.png"), np.full((6, 8, 3), (20, 20, 200), np.uint8))
    (look,) = inputs.pictures(tmp_path)
    assert look.name == "red" and look.rgb().tolist()[0][0] == [200, 20, 20]
    assert inputs.quickdraw(None, 3) == [] and inputs.pictures(None) == []


def test_the_interval_is_drawn_by_sketch():
    same = quality.statistics([0.0, 1.0, 0.0, 1.0], [("a", "x"), ("a", "x"), ("b", "y"), ("b", "y")])
    assert (same["mean"], same["low"], same["high"]) == (0.5, 0.5, 0.5)
    apart = quality.statistics([0.0, 0.0, 1.0, 1.0], [("a", "x"), ("a", "x"), ("b", "y"), ("b", "y")])
    assert (apart["mean"], apart["low"], apart["high"]) == (0.5, 0.0, 1.0)


def test_cards_are_spread_over_media_and_a_control_has_another_medium():
    known = inputs.cards()
    media = {card.medium for card in known}
    assert {card.medium for card in known[: len(media)]} == media
    assert all(inputs.another(card, known).medium != card.medium for card in known)


def test_speed_times_the_stages_of_both_ways_in_fresh_processes(model, tmp_path, capsys):
    needs("minilm", "vgg-19")
    figures = tmp_path / "figures.json"
    case = "256 px, 4 steps"
    speed.main(["--model", str(model), "--runs", "1", "--case", case, "--json", str(figures)])
    found = json.loads(figures.read_text(encoding="utf-8"))["figures"]
    ours, plain = found["project"][case], found["plain diffusers"][case]
    stages = ours["stages"]
    parts = sum(stages[stage]["median"] for stage in speed.STAGES[:-1])
    assert 0 < parts <= stages["whole run"]["median"] + 0.01
    assert plain["stages"].keys() == {"draw"} and plain["stages"]["draw"]["median"] > 0
    assert min(ours["once"].values()) > 0 and min(ours["peak_mb"], plain["peak_mb"]) > 100
    assert "target: 256 px, 4 steps: at most 1.5 s" in capsys.readouterr().out


@pytest.mark.parametrize("main", [quality.main, speed.main])
def test_a_folder_without_a_model_is_named(main, tmp_path):
    with pytest.raises(SystemExit, match=r"no model in .*nowhere"):
        main(["--model", str(tmp_path / "nowhere")])


@pytest.mark.parametrize(("main", "option"), [(quality.main, "--subjects"), (speed.main, "--runs")])
def test_a_number_that_makes_no_sense_is_named(main, option):
    with pytest.raises(SystemExit, match=f"{option} is 0"):
        main([option, "0"])
