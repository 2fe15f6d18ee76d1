"""The page of the Space: layout and wiring. The work is done by the package `feedback`."""

import asyncio
import inspect
import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder

from common import ui
from common.errors import UserError
from feedback import plots, summary
from feedback.batch import Summary
from feedback.compare import BASELINES
from feedback.desk import Desk, newest_rows
from feedback.lab import Lab

FOLDER = Path(__file__).parent / "examples"
TEXTS = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))
TRAIL = str(FOLDER / "trail_app.csv")
FIELDS = {str: gr.Textbox, int: partial(gr.Number, precision=0), float: gr.Number, bool: gr.Checkbox}
PROGRESS = gr.Progress()
desk = Desk()
lab = Lab(desk)


def inputs_of(function) -> list:
    """A field for each parameter of an endpoint, with its default."""
    return [
        FIELDS.get(one.annotation, gr.JSON)(None if one.default is one.empty else one.default, label=one.name)
        for one in inspect.signature(function).parameters.values()
        if one.kind is not one.KEYWORD_ONLY
    ]


def event(function):
    """A function for an event of the page, whose error is kept for the note beside it."""
    if inspect.iscoroutinefunction(function):
        return ui.guard(function)  # it takes the request itself

    def guarded(request: gr.Request, *values):
        return function(*values)

    return ui.guard(guarded)


@ui.guard
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

    done = await ui.run(sorting(file, column, keep, cost, lambda _: None), progress, request)
    return done.outputs, asdict(done)


def sorting(file: str | None, column: str | None, keep: bool, cost: float, tell):
    """The work of sorting a file, as `ui.run` wants it; tell: is given the summary so far."""

    def work(report) -> Summary:
        def both(done: Summary) -> None:
            tell(done)
            report(done.done / done.rows, f"{done.done:,} of {done.rows:,} rows")

        return desk.sort_file(file, Path(get_upload_folder()), column or "", keep, cost, both)

    return work


@ui.guard
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


def title(label: str) -> str:
    return summary.title(label, desk.titles())


def menu(**more):
    """The labels that are there now, for a menu."""
    return gr.update(choices=[(name, label) for label, name in desk.titles().items()], **more)


def shown(value):
    """An output that is seen where there is something in it."""
    return gr.update(value=value, visible=value is not None and len(value) > 0)


def say(name: str, **more) -> gr.Markdown:
    """A place for a sentence about what was just done."""
    return gr.Markdown(elem_id=name, elem_classes="status", min_height=40, **more)


def picture(label: str) -> gr.Image:
    more = {"visible": False, "format": "png", "buttons": ["download", "fullscreen"]}
    return gr.Image(label=label, show_label=False, interactive=False, min_width=280, **more)


def table(heads: dict[str, int], name: str, label: str | None = None, visible: bool = False) -> gr.Dataframe:
    more = {"label": label, "show_label": label is not None, "elem_id": name, "visible": visible}
    return gr.Dataframe(headers=[*heads], column_widths=[*heads.values()], interactive=False, wrap=True, **more)


def sort(text: str, private: bool, cost: float) -> list:
    """One text, as the tab "Sort" shows it."""
    found = desk.classify(text or "", not private, cost, source="page")
    spans = summary.marked(text, found["spans"], [title(span["label"]) for span in found["spans"]])
    return [
        {"text": text, **found},
        "",
        *[gr.update(visible=it) for it in (False, True, found["id"] is not None)],  # guide, result, correction
        {title(one["label"]): one["confidence"] for one in found["top"]},
        summary.result(found, desk.titles()),
        gr.update(value=spans, visible=bool(found["also"])),
        gr.update(value=None, visible=False),
        *[menu(value=None)] * 2,
        "",
    ]


def weigh(kept: dict):
    """Which words of the sorted text count."""
    found, name = desk.explain(kept["text"], kept["label"]), title(kept["label"])
    said = f"Red speaks for “{name}”, violet against it"
    return gr.update(value=summary.weighed(kept["text"], found), visible=True, label=said)


def settle(kept: dict, second: str | None, label: str | None) -> str:
    """What the sorted text is, said by the person who sees it."""
    if not label:
        raise UserError("Choose first what it is.")
    done = desk.correct(kept["id"], label, second or "")
    return f"{summary.decision(done, desk.titles())} {done['waiting']:,} wait in the review."


