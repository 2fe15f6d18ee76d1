"""Requests in words of this test's own, asked of the built-in cards with MiniLM itself."""

import math
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from common.errors import UserError
from sketch.cards import Card, built_in
from sketch.phrases import Reading
from sketch.retrieval import LONGEST, PLAIN, WEIGHTS, Evidence, Found, Match, StyleSearch, Weights, blend, combine
from sketch.styles import StyleLibrary
from sketch.wording import split

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def library(all_styles, one_thread, tmp_path_factory):
    folder = shutil.copytree(all_styles, tmp_path_factory.mktemp("retrieval") / "sketch")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CHROMA_URL", raising=False)
        library = StyleLibrary.open(folder)
        yield library
        library.close()


@pytest.fixture(scope="module")
def search(library) -> StyleSearch:
    return library.current_search()


def ids(found: Found) -> list[str]:
    return [match.card.id for match in found.matches]


def check(found: Found, k: int) -> None:
    """What is true of every answer."""
    scores = [match.score for match in found.matches]
    assert len(scores) <= k and len(set(ids(found))) == len(scores)
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)
    assert found.text_only == (not scores or scores[0] < 0.5)
    assert (found.style == "") == found.text_only


def test_a_car_in_watercolour_is_a_car_and_watercolour(search):
    found = search.find("a car in watercolour")
    check(found, 3)
    assert not found.text_only and found.content == "car" and found.style == "watercolour"
    assert {match.card.medium for match in found.matches} == {"watercolour"}


@pytest.mark.parametrize(
    ("look", "card_id"),
    [
        ("{} as a blueprint", "blueprint"),
        ("{} in charcoal", "charcoal"),
        ("{} in the style of a comic book", "comic_book"),
        ("a stained glass window of {}", "stained_glass"),
        ("{}, pixel art style", "pixel_art"),
    ],
)
def test_another_subject_in_the_same_look_gives_the_same_card(search, look, card_id):
    for subject in ("a car", "an owl", "my teapot"):
        found = search.find(look.format(subject))
        assert ids(found)[0] == card_id and not found.text_only
        assert found.content == subject.split()[-1]


def test_another_look_of_the_same_subject_gives_another_card(search):
    asked = ("an owl made of clay", "an owl in gold", "an owl on a chalkboard", "a linocut of an owl")
    assert [ids(search.find(text))[0] for text in asked] == ["clay", "gold", "chalkboard", "linocut"]


@pytest.mark.parametrize(
    ("text", "card_id"),
    [
        ("a cat in charcol", "charcoal"),
        ("mosiac of a fish", "mosaic"),
        ("a castle as stainned glass", "stained_glass"),
        ("blue print of a house", "blueprint"),
        ("a fox as a gray pencil drawing", "pencil"),
        ("a robot, risogaph print", "risograph"),
        ("a boat in sumi-e", "ink_wash"),
    ],
)
def test_slips_american_spelling_and_rare_terms_are_understood(search, text, card_id):
    found = search.find(text)
    assert card_id == ids(found)[0] and not found.text_only


def test_american_watercolor_is_watercolour(search):
    asked = [search.find(text) for text in ("a boat in watercolor", "a boat in watercolour")]
    assert asked[0].matches == asked[1].matches and asked[0].content == asked[1].content == "boat"


def test_every_card_is_found_by_its_title(search):
    found = {card_id: ids(search.find(card.title))[0] for card_id, card in built_in().items()}
    assert found == {card_id: card_id for card_id in built_in()}


@pytest.mark.parametrize(("colours", "looks_for"), [("pink and magenta", "pink"), ("acid green", "green")])
def test_colours_that_are_asked_for_are_found(search, colours, looks_for):
    card = search.find(f"a cat in {colours} neon").matches[0].card
    assert card.id == f"neon_{looks_for}"


SUBJECTS = (
    "a horse", "a kitchen", "two children", "a ladder", "a spoon", "a rabbit", "the neighbour's car", "a mountain",
    "a bed", "a violin", "my uncle", "please draw a shoe",
)  # fmt: skip


