"""The texts that train and test the classifier, and how they are parted so that no test text was seen in training.

Near-duplicates ("app crashes!!" and "App crashes") share a group, and a group lies in one part as a whole, because a
random split would measure memory. Candidates come from MinHash with locality-sensitive hashing (Broder 1997; Leskovec,
Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3); each is confirmed by the exact Jaccard index.

`python -m feedback.data` prints what there is; data/README.md is the data card.
"""

import argparse
import hashlib
import json
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from common.errors import UserError

WRITTEN = Path(__file__).resolve().parent / "data" / "written"
THRESHOLD = 0.6  # Jaccard index of the 5-grams from which two texts are near-duplicates
NGRAM = 5  # characters
BANDS, ROWS = 64, 3  # of the pairs at the threshold, 1 - (1 - 0.6³)^64 are found, all but two in ten million
SHARES = (0.7, 0.15, 0.15)
LABEL = re.compile(r"[^\W\d_]\w{0,39}")


@dataclass(frozen=True)
class Row:
    """A text with its label. source: written, correction, added, or the name of an open set."""

    text: str
    label: str
    second: str | None = None
    product: str = ""
    source: str = "written"


@dataclass(frozen=True)
class Split:
    """Three parts that share no text and no near-duplicate, each in an order that depends on the rows alone."""

    train: list[Row]
    validation: list[Row]
    test: list[Row]


def written() -> list[Row]:
    """The rows that were written for this project, file by file in the order of their names."""
    return [row for file in sorted(WRITTEN.glob("*.jsonl")) for row in read(file)]


