"""The tab "Learn": labels of one's own, training, versions, and a comparison beside simple classifiers."""

import json
from functools import partial

import gradio as gr

from common import ui
from feedback import plots, summary
from feedback.compare import BASELINES
from feedback.tabs import HEAVY, desk, lab

PROGRESS = gr.Progress()


def learn() -> list:
    """What the tab shows."""
    versions, status = lab.models(), lab.train_status()
    names = gr.update(choices=[one["id"] for one in versions])
    rows = [summary.label_rows(desk.known_labels()), summary.version_rows(versions)]
    return [*rows, names, names, summary.training(status), gr.Timer(active=status["state"] == "running")]


def tick() -> list:
    """While a training runs, how it stands; the whole tab again when it is over."""
    status = lab.train_status()
    return [*[gr.skip()] * 4, summary.training(status), gr.skip()] if status["state"] == "running" else learn()


def add_label(name: str, description: str, examples: str) -> list:
    label = desk.add_label(name or "", description or "", (examples or "").splitlines())
    return [f"Added **{label['id']}**. It is used once a training has learned it.", "", "", "", learn()[0]]


def train(base: str, epochs: int, promote: bool) -> list:
    return [summary.training(lab.train(base, epochs, promote=promote)), gr.Timer(active=True)]


def promote(version: str | None, force: bool) -> list:
    return [summary.promoted(lab.promote(version or "", force)), summary.version_rows(lab.models())]


def roll_back() -> list:
    return [f"**{lab.rollback()['version']}** answers again.", summary.version_rows(lab.models())]


async def compare(versions: list, baselines: list, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    found = await ui.run(partial(lab.compare, versions, baselines, 0), progress, request)
    with ui.result_folder("comparison") as folder:
        (file := folder / "comparison.json").write_text(json.dumps(found.plain(), indent=1), encoding="utf-8")
    pictures = [ui.shown(plots.pixels(figure)) for figure in plots.comparison(found, desk.titles())]
    rows = summary.result_rows(found.plain())
    return [summary.differences(found.plain()), ui.shown(rows), *pictures, ui.shown(str(file))]


def tab() -> None:
    with gr.Tab("Learn") as here:
        gr.Markdown("### Labels", padding=True)
        labels = ui.table(summary.LABEL_HEADS, "labels", visible=True)
        with gr.Accordion("Add a label of your own", open=False):
            name = gr.Textbox(label="Title", placeholder="Gift idea", elem_id="title")
            description = gr.Textbox(label="What a text of this kind says or asks for", elem_id="description")
            given = gr.Textbox(label="At least eight examples, one a line", lines=8, elem_id="given")
            add = gr.Button("Add the label", elem_id="add")
            added = ui.say("added")
        gr.Markdown("### Train\nOn the texts that come along, corrections, and examples of your labels.", padding=True)
        with gr.Row():
            base = gr.Dropdown(
                summary.BASES, value="minilm", label="Beginning from", allow_custom_value=True, min_width=280
            )
            epochs = gr.Slider(1, 30, 10, step=1, label="Rounds through the texts, at most", min_width=280)
        promotes = gr.Checkbox(True, label="Let the new version answer, unless it is worse on the test texts")
        with gr.Row():
            go = gr.Button("Train", variant="primary", scale=3, elem_id="train")
            halt = gr.Button("Stop", min_width=80, elem_id="halt")
        status, timer = ui.say("status", container=True), gr.Timer(2, active=False)
        gr.Markdown("### Versions", padding=True)
        versions = ui.table(summary.VERSION_HEADS, "versions", visible=True)
        with gr.Row():
            version = gr.Dropdown([], label="Version", elem_id="version")
            force = gr.Checkbox(False, label="Even if it is worse")
        with gr.Row():
            go_promote = gr.Button("Let it answer", elem_id="promote")
            go_back = gr.Button("Go back to the one before", elem_id="rollback")
        changed = ui.say("changed", padding=True)
        compared = _comparison()

    view = [labels, versions, version, compared, status, timer]
    here.select(learn, None, view, **ui.QUIET)
    timer.tick(tick, None, view, **ui.QUIET)
    new = [name, description, given]
    ui.wire(add.click, add_label, new, [added, *new, labels], added)
    ui.wire(go.click, train, [base, epochs, promotes], [status, timer], status)
    ui.wire(halt.click, lambda: summary.training(lab.stop_training()), None, status, status)
    ui.wire(go_promote.click, promote, [version, force], [changed, versions], changed, **HEAVY)
    ui.wire(go_back.click, roll_back, None, [changed, versions], changed, **HEAVY)


def _comparison() -> gr.Dropdown:
    """The end of the tab, by itself but for the menu of versions, which is given back."""
    gr.Markdown("### Compare\nOn test texts that none of them has seen.", padding=True)
    compared = gr.Dropdown([], multiselect=True, label="Versions (none: the one that answers)")
    simple = gr.CheckboxGroup(list(BASELINES), value=["majority", "tfidf"], label="Beside simple classifiers")
    with gr.Row():
        go = gr.Button("Compare", variant="primary", scale=3, elem_id="compare")
        stop = gr.Button("Stop", min_width=80, elem_id="stop_compare")
    differences = ui.say("differences", padding=True)
    measured = ui.table(summary.RESULT_HEADS, "measured")
    with gr.Row():
        drawn = [ui.plot(label=one, visible=False, min_width=280) for one in plots.COMPARISON]
    file = gr.File(visible=False, label="Files", elem_classes="files")

    run = ui.wire(go.click, compare, [compared, simple], [differences, measured, *drawn, file], differences, **HEAVY)
    ui.stops(stop, [run], differences)
    return compared
