"""Which way a text tells somebody to change how they speak: ("pace", "down") for "slow down" and for "too fast".

Small language models get directions wrong: one told a fast speaker to speed up. So the code compares the directions of
a text with those of the facts. Rules, not a model, because a rule that is missing lets a wording through, and one that
is too broad only costs a second try.
"""

import re

from coach.quotations import straight

UP, DOWN, FINE = "up", "down", "fine"
_PACE = r"(?:pace|tempo|speed|(?:speaking|speech|talking)\s+rate)"
_FINE = r"(?:comfortable|good|steady|even|natural|right|perfect|ideal|excellent|great|appropriate|measured)"
# What is so already, and not what to aim at.
_HAS = r"(?:is|was|are|were|your|keep\s+(?:this|that)|you\s+(?:spoke|kept|keep|have|had|used|use|left|leave))"
_MORE, _LESS = r"(?:more|longer|extra|additional)", r"(?:fewer|less|shorter|briefer)"
_CUT = r"(?:reduc|shorten|cut|limit|avoid|minimi[sz]|eliminat|drop|remov)\w*"
_RAISE, _LOWER = r"(?:increas|rais|boost|quicken|lift)\w*", r"(?:reduc|lower|decreas|drop)\w*"
_SOME = r"(?:[\w-]+\s+){0,3}?"
# Advice: after "don't" or "instead of" it means the other way. {} stands for up to three words.
_ADVICE = {
    ("pace", UP): rf"speed(?:ing)?\s+{{}}up|(?:speak|talk|go)(?:ing)?\s+{{}}(?:faster|quicker|more\s+quickly)|"
    rf"pick(?:ing)?\s+up\s+{{}}{_PACE}|{_RAISE}\s+{{}}{_PACE}|(?:faster|quicker|brisker)\s+{{}}{_PACE}",
    ("pace", DOWN): rf"slow(?:ing)?\s+{{}}down|more\s+slowly|(?:speak|talk|go)(?:ing)?\s+{{}}slower|"
    rf"{_LOWER}\s+{{}}{_PACE}|slower\s+{{}}{_PACE}|tak(?:e|ing)\s+your\s+time",
    (
        "pauses",
        UP,
    ): rf"{_MORE}\s+{{}}paus(?:es?|ing)|paus(?:e|ing)\s+(?:more|longer)|"
    rf"(?:add|insert)(?:ing)?\s+{{}}pauses?",
    ("pauses", DOWN): rf"{_LESS}\s+{{}}paus(?:es?|ing)|paus(?:e|ing)\s+less|{_CUT}\s+{{}}pauses?",
    ("volume", UP): rf"louder|speak(?:ing)?\s+up|project(?:ing)?\s+{{}}voice|{_RAISE}\s+{{}}(?:voice|volume)",
    ("volume", DOWN): rf"softer|more\s+softly|quieter|{_LOWER}\s+{{}}(?:voice|volume)",
    ("energy", UP): rf"more\s+{{}}energ\w+|(?:keep|hold|maintain|sustain)(?:ing)?\s+{{}}energy|{_RAISE}\s+{{}}energy|"
    r"more\s+enthusias\w+",
    ("energy", DOWN): rf"less\s+{{}}energ\w+|{_LOWER}\s+{{}}energy|calm(?:ing)?\s+down|ton(?:e|ing)\s+{{}}down",
    ("pitch", UP): r"vary(?:ing)?\s+{}(?:pitch|tone|intonation|voice)(?!\s+less)|"
    r"more\s+{}(?:variation|variety|varied|expressive\w*|intonation|melody)",
    (
        "pitch",
        DOWN,
    ): r"vary(?:ing)?\s+{}(?:pitch|tone|intonation|voice)\s+less|"
    r"less\s+{}(?:variation|varied|expressive)|"
    r"(?:keep|hold)(?:ing)?\s+{}(?:pitch|tone|voice)\s+(?:stead\w+|even|level)|steadier\s+{}(?:pitch|tone|voice)",
    ("emphasis", UP): r"(?:stress|emphasi[sz]e?)(?:ing)?\s+{}words?|more\s+emphasis|"
    r"vary(?:ing)?\s+{}(?:volume|loudness)(?!\s+less)",
    ("emphasis", DOWN): r"less\s+emphasis|vary(?:ing)?\s+{}(?:volume|loudness)\s+less|"
    r"(?:keep|hold)(?:ing)?\s+{}(?:volume|loudness)\s+(?:stead\w+|even|level)|steadier\s+{}(?:volume|loudness)",
    ("height", UP): rf"(?:higher\s+{{}}|{_RAISE}\s+{{}})pitch",
    ("height", DOWN): rf"(?:{_LOWER}|deepen\w*)\s+{{}}pitch|(?:lower|deeper)\s+{{}}(?:pitch|voice)",
    ("fillers", UP): r"(?:more|add|adding|keep|keeping)\s+{}(?:fillers?|ums?)",
    ("fillers", DOWN): rf"(?:fewer|less|without|replac\w+|{_CUT})\s+{{}}(?:fillers?|ums?)",
    ("length", UP): r"(?:longer|lengthen\w*|extend\w*|expand\w*)\s+{}answers?|speak(?:ing)?\s+{}longer",
    ("length", DOWN): r"(?:shorter|shorten\w*|trim\w*|condens\w+|cut\w*)\s+{}answers?|more\s+concise\w*|"
    r"(?:be|keep\s+it)\s+(?:brief|short|concise)|say(?:ing)?\s+less",
    ("ownership", UP): r"(?:say|us)(?:e|ing)?\s+{}'i'",
    ("ownership", DOWN): r"(?:say|us)(?:e|ing)?\s+{}'we'",
}
# What is wrong, or right, whatever stands before it: "avoid speaking too fast" means slower.
_STATE = {
    (
        "pace",
        DOWN,
    ): rf"too\s+{{}}(?:fast|quick(?:ly)?|rapid(?:ly)?|hurried)|"
    rf"(?:fast|rapid|hurried|rushed)\s+{{}}(?:{_PACE}|delivery)|rush(?:ed|ing)?",
    ("pace", UP): rf"too\s+slow(?:ly)?|(?:slow|sluggish)\s+{_PACE}",
    ("pace", FINE): rf"{_HAS}\s+{{}}{_FINE}\s+{{}}{_PACE}|{_PACE}\s+(?:was|is)\s+{{}}{_FINE}|well[- ]paced",
    ("pauses", DOWN): r"too\s+many\s+{}pauses|too\s+long\s+{}pauses?|paus\w+\s+too\s+(?:long|often|much)",
    ("pauses", UP): r"too\s+few\s+{}pauses|paus\w+\s+too\s+(?:little|rarely|seldom)",
    (
        "pauses",
        FINE,
    ): rf"{_HAS}\s+{{}}(?:{_FINE}|well[- ]placed)\s+{{}}pauses|pauses\s+(?:were|are)\s+{{}}(?:{_FINE}|well)",
    ("volume", UP): r"too\s+(?:quiet|soft)(?:ly)?",
    ("volume", DOWN): r"too\s+loud(?:ly)?",
    ("energy", UP): r"energy\s+{}(?:fell|falls|drop\w*|fad\w+|declin\w+|sank|sinks)",
    ("energy", DOWN): r"energy\s+{}(?:rose|rises|grew|grows|climb\w*)",
    ("pitch", UP): r"monoton\w+|too\s+flat|flat\s+(?:voice|tone|pitch|delivery)",
    ("pitch", DOWN): r"too\s+(?:varied|expressive)",
    ("pitch", FINE): rf"{_HAS}\s+{{}}(?:lively|varied|expressive)\s+{{}}(?:pitch|tone|intonation|voice)",
    ("emphasis", UP): r"too\s+even",
    ("emphasis", DOWN): r"too\s+uneven",
    ("fillers", DOWN): r"too\s+many\s+{}(?:fillers?|ums?)",
}
# For these the facts have no measure: only the opposite of an advice contradicts it.
LENIENT = frozenset({"length", "ownership"})
_OTHER = {UP: DOWN, DOWN: UP}
_NOT = re.compile(
    r"(?:n't|\bnot|\bnever|\bavoid|\bstop|\bwithout|\brather\s+than|\binstead\s+of|\bno\s+need\s+to)\s+(?:\w+\s+){0,2}$"
)


