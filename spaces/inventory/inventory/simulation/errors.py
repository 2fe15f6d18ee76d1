"""How a simulated book goes wrong on paper: typing errors, and days on which nobody wrote."""

from dataclasses import dataclass

import numpy as np

RATE = 0.0014  # of lines
_MISSING_LINE, _MISSING_DAY = 0.003, 0.003
_KINDS = ("swapped", "factor", "unit", "missing stock_in")


@dataclass(frozen=True, eq=False)
class Written:
    """(S, T) in the item's unit. amount: how far the wrong number is from the true one; missing: bool, no line"""

    stock_in: np.ndarray
    balance: np.ndarray
    amount: np.ndarray
    missing: np.ndarray


def written(
    stock_in: np.ndarray,
    balance: np.ndarray,
    usual: np.ndarray,
    counted: np.ndarray,
    busy: np.ndarray,
    outlets: int,
    rng: np.random.Generator,
) -> Written:
    """Write a book down, with errors.

    stock_in, balance: (S, T) true; usual: (S,) a day's use, to tell an error from a trifle
    counted: (S,) bool, in pieces (by the dozen) and not by weight
    busy: (S, T) bool, where something else happened, so that neither an error nor a hole may hide it
    """
    count, length = balance.shape
    stock_in, balance = stock_in.copy(), balance.copy()
    amount = np.zeros((count, length))
    near = busy.copy()
    near[:, 1:] |= busy[:, :-1]
    near[:, :-1] |= busy[:, 1:]
    for row in range(count):
        for start in np.flatnonzero(rng.random(length) < RATE):
            kind = _KINDS[rng.integers(len(_KINDS))]
            up = rng.random() < 0.5
            for at in range(start, min(start + 14, length)):  # the next day on which it makes a difference
                numbers = stock_in if kind == "missing stock_in" else balance
                wrong = _wrong(kind, float(numbers[row, at]), up, bool(counted[row]))
                if near[row, at] or abs(wrong - numbers[row, at]) < 0.8 * usual[row]:
                    continue
                amount[row, at] = wrong - numbers[row, at]
                numbers[row, at] = wrong
                near[row, max(at - 1, 0) : at + 2] = True
                break
    missing = rng.random((count, length)) < _MISSING_LINE
    missing |= np.repeat(rng.random((outlets, length)) < _MISSING_DAY, count // outlets, axis=0)
    return Written(stock_in, balance, amount, missing & ~near)


def _wrong(kind: str, value: float, up: bool, counted: bool) -> float:
    """What gets written instead; the value itself where this error makes no difference."""
    if kind == "missing stock_in":
        return 0.0
    if kind == "factor":
        return value * 10 if up else round(value / 10, 0 if counted else 1)
    if kind == "unit":
        return float(round(value / 12)) if counted else value * 1000
    digits = f"{value:.0f}" if counted else f"{value:.1f}".replace(".", "")
    pairs = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]]
    if not pairs:
        return value
    at = pairs[0]
    swapped = float(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])
    return swapped if counted else swapped / 10
