"""The tab "Watch": how the classifier has been doing, and whether what comes in is still like what it learned from."""

from functools import partial

import gradio as gr

from common import ui
from feedback import plots, summary
from feedback.tabs import desk, lab


def look() -> list:
    """What the tab shows."""
    stats, drift, titles = lab.stats(), lab.drift(), desk.titles()
    pictures = [figure and plots.pixels(figure) for figure in plots.watching(stats, drift, titles)]
    rows = summary.history_rows(lab.history(), titles)
    return [summary.alert(drift), summary.watch(stats, drift), *map(ui.shown, pictures), ui.shown(rows)]


def tab() -> None:
    with gr.Tab("Watch") as here:
        alert = ui.say("alert", padding=True)
        figures = gr.Markdown(elem_id="figures", padding=True)
        with gr.Row():
            seen = [ui.plot(label=one, visible=False, min_width=280) for one in plots.WATCHING]
        history = ui.table(summary.HISTORY_HEADS, "history", "The newest")
        refresh = gr.Button("Look again", elem_id="refresh")

    ui.wire(partial(gr.on, [here.select, refresh.click]), look, None, [alert, figures, *seen, history], alert)
