"""Does a search find its question? `python -m benchmarks.coach.questions [--times 200] [--json PATH]`.

The searches are in queries.toml, each with the questions of the bank that answer it. Those of `development` shaped the
search, those of `test` were written afterwards and are what counts. Beside the project stand what the words alone can
do (BM25, Robertson and Zaragoza 2009, over all that a question says about itself), MiniLM over the texts of the
questions, and MiniLM over all that they say. Recall is the share of searches with at least one right question among
the first five; strict recall the share of the right ones that are among them, the mean over searches.

The same hand wrote bank topics and searches: read the figures as an upper bound.
"""

import argparse
import math
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.options import machine, options
from common import toml

FIRST = 5
KINDS = ("topic", "role", "wish", "slip")


@dataclass(frozen=True)
class Query:
    """A search, the ids of the questions that answer it, and its kind."""

    text: str
    right: frozenset[str]
    kind: str


def queries() -> dict[str, list[Query]]:
    """The searches of each half."""
    data = toml.read(Path(__file__).with_name("queries.toml"))
    return {
        half: [Query(entry["text"], frozenset(entry["right"]), entry["kind"]) for entry in entries]
        for half, entries in data.items()
    }


class BM25:
    """Scores of texts for a search by their words, with the usual k1 = 1.2 and b = 0.75."""

    def __init__(self, texts: list[str]) -> None:
        self._counts = [Counter(self._split(text)) for text in texts]
        lengths = np.array([sum(counts.values()) for counts in self._counts])
        self._norms = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())
        found = Counter(word for counts in self._counts for word in counts)
        self._rarity = {word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for word, n in found.items()}

    def __call__(self, text: str) -> np.ndarray:
        scores = np.zeros(len(self._counts))
        for word in set(self._split(text)) & set(self._rarity):
            counts = np.array([one[word] for one in self._counts])
            scores += self._rarity[word] * counts * 2.2 / (counts + self._norms)
        return scores

    @staticmethod
    def _split(text: str) -> list[str]:
        return re.findall(r"[a-z]+", text.lower())


def ways(search) -> dict[str, Callable[[str], list[str]]]:
    """Each way to search, from a text to the ids of the five best."""
    from coach.meaning import text_of
    from common import text

    questions = list(search.questions.values())
    encoder = text.load()
    texts, everything = [one.text for one in questions], [text_of(one) for one in questions]
    in_words = BM25([f"{said} {' '.join(one.follow_ups)}" for said, one in zip(everything, questions, strict=True)])
    of_texts, of_everything = encoder.embed(texts), encoder.embed(everything)

    def best(score: Callable[[str], np.ndarray]) -> Callable[[str], list[str]]:
        return lambda asked: [questions[at].id for at in np.argsort(-score(asked), kind="stable")[:FIRST]]

    return {
        "project": lambda asked: [match.question.id for match in search.search(asked, FIRST)],
        "BM25": best(in_words),
        "MiniLM, text": best(lambda asked: of_texts @ encoder.embed([asked])[0]),
        "MiniLM, all": best(lambda asked: of_everything @ encoder.embed([asked])[0]),
    }


def quality(search) -> dict:
    """Print recall and strict recall of each way on both halves, and what the project missed."""
    found = ways(search)
    report: dict = {}
    for half, asked in queries().items():
        first = {way: [set(find(query.text)) for query in asked] for way, find in found.items()}
        print(f"\n{half}: recall@{FIRST} and strict recall@{FIRST}")
        print(f"  {'':14}{'searches':>8}" + "".join(f"{way:>18}" for way in found))
        for kind in ("all", *KINDS):
            rows = [at for at, query in enumerate(asked) if kind in ("all", query.kind)]
            values = {way: [recall(asked, sets, rows), strict(asked, sets, rows)] for way, sets in first.items()}
            row = "".join(f"{one:10.3f}{other:8.3f}" for one, other in values.values())
            print(f"  {kind:14}{len(rows):8}{row}")
            report.setdefault(half, {})[kind] = {"searches": len(rows), **values}
        missed = [query.text for query, ids in zip(asked, first["project"], strict=True) if not ids & query.right]
        report[half]["missed"] = missed
        print("  missed by the project: " + ("; ".join(missed) or "none"))
    return report


def recall(asked: list[Query], found: list[set[str]], rows: list[int]) -> float:
    return round(float(np.mean([bool(found[at] & asked[at].right) for at in rows])), 4)


def strict(asked: list[Query], found: list[set[str]], rows: list[int]) -> float:
    shares = [len(found[at] & asked[at].right) / min(FIRST, len(asked[at].right)) for at in rows]
    return round(float(np.mean(shares)), 4)


def without_topics(search) -> dict:
    """Recall where the right questions of a search are a person's own, which have no topics, beside all others."""
    hit = []
    for query in queries()["test"]:
        own = [replace(search.questions[name], id=f"own-{name}", own=True) for name in sorted(query.right)]
        matches = search.search(query.text, FIRST + len(own), own=own)
        others = [match for match in matches if match.question.id not in query.right]
        hit.append(any(match.question.own for match in others[:FIRST]))
    share = round(float(np.mean(hit)), 4)
    print(f"\nwhere the right ones are a person's own questions, without topics: recall@{FIRST} {share:.3f}")
    return {"recall": share}


def latency(search, times: int) -> dict:
    """Milliseconds of whole searches, text model included, of texts that were not asked before."""
    asked = [query.text for half in queries().values() for query in half]
    seconds = []
    for at in range(times):
        begun, used = time.perf_counter(), time.process_time()
        search.search(f"{asked[at % len(asked)]} {at}", FIRST)
        seconds.append((time.perf_counter() - begun, time.process_time() - used))
    p50, p95 = np.percentile(np.array(seconds) * 1000, (50, 95), axis=0)
    report = {"p50_ms": round(float(p50[0]), 1), "p95_ms": round(float(p95[0]), 1)}
    report |= {"cpu_p50_ms": round(float(p50[1]), 1), "cpu_p95_ms": round(float(p95[1]), 1)}
    print(
        f"\na whole search with the text model: p50 {report['p50_ms']} ms, p95 {report['p95_ms']} ms "
        f"(processor time {report['cpu_p50_ms']} and {report['cpu_p95_ms']} ms)"
    )
    return report


def main() -> None:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--times", type=int, default=200, help="timed searches")

    chosen = options(__doc__, arguments)
    given = chosen.arguments
    from coach.search import QuestionSearch

    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        search = QuestionSearch.open(folder)
        report = {"opened_s": round(time.perf_counter() - begun, 2)}
        print(f"{len(search.questions)} questions, opened in {report['opened_s']} s, text model included")
        report |= {"quality": quality(search), "latency": latency(search, given.times)}
        report["without_topics"] = without_topics(search)
        search.close()
    chosen.write(report)


if __name__ == "__main__":
    main()
