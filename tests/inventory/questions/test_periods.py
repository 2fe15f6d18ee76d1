"""Times in questions: what they are called in English and Malay, and which days they mean."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common import toml
from inventory.questions.periods import WORDS, as_asked, mentions, top_of
from inventory.questions.queries import window
from inventory.questions.query import KINDS, Query
from inventory.questions.words import words_of

TODAY = date(2026, 11, 20)  # a Friday


def periods(text: str, today: date = TODAY) -> list[str]:
    return [one.period for one in mentions(words_of(text), today)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How much chicken did we use last month?", "last_month"),
        ("used yesterday in bangsar", "yesterday"),
        ("over the past 3 days", "last_3_days"),
        ("in the last two weeks", "last_14_days"),
        ("over the past week", "last_7_days"),
        ("two days ago", "day:2026-11-18"),
        ("the day before yesterday", "day:2026-11-18"),
        ("on 12 March", "day:2026-03-12"),
        ("on March 12th, 2025", "day:2025-03-12"),
        ("on the 5th of December", "day:2026-12-05"),
        ("on 25 December", "day:2026-12-25"),
        ("12/3/2025", "day:2025-03-12"),
        ("as of 2026-02-28", "day:2026-02-28"),
        ("in October", "month:2026-10"),
        ("in December", "month:2025-12"),
        ("in March last year", "month:2025-03"),
        ("in may", "month:2026-05"),
        ("on Monday", "weekday:monday"),
        ("next week", "next_week"),
        ("tomorrow's chicken", "tomorrow"),
        ("the next 10 days", "next_10_days"),
        ("this year so far", "this_year"),
        ("bulan lepas", "last_month"),
        ("3 hari lepas", "last_3_days"),
        ("dalam tiga minggu terakhir", "last_21_days"),
        ("minggu ini", "this_week"),
        ("semalam", "yesterday"),
        ("esok", "tomorrow"),
        ("7 hari akan datang", "next_7_days"),
        ("pada bulan Mac", "month:2026-03"),
        ("pada 12 Ogos 2025", "day:2025-08-12"),
        ("hari Khamis", "weekday:thursday"),
        ("hari minggu", "weekday:sunday"),
        ("kelmarin dulu", "day:2026-11-18"),
        ("selama ini", "all"),
    ],
)
def test_a_time_is_read(text, expected):
    assert periods(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "how many days will rice last",
        "may we ask what is left",
        "will it last until friday",
        "cukup sampai ahad",
        "top 3 items",
        "how much chicken is left now",
        "31 february",
        "on 31/2/2025",
        "day 99999",
    ],
)
def test_what_is_no_time_is_none(text):
    assert not [one for one in periods(text) if one.startswith(("day:", "weekday:", "last_", "next_"))]
    assert "may" not in text or periods(text) == []


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("wasted in 2025", "last_year"),
        ("the 2025 calendar year", "last_year"),
        ("tahun 2026", "this_year"),
        ("used in 2024", "year:2024"),
        ("telur mggu dpn", "next_week"),
        ("3 hari akan dtg", "next_3_days"),
        ("yest use how many", "yesterday"),
    ],
)
def test_years_and_shortened_words_are_read(text, period):
    assert periods(text) == [period]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("purata sepanjang dua minggu akan datang", "next_14_days"),
        ("dalam masa sepuluh hari akan datang", "next_10_days"),
        ("for the seven days ahead", "next_7_days"),
        ("nxt 15 days", "next_15_days"),
        ("the three heaviest days out of the last 40", "last_40_days"),
        ("fewest ordered in March: which outlet", "month:2026-03"),
        ("everything that ran out in May, please", "month:2026-05"),
        ("bln dua hari tu", "month:2026-02"),
        ("yang sampai Sabtu lepas", "weekday:saturday"),
        ("going by yesterday's balance", "yesterday"),
        ("wasted since the records began", "all"),
        ("pernah tak kita takde beras", "all"),
        ("pesnaan beras mingu lps", "last_week"),
        ("purata masuk sehari dlm 60 hari", "last_60_days"),
        ("buang brp kg 10 hari ni", "last_10_days"),
        ("bakal guna dlm 6 hari lagi", "next_6_days"),
        ("susu yg smpai bulan ni", "this_month"),
        ("the clerk may have ordered too much today", "today"),
        ("have we ever run out in the last 90 days", "last_90_days"),
        ("jumaat lepas 13/11/2026", "day:2026-11-13"),
        ("bulan Mac tahun ini", "month:2026-03"),
        ("in March of this year", "month:2026-03"),
        ("looking twenty-one days ahead", "next_21_days"),
        ("in the past forty five days", "last_45_days"),
        ("dua puluh lima hari lepas", "last_25_days"),
        ("lima belas hari akan datang", "next_15_days"),
        ("sebelas hari lalu", "last_11_days"),
        ("the fifth of October", "day:2026-10-05"),
        ("18 hb November", "day:2026-11-18"),
        ("over the last two hundred days", "last_200_days"),
        ("on the twenty-first of march", "day:2026-03-21"),
        ("sejak rekod bermula sampai ke hari ini", "all"),
        ("has Penang ever had none", "all"),
    ],
)
def test_ways_of_saying_a_time(text, period):
    assert periods(text) == [period]


def test_a_day_without_a_year_has_gone_where_that_is_asked():
    [christmas] = mentions(words_of("on 25 december"), TODAY)
    assert (christmas.period, as_asked(christmas, "used", TODAY).period) == ("day:2026-12-25", "day:2025-12-25")
    [said] = mentions(words_of("on 25 december 2026"), TODAY)
    assert as_asked(said, "used", TODAY).period == "day:2026-12-25"
    [gone] = mentions(words_of("on 3/11"), TODAY)
    assert as_asked(gone, "used", TODAY).period == "day:2026-11-03"


def test_every_form_of_a_time_can_be_met():
    """None that is read as something else before times are looked for: such a one would be dead."""
    said = toml.read(WORDS)
    forms = [form for table in ("days", "kinds") for ways in said[table].values() for form in ways]
    forms += [*said["before_yesterday"], *said["months"], *said["weekdays"], *said["units"]]
    assert [form for form in forms if " ".join(words_of(form)) != form] == []


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("dalam 3 hari", "last_3_days", "next_3_days"),
        ("for the three days", "last_3_days", "next_3_days"),
        ("untuk dua minggu", "last_14_days", "next_14_days"),
        ("dalam 3 hari lagi", "next_3_days", "next_3_days"),
        ("dalam 3 hari ini", "last_3_days", "last_3_days"),
        ("yesterday", "yesterday", "yesterday"),
    ],
)
def test_days_that_do_not_say_whether_they_have_gone(text, past, future):
    [said] = mentions(words_of(text), TODAY)
    assert (as_asked(said, "used", TODAY).period, as_asked(said, "forecast", TODAY).period) == (past, future)
    assert {as_asked(said, "used", TODAY).kind, as_asked(said, "forecast", TODAY).kind} == set(said.kinds)


def test_a_day_that_no_month_has_is_there_and_names_none():
    assert periods("used on 31 february") == [""] and periods("29 february 2025") == [""]
    assert periods("29 february") == ["day:2024-02-29"]
    assert "" not in periods("may 40 kg of chicken be enough")


def test_two_times_are_both_there_in_their_order():
    assert periods("compare march and april") == ["month:2026-03", "month:2026-04"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("top 3 outlets last 7 days", 3),
        ("the five most wasted items", 5),
        ("which outlet used most", 1),
        ("3 barang paling banyak dibuang", 3),
        ("used in the last 3 days", 1),
        ("top 1000 items", 1),
    ],
)
def test_a_ranking_says_how_many(text, expected):
    words = words_of(text)
    assert top_of(words, mentions(words, TODAY)) == expected


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_text_gives_only_periods_that_a_query_takes(text, today):
    for one in mentions(words_of(text), today):
        ahead = one.period.startswith("next_") or one.period == "tomorrow"
        assert one.kind in KINDS and Query("forecast" if ahead else "used", period=one.period)
        assert window(one.period, today)[0] <= window(one.period, today)[1]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("this_week", date(2026, 11, 16), date(2026, 11, 22)),
        ("last_week", date(2026, 11, 9), date(2026, 11, 15)),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("month:2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("last_7_days", date(2026, 11, 14), TODAY),
        ("next_2_days", date(2026, 11, 21), date(2026, 11, 22)),
        ("weekday:friday", TODAY, TODAY),
        ("weekday:saturday", date(2026, 11, 14), date(2026, 11, 14)),
        ("next_week", date(2026, 11, 23), date(2026, 11, 29)),
        ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_days_of_a_period(period, first, last):
    assert window(period, TODAY) == (first, last)


@settings(max_examples=50, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_weeks_and_months_follow_each_other_without_a_hole(today):
    day = timedelta(1)
    assert window("last_week", today)[1] + day == window("this_week", today)[0]
    assert window("this_week", today)[1] + day == window("next_week", today)[0]
    assert window("last_month", today)[1] + day == window("this_month", today)[0]
    assert window("last_year", today)[1] + day == window("this_year", today)[0]
