"""Which column of a file is what: headings in English and Malay, as people write them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from common.errors import UserError

FIELDS = ("day", "outlet", "item", "unit", "stock_in", "balance", "order", "remark")
REQUIRED = ("day", "outlet", "item", "stock_in", "balance")
TITLES = {
    "day": "Date", "outlet": "Outlet", "item": "Item", "unit": "Unit", "stock_in": "Stock in", "balance": "Balance",
    "order": "Order", "remark": "Remark",
}  # fmt: skip
# The likeliest heading of a field first.
_WORDS = {
    "day": "date|day|stock date|record date|business date|transaction date|tarikh|hari|tarikh stok|tarikh rekod",
    "outlet": (
        "outlet|branch|shop|store|location|site|restaurant|outlet name|branch name|store name|shop name|cawangan|"
        "kedai|lokasi|gerai|premis|restoran|nama outlet|nama cawangan|nama kedai"
    ),
    "item": (
        "item|product|ingredient|article|sku|item name|product name|ingredient name|stock item|description|material|"
        "item description|goods|barang|bahan|produk|nama barang|nama item|nama bahan|nama produk|perkara"
    ),
    "unit": "unit|uom|unit of measure|units|measure|unit ukuran|ukuran|unit kiraan",
    "stock_in": (
        "stock in|in|qty in|quantity in|received|receipts|stock received|qty received|quantity received|delivery|"
        "deliveries|delivered|incoming|purchase|purchases|purchased|goods in|masuk|stok masuk|diterima|"
        "stok diterima|terima|terimaan|penerimaan|belian|pembelian|kuantiti masuk"
    ),
    "balance": (
        "balance|stock balance|closing balance|closing stock|closing|ending stock|ending balance|end stock|on hand|"
        "stock on hand|qty on hand|quantity on hand|in stock|stock|remaining|remaining stock|stock left|left|"
        "stock count|count|physical count|baki|baki stok|baki akhir|stok akhir|baki stok akhir|stok|stok baki|"
        "tinggal|baki tinggal"
    ),
    "order": (
        "order|ordered|orders|order qty|order quantity|qty ordered|quantity ordered|to order|on order|"
        "purchase order|new order|pesanan|tempahan|pesan|dipesan|kuantiti pesanan|order baru"
    ),
    "remark": ("remark|remarks|note|notes|comment|comments|memo|reason|catatan|nota|ulasan|komen|keterangan|makluman"),
}
_SYNONYMS = {field: words.split("|") for field, words in _WORDS.items()}
_LIKE = 84  # of 100, from which on a heading is a synonym with a typing error


def guess(headings: Sequence[str]) -> dict[str, int]:
    """The column of each field that is found, by heading: the same word first, then one that is nearly the same.

    Each column is taken once; of several with the same meaning the likeliest word wins, then the first.
    """
    from rapidfuzz import fuzz

    plain = [_plain(heading) for heading in headings]
    scores = []
    for at, heading in enumerate(plain):
        for field, words in _SYNONYMS.items():
            for rank, word in enumerate(words):
                like = 100.0 if heading == word else fuzz.ratio(heading, word) if len(word) > 4 else 0.0
                if like >= _LIKE:
                    scores.append((-like, rank, at, field))
    found: dict[str, int] = {}
    for _, _, at, field in sorted(scores):
        if field not in found and at not in found.values():
            found[field] = at
    return {field: found[field] for field in FIELDS if field in found}


def resolve(headings: Sequence[str], mapping: Mapping[str, str | None]) -> dict[str, int]:
    """The columns that are named for fields, and for the others those that `guess` finds.

    mapping: headings by field; None or "" for a field that the file doesn't have
    Raises UserError for an unknown field, a heading that is not there, and a column that is named twice.
    """
    named: dict[str, int] = {}
    plain = [_plain(heading) for heading in headings]
    for field, heading in mapping.items():
        if field not in FIELDS:
            raise UserError(f"There is no field {field!r:.60}. There are {', '.join(FIELDS)}.")
        if not heading:
            continue
        exact = [at for at, there in enumerate(headings) if there.strip() == heading.strip()]
        like = exact or [at for at, there in enumerate(plain) if there == _plain(heading)]
        if not like:
            raise UserError(f"The file has no column {heading!r:.60} for {field}. It has {listed(headings)}.")
        if (other := next((one for one, at in named.items() if at == like[0]), None)) is not None:
            raise UserError(f"The column {heading!r:.60} is named for {other} and for {field}. Name it for one.")
        named[field] = like[0]
    guessed = {field: at for field, at in guess(headings).items() if field not in mapping and at not in named.values()}
    both = named | guessed
    return {field: both[field] for field in FIELDS if field in both}


def missing(columns: Mapping[str, int], outlet: str | None) -> list[str]:
    """The fields that are needed and not there. outlet: where all rows are from, if the file doesn't say."""
    return [field for field in REQUIRED if field not in columns and not (field == "outlet" and outlet)]


def missing_error(headings: Sequence[str], absent: Sequence[str]) -> UserError:
    """Says which columns are missing, what the file has, and what to do."""
    names = " and ".join(f"{TITLES[field]!r}" for field in absent)
    more = " Where all rows are of one outlet, name it." if "outlet" in absent else ""
    return UserError(
        f"The file has no column for {names}; it has {listed(headings)}. Name the columns of {', '.join(absent)} in "
        f"the mapping, or in the first row of the file.{more}"
    )


def listed(headings: Sequence[str]) -> str:
    """Headings as a message shows them."""
    shown = ", ".join(repr(heading)[:60] for heading in headings[:30])
    return f"{shown} and {len(headings) - 30} more" if len(headings) > 30 else shown or "none"


def _plain(heading: str) -> str:
    """Lower case, without what stands in brackets, and words with single spaces."""
    heading = unicodedata.normalize("NFKC", heading)
    heading = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading).casefold()
    without = re.sub(r"[(\[].*?[)\]]", " ", heading)
    return " ".join(re.findall(r"[^\W_]+", without))
