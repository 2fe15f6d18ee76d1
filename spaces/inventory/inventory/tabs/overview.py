"""The tab "Overview": a welcome while there is nothing, then what is in stock and how long it lasts."""

from typing import NamedTuple

import gradio as gr

from common import ui
from inventory import plots
from inventory.summary import notation, overview
from inventory.tabs import HEAVY, desk
from inventory.tabs.parts import drawn, menu, picture, say, table, write

# What shows the overview runs in the order asked for: a choice made while the page begins is shown last.
IN_TURN = {"concurrency_limit": 1, "concurrency_id": "overview"}


class Overview(NamedTuple):
    """What the page fills in when it begins, and what other tabs need.

    view: the outputs of `look_ahead`; stock, rows: the table to click and what is in it
    changed: after these there are other records
    """

    note: gr.Markdown
    welcome: gr.Column
    there: gr.Column
    outlet: gr.Dropdown
    view: list
    stock: gr.Dataframe
    rows: gr.State
    changed: list


def look_ahead(outlet: str) -> list:
    """What the tab shows."""
    if not desk.health()["records"]:
        return ["", "", gr.update(visible=False), gr.update(visible=False), []]
    found = desk.overview(outlet)
    items = found["items"]
    columns = [[notation.named(one, not outlet) for one in items], [one["cover_days"] or 0 for one in items]]
    chart = drawn(plots.cover, *columns, [one["urgency"] for one in items])
    rows = overview.overview_rows(found, not outlet)
    return [overview.overview(found), overview.urgent(found), chart, ui.shown(rows), items]


def load_example() -> str:
    done = desk.load_example()
    return f"{done['records']:,} made-up records of {done['outlets']} outlets are here, up to {done['last_day']}."


def tab(tabs: gr.Tabs, token: gr.Textbox) -> Overview:
    with gr.Tab("Overview", id="overview") as here:
        rows = gr.State()
        note = say("note")
        with gr.Column(visible=False, elem_id="welcome") as welcome:
            gr.Markdown(overview.WELCOME, container=True, elem_classes="guide")
            with gr.Row():
                example = gr.Button("Load the example business", variant="primary", elem_id="example")
                own = gr.Button("Import your own file", elem_id="own")
        with gr.Column(visible=False, elem_id="there") as there:
            outlet = menu("Outlet", "outlet")
            with gr.Row():
                with gr.Column(scale=2, min_width=320):
                    headline = gr.Markdown(elem_id="headline", container=True, padding=True)
                    lines = gr.Markdown(elem_id="lines", padding=True)
                    covers = picture("covers")
                with gr.Column(scale=3, min_width=320):
                    stock = table(overview.OVERVIEW_HEADS, "stock", "A click shows the forecast")

    view = [headline, lines, covers, stock, rows]
    ui.follow([outlet.input, here.select], look_ahead, outlet, view, note, **IN_TURN)
    loaded = ui.wire(example.click, write(load_example), token, note, note, **HEAVY)
    own.click(lambda: gr.Tabs(selected="data"), None, tabs, **ui.QUIET)
    return Overview(note, welcome, there, outlet, view, stock, rows, [loaded.success])
