"""Does a request find its style? `python -m benchmarks.sketch.retrieval [--choose] [--cards 10000] [--json PATH]`.

The requests are in queries.toml, each with the built-in cards that answer it; the odd ones of each kind chose the
settings of the search (`--choose` tries them again and prints the best), the even ones are held out and are what
counts. Beside the project stand MiniLM over the captions, the whole request against "title. caption", and TF-IDF over
the same text, which is what the words alone can do.

With --cards the index is timed with so many synthetic cards: the vectors of the real ones, perturbed so that
neighbours differ, and requests perturbed alike. Recall is that of the 10 best against comparing with all of them.

The requests were written by those who wrote the captions, after them and before any search was run. People who have
seen neither will ask in ways that are missing here: read the figures as an upper bound.
"""

import argparse
import itertools
import math
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from common import toml

SPREAD = 0.6  # length of the perturbation of a synthetic card against that of its vector
BATCH = 5000


@dataclass(frozen=True)
class Query:
    """A request, the ids of its cards (none: nothing fits), its kind, and whether it chose the settings."""

    text: str
    cards: frozenset[str]
    kind: str
    chose: bool


def queries() -> list[Query]:
    data = toml.read(Path(__file__).with_name("queries.toml"))
    entries = [(entry["text"], frozenset(entry["cards"]), entry["kind"]) for entry in data["query"]]
    entries += [(text, frozenset(), "negative") for text in data["negative"]]
    counts: Counter[str] = Counter()
    found = []
    for text, cards, kind in entries:
        counts[kind] += 1
        found.append(Query(text, cards, kind, chose=counts[kind] % 2 == 1))
    return found


class TfIdf:
    """Cosine of TF-IDF vectors over words (Salton and Buckley 1988)."""

    def __init__(self, texts: list[str]) -> None:
        words = [Counter(self._split(text)) for text in texts]
        found = Counter(word for counts in words for word in counts)
        self._column = {word: at for at, word in enumerate(sorted(found))}
        self._rarity = np.array([1 + math.log((1 + len(texts)) / (1 + found[word])) for word in self._column])
        self._vectors = np.stack([self._vector(counts) for counts in words])

    def __call__(self, text: str) -> np.ndarray:
        return self._vectors @ self._vector(Counter(self._split(text)))

    def _vector(self, counts: Counter) -> np.ndarray:
        vector = np.zeros(len(self._column))
        for word, count in counts.items():
            if word in self._column:
                vector[self._column[word]] = count
        vector *= self._rarity
        return vector / max(float(np.linalg.norm(vector)), 1e-12)

    @staticmethod
    def _split(text: str) -> list[str]:
        return re.findall(r"[a-z]+", text.lower())


def rankings(library) -> dict[str, dict[str, list[str]]]:
    """The ids of the cards by rank, for each way and request."""
    from common import text

    cards = library.list_styles()
    ids = [card.id for card in cards]
    texts = [f"{card.title}. {card.caption}" for card in cards]
    encoder, words = text.load(), TfIdf(texts)
    captions = encoder.embed(texts)
    ways: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for query in queries():
        found = library.find(query.text, k=len(ids)).matches
        ways["project"][query.text] = [match.card.id for match in found]
        for way, scores in (
            ("MiniLM", captions @ encoder.embed([query.text])[0]),
            ("TF-IDF", words(query.text)),
        ):
            ways[way][query.text] = [ids[at] for at in np.argsort(-scores, kind="stable")]
    return ways


def recall(ranks: dict[str, list[str]], asked: list[Query], k: int) -> float:
    return float(np.mean([bool(set(ranks[query.text][:k]) & query.cards) for query in asked]))


