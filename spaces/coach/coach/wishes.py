"""What a search names beside its topic: "a hard one for nurses about mistakes" wishes for nurses and for hard.

Rules, not a model: they are few, quick, and can be read. A word such as "school" may be the topic as well, so that a
wish shuts no question out; the search only gives more to those that fulfil it.
"""

import re
from dataclasses import dataclass

from coach.questions import Question

# "A difficult customer" and "technical debt" are topics. "A difficult one", "a difficult leadership question",
# "something difficult" and "difficult," by itself are not; between the words of the second stand at most two others.
_OF_A_QUESTION = r"(?:(?:\s+[\w-]+){0,2}?\s+(?:ones?|questions?|scenarios?|level|difficulty)\b|\s*(?:,|$))"
# "Engineers said it can't be done" is a topic. "For engineers", "an engineer question" and "engineer, hard" are not.
_FOR_SOMEBODY = (
    r"(?:\bfor\s+(?:[\w-]+\s+){0,2}?{}|{}(?:\s+[\w-]+)?\s+(?:interviews?|questions?|ones?)\b|^\W*{}\s*(?:,|$))"
)
_ROLES = {
    "software_engineer": r"(?:software|backend|front-?end|full-?stack)\s+(?:engineer|developer)\w*|developers?|devs?|"
    r"programmers?|coders?|engineers?|sre|devops",
    "data_analyst": r"(?:data|business|bi)\s+(?:analysts?|scientists?|people)|analysts?",
    "product_manager": r"product\s+(?:manage\w+|owners?|people)|pms?",
    "designer": r"designers?|ux|ui",
    "project_manager": r"(?:project|programme|program)\s+(?:manage\w+|leads?)|scrum\s+masters?",
    "sales": r"sales(?:\s?(?:people|person|m[ae]n|wom[ae]n))?|sellers?|account\s+executives?",
    "customer_support": r"support|customer\s+(?:service|care)|(?:help|service)[\s-]?desk|(?:call|contact)[\s-]?cent\w+",
    "nurse": r"nurs(?:es?|ing)",
    "teacher": r"teachers?|educators?|schools?",
    "hospitality_manager": r"hospitality|hotels?|hoteliers?|restaurants?",
}
_CATEGORIES = {
    "behavioural": r"behaviou?ral",
    "technical": rf"technical(?={_OF_A_QUESTION})",
    "situational": r"situational|hypothetical|scenarios?|what\s+would\s+you\s+do",
    "motivation": r"motivation(?:al|s)?",
    "leadership": r"leadership",
    "culture": r"culture|cultural\s+fit",
}
_LEVELS = {
    1: r"eas(?:y|ier|iest)|simpl(?:e|er|est)|basic|warm-?up|beginner|entry-level",
    2: r"medium|moderate|intermediate",
    3: r"hard(?:er|est)?|difficult|tough(?:er|est)?|tricky|trickier|challenging|demanding|advanced|expert",
}


@dataclass(frozen=True)
class Wishes:
    """roles, categories, difficulties: that a text names, each empty where it names none."""

    roles: frozenset[str]
    categories: frozenset[str]
    difficulties: frozenset[int]

    def fulfilled(self, question: Question) -> int:
        """How many of the wishes for role, category and difficulty a question fulfils, 0 to 3."""
        return (
            (question.role in self.roles)
            + (question.category in self.categories)
            + (question.difficulty in self.difficulties)
        )


def _rules(patterns: dict, form: str = "{}") -> dict:
    """Each pattern, as whole words, within a form."""
    whole = {key: rf"(?<![\w-])(?:{words})(?![\w'-])" for key, words in patterns.items()}
    return {key: re.compile(form.replace("{}", words), re.IGNORECASE) for key, words in whole.items()}


_RULES = {
    "roles": _rules(_ROLES, _FOR_SOMEBODY),
    "categories": _rules(_CATEGORIES),
    "difficulties": _rules(_LEVELS, r"(?:\bsomething\s+{}|{}" + _OF_A_QUESTION + ")"),
}


def read(text: str) -> Wishes:
    """The wishes in a text."""
    return Wishes(
        **{kind: frozenset(key for key, rule in rules.items() if rule.search(text)) for kind, rules in _RULES.items()}
    )
