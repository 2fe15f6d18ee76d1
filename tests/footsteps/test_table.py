"""The table of steps: there and back, what is filled in, and what is refused with which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from footsteps import table
from footsteps.steps import Step
from footsteps.vocabulary import FOOTWEAR, SURFACES


def number(low: float, high: float, places: int):
    return st.floats(low, high).map(lambda x: round(x, places) + 0.0)


STEPS = st.lists(
    st.builds(
        Step,
        time=number(0, 300, 3),
        side=st.sampled_from(table.SIDES),
        surface=st.sampled_from(list(SURFACES)),
        footwear=st.sampled_from(list(FOOTWEAR)),
        level=number(-60, 24, 1),
        pan=number(-1, 1, 2),
        distance=number(-60, 0, 1),
        confidence=number(0, 1, 2),
        running=st.booleans(),
    ),
    min_size=1,
    max_size=20,
).map(lambda steps: sorted(steps, key=lambda step: step.time))


@given(STEPS)
def test_steps_survive_the_table_and_json(steps):
    assert table.from_rows(table.to_rows(steps)) == steps
    assert table.from_dicts(table.to_dicts(steps)) == steps


def test_moved_steps_are_sorted_and_rows_without_a_time_left_out():
    rows = table.to_rows([Step(1.0, "left", "wood", "boots"), Step(2.0, "right", "wood", "boots")])
    rows[0][0] = "2.5"  # an edited cell comes as text
    rows.append([None] + [""] * (len(table.COLUMNS) - 1))
    assert [(step.time, step.side) for step in table.from_rows(rows)] == [(2.0, "right"), (2.5, "left")]


def test_a_new_step_takes_its_place_between_its_neighbours():
    entries = [
        {"time": 1.0, "side": "left", "surface": "wood", "footwear": "boots", "pan": -0.5, "distance": 0},
        {"time": 3.0, "side": "left", "surface": "wood", "footwear": "boots", "pan": 0.5, "distance": -8},
        {"time": 2.0, "side": "right", "surface": "wood"},
    ]
    new = table.from_dicts(entries)[1]
    assert (new.pan, new.distance, new.footwear, new.level, new.confidence) == (0.0, -4.0, "boots", 0.0, 1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"time": "soon"}, "Step 1: time is 'soon'"),
        ({"time": -1}, "time is -1"),
        ({"time": float("inf")}, "time is inf"),
        ({"side": "middle"}, "side is 'middle'; use one of left, right"),
        ({"surface": "lava"}, "surface is 'lava'; use one of concrete, "),
        ({"surface": None}, "surface is None"),
        ({"footwear": "skis"}, "footwear is 'skis'"),
        ({"pan": 2}, "pan is 2; it must be a number from -1 to 1"),
        ({"level": "loud"}, "level is 'loud'"),
        ({"foot": 1}, "Step 1 has foot"),
    ],
)
def test_a_wrong_value_is_refused_by_name(change, words):
    with pytest.raises(UserError, match=words):
        table.from_dicts([{"time": 1.0, "side": "left", "surface": "wood", **change}])


@pytest.mark.parametrize("steps", [None, "steps", {}, 3])
def test_what_is_no_list_is_refused(steps):
    with pytest.raises(UserError, match="must be a list"):
        table.from_dicts(steps)


def test_a_column_is_set_in_every_row():
    rows = table.to_rows([Step(1.0, "left", "wood", "boots"), Step(2.0, "right", "sand", "boots")])
    assert [step.surface for step in table.from_rows(table.set_column(rows, "snow", "surface"))] == ["snow", "snow"]
    assert table.set_column(rows, "detect", "surface", unless="detect") == rows


def test_a_table_of_which_every_step_was_deleted_can_be_added_to():
    rows = table.to_rows([Step(1.0, "left", "wood", "boots")])
    rows = table.set_column(rows, "", "time")
    assert [step.time for step in table.from_rows(table.add_row(rows, "gravel", duration=3.0))] == [0.5]


def test_a_wrong_value_is_quoted_in_short():
    with pytest.raises(UserError) as refused:
        table.from_dicts([{"time": 10**400, "side": "left", "surface": "wood"}])
    assert "time is 1000" in str(refused.value) and len(str(refused.value)) < 200
    with pytest.raises(UserError) as refused:
        table.from_dicts([["steps"] * 10_000])
    assert len(str(refused.value)) < 200


def test_a_new_row_follows_on_the_other_foot():
    rows = []
    for _ in range(3):
        rows = table.add_row(rows, "gravel", duration=1.2)
    assert [(step.time, step.side, step.surface) for step in table.from_rows(rows)] == [
        (0.5, "left", "gravel"),
        (1.0, "right", "gravel"),
        (1.2, "left", "gravel"),
    ]


def test_a_wrong_cell_elsewhere_does_not_keep_a_row_from_being_added():
    rows = table.to_rows([Step(1.0, "left", "wood", "boots"), Step(2.0, "right", "sand", "boots")])
    rows[0][list(table.COLUMNS).index("surface")] = "lava"
    assert table.add_row(rows, "wood", duration=9.0)[-1][:3] == [2.5, "left", "sand"]


@pytest.mark.parametrize("field, value", [("running", "maybe"), ("running", 2), ("time", 10**400), ("level", "loud")])
def test_a_value_that_is_none_of_the_kind_is_refused_by_name(field, value):
    with pytest.raises(UserError, match=field):
        table.from_dicts([{"time": 1.0, "side": "left", "surface": "wood", field: value}])


def test_an_empty_table_is_refused():
    with pytest.raises(UserError, match="no step"):
        table.from_dicts([])
    with pytest.raises(UserError, match="it must be an object"):
        table.from_dicts([3])


WORDS = st.one_of(st.text("left 0.5-nan", max_size=5), st.sampled_from(["left", "wood", "boots"]))
VALUES = st.one_of(st.none(), WORDS, st.floats(), st.integers(), st.lists(st.none(), max_size=2))


@given(st.lists(st.dictionaries(st.sampled_from([*table.COLUMNS, "foot"]), VALUES), max_size=4))
def test_any_json_gives_steps_or_a_user_error(entries):
    try:
        steps = table.from_dicts(entries)
    except UserError:
        return
    assert len(steps) == len(entries)
