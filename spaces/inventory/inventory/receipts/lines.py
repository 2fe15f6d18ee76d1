"""The articles of a receipt: what, how many, at which price, for how much."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.receipts.money import amounts, cents, without_amounts
from inventory.receipts.rows import Row, leads

_UNITS = "KG|G|GM|L|LTR|ML|PCS?|PKTS?|BOX(?:ES)?|CTNS?|BTLS?|UNITS?|NOS?|TIN|BAGS?|PACKS?|ROLLS?|SETS?|DOZ|EA"
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
_MONEY = r"(?:RM|RN|RH|MYR|\$)?\s?-?\d{1,6}[.,]\d{2,4}"
# 2 x 3.50; 1.25 kg @ 4.00; @2 X RM 1.05
_TIMES = re.compile(
    rf"(?<![\w.,])[@0]?(?P<quantity>{_NUMBER})\s*(?P<unit>{_UNITS})?\s*[xX\u00d7*@]\s*(?P<price>{_MONEY})?(?![\w.])",
    re.IGNORECASE,
)
_TIMES_AFTER = re.compile(rf"(?P<price>{_MONEY})\s*[xX\u00d7*]\s*(?P<quantity>{_NUMBER})(?![\w.,])", re.IGNORECASE)
_COUNT = re.compile(rf"^(?P<quantity>{_NUMBER})\s*(?P<unit>{_UNITS})?\W?$", re.IGNORECASE)
_LEADING = re.compile(r"^(?P<quantity>\d{1,3})\s+(?=[A-Za-z])")
_TAX_CODE = re.compile(r"(?:\s|\d|^)(?:\*?\s?(?:SR|ZRL|ZR|ES|OS|TX|S|Z|E|T|A|B|N)|[*≤%]\s?[SZ5]?|\([SZTE]\))\s*$", re.I)
_HEADINGS = (
    r"\bDESC", r"\bITEMS?\b", r"\bQTY\b", r"\bQNTY\b", r"QUANTITY", r"U\W?PRICE", r"\bPRICE\b", r"\bAMOUNT\b",
    r"\bAMT\b", r"\bTOTAL\b", r"\bDISC\b", r"\bUOM\b", r"BARANG", r"HARGA", r"KUANTITI", r"JUMLAH", r"SUBTOTAL",
    r"PARTICULARS", r"\bTAX\b", r"PRODUCT",
)  # fmt: skip
_META = re.compile(
    r"\bTEL\b|\bFAX\b|CASHIER|\bDATE\b|TARIKH|INVOICE|RECEIPT|\bTABLE\b|\bBILL\b|\bGST\s?(ID|REG|NO)|\bREG\b|\bPAX\b"
    r"|SERVED|COUNTER|TERMINAL|ORDER|MEMBER|OPERATOR|SALES\s?PERSON|\bPOS\b|\bTIME\b"
    r"|\b\d{1,2}(?P<by>[/-])\d{1,2}(?P=by)(?:\d{2}|\d{4})\b"
    r"|\b\d{1,2}:\d{2}\b|\bCHK\b|GUEST|BALANCE",
    re.IGNORECASE,
)
_FEWEST = 3  # letters of a name; fewer are a code or a tax mark
_NO_ARTICLES = ("subtotal", "total", "summary", "count", "inclusive")
_ENDS = (*_NO_ARTICLES, "tax", "service", "rounding", "cash", "change")


@dataclass(frozen=True)
class Line:
    """An article as it was bought.

    text: its name as printed; quantity: in `unit`, 1 where nothing is said; unit: "" where nothing is said
    price: of one; amount: of all; confidence: 0 to 1, lower where quantity times price is not the amount
    """

    text: str
    quantity: float
    unit: str
    price: float
    amount: float
    confidence: float


@dataclass(frozen=True)
class _Numbers:
    """What one row says besides words."""

    words: str
    quantity: float | None
    unit: str
    price: float | None
    amount: float | None


def find_lines(rows: Sequence[Row]) -> tuple[Line, ...]:
    """The articles between the head and the sums, each printed on one row or on several.

    A row of words waits for the numbers below it. A row of numbers with no words waiting belongs to the article above:
    "2 x 3.50" to the one that cost 7.00, "4 x 1.80  7.20" to one whose name ends in its price.
    """
    lines: list[Line] = []
    waiting: list[str] = []
    for row in rows[slice(*body(rows))]:
        if row.kind == "discount" and lines:
            waiting = []
            continue
        numbers = _numbers(row)
        words = _letters(numbers.words) >= _FEWEST
        if numbers.amount is None:
            if words or not lines or waiting:
                waiting.append(numbers.words)
            continue
        if lines and not waiting and not words:
            lines[-1] = _refined(lines[-1], numbers, row.confidence)
            continue
        name = _name(numbers.words, waiting)
        waiting = []
        if name:
            lines.append(_line(name, numbers, row.confidence))
    return tuple(lines)


def sum_of(lines: Sequence[Line]) -> float | None:
    """What the articles cost together; None where there are none."""
    return sum(cents(line.amount) for line in lines) / 100 if lines else None


def body(rows: Sequence[Row]) -> tuple[int, int]:
    """Where the articles stand: from the row below the headings of the columns, else below the head, to the first sum,
    which is the second number."""
    first = next((at for at, row in enumerate(rows) if row.amounts and not _META.search(row.text)), len(rows))
    heading = next((at for at, row in enumerate(rows[: first + 1]) if _is_heading(row)), None)
    if heading is None:
        # The name of the first article may stand above its numbers, with codes between them.
        start = first
        bare = first < len(rows) and _letters(_numbers(rows[first]).words) < _FEWEST
        while bare and start and first - start < 3 and not _META.search(rows[start - 1].text):
            start -= 1
    else:
        start = heading + 1
        # Headings of two rows: "(RM)  Code" below "Amount  Tax".
        while start < len(rows) and re.fullmatch(r"(?:RM|CODE|TAX|\W)+", rows[start].label):
            start += 1
    ends = (at for at, row in enumerate(rows) if at >= start and row.kind in _ENDS and _is_sum(row))
    return start, next(ends, len(rows))


def _is_heading(row: Row) -> bool:
    if row.amounts or row.kind == "summary":
        return False
    return sum(re.search(word, row.label) is not None for word in _HEADINGS) >= 2


def _is_sum(row: Row) -> bool:
    """Whether a word of bills says what the row is, and is not part of the name of an article."""
    return row.kind in _NO_ARTICLES or leads(row.label)


def _numbers(row: Row) -> _Numbers:
    text = row.text
    stripped = _TAX_CODE.sub(lambda match: match[0][0] if match[0][:1].isdigit() else " ", text)
    quantity = price = None
    unit = ""
    match = _TIMES.search(stripped) or _TIMES_AFTER.search(stripped)
    if match:
        quantity = float(match["quantity"])
        unit = (match.groupdict().get("unit") or "").lower()
        price = _money(match["price"])
        stripped = stripped[: match.start()] + "  " + stripped[match.end() :]
    found = [amount.value for amount in amounts(stripped)]
    words = without_amounts(stripped)
    if match and price is not None and not found:
        return _Numbers(_tidy(words), quantity, unit, price, round(quantity * price, 2))
    amount = found[-1] if found else None
    others = found[:-1]
    if quantity is None:
        words, quantity, unit = _counted(words, others, amount)
    if price is None and others:
        price = next((one for one in others if _fits(quantity or 1.0, one, amount)), others[0])
    return _Numbers(_tidy(words), quantity, unit, price, amount)


def _counted(words: str, prices: Sequence[float], amount: float | None) -> tuple[str, float | None, str]:
    """A number that stands alone in its column, or before the name, is the quantity."""
    cells = [cell for cell in re.split(r"\s{2,}", words.strip()) if cell]
    for at in reversed(range(len(cells))):
        match = _COUNT.match(cells[at])
        if match and amount is not None and 0 < float(match["quantity"]) <= 1000:
            quantity = float(match["quantity"])
            alone = len(cells) > 1 or prices
            if alone and (not prices or any(_fits(quantity, price, amount) for price in prices)):
                return "  ".join(cells[:at] + cells[at + 1 :]), quantity, (match["unit"] or "").lower()
    match = _LEADING.match(words.strip())
    if match and amount is not None:
        return words.strip()[match.end() :], float(match["quantity"]), ""
    return words, None, ""


def _line(name: str, numbers: _Numbers, read: float) -> Line:
    amount = numbers.amount
    quantity, price = numbers.quantity, numbers.price
    if quantity is None and price:
        whole = round(amount / price)
        quantity = float(whole) if whole >= 1 and _fits(whole, price, amount) else 1.0
    quantity = quantity or 1.0
    if price is None:
        price = round(amount / quantity, 4)
        sure = 0.9
    else:
        sure = 1.0 if _fits(quantity, price, amount) else 0.5
    return Line(name, quantity, numbers.unit, price, amount, round(read * sure, 3))


def _refined(line: Line, numbers: _Numbers, read: float) -> Line:
    """An article with the numbers that stand in the row below it."""
    if numbers.quantity is None:
        return line
    price = numbers.price if numbers.price is not None else numbers.amount
    if _fits(numbers.quantity, price, line.amount):
        return replace(line, quantity=numbers.quantity, unit=numbers.unit, price=price)
    if _fits(numbers.quantity, price, numbers.amount):
        return _line(f"{line.text} {line.amount:.2f}", numbers, min(read, line.confidence))
    return line


def _name(words: str, waiting: Sequence[str]) -> str:
    """The first of the rows that waited, and of this one, that is a name and no code."""
    said = [text for text in (*waiting, words) if _letters(text) >= max(_FEWEST, sum(map(str.isdigit, text)))]
    return said[0] if said else max((*waiting, words), key=_letters)


def _fits(quantity: float, price: float | None, amount: float | None) -> bool:
    """Whether quantity times price is the amount, to a cent and half a percent for weights."""
    if price is None or amount is None:
        return False
    return abs(quantity * price - amount) <= max(0.011, 0.005 * abs(amount) * (quantity % 1 > 0))


def _money(text: str | None) -> float | None:
    if not text:
        return None
    return float(re.sub(r"[^\d.,]", "", text).replace(",", "."))


def _tidy(words: str) -> str:
    words = re.sub(r"\s*\*\s?[S5]?\s*$|^\W+", "", words)
    return re.sub(r"\s+", " ", words).strip(" -:*@|")


def _letters(text: str) -> int:
    return sum(letter.isalpha() for letter in text)
