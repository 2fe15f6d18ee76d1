"""Whether what comes in is still what the classifier was trained on, and how it has been doing.

Three numbers are watched, each with a limit that chance alone hardly ever reaches:
    population stability index      of the predicted labels
    share of far texts              whose vectors are farther from the training texts than 95 % of held-out texts are
    share of unsure texts           that go to people
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from feedback.tables import History

RECENT = 500  # texts: the newest, which are compared with what was before
EARLIER = 200  # texts before those from which on they are what is compared with
FEWEST = 30  # texts below which nothing is said
MODERATE, LARGE = 0.1, 0.25  # of the index, see `psi`
FAR = 0.95  # quantile of the distances of held-out texts
MOST_FAR = 0.10  # share of far texts, twice what is expected
MORE_UNSURE = 0.10  # share of unsure texts above that of the held-out texts
CHANCE = 0.99  # quantile of what chance does
_Z = 2.326  # of the normal distribution at CHANCE
ROLLING = 50  # texts in a rolling mean
MOST_POINTS = 300  # of a curve
# Of a timeline: name, numpy's letter, and the longest span in days.
UNITS = (("hour", "h", 2), ("day", "D", 200), ("month", "M", math.inf))


@dataclass(frozen=True)
class Reference:
    """What the texts of the training were like for one version of the classifier.

    labels, counts: how many texts of each label there were, (k,)
    centres: (c, d), unit length: of the vectors of the training texts
    distances: (m,): of texts that were not trained on, see `distance`
    confidence, unsure: mean and share over those texts; None where they were not measured
    """

    version: str
    labels: tuple[str, ...]
    counts: np.ndarray
    centres: np.ndarray
    distances: np.ndarray
    confidence: float | None = None
    unsure: float | None = None

    @classmethod
    def read(cls, arrays: Mapping[str, np.ndarray], version: str, labels: Sequence[str]) -> "Reference":
        """From the arrays beside a model: label_counts, centres, distances and, if there are, confidence and unsure."""
        shares = {name: float(arrays[name]) for name in ("confidence", "unsure") if name in arrays}
        return cls(version, tuple(labels), arrays["label_counts"], arrays["centres"], arrays["distances"], **shares)

    def distance(self, vectors: np.ndarray) -> np.ndarray:
        """1 - cosine to the nearest centre, (n,), 0 to 2, for unit vectors (n, d)."""
        return 1 - np.max(vectors @ self.centres.T, axis=1)


@dataclass(frozen=True)
class Timeline:
    """How many texts of each label there were: counts[label][i] in the hour, day or month (unit) from starts[i] on."""

    unit: str
    starts: list[str]
    counts: dict[str, list[int]]


@dataclass(frozen=True)
class Report:
    """How the classifier has been doing; times are in UTC, ISO 8601. None stands where there is nothing to measure.

    texts, first, last: how many texts the history has, and when the first and the last came
    recent: how many of the newest texts, of this version, the numbers are of; compared_with: in words
    labels, expected: shares of the recent texts and of those that they are compared with, by label
    psi: population stability index of the two; psi_limit: the customary .1, or more where chance can do that
    texts_needed: recent texts from which on a moderate shift stands out from chance
    distance, expected_distance: mean distance to the training texts, of recent and of held-out texts
    far: share of recent texts that are farther away than 95 % of the held-out ones; far_limit
    confidence, expected_confidence: means; unsure, expected_unsure: shares; unsure_limit
    rolling: (time, mean confidence of the 50 texts up to then)
    latency: seconds, by "p50", "p95", "p99"
    alerts: what is over its limit, and what to do; line: the same, or that there is nothing, in one line
    """

    texts: int
    first: str | None
    last: str | None
    recent: int
    compared_with: str
    labels: dict[str, float]
    expected: dict[str, float]
    psi: float | None
    psi_limit: float | None
    texts_needed: int | None
    distance: float | None
    expected_distance: float
    far: float | None
    far_limit: float | None
    confidence: float | None
    expected_confidence: float | None
    unsure: float | None
    expected_unsure: float | None
    unsure_limit: float | None
    rolling: list[tuple[str, float]]
    timeline: Timeline
    latency: dict[str, float]
    alerts: list[str]
    line: str


def psi(expected: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Population stability index of two counts by label (..., k), each with at least one text: 0 and more, (...).

    The sum of (a - e) ln(a / e) over the labels, e and a the shares; it is the divergence of Jeffreys 1946. By custom
    below .1 there is no shift, up to .25 a moderate and above a large one (Siddiqi 2006, "Credit risk scorecards").
    So that no share is 0, one text is added to each side, spread over the labels as both sides together are; equal
    shares still give 0, whatever the numbers of texts.
    """
    expected, actual = np.asarray(expected, float), np.asarray(actual, float)
    together = expected + actual
    spread = together / together.sum(axis=-1, keepdims=True)
    e, a = ((side + spread) / (side.sum(axis=-1, keepdims=True) + 1) for side in (expected, actual))
    there = spread > 0
    ratio = np.where(there, a, 1) / np.where(there, e, 1)
    return np.sum((a - e) * np.log(ratio), axis=-1)


