"""The page of the Space: layout and wiring. The work is done by the package `sketch`."""

import json
from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from sketch import lines, pipeline, styles
from sketch import render as rendering
from sketch.asked import drawing, finding, given, settings, weighed
from sketch.summary import GUIDE, browse, card_row, found_line, plain, summarise, titles

FOLDER = Path(__file__).parent / "examples"
WORDS = json.loads((FOLDER / "words.json").read_text(encoding="utf-8"))
EXAMPLES = [str(FOLDER / f"{name}.png") for name in WORDS]
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


@ui.guard
async def render(
    sketch: str,
    words: str,
    chosen: list,
    kind_of_sketch: str,
    negative_prompt: str,
    size: int,
    steps: int,
    guidance: float,
    structure: float,
    style: float,
    style_only: bool,
    kind: str,
    scheduler: str,
    seed: int,
    count: int,
    tier: str,
    request: gr.Request,
    progress: gr.Progress = PROGRESS,
) -> tuple[list, str, dict]:
    """Turn a line drawing and a few words into a picture that keeps the lines and takes a look.

    Args:
        sketch: a drawing (or a photograph) as PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF
        words: what it is and how it should look, such as "a fox in watercolour"
        chosen: up to three ids of styles, or objects with id and weight; empty: the best that the words find
        kind_of_sketch: "auto", "drawing" or "photograph"
        negative_prompt: what is not to be seen
        size: pixels of the longer side, 256, 384 or 512; 0: as suits the model
        steps: of sampling, 1 to 50; 0: as suits the model
        guidance: how far the words bind, 1 to 20; 0: as suits the model
        structure: how far the lines bind, 0 to 2
        style: how far the styles bind, 0 to 1.5
        style_only: take the look of the styles and leave their content (full tier)
        kind: of lines, for the full tier: "scribble", "lineart" or "canny"
        scheduler: "unipc", "dpm", "ddim" or "lcm"; empty: as suits the model
        seed: the same seed gives the same picture
        count: of pictures, 1 to 4
        tier: "embedded", "full" or "full-plus"; empty: as suits this machine

    Returns:
        The pictures (PNG with the settings in them); the lines, dark on white (PNG); the record: settings, styles with
        scores, structure and style scores, times, notes.
    """
    wanted = settings(
        words, negative_prompt, size, steps, guidance, structure, style, style_only, kind, scheduler, seed, count, tier
    )
    job = pipeline.Job(given(sketch), wanted, kind_of_sketch, weighed(chosen))
    done = await ui.run_in_folder(drawing(job), progress, request)
    return [str(made.file) for made in done.pictures], str(done.pictures[0].before), done.record()


@ui.guard
async def search_styles(
    words: str, k: int, medium: str, request: gr.Request, progress: gr.Progress = PROGRESS
) -> tuple[list, dict]:
    """Find the style cards that a request asks for.

    Args:
        words: such as "a car in watercolour"
        k: how many, 1 to 20
        medium: narrows the search, such as "ink"; empty for all

    Returns:
        The cards, the best first, with the chance (0 to 1) that the words ask for such a look; how the words were read:
        "style", "content", and "text_only" where no card fits.
    """
    found = await ui.run(finding(words, k, medium), progress, request)
    cards = [card_row(match.card) | {"score": round(match.score, 3)} for match in found.matches]
    return cards, {"style": found.style, "content": found.content, "text_only": found.text_only}


@ui.guard
def list_styles(medium: str, request: gr.Request) -> list:
    """All style cards: id, title, caption, medium, era, palette, licence, and whether somebody added it ("own").

    Args:
        medium: only this one, such as "ink"; empty for all
    """
    return [card_row(card) for card in styles.known().values() if not medium or card.medium == medium]


@ui.guard
async def add_style(
    picture: str,
    title: str,
    caption: str,
    medium: str,
    era: str,
    licence: str,
    request: gr.Request,
    progress: gr.Progress = PROGRESS,
) -> dict:
    """Add a picture as a style; it can be found at once.

    Args:
        picture: PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF
        title: what it is called
        caption: what it looks like; empty: its colours and tones are put into words
        medium: such as "ink"
        era: such as "1970s"
        licence: of the picture

    Returns:
        The card.
    """
    if not picture:
        raise UserError("There is no picture of the style yet. Upload one.")
    words = [text or "" for text in (title, caption, medium, era, licence)]
    return card_row(
        await ui.run(lambda report: styles.StyleLibrary.shared().add_style(picture, *words), progress, request)
    )


