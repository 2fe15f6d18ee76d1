"""The page of the Space: layout and wiring. The work is done by the package `footsteps`."""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from footsteps import pipeline, table
from footsteps.summary import summarise
from footsteps.vocabulary import ENVIRONMENTS, FOOTWEAR, SURFACES

EXAMPLES = sorted(str(path) for path in Path(__file__).parent.glob("examples/*.mp4"))
TRUTH = json.loads((Path(__file__).parent / "examples/truth.json").read_text(encoding="utf-8"))
PLAYABLE = {".mp4", ".m4v", ".mov", ".webm"}  # what browsers show; the others are read all the same
DETECT = "detect"  # the menus' choice that leaves it to the program
DEFAULT = pipeline.Settings()
CHOICES = ("model", "surface", "footwear", "environment", "seed", "reverb", "original_mix", "loudness")
PROGRESS = gr.Progress()

SNIPPET = """from gradio_client import Client, handle_file

client = Client("{address}")
video = handle_file("walk.mp4")

# All at once: the new video, the sound and the other files; the steps, the scene, what to mind.
film, wav, files, steps, scene, warnings = client.predict(video, surface="gravel", api_name="/generate")

# Or in two parts: find the steps, change them, hear them without looking for them again.
steps, scene, warnings = client.predict(video, api_name="/detect")
steps[0]["surface"] = "wood"
film, wav, files, warnings = client.predict(video, steps, api_name="/render")
"""
MCP_NOTE = "The same functions are MCP tools: `{address}gradio_api/mcp/`"
EMPTY = "The video with its footsteps will appear here."
TABLE_HELP = (
    "Click a cell to change it, then render again. A ground or shoes chosen above go into every row; a row without a "
    "time is left out. Pan runs from -1 (left) to 1 (right); empty, like an empty distance, it follows its neighbours."
)


def settings(*values) -> pipeline.Settings:
    """The choices of the page, in the order of CHOICES, as the pipeline takes them."""
    return pipeline.Settings(**{name: None if it == DETECT else it for name, it in zip(CHOICES, values, strict=True)})


def given(video: str | None) -> str:
    if not video:
        raise UserError("There is no video yet. Upload one, record one, or click an example.")
    return video


async def in_folder(job, progress: gr.Progress, request: gr.Request):
    """What `job(folder, report)` gives, with the files in a folder of their own."""
    with ui.result_folder("footsteps") as folder:
        return await ui.run(partial(job, folder), progress, request)


def files(made: pipeline.Result) -> list[str]:
    """What there is to download beside the video and the sound."""
    return [str(path) for path in (made.csv, made.json, *made.markers, made.plot, made.settings)]


@ui.guard
async def detect(
    video: str, model: str, request: gr.Request, progress: gr.Progress = PROGRESS
) -> tuple[list, dict, list]:
    """Find every footfall of a person who walks or runs in a video.

    Args:
        video: mp4, mov, avi, mkv or webm; at most 5 minutes, 500 MB and 4K
        model: "full" follows the body more exactly, "lite" faster

    Returns:
        The steps in order of time; the scene (environment, surface, footwear); warnings.
    """
    chosen = replace(DEFAULT, model=model)
    found = await ui.run(partial(pipeline.detect, given(video), chosen), progress, request)
    return table.to_dicts(found.steps), asdict(found.scene), found.warnings


@ui.guard
async def render(
    video: str,
    steps: list,
    environment: str,
    seed: int,
    reverb: bool,
    original_mix: float,
    loudness: float,
    request: gr.Request,
    progress: gr.Progress = PROGRESS,
) -> tuple[str, str, list, list]:
    """Put the sound of given steps under a video, without looking for them again.

    Args:
        video: mp4, mov, avi, mkv or webm; at most 5 minutes, 500 MB and 4K
        steps: as `detect` gives them; each needs time (s), side and surface, the rest is filled in
        environment: where the walk happens, which decides the reverb; "detect" for none
        seed: the same seed gives the same sound
        reverb: whether the place is heard
        original_mix: how much of the video's own sound stays, 0 to 1
        loudness: of the result, LUFS

    Returns:
        The video (MP4); the footsteps alone (WAV, 48 kHz, 24 bit); the other files; warnings.
    """
    wanted = table.from_dicts(steps)
    chosen = settings(DEFAULT.model, None, None, environment, seed, reverb, original_mix, loudness)
    made = await in_folder(partial(pipeline.render, given(video), wanted, chosen), progress, request)
    return str(made.video), str(made.wav), files(made), made.warnings


