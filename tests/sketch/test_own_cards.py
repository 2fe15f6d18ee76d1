"""A person's own cards, as files."""

import json
import logging

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from common.errors import UserError
from sketch.own_cards import LENGTHS, SIDE, OwnCards, checked, quoted

RED = np.full((30, 40, 3), (200, 20, 20), np.uint8)


def words(title: str = "Brick wall", **others: str) -> dict[str, str]:
    return {**dict.fromkeys(LENGTHS, ""), "title": title, **others}


def kept(folder, title: str = "Brick wall", rgb: np.ndarray = RED, **others: str):
    cards = OwnCards(folder)
    card = cards.draft(words(title, **others), rgb)
    cards.keep(card)
    return card


def names(folder) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_card_is_there_when_it_is_kept_and_after_a_new_start(tmp_path):
    cards = OwnCards(tmp_path / "new" / "own")
    card = cards.draft(words(caption="Red bricks", medium="stone", era="1900s", licence="CC0"), RED)
    assert cards.all() == {} == OwnCards(tmp_path / "new" / "own").all()
    cards.keep(card)
    assert cards.all() == {card.id: card} == OwnCards(tmp_path / "new" / "own").all()
    assert (card.title, card.caption, card.medium, card.era, card.licence) == (
        *("Brick wall", "Red bricks", "stone", "1900s", "CC0"),
    )
    assert card.own and card.palette == ("#c81414",)


def test_what_another_one_writes_or_deletes_is_seen(tmp_path):
    one, other = OwnCards(tmp_path), OwnCards(tmp_path)
    assert one.all() == {}
    card = kept(tmp_path)
    assert one.all() == other.all() == {card.id: card}
    other.delete(card.id)
    assert one.all() == {} and names(tmp_path) == set()
    other.delete(card.id)  # once more does no harm


