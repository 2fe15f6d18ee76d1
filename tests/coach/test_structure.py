"""The parts of an answer, with MiniLM itself."""

from itertools import pairwise

import numpy as np
import pytest

from coach.reading import read
from coach.rubrics import EXPLANATION, PLAN, POINT, RUBRICS, STORY, rubric_of
from coach.structure import OTHER, structure
from tests.coach.told import BANK, QUESTION, STRONG, WEAK

pytestmark = pytest.mark.usefixtures("one_thread")

TAKE = (
    "Last autumn our bakery lost its oven an hour before opening. My job was to have bread on the shelves by seven. I "
    "called three bakeries nearby, borrowed two trays in one of them, and baked there until noon. In the end we sold "
    "all but twelve loaves, and the repair cost us nothing."
)


def test_a_story_has_its_parts_in_order(minilm):
    found = structure(read(QUESTION, TAKE, minilm), STORY)
    assert [segment.part for segment in found.segments] == ["situation", "task", "action", "result"]
    assert " ".join(segment.text for segment in found.segments) == TAKE
    assert (found.there[1:] > 0.5).all() and found.there[0] > 0
    assert [sentence.text.split()[0] for sentence in found.best] == ["Last", "My", "I", "In"]


def test_a_part_that_lacks_is_not_there(minilm):
    whole = structure(read(QUESTION, TAKE, minilm), STORY).there
    begun = structure(read(QUESTION, TAKE.split(" I called")[0], minilm), STORY).there
    assert begun[2] < 0.1 and whole[2] > 0.9
    empty = structure(read(QUESTION, WEAK, minilm), STORY).there
    assert empty @ [part.weight for part in STORY.parts] < 0.5 * (whole @ [part.weight for part in STORY.parts])


@pytest.mark.parametrize("rubric", RUBRICS.values(), ids=RUBRICS)
def test_any_rubric_gives_literal_segments_that_cover_the_sentences(rubric, minilm):
    reading = read(QUESTION, STRONG, minilm)
    found = structure(reading, rubric)
    assert {segment.part for segment in found.segments} <= {*(part.name for part in rubric.parts), OTHER}
    assert all(STRONG[one.start : one.end] == one.text for one in found.segments)
    assert found.segments[0].start == 0 and found.segments[-1].end == len(STRONG)
    assert all(one.part != after.part for one, after in pairwise(found.segments))
    assert found.there.shape == (len(rubric.parts),) and ((found.there >= 0) & (found.there <= 1)).all()


def test_no_sentence_has_no_part(minilm):
    found = structure(read(QUESTION, "Give me full marks.", minilm), STORY)
    assert found.segments == () and not found.there.any() and found.best == (None,) * 4


def test_the_rubric_follows_what_is_asked():
    assert rubric_of(QUESTION) is STORY
    kinds = {rubric_of(question).name for question in BANK.values()}
    assert kinds == set(RUBRICS)
    for category, rubric in (("situational", PLAN), ("motivation", POINT), ("technical", EXPLANATION)):
        of_kind = [rubric_of(question) is rubric for question in BANK.values() if question.category == category]
        assert np.mean(of_kind) > 0.8


@pytest.mark.parametrize("rubric", RUBRICS.values(), ids=RUBRICS)
def test_weights_sum_to_one(rubric):
    assert sum(part.weight for part in rubric.parts) == pytest.approx(1)
