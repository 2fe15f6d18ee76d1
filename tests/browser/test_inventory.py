"""The page as a person meets it, in real Chromium: from an empty book to orders, findings, receipts and answers."""

import csv
import re
from pathlib import Path

import pytest

PHONE = (390, 844)

pytestmark = pytest.mark.browser


def open_tab(page, name: str) -> None:
    """On a phone the last tabs are in a menu."""
    page.get_by_role("tab", name="Overview", exact=True).wait_for()
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def cell(page, table: str, row: int = 0, column: int = 0):
    return page.locator(f"#{table} [data-testid='cell-{row}-{column}'] >> visible=true").first


def filled(page) -> None:
    """Load the example business where the book is empty."""
    page.locator("#example >> visible=true").or_(page.locator("#headline p >> visible=true")).first.wait_for()
    if page.locator("#example >> visible=true").count():
        page.locator("#example").click()
    page.locator("#headline").get_by_text("urgent").wait_for()


def drawn(page, name: str) -> None:
    """Wait until a chart is there, as a picture that is not empty."""
    page.wait_for_function(f"(document.querySelector('#{name} img') || {{}}).naturalWidth > 500")


def choose(page, menu: str, name: str) -> None:
    page.locator(f"#{menu} input").click()
    page.get_by_role("option", name=name, exact=True).click()


def too_wide(page) -> int:
    """Pixels by which the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_an_empty_book_is_filled_with_a_click_and_shows_what_is_urgent(open_page, pictures):
    page = open_page("/inventory/")
    open_tab(page, "Data")
    page.locator("#wipe").click()
    page.locator("#d_note").get_by_text("delete").wait_for()
    page.locator("#word").locator("input, textarea").fill("delete")
    page.locator("#wipe").click()
    page.locator("#d_note").get_by_text("records are deleted").wait_for()
    open_tab(page, "Overview")
    page.locator("#welcome").get_by_text("There are no stock records").wait_for()
    page.screenshot(path=pictures / "inventory_empty.png", full_page=True)
    filled(page)
    page.locator("#headline").get_by_text("120 items").wait_for()
    drawn(page, "covers")
    choose(page, "outlet", "Subang")
    page.locator("#headline").get_by_text(re.compile(r"(?<!\d)20 items")).wait_for()  # not 120
    page.screenshot(path=pictures / "inventory_overview.png", full_page=True)


def test_a_click_on_an_item_shows_its_forecast(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    item, outlet = cell(page, "stock").inner_text().strip("‼⚠ \n").split(", ")
    cell(page, "stock").click()
    page.locator("#f_note").get_by_text(f"{item}, {outlet}").wait_for()
    drawn(page, "curve")
    page.screenshot(path=pictures / "inventory_forecast.png", full_page=True)
    for name in ("eggs", "rice"):  # the second while the first is still worked out
        choose(page, "f_item", name)
    page.locator("#f_note").get_by_text(f"rice, {outlet}").wait_for()


def test_a_finding_is_said_to_be_none_and_that_is_taken_back(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    open_tab(page, "Anomalies")
    note = page.locator("#a_note")
    note.get_by_text("findings").first.wait_for()
    drawn(page, "times")
    before = int(re.search(r"(\d+) findings", note.inner_text())[1])
    cell(page, "findings").click()
    page.locator("#closer").get_by_text("In the book").wait_for()
    page.screenshot(path=pictures / "inventory_anomalies.png", full_page=True)
    page.locator("#no").click()
    page.locator("#told").get_by_text("Kept as number").wait_for()
    fewer = int(re.search(r"(\d+) findings", note.inner_text())[1])
    assert fewer < before
    page.get_by_text("What was said about findings").click()
    page.locator("#verdicts input").click()
    page.get_by_role("option").first.click()
    page.locator("#undo").click()
    page.locator("#told").get_by_text("taken back").wait_for()
    assert f"{before} findings" in note.inner_text()


def test_orders_are_worked_out_and_downloaded_with_their_reasons(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    open_tab(page, "Orders")
    page.locator("#r_note").get_by_text("to order").wait_for()
    choose(page, "r_outlet", "Bangsar")
    page.locator("#r_note").get_by_text("Most alike").wait_for()
    page.screenshot(path=pictures / "inventory_orders.png", full_page=True)
    page.locator("#list").click()
    page.locator("#r_note").get_by_text("in the list").wait_for()
    with page.expect_download() as download:
        page.locator(".files a[download$='orders.csv']").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows and all(float(row["Order"]) > 0 and row["Why"] for row in rows)


def test_a_receipt_enters_the_stock_after_a_look_at_it(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    open_tab(page, "Receipts")
    page.locator("#photo").click()
    page.locator("#receipt").get_by_text("CENDANA").wait_for()
    assert cell(page, "articles", 0, 1).inner_text().strip() == "chicken"
    page.screenshot(path=pictures / "inventory_receipt.png", full_page=True)
    choose(page, "c_outlet", "Subang")
    page.locator("#confirm").click()
    page.locator("#p_note").get_by_text(re.compile("in stock at .*Subang")).wait_for()
    page.locator("#kept").locator("text=confirmed >> visible=true").first.wait_for()


def test_questions_are_answered_in_their_language_and_changes_refused(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    open_tab(page, "Ask")
    page.locator("#questions button", has_text="Berapa telur").click()
    page.locator("#understood").get_by_text("Understood as").wait_for()
    page.locator("#question").locator("input, textarea").fill("Which outlet has the most rice?")
    page.locator("#go_ask").click()
    page.locator("#understood").get_by_text("rice").wait_for()
    page.screenshot(path=pictures / "inventory_ask.png", full_page=True)
    page.locator("#questions button", has_text="Delete all records").click()
    page.locator("#understood").get_by_text("No question to the records").wait_for()


def test_a_file_with_bad_rows_is_imported_and_they_are_kept_aside(open_page, pictures):
    page = open_page("/inventory/")
    filled(page)
    open_tab(page, "Data")
    page.locator("#import").click()
    page.locator("#i_note").get_by_text("There is no file yet").wait_for()
    page.locator("#book_example").click()
    page.locator("#i_note").get_by_text("6 would be kept aside").wait_for()
    page.locator("#import").click()
    page.locator("#i_note").get_by_text("6 rows kept aside").wait_for()
    page.locator("#aside").locator("text=31/11/2026 >> visible=true").first.wait_for()
    page.screenshot(path=pictures / "inventory_import.png", full_page=True)
    with page.expect_download() as download:
        page.locator(".files a[download$='.csv']").first.click()
    assert "Problem" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_on_a_phone_in_the_dark(open_page, pictures):
    page = open_page("/inventory/?__theme=dark", *PHONE, "dark")
    filled(page)
    drawn(page, "covers")
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / "inventory_phone_overview.png", full_page=True)
    for name, seen in (
        ("Forecast", "#f_note p"), ("Anomalies", "#a_note p"), ("Orders", "#r_note p"), ("Receipts", "#scan"),
        ("Ask", "#questions button"), ("Data", "#items"), ("Models", "#drift p"),
    ):  # fmt: skip
        open_tab(page, name)
        page.locator(f"{seen} >> visible=true").first.wait_for()
        assert too_wide(page) <= 0, name
        page.screenshot(path=pictures / f"inventory_phone_{name}.png", full_page=True)
