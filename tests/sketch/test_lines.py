"""Lines out of drawings and photographs; the drawings are made here, so that it is known where their strokes run."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from common import pictures
from common.errors import UserError
from sketch import lines
from sketch.strokes import thin

CAR = [  # drawn for this test
    ([10, 30, 60, 130, 170, 220, 245, 240, 12, 10], [90, 60, 55, 20, 20, 55, 65, 100, 100, 90]),
    ([60, 75, 75, 60, 45, 45, 60], [85, 92, 110, 118, 110, 92, 85]),
    ([190, 205, 205, 190, 175, 175, 190], [85, 92, 110, 118, 110, 92, 85]),
    ([130, 130], [22, 98]),
]


def blank(side: int = 512, colour: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
    return np.full((side, side, 3), colour, np.uint8)


def circle(width: int, side: int = 512, paper=(255, 255, 255), ink=(0, 0, 0)) -> np.ndarray:
    """One stroke round the middle, at a quarter of the side."""
    return cv2.circle(blank(side, paper), (side // 2, side // 2), side // 4, ink, width, cv2.LINE_AA)


def car(width: float = 6.0, side: int = 512) -> np.ndarray:
    return pictures.over(lines.from_strokes(CAR, side, width).rgba)


def on_paper(drawing: np.ndarray, contrast: float = 0.5, noise: float = 4.0) -> np.ndarray:
    """The drawing in pencil, photographed: yellowish paper, lit from one side, the shadow of a hand, grain, blur."""
    height, width = drawing.shape[:2]
    down, right = np.mgrid[:height, :width] / max(height, width)
    light = (1 - 0.35 * right - 0.15 * down) * (1 - 0.25 / (1 + np.exp(-(right + 0.4 * down - 0.9) / 0.02)))
    soft = 255 - contrast * (255 - cv2.GaussianBlur(drawing, (0, 0), 0.8).astype(float))
    grain = np.random.default_rng(0).normal(0, noise, (height, width, 1))
    return (soft * (0.95, 0.92, 0.84) * light[..., None] + grain).clip(0, 255).astype(np.uint8)


def photograph(height: int = 384, width: int = 512) -> np.ndarray:
    """Sky, hills, a lit ball and its shadow, all shaded and with grain, as a camera would see them."""
    down, right = np.mgrid[:height, :width] / height
    scene = np.stack([150 - 60 * down, 180 - 40 * down, 230 - 20 * down], axis=2)
    hills = down > 0.55 + 0.08 * np.sin(5 * right)
    scene[hills] = np.stack([70 + 60 * right, 110 + 30 * down, 50 + 20 * right], axis=2)[hills]
    ball = (right - 0.6) ** 2 + (down - 0.6) ** 2 < 0.04
    shade = 1.2 - 3 * ((right - 0.5) ** 2 + (down - 0.5) ** 2) ** 0.5
    scene[ball] = (shade[..., None] * (220, 60, 50))[ball]
    scene += cv2.GaussianBlur(np.random.default_rng(1).normal(0, 1, (height, width, 1)), (0, 0), 1.5)[..., None] * 40
    return scene.clip(0, 255).astype(np.uint8)


def strokes_across(image: np.ndarray, row: int) -> int:
    """How many separate lines the row of pixels meets."""
    on = image[row] > 0.5
    return int(on[0]) + int(np.count_nonzero(on[1:] & ~on[:-1]))


def agreement(found: np.ndarray, true: np.ndarray, within: int = 2) -> tuple[float, float]:
    """Precision and recall of lines, both (H, W) 0..1, with some px to spare."""
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * within + 1, 2 * within + 1))
    found, true = (found > 0.5).astype(np.uint8), (true > 0.5).astype(np.uint8)
    return (
        float((found & cv2.dilate(true, near)).sum() / max(found.sum(), 1)),
        float((true & cv2.dilate(found, near)).sum() / max(true.sum(), 1)),
    )


def truth(side: int = 256) -> np.ndarray:
    return 1 - car(side / 256, side)[..., 0] / 255


@pytest.mark.parametrize("width", [2, 5, 12, 24, 40])
def test_a_stroke_of_any_width_is_one_line_where_canny_finds_two(width):
    drawing = circle(width)
    prepared = lines.prepare(drawing)
    assert prepared.kind == "drawing"
    assert strokes_across(prepared.lines, 128) == 2
    canny = cv2.Canny(cv2.resize(drawing, (256, 256), interpolation=cv2.INTER_AREA), 100, 200) / 255
    assert strokes_across(canny, 128) == 4 or width == 2
    middle = np.flatnonzero(prepared.lines[128] > 0.5)
    assert middle[middle < 128].mean() == pytest.approx(64, abs=1)
    assert middle[middle > 128].mean() == pytest.approx(192, abs=1)
    assert prepared.stroke_width == pytest.approx(width / 2, abs=1.2)


@pytest.mark.parametrize("size", [256, 384, 512])
def test_lines_have_one_width_that_grows_with_the_sheet(size):
    prepared = lines.prepare(circle(20), size)
    length = 2 * np.pi * size / 4
    assert prepared.lines.sum() / length == pytest.approx(1.5 * size / 256, rel=0.2)
    assert np.mean((prepared.lines > 0.05) & (prepared.lines < 0.95)) > 0, "soft edges"


def test_a_filled_area_gives_its_outline():
    drawing = cv2.circle(blank(), (256, 256), 128, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.line(drawing, (20, 60), (500, 60), (0, 0, 0), 6)
    prepared = lines.prepare(drawing)
    assert strokes_across(prepared.lines, 128) == 2
    assert strokes_across(prepared.lines.T, 128) == 3  # and the stroke above it is one line
    assert prepared.lines[110:146, 110:146].max() == 0


def test_a_light_line_in_a_filled_area_is_kept_as_one():
    drawing = cv2.circle(blank(), (256, 256), 150, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.line(drawing, (200, 256), (312, 256), (255, 255, 255), 6)
    assert strokes_across(lines.prepare(drawing).lines.T, 128) == 3


def test_a_coloured_picture_keeps_outlines_and_what_is_inside():
    drawing = cv2.circle(blank(), (256, 256), 190, (0, 0, 0), -1, cv2.LINE_AA)
    cv2.circle(drawing, (256, 256), 180, (250, 210, 70), -1, cv2.LINE_AA)  # a face in yellow, with a black rim
    cv2.ellipse(drawing, (256, 256), (30, 60), 0, 0, 360, (70, 40, 10), -1, cv2.LINE_AA)
    prepared = lines.prepare(drawing)
    assert prepared.kind == "drawing"
    assert strokes_across(prepared.lines, 128) == 4  # the rim once on each side, and both sides of the dark patch


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("clean", car()),
        ("thick marker", car(16)),
        ("hairline in a large scan", car(3, 2000)),
        ("pencil on photographed paper", on_paper(car(), 0.4)),
        ("light on dark", 255 - car()),
        ("chalk", 255 - on_paper(car(8), 0.6)),
        ("yellow marker", np.where(car()[..., :1] < 128, np.uint8([255, 235, 60]), np.uint8(255))),
        ("black on transparent", np.dstack([np.zeros_like(car()), 255 - car()[..., 0]])),
        ("white on transparent", np.dstack([np.full_like(car(), 255), 255 - car()[..., 0]])),
        ("small", car(2, 100)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("size", [256, 512])
def test_drawings_of_every_sort_give_the_same_lines(name, sheet, size):
    prepared = lines.prepare(sheet, size)
    assert prepared.kind == "drawing"
    precision, recall = agreement(prepared.lines, truth(size), within=2 * size // 256)
    assert precision > 0.95 and recall > 0.95


@pytest.mark.parametrize("side", [256, 512, 1600])
def test_fine_lines_of_a_drawing_stay_apart(side):
    """Ten hairlines, as near to each other as a hundredth and a half of the side."""
    drawing = blank(side)
    for number in range(10):
        across = round(side * (0.3 + 0.016 * number))
        cv2.line(drawing, (across, side // 4), (across, 3 * side // 4), (0, 0, 0), max(1, side // 500))
    assert strokes_across(lines.prepare(drawing, 512).lines, 256) == 10


def test_specks_are_left_out_and_dots_are_kept():
    drawing = circle(6)
    rows, columns = np.random.default_rng(0).integers(20, 492, (2, 60))
    drawing[rows, columns] = 90
    cv2.circle(drawing, (256, 256), 7, (0, 0, 0), -1)
    inside = lines.prepare(drawing).lines[86:170, 86:170]  # of the circle
    assert np.flatnonzero(inside.max(axis=0) > 0.3).size > 0
    assert cv2.connectedComponents((inside > 0.3).astype(np.uint8))[0] == 2  # the ground and the dot


def test_a_photograph_gives_its_edges_and_says_so():
    prepared = lines.prepare(photograph())
    assert prepared.kind == "photograph"
    assert "photograph" in prepared.notes[-1]
    assert np.isnan(prepared.stroke_width)
    assert 0.01 < prepared.lines.mean() < 0.15
    ball = np.zeros((192, 256), np.uint8)
    cv2.circle(ball, (round(0.6 * 192), round(0.6 * 192)), round(0.2 * 192), 1, 1)
    assert agreement(prepared.lines, ball, within=3)[1] > 0.8


def test_a_busy_picture_does_not_turn_white():
    blobs = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    prepared = lines.prepare(cv2.resize(blobs, (512, 512), interpolation=cv2.INTER_CUBIC))
    assert prepared.kind == "photograph"
    assert 0.02 < prepared.lines.mean() < 0.3


def test_the_kind_can_be_chosen():
    assert lines.prepare(circle(6), kind="photograph").kind == "photograph"
    assert lines.prepare(photograph(), kind="drawing").kind == "drawing"
    assert lines.prepare(circle(6), kind="photograph").notes == []


@pytest.mark.parametrize(
    ("name", "sheet"),
    [
        ("white", blank()),
        ("black", blank(colour=(0, 0, 0))),
        ("transparent", np.zeros((300, 300, 4), np.uint8)),
        ("photographed paper", on_paper(blank())),
        ("a dot", cv2.circle(blank(), (100, 100), 3, (0, 0, 0), -1)),
        ("a few specks", np.where(np.random.default_rng(2).random((512, 512, 1)) < 0.001, 0, blank()).astype(np.uint8)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("kind", ["auto", "drawing", "photograph"])
def test_a_blank_sheet_is_an_error_that_says_how_much_was_found(name, sheet, kind):
    with pytest.raises(UserError, match=r"blank: \d.* % of it is ink.*Draw more"):
        lines.prepare(sheet, kind=kind)


@pytest.mark.parametrize(
    ("sheet", "what"),
    [
        (np.zeros((1, 1, 4), np.uint8), "1 x 1 pixels: too small"),
        (np.zeros((15, 300, 3), np.uint8), "300 x 15 pixels: too small"),
        (np.zeros((20, 400, 3), np.uint8), "400 x 20 pixels: at most 16 times as long as wide"),
        (None, "There is no picture"),
    ],
)
def test_pictures_without_the_size_of_a_sketch(sheet, what):
    with pytest.raises(UserError, match=what):
        lines.prepare(sheet)


@pytest.mark.parametrize("size", [0, 100, 255, -256, 256.0, "256", None, True])
def test_a_size_that_is_not_valid(size):
    with pytest.raises(UserError, match="256, 384, 512"):
        lines.prepare(circle(6), size)


def test_a_kind_that_is_not_valid():
    with pytest.raises(UserError, match=r"'oil'.*auto, drawing, photograph"):
        lines.prepare(circle(6), kind="oil")


def test_files_that_people_send(tmp_path):
    """Twelve thousand pixels wide, and an animated GIF: both are read, and the person hears what was done."""
    wide = Image.new("L", (12_000, 6_000), 255)
    wide.paste(Image.fromarray(cv2.resize(car()[..., 0], (6_000, 6_000))), (3_000, 0))
    wide.save(tmp_path / "wide.png")
    prepared = lines.prepare(pictures.read_picture(tmp_path / "wide.png"))
    assert prepared.lines.shape == (128, 256)
    assert "12,000 x 6,000" in prepared.notes[0]
    assert min(agreement(prepared.lines[:, 64:192], truth(128))) > 0.9
    frames = [Image.fromarray(car()), Image.fromarray(circle(30))]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    prepared = lines.prepare(pictures.read_picture(tmp_path / "moving.gif"))
    assert "first frame" in prepared.notes[0]
    assert min(agreement(prepared.lines, truth())) > 0.95


def test_something_cut_out_on_a_transparent_sheet():
    for colour in [(20, 20, 20), (255, 255, 255), (230, 200, 40)]:
        rgba = np.zeros((512, 512, 4), np.uint8)
        cv2.circle(rgba, (256, 256), 128, (*colour, 255), -1)
        prepared = lines.prepare(rgba)
        assert strokes_across(prepared.lines, 128) == 2, colour


@settings(max_examples=40, deadline=None)
@given(st.integers(16, 700), st.integers(16, 700), st.sampled_from([128, 256]))
def test_the_sheet_the_box_and_the_way_back(width, height, size):
    if max(width, height) > lines.MOST_ELONGATED * min(width, height):
        return
    drawing = np.full((height, width, 3), 255, np.uint8)
    thickness = max(1, min(width, height) // 20)
    cv2.rectangle(drawing, (width // 6, height // 6), (5 * width // 6, 5 * height // 6), (0, 0, 0), thickness)
    prepared = lines.prepare(drawing, size)
    sheet = prepared.lines
    left, top, right, bottom = prepared.box
    assert sheet.dtype == np.float32 and sheet.min() >= 0 and sheet.max() <= 1
    assert max(sheet.shape) == size and all(side % 64 == 0 for side in sheet.shape)
    assert 0 <= left < right <= sheet.shape[1] and 0 <= top < bottom <= sheet.shape[0]
    assert max(right - left, bottom - top) == size
    assert abs((right - left) * height - (bottom - top) * width) <= max(width, height)  # to half a pixel
    assert max(sheet.shape[0] - (bottom - top), sheet.shape[1] - (right - left)) < 64
    padding = sheet.copy()
    padding[top:bottom, left:right] = 0
    assert padding.max() == 0
    assert lines.restore(sheet, prepared).shape == (bottom - top, right - left)
    double = np.zeros((2 * sheet.shape[0], 2 * sheet.shape[1], 3), np.uint8)
    assert lines.restore(double, prepared).shape == (2 * (bottom - top), 2 * (right - left), 3)


def test_a_render_of_another_sheet():
    prepared = lines.prepare(circle(6))
    for shape in [(128, 256, 3), (100, 100, 3), (512, 256, 3)]:
        with pytest.raises(ValueError, match="sheet"):
            lines.restore(np.zeros(shape, np.uint8), prepared)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([64, 256]),
)
def test_strokes_of_any_shape_become_a_square_sketch(strokes, size):
    picture = lines.from_strokes([tuple(zip(*stroke, strict=True)) for stroke in strokes], size)
    assert picture.rgba.shape == (size, size, 4)
    assert picture.rgba[..., 0].min() < 200
    rows, columns = np.nonzero(picture.rgba[..., 0] < 255)
    margin = 0.08 * size - size / 64 - 1
    assert min(rows.min(), columns.min()) >= margin - 1 and max(rows.max(), columns.max()) <= size - margin


def test_strokes_without_a_point():
    for nothing in ([], [([], [])]):
        with pytest.raises(UserError, match="no point"):
            lines.from_strokes(nothing)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_thinning_is_that_of_opencv(seed, radius):
    strokes = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 1, (60, 80)), (0, 0), radius) > 0
    strokes[[0, -1]] = strokes[:, [0, -1]] = False  # OpenCV never removes from the border
    strokes = strokes.astype(np.uint8)
    assert (thin(strokes) == (cv2.ximgproc.thinning(255 * strokes) > 0)).all()


def test_the_same_picture_gives_the_same_lines():
    assert (lines.prepare(on_paper(car())).lines == lines.prepare(on_paper(car())).lines).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(16, 90),
    st.integers(16, 90),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.6, 2.0, 8.0]),
    st.sampled_from(["auto", "drawing", "photograph"]),
)
def test_anything_else_gives_lines_or_a_clear_error(width, height, seed, softness, kind):
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    rgba = cv2.GaussianBlur(rgba, (0, 0), softness) if softness else rgba
    try:
        assert np.isfinite(lines.prepare(rgba, 128, kind).lines).all()
    except UserError as error:
        assert "blank" in str(error)
