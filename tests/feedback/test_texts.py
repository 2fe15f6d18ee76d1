"""Texts as the models read them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from feedback import texts
from feedback.language import language_of


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("  two\n\n lines\t ", "two lines"),
        ("<p>It <b>crashes</b></p><!-- note -->", "It crashes"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("fish &amp; chips", "fish & chips"),
        ("see https://example.org/a?b=c now", "see link now"),
        ("love it ❤️", "love it red heart"),
        ("😡", "enraged face"),
    ],
)
def test_markup_links_and_emoji_become_words(raw, read):
    assert texts.prepare(raw) == read


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_prepared_and_has_single_spaces(text):
    read = texts.prepare(text)
    assert read == read.strip() and "  " not in read and "\n" not in read


@pytest.mark.parametrize("empty", ["", "   ", "\n\t", "<br/>", "<!-- -->"])
def test_an_empty_text_is_refused_with_a_hint(empty):
    with pytest.raises(UserError, match="no text yet"):
        texts.check(empty)


def test_what_is_no_text_or_far_too_long_is_refused_with_its_value():
    with pytest.raises(UserError, match="42"):
        texts.check(42)
    with pytest.raises(UserError, match="1,000,001"):
        texts.check("a" * 1_000_001)


@pytest.mark.parametrize(
    ("text", "expected"), [("😡😡", False), ("123 !!", False), ("ok 👍", True), ("https://a.b", False)]
)
def test_words_are_told_from_signs(text, expected):
    assert texts.has_words(text) is expected


class Words:
    """A tokenizer with one token a word, as tokenizers.Tokenizer gives them."""

    class Coded:
        def __init__(self, ids):
            self.ids = ids

    def encode_batch(self, some):
        return [self.Coded([-1, *range(len(text.split())), -2]) for text in some]


@pytest.mark.parametrize("words", [1, 126, 127, 300, 6000, 50_000])
def test_windows_see_every_word_of_a_text_up_to_the_bound(words):
    ids, owner = texts.windows(Words(), ["short one", "a " * words])
    mine = [window for window, at in zip(ids, owner, strict=True) if at == 1]
    assert owner[0] == 0 and len(mine) <= texts.MOST_WINDOWS
    assert all(len(window) <= texts.WINDOW and window[0] == -1 and window[-1] == -2 for window in mine)
    seen = {token for window in mine for token in window[1:-1]}
    if words <= 6000:
        assert seen == set(range(words))
    else:
        assert 0 in seen and max(seen) == words - 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The app crashes every time I open the camera", "en"),
        ("Die App stürzt immer ab, wenn ich die Kamera öffne", "de"),
        ("l'application plante tout le temps depuis hier soir", "fr"),
        ("アプリが起動しません。助けてください。とても困っています", "ja"),
        ("De app is al drie dagen kapot en ik kan niet meer in mijn account, kunnen we dat oplossen?", "nl"),
        ("Appen er blevet langsom, og jeg kan ikke logge ind på The Cloud", "da"),
        ("nice", ""),
        ("12345 67890 !!!", ""),
    ],
)
def test_languages_are_told_where_the_text_is_long_enough(text, language):
    assert language_of(text) == language
