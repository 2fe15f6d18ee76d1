"""The tab "Make": draw or upload, say how it should look, choose styles, and get the picture."""

import json
from pathlib import Path
from typing import NamedTuple

import gradio as gr

from common import ui
from sketch import lines, pipeline, styles
from sketch import render as rendering
from sketch.asked import drawing, finding, given, settings, weighed
from sketch.summary import GUIDE, found_line, summarise, titles
from sketch.tabs import ON_PAGE

DEFAULT = rendering.Settings()
OFFERED = 6  # styles shown for a request
SUITS = "As suits the model"
DRAWN, UPLOADED = "drawn", "uploaded"
PROGRESS = gr.Progress()

# Gradio's pad begins with no tool in hand, and somebody who draws then draws nothing.
TAKE_BRUSH = """() => {
    const take = (tries) => {
        const brush = document.querySelector('#pad button[aria-label="Brush"]');
        if (brush) brush.click(); else if (tries) setTimeout(() => take(tries - 1), 200);
    };
    take(50);
}"""
NO_RESULT = (gr.update(value=GUIDE, visible=True), gr.update(visible=False))


class Make(NamedTuple):
    """What scripts and the other tab take from here. choices: in the order of `sketch.asked.CHOICES`"""

    words: gr.Textbox
    kind_of_sketch: gr.Radio
    choices: list
    chosen: gr.Dropdown
    picked: gr.State


@ui.guard
async def make(pad, file, which: str, words: str, chosen: list, request: gr.Request, progress=PROGRESS, *more):
    """A render for the page: what was drawn or uploaded, with the styles that were chosen and their weights."""
    weights, (kind_of_sketch, *choices) = more[: rendering.MOST_STYLES], more[rendering.MOST_STYLES :]
    pairs = [{"id": name, "weight": weight} for name, weight in zip(chosen or [], weights, strict=False)]
    sketch = given(pad if which == DRAWN else file)
    job = pipeline.Job(sketch, settings(words, *choices), kind_of_sketch, weighed(pairs))
    done = await ui.run_in_folder(drawing(job), progress, request)
    return shown(done)


def shown(done: pipeline.Job) -> list:
    """What the page shows of a result, in the order of its outputs."""
    first, pictures = done.pictures[0], [str(made.file) for made in done.pictures]
    return [
        "Done.",
        *[gr.update(visible=it) for it in (False, True)],  # the guide; the result
        (str(first.before), pictures[0]),
        gr.update(value=pictures, visible=len(pictures) > 1),
        summarise(done),
        [*pictures, str(first.before), str(first.file.with_name(pipeline.SETTINGS_FILE))],
        done.record(),
    ]


