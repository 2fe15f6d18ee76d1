"""What a fine-tuned model has to beat: ways to sort texts that are simpler, or need fewer examples.

Each is made by a function of the training and validation rows and gives a `Baseline`: labels, `probabilities(texts)`,
and the bytes it needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from feedback import metrics
from feedback.data import Row
from feedback.texts import prepare

SHOTS = 16  # examples of each label that few-shot learning sees
PAIRS = 12  # pairs of alike and of unlike texts for each of them


@dataclass(frozen=True)
class Baseline:
    """Sorts texts as a Classifier does. nbytes: of what it has learned and stands on."""

    labels: tuple[str, ...]
    probabilities: Callable[[Sequence[str]], np.ndarray]
    nbytes: int


def majority(train: Sequence[Row], validation: Sequence[Row], labels: tuple[str, ...], seed: int) -> Baseline:
    """The label that is most frequent in training, for every text, with the shares as probabilities."""
    shares = np.bincount([labels.index(row.label) for row in train], minlength=len(labels)) / len(train)
    return Baseline(labels, lambda texts: np.tile(shares.astype(np.float32), (len(texts), 1)), shares.nbytes)


def tfidf(train: Sequence[Row], validation: Sequence[Row], labels: tuple[str, ...], seed: int) -> Baseline:
    """TF-IDF of words, pairs of words and letters, and logistic regression; its strength chosen on the validation."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_union

    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
    )
    seen = features.fit_transform([prepare(row.text) for row in train])
    wanted, truth = _places(train, labels), _places(validation, labels)
    checked = features.transform([prepare(row.text) for row in validation])
    tried = [LogisticRegression(C=c, max_iter=500, random_state=seed).fit(seen, wanted) for c in (2, 8)]
    best = max(tried, key=lambda model: metrics.macro_f1(truth, model.predict(checked)))
    return Baseline(
        labels,
        lambda texts: _spread(
            best.predict_proba(features.transform([prepare(one) for one in texts])), best.classes_, labels
        ),
        best.coef_.nbytes,
    )


def zero_shot(train: Sequence[Row], validation: Sequence[Row], labels: tuple[str, ...], seed: int) -> Baseline:
    """No example at all: the label whose description is nearest in meaning (MiniLM). Only the sharpness of the
    probabilities is fitted."""
    from common import text
    from feedback.labels import built_in

    known, encoder = built_in(), text.load()
    described = encoder.embed([known[one].description if one in known else one.replace("_", " ") for one in labels])

    def likeness(texts: Sequence[str]) -> np.ndarray:
        return encoder.embed([prepare(one) for one in texts]) @ described.T * 10

    temperature = metrics.best_temperature(_places(validation, labels), likeness([row.text for row in validation]))
    return Baseline(labels, lambda texts: metrics.softmax(likeness(texts), temperature), encoder.nbytes)


def few_shot(train: Sequence[Row], validation: Sequence[Row], labels: tuple[str, ...], seed: int) -> Baseline:
    """SHOTS examples of each label: MiniLM learns which of them belong together, logistic regression sorts by its
    vectors (Tunstall et al. 2022, "Efficient Few-Shot Learning Without Prompts")."""
    from sklearn.linear_model import LogisticRegression

    from common import text, weights

    random = np.random.default_rng(seed)
    order = random.permutation(len(train))
    shots = [train[at] for one in labels for at in [at for at in order if train[at].label == one][:SHOTS]]
    encoder = text.SentenceEncoder.load(weights.path("minilm"))  # of its own: it is changed
    encoder.learn(*_pairs(shots, random), seed=seed)
    vectors = encoder.embed([prepare(row.text) for row in shots])
    model = LogisticRegression(max_iter=500, random_state=seed).fit(vectors, _places(shots, labels))
    return Baseline(
        labels,
        lambda texts: _spread(
            model.predict_proba(encoder.embed([prepare(one) for one in texts])), model.classes_, labels
        ),
        encoder.nbytes + model.coef_.nbytes,
    )


ALL = {"majority": majority, "tfidf": tfidf, "zero_shot": zero_shot, "few_shot": few_shot}


def _pairs(shots: Sequence[Row], random: np.random.Generator) -> tuple[list[str], list[str], np.ndarray]:
    """Texts and partners (both as the model reads them), and 1 where they share a label, else 0; half of each."""
    one, other, alike = [], [], []
    for row in shots:
        for same in (True, False):
            some = [partner for partner in shots if (partner.label == row.label) is same and partner is not row]
            for at in random.integers(len(some), size=PAIRS // 2) if some else ():
                one.append(prepare(row.text))
                other.append(prepare(some[at].text))
                alike.append(float(same))
    return one, other, np.array(alike, np.float32)


def _places(rows: Sequence[Row], labels: tuple[str, ...]) -> np.ndarray:
    return np.array([labels.index(row.label) for row in rows])


def _spread(chances: np.ndarray, classes: np.ndarray, labels: tuple[str, ...]) -> np.ndarray:
    """Probabilities of the classes that a model has met, in the order of all labels."""
    wide = np.zeros((len(chances), len(labels)), np.float32)
    wide[:, classes] = chances
    return wide
