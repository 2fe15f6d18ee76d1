"""The set-up, on small projects made here: real interpreters, a real environment, real pip, no network."""

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common import install

ROOT = Path(__file__).resolve().parents[2]

# A build back end of a few lines, so that pip can install the small project in place without fetching setuptools.
# It notes whether the environment is marked as unfinished while pip is at work.
BACKEND = """
import os, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    if os.path.exists(".venv/unfinished"):
        open("marked", "w").close()
    name = "small-1-py3-none-any.whl"
    info = "small-1.dist-info/"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("small.py", "")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: small\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return name
"""

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# Stands where the model registry stands; says in a file that it was asked, and fails when the test wants it to.
WEIGHTS = """
import pathlib, sys
with open("asked", "a") as file:
    print(*sys.argv[1:], file=file)
sys.exit(pathlib.Path("unreachable").exists())
"""


def make_project(root: Path) -> Path:
    for folder in ("common", "weights"):
        (root / folder).mkdir(parents=True)
    (root / "requirements.txt").write_text("# nothing is needed here\n")
    (root / "packages.txt").write_text("# nothing here either\n")
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "backend.py").write_text(BACKEND)
    (root / "common" / "__init__.py").write_text("")
    (root / "common" / "weights.py").write_text(WEIGHTS)
    (root / "weights" / "manifest.toml").write_text("")
    return root


