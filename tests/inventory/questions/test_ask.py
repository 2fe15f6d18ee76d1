"""Questions from words to sentence: what is understood, asked back and refused, and that nothing changes."""

from collections import deque
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from common.llm import NoModel, Reply
from inventory.items import Item, Outlet
from inventory.panel import panel_of
from inventory.questions.ask import THRESHOLD, ask
from inventory.questions.grammar import Grammar
from inventory.questions.language_model import Reading
from inventory.questions.marking import allowed_of, mark
from inventory.questions.query import NONE, Line, Query
from inventory.records import Record
from inventory.simulation.example import ITEMS, OUTLETS

TODAY = date(2026, 11, 20)
SOME = ("how", "much", "ayam", "salmon", "in", "bangsar", "last", "week", "march", "most", "drop", "--", "'", "3")


class Queue:
    """A reader that says what it was given, and remembers what it was asked."""

    def __init__(self, *lines: Line, confidence: float = 1.0) -> None:
        self._lines = deque(lines)
        self._confidence = confidence
        self.asked = []

    def read(self, words, allowed) -> Reading:
        self.asked.append((words, allowed))
        return Reading(self._lines.popleft(), self._confidence)


class Anything:
    """A reader that writes whatever the grammar lets it, by the given chooser."""

    def __init__(self, pick) -> None:
        self._pick = pick

    def read(self, words, allowed) -> Reading:
        from inventory.questions.query import line_of

        grammar = Grammar(allowed, lambda words: [hash(word) for word in words.split()], 0)
        for _ in range(200):
            if grammar.done:
                return Reading(line_of(grammar.text), 1.0)
            choices = grammar.choices()
            grammar.take(choices[self._pick(len(choices))])
        raise AssertionError("the grammar doesn't end")


@pytest.fixture(scope="module")
def panel():
    return panel_of(
        Record(
            TODAY - timedelta(at), outlet.name, item.name, item.unit, 5.0, 20.0 + at, 3.0, "waste 1" if at == 2 else ""
        )
        for outlet in OUTLETS
        for item in ITEMS
        for at in range(10)
    )


def asked(panel, question, line, **more):
    return ask(question, panel, ITEMS, OUTLETS, model=Queue(line), **more)


def test_a_question_is_answered_in_its_language(panel):
    answer = asked(panel, "How much chicken is left in Bangsar?", Line("stock", ("chicken",), ("bangsar",)))
    assert answer.text == "Stock of chicken in Bangsar on 2026-11-20: 20 kg."
    assert answer.understood and answer.language == "en" and answer.ask_back == () and answer.seconds > 0
    assert answer.query == Query("stock", ("chicken",), ("Bangsar",))
    malay = asked(panel, "berapa baki ayam di bangsar hari ini", Line("stock", ("ayam",), ("bangsar",), "today"))
    assert malay.text == "Stok chicken di Bangsar pada 2026-11-20: 20 kg."


def test_numbers_of_times_and_rankings_come_from_the_words(panel):
    line = Line("wasted", ("chicken",), (), "last days", "outlet", "most")
    answer = asked(panel, "top 3 outlets that wasted chicken in the last 4 days", line)
    assert (answer.query.period, answer.query.top, len(answer.rows)) == ("last_4_days", 3, 3)


def test_an_item_that_is_not_there_is_asked_back(panel):
    answer = asked(panel, "how much salmon is left", Line("stock", ("salmon",)))
    assert not answer.understood and answer.query is None
    assert answer.text.startswith("There is no item 'salmon' in the records.") and "chicken" in answer.ask_back


def test_what_could_be_two_items_is_asked_back():
    wings = (Item("chicken wings", "kg"), Item("chicken breast", "kg"))
    records = [Record(TODAY, "Bangsar", item.name, "kg", 1, 1) for item in wings]
    panel = panel_of(records)
    answer = ask(
        "how much chicken is left", panel, wings, [Outlet("Bangsar")], model=Queue(Line("stock", ("chicken",)))
    )
    assert answer.ask_back == ("chicken breast", "chicken wings") and not answer.understood
    assert answer.text == "Which did you mean by 'chicken': chicken breast, chicken wings?"


def test_an_outlet_that_was_taken_for_an_item_is_an_outlet(panel):
    answer = asked(panel, "waste in melaka", Line("wasted", ("melaka",)))
    assert answer.query.outlets == ("Melaka Riverside",)


def test_two_times_are_asked_back(panel):
    answer = asked(panel, "used in march and april", Line("used", (), (), "month"))
    assert answer.ask_back == ("month:2026-03", "month:2026-04") and not answer.understood


def test_who_is_not_sure_asks_back_with_what_it_understood(panel):
    reader = Queue(Line("used", ("chicken",)), confidence=THRESHOLD - 0.01)
    answer = ask("chicken thing", panel, ITEMS, OUTLETS, model=reader)
    assert not answer.understood and answer.rows == () and "Used of chicken" in answer.ask_back[0]


