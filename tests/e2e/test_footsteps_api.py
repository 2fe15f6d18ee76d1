"""Every public endpoint of footsteps through gradio_client and MCP, on a real server."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from common import media
from tests.e2e.tools import mcp_tools

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "spaces/footsteps/examples").glob("*.mp4"), key=lambda path: path.stat().st_size)
SETTINGS = {"environment": "detect", "seed": 0, "reverb": True, "original_mix": 0.5, "loudness": -23.0}

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def client(server, tmp_path_factory):
    client = Client(f"{server}/footsteps/", verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


@pytest.fixture(scope="module")
def clip() -> str:
    return str(EXAMPLES[0])


@pytest.fixture(scope="module")
def detected(client, clip) -> tuple[list, dict, list]:
    return client.predict(handle_file(clip), api_name="/detect")


def test_contract_of_the_endpoints(client):
    """Scripts of other people rely on these names and defaults."""
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    nothing = object()
    contract = {
        "/detect": ({"video": nothing, "model": "full"}, ["Steps", "Scene", "Warnings"]),
        "/render": (
            {"video": nothing, "steps": nothing, **SETTINGS},
            ["Video", "Footsteps alone", "Files", "Warnings"],
        ),
        "/generate": (
            {"video": nothing, "model": "full", "surface": "detect", "footwear": "detect", **SETTINGS},
            ["Video", "Footsteps alone", "Files", "Steps", "Scene", "Warnings"],
        ),
        "/describe_scene": ({"video": nothing}, ["Scene"]),
    }
    assert set(named) == set(contract)
    for name, (parameters, returns) in contract.items():
        given = {p["parameter_name"]: p["parameter_default"] for p in named[name]["parameters"]}
        assert list(given) == list(parameters)
        assert {key: value for key, value in given.items() if parameters[key] is not nothing} == {
            key: value for key, value in parameters.items() if value is not nothing
        }
        assert [output["label"] for output in named[name]["returns"]] == returns


def test_detect_gives_steps_and_scene(detected, clip):
    steps, scene, warnings = detected
    duration = media.probe(clip).duration
    times = [step["time"] for step in steps]
    assert len(steps) >= 4
    assert times == sorted(times) and times[0] >= 0 and times[-1] <= duration
    assert {step["side"] for step in steps} == {"left", "right"}
    assert {"environment", "surface", "footwear", "source"} == set(scene)
    assert all(isinstance(warning, str) for warning in warnings)


def test_render_takes_changed_steps(client, clip, detected, tmp_path):
    steps = [dict(step, surface="gravel") for step in detected[0][:2]]
    film, wav, files, _ = client.predict(handle_file(clip), steps, original_mix=0, api_name="/render")
    before, after = media.probe(clip), media.probe(film)
    assert (after.video_codec, after.width, after.height) == (before.video_codec, before.width, before.height)
    assert after.has_audio
    assert after.duration == pytest.approx(before.duration, abs=0.1)
    sound = media.probe(wav)
    assert (sound.audio_rate, sound.audio_channels) == (48_000, 2)
    written = next(path for path in files if path.endswith(".json") and "setting" not in Path(path).name)
    assert [step["surface"] for step in json.loads(Path(written).read_text())] == ["gravel", "gravel"]


def test_generate_gives_everything_and_the_same_for_the_same_seed(client, clip):
    def make(seed: int):
        return client.predict(handle_file(clip), surface="wood", seed=seed, api_name="/generate")

    film, wav, files, steps, scene, warnings = make(1)
    assert media.probe(film).has_audio
    assert {Path(path).suffix for path in files} >= {".csv", ".json", ".png"}
    assert {step["surface"] for step in steps} == {"wood"}
    assert "source" in scene and isinstance(warnings, list)
    assert Path(wav).read_bytes() == Path(make(1)[1]).read_bytes()
    assert Path(wav).read_bytes() != Path(make(2)[1]).read_bytes()


def test_describe_scene(client, clip):
    scene = client.predict(handle_file(clip), api_name="/describe_scene")
    assert scene["source"]
    for kind in ("environment", "surface", "footwear"):
        assert scene[kind]["label"] is None or scene[kind]["confidence"] > 0


def test_what_is_no_video_is_named(client, tmp_path):
    fake = tmp_path / "holiday.mp4"
    fake.write_text("This is a text.")
    for name in ("/detect", "/generate", "/describe_scene"):
        with pytest.raises(AppError) as refused:
            client.predict(handle_file(str(fake)), api_name=name)
        assert "holiday.mp4" in str(refused.value)
        assert "on our side" not in str(refused.value)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"time": 1.0, "side": "left", "surface": "lava"}], "lava"),
        ([{"time": 1e6, "side": "left", "surface": "wood"}], "time"),
        ("none", "must be a list"),
        ([], "no step"),
    ],
)
def test_wrong_steps_are_refused_with_words(client, clip, steps, words):
    with pytest.raises(AppError, match=words) as refused:
        client.predict(handle_file(clip), steps, api_name="/render")
    assert "on our side" not in str(refused.value)


@pytest.mark.parametrize("setting", [{"seed": -1}, {"loudness": 3}, {"original_mix": 7}, {"surface": "lava"}])
def test_wrong_settings_are_refused_with_words(client, clip, setting):
    with pytest.raises((AppError, ValueError)) as refused:
        client.predict(handle_file(clip), **setting, api_name="/generate")
    assert str(next(iter(setting.values()))) in str(refused.value)
    assert "on our side" not in str(refused.value)


def test_the_script_of_the_api_tab_runs_as_it_stands(server, clip, tmp_path):
    config = httpx.get(f"{server}/footsteps/config", timeout=60).json()
    snippet = next(c["props"]["value"] for c in config["components"] if c["type"] == "code")
    assert "{address}" in snippet
    shutil.copy(clip, tmp_path / "walk.mp4")
    script = snippet.replace("{address}", f"{server}/footsteps/") + "\nprint(film, wav)"
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stderr
    film, wav = run.stdout.split()[-2:]
    assert film.endswith(".mp4") and wav.endswith(".wav")


def test_mcp_tools_have_the_names_and_words_of_the_functions(server):
    found = mcp_tools(f"{server}/footsteps/")
    assert set(found) == {"detect", "render", "generate", "describe_scene"}
    assert "footfall" in found["detect"].description
    surface = found["generate"].inputSchema["properties"]["surface"]
    assert "gravel" in surface["enum"] and "ground" in surface["description"]
