"""The tab "Orders": what to order today, of how much, and why."""

import gradio as gr

from common import ui
from common.errors import UserError
from inventory.ordering.quantities import SERVICE_LEVEL
from inventory.summary import notation, orders
from inventory.tabs import desk
from inventory.tabs.parts import menu, say, table


def plan(outlet: str, method: str, level: float, days: int) -> list:
    """What the tab shows."""
    found = desk.recommend_order(outlet, "", int(days or 0), level, method)
    alike = orders.similar(desk.similar_outlets(outlet)) if outlet else ""
    several = not outlet
    reasons = {notation.named(one, several): one for one in found}
    said = f"{orders.orders(found)} {alike}"
    return [said, ui.shown(orders.order_rows(found, several)), orders.order_reasons(found, several), reasons, None]


def write_orders(rows: list, reasons: dict) -> list:
    wanted = [row for row in rows or [] if row[1] and float(row[1]) > 0]
    if not wanted:
        raise UserError("There is nothing to order. Work the orders out first, or write a quantity.")
    with ui.result_folder("orders") as folder:
        orders.write_orders(folder / "orders.csv", wanted, reasons)
    return [f"{len(wanted)} items are in the list.", ui.shown(str(folder / "orders.csv"))]


def tab() -> gr.Dropdown:
    """The tab; gives its menu of outlets."""
    with gr.Tab("Orders", id="orders") as here, gr.Row():
        with gr.Column(scale=2, min_width=320):
            reasons = gr.State()
            outlet = menu("Outlet", "r_outlet")
            method = gr.Radio(orders.METHODS, value="forecast", label="How much", elem_id="method")
            level = gr.Slider(0.5, 0.999, SERVICE_LEVEL, label="Service level", info=orders.SERVICE)
            until = gr.Number(0, precision=0, minimum=0, label="Next order in days", info=orders.REVIEW)
            go = gr.Button("Work it out", variant="primary", elem_id="plan")
            note = say("r_note")
        with gr.Column(scale=3, min_width=320):
            wanted = table(
                orders.ORDER_HEADS, "wanted", "Quantities can be changed", interactive=True,
                static_columns=[0, 2], datatype=["str", "number", "str"],
            )  # fmt: skip
            go_list = gr.Button("Download the order list", elem_id="list")
            file = gr.File(label="Order list", visible=False, elem_classes="files")
            with gr.Accordion("Why", open=False):
                why = gr.Markdown(elem_id="why", padding=True)

    plans = [here.select, go.click, outlet.input, method.input]
    ui.follow(plans, plan, [outlet, method, level, until], [note, wanted, why, reasons, file], note)
    ui.wire(go_list.click, write_orders, [wanted, reasons], [note, file], note)
    return outlet
