"""The written texts, their groups and their split: nothing leaks, and nothing moves when corrections come."""

import json
import random
import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from feedback import data
from feedback.data import Row, Split

LABELS = ["bug", "feature_request", "praise", "complaint", "question", "usage_tip", "documentation", "other"]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return data.written()


@pytest.fixture(scope="module")
def parts(rows) -> Split:
    return data.split(rows)


@pytest.fixture(scope="module")
def some(rows) -> list[Row]:
    """Enough to see what moves, and few enough to be parted often."""
    return rows[::6]


@pytest.fixture(scope="module")
def before(some) -> Split:
    return data.split(some)


def alike(texts: list[str], threshold: float = data.THRESHOLD) -> list[tuple[int, int]]:
    """Every pair i < j whose 5-grams have a Jaccard index of at least `threshold`, by multiplying all with all."""
    from sklearn.feature_extraction.text import CountVectorizer

    normal = [data.normalise(text) for text in texts]
    grams = CountVectorizer(analyzer="char", ngram_range=(5, 5), lowercase=False, binary=True).fit_transform(
        [text.replace(" ", "_") for text in normal]  # it would join and trim white space
    )
    each = np.asarray(grams.sum(axis=1), np.int64).ravel()
    found = []
    for start in range(0, len(texts), 500):
        both = (grams[start : start + 500] @ grams.T).toarray()
        either = each[start : start + 500, None] + each - both
        found += [(start + i, j) for i, j in np.argwhere((both >= threshold * either) & (both > 0)) if start + i < j]
    short = {text: [at for at, other in enumerate(normal) if other == text] for text in normal if len(text) < 5}
    return found + [pair for places in short.values() for pair in combinations(places, 2)]


def assert_nothing_leaks(parts: Split) -> list[Row]:
    """Gives the rows of all parts, after looking at every pair of them."""
    ordered = [*parts.train, *parts.validation, *parts.test]
    part = np.repeat([0, 1, 2], [len(parts.train), len(parts.validation), len(parts.test)])
    pairs = alike([row.text for row in ordered])
    assert pairs, "there are near-duplicates, so that this can fail"
    assert [(ordered[i].text, ordered[j].text) for i, j in pairs if part[i] != part[j]] == []
    return ordered


def test_the_written_texts_are_many_and_whole(rows):
    assert len(rows) >= 1600 and {row.label for row in rows} == set(LABELS)
    assert {row.source for row in rows} == {"written"}
    counts = Counter(row.label for row in rows)
    assert max(counts.values()) <= 1.1 * min(counts.values())
    assert all(row.second in {None, *LABELS} - {row.label} and row.text == row.text.strip() for row in rows)
    assert 0.1 <= sum(row.second is not None for row in rows) / len(rows) <= 0.15
    words = [len(row.text.split()) for row in rows]
    assert min(words) <= 3 and max(words) > 100


def test_nearly_every_text_is_there_once(rows):
    assert len(set(data.groups([row.text for row in rows]))) >= 0.98 * len(rows)


@pytest.mark.timeout(600)  # of millions of pairs
def test_no_pair_of_two_parts_is_alike_by_brute_force(rows, parts):
    assert Counter(assert_nothing_leaks(parts)) == Counter(rows), "a row was lost or doubled"


@pytest.mark.timeout(600)
def test_groups_are_those_of_brute_force(rows):
    texts = [row.text for row in rows]
    number = data.groups(texts)
    above = list(range(len(texts)))  # each time the whole of one group is renamed: slow and plainly right
    for i, j in alike(texts):
        above = [above[i] if one == above[j] else one for one in above]
    pairs = set(zip(number.tolist(), above, strict=True))
    assert len(pairs) == len(set(number.tolist())) == len(set(above))


def test_every_label_has_its_share_of_each_part(parts):
    counts = [Counter(row.label for row in part) for part in (parts.train, parts.validation, parts.test)]
    for label in LABELS:
        total = sum(count[label] for count in counts)
        for count, share in zip(counts, data.SHARES, strict=True):
            assert abs(count[label] - share * total) <= 2


def test_the_order_of_the_files_makes_no_difference_and_the_seed_does(some, before):
    mixed = some.copy()
    random.Random(3).shuffle(mixed)
    assert data.split(mixed) == before
    assert set(data.split(some, seed=1).test) != set(before.test)


def varied(text: str) -> str:
    return f"  {text.upper().replace(' ', '   ')}!! 😀"


