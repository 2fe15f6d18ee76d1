"""The parts of a text and the label of each, for feedback that carries several: "love it but it crashes".

A text is parted into sentences, and a sentence at a contrast ("but", "however", "although", "though", "yet", ";" and
" - ") where a clause stands on both sides. Rules and no parser: a clause is told by its words, which errs towards
leaving a sentence whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Protocol

import numpy as np

MOST = 200  # parts of a text that are labelled; beyond them neighbours are taken together
FLOOR = 0.6  # confidence from which a part says something about its text

_EMOJI = "[\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff\u2600-\u27bf\u2b50\ufe0f\u200d]"
# Where a sentence may end: marks with what closes them, a new line, or an emoji before a capital.
_END = re.compile(
    rf"(?<![.!?\u2026])(?P<stop>[.!?\u2026]+[\"'\u201d\u2019)\]]*(?:[ \t]*{_EMOJI}+)*)"
    r"(?:\s+|$|(?=(?:[A-Z][a-z']{2,}|I|It|My|We|No|So)\s))"
    r"|(?P<line>[\r\n]+)\s*"
    rf"|(?<!{_EMOJI})(?P<emoji>{_EMOJI}+)[ \t]+(?=[A-Z])"
)
_BULLETS = re.compile(r"(?:\s*[-*+>\u2022\u00b7\u2013\u2014]+(?=\s))*\s*")
_ITEM = re.compile(r"[\s>*\u2022-]*(?:\d{1,3}|[A-Za-z])")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_SAYS = re.compile(rf"[^\W_]|{_EMOJI}")  # else there is nothing in it but marks
# These end no sentence: before anything, before a small letter or a number, before a number.
_TITLED = "mr mrs ms dr prof st vs e.g i.e approx resp dept est incl"
_SHORTENED = "etc a.m p.m inc ltd co min max sec hrs hr mins jr sr ext u.s u.k jan feb aug sept oct"
_NUMBERED = "no nr fig ca ver tel"
_DETERMINING = "a an the this that these those my your our its their his her some any no every each"
_SUBJECT = """i you he she it we they there this that these those nobody everyone everybody everything nothing something
who im ive its youre theyre"""
_OPENING = (
    "since when whenever after before if because only now never please why how not still sometimes as until sadly"
)
_VERB = """
am is are was were be been has have had do does did can could will would should may might must isnt arent wasnt dont
doesnt didnt cant wont couldnt wouldnt shouldnt hasnt havent cannot add adds added allow allows allowed answer answers
answered appear appears appreciate arrive arrives arrived ask asked asks become becomes became break breaks broke
broken bring brings brought buy bought call called calls came cancel cancelled cause causes change changed changes
charge charged charges check checked close closed closes come comes connect connects connected consider cost costs
crash crashed crashes delete deleted deletes die died dies disconnects drain drains drop drops dropped enjoy enjoyed
expect expected fail failed fails feel feels felt find finds fix fixed forget forgets forgot found freeze freezes
froze gave get gets give gives go goes got happen happens happened hang hangs hate hated hates help helped helps hope
keep keeps kept knew know knows lack lacks lag lags last lasts lasted leave leaves left let lets like liked likes load
loaded loads log look looked looks lose loses lost love loved loves made make makes miss missed misses need needed
needs open opened opens paid pay pays play played plays please prefer print prints read recommend refuse refuses
refused remain remains remove removed replied reply restart restarts run runs ran said save saved saves say says see
seem seems sent send sends show showed shows skip skips sound sounds spent start started starts stay stayed stays stop
stopped stops stutter stutters suck sucks support supports sync synced syncs take takes taste tastes tell tells thank
think thought told took tried tries try turn turned turns update updated use used uses vanish vanished wait waited
want wanted wants went wish work worked works write wrote
"""
_TITLES, _SHORT, _NUMBERS = map(frozenset, (_TITLED.split(), _SHORTENED.split(), _NUMBERED.split()))
_DETERMINERS, _SUBJECTS, _VERBS = map(frozenset, (_DETERMINING.split(), _SUBJECT.split(), _VERB.split()))
_BEGINNINGS = _DETERMINERS | _SUBJECTS | _VERBS | frozenset(_OPENING.split())  # of a clause

_JOINT = re.compile(
    r"(?<![,.\u2026 \t\n])(?P<marks>[,.\u2026]*)[ \t\n]+"
    r"(?P<word>but|however|although|(?:even[ ]+)?though|whereas|(?:and[ ]+)?yet)\b"
    r"|(?P<semicolon>;)\s+|(?<![ \t])[ \t]+(?P<dash>-{1,2}|\u2013|\u2014)[ \t]+",
    re.IGNORECASE,
)
# By word, what stands before it or begins with it where it doesn't oppose two clauses.
_NO_CONTRAST = {
    "but": (
        r"\b(?:nothing|anything|everything|all|none|nobody|no one|last|first|can(?:'t|not)|couldn't)$",
        r"but (?:not least|for|then again)\b",
    ),
    "however": (r"^$", r"however,? (?:much|many|long|hard|often|you|i|they|we) "),
    "though": (r"\bas$", r"^$"),
    "yet": (r"(?:\bnot|\bas|n't|\bnor|best|worst)$", r"yet (?:to|another|again)\b"),
}
_FAR = 200  # characters on each side of a joint that are looked at, so that no text takes long
_MOST_JOINTS = 40  # of a sentence


class Labels(Protocol):
    """What gives texts their labels: `feedback.model.Classifier`, or another that does the same."""

    labels: tuple[str, ...]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray: ...


@dataclass(frozen=True)
class Span:
    """A part of a text: `text` is text[start:end] of the whole; confidence: of the label, 0 to 1."""

    start: int
    end: int
    text: str
    label: str
    confidence: float


def label_spans(text: str, classifier: Labels) -> list[Span]:
    """The parts of a text with their labels, in order; neighbours with the same label are one part.

    The confidence of what was joined is the mean of its parts, weighted by their lengths. What lies between two spans
    is white space, bullets and dashes. An empty text has none.
    """
    parts = _fewer(split(text))
    if not parts:
        return []
    chances = np.asarray(classifier.probabilities([text[start:end] for start, end in parts]))
    joined: list[tuple[int, int, int, float]] = []  # start, end, label, sum of length times probability
    lengths: list[int] = []
    for (start, end), chance in zip(parts, chances, strict=True):
        label = int(chance.argmax())
        weight = float(chance[label]) * (end - start)
        if joined and joined[-1][2] == label:
            first, _, _, before = joined[-1]
            joined[-1] = (first, end, label, before + weight)
            lengths[-1] += end - start
        else:
            joined.append((start, end, label, weight))
            lengths.append(end - start)
    return [
        Span(start, end, text[start:end], classifier.labels[label], min(1.0, weight / length))
        for (start, end, label, weight), length in zip(joined, lengths, strict=True)
    ]


def mixed(spans: Sequence[Span], floor: float = FLOOR) -> tuple[str, ...]:
    """The labels that a text carries, the one of which it has most first; more than one: it is mixed.

    Parts below the confidence `floor` say nothing. "other" counts only where there is nothing else: a greeting does not
    make praise mixed.
    """
    amount: dict[str, float] = {}
    for span in spans:
        if span.confidence >= floor:
            amount[span.label] = amount.get(span.label, 0.0) + span.confidence * len(span.text)
    if len(amount) > 1:
        amount.pop("other", None)
    return tuple(sorted(amount, key=lambda label: -amount[label]))


def split(text: str) -> list[tuple[int, int]]:
    """Where the parts of a text begin and end, in order and disjoint; each has a word, an emoji, or is all there is."""
    parts = [
        (start, end)
        for sentence in sentences(text)
        for start, end in _clauses(text, *sentence)
        if _SAYS.search(text, start, end)
    ]
    whole = text.strip()
    if not parts and whole:
        start = text.index(whole)
        return [(start, start + len(whole))]
    return parts


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, without the white space around them."""
    found, start = [], 0
    for match in _END.finditer(text):
        if _is_end(text, start, match):
            found.append((start, match.end()))
            start = match.end()
    trimmed = (_trimmed(text, *part) for part in [*found, (start, len(text))])
    return [(start, end) for start, end in trimmed if start < end]


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    following = text[match.end() : match.end() + 1]
    if match.group("line"):
        near = max(start, match.start() - _FAR)
        line = text[text.rfind("\n", near, match.start()) + 1 or near : match.start()].rstrip()
        wrapped = following.islower() and len(line) >= 40 and match.group("line").count("\n") < 2
        return not wrapped or line[-1:] in ".!?:"
    if match.group("emoji"):
        return len(_WORD.findall(text, max(start, match.start() - _FAR), match.start())) > 1
    stop = match.group("stop")
    apart = match.end() > match.end("stop") or not following  # white space follows, or nothing
    if apart and "\n" in text[match.end("stop") : match.end()]:
        return True
    token = text[max(start, match.start() - 40) : match.start()].rsplit(maxsplit=1)[-1:] or [""]
    token = token[0].lstrip("([\"'\u201c")
    if not apart:  # "great app.Crashes a lot", but no file, address or name of a class
        return len(token) > 1 and token.isalpha() and (stop[0] in "!?" or token.islower())
    if "!" in stop or "?" in stop:
        return True
    if stop.startswith("..") or stop[0] == "\u2026":
        return not following.islower()
    if _ITEM.fullmatch(text, start, match.start()):
        return False  # "1. Open the app"
    number = following.isdigit()
    short = token.lower()
    if short in _TITLES or (short in _SHORT and (number or following.islower())) or (short in _NUMBERS and number):
        return False
    return len(token) > 1 or not token.isalpha() or token in "Ii"  # no initial


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of the sentence text[start:end]."""
    joints = list(islice(_JOINT.finditer(text, start, end), _MOST_JOINTS))
    for number, joint in enumerate(joints):
        follows = joint.start("word") if joint.group("word") else joint.end()
        until = joints[number + 1].start() if number + 1 < len(joints) else end
        left = text[max(start, joint.start() - _FAR) : joint.start()]
        if _opposes(left, joint, text[follows : min(until, follows + _FAR)]):
            yield _trimmed(text, start, max(joint.end("marks"), joint.end("semicolon"), joint.start()))
            start = follows
    yield _trimmed(text, start, end)


def _opposes(left: str, joint: re.Match[str], right: str) -> bool:
    """Whether a clause stands on both sides of the joint, and the joint opposes them."""
    before, after = _words(left), _words(right)
    if joint.group("word") is None:
        entity = re.search(r"&#?\w+$", left)  # "&nbsp; "
        return not entity and _is_clause(before) and _is_clause(after)
    word = after.pop(0)
    if word in ("even", "and"):
        word = after.pop(0)
    never_before, never_after = _NO_CONTRAST.get(word, (r"^$", r"^$"))
    if re.search(never_before, left.lower().rstrip(" ,")) or re.match(never_after, right.lower()):
        return False
    if word == "yet" and not (right.lower().startswith("and") or joint.group().lstrip()[0] in ",.\u2026"):
        return False
    if word == "but" and "not only" in " ".join(before):
        return False
    if word == "however" and not _is_clause(before):
        return False  # "The app, however, crashes"
    if len(before) < 2 or not (_is_clause(after) or len(after) > 2):
        return False
    attribute = len(before) > 1 and before[-2] in _DETERMINERS  # "a cheap but good lamp"
    return not attribute or after[0] in _BEGINNINGS


def _words(text: str) -> list[str]:
    return [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def _is_clause(words: list[str]) -> bool:
    """Whether these may be a sentence: two words or more, with a verb or with a subject and something after it."""
    if len(words) < 2:
        return False
    verb = any(word in _VERBS or "'" in word for word in words)
    return verb or any(word in _SUBJECTS for word in words[:-1])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space on both sides and bullets in front."""
    begin = _BULLETS.match(text, start, end).end()
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def _fewer(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """At most MOST parts: neighbours joined, as many to each."""
    if len(parts) <= MOST:
        return parts
    bounds = np.linspace(0, len(parts), MOST + 1).astype(int)
    return [(parts[low][0], parts[high - 1][1]) for low, high in pairwise(bounds)]