def psi_by_chance(expected: np.ndarray, actual: np.ndarray, draws: int = 2000, seed: int = 0) -> float:
    """The index that is exceeded in one of 100 cases where both sides are drawn from the same shares.

    For many texts it is the quantile of a chi-square distribution, times 1/n + 1/m (Yurdakul 2018, "Statistical
    properties of population stability index"); for few it is not, so both sides are drawn anew `draws` times.
    """
    together = np.asarray(expected, float) + actual
    random = np.random.default_rng(seed)
    sides = [random.multinomial(int(np.sum(side)), together / together.sum(), draws) for side in (expected, actual)]
    return float(np.quantile(psi(*sides), CHANCE))


def texts_needed(labels: int, expected: int, shift: float = MODERATE) -> int | None:
    """From how many texts on an index of `shift` stands out from chance, by the formula in `psi_by_chance`.

    labels: how many there are; expected: texts on the other side; None where those are too few themselves. The
    quantile of chi-square is that of Wilson and Hilferty 1931.
    """
    free = max(1, labels - 1)
    quantile = free * (1 - 2 / (9 * free) + _Z * math.sqrt(2 / (9 * free))) ** 3
    left = shift / quantile - 1 / expected
    return max(FEWEST, math.ceil(1 / left)) if left > 0 else None


def report(history: History, reference: Reference, recent: int = RECENT) -> Report:
    """What the history says about the classifier whose reference it is.

    recent: newest texts of this version that are looked at. Their labels are compared with those of the texts of this
    version before them where there are at least 200, else with the texts of the training, whose mix need not be real.
    """
    if recent < 1:
        raise ValueError(f"recent is a number of texts from 1 on, not {recent}")
    own = np.flatnonzero(history.version == reference.version)
    new, before = own[-recent:], own[:-recent]
    names = [*reference.labels, *sorted(set(history.label[own]) - set(reference.labels))]
    counts = _counts(history.label[new], names)
    if len(before) >= EARLIER:
        other, compared_with = _counts(history.label[before], names), f"the {len(before):,} texts before them"
    else:
        other = np.pad(reference.counts, (0, len(names) - len(reference.labels)))
        compared_with = f"the {other.sum():,} texts of the training"
    values: dict = {
        "texts": len(history),
        "first": _iso(history.created[0]) if len(history) else None,
        "last": _iso(history.created[-1]) if len(history) else None,
        "recent": len(new),
        "compared_with": compared_with,
        "labels": _shares(names, counts),
        "expected": _shares(names, other),
        "texts_needed": texts_needed(len(names), int(other.sum())),
        "expected_distance": float(reference.distances.mean()),
        "expected_confidence": reference.confidence,
        "expected_unsure": reference.unsure,
        "rolling": _rolling(history),
        "timeline": timeline(history, names),
        "latency": _latency(history.seconds[new]),
    }
    values |= dict.fromkeys(("psi", "psi_limit", "confidence", "unsure", "unsure_limit"))
    if len(new):
        values["psi"] = float(psi(other, counts))
        values["psi_limit"] = max(MODERATE, psi_by_chance(other, counts))
        values["confidence"] = float(history.confidence[new].mean())
        values["unsure"] = float(history.unsure[new].mean())
        if (share := reference.unsure) is not None:
            margin = max(MORE_UNSURE, _margin(share, len(new), len(reference.distances)))
            values["unsure_limit"] = min(1.0, share + margin)
    values |= _far(history.distance[new], reference)
    alerts = _alerts(values) if len(new) >= FEWEST else []
    return Report(**values, alerts=alerts, line=" ".join(alerts) or _calm(values, reference.version))


def timeline(history: History, labels: Sequence[str] = ()) -> Timeline:
    """Texts by label over time: by hour up to two days, by day up to 200, else by month. Empty times count 0.

    labels: come first, in this order, whether there are texts of them or not
    """
    names = [*labels, *sorted(set(history.label) - set(labels))]
    if not len(history):
        return Timeline("hour", [], {name: [] for name in names})
    days = (history.created.max() - history.created.min()) / np.timedelta64(1, "D")
    unit, letter = next((name, letter) for name, letter, longest in UNITS if days <= longest)
    times = history.created.astype(f"datetime64[{letter}]")
    places = (times - times.min()).astype(int)
    length = int(places.max()) + 1
    counts = {name: np.bincount(places[history.label == name], minlength=length).tolist() for name in names}
    return Timeline(unit, [_iso(times.min() + step) for step in range(length)], counts)


