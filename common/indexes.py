"""Where pip is set to look for packages, and what lies there, read and never run.

`pip download` runs the set-up of a source archive. So of pip only its settings are asked for, and the pages and folders
that they name are read here, with pypi-simple (the simple repository API, PEP 503 and PEP 691).
"""

import ast
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class SettingsUnreadable(Exception):
    """pip is not there or doesn't say how it is set."""


@dataclass(frozen=True)
class Settings:
    """indexes, links: addresses and paths, in pip's order; certificates: a file of trusted ones, None for the usual."""

    indexes: tuple[str, ...]
    links: tuple[str, ...]
    certificates: str | None


def settings(limit: float) -> Settings:
    """How `pip download` of this Python is set, by configuration files and PIP_… variables.

    limit: seconds to wait for pip. Raises SettingsUnreadable.
    """
    from pypi_simple import PYPI_SIMPLE_ENDPOINT

    command = [sys.executable, "-m", "pip", "config", "list"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=limit)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsUnreadable(f"pip doesn't say how it is set: {error}") from error
    if said.returncode:
        raise SettingsUnreadable(f"pip doesn't say how it is set: {said.stderr.strip()[-300:]}")
    found = _chosen(said.stdout)
    no_index = found.get("no-index", "").lower() in ("1", "true", "yes", "on", "t", "y")
    indexes = found.get("index-url", PYPI_SIMPLE_ENDPOINT).split() + found.get("extra-index-url", "").split()
    return Settings(
        () if no_index else tuple(indexes), tuple(found.get("find-links", "").split()), found.get("cert") or None
    )


def _chosen(listing: str) -> dict[str, str]:
    """The settings that hold for `pip download`: variables before its own section before the general one."""
    sections: dict[str, dict[str, str]] = {"global": {}, "download": {}, ":env:": {}}
    for line in listing.splitlines():
        if match := re.fullmatch(r"(global|download|:env:)\.([\w-]+)=(.+)", line):
            section, key, value = match.groups()
            sections[section][key] = str(ast.literal_eval(value))
    return sections["global"] | sections["download"] | sections[":env:"]


@dataclass(frozen=True)
class Archive:
    """A source archive: its file name, and its address or its path on this machine."""

    name: str
    place: str | Path


def places(chosen: Settings, package: str) -> list[str | Path]:
    """Where `package` may be listed: folders and pages on this machine first, then addresses, each in pip's order."""
    pages = [index.rstrip("/") + f"/{_normal(package)}/" for index in chosen.indexes]
    found = [_on_this_machine(place) or place for place in [*chosen.links, *pages]]
    return sorted(found, key=lambda place: not isinstance(place, Path))


def archives_in(folder: Path, package: str, version: str) -> Iterator[Archive]:
    """The source archive of this version, .tar.gz, in a folder: of `find-links`, or of an index on this machine.

    An index has a page per package; a folder that has none is a heap of archives. Raises OSError.
    """
    page = folder / "index.html" if folder.is_dir() else folder
    if page.is_file():
        yield from archives_on(page.read_bytes(), "text/html", page.absolute().as_uri(), package, version)
    else:
        for path in sorted(folder.iterdir()):
            if _is_sdist(path.name, package, version):
                yield Archive(path.name, path)


def archives_on(page: bytes, kind: str, address: str, package: str, version: str) -> Iterator[Archive]:
    """The source archive of this version, .tar.gz, on a page of an index.

    kind: the page's Content-Type, HTML or JSON; address: the page's own, to which its links are relative.
    Raises ValueError for a page that can't be read.
    """
    import json

    from pypi_simple import ProjectPage, UnsupportedRepoVersionError

    try:
        if "json" in kind:
            listing = ProjectPage.from_json_data(json.loads(page), address)
        else:
            listing = ProjectPage.from_html(package, page, address)
    except UnsupportedRepoVersionError as error:
        raise ValueError(str(error)) from error
    for file in listing.packages:
        if _is_sdist(file.filename, package, version):
            place = _on_this_machine(file.url) or _signed_in(file.url, address)
            yield Archive(file.filename, place)


def shown(place: str | Path) -> str:
    """`place` as it may be told: without the name and password that an address can hold."""
    return re.sub(r"(?<=://)[^/@]*@", "", str(place))


def _is_sdist(name: str, package: str, version: str) -> bool:
    from pypi_simple import UnparsableFilenameError, parse_filename

    if not name.endswith(".tar.gz"):
        return False
    try:
        project, found, kind = parse_filename(name, package)
    except UnparsableFilenameError:
        return False
    return kind == "sdist" and _normal(project) == _normal(package) and found == version


def _on_this_machine(place: str) -> Path | None:
    """The path that `place` is, None for an address elsewhere."""
    parts = urllib.parse.urlsplit(place)
    if parts.scheme == "file":
        return Path(urllib.request.url2pathname(parts.path))
    return None if "://" in place else Path(place).expanduser()


def _signed_in(url: str, page: str) -> str:
    """`url` with the name and password of the page's address where both are on one host."""
    link, origin = urllib.parse.urlsplit(url), urllib.parse.urlsplit(page)
    user, sign, host = origin.netloc.rpartition("@")
    if (link.scheme, link.netloc) == (origin.scheme, host):
        link = link._replace(netloc=user + sign + host)
    return urllib.parse.urlunsplit(link)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
