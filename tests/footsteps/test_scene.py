"""The scene stage with models that are small and real: a rule on colours, and CLIP's own code with random weights."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest

from common import torchvision_cpu
from footsteps.scene import SURE, VOCABULARY, Guess, Scene, describe, foot_views, ground_views, judge, vote

WALL, GROUND, SHOES = (200, 200, 210), (60, 140, 50), (200, 30, 30)
COLOURS = {"environment": ("office", WALL), "surface": ("grass", GROUND), "footwear": ("boots", SHOES)}


def picture(height: int = 180, width: int = 320, foot: tuple[int, int] = (160, 140)) -> np.ndarray:
    """A wall, a ground below row 130, and two red shoes 20 pixels long at the foot."""
    rgb = np.full((height, width, 3), WALL, np.uint8)
    rgb[130:] = GROUND
    x, y = foot
    rgb[y - 24 : y + 4, x - 12 : x + 12] = SHOES
    return rgb


def share(view: np.ndarray, colour: tuple[int, int, int]) -> float:
    return float((view == np.array(colour, np.uint8)).all(axis=-1).mean())


def by_colour(kind: str, pictures) -> np.ndarray:
    """The label of the kind whose colour fills the picture, as sure as the colour fills it."""
    label, colour = COLOURS[kind]
    labels = list(VOCABULARY[kind])
    shares = np.array([share(view, colour) for view in pictures])
    rest = (1 - shares)[:, None] / (len(labels) - 1)
    return np.where(np.array(labels) == label, shares[:, None], rest)


def test_each_kind_is_judged_on_its_own_part_of_the_picture():
    scene = judge([picture(), picture(foot=(60, 140))], [(160, 140, 60), (60, 140, 60)], by_colour, "colours")
    assert scene.source == "colours"
    assert scene.environment.label == "office"
    assert scene.surface.label == "grass"
    assert scene.footwear.label == "boots"
    assert scene.surface.confidence == pytest.approx(scene.surface.scores["grass"])
    for guess, vocabulary in zip((scene.environment, scene.surface, scene.footwear), VOCABULARY.values(), strict=True):
        assert list(guess.scores) == list(vocabulary)
        assert sum(guess.scores.values()) == pytest.approx(1)


def test_the_whole_picture_is_mostly_wall_so_the_crops_matter():
    scene = judge([picture()], None, by_colour, "colours")
    assert share(picture(), GROUND) < SURE < share(ground_views([picture()], None)[0], GROUND)
    assert scene.surface.label == "grass"
    assert scene.footwear == Guess()


def test_crops_scale_with_the_leg_and_stay_inside():
    near, far = (foot_views([picture()], [(160, 140, leg)])[0] for leg in (150, 60))
    assert near.shape[0] == near.shape[1] == 90 and far.shape[:2] == (36, 36)
    corner = ground_views([picture()], [(2, 178, 100)])[0]
    assert corner.shape[0] >= 24 and corner.shape[1] == 62
    assert share(corner, GROUND) > 0.9


@pytest.mark.parametrize("foot", [None, (160, 140, 10), (-500, 140, 100), (160, 900, 100)])
def test_no_feet_to_speak_of_leaves_the_footwear_open_and_the_ground_to_the_lower_third(foot):
    assert foot_views([picture()], [foot]) == []
    assert np.array_equal(ground_views([picture()], [foot])[0], picture()[-60:])


def test_pictures_without_feet_do_not_dilute_those_with():
    assert len(ground_views([picture()] * 3, [None, (160, 140, 60), None])) == 1


def test_votes_and_confidence():
    sure = vote(np.array([[0.8, 0.2, 0.0], [0.6, 0.1, 0.3], [0.4, 0.5, 0.1]]), ["a", "b", "c"])
    assert sure.label == "a"
    assert sure.confidence == pytest.approx(0.6)
    assert sure.scores == pytest.approx({"a": 0.6, "b": 0.8 / 3, "c": 0.4 / 3})


def test_not_sure_when_no_label_outweighs_the_others():
    guess = vote(np.array([[0.49, 0.3, 0.21]] * 4), ["a", "b", "c"])
    assert guess.label is None and guess.confidence == pytest.approx(0.49)


def test_not_sure_when_a_few_sure_pictures_outweigh_the_many():
    few = np.array([[1.0, 0.0, 0.0]] * 2 + [[0.2, 0.3, 0.5]] * 3)
    assert few.mean(axis=0)[0] > SURE
    assert vote(few, ["a", "b", "c"]).label is None


def test_the_order_of_pictures_does_not_matter():
    rows = np.random.default_rng(0).dirichlet(np.ones(4), 9)
    assert vote(rows, "abcd").scores == pytest.approx(vote(rows[::-1], "abcd").scores)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="at least one"):
        describe([])
    with pytest.raises(ValueError):
        describe([picture()] * 2, [(1, 2, 3)])


def test_without_a_model_nothing_is_guessed_and_the_source_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("MODELS", "embedded")
    monkeypatch.setenv("DEMO_WEIGHTS_CACHE", str(tmp_path))
    monkeypatch.delenv("DEMO_WEIGHTS_DIR", raising=False)
    scene = describe([picture()], [(160, 140, 60)])
    assert (scene.environment, scene.surface, scene.footwear) == (Guess(), Guess(), Guess())
    assert "menus" in scene.source and "MODELS=full" in scene.source


def test_without_a_model_the_answer_takes_no_time_no_torch_and_no_network(tmp_path):
    code = (
        "import socket, sys, time, numpy as np\n"
        "from footsteps.scene import describe\n"
        "def refuse(*arguments): raise AssertionError('the network was asked')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "started = time.process_time()\n"
        "scene = describe([np.zeros((9, 9, 3), np.uint8)])\n"
        "print(scene.surface.label, time.process_time() - started, 'torch' in sys.modules)"
    )
    environment = os.environ | {"MODELS": "embedded", "DEMO_WEIGHTS_CACHE": str(tmp_path), "DEMO_WEIGHTS_DIR": ""}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    label, seconds, torch = run.stdout.split()
    assert (label, torch) == ("None", "False")
    assert float(seconds) < 0.5


def test_clip_answers_for_the_whole_vocabulary():
    torchvision_cpu.mend()
    import torch
    from open_clip.model import CLIP

    from common.clip import ZeroShot
    from common.device import Device
    from footsteps.scene import with_zero_shot

    torch.manual_seed(0)
    vision = dict(layers=1, width=64, patch_size=8, image_size=32)
    text = dict(context_length=32, vocab_size=49408, width=64, heads=1, layers=1)
    model = ZeroShot(CLIP(64, vision, text, quick_gelu=True), Device("cpu", "float32", "test"))
    scene = judge([picture()] * 2, [(160, 140, 60)] * 2, partial(with_zero_shot, model), "random weights")
    assert isinstance(scene, Scene)
    for kind, vocabulary in VOCABULARY.items():
        guess = getattr(scene, kind)
        assert list(guess.scores) == list(vocabulary)
        assert guess.confidence == max(guess.scores.values())
        assert guess.label in (None, max(guess.scores, key=guess.scores.get))