def _far(distances: np.ndarray, reference: Reference) -> dict[str, float | None]:
    distances = distances[~np.isnan(distances)]
    if not len(distances):
        return {"distance": None, "far": None, "far_limit": None}
    far = np.mean(distances > np.quantile(reference.distances, FAR))
    limit = max(MOST_FAR, 1 - FAR + _margin(1 - FAR, len(distances), len(reference.distances)))
    return {"distance": float(distances.mean()), "far": float(far), "far_limit": min(1.0, limit)}


def _margin(share: float, count: int, other: int) -> float:
    """By how much a share can be higher in `count` than in `other` texts by chance; never nothing, even for share 0."""
    share = (share * other + 0.5) / (other + 1)
    return _Z * math.sqrt(share * (1 - share) * (1 / count + 1 / other))


def _alerts(values: Mapping) -> list[str]:
    """In words, what is over its limit and what to do about it."""
    found, recent = [], f"the last {values['recent']:,} texts"
    if values["psi"] > values["psi_limit"]:
        shares, expected = values["labels"], values["expected"]
        most = max(shares, key=lambda label: abs(shares[label] - expected[label]))
        size = "large" if values["psi"] > LARGE else "moderate"
        found.append(
            f"The mix of labels has changed: population stability index {values['psi']:.2f}, over "
            f"{values['psi_limit']:.2f} ({size}), between {recent} and {values['compared_with']}; {most} went from "
            f"{expected[most]:.0%} to {shares[most]:.0%}. Read some of these: if the labels are right, customers write "
            "about other things now; if not, correct them and train again."
        )
    if values["far"] is not None and values["far"] > values["far_limit"]:
        found.append(
            f"{values['far']:.0%} of {recent} are unlike the training texts, over {values['far_limit']:.0%}: farther "
            f"from them than {FAR:.0%} of held-out texts. Decide some of them in the review and train again."
        )
    if values["unsure_limit"] is not None and values["unsure"] > values["unsure_limit"]:
        found.append(
            f"{values['unsure']:.0%} of {recent} are unsure, over {values['unsure_limit']:.0%}; of held-out texts "
            f"{values['expected_unsure']:.0%} were. Work through the review and train again."
        )
    return found


def _calm(values: Mapping, version: str) -> str:
    """The line where there is no alert."""
    if not values["recent"]:
        return f"No text has been classified by version {version} yet, so there is nothing to compare."
    recent, needed = values["recent"], values["texts_needed"]
    if recent < FEWEST:
        return f"Only {recent} texts so far; from {FEWEST} on they are compared with {values['compared_with']}."
    parts = [f"population stability index {values['psi']:.2f}, limit {values['psi_limit']:.2f}"]
    if values["far"] is not None:
        parts.append(f"{values['far']:.0%} unlike the training texts, limit {values['far_limit']:.0%}")
    if values["unsure_limit"] is not None:
        parts.append(f"{values['unsure']:.0%} unsure, limit {values['unsure_limit']:.0%}")
    later = f" A moderate shift shows from {needed:,} texts on." if needed and recent < needed else ""
    return f"Nothing unusual in the last {recent:,} texts: {'; '.join(parts)}.{later}"


def _rolling(history: History) -> list[tuple[str, float]]:
    """Means of ROLLING texts, or of all where there are fewer, at no more than MOST_POINTS times."""
    width = min(ROLLING, len(history))
    if not width:
        return []
    sums = np.cumsum(np.concatenate([[0.0], history.confidence]))
    means, times = (sums[width:] - sums[:-width]) / width, history.created[width - 1 :]
    points = np.unique(np.linspace(0, len(means) - 1, MOST_POINTS).astype(int))
    return [(_iso(times[at]), float(means[at])) for at in points]


def _latency(seconds: np.ndarray) -> dict[str, float]:
    seconds = seconds[~np.isnan(seconds)]
    return {f"p{share}": float(np.percentile(seconds, share)) for share in (50, 95, 99)} if len(seconds) else {}


def _counts(found: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return np.array([np.count_nonzero(found == name) for name in names])


def _shares(names: Sequence[str], counts: np.ndarray) -> dict[str, float]:
    return dict(zip(names, (counts / max(1, counts.sum())).tolist(), strict=True))


def _iso(time: np.datetime64) -> str:
    return str(time.astype("datetime64[s]")) + "Z"
