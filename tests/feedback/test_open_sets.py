"""Open sets as rows, from small files in their form whose texts are invented here."""

import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from common.errors import UserError
from feedback import data, labels, open_sets
from feedback.data import Row
from feedback.open_sets import SETS

UNEXPLAINED = "M (unexplained; the repo merges it with bug report)"
TEXTS = {
    "jlwei_SHAH.jsonl": [
        ("Closes by itself\twhen I turn  the page", "bug report"),
        ("A list of favourites, please", "feature request"),
        ("The map is a joy", "feature evaluation"),
        ("Good", "rating"),
        ("good", "rating"),
        ("No sorting by date", UNEXPLAINED),
        ("Dark at night would be lovely", "feature request"),
        ("Neither fish nor fowl", "bug report"),
    ],
    "jlwei_P1-Golden.jsonl": [
        ("Lovely little thing", "uninformative"),
        ("Lovely, but it closes", "informative"),
        ("Neither fish nor fowl", "uninformative"),
    ],
    "jlwei_P2-Golden.jsonl": [("It closes", "user requirement"), ("I have a tablet", "other")],
    "jlwei_P3-Golden.jsonl": [
        ("It freezes at start", "Stability"),
        ("No way to print", "feature"),
        ("Crisp sound", "quality"),
        ("So slow", "performance"),
        ("I have a tablet", "none"),
        ("Lovely little thing", "a label that is new"),
    ],
}
BANKING = {
    "train": [
        ("How old must my son be?", "age_limit"),
        ("what is the limit for topping up", "top_up_limits"),
        ("My daughter needs one.", "age_limit"),
        ("Why was I charged twice?", "transaction_charged_twice"),
    ],
    "test": [("Is there a cash machine near me?", "atm_support"), ("how old must my son be?", "age_limit")],
}


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "sets" / "feedback"
    (folder / "banking77").mkdir(parents=True)
    for name, some in TEXTS.items():
        lines = [json.dumps({"text": text, "label": label}) for text, label in some]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, some in BANKING.items():
        with open(folder / "banking77" / f"{name}.csv", "w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([("text", "category"), *some])
    return folder


def write_manifest(folder: Path, of: dict[str, str], sha256: dict[str, str] | None = None) -> None:
    lines = [f"feedback/{file},{kind},{(sha256 or {}).get(file, '')}" for file, kind in of.items()]
    (folder.parent / "MANIFEST.csv").write_text("file,licence_class,sha256\n" + "\n".join(lines), encoding="utf-8")


def test_labels_that_mean_the_same_become_ours(folder):
    found = open_sets.rows(folder)
    assert found == [
        Row("Closes by itself when I turn the page", "bug", source="shah"),
        Row("A list of favourites, please", "feature_request", source="shah"),
        Row("Dark at night would be lovely", "feature_request", source="shah"),
        Row("Neither fish nor fowl", "bug", source="shah"),
        Row("It freezes at start", "bug", source="mekala_p3"),
        Row("No way to print", "feature_request", source="mekala_p3"),
        Row("How old must my son be?", "question", source="banking77"),
        Row("what is the limit for topping up", "question", source="banking77"),
        Row("Is there a cash machine near me?", "question", source="banking77"),
    ]
    assert {row.label for row in found} <= labels.built_in().keys()


def test_app_reviews_are_compared_in_three_classes(folder):
    found = {row.text: (row.label, row.source) for row in open_sets.coarse_rows(folder)}
    assert found == {
        "Closes by itself when I turn the page": ("bug", "shah"),
        "A list of favourites, please": ("feature_request", "shah"),
        "Dark at night would be lovely": ("feature_request", "shah"),
        "The map is a joy": ("neither", "shah"),
        "Good": ("neither", "shah"),
        "Lovely little thing": ("neither", "mekala_p1"),
        "It freezes at start": ("bug", "mekala_p3"),
        "No way to print": ("feature_request", "mekala_p3"),
    }, "'Neither fish nor fowl' is a bug in one set and none in another: nobody knows"


def test_every_label_of_ours_has_its_coarse_class():
    classes = {label: open_sets.coarse(label) for label in [*labels.built_in(), "gift_idea", ""]}
    assert classes.pop("bug") == "bug" and classes.pop("feature_request") == "feature_request"
    assert set(classes.values()) == {"neither"} and len(classes) == 8


def test_every_meaning_is_one_of_ours_or_left_out_with_a_reason():
    for one in SETS.values():
        assert one.licence == "CC-BY-4.0" and re.search(r"\d{4}", one.attribution) and one.files
        for meaning in one.meanings.values():
            assert meaning.label in {None, *labels.built_in()} and meaning.coarse in {None, *open_sets.COARSE}
            assert len(meaning.why) > 10
            if meaning.label and meaning.coarse:
                assert open_sets.coarse(meaning.label) == meaning.coarse


def test_sets_are_chosen_by_name_and_drawn_by_seed(folder):
    assert {row.source for row in open_sets.rows(folder, ["shah", "banking77"])} == {"shah", "banking77"}
    drawn = [open_sets.rows(folder, most=1, seed=seed) for seed in range(20)]
    assert all(set(Counter((row.source, row.label) for row in some).values()) == {1} for some in drawn)
    assert len({tuple(some) for some in drawn}) > 1 and open_sets.rows(folder, most=1, seed=3) == drawn[3]


@pytest.mark.parametrize(
    ("use", "sets", "message"),
    [
        (open_sets.rows, ["yelp"], "no open set 'yelp'; there are shah"),
        (open_sets.rows, ["mekala_p1"], "mekala_p1 has no label with a counterpart here .*bugs and requests"),
        (open_sets.rows, ["shah", "mekala_p2"], "mekala_p2 has no label"),
        (open_sets.coarse_rows, ["banking77"], "banking77 has no label with a counterpart.*Choose shah"),
    ],
)
def test_a_set_that_does_not_serve_is_refused(folder, use, sets, message):
    with pytest.raises(UserError, match=message):
        use(folder, sets)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("jlwei_SHAH.jsonl", None, r"jlwei_SHAH\.jsonl' can't be read.*has to hold jlwei_SHAH\.jsonl"),
        ("jlwei_SHAH.jsonl", b"\xff\xfe\x00", "can't be read"),
        ("jlwei_SHAH.jsonl", b"{", "not in the form expected"),
        ("jlwei_SHAH.jsonl", b'{"text": "x"}\n', "not in the form expected"),
        ("jlwei_SHAH.jsonl", b"[]\n", "not in the form expected"),
        ("banking77/test.csv", b"a,b\n1,2\n", "not in the form expected"),
        ("banking77/test.csv", b"text,category\nx\n", "not in the form expected"),
    ],
)
def test_a_file_that_is_missing_or_different_is_named(folder, file, content, message):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(UserError, match=message):
        open_sets.rows(folder)


