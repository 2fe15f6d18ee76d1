"""Pan, distance, placing, mixing and mastering of footsteps."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from common.errors import UserError
from common.media import RATE, loudness
from footsteps.spatial import FARTHEST_DB, PAN_LIMIT, PEAK_DBTP, UNSURE_DB, master, mix, pan_gains, place
from footsteps.steps import Footfall, Step

SIZE = (1920, 1080)


def footfalls(times, x, scale) -> list[Footfall]:
    times, x, scale = np.broadcast_arrays(times, x, scale)
    return [
        Footfall(time=float(t), side="left" if i % 2 else "right", confidence=0.9, x=float(a), y=900.0, scale=float(b))
        for i, (t, a, b) in enumerate(zip(times, x, scale, strict=True))
    ]


def placed(falls) -> tuple[np.ndarray, np.ndarray]:
    steps = place(falls, SIZE, "wood", "boots")
    return np.array([step.pan for step in steps]), np.array([step.distance for step in steps])


def step_at(seconds: float, **values) -> Step:
    return Step(time=seconds, side="left", surface="wood", footwear="boots", **values)


def strike(seed: int = 0, seconds: float = 0.2, before: float = 0.003) -> np.ndarray:
    """Noise that swells for `before` seconds to a peak of 1, the only sample of that size, and dies away."""
    rng = np.random.default_rng(seed)
    n, peak = round(seconds * RATE), round(before * RATE)
    age = (np.arange(n) - peak) / RATE
    sound = rng.uniform(-0.7, 0.7, n) * np.where(age < 0, np.exp(age / 0.001), np.exp(-age / 0.03))
    sound[peak] = 1.0
    sound[-200:] *= np.linspace(1, 0, 200)
    return sound.astype(np.float32)


def energy(sound: np.ndarray) -> float:
    return float(np.sum(np.square(sound, dtype=np.float64)))


def decibels(ratio: float) -> float:
    return 20 * np.log10(ratio)


# place: pan and distance


@pytest.mark.parametrize(
    ("x", "pan"), [(0, -PAN_LIMIT), (960, 0), (1920, PAN_LIMIT), (480, -PAN_LIMIT / 2), (-500, -PAN_LIMIT), (9e9, 0.9)]
)
def test_pan_follows_x_over_the_width_and_is_limited(x, pan):
    assert placed(footfalls([1.0], x, 300))[0][0] == pytest.approx(pan)


@pytest.mark.parametrize(("times", "expected"), [(2, -6.0206), (4, -12.0412), (8, -18.0618), (40, FARTHEST_DB)])
def test_distance_is_minus_6_db_per_doubling_down_to_the_limit(times, expected):
    near = footfalls(np.arange(6) * 0.5, 960, 400)
    far = footfalls(10 + np.arange(6) * 0.5, 960, 400 / times)
    _, distance = placed(near + far)
    np.testing.assert_allclose(distance[:6], 0.0, atol=1e-9)
    np.testing.assert_allclose(distance[6:], expected, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(
    gaps=st.lists(st.floats(0.25, 3.0), min_size=1, max_size=25),
    ends=st.tuples(st.floats(0, 1920), st.floats(0, 1920)),
    sizes=st.tuples(st.floats(100, 600), st.floats(100, 600)),
)
def test_steady_walk_is_left_as_it_is(gaps, ends, sizes):
    times = np.cumsum(gaps)
    along = (times - times[0]) / max(times[-1] - times[0], 1.0)
    x = ends[0] + (ends[1] - ends[0]) * along
    scale = sizes[0] * (sizes[1] / sizes[0]) ** along
    pan, distance = placed(footfalls(times, x, scale))
    np.testing.assert_allclose(pan, PAN_LIMIT * (2 * x / 1920 - 1), atol=1e-6)
    np.testing.assert_allclose(distance, np.maximum(20 * np.log10(scale / scale.max()), FARTHEST_DB), atol=1e-6)


@settings(max_examples=80, deadline=None)
@given(
    n=st.integers(5, 20),
    where=st.integers(0, 19),
    wrong=st.sampled_from([0.4, 0.6, 1.5, 2.5]),
    aside=st.sampled_from([-1000, -400, 300, 900]),
    cadence=st.floats(0.3, 1.2),
)
def test_one_wrong_scale_or_place_does_not_make_the_sound_jump(n, where, wrong, aside, cadence):
    times = np.arange(n) * cadence
    x = np.linspace(600, 1300, n)
    scale = np.geomspace(200, 400, n)
    clean = placed(footfalls(times, x, scale))
    scale[where % n] *= wrong
    x[where % n] += aside if 0 < where % n < n - 1 else np.clip(aside, -150, 150)
    pan, distance = placed(footfalls(times, x, scale))
    np.testing.assert_allclose(distance, clean[1], atol=0.01)
    np.testing.assert_allclose(pan, clean[0], atol=0.01)


def test_noise_in_scale_is_smoothed():
    rng = np.random.default_rng(3)
    times = np.arange(60) * 0.55
    noisy = 300 * (1 + 0.05 * rng.standard_normal(60))
    _, distance = placed(footfalls(times, 960, noisy))
    assert np.std(np.diff(distance)) < 0.4 * np.std(np.diff(20 * np.log10(noisy)))


def test_turning_round_is_followed():
    times = np.arange(21) * 0.5
    x = 960 + 700 * np.cos(np.pi * times / 5)  # there and back again, slowing down to turn
    pan, _ = placed(footfalls(times, x, 300))
    np.testing.assert_allclose(pan, PAN_LIMIT * (2 * x / 1920 - 1), atol=0.08)


def test_gap_parts_the_walk():
    leaving = footfalls(np.arange(8) * 0.5, np.linspace(900, 1900, 8), np.linspace(400, 300, 8))
    entering = footfalls(6.5 + np.arange(8) * 0.5, np.linspace(0, 900, 8), np.linspace(200, 250, 8))
    pan, distance = placed(leaving + entering)
    assert pan[:8] == pytest.approx(placed(leaving)[0])
    assert pan[8:] == pytest.approx(placed(entering)[0])
    assert np.diff(distance[8:]) == pytest.approx(np.diff(placed(entering)[1]))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_somebody_nearer_after_a_pause_is_another_walk(count):
    first = footfalls(np.arange(count) * 0.5, 900, 200)
    second = footfalls(first[-1].time + 1.7 + np.arange(count) * 0.5, 1000, 400)
    pan, distance = placed(first + second)
    assert distance == pytest.approx([-6.0206] * count + [0] * count, abs=1e-3)
    assert pan == pytest.approx(np.concatenate([placed(first)[0], placed(second)[0]]))


@pytest.mark.parametrize("count", [1, 2, 8])
def test_jump_to_another_place_parts_the_walk(count):
    """A cut, or the tracker takes up somebody else, with no pause between the steps."""
    first = footfalls(np.arange(8) * 0.5, np.linspace(900, 100, 8), 300)
    second = footfalls(4.0 + np.arange(count) * 0.5, np.linspace(1200, 1500, count), 200)
    pan, distance = placed(first + second)
    assert pan == pytest.approx(np.concatenate([placed(first)[0], placed(second)[0]]))
    assert distance[8:] == pytest.approx(20 * np.log10(200 / 300))


def test_fast_walk_close_to_the_camera_keeps_its_places():
    x = np.array([50, 750, 1450, 1900])
    pan, _ = placed(footfalls(np.arange(4) * 0.5, x, 300))
    assert pan == pytest.approx(PAN_LIMIT * (2 * x / 1920 - 1))


def test_smoothing_uses_seconds_not_numbers():
    """Two missed steps in an even walk leave a hole, not a bend."""
    times = np.delete(np.arange(16) * 0.5, [7, 8])
    x = 100 + 110 * times / 0.5
    pan, _ = placed(footfalls(times, x, 300))
    np.testing.assert_allclose(pan, PAN_LIMIT * (2 * x / 1920 - 1), atol=1e-6)


def test_steps_come_in_order_of_time_and_keep_what_was_seen():
    falls = footfalls([2.0, 1.0, 1.5], [100, 200, 150], 300)
    falls[0] = replace(falls[0], running=True, confidence=0.25)
    steps = place(falls, SIZE, "gravel", "heels")
    assert [step.time for step in steps] == [1.0, 1.5, 2.0]
    assert (steps[2].running, steps[2].confidence, steps[2].side) == (True, 0.25, falls[0].side)
    assert {(step.surface, step.footwear, step.level) for step in steps} == {("gravel", "heels", 0.0)}


def test_two_footfalls_at_one_time_have_a_place():
    pan, distance = placed(footfalls([1.0, 1.0], [960, 960], [300, 300]))
    assert pan == pytest.approx([0, 0])
    assert distance == pytest.approx([0, 0])


def test_no_footfalls_make_no_steps():
    assert place([], SIZE, "wood", "boots") == []


@pytest.mark.parametrize("values", [(np.nan, 5, 300), (1, np.inf, 300), (1, 5, 0), (1, 5, -3), (1, 5, np.nan)])
def test_footfall_without_a_place_is_refused(values):
    seconds, x, scale = values
    with pytest.raises(UserError, match=f"{float(scale)}"):
        place(footfalls([seconds], x, scale), SIZE, "wood", "boots")


def test_picture_without_width_is_refused():
    with pytest.raises(UserError, match="0 x 1080"):
        place([], (0, 1080), "wood", "boots")


# mix: gains


@given(st.floats(-1, 1))
def test_constant_power(pan):
    left, right = pan_gains(pan)
    assert left**2 + right**2 == pytest.approx(1)
    assert min(left, right) >= -1e-12
    assert pan_gains(-pan) == pytest.approx((right, left))


def test_middle_is_minus_3_db_and_the_ends_are_one_sided():
    assert decibels(pan_gains(0)[0]) == pytest.approx(-3.01, abs=0.01)
    assert pan_gains(-1) == pytest.approx((1, 0), abs=1e-12)
    assert pan_gains(1) == pytest.approx((0, 1), abs=1e-12)


@pytest.mark.parametrize(("pan", "loud", "soft"), [(-PAN_LIMIT, 0, 1), (PAN_LIMIT, 1, 0)])
def test_far_left_is_heard_left(pan, loud, soft):
    out = mix([strike()], [step_at(0.5, pan=pan)], 1.0)
    assert energy(out[:, loud]) > 100 * energy(out[:, soft]) > 0
    assert energy(out) == pytest.approx(energy(strike()), rel=1e-4)


@pytest.mark.parametrize("environment", [None, "gym", "home", "sidewalk"])
def test_mono_sum_loses_nothing(environment):
    steps = [step_at(0.3 + 0.5 * i, pan=pan) for i, pan in enumerate(np.linspace(-0.9, 0.9, 7))]
    out = mix([strike(i) for i in range(7)], steps, 4.0, environment)
    assert energy(out.sum(axis=1)) > energy(out)


def tone(frequency: float) -> np.ndarray:
    n = round(0.2 * RATE)
    return (np.hanning(n) * np.cos(2 * np.pi * frequency * (np.arange(n) - n // 2) / RATE)).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"level": -4.5}, -4.5),
        ({"level": 3.0}, 3.0),
        ({"distance": -6.0206}, -6.0206),
        ({"distance": -20.0}, -20.0),
        ({"confidence": 0.0}, UNSURE_DB),
        ({"confidence": 0.5}, UNSURE_DB / 2),
        ({"confidence": 0.5, "level": 2.0, "distance": -10.0}, UNSURE_DB / 2 + 2.0 - 10.0),
    ],
)
def test_level_distance_and_confidence_add_in_decibels(values, expected):
    plain, trimmed = (mix([tone(200)], [step], 1.0) for step in (step_at(0.5), step_at(0.5, **values)))
    assert decibels(np.abs(trimmed).max() / np.abs(plain).max()) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("distance", [-6.0, -12.0, -20.0])
def test_air_dulls_far_steps_as_iso_9613_says(distance):
    metres = 3 * (10 ** (-distance / 20) - 1)
    plain, far = (mix([tone(8000)], [step_at(0.5, distance=d)], 1.0) for d in (0.0, distance))
    lost = 10 * np.log10(energy(far) / energy(plain)) - distance
    assert lost == pytest.approx(-0.105 * metres, abs=0.03)


# mix: timing


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(0, 2 - 1 / RATE),
    before=st.floats(0, 0.1),
    distance=st.floats(-20, 0),
    pan=st.floats(-1, 1),
    sign=st.sampled_from([-1, 1]),
)
def test_peak_is_on_the_step(seconds, before, distance, pan, sign):
    sound = sign * strike(before=before)
    out = mix([sound], [step_at(seconds, distance=distance, pan=pan)], 2.0)
    assert out.shape == (2 * RATE, 2)
    peak = np.argmax(np.abs(out).max(axis=1))
    assert abs(peak - seconds * RATE) <= 0.5 + 1e-6


@pytest.mark.parametrize("environment", ["gym", "home", "sidewalk", "beach"])
def test_reverb_leaves_the_direct_sound_in_time(environment):
    steps = [step_at(0.5)]
    dry, wet = mix([strike()], steps, 3.0), mix([strike()], steps, 3.0, environment)
    peak = np.argmax(np.abs(wet).max(axis=1))
    assert peak == RATE // 2
    assert wet[peak] == pytest.approx(dry[peak], rel=0.02)


@settings(max_examples=40, deadline=None)
@given(seconds=st.floats(-0.3, 1.3), frequency=st.floats(50, 400))
@example(seconds=-0.02, frequency=97.0)  # the peak itself is outside: only what comes after it is heard
@example(seconds=-0.0225, frequency=97.0)
@example(seconds=1.02, frequency=97.0)
def test_cut_sounds_do_not_click(seconds, frequency):
    """A steady hum cut by an end of the clip changes from sample to sample no faster than the hum and its fade do."""
    n = round(0.2 * RATE)
    hum = np.sin(2 * np.pi * frequency * np.arange(n) / RATE).astype(np.float32)
    hum[: n // 4] *= np.hanning(n // 2)[: n // 4]
    hum[-n // 4 :] *= np.hanning(n // 2)[-n // 4 :]
    out = mix([hum], [step_at(seconds)], 1.0)
    swing = np.abs(np.diff(np.concatenate([[0.0], out[:, 0], [0.0]])))
    # The fade takes 2 ms (96 samples), less only where the peak would be in it.
    at = round(seconds * RATE)
    room = min([96, *(samples for samples in (at, RATE - 1 - at) if samples > 0)])
    assert swing[1:-1].max() <= 2 * np.pi * frequency / RATE + np.pi / 2 / room
    # At the very edge only a peak that sits there may stand out.
    if at > 96 or at < 0:
        assert swing[0] < 0.03
    if at < RATE - 97 or at >= RATE:
        assert swing[-1] < 0.03


def test_step_at_the_first_and_last_sample_keeps_its_peak():
    out = mix([strike(), strike(1)], [step_at(0.0), step_at(1 - 1 / RATE)], 1.0)
    assert out[0] == pytest.approx([0.5**0.5] * 2, rel=1e-5)
    assert out[-1] == pytest.approx([0.5**0.5] * 2, rel=1e-5)


@pytest.mark.parametrize("seconds", [-5.0, 7.0])
def test_step_far_outside_the_clip_is_not_heard(seconds):
    assert not mix([strike()], [step_at(seconds)], 1.0).any()


@settings(max_examples=25, deadline=None)
@given(
    which=st.integers(0, 9),
    change=st.sampled_from(["move", "level", "pan", "sound", "remove"]),
    moved=st.floats(-0.2, 0.2),
)
def test_editing_one_step_leaves_the_rest_bit_for_bit(which, change, moved):
    sounds = [strike(i, seconds=0.7) for i in range(10)]  # longer than the time between steps: they overlap
    steps = [step_at(0.5 + 0.5 * i, pan=0.1 * i - 0.5, distance=-float(i)) for i in range(10)]
    before = mix(sounds, steps, 6.0)
    touched = [steps[which].time]
    if change == "move":
        steps[which] = replace(steps[which], time=steps[which].time + moved)
        touched.append(steps[which].time)
    elif change == "sound":
        sounds[which] = strike(99, seconds=0.7)
    elif change == "remove":
        del sounds[which], steps[which]
    else:
        steps[which] = replace(steps[which], **{change: 0.7})
    after = mix(sounds, steps, 6.0)
    same = np.ones(len(before), bool)
    for seconds in touched:
        same[round((seconds - 0.01) * RATE) : round((seconds + 0.71) * RATE)] = False
    assert np.array_equal(before[same], after[same])
    if change != "move" or abs(moved) > 1e-3:
        assert not np.array_equal(before, after)


# mix: reverb


def test_far_steps_are_more_reverberant():
    shares = []
    for distance in (0.0, -6.0, -12.0, -20.0):
        steps = [step_at(0.5, distance=distance)]
        dry, wet = mix([strike()], steps, 3.0), mix([strike()], steps, 3.0, "gym")
        shares.append(energy(wet - dry) / energy(dry))
    assert shares == sorted(shares)
    assert shares[0] < 0.25  # up close the direct sound dominates
    assert 10 * np.log10(shares[2] / shares[0]) == pytest.approx(12, abs=1.5)


def test_reverb_can_be_switched_off():
    steps = [step_at(0.5)]
    dry = mix([strike()], steps, 2.0)
    assert np.array_equal(mix([strike()], steps, 2.0, "gym", reverb=False), dry)
    assert not np.array_equal(mix([strike()], steps, 2.0, "gym"), dry)


def test_reverb_ends_with_the_clip_in_a_fade():
    out = mix([strike()], [step_at(0.9)], 1.0, "gym")
    assert np.abs(out[-3:]).max() < 0.1 * np.abs(out[-1500:-500]).max()


# mix: nothing to hear, wrong input, the same again, fast


@pytest.mark.parametrize("environment", [None, "gym", "sidewalk"])
@pytest.mark.parametrize(
    ("sounds", "duration"),
    [
        ([], 1.0),
        ([], 0.0),
        ([strike()], 0.0),
        ([np.zeros(4800, np.float32)] * 3, 1.0),
        ([np.zeros(0, np.float32)], 1.0),
        ([np.ones(1, np.float32)], 1.0),
        ([strike()], 1 / RATE),
    ],
)
def test_little_or_nothing_to_mix(sounds, duration, environment):
    steps = [step_at(0.3 * i, distance=-7.0) for i in range(len(sounds))]
    out = mix(sounds, steps, duration, environment)
    assert out.shape == (round(duration * RATE), 2)
    assert out.dtype == np.float32
    assert np.isfinite(out).all()
    if not any(sound.any() for sound in sounds):
        assert not out.any()


@pytest.mark.parametrize(
    ("sounds", "steps", "duration", "environment", "message"),
    [
        ([], [], -0.5, None, "-0.5 s"),
        ([], [], np.nan, None, "nan s"),
        ([strike()], [], 1.0, None, "1 sounds for 0 steps"),
        ([], [], 1.0, "moon", "'moon'.*office"),
        ([strike()], [step_at(np.nan)], 1.0, None, "Step 1"),
        ([strike()], [step_at(0.1, level=np.inf)], 1.0, None, "Step 1"),
        ([np.zeros((10, 2))], [step_at(0.1)], 1.0, None, r"step 1 has shape \(10, 2\)"),
        ([strike(), np.array([np.nan])], [step_at(0.1)] * 2, 1.0, None, "sound of step 2"),
    ],
)
def test_wrong_input_is_named(sounds, steps, duration, environment, message):
    with pytest.raises(UserError, match=message):
        mix(sounds, steps, duration, environment)


def test_same_input_same_sound_and_input_untouched():
    sounds = [strike(i) for i in range(4)]
    copies = [sound.copy() for sound in sounds]
    steps = [step_at(i * 0.3, distance=-5.0) for i in range(4)]
    assert np.array_equal(mix(sounds, steps, 1.0, "home"), mix(sounds, steps, 1.0, "home"))
    assert all(np.array_equal(a, b) for a, b in zip(sounds, copies, strict=True))


def test_five_minutes_are_mixed_fast():
    steps = [step_at(0.5 * i, distance=-float(i % 20)) for i in range(600)]
    sounds = [strike(i % 7, seconds=0.5) for i in range(600)]
    mix(sounds[:1], steps[:1], 1.0, "gym")
    begun = time.process_time()
    mix(sounds, steps, 300.0, "gym")
    assert time.process_time() - begun < 6  # about 0.5 s on a machine at rest


# master


@pytest.fixture(scope="module")
def walk() -> np.ndarray:
    return mix([strike(i) for i in range(8)], [step_at(0.4 + 0.5 * i, pan=i / 8 - 0.5) for i in range(8)], 5.0)


def hum(seconds: float = 5.0, peak: float = 0.05) -> np.ndarray:
    wave = peak * np.sin(2 * np.pi * 997 * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def peak_between_samples(sound: np.ndarray) -> float:
    """dB, eight times oversampled: finer than BS.1770's four, which may read 0.7 dB less of the brightest clicks."""
    return decibels(np.abs(resample_poly(sound.astype(float), 8, 1, axis=0)).max())


