"""What the pages have in common: events, fields for scripts, notes, tables, pictures; work that is looked at."""

import asyncio
import threading
from functools import partial

import gradio as gr
import pytest

from common import ui
from common.errors import UserError
from tests.common.test_ui import Request, endless


def on_page(build) -> gr.Blocks:
    """A page with what `build()` puts on it."""

    async def made():  # with a loop, or Gradio makes one for the Blocks and leaves it open
        with ui.Blocks() as demo:
            build()
        return demo

    return asyncio.run(made())


def props(component) -> dict:
    return component.get_config()


def test_a_field_stands_for_each_parameter_that_a_script_can_give():
    def order(
        file: str, name: str, many: int, price: float, packed: bool, lines: list, request: gr.Request,
        lead: int | None = None, share: float | None = 0.5, remark: str | None = "none", *, folder: str = "",
    ):  # fmt: skip
        pass

    fields = ui.inputs_of(order, name="rice")
    kinds = [gr.File, gr.Textbox, gr.Number, gr.Number, gr.Checkbox, gr.JSON, gr.Number, gr.Number, gr.Textbox]
    assert [type(field) for field in fields] == kinds
    assert [field.label for field in fields] == [
        "file", "name", "many", "price", "packed", "lines", "lead", "share", "remark"
    ]  # fmt: skip
    assert [field.value for field in fields[1:]] == ["rice", None, None, False, None, None, 0.5, "none"]
    assert (fields[2].precision, fields[3].precision) == (0, None)


def test_scripts_call_an_endpoint_by_its_name_and_its_errors_are_guarded():
    def double(x: int = 2) -> int:
        """Twice as much."""
        if x < 0:
            raise UserError(f"x is {x}: give a number from 0.")
        return 2 * x

    demo = on_page(lambda: ui.endpoint(gr.Button(), double, concurrency_limit=1))
    told = demo.get_api_info()["named_endpoints"]["/double"]
    assert told["description"].startswith("Twice as much.")
    [given] = told["parameters"]
    assert (given["parameter_name"], given["parameter_default"]) == ("x", 2)
    [function] = demo.fns.values()
    assert (function.fn(4), function.concurrency_limit) == (8, 1)
    with pytest.raises(gr.Error, match="x is -1"):
        function.fn(-1)


def test_a_wired_event_is_seen_at_its_note_and_leaves_its_error_there():
    def fail(text):
        raise UserError(f"{text!r} is no number.")

    def build():
        button, text, note = gr.Button(), gr.Textbox(), ui.say("note")
        ui.wire(partial(gr.on, [button.click, text.submit]), fail, text, None, note, concurrency_limit=1)

    demo = on_page(build)
    event, failure = demo.fns.values()
    assert [block.elem_id for block in event.show_progress_on] == ["note"]
    assert (event.api_visibility, event.trigger_mode, event.concurrency_limit) == ("private", "once", 1)
    assert len(event.targets) == 2
    request = gr.Request(session_hash="wired")
    with pytest.raises(gr.Error):
        event.fn(request, "seven")
    assert failure.fn(request) == "'seven' is no number."
    assert [block.elem_id for block in failure.outputs] == ["note"]


def test_a_choice_made_while_another_is_worked_out_comes_next():
    def build():
        menu, level, note = gr.Dropdown(["a", "b"]), gr.Slider(), ui.say("note")
        ui.follow([menu.input, level.release], str, [menu, level], note, note)

    event, _ = on_page(build).fns.values()
    assert (event.trigger_mode, len(event.targets)) == ("always_last", 2)


def test_an_event_that_waits_takes_the_request_itself():
    async def who(request: gr.Request, text: str) -> str:
        return f"{request.session_hash} {text}"

    assert asyncio.run(ui.event(who)(Request(), "hello")) == "someone hello"
    assert ui.event(str.upper)(Request(), "hello") == "HELLO"


def test_a_stop_button_ends_the_runs_and_says_so():
    def build():
        go, stop, note = gr.Button(), gr.Button(), ui.say("note")
        ui.stops(stop, [go.click(lambda: None)], note, "Enough.")

    run, *stopping = on_page(build).fns.values()  # Gradio makes two of it: one that ends the runs, one that speaks
    assert [number for one in stopping for number in one.cancels] == [run._id]
    [spoken] = [one for one in stopping if one.outputs]
    assert (spoken.fn(), spoken.queue, [block.elem_id for block in spoken.outputs]) == ("Enough.", False, ["note"])


def test_what_is_empty_is_out_of_sight():
    assert [ui.shown(value)["visible"] for value in ([1], "a", [], "", None)] == [True, True, False, False, False]


def test_a_table_is_out_of_sight_and_only_looked_at_unless_something_else_is_said():
    usual = props(ui.table({"Day": 80, "Item": "40%"}, "stock"))
    assert (usual["headers"], usual["column_widths"]) == (["Day", "Item"], ["80px", "40%"])
    assert (usual["visible"], usual["interactive"], usual["show_label"]) == (False, False, False)
    other = props(ui.table({"Day": 80}, "stock", "Stock", visible=True, interactive=True))
    assert (other["visible"], other["interactive"], other["show_label"], other["label"]) == (True, True, True, "Stock")


def test_a_note_and_a_plot_take_what_is_otherwise():
    assert (props(ui.say("a"))["min_height"], props(ui.say("a", min_height=72))["min_height"]) == (40, 72)
    picture = props(ui.plot(elem_id="curve", visible=False))
    assert (picture["elem_id"], picture["visible"], picture["format"]) == ("curve", False, "png")


def test_what_is_known_so_far_is_there_while_the_work_goes_on():
    step = threading.Event()

    def work(report):
        step.wait(10)
        return "done"

    async def look():
        seen = []
        async with ui.started(work, lambda *_: None, Request()) as task:
            while not await ui.done(task, within=0.05):
                seen.append("waiting")
                if len(seen) == 3:
                    step.set()
            return seen, task.result()

    seen, result = asyncio.run(look())
    assert (seen[:3], result) == (["waiting"] * 3, "done")


def test_work_has_ended_when_somebody_leaves_before_it_is_done():
    begun, ended = threading.Event(), threading.Event()

    async def leave():
        async with ui.started(endless(begun, ended), lambda *_: None, Request()):
            await asyncio.to_thread(begun.wait, 5)
        return ended.is_set()

    assert asyncio.run(leave())