def quality(library) -> dict:
    """Print recall of each way and the errors of the threshold, on both halves."""
    ways, every = rankings(library), queries()
    report: dict = {}
    print(f"{'':26}" + "".join(f"{way:>20}" for way in ways))
    for name, chose in (("held out", False), ("chose the settings", True)):
        asked = [query for query in every if query.cards and query.chose == chose]
        kinds = {"all": asked} | {
            kind: [q for q in asked if q.kind == kind] for kind in sorted({q.kind for q in asked})
        }
        print(f"{name}: {len(asked)} requests, recall@1 and recall@3")
        for kind, some in kinds.items():
            row = {way: [round(recall(ranks, some, k), 3) for k in (1, 3)] for way, ranks in ways.items()}
            print(f"  {kind:16}{len(some):8}" + "".join(f"{one:12.3f}{three:8.3f}" for one, three in row.values()))
            report.setdefault(name, {})[kind] = row | {"requests": len(some)}
    for name, chose in (("held out", False), ("chose the settings", True)):
        half = [query for query in every if query.chose == chose]
        wanted = [query for query in half if query.cards]
        plain = [query for query in half if not query.cards]
        rejected = [query.text for query in wanted if library.find(query.text).text_only]
        accepted = [query.text for query in plain if not library.find(query.text).text_only]
        print(
            f"threshold, {name}: {len(rejected)} of {len(wanted)} requests wrongly refused, "
            f"{len(accepted)} of {len(plain)} without a look wrongly given one"
        )
        report[name]["threshold"] = {
            "false_reject": len(rejected) / len(wanted),
            "false_accept": len(accepted) / len(plain),
        }
    missed = [q.text for q in every if q.cards and not q.chose and not set(ways["project"][q.text][:3]) & q.cards]
    print("held out, not among the first three:", "; ".join(missed) or "none")
    return report


def choose(library) -> None:
    """Try settings on the first half: the weights by recall, then the threshold by logistic regression."""
    from sketch.retrieval import StyleSearch, combine

    search: StyleSearch = library.current_search()
    half = [query for query in queries() if query.chose]
    blocks = search.embeddings.weights
    results = []
    for colours, tones in itertools.product((0.0, 0.1, 0.2, 0.3), (0.0, 0.02, 0.05)):
        search.embeddings.weights = (blocks[0], colours, tones)
        evidence = [(query, found) for query in half if (found := search.evidence(query.text)) is not None]
        for parts, whole, cue, words in itertools.product(
            (0.0, 0.15, 0.3, 0.45, 0.6), (0.3, 0.5, 0.6, 0.7, 0.8, 1.0), (0.0, 0.05, 0.1), (-0.1, -0.05, 0.0)
        ):
            weights = replace(search.weights, parts=parts, whole=whole, cue=cue, part=cue / 2, words=words)
            results.append((*_judged(evidence, weights, combine), colours, tones, parts, whole, cue, words))
    search.embeddings.weights = blocks
    print("recall@1, recall@3, AUC against requests without a look; colours, tones, parts, whole, cue, words")
    for row in sorted(results, key=lambda row: -sum(row[:3]))[:12]:
        print("  " + "".join(f"{value:8.3f}" for value in row))
    steep, least = _logistic(search, half, combine)
    print(f"threshold with the weights as they are: steep {steep:.2f}, least {least:.2f}")


def _judged(evidence: list, weights, combine) -> tuple[float, float, float]:
    ranked, right, wrong = [], [], []
    for query, found in evidence:
        scores = combine(found, weights)[0]
        (right if query.cards else wrong).append(scores.max())
        if query.cards:
            order = [found.cards[at] for at in np.argsort(-scores, kind="stable")[:3]]
            ranked.append((order[0] in query.cards, bool(set(order) & query.cards)))
    area = (np.array(right)[:, None] > np.array(wrong)[None]).mean()
    return (*np.mean(ranked, axis=0).tolist(), float(area))


def _logistic(search, half: list[Query], combine) -> tuple[float, float]:
    """The slope and the middle of the chance over the z-score, both kinds of request weighing the same."""
    pairs = [
        (search.z_score(combine(found, search.weights)[0].max()), bool(query.cards))
        for query in half
        if (found := search.evidence(query.text)) is not None
    ]
    z, wanted = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    weight = np.where(wanted, 0.5 / wanted.sum(), 0.5 / (~wanted).sum())
    values, slope = np.stack([z, np.ones_like(z)], axis=1), np.zeros(2)
    for _ in range(50):  # Newton's method, with a little ridge so that separable halves stay finite
        chance = 1 / (1 + np.exp(-values @ slope))
        gradient = values.T @ (weight * (chance - wanted)) + 1e-3 * slope
        curvature = (values * (weight * chance * (1 - chance))[:, None]).T @ values + 1e-3 * np.eye(2)
        slope = slope - np.linalg.solve(curvature, gradient)
    return float(slope[0]), float(-slope[1] / slope[0])


