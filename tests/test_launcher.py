"""The launcher's pages over a TestClient: real Gradio apps in a folder made by the test, no port."""

import importlib.util
import json
import re
import socket
import sys
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of third-party code: gradio inside starlette

CARD = """---
title: Loud & clear
emoji: 📣
short_description: Says a word <loudly>.
---
# Model card
"""

APP = '''
import gradio as gr

from common import ui
from common.errors import UserError


@ui.guard
def shout(text: str) -> str:
    """Say it loudly."""
    if not text:
        raise UserError("Nothing was given; type a word.")
    if text == "boom":
        raise RuntimeError("the password is hunter2")
    return text.upper()


with gr.Blocks() as demo:
    box, out = gr.Textbox(), gr.Textbox()
    gr.Button().click(shout, box, out, api_name="shout")
demo.queue(max_size=4)
options = ui.options()
'''

ICON = '<svg viewBox="0 0 8 8" aria-hidden="true"><rect width="8" height="8"/></svg>'

BROKEN = {
    "importerror": "import a_module_that_nobody_has",
    "syntaxerror": "def (:",
    "exits": "import sys\nsys.exit('no <b>key</b> given')",
    "nodemo": "x = 1",
}


@pytest.fixture(scope="module")
def launcher():
    spec = importlib.util.spec_from_file_location("launcher_under_test", ROOT / "app_launcher.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def spaces(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("spaces")
    for name, source in {"shouting": APP, **BROKEN}.items():
        (folder / name).mkdir()
        (folder / name / "app.py").write_text(source)
    (folder / "shouting" / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "shouting" / "icon.svg").write_text(ICON)
    (folder / "no_app").mkdir()
    return folder


@pytest.fixture(scope="module")
def client(launcher, spaces):
    with TestClient(launcher.build(launcher.find(spaces))) as client:
        client.get("/shouting/")  # waits for the apps: pytest changes the filters of warnings, for all threads, later
        yield client


def call(client: TestClient, text: str) -> tuple[str, str]:
    """The last event of a call of /shout: its name and data."""
    event = client.post("/shouting/gradio_api/call/shout", json={"data": [text]}).json()["event_id"]
    answer = client.get(f"/shouting/gradio_api/call/shout/{event}").text
    return re.findall(r"event: (\w+)\ndata: (.*)", answer)[-1]


def test_start_page_is_there_before_the_apps_and_an_app_waits_until_it_is_loaded(launcher, spaces, monkeypatch):
    held, load = threading.Event(), launcher.load
    monkeypatch.setattr(launcher, "PATIENCE", 0.1)
    monkeypatch.setattr(launcher, "load", lambda *what: held.wait(30) and load(*what))
    with TestClient(launcher.build(launcher.find(spaces))) as client:
        first = client.get("/").text
        assert first.count('class="card"') == 1 + len(BROKEN)
        assert "Starting" in first and 'http-equiv="refresh"' in first
        assert client.get("/health").json()["status"] == "starting"
        held.set()
        assert client.get("/shouting/").status_code == 200
        later = client.get("/").text
        assert "Starting" not in later and 'http-equiv="refresh"' not in later


def test_start_page_has_a_card_for_each_app_from_its_front_matter(client):
    page = client.get("/")
    assert page.status_code == 200
    assert page.text.count('class="card"') == 1 + len(BROKEN)
    assert "Loud &amp; clear" in page.text and page.text.count(ICON) == 1
    assert "Says a word &lt;loudly&gt;." in page.text
    assert "no_app" not in page.text


def test_start_page_asks_nothing_of_another_host(client):
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", client.get("/").text)
    assert client.get("/favicon.ico").headers["content-type"].startswith("image/svg")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("importerror", "ModuleNotFoundError"),
        ("syntaxerror", "SyntaxError"),
        ("exits", "SystemExit: no &lt;b&gt;key&lt;/b&gt; given"),
        ("nodemo", "defines no `demo`"),
    ],
)
def test_broken_app_shows_its_error_escaped_on_its_page_and_card(client, name, reason):
    for address in (f"/{name}", f"/{name}/", f"/{name}/gradio_api/info"):
        answer = client.get(address)
        assert answer.status_code == 503
        assert reason in answer.text
    assert reason in client.get("/").text
    assert "<b>key</b>" not in client.get("/").text


