"""The facts of one answer, which the words of the feedback may tell and nothing else.

The code decides them: scores, what is strongest and weakest, and for each measure of the delivery the direction in
which to change it. They are plain values, so that whoever measures and scores needs to know nothing of language models.
"""

import re
from dataclasses import dataclass, field

from coach.quotations import is_from, straight

# A model on two cores reads forty to fifty tokens a second before it says its first word, so what it is told is short.
QUOTE_WORDS = 12  # a longer piece of evidence is cut
ADVICE_WORDS = 30
POINT_WORDS = 15  # a longer key point isn't told
FINDINGS, POINTS = 1, 1  # how many are told
# By measure and verdict what is wrong, and what to do about it. `coach.directions` knows these words.
_DIRECTIONS = {
    ("speaking_rate", "high"): ("too fast", "slow down"),
    ("speaking_rate", "low"): ("too slow", "speak a little faster"),
    ("articulation_rate", "high"): ("too fast", "speak more slowly"),
    ("articulation_rate", "low"): ("too slow", "speak a little faster"),
    ("pause_count", "high"): ("too many pauses", "pause less often"),
    ("pause_count", "low"): ("too few pauses", "pause more often"),
    ("longest_pause", "high"): ("too long a pause", "keep to shorter pauses"),
    ("pause_share", "high"): ("too many pauses", "leave fewer pauses"),
    ("pause_share", "low"): ("too few pauses", "leave more pauses"),
    ("fillers", "high"): ("too many fillers", "use fewer fillers"),
    ("repetitions", "high"): ("too many repetitions", "finish the thought in your head before you say it"),
    ("pitch_variation", "low"): ("too flat", "vary your pitch more"),
    ("pitch_variation", "high"): ("too varied", "keep your pitch steadier"),
    ("loudness_variation", "low"): ("too even", "stress the words that matter"),
    ("loudness_variation", "high"): ("too uneven", "keep your volume steadier"),
    ("energy_trend", "low"): ("your energy falls", "keep your energy up to the last sentence"),
    ("energy_trend", "high"): ("your energy rises", "begin with the energy that you end with"),
}
_GOOD = {
    "speaking_rate": "a comfortable pace",
    "pause_count": "well-placed pauses",
    "pitch_variation": "a lively pitch",
}
_SECOND_PERSON = (
    (r"\bI'm\b|\bI am\b", "you are"),
    (r"\bI was\b", "you were"),
    (r"\bI\b|\bme\b", "you"),
    (r"\bmy\b", "your"),
    (r"\bmine\b", "yours"),
    (r"\bmyself\b", "yourself"),
)


@dataclass(frozen=True)
class ScoreFact:
    """One score. value: 0 to 100; evidence: a literal quote from the answer, or ""; advice: what to do, or ""."""

    name: str
    title: str
    value: int
    evidence: str = ""
    advice: str = ""


@dataclass(frozen=True)
class Finding:
    """One measure of the delivery.

    shown: the value with its unit, "182 words per minute"
    good: whether it is in the comfortable range
    said: "too fast", or for a good one "a comfortable pace"; advice: "slow down", or "" for a good one
    """

    name: str
    title: str
    shown: str
    good: bool
    said: str
    advice: str = ""

    @property
    def measured(self) -> str:
        """ "speaking rate is 182 words per minute, too fast" """
        verb = "are" if self.title.endswith("s") else "is"
        return f"{self.title.lower()} {verb} {self.shown}, {'which is ' if self.good else ''}{self.said}"

    @property
    def told(self) -> str:
        """The same with what to do about it."""
        return f"{self.measured}, so {self.advice}" if self.advice else self.measured