def has(root: Path, module: str) -> bool:
    command = [root / ".venv" / "bin" / "python", "-I", "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def interpreter(path: Path, answer: str) -> str:
    """An executable that answers every question with `answer`, as an interpreter of that version would."""
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A project that was set up once; tests that change it make their own."""
    root = make_project(tmp_path_factory.mktemp("installed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_NO_INDEX", "1")
        install.install(root)
    return root


def test_a_fresh_checkout_becomes_ready(installed):
    assert has(installed, "small")
    assert (installed / "asked").read_text().splitlines()[0] == "fetch"
    assert (installed / "marked").exists()
    assert not (installed / ".venv" / "unfinished").exists()


def test_a_second_call_starts_nothing(installed, monkeypatch, capfd):
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    python = installed / ".venv" / "bin" / "python"
    target = python.readlink()
    python.unlink()
    python.symlink_to(interpreter(installed / "trap", "touch started; exit 1"))
    try:
        install.install(installed)
    finally:
        python.unlink()
        python.symlink_to(target)
    assert not (installed / "started").exists()
    assert capfd.readouterr().out == ""


def test_what_changed_is_done_again_and_nothing_else(installed, no_network, capfd):
    before = (installed / "asked").read_text()
    with (installed / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    install.install(installed)
    assert "The project itself" in capfd.readouterr().out
    assert (installed / "asked").read_text() == before

    (installed / "weights" / "manifest.toml").write_text("# changed\n")
    install.install(installed)
    assert (installed / "asked").read_text() == before + "fetch\n"


def test_a_moved_project_is_installed_where_it_is_now(installed, no_network, tmp_path, capfd):
    moved = tmp_path / "moved"
    installed.rename(moved)
    try:
        install.install(moved)
    finally:
        moved.rename(installed)
    assert "The project itself" in capfd.readouterr().out


def test_a_requirement_that_pip_refuses_stops_with_its_exit_status_and_keeps_the_environment(installed, no_network):
    requirements = installed / "requirements.txt"
    good = requirements.read_text()
    requirements.write_text("no-such-package==1\n")
    try:
        with pytest.raises(install.InstallError, match="pip ended with exit status 1"):
            install.install(installed)
    finally:
        requirements.write_text(good)
    assert has(installed, "small")
    assert not (installed / ".venv" / "unfinished").exists()


def test_weights_out_of_reach_are_said_and_asked_for_again(installed, no_network, capfd):
    (installed / "weights" / "manifest.toml").write_text("# out of reach\n")
    (installed / "unreachable").touch()
    install.install(installed)
    assert "model files are missing" in capfd.readouterr().out
    (installed / "unreachable").unlink()
    install.install(installed)
    install.install(installed)
    assert capfd.readouterr().out == "Model files\n"


def test_a_call_that_was_killed_is_begun_again(tmp_path, no_network, capfd):
    root = make_project(tmp_path / "project")
    unfinished = root / ".venv" / "unfinished"
    code = f"from pathlib import Path; from common import install; install.install(Path({str(root)!r}))"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not unfinished.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert unfinished.exists()
    (root / ".venv" / "half-written").touch()

    install.install(root)
    assert "was cut short" in capfd.readouterr().out
    assert has(root, "small")
    assert not (root / ".venv" / "half-written").exists()


def test_an_environment_of_somebody_else_is_not_deleted(tmp_path):
    root = make_project(tmp_path)
    (root / ".venv").mkdir()
    (root / ".venv" / "pyvenv.cfg").write_text("version = 3.14.0\n")
    with pytest.raises(install.InstallError, match=r"not made here and holds no Python 3\.10 to 3\.12"):
        install.install(root)
    assert (root / ".venv" / "pyvenv.cfg").exists()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("home = /usr/bin\nversion = 3.11.7\n", True),
        ("version_info = 3.12.1\n", True),
        ("version = 3.13.0\n", False),
        ("version = 3.9.18\n", False),
        ("home = /usr/bin\n", False),
    ],
)
def test_the_version_of_an_environment_is_read_from_its_configuration(tmp_path, config, expected):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    (tmp_path / "pyvenv.cfg").write_text(config)
    assert install.usable(tmp_path) is expected


def test_the_first_supported_interpreter_is_taken_and_one_without_venv_only_where_there_is_no_other(tmp_path):
    old = interpreter(tmp_path / "old", "echo 3 8 18 1")
    new = interpreter(tmp_path / "new", "echo 3 13 0 1")
    bare = interpreter(tmp_path / "bare", "echo 3 11 2 0")
    good = interpreter(tmp_path / "good", "echo 3 12 1 1")
    switched_off = interpreter(tmp_path / "shim", "echo 'pyenv: command not found' >&2; exit 127")
    assert install.find_python([old, new, switched_off, bare, good]).path == good
    assert install.find_python([old, bare]) == install.Python(bare, (3, 11, 2), False)


def test_without_a_supported_interpreter_the_message_names_what_was_found(tmp_path):
    old = interpreter(tmp_path / "old", "echo 3 8 18 1")
    with pytest.raises(install.InstallError) as caught:
        install.find_python([old])
    assert str(caught.value) == f"needs Python 3.10 to 3.12, found 3.8.18 ({old}); install python3.11"


def test_interpreters_are_looked_for_in_every_folder_of_the_path_and_in_pyenv(tmp_path, monkeypatch):
    for folder in ("first", "second", "pyenv/versions/3.12.1/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shim = interpreter(tmp_path / "first" / "python3.11", "exit 127")
    real = interpreter(tmp_path / "second" / "python3.11", "echo 3 11 7 1")
    kept = interpreter(tmp_path / "pyenv/versions/3.12.1/bin/python", "echo 3 12 1 1")
    (tmp_path / "second" / "python3.12").write_text("not executable")
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}{os.pathsep}{tmp_path / 'second'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert install.interpreters() == [sys.executable, shim, real, kept]


def test_packages_below_the_heading_are_for_the_tests_only(tmp_path):
    listing = tmp_path / "packages.txt"
    listing.write_text("# heading\nlibone  # a reason\n\nlibtwo\n# [tests]\nbrowser\n")
    assert install.read_packages(listing, tests=False) == ["libone", "libtwo"]
    assert install.read_packages(listing, tests=True) == ["libone", "libtwo", "browser"]


def test_the_projects_own_lists_are_read(tmp_path):
    assert "chromium" not in install.read_packages(ROOT / "packages.txt", tests=False)
    assert "chromium" in install.read_packages(ROOT / "packages.txt", tests=True)
    (torch,) = install.pinned_torch(ROOT / "requirements.txt")
    assert torch.startswith("torch==") and " " not in torch


@pytest.fixture
def debian_tools(tmp_path, monkeypatch):
    """A PATH with dpkg-query, apt-get and sudo that note how they were called; `libthere` is installed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    listing = "ii |libthere, libother (= 1), libolder\\nrc |libgone, \\n"
    interpreter(tools / "dpkg-query", f"printf '{listing}'")
    interpreter(tools / "apt-get", f'echo "$DEBIAN_FRONTEND $@" >> {tmp_path / "calls"}; exit ${{APT_STATUS:-0}}')
    interpreter(tools / "env", '/usr/bin/env "$@"')
    monkeypatch.setenv("PATH", str(tools))
    return tools


def test_installed_and_provided_packages_are_not_missing(debian_tools):
    assert install.missing_packages(["libthere", "libolder", "libother", "libgone", "libnew"]) == ["libgone", "libnew"]


def test_an_administrator_gets_the_missing_packages_installed(debian_tools, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert install.debian(["libthere", "libnew"])
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        "noninteractive update",
        "noninteractive install --yes --no-install-recommends libnew",
    ]


def test_a_user_with_sudo_gets_them_through_it(debian_tools, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    interpreter(debian_tools / "sudo", f'echo "sudo $@" >> {tmp_path / "calls"}; shift; exec "$@"')
    interpreter(debian_tools / "true", "exit 0")
    assert install.debian(["libnew"])
    assert "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get update" in (tmp_path / "calls").read_text()


def test_a_user_who_may_not_is_told_what_to_run(debian_tools, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    interpreter(debian_tools / "sudo", "exit 1")
    assert not install.debian(["libthere", "libnew"])
    assert "apt-get install --yes --no-install-recommends libnew" in capsys.readouterr().out
    assert not (tmp_path / "calls").exists()


def test_packages_that_can_not_be_had_do_not_stop_the_rest(debian_tools, monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("APT_STATUS", "100")
    assert not install.debian(["libnew"])
    assert "could not be installed" in capsys.readouterr().out


def test_without_debians_package_manager_the_names_are_said_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not install.debian(["libnew"])
    assert "libnew" in capsys.readouterr().out
    assert not install.debian(["libnew"], quiet=True)
    assert capsys.readouterr().out == ""


def test_the_record_is_replaced_whole(tmp_path):
    install.write_record(tmp_path, {"project": "1"})
    install.write_record(tmp_path, {"weights": "2"})
    assert json.loads((tmp_path / "installed.json").read_text()) == {"project": "1", "weights": "2"}
    assert [path.name for path in tmp_path.iterdir()] == ["installed.json"]


def test_an_old_python_can_read_the_module():
    ast.parse((ROOT / "common" / "install.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_module_needs_the_standard_library_only():
    tree = ast.parse((ROOT / "common" / "install.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= set(sys.stdlib_module_names)
    assert (ROOT / "common" / "__init__.py").read_text(encoding="utf-8").count("import ") == 1  # the word in its text
