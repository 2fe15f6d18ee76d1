"""The numbers that are watched, against shares and shifts that are known because the tests made them."""

import math
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback import drift
from feedback.drift import Reference, psi, psi_by_chance, report, texts_needed, timeline
from feedback.tables import History, Stored

LABELS = ("bug", "praise", "question", "other")
D = 16
START = np.datetime64("2025-03-01T10:00", "us")


def directions(count: int, spread: float, seed: int) -> np.ndarray:
    """Unit vectors around the first axis, the farther from it the larger the spread."""
    around = np.random.default_rng(seed).normal(0, spread, (count, D))
    around[:, 0] += 1
    return around / np.linalg.norm(around, axis=1, keepdims=True)


def reference(**values) -> Reference:
    centres = np.eye(D)[:2].astype(np.float32)
    distances = (1 - directions(400, 0.1, seed=1)[:, 0]).astype(np.float32)
    whole = Reference("v1", LABELS, np.array([400, 300, 200, 100]), centres, distances, 0.875, 0.125)
    return replace(whole, **values)


def history(labels, *, start=START, step="1m", **values) -> History:
    """Predictions in equal steps of time; what is not given is as in the reference."""
    count = len(labels)
    made = {
        "created": start + np.arange(count) * np.timedelta64(int(step[:-1]), step[-1]),
        "label": np.array(labels, object),
        "version": np.array(["v1"] * count, object),
        "confidence": np.full(count, 0.875),
        "unsure": np.arange(count) % 8 == 0,
        "seconds": np.full(count, np.nan),
        "distance": 1 - directions(max(1, count), 0.1, seed=2)[:count, 0],
    }
    return History(**made | values)


def drawn(count: int, shares=(0.4, 0.3, 0.2, 0.1), seed: int = 0) -> list[str]:
    return np.random.default_rng(seed).choice(LABELS, count, p=shares).tolist()


def test_the_index_is_that_of_the_formula():
    # (.8 - .5) ln(.8 / .5) + (.2 - .5) ln(.2 / .5), with so many texts that one more makes no difference
    by_hand = 0.3 * 0.470004 + 0.3 * 0.916291
    assert psi([50_000_000, 50_000_000], [80_000_000, 20_000_000]) == pytest.approx(by_hand, abs=1e-5)
    # One text more on each side, spread as both together: 3/4 and 1/4 of it.
    e, a = (1 + 0.75) / 3, (2 + 0.75) / 3
    by_hand = (a - e) * math.log(a / e) + (e - a) * math.log((1 - a) / (1 - e))
    assert psi([1, 1], [2, 0]) == pytest.approx(by_hand, abs=1e-12)


counts = st.lists(st.integers(0, 10_000), min_size=5, max_size=5).filter(any).map(np.array)


@given(counts, counts, st.permutations(range(5)), st.integers(1, 50))
def test_the_index_is_a_divergence(one, other, order, times):
    found = psi(one, other)
    assert found >= 0 and math.isfinite(found)
    assert psi(other, one) == pytest.approx(found)
    assert psi(one[order], other[order]) == pytest.approx(found)
    assert psi([*one, 0], [*other, 0]) == pytest.approx(found), "a label that nobody has changes nothing"
    assert psi(one, one * times) == pytest.approx(0, abs=1e-12), "equal shares, however many texts"
    if not np.allclose(one / one.sum(), other / other.sum()):
        assert found > 0


def test_the_index_grows_with_the_shift_and_stays_finite_where_a_label_is_gone():
    shifts = [psi([500, 500], [500 + by, 500 - by]) for by in range(0, 501, 50)]
    assert shifts == sorted(shifts) and shifts[0] == 0 and math.isfinite(shifts[-1])
    assert psi([0, 100], [100, 0]) > 2


def test_many_indices_are_computed_at_once():
    one, other = np.array([[5, 5], [9, 1]]), np.array([[5, 5], [1, 9]])
    assert psi(one, other).tolist() == [psi(one[0], other[0]), psi(one[1], other[1])]


