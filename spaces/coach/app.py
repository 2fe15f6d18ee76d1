"""The page of the Space: layout and wiring. The work is done by the package `coach`."""

import asyncio
import inspect
import json
from functools import partial
from pathlib import Path

import gradio as gr

from coach import plots, sessions, summary
from coach.desk import AUTO, RULES, Desk
from coach.records import plain
from common import speech, ui
from common.errors import UserError

FOLDER = Path(__file__).parent / "examples"
RECORDINGS = json.loads((FOLDER / "recordings.json").read_text(encoding="utf-8"))
FIELDS = {str: gr.Textbox, int: partial(gr.Number, precision=0), bool: gr.Checkbox}
PROGRESS = gr.Progress()
MOST_PLOTS = 6  # measures and scores whose progress is drawn
SPEAK, WRITE = "speak", "write"
desk = Desk()


def inputs_of(function, **defaults) -> list:
    """A field for each parameter of an endpoint, with its default."""
    return [
        gr.File(label=name)
        if name == "file"
        else FIELDS[one.annotation](defaults.get(name, None if one.default is one.empty else one.default), label=name)
        for name, one in inspect.signature(function).parameters.items()
        if name == "file" or one.annotation in FIELDS
    ]


def event(function):
    """A function for an event of the page, whose error is kept for the note beside it."""

    def guarded(request: gr.Request, *values):
        return function(*values)

    return ui.guard(guarded)


@ui.guard
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


@ui.guard
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


def say(name: str, **more) -> gr.Markdown:
    """A place for a sentence about what was just done."""
    return gr.Markdown(elem_id=name, elem_classes="status", min_height=40, **more)


def table(heads: dict[str, str], name: str, label: str | None = None, visible: bool = False) -> gr.Dataframe:
    more = {"label": label, "show_label": label is not None, "elem_id": name, "visible": visible}
    return gr.Dataframe(headers=[*heads], column_widths=[*heads.values()], interactive=False, wrap=True, **more)


def shown(value):
    """An output that is seen where there is something in it."""
    return gr.update(value=value, visible=value is not None and len(value) > 0)


def next_one(role: str, category: str, level: int, person: str | None, private: bool, session) -> list:
    """The next question; a session begins with the first one, and where another role is chosen."""
    person = person or sessions.new_person()
    wishes = {"role": role or None, "category": category or None, "difficulty": level or None}
    session = desk.suited(person, session, keep=not private, **wishes)
    chosen, session = desk.ask(person, session, **wishes)
    return [person, session, *this_one(chosen.question, chosen.why)]


def this_one(question, why: str = "") -> list:
    """The page for a question: itself, how it reads, what a good answer contains, no note."""
    return [question, summary.question_text(question, why), summary.key_points(question), ""]


def own_one(words: str, person: str | None) -> list:
    return this_one(desk.question(words, person or ""))


async def make(
    file, text: str, how: str, question, person: str | None, private: bool, session, keep_sound: bool, language: str,
    model: str, judge: str, wording: str, request: gr.Request,
):  # fmt: skip
    """An answer: what is written down while it is heard, then everything about it."""
    told: dict[str, str] = {}
    try:
        if question is None:
            raise UserError("There is no question yet. Take the next one, or write one of your own.")
        if how == SPEAK and not file:
            raise UserError("There is no recording yet. Record your answer, or upload a file.")
        person = person or sessions.new_person()
        session = desk.suited(person, session, keep=not private)
        work = lambda tell: desk.answer(  # noqa: E731
            question, file=file if how == SPEAK else None, text=text, language=language, model=model,
            judge=(judge or "").strip(), person="" if private else person, wording=wording, tell=tell,
            on_text=partial(told.__setitem__, "text"), on_words=partial(told.__setitem__, "words"),
        )  # fmt: skip
        progress = lambda part, line: told.__setitem__("line", f"{part:.0%} · {line} …")  # noqa: E731
        task = asyncio.ensure_future(ui.run(work, progress, request))
        try:
            while not task.done():
                await asyncio.wait([task], timeout=0.5)
                if not task.done():
                    so_far = gr.update(value=summary.growing(told), visible=True)
                    yield [told.get("line", "Waiting …"), so_far, *[gr.skip()] * (len(RESULT) + 2)]
            answer, heard = task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])
        session, answer = desk.keep(person, session, answer, file if heard and keep_sound and not private else None)
        seen = result(answer, heard, question)
        yield [summary.done(answer, session), gr.update(visible=False), *seen, session, person]
    except Exception as error:
        said = ui.explain(error)
        yield [said.message, *[gr.skip()] * (len(RESULT) + 3)]
        raise said from error


