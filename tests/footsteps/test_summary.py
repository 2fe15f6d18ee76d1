"""The few lines about a result."""

from dataclasses import fields

from footsteps.pipeline import Detection, Result
from footsteps.scene import Guess, Scene
from footsteps.steps import Step
from footsteps.summary import summarise

STEP = Step(1.0, "left", "wood", "boots")


def lines(steps: int, scene: Scene, *warnings: str) -> list[str]:
    unread = dict.fromkeys(field.name for field in fields(Result))
    found = Detection(None, None, [], scene, [STEP] * steps, list(warnings[:1]))
    return summarise(found, Result(**{**unread, "warnings": list(warnings[1:])})).splitlines()


def test_it_names_what_was_recognised_and_leaves_out_what_was_not():
    scene = Scene(Guess("beach", 0.815), Guess(None, 0.3), Guess("barefoot", 0.6), "CLIP")
    first = lines(12, scene)[0]
    assert first.startswith("**12 footsteps**")
    assert "place beach (82% sure)" in first and "shoes barefoot (60% sure)" in first
    assert "ground" not in first


def test_warnings_of_both_parts_follow_as_bullets():
    assert lines(1, Scene(Guess(), Guess(), Guess(), "none"), "first", "second") == [
        "**1 footstep**",
        "",
        "- first",
        "- second",
    ]