@ui.guard
async def offer(words: str, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    """The styles that the words find, as the page shows them."""
    if not (words or "").strip():
        return [gr.update(value=[], visible=False), [], ""]
    found = await ui.run(finding(words, OFFERED), progress, request)
    matches = [match for match in found.matches if match.card.picture]
    pictures = [(str(match.card.picture), f"{match.score:.0%} {match.card.title}") for match in matches]
    return [gr.update(value=pictures, visible=True), [match.card.id for match in matches], found_line(found)]


def pick(picked: list, offered: list, event: gr.SelectData) -> list:
    """A click on an offered style chooses it, or takes it back.

    `picked` is kept by the server: of two quick clicks, the second leaves before the page has the answer to the first.
    """
    name = offered[event.index]
    picked = [one for one in picked if one != name] if name in picked else [*picked, name][-rendering.MOST_STYLES :]
    return [picked, gr.update(choices=titles(), value=picked)]  # the menu may be older than a style just added


def weigh(chosen: list) -> list:
    """A slider for each of several chosen styles. All begin alike: a share belongs to a place, not to a style."""
    known = styles.known()
    names = [known[name].title if name in known else name for name in chosen or []]
    return [
        gr.update(visible=1 < len(names) > at, label=f"Share of {names[at]}" if at < len(names) else "", value=1)
        for at in range(rendering.MOST_STYLES)
    ]


def tab(demo: gr.Blocks, folder: Path) -> Make:
    """folder: of the examples"""
    wording = json.loads((folder / "words.json").read_text(encoding="utf-8"))

    def example(clicked: list[str]) -> list:
        """The page for an example: its drawing, its words, no styles chosen, and no result."""
        said = wording[Path(clicked[0]).stem]
        return [clicked[0], UPLOADED, gr.Tabs(selected=UPLOADED), said, [], [], "", *NO_RESULT]

    with gr.Tab("Make"), gr.Row():
        with gr.Column(scale=2, min_width=320):
            which, offered, picked = gr.State(DRAWN), gr.State([]), gr.State([])
            with gr.Tabs(selected=DRAWN, elem_id="source") as source:
                with gr.Tab("Draw", id=DRAWN) as draw_tab:
                    pad = gr.Sketchpad(
                        show_label=False, elem_id="pad", height=420, canvas_size=(512, 512), image_mode="RGBA",
                        placeholder="Draw here", format="png", layers=False,
                        brush=gr.Brush(default_size=4, colors=["#000000"], color_mode="fixed"),
                    )  # fmt: skip
                with gr.Tab("Upload", id=UPLOADED) as upload_tab:
                    file = ui.picture_file(
                        show_label=False, sources=["upload", "clipboard", "webcam"], elem_id="file", height=420
                    )
            files = [str(folder / f"{name}.png") for name in wording]
            examples = ui.examples(demo, files, gr.Image(render=False), "Or click an example")
            words = gr.Textbox(
                "",  # a value, so that scripts may leave it out
                label="What is it, and how should it look?", placeholder="a fox in watercolour", max_lines=3,
                max_length=rendering.LONGEST_PROMPT, elem_id="words",
            )  # fmt: skip
            found = gr.Gallery(
                show_label=False, visible=False, columns=3, height="auto", allow_preview=False, interactive=False,
                elem_id="found", elem_classes="fitted", buttons=[],
            )  # fmt: skip
            read_as = gr.Markdown(elem_id="read", elem_classes="footnote")
            chosen = gr.Dropdown(
                [], multiselect=True, max_choices=rendering.MOST_STYLES, label="Styles", elem_id="chosen",
                info="Up to three. None: the best that your words find.",
            )  # fmt: skip
            sliders = [
                gr.Slider(0, 1, 1, step=0.05, visible=False, label=f"Share {number + 1}", interactive=True)
                for number in range(rendering.MOST_STYLES)
            ]
            with gr.Accordion("More choices: size, strength, steps, model", open=False):
                kind_of_sketch, *choices = _choices()
            with gr.Row():
                go = gr.Button("Make the picture", variant="primary", scale=3, elem_id="go")
                stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
            note = ui.say("note", value="First draw something.", min_height=72, container=True)
        with gr.Column(scale=3, min_width=320):
            guide = gr.Markdown(GUIDE, container=True, elem_classes=["guide", "status"])
            result, slider, *more = _result()

    demo.load(None, js=TAKE_BRUSH, **ui.QUIET)
    draw_tab.select(lambda: DRAWN, None, which, **ui.QUIET)
    gr.on([upload_tab.select, file.upload], lambda: UPLOADED, None, which, **ui.QUIET)

    takes = [pad, file, which, words, chosen, *sliders, kind_of_sketch, *choices]
    page = [note, guide, result, slider, *more]
    places = [note, guide, slider]  # of the progress: beside the button, and where the result will be
    fresh = [file, which, source, words, chosen, picked, note, guide, result]
    clicked = examples.click(example, examples, fresh, **ui.QUIET)
    # An example may follow so soon upon Stop that the page still holds the stopped run, and would drop it as a second.
    at_once = {**ON_PAGE, "trigger_mode": "multiple"}
    runs = [
        gr.on([go.click, words.submit], make, takes, page, show_progress_on=places, **ON_PAGE),
        clicked.then(make, takes, page, show_progress_on=places, **at_once),
    ]
    ui.keep_errors(runs, [note, guide])
    ui.stops(stop, runs, note)

    searched = words.change(offer, words, [found, offered, read_as], trigger_mode="always_last", **ui.QUIET)
    ui.keep_errors([searched], [read_as])
    one_by_one = {"trigger_mode": "multiple", "concurrency_limit": 1}
    found.select(pick, [picked, offered], [picked, chosen], **one_by_one, **ui.QUIET)
    chosen.input(lambda names: names or [], chosen, picked, **ui.QUIET)
    chosen.change(weigh, chosen, sliders, **ui.QUIET)
    return Make(words, kind_of_sketch, choices, chosen, picked)


def _choices() -> list:
    """The kind of the sketch, then what is left to the person, in the order of `sketch.asked.CHOICES`."""
    with gr.Row():
        sizes = [(SUITS, 0), *((f"{side} px", side) for side in lines.SIZES)]
        size = gr.Dropdown(sizes, value=0, label="Size")
        count = gr.Slider(1, rendering.MOST_PICTURES, 1, step=1, label="Pictures")
    structure = gr.Slider(0, 2, DEFAULT.structure, step=0.05, label="How far the lines bind")
    style = gr.Slider(0, 1.5, DEFAULT.style, step=0.05, label="How far the styles bind")
    negative = gr.Textbox("", label="What should not be seen", max_length=rendering.LONGEST_PROMPT)
    kinds = [("Find out", "auto"), ("Drawing", "drawing"), ("Photograph", "photograph")]
    kind_of_sketch = gr.Radio(kinds, value="auto", label="The sketch is a")
    with gr.Row():
        steps = gr.Slider(0, rendering.MOST_STEPS, 0, step=1, label="Steps (0: as suits the model)")
        guidance = gr.Slider(0, 20, 0, step=1, label="Guidance (0: as suits the model)")
    with gr.Row():
        schedulers = [(SUITS, ""), *((name, name) for name in rendering.SCHEDULERS)]
        scheduler = gr.Dropdown(schedulers, value="", label="Scheduler")
        tiers = [("As suits this machine", ""), *((name, name) for name in rendering.TIERS)]
        tier = gr.Dropdown(tiers, value="", label="Model")
    with gr.Row():
        drawn = list(rendering.KINDS)
        kind = gr.Dropdown(drawn, value=DEFAULT.kind, label="Kind of lines", info="For the full model.")
        style_only = gr.Checkbox(DEFAULT.style_only, label="Look of the styles, not their content (full model)")
    seed = gr.Number(0, precision=0, minimum=0, label="Seed", info="The same seed, the same picture.")
    choices = [negative, size, steps, guidance, structure, style, style_only, kind, scheduler, seed, count, tier]
    return [kind_of_sketch, *choices]


def _result() -> list:
    """Where a result is shown: the column, then what is in it, in the order of `shown`."""
    with gr.Column(visible=False, elem_id="result") as column:
        slider = gr.ImageSlider(
            label="Before and after", interactive=False, max_height=640, elem_id="slider", format="png"
        )
        gallery = gr.Gallery(
            label="All pictures", visible=False, columns=4, height="auto", interactive=False, format="png"
        )
        summary = gr.Markdown(elem_id="summary")
        downloads = gr.File(label="Files", file_count="multiple", interactive=False, elem_classes="files")
        with gr.Accordion("Settings and scores", open=False):
            used = gr.JSON(show_label=False)
    return [column, slider, gallery, summary, downloads, used]
