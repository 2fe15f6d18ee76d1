"""The rules of the house that can be read from the source; CONTRIBUTING.md says why they are there."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from common import install

ROOT = Path(__file__).resolve().parents[1]
SYSTEMS = {path.parent.name: path.parent for path in (ROOT / "spaces").glob("*/*/__init__.py")}
APPS = sorted(path.parent.name for path in (ROOT / "spaces").glob("*/app.py"))
MAY_IMPORT_GRADIO = re.compile(r"app_launcher\.py|common/ui/\w+\.py|spaces/(\w+)/(app|\1/tabs/\w+)\.py")
# Imported inside the functions that use them: the page should be there before they are.
SLOW = {
    "torch", "torchvision", "open_clip", "mediapipe", "cv2", "av", "scipy", "matplotlib", "soundfile", "pyloudnorm",
    "diffusers", "transformers", "chromadb", "sklearn", "onnxruntime", "sqlalchemy", "datasketch",
    "faster_whisper", "swift_f0", "openai", "anthropic", "ollama", "xllamacpp", "reportlab",
    "statsforecast", "lightgbm", "pandas", "openpyxl", "rapidfuzz", "rapidocr", "pytesseract", "pypdfium2", "peft",
}  # fmt: skip
# Where the name of the package is not the name of its module.
PACKAGE_OF = {
    "PIL": "pillow",
    "cv2": "opencv-contrib-python",
    "markdown_it": "markdown-it-py",
    "open_clip": "open-clip-torch",
    "sklearn": "scikit-learn",
    "tomllib": "tomli",
    "xdist": "pytest-xdist",
    "yaml": "pyyaml",
}
MEGABYTE = 1_000_000


def sources() -> list[str]:
    """Every Python file of the project, as a path from the root with forward slashes."""
    rooms = ("common", "spaces", "benchmarks", "tests", "weights")
    paths = [*ROOT.glob("*.py"), *(path for folder in rooms for path in (ROOT / folder).rglob("*.py"))]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def imported(module: ast.AST) -> Iterator[str]:
    """Every module that is imported by name, wherever in the file; relative imports count as none."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from (arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def room(name: str) -> str:
    """The package that a file belongs to: "common", a system's name, "app.py of …", or its first folder."""
    parts = name.split("/")
    if parts[0] == "spaces" and len(parts) > 3 and parts[2] == parts[1]:
        return parts[1]
    return parts[0]


def broken_rules(name: str, module: ast.AST) -> list[str]:
    """What the file `name` does that its room does not allow."""
    found = []
    for target in sorted(set(imported(module))):
        top = target.split(".")[0]
        page = MAY_IMPORT_GRADIO.fullmatch(name) or name.startswith("tests/")
        if top == "gradio" and not page:
            found.append(f"imports {target}, which only the apps with their tabs, the launcher and common/ui may")
        if top in SYSTEMS and target.startswith(f"{top}.tabs") and not page:
            found.append(f"imports {target}; only the page of a system knows its tabs")
        if top == "spaces" and name != "common/device.py":
            found.append(f"imports {target}; a system is imported by its own name")
        if room(name) == "common" and top in {*SYSTEMS, "app", "app_launcher", "benchmarks"}:
            found.append(f"imports {target}; common knows no system")
        if room(name) in SYSTEMS and top in {*SYSTEMS, "app", "app_launcher", "benchmarks"} - {room(name)}:
            found.append(f"imports {target}; a system knows only itself and common")
        if name.startswith("spaces/") and room(name) == "spaces" and top in {*SYSTEMS} - {name.split("/")[1]}:
            found.append(f"imports {target}; an app knows only its own system and common")
    for node in ast.walk(module):
        edits_path = isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.path", "site.addsitedir"}
        takes_path = (
            isinstance(node, ast.ImportFrom) and node.module == "sys" and "path" in [a.name for a in node.names]
        )
        if edits_path or takes_path:
            found.append(f"line {node.lineno} touches sys.path")
    return found


def test_every_file_keeps_the_rules():
    assert len(sources()) > 10
    broken = [f"{name}: {rule}" for name in sources() for rule in broken_rules(name, tree(name))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("common/media.py", "def f():\n    from footsteps import gait"),
        ("common/media.py", "import gradio as gr"),
        ("spaces/footsteps/footsteps/gait.py", "import gradio"),
        ("spaces/coach/coach/desk.py", "from coach.tabs import practise"),
        ("benchmarks/coach/speed.py", "import coach.tabs.practise"),
        ("spaces/footsteps/footsteps/gait.py", "import app_launcher"),
        ("spaces/footsteps/footsteps/gait.py", "from benchmarks.footsteps import baselines"),
        ("benchmarks/footsteps/speed.py", "from gradio import Blocks"),
        ("spaces/footsteps/app.py", "from spaces.footsteps.footsteps import gait"),
        ("app_launcher.py", "import importlib\nimportlib.import_module('spaces.footsteps.app')"),
        ("app_launcher.py", "import sys\nsys.path.insert(0, 'spaces')"),
        ("tests/test_x.py", "from sys import path"),
        ("tests/test_x.py", "import site\nsite.addsitedir('spaces')"),
    ],
)
def test_each_rule_is_noticed_when_broken(name, source):
    assert broken_rules(name, ast.parse(source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("common/ui/parts.py", "import gradio as gr"),
        ("spaces/coach/coach/tabs/practise.py", "import gradio as gr\nfrom coach.tabs import desk"),
        ("common/device.py", "import spaces"),
        ("spaces/footsteps/app.py", "import gradio as gr\nfrom footsteps import pipeline"),
        ("spaces/footsteps/footsteps/gait.py", "from footsteps.steps import Step\nfrom common.errors import UserError"),
        ("benchmarks/footsteps/speed.py", "from footsteps import pipeline"),
        ("tests/e2e/test_x.py", "import gradio_client, os.path"),
    ],
)
def test_what_is_allowed_is_let_through(name, source):
    assert broken_rules(name, ast.parse(source)) == []