def _compiled(patterns: dict[tuple[str, str], str]) -> dict[tuple[str, str], re.Pattern]:
    return {
        key: re.compile(rf"(?<![\w-])(?:{pattern.replace('{}', _SOME)})(?![\w-])") for key, pattern in patterns.items()
    }


_ADVICE_RULES, _STATE_RULES = _compiled(_ADVICE), _compiled(_STATE)


def directions(text: str) -> dict[tuple[str, str], str]:
    """The directions in a text, each with the first words that give it.

    text: without quotations, except that 'I' and 'we' may stand in quotation marks
    """
    text = straight(text).replace('"', "'").lower()
    found: dict[tuple[str, str], str] = {}
    for key, rule in _STATE_RULES.items():
        if match := rule.search(text):
            found.setdefault(key, match.group())
    for (topic, way), rule in _ADVICE_RULES.items():
        for match in rule.finditer(text):
            before = text[: match.start()]
            turned = _OTHER[way] if _NOT.search(before) else way
            found.setdefault((topic, turned), match.group())
    return found


def contradictions(text: str, facts: str) -> list[str]:
    """The words of a text that give a direction which the facts don't."""
    allowed = directions(facts).keys()
    wrong = []
    for (topic, way), words in directions(text).items():
        opposite = (topic, _OTHER.get(way, "")) in allowed
        if (topic, way) not in allowed and (opposite or topic not in LENIENT):
            wrong.append(words)
    return wrong
