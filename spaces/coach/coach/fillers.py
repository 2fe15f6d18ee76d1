"""Fillers and repetitions in the words of an answer.

A sound such as um is always a filler. A phrase such as "like" or "you know" is one only where its neighbours say so;
where they leave it open it isn't counted. Whisper leaves out many fillers, so a count is a lower bound.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach.places import Place, stretch

if TYPE_CHECKING:
    from common.speech import Word

_LONGEST_REPEAT = 4  # words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class _Language:
    """sound: how a filler is written; sounds: fillers that are no words; phrases: those that are always fillers;
    twice: words that are doubled on purpose; ending: words that may end a clause, so that the same word can begin the
    next; single: whether one word said twice is a repetition"""

    sound: str
    sounds: re.Pattern
    phrases: tuple[tuple[str, ...], ...] = ()
    twice: frozenset[str] = frozenset()
    ending: frozenset[str] = frozenset()
    single: bool = True


_LANGUAGES = {
    "en": _Language(
        "um",
        re.compile(r"u+h*m+|u+h+|e+r+m*|h+m+|m{2,}|a+h+m*|eh+m*"),
        (("basically",),),
        _set("very really so much many far long more had that no yes yeah bye never again over way step day well"),
        _set("it that this them him her you us me is was do did does in on up out there here one so now then"),
    ),
    "de": _Language(
        "äh",
        re.compile(r"[äöe]+h*m+|[äöe]+h+|h+m+|m{2,}"),
        (("sozusagen",), ("quasi",), ("ich", "sag", "mal"), ("sag", "ich", "mal"), ("weißt", "du"), ("wissen", "sie")),
        _set("sehr viel ganz nein ja immer mehr lange"),
        _set("der die das dem den sie es ist war in an auf zu"),
    ),
    "es": _Language(
        "eh",
        re.compile(r"e+h*m+|e+h+|m{2,}|h+m+"),
        (("o", "sea"), ("digamos",)),
        _set("muy no sí más mucho"),
        _set("lo la los las me te se es está que"),
    ),
    "fr": _Language(
        "euh",
        re.compile(r"e+u+h+|h+e+u+|h+u*m+|m{2,}|ben|bah"),
        (("tu", "vois"), ("vous", "voyez"), ("du", "coup"), ("en", "fait")),
        _set("très non oui nous vous beaucoup bien plus"),
        _set("le la les est ça en y"),
    ),
    # Malay doubles words to make plurals and more.
    "ms": _Language("em", re.compile(r"e+r*m+|e+r+|u+h*m+|u+h+|h+m+|m{2,}"), (("apa", "nama"),), single=False),
}
LANGUAGES = frozenset(_LANGUAGES)

_NUMBERS = _set(
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million "
    "null eins zwei drei vier fünf sechs sieben acht neun zehn uno dos tres cuatro cinco seis siete ocho nueve diez un "
    "deux trois quatre cinq six sept huit neuf dix satu dua tiga empat lima enam tujuh lapan sembilan"
)
_JOINING = _set("and but so or because then well also plus")
_BE = _set("is was were are am be been being it's that's there's i'm we're they're he's she's you're wasn't isn't")
_PRONOUNS = _set("i we you he she they it")
# What "like" is a verb, a comparison or part of another phrase after.
_LIKED = _set(
    "i you we they he she would i'd we'd you'd they'd he'd she'd don't didn't doesn't really look looks looked looking "
    "feel feels felt feeling sound sounds sounded seem seems seemed something anything nothing things people much more "
    "most just exactly not be act acted work works worked stuff tools companies to also never always"
)
_QUOTING = _set("said say mentioned told described explained")
_KNOWN = _set(
    "how what that why where when who which the a an it this him her them me my our your their about of if whether "
    "more better best nothing something everything anything"
)
_MEANT = _set("that it to by the this what business")
_NO_KIND = _set("you person people thing things")


@dataclass(frozen=True)
class _Token:
    """A word in lower case without punctuation. after: the punctuation behind it; opens: a phrase begins with it"""

    text: str
    after: str
    opens: bool

    @property
    def closes(self) -> bool:
        return bool(self.after)

    @property
    def ends_sentence(self) -> bool:
        return self.after[-1:] in (".", "?", "!") and not self.after.endswith("..")


def find(words: "Sequence[Word]", language: str = "en") -> list[Place]:
    """The fillers among the words, in their order. language: of LANGUAGES."""
    return [stretch(words[start:end]) for start, end in _fillers(_tokens(words), language)]


def is_sound(word: "Word", language: str = "en") -> bool:
    """Whether it is a filler that is no word, such as um."""
    [token] = _tokens([word])
    return _LANGUAGES[language].sounds.fullmatch(token.text) is not None


def unwritten(language: str = "en") -> str:
    """What is written for a filler that was heard and is not in the transcript, such as "(um)"."""
    return f"({_LANGUAGES[language].sound})"


def repetitions(words: "Sequence[Word]", language: str = "en") -> list[Place]:
    """Where one to four words are said again at once, such as "the the" and "I went, um, I went", and where a word is
    broken off and begun again; each place has both times. Not what is doubled on purpose ("very very"), numbers, and
    what begins a new sentence."""
    tokens = _tokens(words)
    filled = {at for start, end in _fillers(tokens, language) for at in range(start, end)}
    kept = [at for at in range(len(tokens)) if at not in filled and tokens[at].text]
    found, at = [], 0
    while at < len(kept):
        length = _repeated([tokens[index] for index in kept[at : at + 2 * _LONGEST_REPEAT]], _LANGUAGES[language])
        if length:
            found.append(stretch(words[kept[at] : kept[at + 2 * length - 1] + 1]))
        at += max(1, length)
    return found


def _repeated(tokens: Sequence[_Token], language: _Language) -> int:
    """How many of the first words are said again after them, 0 for none; the longest run counts."""
    texts = [token.text for token in tokens]
    for length in range(len(tokens) // 2, 0, -1):
        first = texts[:length]
        if first != texts[length : 2 * length] or any(token.ends_sentence for token in tokens[:length]):
            continue
        if all(text.isdigit() or text in _NUMBERS for text in first):
            continue
        if length == 1 and not language.single:
            continue
        if language.twice.intersection(first) and (length == 1 or "and" in first):
            continue
        if length == 1 and tokens[0].after.endswith(",") and first[0] in language.ending:
            continue
        return length
    broken = len(tokens) > 1 and tokens[0].after == "-" and len(texts[1]) > len(texts[0])
    return 1 if broken and texts[1].startswith(texts[0]) else 0


def _fillers(tokens: Sequence[_Token], language: str) -> list[tuple[int, int]]:
    """First word and the one after the last of each filler."""
    table, found, at = _LANGUAGES[language], [], 0
    while at < len(tokens):
        length = 1 if table.sounds.fullmatch(tokens[at].text) else _phrase(tokens, at, table, language)
        if length:
            found.append((at, at + length))
        at += max(1, length)
    return found


def _phrase(tokens: Sequence[_Token], at: int, table: _Language, language: str) -> int:
    """How many words the filler phrase has that begins at a word, 0 where none does."""
    for phrase in table.phrases:
        if tuple(token.text for token in tokens[at : at + len(phrase)]) == phrase:
            return len(phrase)
    return _english(tokens, at) if language == "en" else 0


def _english(tokens: Sequence[_Token], at: int) -> int:
    """The same for phrases that are fillers in some contexts only."""
    none = _Token("", "", True)
    token, (second, third) = tokens[at], (*tokens[at + 1 : at + 3], none, none)[:2]
    before = tokens[at - 1].text if at else ""
    loose = token.opens or before in _JOINING or _sound(before)
    match token.text, second.text:
        case "you", "know":
            asked = before in _set("do did does don't didn't if as that what let whatever who how when once")
            return 2 * (not asked and (second.closes or ((loose or before in _BE) and third.text not in _KNOWN)))
        case "i", "mean":
            said = before in _set("what that's which all do did is")
            return 2 * (not said and (second.closes or (loose and third.text not in _MEANT)))
        case (("sort" | "kind"), "of"):
            softened = loose or before in _PRONOUNS | _BE | _set("just to had have been got really")
            return 2 * (softened and (second.closes or third.text not in _NO_KIND))
        case "like", following:
            if before in _LIKED or following in _QUOTING or third.text in _QUOTING:
                return 0
            counted = (following in _NUMBERS - {"one"} or following.isdigit()) and bool(before)
            apart = token.closes or (before in _JOINING | {""} and following in _PRONOUNS) or _sound(before)
            return int(counted or apart)
        case (("actually" | "literally"), _):
            return int(token.closes and (token.opens or before in _JOINING))
    return 0


def _sound(text: str) -> bool:
    return _LANGUAGES["en"].sounds.fullmatch(text) is not None


def _tokens(words: "Sequence[Word]") -> list[_Token]:
    return list(_parsed(word.text for word in words))


def _parsed(texts: Iterator[str]) -> Iterator[_Token]:
    opens = True
    for text in texts:
        text = text.lower().replace("\u2019", "'").strip()
        bare = re.sub(r"^[^\w]+|[^\w]+$", "", text)
        after = re.search(r"[^\w]*$", text).group().strip("'\")]")
        yield _Token(bare, after, opens)
        opens = bool(after)
