"""Who acts in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.ownership import Actors, actors


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I called the vendor and booked a slot.", Actors(2, 2, 0, 0)),
        ("I quickly wrote it down.", Actors(1, 1, 0, 0)),
        ("I would ask her first.", Actors(1, 0, 0, 0)),
        ("I\u2019d ring the ward.", Actors(1, 0, 0, 0)),
        ("I called her and they booked a slot.", Actors(1, 1, 0, 0)),
        ("We decided it and it helped us.", Actors(0, 0, 2, 0)),
        ("The room was cleaned.", Actors(0, 0, 0, 1)),
        ("The room was cleaned by Meier.", Actors(0, 0, 0, 0)),
        ("You should always listen.", Actors(0, 0, 0, 1)),
        ("I think that it is fine.", Actors(0, 0, 0, 0)),
        ("Failure is a part of life.", Actors(0, 0, 0, 0)),
        ("", Actors(0, 0, 0, 0)),
    ],
)
def test_i_we_and_nobody_are_counted(sentence, expected):
    assert actors(sentence) == expected


@given(st.text(st.sampled_from("Iwe we was done, and'\u2019d ") | st.characters(), max_size=200))
def test_any_text_has_counts_that_hold_together(sentence):
    who = actors(sentence)
    assert 0 <= who.own_past <= who.own and who.shared >= 0 and who.nobody >= 0
    assert actors(f"  {sentence}\n") == who