ALL_FILES = [file for one in SETS.values() for file in one.files]


def test_what_may_be_given_away_trains_weights(folder):
    hashes = {file: hashlib.sha256((folder / file).read_bytes()).hexdigest() for file in ALL_FILES}
    write_manifest(folder, dict.fromkeys(ALL_FILES, "redistributable"), hashes)
    assert open_sets.rows(folder, for_weights=True) == open_sets.rows(folder)


@pytest.mark.parametrize("kind", ["test-only", "unknown", "", "not redistributable"])
def test_what_may_not_be_given_away_trains_no_weights(folder, kind):
    write_manifest(folder, dict.fromkeys(ALL_FILES, "redistributable") | {"banking77/test.csv": kind})
    assert open_sets.rows(folder, ["shah"], for_weights=True)
    with pytest.raises(UserError, match=rf"banking77/test\.csv may train no weights.*says '{kind}'"):
        open_sets.rows(folder, for_weights=True)
    assert open_sets.rows(folder, ["banking77"]), "to measure on it is another thing"


def test_a_set_that_no_manifest_names_trains_no_weights(folder):
    with pytest.raises(UserError, match=r"no MANIFEST\.csv in"):
        open_sets.rows(folder, for_weights=True)
    write_manifest(folder, {"jlwei_SHAH.jsonl": "redistributable"})
    with pytest.raises(UserError, match=r"jlwei_P3-Golden\.jsonl may train no weights.*doesn't name it"):
        open_sets.rows(folder, ["shah", "mekala_p3"], for_weights=True)


def test_another_file_under_the_name_trains_no_weights(folder):
    write_manifest(folder, {"jlwei_SHAH.jsonl": "redistributable"}, {"jlwei_SHAH.jsonl": "0" * 64})
    with pytest.raises(UserError, match="its sha256 is another"):
        open_sets.rows(folder, ["shah"], for_weights=True)


def test_the_command_writes_rows_that_training_reads(folder, tmp_path, capsys):
    out = tmp_path / "rows.jsonl"
    assert open_sets.main([str(folder), str(out), "--sets", "shah", "banking77"]) == 0
    assert data.read(out) == open_sets.rows(folder, ["shah", "banking77"])
    printed = capsys.readouterr().out
    assert re.search(r"shah +bug +2\n", printed) and "Casanueva" in printed and "CC-BY-4.0" in printed
    open_sets.main([str(folder), str(out), "--coarse"])
    assert data.read(out) == open_sets.coarse_rows(folder)


def test_the_command_says_what_is_wrong_and_writes_nothing(folder, tmp_path, capsys):
    out = tmp_path / "rows.jsonl"
    with pytest.raises(SystemExit, match="1"):
        open_sets.main([str(folder), str(out), "--sets", "shah", "--for-weights"])
    assert "MANIFEST.csv" in capsys.readouterr().err and not out.exists()
