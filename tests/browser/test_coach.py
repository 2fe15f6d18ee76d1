"""The page as a person meets it, in real Chromium: take a question, answer it, look at the result and the progress."""

import re
import subprocess

import pytest

from tests.e2e.test_coach_api import STORY

PHONE = (390, 844)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def spoken(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("sound") / "answer.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(file), STORY], check=True)
    return str(file)


def open_tab(page, name: str) -> None:
    """On a phone the last tabs are in a menu."""
    page.get_by_role("tab", name="Practise", exact=True).wait_for()
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").first.click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def take_question(page) -> None:
    page.locator("#take").click()
    page.locator("#asked h3").wait_for()


def answer_in_writing(page, text: str) -> None:
    page.get_by_role("tab", name="Write", exact=True).click()
    page.locator("#text textarea").fill(text)
    page.locator("#go").click()


def finished(page) -> None:
    page.locator("#note").get_by_text(re.compile(r"Done in [\d.]+ s")).wait_for(timeout=100_000)


def too_wide(page) -> int:
    """Pixels by which the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_a_recording_is_analysed_and_remembered(open_page, pictures, spoken):
    page = open_page("/coach/")
    take_question(page)
    page.locator("#sound").get_by_role("button", name="Upload").first.click()
    page.locator("#sound input[type=file]").set_input_files(spoken)
    page.locator("#sound").get_by_text("answer.wav").or_(
        page.locator("#sound audio, #sound .waveform-container")
    ).first.wait_for()
    page.wait_for_timeout(1500)
    page.locator("#go").click()
    finished(page)
    page.locator("#feedback").get_by_text(re.compile(r"\d+ of 100")).first.wait_for()
    page.locator("#scores").locator("text=Structure >> visible=true").first.wait_for()
    page.locator("#measures").locator("text=words >> visible=true").first.wait_for()
    page.locator("#timeline img").wait_for()
    page.locator("#said").get_by_text("patient").first.wait_for()
    page.screenshot(path=pictures / "coach_answer.png", full_page=True)
    open_tab(page, "Progress")
    page.locator("#courses li").first.wait_for()
    page.locator("#progress img").wait_for()
    page.screenshot(path=pictures / "coach_progress.png", full_page=True)
    page.locator("#number input").click()
    page.get_by_role("option", name=re.compile("Session")).first.click()
    page.locator("#report").click()
    page.locator(".files a[download$='.pdf']").wait_for()
    page.locator("#wipe").click()
    page.locator("#told").get_by_text("Deleted: 1 sessions").wait_for()


def test_an_example_runs_with_one_click_and_is_not_kept(open_page, pictures):
    page = open_page("/coach/")
    page.locator("#examples").get_by_text("with fillers").click()
    page.locator("#asked h3").get_by_text("deadline").wait_for()
    finished(page)
    page.locator("#note").get_by_text("not kept").wait_for()
    page.locator("#measures").locator("text=Longest pause >> visible=true").first.wait_for()
    page.locator("#sound").get_by_role("button", name="Play").first.wait_for()
    page.screenshot(path=pictures / "coach_example.png", full_page=True)
    open_tab(page, "Progress")
    page.locator("#courses").get_by_text("Nothing is kept yet").wait_for()


def test_a_written_answer_to_a_question_that_was_searched(open_page, pictures):
    page = open_page("/coach/")
    open_tab(page, "Questions")
    page.locator("#words textarea, #words input").first.fill("something about conflict with my manager")
    page.locator("#search").click()
    cell = page.locator("#found").locator("text=manager >> visible=true").first
    cell.wait_for()
    page.screenshot(path=pictures / "coach_questions.png", full_page=True)
    cell.click()
    page.locator("#asked h3").wait_for()
    answer_in_writing(page, STORY)
    finished(page)
    page.locator("#scores").locator("text=Ownership >> visible=true").first.wait_for()
    assert page.locator("#timeline").is_hidden()
    page.locator("#follow").get_by_role("radio").first.click()
    page.locator("#asked").get_by_text("your own question").wait_for()


def test_what_is_missing_is_said_at_the_note(open_page):
    page = open_page("/coach/")
    page.locator("#go").click()
    page.locator("#note").get_by_text("There is no question yet").wait_for()
    take_question(page)
    page.locator("#go").click()
    page.locator("#note").get_by_text("There is no recording yet").wait_for()
    answer_in_writing(page, "   ")
    page.locator("#note").get_by_text("There is no answer yet").wait_for()


def test_on_a_phone_in_the_dark(open_page, pictures):
    page = open_page("/coach/?__theme=dark", *PHONE, "dark")
    take_question(page)
    answer_in_writing(page, STORY)
    finished(page)
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / "coach_phone.png", full_page=True)
    for name, seen in (("Questions", "#search"), ("Progress", "#courses")):
        open_tab(page, name)
        page.locator(seen).first.wait_for()
        assert too_wide(page) <= 0, name
        page.screenshot(path=pictures / f"coach_phone_{name}.png", full_page=True)
