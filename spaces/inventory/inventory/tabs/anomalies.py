"""The tab "Anomalies": what looks wrong in the book, why, and what a person says about it."""

from functools import partial

import gradio as gr

from common import ui
from common.errors import UserError
from inventory import plots
from inventory.anomalies.detection import RATE
from inventory.summary import anomalies
from inventory.tabs import desk
from inventory.tabs.parts import drawn, menu, picture, say, table, write


def check_book(outlet: str, item: str, days: int, rate: float) -> list:
    """What the tab shows."""
    found = desk.anomalies(outlet, item, int(days), rate)
    columns = ([one[name] for one in found] for name in ("day", "kind", "severity"))
    last = desk.health()["last_day"]
    chart = drawn(plots.timeline, *columns, last, int(days)) if found else gr.update(visible=False)
    names = gr.update(choices=anomalies.verdict_names(desk.verdicts()), value=None)
    rows = ui.shown(anomalies.finding_rows(found, not outlet))
    return [anomalies.findings(found, int(days)), chart, rows, found, gr.update(visible=False), None, names]


def look_closer(found: list, event: gr.SelectData) -> list:
    one = found[event.index[0]]
    return [one, gr.update(visible=True), anomalies.finding(one)]


def judge(verdict: str, one: dict, *wanted) -> list:
    done = desk.anomaly_feedback(one["day"], one["outlet"], one["item"], one["kind"], verdict)
    before, after = done["anomalies"]["before"], done["anomalies"]["after"]
    told = f"Kept as number {done['number']}: {before} findings of 90 days become {after}. Undo it below."
    return [told, *check_book(*wanted)]


def take_back(number: int | None, *wanted) -> list:
    if not number:
        raise UserError("No verdict is chosen. Choose one first.")
    desk.undo_anomaly_feedback(int(number))
    return [f"The verdict number {number} is taken back.", *check_book(*wanted)]


def tab(token: gr.Textbox) -> tuple[gr.Dropdown, gr.Dropdown]:
    """The tab; gives its menus of outlets and of items."""
    with gr.Tab("Anomalies", id="anomalies") as here, gr.Row():
        with gr.Column(scale=2, min_width=320):
            found_now, chosen = gr.State(), gr.State()
            with gr.Row():
                outlet, item = menu("Outlet", "a_outlet"), menu("Item", "a_item")
            back = gr.Slider(7, 365, 90, step=1, label="Days back")
            rate = gr.Slider(0.01, 1, RATE, step=0.01, label="How many alarms", info=anomalies.RATE)
            note, times = say("a_note"), picture("times")
            with gr.Accordion("What was said about findings", open=False):
                verdicts = menu("Verdicts in force", "verdicts")
                undo = gr.Button("Undo it", elem_id="undo")
        with gr.Column(scale=3, min_width=320):
            with gr.Column(visible=False, elem_id="card") as card:
                closer = gr.Markdown(elem_id="closer", container=True, padding=True)
                with gr.Row():
                    no, yes = gr.Button("Not an anomaly", elem_id="no"), gr.Button("It was one", elem_id="yes")
            told = say("told")
            findings = table(anomalies.FINDING_HEADS, "findings")

    wanted = [outlet, item, back, rate]
    view = [note, times, findings, found_now, card, chosen, verdicts]
    looks = [here.select, outlet.input, item.input, back.release, rate.release]
    ui.follow(looks, check_book, wanted, view, note)
    findings.select(ui.guard(look_closer), found_now, [chosen, card, closer], **ui.QUIET)
    for button, verdict in ((no, "not_anomaly"), (yes, "anomaly")):
        ui.wire(button.click, write(partial(judge, verdict)), [token, chosen, *wanted], [told, *view], told)
    ui.wire(undo.click, write(take_back), [token, verdicts, *wanted], [told, *view], told)
    return outlet, item