def corrections(rows: list[Row], change=varied) -> list[Row]:
    return [Row(change(row.text), "other", source="correction") for row in rows]


@pytest.mark.parametrize("seed", range(3))
def test_a_planted_near_duplicate_stays_with_its_original(some, seed):
    chosen = random.Random(seed).sample([row for row in some if len(row.text) > 60], 40)
    original = {varied(row.text): row.text for row in chosen}
    parts = data.split([*some, *(Row(text, "other") for text in original)], seed)
    for part in (parts.train, parts.validation, parts.test):
        texts = {row.text for row in part}
        assert all(original[text] in texts for text in texts & original.keys())
    held = {row.text for row in parts.validation + parts.test}
    assert held & original.keys(), "some were planted where they could leak"


def test_corrections_move_nothing_and_never_leak(some, before):
    rng = random.Random(5)
    held = before.validation + before.test
    seen = corrections(rng.sample(held, 30)) + corrections(rng.sample(held, 5), str)
    again = corrections(rng.sample(before.train, 10))
    new = corrections([Row(f"Something that nobody wrote yet, {mark * 40}", "bug") for mark in "xyz"])
    after = data.split([*seen, *again, *some, *new])
    assert (after.validation, after.test) == (before.validation, before.test)
    assert Counter(after.train) == Counter(before.train) + Counter(again + new)


def test_a_correction_between_two_texts_does_not_join_their_groups():
    """Of 12 words each, neighbours share 10 of 14, so that they are alike, and the outer ones 8 of 16."""
    rng = random.Random(0)
    words = [["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(16)] for _ in range(40)]
    outer = [Row(" ".join(some[at : at + 12]), "bug") for some in words for at in (0, 4)]
    between = [Row(" ".join(some[2:14]), "bug", source="correction") for some in words]
    assert len(set(data.groups([row.text for row in outer]))) == 80
    assert len(set(data.groups([row.text for row in outer + between]))) == 40
    before, after = data.split(outer), data.split(outer + between)
    assert (after.validation, after.test) == (before.validation, before.test)
    held = {row.text for row in before.validation + before.test}
    free = [
        row
        for row, one, other in zip(between, outer[::2], outer[1::2], strict=True)
        if not {one.text, other.text} & held
    ]
    assert Counter(after.train) == Counter(before.train + free) and 0 < len(free) < 40


def test_rows_from_elsewhere_train_and_are_not_tested_on(some, before):
    elsewhere = [Row(f"the {word} screen flickers when a {word} is opened", "bug", source="shah") for word in LABELS]
    after = data.split(some + elsewhere)
    assert (after.validation, after.test) == (before.validation, before.test)
    assert set(elsewhere) <= set(after.train)


def test_a_label_of_ones_own_is_tested_on_rows_that_never_move(some, before):
    rng = random.Random(0)
    words = ["gift", "present", "card", "wrap", "ribbon", "box", "idea", "friend", "birthday", "shop"]
    texts = [" ".join(rng.sample(words, 6)) for _ in range(90)]
    own = [Row(text, "gift_idea", source="added") for text in dict.fromkeys(texts)]
    few, many = data.split(some + own[:40]), data.split(own + some)
    for after in (few, many):
        assert [row for row in after.test if row.source == "written"] == before.test
        assert {row.label for row in after.test} == {*LABELS, "gift_idea"}
    assert set(few.test) <= set(many.test), "more examples took one out of the test set"
    assert len(assert_nothing_leaks(many)) == len(some) + len(own)


def test_an_own_example_that_is_a_written_text_goes_where_that_is_or_nowhere(some, before):
    own = [Row(row.text, "gift_idea", source="added") for row in some]
    after = data.split(some + own)
    texts = [{row.text for row in part} for part in (after.train, after.validation, after.test)]
    assert all(not one & other for one, other in combinations(texts, 2))
    assert any(row.label == "gift_idea" for row in after.test)


def test_shares_are_kept_or_refused(rows):
    halves = data.split(rows[:400], shares=(0.5, 0.0, 0.5))
    assert not halves.validation and abs(len(halves.train) - 200) <= 8
    for shares in ((0.7, 0.2, 0.2), (1.2, -0.1, -0.1)):
        with pytest.raises(UserError, match=r"don't add up to 1"):
            data.split(rows[:9], shares=shares)
    assert data.split([]) == Split([], [], [])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("App crashes!!", "app   crashes", True),
        ("Order 12345 never arrived, refund please", "order 99 never arrived -- refund please", True),
        ("I can't log in since Monday", "I cant log in since monday.", True),
        ("n/a", "N/A", True),
        ("😀", "😀", True),
        ("😀", "😡", False),
        ("?", "!", False),
        ("ok", "no", False),
        ("The manual says nothing about the filter", "The manual shows a picture of the old filter", False),
        ("", "", True),
        ("", "a", False),
        ("Crème brûlée setting is wonderful", "Crème brûlée setting is wonderful", True),  # composed and not
        ("ＦＵＬＬ width", "full width", True),  # noqa: RUF001
    ],
)
def test_what_is_nearly_the_same_shares_a_group(one, other, same):
    assert (len(set(data.groups([one, "something else entirely in between", other]))) == 2) is same