def perturbed(vectors: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """`count` vectors in batches, each a real one with noise of SPREAD times its length."""
    for start in range(0, count, BATCH):
        some = vectors[rng.integers(len(vectors), size=min(BATCH, count - start))]
        noise = rng.normal(size=some.shape).astype(np.float32)
        noise *= SPREAD / np.linalg.norm(noise, axis=1, keepdims=True) * np.linalg.norm(some, axis=1, keepdims=True)
        yield some + noise


def scale(library, count: int, searches: int) -> dict:
    """Time the index with `count` cards, and compare it with an exact search of our own."""
    from common.vectors import Collection, connect

    rng = np.random.default_rng(0)
    search = library.current_search()
    real = search.embeddings.embed_cards(library.list_styles())
    asked = search.embeddings.weigh(search.embeddings.embed_requests([q.text for q in queries() if q.cards]))
    requests = np.concatenate(list(perturbed(asked, searches, rng)))
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(connect(folder), "synthetic")
        batches, begun = [], time.perf_counter()
        for number, batch in enumerate(perturbed(real, count, rng)):
            ids = [f"{number * BATCH + at:06d}" for at in range(len(batch))]
            collection.upsert(ids, batch, [{"medium": f"medium {at % 20}"} for at in range(len(batch))])
            batches.append(batch / np.linalg.norm(batch, axis=1, keepdims=True))
        built = time.perf_counter() - begun
        everything = np.concatenate(batches)
        collection.query(requests[0], 10)  # the first reads the store
        seconds, filtered, agreed = [], [], []
        for request in requests:
            begun = time.perf_counter()
            hits = collection.query(request, 10)[0]
            seconds.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            collection.query(request, 10, {"medium": "medium 3"})
            filtered.append(time.perf_counter() - begun)
            true = np.argpartition(-(everything @ request), 10)[:10]
            agreed.append(len({f"{at:06d}" for at in true} & {hit.id for hit in hits}) / 10)
    p50, p95 = np.percentile(seconds, (50, 95)) * 1000
    report = {"cards": count, "p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
    report["filtered_p95_ms"] = round(float(np.percentile(filtered, 95) * 1000), 2)
    report |= {"recall_at_10": round(float(np.mean(agreed)), 4), "build_s": round(built, 1)}
    print(
        f"{count:8,} cards: p50 {report['p50_ms']} ms, p95 {report['p95_ms']} ms, with a filter p95 "
        f"{report['filtered_p95_ms']} ms, recall@10 {report['recall_at_10']}, built in {report['build_s']} s"
    )
    return report


def whole_search(library) -> dict:
    """Milliseconds of a whole search, text model included, for requests that were not asked before."""
    seconds = []
    for query in queries():
        begun = time.perf_counter()
        library.find(query.text + " please")
        seconds.append(time.perf_counter() - begun)
    p50, p95 = np.percentile(seconds, (50, 95)) * 1000
    print(f"a whole search with the text model: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
    return {"p50_ms": round(float(p50), 1), "p95_ms": round(float(p95), 1)}


def main() -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--choose", action="store_true", help="try settings on the half that chose them")
        parser.add_argument("--cards", type=int, nargs="*", default=[], help="numbers of synthetic cards to time")
        parser.add_argument("--searches", type=int, default=300, help="timed searches of each number")
        parser.add_argument("--folder", type=Path, help="keep the library here; a temporary folder otherwise")

    chosen = options(__doc__, arguments)
    given = chosen.arguments
    from sketch.styles import StyleLibrary

    print(machine() + "\n")
    with tempfile.TemporaryDirectory() as temporary:
        library = StyleLibrary.open(given.folder or temporary)
        if given.choose:
            choose(library)
            return
        report = {"quality": quality(library), "whole_search": whole_search(library)}
        report["index"] = [scale(library, count, given.searches) for count in given.cards]
    chosen.write(report)


if __name__ == "__main__":
    main()
