"""The page of the Space: its tabs and what scripts can call. The work is done by the package `coach`."""

import inspect
from pathlib import Path

import gradio as gr

from coach import plots
from coach.desk import AUTO
from coach.records import plain
from coach.tabs import HEAVY, desk, practise, progress, questions
from common import speech, ui

FOLDER = Path(__file__).parent / "examples"
PROGRESS = gr.Progress()


async def analyze(
    file: str | None, question: str, text: str, person: str, session: int, keep_sound: bool, language: str,
    model: str, judge: str, wording: str, request: gr.Request, progress: gr.Progress = PROGRESS,
) -> tuple[dict, object]:  # fmt: skip
    """Find out everything about an answer to an interview question, spoken or written.

    Args:
        file: recording, sound or video of up to 10 minutes; none for a written answer
        question: id that `next_question` or `search_questions` gave, or a question of your own
        text: the written answer, where there is no recording
        person: that an earlier call gave, under which the answer is kept; empty: nothing is kept
        session: that an earlier call gave; 0 begins a new one
        keep_sound: keep the recording, too
        language: of the recording, such as "en"; empty: it is found out
        model: of speech to text, "whisper-base", "whisper-small" or "whisper-large-v3-turbo"
        judge: of the voice, a model of the Hub by its name, "service", or empty for the built-in estimate
        wording: who words the feedback, "auto", "rules" or a provider of `providers`

    Returns:
        The answer: text, words, measures, scores, overall, covered, missed, emotion, feedback, seconds, versions,
        session; and the timeline, a picture, for a recording.
    """
    asked, keep = desk.question(question, person), bool(person)
    begun = desk.session(person, session, keep=keep)
    given = {"file": file, "text": text, "language": language, "model": model, "judge": judge, "person": person}
    work = lambda tell: desk.answer(asked, **given, wording=wording, tell=tell)  # noqa: E731
    answer, heard = await ui.run(work, progress, request)
    begun, answer = desk.keep(person, begun, answer, file if keep and keep_sound else None)
    return plain(answer) | {"session": begun.id}, plots.spoken(heard)


async def report(person: str, session: int, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    """Write down everything about a session.

    Args:
        person: that an earlier call gave
        session: its number

    Returns:
        Files: Markdown, PDF and JSON.
    """
    work = lambda folder, _: desk.report(person, session, folder)  # noqa: E731
    return [str(file) for file in await ui.run_in_folder(work, progress, request)]


with ui.Blocks(title="Coach", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Coach", "Practise interview answers aloud: see what you said, how you said it, and what to change.")
    person = gr.BrowserState(None, storage_key="demo-house-coach", secret="coach")  # an id by chance, no password
    session = gr.State()
    with gr.Tabs(elem_id="tabs") as tabs:
        page = practise.tab(demo, FOLDER, person, session)
        questions.tab(tabs, page, person)
        progress.tab(tabs, page, person, session)
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Coach")

    with gr.Column(visible=False):  # what only the API takes and returns
        call = gr.Button()
        for function in (
            desk.next_question, desk.search_questions, desk.add_questions, desk.score_text, desk.providers,
            desk.history, desk.delete_history, desk.transcribe, desk.delivery, desk.emotion,
        ):  # fmt: skip
            more = HEAVY if "file" in inspect.signature(function).parameters else {}
            ui.endpoint(call, function, **more)
        takes = ui.inputs_of(
            analyze, text="", person="", session=0, keep_sound=False, language="", model=speech.DEFAULT, judge="",
            wording=AUTO,
        )  # fmt: skip
        gives = [gr.JSON(label="Answer"), gr.Image(label="Timeline", format="png")]
        ui.endpoint(call, analyze, gives, takes, **HEAVY)
        ui.endpoint(call, report, gr.File(label="Files", file_count="multiple"))
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options)