def test_groups_are_numbered_as_they_begin():
    texts = ["first text of all", "another thing altogether", "First text of all!", "third one, which differs"]
    assert data.groups(texts).tolist() == [0, 1, 0, 2]
    assert data.groups([]).tolist() == []
    assert len(set(data.groups(["ok"] * 20_000).tolist())) == 1, "the same text many times takes no long time"


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet=st.characters(codec=None), max_size=30), max_size=8))
def test_any_texts_have_groups_and_the_same_text_the_same(texts):
    number = data.groups(texts + texts)
    assert number[: len(texts)].tolist() == number[len(texts) :].tolist()
    parts = data.split([Row(text, "bug") for text in texts])
    assert sum(map(len, (parts.train, parts.validation, parts.test))) == len(texts)


def test_a_file_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "rows.jsonl"
    lines = [
        {"text": "Größe 😀\u2028two", "label": "bug", "second": "praise", "product": "hat", "source": "correction"},
        {"text": "plain", "label": "gift_idea", "second": None, "other": 5},
    ]
    file.write_bytes(b"\xef\xbb\xbf" + "\r\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode())
    assert data.read(file) == [
        Row("Größe 😀\u2028two", "bug", "praise", "hat", "correction"),
        Row("plain", "gift_idea"),
    ]
    assert data.read(str(file)) == data.read(file)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'"text"', "expected an object"),
        (b'{"label": "bug"}', "no text"),
        (b'{"text": "  ", "label": "bug"}', "no text"),
        (b'{"text": 5, "label": "bug"}', "text is 5"),
        (b'{"text": "x"}', "label is ''"),
        (b'{"text": "x", "label": "a b"}', "label is 'a b'"),
        (b'{"text": "x", "label": "bug", "second": "bug"}', "both 'bug'"),
        (b'{"text": "x", "label": "bug", "second": ["praise"]}', r"second is \['praise'\]"),
        (b'{"text": "\xff", "label": "bug"}', "no UTF-8"),
    ],
)
def test_what_is_wrong_in_a_line_is_told_with_its_number(tmp_path, line, message):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"text": "good", "label": "bug"}\n\n' + line + b"\n")
    with pytest.raises(UserError, match=rf"rows\.jsonl', line 3: .*{message}"):
        data.read(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for file in (tmp_path / "nothing.jsonl", tmp_path):
        with pytest.raises(UserError, match=r"can't be read"):
            data.read(file)


def test_the_data_card_has_the_counts_of_the_files(rows, parts):
    card = (Path(data.__file__).parent / "data" / "README.md").read_text(encoding="utf-8")
    ordered = sorted(rows, key=lambda row: row.label)
    assert data.table(ordered, parts) in card, "put the table of `python -m feedback.data` into data/README.md"
    groups = Counter(data.groups([row.text for row in rows]).tolist())
    assert f"{len(groups):,} groups" in card and f"{len(rows):,} short texts" in card
    files = {file.name: len(data.read(file)) for file in data.WRITTEN.glob("*.jsonl")}
    assert {name: int(count) for name, count in re.findall(r"\| `(\w+\.jsonl)` \| (\d+) \|", card)} == files
    assert all(f"`{label}`" in card for label in LABELS)


def test_the_command_prints_counts_groups_and_lengths(capsys, rows):
    data.main(["--seed", "2"])
    printed = capsys.readouterr().out
    assert f"| all | {len(rows)} |" in printed and " groups; " in printed
    shares = [int(count) for count in re.findall(r"words: +(\d+) texts", printed)]
    assert sum(shares) == len(rows)
