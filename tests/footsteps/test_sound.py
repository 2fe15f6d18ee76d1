"""The contract of footsteps.sound, held against the procedural back end: what every footstep must be."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyloudnorm import Meter
from scipy.signal import fftconvolve, find_peaks

from common.errors import UserError
from footsteps import materials
from footsteps.sound import BACKENDS, get
from footsteps.steps import Step

RATE = 48000


def walk(
    surface: str, footwear: str = "boots", count: int = 8, running: bool = False, pace: float = 0.52
) -> list[Step]:
    return [Step(0.4 + pace * i, ("left", "right")[i % 2], surface, footwear, running=running) for i in range(count)]


def sounds_of(surface: str, footwear: str = "boots", count: int = 8, seed: int = 3, **more) -> list[np.ndarray]:
    return get("procedural").synthesize(walk(surface, footwear, count, **more), seed)


def centroid(sounds: list[np.ndarray]) -> float:
    """Centre of gravity of the spectrum, Hz, of the middle one of `sounds`."""
    values = []
    for sound in sounds:
        power = np.abs(np.fft.rfft(sound)) ** 2
        values.append((np.fft.rfftfreq(len(sound), 1 / RATE) * power).sum() / power.sum())
    return float(np.median(values))


def loudness(sounds: list[np.ndarray]) -> float:
    """LUFS of the sounds half a second apart."""
    out = np.zeros(len(sounds) * RATE // 2 + RATE)
    for i, sound in enumerate(sounds):
        out[i * RATE // 2 : i * RATE // 2 + len(sound)] += sound
    return Meter(RATE).integrated_loudness(out)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Highest normalised cross-correlation at any shift: 1 for the same sound, also louder or later."""
    return float(np.abs(fftconvolve(a, b[::-1])).max() / np.sqrt(np.sum(a**2) * np.sum(b**2)))


def micro_impacts(sound: np.ndarray) -> int:
    """Sharp bumps of the 1 ms envelope at least 6 dB over the mean of their 20 ms and within 26 dB of the strongest."""
    smooth = np.sqrt(np.convolve(sound**2, np.ones(48) / 48, "same"))
    around = np.convolve(smooth, np.ones(960) / 960, "same")
    bumps = np.where(smooth > 2 * around, smooth, 0)
    return len(find_peaks(bumps, height=smooth.max() / 20, distance=48)[0])


@pytest.mark.parametrize("footwear", materials.footwear())
@pytest.mark.parametrize("surface", materials.surfaces())
def test_every_pair_is_a_clean_footstep(surface, footwear):
    steps = walk(surface, footwear, 4) + [replace(s, time=s.time + 9, running=True) for s in walk(surface, footwear, 2)]
    for sound in get("procedural").synthesize(steps, 11):
        peak = float(np.abs(sound).max())
        assert sound.dtype == np.float32 and sound.ndim == 1
        assert 0.15 * RATE <= len(sound) <= 0.7 * RATE
        assert np.isfinite(sound).all()
        assert 0.0005 < peak <= 1.0
        assert abs(sound.mean(dtype=np.float64)) < 1e-5 * peak
        # from and to silence: no click at either end
        assert np.abs(sound[[0, -1]]).max() < 1e-3 * peak
        assert np.abs(sound[-48:]).max() < 3e-3 * peak
        # the peak is the heel's, and no rustle is heard long before it
        assert np.abs(sound).argmax() < 0.065 * RATE


@pytest.mark.parametrize("surface", materials.surfaces())
def test_the_ball_stays_under_the_heel(surface):
    for step in sounds_of(surface, "boots", 12):
        size = np.abs(step)
        assert size[size.argmax() + int(0.075 * RATE) :].max() < 0.95 * size.max()


def test_the_same_steps_and_seed_give_the_same_samples():
    steps = [s for surface in materials.surfaces() for s in walk(surface, "sneakers", 2)]
    first = get("procedural").synthesize(steps, 5)
    again = get("procedural").synthesize(steps, 5)
    other = get("procedural").synthesize(steps, 6)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert all(likeness(a, b) < 0.98 for a, b in zip(first, other, strict=True))


