"""What an answer consists of, by the kind of question.

A question about something that happened is answered by a story (STAR: Development Dimensions International, 1974). One
about what somebody would do is answered by a plan, one about what somebody wants or values by a point with its reason
and an example, one about knowledge by an explanation with its limits. They are in data/rubrics.toml.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from coach.questions import Question
from common import toml


@dataclass(frozen=True)
class Part:
    """A part of an answer.

    name, title: for code and for people; weight: its share of the structure score
    learned: parts of `coach.prototypes` that count as this one; advice: what to do where it is missing
    """

    name: str
    title: str
    weight: float
    learned: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class Rubric:
    """The parts that an answer to one kind of question has, in order; their weights sum to 1."""

    name: str
    title: str
    parts: tuple[Part, ...]


def _read(path: Path) -> dict[str, Rubric]:
    return {
        name: Rubric(
            name,
            table["title"],
            tuple(Part(**part | {"learned": tuple(part["learned"])}) for part in table["part"]),
        )
        for name, table in toml.read(path).items()
    }


RUBRICS = _read(Path(__file__).parent / "data" / "rubrics.toml")
STORY, PLAN, POINT, EXPLANATION = (RUBRICS[name] for name in ("story", "plan", "point", "explanation"))
_BY_CATEGORY = {
    "behavioural": STORY, "leadership": PLAN, "situational": PLAN, "technical": EXPLANATION, "motivation": POINT,
    "culture": POINT,
}  # fmt: skip
# By the words of a question in small letters: it asks for something that happened, or for what one would do.
_STORY = re.compile(
    r"\b(?:a time|an example|an occasion|have you ever|when (?:did|have) you|how have you|what did you|how did you|"
    r"tell me how you|which of your|one person|"
    r"(?:tell me about|describe|give me|pick|think of|(?:walk|talk) me through) (?:a|an|one|the)\b.{0,60}?"
    r"\b(?:you|your|yours|that|whose|when|where|in which))\b"
)
_PLAN = re.compile(
    r"\b(?:would you|will you|do you (?:do|begin|respond|react|handle|lead|help|approach)|what now|what happens next)\b"
)


def rubric_of(question: Question) -> Rubric:
    """The rubric for a question: by its words where they ask for an event or a plan, by its category otherwise."""
    text = question.text.lower().replace("\u2019", "'")
    usual = _BY_CATEGORY[question.category]
    if question.category == "motivation":
        return STORY if text.startswith("tell me about a ") else usual
    if question.category != "situational" and _STORY.search(text):
        return STORY
    return PLAN if question.category != "technical" and _PLAN.search(text) else usual
