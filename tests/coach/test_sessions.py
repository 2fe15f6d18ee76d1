"""Sessions that are kept and sessions that are not, and how numbers are told over time."""

import copy
import os
import pickle
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach import sessions
from coach.figures import range_of, shown
from coach.records import Answer, MeasureRecord, Place, ScoreRecord, Session, Word, decode, plain
from coach.sessions import Point, add, ask, delete, forget, history, new_person, progress, resume, start, trend
from coach.store import Forgotten
from common.errors import UserError
from tests.coach.kept import ANNA, BEN, NOON, STRUCTURE, WHOLE, answer, session


def practised(store, person: str, count: int = 2) -> Session:
    """A session with some answers."""
    begun = start(store, person, role="nurse", category="leadership", difficulty=2)
    for at in range(count):
        begun = ask(store, person, begun, f"be-0{at}")
        begun = add(store, person, begun, replace(answer(minutes=at), question=f"be-0{at}"))
    return begun


def points(*values: float, low: float | None = None, high: float | None = None) -> list[Point]:
    return [Point(NOON + timedelta(minutes=at), value, low, high) for at, value in enumerate(values)]


def test_a_session_is_the_same_kept_or_not(store):
    kept, unkept = practised(store, ANNA), practised(None, "")
    assert kept.id and all(one.id for one in kept.answers) and unkept.id is None
    without_ids = replace(kept, id=None, answers=tuple(replace(one, id=None) for one in kept.answers))
    assert without_ids == replace(unkept, started=kept.started)
    assert resume(store, ANNA, kept.id) == kept


def test_keeping_nothing_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    practised(None, "")
    assert os.listdir(tmp_path) == []


def test_what_was_begun_unkept_stays_unkept_and_what_was_kept_may_go_on_unkept(store):
    unkept = practised(None, "")
    assert add(store, ANNA, ask(store, ANNA, unkept, "be-09"), WHOLE).id is None
    assert store.answers(ANNA) == []
    kept = practised(store, ANNA)
    on = add(None, ANNA, ask(None, ANNA, kept, "be-09"), WHOLE)
    assert len(on.answers) == 3 and on.answers[2].id is None
    assert resume(store, ANNA, kept.id) == kept


def test_a_page_can_hold_a_session():
    words = tuple(Word("incomprehensible", at / 3, at / 3 + 0.25, 0.9) for at in range(1800))
    long_one = replace(WHOLE, text=" ".join(word.text for word in words), words=words)  # ten minutes
    held = add(None, "", start(None, ""), long_one)
    assert pickle.loads(pickle.dumps(held)) == copy.deepcopy(held) == held
    assert len(pickle.dumps(held)) < 200_000


def test_an_answer_gets_the_time_and_plain_numbers(store):
    before = datetime.now(timezone.utc)
    odd = replace(WHOLE, created=None, duration=np.float32(1.5), overall=np.int64(7), emotion={"arousal": float("nan")})
    for place in (store, None):
        [found] = add(place, ANNA, start(place, ANNA), odd).answers
        assert before <= found.created <= datetime.now(timezone.utc)
        assert (found.duration, found.overall, found.emotion) == (1.5, 7, {"arousal": None})
        assert type(found.duration) is float and type(found.overall) is int


def test_a_wrong_value_in_an_answer_is_named():
    wrong_ones = [
        ({"overall": "7"}, "overall is '7'"),
        ({"covered": (1,)}, r"covered\[0\] is 1"),
        ({"seconds": {"all": None}}, r"seconds\.all is None"),
        ({"words": (("a", 0),)}, r"words\[0\] has 2 values"),
    ]
    for wrong, said in wrong_ones:
        with pytest.raises(ValueError, match=said):
            add(None, "", start(None, ""), replace(WHOLE, **wrong))


def test_one_knows_which_question_waits(store):
    begun = start(store, ANNA)
    assert begun.waiting is None
    begun = ask(store, ANNA, begun, "be-01")
    assert begun.waiting == "be-01"
    begun = ask(store, ANNA, begun, "be-02")
    assert begun.waiting == "be-02", "be-01 was skipped"
    begun = add(store, ANNA, begun, replace(WHOLE, question="be-02"))
    assert begun.waiting is None
    begun = ask(store, ANNA, begun, "be-02")
    assert begun.waiting == resume(store, ANNA, begun.id).waiting == "be-02", "it was asked again"


def test_another_persons_session_is_as_one_that_never_was(store):
    kept = practised(store, ANNA)
    gone = practised(store, BEN)
    delete(store, BEN, gone.id)
    told = set()
    for number in (kept.id, gone.id, gone.id + 7):
        for act in (
            lambda number=number: resume(store, BEN, number),
            lambda number=number: delete(store, BEN, number),
            lambda number=number: ask(store, BEN, replace(kept, id=number), "be-01"),
            lambda number=number: add(store, BEN, replace(kept, id=number), WHOLE),
        ):
            with pytest.raises(UserError) as caught:
                act()
            told.add(str(caught.value).replace(str(number), "…"))
    assert told == {"You have no session …. It may have been deleted; begin a new one."}
    assert resume(store, ANNA, kept.id) == kept


