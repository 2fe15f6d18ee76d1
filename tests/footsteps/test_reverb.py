"""Reverberation: decay times, level, first arrivals, and the convolution itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, fftconvolve, sosfiltfilt

from common.errors import UserError
from common.media import RATE
from footsteps import vocabulary
from footsteps.reverb import BLOCK, PRESETS, _images, impulse_response, reverberate

ROOMS = ("small_room", "large_room")
PLACES = ("open", *ROOMS)


def decay_time(response: np.ndarray, centre: float) -> float:
    """T20 of one octave by Schroeder's backward integral, ISO 3382: the slope from -5 to -25 dB, as 60 dB."""
    octave = butter(4, [centre / 2**0.5, centre * 2**0.5], "band", fs=RATE, output="sos")
    energy = np.sum(sosfiltfilt(octave, response.astype(float), axis=0) ** 2, axis=1)
    level = np.cumsum(energy[::-1])[::-1]
    level = 10 * np.log10(level / level[0])
    part = (level <= -5) & (level >= -25)
    return -60 / np.polyfit(np.flatnonzero(part) / RATE, level[part], 1)[0]


def test_presets_are_those_of_the_vocabulary():
    assert set(PRESETS) == set(vocabulary.REVERBS)
    assert {place.reverb for place in vocabulary.ENVIRONMENTS.values()} <= set(PRESETS)


@pytest.mark.parametrize(
    ("preset", "seconds"),
    [("small_room", 0.5), ("large_room", 0.75 * np.log10(20 * 12 * 5) - 1.0)],  # ISO 16283-1; DIN 18041 A5
)
def test_rooms_decay_in_the_time_of_the_standard(preset, seconds):
    # ISO 3382-1: the single number of a room is the mean of the octaves at 500 and 1000 Hz.
    response = impulse_response(preset)
    assert (decay_time(response, 500.0) + decay_time(response, 1000.0)) / 2 == pytest.approx(seconds, rel=0.1)


@pytest.mark.parametrize("preset", ROOMS)
def test_high_notes_die_first(preset):
    assert decay_time(impulse_response(preset), 8000.0) < 0.85 * decay_time(impulse_response(preset), 1000.0)


@pytest.mark.parametrize("preset", PLACES)
def test_direct_sound_dominates_by_the_stated_ratio(preset):
    energy = np.sum(impulse_response(preset).astype(float) ** 2)
    assert -10 * np.log10(energy) == pytest.approx(PRESETS[preset].ratio, abs=0.05)
    assert np.abs(impulse_response(preset)).max() < 0.25  # no single reflection comes near the direct sound


@pytest.mark.parametrize("preset", ROOMS)
def test_nothing_comes_before_the_first_reflection(preset):
    room = PRESETS[preset]
    source, listener = np.array(room.source), np.array(room.listener)
    direct = np.linalg.norm(source - listener)
    delays = []
    for axis in range(3):
        for wall in (0.0, room.size[axis]):
            image = source.copy()
            image[axis] = 2 * wall - source[axis]
            delays.append((np.linalg.norm(image - listener) - direct) / 343.0)
    first = min(delay for delay in delays if delay > 1e-9)  # the floor's image is the source itself
    response = np.abs(impulse_response(preset)).max(axis=1)
    at = round(first * RATE)
    assert np.max(response[: at - 24]) < 0.1 * np.max(response[at - 2 : at + 3])


@pytest.mark.parametrize("preset", ROOMS)
def test_images_are_the_mirrored_source(preset):
    """Every path over at most two surfaces, made by mirroring the source in one wall after the other."""
    room = PRESETS[preset]
    paths = {tuple(np.round(room.source, 6)): 0}
    newest = list(paths)
    for count in (1, 2):
        mirrored = set()
        for point in newest:
            for axis in range(3):
                for wall in (0.0, room.size[axis]):
                    image = list(point)
                    image[axis] = round(2 * wall - point[axis], 6) + 0.0
                    mirrored.add(tuple(image))
        newest = [point for point in mirrored if point not in paths]
        paths.update(dict.fromkeys(newest, count))
    distance, direction, hits = _images(room, 100.0)
    found = np.round(distance[:, None] * direction + room.listener, 6) + 0.0
    fewest = {}
    for point, count in zip(map(tuple, found), hits, strict=True):
        fewest[point] = min(count, fewest.get(point, 99))
    assert all(fewest.get(point) == count for point, count in paths.items())
    assert sum(count <= 1 for count in fewest.values()) == sum(count <= 1 for count in paths.values())


def test_open_air_answers_late_and_faintly():
    response = impulse_response("open")
    assert np.max(np.abs(response[: round(0.05 * RATE)])) < 0.01 * np.max(np.abs(response))
    assert len(response) < 0.5 * RATE


@pytest.mark.parametrize("preset", PLACES)
def test_both_sides_are_alike_in_energy_but_not_the_same_and_add_up_in_mono(preset):
    left, right = impulse_response(preset).astype(float).T
    assert abs(10 * np.log10(np.sum(left**2) / np.sum(right**2))) < 3
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.9
    assert np.sum((left + right) ** 2) >= np.sum(left**2) + np.sum(right**2) - 1e-6


@pytest.mark.parametrize("preset", PLACES)
def test_responses_are_the_same_in_every_process_and_read_only(preset):
    first = impulse_response(preset)
    assert impulse_response(preset) is first
    impulse_response.cache_clear()
    assert np.array_equal(impulse_response(preset), first)
    assert np.isfinite(first).all()
    assert first.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@pytest.mark.parametrize("preset", PLACES)
def test_response_ends_without_an_edge(preset):
    response = np.abs(impulse_response(preset))
    assert response[-48:].max() < 1e-3 * response.max()


@settings(max_examples=15, deadline=None)
@given(
    before_edge=st.integers(-1000, 1000),
    length=st.one_of(st.integers(1, BLOCK + 60_000), st.just(BLOCK + 60_000)),
    preset=st.sampled_from(PLACES),
)
def test_reverberate_is_convolution_across_block_edges(before_edge, length, preset):
    response = impulse_response(preset)
    dry = np.zeros(length, np.float32)
    at = max(0, min(BLOCK - len(response) - before_edge, length - 300))
    dry[at : at + 300] = np.sin(np.arange(min(300, length - at)) + 1.0)
    expected = np.stack([fftconvolve(dry, side)[:length] for side in response.T], axis=1)
    wet = reverberate(dry, preset)
    assert wet.shape == (length, 2)
    assert wet.dtype == np.float32
    np.testing.assert_allclose(wet, expected, atol=2e-6)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("length", [0, 1, 1000])
def test_silence_stays_silent(preset, length):
    wet = reverberate(np.zeros(length, np.float32), preset)
    assert wet.shape == (length, 2)
    assert not wet.any()


def test_none_adds_nothing():
    assert impulse_response("none").shape == (0, 2)
    assert not reverberate(np.ones(100, np.float32), "none").any()


def test_unknown_preset_is_named():
    with pytest.raises(UserError, match=r"'cathedral'.*small_room"):
        impulse_response("cathedral")
