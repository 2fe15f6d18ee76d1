"""What rules find in a question before a model reads it."""

from datetime import date

import pytest

from inventory.items import Item, Outlet
from inventory.questions.marking import allowed_of, mark
from inventory.simulation.example import ITEMS, OUTLETS

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("items", "outlets", "text", "there", "places"),
    [
        (("chicken", "rice"), ("Rice Bowl",), "chicken left at rice bowl", ["chicken"], ["Rice Bowl"]),
        (("rice", "noodles"), ("Bangsar",), "rice, noodles: how much is left?", ["rice", "noodles"], []),
        (("rice", "noodles"), ("Bangsar",), "rice noodles left", [None], []),
        (("sugar",), ("Melaka",), "gula melaka tinggal berapa", [None], []),
        (("sugar",), ("Melaka",), "gula, melaka tinggal berapa", ["sugar"], ["Melaka"]),
        (("sugar",), ("Melaka Riverside",), "gula melaka riverside berapa", ["sugar"], ["Melaka Riverside"]),
        (("chicken",), ("HQ", "Bangsar"), "chicken used at HQ", ["chicken"], ["HQ"]),
        (("fresh milk carton", "milk"), ("Bangsar",), "how much fresh milk is left", ["fresh milk carton"], []),
        (("yogurt",), ("Bangsar",), "yoghurt left", ["yogurt"], []),
        (("chicken",), ("Bangsar",), "chicken used and chicken left in ipoh", ["chicken", "chicken"], [None]),
    ],
)
def test_the_names_of_a_business_go_before_common_ones(items, outlets, text, there, places):
    marks = mark(text, [Item(name, "kg") for name in items], [Outlet(name) for name in outlets], TODAY)
    assert ([one.name for one in marks.items], [one.name for one in marks.outlets]) == (there, places)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("nasi lemak laku keras, santan bukit bintang ada baki berapa", ["coconut milk"]),
        ("a customer wants prawn skewers, how many prawns are left", ["prawns"]),
        ("for the chicken curry and the rice: how much chicken, rice is left", ["rice", "chicken", "rice"]),
        ("rice for the chicken curry", ["rice"]),
        ("how much chicken curry is left", [None]),
        ("rendang left in Bangsar", [None]),
    ],
)
def test_a_dish_is_no_item_beside_one(text, there):
    assert [one.name for one in mark(text, ITEMS, OUTLETS, TODAY).items] == there


def test_a_name_that_comes_twice_is_written_once():
    allowed = allowed_of(mark("chicken used in bangsar and chicken left", ITEMS, OUTLETS, TODAY))
    assert allowed.sure_items == (("chicken",),)


def test_what_may_be_written_comes_from_the_question():
    allowed = allowed_of(mark("How much chicken and bloopfish did Bangsar use last week?", ITEMS, OUTLETS, TODAY))
    assert allowed.kinds == ("last week",)
    assert allowed.sure_items == (("chicken",),) and allowed.sure_outlets == (("bangsar",),)
    assert "bloopfish" in allowed.items and not {"how", "much", "last", "chicken"} & set(allowed.items)
    wider = allowed_of(mark("how many chicken wingettes are left", ITEMS, OUTLETS, TODAY))
    assert wider.sure_items == (("chicken", "chicken wingettes"),)


def test_a_saying_names_nothing():
    marks = mark("telur dah nyawa-nyawa ikan kat JB", ITEMS, OUTLETS, TODAY)
    assert [one.name for one in marks.items] == ["eggs"] and "ikan" not in marks.words
    assert mark("nyawa-nyawa ikan kat JB", ITEMS, OUTLETS, TODAY).items == ()