def test_a_recording_is_kept_on_request_and_never_where_nothing_is(file_store, tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound")
    [kept] = add(file_store, ANNA, start(file_store, ANNA), WHOLE, tmp_path / "a.wav").answers
    assert file_store.recording(ANNA, kept.id).read_bytes() == b"sound"
    for store in (None, file_store):
        with pytest.raises(UserError, match="nothing is kept"):
            add(store, ANNA, start(None, ANNA), WHOLE, tmp_path / "a.wav")
    assert len(list((tmp_path / "recordings").rglob("*.wav"))) == 1


def test_the_history_is_in_pages(file_store):
    ids = [practised(file_store, ANNA, 1).id for _ in range(5)]
    practised(file_store, BEN)
    start(file_store, ANNA)  # nothing was answered in it
    first, last = history(file_store, ANNA, 1, 3), history(file_store, ANNA, 2, 3)
    assert [one.id for one in first.items + last.items] == ids[::-1]
    assert (first.more, last.more, last.number) == (True, False, 2)
    assert history(file_store, ANNA, 1, 5).more is False
    assert history(file_store, ANNA, 9).items == ()
    for page, size in ((0, 5), (1, 0), (1, 201), (10**30, 5)):
        with pytest.raises(UserError, match=f"no page {page} of {size}"):
            history(file_store, ANNA, page, size)


def test_all_is_deleted(store):
    kept, other = practised(store, ANNA), practised(store, BEN)
    delete(store, ANNA, practised(store, ANNA).id)
    assert [one.id for one in history(store, ANNA).items] == [kept.id]
    assert forget(store, ANNA) == Forgotten(1, 2, 0, 0)
    assert history(store, ANNA).items == () and resume(store, BEN, other.id) == other


def test_an_id_is_nobody_elses(file_store):
    ids = {new_person() for _ in range(500)}
    assert len(ids) == 500 and {len(one) for one in ids} == {22}
    start(file_store, ids.pop())
    with pytest.raises(UserError, match="id 'anna' is not valid"):
        start(file_store, "anna")


def test_of_an_id_that_is_nearly_right_only_the_beginning_is_quoted(file_store):
    with pytest.raises(UserError, match="id 'secret-a'… is not valid") as refused:
        start(file_store, "secret-and-long-enough with a space")
    assert "long" not in str(refused.value)


# Records


@dataclass(frozen=True)
class Spot:
    start: float
    end: float
    text: str
    probability: float = 0.5


@dataclass(frozen=True)
class Measured:
    """As a measure of another module: its verdict is worked out, and it has more than is kept."""

    name: str = "a"
    title: str = "A"
    value: float = 3.0
    unit: str = "s"
    low: float = 1.0
    high: float = 2.0
    source: str = "book"
    places: tuple = (Spot(0.0, 1.0, "um"),)
    note: str = ""
    more: int = 7

    @property
    def verdict(self) -> str:
        return "high" if self.value > self.high else "good"


def test_records_are_taken_from_whatever_has_the_values():
    kept = MeasureRecord("a", "A", 3.0, "s", 1.0, 2.0, "high", "book", "", (Place(0.0, 1.0, "um"),))
    assert MeasureRecord.of(Measured()) == kept
    assert Word.of(Spot(0.0, 1.0, "um")) == Word("um", 0.0, 1.0, 0.5)
    assert ScoreRecord.of(STRUCTURE) == STRUCTURE


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
spots = st.builds(Place, numbers, numbers, texts)
maybe = st.none() | numbers
answers = st.builds(
    Answer, texts, texts, texts, texts, st.integers(1, 3), texts, maybe,
    st.lists(st.builds(Word, texts, numbers, numbers, numbers), max_size=3).map(tuple),
    st.lists(spots, max_size=2).map(tuple),
    st.lists(st.builds(MeasureRecord, texts, texts, maybe, texts, maybe, maybe, st.sampled_from(["low", "unknown"]),
                       texts, texts, st.lists(spots, max_size=2).map(tuple)), max_size=2).map(tuple),
    st.lists(st.builds(ScoreRecord, texts, texts, st.integers(0, 100), texts, texts, texts), max_size=2).map(tuple),
    st.none() | st.integers(0, 100), st.lists(texts, max_size=2).map(tuple), st.just(()),
    st.dictionaries(texts, maybe, max_size=2),
    created=st.none() | st.datetimes(timezones=st.sampled_from([timezone.utc, timezone(timedelta(hours=-7))])),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(answers, max_size=2))
def test_a_record_is_the_same_after_it_was_json(given_ones):
    try:
        there = plain(session(*given_ones))
    except OverflowError:  # a time at the end of the calendar, in another zone
        return
    assert decode(Session, there) == session(*given_ones)


BEGUN = {"started": "2025-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([], "it is"),
        ({}, "it has no 'started'"),
        ({"started": "yesterday"}, "started is no time"),
        ({"started": "2025-01-01T00:00:00"}, "needs a zone"),
        ({"started": 5}, "started is no time"),
        (BEGUN | {"spy": 1}, "it has 'spy', which is not known"),
        (BEGUN | {"difficulty": True}, "difficulty is True, which is no int"),
        (BEGUN | {"difficulty": 10**30}, "which is no int"),
        (BEGUN | {"answers": [{"question": 1}]}, r"answers\[0\] has no 'question_text'"),
        (BEGUN | {"asked": "be-01"}, "asked is 'be-01', which is no list"),
    ],
)
def test_what_is_no_record_is_named(wrong, said):
    with pytest.raises(ValueError, match=said):
        decode(Session, wrong)