def result(answer, heard, question) -> list:
    """What the page shows of an answer, in the order of RESULT."""
    spoken = heard is not None
    return [
        gr.update(visible=True),
        summary.result(answer),
        shown(summary.score_rows(answer)),
        summary.formulas(answer),
        shown(plots.spoken(heard)),
        gr.update(value=summary.said(answer), visible=spoken),
        gr.update(value=summary.measure_rows(answer), visible=spoken),
        gr.update(value=summary.sources(answer), visible=spoken),
        gr.update(value=summary.feeling(answer), visible=spoken),
        gr.update(choices=list(question.follow_ups), value=None, visible=bool(question.follow_ups)),
    ]


def example(clicked: list[str]) -> list:
    """The page for an example: its question, and its recording where a person's own would be."""
    asked = desk.question(RECORDINGS[Path(clicked[0]).stem]["question"])
    return [clicked[0], gr.Tabs(selected=SPEAK), SPEAK, *this_one(asked)]


def find(words: str, role: str, category: str, level: int, person: str | None) -> list:
    found = desk.search_questions(words, 8, role, category, level, person or "")
    return [gr.update(value=summary.found_rows(found), visible=True), [one["id"] for one in found]]


def pick(ids: list, person: str | None, event: gr.SelectData) -> list:
    """A click on a question that was found takes it."""
    return [*this_one(desk.question(ids[event.index[0]], person or "")), gr.Tabs(selected="practise")]


def bring(file: str | None, person: str | None) -> list:
    found = desk.add_questions(file, person or "")
    return [summary.imported(found), found["person"], None]


def look(person: str | None) -> list:
    """The tab "Progress"."""
    if not person:
        return [summary.courses_text(()), gr.update(visible=False), gr.update(visible=False), gr.update(choices=[])]
    history, courses = desk.history(person), sessions.progress(desk.store.answers(person))
    picture = plots.pixels(plots.progress(courses[:MOST_PLOTS])) if courses else None
    rows = summary.session_rows(history)
    names = [(f"Session {row[0]}, {row[1]}", row[0]) for row in rows]
    return [summary.courses_text(courses), shown(rows), shown(picture), gr.update(choices=names, value=None)]


def go_on(number: int | None, person: str | None) -> list:
    """Take up a session again, with the question that waits in it."""
    session = sessions.resume(desk.store, person or "", chosen(number))
    waiting = desk.bank(person).get(session.waiting or "")
    page = this_one(waiting) if waiting else [gr.skip()] * 4
    return [session, session.role or "", *page, f"Session {session.id} goes on.", gr.Tabs(selected="practise")]


def chosen(number: int | None) -> int:
    if not number:
        raise UserError("No session is chosen. Choose one first.")
    return int(number)


