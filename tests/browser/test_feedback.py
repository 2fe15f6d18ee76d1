"""The page as a person meets it, in real Chromium: sort a text, correct it, sort a file, look at what was learned."""

import json
import re
from pathlib import Path

import pytest

PHONE = (390, 844)

pytestmark = pytest.mark.browser


def open_tab(page, name: str) -> None:
    """On a phone the last tabs are in a menu."""
    page.get_by_role("tab", name="Sort", exact=True).wait_for()
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def sort_example(page, number: int = 0) -> None:
    page.locator("#examples button").nth(number).click()
    page.locator("#said").get_by_text(re.compile(r"\d ms · model")).wait_for()


def decided(page) -> int:
    """How many the tab "Review" says were decided."""
    open_tab(page, "Review")
    said = page.locator("#count")
    said.get_by_text("decided").wait_for()
    found = re.search(r"([\d,]+) decided so far", said.inner_text())
    return int(found[1].replace(",", "")) if found else 0


def too_wide(page) -> int:
    """Pixels by which the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_an_example_is_sorted_explained_corrected_and_counted(open_page, pictures):
    page = open_page("/feedback/")
    before = decided(page)
    open_tab(page, "Sort")
    sort_example(page)
    assert page.locator("#top").inner_text().count("%") == 3
    page.locator("#parts").get_by_text("Praise").first.wait_for()
    page.locator("#why").click()
    page.locator("#words").get_by_text("crashes").wait_for()
    page.locator("#correct").click()
    page.locator("#told").get_by_text("Choose first").wait_for()
    page.locator("#is input").click()
    page.get_by_role("option", name="Complaint").click()
    page.locator("#correct").click()
    page.locator("#told").get_by_text("Complaint").wait_for()
    page.screenshot(path=pictures / "feedback_sort.png", full_page=True)
    page.locator("#text textarea").fill("")
    page.locator("#go").click()
    page.locator("#note").get_by_text("There is no text yet").wait_for()
    open_tab(page, "Review")
    page.locator("#count").get_by_text(f"{before + 1} decided so far").wait_for()


def test_a_file_is_sorted_with_a_table_that_grows_and_can_be_stopped(open_page, pictures, tmp_path):
    page = open_page("/feedback/")
    open_tab(page, "Many")
    page.locator("#example_file").click()
    page.locator("#form").get_by_text("40 rows").wait_for()
    assert page.locator("#column input").input_value() == "comment"
    page.locator("#go_file").click()
    page.locator("#note_file").get_by_text("40 of 40 rows").wait_for()
    page.locator("#bad").locator("text=The text is empty. >> visible=true").first.wait_for()
    with page.expect_download() as download:
        page.locator(".files a[download$='.jsonl']").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["line"] for line in lines][:3] == [2, 3, 4] and len(lines) == 40
    page.screenshot(path=pictures / "feedback_many.png", full_page=True)

    (tmp_path / "long.txt").write_text("".join(f"Order {number} came late.\n" for number in range(40_000)))
    page.locator("#file [aria-label='Clear']").or_(page.locator("#file button[aria-label*='lear']")).first.click()
    page.locator("#file input[type=file]").set_input_files(str(tmp_path / "long.txt"))
    page.locator("#form").get_by_text("40,000 rows").wait_for()
    page.locator("#go_file").click()
    page.locator("#note_file").get_by_text(re.compile(r"\d of 40,000 rows")).wait_for()
    page.locator("#stop_file").click()
    page.locator("#note_file").get_by_text("Stopped.").wait_for()
    page.locator(".files a[download$='long_sorted.csv']").wait_for()
    page.wait_for_timeout(2000)  # for a moment the page still holds the stopped run, and takes no second one
    # The next run does not wait for the stopped one, and goes on where that was.
    page.locator("#go_file").click()
    page.locator("#note_file").get_by_text(re.compile(r"\d of 40,000 rows")).wait_for(timeout=15_000)
    page.locator("#stop_file").click()
    page.locator("#note_file").get_by_text("Stopped.").wait_for()


def test_the_review_takes_a_click_and_takes_it_back(open_page, pictures):
    page = open_page("/feedback/")
    page.locator("#text textarea").fill("🤷🤷🤷")  # without words it always waits
    page.locator("#go").click()
    page.locator("#said").get_by_text("no words").wait_for()
    before = decided(page)
    page.locator("#other").get_by_text("Other", exact=True).click()
    page.locator("#outcome").get_by_text("number").wait_for()
    page.locator("#count").get_by_text(f"{before + 1:,} decided so far").wait_for()
    page.screenshot(path=pictures / "feedback_review.png", full_page=True)
    page.locator("#undo").click()
    page.locator("#outcome").get_by_text("taken back").wait_for()
    assert decided(page) == before


def test_what_is_learned_and_watched_is_shown(open_page, pictures):
    page = open_page("/feedback/")
    sort_example(page, 1)
    open_tab(page, "Learn")
    page.locator("#versions").locator("text=shipped >> visible=true").first.wait_for()
    page.locator("#labels").locator("text=Feature request >> visible=true").first.wait_for()
    page.locator("#promote").click()
    page.locator("#changed").get_by_text("There is no version").wait_for()
    page.get_by_text("Add a label of your own").click()
    page.locator("#title").locator("input, textarea").fill("Gift idea")
    page.locator("#add").click()
    page.locator("#added").get_by_text("needs a description").wait_for()
    assert page.locator("[data-testid=status-tracker] .error >> visible=true").count() == 0  # nothing is covered
    page.get_by_label("tfidf").uncheck()  # it takes a while to fit
    page.locator("#compare").click()
    page.locator("#differences").get_by_text("against majority").wait_for(timeout=90_000)
    page.wait_for_function("[...document.querySelectorAll('img')].filter(i => i.naturalWidth > 500).length >= 3")
    page.screenshot(path=pictures / "feedback_learn.png", full_page=True)
    open_tab(page, "Watch")
    page.locator("#figures").get_by_text("Mean confidence").wait_for()
    page.locator("#history").locator("text=invoice >> visible=true").first.wait_for()
    page.screenshot(path=pictures / "feedback_watch.png", full_page=True)


def test_on_a_phone_in_the_dark(open_page, pictures):
    page = open_page("/feedback/?__theme=dark", *PHONE, "dark")
    sort_example(page, 6)
    page.locator("#said").get_by_text("Kept without").wait_for()
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / "feedback_phone_sort.png", full_page=True)
    for name, seen in (("Many", "#go_file"), ("Review", "#count p"), ("Learn", "#train"), ("Watch", "#figures li")):
        open_tab(page, name)
        page.locator(seen).first.wait_for()
        assert too_wide(page) <= 0, name
        page.screenshot(path=pictures / f"feedback_phone_{name}.png", full_page=True)
