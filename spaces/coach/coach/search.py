"""Find questions by what they are about: "something about conflict with my manager"."""

import hashlib
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from coach import meaning, wishes
from coach.questions import ANY, CATEGORIES, LEVELS, ROLES, Question, built_in, check_wished
from common import folders, vectors
from common.errors import UserError

if TYPE_CHECKING:
    from common.text import SentenceEncoder

LONGEST = 500  # characters of a search
FULFILLED = 0.2  # what a question gets for each wish that it fulfils, see `wishes`
# A question without topics is less like any search; by so much, measured on questions whose topics were left out.
WITHOUT_TOPICS = 1.2
MOST_REMEMBERED = 4096  # of people's own questions whose vectors are kept, 1.5 kB each
SHORTEST_MENDED = 6  # letters of a word whose spelling is mended

_WORD = re.compile(r"[^\W\d_]+")


_SHARED: dict[Path, "QuestionSearch"] = {}
_SHARING = threading.Lock()


@dataclass(frozen=True)
class Match:
    """A question and how well it fits: the likeness in meaning, -1 to 1, and FULFILLED for each wish, up to 3."""

    question: Question
    score: float


class QuestionSearch:
    """Search over the bank and, where they are given, over a person's own questions.

    folder: of the index; it is made. Open it in one process only, unless CHROMA_URL names a server
    questions: by id; topics: of them by id
    known: vectors by their marks, see `meaning`; what is not among them is embedded when the index lacks it

    A changed bank is another index. Safe to share between threads.
    """

    def __init__(
        self,
        folder: str | Path,
        encoder: "SentenceEncoder",
        questions: Mapping[str, Question],
        topics: meaning.Topics,
        known: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.questions = questions
        self._encoder = encoder
        self._lock = threading.Lock()
        self._own: dict[Question, np.ndarray] = {}
        self._mended = lru_cache(maxsize=1024)(self._mend)
        said = [meaning.text_of(question) for question in questions.values()]
        said += [topic for name in questions for topic in topics.get(name, ())]
        said += [*CATEGORIES, *ROLES.values(), *LEVELS.values()]
        self._words = {word for text in said for word in _WORD.findall(text.lower())}
        marks = {name: meaning.mark(question, topics.get(name, ())) for name, question in questions.items()}
        digest = hashlib.sha256(repr(sorted(marks.items())).encode()).hexdigest()[:12]
        self._client = vectors.connect(Path(folder) / "vectors")
        self._collection = vectors.Collection(self._client, f"questions-{digest}")
        self._fill(topics, marks, known or {})

    @classmethod
    def open(cls, folder: str | Path | None = None) -> "QuestionSearch":
        """The search over the bank with its index in `folder`, None for the system's data folder.

        Raises WeightsUnavailable, and UserError where the folder or the server can't be used.
        """
        from common import text

        encoder = text.load()
        return cls(
            folder or folders.data_folder("coach"), encoder, built_in(), meaning.topics(), known=meaning.shipped()
        )

    def close(self) -> None:
        """Let go of the index; this can't be used any more."""
        vectors.disconnect(self._client)

    def search(
        self,
        text: str,
        k: int = 5,
        *,
        role: str | None = None,
        category: str | None = None,
        difficulty: int | None = None,
        own: Iterable[Question] = (),
    ) -> list[Match]:
        """The `k` questions that fit best, the best first; fewer where the filter lets fewer through.

        role, category, difficulty: only such questions; a role's are also those for any role
        own: a person's own questions, searched beside the bank
        Raises UserError for a text without words or over LONGEST characters and for a filter that is not known,
        ValueError for a k below 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        if len(text) > LONGEST:
            raise UserError(f"The search has {len(text):,} characters; at most {LONGEST} are read. Say it shorter.")
        if not _WORD.search(text):
            raise UserError(f"There are no words in {text!r}. Say what the question should be about.")
        check_wished(role, category, difficulty)
        text = self._mended(text)
        asked = self._encoder.embed([text])
        hits = self._collection.query(asked, len(self.questions), _where(role, category, difficulty))[0]
        likeness = [(self.questions[hit.id], hit.score) for hit in hits]
        own = [question for question in own if question.fits(role, category, difficulty)]
        likeness += zip(own, (WITHOUT_TOPICS * self._vectors_of(own) @ asked[0]).tolist(), strict=True)
        wished = wishes.read(text)
        matches = [Match(question, score + FULFILLED * wished.fulfilled(question)) for question, score in likeness]
        return sorted(matches, key=lambda match: (-match.score, match.question.id))[:k]

    def _fill(self, topics: meaning.Topics, marks: Mapping[str, str], known: Mapping[str, np.ndarray]) -> None:
        """Put into the index what it lacks."""
        there = self._collection.metadata()
        missing = [question for name, question in self.questions.items() if name not in there]
        new = [question for question in missing if marks[question.id] not in known]
        found = {question.id: known[marks[question.id]] for question in missing if question not in new}
        if new:
            found |= zip((question.id for question in new), meaning.embed(self._encoder, new, topics), strict=True)
        if missing:
            metadatas = [{"role": one.role, "category": one.category, "difficulty": one.difficulty} for one in missing]
            ids = [question.id for question in missing]
            self._collection.upsert(ids, np.stack([found[name] for name in ids]), metadatas)

    def _vectors_of(self, own: Sequence[Question]) -> np.ndarray:
        """Unit vectors (n, d) of people's own questions, which have no topics."""
        with self._lock:
            known = {question: self._own[question] for question in own if question in self._own}
        if new := [question for question in dict.fromkeys(own) if question not in known]:
            known |= zip(new, meaning.embed(self._encoder, new, {}), strict=True)
            with self._lock:
                if len(self._own) + len(new) > MOST_REMEMBERED:
                    self._own.clear()
                self._own |= {question: known[question] for question in new}
        return np.array([known[question] for question in own]).reshape(len(own), self._encoder.dimension)

    def _mend(self, text: str) -> str:
        """The text with slips of the keyboard mended, where a word of the bank is meant."""

        def mended(match: re.Match[str]) -> str:
            word = match[0].lower()
            if len(word) < SHORTEST_MENDED or word in self._words or self._encoder.knows(word):
                return match[0]
            # The first letter is seldom the wrong one, and comparing with all words would take long. One letter may be
            # wrong, or two left out or too many: with more it is likelier another word.
            alike = sorted(other for other in self._words if other[0] == word[0])
            near = get_close_matches(word, alike, 1, 1 - 1 / len(word))
            return near[0] if near else match[0]

        return _WORD.sub(mended, text)


def _where(role: str | None, category: str | None, difficulty: int | None) -> dict[str, Any] | None:
    """The filter in Chroma's language."""
    parts: list[dict[str, Any]] = []
    if role is not None:
        parts.append({"role": {"$in": sorted({role, ANY})}})
    parts += [{"category": category}] if category is not None else []
    parts += [{"difficulty": difficulty}] if difficulty is not None else []
    return {"$and": parts} if len(parts) > 1 else parts[0] if parts else None
