"""Windows over speech of any kind."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from common.speech_files import RATE
from common.speech_windows import LONGEST, windows


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


stretches = st.lists(st.tuples(st.floats(0.0, 3.0), st.floats(0.05, 60.0)), max_size=10)


@settings(max_examples=50, deadline=None)
@given(gaps_and_lengths=stretches, rest=st.floats(0, 2))
def test_all_speech_is_in_one_window_and_no_window_is_too_long(gaps_and_lengths, rest):
    spoken, now = [], 0.0
    for number, (gap, length) in enumerate(gaps_and_lengths):
        now += gap + (0.1 if number else 0)
        spoken.append((now, now + length))
        now += length
    samples = silence(now + rest)
    found = windows(samples, spoken)
    times = np.zeros(len(samples), int)
    for window in found:
        assert sum(end - start for start, end in window) <= LONGEST * RATE
        for start, end in window:
            times[start:end] += 1
    assert times.max(initial=0) <= 1
    for start, end in spoken:
        assert times[round(start * RATE) : round(end * RATE)].all()
    flat = [edge for window in found for piece in window for edge in piece]
    assert flat == sorted(flat)


def test_windows_end_at_long_pauses_and_leave_long_silences_out():
    spoken = [(0.0, 2.0), (2.1, 5.0), (5.6, 7.0), (7.1, 9.0), (12.0, 20.0)]
    first, second = windows(silence(30), spoken)
    assert first[-1][1] == round(5.3 * RATE)  # of the pauses after 4 s and before 8 s the longest, in its middle
    assert second[-2][1] == round(9.4 * RATE) and second[-1] == (round(11.6 * RATE), round(20.4 * RATE))
    assert windows(silence(3), []) == []


def test_speech_without_a_pause_is_cut_where_it_is_quietest():
    sound = np.random.default_rng(0).standard_normal(round(40 * RATE)).astype(np.float32)
    sound[round(21.3 * RATE) : round(21.5 * RATE)] *= 0.1
    one, two = windows(sound, [(0.0, 40.0)])
    assert one[0][1] == two[0][0] and 21.3 < one[0][1] / RATE < 21.5
