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

FOLDER = Path(__file__).parent / "examples"
EXAMPLES = sorted(str(path) for path in FOLDER.glob("*.mp4"))
TRUTH = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))
PLAYABLE = {".mp4", ".m4v", ".mov", ".webm"}  # what browsers show; the others are read all the same
DETECT = "detect"  # the menus' choice that leaves it to the program
AUTOMATIC = ("Automatic", DETECT)
DEFAULT = pipeline.Settings()
CHOICES = ("model", "surface", "footwear", "environment", "seed", "reverb", "original_mix", "loudness")
PROGRESS = gr.Progress()

GUIDE = """**The video with its footsteps will appear here.**

1. Upload or record a video of one person who walks or runs: the whole person in the picture, feet too.
2. Choose the ground and the shoes, or leave them to the program.
3. Press **Make footsteps**. Then listen, change single steps in a table where you like, and download.

Most videos of up to 5 minutes will do. Yours stays on the computer that runs this page and is deleted after a day.
"""
NO_RESULT = (gr.update(value=GUIDE, visible=True), gr.update(visible=False), gr.update(visible=False))


def settings(*values) -> pipeline.Settings:
    """The choices of the page, in the order of CHOICES, as the pipeline takes them."""
    return pipeline.Settings(**{name: None if it == DETECT else it for name, it in zip(CHOICES, values, strict=True)})


def given(video: str | None) -> str:
    if not video:
        raise UserError("There is no video yet. Upload one, record one, or click an example.")
    return video


def files(made: pipeline.Result) -> list[str]:
    """What there is to download beside the video and the sound."""
    return [str(path) for path in (made.csv, made.json, *made.markers, made.plot, made.settings)]


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
    made = await ui.run_in_folder(partial(pipeline.render, given(video), wanted, chosen), progress, request)
    return str(made.video), str(made.wav), files(made), made.warnings


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
    found, made = await ui.run_in_folder(partial(pipeline.generate, given(video), chosen), progress, request)
    steps, scene = table.to_dicts(found.steps), asdict(found.scene)
    return str(made.video), str(made.wav), files(made), steps, scene, [*found.warnings, *made.warnings]


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
    found, made = await ui.run_in_folder(job, progress, request)
    return [found, table.to_rows(found.steps), *shown(found, made)]


@ui.guard
async def make_again(found, rows: list, request: gr.Request, progress: gr.Progress = PROGRESS, *choices):
    """The sound anew for the steps in the table, without looking at the video again."""
    steps = table.from_rows(rows)
    job = partial(pipeline.render, kept(found).info.path, steps, settings(*choices), detection=found)
    made = await ui.run_in_folder(job, progress, request)
    return ["Done: the video above has the new sound.", table.to_rows(steps), *shown(replace(found, steps=steps), made)]


@ui.guard
def add_step(found, rows: list, request: gr.Request) -> list:
    return table.add_row(rows, pipeline.USUAL_SURFACE, kept(found).info.duration)


def kept(found: pipeline.Detection | None) -> pipeline.Detection:
    if found is None:
        raise UserError("This page was left alone for an hour and its video was put away. Press Make footsteps again.")
    return found


def shown(found: pipeline.Detection, made: pipeline.Result) -> list:
    """What the page shows of a result, in the order of its outputs."""
    return [
        summarise(found, made),
        *[gr.update(visible=it) for it in (False, True, True)],  # the guide; the result; what to do with it
        str(made.video),
        str(made.wav),
        str(made.plot),
        [str(made.video), str(made.wav), *files(made)],
        json.loads(made.settings.read_text(encoding="utf-8")),
    ]


def uploaded(video: str) -> list:
    """The page for a new video: a note, the menus without the choices for the last one, and no result."""
    suffix = Path(video).suffix.lower()
    note = "" if suffix in PLAYABLE else f"Browsers don't show {suffix} files, but this one can be used. "
    return [DETECT, DETECT, DETECT, f"{note}Press **Make footsteps**.", *NO_RESULT]


def example(clicked: list[str]) -> list:
    """The page for an example: its video and what is known of it, ground, shoes and place; and no result."""
    known = TRUTH[Path(clicked[0]).stem]
    return [clicked[0], known["surface"], known["footwear"], known["environment"], "", *NO_RESULT]


