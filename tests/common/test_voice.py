"""Voices are made here from harmonics and formants, so that their pitch, pauses and faults are known."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter, resample_poly

from common import voice
from common.voice import HOP, RATE, balance, measure, quality


def sung(pitch: np.ndarray, rate: int = RATE) -> np.ndarray:
    """A vowel whose pitch (n,) Hz is given, peak 0.5: harmonics that fall off, through three formants."""
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    sound = sum(np.cos(order * phase) / order * (order * pitch < 0.47 * rate) for order in range(1, 40))
    for formant, width in ((700, 90), (1200, 110), (2600, 160)):
        radius = np.exp(-np.pi * width / rate)
        sound = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * formant / rate), radius**2], sound)
    return 0.5 * sound / np.abs(sound).max()


def glide(middle: float, seconds: float = 4.0, rate: int = RATE) -> np.ndarray:
    """A pitch (n,) that moves by some semitones either way about `middle` Hz."""
    t = np.arange(round(seconds * rate)) / rate
    return middle * 2 ** (0.3 * np.sin(2 * np.pi * 0.7 * t) + 0.1 * np.sin(2 * np.pi * 3 * t))


def hiss(count: int, dbfs: float, seed: int = 0) -> np.ndarray:
    return 10 ** (dbfs / 20) * np.random.default_rng(seed).standard_normal(count)


def tone(hertz: float, seconds: float = 1.0, amplitude: float = 0.5, rate: int = RATE) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.fixture(scope="module")
def talk() -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Eight seconds of vowels of changing loudness with pauses, and where they are."""
    draw = np.random.default_rng(1)
    samples, speech = np.zeros(8 * RATE), []
    for number, start in enumerate(np.arange(0.5, 7.5, 1.0)):
        length = round((0.55 + 0.02 * number) * RATE)
        envelope = np.hanning(length) * draw.uniform(0.2, 1.0)
        begin = round(start * RATE)
        samples[begin : begin + length] = sung(glide(draw.uniform(110, 220), length / RATE)[:length]) * envelope
        speech.append((start, start + length / RATE))
    return samples, speech


class TestPitch:
    @pytest.mark.parametrize("middle", [90, 140, 220, 400])
    @pytest.mark.parametrize("noise", [-80, -30])
    def test_is_that_of_the_voice(self, middle, noise):
        true = glide(middle)
        found = measure(sung(true) + hiss(len(true), noise))
        voiced = np.isfinite(found.pitch)
        cents = 1200 * np.log2(found.pitch[voiced] / np.interp(found.times[voiced], np.arange(len(true)) / RATE, true))
        assert voiced.mean() > 0.97
        assert np.median(np.abs(cents)) < 10 and np.mean(np.abs(cents) > 50) < 0.01

    def test_is_nowhere_in_silence_hiss_and_pauses(self, talk):
        samples, speech = talk
        assert np.isnan(measure(np.zeros(RATE)).pitch).all()
        assert np.isfinite(measure(hiss(4 * RATE, -20)).pitch).mean() < 0.02
        found = measure(samples + hiss(len(samples), -70))
        inside = np.any([(found.times > start) & (found.times < end) for start, end in speech], axis=0)
        far = ~np.any([(found.times > start - 0.05) & (found.times < end + 0.05) for start, end in speech], axis=0)
        assert np.isfinite(found.pitch[inside]).mean() > 0.85
        assert np.isnan(found.pitch[far]).all()

    def test_does_not_depend_on_how_loud_a_recording_is(self):
        samples = sung(glide(150, 2.0))
        loud, quiet = measure(samples), measure(samples * 0.001)
        np.testing.assert_allclose(quiet.pitch, loud.pitch, rtol=1e-3)
        np.testing.assert_allclose(quiet.loudness, loud.loudness - 60, atol=0.01)
        np.testing.assert_allclose(quiet.brightness, loud.brightness, rtol=1e-3)

    @pytest.mark.parametrize("mains", [50.0, 60.0])
    def test_is_not_that_of_mains_hum(self, talk, mains):
        samples, _ = talk
        hum = sum(tone(order * mains * 1.0004, 8.0, 0.01 / order) for order in (1, 2, 3))
        clean, humming = measure(samples + hiss(len(samples), -70)), measure(samples + hum + hiss(len(samples), -70))
        known = np.isfinite(clean.pitch)
        assert np.isfinite(humming.pitch[~known]).mean() < 0.03
        both = known & np.isfinite(humming.pitch)
        assert both.sum() > 0.9 * known.sum()
        assert np.mean(np.abs(np.log2(humming.pitch[both] / clean.pitch[both])) > 0.05) < 0.02

    def test_is_kept_of_a_steady_voice_that_could_be_hum(self):
        found = measure(sung(np.full(5 * RATE, 200.0)))
        assert np.nanmedian(found.pitch) == pytest.approx(200, rel=0.01) and np.isfinite(found.pitch).mean() > 0.95

    def test_loses_short_leaps_of_an_octave_and_keeps_what_lasts(self):
        true = np.log2(np.r_[np.full(60, 200.0), np.full(60, 105.0)])
        wrong = true.copy()
        wrong[20:26] -= 1
        wrong[90:95] += 1
        np.testing.assert_allclose(voice._without_octave_errors(wrong), true)


