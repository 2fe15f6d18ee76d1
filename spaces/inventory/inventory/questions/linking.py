"""Which item or outlet of the database a few words of a question mean, and how surely.

A name is met by itself, by one of its aliases or its Malay name, in the singular or plural, by a part of it that no
other name has, by its initials, and misspelt (rapidfuzz). What two names fit equally well is ambiguous.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from common import toml
from inventory.items import Item, Outlet
from inventory.questions.words import DATA, is_slip, question_words, words_of

SURE = 0.9  # a name that is met like this is in the question beyond doubt
ENOUGH = 0.75  # below, a name is asked back
MARGIN = 0.05  # by which the best must be better than the next
LONGEST = 4  # words of a name
SHORTEST = 5  # letters of a word that may be misspelt
_WRONG = 0.26  # share of wrong letters of one, at most
_SPELT = 0.15  # the same of what is a name itself: "yoghurt" may be yogurt, "coconut oil" is no coconut milk
# How surely words mean a name: as it is, in another number, a part of it, its initials, a slip in a short one, and with
# more words.
_EXACT, _PLURAL, _PART, _INITIALS, _SLIP, _MORE = 1.0, 0.98, 0.92, 0.9, 0.9, 0.6


@dataclass(frozen=True)
class Link:
    """What some words mean. name: as in the database, None where that isn't clear; candidates: what it could be"""

    words: str
    name: str | None
    score: float
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A name that surely is in a question: where (words from start to before end) and which.

    name: as in the database, None for one that it doesn't have
    """

    start: int
    end: int
    name: str | None
    score: float

    @property
    def places(self) -> range:
        """Places of its words in the question."""
        return range(self.start, self.end)


@dataclass(frozen=True)
class _Form:
    """A way of saying a name, taken apart once."""

    text: str
    words: tuple[str, ...]
    stems: tuple[str, ...]
    together: str
    initials: str

    @classmethod
    def of(cls, text: str) -> "_Form":
        words = tuple(text.split())
        initials = "".join(word[0] for word in words)
        return cls(text, words, tuple(map(_stem, words)), _stem("".join(words)), initials)


@cache
def common_names() -> dict[str, list[str]]:
    """Names that things and places have elsewhere: "items_en", "items_ms", "outlets", "dishes" and "sayings"."""
    return toml.read(DATA / "common_names.toml")


@cache
def _malay() -> dict[str, list[str]]:
    return toml.read(DATA / "names_ms.toml")["items"]


class Linker:
    """Finds the names of one kind. names: those of the database, each with its aliases"""

    def __init__(self, names: Iterable[tuple[str, Sequence[str]]]) -> None:
        self._forms: dict[str, tuple[_Form, ...]] = {}
        for name, aliases in names:
            plain = " ".join(words_of(name))
            known = [plain, *(" ".join(words_of(alias)) for alias in aliases)]
            self._forms[name] = tuple(_Form.of(form) for form in dict.fromkeys(known) if form)

    @classmethod
    def of_items(cls, items: Iterable[Item]) -> "Linker":
        return cls((item.name, (*item.aliases, *_malay().get(item.name.lower(), ()))) for item in items)

    @classmethod
    def of_outlets(cls, outlets: Iterable[Outlet]) -> "Linker":
        return cls((outlet.name, outlet.aliases) for outlet in outlets)

    def scores(self, words: Sequence[str]) -> dict[str, float]:
        """Of each name that the words may mean how surely, 0 to 1."""
        words = tuple(word for word in words if word != "'s")
        if not words:
            return {}
        found = {name: self._score(words, forms) for name, forms in self._forms.items()}
        return {name: score for name, score in found.items() if score >= 0.5}

    def link(self, words: str) -> Link:
        """The name that the words mean."""
        scores = self.scores(words.split())
        ranked = sorted(scores, key=lambda name: (-scores[name], name))
        if not ranked:
            return Link(words, None, 0.0)
        best = scores[ranked[0]]
        near = tuple(name for name in ranked if scores[name] > best - MARGIN)
        if best >= ENOUGH and len(near) == 1:
            return Link(words, ranked[0], best, near)
        return Link(words, None, best, near if len(near) > 1 else tuple(ranked[:3]))

    def find(self, words: Sequence[str], taken: Iterable[int] = ()) -> tuple[Found, ...]:
        """The names that surely are in a question; where several overlap, the longest.

        words: of the whole question; taken: places of words that belong to something else
        """
        spent, found = set(taken), []
        for length in range(min(LONGEST, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                span = words[start : start + length]
                if spent & set(range(start, start + length)) or self._is_of_questions(span):
                    continue
                link = self.link(" ".join(span))
                if link.name and link.score >= SURE:
                    spent |= set(range(start, start + length))
                    found.append(Found(start, start + length, link.name, link.score))
        return tuple(sorted(found, key=lambda one: one.start))

    def _is_of_questions(self, span: Sequence[str]) -> bool:
        """Whether words can't be a name, for one of questions is at an end: unless they are the whole of one, as "gas
        bottle" is, or by itself a word that is rare in questions, as "pantry" is."""
        usual = question_words("english", "malay") & {span[0], span[-1]}
        rare = len(span) == 1 and span[0] in question_words()
        if not usual and not rare:
            return False
        stems = tuple(map(_stem, span))
        whole = any(form.stems == stems for forms in self._forms.values() for form in forms)
        return not whole or bool(usual and len(span) == 1)

    def _score(self, words: tuple[str, ...], forms: tuple[_Form, ...]) -> float:
        best = 0.0
        stems, together = tuple(map(_stem, words)), _stem("".join(words))
        for at, form in enumerate(forms):
            if words == form.words:
                return _EXACT
            if stems == form.stems or together == form.together:
                best = max(best, _PLURAL)
            elif at == 0 and set(stems) < set(form.stems):
                best = max(best, _PART)
            elif set(form.stems) < set(stems):
                best = max(best, _MORE)
            elif len(words) == 1 and len(form.words) > 1 and words[0] == form.initials:
                best = max(best, _INITIALS)
            else:
                best = max(best, _misspelt(" ".join(words), form.text))
        return best


