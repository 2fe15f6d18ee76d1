"""Reverberation of the places where people walk: a small room, a large room, the open air.

Stereo impulse responses are computed once per preset, always the same. Rooms: image sources of a shoebox
(Allen & Berkley 1979, doi:10.1121/1.382599) up to the mixing time, then noise that decays in octave bands.
Open air: a few echoes, faint and blurred. A footfall lies on the ground, so its ground reflection comes with
the direct sound and belongs to it. The direct sound is not in the response, and nothing in it comes earlier.

The listener is a coincident pair of cardioids at +-45 degrees: no time difference between the channels, so the
early reflections keep their sign in mono and the two independent tails add in energy.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from common.errors import UserError
from common.media import RATE

SPEED_OF_SOUND = 343.0  # m/s, 20 degrees C
BANDS = 125.0 * 2.0 ** np.arange(7)  # Hz, octave centres; the outer two reach to the ends of the spectrum
# dB/m in these bands: ISO 9613-1, 20 degrees C, 50 % relative humidity, 1 atm.
AIR = np.array([0.0004, 0.0013, 0.0027, 0.0047, 0.0099, 0.0297, 0.1053])
# Walls absorb least at the bottom: the reverberation of 11,687 rooms in dwellings falls steadily with frequency
# (doi:10.1260/147547308784050179); air takes the top.
RT60_SHAPE = np.array([1.2, 1.1, 1.0, 1.0, 1.0, 1.0, 1.0])
BLOCK = 2**18  # samples of one FFT, several times the longest response


@dataclass(frozen=True)
class Room:
    """A shoebox.

    size, source, listener: metres from one lower corner; the source lies on the floor
    rt60: reverberation time of the walls in the middle bands, s
    ratio: energy of the direct sound of the nearest step over that of the reverberation, dB
    """

    size: tuple[float, float, float]
    source: tuple[float, float, float]
    listener: tuple[float, float, float]
    rt60: float
    ratio: float


@dataclass(frozen=True)
class OpenAir:
    """Echoes of things far away.

    nearest, farthest: path of the echoes, m; echoes: how many; blur: decay time of one echo (leaves, facade relief), s
    ratio: as in Room
    """

    nearest: float
    farthest: float
    echoes: int
    blur: float
    ratio: float


# Reverberation times. Small room: 0.5 s, the reference value of ISO 16283-1 for furnished rooms in dwellings.
# Large room: DIN 18041:2016, use A5 (sport), T = 0.75 lg V - 1.00 = 1.31 s for its 1200 m3.
# Ratios: a listener at 3 m would in both rooms get less direct than reverberant sound (critical distance
# 0.057 sqrt(V / T): 0.6 m and 1.7 m). Film steps are recorded close by so that the strike stays clear; the ratios
# put the nearest step well inside the critical distance. Reverberation does not fall with distance, the direct
# sound does: at -12 dB the two are nearly equal.
PRESETS: dict[str, Room | OpenAir | None] = {
    "none": None,
    "open": OpenAir(nearest=20.0, farthest=80.0, echoes=7, blur=0.012, ratio=24.0),
    "small_room": Room((5.2, 4.1, 2.6), (2.4, 3.2, 0.0), (2.9, 0.9, 1.5), rt60=0.5, ratio=14.0),
    "large_room": Room((20.0, 12.0, 5.0), (9.0, 7.1, 0.0), (10.6, 4.2, 1.6), rt60=1.31, ratio=12.0),
}


@cache
def impulse_response(preset: str) -> np.ndarray:
    """The reverberation of `preset` to a unit impulse, (M, 2) float32 at 48 kHz, read-only.

    Time 0 is the arrival of the direct sound, which is not part of it. "none" gives M = 0.
    Raises UserError for a name that is not in PRESETS.
    """
    if preset not in PRESETS:
        raise UserError(f"No reverb is called {preset!r}. Choose one of: {', '.join(PRESETS)}.")
    place = PRESETS[preset]
    if place is None:
        response = np.zeros((0, 2))
    else:
        response = _room(place) if isinstance(place, Room) else _open_air(place)
        response *= 10 ** (-place.ratio / 20) / np.sqrt(np.sum(response**2))
    response = response.astype(np.float32)
    response.setflags(write=False)
    return response


def reverberate(dry: np.ndarray, preset: str) -> np.ndarray:
    """The reverberation of a mono sound (N,) in `preset`, (N, 2) float32 without the direct sound, cut at N."""
    response = impulse_response(preset)
    wet = np.zeros((len(dry), 2), np.float32)
    if len(response) == 0 or not np.any(dry):
        return wet
    from scipy.fft import irfft, rfft

    # Overlap-add in blocks of one size: bounded memory for a long clip, and half the time of scipy's oaconvolve.
    spectrum = rfft(response.T, BLOCK)
    step = BLOCK - len(response) + 1
    for start in range(0, len(dry), step):
        part = irfft(rfft(dry[start : start + step].astype(np.float32, copy=False), BLOCK) * spectrum, BLOCK)
        part = part[:, : len(dry) - start]
        wet[start : start + part.shape[1]] += part.T
    return wet


def _room(room: Room) -> np.ndarray:
    """Image sources up to the mixing time, then a diffuse tail of the energy that the images would have had."""
    volume = float(np.prod(room.size))
    length, width, height = room.size
    surface = 2 * (length * width + length * height + width * height)
    direct = float(np.linalg.norm(np.subtract(room.source, room.listener)))
    walls = room.rt60 * RT60_SHAPE
    rt60 = 1 / (1 / walls + AIR * SPEED_OF_SOUND / 60)
    reflection = np.exp(-0.161 * volume / (surface * walls) / 2)  # pressure; Eyring's formula, all surfaces alike
    # Perceptual mixing time, Lindau, Kosanke & Weinzierl 2012 (mean of listeners): 20 V/S + 12 ms.
    mixing = (20 * volume / surface + 12) / 1000

    n = round(rt60.max() * RATE)
    time = np.arange(n) / RATE
    late = np.clip((time - mixing) / (0.2 * mixing) + 0.5, 0, 1)  # energy share of the tail
    bands = np.zeros((len(BANDS), n, 2))

    distance, direction, hits = _images(room, direct + SPEED_OF_SOUND * 1.1 * mixing)
    at = np.round((distance - direct) / SPEED_OF_SOUND * RATE).astype(int)
    reflected = (distance > direct + 1e-6) & (at < n)  # not the direct sound, nor its twin under the floor
    distance, direction, hits, at = distance[reflected], direction[reflected], hits[reflected], at[reflected]
    ahead = np.subtract(room.source, room.listener)
    pair = _cardioids(direction, ahead) * (direct / distance * np.sqrt(1 - late[at]))[:, None]
    for band, wall, air in zip(bands, reflection, AIR, strict=True):
        np.add.at(band, at, pair * (wall**hits * 10 ** (-air * (distance - direct) / 20))[:, None])

    # Energy of all images per second is 4 pi c (direct distance)^2 / V, decaying; a cardioid takes a third.
    density = 4 * np.pi * SPEED_OF_SOUND * direct**2 / volume / 3 / RATE
    decay = np.exp(-3 * np.log(10) * (time + direct / SPEED_OF_SOUND) / rt60[:, None])
    noise = np.random.default_rng(round(volume)).standard_normal((n, 2))
    bands += noise * (np.sqrt(density * late) * decay)[:, :, None]
    return _join(bands)


def _images(room: Room, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mirror images of the source within `reach` metres: distance (K,), unit vector to it (K, 3), walls hit (K,)."""
    offsets, hits = [], []
    for size, source, listener in zip(room.size, room.source, room.listener, strict=True):
        order = np.arange(-int(reach / (2 * size)) - 1, int(reach / (2 * size)) + 2)
        offsets.append(np.concatenate([2 * order * size + source, 2 * order * size - source]) - listener)
        hits.append(np.concatenate([np.abs(2 * order), np.abs(2 * order - 1)]))
    vector = np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1).reshape(-1, 3)
    walls = np.sum(np.meshgrid(*hits, indexing="ij"), axis=0).reshape(-1)
    distance = np.linalg.norm(vector, axis=1)
    near = distance <= reach
    return distance[near], vector[near] / distance[near, None], walls[near]


