"""What the page says, from values of which each word can be foreseen."""

from hypothesis import given
from hypothesis import strategies as st

from feedback import summary
from feedback.batch import Summary

TITLES = {"bug": "Bug", "gift_idea": "Gift idea"}
SORTED = {
    "unsure": False, "why": "", "also": [], "masked": [], "pieces": 1, "language": "", "id": None, "seconds": 0.0124,
    "version": "shipped",
}  # fmt: skip


def test_a_result_says_whether_to_look_what_else_and_what_is_kept():
    assert summary.result(SORTED, TITLES).splitlines()[-1] == "12 ms · model shipped · nothing of it was kept"
    more = {"unsure": True, "why": "No words.", "id": 7, "also": ["gift_idea", "lost"], "pieces": 3, "language": "de"}
    said = summary.result(SORTED | more | {"masked": ["phone", "phone", "name"]}, TITLES)
    assert "**Not sure: a person should look.** No words. It waits in the review." in said
    assert "**Gift idea and lost**" in said and "Kept without 2 phone numbers and 1 name." in said
    assert said.endswith("12 ms · model shipped · language de · read in 3 pieces · kept as number 7")
    assert "nobody will be asked" in summary.result(SORTED | {"unsure": True}, TITLES)


@given(st.text(max_size=60), st.lists(st.integers(0, 60), max_size=8, unique=True))
def test_a_marked_text_is_the_text(text, places):
    places = sorted(place for place in places if place <= len(text))
    parts = [{"start": low, "end": high} for low, high in zip(places[::2], places[1::2], strict=False)]
    marked = summary.marked(text, parts, list(range(len(parts))))
    assert "".join(piece for piece, _ in marked) == text
    found = [(piece, value) for piece, value in marked if value is not None]
    assert found == [(text[part["start"] : part["end"]], value) for value, part in enumerate(parts)]


def test_words_are_weighed_by_the_strongest_of_them():
    words = [{"start": 3, "end": 6, "effect": -0.5}, {"start": 7, "end": 10, "effect": 2.0}]
    found = {"words": words, "start": 3, "end": 10}
    marked = summary.weighed("It was bad today", found)
    assert marked == [("was", -0.25), (" ", None), ("bad", 1.0), (" …", None)]
    assert summary.weighed("!", {"words": [], "start": 0, "end": 1}) == [("!", None)]


def test_the_progress_of_a_file_has_its_rate_and_what_is_left():
    done = Summary(1000, done=250, bad=2, unsure=40, masked=1, labels={"bug": 186, "gift_idea": 62}, seconds=2.5)
    said = summary.file_progress(done)
    assert said.startswith("**250 of 1,000 rows** (25%) · 40 unsure · 2 not read")
    assert said.endswith("100 a second · about 8 s left")
    assert summary.file_labels(done, TITLES) == {"Bug": 0.75, "Gift idea": 0.25}
    assert "left" not in summary.file_progress(Summary(0))


def test_a_training_is_told_with_its_epochs():
    status = {"state": "running", "message": "Training.", "step": 30, "steps": 60, "share": 0.5, "loss": 0.25,
              "seconds": 12.3, "epochs": [{"epoch": 1.0, "macro_f1": 0.8, "loss": 0.6}]}  # fmt: skip
    said = summary.training(status)
    assert "Step 30 of at most 60 (50%), loss 0.250, 12 s so far." in said and "| 1 | 0.800 | 0.600 |" in said
    none = {"state": "none", "message": "Nothing yet.", "steps": 0, "epochs": []}
    assert summary.training(none) == "Nothing yet."


def test_without_texts_the_page_says_so():
    assert summary.watch({"texts": 0}, {}).startswith("**Nothing yet.**")
    assert summary.alert({"alerts": [], "line": "Calm."}) == "Calm."
    assert "Look at this" in summary.alert({"alerts": ["x"], "line": "x"})
