"""Quotations in a text: what stands in quotation marks, and the text without it."""

import re

_MARKS = str.maketrans({**dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'), **dict.fromkeys("\u2018\u2019`", "'")})
_DOUBLE = re.compile('"([^"]*)"')
# Not the apostrophes within and after words.
_SINGLE = re.compile(r"(?<!\w)'([^']*(?:\w'\w[^']*)*)'(?!\w)")
_NONE = '""'  # in place of a quotation


def straight(text: str) -> str:
    """The text with one kind of double and of single marks; as long as it was."""
    return text.translate(_MARKS)


def plain(text: str) -> str:
    """A text for comparing: small letters, one space between words, one kind of marks."""
    return " ".join(straight(text).replace('"', "'").split()).casefold()


def quotations(text: str) -> list[str]:
    """What stands in double or single quotation marks."""
    text = straight(text)
    found = [*_DOUBLE.findall(text), *_SINGLE.findall(_DOUBLE.sub(_NONE, text))]
    return [quote.strip() for quote in found if quote.strip()]


def without(text: str, keep: tuple[str, ...] = ()) -> str:
    """The text, with straight marks, where each quotation is empty but those of the words in `keep`."""

    def emptied(match: re.Match[str]) -> str:
        return match.group() if match.group(1).strip().casefold() in keep else _NONE

    return _SINGLE.sub(emptied, _DOUBLE.sub(emptied, straight(text)))


def closed(text: str) -> bool:
    """Whether no double mark is left open."""
    return straight(text).count('"') % 2 == 0


def is_from(quote: str, text: str) -> bool:
    """Whether a quotation stands in a text word for word; it may leave something out (…), and end as it likes."""
    parts = (plain(part).strip(" ,;:.!?'") for part in re.split(r"\.\.\.|…", quote))
    return all(re.search(rf"(?<!\w){re.escape(part)}(?!\w)", plain(text)) for part in parts if part)
