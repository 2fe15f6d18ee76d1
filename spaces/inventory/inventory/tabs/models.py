"""The tab "Models": whether use has changed, training, and which version answers."""

import gradio as gr

from common import ui
from inventory.summary import models
from inventory.tabs import desk
from inventory.tabs.parts import menu, say, table, write


def watch() -> list:
    """What the tab shows."""
    versions, status, drift = desk.models(), desk.training(), desk.drift()
    names = gr.update(choices=[one["id"] for one in versions], value=None)
    state = [models.training(status), gr.Timer(active=status["state"] == "running")]
    log = ui.shown(models.prediction_rows(desk.predictions()))
    moved = ui.shown(models.moved_rows(drift))
    return [*state, ui.shown(models.version_rows(versions)), names, models.drift(drift), moved, log]


def tick() -> list:
    """While a training runs, how it stands; the whole tab again when it is over."""
    status = desk.training()
    return [models.training(status), *[gr.skip()] * 6] if status["state"] == "running" else watch()


def train(promote: bool) -> list:
    return [models.training(desk.train(promote=promote)), gr.Timer(active=True)]


def halt() -> str:
    return models.training(desk.stop_training())


def choose(version: str | None, force: bool) -> list:
    return [f"**{desk.promote(version or '', force)['active']}** answers.", *watch()]


def go_back() -> list:
    return [f"**{desk.rollback()['active']}** answers again.", *watch()]


def drop(version: str | None) -> list:
    return [f"{desk.drop(version or '')['dropped']} is deleted.", *watch()]


def tab(token: gr.Textbox) -> None:
    with gr.Tab("Models", id="models") as here:
        drift = say("drift", container=True)
        moved = table(models.MOVED_HEADS, "moved", "Items whose use changed most")
        gr.Markdown("### Train\nOn all records, for some minutes.", padding=True)
        promotes = gr.Checkbox(True, label="Let the new version answer, unless it is worse in the backtest")
        with gr.Row():
            go = gr.Button("Train", variant="primary", scale=3, elem_id="train")
            stop = gr.Button("Stop", min_width=80, elem_id="halt")
        state, timer = say("state", container=True), gr.Timer(2, active=False)
        versions = table(models.VERSION_HEADS, "versions", "Versions")
        with gr.Row():
            version, force = menu("Version", "version"), gr.Checkbox(False, label="Even if it is worse")
        with gr.Row():
            promote = gr.Button("Let it answer", elem_id="promote")
            back = gr.Button("Go back to the one before", elem_id="rollback")
            delete = gr.Button("Delete it", elem_id="drop")
        note, log = say("m_note"), table(models.PREDICTION_HEADS, "log", "What was foretold, and what came")

    view = [state, timer, versions, version, drift, moved, log]
    ui.wire(here.select, watch, None, view, drift)
    timer.tick(tick, None, view, **ui.QUIET)
    ui.wire(go.click, write(train), [token, promotes], [state, timer], state)
    ui.wire(stop.click, write(halt), token, state, state)
    ui.wire(promote.click, write(choose), [token, version, force], [note, *view], note)
    ui.wire(back.click, write(go_back), [token], [note, *view], note)
    ui.wire(delete.click, write(drop), [token, version], [note, *view], note)
