"""The tab "Progress": how scores and measures went, the sessions, reports, and deleting what is kept."""

import gradio as gr

from coach import plots, sessions, summary
from coach.tabs import desk
from coach.tabs.practise import Practise, question_page
from common import ui
from common.errors import UserError

PROGRESS = gr.Progress()
MOST_PLOTS = 6  # measures and scores whose progress is drawn


def look(person: str | None) -> list:
    """What is kept of a person."""
    if not person:
        return [summary.courses_text(()), gr.update(visible=False), gr.update(visible=False), gr.update(choices=[])]
    history, courses = desk.history(person), sessions.progress(desk.store.answers(person))
    picture = plots.pixels(plots.progress(courses[:MOST_PLOTS])) if courses else None
    rows = summary.session_rows(history)
    names = [(f"Session {row[0]}, {row[1]}", row[0]) for row in rows]
    return [summary.courses_text(courses), ui.shown(rows), ui.shown(picture), gr.update(choices=names, value=None)]


def go_on(number: int | None, person: str | None) -> list:
    """Take up a session again, with the question that waits in it."""
    session = sessions.resume(desk.store, person or "", chosen(number))
    waiting = desk.bank(person).get(session.waiting or "")
    page = question_page(waiting) if waiting else [gr.skip()] * 4
    return [session, session.role or "", *page, f"Session {session.id} goes on.", gr.Tabs(selected="practise")]


def chosen(number: int | None) -> int:
    if not number:
        raise UserError("No session is chosen. Choose one first.")
    return int(number)


async def export(number: int | None, person: str | None, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    work = lambda folder, _: desk.report(person or "", chosen(number), folder)  # noqa: E731
    files = await ui.run_in_folder(work, progress, request)
    return ["The report is ready.", ui.shown([str(file) for file in files])]


def delete(number: int | None, person: str | None) -> list:
    desk.delete_history(person or "", chosen(number))
    return [f"Session {number} is deleted.", *look(person), None]


def delete_all(person: str | None) -> list:
    """Everything goes, and the browser gets another id."""
    gone = desk.delete_history(person) if person else {"sessions": 0, "answers": 0}
    said = f"Deleted: {gone['sessions']} sessions, {gone['answers']} answers. Nothing of you is kept here any more."
    return [said, *look(None), None, None]


def tab(tabs: gr.Tabs, practise: Practise, person: gr.BrowserState, session: gr.State) -> None:
    with gr.Tab("Progress") as here:
        courses = gr.Markdown(elem_id="courses", padding=True)
        picture = ui.plot(visible=False, elem_id="progress")
        history = ui.table(summary.SESSION_HEADS, "history", "Sessions")
        number = gr.Dropdown([], label="Session", elem_id="number")
        with gr.Row():
            resume = gr.Button("Go on with it", elem_id="resume")
            write = gr.Button("Report", elem_id="report")
            drop = gr.Button("Delete it", elem_id="drop")
        told = ui.say("told")
        files = gr.File(label="Report", file_count="multiple", visible=False, elem_classes="files")
        wipe = gr.Button("Delete everything that is kept of me", variant="stop", elem_id="wipe")

    view = [courses, history, picture, number]
    here.select(ui.guard(look), person, view, **ui.QUIET)
    ui.wire(resume.click, go_on, [number, person], [session, practise.role, *practise.asked, told, tabs], told)
    ui.wire(write.click, export, [number, person], [told, files], told)
    ui.wire(drop.click, delete, [number, person], [told, *view, session], told)
    ui.wire(wipe.click, delete_all, [person], [told, *view, session, person], told)