@dataclass(frozen=True)
class Facts:
    """What is known of one answer.

    answer: the whole of it; a model never sees it, quotes are compared with it
    overall: 0 to 100. covered, missed: key points of the question

    Raises ValueError without a score, and for a score outside 0 to 100.
    """

    question: str
    answer: str = field(repr=False)
    scores: tuple[ScoreFact, ...]
    overall: int
    findings: tuple[Finding, ...] = ()
    covered: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.scores:
            raise ValueError("there must be at least one score")
        for value in (self.overall, *(score.value for score in self.scores)):
            if not isinstance(value, int) or not 0 <= value <= 100:
                raise ValueError(f"a score must be a whole number from 0 to 100, not {value!r}")

    @property
    def strongest(self) -> ScoreFact:
        """The highest score, the first of equal ones."""
        return max(self.scores, key=lambda score: score.value)

    @property
    def weakest(self) -> ScoreFact:
        """The lowest of the others, the first of equal ones; the only one where there is one."""
        others = [score for score in self.scores if score is not self.strongest]
        return min(others or self.scores, key=lambda score: score.value)

    @property
    def voice(self) -> tuple[Finding, ...]:
        """The findings that are told: the first fault, or what is good where there is none."""
        return tuple(sorted(self.findings, key=lambda finding: finding.good))[:FINDINGS]

    @property
    def missing(self) -> tuple[str, ...]:
        """The first of the missed key points, said to the person; without one that the advice is about."""
        advised = self.weakest.advice.casefold()
        short = [point for point in self.missed if len(point.split()) <= POINT_WORDS]
        others = [point for point in short if point.strip().rstrip(".").casefold() not in advised]
        return tuple(to_you(point) for point in others[:POINTS])

    def quote(self, score: ScoreFact) -> str:
        """The evidence of a score, at most 12 words of it; "" where it does not stand in the answer."""
        cut = straight(" ".join(score.evidence.split()[:QUOTE_WORDS])).strip(" ,;:.!?'\"")
        return cut.replace('"', "'") if cut and is_from(cut, self.answer) else ""

    def notes(self) -> list[str]:
        """The facts in sentences, as a model reads them: what the person said stands in quotation marks.

        Without what `known` has besides: the page shows it beside the words, and the first word comes sooner.
        """
        best, weak = self.strongest, self.weakest
        notes = [f"Your strongest point is {best.title.lower()}, {best.value} of 100.", *self._quoted(best)]
        if weak is not best:
            notes += [f"The one thing to change is {weak.title.lower()}, {weak.value} of 100.", *self._quoted(weak)]
        if weak.advice:
            notes.append(brief(weak.advice))
        notes += [f"Your {found.told}." for found in self.voice]
        return [*notes, *(f"You did not mention {point}." for point in self.missing)]

    def known(self) -> list[str]:
        """The notes and what else may be told: how many key points were, and the overall score."""
        told, points = len(self.covered), len(self.covered) + len(self.missed)
        counted = [f"You told {told} of {points} key points."] if points else []
        return [*self.notes(), *counted, f"Overall {self.overall} of 100."]

    def _quoted(self, score: ScoreFact) -> list[str]:
        quote = self.quote(score)
        return [f'You said: "{quote}".'] if quote else []


def finding(name: str, title: str, value: float | None, unit: str, verdict: str) -> Finding | None:
    """What a measure of the delivery means: None where it is unknown, or nothing follows from it.

    name: of `coach.delivery`; verdict: "low", "good", "high" or "unknown"
    """
    if value is None:
        return None
    shown = f"{_shown(value)} {unit}".strip()
    if verdict == "good" and name in _GOOD:
        return Finding(name, title, shown, True, _GOOD[name])
    if (name, verdict) in _DIRECTIONS:
        return Finding(name, title, shown, False, *_DIRECTIONS[name, verdict])
    return None


def to_you(point: str) -> str:
    """A key point, which is written as the person would say it, said to the person: "my own share" as "your …"."""
    point = straight(point)
    for pattern, word in _SECOND_PERSON:
        point = re.sub(pattern, word, point)
    return point.strip().rstrip(".")


def brief(advice: str) -> str:
    """The first sentences of an advice, at most thirty words, with a full stop."""
    kept: list[str] = []
    for sentence in re.split(r"(?<=[.!?])\s+", " ".join(advice.split())):
        words = sentence.split()
        if kept and len(kept) + len(words) > ADVICE_WORDS:
            break
        kept += words[:ADVICE_WORDS]
    text = " ".join(kept)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _shown(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.1f}".removesuffix(".0")
