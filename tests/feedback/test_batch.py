"""A file through the classifier: every row in the result, also after a stop or a crash, and nothing that runs in it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.errors import UserError
from feedback import batch, files
from feedback.batch import CHUNK, run
from feedback.store import Store
from tests.feedback.rules import Rules

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    "Love it, great app!",
    "It crashes with an error",
    "Please add a dark mode",
    "hello",
    "Why so expensive? Rude!",
]
LABELS = ["praise", "bug", "feature_request", "other", "complaint"]


@pytest.fixture
def source(tmp_path) -> Path:
    """1,000 rows, the 500th without a text."""
    path = tmp_path / "in.csv"
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("id", "text"))
        writer.writerows((number, "" if number == 499 else TEXTS[number % 5]) for number in range(1000))
    return path


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def stop_after(chunks: int):
    asked = []
    return lambda: asked.append(1) or len(asked) >= chunks


def test_every_row_has_its_place_in_the_result(source, tmp_path):
    seen = []
    summary = run(source, tmp_path / "out.jsonl", Rules(), on_progress=seen.append)
    found = rows(tmp_path / "out.jsonl")
    assert [row["line"] for row in found] == list(range(2, 1002))
    assert found[499] == {"line": 501, "problem": "The text is empty."}
    assert all(row["label"] == LABELS[at % 5] for at, row in enumerate(found) if at != 499)
    assert found[0]["text"] == TEXTS[0] and found[0]["top"][0] == {
        "label": "praise",
        "confidence": found[0]["confidence"],
    }
    assert (summary.rows, summary.done, summary.bad, summary.resumed, summary.stopped) == (1000, 1000, 1, 0, False)
    assert summary.labels == dict(zip(LABELS, (200, 200, 200, 200, 199), strict=True)) and summary.version == "rules-1"
    assert summary.problems == [(501, "The text is empty.")] and summary.unsure == sum(
        row.get("unsure", 0) for row in found
    )
    assert [one.done for one in seen] == [256, 512, 768, 1000] and seen[0].bad == 0 and seen[-1].rate > 0
    assert left(tmp_path) == ["in.csv", "out.jsonl"]


def test_the_cost_decides_what_is_unsure(source, tmp_path):
    unsure = [run(source, tmp_path / f"{cost}.jsonl", Rules(), cost=cost).unsure for cost in (1, 2, 1000)]
    assert unsure[0] == 0 < unsure[2] == 999 and unsure == sorted(unsure)
    with pytest.raises(UserError, match="cost of a wrong label is 0"):
        run(source, tmp_path / "none.jsonl", Rules(), cost=0)
    assert not (tmp_path / "none.jsonl").exists()


def test_a_csv_result_can_be_opened_and_runs_nothing(tmp_path):
    evil = ["=1+1", "+49", "-2", "@SUM(A1)", "\uff1dcmd", "=A(\"x\")\nand \"more\", yes", "fine, thanks"]  # fmt: skip
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, [*evil, ""])) + '\n{"n": "=2"}\n', encoding="utf-8")
    run(tmp_path / "in.jsonl", tmp_path / "out.csv", Rules())
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfline,text,label")
    with open(tmp_path / "out.csv", newline="", encoding="utf-8-sig") as stream:
        found = list(csv.DictReader(stream))
    assert [row["text"] for row in found[:7]] == [f"'{text}" for text in evil[:6]] + ["fine, thanks"]
    assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\uff1d") for row in found for cell in row.values())
    assert (
        found[6]["label"] == "praise" and found[6]["top"].startswith("praise 0.") and found[6]["confidence"][0] == "0"
    )
    assert found[7]["problem"] and not found[7]["label"]


def test_several_results_are_written_at_once(source, tmp_path):
    summary = run(source, [tmp_path / "out.jsonl", tmp_path / "out.csv"], Rules())
    with open(tmp_path / "out.csv", newline="", encoding="utf-8-sig") as stream:
        table = list(csv.DictReader(stream))
    assert [row["label"] for row in table] == [row.get("label", "") for row in rows(tmp_path / "out.jsonl")]
    assert len(table) == 1000 and len(summary.outputs) == 2


def test_personal_data_is_masked_in_the_result_and_the_store(tmp_path, file_store):
    text = "Love it! Write to jane@example.org or call 202-555-0143"
    (tmp_path / "in.txt").write_text(f"{text}\nplain\n", encoding="utf-8")
    summary = run(tmp_path / "in.txt", tmp_path / "a.jsonl", Rules(), store=file_store)
    masked = "Love it! Write to [email] or call [phone]"
    assert rows(tmp_path / "a.jsonl")[0]["text"] == masked and summary.masked == 1
    assert [one.text for one in file_store.iterate()] == [masked, "plain"]
    run(tmp_path / "in.txt", tmp_path / "b.jsonl", Rules(), mask=False)
    assert rows(tmp_path / "b.jsonl")[0]["text"] == text


def test_the_classifier_sees_the_text_as_it_is(tmp_path):
    seen = []

    class Seeing(Rules):
        def predict(self, texts, cost=5.0):
            seen.extend(texts)
            return super().predict(texts, cost)

    (tmp_path / "in.txt").write_text("Mr Smith crashes\n", encoding="utf-8")
    run(tmp_path / "in.txt", tmp_path / "out.jsonl", Seeing())
    assert seen == ["Mr Smith crashes"]


def test_predictions_are_stored_with_where_they_came_from(source, tmp_path, file_store):
    run(source, tmp_path / "out.jsonl", Rules(), store=file_store)
    stored = list(file_store.iterate())
    assert (
        len(stored) == 999
        and {one.source for one in stored} == {"in.csv"}
        and {one.version for one in stored} == {"rules-1"}
    )
    assert [one.label for one in stored[:5]] == LABELS and stored[0].text == TEXTS[0] and stored[0].seconds > 0
    assert stored[0].distance is None, "the rules know no training texts"
    assert file_store.count(review="waiting") == sum(one.unsure for one in stored) > 0


def test_who_keeps_nothing_keeps_no_text(source, tmp_path, file_store):
    run(source, tmp_path / "out.jsonl", Rules(), store=file_store, keep=False)
    stored = list(file_store.iterate())
    assert len(stored) == 999 and {one.text for one in stored} == {None} and file_store.count(review="waiting") == 0


def test_the_distance_to_the_training_texts_is_stored_where_it_is_known(tmp_path, file_store):
    import numpy as np

    class Trained(Rules):
        reference = {  # noqa: RUF012
            "label_counts": np.ones(6), "centres": np.eye(6, dtype=np.float32)[:1], "distances": np.zeros(3),
        }  # fmt: skip

    (tmp_path / "in.txt").write_text("crash\nhello\n", encoding="utf-8")
    run(tmp_path / "in.txt", tmp_path / "out.jsonl", Trained(), store=file_store)
    near, far = (one.distance for one in file_store.iterate())
    expected = [1 - one.vector[0] for one in Rules().predict(["crash", "hello"])]
    assert [near, far] == pytest.approx(expected, abs=1e-6) and near < far


def test_a_stop_leaves_a_whole_result_that_is_gone_on_with(source, tmp_path):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    expected = run(source, whole, Rules())
    first = run(source, out, Rules(), stop=stop_after(1))
    assert first.stopped and first.done == CHUNK == len(rows(out)) and "out.jsonl.state" in left(tmp_path)
    second = run(source, out, Rules(), stop=stop_after(2))
    assert second.stopped and (second.resumed, second.done) == (CHUNK, 3 * CHUNK) and len(rows(out)) == 3 * CHUNK
    last = run(source, out, Rules())
    assert not last.stopped and last.resumed == 3 * CHUNK
    assert out.read_bytes() == whole.read_bytes()
    assert last.counts() == expected.counts() and left(tmp_path) == ["in.csv", "out.jsonl", "whole.jsonl"]


def test_a_stop_after_the_last_row_is_an_end(source, tmp_path):
    assert not run(source, tmp_path / "out.jsonl", Rules(), stop=stop_after(4)).stopped
    assert left(tmp_path) == ["in.csv", "out.jsonl"]


def test_what_was_half_written_is_cut_off(source, tmp_path):
    whole = [tmp_path / "whole.jsonl", tmp_path / "whole.csv"]
    out = [tmp_path / "out.jsonl", tmp_path / "out.csv"]
    run(source, whole, Rules())
    run(source, out, Rules(), stop=stop_after(2))
    for path in out:
        with open(path, "ab") as stream:
            stream.write(b'{"line": 514, "text": "half a r')
    run(source, out, Rules())
    assert [path.read_bytes() for path in out] == [path.read_bytes() for path in whole]


def test_a_classifier_that_fails_loses_nothing(source, tmp_path):
    class Failing(Rules):
        calls = 0

        def predict(self, texts, cost=5.0):
            self.calls += 1
            if self.calls == 3:
                raise MemoryError
            return super().predict(texts, cost)

    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    run(source, whole, Rules())
    with pytest.raises(MemoryError):
        run(source, out, Failing())
    assert len(rows(out)) == 2 * CHUNK
    run(source, out, Rules())
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "other.csv"}, "unfinished and was begun from another file"),
        ({"cost": 9.0}, r"begun with cost 5\.0, now it is 9\.0"),
        ({"mask": False}, "begun with mask True, now it is False"),
        ({"column": "id"}, "begun with column 'text', now it is 'id'"),
        ({"version": "rules-2"}, "begun with version 'rules-1', now it is 'rules-2'"),
    ],
)
def test_another_source_or_setting_does_not_go_on(source, tmp_path, change, message):
    out = tmp_path / "out.jsonl"
    run(source, out, Rules(), stop=stop_after(1))
    (tmp_path / "other.csv").write_text("text\nsomething else\n", encoding="utf-8")
    before = out.read_bytes()
    classifier = Rules()
    classifier.version = change.pop("version", Rules.version)
    with pytest.raises(UserError, match=f"{message}.*Name another result, or delete .*out.jsonl.state"):
        run(tmp_path / change.pop("source", source), out, classifier, **change)
    assert out.read_bytes() == before
    run(source, out, Rules())
    assert len(rows(out)) == 1000


def test_a_file_that_is_there_is_not_written_over(source, tmp_path):
    (tmp_path / "out.jsonl").write_text("mine")
    for out in (tmp_path / "out.jsonl", [tmp_path / "new.jsonl", tmp_path / "out.jsonl"], source):
        with pytest.raises(UserError, match=r"There is a file '.*' already"):
            run(source, out, Rules())
    assert (tmp_path / "out.jsonl").read_text() == "mine" and left(tmp_path) == ["in.csv", "out.jsonl"]


def test_a_result_that_was_shortened_or_a_damaged_state_is_noticed(source, tmp_path):
    out, state = tmp_path / "out.jsonl", tmp_path / "out.jsonl.state"
    run(source, out, Rules(), stop=stop_after(1))
    whole = out.read_bytes()
    out.write_bytes(whole[:-1])
    with pytest.raises(UserError, match="shorter than it was left"):
        run(source, out, Rules())
    out.write_bytes(whole)
    for damaged in ("", "{", "[]", '{"settings": {}}'):
        state.write_text(damaged)
        with pytest.raises(UserError, match=r"out\.jsonl\.state' is damaged"):
            run(source, out, Rules())
    assert out.read_bytes() == whole


def test_two_calls_cannot_write_one_result(source, tmp_path):
    def meanwhile(_):
        with pytest.raises(UserError, match="Another call writes"):
            run(source, tmp_path / "out.jsonl", Rules())

    run(source, tmp_path / "out.jsonl", Rules(), on_progress=meanwhile)
    assert len(rows(tmp_path / "out.jsonl")) == 1000


@pytest.mark.parametrize("name", ["out.txt", "out", "out.xlsx"])
def test_a_result_of_another_kind_is_refused(source, tmp_path, name):
    with pytest.raises(UserError, match=r"end in \.jsonl or \.csv"):
        run(source, tmp_path / name, Rules())
    with pytest.raises(UserError, match=r"no folder '.*missing' for 'out"):
        run(source, tmp_path / "missing" / "out.jsonl", Rules())


def test_a_source_that_is_open_is_taken_as_it_is(source, tmp_path):
    opened = files.open_source(source, "id")
    run(opened, tmp_path / "out.jsonl", Rules())
    assert rows(tmp_path / "out.jsonl")[7]["text"] == "7"


SLOW = """
import sys, time
from feedback import batch
from tests.feedback.rules import Rules

