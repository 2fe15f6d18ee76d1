"""How rarely a score as high as this is met while nothing is wrong.

Peaks over a threshold (Pickands 1975; Coles 2001, chapter 4): what lies above a high quantile follows a generalised
Pareto distribution. The scores hold anomalies too, which would make the tail heavy and hide themselves; so the very
highest are left out, and the distribution is fitted as one that is cut off there.
"""

from dataclasses import dataclass

import numpy as np

BODY = 0.95  # quantile above which the tail begins
CUT = 0.995  # quantile above which a score may well be an anomaly
FEWEST = 1000  # scores that a tail is fitted to
LOGISTIC = 0.7  # scale of the distribution that is taken for fewer
# Shape of the tail. A single series' is anything; pooled residuals that were divided by their spread are near 0, and
# what is left of the anomalies must not bend them.
LIGHTEST, HEAVIEST = -0.08, 0.05


@dataclass(frozen=True, eq=False)
class Tail:
    """The distribution of the scores of days on which nothing is wrong.

    share: of the days, on how many there is a score; a chance is that of a day, with or without one
    body: the scores below `start`, sorted; those of a logistic distribution where there were too few
    start: where the Pareto tail begins; above: the share of scores over it
    scale, shape: of the tail
    """

    share: float
    body: np.ndarray
    start: float
    above: float
    scale: float
    shape: float

    def surprise(self, scores: np.ndarray) -> np.ndarray:
        """-log10 of the chance of a score at least as high, 0 where the score is NaN."""
        known = np.isfinite(scores)
        scores = np.where(known, scores, -np.inf)
        within = -np.log10(1 - np.searchsorted(self.body, scores) * (1 - self.above) / len(self.body))
        found = np.where(scores > self.start, self._beyond(scores), within)
        return np.where(known, found - np.log10(self.share), 0.0)

    def score(self, surprise: np.ndarray | float) -> np.ndarray:
        """The score of which `surprise` is so much: the inverse, exact in the tail."""
        more = np.maximum(np.asarray(surprise) + np.log10(self.above * self.share), 0.0) * np.log(10)
        return self.start + self.scale * (more if abs(self.shape) < 1e-6 else np.expm1(self.shape * more) / self.shape)

    def _beyond(self, scores: np.ndarray) -> np.ndarray:
        far = np.maximum(scores - self.start, 0.0) / self.scale
        # A bounded tail ends somewhere; what is beyond is as rare as numbers can say.
        bent = np.log(np.maximum(1 + self.shape * far, 1e-12))
        more = far if abs(self.shape) < 1e-6 else bent / self.shape
        return more / np.log(10) - np.log10(self.above)


def tail_of(scores: np.ndarray) -> Tail:
    """The upper tail of scores of any shape; NaN are left out.

    Of fewer than 1,000 it is what residuals in robust standard deviations commonly have: a logistic distribution's,
    heavier than the normal one's.
    """
    known = np.sort(scores[np.isfinite(scores)], axis=None)
    share = max(len(known), 1) / max(scores.size, 1)
    if len(known) < FEWEST:
        chances = (np.arange(10_000) + 0.5) / 10_000
        known = LOGISTIC * np.log(chances / (1 - chances))
    start, end = np.quantile(known, (BODY, CUT))
    over = known[known > start]
    above = max(len(over), 1) / len(known)
    scale, shape = _fitted(over[over <= end] - start, end - start)
    return Tail(share, known[known <= start], float(start), above, scale, shape)


def _fitted(excesses: np.ndarray, end: float) -> tuple[float, float]:
    """Scale and shape of greatest likelihood for excesses of a distribution that is cut off at `end`."""
    from scipy.optimize import minimize

    if len(excesses) == 0 or end <= 0:
        return 1e-9, 0.0

    def loss(parameters: np.ndarray) -> float:
        scale, shape = np.exp(parameters[0]), parameters[1]
        shape = shape if abs(shape) > 1e-6 else 1e-6
        last = 1 + shape * end / scale
        if last <= 0:
            return 1e12
        far = np.log1p(shape * excesses / scale)
        # The likelihood of being within `end` divides that of each.
        return parameters[0] + (1 + 1 / shape) * far.mean() + np.log1p(-(last ** (-1 / shape)))

    first = (np.log(excesses.mean()), 0.0)
    bounds = ((None, None), (LIGHTEST, HEAVIEST))
    best = minimize(loss, first, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-4, "fatol": 1e-7})
    return float(np.exp(best.x[0])), float(best.x[1])
