"""The page of the Space: its tabs and what scripts can call. The work is done by the package `inventory`."""

from pathlib import Path

import gradio as gr
from fastapi.routing import Mount

from common import ui
from inventory import access, endpoints, summary
from inventory.http import application
from inventory.tabs import HEAVY, anomalies, ask, data, desk, forecast, models, orders, overview, receipts
from inventory.tabs.parts import into_folder

FOLDER = Path(__file__).parent / "examples"
http = application(desk)


def start() -> list:
    """The page for what is in the database: a welcome or the overview, the names in the menus."""
    outlets, items = ([one["name"] for one in found] for found in (desk.outlets(), desk.items()))
    empty = not desk.health()["records"]

    def every(first: tuple, names: list):
        return gr.update(choices=[first, *names], value="")

    def one(names: list):
        return gr.update(choices=names, value=next(iter(names), None))

    # An update of its own for each menu: Gradio takes them apart.
    return [
        *(gr.update(visible=seen) for seen in (empty, not empty, access.needed())),
        *(every(summary.ALL_OUTLETS, outlets) for _ in range(4)),
        *(every(summary.ALL_ITEMS, items) for _ in range(2)),
        *(one(names) for names in (outlets, outlets, items)),
        "" if empty else "Working out what will be needed …",
    ]


with ui.Blocks(title="Inventory", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Inventory", "Stock records in: what to order, what went wrong, what the receipt says, in plain words.")
    token = gr.Textbox(label="Token for changes", type="password", visible=False, elem_id="token")
    with gr.Tabs(elem_id="tabs") as tabs:
        first = overview.tab(tabs, token)
        forecast_outlet, forecast_item = forecast.tab(tabs, first)
        anomaly_outlet, anomaly_item = anomalies.tab(token)
        order_outlet = orders.tab()
        receipt_outlet = receipts.tab(FOLDER, token)
        ask.tab()
        book = data.tab(FOLDER, token)
        models.tab(token)
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Inventory")

    headline = first.view[0]
    page = [
        first.welcome, first.there, token,
        first.outlet, anomaly_outlet, order_outlet, book.outlet,
        anomaly_item, book.item,
        receipt_outlet, forecast_outlet, forecast_item,
        headline,
    ]  # fmt: skip
    # The page anew when it opens and where there are other records; what has to be worked out comes last.
    for trigger in (demo.load, *first.changed, *book.changed):
        begun = ui.wire(trigger, start, None, page, first.note)
        ui.wire(begun.success, overview.look_ahead, first.outlet, first.view, first.note, **overview.IN_TURN)

    with gr.Column(visible=False):  # what only the API takes and returns
        call = gr.Button()
        for name in endpoints.OFFERED:
            function, gives = endpoints.offered(desk, name), gr.JSON(label="Result")
            if name in endpoints.FILES:
                function, gives = into_folder(function), gr.File(label="Result")
            ui.endpoint(call, function, gives, **(HEAVY if name in endpoints.LONG else {}))
    ui.stop_on_close(demo)

demo.queue(max_size=50, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options, app_kwargs={"routes": [Mount("/http", http)]})