@ui.guard
async def generate(
    video: str,
    model: str,
    surface: str,
    footwear: str,
    environment: str,
    seed: int,
    reverb: bool,
    original_mix: float,
    loudness: float,
    request: gr.Request,
    progress: gr.Progress = PROGRESS,
) -> tuple[str, str, list, list, dict, list]:
    """Find the footfalls in a video and give it back with footsteps that fall on them.

    Args:
        video: mp4, mov, avi, mkv or webm; at most 5 minutes, 500 MB and 4K
        model: "full" follows the body more exactly, "lite" faster
        surface: the ground; "detect" leaves it to the program
        footwear: the shoes; "detect" leaves them to the program
        environment: where the walk happens; "detect" leaves it to the program
        seed: the same seed gives the same sound
        reverb: whether the place is heard
        original_mix: how much of the video's own sound stays, 0 to 1
        loudness: of the result, LUFS

    Returns:
        The video (MP4); the footsteps alone (WAV); the other files; the steps; the scene; warnings.
    """
    chosen = settings(model, surface, footwear, environment, seed, reverb, original_mix, loudness)
    found, made = await in_folder(partial(pipeline.generate, given(video), chosen), progress, request)
    steps, scene = table.to_dicts(found.steps), asdict(found.scene)
    return str(made.video), str(made.wav), files(made), steps, scene, [*found.warnings, *made.warnings]


@ui.guard
async def describe_scene(video: str, request: gr.Request, progress: gr.Progress = PROGRESS) -> dict:
    """Name the environment, the ground and the shoes in a video.

    Args:
        video: mp4, mov, avi, mkv or webm; at most 5 minutes, 500 MB and 4K

    Returns:
        For environment, surface and footwear the label (null when not sure), confidence and scores; what judged them.
    """
    return asdict(await ui.run(partial(pipeline.describe_scene, given(video)), progress, request))


@ui.guard
async def make(video: str, request: gr.Request, progress: gr.Progress = PROGRESS, *choices):
    """Everything, for a new video."""
    job = partial(pipeline.generate, given(video), settings(*choices))
    found, made = await in_folder(job, progress, request)
    return [found, table.to_rows(found.steps), *shown(found, made)]


@ui.guard
async def make_again(found, rows: list, request: gr.Request, progress: gr.Progress = PROGRESS, *choices):
    """The sound anew for the steps in the table, without looking at the video again."""
    steps = table.from_rows(rows)
    job = partial(pipeline.render, found.info.path, steps, settings(*choices), detection=found)
    made = await in_folder(job, progress, request)
    return [table.to_rows(steps), *shown(replace(found, steps=steps), made)]


def add_step(found, rows: list) -> list:
    return table.add_row(rows, pipeline.USUAL_SURFACE, found.info.duration)


def shown(found: pipeline.Detection, made: pipeline.Result) -> list:
    """What the page shows of a result, in the order of its outputs."""
    before = str(found.info.path)
    playable = Path(before).suffix.lower() in PLAYABLE
    return [
        summarise(found, made),
        gr.update(visible=True),
        gr.update(visible=True),
        gr.update(value=before if playable else None, visible=playable),
        str(made.video),
        str(made.wav),
        str(made.plot),
        [str(made.video), str(made.wav), *files(made)],
        json.loads(made.settings.read_text(encoding="utf-8")),
    ]


def uploaded(video: str) -> list[str]:
    """What the note says about a new video; and the menus again, since what was chosen belonged to the last one."""
    suffix = Path(video).suffix.lower()
    playable = suffix in PLAYABLE
    note = EMPTY if playable else f"Browsers don't show {suffix} files, but this one can be used. {EMPTY}"
    return [note, DETECT, DETECT, DETECT]


def example(clicked: list[str]) -> list[str]:
    """An example and what is known of it: its video, ground, shoes and place."""
    known = TRUTH[Path(clicked[0]).stem]
    return [clicked[0], known["surface"], known["footwear"], known["environment"]]


def menu(label: str, entries, **more) -> gr.Dropdown:
    choices = [("Detect from the video", DETECT), *((entry.name, entry.id) for entry in entries.values())]
    return gr.Dropdown(choices, value=DETECT, label=label, **more)


