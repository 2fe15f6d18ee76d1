"""From a fresh checkout to a ready `.venv`: `python3 -m common.install [--tests]`, run in the project's folder.

    Debian packages      those of packages.txt that are missing, where this user may install them
    .venv                made with a Python that the project supports, whichever Python runs this file
    Python packages      requirements.txt, the pinned torch first, then the project itself in place
    model files          the embedded ones, through `common.weights`

What is done is recorded in `.venv/installed.json` by the hash of what it was done from, so that a second call
starts no installer and asks no network. The record is written last: a call that was cut short leaves `.venv/unfinished`
behind, and the next one begins the environment again.

Standard library only, in the syntax of Python 3.8: an old Python must get as far as saying which one is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence  # noqa: UP035  (collections.abc has no generics in Python 3.8)

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 10), (3, 12)
NAMES = ("python3.11", "python3.12", "python3.10", "python3", "python")
TESTS_SECTION = "# [tests]"


class InstallError(Exception):
    """The set-up can't go on; the message says what to do."""


class Python(NamedTuple):
    """An interpreter that was found and asked."""

    path: str
    version: tuple[int, int, int]
    has_venv: bool  # Debian keeps venv's ensurepip in a package of its own


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m common.install", description="Set up .venv for this project.")
    parser.add_argument("--tests", action="store_true", help="also what only the tests need (chromium)")
    tests = parser.parse_args(arguments).tests
    try:
        install(ROOT, tests)
    except InstallError as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    return 0


def install(root: Path, tests: bool = False) -> None:
    """Do what is missing of the set-up of the project in `root`; raises InstallError where it can't go on."""
    venv = root / ".venv"
    with one_at_a_time(root):
        debian(read_packages(root / "packages.txt", tests), quiet=(venv / "installed.json").exists())
        clear_unusable(venv)
        if not venv.exists():
            make_environment(venv)
        install_python_packages(root, venv)
        fetch_weights(root, venv)


@contextlib.contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold the project's folder while installing, so that `make run` and `make test` may start together."""
    folder = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def read_packages(path: Path, tests: bool) -> list[str]:
    """Names in packages.txt, one a line after comments are cut; those below the tests' heading only when asked for."""
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() == TESTS_SECTION and not tests:
            break
        name = line.split("#")[0].strip()
        if name:
            names.append(name)
    return names


def debian(names: Sequence[str], quiet: bool = False) -> bool:
    """Install those of `names` that are missing, as far as this user may; returns whether all of them are there now.

    Without Debian's package manager nothing can be looked up: the names are said once, unless `quiet`.
    """
    if shutil.which("dpkg-query") is None:
        if names and not quiet:
            say("No Debian packages on this system; please have what these hold: " + " ".join(names))
        return False
    missing = missing_packages(names)
    if not missing:
        return True
    update = ["apt-get", "update"]
    add = ["apt-get", "install", "--yes", "--no-install-recommends", *missing]
    by_hand = f"{shlex.join(update)} && {shlex.join(add)}"
    prefix = administrator()
    if prefix is None:
        say(f"Debian packages are missing. As administrator, run: {by_hand}\nGoing on without them.")
        return False
    say("Debian packages: " + " ".join(missing))
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*command, *update], check=False)  # stale lists may still do; the install tells
    if subprocess.run([*command, *add], check=False).returncode != 0:
        say(f"Debian packages could not be installed. As administrator, run: {by_hand}\nGoing on without them.")
        return False
    return True


def missing_packages(names: Sequence[str]) -> list[str]:
    """Those of `names` that no installed package is called or provides (libglib2.0-0 became libglib2.0-0t64)."""
    command = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}|${Package}, ${Provides}\n"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    installed = set()
    for line in listing.splitlines():
        status, _, provided = line.partition("|")
        if status.startswith("ii"):
            installed.update(entry.split()[0] for entry in provided.split(",") if entry.strip())
    return [name for name in names if name not in installed]


def administrator() -> list[str] | None:
    """What to put before a command that only root may run; None where this user may not, or only with a password."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def find_python(candidates: Sequence[str]) -> Python:
    """The first of `candidates` that the project supports, one that can make an environment before one that can't."""
    found = [python for python in map(ask, candidates) if python]
    suited = [python for python in found if OLDEST <= python.version[:2] <= NEWEST]
    if not suited:
        seen = ", ".join(f"{'.'.join(map(str, python.version))} ({python.path})" for python in found) or "none"
        raise InstallError(f"needs Python {dotted(OLDEST)} to {dotted(NEWEST)}, found {seen}; install python3.11")
    return next((python for python in suited if python.has_venv), suited[0])


def interpreters() -> list[str]:
    """Paths to look at: the running Python, those on PATH by name, and pyenv's, whose shims may be switched off."""
    paths = [sys.executable]
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    paths += [str(folder / name) for name in NAMES for folder in folders]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    paths += [str(path) for minor in (11, 12, 10) for path in sorted(pyenv.glob(f"3.{minor}.*/bin/python"))]
    return [path for path in dict.fromkeys(paths) if os.access(path, os.X_OK)]