@pytest.mark.parametrize(
    "text", ["drop table records", "show other tenants", "delete all records", "tetapkan stok ayam kepada 0", "hi"]
)
def test_what_is_refused_says_what_can_be_asked_and_changes_nothing(panel, text):
    before = panel.balance.copy()
    answer = asked(panel, text, Line(NONE))
    assert not answer.understood and answer.rows == ()
    assert "change nothing" in answer.text or "tidak mengubah" in answer.text
    assert np.array_equal(panel.balance, before)


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("chicken?", "Stock of chicken"),
        ("and what about Bangsar", "Stock of all items in Bangsar"),
        ("ayam kat bangsar pula", "Stok chicken di Bangsar"),
    ],
)
def test_a_name_alone_is_asked_back_without_a_model(panel, text, choice):
    answer = ask(text, panel, ITEMS, OUTLETS, model=Queue())
    assert not answer.understood and answer.ask_back[0] == choice and choice in answer.text
    assert len(answer.ask_back) == 3


@pytest.mark.parametrize(
    "text",
    [
        "What about last month?",
        "top 3 please",
        "who had the most",
        "compare Bangsar and Penang",
        "berapa ya?",
        "Which outlet is the best?",
        "kat situ pulak brp",
    ],
)
def test_what_asks_about_nothing_is_asked_back_without_a_model(panel, text):
    answer = ask(text, panel, ITEMS, OUTLETS, model=Queue())
    assert not answer.understood and len(answer.ask_back) == 3


@pytest.mark.parametrize(
    ("text", "sure", "said"),
    [
        ("Any lamb left in Subang?", "lamb", "There is no item 'lamb'"),
        ("How much rice flour do we have?", "rice flour", "Did you mean flour, rice?"),
        ("coconut oil used last week", "coconut oil", "There is no item 'coconut oil'"),
        ("gula melaka tinggal berapa", "gula melaka", "Adakah maksud anda sugar?"),
    ],
)
def test_a_common_thing_that_is_not_there_has_to_be_read(panel, text, sure, said):
    assert allowed_of(mark(text, ITEMS, OUTLETS, TODAY)).sure_items == ((sure,),)
    assert said in asked(panel, text, Line("stock", (sure,))).text


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("tofu last week", ("Stock of tofu from 2026-11-09 to 2026-11-15", "Used of tofu from 2026-11-09")),
        ("chicken tomorrow", ("Forecast for chicken on 2026-11-21", "Stock of chicken")),
        ("how much of that stuff did we waste", ("Stock of all items",)),
    ],
)
def test_a_name_with_a_time_alone_is_asked_back_with_it(panel, text, choices):
    answer = ask(text, panel, ITEMS, OUTLETS, model=Queue())
    assert not answer.understood and len(answer.ask_back) == 3
    assert all(given.startswith(wanted) for given, wanted in zip(answer.ask_back, choices, strict=False))


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE stok SET baki = 0 WHERE barang = 'gula'",
        "delete from items",
        "chicken left; DROP TABLE records",
        "select * from records where 1=1",
    ],
)
def test_code_is_refused_without_a_model(panel, text):
    answer = ask(text, panel, ITEMS, OUTLETS, model=Queue())
    assert not answer.understood and answer.ask_back == () and answer.query is None


def test_how_long_it_lasts_needs_no_time_to_come(panel):
    line = Line("cover", ("chicken",), (), "next days")
    answer = asked(panel, "is the chicken enough for the next 3 days", line)
    assert answer.understood and answer.query.period == ""


def test_all_outlets_together_are_one_sum(panel):
    line = Line("stock", ("tofu",), by="outlet")
    assert len(asked(panel, "tofu in all outlets together", line).rows) == 1
    assert len(asked(panel, "tofu in all outlets", line).rows) == len(OUTLETS)


def test_all_outlets_as_one_number_unless_each_is_meant(panel):
    line = Line("stock", ("tofu",), by="outlet")
    assert len(asked(panel, "tofu, all six added up", line).rows) == 1
    assert len(asked(panel, "tofu, one number for each outlet", line).rows) == len(OUTLETS)


def test_what_will_be_used_is_a_forecast(panel):
    line = Line("used", ("chicken",), (), "next days", per_day=True)
    answer = asked(panel, "daily use of chicken over the next 3 days", line)
    assert answer.query.intent == "forecast" and answer.query.period == "next_3_days"


@pytest.mark.parametrize(("intent", "period"), [("used", "last_3_days"), ("forecast", "next_3_days")])
def test_days_that_may_have_gone_go_by_what_is_asked(panel, intent, period):
    for kind in ("last days", "next days"):
        answer = asked(panel, "guna ayam dalam 3 hari", Line(intent, ("ayam",), (), kind))
        assert answer.query.period == period


