"""What the page says of an answer, a question and a history, in words and rows."""

import re

from coach import transcript
from coach.choice import Choice
from coach.figures import range_of, shown
from coach.questions import ANY, CATEGORIES, LEVELS, ROLES, Question
from coach.records import Answer, Session
from coach.sessions import Course

SCORE_HEADS = {"Score": "22%", "of 100": "12%", "What you said": "33%", "What to change": "33%"}
MEASURE_HEADS = {"Measure": "34%", "Value": "24%", "Comfortable": "24%", "": "18%"}
FOUND_HEADS = {"Question": "60%", "For": "18%", "Kind": "14%", "": "8%"}
SESSION_HEADS = {"Session": "16%", "When": "30%", "Role": "28%", "Answers": "13%", "Score": "13%"}
VERDICTS = {"low": "▼ low", "good": "✓", "high": "▲ high", "unknown": "?"}
# The browser's own voice: nothing is sent anywhere.
ALOUD = """(question) => {
    if (!question || !window.speechSynthesis) return;
    speechSynthesis.cancel();
    const said = new SpeechSynthesisUtterance(question.text);
    said.lang = 'en';
    speechSynthesis.speak(said);
}"""
ROLE_CHOICES = [("Any role", ""), *((title.capitalize(), name) for name, title in ROLES.items() if name != ANY)]
CATEGORY_CHOICES = [("All kinds", ""), *((name.capitalize(), name) for name in CATEGORIES)]
LEVEL_CHOICES = [("As it suits you", 0), *((word.capitalize(), level) for level, word in LEVELS.items())]
FILE_OF_QUESTIONS = """### Bring your own questions
CSV or JSON with `text`, and where you like `role`, `category`, `difficulty`, `key_points`, `follow_ups`."""
GUIDE = """**What you said, and how, will appear here.**

1. Choose a role and take a question, or write one of your own.
2. Answer it aloud. One to two minutes are usual: the situation, what you did, what came of it.
3. Press **Tell me**. You see your words while they are written down, then how you spoke, what was good, and one thing
   to change.

Your recording stays on the computer that runs this page and is deleted after the analysis, unless you ask to keep it.
"""


def question_text(question: Question, why: str = "") -> str:
    """The question as a heading, with what it is and why it was chosen."""
    about = [LEVELS[question.difficulty], question.category]
    about.append("for " + ROLES[question.role] if question.role != ANY else "for any role")
    about = ["your own question"] if question.own else about
    return f"### {plain(question.text)}\n{', '.join(about)}. {why}".strip()


def chosen_text(chosen: Choice) -> str:
    return question_text(chosen.question, chosen.why)


def key_points(question: Question) -> str:
    if not question.key_points:
        return "Nothing is noted for this question: it is compared with your answer as it stands."
    return "\n".join(f"- {plain(point)}" for point in question.key_points)


def result(answer: Answer) -> str:
    """Overall score, feedback and what was left out."""
    by = f"worded by {plain(answer.model or answer.worded_by)}, checked against the figures below"
    by = "worded by rules" if answer.worded_by == "rules" else by
    lines = [] if answer.overall is None else [f"## {answer.overall} of 100"]
    lines += [plain(answer.feedback), f"<small>{by}</small>"]
    if answer.missed:
        lines.append("**Not mentioned:** " + "; ".join(map(plain, answer.missed)) + ".")
    lines += [f"**Mind:** {plain(warning)}" for warning in answer.warnings]
    return "\n\n".join(lines)


def score_rows(answer: Answer) -> list[list]:
    return [[one.title, one.value, one.evidence, one.advice] for one in answer.scores]


def formulas(answer: Answer) -> str:
    """How each score comes about."""
    return "\n".join(f"- **{one.title}**: {one.formula}" for one in answer.scores)


def measure_rows(answer: Answer) -> list[list]:
    return [
        [
            one.title,
            "?" if one.value is None else f"{shown(one.value)} {one.unit}".strip(),
            range_of(one.low, one.high),
            VERDICTS[one.verdict],
        ]
        for one in answer.measures
    ]


def sources(answer: Answer) -> str:
    """Where the comfortable ranges come from, and what to know of the measures."""
    notes = (f"{one.source} {one.note}".strip() for one in answer.measures)
    return "\n".join(f"- **{one.title}**: {note}" for one, note in zip(answer.measures, notes, strict=True) if note)


def said(answer: Answer) -> list[tuple[str, str | None]]:
    """The transcript with fillers, repetitions and long pauses marked."""
    return [(piece.text, piece.kind or None) for piece in transcript.pieces(answer)]


def feeling(answer: Answer) -> str:
    """Arousal, calmness and valence in a line."""
    names = {"arousal": "arousal of the voice", "calmness": "calmness", "valence": "tone of the words (-1 to 1)"}
    known = {name: answer.emotion.get(key) for key, name in names.items() if answer.emotion.get(key) is not None}
    line = ", ".join(f"{name} **{shown(round(value, 2))}**" for name, value in known.items())
    return "\n\n".join(filter(None, [line.capitalize() if line else "", " ".join(map(plain, answer.emotion_notes))]))


def done(answer: Answer, session: Session) -> str:
    seconds = sum(answer.seconds.values())
    kept = f"kept as answer {len(session.answers)} of session {session.id}" if session.id else "not kept"
    return f"Done in {seconds:.1f} s, {kept}."


def growing(told: dict[str, str]) -> str:
    """What is known before the end: the transcript so far, then the feedback so far."""
    return "\n\n".join(plain(told[name]) for name in ("text", "words") if told.get(name)) or "…"


def session_rows(history: dict) -> list[list]:
    return [
        [
            one["id"],
            one["started"][:16].replace("T", " "),
            ROLES.get(one["role"] or ANY, ""),
            one["answers"],
            "" if one["overall"] is None else round(one["overall"]),
        ]
        for one in history["sessions"]
    ]


def courses_text(courses: tuple[Course, ...]) -> str:
    if not courses:
        return "Nothing is kept yet. Answer a question, and your progress appears here."
    return "\n".join(f"- {course.trend}" for course in courses)


def found_rows(found: list[dict]) -> list[list]:
    return [[one["text"], ROLES[one["role"]], one["category"], LEVELS[one["difficulty"]]] for one in found]


def imported(found: dict) -> str:
    lines = [f"**{len(found['added'])}** questions were added; you have {found['questions']} of your own."]
    return "\n".join([*lines, *(f"- {plain(problem)}" for problem in found["problems"][:20])])


def provider_line(providers: list[dict]) -> str:
    """Who words the feedback now."""
    ready = [one for one in providers if one["ready"]]
    not_ready = [f"{one['provider']}: {one['reason']}" for one in providers if not one["ready"]]
    first = ready[0]
    who = f"{first['provider']} ({plain(first['model'])})" if first["model"] else "Rules"
    return f"{who} words the feedback." + (f" Not ready: {plain('; '.join(not_ready))}" if not_ready else "")


def plain(text: str) -> str:
    """A text of people or models, without what Markdown or HTML would take as their own."""
    return re.sub(r"([*_`\[\]<>#|~\\])", lambda match: f"&#{ord(match[1])};", text)