def header(file: str | None, column: str = "") -> list:
    """What an uploaded file is, and the column with its texts."""
    if not file:
        return ["", gr.update(visible=False)]
    found = desk.open_file(file, column)
    several = len(found.columns) > 1
    return [summary.source(found), gr.update(choices=found.columns, value=found.column or None, visible=several)]


async def sort_file(file: str | None, column: str | None, private: bool, cost: float, request: gr.Request):
    """A file: the newest rows, the bad ones and the results so far, once a second while it runs."""
    told: list[Summary] = []

    def view(done: Summary) -> list:
        rows = summary.file_rows(newest_rows(done.outputs[1]), desk.titles())
        values = (summary.file_labels(done, desk.titles()), rows, done.problems, done.outputs)
        return [summary.file_progress(done), *map(shown, values)]

    work = sorting(file, column, not private, cost, told.append)
    task = asyncio.ensure_future(ui.run(work, lambda *_: None, request))
    try:
        while not task.done():
            await asyncio.wait([task], timeout=1)
            if told and not task.done():
                yield view(told[-1])
        yield view(task.result())
    except Exception as error:
        said = ui.explain(error)
        yield [said.message, *[gr.skip()] * 4]
        raise said from error
    finally:
        if not task.done():  # it was stopped: what is done stays, and the next call goes on from there
            task.cancel()
            await asyncio.wait([task])


def card(place: int, order: str) -> list:
    """What the tab "Review" shows of one place in the queue."""
    found = desk.review_queue(order, max(1, place), 1)
    item = next(iter(found["items"]), None)
    said = item and f"Taken for **{title(item['label'])}** with {item['confidence']:.0%}. {item['why']}"
    texts = [item["text"] if item else "", said, f"Right: {title(item['label'])}" if item else "Right"]
    count, visible = summary.queue(found), gr.update(visible=item is not None)
    return [item, found["page"], count, visible, *texts, *[menu(value=None)] * 2]


def decide(item: dict, place: int, order: str, second: str | None, label: str | None = None) -> list:
    done = desk.correct(item["id"], label or item["label"], second or "")
    return [summary.decision(done, desk.titles()), shown("Undo"), item["id"], *card(place, order)]


def dismiss(item: dict, place: int, order: str) -> list:
    return [summary.decision(desk.dismiss(item["id"]), {}), shown("Undo"), item["id"], *card(place, order)]


def undo(last: int, order: str) -> list:
    desk.undo(last)
    return [f"The decision about number {last} is taken back.", gr.update(visible=False), None, *card(1, order)]


def add_label(name: str, description: str, examples: str) -> list:
    label = desk.add_label(name or "", description or "", (examples or "").splitlines())
    return [f"Added **{label['id']}**. It is used once a training has learned it.", "", "", "", learn()[0]]


def learn() -> list:
    """What the tab "Learn" shows."""
    versions, status = lab.models(), lab.train_status()
    names = gr.update(choices=[one["id"] for one in versions])
    rows = [summary.label_rows(desk.known_labels()), summary.version_rows(versions)]
    return [*rows, names, names, summary.training(status), gr.Timer(active=status["state"] == "running")]


def tick() -> list:
    """While a training runs, how it stands; the whole tab again when it is over."""
    status = lab.train_status()
    return [*[gr.skip()] * 4, summary.training(status), gr.skip()] if status["state"] == "running" else learn()


def train(base: str, epochs: int, promote: bool) -> list:
    return [summary.training(lab.train(base, epochs, promote=promote)), gr.Timer(active=True)]


def promote(version: str | None, force: bool) -> list:
    return [summary.promoted(lab.promote(version or "", force)), summary.version_rows(lab.models())]


def roll_back() -> list:
    return [f"**{lab.rollback()['version']}** answers again.", summary.version_rows(lab.models())]


async def compare(versions: list, baselines: list, request: gr.Request, progress: gr.Progress = PROGRESS) -> list:
    found = await ui.run(partial(lab.compare, versions, baselines, 0), progress, request)
    with ui.result_folder("comparison") as folder:
        (file := folder / "comparison.json").write_text(json.dumps(found.plain(), indent=1), encoding="utf-8")
    pictures = [shown(plots.pixels(figure)) for figure in plots.comparison(found, desk.titles())]
    return [summary.differences(found.plain()), shown(summary.result_rows(found.plain())), *pictures, shown(str(file))]


