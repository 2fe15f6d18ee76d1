"""The labels that a text can get: those of data/labels.toml, and those that people add with examples."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from common import toml
from common.errors import UserError
from feedback.data import LABEL, normalise
from feedback.tables import AddedLabel

if TYPE_CHECKING:
    from feedback.store import Store

FILE = Path(__file__).with_name("data") / "labels.toml"
LONGEST_ID = 40  # letters
LONGEST = {"title": 60, "description": 500, "example": 10_000}  # letters
FEWEST_EXAMPLES = 8
MOST_EXAMPLES = 10_000
MOST_ADDED = 100  # labels


@dataclass(frozen=True)
class Label:
    """A kind of feedback.

    id: what the classifier and every file call it; letters, digits and underscores
    title: what people read
    description: what a text of this kind says or asks for, in a sentence or two
    own: whether people added it; only such a label can be removed
    """

    id: str
    title: str
    description: str
    own: bool = False


def built_in() -> dict[str, Label]:
    """The labels that come with the system, by id, in the order of labels.toml."""
    return dict(_built_in())


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Label]:
    return {name: Label(name, **entry) for name, entry in toml.read(FILE).items()}


def known(store: "Store") -> dict[str, Label]:
    """All labels by id: the built-in ones, then the added ones in the order in which they were added."""
    added = {entry.id: Label(entry.id, entry.title, entry.description, own=True) for entry in store.labels()}
    # A later version may bring a label of the same id.
    return {**_built_in(), **{name: label for name, label in added.items() if name not in _built_in()}}


def check_id(text: str) -> str:
    """The id that a title gives: "Gift idea" becomes "gift_idea", and an id stays as it is.

    Raises UserError where nothing is left, where it is longer than 40 letters, where it does not begin with a letter,
    and for characters other than letters, digits, spaces, dashes and underscores.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    label = re.sub(r"[\s_-]+", "_", plain).strip("_")
    if not label:
        raise UserError(f"A label needs a title; {_quoted(text)} has no letters. Write one such as 'Gift idea'.")
    if odd := sorted(set(re.findall(r"\W", label))):
        raise UserError(
            f"The title {_quoted(text)} has {', '.join(map(repr, odd[:5]))} in it. "
            "Use letters, digits, spaces and dashes."
        )
    if len(label) > LONGEST_ID:
        raise UserError(
            f"The title {_quoted(text)} gives an id of {len(label)} letters; at most {LONGEST_ID} are possible."
        )
    if not LABEL.fullmatch(label):
        raise UserError(f"The title {_quoted(text)} begins with {label[0]!r}. Begin it with a letter.")
    return label


def resolve(text: str, labels: Iterable[str]) -> str:
    """The one of `labels` (ids) that is meant by an id or a title: "Feature request" is "feature_request".

    Raises UserError that names the labels, the nearest first in mind.
    """
    labels = list(labels)
    if text in labels:
        return text
    try:
        label = check_id(text)
    except UserError:
        label = text.lower()
    if label in labels:
        return label
    near = difflib.get_close_matches(label, labels, n=1)
    meant = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(f"There is no label {_quoted(text)}.{meant} The labels are {', '.join(labels)}.")


def add(store: "Store", title: str, description: str, examples: Sequence[str]) -> Label:
    """Add a label with example texts, which become training rows; the next training learns it.

    examples: at least 8 that differ in more than case and punctuation; masked by the caller

    Raises UserError for a title that gives no id or one that is there already, a title, description or example that is
    empty or too long, and for too few examples. Nothing is kept then.
    """
    label = check_id(title)
    title, description = _checked("title", title), _checked("description", description)
    labels = known(store)
    if label in labels:
        raise UserError(f"There is a label {label!r} already ({labels[label].title}). Choose another title.")
    if sum(entry.own for entry in labels.values()) >= MOST_ADDED:
        raise UserError(f"There are {MOST_ADDED} labels of your own already. Remove one first.")
    texts = _distinct(examples)
    if not store.add_label(AddedLabel(label, title, description), texts):
        raise UserError(f"Somebody has just added a label {label!r}. Choose another title.")
    return Label(label, title, description, own=True)


def remove(store: "Store", label: str) -> Label:
    """Remove an added label with its examples; what people decided to be it waits for another decision.

    Raises UserError for a built-in label and for one that is not there.
    """
    labels = known(store)
    entry = labels[resolve(label, labels)]
    if not entry.own:
        raise UserError(f"{entry.id!r} comes with the system and can't be removed. Labels that you added can be.")
    if not store.remove_label(entry.id):
        raise UserError(f"Somebody has just removed the label {entry.id!r}.")
    return entry


def _distinct(examples: Sequence[str]) -> list[str]:
    """The examples, each once."""
    if len(examples) > MOST_EXAMPLES:
        raise UserError(f"{len(examples):,} examples are too many; give at most {MOST_EXAMPLES:,} at once.")
    texts: dict[str, str] = {}
    for text in examples:
        if text.strip():
            texts.setdefault(normalise(text), _checked("example", text))
    if len(texts) < FEWEST_EXAMPLES:
        raise UserError(
            f"A label needs at least {FEWEST_EXAMPLES} example texts that differ; {len(examples)} were given, "
            f"{len(texts)} of them different. Add {FEWEST_EXAMPLES - len(texts)} more."
        )
    return list(texts.values())


def _checked(what: str, text: str) -> str:
    text = text.strip() if what == "example" else " ".join(text.split())
    if not text:
        raise UserError(f"A label needs a {what}. Say in a sentence what a text of this kind says or asks for.")
    if len(text) > LONGEST[what]:
        raise UserError(f"The {what} has {len(text):,} letters; at most {LONGEST[what]:,} are kept: {_quoted(text)}.")
    return text


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