def test_systems_do_not_know_each_other(monkeypatch):
    monkeypatch.setitem(SYSTEMS, "coach", ROOT / "spaces/coach/coach")
    gait = "spaces/footsteps/footsteps/gait.py"
    assert broken_rules(gait, ast.parse("from coach import delivery"))
    assert broken_rules("spaces/footsteps/app.py", ast.parse("import coach"))


def test_the_folder_spaces_is_no_package():
    """With an __init__.py it would hide Hugging Face's package `spaces` wherever the root is on the path."""
    assert SYSTEMS
    assert not list((ROOT / "spaces").glob("__init__.py"))
    assert not list((ROOT / "spaces").glob("*/__init__.py"))


def test_importing_the_packages_loads_nothing_slow():
    modules = [module_name(name) for name in sources() if room(name) in {"common", *SYSTEMS}]
    light = sorted(
        set(modules) & {"common.device", "common.weights", "common.media", "footsteps.pipeline", "sketch.pipeline"}
    )
    code = f"import sys, {', '.join(light)}; print(*sorted({SLOW!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert loaded.split() == []


def module_name(name: str) -> str:
    """common/media.py as common.media, spaces/footsteps/footsteps/gait.py as footsteps.gait."""
    parts = name.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts[2:] if parts[0] == "spaces" else parts)


def pinned(path: Path) -> set[str]:
    """Names of the packages in a requirements file, as the registry spells them."""
    return {normal(re.match(r"[\w.-]+", line).group()) for line in requirement_lines(path)}


def requirement_lines(path: Path) -> list[str]:
    """The lines of a requirements file without their comments."""
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def third_party(names: list[str]) -> set[str]:
    """The packages that the files import, as the registry spells them."""
    tops = {target.split(".")[0] for name in names for target in imported(tree(name))}
    ours = {"common", "benchmarks", "tests", "weights", "app", "app_launcher", "spaces", "conftest", *SYSTEMS}
    return {normal(PACKAGE_OF.get(top, top)) for top in tops - ours - set(sys.stdlib_module_names)}


def reached(space: str) -> list[str]:
    """The files that a Space runs: its app, its package, and what of common they import."""
    files = [name for name in sources() if name == f"spaces/{space}/app.py" or room(name) == space]
    for name in files:
        modules = [target.replace(".", "/") for target in imported(tree(name)) if target.startswith("common")]
        paths = {path for module in modules for path in (f"{module}.py", f"{module}/__init__.py")}
        files += sorted(path for path in paths if (ROOT / path).exists() and path not in files)
    return files


def test_every_import_is_a_pinned_requirement():
    assert third_party(sources()) - pinned(ROOT / "requirements.txt") == set()


@pytest.mark.parametrize("space", APPS)
def test_a_space_names_what_it_imports_and_not_what_the_hub_brings(space):
    requirements = pinned(ROOT / "spaces" / space / "requirements.txt")
    brought = {"gradio", "gradio-client", "spaces", "huggingface-hub"}
    assert requirements & brought == set()
    needed = third_party(reached(space))
    # gradio brings the HTTP library, the Hub's client its lock and progress bar, Python 3.12 its TOML reader.
    assert needed - requirements - brought - {"httpx", "fastapi", "pydantic", "filelock", "tqdm", "tomli"} == set()


@pytest.mark.parametrize("space", APPS)
def test_a_space_runs_on_the_versions_that_were_tested_here(space):
    here = set(requirement_lines(ROOT / "requirements.txt"))
    there = requirement_lines(ROOT / "spaces" / space / "requirements.txt")
    tested = {line.split(";")[0] for line in here}
    assert [line for line in there if line not in tested] == ["torch>=2.8,<2.14"]  # ZeroGPU brings a torch of its own


@pytest.mark.parametrize("space", APPS)
def test_the_card_of_a_space_is_what_the_hub_expects(space):
    card = yaml.safe_load((ROOT / "spaces" / space / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert f"gradio[mcp]=={card['sdk_version']}" in requirement_lines(ROOT / "requirements.txt")
    assert (card["sdk"], card["python_version"], card["app_file"]) == ("gradio", "3.12", "app.py")
    assert (card["license"], len(card["short_description"]) <= 60) == ("apache-2.0", True)
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {card["colorFrom"], card["colorTo"]} <= colours


def test_every_requirement_is_pinned_and_torch_comes_first():
    lines = requirement_lines(ROOT / "requirements.txt")
    assert [line for line in lines if "==" not in line] == []
    assert lines[0] == install.pinned_torch(ROOT / "requirements.txt")[0]


def test_no_file_is_too_large_for_the_repository():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if listing.returncode != 0:
        pytest.skip(f"not a git checkout: {listing.stderr.strip()}")
    names = [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]
    size = {name: os.path.getsize(ROOT / name) for name in names}
    assert {name: count for name, count in size.items() if count > 45 * MEGABYTE} == {}
    assert sum(count for name, count in size.items() if name.startswith("weights/")) < 150 * MEGABYTE