with gr.Blocks(title="Footsteps", delete_cache=(3600, 24 * 3600)) as demo:
    gr.Markdown(
        "# Footsteps\nGive it a video of somebody walking and hear every step, in the sound of ground and shoes.",
        elem_classes="intro",
    )
    state = gr.State(None, time_to_live=3600)
    with gr.Tabs():
        with gr.Tab("Make"):
            with gr.Row():
                with gr.Column(scale=2, min_width=320):
                    video = gr.Video(label="Your video", sources=["upload", "webcam"], elem_id="video")
                    with gr.Row():
                        go = gr.Button("Make footsteps", variant="primary", scale=3, elem_id="go")
                        stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
                    examples = ui.examples(demo, EXAMPLES, gr.Video(render=False), "Or click an example")
                    with gr.Accordion("Choices: ground, shoes, place, sound", open=False):
                        surface = menu("Ground", SURFACES)
                        footwear = menu("Shoes", FOOTWEAR)
                        environment = menu("Place", ENVIRONMENTS, info="Decides the reverb, and the usual ground.")
                        reverb = gr.Checkbox(DEFAULT.reverb, label="Let the place be heard")
                        mix = gr.Slider(0, 1, DEFAULT.original_mix, step=0.05, label="The video's own sound (0: none)")
                        loudness = gr.Slider(-40, -10, DEFAULT.loudness, step=1, label="Loudness (LUFS)")
                        model = gr.Radio([("Exact", "full"), ("Fast", "lite")], value=DEFAULT.model, label="Pose model")
                        seed = gr.Number(0, precision=0, minimum=0, label="Seed", info="The same seed, the same sound.")
                with gr.Column(scale=3, min_width=320):
                    note = gr.Markdown(EMPTY, elem_id="note", elem_classes="status", min_height=80, container=True)
                    with gr.Column(visible=False, elem_id="result") as result:
                        with gr.Row():
                            before = gr.Video(label="Before", interactive=False, elem_id="before")
                            after = gr.Video(label="After", interactive=False, elem_id="after")
                        wav = gr.Audio(label="Footsteps alone", interactive=False, elem_id="wav", buttons=["download"])
                        plot = gr.Image(show_label=False, interactive=False, buttons=["download", "fullscreen"])
            with gr.Column(visible=False) as work:
                rows = gr.Dataframe(
                    headers=list(table.COLUMNS.values()),
                    datatype=["number", "str", "str", "str", "number", "number", "number", "bool", "number"],
                    type="array",
                    label="Steps",
                    interactive=True,
                    elem_id="steps",
                    max_height=720,
                )
                gr.Markdown(TABLE_HELP, elem_classes="footnote")
                with gr.Row():
                    add = gr.Button("Add a step", elem_id="add")
                    again = gr.Button("Render again", variant="primary", elem_id="again")
                downloads = gr.File(label="Files", file_count="multiple", interactive=False, elem_classes="files")
                with gr.Accordion("Settings used", open=False):
                    used = gr.JSON(show_label=False)
        ui.api_tab(demo, SNIPPET, MCP_NOTE)
    ui.footer(demo, "Footsteps")
    with gr.Column(visible=False):  # what only the API takes and returns
        steps_in, steps_out = gr.JSON(label="Steps"), gr.JSON(label="Steps")
        scene_out, notes_out = gr.JSON(label="Scene"), gr.JSON(label="Warnings")
        film_out, wav_out = gr.Video(label="Video"), gr.Audio(label="Footsteps alone", type="filepath")
        files_out, call = gr.File(label="Files", file_count="multiple"), gr.Button()

    choices = [model, surface, footwear, environment, seed, reverb, mix, loudness]
    page = [rows, note, result, work, before, after, wav, plot, downloads, used]
    files_and_sound = [film_out, wav_out, files_out]
    turn = {"concurrency_limit": 1, "concurrency_id": "footsteps"}
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    shown_on_note = {"api_visibility": "private", "show_progress_on": note, "trigger_mode": "once", **turn}

    menus = [surface, footwear, environment]
    video.upload(uploaded, video, [note, *menus], **quiet)
    clicked = examples.click(example, examples, [video, *menus], **quiet)
    runs = [
        go.click(make, [video, *choices], [state, *page], **shown_on_note),
        clicked.then(make, [video, *choices], [state, *page], **shown_on_note),
        again.click(make_again, [state, rows, *choices], page, **shown_on_note),
    ]
    for function, takes, gives in (
        (detect, [video, model], [steps_out, scene_out, notes_out]),
        (render, [video, steps_in, *choices[3:]], [*files_and_sound, notes_out]),
        (generate, [video, *choices], [*files_and_sound, steps_out, scene_out, notes_out]),
        (describe_scene, [video], [scene_out]),
    ):
        runs.append(call.click(function, takes, gives, api_name=function.__name__, **turn))
    stop.click(lambda: "Stopped.", None, note, cancels=runs, queue=False, **quiet)
    for chosen, column in ((surface, "surface"), (footwear, "footwear")):
        in_every_row = partial(table.set_column, column=column, unless=DETECT)
        chosen.input(in_every_row, [rows, chosen], rows, **quiet)
    add.click(add_step, [state, rows], rows, **quiet)
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options)