class Slow(Rules):
    def predict(self, texts, cost=5.0):
        time.sleep(float(sys.argv[1]))
        return super().predict(texts, cost)

batch._classifier = lambda folder: Slow()
sys.exit(batch.main(sys.argv[2:]))
"""


def start(seconds: float, *arguments: object) -> subprocess.Popen:
    """The command in a process of its own, with the rules for a model, which take `seconds` a chunk."""
    command = [sys.executable, "-c", SLOW, str(seconds), *map(str, arguments), "--keep-nothing"]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < lines:
        assert time.monotonic() < until, "the process writes nothing"
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_that_is_killed_is_gone_on_with(source, tmp_path):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    expected = run(source, whole, Rules())
    for chunks in (1, 2):
        process = start(0.5, source, out)
        wait_for(out, chunks * CHUNK)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    assert CHUNK <= len(out.read_bytes().splitlines()) < 1000
    with open(out, "ab") as stream:
        stream.write(b'{"line": 9')  # as if the last write had not come to its end
    process = start(0, source, out)
    told = process.communicate()[1]
    assert process.returncode == 0 and "Went on after" in told and "1,000 of 1,000 rows" in told
    assert out.read_bytes() == whole.read_bytes()
    assert f"{expected.unsure:,} unsure" in told and "line 501: The text is empty." in told
    assert left(tmp_path) == ["in.csv", "out.jsonl", "whole.jsonl"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_at_a_whole_row_and_says_so(source, tmp_path, sent):
    out = tmp_path / "out.jsonl"
    process = start(0.4, source, out)
    wait_for(out, CHUNK)
    process.send_signal(sent)
    told = process.communicate()[1]
    assert process.returncode == 130 and "Stopped. The same call goes on" in told
    assert CHUNK <= len(rows(out)) < 1000 and len(rows(out)) % CHUNK == 0


@pytest.fixture
def with_rules(monkeypatch, tmp_path):
    monkeypatch.setattr(batch, "_classifier", lambda folder: Rules())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'shared.db'}")
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_the_command_says_what_is_wrong_and_exits_with_1(with_rules, source, tmp_path, capsys):
    for arguments, message in (
        ([str(tmp_path / "nothing.csv"), str(tmp_path / "out.jsonl")], "There is no file"),
        ([str(source), str(tmp_path / "out.jsonl"), "--column", "txet"], "no column 'txet'; it has 'id', 'text'"),
        ([str(source), str(tmp_path / "out.jsonl"), "--cost", "0", "--keep-nothing"], "cost of a wrong label is 0.0"),
    ):
        assert batch.main(arguments) == 1
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
    with pytest.raises(SystemExit, match="2"):
        batch.main([str(source)])


def test_the_command_stores_unless_told_to_keep_nothing(with_rules, source, tmp_path, capsys):
    assert batch.main([str(source), str(tmp_path / "a.jsonl"), "--keep-nothing"]) == 0
    assert not (tmp_path / "shared.db").exists()
    assert batch.main([str(source), str(tmp_path / "b.jsonl"), str(tmp_path / "b.csv"), "--no-mask"]) == 0
    stored = Store.open(os.environ["DATABASE_URL"])
    assert stored.count() == 999
    stored.close()
    Store.shared().close()
    assert "praise 200" in capsys.readouterr().err


def test_a_version_that_is_no_model_is_told(source, tmp_path, capsys):
    assert batch.main([str(source), str(tmp_path / "out.jsonl"), "--model", str(tmp_path), "--keep-nothing"]) == 1
    assert "is no trained model" in capsys.readouterr().err and not (tmp_path / "out.jsonl").exists()
