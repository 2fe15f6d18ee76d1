"""Fillers and repetitions in words, and syllables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach import fillers, syllables
from common.speech import Word


def words(text: str) -> list[Word]:
    """One a second."""
    return [Word(word, float(at), at + 0.8, 1.0) for at, word in enumerate(text.split())]


def found(text: str, language: str = "en") -> list[str]:
    return [place.text for place in fillers.find(words(text), language)]


def repeated(text: str, language: str = "en") -> list[str]:
    return [place.text for place in fillers.repetitions(words(text), language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Um, I uh led er the team, erm.", ["Um,", "uh", "er", "erm."]),
        ("Hmm... uhh Ummm ERMM mm", ["Hmm...", "uhh", "Ummm", "ERMM", "mm"]),
        ("We should, like, ask them.", ["like,"]),
        ("It took like three months", ["like"]),
        ("and so like we went there", ["like"]),
        ("Uh like everybody left", ["Uh", "like"]),
        ("I was like, no way", ["like,"]),
        ("You know, the team decided", ["You know,"]),
        ("It was, you know, late", ["you know,"]),
        ("and you know we were tired", ["you know"]),
        ("I mean, it was hard", ["I mean,"]),
        ("But I mean we tried", ["I mean"]),
        ("I kind of panicked and it was sort of late", ["kind of", "sort of"]),
        ("It was basically a rewrite", ["basically"]),
        ("Actually, we won. And, literally, everybody left.", ["Actually,", "literally,"]),
    ],
)
def test_fillers_are_found(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I would like to say that I like it and it looks like rain.",
        "Things like that. Something like twenty of them. It feels like one of those days.",
        "So like I said, we won. And like I mentioned, we lost.",
        "A company like Google, and like other teams before us",
        "It was like a dream",
        "Do you know what I mean? As you know, we won. You know how it is.",
        "The people you know best. Did you know that? I hope you know the answer.",
        "What I mean is this. I mean it. I mean to stay.",
        "Some kind of tool, this sort of thing, a kind of bread. It is kind of you. What sort of plan?",
        "What actually happened? It was actually good. Nobody literally died.",
        "Her mother hummed; the umbrella and the error were mine. The ham, the hum.",
        "The ear, the era, an Emma",
        "",
    ],
)
def test_what_is_no_filler_is_left_alone(text):
    assert found(text) == []


def test_a_filler_says_where_it_is():
    [place] = fillers.find(words("we were, you know, tired"))
    assert (place.start, place.end, place.text) == (2.0, 3.8, "you know,")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Ähm, ich habe äh das Team um Rat gefragt, sozusagen.", ["Ähm,", "äh", "sozusagen."]),
        ("de", "Es ging um das Geld und um die Zeit.", []),
        ("es", "Eh, el equipo, o sea, mi equipo", ["Eh,", "o sea,"]),
        ("fr", "Euh, nous avons heu gagné, tu vois", ["Euh,", "heu", "tu vois"]),
        ("ms", "Erm, kami apa nama menang", ["Erm,", "apa nama"]),
    ],
)
def test_other_languages_have_fillers_of_their_own(language, text, expected):
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the the team", ["the the"]),
        ("we, we went", ["we, we"]),
        ("I went I went home", ["I went I went"]),
        ("I went, um, I went home", ["I went, um, I went"]),
        ("it was, you know, it was late", ["it was, you know, it was"]),
        ("I I I think", ["I I", "I I"]),
        ("I... I think", ["I... I"]),
        ("th- the plan", ["th- the"]),
        ("and I and I said", ["and I and I"]),
        ("I really I really tried", ["I really I really"]),
        ("we did five we did five things", ["we did five we did five"]),
    ],
)
def test_repetitions_are_found(text, expected):
    assert repeated(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "very very good, really, really good",
        "he had had it and said that that was fine",
        "five five, one one two two, 20 20",
        "I did it. It was late. We won! We did.",
        "when I did it, it worked, and in that, that helped",
        "more and more and more, over and over and over, and so on and so on",
        "step by step, day by day",
        "the team and the plan and the team",
        "",
    ],
)
def test_what_is_said_twice_on_purpose_is_no_repetition(text):
    assert repeated(text) == []


def test_repetitions_in_other_languages():
    assert repeated("ich ich habe sehr sehr viel", "de") == ["ich ich"]
    assert repeated("Leute, die, die hier sind", "de") == []
    assert repeated("nous nous sommes vus et je je dis", "fr") == ["je je"]
    assert repeated("orang orang itu gembira", "ms") == []
    assert repeated("saya pergi saya pergi ke sana", "ms") == ["saya pergi saya pergi"]


SAID = st.sampled_from(["um", "the", "like", "you", "know", "of", "I,", "sort", "mean", "-", "a-"])


@given(st.lists(st.text(min_size=1, max_size=6) | SAID))
def test_any_words_are_searched(texts):
    for language in sorted(fillers.LANGUAGES):
        said = [Word(text, float(at), at + 0.8, 1.0) for at, text in enumerate(texts)]
        for place in [*fillers.find(said, language), *fillers.repetitions(said, language)]:
            assert place.text and 0 <= place.start < place.end <= len(texts)
        assert sum(syllables.count(text, language) for text in texts) >= 0


@pytest.mark.parametrize(
    ("word", "count"),
    {
        "the": 1, "team": 1, "billing": 2, "platform,": 2, "created": 3, "makes": 1, "changes": 2, "worked": 1,
        "started": 2, "situation": 4, "people": 2, "table": 2, "while": 1, "customers": 3, "I'm": 1, "didn't": 2,
        "don't": 1, "they\u2019ve": 1, "science": 2, "media": 3, "experience": 4, "management": 3, "doing": 2, "API": 3,
        "AWS": 5, "40%": 4, "2023": 5, "…": 0, "well-known": 2, "rhythm": 1, "queue": 1, "idea": 3,
    }.items(),
)  # fmt: skip
def test_syllables_of_english_words(word, count):
    assert syllables.count(word) == count


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("de", "Zuerst haben wir neue Ideen gesammelt", 12),
        ("es", "Dirigí un equipo pequeño que trabajó bien", 14),
        ("fr", "nous avons partagé le travail en trois parties", 12),
        ("ms", "kami bercakap dengan dua orang pelanggan", 14),
    ],
)
def test_syllables_of_other_languages(language, text, count):
    assert sum(syllables.count(word, language) for word in text.split()) == pytest.approx(count, abs=1)
