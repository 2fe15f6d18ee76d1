"""The library of styles over a few of the built-in cards, with MiniLM and Chroma themselves, in folders of its own."""

import logging
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from common import text
from common.errors import MediaError, UserError
from sketch import cards as style_cards
from sketch import styles
from sketch.embeddings import MiniLMStyles
from sketch.styles import StyleLibrary

# One with its picture; the others without, as pictures take most of the time.
BUILT_IN = {
    name: card if name == "blueprint" else replace(card, picture=None)
    for name, card in style_cards.built_in().items()
    if name in ("blueprint", "charcoal", "gold", "neon_pink", "watercolour_wet")
}
TRICKS = [
    "",
    "own-",
    "../own",
    "own-x-0123456789/../x",
    "/etc/passwd",
    "..\\x",
    "*",
    "own-*",
    "own-x-0123456789\n",
    "🎨",
]


class Counted(MiniLMStyles):
    """The embeddings themselves; they note what they are asked for, and embed each text once to save time."""

    def __init__(self) -> None:
        super().__init__(text.load())
        self.noted: list[str] = []
        self._done: dict[str, np.ndarray] = {}

    def meaning(self, texts: Sequence[str]) -> np.ndarray:
        self.noted += texts
        new = [one for one in texts if one not in self._done]
        self._done |= dict(zip(new, super().meaning(new), strict=True))
        return np.stack([self._done[one] for one in texts])


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def embeddings() -> Counted:
    return Counted()


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMA_URL", raising=False)
    monkeypatch.setenv(styles.DATA_VARIABLE, str(tmp_path / "data"))


@pytest.fixture
def opened(tmp_path, embeddings):
    """Opens libraries, in one folder if none is named, and closes them in the end."""
    libraries = []

    def open_one(folder: str | Path = tmp_path / "styles", built_in=BUILT_IN, kind=embeddings) -> StyleLibrary:
        libraries.append(StyleLibrary(folder, kind, built_in))
        return libraries[-1]

    yield open_one
    for library in libraries:
        library.close()


@pytest.fixture
def picture(tmp_path) -> Path:
    """Green with a yellow stripe."""
    pixels = np.full((60, 80, 3), (30, 150, 60), np.uint8)
    pixels[20:30] = (250, 225, 60)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def files(folder: Path) -> dict[str, bytes]:
    """All that lies in the folder of a library but the index."""
    there = [file for file in folder.rglob("*") if file.is_file() and "vectors" not in file.parts]
    return {str(file.relative_to(folder)): file.read_bytes() for file in there}


def first(library: StyleLibrary, request: str) -> str:
    return library.search(request)[0].card.id


def test_opening_again_embeds_nothing_and_changes_nothing(opened, embeddings, picture):
    library = opened()
    own = library.add_style(picture, "Knitted wool", "Thick loops of yarn")
    before, there, listed = library.find("a fox in charcoal"), files(library.folder), library.list_styles()
    library.close()
    embeddings.noted.clear()
    again = opened()
    assert embeddings.noted == []
    assert files(again.folder) == there and again.list_styles() == listed
    assert again.find("a fox in charcoal").matches[0].card == before.matches[0].card
    assert first(again, "a scarf of yarn") == own.id


def test_what_changed_is_embedded_alone_and_what_is_gone_is_found_no_more(opened, embeddings):
    opened().close()
    changed = replace(BUILT_IN["gold"], title="Wicker", caption="Woven willow twigs")
    embeddings.noted.clear()
    library = opened(built_in={"blueprint": BUILT_IN["blueprint"], "gold": changed})
    assert embeddings.noted == [changed.text, "Wicker", "Woven willow twigs"]
    assert first(library, "a basket of willow") == "gold"
    assert {match.card.id for match in library.search("charcoal", 9)} == {"blueprint", "gold"}
    assert {name.split("/")[-1].split(".")[0] for name in files(library.folder) if "parts" in name} == {
        *("blueprint", "gold")
    }


