"""What stands in the report of a session, in an order and form that `coach.report` and `coach.pdf` print.

The texts in it are what people said and models wrote: whoever prints them escapes them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import NamedTuple

from coach import transcript
from coach.figures import range_of, shown
from coach.questions import ANY, LEVELS, ROLES
from coach.records import Answer, MeasureRecord, ScoreRecord, Session
from coach.sessions import FEW, Course

STRONG, FAINT = "strong", "faint"
ENOUGH = 75  # of 100: a score from here on needs no practice
MOST_ADVICE = 4
_STYLES = {transcript.FILLER: STRONG, transcript.REPEATED: STRONG, transcript.PAUSE: FAINT}
_VERDICTS = {"low": "below", "high": "above", "good": "within"}


@dataclass(frozen=True)
class Report:
    """What is exported of a session.

    made: when; None leaves it out; progress: over all sessions of the person, see `coach.sessions.progress`
    """

    session: Session
    progress: tuple[Course, ...] = ()
    made: datetime | None = None


class Run(NamedTuple):
    """A piece of a line. style: STRONG, FAINT or "" """

    text: str
    style: str = ""


Line = tuple[Run, ...]


class Heading(NamedTuple):
    """level: 1 to 3"""

    level: int
    text: str


class Text(NamedTuple):
    """A paragraph. quoted: whether it is what the person said"""

    line: Line
    quoted: bool = False


class Listing(NamedTuple):
    """items: at least one; numbered: whether their order matters"""

    items: tuple[Line, ...]
    numbered: bool = False


class Grid(NamedTuple):
    """A table. rows: at least one, of as many cells as the header"""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Text | Listing | Grid


def blocks(report: Report) -> Iterator[Block]:
    """What stands in a report, from top to bottom."""
    answers = report.session.answers
    role = report.session.role or ANY
    yield Heading(1, f"Interview practice: {ROLES.get(role, role)}")
    yield _faint(_about(report))
    if advice := practise(answers):
        yield Heading(2, "What to practise next")
        yield Listing(tuple(advice), numbered=True)
    for number, answer in enumerate(answers, 1):
        yield Heading(2, f"Question {number}: {answer.question_text}")
        yield _faint(_about_answer(answer))
        yield from _said(answer)
        yield from _feedback(answer)
        yield from _scores(answer)
        yield from _delivery(answer)
    if report.progress:
        yield Heading(2, "Progress")
        yield Listing(tuple((Run(course.trend),) for course in report.progress))
        yield _faint(FEW)
    if sources := _sources(answers):
        yield Heading(2, "Where the comfortable ranges come from")
        yield Listing(sources)
    if rows := _settings(answers):
        yield Heading(2, "Settings and versions")
        yield Grid(("What", "Value", "Questions"), rows)


def practise(answers: Sequence[Answer]) -> list[Line]:
    """What to practise next, at most four things: the scores that are lowest on average, with the latest advice, then
    the measures that lay outside their range in half of the answers or more."""
    scores: dict[str, list[ScoreRecord]] = defaultdict(list)
    measures: dict[str, list[MeasureRecord]] = defaultdict(list)
    for answer in answers:
        for score in answer.scores:
            scores[score.name].append(score)
        for measure in answer.measures:
            if measure.verdict in _VERDICTS:
                measures[measure.name].append(measure)
    found = []
    for of_one in sorted(scores.values(), key=_mean):
        last = of_one[-1]
        if (mean := _mean(of_one)) < ENOUGH:
            found.append((Run(f"{last.title}, {mean:.0f} of 100:", STRONG), Run(f" {last.advice}")))
    for of_one in sorted(measures.values(), key=lambda of_one: -len(_outside(of_one)) / len(of_one)):
        if len(outside := _outside(of_one)) * 2 >= len(of_one):
            last = outside[-1]
            which = f"{last.title} {_VERDICTS[last.verdict]} the comfortable range"
            how_often = f"in {len(outside)} of {len(of_one)} answers" if len(of_one) > 1 else "in the one answer"
            found.append((Run(f"{which}:", STRONG), Run(f" {_value(last)}, comfortable {_range(last)}; {how_often}.")))
    return found[:MOST_ADVICE]


def _about(report: Report) -> str:
    session = report.session
    scored = [answer.overall for answer in session.answers if answer.overall is not None]
    count = len(session.answers)
    return _joined(
        f"Session of {session.started:%Y-%m-%d %H:%M} UTC",
        session.category,
        LEVELS.get(session.difficulty),
        f"{count} answer{'' if count == 1 else 's'}",
        f"{fmean(scored):.0f} of 100 on average" if scored else "",
        f"report of {report.made:%Y-%m-%d %H:%M} UTC" if report.made else "",
    )


def _about_answer(answer: Answer) -> str:
    return _joined(
        answer.category,
        LEVELS.get(answer.difficulty),
        f"{answer.created:%Y-%m-%d %H:%M} UTC" if answer.created else "",
        "typed" if answer.duration is None else f"{shown(answer.duration)} s spoken",
        f"language {answer.language}" if answer.language else "",
        "not scored" if answer.overall is None else f"{answer.overall} of 100",
    )


def _said(answer: Answer) -> Iterator[Block]:
    for warning in answer.warnings:
        yield Text((Run("Note:", STRONG), Run(f" {warning}")))
    lines = transcript.paragraphs(answer)
    for line in lines:
        yield Text(tuple(Run(text, _STYLES.get(kind, "")) for text, kind in line), quoted=True)
    if any(kind for line in lines for _, kind in line):
        yield _faint(f"Fillers and repetitions are bold, pauses from {shown(transcript.LONG)} s on stand in brackets.")


def _feedback(answer: Answer) -> Iterator[Block]:
    if answer.feedback:
        yield Heading(3, "Feedback")
        yield from (Text((Run(line),)) for line in answer.feedback.splitlines() if line.strip())
    if answer.worded_by:
        model = f" ({answer.model})" if answer.model else ""
        yield _faint(f"Worded by {answer.worded_by}{model}.")


def _scores(answer: Answer) -> Iterator[Block]:
    items = [_reason(score) for score in answer.scores]
    for title, points in (("Covered:", answer.covered), ("Missing:", answer.missed)):
        if points:
            items.append((Run(title, STRONG), Run(f" {'; '.join(points)}")))
    if items:
        yield Heading(3, "Scores")
        yield Listing(tuple(items))


def _reason(score: ScoreRecord) -> Line:
    heard = f" Heard: “{score.evidence}”." if score.evidence else ""
    how = f" How it comes about: {score.formula}" if score.formula else ""
    return (Run(f"{score.title}, {score.value} of 100:", STRONG), Run(f" {score.advice}"), Run(heard + how, FAINT))


def _delivery(answer: Answer) -> Iterator[Block]:
    if answer.measures:
        yield Heading(3, "How it was said")
        rows = ((one.title, _value(one), _range(one), _verdict(one)) for one in answer.measures)
        yield Grid(("Measure", "Value", "Comfortable", "Verdict"), tuple(rows))
        if notes := [(Run(f"{one.title}:", STRONG), Run(f" {one.note}")) for one in answer.measures if one.note]:
            yield Listing(tuple(notes))
    if answer.emotion:
        yield Heading(3, "How it sounded")
        rows = ((name, "not known" if value is None else shown(value)) for name, value in answer.emotion.items())
        yield Grid(("Sign", "Value"), tuple(rows))
    yield from map(_faint, answer.emotion_notes)


def _sources(answers: Sequence[Answer]) -> tuple[Line, ...]:
    """Where each range comes from, once."""
    measures = [measure for answer in answers for measure in answer.measures if measure.source]
    found = {(one.title, _range(one), one.source) for one in measures}
    return tuple((Run(f"{title}, {values}:", STRONG), Run(f" {source}")) for title, values, source in sorted(found))


def _settings(answers: Sequence[Answer]) -> tuple[tuple[str, str, str], ...]:
    """Each setting, version and time with the numbers of the questions for which it was so."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for number, answer in enumerate(answers, 1):
        seconds = {f"{stage}, s": shown(value) for stage, value in answer.seconds.items()}
        for pair in (answer.settings | answer.versions | seconds).items():
            found[pair].append(str(number))
    return tuple((name, value, ", ".join(numbers)) for (name, value), numbers in found.items())


def _mean(scores: Sequence[ScoreRecord]) -> float:
    return fmean(score.value for score in scores)


def _outside(measures: Sequence[MeasureRecord]) -> list[MeasureRecord]:
    return [measure for measure in measures if measure.verdict != "good"]


def _value(measure: MeasureRecord) -> str:
    return "not known" if measure.value is None else f"{shown(measure.value)} {measure.unit}".strip()


def _verdict(measure: MeasureRecord) -> str:
    return _VERDICTS.get(measure.verdict, "not known")


def _range(measure: MeasureRecord) -> str:
    return range_of(measure.low, measure.high) or "no range"


def _faint(text: str) -> Text:
    return Text((Run(text, FAINT),))


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
