"""The next question: no repeats, what needs practice first, a difficulty that follows, and a reason that is true."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.choice import GOOD, TRAINS, WEAK, Answered, choose
from coach.questions import CATEGORIES, LEVELS, ROLES, Question
from common.errors import UserError

USED = ("nurse", "teacher", "any")
# Two questions of each role, category and difficulty.
QUESTIONS = [
    Question(f"{role}-{category}-{level}-{number}", role, category, level, f"{role} {category} {number}?", (), ())
    for role in USED
    for category in CATEGORIES
    for level in LEVELS
    for number in "ab"
]
BY_ID = {question.id: question for question in QUESTIONS}


def answered(question: Question | str, overall: float, **scores: float) -> Answered:
    question = BY_ID[question] if isinstance(question, str) else question
    return Answered(question.id, question.category, question.difficulty, overall, scores)


def session(count: int, score=lambda question: 60, questions=QUESTIONS, **wishes) -> list:
    """The choices of a session in which every question is answered."""
    asked, answers, choices = [], [], []
    for _ in range(count):
        choices.append(choose(questions, asked, answers, **wishes))
        asked.append(choices[-1].question.id)
        answers.append(answered(choices[-1].question, score(choices[-1].question)))
    return choices


def test_nothing_repeats_until_all_that_fit_were_asked():
    fitting = [question for question in QUESTIONS if question.fits("nurse")]
    choices = session(len(fitting) + 5, role="nurse")
    first, second = choices[: len(fitting)], choices[len(fitting) :]
    assert {choice.question.id for choice in first} == {question.id for question in fitting}
    assert not any(choice.again for choice in first) and all(choice.again for choice in second)
    assert len({choice.question.id for choice in second}) == 5
    assert "All 72 questions that fit were asked, so they begin anew." in second[0].why


def test_when_all_begin_anew_the_last_ones_do_not_come_first():
    few = [question for question in QUESTIONS if (question.category, question.difficulty) == ("culture", 2)]
    ids = [question.id for question in few]
    again = [choose(few, ids, seed=seed).question.id for seed in range(40)]
    assert set(again) <= set(ids[:3]) and len(set(again)) > 1
    assert choose(few[:1], [ids[0], ids[0]]).question.id == ids[0]


@given(st.lists(st.sampled_from([question.id for question in QUESTIONS[:12]]), max_size=40), st.integers(0, 5))
def test_never_is_one_asked_twice_more_than_another(asked, seed):
    few = QUESTIONS[:12]
    choice = choose(few, asked, seed=seed)
    counts = Counter({question.id: 0 for question in few})
    counts.update(asked)
    assert counts[choice.question.id] == min(counts.values()) or not choice.again
    assert choice.again == (min(counts.values()) > 0)
    assert choice.again or choice.question.id not in asked


def test_what_was_asked_of_another_role_does_not_count_as_used_up():
    asked = [question.id for question in QUESTIONS if question.role == "teacher"]
    assert not choose(QUESTIONS, asked, role="nurse").again


@pytest.mark.parametrize("role", ["nurse", "any", None])
def test_a_role_gets_its_own_questions_and_those_for_all(role):
    roles = {choice.question.role for choice in session(60, role=role)}
    assert roles == {"nurse": {"nurse", "any"}, "any": {"any"}, None: set(USED)}[role]


def test_questions_of_the_role_come_before_those_for_all():
    assert {choice.question.role for choice in session(12, role="nurse")} == {"nurse"}


def test_what_is_wished_for_is_kept():
    for choice in session(4, category="culture", difficulty=3, role="teacher"):
        assert (choice.question.category, choice.question.difficulty) == ("culture", 3)
        assert choice.why == "It is as you wished."


@pytest.mark.parametrize("weak", CATEGORIES)
def test_a_weak_category_is_asked_more_often_but_not_twice_in_a_row(weak):
    choices = session(12, lambda question: 20 if question.category == weak else 85)
    asked = [choice.question.category for choice in choices]
    assert Counter(asked).most_common(1)[0][0] == weak and len(set(asked)) == 6
    assert not any(one == other == weak for one, other in pairwise(asked))
    reason = f"It is {weak}, because your answers to such questions scored 20 on average."
    assert any(reason in choice.why for choice in choices)


def test_without_answers_every_category_has_its_turn():
    for seed in range(5):
        asked = []
        for _ in range(6):
            asked.append(choose(QUESTIONS, asked, seed=seed).question.id)
        assert {BY_ID[name].category for name in asked} == set(CATEGORIES)


@pytest.mark.parametrize("name", TRAINS)
def test_a_weak_score_brings_a_category_that_trains_it(name):
    scores = {other: 80.0 for other in TRAINS} | {name: 10.0}
    answers = [answered(question, 60, **scores) for question in QUESTIONS[::6]]
    assert {answer.category for answer in answers} == set(CATEGORIES)
    for seed in range(5):
        choice = choose(QUESTIONS, (), answers, seed=seed)
        assert choice.question.category in TRAINS[name]
        assert f"which trains {name}: there you scored 10 on average." in choice.why


def test_only_the_latest_answers_count():
    long_ago = [answered("any-culture-1-a", 5)] * 30
    since = [answered(question, 70) for question in QUESTIONS[::5]]
    assert {answer.category for answer in since} == set(CATEGORIES) and len(since) >= 20
    assert choose(QUESTIONS, (), long_ago + since) == choose(QUESTIONS, (), [long_ago[0], *since])


@pytest.mark.parametrize(
    ("answers", "level", "why"),
    [
        ([], 2, "It is medium to begin with."),
        ([(2, GOOD)], 2, "It is medium like the last one."),
        ([(2, GOOD), (2, GOOD)], 3, "It is harder, because the last two answers scored 75 and 75."),
        ([(2, GOOD), (2, GOOD - 1)], 2, "It is medium like the last one."),
        ([(1, 90), (2, 90)], 2, "It is medium like the last one."),
        ([(3, 90), (3, 95)], 3, "It is hard, because the last two answers scored 90 and 95."),
        ([(3, 90), (3, WEAK - 1)], 2, "It is easier, because the last answer scored 49."),
        ([(2, WEAK)], 2, "It is medium like the last one."),
        ([(1, 10)], 1, "It is easy, because the last answer scored 10."),
    ],
)
def test_the_difficulty_follows_the_last_answers(answers, level, why):
    given_ = [answered(f"any-culture-{at}-a", score) for at, score in answers]
    choice = choose(QUESTIONS, (), given_, category="technical")
    assert choice.question.difficulty == level and choice.why == why


def test_the_nearest_difficulty_comes_where_none_is_left_and_is_said():
    hard = [question for question in QUESTIONS if question.difficulty == 3]
    choice = choose(hard, (), [answered("any-culture-1-a", 10)], category="culture")
    assert choice.question.difficulty == 3
    assert choice.why == "It is hard, because no easy one is left, which would have followed."


def test_what_was_never_answered_comes_before_what_was():
    answers = [answered(question, 60) for question in QUESTIONS if question.id.endswith("a")]
    assert all(choose(QUESTIONS, (), answers, seed=seed).question.id.endswith("b") for seed in range(10))


def test_the_seed_decides_and_nothing_else():
    ids = {seed: [choice.question.id for choice in session(8, seed=seed)] for seed in range(4)}
    assert ids == {seed: [choice.question.id for choice in session(8, seed=seed)] for seed in range(4)}
    assert len({tuple(one) for one in ids.values()}) == 4
    assert choose(QUESTIONS, seed=1) == choose(QUESTIONS[::-1], seed=1), "the order of the questions is nothing"


def test_a_question_more_does_not_change_the_order_of_the_others():
    wishes = {"role": "nurse", "category": "culture", "difficulty": 1}
    new = Question("new", "nurse", "culture", 1, "One more question", (), ())
    before = [choose(QUESTIONS, seed=seed, **wishes).question.id for seed in range(30)]
    after = [choose([*QUESTIONS, new], seed=seed, **wishes).question.id for seed in range(30)]
    changed = [now for then, now in zip(before, after, strict=True) if then != now]
    assert set(changed) == {"new"} and 0 < len(changed) < 30


SOME = [QUESTIONS[0], Question("x", "any", "culture", 3, "x y z", (), ())]


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"role": "astronaut"}, "no role 'astronaut'. Use one of software_engineer"),
        ({"category": "trivia"}, "no category 'trivia'. Use one of behavioural"),
        ({"difficulty": 4}, "no difficulty 4. Use one of 1, 2, 3"),
        ({"role": "teacher", "category": "technical"}, "no technical question for teacher. There are culture ones"),
        ({"category": "technical"}, "no technical question. There are behavioural, culture ones"),
        ({"category": "culture", "difficulty": 1}, "no easy culture question. There are hard ones"),
        ({"role": "nurse", "difficulty": 2}, "no medium question for nurse. There are easy, hard ones"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(wishes, said):
    with pytest.raises(UserError, match=said):
        choose(SOME, **wishes)


def test_no_questions_at_all_is_said():
    with pytest.raises(UserError, match=r"no question\. Choose another role, or add"):
        choose([])
    with pytest.raises(UserError, match=r"no question for teacher\. Choose another role, or add"):
        choose(QUESTIONS[:1], role="teacher")


answers_of_any_kind = st.lists(
    st.builds(
        answered,
        st.sampled_from(QUESTIONS),
        st.floats(0, 100),
    )
    | st.builds(
        Answered, st.just("gone"), st.sampled_from(CATEGORIES), st.sampled_from(list(LEVELS)), st.floats(0, 100),
        st.dictionaries(st.sampled_from([*TRAINS, "charm"]), st.floats(0, 100)),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    asked=st.lists(st.sampled_from([*BY_ID, "gone"]), max_size=60),
    answers=answers_of_any_kind,
    role=st.sampled_from([None, *ROLES]),
    category=st.sampled_from([None, *CATEGORIES]),
    difficulty=st.sampled_from([None, *LEVELS]),
)
def test_whatever_went_before_the_next_one_fits_and_has_a_reason(asked, answers, role, category, difficulty):
    choice = choose(QUESTIONS, asked, answers, role=role, category=category, difficulty=difficulty)
    question = choice.question
    assert role is None or question.fits(role)
    assert category in (None, question.category) and difficulty in (None, question.difficulty)
    assert choice.again or question.id not in asked
    assert choice.why.endswith(".") and "nan" not in choice.why
