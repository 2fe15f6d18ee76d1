"""Who acts in an answer: "I decided", "we decided", "it was decided", "you should decide"."""

import re
from dataclasses import dataclass

from coach import wording

_ADVERBS = r"(?:(?:\w+ly|also|then|first|just|still|even|once|never|always|simply|only|now|did|do)\s+){0,2}"
_I = re.compile(
    rf"(?<![\w'])i(?P<would>'d|'ll|\s+would|\s+will|\s+had\s+to|\s+decided\s+to|\s+have|'ve|\s+had)?\s+{_ADVERBS}"
    r"(?P<verb>[a-z]+)(?![\w'])"
)
# A second verb after the same "I": "I called the vendor and booked a slot".
_AND = re.compile(rf"(?:,|(?<!\w)and|(?<!\w)then)\s+{_ADVERBS}(?P<verb>[a-z]+)(?![\w'])")
# From here on somebody else may be the one who acts.
_OTHER = re.compile(
    r"[;:]|(?<!\w)(?:i|we|he|she|which|who|that|because|so|but)(?!\w)|(?<!\w)and\s+(?:they|it|the|my|our)(?!\w)"
)
_WE = re.compile(r"(?<!\w)(?:we|we'd|we've|we'll|us)(?!\w)")
_ANYBODY = re.compile(
    r"(?<!\w)(?:you|one|people|everyone|everybody|somebody|someone)\s+"
    r"(?:have|has|need|needs|must|should|can|could|always|just|do|does|always|usually|often|get|gets)(?!\w)"
)
_BE = r"(?:was|were|is|are|been|being|be|got|gets)"
_PASSIVE = re.compile(rf"(?<!\w){_BE}\s+(?:not\s+|\w+ly\s+|then\s+|also\s+|never\s+){{0,2}}(?P<verb>[a-z]+)(?![\w'])")


@dataclass(frozen=True)
class Actors:
    """How often who acts in a sentence.

    own: things that "I" did, do or would do; own_past: those in the past; shared: "we"; nobody: passive forms that
    don't say by whom, and rules for anybody ("you should")
    """

    own: int
    own_past: int
    shared: int
    nobody: int


def actors(sentence: str) -> Actors:
    """Who acts in a sentence."""
    text = " ".join(wording.plain(sentence).lower().split())
    own = own_past = 0
    for match in _I.finditer(text):
        verb, would = match["verb"], (match["would"] or "").strip()
        if verb in wording.NO_ACTION or verb in wording.STATES or verb in wording.FUNCTION:
            continue
        past = wording.is_past(verb) and would not in ("'d", "would", "will", "'ll")
        if not past and not would and not _plain_verb(verb):
            continue
        own += 1
        own_past += past
        if past:  # only past forms can be told from nouns after "and"
            more = [found["verb"] for found in _AND.finditer(_OTHER.split(text[match.end() :])[0])]
            further = sum(wording.is_past(verb) and verb not in wording.NO_ACTION for verb in more)
            own += further
            own_past += further
    passives = sum(_is_passive(text, match) for match in _PASSIVE.finditer(text))
    return Actors(own, own_past, len(_WE.findall(text)), passives + len(_ANYBODY.findall(text)))


def _plain_verb(verb: str) -> bool:
    return len(verb) > 2 and not verb.endswith(("ing", "ly"))


def _is_passive(text: str, match: re.Match[str]) -> bool:
    verb = match["verb"]
    if verb in wording.NO_PASSIVE or not (verb in wording.PARTICIPLES or (len(verb) > 4 and wording.is_past(verb))):
        return False
    before = text[: match.start()].split()
    return not (before and before[-1] in ("i", "i'm", "he", "she", "who")) and " by " not in text[match.end() :][:25]
