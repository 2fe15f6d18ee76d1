"""Delivery: known speech gives known measures, and what is said badly is told so, in the right direction."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach import delivery, hesitations, measures, pauses, ranges
from coach.delivery import Measure, measure
from common import voice
from common.speech import Word, voice_activity
from common.voice import Quality, Tracks
from tests.coach.speech import ER, UH, UM, Filler, Voice, speak

PHRASES = (
    "last year our billing system failed almost every week",
    "and my manager asked me to find out why",
    "so I talked to the support team first",
    "we found that one service was out of memory",
    "and we moved the heavy jobs to the night",
)
LIVELY = Voice(speed=130)
USUAL = tuple(piece for phrase in PHRASES for piece in (phrase, 0.6))[:-1]


@lru_cache
def said(pieces: tuple = USUAL, voice_: Voice = LIVELY, fillers: bool = True):
    """Measured speech, its transcript perfect, or without fillers."""
    talk = speak(pieces, voice_)
    speech = voice_activity(talk.samples)
    tracks = voice.measure(talk.samples)
    return measure(talk.transcript(fillers), tracks, speech, talk.duration), talk, tracks


def verdicts(found) -> dict[str, str]:
    return {one.name: one.verdict for one in found.measures}


def tracks(seconds: float, speech, pitch=lambda t: 150.0 + 30 * np.sin(3 * t), level=lambda t: -20.0 + 0 * t) -> Tracks:
    """A voice in the given stretches over a background of -70 dB."""
    times = np.arange(round(seconds * 100)) * 0.01
    inside = pauses.within(speech, times)
    heard = np.where(inside, level(times), -70.0).astype(np.float32)
    return Tracks(times, np.where(inside, pitch(times), np.nan), heard, np.full(len(times), 1500.0, np.float32))


def words(count: int, seconds: float, start: float = 0.0, text: str = "word") -> list[Word]:
    """Evenly, with no gap between them, as Whisper writes them over pauses."""
    step = seconds / count
    return [Word(text, start + at * step, start + (at + 1) * step, 0.9) for at in range(count)]


def by_hand(said, speech, seconds, language="en", quality=None, **voice_):
    return measure(said, tracks(seconds, speech, **voice_), speech, seconds, language, quality)


@pytest.mark.parametrize(("count", "verdict"), [(23, "low"), (25, "good"), (33, "good"), (35, "high")])
def test_the_speaking_rate_counts_words_over_speech_and_pauses(count, verdict):
    speech = [(1.0, 6.0), (7.0, 13.0)]
    rate = by_hand(words(count, 12, 1), speech, 15).get("speaking_rate")
    assert rate.value == pytest.approx(5 * count, rel=2e-3) and rate.verdict == verdict
    assert rate.unit == "words per minute" and rate.source


def test_the_articulation_rate_leaves_pauses_and_hesitations_out():
    # 20 words of two syllables in 10 s of speech, of which one is a second of um.
    said = [*words(20, 9, 0, "table"), Word("um", 9.0, 10.0, 0.9), *words(2, 1, 12, "table")]
    rate = by_hand(said, [(0.0, 10.0), (12.0, 13.0)], 14).get("articulation_rate")
    assert rate.value == pytest.approx(44 / 10, rel=5e-3)
    assert rate.verdict == "good"


def test_pauses_are_silences_and_not_gaps_between_words():
    said, speech = words(40, 16), [(0.0, 4.0), (4.2, 8.0), (8.5, 12.0), (13.5, 16.0)]
    found = by_hand(said, speech, 18)
    edges = [edge for one in found.pauses for edge in (one.start, one.end)]
    assert edges == pytest.approx([8.0, 8.5, 12.0, 13.5], abs=0.02)
    assert found.pauses[0].text == "word … word"
    assert found.get("pause_count").value == pytest.approx(2 / 16 * 60, rel=0.01)
    assert found.get("longest_pause").value == pytest.approx(1.5, abs=0.02)
    assert found.get("longest_pause").places == (found.pauses[1],)
    assert found.get("pause_share").value == pytest.approx(2 / 16, abs=0.005)
    assert found.get("pause_share").places == (found.pauses[1],), "those of a second and more"
    assert by_hand(words(40, 16), [(0.0, 16.0)], 18).pauses == ()


def test_silence_before_and_after_the_answer_is_no_pause():
    found = by_hand(words(30, 10, 5), [(5.0, 15.0)], 30)
    assert found.pauses == () and found.get("speaking_rate").value == pytest.approx(180, rel=2e-3)


def test_a_short_answer_needs_no_pauses():
    assert by_hand(words(25, 10), [(0.0, 10.0)], 10).get("pause_count").verdict == "good"
    assert by_hand(words(60, 24), [(0.0, 24.0)], 24).get("pause_count").verdict == "low"


@pytest.mark.parametrize("length", [0.3, 0.5, 0.8, 1.5])
@pytest.mark.parametrize("name", ["en-us", "en-gb+f2"])
def test_the_length_of_a_pause_is_heard(name, length):
    found, talk, _ = said((PHRASES[0], length, PHRASES[1]), Voice(name))
    [pause], [true] = found.pauses, talk.pauses
    assert (pause.start, pause.end) == pytest.approx((true.start, true.end), abs=0.04)
    assert pause.text == "week … and"


def test_edges_that_the_detector_sets_too_late_are_moved_to_the_sound():
    truth = [(1.0, 3.0), (4.0, 6.0)]
    seen = [(1.05, 3.09), (3.95, 5.96)]
    assert np.allclose(pauses.refine(seen, tracks(8, truth)), truth, atol=0.02)
    noisy = tracks(8, truth, level=lambda t: -62.0 + 0 * t)
    assert pauses.refine(seen, noisy) == seen, "speech is not clear of the background"
    assert pauses.refine([], tracks(8, truth)) == []


@given(st.lists(st.floats(0.02, 3), min_size=2, max_size=30))
def test_any_stretches_make_sense(lengths):
    edges = np.cumsum(lengths)
    speech = [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    duration = float(edges[-1]) + 0.5
    found = by_hand(words(10, duration), speech, duration)
    assert list(verdicts(found)) == list(ranges.RANGES)
    assert all(one.seconds >= pauses.SHORTEST for one in found.pauses)
    assert all(a[1] < b[0] for a, b in zip(found.speech, found.speech[1:], strict=False))
    share, longest = found.get("pause_share").value, found.get("longest_pause").value
    if share is not None:
        silent = sum(one.seconds for one in found.pauses)
        assert share * (found.speech[-1][1] - found.speech[0][0]) == pytest.approx(silent, abs=1e-6)
        assert longest == max((one.seconds for one in found.pauses), default=0)


def test_a_good_answer_is_good_throughout():
    found, talk, _ = said()
    assert set(verdicts(found).values()) == {"good", "unknown"}, verdicts(found)
    assert verdicts(found)["pitch_median"] == "unknown"
    assert found.warnings == ()
    span = talk.stretches[-1][1] - talk.stretches[0][0]
    assert found.get("speaking_rate").value == pytest.approx(60 * len(talk.words) / span, rel=0.02)
    assert found.get("pause_share").value == pytest.approx(4 * 0.6 / span, abs=0.02)


@pytest.mark.parametrize(
    ("change", "name", "verdict"),
    [
        ({"range": 0}, "pitch_variation", "low"),
        ({"range": 60}, "pitch_variation", "low"),
        ({"speed": 240}, "speaking_rate", "high"),
        ({"speed": 240}, "articulation_rate", "high"),
        ({"speed": 80}, "speaking_rate", "low"),
        ({"speed": 80}, "articulation_rate", "low"),
    ],
)
def test_the_same_words_in_a_worse_voice_are_told_so(change, name, verdict):
    worse = Voice(**{"speed": LIVELY.speed, "range": LIVELY.range} | change)
    found, _, _ = said(USUAL, worse)
    one = found.get(name)
    assert one.verdict == verdict
    assert (one.value > said()[0].get(name).value) == (verdict == "high")
    [place] = one.places
    assert place.text and place.end - place.start <= delivery.PASSAGE + 1e-6


def test_the_same_words_with_long_pauses_are_told_so():
    broken = tuple(x for phrase in PHRASES for x in (*(y for w in phrase.split() for y in (w, 0.4)), 3.0))[:-1]
    found = said(broken)[0]
    told = verdicts(found)
    assert (told["pause_count"], told["longest_pause"], told["pause_share"]) == ("high", "high", "high")
    assert told["speaking_rate"] == "low" and told["pitch_variation"] == "good"


def test_fillers_and_repetitions_are_counted_a_minute():
    text = "um I I think we uh should, you know, ask the the team um before it, like, starts " * 3
    said = [Word(word, at * 0.5, at * 0.5 + 0.45, 0.9) for at, word in enumerate(text.split())]
    found = by_hand(said, [(0.0, 25.4)], 26)
    slips = found.get("fillers")
    assert len(slips.places) == 15 and slips.value == pytest.approx(15 / 0.5), "as in half a minute"
    assert slips.verdict == "high" and "At least" in slips.note and "half a minute" in slips.note
    assert slips.places[2].text == "you know,"
    twice = found.get("repetitions")
    assert [one.text for one in twice.places] == ["I I", "the the"] * 3 and twice.verdict == "high"
    clean = by_hand(words(60, 24), [(0.0, 24.0)], 24)
    assert (clean.get("fillers").value, clean.get("fillers").verdict) == (0, "good")
    minute = by_hand([*said, *words(60, 28, 26)], [(0.0, 25.4), (26.0, 54.0)], 54)
    assert minute.get("fillers").value == pytest.approx(15 / 0.9, rel=2e-3) and "half" not in minute.get("fillers").note


FILLED = (
    PHRASES[0], 0.5, "and my manager asked", UM, 0.4, "me to find out why", 0.7, "so I talked", 0.3, UH, 0.3,
    "to the support team", 0.6, ER, 0.3, "we found that one service was out of memory",
)  # fmt: skip


@pytest.mark.parametrize("name", ["en-us", "en-gb+f2", "en-gb-scotland"])
def test_fillers_that_the_transcript_leaves_out_are_heard(name):
    found, talk, _ = said(FILLED, Voice(name, 130), fillers=False)
    places = found.get("fillers").places
    assert {one.text for one in places} == {"(um)"} and len(places) >= 2
    for place in places:
        assert any(min(place.end, one.end) - max(place.start, one.start) > 0.3 for one in talk.fillers)


def test_a_filler_in_transcript_and_sound_counts_once():
    found, _, _ = said(FILLED, Voice("en-us", 130), fillers=True)
    assert [one.text for one in found.get("fillers").places] == ["um", "uh", "er"]


def test_a_filler_that_is_written_twice_and_beside_its_time_counts_once_where_it_is_heard():
    _, talk, tracks_ = said(FILLED, Voice("en-us", 130))
    um = talk.fillers[0]
    off = [
        Word("uh,", um.start - 0.2, um.start - 0.1, 0.3),
        Word("um,", um.end + 0.1, um.end + 0.1, 0.3),
    ]
    spoken = sorted([*talk.transcript(fillers=False), *off], key=lambda word: word.start)
    places = measure(spoken, tracks_, talk.stretches, talk.duration).get("fillers").places
    assert places[0].text == "uh, um," and (places[0].start, places[0].end) == pytest.approx(
        (um.start - 0.15, um.end + 0.1), abs=0.01
    )
    assert [one.text for one in places[1:]] == ["(um)"] * (len(places) - 1)


def test_words_that_are_stretched_over_a_filler_do_not_hide_it():
    _, talk, tracks_ = said(FILLED, Voice("en-us", 130), fillers=False)
    first = talk.fillers[0]
    # "asked" is drawn out to "me", as Whisper does with what it leaves out.
    drawn = [
        Word(word.text, word.start, first.end, 0.5) if abs(word.end - first.start) < 0.05 else word
        for word in talk.transcript(fillers=False)
    ]
    assert max(word.end - word.start for word in drawn) > 0.7
    places = hesitations.find(drawn, tracks_, talk.stretches)
    assert any(min(one.end, first.end) - max(one.start, first.start) > 0.2 for one in places)


def test_drawn_out_vowels_of_words_are_no_fillers():
    pieces = ("we did not", Filler("know", 120), 0.5, "where to", Filler("go", 120), 0.5, *USUAL)
    found, talk, tracks_ = said(pieces, Voice("en-gb+f2"))
    assert found.get("fillers").places == ()
    alone = hesitations.find([], tracks_, talk.stretches)
    drawn = [one for one in talk.fillers for place in alone if place.start < one.end and one.start < place.end]
    assert drawn, "without its word one of them is taken for a filler"


def test_the_trend_of_the_energy():
    speech = [(0.0, 30.0)]
    fading = by_hand(words(75, 30), speech, 30, level=lambda t: -20 - 0.3 * t)
    assert fading.get("energy_trend").value == pytest.approx(-6, abs=0.2), "20 s from middle to middle of the thirds"
    assert fading.get("energy_trend").verdict == "low" and fading.get("energy_trend").places[0].start > 19
    assert fading.get("energy_trend").places[0].text == " ".join(["word"] * 8 + ["…"] + ["word"] * 8)
    even = by_hand(words(75, 30), speech, 30)
    assert even.get("energy_trend").verdict == "good" and even.get("loudness_variation").verdict == "low"
    lively = by_hand(words(75, 30), speech, 30, level=lambda t: -20 + 5 * np.sin(2 * t))
    assert lively.get("loudness_variation").verdict == "good"
    assert by_hand(words(15, 6), [(0.0, 6.0)], 6).get("energy_trend").value is None


def test_octave_errors_of_the_pitch_track_are_no_liveliness():
    flat = by_hand(words(50, 20), [(0.0, 20.0)], 20, pitch=lambda t: np.where(t % 1 < 0.1, 260, 120 + np.sin(9 * t)))
    assert flat.get("pitch_variation").verdict == "low"
    assert flat.get("pitch_median").value == pytest.approx(120, abs=2)


def test_too_little_speech_is_not_measured():
    found = by_hand(words(5, 2.5), [(0.0, 2.5)], 10)
    assert {one.value for one in found.measures} == {None} and set(verdicts(found).values()) == {"unknown"}
    assert all("3 s" in one.note for one in found.measures)
    [warning] = found.warnings
    assert "2.5 s of speech" in warning
    nothing = measure([], voice.measure(np.zeros(0)), [], 0.0)
    assert nothing.speech == nothing.pauses == () and "0.0 s of speech" in nothing.warnings[0]


def test_a_voice_without_words_has_a_pitch_and_no_rate():
    found = by_hand([], [(0.0, 12.0)], 12)
    assert found.get("speaking_rate").value is None and "No words" in found.get("speaking_rate").note
    assert found.get("articulation_rate").value is None
    assert found.get("pitch_variation").value > 0


def test_a_whisper_has_words_and_no_pitch():
    found = by_hand(words(30, 12), [(0.0, 12.0)], 12, pitch=lambda t: np.full(len(t), np.nan))
    assert found.get("pitch_variation").value is None and "voice" in found.get("pitch_variation").note
    assert found.get("speaking_rate").value == pytest.approx(150, rel=2e-3)


@pytest.mark.parametrize(
    ("quality", "level", "said"),
    [
        (Quality(0.01, 40.0, -70.0, 0.0), -20.0, "clipped"),
        (Quality(0.0, 8.0, -28.0, 0.0), -20.0, "noisy: speech is 8 dB"),
        (Quality(0.0, 30.0, -80.0, 0.0), -50.0, "very quiet"),
        (None, -50.0, "very quiet"),
    ],
)
def test_a_bad_recording_is_warned_of(quality, level, said):
    found = by_hand(words(30, 12), [(0.0, 12.0)], 12, quality=quality, level=lambda t: level + 0 * t)
    [warning] = found.warnings
    assert said in warning
    fine = by_hand(words(30, 12), [(0.0, 12.0)], 12, quality=Quality(0.0, None, None, None))
    assert fine.warnings == ()


@pytest.mark.parametrize("language", ["ja", ""])
def test_an_unknown_language_is_told_and_its_words_are_counted(language):
    found = by_hand(words(30, 12, text="um"), [(0.0, 12.0)], 12, language)
    rate = found.get("speaking_rate")
    assert rate.value == pytest.approx(150, rel=2e-3) and rate.verdict == "unknown"
    for name in ("fillers", "repetitions", "articulation_rate"):
        assert found.get(name).value is None and found.get(name).note
    assert found.get("pitch_variation").verdict == "good"
    [warning] = found.warnings
    assert "not recognised" in warning if language == "" else "'ja'" in warning


def test_ranges_follow_the_language():
    spoken = words(30, 12)
    german = by_hand(spoken, [(0.0, 12.0)], 12, "de").get("speaking_rate")
    assert german.verdict == "high" and german.high < 150 and "Trauzettel" in german.source
    spanish = by_hand(spoken, [(0.0, 12.0)], 12, "es").get("articulation_rate")
    assert spanish.high > 7 and "Pellegrino" in spanish.source
    malay = by_hand(spoken, [(0.0, 12.0)], 12, "ms").get("speaking_rate")
    assert malay.verdict == "unknown" and malay.low is None


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (1.0, 2.0, 3.0, "low"), (2.0, 2.0, 3.0, "good"), (3.0, 2.0, 3.0, "good"), (3.1, 2.0, 3.0, "high"),
        (9.0, 2.0, None, "good"), (0.0, None, 3.0, "good"), (None, 2.0, 3.0, "unknown"), (1.0, None, None, "unknown"),
    ],
)  # fmt: skip
def test_verdicts(value, low, high, verdict):
    assert Measure("a", "A", value, "s", low, high, "").verdict == verdict


def test_every_measure_has_a_range_and_a_way_to_be_taken():
    assert list(measures.TAKEN) == list(ranges.RANGES)
    assert all(limits.title and limits.unit and limits.source for limits in ranges.RANGES.values())


def test_a_measure_that_there_is_not_is_answered_with_those_that_there_are():
    with pytest.raises(KeyError, match=r"no measure 'speed'; there are speaking_rate, .*energy_trend"):
        said()[0].get("speed")
