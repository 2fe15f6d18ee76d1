"""Match found footfalls to true ones, one to one."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True)
class Score:
    """matched pairs, counts, sides that agree, and the signed errors (s, found minus true) of the matches."""

    hits: int
    found: int
    true: int
    sides: int
    sided: int
    errors: tuple[float, ...]

    @property
    def f1(self) -> float:
        return 2 * self.hits / (self.found + self.true) if self.found + self.true else 1.0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.hits + other.hits,
            self.found + other.found,
            self.true + other.true,
            self.sides + other.sides,
            self.sided + other.sided,
            self.errors + other.errors,
        )


EMPTY = Score(0, 0, 0, 0, 0, ())


def score(found: list[tuple[float, str]], true: list[tuple[float, str]], tolerance: float) -> Score:
    """Best one-to-one matching of times (s) within `tolerance` (s). Sides are compared on the matches only; a true
    side of "" is unknown and not counted."""
    if not found or not true:
        return Score(0, len(found), len(true), 0, 0, ())
    gap = np.array([[f[0] - t[0] for t in true] for f in found])
    cost = np.where(np.abs(gap) <= tolerance + 1e-9, np.abs(gap), 1e3)
    pairs = [(i, j) for i, j in zip(*linear_sum_assignment(cost), strict=True) if cost[i, j] < 1e3]
    sided = [(i, j) for i, j in pairs if true[j][1]]
    same = sum(found[i][1] == true[j][1] for i, j in sided)
    return Score(len(pairs), len(found), len(true), same, len(sided), tuple(float(gap[i, j]) for i, j in pairs))
