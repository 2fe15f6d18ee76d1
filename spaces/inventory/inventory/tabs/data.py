"""The tab "Data": importing, the records, items and outlets, the example, and deleting everything."""

from pathlib import Path
from typing import NamedTuple

import gradio as gr

from common import ui
from inventory.summary import data
from inventory.tabs import HEAVY, desk, imports
from inventory.tabs.overview import load_example
from inventory.tabs.parts import into_folder, menu, say, table, write


class Data(NamedTuple):
    """What the page fills in when it begins: menus. changed: after these there are other records"""

    outlet: gr.Dropdown
    item: gr.Dropdown
    changed: list


def stored() -> list:
    """What the tab shows of what is there."""
    return [imports.past_imports(), items()]


def items() -> dict:
    return ui.shown(data.item_rows(desk.items()))


def browse(*wanted) -> list:
    found = desk.records(*wanted)
    said = f"{found['total']:,} records; page {found['page']} of {found['pages']}."
    return [said, ui.shown(data.record_rows(found))]


def export(kind: str, *wanted) -> list:
    return ["The file is ready.", ui.shown(into_folder(desk.export_records)(kind, *wanted))]


def change_item(name: str, unit: str, category: str, pack, lead, keeps, price, aliases: str) -> list:
    one = desk.set_item(name or "", unit or "", category or None, pack, lead, keeps, price, listed(aliases))
    return [f"**{one['name']}** is kept.", items()]


def new_outlet(name: str, aliases: str) -> str:
    return f"Outlets: {', '.join(one['name'] for one in desk.add_outlet(name or '', listed(aliases)))}."


def listed(aliases: str | None) -> list[str] | None:
    """Names written with commas between; None where nothing is written, which leaves them as they are."""
    return [one.strip() for one in aliases.split(",") if one.strip()] if aliases else None


def wipe(word: str) -> list:
    return [f"{desk.delete_everything(word or '')['records']:,} records are deleted, and everything else.", ""]


def tab(folder: Path, token: gr.Textbox) -> Data:
    """folder: of the examples"""
    with gr.Tab("Data", id="data") as here:
        earlier, brought = imports.part(folder, token)
        outlet, item = _records()
        item_table = _catalogue(token)
        loaded, wiped = _example_and_clean_sheet(token)
    here.select(ui.guard(stored), None, [earlier, item_table], **ui.QUIET)
    return Data(outlet, item, [brought.success, loaded.success, wiped.success])


def _records() -> tuple[gr.Dropdown, gr.Dropdown]:
    """Gives the menus of outlets and of items."""
    gr.Markdown("### Records", padding=True)
    with gr.Row():
        outlet, item = menu("Outlet", "x_outlet"), menu("Item", "x_item")
        first = gr.Textbox("", label="From", placeholder="2026-03-31", min_width=120)
        last = gr.Textbox("", label="To", placeholder="2026-03-31", min_width=120)
        leaf = gr.Number(1, precision=0, minimum=1, label="Page", min_width=80)
    with gr.Row():
        go_browse = gr.Button("Show them", elem_id="browse")
        kind = gr.Radio(["csv", "xlsx"], value="csv", show_label=False, container=False, min_width=120)
        go_export = gr.Button("Export them", elem_id="export")
    note, records = say("x_note"), table(data.RECORD_HEADS, "records")
    file = gr.File(label="Export", visible=False, elem_classes="files")

    those = [outlet, item, first, last]
    ui.wire(go_browse.click, browse, [*those, leaf], [note, records], note)
    ui.wire(go_export.click, export, [kind, *those], [note, file], note)
    return outlet, item


def _catalogue(token: gr.Textbox) -> gr.Dataframe:
    """Gives the table of items."""
    gr.Markdown("### Items and outlets", padding=True)
    item_table = table(data.ITEM_HEADS, "items")
    with gr.Accordion("Add or change an item or an outlet", open=False):
        with gr.Row():
            name, unit, category = (gr.Textbox(label=one, min_width=140) for one in ("Item", "Unit", "Category"))
            pack, price = (gr.Number(None, label=one, min_width=100) for one in ("Pack", "Price"))
            lead, keeps = (
                gr.Number(None, precision=0, label=one, min_width=100) for one in ("Lead days", "Keeps days")
            )
            aliases = gr.Textbox(label="Also called, with commas between", min_width=200)
        go_item = gr.Button("Keep the item", elem_id="go_item")
        with gr.Row():
            place = gr.Textbox(label="Outlet", min_width=140)
            places = gr.Textbox(label="Also called, with commas between", min_width=200)
        go_outlet = gr.Button("Keep the outlet", elem_id="go_outlet")
    note = say("t_note")

    about = [name, unit, category, pack, lead, keeps, price, aliases]
    ui.wire(go_item.click, write(change_item), [token, *about], [note, item_table], note)
    ui.wire(go_outlet.click, write(new_outlet), [token, place, places], note, note)
    return item_table


def _example_and_clean_sheet(token: gr.Textbox) -> tuple:
    """Gives the events that load the example and that delete everything."""
    gr.Markdown("### Example, and a clean sheet", padding=True)
    example = gr.Button("Load the example business", elem_id="example_again")
    with gr.Row():
        word = gr.Textbox("", label="Write delete here", min_width=160, elem_id="word")
        go = gr.Button("Delete everything", variant="stop", elem_id="wipe")
    note = say("d_note")

    loaded = ui.wire(example.click, write(load_example), token, note, note, **HEAVY)
    wiped = ui.wire(go.click, write(wipe), [token, word], [note, word], note)
    return loaded, wiped
