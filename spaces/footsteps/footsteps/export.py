"""Stage 6: what the person takes away: video, sound, step table, markers for editors, plot, settings."""

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from common import media
from common.errors import UserError
from common.media import MediaInfo
from footsteps import plot, table
from footsteps.plot import Curves
from footsteps.steps import Step

# Frame rates of editing timelines; a recording is conformed to the nearest.
TIMELINE_RATES = tuple(
    Fraction(rate, 1001 if broken else 1000)
    for rate, broken in [
        (24000, True), (24000, False), (25000, False), (30000, True), (30000, False),
        (48000, False), (50000, False), (60000, True), (60000, False),
    ]
)  # fmt: skip
MARKER_COLOURS = {"left": "ResolveColorBlue", "right": "ResolveColorYellow"}
PACKAGES = ("av", "mediapipe", "open_clip_torch", "torch", "numpy", "scipy", "pyloudnorm")


def export_all(
    folder: str | Path,
    info: MediaInfo,
    steps: Sequence[Step],
    sound: np.ndarray,
    settings: dict[str, Any],
    curves: Curves | None = None,
) -> dict[str, Any]:
    """Write every file into `folder` (made if missing) and return their paths.

    sound: (N, 2) float32 at 48 kHz, in step with `info.path`; settings: how it was made, values that JSON knows
    Keys: video, wav, csv, json, plot, settings, and markers, a list. Names begin with the video's own.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    begin = folder / f"{safe_stem(info.path)}_footsteps"
    files = {
        "video": Path(f"{begin}.mp4"),
        "wav": Path(f"{begin}.wav"),
        "csv": Path(f"{begin}.csv"),
        "json": Path(f"{begin}.json"),
        "markers": [Path(f"{begin}_audacity.txt"), Path(f"{begin}_resolve.edl")],
        "plot": Path(f"{begin}_plot.png"),
        "settings": Path(f"{begin}_settings.json"),
    }
    pictures = media.mux(info.path, sound, files["video"])
    media.write_wav(files["wav"], sound)
    _write(files["csv"], to_csv(steps))
    _write(files["json"], to_json(steps))
    _write(files["markers"][0], audacity_labels(steps))
    _write(files["markers"][1], resolve_markers(steps, info.fps or 30.0, begin.name))
    plot.draw(files["plot"], steps, info.duration, curves)
    _write(files["settings"], settings_text(settings, info, pictures))
    return files


def safe_stem(path: str | Path) -> str:
    """The file's name without suffix, made of letters, digits, "-" and "_" only; "video" where nothing is left."""
    stem = re.sub(r"[^\w-]+", "_", Path(path).stem).strip("-_")
    # File systems count bytes (255); the longest ending and a prefix need room.
    return stem.encode()[:120].decode(errors="ignore") or "video"


def to_csv(steps: Sequence[Step]) -> str:
    """The step table with a heading: the fields of `Step`, times in seconds."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(table.COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.to_dicts(steps))
    return text.getvalue()


def to_json(steps: Sequence[Step]) -> str:
    """A list with one object a step."""
    return json.dumps(table.to_dicts(steps), indent=1) + "\n"


def read_steps(text: str) -> list[Step]:
    """Steps from the text of a CSV or JSON table, told apart by content; incomplete ones as in `footsteps.table`.

    The CSV may come back from a spreadsheet: separated by comma, semicolon or tab, with a byte order mark.
    Raises UserError that names the row, the column and the value.
    """
    text = text.removeprefix("\ufeff").strip()
    if text.startswith(("[", "{")):
        try:
            return table.from_dicts(json.loads(text))
        except ValueError as error:
            raise UserError(f"The step table is not valid JSON: {error}.") from error
        except RecursionError:
            raise UserError("The step table is not a plain list of steps but nested without end.") from None
    if not text:
        raise UserError("The step table is empty. Give a heading and one row a step.")
    heading = text.splitlines()[0]
    try:
        rows = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=heading.count), strict=True)
        names = [name.strip().lower() for name in next(rows)]
        missing = [name for name in ("time", "side", "surface") if name not in names]
        unknown = [name for name in names if name not in table.COLUMNS]
        if missing or unknown or len(set(names)) < len(names):
            raise UserError(
                f"The heading of the step table is {heading[:200]!r}; it needs time, side and surface, and may have "
                f"each of {', '.join(table.COLUMNS)} once."
            )
        entries = []
        for number, row in enumerate((row for row in rows if any(cell.strip() for cell in row)), 1):
            if len(row) != len(names):
                raise UserError(f"Row {number} of the step table has {len(row)} values; the heading has {len(names)}.")
            entries.append(dict(zip(names, (cell.strip() for cell in row), strict=True)))
    except csv.Error as error:
        raise UserError(f"The step table is not valid CSV: {error}.") from error
    return table.from_dicts(entries)


def audacity_labels(steps: Sequence[Step]) -> str:
    """A label track (File > Import > Labels): start, end and text separated by tabs, in seconds."""
    return "".join(f"{step.time:.6f}\t{step.time:.6f}\t{step.side} {step.surface}\n" for step in steps)


def resolve_markers(steps: Sequence[Step], fps: float, title: str) -> str:
    """Markers for DaVinci Resolve (Timelines > Import > Timeline Markers from EDL): a CMX 3600 list.

    Timecodes begin at 01:00:00:00, as a new timeline does, and count every frame (non-drop) at the editing rate
    nearest to `fps`. At 29.97 and 59.94 the timeline must be non-drop as well, or markers after the first minute
    lie two frames (four at 59.94) off for each minute.
    """
    rate = timeline_rate(fps)
    lines = [f"TITLE: {title[:70]}", "FCM: NON-DROP FRAME", ""]
    for number, step in enumerate(steps, 1):
        frame = math.floor(step.time * rate + 0.5)
        start, end = timecode(frame, rate), timecode(frame + 1, rate)
        lines += [
            f"{number:03d}  001      V     C        {start} {end} {start} {end}  ",
            f" |C:{MARKER_COLOURS[step.side]} |M:{step.side} {step.surface} |D:1",
            "",
        ]
    return "\n".join(lines)


def timeline_rate(fps: float) -> Fraction:
    """The editing rate nearest to a recording's frames a second, or the whole number where none is within 2 %."""
    nearest = min(TIMELINE_RATES, key=lambda rate: abs(rate - fps))
    return nearest if abs(nearest - fps) <= 0.02 * fps else Fraction(max(1, round(fps)))


def timecode(frame: int, rate: Fraction) -> str:
    """hh:mm:ss:ff of a frame of a timeline that begins at one hour, non-drop."""
    base = round(rate)
    seconds, frames = divmod(frame + 3600 * base, base)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def settings_text(settings: dict[str, Any], info: MediaInfo, pictures: str) -> str:
    """JSON of how the result was made: settings, the video, package versions; null for a number that is not finite."""
    video = {key: value for key, value in asdict(info).items() if key != "path"} | {"name": info.path.name}
    record = {**settings, "video": video, "pictures": pictures, "versions": _versions()}
    return json.dumps(_plain(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _versions() -> dict[str, str | None]:
    """Of the packages that shape the result; None for one that is not installed."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer):
        return int(value)
    return str(value) if isinstance(value, Path) else value


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