@ui.guard
async def delete_style(style_id: str, request: gr.Request, progress: gr.Progress = PROGRESS) -> str:
    """Delete a style that somebody added; the built-in ones stay.

    Args:
        style_id: as `list_styles` gives it

    Returns:
        The id.
    """
    if not style_id:
        raise UserError("No style was named. Choose one that was added.")
    await ui.run(lambda report: styles.StyleLibrary.shared().delete_style(style_id), progress, request)
    return style_id


@ui.guard
async def prepare_sketch(
    sketch: str, size: int, kind_of_sketch: str, request: gr.Request, progress: gr.Progress = PROGRESS
) -> tuple[str, dict]:
    """Find the lines of a drawing or a photograph, as `render` uses them.

    Args:
        sketch: a picture
        size: pixels of the longer side, 256, 384 or 512; 0: 256
        kind_of_sketch: "auto", "drawing" or "photograph"

    Returns:
        The lines, dark on white (PNG); what was found: kind, stroke width in pixels, size, notes.
    """

    def work(folder: Path, report) -> tuple[Path, dict]:
        return pipeline.lines_alone(given(sketch), size or lines.SIZES[0], kind_of_sketch, folder)

    file, found = await ui.run_in_folder(work, progress, request)
    return str(file), found


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


def menus(chosen: list, medium: str) -> list:
    """The menus that show the styles that are there now; what was chosen and is gone is no longer chosen."""
    known = styles.known()
    added = [(card.title, name) for name, card in known.items() if card.own]
    media = ["All", *sorted({card.medium for card in known.values() if card.medium})]
    still = [name for name in chosen or [] if name in known]
    # Without a value where it stays: setting it counts as a change, and the shares would begin anew.
    return [
        gr.update(choices=titles(), **({} if still == (chosen or []) else {"value": still})),
        still,
        gr.update(choices=added, value=None),
        gr.update(choices=media, **({} if medium in media else {"value": "All"})),
    ]


@ui.guard
async def add_here(
    picture, title, caption, medium, era, licence, chosen: list, request: gr.Request, progress=PROGRESS
) -> list:
    card = await add_style.__wrapped__(picture, title, caption, medium, era, licence, request, progress)
    said = f"Added **{plain(card['title'])}**: it can be found and chosen now."
    return [said, None, "", "", browse("All"), *menus(chosen, "")]


@ui.guard
async def delete_here(style_id: str, chosen: list, request: gr.Request, progress=PROGRESS) -> list:
    await delete_style.__wrapped__(style_id, request, progress)
    return ["Deleted.", browse("All"), *menus(chosen, "")]


def example(clicked: list[str]) -> list:
    """The page for an example: its drawing, its words, no styles chosen, and no result."""
    return [clicked[0], UPLOADED, gr.Tabs(selected=UPLOADED), WORDS[Path(clicked[0]).stem], [], [], "", *NO_RESULT]


