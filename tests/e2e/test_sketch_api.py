"""Every public endpoint of sketch through gradio_client and MCP, on a real server."""

import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from common.pictures import read_settings
from tests.e2e.tools import mcp_tools

ROOT = Path(__file__).resolve().parents[2]
CAT = str(ROOT / "spaces/sketch/examples/cat.png")
QUICK = {"steps": 2}

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def client(server, tmp_path_factory):
    client = Client(f"{server}/sketch/", verbose=False, download_files=tmp_path_factory.mktemp("downloads"))
    yield client
    client.close()


@pytest.fixture
def style_file(tmp_path) -> str:
    stripes = np.zeros((80, 120, 3), np.uint8)
    stripes[:, ::20] = stripes[:, 1::20] = (255, 120, 0)
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    return str(tmp_path / "stripes.png")


def pixels(file: str) -> bytes:
    with Image.open(file) as picture:
        return np.asarray(picture).tobytes()


def test_contract_of_the_endpoints(client):
    """Scripts of other people rely on these names and defaults."""
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    nothing = object()
    contract = {
        "/render": (
            {
                "sketch": nothing,
                "words": "",
                "chosen": [],
                "kind_of_sketch": "auto",
                "negative_prompt": "",
                "size": 0,
                "steps": 0,
                "guidance": 0,
                "structure": 1.0,
                "style": 1.0,
                "style_only": False,
                "kind": "scribble",
                "scheduler": "",
                "seed": 0,
                "count": 1,
                "tier": "",
            },
            ["Pictures", "Lines", "Record"],
        ),
        "/search_styles": ({"words": "", "k": 3, "medium": ""}, ["Styles", "Found"]),
        "/list_styles": ({"medium": ""}, ["Styles"]),
        "/add_style": (
            {"picture": nothing, "title": "", "caption": "", "medium": "", "era": "", "licence": ""},
            ["Style"],
        ),
        "/delete_style": ({"style_id": nothing}, ["Deleted"]),
        "/prepare_sketch": ({"sketch": nothing, "size": 0, "kind_of_sketch": "auto"}, ["Lines", "Found"]),
    }
    assert set(named) == set(contract)
    for name, (parameters, returns) in contract.items():
        given = {p["parameter_name"]: p["parameter_default"] for p in named[name]["parameters"]}
        assert list(given) == list(parameters), name
        wanted = {key: value for key, value in parameters.items() if value is not nothing}
        assert {key: given[key] for key in wanted} == wanted, name
        assert [output["label"] for output in named[name]["returns"]] == returns


def test_render_finds_the_style_and_measures_the_result(client):
    words = "a cat in watercolour"
    pictures, lines, record = client.predict(handle_file(CAT), words=words, **QUICK, api_name="/render")
    with Image.open(pictures[0]) as picture, Image.open(lines) as drawn:
        assert picture.size == drawn.size and max(picture.size) == 256
    assert record["styles"][0]["id"].startswith("watercolour") and record["styles"][0]["score"] > 0.5
    assert 0 < record["pictures"][0]["structure"]["f1"] <= 1
    assert record["pictures"][0]["style"]["palette"] > 0
    assert (record["tier"], record["steps"], record["seed"]) == ("embedded", 2, 0)
    assert read_settings(pictures[0])["prompt"] == words


def test_the_same_seed_gives_the_same_and_a_blend_is_taken(client):
    def make(seed: int) -> str:
        chosen = [{"id": "neon_blue", "weight": 3}, "gold"]
        found = client.predict(handle_file(CAT), "a cat", chosen, seed=seed, **QUICK, api_name="/render")
        assert [style["share"] for style in found[2]["styles"]] == [0.75, 0.25]
        return pixels(found[0][0])

    assert make(1) == make(1) != make(2)


def test_several_pictures_in_another_size(client):
    pictures, _, record = client.predict(
        handle_file(CAT), "a cat, pixel art", size=384, count=2, seed=7, steps=1, api_name="/render"
    )
    assert len(pictures) == 2 and pixels(pictures[0]) != pixels(pictures[1])
    assert [made["seed"] for made in record["pictures"]] == [7, 8] and record["size"] == 384


def test_styles_are_searched_by_meaning_and_narrowed(client):
    cards, read = client.predict("a car in watercolour", k=2, api_name="/search_styles")
    assert [card["medium"] for card in cards] == ["watercolour"] * 2
    assert read == {"style": "watercolour", "content": "car", "text_only": False}
    assert cards[0]["score"] >= cards[1]["score"] > 0.5
    narrowed, _ = client.predict("a car in watercolour", medium="ink", api_name="/search_styles")
    assert {card["medium"] for card in narrowed} == {"ink"}
    assert client.predict("three apples", api_name="/search_styles")[1]["text_only"]


