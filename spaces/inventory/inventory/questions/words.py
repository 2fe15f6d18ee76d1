"""The words of a question: shortened ones in full ("brp", "wk"), those that questions turn on with one wrong letter
mended ("uesd", "yestrday")."""

import re
from functools import cache, lru_cache
from pathlib import Path

from common import toml

DATA = Path(__file__).parent / "data"
MOST_WORDS = 40  # of a question that are read
SHORTEST = 4  # letters of a word with a slip
_WORD = re.compile(r"[^\W_]+(?:[-/.:][^\W_]+)*|'s\b")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a question as the model reads them: lower case, no punctuation except inside of a word, in full."""
    words = _WORD.findall(text.lower().replace("\u2019", "'"))[:MOST_WORDS]
    return tuple(map(_mended, words))


def commas_of(text: str) -> frozenset[int]:
    """Places of the words of `words_of` with a comma, semicolon, colon or slash before them."""
    text = text.lower().replace("\u2019", "'")
    found = list(_WORD.finditer(text))[:MOST_WORDS]
    ends = [0, *(match.end() for match in found)]
    return frozenset(at for at, match in enumerate(found) if set(text[ends[at] : match.start()]) & set(",;:/"))


@cache
def question_words(*kinds: str) -> frozenset[str]:
    """Words that are no names, of these kinds of data/question_words.toml, or all."""
    words = toml.read(DATA / "question_words.toml")
    return frozenset(" ".join(words[kind] for kind in kinds or words).split())


def is_slip(word: str, meant: str) -> bool:
    """Whether a word is another one with a letter that is wrong, missing or too many, or two that changed places. Where
    one of them has four letters, only with one missing or two that changed places: too many are alike."""
    from rapidfuzz.distance import OSA

    if len(word) < SHORTEST or OSA.distance(word, meant, score_cutoff=1) > 1:
        return False
    return min(len(word), len(meant)) > SHORTEST or len(meant) > len(word) or sorted(meant) == sorted(word)


@lru_cache(maxsize=20_000)
def _mended(word: str) -> str:
    """A word in full, and without a slip, but for one in its first letter. A word that is another one, or could be
    several, stays as it is."""
    if word in _in_full():
        return _in_full()[word]
    if word in question_words() or word in _other_words():
        return word
    one_off = [key for key in _keys().get(word[0], ()) if is_slip(word, key)]
    if len(one_off) > 1:  # "consumd" is rather "consumed" than "consume"
        one_off = [key for key in one_off if key[-1] == word[-1]]
    return one_off[0] if len(one_off) == 1 else word


@cache
def _in_full() -> dict[str, str]:
    """What is read for a shortened word."""
    tables = toml.read(DATA / "short_words.toml").values()
    return {short: word for table in tables for word, ways in table.items() for short in ways.split()}


@cache
def _keys() -> dict[str, list[str]]:
    """The words that are read for one with a slip, by their first letter."""
    found: dict[str, list[str]] = {}
    for word in toml.read(DATA / "spelling.toml")["mended"].split():
        found.setdefault(word[0], []).append(word)
    return found


@cache
def _other_words() -> frozenset[str]:
    """Words that are what they are."""
    spelling = toml.read(DATA / "spelling.toml")
    return frozenset(f"{spelling['mended']} {spelling['others']}".split())