def ask(path: str) -> Python | None:
    """Run the interpreter at `path` for its version; None where it does not run."""
    question = "import sys, importlib.util as u; print(*sys.version_info[:3], int(bool(u.find_spec('ensurepip'))))"
    try:
        answer = subprocess.run([path, "-c", question], check=True, capture_output=True, text=True, timeout=20).stdout
        major, minor, micro, has_venv = map(int, answer.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Python(path, (major, minor, micro), bool(has_venv))


def clear_unusable(venv: Path) -> None:
    """Remove an environment that this module left unfinished or that lost its Python; one made by others stays."""
    if not venv.exists():
        return
    if (venv / "unfinished").exists():
        say("The last installation was cut short; beginning again.")
    elif usable(venv):
        return
    elif (venv / "installed.json").exists():
        say(f"The Python behind {venv} is gone; beginning again.")
    else:
        supported = f"Python {dotted(OLDEST)} to {dotted(NEWEST)}"
        raise InstallError(f"{venv} was not made here and holds no {supported}; move it away and run this again")
    shutil.rmtree(venv)


def usable(venv: Path) -> bool:
    """Whether the environment has its interpreter still, in a version that the project supports."""
    config = venv / "pyvenv.cfg"
    if not (venv / "bin" / "python").exists() or not config.exists():
        return False
    fields = (line.partition("=") for line in config.read_text(encoding="utf-8").splitlines())
    values = {name.strip(): value.strip() for name, _, value in fields}
    version = values.get("version") or values.get("version_info", "0.0")  # venv writes the first, uv the second
    return OLDEST <= tuple(int(part) for part in version.split(".")[:2]) <= NEWEST


def make_environment(venv: Path) -> None:
    """Create `venv`; on Debian this may need the package that holds venv's ensurepip."""
    python = find_python(interpreters())
    package = f"python{dotted(python.version[:2])}-venv"
    if not python.has_venv and not debian([package]):
        raise InstallError(f"{python.path} can't make an environment; install {package}")
    say(f"{venv} with Python {'.'.join(map(str, python.version))} ({python.path})")
    venv.mkdir()
    (venv / "unfinished").touch()
    try:
        subprocess.run([python.path, "-m", "venv", str(venv)], check=True)
    except subprocess.CalledProcessError as error:
        raise InstallError(f"{python.path} could not make {venv} (exit status {error.returncode})") from error


def install_python_packages(root: Path, venv: Path) -> None:
    """requirements.txt with the pinned torch first, then the project in place; nothing where the record says so."""
    requirements = root / "requirements.txt"
    parts = {
        "requirements": digest(requirements.read_bytes()),
        "project": digest((root / "pyproject.toml").read_bytes(), str(root).encode()),
    }
    due = [part for part, fingerprint in parts.items() if read_record(venv).get(part) != fingerprint]
    if not due:
        return
    say("Python packages of requirements.txt" if "requirements" in due else "The project itself")
    unfinished = venv / "unfinished"
    unfinished.touch()
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    try:
        if "requirements" in due:
            for torch in pinned_torch(requirements):
                subprocess.run([*pip, torch], check=True)
            subprocess.run([*pip, "--requirement", str(requirements)], check=True)
        subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(root)], check=True)
    except subprocess.CalledProcessError as error:
        if error.returncode > 0:  # pip refused, which it does before it writes; a signal may have come while it wrote
            unfinished.unlink()
        raise InstallError(f"pip ended with exit status {error.returncode}; its own message is above") from error
    unfinished.unlink()
    write_record(venv, parts)


def pinned_torch(requirements: Path) -> list[str]:
    """The line that pins torch, if there is one, without its comment."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.startswith("torch==")]


def fetch_weights(root: Path, venv: Path) -> None:
    """The embedded model files. Out of reach, they are asked for again by the next call and on first use."""
    fingerprint = digest((root / "weights" / "manifest.toml").read_bytes())
    if read_record(venv).get("weights") == fingerprint:
        return
    say("Model files")
    fetch = [str(venv / "bin" / "python"), "-m", "common.weights", "fetch"]
    if subprocess.run(fetch, check=False, cwd=root).returncode == 0:
        write_record(venv, {"weights": fingerprint})
    else:
        say("Some model files are missing; what needs them will say so. `make weights` tries again.")


def read_record(venv: Path) -> dict[str, str]:
    """What was installed into `venv`, by the digest of what it was installed from; empty for one made by others."""
    try:
        return json.loads((venv / "installed.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def write_record(venv: Path, parts: dict[str, str]) -> None:
    """Add `parts` to the record, whole or not at all."""
    draft = venv / "installed.json.part"
    draft.write_text(json.dumps({**read_record(venv), **parts}, indent=1), encoding="utf-8")
    draft.replace(venv / "installed.json")


def digest(*contents: bytes) -> str:
    """Hex SHA-256 over `contents`, each told apart from the next."""
    return hashlib.sha256(b"\0".join(hashlib.sha256(content).digest() for content in contents)).hexdigest()


def dotted(version: Sequence[int]) -> str:
    """(3, 11) as 3.11."""
    return ".".join(map(str, version))


def say(text: str) -> None:
    """Print at once, so that the line stands before what the command it announces prints."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
