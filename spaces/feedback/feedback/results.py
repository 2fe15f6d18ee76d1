"""Results of a run over a file, as JSONL or CSV, and the file beside them that says how far they are.

A result grows by whole rows, and its state is written after them: whatever ends the run, the result up to the place in
the state is whole, and what lies beyond is cut off when the run goes on.
"""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.errors import UserError
from common.spreadsheets import neutral

COLUMNS = ("line", "text", "label", "confidence", "unsure", "why", "top", "language", "version", "note", "problem")


class State:
    """The file beside a result that says how far it is; locked, as two calls can't write one result."""

    def __init__(self, out: Path) -> None:
        self.path = out.with_name(out.name + ".state")

    def __enter__(self) -> "State":
        from filelock import FileLock, Timeout

        self._lock = FileLock(str(self.path) + ".lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise UserError(f"Another call writes {str(self.path)!r} and its result. Wait, or stop it.") from None
        except OSError as error:
            raise UserError(f"{str(self.path.parent)!r} can't be written to: {error.strerror}.") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def read(self) -> dict[str, Any] | None:
        """What was written last; None where there is nothing."""
        if not self.path.exists():
            return None
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: found[name] for name in ("settings", "places", "counts")}
        except (ValueError, KeyError, TypeError):
            raise UserError(f"{str(self.path)!r} is damaged. Delete it and the result beside it.") from None

    def write(self, settings: dict[str, Any], results: "Sequence[Result]", counts: dict[str, Any]) -> None:
        """Keep how far the results are; what was there before is replaced as a whole or not at all."""
        text = json.dumps({"settings": settings, "places": [one.place for one in results], "counts": counts})
        new = self.path.with_name(self.path.name + ".new")
        with open(new, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


class Result:
    """A result as JSONL or CSV. place: bytes of it that are complete."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, 0
        if path.suffix.lower() not in (".jsonl", ".csv"):
            raise UserError(f"A result can't be written as {path.name!r}. Let its name end in .jsonl or .csv.")
        if not path.parent.is_dir():
            raise UserError(f"There is no folder {str(path.parent)!r} for {path.name!r}. Make it, or name another.")

    def __enter__(self) -> "Result":
        self._stream = open(self.path, "r+b" if self.path.exists() else "w+b")
        self._stream.truncate(self.place)
        self._stream.seek(self.place)
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, rows: list[dict[str, Any]]) -> None:
        text = _jsonl(rows) if self.path.suffix.lower() == ".jsonl" else _csv(rows, heading=self.place == 0)
        self._stream.write(text.encode("utf-8"))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.place = self._stream.tell()


def _jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: list[dict[str, Any]], heading: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    if heading:
        text.write("\ufeff")  # by which spreadsheet programs know UTF-8
        writer.writerow(COLUMNS)
    for row in rows:
        top = "; ".join(f"{one['label']} {one['confidence']}" for one in row.get("top", []))
        cells = [top if name == "top" else row.get(name, "") for name in COLUMNS]
        writer.writerow(map(neutral, cells))
    return text.getvalue()
