"""Public sets of labelled feedback as rows with the labels of this Space, by tables that say why.

Their authors asked other questions than we do, so that few of their labels have a counterpart here. `rows` gives the
texts whose label means one of ours. `coarse_rows` gives app reviews in three classes, bug, feature_request and neither,
which is as far as all of them can be compared; `coarse` brings our labels to the same three. What has no honest
counterpart is left out, with the reason in the table.

The remarks on noise are from reading some hundred texts of each label. The neither of coarse_rows is far from clean:
with it, a good classifier can't reach a precision of 1 for bug, since there are more unmarked bugs in it than marked
ones beside it. It serves to compare classifiers with each other on the same texts.

    python -m feedback.open_sets FOLDER OUT.jsonl [--sets shah banking77] [--coarse]

FOLDER holds the files that SETS names. A set may train weights that are given away only where a MANIFEST.csv in FOLDER
or above it says "redistributable" of each of its files (columns file and licence_class, and sha256, which is compared).
"""

import argparse
import csv
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from common.errors import UserError
from feedback.data import Row

COARSE = ("bug", "feature_request", "neither")
MANIFEST = "MANIFEST.csv"
REDISTRIBUTABLE = "redistributable"
# How a request for information begins where its question mark was forgotten.
ASKS = re.compile(
    r"(how|what|whats|when|where|which|who|why|can|could|do|does|is|are|am|will|would|may|should)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Meaning:
    """What a label of a set means here: one of our labels, a coarse class, or neither of them, and why."""

    label: str | None
    coarse: str | None
    why: str


@dataclass(frozen=True)
class OpenSet:
    """A public set. files: names in the folder; only_questions: take texts that are put as a question."""

    title: str
    files: tuple[str, ...]
    licence: str
    attribution: str
    meanings: dict[str, Meaning]
    only_questions: bool = False


_COLLECTION = "collected by Jialiang Wei in github.com/Jl-wei/feedback-classification, from which it is taken"
_INTENTS = (
    "age_limit atm_support automatic_top_up card_acceptance country_support disposable_card_limits exchange_charge "
    "exchange_rate exchange_via_app fiat_currency_support receiving_money supported_cards_and_currencies "
    "top_up_by_bank_transfer_charge top_up_by_card_charge top_up_limits transfer_timing verify_my_identity"
)

SETS: dict[str, OpenSet] = {
    "shah": OpenSet(
        title="sentences of app reviews",
        files=("jlwei_SHAH.jsonl",),
        licence="CC-BY-4.0",
        attribution=f"F. A. Shah, K. Sirts, D. Pfahl, Simple App Review Classification, ICSOFT 2018; {_COLLECTION}",
        meanings={
            "bug report": Meaning("bug", "bug", "means the same; about one in twenty is rather a complaint"),
            "feature request": Meaning("feature_request", "feature_request", "means the same"),
            "feature evaluation": Meaning(
                None, "neither", "praise and complaint about one function, unparted; about one in fifteen is a bug"
            ),
            "rating": Meaning(
                None,
                "neither",
                "all else: praise, complaint, chat; about one in seven tells of a bug or asks for something",
            ),
            "M (unexplained; the repo merges it with bug report)": Meaning(
                None, None, "not explained by its authors; mostly missing functions, which others count as bugs"
            ),
        },
    ),
    "mekala_p1": OpenSet(
        title="app reviews, informative or not",
        files=("jlwei_P1-Golden.jsonl",),
        licence="CC-BY-4.0",
        attribution=f"R. R. Mekala et al., Classifying User Requirements, RE 2021; {_COLLECTION}",
        meanings={
            "informative": Meaning(None, None, "bugs and requests, and praise that says of what"),
            "uninformative": Meaning(
                None, "neither", "mostly praise, some complaint and chat; about one in twenty is a bug or a request"
            ),
        },
    ),
    "mekala_p2": OpenSet(
        title="sentences of app reviews, requirement or not",
        files=("jlwei_P2-Golden.jsonl",),
        licence="CC-BY-4.0",
        attribution=f"M. van Vliet et al., REFSQ 2020, and R. R. Mekala et al., RE 2021; {_COLLECTION}",
        meanings={
            "user requirement": Meaning(None, None, "bugs, requests and praise of a quality, unparted"),
            "other": Meaning(None, None, "a tenth of it is a bug or a request by the finer labels of mekala_p3"),
        },
    ),
    "mekala_p3": OpenSet(
        title="sentences of app reviews, kinds of requirement",
        files=("jlwei_P3-Golden.jsonl",),
        licence="CC-BY-4.0",
        attribution=f"M. van Vliet et al., REFSQ 2020, and R. R. Mekala et al., RE 2021; {_COLLECTION}",
        meanings={
            "Stability": Meaning("bug", "bug", "crashes and what fails; about one in fifteen says that none happens"),
            "feature": Meaning(
                "feature_request",
                "feature_request",
                "what is missing or wished for; about one in ten is something else",
            ),
            "quality": Meaning(None, None, "praise, complaint and bugs that concern a quality, unparted"),
            "performance": Meaning(None, None, "praise of speed, complaint about it, and failures, unparted"),
            "none": Meaning(None, None, "no requirement, yet about one in five tells of a bug or a wish"),
        },
    ),
    "banking77": OpenSet(
        title="what customers ask a bank's support",
        files=("banking77/train.csv", "banking77/test.csv"),
        licence="CC-BY-4.0",
        attribution="I. Casanueva et al., Efficient Intent Detection with Dual Sentence Encoders, 2020",
        # Its labels say what a text is about and not what it wants. In these intents a text that is put as a question
        # asks for information; in the others a question is mostly a bug ("why was I charged twice?") or an errand.
        meanings={
            intent: Meaning("question", None, "asks what is possible, where, how long or at what price")
            for intent in _INTENTS.split()
        },
        only_questions=True,
    ),
}


def coarse(label: str) -> str:
    """One of our labels, or one of a person's own, as bug, feature_request or neither."""
    return label if label in COARSE else "neither"


def rows(
    folder: str | Path,
    sets: Sequence[str] | None = None,
    *,
    most: int | None = None,
    seed: int = 0,
    for_weights: bool = False,
) -> list[Row]:
    """The texts of open sets whose label means one of ours, each text once; `source` is the name of the set.

    sets: names in SETS; None: all that have such texts
    most: at most so many of each label of a set, drawn by `seed`: banking77 has 2,000 questions to one bank
    for_weights: refuse sets of which no manifest says that they may be given away
    Raises UserError for a set that is unknown, has no counterpart here, lacks a file or may not be used so.
    """
    return _rows(folder, sets, "label", most, seed, for_weights)


def coarse_rows(folder: str | Path, sets: Sequence[str] | None = None) -> list[Row]:
    """App reviews with the classes of COARSE as labels, each text once. Raises UserError as `rows` does."""
    return _rows(folder, sets, "coarse", None, 0, False)


def _rows(
    folder: str | Path, sets: Sequence[str] | None, scheme: str, most: int | None, seed: int, for_weights: bool
) -> list[Row]:
    there = [name for name, one in SETS.items() if any(getattr(meaning, scheme) for meaning in one.meanings.values())]
    for name in sets or ():
        if name not in SETS:
            raise UserError(f"There is no open set {name!r}; there are {', '.join(SETS)}.")
        if name not in there:
            reasons = "; ".join(f"{label!r}: {meaning.why}" for label, meaning in list(SETS[name].meanings.items())[:2])
            raise UserError(f"{name} has no label with a counterpart here ({reasons}). Choose {', '.join(there)}.")
    found: dict[str, Row | None] = {}  # None: two sets say different things of this text
    for name in sets or there:
        if for_weights:
            _check_manifest(Path(folder), name)
        for row in _drawn(_mapped(Path(folder), name, scheme), most, seed):
            key = row.text.casefold()
            if key not in found:
                found[key] = row
            elif found[key] is not None and found[key].label != row.label:
                found[key] = None
    return [row for row in found.values() if row is not None]


def _mapped(folder: Path, name: str, scheme: str) -> Iterator[Row]:
    one = SETS[name]
    for file in one.files:
        for text, label in _read(folder, file):
            meaning = one.meanings.get(label)
            target = getattr(meaning, scheme) if meaning else None
            text = " ".join(text.split())
            asks = text.endswith("?") or ASKS.match(text)
            if target and text and (asks or not one.only_questions):
                yield Row(text, target, source=name)


def _drawn(some: Iterable[Row], most: int | None, seed: int) -> list[Row]:
    some = list(dict.fromkeys(some))
    if most is None:
        return some
    random.Random(seed).shuffle(some)
    kept: Counter[str] = Counter()
    drawn = []
    for row in some:
        kept[row.label] += 1
        if kept[row.label] <= most:
            drawn.append(row)
    return drawn


def _read(folder: Path, file: str) -> Iterator[tuple[str, str]]:
    """Text and label of each line: JSONL with text and label, or CSV with text and category."""
    path = folder / file
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{str(path)!r} can't be read: {error}. The folder has to hold {file}.") from None
    try:
        found = csv.DictReader(lines) if path.suffix == ".csv" else map(json.loads, lines)
        for row in found:
            text, label = row["text"], row["category" if path.suffix == ".csv" else "label"]
            if not (isinstance(text, str) and isinstance(label, str)):
                raise TypeError(f"text {text!r:.40} with label {label!r:.40}")
            yield text, label
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{str(path)!r} is not in the form expected ({error!r}): text and label a line.") from None


def _check_manifest(folder: Path, name: str) -> None:
    """Raise UserError unless a manifest says of each file of a set that it may be given away, and means these bytes."""
    manifest = next(
        (at / MANIFEST for at in (folder.absolute(), *folder.absolute().parents) if (at / MANIFEST).is_file()), None
    )
    if manifest is None:
        raise UserError(f"There is no {MANIFEST} in {str(folder)!r} or above it, so that {name} may train no weights.")
    with open(manifest, encoding="utf-8-sig", newline="") as stream:
        lines = {(manifest.parent / (line.get("file") or "")).resolve(): line for line in csv.DictReader(stream)}
    for file in SETS[name].files:
        line = lines.get((folder / file).resolve())
        said = line and (line.get("licence_class") or "")
        if said != REDISTRIBUTABLE:
            what = f"says {said!r} of it" if line else "doesn't name it"
            raise UserError(f"{file} may train no weights that are given away: {str(manifest)!r} {what}.")
        expected = line.get("sha256")
        if expected and (folder / file).is_file() and _sha256(folder / file) != expected:
            raise UserError(
                f"{file} is not the file that {str(manifest)!r} names: its sha256 is another. Fetch it anew."
            )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m feedback.open_sets", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", help="with the files of the sets")
    parser.add_argument("out", help="JSONL file that is written")
    parser.add_argument(
        "--sets", nargs="+", metavar="SET", help=f"of {', '.join(SETS)}; all that can be used if absent"
    )
    parser.add_argument("--coarse", action="store_true", help=f"label app reviews {', '.join(COARSE)}")
    parser.add_argument("--most", type=int, help="at most so many texts of each label of a set")
    parser.add_argument("--seed", type=int, default=0, help="of that draw")
    parser.add_argument("--for-weights", action="store_true", help="only what may train weights that are given away")
    given = parser.parse_args(arguments)
    scheme = "coarse" if given.coarse else "label"
    try:
        some = _rows(given.folder, given.sets, scheme, given.most, given.seed, given.for_weights)
    except UserError as error:
        parser.exit(1, f"{error}\n")
    with open(given.out, "w", encoding="utf-8") as out:
        for row in some:
            out.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    for (source, label), count in sorted(Counter((row.source, row.label) for row in some).items()):
        print(f"{source:10} {label:16} {count:5}")
    for source in dict.fromkeys(row.source for row in some):
        print(f"{source}: {SETS[source].attribution}. {SETS[source].licence}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