def test_the_picture_is_kept_small_and_in_its_shape(tmp_path):
    large = np.zeros((900, 1800, 3), np.uint8)
    large[:, 900:] = 255
    with Image.open(kept(tmp_path, rgb=large).picture) as image:
        assert image.size == (SIDE, SIDE // 2)
        pixels = np.asarray(image.convert("RGB"))
    assert pixels[:, : SIDE // 2 - 8].max() < 20 and pixels[:, SIDE // 2 + 8 :].min() > 235


def test_one_picture_and_title_is_one_card_and_another_title_another(tmp_path):
    first = kept(tmp_path, caption="old words")
    again = kept(tmp_path, caption="new words")
    assert again.id == first.id != kept(tmp_path, "Another wall").id != kept(tmp_path, rgb=RED // 2).id
    assert len(OwnCards(tmp_path).all()) == 3
    assert OwnCards(tmp_path).all()[first.id].caption == "new words"


@pytest.mark.parametrize("title", ["", "  \n\t", "\x00\x1b", "\u200b"])
def test_a_card_without_a_title_is_refused_and_nothing_is_left(tmp_path, title):
    with pytest.raises(UserError, match="needs a title"):
        OwnCards(tmp_path).draft(words(title), RED)
    assert names(tmp_path) == set()


@pytest.mark.parametrize("key", LENGTHS)
def test_words_may_be_so_long_and_no_longer(tmp_path, key):
    most = LENGTHS[key]
    assert getattr(OwnCards(tmp_path).draft(words(**{key: "x" * most}), RED), key) == "x" * most
    before = names(tmp_path)
    with pytest.raises(UserError, match=rf"The {key} has {most + 1} letters; at most {most} are kept: 'xxx.*…'"):
        OwnCards(tmp_path).draft(words(**{key: "x" * (most + 1)}), RED)
    assert names(tmp_path) == before


def test_words_are_brought_on_one_line():
    assert checked("title", " a\tbrick\n\nwall\x00 ") == "a brick wall"
    assert checked("caption", "x" * 500 + " " * 500) == "x" * 500


def test_a_long_quotation_is_cut():
    assert quoted("x" * 60) == repr("x" * 60) and quoted("x" * 61) == repr("x" * 57 + "…")


TRICKS = [
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\windows",
    "a/b",
    "own-x-0123456789/../../x",
    "C:\\x",
    "~root",
    "*",
]


@pytest.mark.parametrize(
    "title", [*TRICKS, "🎨🎨", "Ziegelmauer, größer", "煉瓦の壁", "." * 80, "-", "con", "a\u202eb"]
)
def test_a_title_never_leads_out_of_the_folder(tmp_path, title):
    folder = tmp_path / "own"
    card = kept(folder, title)
    assert names(tmp_path) == {"own"} and names(folder) == {f"{card.id}.json", f"{card.id}.webp"}
    assert OwnCards(folder).all() == {card.id: card}


@pytest.mark.parametrize("card_id", [*TRICKS, "", "own-", "blueprint", "own-../x-0123456789", "own-x-0123456789\n"])
def test_an_id_never_leads_out_of_the_folder(tmp_path, card_id):
    (tmp_path / "x.json").write_text("{}")
    kept(tmp_path / "own")
    with pytest.raises(ValueError, match="no id"):
        OwnCards(tmp_path / "own").delete(card_id)
    assert names(tmp_path) == {"own", "x.json"} and len(names(tmp_path / "own")) == 2


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(max_size=90), caption=st.text(max_size=60), medium=st.text(max_size=70))
def test_any_words_are_refused_or_come_back_as_they_were_kept(tmp_path, title, caption, medium):
    try:
        card = kept(tmp_path, title, caption=caption, medium=medium)
    except UserError:
        return
    assert OwnCards(tmp_path).all()[card.id] == card
    OwnCards(tmp_path).delete(card.id)
    assert names(tmp_path) == set()


GOOD = {"title": "It", "caption": "", "medium": "", "era": "", "licence": "", "palette": ["#ff0000"]}


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        json.dumps({key: value for key, value in GOOD.items() if key != "era"}).encode(),
        *(
            json.dumps({**GOOD, key: value}).encode()
            for key, value in [
                *(("title", ""), ("title", 7), ("title", "x" * 81), ("palette", None), ("palette", "#ff0000")),
                *(("palette", ["red"]), ("palette", [1]), ("caption", None)),
            ]
        ),
    ],
)
def test_a_card_that_somebody_damaged_is_passed_over_with_a_warning(tmp_path, caplog, entry):
    good, damaged = kept(tmp_path), kept(tmp_path, "Another wall")
    (tmp_path / f"{damaged.id}.json").write_bytes(entry)
    with caplog.at_level(logging.WARNING):
        assert OwnCards(tmp_path).all() == {good.id: good}
    assert damaged.id in caplog.text


@pytest.mark.parametrize("what", ["gone", "empty", "cut off", "longer", "another file", "a folder"])
def test_a_card_whose_picture_somebody_damaged_is_passed_over_and_back_when_it_is_mended(tmp_path, caplog, what):
    good, damaged = kept(tmp_path), kept(tmp_path, "Another wall")
    data = damaged.picture.read_bytes()
    damaged.picture.unlink()
    if what == "a folder":
        damaged.picture.mkdir()
    elif what != "gone":
        others = {"empty": b"", "cut off": data[:-2], "longer": data + b"--", "another file": b"x" * len(data)}
        damaged.picture.write_bytes(others[what])
    with caplog.at_level(logging.WARNING):
        assert OwnCards(tmp_path).all() == {good.id: good}
    assert damaged.id in caplog.text
    if what == "a folder":
        damaged.picture.rmdir()
    damaged.picture.write_bytes(data)
    assert set(OwnCards(tmp_path).all()) == {good.id, damaged.id}


def test_files_of_other_names_are_no_cards(tmp_path):
    card = kept(tmp_path)
    for name in ("own-.json", "own-x.json", "blueprint.json", "own-UPPER-0123456789.json", f"{card.id}.json.new"):
        (tmp_path / name).write_bytes((tmp_path / f"{card.id}.json").read_bytes())
    assert OwnCards(tmp_path).all() == {card.id: card}


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match=r"file/own'? can't hold styles.*Name another folder"):
        OwnCards(tmp_path / "file" / "own")
