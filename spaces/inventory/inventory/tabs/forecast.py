"""The tab "Forecast": what will be needed of an item, and which way to forecast does best."""

import gradio as gr

from common import ui
from common.errors import UserError
from inventory import plots
from inventory.summary import forecast
from inventory.tabs import HEAVY, desk
from inventory.tabs.overview import Overview
from inventory.tabs.parts import drawn, menu, picture, say, table

PROGRESS = gr.Progress()
FARTHEST = 14  # days ahead


def foretell(outlet: str | None, item: str | None, days: int) -> list:
    if not outlet or not item:
        raise UserError("There is nothing to forecast yet. Load the example, or import a file.")
    found = desk.forecast(outlet, item, int(days))
    past = found["history"]
    history = [
        (day, float("nan") if used is None else used) for day, used in zip(past["days"], past["used"], strict=True)
    ]
    band = (found["days"], found["low"], found["middle"], found["high"], found["unit"])
    return [forecast.forecast(found), drawn(plots.forecast, history, *band), ui.shown(forecast.day_rows(found))]


def pick(items: list, event: gr.SelectData) -> list:
    """A click on an item of the overview opens this tab with it, and the tab's opening forecasts it."""
    one = items[event.index[0]]
    return [one["outlet"], one["item"], gr.Tabs(selected="forecast")]


async def compare(
    outlet: str, cutoffs: int, thorough: bool, request: gr.Request, progress: gr.Progress = PROGRESS
) -> list:
    work = lambda tell: desk.backtest(outlet or "", "", int(cutoffs), thorough, tell=tell)  # noqa: E731
    found = await ui.run(work, progress, request)
    methods = found["methods"]
    bars = drawn(plots.errors, [one["name"] for one in methods], [one["wape"] for one in methods])
    return [forecast.backtest(found), bars, ui.shown(forecast.method_rows(found))]


def tab(tabs: gr.Tabs, overview: Overview) -> tuple[gr.Dropdown, gr.Dropdown]:
    """The tab; gives its menus of outlets and of items."""
    with gr.Tab("Forecast", id="forecast") as here:
        with gr.Row():
            outlet, item = menu("Outlet", "f_outlet"), menu("Item", "f_item")
            ahead = gr.Slider(1, FARTHEST, FARTHEST, step=1, label="Days ahead", min_width=200)
        note = say("f_note")
        with gr.Row():
            with gr.Column(scale=3, min_width=320):
                curve = picture("curve")
            with gr.Column(scale=2, min_width=320):
                by_day = table(forecast.DAY_HEADS, "by_day")
        with gr.Accordion("Which way to forecast does best?", open=False):
            with gr.Row():
                cutoffs = gr.Slider(1, 12, 4, step=1, label="Earlier dates, two weeks apart", min_width=200)
                thorough = gr.Checkbox(False, label="With the slow ones, too (minutes)")
            with gr.Row():
                go = gr.Button("Compare them", variant="primary", scale=3, elem_id="compare")
                stop = gr.Button("Stop", min_width=80, elem_id="stop_compare")
            tested, errors = say("b_note"), picture("errors")
            methods = table(forecast.METHOD_HEADS, "methods")

    view = [note, curve, by_day]
    overview.stock.select(ui.guard(pick), overview.rows, [outlet, item, tabs], **ui.QUIET)
    asks = [here.select, outlet.input, item.input, ahead.release]
    ui.follow(asks, foretell, [outlet, item, ahead], view, note)
    takes, gives = [outlet, cutoffs, thorough], [tested, errors, methods]
    compared = ui.wire(go.click, compare, takes, gives, tested, **HEAVY)
    ui.stops(stop, [compared], tested)
    return outlet, item