async def export(number: int | None, person: str | None, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    work = lambda folder, _: desk.report(person or "", chosen(number), folder)  # noqa: E731
    files = await ui.run_in_folder(work, progress, request)
    return ["The report is ready.", shown([str(file) for file in files])]


def delete(number: int | None, person: str | None) -> list:
    desk.delete_history(person or "", chosen(number))
    return [f"Session {number} is deleted.", *look(person), None]


def delete_all(person: str | None) -> list:
    """Everything goes, and the browser gets another id."""
    gone = desk.delete_history(person) if person else {"sessions": 0, "answers": 0}
    said = f"Deleted: {gone['sessions']} sessions, {gone['answers']} answers. Nothing of you is kept here any more."
    return [said, *look(None), None, None]


with ui.Blocks(title="Coach", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Coach", "Practise interview answers aloud: see what you said, how you said it, and what to change.")
    person = gr.BrowserState(None, storage_key="demo-house-coach", secret="coach")  # an id by chance, no password
    session, question, found_ids, how = gr.State(), gr.State(), gr.State([]), gr.State(SPEAK)
    always, no_person, no_session = gr.State(True), gr.State(), gr.State()  # an example is kept for nobody
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Practise", id="practise"), gr.Row():
            with gr.Column(scale=2, min_width=320):
                with gr.Row():
                    role = gr.Dropdown(summary.ROLE_CHOICES, value="", label="Role", elem_id="role", min_width=140)
                    category = gr.Dropdown(summary.CATEGORY_CHOICES, value="", label="Kind", min_width=120)
                    level = gr.Dropdown(summary.LEVEL_CHOICES, value=0, label="Difficulty", min_width=120)
                take = gr.Button("Ask me something", variant="primary", elem_id="take")
                asked = gr.Markdown("", elem_id="asked", container=True, min_height=72, padding=True)
                aloud = gr.Button("Read it aloud", size="sm", elem_id="aloud")
                with gr.Accordion("What a good answer contains", open=False):
                    points = gr.Markdown("Take a question first.", elem_id="points", padding=True)
                with gr.Accordion("Or a question of your own", open=False):
                    own = gr.Textbox(label="Question", max_length=500, elem_id="own")
                    use = gr.Button("Use it", size="sm", elem_id="use")
                with gr.Tabs(selected=SPEAK, elem_id="answer") as ways:
                    with gr.Tab("Speak", id=SPEAK) as speak_tab:
                        sound = gr.Audio(
                            sources=["microphone", "upload"], type="filepath", show_label=False, elem_id="sound"
                        )
                        video = gr.File(label="Or a video or sound file of another kind", height=90, elem_id="file")
                    with gr.Tab("Write", id=WRITE) as write_tab:
                        text = gr.Textbox(label="Your answer", lines=7, max_lines=20, elem_id="text")
                examples = gr.Dataset(
                    label="Or click an example: an answer said by a machine, which is not kept",
                    components=[gr.Audio(render=False)],
                    samples=[[str(FOLDER / f"{name}.webm")] for name in RECORDINGS],
                    sample_labels=[one["title"] for one in RECORDINGS.values()],
                    elem_id="examples",
                )
                with gr.Accordion("More choices: what is kept, who words it, models", open=False):
                    private = gr.Checkbox(False, label="Keep nothing of this", elem_id="private")
                    keep_sound = gr.Checkbox(False, label="Keep the recording, too")
                    wording = gr.Dropdown(
                        [("The first that answers", AUTO), ("Rules, no language model", RULES)],
                        value=AUTO,
                        label="Who words the feedback",
                        allow_custom_value=True,
                    )
                    who = gr.Markdown(elem_id="who", elem_classes="footnote")
                    model = gr.Dropdown(list(speech.MODELS), value=speech.DEFAULT, label="Speech to text")
                    language = gr.Textbox("", label="Language, such as en (empty: it is found out)", max_length=8)
                    judge = gr.Textbox("", label="Model of the Hub that judges the voice (empty: built in)")
                with gr.Row():
                    go = gr.Button("Tell me", variant="primary", scale=3, elem_id="go")
                    stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
                note = say("note", value="First take a question.", container=True)
            with gr.Column(scale=3, min_width=320):
                guide = gr.Markdown(summary.GUIDE, container=True, elem_id="guide", elem_classes=["guide", "status"])
                with gr.Column(visible=False, elem_id="result") as shown_result:
                    feedback = gr.Markdown(elem_id="feedback", padding=True, container=True)
                    scores = table(summary.SCORE_HEADS, "scores", "Scores")
                    with gr.Accordion("How the scores come about", open=False):
                        formula = gr.Markdown(elem_id="formula", padding=True)
                    timeline = gr.Image(
                        show_label=False, interactive=False, format="png", elem_id="timeline",
                        buttons=["download", "fullscreen"],
                    )  # fmt: skip
                    said = gr.HighlightedText(
                        label="What you said", elem_id="said",
                        color_map={"filler": "orange", "repeated": "purple", "pause": "gray"},
                    )  # fmt: skip
                    measures = table(summary.MEASURE_HEADS, "measures", "How you said it")
                    with gr.Accordion("Where the ranges come from", open=False):
                        source = gr.Markdown(elem_id="source", padding=True)
                    feeling = gr.Markdown(elem_id="feeling", padding=True)
                    follow = gr.Radio([], label="A follow-up question (a click asks it)", elem_id="follow")
        with gr.Tab("Questions"):
            words = gr.Textbox(
                label="What should it be about?",
                placeholder="something about conflict with my manager",
                elem_id="words",
            )
            search = gr.Button("Search", variant="primary", elem_id="search")
            searched = say("searched")
            found = table(summary.FOUND_HEADS, "found", "A click takes the question")
            gr.Markdown(summary.FILE_OF_QUESTIONS, padding=True)
            new = gr.File(label="File", height=100, elem_id="new")
            add = gr.Button("Add them", elem_id="add")
            added = say("added")
        with gr.Tab("Progress") as progress_tab:
            courses = gr.Markdown(elem_id="courses", padding=True)
            picture = gr.Image(
                show_label=False, interactive=False, visible=False, format="png", elem_id="progress",
                buttons=["download", "fullscreen"],
            )  # fmt: skip
            history = table(summary.SESSION_HEADS, "history", "Sessions")
            number = gr.Dropdown([], label="Session", elem_id="number")
            with gr.Row():
                resume = gr.Button("Go on with it", elem_id="resume")
                write = gr.Button("Report", elem_id="report")
                drop = gr.Button("Delete it", elem_id="drop")
            told = say("told")
            files = gr.File(label="Report", file_count="multiple", visible=False, elem_classes="files")
            wipe = gr.Button("Delete everything that is kept of me", variant="stop", elem_id="wipe")
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Coach")

    RESULT = [shown_result, feedback, scores, formula, timeline, said, measures, source, feeling, follow]
    this = [question, asked, points, note]
    progress_view = [courses, history, picture, number]
    heavy = {"concurrency_limit": 1, "concurrency_id": "coach"}

    def wire(trigger, function, inputs, outputs, told_at, **more):
        """An event of the page; its progress, and its error if there is one, are seen at the note `told_at`."""
        guarded = ui.guard(function) if inspect.iscoroutinefunction(function) else event(function)
        once = {"api_visibility": "private", "trigger_mode": "once", "show_progress_on": told_at}
        run = trigger(guarded, inputs, outputs, **once | more)
        ui.keep_errors([run], [told_at])
        return run

    wire(take.click, next_one, [role, category, level, person, private, session], [person, session, *this], note)
    wire(partial(gr.on, [use.click, own.submit]), own_one, [own, person], this, note)
    wire(follow.input, own_one, [follow, person], this, note)
    aloud.click(None, question, None, js=summary.ALOUD, **ui.QUIET)
    speak_tab.select(lambda: SPEAK, None, how, **ui.QUIET)
    write_tab.select(lambda: WRITE, None, how, **ui.QUIET)
    video.upload(lambda file: file, video, sound, **ui.QUIET)
    demo.load(lambda: summary.provider_line(desk.providers()), None, who, **ui.QUIET)

    choices = [keep_sound, language, model, judge, wording]
    page = [note, guide, *RESULT]
    clicked = examples.click(example, examples, [sound, ways, how, *this], **ui.QUIET)
    # An example may follow so soon upon Stop that the page still holds the stopped run, and would drop it as a second.
    runs = [
        trigger(
            make, [sound, text, how, question, whose, keeps_nothing, where, *choices], [*page, where, whose],
            trigger_mode=mode, **heavy, **ui.QUIET,
        )
        for trigger, mode, whose, keeps_nothing, where in (
            (go.click, "once", person, private, session),
            (clicked.then, "multiple", no_person, always, no_session),
        )
    ]  # fmt: skip
    stop.click(lambda: "Stopped.", None, note, cancels=runs, queue=False, **ui.QUIET)

    look_for = partial(gr.on, [search.click, words.submit])
    wire(look_for, find, [words, role, category, level, person], [found, found_ids], searched)
    found.select(ui.guard(pick), [found_ids, person], [*this, tabs], **ui.QUIET)
    wire(add.click, bring, [new, person], [added, person, new], added)

    gr.on([progress_tab.select], ui.guard(look), person, progress_view, **ui.QUIET)
    wire(resume.click, go_on, [number, person], [session, role, *this, told, tabs], told)
    wire(write.click, export, [number, person], [told, files], told)
    wire(drop.click, delete, [number, person], [told, *progress_view, session], told)
    wire(wipe.click, delete_all, [person], [told, *progress_view, session, person], told)

    with gr.Column(visible=False):  # what only the API takes and returns
        call = gr.Button()
        for function in (
            desk.next_question, desk.search_questions, desk.add_questions, desk.score_text, desk.providers,
            desk.history, desk.delete_history, desk.transcribe, desk.delivery, desk.emotion,
        ):  # fmt: skip
            more = heavy if "file" in inspect.signature(function).parameters else {}
            call.click(
                ui.guard(function), inputs_of(function), gr.JSON(label="Result"), api_name=function.__name__, **more
            )
        takes = inputs_of(
            analyze, text="", person="", session=0, keep_sound=False, language="", model=speech.DEFAULT, judge="",
            wording=AUTO,
        )  # fmt: skip
        gives = [gr.JSON(label="Answer"), gr.Image(label="Timeline", format="png")]
        call.click(analyze, takes, gives, api_name="analyze", **heavy)
        call.click(report, inputs_of(report), gr.File(label="Files", file_count="multiple"), api_name="report")
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options)
