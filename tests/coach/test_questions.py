"""What makes a question valid, and the bank that comes with the system."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.questions import (
    ANY,
    CATEGORIES,
    KEYS,
    LEVELS,
    LISTS,
    LONGEST,
    ROLES,
    Question,
    built_in,
    folded,
    make,
    quoted,
    read,
)
from common.errors import UserError

ENTRY = {
    "role": "nurse",
    "category": "behavioural",
    "difficulty": 2,
    "text": "Tell me about a shift that went wrong.",
    "key_points": ["says what happened", "puts the patient first", "told a colleague", "learned from it"],
    "follow_ups": ["Who helped you?", "What would you do today?"],
}


def with_(**values) -> dict:
    return {**ENTRY, **values}


def bank(folder, *entries: dict):
    lines = [json.dumps({"id": f"nur-{at}", **entry}) for at, entry in enumerate(entries)]
    (folder / "nurse.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def test_the_bank_is_as_large_and_as_wide_as_was_promised():
    questions = built_in()
    assert len(questions) >= 240 and len({question.role for question in questions.values()} - {ANY}) >= 8
    assert {question.category for question in questions.values()} == set(CATEGORIES)
    assert not any(question.own for question in questions.values())


def test_every_role_of_the_bank_can_practise_every_category_at_every_difficulty():
    questions = built_in().values()
    for role in set(ROLES) - {ANY}:
        there = Counter((one.category, one.difficulty) for one in questions if one.fits(role))
        missing = [(category, level) for category in CATEGORIES for level in LEVELS if not there[category, level]]
        assert not missing, role


def test_the_bank_cannot_be_changed_by_who_reads_it():
    with pytest.raises(TypeError):
        built_in()["new"] = next(iter(built_in().values()))


def test_a_question_for_any_role_fits_all_and_another_only_its_own():
    nurse, everybody = make(ENTRY, "a"), make(with_(role="any"), "b")
    assert nurse.fits() and nurse.fits("nurse") and not nurse.fits("teacher") and not nurse.fits(ANY)
    assert all(everybody.fits(role) for role in ROLES)
    assert nurse.fits("nurse", "behavioural", 2) and not nurse.fits(difficulty=1) and not nurse.fits(category="culture")


def test_a_bank_is_read_in_order(tmp_path):
    found = read(bank(tmp_path, ENTRY, with_(text="What do you do when nobody answers the bell?")))
    assert [(question.id, question.text[:7], question.difficulty) for question in found] == [
        ("nur-0", "Tell me", 2), ("nur-1", "What do", 2),
    ]  # fmt: skip
    assert found[0].key_points == tuple(ENTRY["key_points"]) and found[0].follow_ups == tuple(ENTRY["follow_ups"])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (with_(role="astronaut"), "no role 'astronaut'"),
        (with_(difficulty=4), "no difficulty 4"),
        (with_(key_points=["one", "two", "three"]), "four to six key points"),
        (with_(follow_ups=["Why so?"]), "two or three follow-ups"),
        (with_(text="Tell me about a shift that WENT wrong"), "there twice"),
        (with_(id="nur-0", text="Another one of them?"), "'nur-0' or its text is there twice"),
        (with_(id="own-1", text="Another one of them?"), "'own-1' is no id"),
        (with_(id="../x", text="Another one of them?"), "'../x' is no id"),
        (with_(id=7, text="Another one of them?"), "7 is no id"),
        (with_(hint="more"), "the keys have to be id, role"),
        ({key: value for key, value in ENTRY.items() if key != "follow_ups"}, "the keys have to be id, role"),
    ],
)
def test_a_bank_that_is_not_in_order_names_the_line(tmp_path, entry, said):
    with pytest.raises(ValueError, match=rf"^nurse.jsonl, line 2: .*{said}"):
        read(bank(tmp_path, ENTRY, entry))


@pytest.mark.parametrize("line", ["", "{", "[]", "7"])
def test_a_line_of_a_bank_that_is_no_question_is_named(tmp_path, line):
    file = bank(tmp_path, ENTRY) / "nurse.jsonl"
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"^nurse.jsonl, line 2: "):
        read(tmp_path)


def test_a_folder_without_questions_is_a_defect(tmp_path):
    with pytest.raises(ValueError, match="no questions"):
        read(tmp_path)


def test_what_people_write_is_understood():
    written = make(with_(role=" Software Engineer ", category="Behavioral", difficulty="Hard"))
    assert (written.role, written.category, written.difficulty) == ("software_engineer", "behavioural", 3)
    assert [make(with_(difficulty=level)).difficulty for level in (1, "1", 1.0, "easy")] == [1] * 4
    assert make(with_(role="any role")).role == make(with_(role="All")).role == ANY


def test_ones_own_question_has_the_same_id_again_and_another_one_another():
    one = make(ENTRY)
    assert one.own and one.id.startswith("own-")
    assert make(with_(text="  tell me about a shift,\nthat went wrong?", difficulty=3)).id == one.id
    assert len({one.id, make(with_(role="any")).id, make(with_(text="Tell me about a shift that went well.")).id}) == 3


def test_texts_are_brought_on_one_line_without_bullets_and_empty_entries():
    made = make(with_(text=" \u2022 Tell me\n about\ta\x00 shift.", key_points=["- one thing", " ", "+ 2", ""]))
    assert made.text == "Tell me about a shift." and made.key_points == ("one thing", "2")
    assert make({**ENTRY, "key_points": None, "follow_ups": ()}).key_points == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": None}, "The text is None: give it as text"),
        ({"text": 7}, "The text is 7: give it as text"),
        ({"text": ""}, "too short"),
        ({"text": "Why so?"}, "The text is 'Why so[?]', which is too short"),
        ({"text": "Donaudampfschifffahrt"}, "too short"),
        ({"text": "why " * 126}, r"The text has 503 characters, at most 500 are kept: 'why why.*…"),
        ({"text": "=HYPERLINK(1, 2) and more"}, "The text is '=HYPER.*, a formula of a spreadsheet"),
        ({"text": "@SUM(1) and some more"}, "a formula"),
        ({"text": "-=1+1 and some more of it"}, "a formula"),
        ({"role": "nurses"}, "no role 'nurses'. Did you mean 'nurse'[?] Use one of software_engineer, .*, any"),
        ({"role": ["nurse"]}, "no role .*Use one of"),
        ({"category": ""}, "no category ''. Use one of behavioural, technical"),
        ({"category": "techncal"}, "no category 'techncal'. Did you mean 'technical'"),
        ({"difficulty": 0}, r"no difficulty 0. Use 1 \(easy\) or 2 \(medium\) or 3 \(hard\)"),
        ({"difficulty": True}, "no difficulty True"),
        ({"difficulty": 2.5}, "no difficulty 2.5"),
        ({"difficulty": float("nan")}, "no difficulty nan"),
        ({"difficulty": None}, "no difficulty None"),
        ({"key_points": "one; two"}, "The key points are 'one; two': give them as a list"),
        ({"key_points": {"one": "two"}}, "give them as a list"),
        ({"key_points": ["x"] * 13}, "There are 13 key points; at most 12 are kept"),
        ({"key_points": ["one", 2]}, "The key point is 2: give it as text"),
        ({"key_points": ["x" * 201]}, "The key point has 201 characters, at most 200"),
        ({"key_points": ["=1+1"]}, "The key point is '=1[+]1', a formula"),
        ({"follow_ups": ["x"] * 7}, "There are 7 follow ups; at most 6"),
    ],
)
def test_what_is_wrong_is_said_with_the_value(wrong, said):
    with pytest.raises(UserError, match=said):
        make(with_(**wrong))


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            KEYS, st.one_of(st.text(max_size=40), st.integers(), st.none(), st.lists(st.text(max_size=30), max_size=4))
        ),
    )
)
def test_any_entry_is_refused_or_makes_a_clean_question(entry):
    try:
        made = make(with_(**entry))
    except UserError as error:
        assert str(error)
        return
    assert isinstance(made, Question) and made.role in ROLES and made.category in CATEGORIES
    assert made.difficulty in LEVELS and len(made.text) <= LONGEST
    for text in (made.text, *made.key_points, *made.follow_ups):
        assert text.isprintable() and text == text.strip() and text[:1] not in "=+-@*"
        text.encode("utf-8")
    assert all(len(getattr(made, key)) <= most for key, (most, _) in LISTS.items())
    assert make({key: getattr(made, key) for key in KEYS}) == made, "what was cleaned is clean"


def test_folding_keeps_words_and_their_order_only():
    assert folded("Why, you?  WHY\n") == folded("why you why") != folded("you why why")
    assert folded("\uff37hy") == "why"


def test_a_long_quotation_is_cut():
    assert quoted("x" * 58) == repr("x" * 58) and quoted("x" * 59) == "'" + "x" * 56 + "…"
