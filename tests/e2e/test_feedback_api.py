"""Every public endpoint of feedback through gradio_client and MCP, on a real server.

The training is begun first and looked at last, since it runs beside everything else.
"""

import csv
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.e2e.tools import mcp_tools

ROOT = Path(__file__).resolve().parents[2]
TRAIL = ROOT / "spaces/feedback/examples/trail_app.csv"
MIXED = "I love the new design of the map. But since the update it crashes whenever I open a photo."
PERSONAL = "My name is Tessa Marlowe, call me at +44 20 7946 0958 or write to tessa@example.com, I want my money back."
BUILT_IN = ["bug", "feature_request", "praise", "complaint", "question", "usage_tip", "documentation", "other"]
ASK_ALWAYS = 1000  # a cost at which nearly every text waits for review

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def client(server, tmp_path_factory):
    client = Client(f"{server}/feedback/", verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def begun(client) -> dict:
    """A training on a small slice that was begun."""
    return client.predict(epochs=1, most=64, seed=3, promote=False, api_name="/train")


def test_contract_of_the_endpoints(client):
    """Scripts of other people rely on these names and defaults."""
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    nothing = object()
    contract = {
        "/classify": {"text": nothing, "keep": True, "cost": 5.0},
        "/classify_batch": {"file": nothing, "column": "", "keep": True, "cost": 5.0},
        "/explain": {"text": nothing, "label": ""},
        "/review_queue": {"order": "confidence", "page": 1, "size": 20},
        "/correct": {"prediction": nothing, "label": nothing, "second": ""},
        "/add_label": {"title": nothing, "description": nothing, "examples": nothing},
        "/train": {"base": "minilm", "epochs": 10, "seed": 0, "most": 0, "promote": True},
        "/train_status": {},
        "/compare_models": {"versions": [], "baselines": ["majority", "tfidf", "zero_shot", "few_shot"], "most": 0},
        "/models": {},
        "/promote": {"version": nothing, "force": False},
        "/rollback": {},
        "/stats": {"days": 0},
        "/drift": {"recent": 500},
    }
    assert set(named) == set(contract)
    for name, parameters in contract.items():
        given = {p["parameter_name"]: p["parameter_default"] for p in named[name]["parameters"]}
        assert list(given) == list(parameters), name
        wanted = {key: value for key, value in parameters.items() if value is not nothing}
        assert {key: given[key] for key in wanted} == wanted, name
        required = {p["parameter_name"] for p in named[name]["parameters"] if not p["parameter_has_default"]}
        assert required == parameters.keys() - wanted.keys(), name
        returns = ["Results", "Summary"] if name == "/classify_batch" else ["Result"]
        assert [output["label"] for output in named[name]["returns"]] == returns


def test_a_training_begins_and_a_second_one_waits(client, begun):
    assert begun["state"] == "running" and 0 <= begun["share"] <= 1
    with pytest.raises(AppError, match="runs already"):
        client.predict(api_name="/train")


def test_a_text_is_sorted_and_its_parts_too(client):
    found = client.predict(MIXED, api_name="/classify")
    assert found["label"] == "bug"
    chances = [one["confidence"] for one in found["top"]]
    assert found["confidence"] == chances[0] >= chances[1] >= chances[2] and sum(chances) <= 1.001
    assert {span["label"] for span in found["spans"]} >= {"bug", "praise"}
    assert all(MIXED[span["start"] : span["end"]] == span["text"] for span in found["spans"])
    assert isinstance(found["id"], int) and found["seconds"] > 0 and found["language"] == "en"


def test_which_words_count(client):
    found = client.predict("It crashes when I open a photo.", api_name="/explain")
    assert found["label"] == "bug"
    assert max(found["words"], key=lambda word: word["effect"])["text"] == "crashes"
    assert client.predict("It crashes.", "Praise", api_name="/explain")["label"] == "praise"


def test_what_is_unsure_waits_without_personal_data_and_is_corrected(client):
    before = client.predict(api_name="/review_queue")["total"]
    found = client.predict(PERSONAL, cost=ASK_ALWAYS, api_name="/classify")
    assert found["unsure"] and set(found["masked"]) == {"email", "phone", "name"}
    queue = client.predict("oldest", api_name="/review_queue")
    assert queue["total"] == before + 1
    [item] = [item for item in queue["items"] if item["id"] == found["id"]]
    assert "[phone]" in item["text"] and not any(word in item["text"] for word in ("Tessa", "7946", "@"))
    label = next(label for label in BUILT_IN if label != found["label"])
    done = client.predict(found["id"], label, api_name="/correct")
    assert (done["review"], done["label"], done["trains"], done["waiting"]) == ("corrected", label, True, before)
    with pytest.raises(AppError, match="was corrected"):
        client.predict(found["id"], label, api_name="/correct")


def test_nothing_is_kept_when_that_is_asked(client):
    texts = client.predict(api_name="/stats")["texts"]
    found = client.predict("A text that nobody keeps, call +44 20 7946 0958", keep=False, api_name="/classify")
    assert found["id"] is None
    assert client.predict(api_name="/stats")["texts"] == texts


def test_unusual_texts_are_sorted_or_said_to_be_unsure(client):
    for text, words in (
        ("😡😡😡", "no words"),
        ("Die Waage lässt sich seit dem letzten Update nicht mehr mit dem Telefon verbinden.", "language"),
    ):
        found = client.predict(text, api_name="/classify")
        assert found["unsure"] and words in found["why"]
    for text in (
        "<p>It <b>crashes</b> &amp; burns <script>alert(1)</script></p>",
        '=HYPERLINK("http://example.com";"crash")',
        "x",
    ):
        assert client.predict(text, api_name="/classify")["label"] in BUILT_IN
    long = client.predict("The app crashes every day. " * 37_000, keep=False, api_name="/classify")
    assert (long["label"], long["unsure"], long["spans"]) == ("bug", True, []) and "parts" in long["why"]


def test_a_file_is_sorted_and_its_bad_rows_are_listed(client):
    results, summary = client.predict(handle_file(str(TRAIL)), column="Comment", api_name="/classify_batch")
    table, lines = sorted(results, key=lambda file: Path(file).name)
    assert (Path(table).name, Path(lines).name) == ("trail_app_sorted.csv", "trail_app_sorted.jsonl")
    assert (summary["rows"], summary["done"], summary["bad"]) == (40, 40, 1)
    assert summary["problems"] == [[8, "The text is empty."]]
    assert sum(summary["labels"].values()) == 39 and set(summary["labels"]) <= set(BUILT_IN)
    rows = [json.loads(line) for line in Path(lines).read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 40 and rows[6] == {"line": 8, "problem": "The text is empty."}
    with open(table, newline="", encoding="utf-8-sig") as stream:
        cells = [row["text"] for row in csv.DictReader(stream)]
    [formula] = [cell for cell in cells if "SUM(A1:A9)" in cell]
    assert len(cells) == 40 and formula.startswith("'=")


def test_a_file_with_broken_letters_is_read_and_none_that_is_no_text(client, tmp_path):
    def file(name: str, content: bytes):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    text = "It crashes, très souvent 😀.\nThe café is closed ".encode() + b"\xff again.\n"
    _, summary = client.predict(handle_file(file("broken.txt", text)), keep=False, api_name="/classify_batch")
    assert (summary["rows"], summary["bad"]) == (2, 0) and "UTF-8" in " ".join(summary["notes"])
    for wrong, words in (
        (str(TRAIL), "no column 'lava'.*'comment'"),
        (file("empty.csv", b""), "'empty.csv' is empty"),
        (file("book.csv", b"PK\x03\x04" + bytes(99)), "workbook"),
        (file("cat.png", b"\x89PNG"), "'cat.png' is of a kind"),
        (file("list.jsonl", b"[1, 2]\n"), "no JSONL"),
    ):
        with pytest.raises(AppError, match=words) as refused:
            client.predict(handle_file(wrong), column="lava", api_name="/classify_batch")
        assert "on our side" not in str(refused.value)


def test_a_label_is_added(client):
    examples = [f"What could I give my {who}, who likes {what}?" for who in ("aunt", "uncle", "boss", "son")
                for what in ("tea", "maps", "chess")]  # fmt: skip
    label = client.predict("Gift idea", "Asks what to give to whom.", examples, api_name="/add_label")
    assert label == {"id": "gift_idea", "title": "Gift idea", "description": "Asks what to give to whom.", "own": True}
    with pytest.raises(AppError, match="already"):
        client.predict("Gift idea", "Once more.", examples, api_name="/add_label")
    with pytest.raises(AppError, match="at least 8"):
        client.predict("Other idea", "Too few.", examples[:3], api_name="/add_label")


def test_figures_and_drift_are_of_what_was_kept(client):
    stats = client.predict(api_name="/stats")
    assert stats["texts"] == sum(stats["labels"].values()) > 5
    assert 0 < stats["latency"]["p50"] <= stats["latency"]["p95"]
    assert 0 < stats["confidence"] <= 1 and stats["review"]["decided"] >= 1
    assert client.predict(days=1, api_name="/stats")["texts"] == stats["texts"]
    drift = client.predict(api_name="/drift")
    assert drift["texts"] == stats["texts"] and drift["psi"] >= 0 and drift["line"]


def test_bad_input_is_answered_with_words(client):
    for name, values, words in (
        ("/classify", {"text": ""}, "no text yet"),
        ("/classify", {"text": " \n\t"}, "no text yet"),
        ("/classify", {"text": "x" * 1_000_001}, "1,000,001"),
        ("/classify", {"text": "Fine.", "cost": 0.5}, "0.5"),
        ("/classify", {"text": "Fine.", "cost": None}, "None"),
        ("/explain", {"text": "Fine.", "label": "lava"}, "lava"),
        ("/review_queue", {"order": "newest"}, "newest"),
        ("/review_queue", {"page": 0}, "page 0"),
        ("/review_queue", {"size": 1000}, "1000"),
        ("/correct", {"prediction": 999_999, "label": "bug"}, "999999"),
        ("/correct", {"prediction": 1, "label": "lava"}, "lava"),
        ("/correct", {"prediction": None, "label": "bug"}, "None"),
        ("/add_label", {"title": "!", "description": "x", "examples": []}, "title|'!'"),
        ("/add_label", {"title": "Fine", "description": "x", "examples": "one"}, "list of texts"),
        ("/train", {"epochs": 0}, "epochs|runs already"),
        ("/compare_models", {"baselines": ["oracle"]}, "oracle"),
        ("/compare_models", {"versions": ["lava"]}, "lava"),
        ("/compare_models", {"most": -1}, "-1"),
        ("/promote", {"version": "../../etc"}, "no version"),
        ("/rollback", {}, "no version to go back to"),
        ("/stats", {"days": -1}, "-1"),
        ("/drift", {"recent": 0}, "recent is 0"),
    ):
        with pytest.raises(AppError, match=words) as refused:
            client.predict(**values, api_name=name)
        assert "on our side" not in str(refused.value), (name, values)


def test_versions_are_compared_beside_simple_classifiers(client):
    found = client.predict(baselines=["majority"], most=120, api_name="/compare_models")
    majority, shipped = found["results"]
    assert found["texts"] == 120
    assert (majority["name"], shipped["name"]) == ("majority", "shipped")
    assert shipped["macro_f1"] > majority["macro_f1"] + 0.3
    assert found["differences"]["majority"]["low"] > 0.3
    assert shipped["calibration_error"] < 0.2 and shipped["latency_ms"]["median"] > 0


def test_the_script_of_the_api_tab_runs_as_it_stands(server, tmp_path):
    config = httpx.get(f"{server}/feedback/config", timeout=60).json()
    snippet = next(c["props"]["value"] for c in config["components"] if c["type"] == "code")
    shutil.copy(TRAIL, tmp_path / "feedback.csv")
    script = snippet.replace("{address}", f"{server}/feedback/")
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stderr
    assert "\nbug " in run.stdout and "crashes" in run.stdout and "\n40 1 [" in run.stdout


def test_the_training_ends_and_its_version_answers_when_it_is_promoted(client, begun):
    end = time.monotonic() + 100
    while (status := client.predict(api_name="/train_status"))["state"] == "running" and time.monotonic() < end:
        time.sleep(0.5)
    assert status["state"] == "done", status
    shipped, made = client.predict(api_name="/models")
    assert (shipped["id"], shipped["active"], made["active"]) == ("shipped", True, False)
    assert made["id"] == status["version"] and made["labels"] == BUILT_IN
    found = client.predict(made["id"], force=True, api_name="/promote")
    assert found["before"] > found["after"]
    assert client.predict("It crashes.", keep=False, api_name="/classify")["version"] == made["id"]
    assert client.predict(api_name="/rollback") == {"version": "shipped"}
    assert client.predict("It crashes.", keep=False, api_name="/classify")["version"] != made["id"]


def test_mcp_tools_have_the_names_and_words_of_the_functions(server):
    found = mcp_tools(f"{server}/feedback/")
    assert set(found) == {
        "classify", "classify_batch", "explain", "review_queue", "correct", "add_label", "train", "train_status",
        "compare_models", "models", "promote", "rollback", "stats", "drift",
    }  # fmt: skip
    assert "how sure" in found["classify"].description
    assert "reviews" in found["classify"].inputSchema["properties"]["cost"]["description"]
