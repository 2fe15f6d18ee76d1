"""The tab "Review": what the model was not sure of, one text at a time, for a person to decide."""

import gradio as gr

from common import ui
from feedback import summary
from feedback.tabs import desk, label_menu, title


def card(place: int, order: str) -> list:
    """What the tab shows of one place in the queue."""
    found = desk.review_queue(order, max(1, place), 1)
    item = next(iter(found["items"]), None)
    said = item and f"Taken for **{title(item['label'])}** with {item['confidence']:.0%}. {item['why']}"
    texts = [item["text"] if item else "", said, f"Right: {title(item['label'])}" if item else "Right"]
    count, visible = summary.queue(found), gr.update(visible=item is not None)
    return [item, found["page"], count, visible, *texts, *[label_menu(value=None)] * 2]


def decide(item: dict, place: int, order: str, second: str | None, label: str | None = None) -> list:
    done = desk.correct(item["id"], label or item["label"], second or "")
    return [summary.decision(done, desk.titles()), ui.shown("Undo"), item["id"], *card(place, order)]


def dismiss(item: dict, place: int, order: str) -> list:
    return [summary.decision(desk.dismiss(item["id"]), {}), ui.shown("Undo"), item["id"], *card(place, order)]


def undo(last: int, order: str) -> list:
    desk.undo(last)
    return [f"The decision about number {last} is taken back.", gr.update(visible=False), None, *card(1, order)]


def tab() -> None:
    with gr.Tab("Review") as here:
        item, place, last = gr.State(), gr.State(1), gr.State()
        count = gr.Markdown(elem_id="count", padding=True)
        order = gr.Radio(summary.ORDERS, value="confidence", show_label=False)
        with gr.Column(visible=False, elem_id="card") as card_here:
            asked = gr.Textbox(label="The text, without personal data", interactive=False, lines=3, max_lines=14)
            taken = gr.Markdown(elem_id="taken", padding=True)
            confirm = gr.Button("Right", variant="primary", elem_id="confirm")
            with gr.Row():
                later = gr.Button("Later", min_width=80, elem_id="later")
                drop = gr.Button("Of no use", min_width=80, elem_id="drop")
            other = gr.Radio([], label="No, it is (a click decides)", elem_id="other")
            both = "If it says two things, choose the other one before you decide"
            second = gr.Dropdown([], label=both, elem_id="second")
        with gr.Row():
            outcome = ui.say("outcome", padding=True)
            back = gr.Button("Undo", visible=False, scale=0, min_width=120, elem_id="undo")

    cards = [item, place, count, card_here, asked, taken, confirm, other, second]
    decided, at = [outcome, back, last, *cards], [item, place, order]
    gr.on([here.select, order.input], card, [place, order], cards, trigger_mode="always_last", **ui.QUIET)
    later.click(lambda place, order: card(place + 1, order), [place, order], cards, **ui.QUIET)
    ui.wire(confirm.click, decide, [*at, second], decided, outcome)
    ui.wire(other.input, decide, [*at, second, other], decided, outcome)
    ui.wire(drop.click, dismiss, at, decided, outcome)
    ui.wire(back.click, undo, [last, order], decided, outcome)