class TestLoudness:
    def test_is_zero_for_full_scale_and_three_less_for_a_sine(self):
        assert measure(np.sign(tone(440))).loudness[20:80] == pytest.approx(0, abs=0.05)
        assert measure(tone(440, amplitude=1.0)).loudness[20:80] == pytest.approx(-3.01, abs=0.1)
        assert (measure(np.zeros(RATE)).loudness == -100).all()

    def test_is_told_of_the_moment_it_is_heard(self):
        samples = np.zeros(RATE)
        samples[6000:6400] = 0.5
        found = measure(samples)
        assert found.times[np.argmax(found.loudness)] == pytest.approx(6200 / RATE, abs=0.005)


class TestBrightness:
    def test_is_where_the_energy_lies(self):
        assert np.median(measure(tone(1000)).brightness) == pytest.approx(1000, rel=0.02)
        assert np.median(measure(tone(1000) + tone(3000)).brightness) == pytest.approx(2000, rel=0.02)
        assert np.isnan(measure(np.zeros(RATE)).brightness).all()

    def test_balance_is_of_the_energy_above_1_khz_over_that_below(self):
        even = balance(tone(400) + tone(2500))
        assert len(even) == len(measure(tone(400)).times)
        assert np.median(even) == pytest.approx(0, abs=0.3)
        assert np.median(balance(tone(400) + 0.1 * tone(2500))) == pytest.approx(-20, abs=0.3)
        assert np.isnan(balance(np.zeros(RATE))).all()


class TestQuality:
    @pytest.mark.parametrize("gain", [6, 12, 20])
    @pytest.mark.parametrize("rate", [16_000, 48_000])
    def test_finds_what_was_cut_off_also_after_resampling(self, talk, gain, rate):
        samples, speech = talk
        fine = resample_poly(samples, rate // RATE, 1) * 10 ** (gain / 20) / np.abs(samples).max()
        cut = np.clip(fine, -1, 1)
        true = (np.abs(cut) >= 1).mean()
        assert quality(cut * 0.6, speech, rate).clipped == pytest.approx(true, rel=0.6)
        assert quality(samples, speech).clipped < 0.0005

    @pytest.mark.parametrize("seed", range(5))
    def test_takes_no_chance_for_a_ceiling(self, seed):
        assert quality(hiss(RATE, -20, seed), []).clipped == 0

    @pytest.mark.parametrize("snr", [5, 20, 40])
    def test_finds_how_far_speech_stands_out(self, talk, snr):
        samples, speech = talk
        inside = np.concatenate([samples[round(start * RATE) : round(end * RATE)] for start, end in speech])
        level = 10 * np.log10(np.square(inside).mean()) - snr
        found = quality(samples + hiss(len(samples), level), speech)
        assert found.snr == pytest.approx(snr, abs=0.5) and found.background == pytest.approx(level, abs=0.5)

    def test_needs_no_pause_for_a_rough_ratio(self, talk):
        samples, _ = talk
        noisy, clean = (quality(samples + hiss(len(samples), level), [(0.0, 8.0)]) for level in (-35, -70))
        assert noisy.background is None and noisy.snr < clean.snr - 20

    def test_tells_hum_from_other_noise(self, talk):
        samples, speech = talk
        noise = hiss(len(samples), -60)
        assert quality(samples + noise, speech).hum < 0.02
        assert quality(samples + noise + tone(50, 8.0, 0.02) + tone(150, 8.0, 0.01), speech).hum > 0.9

    def test_says_nothing_where_there_is_nothing(self):
        empty, silent = quality(np.zeros(0), []), quality(np.zeros(RATE), [])
        assert (empty.clipped, empty.snr, empty.background, empty.hum) == (0.0, None, None, None)
        assert (silent.clipped, silent.snr, silent.background, silent.hum) == (0.0, None, -100.0, None)


def test_another_rate_gives_the_same():
    high = measure(sung(glide(150, 2.0, 48_000), 48_000), 48_000)
    low = measure(sung(glide(150, 2.0)))
    assert len(high.times) == len(low.times)
    np.testing.assert_allclose(high.pitch[10:-10], low.pitch[10:-10], rtol=0.01)
    np.testing.assert_allclose(high.loudness[10:-10], low.loudness[10:-10], atol=1.0)


@settings(max_examples=25, deadline=None)
@given(arrays(np.float32, st.integers(0, 3 * HOP), elements=st.floats(-1, 1, width=32)))
def test_whatever_is_given_has_a_value_every_10_ms(samples):
    found = measure(samples)
    assert len(found.times) == -(-len(samples) // HOP)
    for track in (found.pitch, found.loudness, found.brightness, balance(samples)):
        assert track.shape == found.times.shape
    assert (found.loudness >= -100).all() and (found.loudness < 0.5).all()
    known = found.brightness[np.isfinite(found.brightness)]
    assert ((known >= 50) & (known <= 8000)).all()
    told = quality(samples, [(0.0, 0.01)])
    assert 0 <= told.clipped <= 1


@pytest.mark.parametrize("samples", [np.zeros((RATE, 2)), np.array([0.0, np.nan]), np.array([np.inf])])
def test_what_is_no_sound_is_an_error(samples):
    for look in (measure, balance, lambda samples: quality(samples, [])):
        with pytest.raises(ValueError):
            look(samples)


def test_threads_share_the_network():
    voices = [sung(glide(middle, 1.5)) for middle in (100, 150, 200, 250)]
    alone = [measure(samples).pitch for samples in voices]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(pool.map(measure, voices), alone, strict=True):
            np.testing.assert_array_equal(one.pitch, other)
