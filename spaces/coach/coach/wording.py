"""What words do in an answer: name a thing, fit anything, tell what was done, say when, hedge.

The lists are in data/wording.toml.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from common import toml

FILE = Path(__file__).parent / "data" / "wording.toml"
_LISTS = toml.read(FILE)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,:]\d+)*%?")


def _set(name: str) -> frozenset[str]:
    return frozenset(_LISTS[name].split())


def one_of(words: Iterable[str]) -> str:
    """A pattern for any of these words or phrases as a whole, the longest that fits, between any white space."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return r"(?<!\w)(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first) + r")(?!\w)"


FUNCTION = _set("function")  # articles, pronouns and their like: half of any English text
GENERIC = _set("generic")  # words that fit any answer
NUMBER, UNIT, DATE = _set("number"), _set("unit"), _set("date")
OUTCOME_VERBS = _set("outcome_verbs")
PARTICIPLES = _set("participles")
NO_PASSIVE = _set("no_passive")
NO_ACTION, STATES = _set("no_action"), _set("states")
NO_NAMES = _set("no_names")
TITLED, NUMBERED = _set("titled"), _set("numbered")  # words after which a point is no end
_PAST = _set("past")

BUZZ, HEDGE, OUTCOME, DATE_PHRASES = (
    re.compile(one_of(_LISTS[name]), re.IGNORECASE) for name in ("buzz", "hedge", "outcome", "date_phrases")
)

# By part of an answer, phrases that often stand in it.
CUES = {part: re.compile(one_of(phrases)) for part, phrases in _LISTS["cues"].items()}


def plain(text: str) -> str:
    """The text with straight apostrophes, which the lists have; as long as it was."""
    return text.replace("\u2019", "'").replace("\u2018", "'")


def words(text: str) -> list[str]:
    """The words and numbers of a text, in small letters."""
    return _WORD.findall(plain(text).lower())


def is_past(word: str) -> bool:
    """Whether a word in small letters looks like a past form; "need" and "red" don't, "excited" does."""
    return word in _PAST or (word.endswith("ed") and len(word) > 3 and not word.endswith("eed"))


def share(found: int, total: int) -> float:
    """found / total; 0 of nothing."""
    return found / total if total else 0.0
