"""The page as a person meets it, in real Chromium: give a video, hear the steps, change them, take the files home."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "spaces/footsteps/examples").glob("*.mp4"), key=lambda path: path.stat().st_size)
PHONE = (390, 844)

# Collects the names of the stages that the progress bar shows.
WATCH_STAGES = """() => {
    window.stages = new Set();
    const look = () => document.querySelectorAll('#note [role=progressbar]').forEach(bar => stages.add(bar.ariaLabel));
    new MutationObserver(look).observe(
        document.querySelector('#note'), {subtree: true, childList: true, attributes: true});
}"""

pytestmark = pytest.mark.browser


def film(page, selector: str) -> dict:
    """What the browser knows about a video once it can play it."""
    ready = f"document.querySelector('{selector} video')?.readyState >= 2"
    page.wait_for_function(ready, timeout=90_000)
    return page.evaluate(
        """(selector) => {
            const video = document.querySelector(selector + ' video');
            return {duration: video.duration, width: video.videoWidth, error: video.error, src: video.currentSrc};
        }""",
        selector,
    )


def upload(page, path: Path) -> None:
    page.locator("#video input[type=file]").set_input_files(str(path))
    page.locator("#video video").wait_for(state="attached")


def make(page, path: Path | None = None) -> None:
    """Upload a clip, or click the first example; wait for the result."""
    if path:
        upload(page, path)
        page.locator("#go").click()
    else:
        page.locator("#examples button").first.click()
    film(page, "#after")


def too_wide(page) -> int:
    """Pixels by which the page can be scrolled sideways."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def rows(page) -> int:
    """How many steps the table shows."""
    numbers = "cells => new Set(cells.map(cell => cell.dataset.row)).size"
    return page.locator("#steps [data-row]").evaluate_all(numbers)


def write(page, row: int, column: int, text: str) -> None:
    """Change a cell of the table as with the keyboard; again where the page moved under the mouse."""
    for _ in range(5):
        cell(page, row, column).dblclick()
        field = cell(page, row, column).locator("input, textarea")
        if field.count():
            field.first.fill(text)
            field.first.press("Enter")
            page.wait_for_timeout(300)
            if text in cell(page, row, column).inner_text():
                return
        page.wait_for_timeout(500)
    pytest.fail(f"row {row}, column {column} did not take {text!r}")


def cell(page, row: int, column: int):
    """A cell of the table of steps; rows count from 0 below the headings."""
    return page.locator(f"#steps [data-row='{row}'][data-col='{column}']").last


def test_upload_gives_a_playable_video_sound_plot_and_files(open_page, pictures):
    page = open_page("/footsteps/")
    make(page, EXAMPLES[0])
    before, after = film(page, "#video"), film(page, "#after")
    assert after["error"] is None and after["width"] > 0
    assert after["duration"] == pytest.approx(before["duration"], abs=0.2)
    assert after["src"] != before["src"]
    sounding = "document.querySelector('#after video').webkitAudioDecodedByteCount > 0"
    page.evaluate("(() => { const v = document.querySelector('#after video'); v.muted = true; return v.play(); })()")
    page.wait_for_function(sounding)
    assert re.search(r"\d+ footsteps", page.locator("#note").inner_text())
    page.get_by_role("button", name=re.compile("^Plot")).click()
    page.wait_for_function("document.querySelector('#result img')?.naturalWidth > 0")
    names = page.locator(".files a[download]").evaluate_all("links => links.map(link => link.download)")
    assert {Path(name).suffix for name in names} >= {".mp4", ".wav", ".csv", ".json", ".png"}
    with page.expect_download() as download:
        page.locator(".files a[download$='.wav']").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"
    page.screenshot(path=pictures / "desktop.png", full_page=True)


def test_an_example_runs_with_one_click_and_names_its_stages(open_page, pictures):
    page = open_page("/footsteps/")
    page.locator("#examples button").first.click()
    page.locator("#note").get_by_text("Following the walker").wait_for()
    page.screenshot(path=pictures / "running.png")
    assert film(page, "#after")["duration"] > 1