@pytest.mark.parametrize(("expected", "actual"), [(1000, 500), (1000, 40), (300, 30), (10**6, 30)])
def test_chance_alone_goes_over_its_limit_in_one_of_a_hundred_cases(expected, actual):
    shares, random = np.array([0.4, 0.3, 0.2, 0.1]), np.random.default_rng(7)
    limit = psi_by_chance(shares * expected, shares * actual)
    found = psi(random.multinomial(expected, shares, 4000), random.multinomial(actual, shares, 4000))
    # 1 % is expected; of 4,000 cases and the 2,000 that gave the limit the standard deviation is .27 %.
    assert np.mean(found > limit) == pytest.approx(0.01, abs=0.008)


def test_the_limit_of_chance_is_that_of_chi_square_for_many_texts():
    # Its quantile .99 for 3 degrees of freedom is 11.345 in the tables.
    found = psi_by_chance([4000, 3000, 2000, 1000], [2000, 1500, 1000, 500], draws=20_000)
    assert found == pytest.approx(11.345 * (1 / 10_000 + 1 / 5_000), rel=0.05)


def test_the_limit_of_chance_is_the_same_each_time():
    assert psi_by_chance([40, 30], [4, 3]) == psi_by_chance([40, 30], [4, 3])
    assert psi_by_chance([40, 30], [4, 3]) != psi_by_chance([40, 30], [4, 3], seed=1)


def test_both_sides_are_drawn_from_what_both_together_are():
    assert psi_by_chance([30, 0], [0, 30]) == psi_by_chance([15, 15], [15, 15]) > 0.05


def test_how_many_texts_are_needed():
    # 8 labels: quantile .99 of chi-square with 7 degrees of freedom is 18.475; 18.475 (1/n + 1/1000) = .1 at n = 226.6
    assert texts_needed(8, 1000) == pytest.approx(227, abs=2)
    assert texts_needed(8, 1000, shift=0.25) == pytest.approx(80, abs=1)
    assert texts_needed(8, 10**9) == pytest.approx(185, abs=1)
    assert texts_needed(8, 180) is None and texts_needed(8, 190) > 1000
    assert texts_needed(2, 10**9, shift=1) == drift.FEWEST


def test_the_distance_is_to_the_nearest_centre():
    vectors = np.zeros((4, D), np.float32)
    vectors[0, 0] = vectors[1, 1] = vectors[2, 5] = 1
    vectors[3, :2] = 0.6, 0.8
    assert reference().distance(vectors) == pytest.approx([0, 0, 1, 0.2], abs=1e-6)
    vectors[0, 0] = -1
    assert reference(centres=np.eye(D)[:1]).distance(vectors[:1]).tolist() == [2]


def test_a_reference_is_read_from_the_arrays_beside_a_model():
    whole = reference()
    arrays = {"label_counts": whole.counts, "centres": whole.centres, "distances": whole.distances}
    found = Reference.read(arrays, "v1", list(LABELS))
    assert (found.version, found.labels, found.confidence, found.unsure) == ("v1", LABELS, None, None)
    assert found.counts is whole.counts and found.centres is whole.centres and found.distances is whole.distances
    measured = Reference.read(arrays | {"confidence": np.array(0.5), "unsure": np.float32(0.25)}, "v1", LABELS)
    assert (measured.confidence, measured.unsure) == (0.5, 0.25)


def test_an_empty_history_says_so_and_invents_nothing():
    found = report(history([]), reference())
    assert found.line == "No text has been classified by version v1 yet, so there is nothing to compare."
    assert (found.texts, found.recent, found.first, found.last, found.alerts) == (0, 0, None, None, [])
    measured = (found.psi, found.psi_limit, found.distance, found.far, found.confidence, found.unsure)
    assert measured == (None,) * 6
    assert found.rolling == [] and found.latency == {} and found.timeline.starts == []
    assert set(found.labels.values()) == {0.0}


def test_texts_like_those_of_the_training_raise_no_alarm():
    alarms = [report(history(drawn(300, seed=seed)), reference()).alerts for seed in range(30)]
    assert sum(map(bool, alarms)) <= 2, alarms
    found = report(history(drawn(300)), reference())
    assert found.compared_with == "the 1,000 texts of the training"
    assert found.line.startswith("Nothing unusual in the last 300 texts: population stability index 0.0")
    assert found.expected == {"bug": 0.4, "praise": 0.3, "question": 0.2, "other": 0.1}
    assert found.expected_distance == pytest.approx(reference().distances.mean())


