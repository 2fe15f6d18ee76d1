"""Windows of a sound in which speech is heard: short enough for Whisper, cut at pauses, without long silences.

Whisper hears 30 s at once and takes as long for 1 s as for 30, so windows are as full as can be.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from common.speech_files import RATE

FIRST = 8.0  # s of the first window at most: its text should be there soon
LONGEST = 28.0  # s of the others at most
MARGIN = 0.4  # s of silence that is kept at both sides of speech
_FRAME = RATE // 50  # samples among which the quietest are found

Pieces = list[tuple[int, int]]


def windows(samples: np.ndarray, speech: Sequence[tuple[float, float]]) -> list[Pieces]:
    """The windows in their order, each as the pieces of `samples` (start, end) that are joined in it.

    samples: (n,) at 16 kHz; speech: stretches in s, rising and apart, as `voice_activity` gives them. Every sample of
    speech is in one window. A window ends at the longest pause in its second half; speech that goes on for more than
    28 s is cut where it is quietest.
    """
    pieces = [part for piece in _pieces(speech, len(samples)) for part in _parts(samples, *piece)]
    found: list[Pieces] = []
    while pieces:
        limit = (LONGEST if found else FIRST) * RATE
        kept = np.cumsum([end - start for start, end, _ in pieces])
        fitting = max(int(np.searchsorted(kept, limit, side="right")), 1)
        last = len(pieces) - 1
        if fitting <= last:
            late = [at for at in range(fitting) if kept[at] >= limit / 2] or [fitting - 1]
            last = max(late, key=lambda at: pieces[at][2])
        found.append([(start, end) for start, end, _ in pieces[: last + 1]])
        pieces = pieces[last + 1 :]
    return found


def _pieces(speech: Sequence[tuple[float, float]], length: int) -> Iterator[tuple[int, int, float]]:
    """Each stretch with the margins around it, half of the pause where that is less, and the pause after it in s."""
    for at, (start, end) in enumerate(speech):
        before = start - speech[at - 1][1] if at else 2 * start
        after = speech[at + 1][0] - end if at + 1 < len(speech) else 2 * (length / RATE - end)
        yield round((start - min(before / 2, MARGIN)) * RATE), round((end + min(after / 2, MARGIN)) * RATE), after


def _parts(samples: np.ndarray, start: int, end: int, pause: float) -> Iterator[tuple[int, int, float]]:
    """A piece, or where it is too long for a window its parts."""
    longest = round(LONGEST * RATE)
    while end - start > longest:
        half = samples[start + longest // 2 : start + longest]
        power = np.square(half[: len(half) // _FRAME * _FRAME]).reshape(-1, _FRAME).mean(axis=1)
        cut = start + longest // 2 + int(power.argmin()) * _FRAME + _FRAME // 2
        yield start, cut, 0.0
        start = cut
    yield start, end, pause