def look() -> list:
    """What the tab "Watch" shows."""
    stats, drift, titles = lab.stats(), lab.drift(), desk.titles()
    pictures = [figure and plots.pixels(figure) for figure in plots.watching(stats, drift, titles)]
    rows = summary.history_rows(lab.history(), titles)
    return [summary.alert(drift), summary.watch(stats, drift), *map(shown, pictures), shown(rows)]


with ui.Blocks(title="Feedback", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro(
        "Feedback", "Paste what customers write: it is sorted, says when it is not sure, and learns what you correct."
    )
    kept, item, place, last = gr.State(), gr.State(), gr.State(1), gr.State()
    with gr.Tabs():
        with gr.Tab("Sort"), gr.Row():
            with gr.Column(scale=2, min_width=320):
                text = gr.Textbox(label="What the customer wrote", lines=6, max_lines=16, elem_id="text")
                examples = gr.Dataset(
                    label="Or click an example",
                    components=[gr.Textbox(render=False)],
                    samples=[[one["text"]] for one in TEXTS],
                    sample_labels=[one["name"] for one in TEXTS],
                    elem_id="examples",
                )
                cost = gr.Slider(1, 50, 5, step=1, label="How bad is a wrong label?", info=summary.COST)
                private = gr.Checkbox(False, label="Don't keep anything of it", elem_id="private")
                go = gr.Button("Sort it", variant="primary", elem_id="go")
                note = say("note")
            with gr.Column(scale=3, min_width=320):
                guide = gr.Markdown(summary.GUIDE, container=True, elem_classes=["guide", "status"])
                with gr.Column(visible=False, elem_id="result") as result:
                    top = gr.Label(label="It is", num_top_classes=3, elem_id="top")
                    said = gr.Markdown(elem_id="said", padding=True)
                    parts = gr.HighlightedText(label="Which part says what", visible=False, elem_id="parts")
                    why = gr.Button("Which words count?", elem_id="why")
                    words = gr.HighlightedText(visible=False, elem_id="words")
                    with gr.Group() as correction:
                        right = gr.Button("That is right", elem_id="right")
                        with gr.Row():
                            is_it = gr.Dropdown([], label="No, it is", elem_id="is")
                            also = gr.Dropdown([], label="and also (if it says two things)", elem_id="also")
                        correct = gr.Button("Correct it", elem_id="correct")
                    told = say("told")
        with gr.Tab("Many"), gr.Row():
            with gr.Column(scale=2, min_width=320):
                file = gr.File(label="A file with many texts: CSV, JSONL or TXT", elem_id="file", height=160)
                example_file = gr.Button("Take the example: 40 reviews of a hiking app", elem_id="example_file")
                form = say("form", padding=True)
                column = gr.Dropdown([], label="The texts are in the column", visible=False, elem_id="column")
                file_cost = gr.Slider(1, 50, 5, step=1, label="How bad is a wrong label?", info=summary.COST)
                file_private = gr.Checkbox(False, label="Don't keep anything of it")
                with gr.Row():
                    go_file = gr.Button("Sort the file", variant="primary", scale=3, elem_id="go_file")
                    stop_file = gr.Button("Stop", scale=1, min_width=80, elem_id="stop_file")
            with gr.Column(scale=3, min_width=320):
                note_file = say("note_file", value="Results appear here while the file is sorted.", container=True)
                shares = gr.Label(label="What the texts are", show_heading=False, visible=False, elem_id="shares")
                results = gr.File(label="Results so far", file_count="multiple", visible=False, elem_classes="files")
                rows = table(summary.ROW_HEADS, "rows", "The newest rows")
                bad = table(summary.BAD_HEADS, "bad", "Rows that could not be read")
        with gr.Tab("Review") as review_tab:
            count = gr.Markdown(elem_id="count", padding=True)
            order = gr.Radio(summary.ORDERS, value="confidence", show_label=False)
            with gr.Column(visible=False, elem_id="card") as card_here:
                asked = gr.Textbox(label="The text, without personal data", interactive=False, lines=3, max_lines=14)
                taken = gr.Markdown(elem_id="taken", padding=True)
                confirm = gr.Button("Right", variant="primary", elem_id="confirm")
                with gr.Row():
                    later = gr.Button("Later", min_width=80, elem_id="later")
                    drop = gr.Button("Of no use", min_width=80, elem_id="drop")
                other = gr.Radio([], label="No, it is (a click decides)", elem_id="other")
                second = gr.Dropdown(
                    [], label="If it says two things, choose the other one before you decide", elem_id="second"
                )
            with gr.Row():
                outcome = say("outcome", padding=True)
                back = gr.Button("Undo", visible=False, scale=0, min_width=120, elem_id="undo")
        with gr.Tab("Learn") as learn_tab:
            gr.Markdown("### Labels", padding=True)
            label_table = table(summary.LABEL_HEADS, "labels", visible=True)
            with gr.Accordion("Add a label of your own", open=False):
                name = gr.Textbox(label="Title", placeholder="Gift idea", elem_id="title")
                description = gr.Textbox(label="What a text of this kind says or asks for", elem_id="description")
                given = gr.Textbox(label="At least eight examples, one a line", lines=8, elem_id="given")
                add = gr.Button("Add the label", elem_id="add")
                added = say("added")
            gr.Markdown(
                "### Train\nOn the texts that come along, corrections, and examples of your labels.", padding=True
            )
            with gr.Row():
                base = gr.Dropdown(
                    summary.BASES, value="minilm", label="Beginning from", allow_custom_value=True, min_width=280
                )
                epochs = gr.Slider(1, 30, 10, step=1, label="Rounds through the texts, at most", min_width=280)
            promotes = gr.Checkbox(True, label="Let the new version answer, unless it is worse on the test texts")
            with gr.Row():
                go_train = gr.Button("Train", variant="primary", scale=3, elem_id="train")
                halt = gr.Button("Stop", min_width=80, elem_id="halt")
            status, timer = say("status", container=True), gr.Timer(2, active=False)
            gr.Markdown("### Versions", padding=True)
            versions = table(summary.VERSION_HEADS, "versions", visible=True)
            with gr.Row():
                version = gr.Dropdown([], label="Version", elem_id="version")
                force = gr.Checkbox(False, label="Even if it is worse")
            with gr.Row():
                go_promote = gr.Button("Let it answer", elem_id="promote")
                go_back = gr.Button("Go back to the one before", elem_id="rollback")
            changed = say("changed", padding=True)
            gr.Markdown("### Compare\nOn test texts that none of them has seen.", padding=True)
            compared = gr.Dropdown([], multiselect=True, label="Versions (none: the one that answers)")
            simple = gr.CheckboxGroup(list(BASELINES), value=["majority", "tfidf"], label="Beside simple classifiers")
            with gr.Row():
                go_compare = gr.Button("Compare", variant="primary", scale=3, elem_id="compare")
                stop_compare = gr.Button("Stop", min_width=80, elem_id="stop_compare")
            differences = say("differences", padding=True)
            measured = table(summary.RESULT_HEADS, "measured")
            with gr.Row():
                drawn = [picture(one) for one in plots.COMPARISON]
            comparison = gr.File(visible=False, label="Files", elem_classes="files")
        with gr.Tab("Watch") as watch_tab:
            alert = say("alert", padding=True)
            figures = gr.Markdown(elem_id="figures", padding=True)
            with gr.Row():
                seen = [picture(one) for one in plots.WATCHING]
            history = table(summary.HISTORY_HEADS, "history", "The newest")
            refresh = gr.Button("Look again", elem_id="refresh")
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Feedback")

    sorts = [kept, note, guide, result, correction, top, said, parts, words, is_it, also, told]
    cards = [item, place, count, card_here, asked, taken, confirm, other, second]
    decided, here = [outcome, back, last, *cards], [item, place, order]
    learned = [label_table, versions, version, compared, status, timer]
    new_label = [name, description, given]
    heavy = {"concurrency_limit": 1, "concurrency_id": "heavy"}

    def wire(trigger, function, inputs, outputs, told_at, **more):
        """An event of the page; its progress, and its error if there is one, are seen at the note `told_at`."""
        once = {"api_visibility": "private", "trigger_mode": "once", "show_progress_on": told_at}
        run = trigger(event(function), inputs, outputs, **once | more)
        ui.keep_errors([run], [told_at])
        return run

    texts = [text, private, cost]
    clicked = examples.click(lambda row: row[0], examples, text, **ui.QUIET)
    for trigger in (partial(gr.on, [go.click, text.submit]), clicked.then):
        wire(trigger, sort, texts, sorts, note, show_progress_on=[note, guide])
    wire(why.click, weigh, [kept], words, told)
    wire(right.click, lambda kept, second: settle(kept, second, kept["label"]), [kept, also], told, told)
    wire(correct.click, settle, [kept, also, is_it], told, told)

    wire(partial(gr.on, [file.upload, file.clear]), header, [file], [form, column], form)
    wire(example_file.click, lambda: [TRAIL, *header(TRAIL)], None, [file, form, column], form)
    filed = go_file.click(
        sort_file,
        [file, column, file_private, file_cost],
        [note_file, shares, rows, bad, results],
        show_progress_on=note_file,
        api_visibility="private",
        trigger_mode="once",
        **heavy,
    )
    stopped = stop_file.click(None, cancels=[filed], **ui.QUIET)
    stopped.then(lambda: summary.STOPPED, None, note_file, **ui.QUIET)

    gr.on([review_tab.select, order.input], card, [place, order], cards, **ui.QUIET)
    later.click(lambda place, order: card(place + 1, order), [place, order], cards, **ui.QUIET)
    wire(confirm.click, decide, [*here, second], decided, outcome)
    wire(other.input, decide, [*here, second, other], decided, outcome)
    wire(drop.click, dismiss, here, decided, outcome)
    wire(back.click, undo, [last, order], decided, outcome)

    learn_tab.select(learn, None, learned, **ui.QUIET)
    timer.tick(tick, None, learned, **ui.QUIET)
    wire(add.click, add_label, new_label, [added, *new_label, label_table], added)
    wire(go_train.click, train, [base, epochs, promotes], [status, timer], status)
    wire(halt.click, lambda: summary.training(lab.stop_training()), None, status, status)
    wire(go_promote.click, promote, [version, force], [changed, versions], changed, **heavy)
    wire(go_back.click, roll_back, None, [changed, versions], changed, **heavy)
    takes, gives = [compared, simple], [differences, measured, *drawn, comparison]
    run = wire(go_compare.click, compare, takes, gives, differences, **heavy)
    stop_compare.click(lambda: "Stopped.", None, differences, cancels=[run], queue=False, **ui.QUIET)
    wire(partial(gr.on, [watch_tab.select, refresh.click]), look, None, [alert, figures, *seen, history], alert)

    with gr.Column(visible=False):  # what only the API takes and returns
        call, batch_file = gr.Button(), gr.File(label="file")
        for function in (
            desk.classify, desk.explain, desk.review_queue, desk.correct, desk.add_label, lab.train, lab.train_status,
            lab.models, lab.promote, lab.rollback, lab.stats, lab.drift,
        ):  # fmt: skip
            call.click(ui.guard(function), inputs_of(function), gr.JSON(label="Result"), api_name=function.__name__)
        takes = [
            batch_file,
            gr.Textbox("", label="column"),
            gr.Checkbox(True, label="keep"),
            gr.Number(5.0, label="cost"),
        ]
        gives = [gr.File(label="Results", file_count="multiple"), gr.JSON(label="Summary")]
        call.click(classify_batch, takes, gives, api_name="classify_batch", **heavy)
        takes = [gr.JSON([], label="versions"), gr.JSON(list(BASELINES), label="baselines")]
        takes.append(gr.Number(0, precision=0, label="most"))
        call.click(compare_models, takes, gr.JSON(label="Result"), api_name="compare_models", **heavy)
    ui.stop_on_close(demo)

demo.queue(max_size=50, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")
# Gradio breaks marked texts in the middle of words.
options["css"] += (
    "#parts *, #words * { word-break: normal; overflow-wrap: anywhere; } #parts .label { white-space: nowrap; }"
)

if __name__ == "__main__":
    demo.launch(**options)
