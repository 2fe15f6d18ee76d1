"""Loudness and true peak by ITU-R BS.1770, and a master that reaches a target without clipping.

Footsteps are sparse impulses: their peaks stand far above their loudness. Gain alone would stop at the peak
limit and leave them too quiet, so that up to `MOST_LIMITING` dB of the highest peaks are taken off by a limiter
that looks ahead.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 0.4  # s, the gating block of BS.1770
OVERSAMPLING = 4  # BS.1770 annex 2, for 48 kHz
MOST_LIMITING = 6.0  # dB; more than that is heard as squashing
LOOKAHEAD = 0.0015  # s
HOLD = 0.004  # s the gain stays down after a peak; a longer one turns the whole step down, not its peak


@dataclass(frozen=True)
class Levelled:
    """A mastered sound: `sound` as given in, `lufs` and `true_peak` (dBTP) measured on it, `gain` (dB) applied to
    everything, `limited` (dB, >= 0) taken off the highest peak by the limiter."""

    sound: np.ndarray
    lufs: float
    true_peak: float
    gain: float
    limited: float


def loudness(sound: np.ndarray, rate: int) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4, gated) of (N,) or (N, 2); -inf on silence.

    A sound shorter than one gating block of 0.4 s is measured as if silence filled the block.
    """
    from pyloudnorm import Meter

    channels = _channels(sound)
    if not channels.any():
        return -np.inf
    missing = int(np.ceil(BLOCK * rate)) - len(channels)
    if missing > 0:
        channels = np.pad(channels, ((0, missing), (0, 0)))
    return float(Meter(rate).integrated_loudness(channels.astype(np.float64)))


def true_peak(sound: np.ndarray, rate: int) -> float:
    """True peak in dBTP (BS.1770 annex 2: the waveform between the samples counts) of (N,) or (N, 2); -inf on silence.

    `rate` is 48000 in this project; four times as many points are looked at, whatever it is.
    """
    channels = _channels(sound)
    highest = np.abs(channels).max(initial=0.0)
    return _decibels(_envelope(channels, float(highest)).max(initial=0.0))


def normalise(sound: np.ndarray, rate: int, lufs: float, peak_dbtp: float) -> np.ndarray:
    """`sound` at `lufs` LUFS, or as near as `peak_dbtp` dBTP allows; see `level`."""
    return level(sound, rate, lufs, peak_dbtp).sound


def level(sound: np.ndarray, rate: int, lufs: float, peak_dbtp: float) -> Levelled:
    """Bring (N,) or (N, 2) to `lufs` LUFS with a true peak of at most `peak_dbtp` dBTP.

    The gain is cut short where more than `MOST_LIMITING` dB would have to be limited: the result is then quieter
    than asked for, and `Levelled.lufs` says by how much. Silence stays silence. Returns float32.
    """
    before = loudness(sound, rate)
    if not np.isfinite(before):
        still = np.asarray(sound, dtype=np.float32)
        return Levelled(still, before, true_peak(still, rate), 0.0, 0.0)
    peak = true_peak(sound, rate)
    most = peak_dbtp - peak + MOST_LIMITING
    gain = min(lufs - before, most)
    if peak + gain <= peak_dbtp:
        return Levelled(_amplify(sound, gain), before + gain, peak + gain, gain, 0.0)
    result = _limit(_amplify(sound, gain), rate, peak_dbtp)
    reached = loudness(result, rate)
    # The limiter costs some loudness; one more round gives it back.
    if reached < lufs - 0.1 and gain < most:
        gain = min(gain + lufs - reached, most)
        result = _limit(_amplify(sound, gain), rate, peak_dbtp)
        reached = loudness(result, rate)
    return Levelled(result, reached, true_peak(result, rate), gain, peak + gain - peak_dbtp)


def _amplify(sound: np.ndarray, gain: float) -> np.ndarray:
    return np.asarray(sound, dtype=np.float32) * np.float32(10 ** (gain / 20))


