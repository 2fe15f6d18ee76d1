"""A transcript in pieces, its fillers, repetitions and pauses marked."""

import re
from bisect import bisect, bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from coach.figures import shown
from coach.records import Answer, Word

FILLER, REPEATED, PAUSE = "filler", "repeated", "pause"
LONG = 1.0  # s: pauses from here on are marked
MARKED = {"repetitions": REPEATED, "fillers": FILLER}  # measures whose places are marked; the later one counts
_CORE = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # of a word: without the punctuation at its ends


class Piece(NamedTuple):
    """kind: FILLER, REPEATED, PAUSE, or "" for other words"""

    text: str
    kind: str = ""


def pieces(answer: Answer) -> list[Piece]:
    """The text of an answer in pieces, in order. Long pauses, and fillers that the transcript leaves out, are put in.

    Nothing is marked where the times of the words don't belong to the text: it was typed, or changed by hand.
    """
    text, spans = answer.text, _spans(answer.text, answer.words)
    if not spans:
        return [Piece(text)] if text else []
    measures = {one.name: one for one in answer.measures}
    places = [(place, kind) for name, kind in MARKED.items() if name in measures for place in measures[name].places]
    middles = [(word.start + word.end) / 2 for word in answer.words]
    pauses = [pause for pause in answer.pauses if pause.end - pause.start >= LONG]
    added = [(pause.start, Piece(f"[pause {shown(pause.end - pause.start)} s]", PAUSE)) for pause in pauses]
    cores, marked = [_CORE.search(text, *span) for span in spans], {}
    for place, kind in places:
        # Times of words reach over silences: what stands there is the filler only if it is the same word.
        said = {core.group().casefold() for word in place.text.split() if (core := _CORE.search(word))}
        inside = range(bisect_left(middles, place.start), bisect(middles, place.end))
        if those := [at for at in inside if cores[at] and cores[at].group().casefold() in said]:
            marked |= dict.fromkeys(those, kind)
        elif place.text:
            added.append((place.start, Piece(place.text, kind)))
    marks = [(*cores[at].span(), [Piece(cores[at].group(), kind)]) for at, kind in marked.items()]
    for time, piece in sorted(added):
        word = bisect(middles, time)
        at_end = word == len(spans)
        place = len(text) if at_end else spans[word][0]
        marks.append((place, place, [Piece(" "), piece] if at_end else [piece, Piece(" ")]))
    found, at = [], 0
    for start, end, instead in sorted(marks, key=lambda mark: mark[:2]):
        found += [Piece(text[at:start]), *instead]
        at = end
    return [piece for piece in [*found, Piece(text[at:])] if piece.text]


def paragraphs(answer: Answer) -> list[list[Piece]]:
    """The same by the lines of the text, without empty ones."""
    lines: list[list[Piece]] = [[]]
    for text, kind in pieces(answer):
        first, *others = text.split("\n")
        lines[-1].append(Piece(first, kind))
        lines += [[Piece(other, kind)] for other in others]
    return [line for line in lines if any(piece.text.strip() for piece in line)]


def _spans(text: str, words: Sequence[Word]) -> list[tuple[int, int]]:
    """Where each word stands in the text; none where letters are left over on either side."""
    spans, at = [], 0
    for word in words:
        start = text.find(word.text, at)
        if not word.text or start < 0 or _CORE.search(text[at:start]):
            return []
        at = start + len(word.text)
        spans.append((start, at))
    return [] if _CORE.search(text[at:]) else spans