@pytest.mark.parametrize("damage", ["gone", "empty", "cut off"])
def test_vectors_of_parts_that_are_missing_or_damaged_are_made_again(opened, damage):
    library = opened()
    before, there = library.find("a fox in charcoal"), files(library.folder)
    library.close()
    for file in (library.folder / "parts").rglob("*.npy"):
        data = file.read_bytes()
        file.unlink()
        if damage != "gone":
            file.write_bytes(b"" if damage == "empty" else data[: len(data) // 2])
    again = opened()
    assert [match.card for match in again.search("a fox in charcoal")] == [match.card for match in before.matches]
    assert files(again.folder).keys() == there.keys()
    assert all(np.load(file).ndim == 2 for file in (again.folder / "parts").rglob("*.npy"))


def test_each_kind_of_embeddings_has_an_index_of_its_own(opened, embeddings):
    class Others(Counted):
        name = "other-words"

    opened().close()
    others = Others()
    assert first(opened(kind=others), "a fox in charcoal") == "charcoal" and others.noted
    embeddings.noted.clear()
    opened()
    assert embeddings.noted == []


def test_a_style_of_ones_own_is_found_at_once_listed_kept_and_deleted(opened, picture):
    library = opened()
    assert not library.find("a cat in knitted wool", 1, {"own": True}).matches
    card = library.add_style(picture, "Knitted wool", "Thick loops of yarn", "textile", "1970s", "CC0")
    assert (card.title, card.caption, card.medium, card.era, card.licence, card.own) == (
        *("Knitted wool", "Thick loops of yarn", "textile", "1970s", "CC0", True),
    )
    for request in ("a cat in knitted wool", "loops of yarn", "knited wool house"):
        found = library.find(request)
        assert found.matches[0].card == card and not found.text_only
    assert library.list_styles() == [*BUILT_IN.values(), card] and library.card(card.id) == card
    assert library.list_styles(own=True) == library.list_styles("textile") == library.list_styles(era="1970s") == [card]
    assert [match.card for match in library.search("anything", 9, {"own": True})] == [card]
    library.close()
    library = opened()
    assert library.card(card.id) == card and first(library, "a cat in knitted wool") == card.id
    library.delete_style(card.id)
    assert library.list_styles() == list(BUILT_IN.values())
    assert card.id not in {match.card.id for match in library.search("a cat in knitted wool", 9)}
    assert not [name for name in files(library.folder) if card.id in name]
    with pytest.raises(UserError, match="There is no style"):
        library.delete_style(card.id)
    library.close()
    assert opened().list_styles(own=True) == []


def test_a_style_without_a_caption_is_found_by_its_colours(opened, tmp_path):
    library = opened()
    Image.new("RGB", (50, 50), (20, 120, 120)).save(tmp_path / "a.png")
    card = library.add_style(tmp_path / "a.png", "Wallpaper 7")
    assert first(library, "a cup in teal") == card.id


def test_the_same_picture_and_title_again_is_the_same_card_with_its_new_words(opened, picture):
    library = opened()
    old = library.add_style(picture, "My wall", "thick loops of yarn")
    assert first(library, "a fox made of yarn") == old.id
    new = library.add_style(picture, "My wall", "shards of broken mirror")
    assert new.id == old.id and library.list_styles(own=True) == [new]
    found = library.search("shards of a broken mirror")
    assert found[0].card == new and [match.card.id for match in found].count(new.id) == 1
    assert len([name for name in files(library.folder) if new.id in name]) == 3  # words, picture, parts


def test_the_file_keeps_nothing_of_the_picture_but_the_picture(opened, tmp_path):
    Image.new("RGBA", (700, 350), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    exif = Image.Exif()
    exif[0x010E] = "at home"  # ImageDescription
    Image.new("RGB", (40, 30), (9, 9, 9)).save(tmp_path / "told.jpg", exif=exif)
    library = opened()
    clear = library.add_style(tmp_path / "clear.png", "Clear").rgb()
    assert clear.shape == (256, 512, 3) and clear.min() > 250, "over white"
    data = library.add_style(tmp_path / "told.jpg", "Told").picture.read_bytes()
    assert b"at home" in (tmp_path / "told.jpg").read_bytes() and b"at home" not in data and b"EXIF" not in data


def wrong_file(folder: Path, what: str, good: Path) -> Path:
    data = good.read_bytes()
    file = folder / "wrong.png"
    contents = {
        "text": b"this is no picture",
        "empty": b"",
        "cut off": data[: len(data) // 2],
        "header alone": data[:33],
        "an SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    if what == "a folder":
        file.mkdir()
    elif what != "not there":
        file.write_bytes(contents[what])
    return file


WRONG = ["text", "empty", "cut off", "header alone", "an SVG", "a folder", "not there"]


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_no_picture_is_refused_and_leaves_nothing_behind(opened, tmp_path, picture, embeddings, what):
    library = opened()
    before = files(library.folder)
    embeddings.noted.clear()
    with pytest.raises(MediaError, match=r"'wrong\.png'"):
        library.add_style(wrong_file(tmp_path, what, picture), "A title", "A caption")
    assert files(library.folder) == before and embeddings.noted == []
    assert library.list_styles(own=True) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"title": ""}, "needs a title"),
        ({"title": " \n "}, "needs a title"),
        ({"title": "x" * 81}, "title has 81 letters; at most 80"),
        ({"title": "x", "caption": "x" * 501}, "caption has 501 letters; at most 500"),
        ({"title": "x", "medium": "x" * 61}, "medium has 61 letters; at most 60"),
    ],
)
def test_words_that_are_missing_or_too_long_are_refused_and_leave_nothing_behind(opened, picture, words, message):
    library = opened()
    before = files(library.folder)
    with pytest.raises(UserError, match=message):
        library.add_style(picture, **words)
    assert files(library.folder) == before and library.list_styles(own=True) == []


def test_a_style_that_comes_with_the_system_cannot_be_deleted(opened):
    library = opened()
    for card_id in BUILT_IN:
        with pytest.raises(UserError, match=f"'{card_id}' comes with the system and can't be deleted"):
            library.delete_style(card_id)
    assert library.list_styles() == list(BUILT_IN.values()) and len(library.search("anything", 9)) == len(BUILT_IN)


def test_an_id_that_is_not_there_or_leads_elsewhere_is_refused(opened, picture, tmp_path):
    library = opened()
    library.add_style(picture, "x")
    (tmp_path / "x.json").write_text("{}")
    before = files(tmp_path)
    for card_id in [*TRICKS, "../../x", str(tmp_path / "x"), "x" * 5000]:
        for use in (library.card, library.delete_style):
            with pytest.raises(UserError, match=r"There is no style.*Choose one") as caught:
                use(card_id)
            assert len(str(caught.value)) < 200
    assert files(tmp_path) == before


def test_a_full_library_takes_no_more(opened, picture, monkeypatch):
    monkeypatch.setattr(styles, "MOST_OWN", 1)
    library = opened()
    card = library.add_style(picture, "One")
    with pytest.raises(UserError, match=r"holds 1 styles of your own\. Delete some"):
        library.add_style(picture, "Two")
    library.delete_style(card.id)
    assert library.add_style(picture, "Two").title == "Two"


def test_a_folder_of_pictures_is_taken_in_and_what_fails_is_told(opened, tmp_path, picture):
    folder = tmp_path / "pictures"
    (folder / "below").mkdir(parents=True)
    data = picture.read_bytes()
    for name in ("knitted_wool.png", "old--MAP.PNG", "___.png", "latin.png", ".hidden.png", "below/deep.png"):
        (folder / name).write_bytes(data)
    (folder / f"{'long ' * 30}.png").write_bytes(data)
    (folder / "knitted_wool.txt").write_text("Thick loops of yarn\n", encoding="utf-8")
    (folder / "latin.txt").write_bytes("Größe".encode("latin-1"))
    (folder / "notes.txt").write_text("no caption of anything")
    for name, content in {"broken.jpg": data[:50], "empty.webp": b"", "text.gif": b"no picture"}.items():
        (folder / name).write_bytes(content)
    (folder / "folder.png").mkdir()
    before = files(folder)
    library = opened()
    done = library.import_folder(folder, medium="found", licence="CC0")
    assert {card.title for card in done.cards} == {"knitted wool", "old MAP", ("long " * 16).strip()}
    assert all((card.medium, card.licence, card.own) == ("found", "CC0", True) for card in done.cards)
    told = dict(done.left_out)
    assert told.keys() == {"broken.jpg", "empty.webp", "text.gif", "folder.png", "___.png", "latin.png"}
    assert "cut off" in told["broken.jpg"] and "empty" in told["empty.webp"] and "no picture" in told["text.gif"]
    assert "title" in told["___.png"] and "'latin.txt' is no text in UTF-8" in told["latin.png"]
    assert {card.id for card in library.list_styles(own=True)} == {card.id for card in done.cards}
    assert library.search("a scarf of yarn")[0].card.title == "knitted wool"
    assert files(folder) == before
    again = library.import_folder(folder, medium="found", licence="CC0")
    assert again == done and len(library.list_styles(own=True)) == 3


def test_a_folder_that_is_not_there_is_named(opened, picture):
    library = opened()
    for folder in ("/nowhere/at/all", picture):
        with pytest.raises(UserError, match=r"There is no folder '.+'"):
            library.import_folder(folder)


def test_the_list_is_steady_and_narrowed_by_what_is_given(opened):
    library = opened()
    assert library.list_styles() == library.list_styles(own=False) == list(BUILT_IN.values())
    assert library.list_styles("metal") == [BUILT_IN["gold"]]
    assert library.list_styles("metal", "1980s") == library.list_styles("gelatine") == []


def test_a_library_may_be_empty_and_be_filled(opened, picture):
    library = opened(built_in={})
    assert library.list_styles() == [] and library.search("a fox in gold") == []
    found = library.find("a fox in gold")
    assert found.text_only and found.content == "a fox in gold"
    card = library.add_style(picture, "Gold leaf")
    assert library.search("a fox in gold")[0].card == card


def test_one_damaged_picture_does_not_close_the_library(opened, picture, caplog):
    library = opened()
    damaged, good = library.add_style(picture, "Knitted wool"), library.add_style(picture, "Broken mirror")
    library.close()
    data = damaged.picture.read_bytes()
    damaged.picture.write_bytes(data[: len(data) // 2])
    with caplog.at_level(logging.WARNING):
        library = opened()
    assert damaged.id in caplog.text
    assert library.list_styles(own=True) == [good] and first(library, "a broken mirror") == good.id
    library.close()
    damaged.picture.write_bytes(data)
    assert first(opened(), "a fox in knitted wool") == damaged.id


def test_two_folders_are_two_libraries(opened, tmp_path, picture):
    one, other = opened(tmp_path / "one"), opened(tmp_path / "other")
    card = one.add_style(picture, "Knitted wool")
    assert other.list_styles(own=True) == [] and first(one, "a fox in knitted wool") == card.id
    assert (one.folder / "identity").read_text() != (other.folder / "identity").read_text()
    other.close()
    assert first(one, "a fox in knitted wool") == card.id


def test_who_closes_twice_does_no_harm_and_the_folder_can_be_opened_again(opened):
    library = opened()
    library.close()
    library.close()
    assert first(opened(), "a fox in charcoal") == "charcoal"


def test_threads_add_and_search_and_delete_at_once(opened, tmp_path):
    library = opened()
    stuffs = ["knitted wool", "broken mirror", "wet concrete"]
    errors = []

    def work(number: int) -> None:
        try:
            file = tmp_path / f"{number}.png"
            Image.new("RGB", (20, 20), (60 * number, 100, 100)).save(file)
            for turn in range(3):
                card = library.add_style(file, f"{stuffs[number]} {'abc'[turn]}")
                found = library.search(f"a horse in {stuffs[number]} {'abc'[turn]}", 9)
                assert card.id in {match.card.id for match in found}
                assert first(library, "a fox as a blueprint") == "blueprint"
                if turn:
                    library.delete_style(card.id)
                    assert card.id not in {match.card.id for match in library.search(stuffs[number], 30)}
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(stuffs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    own = {card.title for card in library.list_styles(own=True)}
    assert own == {f"{stuff} a" for stuff in stuffs}
    library.close()
    assert {card.title for card in opened().list_styles(own=True)} == own
    assert {match.card.title for match in opened().search("anything", 99, {"own": True})} == own


def test_the_data_folder_is_that_of_the_settings(monkeypatch, tmp_path):
    assert styles.data_folder() == tmp_path / "data" / "sketch"
    monkeypatch.setenv(styles.DATA_VARIABLE, "here")
    assert styles.data_folder() == Path.cwd() / "here" / "sketch"
    monkeypatch.setenv(styles.DATA_VARIABLE, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert styles.data_folder() == tmp_path / "xdg" / "demo-house" / "sketch"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert styles.data_folder() == tmp_path / ".local" / "share" / "demo-house" / "sketch"


def test_the_cards_are_known_without_the_index(opened, tmp_path, picture):
    assert styles.known() == style_cards.built_in()
    assert not (tmp_path / "data" / "sketch" / "vectors").exists()
    library = opened(tmp_path / "data" / "sketch")
    card = library.add_style(picture, "Knitted wool")
    assert styles.known() == styles.known(library.folder) == {**style_cards.built_in(), card.id: card}


def test_a_folder_that_cannot_be_made_is_named(opened, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for act in (lambda: opened(tmp_path / "file" / "styles"), lambda: styles.known(tmp_path / "file" / "styles")):
        with pytest.raises(UserError, match=r"can't hold styles.*Name another folder"):
            act()


def test_all_who_ask_share_one_library_of_all_styles(all_styles, tmp_path):
    shutil.copytree(all_styles, tmp_path / "data" / "sketch")
    found = []
    threads = [threading.Thread(target=lambda: found.append(StyleLibrary.shared())) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        library = StyleLibrary.shared()
        assert len(found) == 3 and all(one is library for one in found)
        assert library.folder == styles.data_folder() == tmp_path / "data" / "sketch"
        assert {card.id: card for card in library.list_styles()} == style_cards.built_in()
    finally:
        for library in styles._SHARED.values():
            library.close()
        styles._SHARED.clear()
