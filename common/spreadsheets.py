"""Text that goes into a table for spreadsheet programs, so that none of it is run as a formula.

A cell that begins with one of a few signs is a formula to Excel, LibreOffice and Google Sheets, and one that a stranger
wrote can send the others to him. An apostrophe before it makes it text (OWASP, "CSV Injection",
https://owasp.org/www-community/attacks/CSV_Injection).
"""

import re
from typing import TypeVar

Cell = TypeVar("Cell")

# The signs, also in their wide form, which some programs read as the narrow one.
_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_PERHAPS_NEUTRAL = re.compile(f"'*{_FORMULA.pattern}")


def neutral(cell: Cell, reversible: bool = False) -> Cell:
    """A cell that no spreadsheet program takes for a formula: with an apostrophe before the sign that makes it one.

    A cell that is no text, and text that is no formula, is given back as it is.

    reversible: `plain` gives back the text as it was. For that, text that looks as if it had been made neutral already
        gets one more apostrophe
    """
    risky = _PERHAPS_NEUTRAL if reversible else _FORMULA
    return f"'{cell}" if isinstance(cell, str) and risky.match(cell) else cell


def plain(cell: str) -> str:
    """Text as it was before `neutral(…, reversible=True)`."""
    return cell[1:] if cell.startswith("'") and _PERHAPS_NEUTRAL.match(cell) else cell