with ui.Blocks(title="Footsteps", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Footsteps", "Give it a video of somebody walking and hear every step, in the sound of ground and shoes.")
    state = gr.State(None, time_to_live=3600)
    with gr.Tabs():
        with gr.Tab("Make"):
            with gr.Row():
                with gr.Column(scale=2, min_width=320):
                    video = gr.Video(label="Before: your video", sources=["upload", "webcam"], elem_id="video")
                    examples = ui.examples(demo, EXAMPLES, gr.Video(render=False), "Or click an example")
                    with gr.Row():
                        surface = ui.menu("Ground", SURFACES, AUTOMATIC, min_width=130)
                        footwear = ui.menu("Shoes", FOOTWEAR, AUTOMATIC, min_width=130)
                    with gr.Accordion("More choices: place, loudness, model", open=False):
                        environment = ui.menu("Place", ENVIRONMENTS, AUTOMATIC, info="Decides reverb and usual ground.")
                        reverb = gr.Checkbox(DEFAULT.reverb, label="Let the place be heard (reverb)")
                        mix = gr.Slider(0, 1, DEFAULT.original_mix, step=0.05, label="The video's own sound (0: none)")
                        loudness = gr.Slider(-40, -10, DEFAULT.loudness, step=1, label="Loudness (LUFS)")
                        model = gr.Radio([("Exact", "full"), ("Fast", "lite")], value=DEFAULT.model, label="Pose model")
                        seed = gr.Number(0, precision=0, minimum=0, label="Seed", info="The same seed, the same sound.")
                    with gr.Row():
                        go = gr.Button("Make footsteps", variant="primary", scale=3, elem_id="go")
                        stop = gr.Button("Stop", scale=1, min_width=80, elem_id="stop")
                    note = ui.say("note", value="First choose a video.", min_height=72, container=True)
                with gr.Column(scale=3, min_width=320):
                    guide = gr.Markdown(GUIDE, container=True, elem_classes=["guide", "status"])
                    with gr.Column(visible=False, elem_id="result") as result:
                        after = gr.Video(label="After: with footsteps", interactive=False, elem_id="after")
                        wav = gr.Audio(label="Footsteps alone", interactive=False, elem_id="wav", buttons=["download"])
                        with gr.Accordion("Plot: height of the feet, pan and level", open=False):
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
                with gr.Row():
                    add = gr.Button("Add a step", elem_id="add")
                    again = gr.Button("Render again", variant="primary", elem_id="again")
                below = ui.say("below")
                gr.Markdown(table.HELP, elem_classes="footnote")
                downloads = gr.File(label="Files", file_count="multiple", interactive=False, elem_classes="files")
                with gr.Accordion("Settings used", open=False):
                    used = gr.JSON(show_label=False)
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Footsteps")
    with gr.Column(visible=False):  # what only the API takes and returns
        steps_in, steps_out = gr.JSON(label="Steps"), gr.JSON(label="Steps")
        scene_out, notes_out = gr.JSON(label="Scene"), gr.JSON(label="Warnings")
        film_out, wav_out = gr.Video(label="Video"), gr.Audio(label="Footsteps alone", type="filepath")
        files_out, call = gr.File(label="Files", file_count="multiple"), gr.Button()
        made_out = [film_out, wav_out, files_out]

    menus = [surface, footwear, environment]
    choices = [model, *menus, seed, reverb, mix, loudness]
    page = [rows, note, guide, result, work, after, wav, plot, downloads, used]
    turn = {"concurrency_limit": 1, "concurrency_id": "footsteps"}
    on_page = {"api_visibility": "private", "trigger_mode": "once", **turn}
    places = [note, guide, after]  # of the progress: beside the button, and where the result will be

    fresh = [*menus, note, guide, result, work]
    gr.on([video.upload, video.stop_recording], uploaded, video, fresh, **ui.QUIET)
    clicked = examples.click(example, examples, [video, *fresh], **ui.QUIET)
    # An example may follow so soon upon Stop that the page still holds the stopped run, and would drop it as a second.
    at_once = {**on_page, "trigger_mode": "multiple"}
    runs = [
        go.click(make, [video, *choices], [state, *page], show_progress_on=places, **on_page),
        clicked.then(make, [video, *choices], [state, *page], show_progress_on=places, **at_once),
        again.click(make_again, [state, rows, *choices], [below, *page], show_progress_on=[note, below], **on_page),
    ]
    for function, takes, gives in (
        (detect, [video, model], [steps_out, scene_out, notes_out]),
        (render, [video, steps_in, *choices[3:]], [*made_out, notes_out]),
        (generate, [video, *choices], [*made_out, steps_out, scene_out, notes_out]),
        (describe_scene, [video], [scene_out]),
    ):
        runs.append(ui.endpoint(call, function, gives, takes, **turn))
    ui.stops(stop, runs, note)
    surface.input(partial(table.set_column, column="surface", unless=DETECT), [rows, surface], rows, **ui.QUIET)
    footwear.input(partial(table.set_column, column="footwear", unless=DETECT), [rows, footwear], rows, **ui.QUIET)
    ui.keep_errors([*runs[:3], add.click(add_step, [state, rows], rows, **ui.QUIET)], [note, guide, below])
    ui.stop_on_close(demo)

demo.queue(max_size=20, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options)
