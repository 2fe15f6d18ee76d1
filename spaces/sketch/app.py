"""The page of the Space: its tabs and what scripts can call. The work is done by the package `sketch`."""

from pathlib import Path

import gradio as gr

from common import ui
from sketch import lines, pipeline, styles
from sketch.asked import adding, deleting, drawing, finding, given, settings, weighed
from sketch.summary import card_row
from sketch.tabs import TURN, library, make

FOLDER = Path(__file__).parent / "examples"
PROGRESS = gr.Progress()


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


def list_styles(medium: str, request: gr.Request) -> list:
    """All style cards: id, title, caption, medium, era, palette, licence, and whether somebody added it ("own").

    Args:
        medium: only this one, such as "ink"; empty for all
    """
    return [card_row(card) for card in styles.known().values() if not medium or card.medium == medium]


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
    work = adding(picture, title, caption, medium, era, licence)
    return card_row(await ui.run(work, progress, request))


async def delete_style(style_id: str, request: gr.Request, progress: gr.Progress = PROGRESS) -> str:
    """Delete a style that somebody added; the built-in ones stay.

    Args:
        style_id: as `list_styles` gives it

    Returns:
        The id.
    """
    await ui.run(deleting(style_id), progress, request)
    return style_id


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


with ui.Blocks(title="Sketch", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Sketch", "Draw something, say how it should look, and get a picture that keeps your lines.")
    with gr.Tabs():
        page = make.tab(demo, FOLDER)
        about = library.tab(demo, page)
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Sketch")

    with gr.Column(visible=False):  # what only the API takes and returns
        sketch_in, styles_in = ui.picture_file(label="Sketch"), gr.JSON(label="Styles", value=[])
        k_in, medium_in = gr.Number(3, precision=0, label="k"), gr.Textbox("", label="Medium")
        id_in, size_in = gr.Textbox(label="Style"), gr.Number(0, precision=0, label="Size")
        pictures_out = gr.File(label="Pictures", file_count="multiple")
        lines_out = gr.Image(label="Lines", format="png")
        record_out, list_out, card_out = gr.JSON(label="Record"), gr.JSON(label="Styles"), gr.JSON(label="Style")
        found_out = gr.JSON(label="Found")
        id_out, call = gr.Textbox(label="Deleted"), gr.Button()
    wanted = [sketch_in, page.words, styles_in, page.kind_of_sketch, *page.choices]
    for function, takes, gives in (
        (render, wanted, [pictures_out, lines_out, record_out]),
        (search_styles, [page.words, k_in, medium_in], [list_out, found_out]),
        (list_styles, [medium_in], [list_out]),
        (add_style, [sketch_in, *about], [card_out]),
        (delete_style, [id_in], [id_out]),
        (prepare_sketch, [sketch_in, size_in, page.kind_of_sketch], [lines_out, found_out]),
    ):
        ui.endpoint(call, function, gives, takes, **TURN)
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
# The pictures of added styles lie neither here nor in the temporary folder, and the page shows them.
options = ui.options(max_file_size="100mb") | {"allowed_paths": [str(styles.data_folder() / "own")]}

if __name__ == "__main__":
    demo.launch(**options)
