"""What the apps share on the page: the words of errors, work that can be stopped, folders of results."""

import asyncio
import gc
import logging
import threading
import time

import gradio as gr
import pytest

from common import ui
from common.errors import MediaError
from common.page import APP_CSS


def test_a_user_error_is_shown_as_it_stands():
    @ui.guard
    def fail():
        raise MediaError("'a.mp4' is empty; give another file.")

    with pytest.raises(gr.Error) as shown:
        fail()
    assert shown.value.message == "'a.mp4' is empty; give another file."


def test_any_other_error_is_shown_as_an_id_and_logged_under_it(caplog):
    @ui.guard
    async def fail():
        raise ZeroDivisionError("secret")

    with caplog.at_level(logging.ERROR), pytest.raises(ui.OurMistake) as shown:
        asyncio.run(fail())
    number = caplog.messages[-1].split()[-1]
    assert number in shown.value.message
    assert "secret" not in shown.value.message
    assert "secret" in caplog.text


def test_guard_keeps_result_name_and_words():
    @ui.guard
    def double(x: int) -> int:
        """Twice as much."""
        return 2 * x

    assert (double(4), double.__name__, double.__doc__) == (8, "double", "Twice as much.")


@pytest.mark.parametrize(
    ("seed", "mix", "file", "said"),
    [
        ("7", 0.5, None, "Seed is '7': give a number from 0."),
        (7, None, None, "Mix is None: give a number from 0 to 1."),
        (7, 2, None, "Mix is 2: give a number from 0 to 1."),
        (-7, 0.5, None, "Seed is -7: give a number from 0."),
        (7, 0.5, "/etc/hostname", "A file could not be read."),
    ],
)
def test_values_that_a_component_cannot_read_are_answered_in_words(seed, mix, file, said):
    async def call():
        with ui.Blocks() as demo:
            gr.Button().click(
                lambda *values: None,
                [gr.Number(0, label="Seed", minimum=0), gr.Slider(0, 1, label="Mix"), gr.File(label="File")],
            )
        await demo.preprocess_data(demo.fns[0], [seed, mix, file], None)

    with pytest.raises(gr.Error) as shown:
        asyncio.run(call())
    assert said in shown.value.message


class Request:
    session_hash = "someone"


def endless(started: threading.Event, ended: threading.Event):
    """Work that only ends when it is stopped."""

    def work(report):
        try:
            while True:
                report(0.5, "Working")
                started.set()
                time.sleep(0.01)
        finally:
            ended.set()

    return work


def test_work_reports_its_progress_and_gives_its_result():
    reports = []

    def work(report):
        report(0.25, "First")
        report(0.75, "Second")
        return "done"

    assert asyncio.run(ui.run(work, lambda *seen: reports.append(seen), Request())) == "done"
    assert reports == [(0.25, "First"), (0.75, "Second")]


def test_cancelled_work_has_ended_when_the_event_ends(caplog):
    started, ended = threading.Event(), threading.Event()

    async def cancel():
        task = asyncio.create_task(ui.run(endless(started, ended), lambda *_: None, Request()))
        await asyncio.to_thread(started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return ended.is_set()

    assert asyncio.run(cancel())
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_leaving_the_page_stops_only_the_work_of_its_session():
    class Other:
        session_hash = "someone else"

    async def close():
        with gr.Blocks() as demo:
            ui.stop_on_close(demo)
        leave = next(fn.fn for fn in demo.fns.values())
        mine, theirs = (threading.Event(), threading.Event()), (threading.Event(), threading.Event())
        task = asyncio.create_task(ui.run(endless(*mine), lambda *_: None, Request()))
        other = asyncio.create_task(ui.run(endless(*theirs), lambda *_: None, Other()))
        await asyncio.to_thread(mine[0].wait, 5)
        await asyncio.to_thread(theirs[0].wait, 5)
        leave(Request())
        with pytest.raises(gr.Error, match="Stopped"):
            await task
        undisturbed = not theirs[1].is_set()
        other.cancel()
        with pytest.raises(asyncio.CancelledError):
            await other
        return undisturbed

    assert asyncio.run(close())


def test_an_error_inside_the_work_reaches_the_event():
    def work(report):
        raise MediaError("too long")

    with pytest.raises(MediaError, match="too long"):
        asyncio.run(ui.run(work, lambda *_: None, Request()))


def test_result_folder_stays_after_success_and_goes_after_an_error():
    with ui.result_folder("walk") as kept:
        (kept / "a.txt").write_text("a")
    assert (kept / "a.txt").exists()
    with pytest.raises(ValueError), ui.result_folder("walk") as lost:
        (lost / "a.txt").write_text("a")
        raise ValueError
    assert not lost.exists()


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours written #rrggbb."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("body_text_color", "body_background_fill"),
        ("body_text_color_subdued", "body_background_fill"),
        ("button_primary_text_color", "button_primary_background_fill"),
        ("link_text_color", "body_background_fill"),
        ("block_info_text_color", "block_background_fill"),
    ],
)
@pytest.mark.parametrize("mode", ["", "_dark"])
def test_text_is_readable_in_light_and_dark(text, ground, mode):
    look = ui.theme()

    def colour(name: str) -> str:
        value = getattr(look, name + mode) or getattr(look, name)
        while value.startswith("*"):
            name = value[1:]
            value = getattr(look, name + mode, None) or getattr(look, name)
        return {"white": "#ffffff", "black": "#000000"}.get(value, value)

    assert contrast(colour(text), colour(ground)) >= 4.5


def test_nothing_of_the_look_comes_from_another_host():
    text = ui.theme()._get_theme_css() + APP_CSS + ui.head
    assert "http" not in text.replace("http://www.w3.org", "")
    assert not ui.theme()._stylesheets
