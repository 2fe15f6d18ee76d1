"""Pictures to learn from: the same subjects drawn by ten open emoji sets, with names and tags.

    python -m weights.recipes.sketch.corpus --cache DIR [--side 128]

The sets come as packages of npm (`npm pack`, fixed versions), are rendered once with resvg and kept under the cache.
Skin tones, flags, letters and symbols of text are left out: they are no subjects to sketch.
"""

import argparse
import hashlib
import io
import json
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Name of the set: package, version, licence, and who is to be named.
SETS = {
    "fluent": ("@iconify-json/fluent-emoji", "1.2.7", "MIT", "Fluent Emoji, Microsoft"),
    "fluent-flat": ("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", "Fluent Emoji, Microsoft"),
    "fluent-3d": ("@lobehub/fluent-emoji-3d", "1.1.0", "MIT", "Fluent Emoji, Microsoft; packed by LobeHub"),
    "noto": ("@iconify-json/noto", "1.2.9", "Apache-2.0", "Noto Emoji, Google"),
    "noto-v1": ("@iconify-json/noto-v1", "1.2.5", "Apache-2.0", "Noto Emoji v1, Google"),
    "twemoji": ("@iconify-json/twemoji", "1.2.5", "CC-BY-4.0", "Twemoji, Twitter"),
    "openmoji": ("@iconify-json/openmoji", "1.2.29", "CC-BY-SA-4.0", "OpenMoji, HfG Schwäbisch Gmünd"),
    "fxemoji": ("@iconify-json/fxemoji", "1.2.2", "Apache-2.0", "FxEmojis, Mozilla"),
    "emojione": ("@iconify-json/emojione", "1.2.3", "CC-BY-4.0", "EmojiOne 2, EmojiOne"),
    "emojione-v1": ("@iconify-json/emojione-v1", "1.2.3", "CC-BY-SA-4.0", "EmojiOne 1, EmojiOne"),
}
NAMES = ("emojibase-data", "17.0.0")
GROUPS = {0, 1, 3, 4, 5, 6, 7}  # of emojibase: faces, people, animals, food, places, activities, objects
HELD_OUT = 0.06  # share of subjects that no set shows in training
TONES = re.compile(r"-1F3F[B-F]")


@dataclass(frozen=True)
class Corpus:
    """pictures (N, side, side, 4) uint8, straight alpha, a memory map; subject and drawn_by (N,) indices into names
    and sets; words: for each subject its name and tags; held_out (subjects,) bool."""

    pictures: np.ndarray
    subject: np.ndarray
    drawn_by: np.ndarray
    names: list[str]
    words: list[list[str]]
    sets: list[str]
    held_out: np.ndarray

    def rows(self, held_out: bool) -> np.ndarray:
        """Indices of the pictures whose subject is held out, or is not."""
        return np.flatnonzero(self.held_out[self.subject] == held_out)


def load(cache: Path, side: int, workers: int = 2) -> Corpus:
    """The corpus at `side` pixels, fetched and rendered where the cache does not hold it."""
    cache.mkdir(parents=True, exist_ok=True)
    pictures, listing = cache / f"pictures-{side}.npy", cache / f"pictures-{side}.json"
    if not listing.exists():
        _render_all(cache, side, pictures, listing, workers)
    known = json.loads(listing.read_text(encoding="utf-8"))
    return Corpus(
        np.load(pictures, mmap_mode="r"),
        np.array(known["subject"]),
        np.array(known["drawn_by"]),
        known["names"],
        known["words"],
        known["sets"],
        np.array([_held_out(code) for code in known["codes"]]),
    )


def _held_out(code: str) -> bool:
    """By a hash, so that a subject stays on its side whatever else changes."""
    return int(hashlib.sha256(code.encode()).hexdigest()[:8], 16) / 2**32 < HELD_OUT


def archive(cache: Path, package: str, version: str) -> Path:
    """The package's archive, fetched by npm unless it is there. Only its data is read; nothing of it runs."""
    name = f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not (cache / name).exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit(f"npm is not installed; put {name} into {cache} or install Node.js.")
        subprocess.run([npm, "pack", f"{package}@{version}", "--ignore-scripts"], cwd=cache, check=True)
    return cache / name


def _read(path: Path, member: str) -> bytes:
    with tarfile.open(path) as package:
        return package.extractfile(member).read()


