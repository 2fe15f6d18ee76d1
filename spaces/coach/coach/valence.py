"""How pleasant or unpleasant what is said is, from its words alone: -1 to 1. English.

Each clause is a vector of meaning, and a linear map of it, fitted by least squares with a penalty on the coefficients
(Hoerl and Kennard 1970) to the sentences below, gives its valence. Such vectors hardly see a "not" ("I was not happy"
lies close to "I was happy"), so a clause with a negation is also read without it, and its feeling turned round.
"""

import re
import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from coach.sentences import split
from common.text import SentenceEncoder

PENALTY = 1.0
SCALE = 2.0  # brings a plainly glad clause to about 0.5, and an enthusiastic one to 0.9
TURNED = 0.8  # "not good" is less bad than "bad"
FEELING = 0.2  # of the map, from where on there is a feeling that a negation can turn
AFTER = 2.0  # weight of what comes after a "but" beside what came before

GLAD = (
    "I am very happy with how it went.",
    "I really enjoyed the work and the people.",
    "It was a great success and we were proud of it.",
    "The team was supportive and kind to me.",
    "I love what I do.",
    "We solved the problem and everyone was relieved.",
    "They praised my work and gave me more responsibility.",
    "The customer was delighted and thanked us warmly.",
    "I'm excited about this opportunity.",
    "It made me feel valued and respected.",
    "We won the award that year.",
    "Results improved a lot and the mood was good.",
    "I felt confident and calm.",
    "It turned out much better than we had hoped.",
    "I learned so much and grew as a person.",
    "It was easy and pleasant to work with them.",
)
GRIM = (
    "I was very unhappy with how it went.",
    "I really disliked the work and the people.",
    "It was a failure and we were ashamed of it.",
    "The team was hostile and rude to me.",
    "I hate what I do.",
    "The problem stayed and everyone was frustrated.",
    "They criticised my work and took my responsibility away.",
    "The customer was angry and complained bitterly.",
    "I'm anxious about this situation.",
    "It made me feel worthless and ignored.",
    "We lost the contract that year.",
    "Results got worse and the mood was bad.",
    "I felt insecure and stressed.",
    "It turned out much worse than we had feared.",
    "I was drained and burned out.",
    "It was hard and unpleasant to work with them.",
)
PLAIN = (
    "I work in the accounts department.",
    "The office is on the second floor.",
    "We meet every Monday morning.",
    "My task was to prepare the figures.",
    "First we collect the data, then we check it.",
    "There are eight people in the team.",
    "I moved to this city four years ago.",
    "The process has three steps.",
    "I use a spreadsheet and a calendar.",
    "The contract runs until June.",
    "Each order is entered into the system.",
    "I spoke with the supplier on the phone.",
)

_BUT = re.compile(r"[,;]?\s+\b(?:but|however|yet)\b,?\s+", re.IGNORECASE)
_ALTHOUGH = re.compile(r"^\s*(?:although|though|even though|even if|despite)\b[^,]*,\s*", re.IGNORECASE)
_WITHOUT_NEGATION = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\b(?:can't|cannot|can not)\b", "can"),
        (r"\bwon't\b", "will"),
        (r"\b(do|does|did|is|was|are|were|would|could|should|have|has|had)n't\b", r"\1"),
        (r"\b(?:nobody|no one|none of (?:us|them))\b", "everybody"),
        (r"\bnothing\b", "something"),
        (r"\bnever\b", "always"),
        (r"\bnot (?!only\b)", ""),
        (r"\bno\b", "some"),
        (r"\bwithout\b", "with"),
        (r"\b(?:hardly|barely|scarcely) ", ""),
    )
)
_STRESS = re.compile(r" (?:at all|a single|even)\b")
_FITTED: WeakKeyDictionary[SentenceEncoder, np.ndarray] = WeakKeyDictionary()
_FITTING = threading.Lock()


def valence(texts: Sequence[str], encoder: SentenceEncoder) -> np.ndarray:
    """(n,) -1 to 1, of English texts: the mean over the sentences of each, by their length; 0 for an empty one."""
    pieces = [(at, *clause) for at, text in enumerate(texts) for clause in _clauses(text)]
    if not pieces:
        return np.zeros(len(texts))
    where, weights, said = (np.array(column) for column in zip(*pieces, strict=True))
    values = np.tanh(SCALE * _read(said.tolist(), encoder))
    totals = np.bincount(where, weights, len(texts))
    return np.bincount(where, weights * values, len(texts)) / np.maximum(totals, 1e-9)


def affirmed(clause: str) -> tuple[str, bool]:
    """A clause in lower case without its negations, and whether they turn it round: two of them don't."""
    found = 0
    text = clause.lower().replace("\u2019", "'")
    for pattern, instead in _WITHOUT_NEGATION:
        text, count = pattern.subn(instead, text)
        found += count
    return (_STRESS.sub("", text) if found else text), found % 2 == 1


def _clauses(text: str) -> list[tuple[float, str]]:
    """(weight, clause) of all sentences: what follows a "but", or an "although" and its comma, weighs more."""
    found = []
    for sentence in split(text):
        parts = _BUT.split(sentence.text)
        if conceded := _ALTHOUGH.match(parts[0]):
            parts[0:1] = [conceded.group(), parts[0][conceded.end() :]]
        parts = [part for part in parts if part.strip()]
        words = len(sentence.text.split())
        shares = np.array([1.0, *[AFTER] * (len(parts) - 1)])
        found += zip((words * shares / shares.sum()).tolist(), parts, strict=True)
    return found


def _read(clauses: list[str], encoder: SentenceEncoder) -> np.ndarray:
    """(n,) values of the map; glad ones lie near 0.4, grim ones near -0.4."""
    coefficients = _fitted(encoder)
    others, turned = zip(*map(affirmed, clauses), strict=True)
    rows = np.flatnonzero(turned)
    values = encoder.embed([*clauses, *(others[row] for row in rows)]) @ coefficients
    as_said, without = values[: len(clauses)], values[len(clauses) :]
    # "It doesn't load" is no praise of what doesn't: only what is felt without the "not" is turned by it.
    felt = without**2 / (without**2 + FEELING**2)
    as_said[rows] = -TURNED * felt * without + (1 - felt) * as_said[rows]
    return as_said


def _fitted(encoder: SentenceEncoder) -> np.ndarray:
    """(d,) the map for this encoder."""
    with _FITTING:
        if encoder not in _FITTED:
            vectors = encoder.embed([*GLAD, *GRIM, *PLAIN]).astype(np.float64)
            wanted = np.repeat([1.0, -1.0, 0.0], [len(GLAD), len(GRIM), len(PLAIN)])
            dual = np.linalg.solve(vectors @ vectors.T + PENALTY * np.eye(len(vectors)), wanted)
            _FITTED[encoder] = vectors.T @ dual
        return _FITTED[encoder]