def test_few_texts_raise_no_alarm_whatever_they_are():
    found = report(history(["other"] * 29, unsure=np.full(29, True), distance=np.full(29, 2.0)), reference())
    assert found.alerts == [] and found.psi > 0.25 and found.far == found.unsure == 1
    assert found.line == "Only 29 texts so far; from 30 on they are compared with the 1,000 texts of the training."
    assert len(report(history(["other"] * 30), reference()).alerts) == 1


def test_small_samples_need_a_larger_shift():
    # 30 texts can be off by this much by chance, 3,000 can't.
    labels = ["bug"] * 15 + ["praise"] * 9 + ["question"] * 5 + ["other"] * 1
    few, many = (report(history(labels * times), reference(), recent=3000) for times in (1, 100))
    assert few.psi == pytest.approx(many.psi, abs=0.03) and few.psi_limit > 0.2 and few.alerts == []
    assert many.psi_limit == drift.MODERATE
    labels = ["bug"] * 30
    assert report(history(labels), reference()).alerts, "but a large one shows at once"


@pytest.mark.parametrize(("shares", "size"), [((0.55, 0.3, 0.1, 0.05), "moderate"), ((0.1, 0.2, 0.6, 0.1), "large")])
def test_another_mix_of_labels_is_told_with_its_number_and_its_limit(shares, size):
    labels = [name for name, share in zip(LABELS, shares, strict=True) for _ in range(round(share * 500))]
    found = report(history(labels), reference())
    by_hand = sum((a - e) * math.log(a / e) for a, e in zip(shares, (0.4, 0.3, 0.2, 0.1), strict=True))
    assert found.psi == pytest.approx(by_hand, rel=0.01) and found.psi_limit == 0.1
    [alert] = found.alerts
    most, before, now = ("bug", "40%", "55%") if size == "moderate" else ("question", "20%", "60%")
    assert f"population stability index {found.psi:.2f}, over 0.10 ({size}), between the last 500 texts" in alert
    assert f"{most} went from {before} to {now}. Read some of these" in alert
    assert found.line == alert


def test_where_there_are_enough_the_texts_before_are_what_is_compared_with():
    other_mix = (0.1, 0.2, 0.6, 0.1)  # real life, unlike the training
    steady = history(drawn(700, other_mix))
    assert report(steady, reference(), recent=500).compared_with == "the 200 texts before them"
    assert report(steady, reference(), recent=500).alerts == []
    assert report(steady, reference(), recent=501).compared_with == "the 1,000 texts of the training"
    assert report(steady, reference(), recent=501).alerts
    changed = history(drawn(600, other_mix) + ["bug"] * 100)
    found = report(changed, reference(), recent=100)
    assert "and the 600 texts before them; bug went from" in found.line
    assert sum(found.expected.values()) == pytest.approx(1) and found.labels["bug"] == 1


def test_texts_far_from_the_training_are_told():
    far = 1 - directions(200, 0.3, seed=3)[:, 0]
    found = report(history(drawn(200), distance=far), reference())
    bound = np.quantile(reference().distances, 0.95)
    assert found.far == np.mean(far > bound) > 0.9 and found.far_limit == 0.1
    assert found.distance == pytest.approx(far.mean()) and found.distance > 3 * found.expected_distance
    [alert] = found.alerts
    assert alert.startswith(f"{found.far:.0%} of the last 200 texts are unlike the training texts, over 10%")
    assert "train again" in alert


def test_of_few_far_texts_chance_is_taken_into_account():
    # 6 of 40 is .15, over .1; but with 40 texts up to .05 + 2.33 * sqrt(.05 * .95 * (1/40 + 1/400)) = .135 is chance.
    distance = np.full(40, 0.0)
    for far, alarm in ((5, False), (6, True)):
        distance[:far] = 1
        found = report(history(drawn(40), distance=distance), reference())
        assert found.far_limit == pytest.approx(0.135, abs=0.002) and bool(found.alerts) == alarm