# Progress


def test_progress_is_a_course_of_each_score_and_measure():
    given_ones = [answer(5, 70, 2), answer(9, 50, 0), replace(WHOLE, created=NOON + timedelta(minutes=1))]
    given_ones += [replace(answer(3, 99, 3), created=None), replace(WHOLE, measures=(), scores=(), overall=None)]
    found = {(course.kind, course.name): course for course in progress(given_ones)}
    assert [*found] == [
        *(("score", name) for name in ("overall", "structure", "relevance")),
        *(("measure", name) for name in ("pause_count", "speaking_rate", "fillers")),
    ], "of the variation of pitch no value was ever known"
    pauses = found["measure", "pause_count"]
    assert [point.value for point in pauses.points] == [9.0, 9.0, 5.0], "by time"
    assert pauses.points[2] == Point(NOON + timedelta(minutes=2), 5.0, 2.0, 6.0)
    assert (pauses.title, pauses.unit) == ("Pauses", "per min")
    assert pauses.trend == "Pauses: from 9 to 5 per min over 3 answers; within the comfortable range, 2 to 6."
    assert [point.value for point in found["score", "overall"].points] == [50, 65, 70]
    assert found["score", "relevance"].trend == "Relevance: 80 of 100 in one answer."
    assert progress([]) == ()


def test_progress_is_that_of_what_is_kept(file_store):
    kept = practised(file_store, ANNA, 3)
    assert progress(file_store.answers(ANNA)) == progress(kept.answers) != ()


@pytest.mark.parametrize(
    ("values", "low", "high", "said"),
    [
        ((9,), 2, 6, "A: 9 s in one answer; above the comfortable range, 2 to 6."),
        ((9, 5), 2, 6, "A: from 9 to 5 s over 2 answers; within the comfortable range, 2 to 6."),
        ((9, 1, 7, 1), 2, 6, "A: from 9 to 1 s over 4 answers; below the comfortable range, 2 to 6."),
        ((5.001, 5), 5, None, "A: steady at 5 s over 2 answers; within the comfortable range, at least 5."),
        ((1, 2), None, 1, "A: from 1 to 2 s over 2 answers; above the comfortable range, at most 1."),
        ((1, 50, 1, 1, 1), None, None, "A: steady at 1 s over 5 answers."),
        ((9, 1, 8, 4, 30, 5), 2, 6, "A: from 8 to 5 s over 6 answers (medians of the first and the last 3); "
                                    "within the comfortable range, 2 to 6."),
    ],
)  # fmt: skip
def test_a_trend_is_told_in_words(values, low, high, said):
    assert trend("A", "s", points(*values, low=low, high=high)) == said


def test_one_stray_answer_makes_no_trend_of_many():
    assert "steady at 5" in trend("A", "", points(5, 5, 5, 5, 5, 5, 90))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8))
def test_a_trend_claims_nothing(values):
    text = trend("A", "s", points(*values))
    assert shown(sessions.median(values[-3:] if len(values) >= 6 else values[-1:])) in text
    assert not any(word in text for word in ("signific", "improv", "better", "worse", "will"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.001, "0"), (0.126, "0.13"), (3, "3"), (3.10, "3.1"), (12.34, "12.3"), (20.04, "20"), (171.5, "172"),
     (100, "100"), (1234.5, "1,234"), (-9.999, "-10")],
)  # fmt: skip
def test_numbers_are_shown_as_far_as_they_can_be_heard(value, text):
    assert shown(value) == text


def test_ranges_are_told_in_words():
    assert [range_of(2, 6), range_of(2, None), range_of(None, 0.25), range_of(None, None)] == [
        "2 to 6",
        "at least 2",
        "at most 0.25",
        "",
    ]