def _limit(sound: np.ndarray, rate: int, peak_dbtp: float) -> np.ndarray:
    """`sound` with its true peaks held at `peak_dbtp` by a gain that moves smoothly and looks ahead."""
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    channels = _channels(sound)
    ceiling = 10 ** (peak_dbtp / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(_envelope(channels, ceiling), ceiling))
    ahead, hold = round(LOOKAHEAD * rate), round(HOLD * rate)
    # The lowest gain needed from `hold` before to `ahead` after each sample, then a triangular mean that reaches
    # `ahead` either way: it covers only samples that know of the peak already, so it never lies above the need.
    lowest = minimum_filter1d(needed, hold + 1 + ahead, mode="nearest", origin=(hold - ahead) // 2)
    half = ahead // 2
    gain = uniform_filter1d(uniform_filter1d(lowest, 2 * half + 1, mode="nearest"), 2 * half + 1, mode="nearest")
    limited = channels * gain[:, None].astype(np.float32)
    # A gain that moves between two samples moves the peak between them by a few thousandths of a decibel.
    over = _envelope(limited, ceiling).max() / ceiling
    if over > 1.0:
        limited = limited / np.float32(over * (1 + 1e-6))
    return limited.reshape(sound.shape)


def _envelope(channels: np.ndarray, floor: float) -> np.ndarray:
    """(N,) the highest magnitude of the four times oversampled waveform at and after each sample, over channels.

    Exact wherever it reaches `floor`. Elsewhere it may be the plain sample magnitude: a stretch whose samples all
    lie below `floor` / (the filter's largest gain) can't reach it and is not oversampled. Steps are mostly rest.
    """
    from scipy.signal import firwin, upfirdn

    n = len(channels)
    waves = np.ascontiguousarray(channels.T)  # one row a channel: reductions over short axes are slow
    envelope = np.maximum.reduce(np.abs(waves), axis=0)
    if n == 0 or floor <= 0.0:
        return envelope
    reach = 12  # samples of the filter on either side, twice those of annex 2: closer for bright clicks
    taps = firwin(2 * reach * OVERSAMPLING + 1, 1 / OVERSAMPLING, window=("kaiser", 5.0)) * OVERSAMPLING
    largest_gain = max(np.abs(taps[phase::OVERSAMPLING]).sum() for phase in range(OVERSAMPLING))
    block = 256
    starts = np.arange(0, n, block)
    loud = np.maximum.reduceat(envelope, starts) >= floor / largest_gain
    loud[1:] |= loud[:-1].copy()
    loud[:-1] |= loud[1:].copy()
    edges = np.flatnonzero(np.diff(np.concatenate(([False], loud, [False]))))
    taps = taps.astype(np.float32)
    for first, last in zip(edges[::2] * block, np.minimum(edges[1::2] * block, n), strict=True):
        low, high = max(0, first - reach), min(n, last + reach)
        fine = np.abs(upfirdn(taps, waves[:, low:high], up=OVERSAMPLING, axis=1)).max(axis=0)
        begin = (reach + first - low) * OVERSAMPLING
        for phase in range(OVERSAMPLING):
            between = fine[begin + phase :: OVERSAMPLING][: last - first]
            np.maximum(envelope[first:last], between, out=envelope[first:last])
    return envelope


def _channels(sound: np.ndarray) -> np.ndarray:
    """(N, channels) float32; ValueError for another shape or a value that is not finite."""
    sound = np.asarray(sound, dtype=np.float32)
    if sound.ndim not in (1, 2) or (sound.ndim == 2 and sound.shape[1] not in (1, 2)):
        raise ValueError(f"a sound has shape (N,) or (N, 2), not {sound.shape}")
    if not np.isfinite(sound).all():
        raise ValueError("a sound holds values that are not finite")
    return sound if sound.ndim == 2 else sound[:, None]


def _decibels(magnitude: float) -> float:
    return float(20 * np.log10(magnitude)) if magnitude > 0 else -np.inf
