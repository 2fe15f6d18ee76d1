"""Which language a text is written in, as far as so short a text tells."""

import functools
import re

LONG_ENOUGH = 20  # letters from which a language can be told
SURE = 0.8  # probability below which nothing is said
READ = 1000  # characters that are looked at

_WORD = re.compile(r"[a-z']+")
# Words that English texts are full of and other languages do without.
# fmt: off
_ENGLISH = frozenset((
    "the", "and", "my", "with", "this", "you", "your", "it's", "i'm", "don't", "doesn't", "have", "has", "when",
    "would", "what", "that", "but", "they", "was", "were", "from", "which", "there", "their", "please",
    "should", "could", "just", "after", "every", "why", "how", "who", "about", "because", "been", "than",
    "then", "them", "these", "those", "where", "while", "again", "always", "only",
    "does", "did", "didn't", "can't", "cannot", "isn't", "won't", "i've", "its", "our", "out", "off", "too", "now",
    "very", "never", "without", "since", "before", "says", "shows", "nothing", "instead", "into", "same", "much",
    "even", "yet", "any", "some", "need", "whole", "each", "through", "until", "let's", "aren't", "wasn't",
    "couldn't", "we're", "we've", "they're", "you're", "else", "anything", "something", "everything", "everyone",
))
# Words that they are as full of, and that another language may have as well.
_SHARED = frozenset((
    "a", "for", "in", "to", "it", "on", "i", "is", "of", "at", "no", "me", "one", "as", "not", "by", "are", "can", "an",
    "all", "be", "or", "so", "if", "up", "do", "we",
))
# fmt: on


def language_of(text: str) -> str:
    """ISO 639-1 code ("en", "de"), or "" where the text is too short or the guess is not sure (py3langid)."""
    text = text[:READ]
    if sum(map(str.isalpha, text)) < LONG_ENOUGH:
        return ""
    # Looking for a few small words costs little beside that, and most texts are English.
    words = set(_WORD.findall(text.lower()))
    own = len(words & _ENGLISH)
    if own >= 2 or (own and len(words & _SHARED) >= 2):
        return "en"
    language, chance = _identifier().classify(text)
    return ALIKE.get(language, language) if chance >= SURE else ""


ALIKE = {"pcm": "en"}  # Nigerian Pidgin: a few words of it are taken for the whole


@functools.lru_cache
def _identifier():
    import py3langid.langid as langid

    return langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
