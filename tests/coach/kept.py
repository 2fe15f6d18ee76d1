"""Answers and sessions as they are kept, for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from coach.contents import Report
from coach.records import Answer, MeasureRecord, Place, ScoreRecord, Session, Word
from coach.sessions import progress

NOON = datetime(2025, 3, 30, 12, tzinfo=timezone.utc)
ANNA, BEN = "anna-4f1c09d27be85a36", "ben--81d2c0a7f43e9b56"
TEXT = "I led um, the team of 5. We met the deadline."
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![i](//e.vil/p.png) **b** `c` | d | &lt; # e <b>\n"
    "# f\n- g\n```\n"
)
WORDS = tuple(Word(text, at, at + 0.4, 0.75) for at, text in enumerate(TEXT.split()))
SAID = (Place(0.0, 3.0, "I led"),)
RATE = MeasureRecord(
    "speaking_rate", "Speaking rate", 171.5, "words/min", 120.0, 160.0, "high", "a book", "counted", SAID
)
PAUSES = MeasureRecord("pause_count", "Pauses", 9.0, "per min", 2.0, 6.0, "high", "a paper")
FILLERS = MeasureRecord("fillers", "Fillers", 4.0, "per min", None, 3.0, "high", places=(Place(2.0, 2.4, "um,"),))
PITCH = MeasureRecord("pitch_variation", "Pitch variation", None, "semitones", 2.0, None)
STRUCTURE = ScoreRecord("structure", "Structure", 50, "25 for each part", "I led um, the team", "Say how it ended.")
RELEVANCE = ScoreRecord("relevance", "Relevance", 80, "70 + 30", "", "Name the change.")
WHOLE = Answer(
    question="be-01",
    question_text="Tell me about a team that you led.",
    text=TEXT,
    category="leadership",
    difficulty=3,
    language="en",
    duration=10.5,
    words=WORDS,
    pauses=(Place(6.5, 8.0, "5. … We"), Place(1.4, 1.9, "led … um,")),
    measures=(RATE, PAUSES, FILLERS, PITCH),
    scores=(STRUCTURE, RELEVANCE),
    overall=65,
    covered=("names the team",),
    missed=("the result", "one's own part"),
    emotion={"arousal": 0.625, "valence": None},
    emotion_notes=("Beside earlier answers.",),
    feedback="You led a team.\nSay how it ended.",
    worded_by="ollama",
    model="qwen2.5:1.5b",
    warnings=("The recording clips.",),
    seconds={"transcribe": 4.25},
    settings={"language": "auto"},
    versions={"speech": "whisper-base"},
    created=NOON,
)


def answer(pauses: float = 9.0, overall: int = 65, minutes: float = 0, **values) -> Answer:
    """WHOLE with another count of pauses, which are fine up to 6, and another score, some minutes after noon."""
    measures = (replace(PAUSES, value=pauses, verdict="high" if pauses > 6 else "good"),)
    scores = (replace(STRUCTURE, value=overall),)
    values = {"measures": measures, "scores": scores, "overall": overall} | values
    return replace(WHOLE, created=NOON + timedelta(minutes=minutes), **values)


def session(*answers: Answer, **values) -> Session:
    """A session of which nothing is kept, begun at noon."""
    values = {"role": "nurse", "asked": tuple(one.question for one in answers)} | values
    return Session(NOON, answers=answers, **values)


def spoken(text: str, words: Sequence[str], fillers: tuple[Place, ...] = (), pauses: tuple[Place, ...] = ()) -> Answer:
    """An answer whose words take a second each."""
    timed = tuple(Word(word, at, at + 1, 0.9) for at, word in enumerate(words))
    return replace(WHOLE, text=text, words=timed, measures=(replace(FILLERS, places=fillers),), pauses=pauses)


def report(*answers: Answer, **values) -> Report:
    """The report of a session with progress over its answers."""
    return Report(session(*answers), **{"progress": progress(answers), "made": NOON + timedelta(days=1)} | values)


def hostile() -> Report:
    """A report in which every text that comes from outside tries to be markup."""
    rate = replace(RATE, title=HOSTILE, unit=HOSTILE, note=HOSTILE, source=HOSTILE)
    score = ScoreRecord("structure", HOSTILE, 10, HOSTILE, HOSTILE, HOSTILE)
    one = replace(
        WHOLE, question_text=HOSTILE, text=HOSTILE, words=(), category=HOSTILE, language=HOSTILE, measures=(rate,),
        scores=(score,), covered=(HOSTILE,), missed=(HOSTILE,), emotion={HOSTILE: 0.5}, emotion_notes=(HOSTILE,),
        feedback=HOSTILE, worded_by=HOSTILE, model=HOSTILE, warnings=(HOSTILE,), seconds={HOSTILE: 1.0},
        settings={HOSTILE: HOSTILE}, versions={HOSTILE: HOSTILE},
    )  # fmt: skip
    return Report(session(one, role=HOSTILE, category=HOSTILE), progress((one,)), NOON)