def test_a_style_is_added_found_used_and_deleted(client, style_file):
    before = len(client.predict(api_name="/list_styles"))
    card = client.predict(handle_file(style_file), "Orange stripes", "thin orange stripes", api_name="/add_style")
    assert card["own"] and card["id"] in [one["id"] for one in client.predict(api_name="/list_styles")]
    cards, _ = client.predict("a cat with thin orange stripes", api_name="/search_styles")
    assert cards[0]["id"] == card["id"]
    record = client.predict(handle_file(CAT), "a cat", [card["id"]], steps=1, api_name="/render")[2]
    assert record["styles"][0]["title"] == "Orange stripes"
    assert client.predict(card["id"], api_name="/delete_style") == card["id"]
    assert len(client.predict(api_name="/list_styles")) == before
    with pytest.raises(AppError, match="comes with the system"):
        client.predict("gold", api_name="/delete_style")


def test_prepare_sketch_gives_the_lines(client):
    lines, found = client.predict(handle_file(CAT), 512, api_name="/prepare_sketch")
    with Image.open(lines) as drawn:
        assert max(drawn.size) == 512 == max(found["width"], found["height"])
    assert found["kind"] == "drawing"


def test_bad_input_is_answered_with_words(client, tmp_path):
    def file(name: str, image: Image.Image | bytes, **more):
        if isinstance(image, bytes):
            (tmp_path / name).write_bytes(image)
        else:
            image.save(tmp_path / name, **more)
        return handle_file(str(tmp_path / name))

    blank = Image.new("RGB", (300, 300), "white")
    for sketch, words in (
        (file("blank.png", blank), "nothing|blank|empty"),
        (file("dot.png", Image.new("RGB", (1, 1))), "1 x 1|small"),
        (file("text.png", b"This is a text."), "text.png"),
        (file("cut.png", Path(CAT).read_bytes()[:2000]), "cut.png"),
        (file("none.png", b""), "empty"),
    ):
        with pytest.raises(AppError, match=words) as refused:
            client.predict(sketch, "a cat", api_name="/render")
        assert "on our side" not in str(refused.value)
    for setting, words in (
        ({"steps": 99}, "99"),
        ({"size": 300}, "300"),
        ({"tier": "huge"}, "huge"),
        ({"words": "x" * 1001}, "1,001"),
        ({"chosen": ["lava"]}, "lava"),
        ({"chosen": [{"id": "gold"}]}, "give a list of ids"),
        ({"chosen": {"gold": 0.7}}, "give a list of ids"),
        ({"chosen": [{"id": 7, "weight": 1}]}, "give a list of ids"),
        ({"chosen": ["gold", "clay", "jade", "ink_wash"]}, "1 to 3"),
    ):
        with pytest.raises((AppError, ValueError), match=words) as refused:
            client.predict(handle_file(CAT), **setting, api_name="/render")
        assert "on our side" not in str(refused.value)
    for k in (0, 21, None):
        with pytest.raises(AppError, match="from 1 to 20"):
            client.predict("watercolour", k=k, api_name="/search_styles")
    for size in (300, 320, 64_000):
        with pytest.raises(AppError, match=f"{size}"):
            client.predict(handle_file(CAT), size, api_name="/prepare_sketch")


def test_unusual_pictures_are_taken(client, tmp_path):
    cat = Image.open(CAT).convert("L")
    clear = Image.new("RGBA", cat.size)
    clear.putalpha(cat.point(lambda value: 255 - value))
    clear.save(tmp_path / "clear.png")
    cat.resize((12_000, 3_000)).save(tmp_path / "wide.png")
    cat.save(tmp_path / "moving.gif", save_all=True, append_images=[cat.rotate(90)])
    for name in ("clear.png", "wide.png", "moving.gif"):
        lines, found = client.predict(handle_file(str(tmp_path / name)), api_name="/prepare_sketch")
        assert found["kind"] == "drawing", name
        with Image.open(lines) as drawn:
            assert 0.01 < np.mean(np.asarray(drawn.convert("L")) < 128) < 0.4, name


def test_the_script_of_the_api_tab_runs_as_it_stands(server, tmp_path):
    config = httpx.get(f"{server}/sketch/config", timeout=60).json()
    snippet = next(c["props"]["value"] for c in config["components"] if c["type"] == "code")
    shutil.copy(CAT, tmp_path / "sketch.png")
    script = snippet.replace("{address}", f"{server}/sketch/")
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stderr
    f1, file = run.stdout.split()[-2:]
    assert 0 < float(f1) <= 1 and file.endswith(".png")


def test_mcp_tools_have_the_names_and_words_of_the_functions(server):
    found = mcp_tools(f"{server}/sketch/")
    assert set(found) == {"render", "search_styles", "list_styles", "add_style", "delete_style", "prepare_sketch"}
    assert "keeps the lines" in found["render"].description
