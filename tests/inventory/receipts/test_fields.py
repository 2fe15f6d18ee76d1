"""Money, days, names, sums and articles in the lines of a receipt, without any picture."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.ocr import Piece
from inventory.items import Item
from inventory.receipts.company import clean_name, find_company
from inventory.receipts.dates import dates_in, find_date
from inventory.receipts.lines import Line, find_lines
from inventory.receipts.match import match_lines
from inventory.receipts.money import amounts, currency_of, without_amounts
from inventory.receipts.reading import understand
from inventory.receipts.rows import kind_of, mended, rows_of
from inventory.receipts.totals import find_totals
from tests.inventory.receipt_drawings import Bought, Drawn, lines_of


def rows(*texts: str, confidence: float = 0.97):
    """Rows of print 20 px high, 40 px apart; two spaces part the pieces of a row."""
    pieces = []
    for at, text in enumerate(texts):
        start = 0
        for part in text.split("  "):
            if part.strip():
                left, right, top = 12.0 * start, 12.0 * (start + len(part)), 40.0 * at
                box = ((left, top), (right, top), (right, top + 20), (left, top + 20))
                pieces.append(Piece(part.strip(), box, confidence))
            start += len(part) + 2
    return rows_of(pieces)


# Money


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("RM 1,234.50", [1234.5]),
        ("1.234,50", [1234.5]),
        ("RMO.28", [0.28]),
        ("RM5:00", [5.0]),
        ("4..10", [4.1]),
        ("170. 00", [170.0]),
        ("-.01", [-0.01]),
        ("0.02-", [-0.02]),
        ("-RM 0.01", [-0.01]),
        ("7.90*3  23.70 Z", [7.9, 23.7]),
        ("22.00S", [22.0]),
        ("$2.20", [2.2]),
        ("6.00 %", []),
        ("08:18:01", []),
        ("18.06.2018", []),
        ("WATER 6x1.25L", []),
        ("1-300-22-2828", []),
        ("000241943376", []),
        ("P1  1.000  6  6.00", [6.0]),
    ],
)
def test_amounts_of_money(text, values):
    assert [amount.value for amount in amounts(text)] == values


@given(st.integers(0, 99_999_999))
def test_every_amount_is_read_as_it_is_printed(cents):
    printed = f"{cents / 100:,.2f}"
    for text in (printed, f"RM{printed}", f"TOTAL : RM {printed}", printed.replace(",", "")):
        assert [amount.value for amount in amounts(text)] == [cents / 100]


def test_words_without_amounts_and_the_currency():
    assert without_amounts("TOTAL RM 12.00").split() == ["TOTAL"]
    assert currency_of(["TOTAL  RM 12.00"]) == "MYR"
    assert currency_of(["Total $12.00", "$1.00"]) == "USD"
    assert currency_of(["12 JALAN BESAR", "12.00"]) == "MYR"
    assert currency_of(["12.00"]) == ""


# Days

TIMES = ("", " 14:05", "14:05")
FORMATS = ("%d/%m/%Y", "%d-%m-%y", "%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d %b %Y", "%d %B %y", "%d-%b-%Y", "%b %d, %Y")


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)), st.sampled_from(FORMATS), st.sampled_from(TIMES))
def test_days_in_the_usual_forms_are_read_with_a_time_behind_them_or_glued_to_them(day, form, time):
    printed = day.strftime(form)
    assert [found for found, _, _ in dates_in(f"DATE: {printed}{time}")] == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("O9/O3/2O18", date(2018, 3, 9)),
        ("l2-0l-2018", date(2018, 1, 12)),
        ("11-06-201817:11:42", date(2018, 6, 11)),
        ("2018-01-0522:55:25", date(2018, 1, 5)),
        ("03/25/2018", date(2018, 3, 25)),
        ("19 OGOS 2024", date(2024, 8, 19)),
        ("1 Mac 2024", date(2024, 3, 1)),
        ("31/02/2018", None),
        ("03-2093 7358", None),
        ("12.50", None),
        ("LOT 1851-A & 1851-B", None),
    ],
)
def test_slips_and_what_is_no_day(text, day):
    assert [found for found, _, _ in dates_in(text)] == ([day] if day else [])


def test_the_month_is_first_only_where_it_is_printed_so():
    assert dates_in("03/04/2024")[0][0] == date(2024, 4, 3)
    assert dates_in("03/04/2024", day_first=False)[0][0] == date(2024, 3, 4)


def test_the_day_of_the_purchase_and_not_another_one():
    lines = ["MEMBER SINCE 01/01/2010", "DATE : 05/06/2019  12:30", "VALID UNTIL 31/12/2019"]
    found = find_date(lines)
    assert (found.day, found.text, found.row) == (date(2019, 6, 5), "05/06/2019", 1)
    assert find_date(["05/06/2019 12:30", "07/08/2019 13:00"]).confidence < find_date(["05/06/2019"]).confidence
    assert find_date(["no day here"]) is None


# Names


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["MAJU JAYA SDN BHD (123456-X)", "NO 3, JALAN BESAR", "TAX INVOICE"], "MAJU JAYA SDN BHD"),
        (["TAX INVOICE", "MAJU JAYA TRADING", "TEL: 03-1234567"], "MAJU JAYA TRADING"),
        (["*1*", "Kopitiam Ah Meng", "LOT 5, JALAN KUCHAI", "DATE: 01/02/2020"], "Kopitiam Ah Meng"),
        (["MAJU JAYA", "SDN BHD", "12 JALAN BESAR"], "MAJU JAYA SDN BHD"),
        (["MAJU JAYA SON.BHD (ROC 123456-X)", "JALAN BESAR"], "MAJU JAYA SDN. BHD"),
        (["The Corner Brand", "MAJU JAYA ENTERPRISE", "JALAN BESAR"], "MAJU JAYA ENTERPRISE"),
        (["MAJU JAYA28S/B", "JALAN BESAR"], "MAJU JAYA28 S/B"),
        (["K2-10, JLN IBRAHIM", "80300 JOHOR BAHRU"], None),
    ],
)
def test_the_company_is_the_name_and_not_the_address(texts, name):
    found = find_company(rows(*texts))
    assert (found.name if found else None) == name


def test_a_name_is_cleaned_of_its_number():
    assert clean_name("MR. A.B.C. (KUCHAI) SDN BHD (CO REG : 750441-W)") == "MR. A.B.C. (KUCHAI) SDN BHD"
    assert find_company([]) is None


# Sums


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("SUB TOTAL", "subtotal"),
        ("TOTAL (EXCLUDING GST) :", "subtotal"),
        ("TOTAL QTY: 4", "count"),
        ("GRAND TOTAL", "total"),
        ("JUMLAH", "total"),
        ("TOTAL (INCLUSIVE OF GST)", "total"),
        ("TOTAL AFTER ROUNDING", "total"),
        ("ROUNDING ADJUSTMENT", "rounding"),
        ("CHANGE DUE", "change"),
        ("BAKI", "change"),
        ("TUNAI", "cash"),
        ("CASHIER", ""),
        ("10% SRV CHG", "service"),
        ("GST 6%", "tax"),
        ("GST REG NO", ""),
        ("GST SUMMARY", "summary"),
        ("TOTAL SAVING", "discount"),
        ("CHICKEN", ""),
    ],
)
def test_what_a_label_is_about(label, kind):
    assert kind_of(label) == kind


def test_slips_in_the_words_of_bills_are_mended():
    assert mended("T0TA1") == "TOTAL" and mended("fotal :") == "TOTAL :" and mended("Sub Tota]") == "SUB TOTAL"
    assert mended("TONIC WATER") == "TONIC WATER"


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        (["SUBTOTAL  10.00", "SST 6%  0.60", "TOTAL  10.60", "CASH  20.00", "CHANGE  9.40"], 10.6),
        (["TOTAL  8.11", "ROUNDING ADJ  -0.01", "TOTAL ROUNDED  8.10", "CASH  10.00", "CHANGE  1.90"], 8.1),
        (["TOTAL:", "105.00", "CASH:  105.00"], 105.0),
        (["TOTAL QTY: 3  TOTAL SAVING  1.00", "ROUNDING  0.00  TOTAL  77.20"], 77.2),
        (["JUMLAH  12.50", "TUNAI  15.00", "BAKI  2.50"], 12.5),
        (["TOTAL  22.91", "ROUNDING  -.01", "ROUNDING  22.90", "CASH  50.00", "CHANGE  27.10"], 22.9),
        (["TOTAL  20.00", "VISA  20.00", "GST SUMMARY  AMOUNT  TAX", "TOTAL  18.87  1.13"], 20.0),
        (["TEA  4.00", "RICE  6.00"], 6.0),
        (["TEA", "RICE"], None),
    ],
)
def test_the_total_is_what_was_to_be_paid(texts, total):
    assert find_totals(rows("SOME SHOP", *texts)).total == total


def test_a_misread_digit_of_the_total_is_mended_and_said():
    found = find_totals(rows("TOTAL  17.20", "CASH  20.00", "CHANGE  8.80"))
    assert found.total == 11.2 and "cash less change is 11.20" in found.repaired
    # Two digits apart is no slip of the eye: the label stands, and the check says that it does not add up.
    apart = understand(rows("TOTAL  17.20", "CASH  20.00", "CHANGE  8.30"), "text")
    assert apart.total == 17.2 and [check.holds for check in apart.checks] == [False]
    assert any("20.00 paid - 8.30 change = 11.70; total 17.20" in warning for warning in apart.warnings)


def test_a_digit_that_the_articles_bear_out_is_left_alone():
    found = find_totals(rows("TOTAL  17.20", "CASH  20.00", "CHANGE  8.80"), lines_sum=17.2)
    assert found.total == 17.2 and not found.repaired


def test_the_tax_is_told_from_what_it_is_on():
    texts = ("TOTAL  10.60", "CASH  10.60", "GST SUMMARY", "SR 6%  10.00  0.60")
    assert find_totals(rows(*texts)).tax == 0.6
    assert find_totals(rows("GST  10.00", "GST 6%  0.60", "TOTAL  10.60")).tax == 0.6
    assert find_totals(rows("GST REG NO: 001122.33", "TOTAL  10.60")).tax is None


# Articles


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["TEA  4.00"], ("TEA", 1, 4.0, 4.0)),
        (["GREEN TEA", "2 x 4.00  8.00 SR"], ("GREEN TEA", 2, 4.0, 8.0)),
        (["GREEN TEA  8.00 S", "@2 X RM 4.00"], ("GREEN TEA", 2, 4.0, 8.0)),
        (["GREEN TEA", "955501-1", "4711  3 X  1.50  4.50"], ("GREEN TEA", 3, 1.5, 4.5)),
        (["2 GREEN TEA  8.00"], ("GREEN TEA", 2, 4.0, 8.0)),
        (["GREEN TEA  2  4.00  8.00"], ("GREEN TEA", 2, 4.0, 8.0)),
        (["GREEN TEA", "8809069300708  7.90*3  23.70 Z"], ("GREEN TEA", 3, 7.9, 23.7)),
        (["SUSHI 1.80", "4 X  1.80  7.20"], ("SUSHI 1.80", 4, 1.8, 7.2)),
        (["POTATOES", "1.250 kg @ 4.00  5.00"], ("POTATOES", 1.25, 4.0, 5.0)),
    ],
)
def test_an_article_on_one_row_or_on_several(texts, expected):
    [line] = find_lines(rows("SHOP", "DATE: 01/02/2020", "DESCRIPTION  AMOUNT", *texts, "TOTAL  99.00", "CASH  99.00"))
    assert (line.text, line.quantity, line.price, line.amount) == expected
    assert line.confidence > 0.8


def test_a_weight_has_its_unit_and_a_wrong_product_little_confidence():
    head = ("DESCRIPTION  AMOUNT",)
    [line] = find_lines(rows(*head, "POTATOES", "1.250 kg @ 4.00  5.00", "TOTAL  5.00"))
    assert line.unit == "kg"
    [wrong] = find_lines(rows(*head, "GREEN TEA", "2 x 4.00  9.00", "TOTAL  9.00"))
    assert wrong.amount == 9.0 and wrong.confidence < 0.6


def test_a_word_of_bills_in_the_name_of_an_article_is_part_of_the_name():
    texts = ("CHICKEN TENDER  12.90", "TOP UP CARD  10.00", "TOTAL  22.90", "CASH  30.00", "CHANGE  7.10")
    found = understand(rows("SHOP", "DESCRIPTION  AMOUNT", *texts), "text")
    assert [line.text for line in found.lines] == ["CHICKEN TENDER", "TOP UP CARD"]
    assert found.total == 22.9 and all(check.holds for check in found.checks)


def test_what_is_neither_head_nor_sum_is_an_article():
    receipt = Drawn(bought=(Bought("TEA", 1, 4.0), Bought("RICE 5KG", 2, 21.9)))
    found = understand(rows(*lines_of(receipt)), "text")
    assert [(line.text, line.quantity, line.amount) for line in found.lines] == [("TEA", 1, 4.0), ("RICE 5KG", 2, 43.8)]
    assert find_lines([]) == ()


# No words of bills, and none that is one letter off: "CASH ZZ" would be no article for a person either.
names = st.text("ABDEGHIKLMOPRSUVWY", min_size=6, max_size=10).map(lambda word: f"{word} ZZ")
names = names.filter(lambda name: not kind_of(mended(name)))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(names, st.integers(1, 20), st.integers(5, 9999)), min_size=1, max_size=6),
    st.dates(date(2001, 1, 1), date(2098, 12, 31)),
)
def test_any_receipt_that_is_printed_well_is_understood(bought, day):
    articles = tuple(Bought(name, quantity, cents / 100) for name, quantity, cents in bought)
    total = round(sum(one.amount for one in articles), 2)
    receipt = Drawn(day=day, bought=articles, paid=round(total + 10, 2))
    found = understand(rows(*lines_of(receipt)), "text")
    assert (found.company, found.date, found.total) == (receipt.company, day, receipt.total)
    assert [(line.quantity, line.amount) for line in found.lines] == [(one.quantity, one.amount) for one in articles]
    assert all(check.holds for check in found.checks) and found.currency == "MYR"


@settings(max_examples=60)
@given(st.lists(st.text(max_size=40), max_size=12))
def test_no_text_breaks_it(texts):
    understand(rows(*texts), "text")


# Known items

ITEMS = (
    Item("milk", "l", aliases=("susu",)),
    Item("coconut milk", "l", aliases=("santan",)),
    Item("chicken", "kg", aliases=("ayam",)),
    Item("bread rolls", "pcs", aliases=("roti",)),
)


def match(text: str, learned=None):
    return match_lines([Line(text, 1, "", 1.0, 1.0, 0.9)], ITEMS, learned)[0]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("CHICKEN 2KG", "chicken"),
        ("AYAM SEGAR", "chicken"),
        ("CHICKFN", "chicken"),
        ("COCONUT MILK 1L", "coconut milk"),
        ("SANTAN 200ML", "coconut milk"),
        ("MILK THISTLE CAPSULES", None),
        ("FRESH MILK 1L", "milk"),
        ("BREAD ROLL 6S", "bread rolls"),
        ("BATTERY AAA", None),
        ("", None),
        ("8809069300708", None),
    ],
)
def test_a_match_is_proposed_only_where_the_words_say_so(text, item):
    found = match(text)
    assert found.item == item
    assert (found.confidence >= 0.75) == (item is not None)


def test_what_a_person_chose_before_is_proposed_again_but_not_for_an_item_that_is_gone():
    assert match("MLK UHT 1L", {"mlk uht 1l": "milk"}).item == "milk"
    assert match("MLK UHT 1L.", {"MLK UHT 1L": "milk"}).item == "milk"
    assert match("MLK UHT 1L", {"MLK UHT 1L": "soap"}).item is None


def test_two_items_that_are_as_likely_are_both_named_and_none_is_chosen():
    twins = (Item("brown sugar", "kg"), Item("white sugar", "kg"), Item("sugar brown", "kg"))
    [found] = match_lines([Line("BROWN SUGAR 1KG", 1, "", 1.0, 1.0, 0.9)], twins)
    assert found.item is None and set(found.others[:2]) == {"brown sugar", "sugar brown"}
