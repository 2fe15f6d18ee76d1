"""Colours and tones of pictures that are made here, and of words."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketch import looks
from sketch.looks import COLOURS, NAMED, TONES

LIGHT, VIVID, ROUGH = range(3)
WORDS = [(word, name) for name, (_, words) in NAMED.items() for word in words]


def plain(colour: str | tuple[int, int, int], height: int = 40, width: int = 60) -> np.ndarray:
    if isinstance(colour, str):
        colour = tuple(round(255 * part) for part in looks.rgb_of(colour))
    return np.full((height, width, 3), colour, np.uint8)


def first(look: looks.Look) -> str:
    return COLOURS[int(look.colours.argmax())]


def share(look: looks.Look, name: str) -> float:
    return float(look.colours[COLOURS.index(name)])


def test_a_plain_red_picture_says_red():
    look = looks.of_picture(plain((255, 0, 0)))
    assert first(look) == "red"
    assert look.words() == "mostly red; vivid, smooth"


@pytest.mark.parametrize("name", COLOURS)
def test_every_named_colour_is_told_in_a_picture_and_in_a_palette(name):
    value = NAMED[name][0]
    assert first(looks.of_picture(plain(value))) == first(looks.of_palette((value,))) == name


@pytest.mark.parametrize(("word", "name"), WORDS)
def test_every_word_for_a_colour_asks_for_it(word, name):
    assert first(looks.asked_for(f"a cat in {word.upper()}, please")) == name


def test_a_colour_that_is_asked_for_is_nearest_to_pictures_of_it():
    names = ("black", "white", "red", "yellow", "green", "blue", "orange", "pink", "brown", "turquoise")
    asked = np.stack([looks.asked_for(name).colours for name in names])
    seen = np.stack([looks.of_picture(plain(NAMED[name][0])).colours for name in names])
    assert (asked @ seen.T).argmax(axis=1).tolist() == list(range(len(names)))


@pytest.mark.parametrize(("word", "lighter"), [("dark", False), ("deep", False), ("pale", True), ("light", True)])
@pytest.mark.parametrize("colour", ["green", "blue", "red", "grey"])
def test_a_word_before_a_colour_changes_its_lightness(colour, word, lighter):
    lightness = looks.to_lab(np.array([looks.rgb_of(value) for value, _ in NAMED.values()]))[:, 0]

    def asked(text: str) -> float:  # the mean lightness of the colours that a text asks for
        shares = looks.asked_for(text).colours ** 2
        return float(shares @ lightness)

    assert (asked(f"{word} {colour}") > asked(colour)) is lighter
    assert asked(f"{colour} {word}") == asked(colour), "it stands after the colour"


def test_american_spelling_asks_for_the_same():
    for british, american in [("a grey cat", "a gray cat"), ("Greyscale", "GRAYSCALE"), ("colourful", "colorful")]:
        one, other = looks.asked_for(british), looks.asked_for(american)
        assert (one.colours == other.colours).all() and (one.tones == other.tones).all()
        assert one.colours.any() or one.tones.any()


def test_two_colours_are_asked_for_at_once():
    look = looks.asked_for("red and turquoise stripes")
    assert {COLOURS[at] for at in np.argsort(-look.colours)[:2]} == {"red", "turquoise"}


@pytest.mark.parametrize("text", ["", "a dog", "redder greenhouse", "12 34", "🎨", "orangerie"])
def test_who_names_no_colour_asks_for_none(text):
    look = looks.asked_for(text)
    assert not look.colours.any() and not look.tones.any() and look.words() == ""


@pytest.mark.parametrize(
    ("text", "tones"),
    [
        ("a dark forest", (-1, 0, 0)),
        ("gloomy dark night", (-1, 0, 0)),  # no darker than dark
        ("airy", (1, 0, 0)),
        ("dark and light", (0, 0, 0)),
        ("vivid, grainy", (0, 1, 1)),
        ("faded smooth", (0, -1, -1)),
    ],
)
def test_tones_that_are_asked_for(text, tones):
    assert looks.asked_for(text).tones.tolist() == list(tones)


def test_tones_that_are_seen():
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 1), dtype=np.uint8).repeat(3, axis=2)
    black, white, grey = (looks.of_picture(plain((value,) * 3)).tones for value in (0, 255, 119))
    assert black[LIGHT] == pytest.approx(-1) and white[LIGHT] == pytest.approx(1)
    assert grey[LIGHT] == pytest.approx(0, abs=0.02)  # sRGB 119 has the lightness 50
    assert [tones[VIVID] for tones in (black, white, grey)] == pytest.approx([-1, -1, -1], abs=0.01)
    assert looks.of_picture(plain((255, 0, 0))).tones[VIVID] == 1
    assert looks.of_picture(noise).tones[ROUGH] > 0.9 > -0.9 > grey[ROUGH]


def test_a_few_strong_contours_are_no_texture():
    drawing = cv2.rectangle(plain((255, 255, 255), 300, 300), (60, 60), (240, 240), (0, 0, 0), 8)
    assert looks.of_picture(drawing).tones[ROUGH] < -0.8


@pytest.mark.parametrize("scale", [0.5, 2.0, 5.0])
def test_the_size_of_a_picture_does_not_change_its_look(scale):
    down, right = np.mgrid[:256, :256] / 256
    waves = 127 + 120 * np.sin(6 * np.stack([right, down, right + down], axis=2))
    small = cv2.resize(waves, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    one, other = looks.of_picture(waves.astype(np.uint8)), looks.of_picture(small)
    assert one.colours @ other.colours > 0.995
    assert np.abs(one.tones - other.tones).max() < 0.1


def test_the_ground_of_a_palette_counts_twice():
    look = looks.of_palette(("#d92626", "#1f5fc4"))
    alone = [looks.of_palette((colour,)) for colour in ("#d92626", "#1f5fc4")]
    assert share(look, "red") > share(look, "blue") > 0
    assert look.tones[LIGHT] == pytest.approx((2 * alone[0].tones[LIGHT] + alone[1].tones[LIGHT]) / 3)
    assert look.tones[ROUGH] == 0


def test_no_palette_promises_nothing():
    look = looks.of_palette(())
    assert not look.colours.any() and not look.tones.any() and look.words() == ""


def test_main_colours_come_with_the_largest_first():
    assert looks.main_colours(plain("#fa8072")) == ("#fa8072",)
    flag = plain((255, 255, 255), 128, 128)
    flag[:64], flag[64:112, :] = (200, 20, 20), (20, 70, 190)  # 64 rows, 48 rows, and 16 stay white
    assert looks.main_colours(flag) == ("#c81414", "#1446be", "#ffffff")
    assert looks.main_colours(flag, 2) == ("#c81414", "#1446be")


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#12345g", "#1234567", "123456", "#123456\n", " #123456"])
def test_what_is_no_colour_is_refused(colour):
    with pytest.raises(ValueError, match="a colour must look like #1a2b3c"):
        looks.of_palette(("#ffffff", colour))


def test_colours_are_read_in_either_case():
    assert looks.rgb_of("#FF8000") == looks.rgb_of("#ff8000") == (1.0, 128 / 255, 0.0)


BYTE = st.integers(0, 255)


@given(st.lists(st.tuples(BYTE, BYTE, BYTE), min_size=1, max_size=20))
def test_lab_is_that_of_opencv(colours):
    rgb = np.array(colours, np.float64) / 255
    expected = cv2.cvtColor(rgb[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    assert np.abs(looks.to_lab(rgb) - expected).max() < 0.6  # which rounds in tables


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 200), st.integers(1, 200), st.booleans(), st.integers(1, 8))
def test_a_picture_of_any_size_has_a_look(seed, height, width, noisy, count):
    rng = np.random.default_rng(seed)
    size = (height, width, 3) if noisy else (1, 1, 3)
    picture = np.broadcast_to(rng.integers(0, 256, size, dtype=np.uint8), (height, width, 3)).copy()
    look = looks.of_picture(picture)
    assert look.colours.shape == (len(COLOURS),) and look.tones.shape == (len(TONES),)
    assert np.linalg.norm(look.colours) == pytest.approx(1) and look.colours.min() >= 0
    assert np.abs(look.tones).max() <= 1
    assert look.words()
    colours = looks.main_colours(picture, count)
    assert 1 <= len(colours) <= count and len(set(colours)) == len(colours)
    looks.of_palette(colours)


@given(
    st.text(max_size=60) | st.lists(st.sampled_from([word for word, _ in WORDS] + ["dark", "neon", "of"])).map(" ".join)
)
def test_any_text_asks_for_something_or_nothing(text):
    look = looks.asked_for(text)
    length = np.linalg.norm(look.colours)
    assert length == 0 or length == pytest.approx(1)
    assert np.isfinite(look.tones).all() and np.abs(look.tones).max() <= 1