def _cardioids(direction: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Gains (K, 2) of a coincident pair, 45 degrees left and right of `ahead`, for sound from `direction` (K, 3)."""
    front = np.array([ahead[0], ahead[1], 0.0]) / np.hypot(ahead[0], ahead[1])
    right = np.array([front[1], -front[0], 0.0])
    axes = np.stack([front - right, front + right]) / np.sqrt(2)
    return 0.5 * (1 + direction @ axes.T)


def _open_air(place: OpenAir) -> np.ndarray:
    """Echoes at distances drawn once, each a short burst of noise from its own side, dulled by the air."""
    rng = np.random.default_rng(place.echoes)
    # Even in log distance: the ear hears no rhythm in it. Spherical spreading is all that tells them apart.
    steps = (np.arange(place.echoes) + rng.uniform(0.1, 0.9, place.echoes)) / place.echoes
    path = place.nearest * (place.farthest / place.nearest) ** steps
    side = np.radians(rng.uniform(-90, 90, place.echoes))
    pair = _cardioids(np.stack([np.sin(side), np.cos(side), 0 * side], axis=1), np.array([0.0, 1.0, 0.0]))

    n = round((place.farthest / SPEED_OF_SOUND + 10 * place.blur) * RATE)
    burst = round(10 * place.blur * RATE)  # ten time constants: -58 dB
    age = np.arange(burst) / (place.blur * RATE)
    shape = age * np.exp(-age)  # rises and falls without an edge
    bands = np.zeros((len(BANDS), n, 2))
    for metres, gains in zip(path, pair, strict=True):
        at = round(metres / SPEED_OF_SOUND * RATE)
        echo = rng.standard_normal(burst) * shape / metres
        level = 10 ** (-AIR * metres / 20)
        bands[:, at : at + burst] += level[:, None, None] * (echo[:, None] * gains)
    return _join(bands)


def _join(bands: np.ndarray) -> np.ndarray:
    """Filter each of the (B, N, 2) signals to its octave and add them; the end is faded, rumble below 40 Hz removed."""
    n = bands.shape[1]
    padded = 2 * n
    octave = np.log2(np.maximum(np.fft.rfftfreq(padded, 1 / RATE), 1.0) / BANDS[0])
    total = np.zeros((len(octave), 2), complex)
    for number, band in enumerate(bands):
        apart = octave - number
        if number == 0:
            apart = np.maximum(apart, 0)
        if number == len(bands) - 1:
            apart = np.minimum(apart, 0)
        share = np.cos(np.pi / 2 * np.minimum(np.abs(apart), 1)) ** 2  # the shares of all bands add up to 1
        total += share[:, None] * np.fft.rfft(band, padded, axis=0)
    total *= np.sin(np.pi / 2 * np.clip(octave + 2.5, 0, 1))[:, None] ** 2
    response = np.fft.irfft(total, padded, axis=0)[:n]
    fade = round(0.2 * n)
    response[n - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    return response
