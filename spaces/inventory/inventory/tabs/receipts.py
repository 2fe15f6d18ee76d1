"""The tab "Receipts": read one, check its lines, take it into stock."""

from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from inventory.summary import receipts
from inventory.tabs import HEAVY, desk
from inventory.tabs.parts import menu, say, table, write


def scan(file: str | None) -> list:
    if not file:
        raise UserError("There is no receipt yet. Give a photo, a scan or a PDF.")
    return review(desk.scan_receipt(file, name=Path(file).name))


def review(found: dict) -> list:
    """What the tab shows of a receipt."""
    day = found["date"] or desk.health()["last_day"]
    rows = gr.update(value=receipts.line_rows(found), visible=True)
    seen = [gr.update(visible=False), gr.update(visible=True)]
    return ["", *seen, receipts.receipt(found), rows, receipts.matches(found), day, found["number"], *waiting()]


def reopen(numbers: list, event: gr.SelectData) -> list:
    """A click on a receipt of the list."""
    return review(desk.receipt(numbers[event.index[0]]))


def waiting() -> list:
    found = desk.receipts()
    return [ui.shown(receipts.receipt_rows(found)), [one["number"] for one in found]]


def take_in(number: int | None, outlet: str | None, day: str, rows: list) -> list:
    done = desk.confirm_receipt(number, outlet or "", day, receipts.delivered(rows))
    return [receipts.confirmed(done), gr.update(visible=False), *waiting()]


def put_away(number: int | None) -> list:
    desk.discard_receipt(number)
    return [f"Receipt {number} is put away. Nothing of it is in stock.", gr.update(visible=False), *waiting()]


def tab(folder: Path, token: gr.Textbox) -> gr.Dropdown:
    """folder: of the examples. The tab; gives its menu of outlets."""
    example = str(folder / "receipt.jpg")
    with gr.Tab("Receipts", id="receipts") as here, gr.Row():
        with gr.Column(scale=2, min_width=320):
            number, numbers = gr.State(), gr.State()
            paper = gr.File(label="Photo, scan or PDF", file_types=["image", ".pdf"], height=140, elem_id="paper")
            photo = gr.Button("Take the example: a photo of a receipt", elem_id="photo")
            go = gr.Button("Read it", variant="primary", elem_id="scan")
            note = say("p_note")
            kept = table(receipts.RECEIPT_HEADS, "kept", "Receipts so far; a click opens one")
        with gr.Column(scale=3, min_width=320):
            guide = gr.Markdown(receipts.RECEIPT_GUIDE, container=True, elem_classes=["guide", "status"])
            with gr.Column(visible=False, elem_id="review") as reviewed:
                receipt = gr.Markdown(elem_id="receipt", container=True, padding=True)
                articles = table(
                    receipts.LINE_HEADS, "articles", "Change what is wrong; lines without an item are left out",
                    interactive=True, visible=True, datatype=["str", "str", "number", "str"],
                )  # fmt: skip
                with gr.Accordion("Why these items", open=False):
                    matched = gr.Markdown(elem_id="matched", padding=True)
                with gr.Row():
                    outlet = menu("Came in at", "c_outlet")
                    day = gr.Textbox(label="On", placeholder="2026-03-31", min_width=150, elem_id="c_day")
                with gr.Row():
                    confirm = gr.Button("Into stock", variant="primary", scale=3, elem_id="confirm")
                    discard = gr.Button("Put it away", min_width=120, elem_id="discard")

    view = [note, guide, reviewed, receipt, articles, matched, day, number, kept, numbers]
    taken = photo.click(lambda: example, None, paper, **ui.QUIET)
    for trigger in (go.click, taken.then):
        ui.wire(trigger, write(scan), [token, paper], view, note, **HEAVY)
    here.select(ui.guard(waiting), None, [kept, numbers], **ui.QUIET)
    kept.select(ui.guard(reopen), numbers, view, **ui.QUIET)
    done = [note, reviewed, kept, numbers]
    ui.wire(confirm.click, write(take_in), [token, number, outlet, day, articles], done, note)
    ui.wire(discard.click, write(put_away), [token, number], done, note)
    return outlet
