"""The labels: those that come with the system, and those that are added, resolved and removed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import toml
from common.errors import UserError
from feedback import data, labels
from feedback.labels import Label, built_in, check_id, known, resolve
from feedback.tables import ADDED, CONFIRMED, CORRECTED, WAITING, AddedLabel, Stored

NAMES = ["bug", "feature_request", "praise", "complaint", "question", "usage_tip", "documentation", "other"]
EXAMPLES = [
    "Got it for my nephew, he was over the moon",
    "would make a lovely stocking filler",
    "Perfect for mum's birthday",
    "bought two, one for each grandchild",
    "Can be wrapped nicely, comes in a pretty box",
    "wedding list material",
    "gave it to a colleague who retired",
    "Secret Santa sorted!",
]


@pytest.fixture
def store(file_store):
    return file_store


def test_the_built_in_labels_are_eight_in_their_order():
    assert list(built_in()) == NAMES
    for name, label in built_in().items():
        assert label.id == name == check_id(label.title) and not label.own
        assert 1 <= len(re.findall(r"\.(?:\s|$)", label.description)) <= 2, "one or two sentences"
        assert 60 <= len(label.description) <= labels.LONGEST["description"]
    assert len({label.description for label in built_in().values()}) == 8
    assert toml.read(labels.FILE).keys() == built_in().keys()


def test_the_written_texts_have_no_other_labels():
    rows = data.written()
    assert {row.label for row in rows} == set(NAMES)
    assert {row.second for row in rows} <= {*NAMES, None}


def test_what_is_given_out_can_be_changed_without_harm():
    built_in().clear()
    assert list(built_in()) == NAMES


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Gift idea", "gift_idea"),
        ("  gift   IDEA ", "gift_idea"),
        ("gift-idea", "gift_idea"),
        ("Gift - idea", "gift_idea"),
        ("gift_idea", "gift_idea"),
        ("_gift__idea_", "gift_idea"),
        ("Version 2", "version_2"),
        ("Größe", "größe"),
        ("\uff22\uff35\uff27", "bug"),
        ("バグ", "バグ"),
        ("x" * 40, "x" * 40),
    ],
)
def test_a_title_gives_an_id(title, label):
    assert check_id(title) == label


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("", "needs a title"),
        (" \n", "needs a title"),
        ("__", "needs a title"),
        ("x" * 41, r"id of 41 letters; at most 40"),
        ("price?", r"has '\?' in it"),
        ("a/b", "has '/' in it"),
        ("../../etc", r"has '\.', '/' in it"),
        ("a,b;c", "has ',', ';' in it"),
        ("=cmd()", r"has '\(', '\)', '=' in it"),
        ("gift 🎁", "has '🎁' in it"),
        ("a\0b", r"has '\\x00' in it"),
        ("<b>bold</b>", "has '/', '<', '>' in it"),
        ("2nd", "begins with '2'"),
        ("12", "begins with '1'"),
    ],
)
def test_a_title_that_gives_no_id_is_refused(title, said):
    with pytest.raises(UserError, match=said) as caught:
        check_id(title)
    assert len(str(caught.value)) < 250


@given(st.text(max_size=60))
def test_an_id_is_one_that_rows_may_have_and_is_its_own_id(title):
    try:
        label = check_id(title)
    except UserError:
        return
    assert data.LABEL.fullmatch(label)
    assert check_id(label) == label == label.strip("_") and "__" not in label


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}([ _-][A-Za-z0-9]{1,9}){0,2}", fullmatch=True))
def test_plain_words_are_never_refused(title):
    assert check_id(title) == re.sub("[ -]", "_", title).lower()


@pytest.mark.parametrize(
    ("text", "label"),
    [("bug", "bug"), ("Feature request", "feature_request"), (" USAGE-TIP ", "usage_tip"), ("other", "other")],
)
def test_a_label_is_found_by_its_id_and_by_its_title(text, label):
    assert resolve(text, NAMES) == label


@pytest.mark.parametrize(
    ("text", "near"),
    [("bugs", "bug"), ("feature-requests", "feature_request"), ("Prais!", "praise"), ("docmentation", "documentation")],
)
def test_a_label_that_is_not_there_is_answered_with_the_nearest_and_with_all(text, near):
    with pytest.raises(UserError, match=rf"There is no label '{text}'\. Did you mean '{near}'\?") as caught:
        resolve(text, NAMES)
    assert str(caught.value).endswith("The labels are " + ", ".join(NAMES) + ".")


@pytest.mark.parametrize("text", ["", "zzzz", "🥶", "x" * 5000])
def test_where_nothing_is_near_nothing_is_guessed(text):
    with pytest.raises(UserError, match="There is no label") as caught:
        resolve(text, NAMES)
    assert "mean" not in str(caught.value) and len(str(caught.value)) < 250


def test_an_added_label_is_known_after_the_others_and_its_examples_are_training_rows(store):
    assert known(store) == built_in()
    label = labels.add(store, "  Gift   idea ", "It is bought\nfor somebody else.", EXAMPLES)
    assert label == Label("gift_idea", "Gift idea", "It is bought for somebody else.", own=True)
    other = labels.add(store, "Fan mail", "To the people.", EXAMPLES)
    assert known(store) == {**built_in(), "gift_idea": label, "fan_mail": other}
    assert list(known(store)) == [*NAMES, "gift_idea", "fan_mail"]
    rows = [(row.text, row.label, row.source) for row in store.examples(label="gift_idea")]
    assert rows == [(text, "gift_idea", ADDED) for text in EXAMPLES]
    assert resolve("Gift idea", known(store)) == "gift_idea"


def test_examples_that_hardly_differ_count_once(store):
    same = [EXAMPLES[0].upper() + "!!", f"  {EXAMPLES[0]}\n", "", "   "]
    with pytest.raises(UserError, match=r"at least 8 example texts that differ; 11 were given, 7 of them.*Add 1 more"):
        labels.add(store, "Gift", "Ideas.", [*EXAMPLES[:7], *same])
    assert known(store) == built_in() and store.examples() == []
    labels.add(store, "Gift", "Ideas.", [f" {EXAMPLES[0]}\n", *same, *EXAMPLES])
    assert [row.text for row in store.examples()] == EXAMPLES


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": "Bug"}, r"There is a label 'bug' already \(Bug\)\. Choose another"),
        ({"title": "usage-TIP"}, "There is a label 'usage_tip' already"),
        ({"title": "Gift"}, r"There is a label 'gift' already \(GIFT\)"),
        ({"title": ""}, "needs a title"),
        ({"title": "a/b"}, "has '/' in it"),
        ({"title": "a" + "_" * 60}, r"The title has 61 letters; at most 60"),
        ({"description": " "}, "needs a description"),
        ({"description": "x" * 501}, r"The description has 501 letters; at most 500"),
        ({"examples": EXAMPLES[:7]}, r"7 were given, 7 of them different\. Add 1 more"),
        ({"examples": []}, "0 were given"),
        ({"examples": [*EXAMPLES, "x" * 10_001]}, r"The example has 10,001 letters; at most 10,000"),
        ({"examples": ["x"] * 10_001}, r"10,001 examples are too many"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(store, change, said):
    labels.add(store, "GIFT", "Ideas.", EXAMPLES)
    before = known(store), store.examples()
    with pytest.raises(UserError, match=said) as caught:
        labels.add(store, **{"title": "New", "description": "Something.", "examples": EXAMPLES, **change})
    assert (known(store), store.examples()) == before and len(str(caught.value)) < 300


def test_there_is_an_end_to_the_labels_of_ones_own(store, monkeypatch):
    monkeypatch.setattr(labels, "MOST_ADDED", 1)
    labels.add(store, "Gift", "Ideas.", EXAMPLES)
    with pytest.raises(UserError, match="There are 1 labels of your own already"):
        labels.add(store, "Cost", "Money.", EXAMPLES)
    labels.remove(store, "gift")
    assert labels.add(store, "Cost", "Money.", EXAMPLES).id == "cost"


def test_an_added_label_is_removed_with_all_that_hangs_on_it(store):
    labels.add(store, "Gift", "Ideas.", EXAMPLES)
    rows = [Stored("bug", 0.5, text, unsure=True) for text in ("one", "two")]
    first, other = store.add_predictions(rows)
    store.decide(first, CORRECTED, "gift")
    store.decide(other, CONFIRMED, "bug")
    assert labels.remove(store, "GIFT").id == "gift"
    assert known(store) == built_in() and [row.text for row in store.examples()] == ["two"]
    assert store.get(first).review == WAITING and store.get(other).decided == "bug"
    with pytest.raises(UserError, match="There is no label 'gift'"):
        labels.remove(store, "gift")
    assert labels.add(store, "Gift", "Ideas.", EXAMPLES).own


@pytest.mark.parametrize("name", ["bug", "Feature request", "other"])
def test_a_built_in_label_is_not_removed(store, name):
    with pytest.raises(UserError, match=f"'{check_id(name)}' comes with the system and can't be removed"):
        labels.remove(store, name)
    assert known(store) == built_in()


def test_a_later_version_may_bring_a_label_that_somebody_has_added(store):
    store.add_label(AddedLabel("praise", "Mine", "My own."), ["text"])
    assert known(store) == built_in()
