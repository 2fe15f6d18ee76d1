"""The real training on a small slice with a small encoder: script, version folder, jobs, versions, comparison."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from common.errors import UserError
from feedback import compare, data, jobs, metrics, train, versions
from feedback.data import Row
from feedback.model import Classifier, threshold
from feedback.train import Settings
from feedback.versions import SHIPPED, Versions
from tests.feedback.tiny import make_base

pytestmark = pytest.mark.usefixtures("one_thread")

GIFTS = [f"could you wrap the {thing} as a gift for my {who}" for thing, who in zip(
    ["book", "lamp", "chair", "kettle", "scarf", "camera", "puzzle", "guitar", "plant", "watch", "mug", "tent"],
    ["aunt", "boss", "twin", "niece", "friend", "father", "child", "teacher", "wife", "mother", "nurse", "coach"],
    strict=True,
)]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def settings(base) -> Settings:
    return Settings(str(base), epochs=4, batch=16, rate=5e-3, patience=5, most=240)


@pytest.fixture(scope="module")
def version(base, settings, tmp_path_factory, one_thread) -> Path:
    """A version folder that the command line made."""
    folder = tmp_path_factory.mktemp("versions")
    said = []
    given = ["--out", str(folder / "first"), "--base", str(base), "--epochs", "4", "--batch", "16"]
    given += ["--rate", "5e-3", "--most", "240", "--status", str(folder / "status.json")]
    assert train.main(given, said.append) == 0
    assert "macro F1" in said[0]
    return folder / "first"


@pytest.fixture
def house(tmp_path, version, monkeypatch) -> Versions:
    """A data folder without versions of its own, whose shipped one is the small one."""
    monkeypatch.setattr(versions.weights, "path", lambda name: version)
    return Versions(tmp_path)


def test_a_training_leaves_a_version_with_its_measures(version):
    config = json.loads((version / "config.json").read_text())
    status = json.loads((version.parent / "status.json").read_text())
    assert sorted(path.name for path in version.iterdir()) == sorted(
        ["model.onnx", "tokenizer.json", "config.json", "reference.npz"]
    )
    assert config["version"] == "first" and len(config["labels"]) == 8
    assert 0.2 <= config["temperature"] <= 10
    assert config["test"]["macro_f1"] > 0.2  # an eighth by chance
    assert status["state"] == "done" and [epoch["epoch"] for epoch in status["epochs"]] == [1, 2, 3, 4]


def test_the_same_seed_gives_the_same_model(version, settings, tmp_path):
    config = train.train([], tmp_path / "again", settings)
    first = json.loads((version / "config.json").read_text())
    assert config["test"] == first["test"] and config["temperature"] == first["temperature"]


def test_predictions_are_calibrated_ordered_and_independent_of_their_batch(version):
    classifier = Classifier.load(version)
    texts = [row.text for row in data.written()[::400]]
    together = classifier.predict(texts)
    alone = [classifier.predict([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one.label == other.label
        assert one.confidence == pytest.approx(other.confidence, abs=0.03)  # int8 rounds by batch
        assert [chance for _, chance in one.top] == sorted((chance for _, chance in one.top), reverse=True)
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-4)
    assert classifier.probabilities(texts).sum(1) == pytest.approx(1, abs=1e-5)
    assert classifier.predict([]) == []


def test_a_long_text_is_read_in_windows_and_none_of_it_is_lost(version):
    classifier = Classifier.load(version)
    text = "It crashes when I open the camera. " * 60
    found = classifier.predict([text, "short"])
    assert found[0].pieces > 3 and found[1].pieces == 1
    tail = classifier.predict(["fine " * 400 + "It crashes when I open the camera. " * 100])[0]
    assert not np.allclose(tail.vector, classifier.predict(["fine " * 800])[0].vector, atol=1e-2)


def test_unsure_says_why(version):
    classifier = Classifier.load(version)
    emoji, german = classifier.predict(["😡😡😡", "Die App stürzt immer ab, wenn ich die Kamera öffne"], cost=1)
    assert emoji.unsure and "no words" in emoji.why
    assert german.unsure and "(de)" in german.why and german.language == "de"
    careful = classifier.predict(["it crashes"], cost=1000)[0]
    assert careful.unsure and "below 100%" in careful.why
    assert not classifier.predict(["it crashes"], cost=1)[0].unsure


def test_the_cost_of_a_mistake_is_a_bound_on_the_confidence():
    assert threshold(1) == 0 and threshold(5) == pytest.approx(0.8)
    for wrong in (0, 0.5, 1001, "5", None):
        with pytest.raises(UserError, match="from 1 to 1000"):
            threshold(wrong)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"model\.onnx, tokenizer\.json, config\.json missing"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("batch", 1000), ("rate", 1.0), ("patience", "x")])
def test_settings_that_can_not_be_trained_are_refused_with_their_value(name, value):
    with pytest.raises(UserError, match=f"{name} is {value!r}"):
        replace(Settings(), **{name: value}).check()


def test_layers_above_those_that_are_kept_are_dropped(base):
    import torch

    whole, _ = train.load_encoder(str(base))
    whole.eval()
    small, _ = train.load_encoder(str(base))
    train.keep_layers(small.eval(), 1)
    tokens = torch.tensor([[2, 7, 8, 3]])
    with torch.no_grad():
        middle = whole(input_ids=tokens, output_hidden_states=True).hidden_states[1]
        assert torch.allclose(small(input_ids=tokens).last_hidden_state, middle, atol=1e-6)
    with pytest.raises(UserError, match="layers is 3: give a number from 1 to 2"):
        train.keep_layers(whole, 3)


def test_a_base_that_is_not_there_says_what_to_do(tmp_path, capsys):
    status = tmp_path / "status.json"
    given = ["--out", str(tmp_path / "v"), "--base", str(tmp_path / "nothing"), "--most", "8", "--status", str(status)]
    assert train.main(given) == 2
    assert "Hugging Face Hub" in capsys.readouterr().err
    assert json.loads(status.read_text())["state"] == "failed" and not (tmp_path / "v").exists()


def test_labels_weigh_more_the_rarer_they_are():
    rows = [Row("a", "bug")] * 90 + [Row("b", "praise")] * 10
    common, rare = train.label_weights(rows, ("bug", "praise"))
    assert rare == pytest.approx(3 * common) and (rare + common) / 2 == pytest.approx(1)


def test_a_second_label_is_learned_with_its_share(version):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(version / "tokenizer.json"))
    rows = [Row("good but it crashes", "bug", "praise"), Row("what?", "nonsense"), Row("good", "praise", "unknown")]
    made = train.encoded(rows, ("bug", "praise"), tokenizer)
    assert [row["labels"].tolist() for row in made] == [pytest.approx([0.7, 0.3]), [0, 1]]


def test_a_new_label_is_learned_promoted_and_rolled_back(house, settings, tmp_path):
    """As the page does it: in a process of its own, with the examples of the label as extra rows."""
    job = jobs.Training(tmp_path)
    assert job.status()["state"] == "none"
    rows = [Row(text, "gift_idea", source="added") for text in GIFTS]
    started = job.start(rows, settings, promote=False)
    with pytest.raises(UserError, match="runs already"):
        job.start(rows, settings)
    status = job.wait(100)
    assert (status["state"], status["version"]) == ("done", started["version"]), status["message"]
    assert "gift_idea" in house.classifier(started["version"]).labels
    everything = [*data.written(), *rows]
    house.promote(started["version"], everything, force=True)
    assert house.active_id() == started["version"]
    assert [one.active for one in house.all()] == [False, True]
    with pytest.raises(UserError, match="answers already"):
        house.promote(started["version"], everything)
    with pytest.raises(UserError, match="roll back first"):
        house.delete(started["version"])
    assert house.rollback() == SHIPPED
    with pytest.raises(UserError, match="no version to go back"):
        house.rollback()
    house.delete(started["version"])
    assert [one.id for one in house.all()] == [SHIPPED]


def test_a_worse_version_does_not_answer_by_itself(house, settings, tmp_path):
    worse = replace(settings, epochs=1, rate=1e-7, most=64)  # it learns nothing
    message = train._promote  # what the script does at its end
    train.train([], house.folder / "worse", worse)
    assert message("worse", tmp_path, data.written()).startswith("Not promoted: 'worse' is worse than 'shipped'")
    assert house.active_id() == SHIPPED
    assert house.promote("worse", data.written(), force=True)["after"] < 0.2
    with pytest.raises(UserError, match="There are shipped, worse"):
        house.path("nonsense")


def test_a_stopped_training_leaves_what_is_best_so_far(house, settings, tmp_path):
    job = jobs.Training(tmp_path)
    job.start([], replace(settings, epochs=100, patience=100), promote=False)
    end = time.monotonic() + 90
    while not job.status()["epochs"] and time.monotonic() < end:
        assert job.status()["state"] == "running", job.status()["message"]
        time.sleep(0.1)
    job.stop()
    status = job.wait(60)
    assert status["state"] == "stopped" and len(status["epochs"]) < 100
    assert Classifier.load(house.folder / status["version"]).labels
    with pytest.raises(UserError, match="No training runs"):
        job.stop()


def test_a_training_that_is_killed_is_not_said_to_run(house, settings, tmp_path):
    job = jobs.Training(tmp_path)
    started = job.start([], replace(settings, epochs=100, patience=100))
    os.kill(started["process"], signal.SIGKILL)
    assert job.wait(20)["state"] == "failed"
    job.start([], settings)  # the way is free
    os.kill(job.status()["process"], signal.SIGKILL)
    job.wait(20)


def test_versions_and_baselines_are_compared_on_the_same_texts(version):
    parts = data.split(data.written()[::6])
    real = [Row("it crashes at start", "bug"), Row("add a dark mode", "feature_request"), Row("nice", "neither")]
    heard = []
    found = compare.compare(
        parts, {"small": Classifier.load(version)}, real, ("majority", "tfidf"), lambda share, text: heard.append(share)
    )
    majority, tfidf, small = found.results
    assert found.texts == len(parts.test) and heard == sorted(heard)
    assert majority.report.macro_f1 < 0.1 < tfidf.report.macro_f1
    assert small.nbytes == (version / "model.onnx").stat().st_size
    assert found.differences["majority"]["low"] > 0
    plain = json.loads(json.dumps(found.plain()))
    assert [row["name"] for row in plain["results"]] == ["majority", "tfidf", "small"]
    assert plain["results"][2]["curves"]["bug"]["average_precision"] > 0.1
    assert found.table().count("\n") == 4


def test_curves_are_scikit_learns():
    from sklearn.metrics import average_precision_score

    random = np.random.default_rng(0)
    truth, chance = random.uniform(size=300) < 0.3, random.uniform(size=300)
    found = compare.curve(truth, chance)
    assert found["average_precision"] == pytest.approx(average_precision_score(truth, chance), abs=1e-4)
    assert found["recall"][-1] == 1 and len(found["recall"]) == compare.POINTS


def test_the_command_line_of_the_comparison_says_what_it_takes():
    made = subprocess.run([sys.executable, "-m", "feedback.compare", "--help"], capture_output=True, text=True)
    assert made.returncode == 0 and "--real" in made.stdout


def test_the_calibration_of_a_version_is_that_of_its_validation_texts(version, settings):
    """The temperature is the best one for the exported model, which rounds to 8 bits, and not for the trained one."""
    parts = train._parts(data.written(), settings)
    classifier = Classifier.load(version)
    truth = np.array([classifier.labels.index(row.label) for row in parts.validation])
    logits = classifier.run([row.text for row in parts.validation])[0]
    assert classifier.temperature == pytest.approx(metrics.best_temperature(truth, logits), rel=1e-3)