@pytest.mark.parametrize("target", [-30.0, -23.0, -20.0])
@pytest.mark.parametrize("mixed", [0.0, 0.5, 1.0])
def test_result_has_the_loudness_asked_for_under_the_peak(walk, target, mixed):
    sound, report = master(walk, hum(), mixed, target)
    assert sound.shape == walk.shape
    assert sound.dtype == np.float32
    assert loudness(sound, RATE) == pytest.approx(target, abs=0.5)
    assert peak_between_samples(sound) <= PEAK_DBTP + 0.2
    assert report.loudness == pytest.approx(loudness(sound, RATE), abs=0.05)
    assert report.true_peak <= PEAK_DBTP + 1e-3
    assert report.target == target


def test_impossible_loudness_is_held_by_the_peak_and_said(walk):
    sound, report = master(walk, None, 0.0, 0.0)
    assert peak_between_samples(sound) <= PEAK_DBTP + 0.2
    assert report.loudness < -5
    assert report.limited > 0


def test_slider_at_0_leaves_the_original_out(walk):
    assert np.array_equal(master(walk, hum(), 0.0)[0], master(walk, None, 0.0)[0])
    assert np.array_equal(master(walk, None, 0.0)[0], master(walk, None, 1.0)[0])


def balance(out: np.ndarray, steps: np.ndarray, original: np.ndarray) -> float:
    """Amplitude of the original over that of the steps in `out`, by least squares."""
    basis = np.stack([steps.ravel(), original.ravel()], axis=1).astype(float)
    gains = np.linalg.lstsq(basis, out.ravel().astype(float), rcond=None)[0]
    return gains[1] / gains[0]


