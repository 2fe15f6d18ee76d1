"""Pauses: silences between stretches of voice activity.

Whisper's word times are no measure of them: a word is drawn out over the silence beside it. A silence counts from
0.25 s on, which parts hesitation from the closures of consonants (Goldman-Eisler 1968, "Psycholinguistics"; De Jong
and Bosker 2013 found the same limit best), and is long from 1 s on, a class that is found in spontaneous speech only
(Campione and Véronis 2002, "A large-scale multilingual study of silent pause duration").
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from coach.places import Place, gap

if TYPE_CHECKING:
    from common.speech import Word
    from common.voice import Tracks

SHORTEST = 0.25  # s
LONG = 1.0  # s
_REACH = 0.1  # s by which an edge is moved at most; the network sees 32 ms at a time and lets go late
_ABOVE = 5.0  # dB over the background from which on something is heard
_CLEAR = 15.0  # dB of speech over the background from which on loudness tells them apart

Stretches = Sequence[tuple[float, float]]


def refine(speech: Stretches, tracks: "Tracks") -> list[tuple[float, float]]:
    """Stretches of speech, s, whose ends are moved by up to 0.1 s to where the sound begins and ends.

    speech: as `voice_activity` gives it, rising. Where the background is too loud or too short to be measured the
    ends stay.
    """
    speech = [(float(start), float(end)) for start, end in speech if end > start]
    inside = within(speech, tracks.times)
    around = within([(start - _REACH, end + _REACH) for start, end in speech], tracks.times)
    if around.all() or not inside.any():
        return speech
    background, level = np.median(tracks.loudness[~around]), np.quantile(tracks.loudness[inside], 0.9)
    if level - background < _CLEAR:
        return speech
    heard = tracks.times[tracks.loudness > background + _ABOVE]
    refined = []
    for start, end in speech:
        near = heard[(heard > start - _REACH) & (heard < end + _REACH)]
        if len(near):
            start, end = _moved(start, near[0]), _moved(end, near[-1])
        if refined and start <= refined[-1][1]:
            start = refined.pop()[0]
        refined.append((start, end))
    return refined


def find(speech: Stretches, words: "Sequence[Word]") -> list[Place]:
    """The silences of at least 0.25 s between the first and the last stretch of speech, in their order."""
    gaps = [(one[1], other[0]) for one, other in pairwise(speech)]
    return [gap(words, start, end) for start, end in gaps if end - start >= SHORTEST]


def within(stretches: Stretches, times: np.ndarray) -> np.ndarray:
    """(t,) whether each of the times is in one of the stretches."""
    inside = np.zeros(len(times), bool)
    for start, end in stretches:
        inside |= (times >= start) & (times < end)
    return inside


def _moved(edge: float, to: float) -> float:
    return float(min(max(to, edge - _REACH), edge + _REACH))