def test_a_changed_table_is_rendered_again_without_detecting(open_page, pictures):
    page = open_page("/footsteps/")
    make(page)
    first, steps = film(page, "#after")["src"], rows(page)
    write(page, 0, 2, "lava")
    page.locator("#again").click()
    page.locator("#below").get_by_text("surface is 'lava'").wait_for()
    write(page, 0, 2, "metal")
    page.locator("#add").click()
    page.wait_for_function(f"document.querySelector('#steps [data-row=\"{steps}\"]')")
    page.evaluate(WATCH_STAGES)
    page.locator("#again").click()
    page.wait_for_function(f"document.querySelector('#after video').currentSrc !== '{first}'")
    film(page, "#after")
    assert "metal" in cell(page, 0, 2).inner_text()
    assert rows(page) == steps + 1
    seen = page.evaluate("[...stages]")
    assert "Making the sounds" in seen or "Writing the files" in seen
    assert "Following the walker" not in seen
    page.screenshot(path=pictures / "again.png", full_page=True)


def test_stop_ends_the_work(open_page):
    page = open_page("/footsteps/")
    page.locator("#examples button").first.click()
    page.locator("#note").get_by_text("Following the walker").wait_for()
    page.locator("#stop").click()
    page.locator("#note").get_by_text("Stopped.").wait_for(timeout=10_000)
    # The next run starts at once instead of waiting for the stopped one.
    page.locator("#examples button").first.click()
    assert film(page, "#after")["duration"] > 1


def test_what_is_no_video_is_explained(open_page, tmp_path):
    fake = tmp_path / "holiday.mp4"
    fake.write_text("This is a text.")
    page = open_page("/footsteps/")
    upload(page, fake)
    page.locator("#go").click()
    # Beside the button, where it stays; Gradio's own message goes after a few seconds.
    page.locator("#note").get_by_text("'holiday.mp4'").wait_for()


def test_nothing_given_says_what_to_do(open_page):
    page = open_page("/footsteps/")
    page.locator("#go").click()
    page.locator("#note").get_by_text("There is no video yet.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(open_page, pictures, scheme):
    page = open_page("/footsteps/", *PHONE, scheme)
    page.locator("#go").wait_for()
    assert too_wide(page) <= 0
    make(page)
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / f"phone-{scheme}.png", full_page=True)
    page.get_by_role("tab", name="API").click()
    page.get_by_text("gradio_client").first.wait_for()
    assert too_wide(page) <= 0


def test_dark_mode_is_dark(open_page, pictures):
    page = open_page("/footsteps/", scheme="dark")
    page.locator("#go").wait_for()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(value) for value in re.findall(r"\d+", ground)[:3]) < 64
    page.screenshot(path=pictures / "dark.png", full_page=True)


def test_it_can_be_used_by_keyboard_and_every_control_has_a_name(open_page):
    page = open_page("/footsteps/")
    page.locator("#go").wait_for()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.closest('[id]')?.id"))
    assert {"go", "stop"} <= reached
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=file]):not([type=hidden]), select, textarea')]
            .filter(e => e.offsetParent && !(e.innerText || e.title || e.ariaLabel || e.labels?.length
                || e.getAttribute('aria-labelledby') || e.querySelector('[aria-label], title')))
            .map(e => e.outerHTML.slice(0, 200))"""
    )
    assert nameless == []


@pytest.mark.parametrize(("width", "height", "scheme"), [(1280, 900, "light"), (*PHONE, "dark")])
def test_start_page_leads_to_the_app(open_page, pictures, width, height, scheme):
    page = open_page("/", width, height, scheme)
    assert too_wide(page) <= 0
    page.screenshot(path=pictures / f"start-{scheme}.png")
    page.get_by_role("link", name=re.compile("Footsteps")).click()
    page.locator("#go").wait_for()