def _subjects(cache: Path) -> dict[str, list[str]]:
    """Code, such as 1F408, to the name and tags of every subject."""
    entries = json.loads(_read(archive(cache, *NAMES), "package/en/data.json"))
    return {
        _plain(entry["hexcode"]): [entry["label"], *entry.get("tags", [])]
        for entry in entries
        if entry.get("group") in GROUPS and not TONES.search(entry["hexcode"])
    }


def _plain(code: str) -> str:
    """A code without the mark that asks for a coloured picture."""
    return code.upper().replace("-FE0F", "")


def _drawings(cache: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """(code, bytes of an SVG or WebP) of every picture of a set."""
    path = archive(cache, *SETS[name][:2])
    if name == "fluent-3d":
        with tarfile.open(path) as package:
            for member in package:
                if member.name.endswith(".webp"):
                    yield _plain(Path(member.name).stem), package.extractfile(member).read()
        return
    icons, codes = (json.loads(_read(path, f"package/{part}.json")) for part in ("icons", "chars"))
    if not codes:  # the older sets give no codes, but name their pictures nearly as the others do
        known = _codes_of_names(cache)
        codes = {known[name]: icon for icon in icons["icons"] for name in [_bare(icon)] if name in known}
    for code, icon in codes.items():
        if icon in icons["icons"]:
            entry = icons["icons"][icon]
            width, height = (entry.get(key, icons.get(key, 16)) for key in ("width", "height"))
            box = f"{entry.get('left', 0)} {entry.get('top', 0)} {width} {height}"
            head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            yield _plain(code), f'{head} viewBox="{box}">{entry["body"]}</svg>'.encode()


def _codes_of_names(cache: Path) -> dict[str, str]:
    codes = {}
    for name in ("noto", "twemoji", "openmoji", "fluent", "fluent-flat"):
        chars = json.loads(_read(archive(cache, *SETS[name][:2]), "package/chars.json"))
        for code, icon in chars.items():
            codes.setdefault(_bare(icon), _plain(code))
    return codes


def _bare(icon: str) -> str:
    return icon.removesuffix("-face").replace("-", "")


def draw(content: bytes, side: int) -> np.ndarray | None:
    """(side, side, 4) uint8 of an SVG or WebP; None where it can't be drawn or is empty."""
    from PIL import Image

    try:
        if content.startswith(b"<svg"):
            import resvg_py

            content = bytes(resvg_py.svg_to_bytes(svg_string=content.decode(), width=side, height=side))
        picture = Image.open(io.BytesIO(content)).convert("RGBA")
    except (ValueError, OSError, UnicodeDecodeError):
        return None
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    return pixels if (pixels[..., 3] > 128).mean() > 0.03 else None


def _draw(job: tuple[bytes, int]) -> np.ndarray | None:
    return draw(*job)


def _render_all(cache: Path, side: int, pictures: Path, listing: Path, workers: int) -> None:
    start, known = time.perf_counter(), _subjects(cache)
    codes = sorted(known)
    number = {code: n for n, code in enumerate(codes)}
    subject, drawn_by, drawn = [], [], []
    with ProcessPoolExecutor(workers) as pool:
        for index, name in enumerate(SETS):
            found = {code: content for code, content in _drawings(cache, name) if code in number}
            jobs = ((content, side) for content in found.values())
            for code, pixels in zip(found, pool.map(_draw, jobs, chunksize=32), strict=True):
                if pixels is not None:
                    subject.append(number[code])
                    drawn_by.append(index)
                    drawn.append(pixels)
            print(f"{name}: {len(found)} drawings", flush=True)
    np.save(pictures, np.stack(drawn))
    listing.write_text(
        json.dumps(
            {
                "subject": subject,
                "drawn_by": drawn_by,
                "codes": codes,
                "names": [known[code][0] for code in codes],
                "words": [known[code] for code in codes],
                "sets": list(SETS),
            }
        ),
        encoding="utf-8",
    )
    print(f"{len(drawn)} pictures of {len(set(subject))} subjects in {time.perf_counter() - start:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--side", type=int, default=128)
    given = parser.parse_args()
    corpus = load(given.cache, given.side)
    print(f"{len(corpus.pictures)} pictures, {len(corpus.names)} subjects, {corpus.held_out.sum()} of them held out")


if __name__ == "__main__":
    main()