@pytest.mark.parametrize(("mixed", "expected"), [(1.0, 0.0), (0.5, -10.03), (0.25, -20.07)])
def test_original_stands_at_its_own_level_times_the_slider(walk, mixed, expected):
    """Beside steps at the target of -30 LUFS, low enough for no limiter to act."""
    out, _ = master(walk, hum(), mixed, -30.0)
    steps_alone, report = master(walk, None, 0.0, -30.0)
    assert report.limited == 0
    assert decibels(balance(out, steps_alone, hum())) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("seconds", [0.0, 2.0, 9.0])
def test_original_of_another_length_is_cut_or_padded(walk, seconds):
    out, _ = master(walk, hum(seconds), 1.0)
    assert out.shape == walk.shape
    if seconds == 2.0:
        steps_only = master(walk, None, 0.0)[0]
        ratio = out[3 * RATE :] / np.where(np.abs(steps_only[3 * RATE :]) > 1e-3, steps_only[3 * RATE :], np.nan)
        assert np.nanstd(ratio) < 1e-3 * np.nanmean(ratio)


def test_silence_stays_silence(walk):
    for original in (None, np.zeros_like(walk)):
        sound, report = master(np.zeros_like(walk), original, 1.0)
        assert not sound.any()
        assert (report.loudness, report.true_peak) == (None, None)
    assert master(np.zeros((0, 2), np.float32), hum(), 1.0)[0].shape == (0, 2)


