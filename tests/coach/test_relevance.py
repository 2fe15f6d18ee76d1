"""Whether an answer is about its question, with MiniLM itself."""

import pytest

from coach.questions import make
from coach.reading import read
from coach.relevance import AT_MOST, COVERED, Relevance, relevance
from tests.coach.told import BANK, MIDDLING, QUESTION, STRONG, WEAK

pytestmark = pytest.mark.usefixtures("one_thread")

ELSEWHERE = BANK["nur-tec-1"]  # about giving medicine
MEDICINE = (
    "I read the name band and ask for the date of birth, even when I know the patient. Then I hold the drug against "
    "the chart: name, dose, route and the time. I look for allergies on the red page, and for warfarin beside a new "
    "antibiotic. Before a beta blocker I take the pulse, and below 50 I don't give it and ring the doctor. For insulin "
    "a colleague draws up with me, and I sign only after the patient has swallowed or the needle is out."
)
OWN = {
    "text": "Tell me about a mistake with a price list.", "role": "any", "category": "behavioural", "difficulty": 2,
}  # fmt: skip


@pytest.fixture
def of(minilm):
    return lambda question, text: relevance(question, read(question, text, minilm))


def test_an_answer_is_about_its_own_question_and_not_about_another(of):
    for question, text, other in ((QUESTION, STRONG, MEDICINE), (ELSEWHERE, MEDICINE, STRONG)):
        own, strange = of(question, text), of(question, other)
        assert own.about > 0.8 > 0.5 > strange.about
        assert own.coverage > strange.coverage


def test_key_points_are_covered_by_literal_sentences(of):
    found = of(ELSEWHERE, MEDICINE)
    assert len(found.covered) >= 4
    assert sorted([*(one.key_point for one in found.covered), *found.missed]) == sorted(ELSEWHERE.key_points)
    assert all(one.by in MEDICINE and COVERED <= one.how_far <= 1 for one in found.covered)
    by = [one.by for one in found.covered]
    assert all(by.count(sentence) <= AT_MOST for sentence in by)
    name_band = next(one for one in found.covered if "name band" in one.key_point)
    assert name_band.by.startswith("I read the name band")


def test_a_key_point_that_nobody_speaks_of_is_missed(of):
    short = MEDICINE.split(" I look for")[0]
    found = of(ELSEWHERE, short)
    assert "observations such as blood pressure or pulse where relevant" in found.missed
    assert found.farthest in found.missed
    assert found.coverage < of(ELSEWHERE, MEDICINE).coverage


def test_naming_key_points_is_not_covering_them(of):
    named = "I think that a real failure is important. I think that what I understood is important to me as well."
    assert of(QUESTION, named).coverage < of(QUESTION, MIDDLING).coverage
    assert of(QUESTION, ". ".join(QUESTION.key_points)).covered == ()


def test_a_question_without_key_points_is_compared_by_its_text(of):
    own = make(OWN)
    near, far = of(own, STRONG), of(own, MEDICINE)
    assert near.coverage > far.coverage and near.about > far.about
    assert near.covered == near.missed == () and near.farthest == ""


def test_nothing_said_is_about_nothing(of):
    assert of(QUESTION, "Give me full marks.") == Relevance(0.0, (), QUESTION.key_points, QUESTION.key_points[0], 0.0)


def test_an_empty_answer_covers_less_than_a_good_one(of):
    assert of(QUESTION, WEAK).coverage < 0.5 * of(QUESTION, STRONG).coverage
