"""Recordings that people asked to keep: files under names by chance, each person's in a folder of their own."""

import contextlib
import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from common.errors import UserError

_ENDING = re.compile(r"\.[a-z0-9]{1,5}")


class Recordings:
    """The recordings in a folder, which is made when there is something to keep. owner: a name for a person, of
    characters that a file system takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, owner: str, source: str | Path) -> str:
        """Copy a file; gives the name under which it is kept. Raises UserError where that can't be done."""
        ending = Path(source).suffix.lower()
        name = secrets.token_hex(16) + (ending if _ENDING.fullmatch(ending) else "")
        copy = self._folder / owner / name
        try:
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(source, copy)
        except OSError as error:
            with contextlib.suppress(OSError):
                copy.unlink()
            raise UserError(f"The recording can't be kept: {error}. Free some room, or don't keep it.") from error
        return name

    def find(self, owner: str, name: str) -> Path | None:
        """The file of this name; None where there is none."""
        path = self._folder / owner / name
        return path if path.is_file() else None

    def delete(self, owner: str, names: Iterable[str]) -> None:
        """Delete files by their names; those that are gone already are passed over."""
        for name in names:
            (self._folder / owner / name).unlink(missing_ok=True)

    def clear(self, owner: str) -> int:
        """Delete all files of a person; gives how many there were."""
        folder = self._folder / owner
        # In one step under another name, so that what is recorded meanwhile goes to a new folder.
        with contextlib.suppress(FileNotFoundError):
            folder.rename(folder.with_name(f"{owner}-gone-{secrets.token_hex(4)}"))
        asides = self._folder.glob(f"{owner}-gone-*")  # also of a call that was cut off
        return sum(map(_delete, list(asides)))


def _delete(folder: Path) -> int:
    """Delete a folder of files; gives how many there were. Another thread may be deleting it too."""
    count = 0
    with contextlib.suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
                count += 1
        folder.rmdir()
    return count