def test_what_has_no_distance_is_left_out_of_it():
    distance = np.where(np.arange(100) < 50, np.nan, 1.0)
    found = report(history(drawn(100), distance=distance), reference())
    assert (found.far, found.distance) == (1, 1)
    without = report(history(drawn(100), distance=np.full(100, np.nan)), reference())
    assert (without.far, without.distance, without.far_limit) == (None, None, None) and without.alerts == []
    assert "unlike" not in without.line


def test_more_unsure_texts_than_in_the_training_are_told():
    for share, alarm in ((0.22, False), (0.24, True)):
        unsure = np.arange(200) < 200 * share
        found = report(history(drawn(200), unsure=unsure), reference())
        assert found.unsure == pytest.approx(share) and found.unsure_limit == pytest.approx(0.225)
        assert [alert[:34] for alert in found.alerts] == ["24% of the last 200 texts are unsu"] * alarm
    assert "over 22%; of held-out texts 12% were. Work through the review" in found.line
    unknown = report(history(drawn(200), unsure=np.full(200, True)), reference(unsure=None, confidence=None))
    assert unknown.unsure == 1 and unknown.unsure_limit is None and unknown.alerts == []


def test_of_few_unsure_texts_chance_is_taken_into_account():
    # With 30 texts up to .125 + 2.33 * sqrt(.126 * .874 * (1/30 + 1/400)) = .271 is chance: 8 of them, not 9.
    for count, alarm in ((8, False), (9, True)):
        found = report(history(drawn(30), unsure=np.arange(30) < count), reference())
        assert found.unsure_limit == pytest.approx(0.271, abs=0.002)
        assert [alert[:30] for alert in found.alerts] == ["30% of the last 30 texts are u"] * alarm


def test_several_alarms_stand_in_one_line():
    every = history(["other"] * 100, unsure=np.full(100, True), distance=np.full(100, 1.5))
    found = report(every, reference())
    assert len(found.alerts) == 3 and found.line == " ".join(found.alerts)


def test_only_the_newest_texts_of_this_version_are_looked_at():
    labels = ["other"] * 300 + ["bug"] * 50 + ["praise"] * 50
    version = np.array(["v0"] * 300 + ["v1"] * 100, object)
    confidence = np.array([0.1] * 300 + [0.5] * 50 + [0.75] * 50)
    whole = history(labels, version=version, confidence=confidence)
    found = report(whole, reference(), recent=50)
    assert (found.texts, found.recent, found.confidence) == (400, 50, 0.75)
    assert found.labels == {"bug": 0.0, "praise": 1.0, "question": 0.0, "other": 0.0}
    assert report(whole, reference(), recent=500).recent == 100
    assert found.timeline.counts["other"][0] == 60, "all versions are in the timeline"
    assert report(whole, reference(version="v2")).line.startswith("No text has been classified by version v2")


@pytest.mark.parametrize("recent", [0, -5])
def test_a_number_of_texts_is_from_one_on(recent):
    with pytest.raises(ValueError, match=f"not {recent}"):
        report(history(drawn(10)), reference(), recent)


def test_a_label_that_the_training_did_not_have_is_counted_too():
    found = report(history([*drawn(100), *["gift"] * 100]), reference())
    assert list(found.labels) == [*LABELS, "gift"] and found.labels["gift"] == 0.5 and found.expected["gift"] == 0
    assert found.psi > 1 and "gift went from 0% to 50%" in found.line


def test_the_rolling_mean_is_of_fifty_texts():
    confidence = np.linspace(0.2, 0.9, 120)
    found = report(history(drawn(120), confidence=confidence), reference()).rolling
    assert len(found) == 71
    for at in (0, 1, 70):
        assert found[at][1] == pytest.approx(confidence[at : at + 50].mean())
    assert found[0][0] == "2025-03-01T10:49:00Z" and found[-1][0] == "2025-03-01T11:59:00Z"
    few = report(history(drawn(3), confidence=np.array([0.5, 0.25, 0.75])), reference()).rolling
    assert few == [("2025-03-01T10:02:00Z", 0.5)]
    many = report(history(drawn(5000)), reference()).rolling
    assert len(many) == drift.MOST_POINTS and many[-1][0] == "2025-03-04T21:19:00Z"