def test_without_steps_the_original_is_not_raised(walk):
    sound, _ = master(np.zeros_like(walk), hum(), 1.0)
    assert np.array_equal(sound, hum())
    loud, report = master(np.zeros_like(walk), hum(peak=1.4), 1.0)
    assert peak_between_samples(loud) <= PEAK_DBTP + 0.2
    assert report.true_peak == pytest.approx(PEAK_DBTP, abs=0.01)


def test_one_step_is_levelled_like_a_walk():
    """The gate leaves the silence out, so a lone step is not pushed up because the clip is long."""
    sound = strike(0)
    lone = master(mix([sound], [step_at(10.0)], 20.0), None, 0.0, -30.0)[0]
    many = master(mix([sound] * 38, [step_at(0.5 + 0.5 * i) for i in range(38)], 20.0), None, 0.0, -30.0)[0]
    assert abs(decibels(np.abs(lone).max() / np.abs(many).max())) < 3


def test_inputs_are_not_changed(walk):
    steps, original = walk.copy(), hum()
    master(steps, original, 0.7)
    assert np.array_equal(steps, walk)
    assert np.array_equal(original, hum())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(10), None, 0.0), r"steps.*\(10,\)"),
        ((np.zeros((10, 2)), np.zeros((10, 1)), 0.0), r"original.*\(10, 1\)"),
        ((np.full((10, 2), np.nan), None, 0.0), "steps"),
        ((np.zeros((10, 2)), None, 1.5), "1.5"),
        ((np.zeros((10, 2)), None, np.nan), "nan"),
        ((np.zeros((10, 2)), None, 0.0, np.inf), "inf LUFS"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(UserError, match=message):
        master(*arguments)
