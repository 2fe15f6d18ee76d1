"""The lines of a receipt: pieces of text that stand side by side, and what each line is about."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from common.ocr import Piece
from inventory.receipts.money import Amount, amounts, without_amounts

NEAR = 0.55  # of the height of a line: pieces whose middles are nearer stand on one line

# Each word of a label that is one letter off one of these is taken for it.
_WORDS = frozenset((
    "TOTAL", "SUBTOTAL", "ROUNDING", "ROUNDED", "ADJUSTMENT", "CHANGE", "TENDER", "TENDERED", "PAYABLE", "AMOUNT",
    "JUMLAH", "BALANCE", "SUMMARY", "SERVICE", "CHARGE", "DISCOUNT", "EXCLUDING", "INCLUSIVE", "PAYMENT",
    "RECEIVED", "PEMBUNDARAN", "BAYARAN", "INVOICE", "QUANTITY",
))  # fmt: skip
_LETTERS = str.maketrans({"0": "O", "1": "L", "]": "L", "|": "I", "5": "S", "!": "I"})

_TAXES = r"(?:GST|SST|VAT|TAX|CUKAI)"
# What is to be paid in the end.
_FINAL = re.compile(
    r"(GRAND|ROUNDED|NETT?|FINAL)\W*(TOTAL|TTL|AMOUNT|AMT)|(TOTAL|TTL|AMOUNT)\W*\(?(ROUNDED|NETT?\b)"
    r"|(TOTAL|TTL)[^A-Z]*(AFT|AFTER|ATF)\W*(ROUND|RND|ADJ)|JUMLAH (BESAR|BERSIH|KESELURUHAN)"
    r"|(AMOUNT|TOTAL|BALANCE) DUE|(TOTAL|AMOUNT)\W*PAYABLE|\bTO PAY\b"
)
# What a line is about, the first that fits. English and Malay as they stand on receipts.
_KINDS = (
    ("summary", rf"{_TAXES}\s*(SUMMARY|ANALYSIS|DETAILS?|BREAKDOWN|CODE)|RINGKASAN"),
    ("points", r"\bPOINTS?\b|\bMATA\b|\bMEMBER"),
    ("count", r"(TOTAL|JUMLAH|NO\.?( OF)?)\W*(QTY|QUANTITY|ITEMS?|PCS|PAX|UNITS?|KUANTITI|BARANG)\b"
     r"|\bITEM\(?S?\)?\s*:|QTY\(?S?\)?\s*:|\bITEM COUNT|^\W*ITEMS?\W*\d*\W*$"),
    ("subtotal", rf"\bSUB\W{{0,2}}(TOTAL|TTL|JUMLAH)|TOTAL\W*\(?(EXCL|EXC\b|BEFORE|W/O|WITHOUT)|EXCLUDING|JUMLAH KECIL"
     rf"|BEFORE {_TAXES}|EXCL?\.? ?(OF )?{_TAXES}"),
    ("discount", r"\bDISC(OUNT)?S?\b|\bSAVINGS?\b|DISKAUN|REBATE|VOUCHER|POTONGAN|YOU SAVE"),
    ("total", _FINAL.pattern),
    ("rounding", r"\bROUND(ING|ED|\b)|\bRND\b|BUNDAR|PELARASAN"),
    ("change", r"\bCHANGE\b|\bBAKI\b|KEMBALI"),
    ("service", r"\b(SERVICE|SERV|SRV|SVC|SER)\W*(CHARGES?|CHRG|CHG)|CAJ PERKHIDMATAN|\bS\.?\s?CHARGE"),
    ("tax", rf"TOTAL\W*{_TAXES}\b(?!\W*(INC|INV))"),
    # Engines glue words together: TOTALSALES, GRANDTOTAL.
    ("total", r"TOTAL|\bTTL\b|\bJUMLAH\b|\bAMAUN\b|\bNETT?\b"),
    ("inclusive", rf"INCL\w*\W*(OF\b)?[\s\d%.@]*{_TAXES}|{_TAXES}\W*INCL"),
    ("tax", rf"\b{_TAXES}\b(?!\W*(REG|ID|NO\b|NUM|INV|#))"),
    ("cash", r"\bCASH\b|TENDER|\bPAID\b|PAYMENT|RECEIVED|\bVISA\b|MASTER|\bCARD\b|\bTUNAI\b|BAYARAN|DEBIT"
     r"|CREDIT|E-?WALLET|TOUCH ?N ?GO|GRAB ?PAY|BOOST|\bKAD\b|DITERIMA"),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
_NO_TAX = re.compile(r"REG|\bID\b|\bNO\b|INVOICE|\bAT\b")


@dataclass(frozen=True)
class Row:
    """Pieces on one line, from left to right. page: from 0; y: px of its middle; height: px"""

    pieces: tuple[Piece, ...]
    page: int
    y: float
    height: float

    @cached_property
    def text(self) -> str:
        return "  ".join(piece.text for piece in self.pieces)

    @cached_property
    def confidence(self) -> float:
        """The mean over letters, 0 to 1."""
        letters = [max(1, len(piece.text)) for piece in self.pieces]
        return float(np.average([piece.confidence for piece in self.pieces], weights=letters))

    @cached_property
    def amounts(self) -> list[Amount]:
        return amounts(self.text)

    @cached_property
    def label(self) -> str:
        """The words in capital letters, with slips mended where a word of bills is meant."""
        return mended(without_amounts(self.text))

    @cached_property
    def kind(self) -> str:
        """As `kind_of`, of all its words."""
        return kind_of(self.label)

    @cached_property
    def marked(self) -> list[tuple[str, Amount]]:
        """Each amount with the words before it, of several without words between them the last: one line may say
        "Rounding 0.00  Total 77.20"."""
        found: list[tuple[str, Amount]] = []
        start = 0
        for amount in self.amounts:
            words = mended(without_amounts(self.text[start : amount.start]))
            if found and not any(letter.isalpha() for letter in words):
                found[-1] = found[-1][0], amount
            else:
                found.append((words, amount))
            start = amount.end
        return found


def kind_of(label: str) -> str:
    """What a label in capital letters is about: "total", "subtotal", "tax", "inclusive" (of tax), "service",
    "rounding", "discount", "cash", "change", "count", "points", "summary", or ""."""
    kind = next((kind for kind, pattern in _PATTERNS if pattern.search(label)), "")
    return "" if kind == "tax" and _NO_TAX.search(label) and not re.search(r"PAYABLE|AMOUNT", label) else kind


def leads(label: str) -> bool:
    """Whether a label begins with what it is about: "TENDER 20.00" does, "CHICKEN TENDER 20.00" is an article."""
    words = re.findall(r"[A-Z][^\s]*", label)
    if not words or kind_of(words[0]):
        return bool(words)
    return bool(kind_of(" ".join(words[:2]))) and not (len(words) > 1 and kind_of(words[1]))


def is_final(label: str) -> bool:
    """Whether a total is what is to be paid in the end: grand total, after rounding, amount due."""
    return _FINAL.search(label) is not None


def mended(text: str) -> str:
    """`text` in capital letters, with words that are one letter off a word of bills put right."""
    from rapidfuzz.distance import Levenshtein

    words = []
    for word in re.split(r"([^\w\]|!]+)", text.upper()):
        letters = word.translate(_LETTERS) if re.search("[A-Z]", word) else word
        if letters not in _WORDS and len(letters) >= 5 and letters.isalpha():
            letters = next((known for known in _WORDS if Levenshtein.distance(letters, known, score_cutoff=1) <= 1), "")
        words.append(letters if letters in _WORDS else word)
    return " ".join("".join(words).split())


def rows_of(pieces: Sequence[Piece], page: int = 0) -> list[Row]:
    """The lines of a page from top to bottom, along its own slant."""
    if not pieces:
        return []
    slant = _slant(pieces)
    height = float(np.median([piece.height for piece in pieces]))
    placed = sorted(((_middle(piece, slant), piece) for piece in pieces), key=lambda one: one[0])
    rows: list[list[tuple[float, Piece]]] = []
    for y, piece in placed:
        if rows:
            middle = float(np.mean([other for other, _ in rows[-1]]))
            tall = min(max(piece.height, 1.0), max(other.height for _, other in rows[-1]), 2 * height)
            if y - middle < NEAR * tall and not _over(piece, rows[-1]):
                rows[-1].append((y, piece))
                continue
        rows.append([(y, piece)])
    return [
        Row(
            tuple(piece for _, piece in sorted(row, key=lambda one: one[1].left)),
            page,
            float(np.mean([y for y, _ in row])),
            float(np.median([piece.height for _, piece in row])),
        )
        for row in rows
    ]


def _over(piece: Piece, row: list[tuple[float, Piece]]) -> bool:
    """Whether it stands above or below one of the row instead of beside it."""
    for _, other in row:
        shared = min(piece.right, other.right) - max(piece.left, other.left)
        if shared > 0.3 * min(piece.right - piece.left, other.right - other.left):
            return True
    return False


def _slant(pieces: Sequence[Piece]) -> float:
    """The angle of the print in radians: the median of the wider half of the pieces."""
    wide = sorted(pieces, key=lambda piece: piece.left - piece.right)[: max(3, len(pieces) // 2)]
    angles = [
        math.atan2(piece.corners[1][1] - piece.corners[0][1], max(1.0, piece.corners[1][0] - piece.corners[0][0]))
        for piece in wide
    ]
    return float(np.median(angles))


def _middle(piece: Piece, slant: float) -> float:
    x = sum(x for x, _ in piece.corners) / 4
    y = sum(y for _, y in piece.corners) / 4
    return y * math.cos(slant) - x * math.sin(slant)