def strangers(
    found: Sequence[Found],
    words: Sequence[str],
    kinds: Iterable[str],
    commas: Iterable[int] = (),
    taken: Iterable[int] = (),
) -> tuple[Found, ...]:
    """Common names in a question that the database doesn't have: "lamb", or "rice flour" where it has rice and flour.

    found: names of the database, items and outlets; a stranger is none of them, and no part of one
    kinds: of `common_names`; commas: places of words with a comma before them, over which no name goes
    taken: places of words that belong to something else
    """
    forms = frozenset(form for kind in kinds for form in _common_forms(kind))
    stems, spent, strange = tuple(map(_stem, words)), set(taken), []
    for length in range(min(LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            here = set(range(start, start + length))
            # A known name that it would cut in two goes before: "gula, melaka riverside".
            known = any(here & set(one.places) and not here > set(one.places) for one in found)
            parted = not here.isdisjoint(set(commas) - {start})
            usual = length == 1 and words[start] in question_words()  # "peti" is a box, "petis" a paste
            if not (known or parted or usual or spent & here) and stems[start : start + length] in forms:
                spent |= here
                strange.append(Found(start, start + length, None, 1.0))
    return tuple(sorted(strange, key=lambda one: one.start))


def apart_from(found: Iterable[Found], others: Iterable[Found]) -> tuple[Found, ...]:
    """Those of `found` that share no word with any of `others`."""
    places = {at for one in others for at in one.places}
    return tuple(one for one in found if not places & set(one.places))


@cache
def _common_forms(kind: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(map(_stem, words_of(name))) for name in common_names()[kind])


def _misspelt(words: str, form: str) -> float:
    """How surely one is the other with wrong letters: 0.95 for one letter of ten, 0 for another word."""
    from rapidfuzz.distance import DamerauLevenshtein

    if words[0] != form[0] or words in question_words():
        return 0.0
    if min(len(words), len(form)) < SHORTEST:
        return _SLIP if is_slip(words, form) and not _is_common(words) else 0.0
    pairs = zip(words.split(), form.split(), strict=False)
    if words.count(" ") == form.count(" ") and any(mine[0] != theirs[0] for mine, theirs in pairs):
        return 0.0  # "penang's bread" is no Penang Road
    longest = max(len(words), len(form))
    wrong = _SPELT if _is_common(words) else _WRONG
    most = int(wrong * longest)
    if abs(len(words) - len(form)) > most:
        return 0.0
    share = DamerauLevenshtein.distance(words, form, score_cutoff=most) / longest
    return max(0.0, 1.0 - share / 2) if share <= wrong else 0.0


@cache
def _is_common(words: str) -> bool:
    """Whether words are a name of their own somewhere."""
    stems = tuple(map(_stem, words.split()))
    return any(stems in _common_forms(kind) for kind in common_names())


def _stem(word: str) -> str:
    """The singular, roughly, so that "onion" and "onions", "chilli" and "chillies", "santan" and "santannya" meet, and
    "milkless days" are days without milk."""
    if len(word) > 6 and word.endswith(("nya", "kah")):
        return _stem(word[:-3])
    if len(word) > 7 and word.endswith("less"):
        return _stem(word[:-4])
    for ending, instead in (("ies", "i"), ("oes", "o"), ("ses", "s"), ("ves", "f"), ("s", "")):
        if len(word) > 3 and word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + instead
    return word.removesuffix("y") + "i" if len(word) > 4 and word.endswith("y") else word