def test_broken_apps_do_not_take_the_others_down(client):
    assert client.get("/shouting/").status_code == 200
    assert call(client, "hello") == ("complete", '["HELLO"]')


def test_user_errors_are_shown_as_they_stand_and_others_only_as_an_id(client):
    name, data = call(client, "")
    assert (name, json.loads(data)["error"]) == ("error", "Nothing was given; type a word.")
    name, data = call(client, "boom")
    assert name == "error"
    assert "hunter2" not in data and re.search(r"\(id [0-9a-f]{8}\)", data)


def test_health_names_apps_models_and_device(client):
    health = client.get("/health").json()
    assert health["status"] == "degraded"
    assert health["apps"]["shouting"] == {"loaded": True, "error": None}
    assert "a_module_that_nobody_has" in health["apps"]["importerror"]["error"]
    assert {"pose-lite", "pose-full"} <= set(health["models"])
    assert set(health["models"].values()) <= {"repo", "local", "cached", "missing"}
    assert health["device"]["name"] in ("cpu", "cuda", "mps") and health["device"]["reason"]


def test_metrics_count_calls_errors_and_time(client):
    from prometheus_client.parser import text_string_to_metric_families

    def read() -> dict:
        text = client.get("/metrics").text
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return {(s.name, *sorted(s.labels.values())): s.value for s in samples}

    before = read()
    call(client, "one")
    call(client, "")
    call(client, "boom")
    after = read()

    def grown(*key: str) -> float:
        return after[key] - before.get(key, 0)

    assert grown("app_requests_total", "shout", "shouting") == 3
    assert grown("app_errors_total", "shout", "shouting", "user") == 1
    assert grown("app_errors_total", "internal", "shout", "shouting") == 1
    assert grown("app_latency_seconds_count", "shout", "shouting") == 3
    assert after[("app_up", "shouting")] == 1
    assert after[("app_up", "importerror")] == 0
    assert after[("process_cpu_seconds_total",)] > 0


@pytest.mark.parametrize("card", [None, b"", b"no matter", b"---\n- a\n---\n", b"---\n{\n---\n", b"---\n\xff\n---\n"])
def test_a_card_that_is_missing_or_broken_leaves_the_name(launcher, tmp_path, card):
    if card is not None:
        (tmp_path / "README.md").write_bytes(card)
    assert launcher.read_card(tmp_path).title == tmp_path.name.capitalize()


def test_unknown_address_is_404(client):
    assert client.get("/nobody").status_code == 404


def test_every_space_of_this_project_is_found(launcher):
    assert [folder.name for folder in launcher.find()] == sorted(p.parent.name for p in ROOT.glob("spaces/*/app.py"))
    assert "footsteps" in [folder.name for folder in launcher.find()]


def test_only_refuses_a_name_that_does_not_exist(launcher, capsys):
    with pytest.raises(SystemExit):
        launcher.main(["--only", "nobody"])
    assert "footsteps" in capsys.readouterr().err


def test_taken_port_says_so_and_names_a_free_one(launcher):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"Port {port} is taken.*--port (\d+)") as refused:
            launcher.listen("127.0.0.1", port)
    suggested = int(re.search(r"--port (\d+)", str(refused.value)).group(1))
    launcher.listen("127.0.0.1", suggested).close()


def test_port_zero_takes_any_free_port(launcher):
    with launcher.listen("127.0.0.1", 0) as sock:
        assert sock.getsockname()[1] > 0
