"""The page of the Space: its tabs and what scripts can call. The work is done by the package `feedback`."""

from dataclasses import asdict
from functools import partial
from pathlib import Path

import gradio as gr

from common import ui
from feedback.compare import BASELINES
from feedback.tabs import HEAVY, desk, lab, learn, many, review, sort, watch

FOLDER = Path(__file__).parent / "examples"
PROGRESS = gr.Progress()


async def classify_batch(
    file: str, column: str, keep: bool, cost: float, request: gr.Request, progress: gr.Progress = PROGRESS
) -> tuple[list, dict]:
    """Sort a file of feedback, row by row.

    Args:
        file: CSV, JSONL or TXT of up to 200,000 rows
        column: with the texts; empty: it is found out
        keep: store the texts, without personal data; what is unsure then waits for review. Otherwise nothing is kept
        cost: how many reviews a wrong label is worth, from 1

    Returns:
        The results, a CSV and a JSONL file, with a row for each row of the file; rows, done, bad, unsure, masked,
        labels (counts), problems (line and reason of the first 100 that could not be read), notes, seconds, version.
    """
    done = await ui.run(many.sorting(file, column, keep, cost, lambda _: None), progress, request)
    return done.outputs, asdict(done)


async def compare_models(
    versions: list, baselines: list, most: int, request: gr.Request, progress: gr.Progress = PROGRESS
) -> dict:
    """Measure versions beside simple classifiers on the same test texts, which none of them has seen.

    Args:
        versions: ids as `models` gives them; empty: the one that answers
        baselines: of "majority", "tfidf", "zero_shot" and "few_shot"; they take a minute together
        most: rows of each part, for a quick look; 0 for all

    Returns:
        texts; results: of each its report by label, confusion, calibration, curves, latency, size; differences in
        macro F1 between the last one and each other, with 95 % intervals.
    """
    return (await ui.run(partial(lab.compare, versions, baselines, most), progress, request)).plain()


with ui.Blocks(title="Feedback", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro(
        "Feedback", "Paste what customers write: it is sorted, says when it is not sure, and learns what you correct."
    )
    with gr.Tabs():
        sort.tab(FOLDER)
        many.tab(FOLDER)
        review.tab()
        learn.tab()
        watch.tab()
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Feedback")

    with gr.Column(visible=False):  # what only the API takes and returns
        call = gr.Button()
        for function in (
            desk.classify, desk.explain, desk.review_queue, desk.correct, desk.add_label, lab.train, lab.train_status,
            lab.models, lab.promote, lab.rollback, lab.stats, lab.drift,
        ):  # fmt: skip
            ui.endpoint(call, function)
        takes = ui.inputs_of(classify_batch, column="", keep=True, cost=5.0)
        gives = [gr.File(label="Results", file_count="multiple"), gr.JSON(label="Summary")]
        ui.endpoint(call, classify_batch, gives, takes, **HEAVY)
        takes = ui.inputs_of(compare_models, versions=[], baselines=list(BASELINES), most=0)
        ui.endpoint(call, compare_models, takes=takes, **HEAVY)
    ui.stop_on_close(demo)

demo.queue(max_size=50, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")
# Gradio breaks marked texts in the middle of words.
options["css"] += (
    "#parts *, #words * { word-break: normal; overflow-wrap: anywhere; } #parts .label { white-space: nowrap; }"
)

if __name__ == "__main__":
    demo.launch(**options)
