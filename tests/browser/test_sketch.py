"""The page as a person meets it, in real Chromium: draw or click an example, see styles, choose, get the picture."""

import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PHONE = (390, 844)

pytestmark = pytest.mark.browser


def say(page, words: str) -> None:
    page.locator("#words").locator("textarea, input").first.fill(words)


def done(page) -> None:
    page.locator("#note").get_by_text("Done").wait_for(timeout=90_000)
    page.wait_for_function("[...document.querySelectorAll('#slider img')].filter(i => i.naturalWidth).length >= 2")


def draw_house(page) -> None:
    """With the mouse, as a person does: nothing is clicked before."""
    page.locator("#pad canvas").first.wait_for()
    page.locator("#pad").get_by_role("button", name="Colors").or_(page.locator("#pad .color-picker")).or_(
        page.locator("#pad button[aria-label=Brush]")
    ).first.wait_for()
    page.wait_for_timeout(1500)  # the brush is taken up
    box = page.locator("#pad canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y + 60)
    page.mouse.down()
    for across, down in ((-80, -20), (0, -90), (80, -20), (80, 60), (-80, 60)):
        page.mouse.move(x + across, y + down, steps=8)
    page.mouse.up()


def too_wide(page) -> int:
    """Pixels by which the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_a_drawing_becomes_a_picture_in_the_look_of_the_words(open_page, pictures):
    page = open_page("/sketch/")
    draw_house(page)
    say(page, "a house in watercolour")
    page.locator("#found img").first.wait_for()
    page.locator("#read").get_by_text("watercolour").wait_for()
    page.locator("#go").click()
    done(page)
    assert "watercolour" in page.locator("#summary").inner_text().lower()
    assert "F1" in page.locator("#summary").inner_text()
    page.screenshot(path=pictures / "sketch.png", full_page=True)
    names = page.locator(".files a[download]").evaluate_all("links => links.map(link => link.download)")
    assert set(names) == {"render-1.png", "lines.png", "settings.json"}
    with page.expect_download() as download:
        page.locator(".files a[download='render-1.png']").click()
    with Image.open(download.value.path()) as picture:
        assert picture.size == (256, 256) and "parameters" in picture.info


def test_an_example_runs_with_one_click_and_styles_are_blended(open_page, pictures):
    page = open_page("/sketch/")
    page.locator("#examples button.gallery-item").nth(1).click()
    done(page)
    page.evaluate(  # so soon after one another that the second leaves before the first is answered
        """() => document.querySelectorAll("#found button.thumbnail-item")
            .forEach((style, place) => place < 2 && setTimeout(() => style.click(), 20 * place))"""
    )
    page.get_by_text("Share of").nth(1).wait_for()
    page.locator("#go").click()
    page.locator("#summary").get_by_text(re.compile(r"50% \+ .* 50%")).first.wait_for(timeout=90_000)
    page.screenshot(path=pictures / "sketch_blend.png", full_page=True)


def test_a_style_is_added_and_deleted_on_the_page(open_page, pictures, tmp_path):
    Image.new("RGB", (60, 40), (200, 30, 90)).save(tmp_path / "plain.png")
    page = open_page("/sketch/")
    page.get_by_role("tab", name="Styles").click()
    page.locator("#shelf img").first.wait_for()
    page.locator("#add").click()
    page.locator("#told").get_by_text("no picture").wait_for()
    page.locator("#new input[type=file]").set_input_files(str(tmp_path / "plain.png"))
    page.locator("#new img").wait_for()
    page.locator("#title").locator("textarea, input").first.fill("Raspberry wall")
    page.locator("#add").click()
    page.locator("#told").get_by_text("Added Raspberry wall").wait_for()
    page.locator("#shelf").get_by_text("Raspberry wall").wait_for()
    page.locator("#old input").click()
    page.get_by_role("option", name="Raspberry wall").click()
    page.locator("#delete").click()
    page.locator("#told").get_by_text("Deleted").wait_for()
    page.locator("#shelf").get_by_text("Raspberry wall").wait_for(state="detached")
    page.screenshot(path=pictures / "sketch_styles.png", full_page=True)


def test_without_a_sketch_the_page_says_what_to_do(open_page):
    page = open_page("/sketch/")
    page.locator("#go").click()
    # Not a word of the note that is there from the beginning, "First draw something."
    page.locator("#note").get_by_text(re.compile("no sketch yet|no picture|blank")).first.wait_for()


def test_on_a_phone_in_the_dark(open_page, pictures):
    page = open_page("/sketch/?__theme=dark", *PHONE, "dark")
    page.locator("#examples button.gallery-item").first.click()
    done(page)
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / "sketch_phone.png", full_page=True)