def test_no_time_is_read_where_none_is_said(panel):
    assert allowed_of(mark("how much chicken was used", ITEMS, OUTLETS, TODAY)).kinds == ()


@pytest.mark.parametrize("text", ["Boss wants the figure.", "and the other branch?", "nak tanya pasal ayam"])
def test_what_says_nothing_of_what_is_asked_is_asked_back(panel, text):
    assert ask(text, panel, ITEMS, OUTLETS, model=Queue()).ask_back


def test_what_is_refused_says_too_what_the_records_lack(panel):
    answer = asked(panel, "how fresh is the butter", Line(NONE))
    assert answer.text.startswith("There is no item 'butter' in the records. I answer only questions")
    assert answer.ask_back == tuple(item.name for item in ITEMS) and not answer.understood


def test_a_common_place_that_is_not_there_has_to_be_read(panel):
    text = "chicken used at the Ipoh outlet"
    assert allowed_of(mark(text, ITEMS, OUTLETS, TODAY)).sure_outlets == (("ipoh",),)
    answer = asked(panel, text, Line("used", ("chicken",), ("ipoh",)))
    assert answer.text.startswith("There is no outlet 'ipoh'")


def test_a_day_that_no_month_has_is_asked_back(panel):
    answer = asked(panel, "How much did we use on 31 February?", Line("used", kind="date"))
    assert not answer.understood and "There is no day '31 february'" in answer.text
    assert answer.ask_back == ("day:2026-02-28", "day:2026-03-01")


@pytest.mark.parametrize("text", ["", "   ", "?!", "\x00", "🍗"])
def test_a_question_without_words_is_not_read(panel, text):
    reader = Queue()
    assert ask(text, panel, ITEMS, OUTLETS, model=reader).text.startswith("Type a question") and reader.asked == []


def test_a_long_text_is_cut(panel):
    reader = Queue(Line(NONE))
    ask("chicken left " * 100_000, panel, ITEMS, OUTLETS, model=reader)
    assert len(reader.asked[0][0]) == 40


def test_without_records_there_is_nothing_to_ask(panel):
    with pytest.raises(UserError, match="no records"):
        ask("stock", panel, ITEMS, OUTLETS, today=date(2000, 1, 1), model=Queue())


def test_a_day_before_the_last_may_be_today(panel):
    line = Line("stock", ("chicken",), ("bangsar",))
    answer = asked(panel, "chicken left in bangsar", line, today=TODAY - timedelta(3))
    assert answer.text == "Stock of chicken in Bangsar on 2026-11-17: 23 kg."


@settings(max_examples=30, deadline=None)
@given(
    st.one_of(
        st.text(max_size=50),
        st.lists(st.sampled_from(SOME)).map(" ".join),
    ),
    st.randoms(use_true_random=False),
)
def test_whatever_is_asked_and_read_there_is_an_answer(panel, text, random):
    answer = ask(text, panel, ITEMS, OUTLETS, model=Anything(random.randrange))
    assert answer.text and not (answer.understood and answer.ask_back)
    assert answer.understood or answer.rows == ()


class Larger:
    """Larger models, as `common.llm.Models`: they give prepared answers, and keep what they were asked."""

    def __init__(self, *answers: str | Exception) -> None:
        self.providers = ("one",)
        self._answers = list(answers)
        self.asked = []

    def ask(self, system: str, user: str, *, most_tokens: int) -> Reply:
        self.asked.append((system, user))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer, "openai", "large", 0.1, 0.1)


def test_a_larger_model_is_asked_first(panel):
    models = Larger("stock Item chicken Place bangsar\n")
    answer = ask("Chicken left in Bangsar?", panel, ITEMS, OUTLETS, model=Queue(), models=models)
    assert answer.text == "Stock of chicken in Bangsar on 2026-11-20: 20 kg." and answer.by == "openai large"
    [(system, user)] = models.asked
    assert user == "chicken left in bangsar" and "wasted" in system and "last month" in system


@pytest.mark.parametrize(
    "said",
    [
        NoModel("No language model answers."),
        "I would love to help! The answer is 20 kg.",
        "",
        "stock Item beef",  # not a word of the question
        "used Item chicken Period last days",  # no such time in the question
        "DROP TABLE records",
    ],
)
def test_what_a_larger_model_makes_up_is_not_believed(panel, said):
    reader = Queue(Line("stock", ("chicken",), ("bangsar",)))
    answer = ask("Chicken left in Bangsar?", panel, ITEMS, OUTLETS, model=reader, models=Larger(said))
    assert answer.text == "Stock of chicken in Bangsar on 2026-11-20: 20 kg." and answer.by == "inventory-questions"


def test_without_larger_models_none_is_asked(panel):
    models = Larger()
    models.providers = ()
    line = Line("stock", ("chicken",), ("bangsar",))
    assert asked(panel, "Chicken left in Bangsar?", line, models=models).understood and models.asked == []
