"""The review: what waits, what people decide, what is undone, and how often they agree."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from feedback import labels, review
from feedback.review import Decision, agreement, decide, dismiss, queue, undo
from feedback.tables import CONFIRMED, CORRECTED, CORRECTION, DISMISSED, WAITING, Stored

NOON = datetime(2025, 3, 30, 12, tzinfo=timezone.utc)


@pytest.fixture
def store(file_store):
    return file_store


def waiting(store, *confidences: float, **values) -> list[int]:
    """Unsure predictions a minute apart."""
    rows = [
        Stored("bug", value, f"text {at}", unsure=True, created=NOON + timedelta(minutes=at))
        for at, value in enumerate(confidences)
    ]
    return store.add_predictions([replace(row, **values) for row in rows])


def texts(page) -> list[str]:
    return [item.text for item in page.items]


def test_the_least_sure_comes_first_or_the_oldest(store):
    waiting(store, 0.5, 0.25, 0.75)
    waiting(store, 0.1, unsure=False)
    assert texts(queue(store)) == ["text 1", "text 0", "text 2"]
    assert texts(queue(store, "oldest")) == ["text 0", "text 1", "text 2"]


def test_the_queue_is_shown_in_pages_and_its_last_one_is_the_end(store):
    waiting(store, *(at / 10 for at in range(5)))
    first = queue(store, page=1, size=2)
    assert (texts(first), first.number, first.pages, first.total) == (["text 0", "text 1"], 1, 3, 5)
    assert texts(queue(store, page=2, size=2)) == ["text 2", "text 3"]
    last = queue(store, page=9, size=2)
    assert (texts(last), last.number) == (["text 4"], 3)
    assert queue(store, size=5).pages == 1


def test_a_queue_may_be_empty(store):
    page = queue(store)
    assert (page.items, page.number, page.pages, page.total) == ([], 1, 1, 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"order": "random"}, "order of 'random'; use confidence or oldest"),
        ({"page": 0}, "no page 0 of 20"),
        ({"page": -1}, "no page -1 of 20"),
        ({"size": 0}, "no page 1 of 0"),
        ({"size": 201}, "hold 1 to 200"),
    ],
)
def test_a_queue_that_there_is_not_is_refused(store, asked, said):
    with pytest.raises(UserError, match=said):
        queue(store, **asked)


def test_who_says_the_same_confirms_and_who_says_another_corrects(store):
    first, other = waiting(store, 0.5, 0.5)
    assert decide(store, first, "bug") == Decision(first, CONFIRMED, "bug", "bug", None, True)
    assert decide(store, other, "Feature request", "bug") == Decision(
        other, CORRECTED, "bug", "feature_request", "bug", True
    )
    rows = [(row.text, row.label, row.second, row.source, row.prediction) for row in store.examples()]
    assert rows == [
        ("text 0", "bug", None, CORRECTION, first),
        ("text 1", "feature_request", "bug", CORRECTION, other),
    ]
    assert queue(store).total == 0
    assert (store.get(first).review, store.get(other).review) == (CONFIRMED, CORRECTED)
    assert (store.get(other).decided, store.get(other).decided_second) == ("feature_request", "bug")


def test_an_added_label_can_be_decided(store):
    [number] = waiting(store, 0.5)
    with pytest.raises(UserError, match="There is no label 'gift'"):
        decide(store, number, "gift")
    labels.add(store, "Gift", "Ideas.", [f"text number {'abcdefgh'[at]}" for at in range(8)])
    assert decide(store, number, "gift").label == "gift"


def test_an_empty_second_label_is_none(store):
    [number] = waiting(store, 0.5)
    assert decide(store, number, "bug", "").second is None


def test_also_what_was_sure_can_be_corrected_and_what_was_not_kept_teaches_nothing(store):
    [sure] = waiting(store, 0.99, unsure=False)
    [nothing] = waiting(store, 0.5, text=None)
    assert queue(store).total == 0
    assert decide(store, sure, "praise").trains
    assert decide(store, nothing, "praise") == Decision(nothing, CORRECTED, "bug", "praise", None, False)
    assert [row.prediction for row in store.examples()] == [sure]
    assert agreement(store).decided == 2


@pytest.mark.parametrize(
    ("label", "second", "said"),
    [
        ("bugs", None, r"no label 'bugs'\. Did you mean 'bug'\? The labels are bug, feature_request, praise"),
        ("bug", "prise", r"no label 'prise'\. Did you mean 'praise'"),
        ("", None, "no label ''"),
        ("bug", "bug", "second label is 'bug' as the first"),
        ("bug", "Bug", "second label is 'bug' as the first"),
    ],
)
def test_a_wrong_label_changes_nothing(store, label, second, said):
    [number] = waiting(store, 0.5)
    with pytest.raises(UserError, match=said):
        decide(store, number, label, second)
    assert store.get(number).review == WAITING and store.examples() == []


@pytest.mark.parametrize("wrong", [99, 0, -1, 2**70, "1", 1.5, None])
def test_an_id_that_is_not_there_is_answered_with_those_that_wait(store, wrong):
    for act in (lambda: decide(store, wrong, "bug"), lambda: dismiss(store, wrong), lambda: undo(store, wrong)):
        with pytest.raises(UserError, match=rf"There is no prediction {wrong!r}\. Nothing waits for review\."):
            act()
    ids = waiting(store, *(at / 20 for at in range(12)))
    named = ", ".join(map(str, ids[:10]))
    with pytest.raises(UserError, match=rf"There is no prediction {wrong!r}.*review: {named} and 2 more\."):
        decide(store, wrong, "bug")
    dismiss(store, ids[0])
    dismiss(store, ids[1])
    with pytest.raises(UserError, match=rf"review: {', '.join(map(str, ids[2:]))}\.$"):
        undo(store, wrong)


def test_what_was_decided_says_so(store):
    confirmed, corrected, dismissed = waiting(store, 0.5, 0.5, 0.5)
    decide(store, confirmed, "bug")
    decide(store, corrected, "praise")
    dismiss(store, dismissed)
    day = f"{store.get(confirmed).reviewed:%Y-%m-%d}"
    rows = store.examples()
    for number, said in (
        (confirmed, f"{confirmed} was confirmed as 'bug' on {day} at .* UTC"),
        (corrected, f"{corrected} was corrected as 'praise' on {day}"),
        (dismissed, f"{dismissed} was dismissed on {day}"),
    ):
        for act in (lambda number=number: decide(store, number, "other"), lambda number=number: dismiss(store, number)):
            with pytest.raises(UserError, match=rf"Prediction {said}.*Undo that first"):
                act()
    assert store.examples() == rows


class Slow:
    """A store in which somebody else decides while one is still reading."""

    def __init__(self, store, meanwhile) -> None:
        self._store, self._meanwhile = store, meanwhile

    def __getattr__(self, name: str):
        return getattr(self._store, name)

    def decide(self, *given) -> bool:
        self._meanwhile()
        return self._store.decide(*given)


def test_who_comes_second_is_told_what_the_first_decided(store):
    [number] = waiting(store, 0.5)
    slow = Slow(store, lambda: store.decide(number, CORRECTED, "praise"))
    with pytest.raises(UserError, match=f"Prediction {number} was corrected as 'praise'"):
        decide(slow, number, "bug")
    assert [row.label for row in store.examples()] == ["praise"]


def test_who_decides_what_is_deleted_meanwhile_is_told(store):
    [number] = waiting(store, 0.5)
    for act in (lambda slow: decide(slow, number, "bug"), lambda slow: dismiss(slow, number)):
        with pytest.raises(UserError, match=f"There is no prediction {number}"):
            act(Slow(store, store.forget))


def test_what_is_dismissed_leaves_the_queue_and_teaches_nothing(store):
    [number] = waiting(store, 0.5)
    assert dismiss(store, number) == Decision(number, DISMISSED, "bug", None, None, False)
    assert queue(store).total == 0 and store.examples() == [] and agreement(store).decided == 0


def test_a_decision_that_is_undone_waits_again(store):
    first, other = waiting(store, 0.5, 0.25)
    decide(store, first, "praise")
    decide(store, other, "bug")
    assert undo(store, first) == store.get(first)
    assert store.get(first).review == WAITING and store.get(first).decided is None
    assert [item.id for item in queue(store).items] == [first]
    assert [row.prediction for row in store.examples()] == [other]
    with pytest.raises(UserError, match=f"Nothing was decided about prediction {first}"):
        undo(store, first)
    assert decide(store, first, "other").label == "other"


def test_agreement_counts_what_was_confirmed_and_what_was_taken_for_what(store):
    ids = waiting(store, *[0.5] * 6)
    others = waiting(store, 0.5, 0.5, label="praise")
    for number, label in zip([*ids, *others], ["bug"] * 4 + ["praise", "other", "praise", "bug"], strict=True):
        decide(store, number, label)
    found = agreement(store)
    assert (found.decided, found.confirmed, found.share) == (8, 5, 0.625)
    assert found.labels == ["bug", "praise", "other"], "in the order of the built-in labels"
    assert found.confusion == [[4, 1, 1], [1, 1, 0], [0, 0, 0]]
    # Wilson 1927 for 5 of 8, worked out by hand: centre .58445, half-width .27871.
    assert found.low == pytest.approx(0.30574, abs=1e-4) and found.high == pytest.approx(0.86316, abs=1e-4)
    dismiss(store, *waiting(store, 0.5))
    assert agreement(store) == found


def test_agreement_of_nothing_is_nothing(store):
    found = agreement(store)
    assert (found.decided, found.share, found.low, found.high) == (0, None, None, None)
    assert found.labels == found.confusion == []


def test_agreement_is_asked_from_a_time_on(store):
    first, other = waiting(store, 0.5, 0.5)
    decide(store, first, "praise")
    decide(store, other, "bug")
    assert agreement(store, store.get(other).reviewed).share == 1
    assert agreement(store, store.get(other).reviewed + timedelta(minutes=1)).decided == 0


def test_a_label_that_is_known_no_more_keeps_its_place_in_the_confusion(store):
    [number] = waiting(store, 0.5, label="abandoned")
    decide(store, number, "question")
    found = agreement(store)
    assert found.labels == ["question", "abandoned"] and found.confusion == [[0, 0], [1, 0]]


@given(st.integers(1, 500).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_holds_the_share_and_narrows_with_more_cases(case):
    count, total = case
    low, high = review._wilson(count, total)
    assert 0 <= low <= count / total <= high <= 1 and low < high
    more = review._wilson(count * 10, total * 10)
    assert more[1] - more[0] < high - low
