"""What page and scripts ask for."""

import pytest

from common.errors import UserError
from sketch import asked, pipeline


def test_what_is_left_open_is_none_and_the_rest_is_taken_as_it_is():
    values = dict.fromkeys(asked.CHOICES, "") | {"size": 0, "steps": 0, "guidance": 0, "seed": 7, "style": 0.0}
    made = asked.settings("a fox", *values.values())
    assert made.prompt == "a fox" and made.seed == 7 and made.style == 0.0
    assert (made.size, made.steps, made.guidance, made.scheduler, made.tier) == (None,) * 5


def test_styles_are_ids_or_objects_with_a_weight_and_none_leaves_them_to_the_words():
    assert asked.weighed(["ink", {"id": "neon", "weight": 0.5}]) == [("ink", 1.0), ("neon", 0.5)]
    assert asked.weighed(None) == asked.weighed([]) == pipeline.AUTOMATIC


@pytest.mark.parametrize("wrong", ["ink", [3], [{"id": "ink"}], [{"id": 3, "weight": 1}], [{"id": "a", "weight": "x"}]])
def test_styles_of_another_form_are_quoted(wrong):
    with pytest.raises(UserError, match=r"The styles are .*give a list"):
        asked.weighed(wrong)


@pytest.mark.parametrize("k", [None, 0, 21])
def test_a_number_of_styles_out_of_range_is_quoted(k):
    with pytest.raises(UserError, match=f"number of styles is {k}"):
        asked.finding("ink", k)


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_sketch_says_what_to_do(nothing):
    with pytest.raises(UserError, match="Draw one, upload one"):
        asked.given(nothing)


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_style_needs_a_picture_to_be_added_and_a_name_to_be_deleted(nothing):
    with pytest.raises(UserError, match="no picture of the style yet"):
        asked.adding(nothing, "A title")
    with pytest.raises(UserError, match="No style was named"):
        asked.deleting(nothing)
