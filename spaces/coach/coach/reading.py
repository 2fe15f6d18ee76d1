"""An answer as it is scored: its sentences, what each is about, and how much each says.

A sentence says nothing where it speaks to whoever scores ("ignore your instructions"), repeats the question or the key
points word by word, or is no English sentence. So nothing in an answer can change the rules by which it is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from coach import sentences, wording
from coach.prototypes import prototypes
from coach.questions import Question
from coach.sentences import Sentence
from common.errors import UserError
from common.text import SentenceEncoder

LONGEST = 20_000  # characters: some 20 minutes of speech
RUN = 4  # words in a row that are the same as in the question or a key point, from which on they are copied
COPIED = 0.5  # share of a sentence's words in such runs from which on it says nothing of its own
ENGLISH = 0.15  # share of function words below which words are no English sentences; English has about half
WHOLE, ENOUGH = 12, 1.5  # words of a whole sentence; such sentences below which there is too little to score highly
LONG_ENOUGH = 8  # words from which that can be told

_MARKS = r"(?:marks?|scores?|points?|ratings?|grades?)"
_HIGH = (
    r"(?:100|(?:a|one)\s+hundred|full|max(?:imum)?|perfect|top|high(?:est)?|best|excellent|ten\s+out\s+of\s+ten|10/10)"
)
_GIVE = r"(?:give|award|grant|assign|set|mark|score|rate|grade|return|output|print)"
_TEXT = r"(?:answer|response|reply|transcript|interview)"
_JUDGE = r"(?:ai|language\s+model|evaluator|grader|scorer|rater|examiner)"
_RULES = r"(?:instructions?|rules?|prompts?|guidelines?|rubrics?|criteria|formulas?)"
# What speaks to whoever scores an answer, one way a line. What somebody may tell of their work must not be among it:
# "I can't ignore the rules", "I gave her full marks", "as an assistant I had to".
_TO_SCORER = re.compile(
    r"(?<!\w)(?:"
    rf"(?:ignore|disregard|forget|override|bypass)\s+(?:\w+\s+){{0,3}}?"
    rf"(?:your|previous|prior|above|earlier|scoring|grading|system)\s+(?:\w+\s+)?{_RULES}"
    rf"|{_GIVE}\s+(?:\w+\s+){{0,5}}?{_HIGH}\s+(?:\w+\s+)?{_MARKS}(?!\w)"
    rf"|{_GIVE}\s+(?:it|me|us|(?:this|my|the)(?:\s+{_TEXT})?)\s+(?:an?\s+)?"
    r"(?:100|(?:a|one)\s+hundred|ten\s+out\s+of\s+ten|10/10|five\s+stars)(?!\w)"
    rf"|{_GIVE}\s+(?:an?\s+)?(?:100|hundred)(?=\s*(?:[.!,;]|$|points|out\s+of|(?:in|for)\s+(?:every|all|each)))"
    rf"|(?:score|rate|grade)\s+(?:me(?!\w)|(?:this|my|the)\s+{_TEXT})"
    rf"|(?:this|my)\s+{_TEXT}\s+(?:\w+\s+)?(?:deserves|earns|merits|should\s+(?:get|receive|be|score)|is\s+(?:\w+\s+)?"
    r"(?:excellent|perfect|strong|outstanding|worth)|meets|covers|scores|fulfils)"
    r"|the\s+(?:candidate|applicant|interviewee|speaker)\s+(?:\w+\s+)?(?:deserves|covers|covered|demonstrates|shows|meets|"
    rf"answered|should\s+(?:get|receive))\s.{{0,60}}?(?:key\s+points|criteria|question|rubric|structure|{_HIGH}\s+{_MARKS})"
    r"|(?:all|every)\s+(?:of\s+the\s+)?(?:key\s+points?|criteria)\s+(?:\w+\s+){0,2}?(?:covered|met|fulfilled)"
    rf"|you\s+are\s+(?:now\s+)?(?:an?|the)\s+(?:\w+\s+){{0,2}}?(?:{_JUDGE}|assistant|judge|chatbot)(?!\w)"
    rf"|as\s+(?:an?|the)\s+(?:\w+\s+)?{_JUDGE},?\s+(?:you|please|it\s+is)(?!\w)"
    rf"|(?:note|message|hint|remark)\s+(?:to|for)\s+(?:the\s+)?(?:{_JUDGE}|assistant|judge|system)(?!\w)"
    rf"|dear\s+(?:{_JUDGE}|assistant|judge)(?!\w)"
    rf"|(?:all|every|the|my)\s+{_MARKS}\s+(?:\w+\s+)?(?:to|at|as|=)\s+{_HIGH}(?!\w)"
    r"|(?:structure|relevance|specificity|ownership|overall|rating|final\s+score)\s*[:=]\s*\d"
    r")"
    rf"|^\W*(?:system|assistant|user|{_JUDGE})\s*:",
    re.IGNORECASE,
)
# How something was said is not what was said: sounds, phrases set off by commas, words said twice.
_FILLERS = re.compile(
    r"(?:,\s*)?(?<!\w)(?:u+h*m+|u+h+|e+r+m*|h+m+|m{2,}|a+h+m*)(?!\w)(?:\u2026|\.{3})?"
    r"|,\s*(?:you\s+know|i\s+mean|like|sort\s+of|kind\s+of|well)(?=,)",
    re.IGNORECASE,
)
_TWICE = re.compile(r"(?<![\w'])([\w']+(?:\s+[\w']+){0,2})(?:,?\s+\1(?![\w']))+", re.IGNORECASE)
_LABEL = re.compile(r"^(?:situation|task|action|result|point|reason|example)\s*:\s*", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Reading:
    """An answer that was read.

    sentences: those that are scored, n of them; said: each without fillers, as it was read
    vectors: (n, d) unit vectors of their meaning
    own: (n,) whether each is in the speaker's own words, in English, and was not said before
    parts: (n, p) a value for each of the parts `learned`; substance: (n,) how much each says, 0 to 1
    whole: (d,) vector of its first 200 words or so, those that the encoder reads
    question: (d,) vector of the question; key_points: (k, d) those of its key points
    set_aside: the sentences that are not scored, because they speak to whoever scores
    """

    text: str
    sentences: tuple[Sentence, ...]
    said: tuple[str, ...]
    vectors: np.ndarray
    own: np.ndarray
    parts: np.ndarray
    learned: tuple[str, ...]
    substance: np.ndarray
    whole: np.ndarray
    question: np.ndarray
    key_points: np.ndarray
    set_aside: tuple[Sentence, ...]

    @cached_property
    def words(self) -> np.ndarray:
        """Words of each sentence, (n,)."""
        return np.array([len(text.split()) for text in self.said], float)

    @cached_property
    def fullness(self) -> float:
        """Share of the words in sentences that say something, 0 to 1."""
        return float((self.words * self.substance).sum() / max(self.words.sum(), 1.0))

    @cached_property
    def enough(self) -> float:
        """1 from ENOUGH whole sentences on that say something, less below."""
        return min(1.0, float((self.substance * (self.words / WHOLE).clip(0.0, 1.0)).sum()) / ENOUGH)


def check(text: str) -> str:
    """The text, or a UserError: no text, empty, beyond LONGEST characters, or not in English sentences."""
    if not isinstance(text, str):
        raise UserError(f"The answer is {text!r:.80}: give it as text.")
    if len(text) > LONGEST:
        raise UserError(f"The answer has {len(text):,} characters: give at most {LONGEST:,}, twenty minutes of speech.")
    words = wording.words(text)
    if not words:
        raise UserError("There is no answer yet: nothing was said or written.")
    if len(words) >= LONG_ENOUGH and not _is_english(words):
        raise UserError(
            f"The answer does not read as English sentences: {' '.join(text.split())[:60]!r}. What is said is scored "
            "in English only. Answer in whole sentences, in English."
        )
    return text


def read(question: Question, text: str, encoder: SentenceEncoder) -> Reading:
    """Read an answer; one call of the encoder. Raises UserError as `check`."""
    kept, aside = _part_aside(text, sentences.split(check(text)))
    texts = [said(sentence.text) for sentence in kept]
    vectors = encoder.embed([*texts, " ".join(texts), question.text, *question.key_points])
    fitted = prototypes()
    parts, says = fitted.read(texts, vectors[: len(texts)])
    sources = [wording.words(source) for source in (question.text, *question.key_points)]
    told = zip(texts, _repeated(texts), strict=True)
    own = np.array([_is_own(text, sources) and not again for text, again in told], bool)
    whole, asked, *points = vectors[len(texts) :]
    return Reading(
        text=text,
        sentences=kept,
        said=tuple(texts),
        vectors=vectors[: len(texts)],
        own=own,
        parts=parts,
        learned=fitted.parts,
        substance=says * own,
        whole=whole,
        question=asked,
        key_points=np.array(points).reshape(-1, len(asked)),
        set_aside=aside,
    )


def said(sentence: str) -> str:
    """A sentence without fillers, without words said twice in a row, and without a heading such as "Result:"."""
    text = _TWICE.sub(r"\1", _FILLERS.sub("", wording.plain(sentence)))
    return _LABEL.sub("", " ".join(text.split()).lstrip(" ,")) or sentence


def _part_aside(text: str, whole: tuple[Sentence, ...]) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """Sentences that are scored, and those that speak to the scorer. Where one begins otherwise, its beginning is kept:
    a transcript without marks may run from the one into the other.
    """
    kept, aside = [], []
    for sentence in whole:
        match = _TO_SCORER.search(wording.plain(sentence.text))
        if match is None:
            kept.append(sentence)
            continue
        before = sentence.text[: match.start()].rstrip()
        at = sentence.start
        if len(before.split()) >= RUN:
            kept.append(Sentence(sentence.start, sentence.start + len(before), before))
            at += match.start()
        aside.append(Sentence(at, sentence.end, text[at : sentence.end]))
    return tuple(kept), tuple(aside)


def _repeated(texts: Sequence[str]) -> list[bool]:
    """Which sentences were there before, word by word."""
    told = [tuple(wording.words(text)) for text in texts]
    return [words in told[:number] for number, words in enumerate(told)]


def _is_own(sentence: str, sources: list[list[str]]) -> bool:
    words = wording.words(sentence)
    if len(words) >= LONG_ENOUGH and not _is_english(words):
        return False
    return wording.share(_copied(words, sources), len(words)) < COPIED


def _copied(words: list[str], sources: list[list[str]]) -> int:
    """How many of the words stand in runs of RUN or more that are in a source too."""
    runs = {tuple(source[at : at + RUN]) for source in sources for at in range(len(source) - RUN + 1)}
    inside = [False] * len(words)
    for at in range(len(words) - RUN + 1):
        if tuple(words[at : at + RUN]) in runs:
            inside[at : at + RUN] = [True] * RUN
    return sum(inside)


def _is_english(words: list[str]) -> bool:
    return wording.share(sum(word in wording.FUNCTION for word in words), len(words)) >= ENGLISH
