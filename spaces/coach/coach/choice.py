"""The next question of a session, and in words why it is this one.

No question comes twice in a session until all that fit were asked. Of those left the category comes first that needs
practice most: by the scores of earlier answers in it, and by the scores (structure, ownership …) that it trains and
that were weak. Within it the difficulty follows the last answers, by the transformed up-down rule of Levitt 1971,
"Transformed up-down methods in psychoacoustics": a step up after two good answers in a row, a step down after a weak
one.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from types import MappingProxyType

from coach.questions import ANY, CATEGORIES, LEVELS, ROLES, Question, check_wished
from common.errors import UserError

GOOD, WEAK = 75, 50  # of 100: from here on an answer counts as good, and below as weak
START = 2  # difficulty of the first question
USUAL = 60  # what is taken for the mean of a category or score of which nothing is known; counts as one answer
REMEMBERED = 20  # answers that count, the latest
SHARE_OF_SCORE = 0.5  # of the need of a weak score that a category gets that trains it
EACH = 8  # points of need that a category gives up for each question of it in this session
# Which categories train what a score measures: who is asked for a past situation has to tell it in order and say what
# was their own part; a question of knowledge asks for names and numbers; one about oneself leaves room for the voice.
TRAINS = MappingProxyType(
    {
        "structure": ("behavioural", "situational"),
        "relevance": ("situational", "technical"),
        "specificity": ("technical", "behavioural"),
        "ownership": ("behavioural", "leadership"),
        "delivery": ("motivation", "culture"),
    }
)


@dataclass(frozen=True)
class Answered:
    """An answer that was given earlier: its question's id, category and difficulty, and its scores, 0 to 100.

    scores: by name, such as "structure"; those that could not be measured are not in it
    """

    question: str
    category: str
    difficulty: int
    overall: float
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """question: the next one; why: in a sentence or two; again: whether it was asked in this session before"""

    question: Question
    why: str
    again: bool


def choose(
    questions: Iterable[Question],
    asked: Sequence[str] = (),
    answered: Sequence[Answered] = (),
    *,
    role: str | None = None,
    category: str | None = None,
    difficulty: int | None = None,
    seed: int = 0,
) -> Choice:
    """The next question.

    asked: ids of this session in the order in which they were asked, skipped ones too
    answered: this session's and earlier answers, the latest last
    role, category, difficulty: what is wished for, None for all; questions for any role suit every role
    seed: decides between equals; the same arguments give the same question
    Raises UserError where no question fits, with what there is.
    """
    fitting = _fitting(tuple(questions), role, category, difficulty)
    left = [question for question in fitting if question.id not in asked]
    again = not left
    why = []
    if again:
        left = _longest_ago(fitting, asked)
        why.append(f"All {len(fitting)} questions that fit were asked, so they begin anew.")
    recent = answered[-REMEMBERED:]
    if category is None:
        category, reason = _category(left, fitting, asked, recent, seed)
        left = [question for question in left if question.category == category]
        why.append(reason)
    if difficulty is None:
        target, reason = _difficulty(recent)
        nearest = min(abs(question.difficulty - target) for question in left)
        left = [question for question in left if abs(question.difficulty - target) == nearest]
    known = {answer.question for answer in answered}
    question = min(left, key=lambda one: (one.id in known, not _is_close(one, role), _lot(seed, one.id)))
    if difficulty is None:
        level = LEVELS[question.difficulty]
        nearest_of = f"It is {level}, because no {LEVELS[target]} one is left, which would have followed."
        why.append(reason if question.difficulty == target else nearest_of)
    return Choice(question, " ".join(why) or "It is as you wished.", again)


def _fitting(
    questions: Sequence[Question], role: str | None, category: str | None, difficulty: int | None
) -> list[Question]:
    check_wished(role, category, difficulty)
    of_role = [question for question in questions if question.fits(role)]
    of_category = [question for question in of_role if question.fits(role, category)]
    fitting = [question for question in of_category if question.fits(role, category, difficulty)]
    if fitting:
        return fitting
    for_role = f" for {ROLES[role]}" if role else ""
    if not of_role:
        raise UserError(f"There is no question{for_role}. Choose another role, or add questions of your own.")
    if not of_category:
        there = sorted({question.category for question in of_role}, key=CATEGORIES.index)
        raise UserError(f"There is no {category} question{for_role}. There are {', '.join(there)} ones.")
    there = [LEVELS[level] for level in sorted({question.difficulty for question in of_category})]
    kind = f"{category} " if category else ""
    raise UserError(f"There is no {LEVELS[difficulty]} {kind}question{for_role}. There are {', '.join(there)} ones.")


def _longest_ago(fitting: list[Question], asked: Sequence[str]) -> list[Question]:
    """Those that were asked least often; of these the half whose turn is longest ago."""
    last = {name: at for at, name in enumerate(asked)}
    fewest = min(asked.count(question.id) for question in fitting)
    rested = sorted(
        (question for question in fitting if asked.count(question.id) == fewest), key=lambda one: last[one.id]
    )
    return rested[: max(1, len(rested) // 2)]


def _category(
    left: list[Question], fitting: list[Question], asked: Sequence[str], recent: Sequence[Answered], seed: int
) -> tuple[str, str]:
    """The category that needs practice most among those of which questions are left, and why."""
    there = [category for category in CATEGORIES if any(question.category == category for question in left)]
    by_id = {question.id: question.category for question in fitting}
    had = [by_id[name] for name in asked if name in by_id]
    scores = {name: [answer.scores[name] for answer in recent if name in answer.scores] for name in TRAINS}
    own = {category: [a.overall for a in recent if a.category == category] for category in there}
    trained = {
        category: max((_need(scores[name]), name) for name in TRAINS if category in TRAINS[name]) for category in there
    }
    needs = {
        category: _need(own[category]) + SHARE_OF_SCORE * trained[category][0] - EACH * had.count(category)
        for category in there
    }
    others = [category for category in there if had[-1:] != [category]]  # so that questions vary
    best = max(others or there, key=lambda category: (needs[category], _lot(seed, f"{len(asked)} {category}")))
    if len(there) == 1:
        return best, f"It is {best}, the only kind of which questions are left."
    if own[best] and fmean(own[best]) < USUAL:
        return best, f"It is {best}, because your answers to such questions scored {fmean(own[best]):.0f} on average."
    need, name = trained[best]
    if need > 0 and scores[name]:
        return best, f"It is {best}, which trains {name}: there you scored {fmean(scores[name]):.0f} on average."
    if not own[best]:
        return best, f"It is {best}, of which you had none yet."
    return best, f"It is {best}, for a change."


def _need(values: Sequence[float]) -> float:
    """How far the mean lies below the usual, a few values counting less: as if one usual answer stood beside them."""
    return USUAL - fmean([USUAL, *values])


def _difficulty(recent: Sequence[Answered]) -> tuple[int, str]:
    if not recent:
        return START, f"It is {LEVELS[START]} to begin with."
    last = recent[-1]
    level = last.difficulty
    if last.overall < WEAK:
        lower = max(1, level - 1)
        word = "easier" if lower < level else LEVELS[lower]
        return lower, f"It is {word}, because the last answer scored {last.overall:.0f}."
    two = [answer for answer in recent[-2:] if answer.overall >= GOOD and answer.difficulty == level]
    if len(two) == 2:
        higher = min(3, level + 1)
        word = "harder" if higher > level else LEVELS[higher]
        return higher, f"It is {word}, because the last two answers scored {two[0].overall:.0f} and {last.overall:.0f}."
    return level, f"It is {LEVELS[level]} like the last one."


def _is_close(question: Question, role: str | None) -> bool:
    """Whether it is for just this role, or where none was wished for, for everybody."""
    return question.role == (role or ANY)


def _lot(seed: int, name: str) -> bytes:
    """A steady order by chance: a question more or less does not change that of the others."""
    return hashlib.sha256(f"{seed} {name}".encode()).digest()
