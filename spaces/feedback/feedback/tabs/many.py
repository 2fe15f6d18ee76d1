"""The tab "Many": a file of texts, row by row, with the results so far while it runs."""

from functools import partial
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from common import ui
from feedback import summary
from feedback.batch import Summary
from feedback.desk import newest_rows
from feedback.tabs import HEAVY, desk


def header(file: str | None, column: str = "") -> list:
    """What an uploaded file is, and the column with its texts."""
    if not file:
        return ["", gr.update(visible=False)]
    found = desk.open_file(file, column)
    several = len(found.columns) > 1
    return [summary.source(found), gr.update(choices=found.columns, value=found.column or None, visible=several)]


def sorting(file: str | None, column: str | None, keep: bool, cost: float, tell):
    """The work of sorting a file, as `ui.run` wants it; tell: is given the summary so far."""

    def work(report) -> Summary:
        def both(done: Summary) -> None:
            tell(done)
            report(done.done / done.rows, f"{done.done:,} of {done.rows:,} rows")

        return desk.sort_file(file, Path(get_upload_folder()), column or "", keep, cost, both)

    return work


async def sort_file(file: str | None, column: str | None, private: bool, cost: float, request: gr.Request):
    """A file: the newest rows, the bad ones and the results so far, once a second while it runs."""
    told: list[Summary] = []
    work = sorting(file, column, not private, cost, told.append)
    try:
        # Where it is stopped, what is done stays, and the next call goes on from there.
        async with ui.started(work, lambda *_: None, request) as task:
            while not await ui.done(task, within=1):
                if told:
                    yield view(told[-1])
            yield view(task.result())
    except Exception as error:
        said = ui.explain(error)
        yield [said.message, *[gr.skip()] * 4]
        raise said from error


def view(done: Summary) -> list:
    """What the tab shows of a file so far."""
    rows = summary.file_rows(newest_rows(done.outputs[1]), desk.titles())
    values = (summary.file_labels(done, desk.titles()), rows, done.problems, done.outputs)
    return [summary.file_progress(done), *map(ui.shown, values)]


def tab(folder: Path) -> None:
    """folder: of the examples"""
    trail = str(folder / "trail_app.csv")
    with gr.Tab("Many"), gr.Row():
        with gr.Column(scale=2, min_width=320):
            file = gr.File(label="A file with many texts: CSV, JSONL or TXT", elem_id="file", height=160)
            example = gr.Button("Take the example: 40 reviews of a hiking app", elem_id="example_file")
            form = ui.say("form", padding=True)
            column = gr.Dropdown([], label="The texts are in the column", visible=False, elem_id="column")
            cost = gr.Slider(1, 50, 5, step=1, label="How bad is a wrong label?", info=summary.COST)
            private = gr.Checkbox(False, label="Don't keep anything of it")
            with gr.Row():
                go = gr.Button("Sort the file", variant="primary", scale=3, elem_id="go_file")
                stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop_file")
        with gr.Column(scale=3, min_width=320):
            note = ui.say("note_file", value="Results appear here while the file is sorted.", container=True)
            shares = gr.Label(label="What the texts are", show_heading=False, visible=False, elem_id="shares")
            results = gr.File(label="Results so far", file_count="multiple", visible=False, elem_classes="files")
            rows = ui.table(summary.ROW_HEADS, "rows", "The newest rows")
            bad = ui.table(summary.BAD_HEADS, "bad", "Rows that could not be read")

    ui.wire(partial(gr.on, [file.upload, file.clear]), header, [file], [form, column], form)
    ui.wire(example.click, lambda: [trail, *header(trail)], None, [file, form, column], form)
    takes, gives = [file, column, private, cost], [note, shares, rows, bad, results]
    on_page = {"api_visibility": "private", "trigger_mode": "once", "show_progress_on": note}
    filed = go.click(sort_file, takes, gives, **on_page, **HEAVY)
    stopped = stop.click(None, cancels=[filed], **ui.QUIET)
    stopped.then(lambda: summary.STOPPED, None, note, **ui.QUIET)
