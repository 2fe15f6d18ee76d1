"""Whether a text keeps to the facts: what a language model wrote is told only where nothing is found here.

Compared are numbers, quotations, directions, and the names of scores with their values; besides the language, the
length, and whether the model repeats what it was told. What rules can't compare is the tone.
"""

import re
from collections.abc import Iterator

from coach.directions import contradictions
from coach.facts import Facts, brief
from coach.numbers import numbers
from coach.quotations import closed, is_from, plain, quotations, straight, without

LEAST, MOST = 80, 160  # words
ECHO = 7  # words in a row that stand in the instructions, too
HEARD = 0.5  # share of the advice's words that a text must have
ENGLISH = 0.2  # share of the commonest words; it is about 0.4 in English texts
# fmt: off
_COMMON = frozenset(
    ("the", "a", "an", "and", "you", "your", "to", "of", "in", "that", "it", "is", "was", "with", "for", "on", "this",
     "what", "how", "next", "so", "as", "but", "be", "can", "not")
)
# fmt: on
_OF_HUNDRED = re.compile(r"(?:\bout\s+of|\bof|/)\s*(?:100|a\s+hundred|one\s+hundred)\b(?!\s*%)", re.IGNORECASE)
_SENTENCE = re.compile(r"[.;!?](?!\d)")
_LABEL = re.compile(
    r"^\s*(?:[-*#>]|\d+[.)])\s|\*\*|^\s*(?:notes?|strongest point|to change|advice|(?:your )?voice|overall)\s*:",
    re.MULTILINE | re.IGNORECASE,
)
_ABOUT_ITSELF = re.compile(
    r"\b(?:instructions?|prompt|notes|paragraph|(?:a|an|the) (?:language model|assistant|ai)|the candidate)\b",
    re.IGNORECASE,
)
_OF_ITSELF = re.compile(
    r"(?<!\w)I(?:'\w+|\s+(?:am|was|did|do|have|had|can|will|would|see|hear|think|notic|recomm|sugg|lik))"
)
_RANKS = {
    "strongest": re.compile(r"\b(?:strongest|best)\b", re.IGNORECASE),
    "weakest": re.compile(r"\b(?:weakest|lowest|worst)\b", re.IGNORECASE),
}


def objections(text: str, facts: Facts, instructions: str = "") -> tuple[str, ...]:
    """Why a text may not be told, each reason in a few words; none where it keeps to the facts.

    instructions: what the model was told
    """
    return tuple(dict.fromkeys([*slips(text, facts, instructions), *_of_the_whole(text, facts)]))


def fitted(text: str) -> str:
    """The text; where it is longer than MOST words, or breaks off, its sentences up to there."""
    ends = [match.end(1) for match in re.finditer(r"([.!?][\"')]*)(?=\s|$)", straight(text))]
    fits = [text[:end] for end in ends if len(text[:end].split()) <= MOST and closed(text[:end])]
    return fits[-1] if fits else text


def slips(text: str, facts: Facts, instructions: str = "") -> tuple[str, ...]:
    """The objections that can be made to a part of a text already, one sentence or several."""
    told = without(" ".join([*facts.known(), facts.question]))
    bare = _OF_HUNDRED.sub("", without(text))
    known = {value for value, _, _ in numbers(_OF_HUNDRED.sub("", told))}
    found = [f'"{quote}" is no quote from the answer' for quote in quotations(text) if not is_from(quote, facts.answer)]
    found += [f"the number {shown} is not in the facts" for value, shown, _ in numbers(bare) if value not in known]
    found += [*_wrong_scores(bare, facts), *_wrong_ranks(bare, facts)]
    found += [f'"{words}" is not what the facts say' for words in contradictions(without(text, ("i", "we")), told)]
    itself = {match.casefold() for match in _ABOUT_ITSELF.findall(bare)} - {*re.findall(r"\w+", told.casefold())}
    if _LABEL.search(text) or itself or _echoes(bare, instructions):
        found.append("it repeats its instructions, or is more than a paragraph")
    return tuple(found)


def _wrong_scores(text: str, facts: Facts) -> Iterator[str]:
    """The values of other scores beside the name of a score."""
    values, titles = _values(facts), _titles(facts)
    every = set().union(*values.values())
    for sentence in _SENTENCE.split(text):
        named = [(match.start(), match.group().casefold()) for match in titles.finditer(sentence)]
        for value, shown, at in numbers(sentence):
            before = [title for start, title in named if start < at]
            after = [title for start, title in named if start > at]
            # "84 in relevance" is of what follows, "relevance is at 84" of what went before.
            follows = after and re.match(r"(?:\s+points)?\s+(?:in|for|on)\b", sentence[at + len(shown) :])
            title = after[0] if follows or (after and not before) else before[-1] if before else None
            if title and value in every - values[title]:
                yield f"{shown} is not the score of {title}"


def _wrong_ranks(text: str, facts: Facts) -> Iterator[str]:
    """Scores that are called the strongest or the weakest and are not."""
    values, titles = _values(facts), _titles(facts)
    for rank, rule in _RANKS.items():
        for sentence in _SENTENCE.split(text):
            called = rule.search(sentence)
            named = titles.search(sentence, called.end()) if called else None
            if named and getattr(facts, rank).value not in values[named.group().casefold()]:
                yield f"{named.group().casefold()} is not the {rank} point"


def _values(facts: Facts) -> dict[str, set[int]]:
    values: dict[str, set[int]] = {"overall": {facts.overall}}
    for score in facts.scores:
        values.setdefault(score.title.casefold(), set()).add(score.value)
    return values


def _titles(facts: Facts) -> re.Pattern[str]:
    longest_first = sorted(_values(facts), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)


def _echoes(text: str, instructions: str) -> bool:
    told, said = (re.findall(r"[\w']+", part.lower()) for part in (instructions, text))
    runs = {tuple(told[at : at + ECHO]) for at in range(len(told) - ECHO + 1)}
    return any(tuple(said[at : at + ECHO]) in runs for at in range(len(said) - ECHO + 1))


def _of_the_whole(text: str, facts: Facts) -> Iterator[str]:
    count = len(text.split())
    if not LEAST <= count <= MOST:
        yield f"it has {count} words, not {LEAST} to {MOST}"
    if not closed(text) or not re.search(r"[.!?][\"')]*$", straight(text).strip()):
        yield "it breaks off"
    words = re.findall(r"[^\W\d_]+", without(text).lower())
    if _OF_ITSELF.search(without(text)):
        yield "it speaks of itself"
    if sum(word in _COMMON for word in words) < ENGLISH * len(words) or not {"you", "your"} & set(words):
        yield "it is not English, or does not speak to the person"
    for what, score in (("strongest point", facts.strongest), ("point to change", facts.weakest)):
        quote = plain(facts.quote(score))
        if score.title.casefold() not in text.casefold() and not (quote and quote in plain(text)):
            yield f"it does not tell the {what}, {score.title.lower()}"
    advised = _content(brief(facts.weakest.advice)) if facts.weakest.advice else set()
    if len(advised & _content(text)) < HEARD * len(advised):
        yield f"it does not tell the advice: {brief(facts.weakest.advice)}"


def _content(text: str) -> set[str]:
    """The words of four letters and more but for the commonest, by their first five."""
    return {word[:5] for word in re.findall(r"[^\W\d_]{4,}", text.casefold()) if word not in _COMMON}