def test_editing_one_step_leaves_the_others_as_they_were():
    steps = walk("gravel", count=10)
    before = get("procedural").synthesize(steps, 1)
    moved = get("procedural").synthesize([*steps[:4], replace(steps[4], time=steps[4].time + 0.03), *steps[5:]], 1)
    changed = get("procedural").synthesize([*steps[:4], replace(steps[4], surface="wood"), *steps[5:]], 1)
    shorter = get("procedural").synthesize(steps[:4] + steps[5:], 1)
    shuffled = get("procedural").synthesize(steps[::-1], 1)[::-1]
    rest = [i for i in range(10) if i != 4]
    for edited in (moved, changed):
        assert not np.array_equal(edited[4], before[4])
        assert all(np.array_equal(edited[i], before[i]) for i in rest)
    assert all(np.array_equal(a, before[i]) for a, i in zip(shorter, rest, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(shuffled, before, strict=True))


@pytest.mark.parametrize("surface", materials.surfaces())
def test_no_two_steps_are_alike(surface):
    sounds = sounds_of(surface, "boots", 14)
    for gap in (1, 2):  # the next step, and the next of the same foot
        assert max(likeness(a, b) for a, b in zip(sounds, sounds[gap:], strict=False)) < 0.98


def test_steps_at_one_time_still_differ():
    step = Step(1.0, "left", "marble", "heels")
    a, b = get("procedural").synthesize([step, step], 0)
    assert likeness(a, b) < 0.98


def test_running_is_harder_and_shorter():
    for surface in ("concrete", "wood", "gravel", "grass"):
        walked = sounds_of(surface, count=12)
        run = sounds_of(surface, count=12, running=True, pace=0.36)

        def length(sound):  # until it stays 30 dB under its loudest 5 ms
            size = np.sqrt(np.convolve(sound.astype(np.float64) ** 2, np.ones(240), "same"))
            return np.flatnonzero(size > size.max() / 31.6)[-1] - size.argmax()

        assert np.median([length(s) for s in run]) < 0.75 * np.median([length(s) for s in walked])
        assert np.median([np.abs(s).max() for s in run]) > 1.2 * np.median([np.abs(s).max() for s in walked])


def test_brisk_steps_are_louder_than_slow_ones():
    slow, brisk = (loudness(sounds_of("dirt", count=20, pace=p)) for p in (0.75, 0.42))
    assert brisk > slow + 1


def test_what_is_applied_when_a_step_is_placed_is_not_applied_here():
    placed = [replace(s, level=-9.0, pan=0.5, distance=-6.0, confidence=0.1) for s in walk("dirt")]
    assert all(map(np.array_equal, get("procedural").synthesize(placed, 3), sounds_of("dirt")))


def test_the_left_foot_differs_from_the_right_in_the_same_way_all_along():
    def difference(start: float) -> float:
        steps = [Step(start + 0.5 * i, ("left", "right")[i % 2], "tile", "dress_shoes") for i in range(80)]
        rms = [10 * np.log10(np.mean(s**2)) for s in get("procedural").synthesize(steps, 8)]
        return float(np.mean(rms[::2]) - np.mean(rms[1::2]))

    first, second = difference(0.0), difference(100.0)
    assert first * second > 0
    assert 0.1 < abs(first) < 3 and 0.1 < abs(second) < 3


def test_materials_and_shoes_sound_as_they_should():
    bright = {shoe: centroid(sounds_of("marble", shoe, 10)) for shoe in materials.footwear()}
    assert bright["heels"] > bright["sneakers"] > bright["barefoot"]
    assert centroid(sounds_of("marble", count=10)) > 2 * centroid(sounds_of("carpet", count=10))
    assert centroid(sounds_of("leaves", count=10)) > centroid(sounds_of("gravel", count=10))
    assert centroid(sounds_of("deck", count=10)) < centroid(sounds_of("wood", count=10))
    assert centroid(sounds_of("wood", count=10)) < centroid(sounds_of("tile", count=10))
    crackling = np.median([micro_impacts(s) for s in sounds_of("gravel", count=16)])
    for smooth in ("wood", "marble"):
        assert crackling > 1.5 * np.median([micro_impacts(s) for s in sounds_of(smooth, count=16)])


def test_floors_differ_in_loudness_within_reason():
    marble, carpet = loudness(sounds_of("marble", count=12)), loudness(sounds_of("carpet", count=12))
    assert marble - 25 < carpet < marble - 6
    heels, bare = loudness(sounds_of("marble", "heels", 12)), loudness(sounds_of("marble", "barefoot", 12))
    assert heels - 20 < bare < heels - 5


@pytest.mark.parametrize("surface", ["metal", "marble", "leaves", "water"])
def test_nothing_folds_back_at_the_upper_end(surface):
    for sound in sounds_of(surface, "heels", 6):
        power = np.abs(np.fft.rfft(sound)) ** 2
        assert power[np.fft.rfftfreq(len(sound), 1 / RATE) > 21000].sum() < 1e-4 * power.sum()


@settings(max_examples=40, deadline=None)
@given(
    time=st.floats(-10, 1e5, allow_nan=False),
    side=st.sampled_from(["left", "right"]),
    surface=st.sampled_from(materials.surfaces()),
    footwear=st.sampled_from(materials.footwear()),
    confidence=st.floats(0, 1),
    running=st.booleans(),
    seed=st.integers(0, 2**70),
)
def test_any_step_and_seed_give_a_sound(time, side, surface, footwear, confidence, running, seed):
    step = Step(time, side, surface, footwear, confidence=confidence, running=running)
    (sound,) = get("procedural").synthesize([step], seed)
    assert np.isfinite(sound).all() and 0 < np.abs(sound).max() <= 1
    assert 0.15 * RATE <= len(sound) <= 0.7 * RATE


def test_no_steps_no_sounds():
    assert get("procedural").synthesize([], 0) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"surface": "lava"}, ["'lava'", "marble", "gravel"]),
        ({"footwear": "skis"}, ["'skis'", "boots", "barefoot"]),
        ({"side": "middle"}, ["'middle'", "left", "right"]),
        ({"time": float("nan")}, ["nan"]),
        ({"confidence": 1.5}, ["1.5"]),
    ],
)
def test_what_cannot_be_used_is_named(change, words):
    steps = [Step(0.0, "left", "wood", "boots"), replace(Step(0.5, "right", "wood", "boots"), **change)]
    with pytest.raises(UserError) as error:
        get("procedural").synthesize(steps, 0)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("seed", [-1, 0.5, True, None, "7"])
def test_a_bad_seed_is_named(seed):
    with pytest.raises(UserError, match="seed"):
        get("procedural").synthesize(walk("wood"), seed)


def test_an_unknown_back_end_is_named():
    with pytest.raises(UserError, match=r"'theremin'.*procedural"):
        get("theremin")
    assert get("procedural").name == "procedural" and "procedural" in BACKENDS


def test_hundreds_of_steps_a_second_on_any_machine():
    """About 1500 a second on a quiet core; hundreds even on a slow one shared by many."""
    steps = walk("wood", count=150) + walk("gravel", count=150)
    get("procedural").synthesize(steps[::100], 0)
    start = time.process_time()
    get("procedural").synthesize(steps, 0)
    assert len(steps) / (time.process_time() - start) >= 200