@pytest.mark.parametrize(
    ("step", "unit", "starts"),
    [
        ("30m", "hour", ["2025-03-01T10:00:00Z", "2025-03-01T11:00:00Z", "2025-03-01T12:00:00Z"]),
        ("12h", "hour", ["2025-03-01T10:00:00Z", "2025-03-01T11:00:00Z", "2025-03-01T12:00:00Z"]),
        ("13h", "day", ["2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z", "2025-03-03T00:00:00Z"]),
        ("50D", "day", ["2025-03-01T00:00:00Z", "2025-03-02T00:00:00Z", "2025-03-03T00:00:00Z"]),
        ("51D", "month", ["2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z"]),
    ],
)
def test_the_timeline_has_the_unit_that_suits_the_span(step, unit, starts):
    labels = ["bug", "praise", "bug", "other", "bug"]
    found = timeline(history(labels, step=step), LABELS)
    assert found.unit == unit and found.starts[:3] == starts
    assert list(found.counts) == list(LABELS)
    assert {name: sum(count) for name, count in found.counts.items()} == {
        "bug": 3, "praise": 1, "question": 0, "other": 1,
    }  # fmt: skip
    assert all(len(count) == len(found.starts) for count in found.counts.values())
    last = str((START + 4 * np.timedelta64(int(step[:-1]), step[-1])).astype("datetime64[s]"))
    assert last[:7] == found.starts[-1][:7]


def test_the_timeline_counts_each_text_in_its_hour_and_shows_empty_ones():
    created = START + np.array([0, 59, 60, 180, 181], "timedelta64[m]")
    found = timeline(history(["bug", "bug", "praise", "bug", "new"], created=created), ["praise"])
    assert found.counts == {"praise": [0, 1, 0, 0], "bug": [2, 0, 0, 1], "new": [0, 0, 0, 1]}
    assert found.starts[-1] == "2025-03-01T13:00:00Z"


@given(st.lists(st.tuples(st.integers(0, 10**7), st.sampled_from(LABELS)), min_size=1, max_size=30))
def test_every_text_is_in_the_timeline_once(texts):
    texts = sorted(texts)
    created = START + np.array([at for at, _ in texts], "timedelta64[m]")
    found = timeline(history([label for _, label in texts], created=created))
    for label in LABELS:
        assert sum(found.counts.get(label, [])) == [name for _, name in texts].count(label)
    assert found.starts == sorted(set(found.starts)) and len(found.starts) < 300


def test_latency_is_that_of_the_recent_texts_that_were_timed():
    seconds = np.array([9.0] * 50 + [at / 1000 for at in range(101)] + [np.nan] * 9)
    found = report(history(drawn(160), seconds=seconds), reference(), recent=110).latency
    assert found == pytest.approx({"p50": 0.05, "p95": 0.095, "p99": 0.099})


def kinds(value) -> Iterator[type]:
    """The types of all that is in lists, tuples and dictionaries."""
    if type(value) in (list, tuple, dict):
        for part in [*value, *value.values()] if type(value) is dict else value:
            yield from kinds(part)
    else:
        yield type(value)


def test_a_report_is_plain_values(file_store):
    start = datetime(2025, 3, 1, tzinfo=timezone.utc)
    rows = [
        Stored(label, 0.5, version="v1", unsure=at % 9 == 0, seconds=0.01, distance=0.1, created=start + at * step)
        for step in [timedelta(minutes=7)]
        for at, label in enumerate(drawn(60))
    ]
    file_store.add_predictions(rows)
    found = asdict(report(file_store.history(), reference()))
    assert set(kinds(found)) <= {str, int, float, type(None)}
    assert (found["first"], found["last"]) == ("2025-03-01T00:00:00Z", "2025-03-01T06:53:00Z")
    assert found["timeline"]["unit"] == "hour" and len(found["timeline"]["starts"]) == 7
    assert report(file_store.history(version="v2"), reference()).texts == 0
