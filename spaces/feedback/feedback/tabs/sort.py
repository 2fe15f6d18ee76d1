"""The tab "Sort": one text, what it is, which part says what, and whether that is right."""

import json
from functools import partial
from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from feedback import summary
from feedback.tabs import desk, label_menu, title


def sort(text: str, private: bool, cost: float) -> list:
    """One text, as the tab shows it."""
    found = desk.classify(text or "", not private, cost, source="page")
    spans = summary.marked(text, found["spans"], [title(span["label"]) for span in found["spans"]])
    return [
        {"text": text, **found},
        "",
        *[gr.update(visible=it) for it in (False, True, found["id"] is not None)],  # guide, result, correction
        {title(one["label"]): one["confidence"] for one in found["top"]},
        summary.result(found, desk.titles()),
        gr.update(value=spans, visible=bool(found["also"])),
        gr.update(value=None, visible=False),
        *[label_menu(value=None)] * 2,
        "",
    ]


def weigh(kept: dict) -> dict:
    """Which words of the sorted text count."""
    found, name = desk.explain(kept["text"], kept["label"]), title(kept["label"])
    said = f"Red speaks for “{name}”, violet against it"
    return gr.update(value=summary.weighed(kept["text"], found), visible=True, label=said)


def settle(kept: dict, second: str | None, label: str | None) -> str:
    """What the sorted text is, said by the person who sees it."""
    if not label:
        raise UserError("Choose first what it is.")
    done = desk.correct(kept["id"], label, second or "")
    return f"{summary.decision(done, desk.titles())} {done['waiting']:,} wait in the review."


def agree(kept: dict, second: str | None) -> str:
    return settle(kept, second, kept["label"])


def tab(folder: Path) -> None:
    """folder: of the examples"""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    with gr.Tab("Sort"), gr.Row():
        with gr.Column(scale=2, min_width=320):
            kept = gr.State()
            text = gr.Textbox(label="What the customer wrote", lines=6, max_lines=16, elem_id="text")
            examples = gr.Dataset(
                label="Or click an example",
                components=[gr.Textbox(render=False)],
                samples=[[one["text"]] for one in texts],
                sample_labels=[one["name"] for one in texts],
                elem_id="examples",
            )
            cost = gr.Slider(1, 50, 5, step=1, label="How bad is a wrong label?", info=summary.COST)
            private = gr.Checkbox(False, label="Don't keep anything of it", elem_id="private")
            go = gr.Button("Sort it", variant="primary", elem_id="go")
            note = ui.say("note")
        with gr.Column(scale=3, min_width=320):
            guide = gr.Markdown(summary.GUIDE, container=True, elem_classes=["guide", "status"])
            with gr.Column(visible=False, elem_id="result") as result:
                top = gr.Label(label="It is", num_top_classes=3, elem_id="top")
                said = gr.Markdown(elem_id="said", padding=True)
                parts = gr.HighlightedText(label="Which part says what", visible=False, elem_id="parts")
                why = gr.Button("Which words count?", elem_id="why")
                words = gr.HighlightedText(visible=False, elem_id="words")
                with gr.Group() as correction:
                    right = gr.Button("That is right", elem_id="right")
                    with gr.Row():
                        is_it = gr.Dropdown([], label="No, it is", elem_id="is")
                        also = gr.Dropdown([], label="and also (if it says two things)", elem_id="also")
                    correct = gr.Button("Correct it", elem_id="correct")
                told = ui.say("told")

    takes = [text, private, cost]
    gives = [kept, note, guide, result, correction, top, said, parts, words, is_it, also, told]
    clicked = examples.click(lambda row: row[0], examples, text, **ui.QUIET)
    for trigger in (partial(gr.on, [go.click, text.submit]), clicked.then):
        ui.wire(trigger, sort, takes, gives, note, show_progress_on=[note, guide])
    ui.wire(why.click, weigh, [kept], words, told)
    ui.wire(right.click, agree, [kept, also], told, told)
    ui.wire(correct.click, settle, [kept, also, is_it], told, told)
