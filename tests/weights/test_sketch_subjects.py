"""The project's own subjects are whole, plain SVG; the example sketches are what the script draws from them."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

resvg_py = pytest.importorskip("resvg_py")
pytest.importorskip("cv2")

from weights.recipes.sketch import draw_examples, outlines  # noqa: E402
from weights.recipes.sketch.draw_examples import EXAMPLES, OUT, Example, draw  # noqa: E402
from weights.recipes.sketch.outlines import SHAPES, SUBJECTS, Part, strokes  # noqa: E402

SUBJECT_FILES = sorted(SUBJECTS.glob("*.svg"))
GROUPING = {"svg", "g", "defs", "linearGradient", "radialGradient", "stop"}


def rendered(svg: str, side: int = 96) -> np.ndarray:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def test_there_are_enough_subjects_and_none_twice():
    assert len(SUBJECT_FILES) >= 40
    assert len({path.read_text(encoding="utf-8") for path in SUBJECT_FILES}) == len(SUBJECT_FILES)


@pytest.mark.parametrize("path", SUBJECT_FILES, ids=lambda path: path.stem)
def test_a_subject_is_plain_and_fills_its_frame(path):
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.get("viewBox") == "0 0 128 128"
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert set(tags) <= GROUPING | set(SHAPES), "no text, no picture, no script, nothing from elsewhere"
    assert "href" not in text
    assert 8 <= sum(tag in SHAPES for tag in tags) <= 30
    paints = re.findall(r"url\(#([\w-]+)\)", text)
    assert set(paints) == {element.get("id") for element in root.iter() if element.get("id")}
    assert all(paint.startswith(path.stem + "-") for paint in paints), "two subjects can stand in one picture"

    alpha = rendered(text)[..., 3] > 127
    rows, columns = (np.flatnonzero(alpha.any(axis)) for axis in (1, 0))
    longer = max(np.ptp(rows), np.ptp(columns)) + 1
    assert 0.55 <= longer / 96 <= 0.95
    middle = [(edge[0] + edge[-1]) / 2 / 96 for edge in (rows, columns)]
    assert middle == pytest.approx([0.5, 0.5], abs=0.1)
    assert alpha[32:64, 32:64].mean() > 0.25
    assert not alpha[0].any() and not alpha[-1].any() and not alpha[:, 0].any() and not alpha[:, -1].any()


@pytest.mark.parametrize("path", SUBJECT_FILES, ids=lambda path: path.stem)
def test_a_subject_has_several_colours_that_differ(path):
    picture = rendered(path.read_text(encoding="utf-8"))
    inside = picture[picture[..., 3] == 255][:, :3] // 64
    kinds, counts = np.unique(inside, axis=0, return_counts=True)
    assert (counts > 0.02 * counts.sum()).sum() >= 3, kinds


def test_the_examples_in_the_folder_are_those_of_the_script():
    assert {path.stem for path in OUT.glob("*.png")} == set(EXAMPLES)
    aspects = set()
    for name, example in EXAMPLES.items():
        path = OUT / f"{name}.png"
        assert path.stat().st_size < 60_000
        with Image.open(path) as picture:
            assert picture.size == (example.width, example.height)
            assert max(picture.size) == 768
            assert not picture.text, "nothing but the picture"
        aspects.add(round(example.width / example.height, 2))
    assert len(aspects) >= 5
    assert {example.medium for example in EXAMPLES.values()} == {"pen", "pencil", "chalk"}


@pytest.mark.parametrize("name", ["teapot", "fox_pencil", "rocket_chalk"])
def test_an_example_can_be_drawn_again(name):
    """Where another build of OpenCV or SciPy rounds otherwise, a few pixels may move by one step of the palette."""
    with Image.open(OUT / f"{name}.png") as picture:
        stands = np.asarray(picture.convert("L"), float)
    again = np.asarray(draw(EXAMPLES[name]).convert("L"), float)
    assert again.shape == stands.shape
    assert np.abs(again - stands).mean() < 0.05, f"draw {name} again: python -m {draw_examples.__name__} {name}"


def test_the_seed_decides_how_it_is_drawn():
    example = Example(256, 256, (Part("cat", 0, 0, 256),), 1)
    one, two, other = (np.asarray(draw(e).convert("L")) for e in (example, example, replace(example, seed=2)))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert one.max() == 255 and one.min() < 60
    assert 0.03 < (one < 128).mean() < 0.3


def test_what_is_behind_is_not_drawn():
    front = Part("bus", 0, 0, 256)
    alone = list(strokes([front], 256, 256))
    assert len(alone) > 20
    for behind, hidden in ((Part("apple", 100, 100, 50), True), (Part("apple", 100, -20, 80), False)):
        both = list(strokes([behind, front], 256, 256))
        assert all(np.array_equal(a, b) for a, b in zip(alone, both, strict=False))
        assert (len(both) == len(alone)) is hidden


def test_a_part_may_reach_over_the_edge_of_the_sheet():
    for left, top in ((-100, -100), (100, 100), (-300, 0)):
        for line in strokes([Part("robot", left, top, 256)], 192, 128):
            assert (line >= 0).all() and (line[:, 0] < 192).all() and (line[:, 1] < 128).all()


def test_the_outline_is_where_the_shape_ends(tmp_path, monkeypatch):
    """A square of 64 units at 256 px: strokes lie within 1.5 px of its four sides, and cover them."""
    square = '<rect x="32" y="32" width="64" height="64" fill="#E8604F"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">{square}</svg>'
    (tmp_path / "square.svg").write_text(svg, encoding="utf-8")
    monkeypatch.setattr(outlines, "SUBJECTS", tmp_path)
    points = np.concatenate(list(strokes([Part("square", 0, 0, 256)], 256, 256)))
    away = np.abs(np.abs(points - 127.5) - 64).min(1)
    assert away.max() < 1.5
    assert len(points) > 4 * 128 * 0.9


def test_an_unknown_example_is_named(capsys):
    with pytest.raises(SystemExit):
        draw_examples.main(["dragon"])
    assert "dragon" in capsys.readouterr().err