def test_for_a_plain_subject_nothing_fits(search):
    assert not set(SUBJECTS) & set(PLAIN), "the level was not set by these"
    found = {text: search.find(text) for text in SUBJECTS}
    wrong = [text for text, one in found.items() if not one.text_only]
    assert len(wrong) <= 1
    for text, one in found.items():
        check(one, 3)
        assert text in wrong or (one.content, one.style) == (text, "")


@pytest.mark.parametrize("text", ["", "   \n", "🎨🎨🎨", "?!", "please"])
def test_a_text_without_words_finds_nothing(search, text):
    assert search.find(text) == Found((), True, "", text.strip())


def test_a_request_may_be_so_long_and_no_longer(search):
    text = ("a car in watercolour " * 60)[:LONGEST]
    assert len(text) == LONGEST and search.find(text).matches
    with pytest.raises(UserError, match=r"1,001 letters; at most 1,000 are read"):
        search.find("x" * 1001)


@pytest.mark.parametrize(
    "text", ["__", "the", "a in of", "1234567890", "墨で描いた車", "DROP TABLE; --", "\ud800 car", "\x00"]
)
def test_odd_requests_are_answered(search, text):
    check(search.find(text), 3)


def test_as_many_as_asked_for_and_no_more_than_there_are(search):
    best = ids(search.find("an owl in charcoal", 200))
    assert set(best) == set(built_in())
    for k in (1, 2, 60):
        found = search.find("an owl in charcoal", k)
        check(found, k)
        assert ids(found)[:2] == best[:k][:2] and len(found.matches) == k


@pytest.mark.parametrize("k", [0, -1])
@pytest.mark.parametrize("text", ["an owl in charcoal", ""])
def test_fewer_than_one_cannot_be_asked_for(search, text, k):
    with pytest.raises(ValueError, match=f"k must be at least 1, not {k}"):
        search.find(text, k)


def test_a_filter_narrows_the_search(search):
    metals = {name for name, card in built_in().items() if card.medium == "metal"}
    found = search.find("a car in watercolour", 50, {"medium": "metal"})
    check(found, 50)
    assert set(ids(found)) == metals
    both = {"$and": [{"medium": "metal"}, {"era": "ancient"}]}
    assert ids(search.find("a statue", 3, both)) == ["bronze"]
    assert ids(search.find("a car in gold", 1, {"medium": {"$in": ["metal", "wood"]}})) == ["gold"]


def test_a_filter_that_lets_nothing_through_finds_nothing(search):
    for where in ({"medium": "gelatine"}, {"own": True}):
        assert search.find("a  car in gold", 3, where) == Found((), True, "", "a car in gold")


def test_a_filter_that_is_wrong_is_refused(search):
    with pytest.raises(ValueError, match="where"):
        search.find("a car in gold", 3, {"$nonsense": 1})


def test_the_same_request_has_the_same_answer_however_often_it_is_asked(library, search):
    again = StyleSearch(search.embeddings, search._collection, search.cards, search._parts)  # remembers nothing
    for text in ("an owl in charcoal", "a horse"):
        assert search.find(text) == search.find(text)
        assert ids(again.find(text)) == ids(search.find(text))
        scores = [[match.score for match in one.find(text).matches] for one in (again, search)]
        assert scores[0] == pytest.approx(scores[1], abs=0.01)


def test_cards_named_after_plain_subjects_leave_the_others_findable(library, tmp_path):
    """A folder of photographs, each called by what it shows."""
    before = {text: library.find(text).matches[0] for text in ("my teapot in charcoal", "an owl as a blueprint")}
    added = []
    try:
        for number, title in enumerate(("Dog", "Tree", "Face", "Clock", "Windmill")):
            Image.new("RGB", (32, 32), (40 * number, 90, 200)).save(tmp_path / "picture.png")
            added.append(library.add_style(tmp_path / "picture.png", title).id)
        for text, match in before.items():
            now = library.find(text).matches[0]
            assert now.card == match.card and now.score == pytest.approx(match.score, abs=0.05)
        assert ids(library.find("a dog"))[0] == added[0]
        assert library.find("a horse").text_only
    finally:
        for card_id in added:
            library.delete_style(card_id)


