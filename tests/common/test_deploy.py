"""Staging a Space: a small project made here for the rules, the real one for what has to run."""

import base64
import json
import os
import subprocess
import sys
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from common import deploy
from common.errors import UserError

MANIFEST = """
[[model]]
id = "ours"
what = "trained here"
licence = "Apache-2.0"
licence_url = "https://www.apache.org/licenses/LICENSE-2.0"
attribution = "this project"
used_by = ["walk"]
tier = "embedded"
[[model.file]]
name = "ours.bin"
size = 3
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
[[model.file.source]]
kind = "repo"
path = "ours/ours.bin"
"""


@pytest.fixture
def project(tmp_path) -> Path:
    """A Space `walk` with one model of its own, beside a model that belongs to another Space."""
    root = tmp_path / "project"
    contents = {
        "spaces/walk/app.py": "",
        "spaces/walk/README.md": "---\nsdk: gradio\n---\n",
        "spaces/walk/requirements.txt": "",
        "spaces/walk/packages.txt": "libgl1\n",
        "spaces/walk/examples/a b.txt": "example",
        "spaces/walk/walk/__init__.py": "",
        "spaces/walk/walk/words.toml": "a = 1\n",
        "spaces/walk/walk/__pycache__/old.pyc": "",
        "spaces/talk/app.py": "",
        "common/__init__.py": "",
        "weights/manifest.toml": MANIFEST + MANIFEST.replace("ours", "theirs").replace('"walk"', '"talk"'),
        "weights/ours/ours.bin": "abc",
        "weights/theirs/theirs.bin": "abc",
        "weights/recipes/train.py": "",
    }
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def held(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_holds_the_space_the_ground_floor_and_its_own_weights(project, tmp_path):
    out = deploy.stage("walk", tmp_path / "new" / "out", project)
    assert held(out) == {
        "README.md",
        "app.py",
        "common/__init__.py",
        "examples/a b.txt",
        "packages.txt",
        "requirements.txt",
        "walk/__init__.py",
        "walk/words.toml",
        "weights/manifest.toml",
        "weights/ours/ours.bin",
    }
    assert (out / "weights/ours/ours.bin").read_text() == "abc"


def test_an_unknown_space_is_an_error_that_lists_the_known_ones(project, tmp_path):
    with pytest.raises(UserError, match=r"'\.\./walk' is no Space of this project; there are: talk, walk"):
        deploy.stage("../walk", tmp_path / "out", project)


def test_an_incomplete_space_is_an_error_that_names_what_it_lacks(project, tmp_path):
    with pytest.raises(UserError, match=r"'talk' lacks README.md, requirements.txt"):
        deploy.stage("talk", tmp_path / "out", project)


def test_a_folder_that_holds_something_is_left_alone(project, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "letter.txt").write_text("mine")
    with pytest.raises(UserError, match="not an empty folder"):
        deploy.stage("walk", out, project)
    assert held(out) == {"letter.txt"}


def test_a_weight_that_the_manifest_names_has_to_be_there(project, tmp_path):
    (project / "weights/ours/ours.bin").unlink()
    with pytest.raises(UserError, match=r"ours\.bin for the Space 'walk'"):
        deploy.stage("walk", tmp_path / "out", project)


# Imports everything that was staged; says where each module came from.
IMPORT_ALL = """
import importlib, json, pathlib, sys
paths = [path for room in ("common", sys.argv[1]) for path in pathlib.Path(room).rglob("*.py")]
names = ["app", *(".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)]
modules = [importlib.import_module(name) for name in names]
assert type(modules[0].demo).__name__ == "Blocks"
print(json.dumps({module.__name__: module.__file__ for module in modules}))
"""


@pytest.mark.parametrize("space", ["coach", "footsteps"])
def test_the_staged_space_imports_alone(tmp_path, space):
    """Without site (-S) no .pth file is read, so this project's own installation in place can't help out."""
    out = deploy.stage(space, tmp_path / "out")
    path = os.pathsep.join([str(out), sysconfig.get_path("purelib")])
    result = subprocess.run(
        [sys.executable, "-S", "-c", IMPORT_ALL, space],
        cwd=out,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    files = json.loads(result.stdout.splitlines()[-1])
    assert {"app", "common.weights", f"{space}.pipeline"} <= files.keys()
    assert {name for name, file in files.items() if not Path(file).is_relative_to(out)} == set()


class Hub(BaseHTTPRequestHandler):
    """The few calls of the Hub's interface that an upload makes; keeps what it was told."""

    def reply(self, answer: object, status: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        at = self.path.partition("?")[0]
        if "/tree/" in at:
            self.reply([{"type": "file", "path": path, "oid": "0" * 40, "size": 1} for path in self.server.present])
        else:
            self.reply({"id": "me/steps", "sha": "0" * 40, "siblings": [{"rfilename": p} for p in self.server.present]})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        at = self.path.partition("?")[0]
        self.server.tokens.add(self.headers.get("Authorization"))
        if self.headers.get("Authorization") != "Bearer good":
            self.reply({"error": "Invalid credentials"}, 401)
        elif at == "/api/repos/create":
            self.server.created.append(json.loads(body))
            self.reply({"url": f"http://127.0.0.1:{self.server.server_port}/spaces/me/steps"})
        elif at.endswith("/preupload/main"):
            files = json.loads(body)["files"]
            self.reply({"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]})
        elif at.endswith("/commit/main"):
            self.server.commit = [json.loads(line) for line in body.splitlines()]
            self.reply({"commitUrl": f"http://127.0.0.1/spaces/me/steps/commit/{'1' * 40}", "commitOid": "1" * 40})
        else:
            self.reply({"errors": [], "warnings": []})  # the check of the card's front matter

    def log_message(self, *args):
        pass


@pytest.fixture
def hub():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.created, server.tokens, server.commit = [], set(), []
    server.present = ["app.py", "gone.py", ".gitattributes"]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def push(port: int, token: str) -> subprocess.CompletedProcess:
    # In a process of its own: the Hub's client reads these settings when it is imported.
    settings = {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HUB_OFFLINE": "0", "HF_TOKEN": token}
    command = [sys.executable, "-m", "common.deploy", "push", "footsteps", "--repo", "me/steps", "--private"]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)


def test_push_makes_the_space_and_its_files_become_the_staged_ones(hub, tmp_path):
    result = push(hub.server_port, "good")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == f"http://127.0.0.1:{hub.server_port}/spaces/me/steps"
    (created,) = hub.created
    expected = {"name": "steps", "organization": "me", "type": "space", "sdk": "gradio"}
    assert {key: created[key] for key in expected} == expected
    sent = {line["value"]["path"]: line["value"] for line in hub.commit if line["key"] == "file"}
    staged = deploy.stage("footsteps", tmp_path / "out")
    assert sent.keys() == held(staged)
    assert base64.b64decode(sent["app.py"]["content"]) == (staged / "app.py").read_bytes()
    assert [line["value"]["path"] for line in hub.commit if line["key"] == "deletedFile"] == ["gone.py"]


def test_what_the_hub_refuses_is_said_without_a_traceback(hub):
    result = push(hub.server_port, "bad")
    assert result.returncode == 1
    assert result.stderr.startswith("deploy: the Hub did not take 'me/steps': ")
    assert "Traceback" not in result.stderr


def test_a_hub_that_does_not_answer_is_said_without_a_traceback(hub):
    unused = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    unused.server_close()
    result = push(unused.server_port, "good")
    assert (result.returncode, "Traceback" in result.stderr) == (1, False), result.stderr
    assert "the Hub did not take 'me/steps'" in result.stderr


def test_push_needs_a_token(monkeypatch, capsys):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert deploy.main(["push", "footsteps", "--repo", "me/steps"]) == 1
    assert capsys.readouterr().err.startswith("deploy: HF_TOKEN is not set")


@pytest.mark.parametrize("repo", ["steps", "", "me/", "me/steps/more", "me/st eps"])
def test_push_needs_a_name_with_its_owner(monkeypatch, repo):
    monkeypatch.setenv("HF_TOKEN", "good")
    with pytest.raises(UserError, match="must look like user/name"):
        deploy.push("footsteps", repo)
