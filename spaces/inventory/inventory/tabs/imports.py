"""The first part of the tab "Data": a file, what would come of it, importing it, and the rows kept aside."""

from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from inventory import access
from inventory.summary import data
from inventory.tabs import HEAVY, desk
from inventory.tabs.parts import into_folder, menu, say, table

PROGRESS = gr.Progress()
WIDE = 180  # px: two fields in a row of the narrow column


def examine(file: str | None, form: str, decimal: str, outlet: str, unit: str, *columns: str | None) -> list:
    """What would come of a file. columns: as the person chose them; none of a file that is new."""
    fields = [field for field, _ in data.fields()]
    if not file:
        return ["", gr.update(visible=False), {}, *[gr.update(choices=[], value=None)] * len(fields)]
    named = {field: heading or None for field, heading in zip(fields, columns, strict=False)}
    found = desk.preview_import(file, named or None, "", form, decimal, outlet, unit)
    mapping = {field: found["mapping"].get(field) for field in fields}
    choices = [("not in the file", ""), *found["columns"]]
    menus = [gr.update(choices=choices, value=heading or "") for heading in mapping.values()]
    first = gr.update(value={"headers": found["columns"], "data": found["first"]}, visible=True)
    return [data.preview(found), first, mapping, *menus]


async def bring(
    token: str, file: str | None, mapping: dict, form: str, decimal: str, outlet: str, unit: str,
    again: bool, request: gr.Request, progress: gr.Progress = PROGRESS,
) -> list:  # fmt: skip
    access.check(token)
    if not file:
        raise UserError("There is no file yet. Give a CSV or an Excel file.")

    def work(tell) -> dict:
        read = lambda rows: tell(0, f"{rows:,} rows read")  # noqa: E731
        name = Path(file).name
        return desk.import_records(file, mapping, "", form, decimal, outlet, again, unit, name=name, tell=read)

    done = await ui.run(work, progress, request)
    return [data.imported(done), *look_aside(done["id"] if done["set_aside"] else None), past_imports()]


def past_imports() -> dict:
    return gr.update(choices=data.import_names(desk.imports()), value=None)


def look_aside(number: int | None) -> list:
    """The rows that an import set aside, and their file."""
    if not number:
        return [gr.update(visible=False), gr.update(visible=False)]
    file = into_folder(desk.export_rows_aside)(int(number))
    return [ui.shown(data.aside_rows(desk.rows_aside(int(number)))), ui.shown(file)]


def part(folder: Path, token: gr.Textbox):
    """folder: of the examples. Gives the menu of earlier imports, and the event that imports."""
    example = str(folder / "stock_book.csv")
    gr.Markdown("### Import", padding=True)
    mapping = gr.State()
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            book = gr.File(
                label="CSV or Excel: a row for each day, outlet and item", file_types=[".csv", ".xlsx", ".txt"],
                height=140, elem_id="book",
            )  # fmt: skip
            take = gr.Button("Take the example: ten weeks of a new outlet", elem_id="book_example")
            with gr.Accordion("Columns, dates, decimals", open=False), gr.Row():
                columns = [menu(f"{title} is in", f"column_{field}", WIDE) for field, title in data.fields()]
                form = gr.Dropdown(data.FORMATS, value="", label="Dates are written", min_width=WIDE)
                decimal = gr.Dropdown(data.DECIMALS, value="", label="Decimals are written", min_width=WIDE)
                outlet = gr.Textbox("", label="Outlet, if the file doesn't say", min_width=WIDE)
                unit = gr.Textbox("", label="Unit, if the file doesn't say", placeholder="kg", min_width=WIDE)
                again = gr.Checkbox(False, label="Import it again")
            with gr.Row():
                go = gr.Button("Import", variant="primary", scale=3, elem_id="import")
                stop = gr.Button("Stop", min_width=80, elem_id="stop_import")
        with gr.Column(scale=3, min_width=320):
            note = say("i_note", value="What would come of the file is said here first.", container=True)
            first = gr.Dataframe(visible=False, interactive=False, elem_id="first", label="The first rows")
            aside = table(data.ASIDE_HEADS, "aside", "Rows kept aside")
            aside_file = gr.File(label="Mend them here, and import it", visible=False, elem_classes="files")
            imports = menu("Rows kept aside of an earlier import", "imports")

    written = [form, decimal, outlet, unit]
    view = [note, first, mapping, *columns]
    ui.follow([book.upload, book.clear], examine, [book, *written], view, note)
    taken = take.click(lambda: example, None, book, **ui.QUIET)
    ui.wire(taken.then, examine, [book, *written], view, note)
    changes = [form.input, decimal.input, outlet.submit, unit.submit, *[one.input for one in columns]]
    ui.follow(changes, examine, [book, *written, *columns], view, note)
    takes, gives = [token, book, mapping, *written, again], [note, aside, aside_file, imports]
    brought = ui.wire(go.click, bring, takes, gives, note, **HEAVY)
    ui.stops(stop, [brought], note, "Stopped. Nothing of it is kept.")
    ui.follow([imports.input], look_aside, imports, [aside, aside_file], note)
    return imports, brought