with ui.Blocks(title="Sketch", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Sketch", "Draw something, say how it should look, and get a picture that keeps your lines.")
    which, offered, picked = gr.State(DRAWN), gr.State([]), gr.State([])
    with gr.Tabs():
        with gr.Tab("Make"), gr.Row():
            with gr.Column(scale=2, min_width=320):
                with gr.Tabs(selected=DRAWN, elem_id="source") as source:
                    with gr.Tab("Draw", id=DRAWN) as draw_tab:
                        pad = gr.Sketchpad(
                            show_label=False,
                            elem_id="pad",
                            height=420,
                            canvas_size=(512, 512),
                            image_mode="RGBA",
                            placeholder="Draw here",
                            format="png",
                            layers=False,
                            brush=gr.Brush(default_size=4, colors=["#000000"], color_mode="fixed"),
                        )
                    with gr.Tab("Upload", id=UPLOADED) as upload_tab:
                        file = ui.picture_file(
                            show_label=False, sources=["upload", "clipboard", "webcam"], elem_id="file", height=420
                        )
                examples = ui.examples(demo, EXAMPLES, gr.Image(render=False), "Or click an example")
                words = gr.Textbox(
                    "",  # a value, so that scripts may leave it out
                    label="What is it, and how should it look?",
                    placeholder="a fox in watercolour",
                    max_lines=3,
                    max_length=rendering.LONGEST_PROMPT,
                    elem_id="words",
                )
                found = gr.Gallery(
                    show_label=False,
                    visible=False,
                    columns=3,
                    height="auto",
                    allow_preview=False,
                    interactive=False,
                    elem_id="found",
                    elem_classes="fitted",
                    buttons=[],
                )
                read_as = gr.Markdown(elem_id="read", elem_classes="footnote")
                chosen = gr.Dropdown(
                    [],
                    multiselect=True,
                    max_choices=rendering.MOST_STYLES,
                    label="Styles",
                    info="Up to three. None: the best that your words find.",
                    elem_id="chosen",
                )
                sliders = [
                    gr.Slider(0, 1, 1, step=0.05, visible=False, label=f"Share {number + 1}", interactive=True)
                    for number in range(rendering.MOST_STYLES)
                ]
                with gr.Accordion("More choices: size, strength, steps, model", open=False):
                    with gr.Row():
                        size = gr.Dropdown(
                            [(SUITS, 0), *((f"{side} px", side) for side in lines.SIZES)], value=0, label="Size"
                        )
                        count = gr.Slider(1, rendering.MOST_PICTURES, 1, step=1, label="Pictures")
                    structure = gr.Slider(0, 2, DEFAULT.structure, step=0.05, label="How far the lines bind")
                    style = gr.Slider(0, 1.5, DEFAULT.style, step=0.05, label="How far the styles bind")
                    negative = gr.Textbox("", label="What should not be seen", max_length=rendering.LONGEST_PROMPT)
                    kind_of_sketch = gr.Radio(
                        [("Find out", "auto"), ("Drawing", "drawing"), ("Photograph", "photograph")],
                        value="auto",
                        label="The sketch is a",
                    )
                    with gr.Row():
                        steps = gr.Slider(0, rendering.MOST_STEPS, 0, step=1, label="Steps (0: as suits the model)")
                        guidance = gr.Slider(0, 20, 0, step=1, label="Guidance (0: as suits the model)")
                    with gr.Row():
                        scheduler = gr.Dropdown(
                            [(SUITS, ""), *((name, name) for name in rendering.SCHEDULERS)],
                            value="",
                            label="Scheduler",
                        )
                        tier = gr.Dropdown(
                            [("As suits this machine", ""), *((name, name) for name in rendering.TIERS)],
                            value="",
                            label="Model",
                        )
                    with gr.Row():
                        kind = gr.Dropdown(
                            list(rendering.KINDS),
                            value=DEFAULT.kind,
                            label="Kind of lines",
                            info="For the full model.",
                        )
                        style_only = gr.Checkbox(
                            DEFAULT.style_only, label="Look of the styles, not their content (full model)"
                        )
                    seed = gr.Number(0, precision=0, minimum=0, label="Seed", info="The same seed, the same picture.")
                with gr.Row():
                    go = gr.Button("Make the picture", variant="primary", scale=3, elem_id="go")
                    stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
                note = gr.Markdown(
                    "First draw something.", elem_id="note", elem_classes="status", min_height=72, container=True
                )
            with gr.Column(scale=3, min_width=320):
                guide = gr.Markdown(GUIDE, container=True, elem_classes=["guide", "status"])
                with gr.Column(visible=False, elem_id="result") as result:
                    slider = gr.ImageSlider(
                        label="Before and after", interactive=False, max_height=640, elem_id="slider", format="png"
                    )
                    gallery = gr.Gallery(
                        label="All pictures",
                        visible=False,
                        columns=4,
                        height="auto",
                        interactive=False,
                        format="png",
                    )
                    summary = gr.Markdown(elem_id="summary")
                    downloads = gr.File(label="Files", file_count="multiple", interactive=False, elem_classes="files")
                    with gr.Accordion("Settings and scores", open=False):
                        used = gr.JSON(show_label=False)
        with gr.Tab("Styles") as library_tab:
            medium = gr.Dropdown(["All"], value="All", label="Medium")
            shelf = gr.Gallery(
                label="Styles", columns=6, height="auto", object_fit="cover", interactive=False, elem_id="shelf"
            )
            gr.Markdown(
                "### Add a style of your own\n"
                "It is kept on the computer that runs this page, and everybody who uses the page sees it."
            )
            with gr.Row():
                new_picture = ui.picture_file(label="Picture", sources=["upload", "clipboard"], elem_id="new")
                with gr.Column(scale=2):
                    new_title = gr.Textbox("", label="Title", max_length=80, elem_id="title")
                    new_caption = gr.Textbox("", label="What it looks like", max_length=500, lines=2)
                    with gr.Row():
                        new_medium = gr.Textbox("", label="Medium", max_length=60)
                        new_era = gr.Textbox("", label="Era", max_length=60)
                        new_licence = gr.Textbox("", label="Licence", max_length=80)
                    add = gr.Button("Add the style", variant="primary", elem_id="add")
            with gr.Row():
                old = gr.Dropdown([], label="Delete an added style", elem_id="old")
                delete = gr.Button("Delete", scale=0, elem_id="delete")
            told = gr.Markdown(elem_id="told", elem_classes="status", min_height=40)
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Sketch")
    with gr.Column(visible=False):  # what only the API takes and returns
        sketch_in, styles_in = ui.picture_file(label="Sketch"), gr.JSON(label="Styles", value=[])
        k_in, medium_in = gr.Number(3, precision=0, label="k"), gr.Textbox("", label="Medium")
        id_in, size_in = gr.Textbox(label="Style"), gr.Number(0, precision=0, label="Size")
        pictures_out, lines_out = (
            gr.File(label="Pictures", file_count="multiple"),
            gr.Image(label="Lines", format="png"),
        )
        record_out, list_out, card_out = gr.JSON(label="Record"), gr.JSON(label="Styles"), gr.JSON(label="Style")
        found_out = gr.JSON(label="Found")
        id_out, call = gr.Textbox(label="Deleted"), gr.Button()

    new_words = [new_title, new_caption, new_medium, new_era, new_licence]
    choices = [negative, size, steps, guidance, structure, style, style_only, kind, scheduler, seed, count, tier]
    page = [note, guide, result, slider, gallery, summary, downloads, used]
    turn = {"concurrency_limit": 1, "concurrency_id": "sketch"}
    on_page = {"api_visibility": "private", "trigger_mode": "once", **turn}
    places = [note, guide, slider]  # of the progress: beside the button, and where the result will be

    demo.load(None, js=TAKE_BRUSH, **ui.QUIET)
    draw_tab.select(lambda: DRAWN, None, which, **ui.QUIET)
    gr.on([upload_tab.select, file.upload], lambda: UPLOADED, None, which, **ui.QUIET)
    takes = [pad, file, which, words, chosen, *sliders, kind_of_sketch, *choices]
    clicked = examples.click(
        example, examples, [file, which, source, words, chosen, picked, note, guide, result], **ui.QUIET
    )
    # An example may follow so soon upon Stop that the page still holds the stopped run, and would drop it as a second.
    at_once = {**on_page, "trigger_mode": "multiple"}
    runs = [
        gr.on([go.click, words.submit], make, takes, page, show_progress_on=places, **on_page),
        clicked.then(make, takes, page, show_progress_on=places, **at_once),
    ]
    for function, takes, gives in (
        (
            render,
            [sketch_in, words, styles_in, kind_of_sketch, *choices],
            [pictures_out, lines_out, record_out],
        ),
        (search_styles, [words, k_in, medium_in], [list_out, found_out]),
        (list_styles, [medium_in], [list_out]),
        (add_style, [sketch_in, *new_words], [card_out]),
        (delete_style, [id_in], [id_out]),
        (prepare_sketch, [sketch_in, size_in, kind_of_sketch], [lines_out, found_out]),
    ):
        runs.append(call.click(function, takes, gives, api_name=function.__name__, **turn))
    stop.click(lambda: "Stopped.", None, note, cancels=runs, queue=False, **ui.QUIET)

    searched = words.change(offer, words, [found, offered, read_as], trigger_mode="always_last", **ui.QUIET)
    one_by_one = {"trigger_mode": "multiple", "concurrency_limit": 1}
    found.select(pick, [picked, offered], [picked, chosen], **one_by_one, **ui.QUIET)
    chosen.input(lambda names: names or [], chosen, picked, **ui.QUIET)
    chosen.change(weigh, chosen, sliders, **ui.QUIET)
    gr.on([demo.load, library_tab.select], menus, [chosen, medium], [chosen, picked, old, medium], **ui.QUIET)
    gr.on([library_tab.select, medium.change], browse, medium, shelf, **ui.QUIET)
    kept = [shelf, chosen, picked, old, medium]
    added = add.click(
        add_here, [new_picture, *new_words, chosen], [told, new_picture, new_title, new_caption, *kept], **on_page
    )
    deleted = delete.click(delete_here, [old, chosen], [told, *kept], **on_page)
    ui.keep_errors(runs[:2], [note, guide])
    ui.keep_errors([searched], [read_as])
    ui.keep_errors([added, deleted], [told])
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
# The pictures of added styles lie neither here nor in the temporary folder, and the page shows them.
options = ui.options(max_file_size="100mb") | {"allowed_paths": [str(styles.data_folder() / "own")]}

if __name__ == "__main__":
    demo.launch(**options)