SOME = (
    *("a", "the", "in", "of", "as", "made", "style", "on", "drawn", ",", "car", "owl"),
    *("gold", "clay", "neon", "pink", "gray", "8bit", "watercolor", "charcol", "paper"),
)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(SOME), max_size=12).map(" ".join), st.integers(1, 5))
def test_every_answer_is_ordered_and_between_0_and_1(search, text, k):
    found = search.find(text, k)
    check(found, k)
    assert set(split(found.content)) <= set(split(text))


def test_a_chance_grows_with_the_score_and_is_a_half_at_the_least(search):
    mean, deviation = search._level
    assert search.chance(mean + WEIGHTS.least * deviation) == pytest.approx(0.5)
    chances = [search.chance(score) for score in np.linspace(-2, 3, 50)]
    assert chances == sorted(chances) and 0 <= chances[0] < 0.01 < 0.99 < chances[-1] <= 1
    assert search.z_score(mean) == 0


def test_evidence_is_joined_as_the_weights_say():
    """Two readings and two cards, by hand."""
    evidence = Evidence(
        cards=["one", "other"],
        readings=[Reading("a fox in gold", "", "whole"), Reading("gold", "fox", "cue")],
        whole=np.array([[0.4, 0.2], [0.6, 0.3]]),
        meaning=np.array([[0.3, 0.2], [0.5, 0.1]]),
        part=np.array([[0.5, 0.2], [0.7, 0.2]]),
    )
    weights = Weights(parts=0.5, whole=0.25, cue=0.1)
    # With the parts: 0.4 + 0.5 * 0.2 = 0.5 and 0.2; 0.6 + 0.5 * 0.2 = 0.7 and 0.35; the cue adds 0.1 to those.
    scores, best = combine(evidence, weights)
    assert scores == pytest.approx([0.25 * 0.5 + 0.75 * 0.8, 0.25 * 0.2 + 0.75 * 0.45])
    assert best.tolist() == [1, 1]
    assert combine(evidence, Weights(parts=0.5, whole=0.25, cue=-0.25))[1].tolist() == [0, 0]


def matches(*scores: float) -> list[Match]:
    return [Match(Card(f"c{at}", f"Card {at}", "", "", "", (), ""), score) for at, score in enumerate(scores)]


def test_styles_are_blended_by_their_scores_or_by_weights():
    three = matches(0.8, 0.4, 0.4)
    assert blend(three) == [(three[0].card, 0.5), (three[1].card, 0.25), (three[2].card, 0.25)]
    assert [share for _, share in blend(three, [0, 1, 3])] == [0, 0.25, 0.75]
    assert blend(three[:1], [7]) == blend(three[:1]) == [(three[0].card, 1.0)]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=3).filter(lambda weights: sum(weights) > 1e-6))
def test_shares_sum_to_one(weights):
    shares = [share for _, share in blend(matches(*[0.5] * len(weights)), weights)]
    assert math.fsum(shares) == pytest.approx(1) and all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize(
    ("scores", "weights", "words"),
    [
        ((), None, "0 styles were chosen; choose 1 to 3"),
        ((0.5,) * 4, None, "4 styles were chosen"),
        ((0.5, 0.5), [1], "2 styles were given 1 weights"),
        ((0.5, 0.5), [1, 1, 1], "2 styles were given 3 weights"),
        ((0.5, 0.5), [], "2 styles were given 0 weights"),
        ((0.5, 0.5), [0, 0], "weights are 0, 0; give numbers from 0, not all 0"),
        ((0.5, 0.5), [2, -1], "weights are 2, -1"),
        ((0.5, 0.5), [1, math.nan], "weights are 1, nan"),
        ((0.5, 0.5), [1, math.inf], "weights are 1, inf"),
        ((0.0, 0.0), None, "weights are 0, 0"),
    ],
)
def test_what_cannot_be_blended_is_refused(scores, weights, words):
    with pytest.raises(UserError, match=words):
        blend(matches(*scores), weights)


def test_one_style_cannot_be_chosen_twice():
    one = matches(0.5)[0]
    with pytest.raises(UserError, match="chosen twice: Card 0, Card 0"):
        blend([one, one])
