"""The tab "Practise": take a question, answer it, see what you said and how."""

import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

import gradio as gr

from coach import plots, sessions, summary
from coach.desk import AUTO, RULES
from coach.tabs import HEAVY, desk
from common import speech, ui
from common.errors import UserError

SPEAK, WRITE = "speak", "write"
SEEN = 10  # outputs that show an answer


class Practise(NamedTuple):
    """What other tabs read and change here. asked: the outputs of `question_page`"""

    role: gr.Dropdown
    category: gr.Dropdown
    level: gr.Dropdown
    asked: list


def question_page(question, why: str = "") -> list:
    """The page for a question: itself, how it reads, what a good answer contains, no note."""
    return [question, summary.question_text(question, why), summary.key_points(question), ""]


def next_one(role: str, category: str, level: int, person: str | None, private: bool, session) -> list:
    """The next question; a session begins with the first one, and where another role is chosen."""
    person = person or sessions.new_person()
    wishes = {"role": role or None, "category": category or None, "difficulty": level or None}
    session = desk.suited(person, session, keep=not private, **wishes)
    chosen, session = desk.ask(person, session, **wishes)
    return [person, session, *question_page(chosen.question, chosen.why)]


def own_one(words: str, person: str | None) -> list:
    return question_page(desk.question(words, person or ""))


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
        async with ui.started(work, progress, request) as task:
            while not await ui.done(task, within=0.5):
                so_far = gr.update(value=summary.growing(told), visible=True)
                yield [told.get("line", "Waiting …"), so_far, *[gr.skip()] * (SEEN + 2)]
            answer, heard = task.result()
        session, answer = desk.keep(person, session, answer, file if heard and keep_sound and not private else None)
        seen = result(answer, heard, question)
        yield [summary.done(answer, session), gr.update(visible=False), *seen, session, person]
    except Exception as error:
        said = ui.explain(error)
        yield [said.message, *[gr.skip()] * (SEEN + 3)]
        raise said from error


def result(answer, heard, question) -> list:
    """What the page shows of an answer, in the order of `_result`."""
    spoken = heard is not None
    return [
        gr.update(visible=True),
        summary.result(answer),
        ui.shown(summary.score_rows(answer)),
        summary.formulas(answer),
        ui.shown(plots.spoken(heard)),
        gr.update(value=summary.said(answer), visible=spoken),
        gr.update(value=summary.measure_rows(answer), visible=spoken),
        gr.update(value=summary.sources(answer), visible=spoken),
        gr.update(value=summary.feeling(answer), visible=spoken),
        gr.update(choices=list(question.follow_ups), value=None, visible=bool(question.follow_ups)),
    ]


def tab(demo: gr.Blocks, folder: Path, person: gr.BrowserState, session: gr.State) -> Practise:
    """folder: of the examples; person, session: whose answers they are, and in which session"""
    recordings = json.loads((folder / "recordings.json").read_text(encoding="utf-8"))

    def example(clicked: list[str]) -> list:
        """The page for an example: its question, and its recording where a person's own would be."""
        asked = desk.question(recordings[Path(clicked[0]).stem]["question"])
        return [clicked[0], gr.Tabs(selected=SPEAK), SPEAK, *question_page(asked)]

    with gr.Tab("Practise", id="practise"), gr.Row():
        with gr.Column(scale=2, min_width=320):
            question, how = gr.State(), gr.State(SPEAK)
            always, no_person, no_session = gr.State(True), gr.State(), gr.State()  # an example is kept for nobody
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
                samples=[[str(folder / f"{name}.webm")] for name in recordings],
                sample_labels=[one["title"] for one in recordings.values()],
                elem_id="examples",
            )
            with gr.Accordion("More choices: what is kept, who words it, models", open=False):
                private, *choices = _choices(demo)
            with gr.Row():
                go = gr.Button("Tell me", variant="primary", scale=3, elem_id="go")
                stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
            note = ui.say("note", value="First take a question.", container=True)
        with gr.Column(scale=3, min_width=320):
            guide = gr.Markdown(summary.GUIDE, container=True, elem_id="guide", elem_classes=["guide", "status"])
            seen = _result()

    page = [question, asked, points, note]
    wishes = [role, category, level]
    ui.wire(take.click, next_one, [*wishes, person, private, session], [person, session, *page], note)
    ui.wire(partial(gr.on, [use.click, own.submit]), own_one, [own, person], page, note)
    follow = seen[-1]
    ui.wire(follow.input, own_one, [follow, person], page, note)
    aloud.click(None, question, None, js=summary.ALOUD, **ui.QUIET)
    speak_tab.select(lambda: SPEAK, None, how, **ui.QUIET)
    write_tab.select(lambda: WRITE, None, how, **ui.QUIET)
    video.upload(lambda file: file, video, sound, **ui.QUIET)

    clicked = examples.click(example, examples, [sound, ways, how, *page], **ui.QUIET)
    # An example may follow so soon upon Stop that the page still holds the stopped run, and would drop it as a second.
    runs = [
        trigger(
            make, [sound, text, how, question, whose, keeps_nothing, where, *choices],
            [note, guide, *seen, where, whose], trigger_mode=mode, **HEAVY, **ui.QUIET,
        )
        for trigger, mode, whose, keeps_nothing, where in (
            (go.click, "once", person, private, session),
            (clicked.then, "multiple", no_person, always, no_session),
        )
    ]  # fmt: skip
    ui.stops(stop, runs, note)
    return Practise(*wishes, page)


def _choices(demo: gr.Blocks) -> list:
    """The choices: whether nothing is kept, then the others in the order in which `make` takes them."""
    private = gr.Checkbox(False, label="Keep nothing of this", elem_id="private")
    keep_sound = gr.Checkbox(False, label="Keep the recording, too")
    wordings = [("The first that answers", AUTO), ("Rules, no language model", RULES)]
    wording = gr.Dropdown(wordings, value=AUTO, label="Who words the feedback", allow_custom_value=True)
    who = gr.Markdown(elem_id="who", elem_classes="footnote")
    model = gr.Dropdown(list(speech.MODELS), value=speech.DEFAULT, label="Speech to text")
    language = gr.Textbox("", label="Language, such as en (empty: it is found out)", max_length=8)
    judge = gr.Textbox("", label="Model of the Hub that judges the voice (empty: built in)")
    demo.load(lambda: summary.provider_line(desk.providers()), None, who, **ui.QUIET)
    return [private, keep_sound, language, model, judge, wording]


def _result() -> list:
    """Where an answer is shown: the column, then what is in it; the follow-up questions last."""
    with gr.Column(visible=False, elem_id="result") as column:
        feedback = gr.Markdown(elem_id="feedback", padding=True, container=True)
        scores = ui.table(summary.SCORE_HEADS, "scores", "Scores")
        with gr.Accordion("How the scores come about", open=False):
            formula = gr.Markdown(elem_id="formula", padding=True)
        timeline = ui.plot(elem_id="timeline")
        colours = {"filler": "orange", "repeated": "purple", "pause": "gray"}
        said = gr.HighlightedText(label="What you said", elem_id="said", color_map=colours)
        measures = ui.table(summary.MEASURE_HEADS, "measures", "How you said it")
        with gr.Accordion("Where the ranges come from", open=False):
            source = gr.Markdown(elem_id="source", padding=True)
        feeling = gr.Markdown(elem_id="feeling", padding=True)
        follow = gr.Radio([], label="A follow-up question (a click asks it)", elem_id="follow")
    return [column, feedback, scores, formula, timeline, said, measures, source, feeling, follow]
