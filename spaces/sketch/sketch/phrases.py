"""Which words of a request ask for a look and which name the subject: "a car in watercolour" asks for watercolour.

A request is cut at the words that usually stand between the two. Every cut gives a reading; which of them is right is
decided by the search, because only the style cards know what is a look ("a crown in gold", "a crown in a museum").
"""

import re
from dataclasses import dataclass

# How a reading was found, the more reliable kinds first.
KINDS = ("cue", "part", "words", "whole")
MOST_WORDS = 60  # of a request that are read: a look is named in few
MOST_READINGS = 16

_LEAD = r"(?:(?:all|mostly|entirely|completely|just)\s+)?"
_MADE = (
    "made|drawn|painted|sketched|sculpted|carved|cast|printed|rendered|done|built|sewn|knitted|cut|forged|coloured|"
    "colored|set|lit|moulded|molded|shaped|etched|engraved"
)
# Between subject and look: "a fox IN THE STYLE OF a comic", "a fox MADE OF clay", "a fox LIKE a mosaic".
_CUE = re.compile(
    r"\b(?:"
    r"in the (?:style|look|manner|spirit|colou?rs) of|in the form of|in style of|"
    rf"(?:{_MADE})\s+(?:in|of|from|out of|with|on|as|like|by|using)|"
    r"(?:looks?|looking|styled|just)\s+(?:like|as)|as if (?:it were|it was|made)?|as though|as from|as in|"
    r"as an?|as|in|like|with|using|on"
    rf")\s+{_LEAD}",
    re.IGNORECASE,
)
# "a watercolour OF a fox": the look comes first.
_OF = re.compile(r"\b(?:of|showing|depicting|with a picture of|portraying)\b", re.IGNORECASE)
# "a fox, pencil STYLE"
_NAMED = re.compile(
    r"\b((?:[\w'-]+\s+){1,4})(?:style|styled|look|aesthetics?|vibes?|feeling|feel|mood|effect|art|tones?|colou?rs)\b",
    re.IGNORECASE,
)
_EDGES = re.compile(
    r"^(?:(?:an?|the|some|my|your|of|and|in|on|with|as|like|if|it|is|by)\s+)+|[\s,;.:!?-]+$", re.IGNORECASE
)
_EMPTY = re.compile(r"^(?:an?|the|in|on|of|as|it|is|and|with|like|to|at|by|for|from)$", re.IGNORECASE)
# What people add out of politeness or habit; it names neither a look nor a subject.
_IDLE = re.compile(
    r"^\W*(?:(?:can|could|would) you\s+|i(?:'d like| want| would like)\s+(?:you to\s+)?)?(?:please\s+)?"
    r"(?:draw|make|create|generate|render|show|give)\b(?:\s+(?:me|us|it|this|that)\b)*"
    r"|\b(?:please|thanks|thank you|nicely|(?:best|high|highest|good|top) (?:quality|resolution)|masterpiece|hi-?res"
    r"|[48]k|u?hd|(?:very |highly |ultra )?detailed)\b",
    re.IGNORECASE,
)
_TOO_FAR = 6  # words before "of" in which a look may be named


@dataclass(frozen=True)
class Reading:
    """One way to read a request.

    style: the words that would name the look
    content: the words that would name the subject, empty when all of them name the look
    kind: one of KINDS; "cue": cut at words such as "in the style of"; "part": a part between commas; "words": the
        first or last words; "whole": everything
    """

    style: str
    content: str
    kind: str


def readings(text: str) -> list[Reading]:
    """The ways to read a request, the whole text first, each style once; none for a text without words.

    At most MOST_READINGS, of the first MOST_WORDS words.
    """
    text = " ".join(_IDLE.sub(" ", " ".join(text.split()[:MOST_WORDS])).split())
    whole = _trim(text)
    if not re.search(r"\w", whole):
        return []
    found = [Reading(text, "", "whole"), *_at_cues(text), *_at_commas(text), *_words(whole)]
    unique: dict[str, Reading] = {}
    for reading in found:
        if reading.style and reading.style.lower() not in unique:
            unique[reading.style.lower()] = reading
    return list(unique.values())[:MOST_READINGS]


def _at_cues(text: str) -> list[Reading]:
    found = []
    for match in _CUE.finditer(text):
        found.append(_reading(text[match.end() :], text[: match.start()], "cue"))
    for match in _OF.finditer(text):
        before = text[: match.start()]
        if 0 < len(before.split()) <= _TOO_FAR:
            found.append(_reading(before, text[match.end() :], "cue"))
    for match in _NAMED.finditer(text):
        found.append(_reading(match.group(), text[: match.start()] + " " + text[match.end() :], "cue"))
    return found


def _at_commas(text: str) -> list[Reading]:
    parts = [part for part in re.split(r"[,;:()\n]+|\s-\s", text) if _trim(part)]
    if len(parts) < 2:
        return []
    rest = [" ".join(_trim(other) for other in parts[:i] + parts[i + 1 :]) for i in range(len(parts))]
    return [_reading(part, other, "part") for part, other in zip(parts, rest, strict=True)]


def _words(text: str) -> list[Reading]:
    """The first one to three and the last one to two words against the rest: "neon green snake", "snake neon"."""
    words = text.split()
    cuts = [at for at in (1, 2, 3, len(words) - 2, len(words) - 1) if 0 < at < len(words)]
    found = []
    for at in dict.fromkeys(cuts):
        for named, rest in ((words[:at], words[at:]), (words[at:], words[:at])):
            # No more than three words, and no "house in": a preposition is no end of a name.
            if len(named) <= 3 and not _EMPTY.match(named[0]) and not _EMPTY.match(named[-1]):
                found.append(_reading(" ".join(named), " ".join(rest), "words"))
    return found


def _reading(style: str, content: str, kind: str) -> Reading:
    return Reading(_trim(style), _trim(content), kind)


def _trim(text: str) -> str:
    """Without the articles and prepositions at the front and the punctuation at the end."""
    before = None
    text = text.strip(" \t\n,;.:!?-\"'")
    while text != before:
        before, text = text, _EDGES.sub("", text).strip()
    return text
