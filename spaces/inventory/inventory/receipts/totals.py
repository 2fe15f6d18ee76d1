"""What was to be paid: the total of a receipt, its tax, and the arithmetic around it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inventory.receipts.money import cents
from inventory.receipts.rows import Row, is_final, kind_of

LARGEST_ROUNDING = 4  # cents: bills are rounded to five
HIGHEST_TAX = 0.25  # of the total
_BELOW = 1.9  # heights of a line within which an amount under a label belongs to it


@dataclass(frozen=True)
class Check:
    """Whether two numbers of a receipt that must be equal are so. name: "lines", "payment" or "parts"; said: the sum
    in words and numbers"""

    name: str
    holds: bool
    said: str


@dataclass(frozen=True)
class Labelled:
    """An amount with what it is. row: index of the line that the amount stands on; kind: as `Row.kind`"""

    kind: str
    value: float
    row: int
    text: str
    confidence: float
    final: bool = False
    large: bool = False


@dataclass(frozen=True)
class Totals:
    """The sums of a receipt, None where it does not say.

    tax: GST, SST or VAT; service: the charge for service; rounding: with its sign; discount: as printed
    text: the total as printed; row: its line; confidence: 0 to 1
    repaired: why the total is not what was read at its label, "" where it is
    """

    total: float | None = None
    subtotal: float | None = None
    tax: float | None = None
    service: float | None = None
    rounding: float | None = None
    discount: float | None = None
    cash: float | None = None
    change: float | None = None
    text: str = ""
    row: int = -1
    confidence: float = 0.0
    tax_confidence: float = 0.0
    repaired: str = ""


def labelled(rows: Sequence[Row], first: int = 0) -> list[Labelled]:
    """Each amount from row `first` on that has a label: the last of its line, else that of the line below where that
    has no words."""
    heights = sorted(row.height for row in rows)
    usual = heights[len(heights) // 2] if heights else 1.0
    end = next((at for at, row in enumerate(rows) if row.kind == "summary"), len(rows))
    found = []
    for at, row in enumerate(rows[:end]):
        holder, marked = at, row.marked
        if not marked and row.kind:
            below = rows[at + 1] if at + 1 < end else None
            near = below is not None and below.y - row.y < _BELOW * max(row.height, below.height, usual)
            if near and below.amounts and not any(letter.isalpha() for letter in below.label):
                holder, marked = at + 1, [(row.label, below.amounts[-1])]
        if at < first:
            continue
        for label, amount in marked:
            kind = kind_of(label)
            source = rows[holder]
            text = source.text[amount.start : amount.end].strip()
            large = source.height > 1.25 * usual
            final = kind == "total" and is_final(label)
            found.append(Labelled(kind, amount.value, holder, text, source.confidence, final, large))
    return [mark for mark in found if mark.kind not in ("", "count", "points")]


def find_totals(rows: Sequence[Row], lines_sum: float | None = None, first: int = 0) -> Totals:
    """The sums of a receipt, each what its label says, and the total what label and arithmetic say together.

    lines_sum: what the lines of articles add up to, where that is known
    first: the row where the sums begin, below the articles

    Amounts called a total are compared: "grand total", "rounded" and "amount due" stand above "total". Each sum that
    leads to an amount (cash less change; subtotal, tax, service and rounding; the lines) speaks for it. Where the
    amount at the label fits no sum and cash less change differs from it in one digit, that digit was misread.
    """
    marks = labelled(rows, first)
    first_paid = next((mark.row for mark in marks if mark.kind in ("cash", "change")), len(rows))
    rounding = _first(marks, "rounding", most=LARGEST_ROUNDING)
    parts = Totals(
        subtotal=_first(marks, "subtotal"),
        service=_first(marks, "service"),
        discount=_first(marks, "discount"),
        rounding=rounding,
    )
    named = [mark for mark in marks if mark.kind == "total" and mark.value > 0]
    # "Rounding  22.90" is the total after rounding, not what it was rounded by.
    named += [
        Labelled("total", mark.value, mark.row, mark.text, mark.confidence, True, mark.large)
        for mark in marks
        if mark.kind == "rounding" and cents(mark.value) > LARGEST_ROUNDING
    ]
    cash, change = _payment(marks)
    paid = None if cash is None else round(cash - (change or 0.0), 2)
    highest = max((mark.value for mark in named), default=paid or 0.0)
    parts = replace(parts, cash=cash, change=change, **_tax(marks, highest))
    if not named:
        return _unnamed(rows, marks, paid, parts)
    reached = _reached(parts, lines_sum)

    def score(mark: Labelled) -> float:
        said = sum(cents(value) == cents(mark.value) for value in (*reached, *([paid] if paid is not None else [])))
        said += 0.5 * sum(cents(other.value) == cents(mark.value) for other in named if other is not mark)
        return said + 1.5 * mark.final + 0.5 * mark.large - 1.5 * (mark.row > first_paid) + 0.01 * mark.row

    best = max(named, key=score)
    value, repaired = best.value, ""
    sums = {cents(other) for other in reached} | ({cents(paid)} if paid is not None else set())
    if paid is not None and cents(value) not in sums and cents(paid) != cents(value):
        rounded = abs(cents(paid) - cents(value)) <= LARGEST_ROUNDING
        if rounded and rounding is not None and abs(cents(paid) - cents(value)) == abs(cents(rounding)):
            repaired = f"{value:.2f} rounded by {rounding:+.2f} is {paid:.2f}, which was paid"
        elif _one_digit(paid, value) and (lines_sum is None or cents(lines_sum) != cents(value)):
            repaired = f"{best.text!r} was read, but cash less change is {paid:.2f}: a digit was misread"
        if repaired:
            value = paid
    parts = _with_table(parts, rows, value)
    agreeing = sum(cents(other) == cents(value) for other in (*reached, *([] if paid is None else [paid])))
    sure = min(0.98, 0.75 + 0.1 * agreeing) * (0.85 if repaired else 1.0)
    return _with(parts, value, best, sure * best.confidence, repaired)


def checks_of(totals: Totals, lines_sum: float | None) -> list[Check]:
    """What adds up and what does not, of all that can be added up."""
    if totals.total is None:
        return []
    checks = []
    rounding = totals.rounding or 0.0
    if totals.cash is not None and totals.change is not None:
        paid = totals.cash - totals.change
        holds = _near(paid, totals.total, abs(rounding))
        checks.append(
            Check("payment", holds, f"{totals.cash:.2f} paid - {totals.change:.2f} change = {paid:.2f}; "
                  f"total {totals.total:.2f}")
        )  # fmt: skip
    if totals.subtotal is not None:
        sums = _sums_of_parts(totals, totals.subtotal)
        near = min(sums, key=lambda one: abs(one - totals.total))
        holds = _near(near, totals.total, abs(rounding))
        checks.append(
            Check("parts", holds, f"subtotal {totals.subtotal:.2f} with tax, service and rounding = {near:.2f}; "
                  f"total {totals.total:.2f}")
        )  # fmt: skip
    if lines_sum is not None:
        goals = [totals.total, totals.total - rounding, *([totals.subtotal] if totals.subtotal is not None else [])]
        sums = _sums_of_parts(totals, lines_sum)
        holds = any(_near(one, goal, 0.0) for one in sums for goal in goals)
        checks.append(Check("lines", holds, f"the lines add up to {lines_sum:.2f}; total {totals.total:.2f}"))
    return checks


def _first(marks: Sequence[Labelled], kind: str, most: int | None = None) -> float | None:
    values = [mark.value for mark in marks if mark.kind == kind and (most is None or abs(cents(mark.value)) <= most)]
    return values[0] if values else None


def _tax(marks: Sequence[Labelled], total: float) -> dict[str, float]:
    """The first amount that is called a tax and can be one of this total, whatever table it stands in."""
    found = [mark for mark in marks if mark.kind in ("tax", "inclusive") and 0 <= mark.value <= HIGHEST_TAX * total]
    found.sort(key=lambda mark: mark.kind != "tax")
    return {"tax": found[0].value, "tax_confidence": round(0.85 * found[0].confidence, 3)} if found else {}


def _with_table(parts: Totals, rows: Sequence[Row], total: float) -> Totals:
    """The tax by the table at the end, a row for each rate with net and tax, where all of it adds up to the total."""
    start = next((at for at, row in enumerate(rows) if row.kind == "summary"), len(rows))
    table = [row for row in rows[start:] if len(row.amounts) == 2]
    net = sum(cents(row.amounts[0].value) for row in table)
    tax = sum(cents(row.amounts[1].value) for row in table)
    if not table or abs(net + tax - cents(total)) > LARGEST_ROUNDING or tax > HIGHEST_TAX * cents(total):
        return parts
    read = min(row.confidence for row in table)
    return replace(parts, tax=tax / 100, tax_confidence=round(0.95 * read, 3))


def _payment(marks: Sequence[Labelled]) -> tuple[float | None, float | None]:
    """What was handed over and what was given back, of several the pair that a total agrees with."""
    cash = [mark.value for mark in marks if mark.kind == "cash" and mark.value > 0]
    change = [abs(mark.value) for mark in marks if mark.kind == "change"]
    if not cash or not change:
        return (cash[0] if cash else None), (change[0] if change else None)
    pairs = [(one, other) for one in cash for other in change if one > other] or [(cash[0], change[0])]
    totals = {cents(mark.value) for mark in marks if mark.kind == "total"}
    return next(((one, other) for one, other in pairs if cents(one) - cents(other) in totals), pairs[0])


def _reached(parts: Totals, lines_sum: float | None) -> list[float]:
    """Amounts to which the parts of the receipt lead, each source once for each value."""
    found = [*_sums_of_parts(parts, parts.subtotal)] if parts.subtotal is not None else []
    return list(dict.fromkeys(found)) + (list(dict.fromkeys(_sums_of_parts(parts, lines_sum))) if lines_sum else [])


def _sums_of_parts(parts: Totals, base: float) -> list[float]:
    """`base` with and without tax (which the prices may hold already), service and discount, and rounded."""
    sums = []
    for tax in {0.0, parts.tax or 0.0}:
        for service in {0.0, parts.service or 0.0}:
            for less in {0.0, abs(parts.discount or 0.0)}:
                whole = base + tax + service - less
                sums += [round(whole + one, 2) for one in {0.0, parts.rounding or 0.0}]
    return sums


def _unnamed(rows: Sequence[Row], marks: Sequence[Labelled], paid: float | None, parts: Totals) -> Totals:
    """No line is called a total: what was paid, else the subtotal, else the largest amount of the lower half."""
    cash = [mark for mark in marks if mark.kind == "cash"]
    if paid is not None and cash:
        return _with(parts, paid, cash[0], 0.6 * cash[0].confidence, "no total is printed: it is what was paid")
    subtotal = next((mark for mark in marks if mark.kind == "subtotal"), None)
    if subtotal:
        why = "no total is printed: it is the subtotal"
        return _with(parts, subtotal.value, subtotal, 0.4 * subtotal.confidence, why)
    below = [
        Labelled("", amount.value, at, row.text[amount.start : amount.end].strip(), row.confidence)
        for at, row in enumerate(rows)
        for amount in row.amounts
        if at >= len(rows) // 2 and amount.value > 0 and row.kind not in ("change", "count", "points", "rounding")
    ]
    if not below:
        return parts
    largest = max(below, key=lambda mark: mark.value)
    why = "no total is printed: it is the largest amount of the lower half"
    return _with(parts, largest.value, largest, 0.3 * largest.confidence, why)


def _with(parts: Totals, value: float, mark: Labelled, confidence: float, repaired: str) -> Totals:
    return replace(parts, total=value, text=mark.text, row=mark.row, confidence=round(confidence, 3), repaired=repaired)


def _one_digit(one: float, other: float) -> bool:
    """Whether two amounts are as long and differ in one digit."""
    first, second = f"{one:.2f}", f"{other:.2f}"
    return len(first) == len(second) and sum(a != b for a, b in zip(first, second, strict=True)) == 1


def _near(one: float, other: float, rounding: float) -> bool:
    return abs(cents(one) - cents(other)) <= max(1, cents(rounding))
