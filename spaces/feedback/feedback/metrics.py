"""How good and how honest a classifier is: F1, calibration, intervals. numpy alone.

Rates are from 0 to 1. `truth` and `guess` are indices of labels (n,), `probabilities` (n, labels) with rows of sum 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10  # of the reliability plot and of the calibration error


@dataclass(frozen=True)
class Report:
    """labels; precision, recall, f1 and support per label, in their order; macro_f1 over labels with support or a
    guess; weighted_f1 by support; accuracy; confusion (labels, labels), rows are the truth."""

    labels: tuple[str, ...]
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    macro_f1: float
    weighted_f1: float
    accuracy: float
    confusion: np.ndarray

    def plain(self) -> dict:
        """As JSON takes it."""
        per_label = {
            label: {
                "precision": round(float(self.precision[at]), 4),
                "recall": round(float(self.recall[at]), 4),
                "f1": round(float(self.f1[at]), 4),
                "support": int(self.support[at]),
            }
            for at, label in enumerate(self.labels)
        }
        return {
            "macro_f1": round(self.macro_f1, 4),
            "weighted_f1": round(self.weighted_f1, 4),
            "accuracy": round(self.accuracy, 4),
            "labels": per_label,
            "confusion": self.confusion.tolist(),
        }


def report(truth: np.ndarray, guess: np.ndarray, labels: Sequence[str]) -> Report:
    """Raises ValueError where there is nothing to compare."""
    truth, guess = np.asarray(truth), np.asarray(guess)
    if len(truth) == 0 or truth.shape != guess.shape:
        raise ValueError(f"truth has shape {truth.shape}, guess {guess.shape}: they must be alike and not empty")
    count = len(labels)
    confusion = np.bincount(truth * count + guess, minlength=count * count).reshape(count, count)
    hit, support, guessed = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    precision = np.divide(hit, guessed, out=np.zeros(count), where=guessed > 0)
    recall = np.divide(hit, support, out=np.zeros(count), where=support > 0)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros(count), where=both > 0)
    counted = (support > 0) | (guessed > 0)
    return Report(
        tuple(labels),
        precision,
        recall,
        f1,
        support,
        float(f1[counted].mean()),
        float((f1 * support).sum() / support.sum()),
        float(hit.sum() / support.sum()),
        confusion,
    )


def macro_f1(truth: np.ndarray, guess: np.ndarray) -> float:
    """Mean F1 over the labels that occur in either."""
    count = int(max(truth.max(), guess.max())) + 1
    return report(truth, guess, [str(at) for at in range(count)]).macro_f1


def interval(
    truth: np.ndarray,
    guess: np.ndarray,
    measure: Callable[[np.ndarray, np.ndarray], float] = macro_f1,
    rounds: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval of `measure` (Efron 1979), texts drawn with replacement."""
    random = np.random.default_rng(seed)
    draws = random.integers(len(truth), size=(rounds, len(truth)))
    values = [measure(truth[rows], guess[rows]) for rows in draws]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired(truth: np.ndarray, one: np.ndarray, other: np.ndarray, rounds: int = 1000, seed: int = 0) -> dict:
    """Difference in macro F1, `one` less `other`, on the same texts, with its 95 % bootstrap interval."""
    random = np.random.default_rng(seed)
    draws = random.integers(len(truth), size=(rounds, len(truth)))
    differences = [macro_f1(truth[rows], one[rows]) - macro_f1(truth[rows], other[rows]) for rows in draws]
    low, high = np.quantile(differences, [0.025, 0.975])
    return {"difference": macro_f1(truth, one) - macro_f1(truth, other), "low": float(low), "high": float(high)}


@dataclass(frozen=True)
class Reliability:
    """error: expected calibration error; per bin of confidence that is not empty: mean confidence, share right,
    number of texts."""

    error: float
    confidence: np.ndarray
    right: np.ndarray
    count: np.ndarray


def reliability(truth: np.ndarray, probabilities: np.ndarray, bins: int = BINS) -> Reliability:
    """Expected calibration error over `bins` of equal width (Guo et al. 2017, "On Calibration of Modern Neural
    Networks"), of the confidence in the best label."""
    confidence, hit = probabilities.max(1), probabilities.argmax(1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    full = count > 0
    mean = np.bincount(place, confidence, bins)[full] / count[full]
    right = np.bincount(place, hit, bins)[full] / count[full]
    error = float((np.abs(mean - right) * count[full]).sum() / len(truth))
    return Reliability(error, mean, right, count[full])


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities (n, labels) float32 of logits divided by a temperature."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return (powers / powers.sum(1, keepdims=True)).astype(np.float32)


def best_temperature(truth: np.ndarray, logits: np.ndarray) -> float:
    """The temperature by which the truth is likeliest, .2 to 10 (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar

    def surprise(logarithm: float) -> float:
        p = softmax(logits, float(np.exp(logarithm)))[np.arange(len(truth)), truth]
        return float(-np.log(np.maximum(p, 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(np.log(0.2), np.log(10)), method="bounded").x))
