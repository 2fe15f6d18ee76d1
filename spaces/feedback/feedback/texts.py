"""A text as the models read it: markup and emoji as words, in windows that a model can take.

Training and inference go through the same functions, so that both see the same text.
"""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from common.errors import UserError
from feedback.privacy import mask

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 1_000_000  # characters of a text; more is surely a wrong column or file
WINDOW, OVERLAP = 128, 24  # tokens that a model reads at once, and that two windows share
MOST_WINDOWS = 64  # of one text: some 6,500 words

_TAG = re.compile(r"<(?:/?[a-zA-Z][^<>]{0,400}|!--.{0,4000}?--)>", re.DOTALL)
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LETTER = re.compile(r"[^\W\d_]")


def check(text: str) -> str:
    """The text, or a UserError that says what is wrong with it: not a text, empty, or beyond LONGEST characters."""
    if not isinstance(text, str):
        raise UserError(f"The feedback is {text!r:.80}: give a text.")
    if len(text) > LONGEST:
        raise UserError(f"The text has {len(text):,} characters: give at most {LONGEST:,}.")
    if not prepare(text):
        raise UserError("There is no text yet. Write or paste some feedback.")
    return text


def prepare(text: str) -> str:
    """The text without markup and personal data, addresses of pages as "link", emoji by name, white space as single
    spaces.

    Personal data says nothing of what a text is about, and corrections, which train, are kept without it.
    """
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
    text = mask(text).text
    if "/" in text or "." in text:
        text = _LINK.sub(" link ", text)
    if not text.isascii():
        text = _name_emoji(text)
    return _SPACE.sub(" ", text).strip()


def _name_emoji(text: str) -> str:
    import emoji

    # A vocabulary of words has none for them, and "😡" often says more than the words beside it.
    return emoji.replace_emoji(text, lambda _, data: f" {data['en'].strip(':').replace('_', ' ')} ")


def has_words(text: str) -> bool:
    """Whether there is a word in it: emoji and numbers alone can't be sorted."""
    import emoji

    return bool(_LETTER.search(_LINK.sub("", emoji.replace_emoji(text, " ") if not text.isascii() else text)))


def windows(tokenizer: "Tokenizer", texts: Sequence[str]) -> tuple[list[list[int]], list[int]]:
    """Token ids of the windows of all texts, special tokens included, and to which text each window belongs.

    A text of up to WINDOW tokens is one window. A longer one has several that overlap, so that no sentence is seen by
    none of them whole; of a very long one MOST_WINDOWS evenly spread over it.
    tokenizer: without truncation or padding
    """
    ids, owner = [], []
    for number, coded in enumerate(tokenizer.encode_batch([prepare(text) for text in texts])):
        for window in _windows(coded.ids):
            ids.append(window)
            owner.append(number)
    return ids, owner


def _windows(ids: list[int]) -> list[list[int]]:
    if len(ids) <= WINDOW:
        return [ids]
    first, body, last = ids[0], ids[1:-1], ids[-1]
    room = WINDOW - 2
    starts = list(range(0, len(body) - OVERLAP, room - OVERLAP))
    if len(starts) > MOST_WINDOWS:
        step = (len(starts) - 1) / (MOST_WINDOWS - 1)
        starts = [starts[round(step * at)] for at in range(MOST_WINDOWS)]
    return [[first, *body[start : start + room], last] for start in starts]