def read(file: str | Path) -> list[Row]:
    """The rows of a JSONL file: an object a line with text, label and, if there are, second, product and source.

    Empty lines are passed over. Raises UserError with the number of the line for what is wrong in it.
    """
    try:
        lines = Path(file).read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise UserError(f"{str(file)!r} can't be read: {error.strerror}. Name a JSONL file.") from None
    return [_row(line, f"{str(file)!r}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _row(line: bytes, where: str) -> Row:
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise UserError(f"{where}: this is no UTF-8. Save the file as UTF-8.") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: this is no JSON ({error}). Each line is an object of its own.") from None
    if not isinstance(found, dict):
        raise UserError(f'{where}: expected an object such as {{"text": "…", "label": "bug"}}.')
    values = {key: found.get(key) or "" for key in ("text", "label", "second", "product", "source")}
    for key, value in values.items():
        if not isinstance(value, str):
            raise UserError(f"{where}: {key} is {value!r}; it has to be a text in quotation marks.")
    if not values["text"].strip():
        raise UserError(f"{where}: there is no text. Give one or take the line out.")
    for key in ("label", "second"):
        if (values[key] or key == "label") and not LABEL.fullmatch(values[key]):
            raise UserError(f"{where}: {key} is {values[key]!r}; a label is a word such as feature_request.")
    if values["second"] == values["label"]:
        raise UserError(f"{where}: label and second are both {values['label']!r}. Leave second out.")
    second, source = values["second"] or None, values["source"] or "written"
    return Row(values["text"], values["label"], second, values["product"], source)


class _Folding(dict):
    """What becomes of each sign when texts are compared, found out when it first comes."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        kept = sign if sign.isalnum() or unicodedata.category(sign)[0] == "S" else " "
        self[code] = "" if sign in "'\u2019`" else kept
        return self[code]


_FOLDING = _Folding()


def normalise(text: str) -> str:
    """A text as it is compared: case folded, each number one 0, punctuation and white space one space; emoji stay."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"\d+", "0", " ".join(folded.translate(_FOLDING).split())) or " ".join(folded.split())


def shingles(text: str) -> frozenset[str]:
    """The 5-grams of a normalised text; a shorter text is its own."""
    return frozenset(text[start : start + NGRAM] for start in range(max(1, len(text) - NGRAM + 1)))


def groups(texts: Sequence[str], threshold: float = THRESHOLD) -> np.ndarray:
    """A number for each text, int (n,): near-duplicates, and what they lead to from one to the next, share it.

    threshold: Jaccard index of the 5-grams of the normalised texts, 0.5 to 1. The numbers count from 0 in the order in
    which the groups begin.
    """
    distinct, places = _distinct(texts)
    return _joined(len(distinct), _near_pairs(distinct, threshold))[places]


def _distinct(texts: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """The normalised texts, each once in the order in which they come, and the place among them of each text."""
    first: dict[str, int] = {}
    places = [first.setdefault(normalise(text), len(first)) for text in texts]
    return list(first), np.array(places, int)


def _near_pairs(texts: Sequence[str], threshold: float = THRESHOLD) -> list[tuple[int, int]]:
    """Places i < j of near-duplicates among distinct normalised texts, in order."""
    from datasketch import MinHash

    empty = MinHash(num_perm=BANDS * ROWS, seed=1, hashfunc=zlib.crc32)
    sketches = np.empty((len(texts), BANDS * ROWS), np.uint64)
    for place, text in enumerate(texts):
        sketch = empty.copy()  # and not a new one, which would draw its permutations anew
        sketch.update_batch([gram.encode("utf-8", "surrogatepass") for gram in shingles(text)])
        sketches[place] = sketch.hashvalues
    near, grams = [], lru_cache(maxsize=len(texts))(shingles)
    for i, j in _sharing_a_band(sketches):
        here, there = grams(texts[i]), grams(texts[j])
        if len(here & there) >= threshold * len(here | there):
            near.append((i, j))
    return near


def _sharing_a_band(sketches: np.ndarray) -> list[tuple[int, int]]:
    """Places i < j whose sketches agree in all rows of a band. The library's own index takes them one by one."""
    pairs = set()
    for band in np.split(sketches, BANDS, axis=1):
        order = np.lexsort(band.T)
        same = np.r_[(band[order[1:]] == band[order[:-1]]).all(axis=1), False] if len(band) else []
        start = 0
        for end in np.flatnonzero(np.logical_not(same)) + 1:
            if end - start > 1:
                pairs.update(combinations(sorted(order[start:end].tolist()), 2))
            start = end
    return sorted(pairs)


def _joined(count: int, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    """Union-find: the number of its group for each of `count` things."""
    above = list(range(count))

    def top(one: int) -> int:
        while above[one] != one:
            above[one] = one = above[above[one]]
        return one

    for i, j in pairs:
        low, high = sorted((top(i), top(j)))
        above[high] = low
    return np.unique([top(one) for one in range(count)], return_inverse=True)[1].astype(int)


def split(rows: Sequence[Row], seed: int = 0, shares: tuple[float, float, float] = SHARES) -> Split:
    """Rows in three parts by group, each label in the `shares` of training, validation and test.

    The order of the rows makes no difference. What is written is parted first and by itself, so that no correction
    moves a text from one part to another. Corrections, and rows from elsewhere under a label that is written too, go
    into training. Other rows under a label of one's own are parted by a hash of each text: more of them leave those
    that are there in validation and test where they are. What is near a text of validation or test is left out of
    training. Raises UserError for shares that are no shares.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise UserError(f"Shares of {shares} don't add up to 1. Give those of training, validation and test.")
    ordered = sorted(rows, key=lambda row: (row.source != "written", row.text, row.label, repr(row)))
    distinct, places = _distinct(row.text for row in ordered)
    pairs = _near_pairs(distinct)
    fixed = sum(row.source == "written" for row in ordered)
    labels = {row.label for row in ordered[:fixed]}
    own = np.array([row.source not in ("written", "correction") and row.label not in labels for row in ordered], bool)
    part = _stratified(ordered[:fixed], _among(places[:fixed], pairs), seed, shares)
    part += _hashed(ordered, own, _among(places[own], pairs), seed, shares)[fixed:]

    near: dict[int, set[int]] = {place: {place} for place in range(len(distinct))}
    for i, j in pairs:
        near[i].add(j)
        near[j].add(i)
    held = [set() for _ in distinct]  # by text, the parts that other rows have a claim to
    for index, place in enumerate(places):
        if index < fixed or part[index] > 0:
            held[place].add(part[index])
    parts: tuple[list[Row], ...] = ([], [], [])
    for index, row in enumerate(ordered):
        claimed = set().union(*(held[place] for place in near[places[index]]))
        if index < fixed or not claimed - {part[index]}:
            parts[part[index]].append(row)
    return Split(*parts)


def _among(places: np.ndarray, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    """The group of each of `places`, where only the pairs between them count."""
    inside = set(places.tolist())
    return _joined(max(inside, default=-1) + 1, [(i, j) for i, j in pairs if i in inside and j in inside])[places]


def _stratified(rows: Sequence[Row], group: np.ndarray, seed: int, shares: Sequence[float]) -> list[int]:
    """The part of each row: groups in a drawn order, the large ones first, each to where its labels lack most.

    They lack as a share of what the part is to have, so that large groups go into every part.
    """
    members: dict[int, list[int]] = {}
    for index, number in enumerate(group.tolist()):
        members.setdefault(number, []).append(index)
    counts = Counter(row.label for row in rows)
    lacking = [dict.fromkeys(counts, 1.0 if share else -1.0) for share in shares]
    part = [0] * len(rows)
    for indices in sorted(members.values(), key=lambda indices: (-len(indices), _draw(rows[indices[0]].text, seed))):
        labels = [rows[index].label for index in indices]
        chosen = max(range(len(shares)), key=lambda one: sum(lacking[one][label] for label in labels))
        for index, label in zip(indices, labels, strict=True):
            part[index] = chosen
            lacking[chosen][label] -= 1 / (shares[chosen] * counts[label])
    return part


def _hashed(rows: Sequence[Row], own: np.ndarray, group: np.ndarray, seed: int, shares: Sequence[float]) -> list[int]:
    """The part of each row: by the hash of its text for those under a label of one's own, else training.

    A group follows its member that is furthest from training, so that a text of the test set never leaves it.
    """
    part, furthest = [0] * len(rows), Counter()
    members = dict(zip(np.flatnonzero(own).tolist(), group.tolist(), strict=True))
    for index, number in members.items():
        draw = _draw(normalise(rows[index].text), seed)
        furthest[number] = max(furthest[number], 2 if draw < shares[2] else 1 if draw < shares[2] + shares[1] else 0)
    for index, number in members.items():
        part[index] = furthest[number]
    return part


def _draw(text: str, seed: int) -> float:
    """A number from 0 to 1 that a text and a seed always give."""
    digest = hashlib.blake2b(f"{seed}\0{text}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def table(rows: Sequence[Row], parts: Split) -> str:
    """Counts by label as a table in Markdown, with those of a split into parts."""
    heads = ["label", "texts", "with a second label", "training", "validation", "test", "words, median"]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    by_part = [Counter(row.label for row in part) for part in (parts.train, parts.validation, parts.test)]
    for label in [*dict.fromkeys(row.label for row in rows), "all"]:
        mine = [row for row in rows if label in (row.label, "all")]
        numbers: list[Any] = [len(mine), sum(row.second is not None for row in mine)]
        numbers += [counts.total() if label == "all" else counts[label] for counts in by_part]
        lines.append([label, *map(str, numbers), f"{median(len(row.text.split()) for row in mine):g}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m feedback.data", description="What the written texts are.")
    parser.add_argument("--seed", type=int, default=0, help="of the split")
    seed = parser.parse_args(arguments).seed
    rows = sorted(written(), key=lambda row: row.label)
    print(table(rows, split(rows, seed)))
    number = groups([row.text for row in rows])
    sizes = Counter(number.tolist())
    together = [[rows[at].text for at in np.flatnonzero(number == one)] for one, n in sizes.items() if n > 1]
    print(f"\n{len(sizes)} groups; {len(together)} of more than one text")
    print("\n".join("  " + " | ".join(text[:60] for text in texts) for texts in together))
    lengths = [len(row.text.split()) for row in rows]
    for low, high in ((1, 2), (3, 6), (7, 15), (16, 40), (41, 90), (91, 10_000)):
        count = sum(low <= length <= high for length in lengths)
        print(f"{low:3} to {high if high < 10_000 else '…'} words: {count:4} texts, {100 * count / len(rows):.0f} %")


if __name__ == "__main__":
    main()
