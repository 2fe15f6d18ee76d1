"""What an Isolation Forest finds odd: days whose residuals together are unlike those of other days.

Liu, Ting and Zhou 2008, "Isolation Forest", in scikit-learn. It sees residuals and not amounts, so that a large outlet
or a busy weekday is not odd in itself; and it may see what no single number shows, such as a little too much used with
a little too much ordered.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from inventory.anomalies.rules import Residuals

TREES = 100
SAMPLES = 4096  # days a tree sees; anomalies are one in some hundred days, and a tree of 256 meets none
CLIPPED = 12.0  # standard deviations; beyond that a rule says it all
ORDINARY = 2.0  # standard deviations; a day with nothing beyond is not scored, which saves most of the time


def features(residuals: "Residuals") -> np.ndarray:
    """(S, T, 6) float32: how far usage is from usual, how far it is the day after (a wrong count is taken back then),
    the order's cover and its day, what the book is out by, and how the neighbours moved. Residuals are in standard
    deviations; 0 where nothing is known."""
    usage = residuals.usage
    after = np.full_like(usage, np.nan)
    after[:, :-1] = usage[:, 1:]
    moved = residuals.expected.usual.moved / residuals.expected.usual.spread
    parts = (usage, after, residuals.orders.score, residuals.orders.day_surprise, residuals.gap, moved)
    return np.clip(np.nan_to_num(np.stack(parts, axis=-1)), -CLIPPED, CLIPPED).astype(np.float32)


def isolation(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """(S, T) how easily a day is told from all others, 0 to 1; .5 is ordinary, NaN a day of which no feature is
    beyond two standard deviations. The same for the same seed."""
    from sklearn.ensemble import IsolationForest

    rows = features.reshape(-1, features.shape[-1])
    scores = np.full(len(rows), np.nan)
    worth = (np.abs(rows) > ORDINARY).any(axis=1)
    if worth.any():
        samples = min(SAMPLES, len(rows))
        forest = IsolationForest(n_estimators=TREES, max_samples=samples, random_state=seed).fit(rows)
        scores[worth] = -forest.score_samples(rows[worth])
    return scores.reshape(features.shape[:2])
