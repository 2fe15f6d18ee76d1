"""How many syllables a word has, counted from its spelling.

Groups of vowels, with the rules of each language for those that are silent or stand apart. A count over a whole
answer is what this is for: a single word may be one off.
"""

import re

_GROUPS = {
    "en": re.compile(r"[aeiouyáéíóúïü]+"),
    "de": re.compile(r"[aeiouyäöüé]+"),
    # Strong vowels are syllables of their own, weak ones lean on them.
    "es": re.compile(r"[iuü]?[aeoáéíóú][iuy]?(?![aeoáéíóú])|[iuü]?[aeoáéíóú]|[iuyü]+"),
    "fr": re.compile(r"[aeiouyàâäéèêëîïôöùûüœæ]+"),
    "ms": re.compile(r"[ao]i$|au$|[aeiou]"),
}
LANGUAGES = frozenset(_GROUPS)
# Written and not said in English: a vowel at the end, in -es after what needs none, in -ed but after t and d, and
# before endings that are put to a whole word.
_SILENT = (
    r"(?<=[^aeiouyl])e$|(?<=[aeiouyrl]l)e$|(?<=[^aeiouyszxhcgl])es$|(?<=[aeiou]l)es$"
    r"|(?<=[^aeioutdy])ed$|(?<=[^aeiouyl])e(?=(?:ly|ments?|ful|less|ness)$)"
)
# Side by side and yet two syllables in English: media, create, idea, situation, fluent, doing.
_APART = (
    r"(?<![tcsg])i(?=a(?!ge)|o(?!us)|um)|(?<=[^aeiou]r)e(?=at[eio])|(?<=[^q])u(?=a[lt]|e[nl]|i(?:ng|t[yi]))"
    r"|(?<=[^aeiou])e(?=o(?!u|p))|(?<=[aeiou][^aeiou])e(?=as?$)|[aeouy](?=ing)|(?<=[^aeiou])i(?=e[nt](?!d))|(?<=[^tcsxn])i(?=ous)"
)
_REWRITTEN: dict[str, tuple[tuple[re.Pattern, str], ...]] = {
    language: tuple((re.compile(pattern), instead) for pattern, instead in pairs)
    for language, pairs in {
        "en": (
            (r"(?<=[dst])n't$", "nit"),
            (r"'(?:s|m|re|ll|d|ve|t)?$", ""),
            (_SILENT, ""),
            (_APART, r"\g<0>-"),
        ),
        "de": ((r"(?<=eu|au)(?=e)|(?<=be)(?=[aeiou])", "-"),),
        "es": ((r"qu|(?<=g)u(?=[ei])", "k"),),
        "fr": ((r"(?<=[^aeiouyàâéèêîôùû])(?:e|es|ent)$|(?<=[iu])e(?=s?$)|(?<=[qg])u", ""),),
        "ms": (),
    }.items()
}
_SPELLED = re.compile(r"[A-Z]{2,4}s?")
_PER_DIGIT = 1.25  # syllables: "2023" has 5, "40" 2
_SIGNS = {"%": 2, "$": 2, "€": 2, "£": 1}


def count(word: str, language: str = "en") -> int:
    """Syllables of a word as it is written, with its punctuation; 0 where nothing is said.

    language: of LANGUAGES
    """
    total = sum(_SIGNS.get(letter, 0) for letter in word)
    if digits := sum(letter.isdigit() for letter in word):
        total += max(1, round(digits * _PER_DIGIT))
    for part in re.findall(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*", word):
        total += _of(part, language)
    return total


def _of(part: str, language: str) -> int:
    if _SPELLED.fullmatch(part):
        return sum(3 if letter == "W" else 1 for letter in part.rstrip("s"))
    letters = part.lower().replace("\u2019", "'")
    for pattern, instead in _REWRITTEN[language]:
        letters = pattern.sub(instead, letters)
    return max(1, len(_GROUPS[language].findall(letters)))
