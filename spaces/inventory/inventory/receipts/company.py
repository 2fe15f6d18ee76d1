"""Who sold something: the name of the company in the head of a receipt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inventory.receipts.rows import Row

HEAD = 12  # lines in which the name is looked for
# Forms of companies in Malaysia and its neighbours, with the slips that engines make in them.
_FORM = re.compile(
    r"\b(S[DO0]N\.?\s?BH[DO]\b|S\s?/\s?B\b|BERHAD\b|BHD\b|LTD\b|LIMITED\b|PTE\b|PLT\b|LLP\b|LLC\b|INC\b|GMBH\b|CORP\b"
    r"|ENTERPRISE\b|ENTERPRISES\b|TRADING\b|HOLDINGS?\b|CO\.?\s?LTD\b)",
    re.IGNORECASE,
)
# Words for a kind of business, English and Malay.
_TRADE = re.compile(
    r"\b(RESTORAN|RESTAURANT|KEDAI|CAFE|KAFE|KOPITIAM|BAKERY|MART|MARKET|SUPERMARKET|HYPERMARKET|STORE|STORES|SHOP"
    r"|PHARMACY|FARMASI|HARDWARE|STATIONERY|BOOK\w*|PETROL|STATION|STESEN|GROCER|HOTEL|CLINIC|KLINIK|PASAR|PERNIAGAAN"
    r"|SYARIKAT|FOODS?|COFFEE|KITCHEN|BISTRO|ELECTRICAL|MOTOR|FLORIST|SALON|OPTICAL|BOUTIQUE|CENTRE)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"^\W*(NO|LOT|UNIT|BLOCK|BLK|SUITE|LEVEL|TINGKAT|GROUND|JALAN|JLN|JL|LORONG|LRG|TAMAN|TMN|BANDAR|KAMPUNG|KG|LEBUH"
    r"|PERSIARAN|SEKSYEN|SECTION|BATU|MUKIM|KAWASAN|PLAZA|WISMA|MENARA)\b|^\W*[A-Z]{0,2}\d+[-A-Z\d]*,|\bJL\b"
    r"|\b\d{5}\b\s*,?\s*[A-Z]|\bJALAN\b|\bJLN\b|\bLORONG\b|\bTAMAN\b|\bSTREET\b|\bROAD\b|\bAVENUE\b",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(TAX|CASH|SALES?)?\s*(INVOICE|RECEIPT|RESIT|INVOIS)\b|\bBILL\b|\bTEL\b|TEL\s?[:.)]|TEL(EPHONE|EFON)|\bFAX\b|\bH/P\b"
    r"|\bPHONE\b|\bEMAIL\b|WWW\.|\.COM\b|@|\bGST\b|\bSST\b|\bREG\b|\bROC\b|CO\.?\s?REG|COMPANY\s?NO|\bCASHIER\b|\bDATE\b"
    r"|\bTARIKH\b|\bTABLE\b|OPERATED BY|WELCOME|SELAMAT|THANK|TERIMA KASIH|DUPLICATE|COPY\b|\bORDER\b|\bQUEUE\b|\bBRN\b"
    r"|\bLICENSEE\b|FRANCHISE|HOTLINE|CUSTOMER|^\W*FOR\b|^\W*(RM|TOTAL)\b",
    re.IGNORECASE,
)
# Numbers of a register behind the name: (519537-X), 002043319-W, (CO. REG. NO: 1234).
_NUMBER = re.compile(
    r"[\s(\[{]*\b(?:(?:CO|COMPANY|ROC|BRN|REG|GST)\b[\s.:]*)+(?:NO|ID|NUMBER)?\b.*$"
    r"|\s*[(\[{]?\s*[A-Z]{0,3}\d{5,}[\s-]*[A-Z0-9]{0,2}\s*[)\]}]?.*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Named:
    """name: as printed, without its number in the register; rows: the lines that it stands on; confidence: 0 to 1"""

    name: str
    rows: tuple[int, ...]
    confidence: float


def find_company(rows: Sequence[Row]) -> Named | None:
    """The name in the head: a line with the form of a company, else the first that is a name and no address.

    A line that holds nothing but the form, or one word before it, belongs to the line above.
    """
    head = [(at, row) for at, row in enumerate(rows[:HEAD]) if row.page == rows[0].page]
    ends = next((at for at, row in head if row.amounts and not _FORM.search(row.text)), HEAD)
    usual = sorted(row.height for row in rows)[len(rows) // 2] if rows else 1.0
    best: tuple[float, Named] | None = None
    for at, row in head[:ends]:
        name = clean_name(_printed(row))
        if not _is_name(name, row):
            continue
        form, trade = _FORM.search(name) is not None, _TRADE.search(name) is not None
        score = 3.0 * form + 1.0 * trade + 0.5 * (row.height > 1.15 * usual) - 0.3 * at + 2.0 * min(row.confidence, 0.9)
        lines = (at,)
        if form and at and _belongs_above(name, row, rows[at - 1]):
            name, lines = f"{clean_name(_printed(rows[at - 1]))} {name}", (at - 1, at)
        sure = 0.9 if form else 0.8 if trade else 0.65
        if best is None or score > best[0]:
            best = score, Named(name, lines, round(sure * row.confidence, 3))
    return best[1] if best else None


def clean_name(text: str) -> str:
    """A name without its number in the register, with single spaces and the usual spelling of SDN BHD."""
    text = re.sub(r"\s+", " ", _NUMBER.sub("", text)).strip(" \t-\u2013*=_.,:;|'\"`~([{")
    text = re.sub(r"\bS[O0]N(\.?)\s?BHD?\b", r"SDN\1 BHD", text, flags=re.IGNORECASE)
    text = re.sub(r"\bSDN(\.?)\s?BH[DO]\b", r"SDN\1 BHD", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=[A-Za-z]{2}\.)(?=[A-Za-z]{2})", " ", text)
    # Print is narrow, and engines drop the space before the form and between a number and a word.
    text = re.sub(r"(?<=[A-Za-z0-9)])(?=(?:SDN\.? BHD|S/B)\b)", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def _printed(row: Row) -> str:
    """The row without a single mark at its beginning, which is what engines make of a logo."""
    pieces = row.pieces[1:] if len(row.pieces) > 1 and len(row.pieces[0].text) == 1 else row.pieces
    return " ".join(piece.text for piece in pieces)


def _is_name(name: str, row: Row) -> bool:
    letters = sum(letter.isalpha() for letter in name)
    if letters < 3 or letters < 0.5 * len(name.replace(" ", "")):
        return False
    if _FORM.search(name) and not re.match(r"\W*(OPERATED|MANAGED|LICEN|FRANCHISE|OWNED)", name, re.IGNORECASE):
        return True
    return not (_ADDRESS.search(name) or _OTHER.search(row.text)) and row.confidence >= 0.6


def _belongs_above(name: str, row: Row, above: Row) -> bool:
    """Whether the name began a line earlier, in the same size of letters."""
    first = clean_name(_printed(above))
    before = _FORM.split(name, maxsplit=1)[0].strip(" .,(")
    if len(before.split()) > 1 or not _is_name(first, above) or _FORM.search(first):
        return False
    alike = 0.75 < above.height / max(row.height, 1e-6) < 1.35
    return alike and row.y - above.y < 2.2 * row.height
