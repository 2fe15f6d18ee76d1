"""The page of the Space: layout and wiring. The work is done by the package `inventory`."""

import inspect
from functools import partial, wraps
from pathlib import Path

import gradio as gr

from common import ui
from common.errors import UserError
from inventory import access, endpoints, plots, summary
from inventory.anomaly import RATE
from inventory.desk import Desk
from inventory.http import application
from inventory.order import SERVICE_LEVEL

FOLDER = Path(__file__).parent / "examples"
BOOK, PHOTO = str(FOLDER / "stock_book.csv"), str(FOLDER / "receipt.jpg")
FIELDS = {
    str: gr.Textbox, str | None: gr.Textbox, int: partial(gr.Number, precision=0), bool: gr.Checkbox,
    int | None: partial(gr.Number, precision=0), float: gr.Number, float | None: gr.Number,
}  # fmt: skip
PROGRESS = gr.Progress()
desk = Desk()
http = application(desk)


def inputs_of(function) -> list:
    """A field for each parameter of an endpoint, with its default."""
    return [
        gr.File(label="file")
        if one.name == "file"
        else FIELDS.get(one.annotation, gr.JSON)(None if one.default is one.empty else one.default, label=one.name)
        for one in endpoints.parameters(function)
    ]


def into_folder(function):
    """A function that writes a file, with a fresh folder for it that is served."""

    @wraps(function)
    def filed(*values):
        with ui.result_folder("export") as folder:
            return function(*values, folder=folder)

    return filed


def event(function):
    """A function for an event of the page, whose error is kept for the note beside it."""
    if inspect.iscoroutinefunction(function):
        return ui.guard(function)  # it takes the request itself

    def guarded(request: gr.Request, *values):
        return function(*values)

    return ui.guard(guarded)


def write(function):
    """A change: the token comes first, and is looked at before anything else."""

    def checked(token, *values):
        access.check(token)
        return function(*values)

    return checked


def shown(value):
    """An output that is seen where there is something in it."""
    return gr.update(value=value, visible=value is not None and len(value) > 0)


def say(name: str, **more) -> gr.Markdown:
    """A place for a sentence about what was just done."""
    return gr.Markdown(elem_id=name, elem_classes="status", min_height=40, padding=True, **more)


def picture(name: str) -> gr.Image:
    more = {"visible": False, "format": "png", "buttons": ["download", "fullscreen"], "elem_id": name}
    return gr.Image(show_label=False, interactive=False, min_width=280, **more)


def table(heads: dict, name: str, label: str | None = None, **more) -> gr.Dataframe:
    more = {"visible": False, "interactive": False} | more
    more |= {"label": label, "show_label": label is not None, "elem_id": name, "type": "array"}
    return gr.Dataframe(headers=[*heads], column_widths=[*heads.values()], wrap=True, **more)


def menu(label: str, name: str, **more) -> gr.Dropdown:
    return gr.Dropdown([], label=label, elem_id=name, min_width=150, **more)


def drawn(draw, *values):
    """A picture, where there is something to draw."""
    return shown(plots.pixels(draw(*values)) if len(values[0]) else None)


# What the tabs show


def start() -> list:
    """The page for what is in the database: a welcome or the overview, the names in the menus."""
    outlets, items = ([one["name"] for one in found] for found in (desk.outlets(), desk.items()))
    empty = not desk.health()["records"]

    def every(first: tuple, names: list):
        return gr.update(choices=[first, *names], value="")

    def one(names: list):
        return gr.update(choices=names, value=next(iter(names), None))

    # An update of its own for each menu: Gradio takes them apart.
    return [
        *(gr.update(visible=seen) for seen in (empty, not empty, access.needed())),
        *(every(summary.ALL_OUTLETS, outlets) for _ in range(4)),
        *(every(summary.ALL_ITEMS, items) for _ in range(2)),
        *(one(names) for names in (outlets, outlets, items)),
        "" if empty else "Working out what will be needed …",
    ]


def look_ahead(outlet: str) -> list:
    """The tab "Overview"."""
    if not desk.health()["records"]:
        return ["", "", gr.update(visible=False), gr.update(visible=False), []]
    found = desk.overview(outlet)
    items = found["items"]
    columns = [[summary.named(one, not outlet) for one in items], [one["cover_days"] or 0 for one in items]]
    chart = drawn(plots.cover, *columns, [one["urgency"] for one in items])
    rows = summary.overview_rows(found, not outlet)
    return [summary.overview(found), summary.urgent(found), chart, shown(rows), items]


def pick(items: list, event: gr.SelectData) -> list:
    """A click on an item of the overview shows its forecast."""
    one = items[event.index[0]]
    return [one["outlet"], one["item"], gr.Tabs(selected="forecast"), *foretell(one["outlet"], one["item"], 14)]


def foretell(outlet: str | None, item: str | None, days: int) -> list:
    if not outlet or not item:
        raise UserError("There is nothing to forecast yet. Load the example, or import a file.")
    found = desk.forecast(outlet, item, int(days))
    past = found["history"]
    history = [
        (day, float("nan") if used is None else used) for day, used in zip(past["days"], past["used"], strict=True)
    ]
    band = (found["days"], found["low"], found["middle"], found["high"], found["unit"])
    return [summary.forecast(found), drawn(plots.forecast, history, *band), shown(summary.day_rows(found))]


async def compare(
    outlet: str, cutoffs: int, thorough: bool, request: gr.Request, progress: gr.Progress = PROGRESS
) -> list:
    work = lambda tell: desk.backtest(outlet or "", "", int(cutoffs), thorough, tell=tell)  # noqa: E731
    found = await ui.run(work, progress, request)
    methods = found["methods"]
    bars = drawn(plots.errors, [one["name"] for one in methods], [one["wape"] for one in methods])
    return [summary.backtest(found), bars, shown(summary.method_rows(found))]


def check_book(outlet: str, item: str, days: int, rate: float) -> list:
    """The tab "Anomalies"."""
    found = desk.anomalies(outlet, item, int(days), rate)
    columns = ([one[name] for one in found] for name in ("day", "kind", "severity"))
    last = desk.health()["last_day"]
    chart = drawn(plots.timeline, *columns, last, int(days)) if found else gr.update(visible=False)
    names = gr.update(choices=summary.verdict_names(desk.verdicts()), value=None)
    rows = shown(summary.finding_rows(found, not outlet))
    return [summary.findings(found, int(days)), chart, rows, found, gr.update(visible=False), None, names]


def look_closer(found: list, event: gr.SelectData) -> list:
    one = found[event.index[0]]
    return [one, gr.update(visible=True), summary.finding(one)]


def judge(one: dict, verdict: str, *wanted) -> list:
    done = desk.anomaly_feedback(one["day"], one["outlet"], one["item"], one["kind"], verdict)
    before, after = done["anomalies"]["before"], done["anomalies"]["after"]
    told = f"Kept as number {done['number']}: {before} findings of 90 days become {after}. Undo it below."
    return [told, *check_book(*wanted)]


def take_back(number: int | None, *wanted) -> list:
    if not number:
        raise UserError("No verdict is chosen. Choose one first.")
    desk.undo_anomaly_feedback(int(number))
    return [f"The verdict number {number} is taken back.", *check_book(*wanted)]


def plan(outlet: str, method: str, level: float, days: int) -> list:
    """The tab "Orders"."""
    found = desk.recommend_order(outlet, "", int(days or 0), level, method)
    alike = summary.similar(desk.similar_outlets(outlet)) if outlet else ""
    several = not outlet
    reasons = {summary.named(one, several): one for one in found}
    said = f"{summary.orders(found)} {alike}"
    return [said, shown(summary.order_rows(found, several)), summary.order_reasons(found, several), reasons, None]


def write_orders(rows: list, reasons: dict):
    wanted = [row for row in rows or [] if row[1] and float(row[1]) > 0]
    if not wanted:
        raise UserError("There is nothing to order. Work the orders out first, or write a quantity.")
    with ui.result_folder("orders") as folder:
        summary.write_orders(folder / "orders.csv", wanted, reasons)
    return [f"{len(wanted)} items are in the list.", shown(str(folder / "orders.csv"))]


def scan(file: str | None) -> list:
    if not file:
        raise UserError("There is no receipt yet. Give a photo, a scan or a PDF.")
    return review(desk.scan_receipt(file, name=Path(file).name))


def review(found: dict) -> list:
    """What the tab "Receipts" shows of one."""
    day = found["date"] or desk.health()["last_day"]
    table = gr.update(value=summary.line_rows(found), visible=True)
    seen = [gr.update(visible=False), gr.update(visible=True)]
    return ["", *seen, summary.receipt(found), table, summary.matches(found), day, found["number"], *waiting()]


def reopen(numbers: list, event: gr.SelectData) -> list:
    """A click on a receipt of the list."""
    return review(desk.receipt(numbers[event.index[0]]))


def waiting() -> list:
    found = desk.receipts()
    return [shown(summary.receipt_rows(found)), [one["number"] for one in found]]


def take_in(number: int | None, outlet: str | None, day: str, rows: list) -> list:
    done = desk.confirm_receipt(number, outlet or "", day, summary.delivered(rows))
    return [summary.confirmed(done), gr.update(visible=False), *waiting()]


def put_away(number: int | None) -> list:
    desk.discard_receipt(number)
    return [f"Receipt {number} is put away. Nothing of it is in stock.", gr.update(visible=False), *waiting()]


def answer(question: str, said: list) -> list:
    if not (question or "").strip():
        raise UserError("There is no question yet.")
    found = desk.ask(question)
    said = [*said, {"role": "user", "content": question}, {"role": "assistant", "content": found["text"]}]
    return ["", said, "", summary.understood(found), shown(summary.answer_rows(found))]


def examine(file: str | None, form: str, decimal: str, outlet: str, *columns: str | None) -> list:
    """What would come of a file. columns: as the person chose them; none of a file that is new."""
    fields = [field for field, _ in summary.fields()]
    if not file:
        return ["", gr.update(visible=False), {}, *[gr.update(choices=[], value=None)] * len(fields)]
    named = {field: heading or None for field, heading in zip(fields, columns, strict=False)}
    found = desk.preview_import(file, named or None, "", form, decimal, outlet)
    mapping = {field: found["mapping"].get(field) for field in fields}
    choices = [("not in the file", ""), *found["columns"]]
    menus = [gr.update(choices=choices, value=heading or "") for heading in mapping.values()]
    first = gr.update(value={"headers": found["columns"], "data": found["first"]}, visible=True)
    return [summary.preview(found), first, mapping, *menus]


async def bring(
    token: str, file: str | None, mapping: dict, form: str, decimal: str, outlet: str, again: bool,
    request: gr.Request, progress: gr.Progress = PROGRESS,
) -> list:  # fmt: skip
    access.check(token)
    if not file:
        raise UserError("There is no file yet. Give a CSV or an Excel file.")

    def work(tell) -> dict:
        read = lambda rows: tell(0, f"{rows:,} rows read")  # noqa: E731
        return desk.import_records(file, mapping, "", form, decimal, outlet, again, name=Path(file).name, tell=read)

    done = await ui.run(work, progress, request)
    return [summary.imported(done), *look_aside(done["id"] if done["set_aside"] else None), *past_imports()]


def past_imports() -> list:
    return [gr.update(choices=summary.import_names(desk.imports()), value=None)]


def look_aside(number: int | None) -> list:
    """The rows that an import set aside, and their file."""
    if not number:
        return [gr.update(visible=False), gr.update(visible=False)]
    file = into_folder(desk.export_rows_aside)(int(number))
    return [shown(summary.aside_rows(desk.rows_aside(int(number)))), shown(file)]


def stored() -> list:
    """What the tab "Data" shows of what is there."""
    return [*past_imports(), shown(summary.item_rows(desk.items()))]


def browse(*wanted) -> list:
    found = desk.records(*wanted)
    said = f"{found['total']:,} records; page {found['page']} of {found['pages']}."
    return [said, shown(summary.record_rows(found))]


def export(kind: str, *wanted) -> list:
    return ["The file is ready.", shown(into_folder(desk.export_records)(kind, *wanted))]


def change_item(name: str, unit: str, category: str, pack, lead, keeps, price, aliases: str) -> list:
    others = [one.strip() for one in aliases.split(",") if one.strip()] if aliases else None
    one = desk.set_item(name or "", unit or "", category or None, pack, lead, keeps, price, others)
    return [f"**{one['name']}** is kept.", shown(summary.item_rows(desk.items()))]


def new_outlet(name: str, aliases: str) -> str:
    others = [one.strip() for one in aliases.split(",") if one.strip()] if aliases else None
    return f"Outlets: {', '.join(one['name'] for one in desk.add_outlet(name or '', others))}."


def load_example() -> str:
    done = desk.load_example()
    return f"{done['records']:,} made-up records of {done['outlets']} outlets are here, up to {done['last_day']}."


def wipe(word: str) -> list:
    return [f"{desk.delete_everything(word or '')['records']:,} records are deleted, and everything else.", ""]


def watch() -> list:
    """The tab "Models"."""
    versions, status, drift = desk.models(), desk.training(), desk.drift()
    names = gr.update(choices=[one["id"] for one in versions], value=None)
    state = [summary.training(status), gr.Timer(active=status["state"] == "running")]
    log = shown(summary.prediction_rows(desk.predictions()))
    moved = shown(summary.moved_rows(drift))
    return [*state, shown(summary.version_rows(versions)), names, summary.drift(drift), moved, log]


def tick() -> list:
    """While a training runs, how it stands; the whole tab again when it is over."""
    status = desk.training()
    return [summary.training(status), *[gr.skip()] * 6] if status["state"] == "running" else watch()


def train(promote: bool) -> list:
    return [summary.training(desk.train(promote=promote)), gr.Timer(active=True)]


def choose(version: str | None, force: bool) -> dict:
    return desk.promote(version or "", force)


def drop(version: str | None) -> dict:
    return desk.drop(version or "")


def served(action, said: str):
    """A change of the version that answers, in words."""

    def change(*values) -> list:
        done = action(*values)
        return [said.format(**done), *watch()]

    return change


with ui.Blocks(title="Inventory", delete_cache=(3600, 24 * 3600)) as demo:
    ui.intro("Inventory", "Stock records in: what to order, what went wrong, what the receipt says, in plain words.")
    token = gr.Textbox(label="Token for changes", type="password", visible=False, elem_id="token")
    rows_now, found_now, chosen, reasons, number, numbers, mapping = (gr.State() for _ in range(7))
    with gr.Tabs(elem_id="tabs") as tabs:
        with gr.Tab("Overview", id="overview") as overview_tab:
            note = say("note")
            with gr.Column(visible=False, elem_id="welcome") as welcome:
                gr.Markdown(summary.WELCOME, container=True, elem_classes="guide")
                with gr.Row():
                    example = gr.Button("Load the example business", variant="primary", elem_id="example")
                    own = gr.Button("Import your own file", elem_id="own")
            with gr.Column(visible=False, elem_id="there") as there:
                outlet = menu("Outlet", "outlet")
                with gr.Row():
                    with gr.Column(scale=2, min_width=320):
                        headline = gr.Markdown(elem_id="headline", container=True, padding=True)
                        lines = gr.Markdown(elem_id="lines", padding=True)
                        covers = picture("covers")
                    with gr.Column(scale=3, min_width=320):
                        stock = table(summary.OVERVIEW_HEADS, "stock", "A click shows the forecast")
        with gr.Tab("Forecast", id="forecast") as forecast_tab:
            with gr.Row():
                f_outlet, f_item = menu("Outlet", "f_outlet"), menu("Item", "f_item")
                ahead = gr.Slider(1, 14, 14, step=1, label="Days ahead", min_width=200)
            f_note = say("f_note")
            with gr.Row():
                with gr.Column(scale=3, min_width=320):
                    curve = picture("curve")
                with gr.Column(scale=2, min_width=320):
                    by_day = table(summary.DAY_HEADS, "by_day")
            with gr.Accordion("Which way to forecast does best?", open=False):
                with gr.Row():
                    cutoffs = gr.Slider(1, 12, 4, step=1, label="Earlier dates, two weeks apart", min_width=200)
                    thorough = gr.Checkbox(False, label="With the slow ones, too (minutes)")
                with gr.Row():
                    go_compare = gr.Button("Compare them", variant="primary", scale=3, elem_id="compare")
                    stop_compare = gr.Button("Stop", min_width=80, elem_id="stop_compare")
                b_note, errors = say("b_note"), picture("errors")
                methods = table(summary.METHOD_HEADS, "methods")
        with gr.Tab("Anomalies", id="anomalies") as anomaly_tab, gr.Row():
            with gr.Column(scale=2, min_width=320):
                with gr.Row():
                    a_outlet, a_item = menu("Outlet", "a_outlet"), menu("Item", "a_item")
                back = gr.Slider(7, 365, 90, step=1, label="Days back")
                rate = gr.Slider(0.01, 1, RATE, step=0.01, label="How many alarms", info=summary.RATE)
                a_note, times = say("a_note"), picture("times")
                with gr.Accordion("What was said about findings", open=False):
                    verdicts = menu("Verdicts in force", "verdicts")
                    undo = gr.Button("Undo it", elem_id="undo")
            with gr.Column(scale=3, min_width=320):
                with gr.Column(visible=False, elem_id="card") as card:
                    closer = gr.Markdown(elem_id="closer", container=True, padding=True)
                    with gr.Row():
                        no, yes = gr.Button("Not an anomaly", elem_id="no"), gr.Button("It was one", elem_id="yes")
                told = say("told")
                findings = table(summary.FINDING_HEADS, "findings")
        with gr.Tab("Orders", id="orders") as order_tab, gr.Row():
            with gr.Column(scale=2, min_width=320):
                r_outlet = menu("Outlet", "r_outlet")
                method = gr.Radio(summary.METHODS, value="forecast", label="How much", elem_id="method")
                level = gr.Slider(0.5, 0.999, SERVICE_LEVEL, label="Service level", info=summary.SERVICE)
                until = gr.Number(0, precision=0, minimum=0, label="Next order in days", info=summary.REVIEW)
                go_plan = gr.Button("Work it out", variant="primary", elem_id="plan")
                r_note = say("r_note")
            with gr.Column(scale=3, min_width=320):
                wanted = table(
                    summary.ORDER_HEADS, "wanted", "Quantities can be changed", interactive=True,
                    static_columns=[0, 2], datatype=["str", "number", "str"],
                )  # fmt: skip
                go_list = gr.Button("Download the order list", elem_id="list")
                order_file = gr.File(label="Order list", visible=False, elem_classes="files")
                with gr.Accordion("Why", open=False):
                    why = gr.Markdown(elem_id="why", padding=True)
        with gr.Tab("Receipts", id="receipts") as receipt_tab, gr.Row():
            with gr.Column(scale=2, min_width=320):
                paper = gr.File(label="Photo, scan or PDF", file_types=["image", ".pdf"], height=140, elem_id="paper")
                photo = gr.Button("Take the example: a photo of a receipt", elem_id="photo")
                go_scan = gr.Button("Read it", variant="primary", elem_id="scan")
                p_note = say("p_note")
                kept = table(summary.RECEIPT_HEADS, "kept", "Receipts so far; a click opens one")
            with gr.Column(scale=3, min_width=320):
                p_guide = gr.Markdown(summary.RECEIPT_GUIDE, container=True, elem_classes=["guide", "status"])
                with gr.Column(visible=False, elem_id="review") as reviewed:
                    receipt = gr.Markdown(elem_id="receipt", container=True, padding=True)
                    articles = table(
                        summary.LINE_HEADS, "articles", "Change what is wrong; lines without an item are left out",
                        interactive=True, visible=True, datatype=["str", "str", "number", "str"],
                    )  # fmt: skip
                    with gr.Accordion("Why these items", open=False):
                        matched = gr.Markdown(elem_id="matched", padding=True)
                    with gr.Row():
                        c_outlet = menu("Came in at", "c_outlet")
                        c_day = gr.Textbox(label="On", placeholder="2026-03-31", min_width=150, elem_id="c_day")
                    with gr.Row():
                        confirm = gr.Button("Into stock", variant="primary", scale=3, elem_id="confirm")
                        discard = gr.Button("Put it away", min_width=120, elem_id="discard")
        with gr.Tab("Ask", id="ask"):
            gr.Markdown(summary.ASK_GUIDE, padding=True)
            chat = gr.Chatbot(
                [], show_label=False, height=380, elem_id="chat", feedback_options=None, buttons=["copy"],
                placeholder="Ask something, or click a question below.",
            )  # fmt: skip
            with gr.Row():
                question = gr.Textbox(
                    show_label=False, placeholder="How much chicken is left in Subang?", scale=4, min_width=200,
                    max_length=500, elem_id="question",
                )  # fmt: skip
                go_ask = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="go_ask")
            q_note, form_said = say("q_note"), gr.Markdown(elem_id="understood", padding=True)
            answers = table(summary.ANSWER_HEADS, "answers")
            questions = gr.Dataset(
                label="Or click a question",
                components=[gr.Textbox(render=False)],
                samples=[[one] for one in summary.QUESTIONS],
                elem_id="questions",
            )
        with gr.Tab("Data", id="data") as data_tab:
            gr.Markdown("### Import", padding=True)
            with gr.Row():
                with gr.Column(scale=2, min_width=320):
                    book = gr.File(
                        label="CSV or Excel: a row for each day, outlet and item", file_types=[".csv", ".xlsx", ".txt"],
                        height=140, elem_id="book",
                    )  # fmt: skip
                    book_example = gr.Button("Take the example: ten weeks of a new outlet", elem_id="book_example")
                    with gr.Accordion("Columns, dates, decimals", open=False), gr.Row():
                        columns = [menu(f"{title} is in", f"column_{field}") for field, title in summary.fields()]
                        date_form = gr.Dropdown(summary.FORMATS, value="", label="Dates are written", min_width=150)
                        decimal = gr.Dropdown(summary.DECIMALS, value="", label="Decimals are written", min_width=150)
                        all_from = gr.Textbox("", label="Outlet, if the file doesn't say", min_width=150)
                        again = gr.Checkbox(False, label="Import it again")
                    with gr.Row():
                        go_import = gr.Button("Import", variant="primary", scale=3, elem_id="import")
                        stop_import = gr.Button("Stop", min_width=80, elem_id="stop_import")
                with gr.Column(scale=3, min_width=320):
                    i_note = say("i_note", value="What would come of the file is said here first.", container=True)
                    first_rows = gr.Dataframe(visible=False, interactive=False, elem_id="first", label="The first rows")
                    aside = table(summary.ASIDE_HEADS, "aside", "Rows kept aside")
                    aside_file = gr.File(label="Mend them here, and import it", visible=False, elem_classes="files")
                    imports = menu("Rows kept aside of an earlier import", "imports")
            gr.Markdown("### Records", padding=True)
            with gr.Row():
                x_outlet, x_item = menu("Outlet", "x_outlet"), menu("Item", "x_item")
                first_day = gr.Textbox("", label="From", placeholder="2026-03-31", min_width=120)
                last_day = gr.Textbox("", label="To", placeholder="2026-03-31", min_width=120)
                leaf = gr.Number(1, precision=0, minimum=1, label="Page", min_width=80)
            with gr.Row():
                go_browse = gr.Button("Show them", elem_id="browse")
                kind = gr.Radio(["csv", "xlsx"], value="csv", show_label=False, container=False, min_width=120)
                go_export = gr.Button("Export them", elem_id="export")
            x_note, records = say("x_note"), table(summary.RECORD_HEADS, "records")
            exported = gr.File(label="Export", visible=False, elem_classes="files")
            gr.Markdown("### Items and outlets", padding=True)
            item_table = table(summary.ITEM_HEADS, "items")
            with gr.Accordion("Add or change an item or an outlet", open=False):
                with gr.Row():
                    name, unit, category = (
                        gr.Textbox(label=one, min_width=140) for one in ("Item", "Unit", "Category")
                    )
                    pack, price = (gr.Number(None, label=one, min_width=100) for one in ("Pack", "Price"))
                    lead, keeps = (
                        gr.Number(None, precision=0, label=one, min_width=100) for one in ("Lead days", "Keeps days")
                    )
                    aliases = gr.Textbox(label="Also called, with commas between", min_width=200)
                go_item = gr.Button("Keep the item", elem_id="go_item")
                with gr.Row():
                    place = gr.Textbox(label="Outlet", min_width=140)
                    places = gr.Textbox(label="Also called, with commas between", min_width=200)
                go_outlet = gr.Button("Keep the outlet", elem_id="go_outlet")
            t_note = say("t_note")
            gr.Markdown("### Example, and a clean sheet", padding=True)
            example_again = gr.Button("Load the example business", elem_id="example_again")
            with gr.Row():
                word = gr.Textbox("", label="Write delete here", min_width=160, elem_id="word")
                go_wipe = gr.Button("Delete everything", variant="stop", elem_id="wipe")
            d_note = say("d_note")
        with gr.Tab("Models", id="models") as model_tab:
            drift = say("drift", container=True)
            moved = table(summary.MOVED_HEADS, "moved", "Items whose use changed most")
            gr.Markdown("### Train\nOn all records, for some minutes.", padding=True)
            promotes = gr.Checkbox(True, label="Let the new version answer, unless it is worse in the backtest")
            with gr.Row():
                go_train = gr.Button("Train", variant="primary", scale=3, elem_id="train")
                halt = gr.Button("Stop", min_width=80, elem_id="halt")
            state, timer = say("state", container=True), gr.Timer(2, active=False)
            versions = table(summary.VERSION_HEADS, "versions", "Versions")
            with gr.Row():
                version, force = menu("Version", "version"), gr.Checkbox(False, label="Even if it is worse")
            with gr.Row():
                go_promote = gr.Button("Let it answer", elem_id="promote")
                go_back = gr.Button("Go back to the one before", elem_id="rollback")
                go_drop = gr.Button("Delete it", elem_id="drop")
            m_note, log = say("m_note"), table(summary.PREDICTION_HEADS, "log", "What was foretold, and what came")
        ui.api_tab(demo, (FOLDER / "client.txt").read_text(encoding="utf-8"))
    ui.footer(demo, "Inventory")

    heavy = {"concurrency_limit": 1, "concurrency_id": "inventory"}

    def wire(trigger, function, inputs, outputs, told_at, **more):
        """An event of the page; its progress, and its error if there is one, are seen at the note `told_at`."""
        once = {"api_visibility": "private", "trigger_mode": "once", "show_progress_on": told_at}
        run = trigger(event(function), inputs, outputs, **once | more)
        ui.keep_errors([run], [told_at])
        return run

    ahead_view = [headline, lines, covers, stock, rows_now]
    page = [welcome, there, token, outlet, a_outlet, r_outlet, x_outlet, a_item, x_item, c_outlet, f_outlet, f_item]
    page.append(headline)

    def begin(trigger) -> None:
        """The page anew; what has to be worked out comes after what is there."""
        wire(wire(trigger, start, None, page, note).success, look_ahead, outlet, ahead_view, note)

    begin(demo.load)
    wire(partial(gr.on, [outlet.input, overview_tab.select]), look_ahead, outlet, ahead_view, note)
    for button, at in ((example, note), (example_again, d_note)):
        loaded = wire(button.click, write(load_example), token, at, at, **heavy)
        begin(loaded.success)
    own.click(lambda: gr.Tabs(selected="data"), None, tabs, **ui.QUIET)

    future = [f_note, curve, by_day]
    stock.select(ui.guard(pick), rows_now, [f_outlet, f_item, tabs, *future], **ui.QUIET)
    which = [f_outlet, f_item, ahead]
    asks = [forecast_tab.select, f_outlet.input, f_item.input, ahead.release]
    wire(partial(gr.on, asks), foretell, which, future, f_note)
    tested = [b_note, errors, methods]
    compared = wire(go_compare.click, compare, [f_outlet, cutoffs, thorough], tested, b_note, **heavy)
    stop_compare.click(lambda: "Stopped.", None, b_note, cancels=[compared], queue=False, **ui.QUIET)

    asked = [a_outlet, a_item, back, rate]
    checked = [a_note, times, findings, found_now, card, chosen, verdicts]
    looks = [anomaly_tab.select, a_outlet.input, a_item.input, back.release, rate.release]
    wire(partial(gr.on, looks), check_book, asked, checked, a_note)
    findings.select(ui.guard(look_closer), found_now, [chosen, card, closer], **ui.QUIET)
    for button, verdict in ((no, "not_anomaly"), (yes, "anomaly")):
        said = write(lambda one, *wanted, verdict=verdict: judge(one, verdict, *wanted))
        wire(button.click, said, [token, chosen, *asked], [told, *checked], told)
    wire(undo.click, write(take_back), [token, verdicts, *asked], [told, *checked], told)

    planned = [r_note, wanted, why, reasons, order_file]
    plans = [order_tab.select, go_plan.click, r_outlet.input, method.input]
    wire(partial(gr.on, plans), plan, [r_outlet, method, level, until], planned, r_note)
    wire(go_list.click, write_orders, [wanted, reasons], [r_note, order_file], r_note)

    on_paper = [p_note, p_guide, reviewed, receipt, articles, matched, c_day, number, kept, numbers]
    taken = photo.click(lambda: PHOTO, None, paper, **ui.QUIET)
    for trigger in (go_scan.click, taken.then):
        wire(trigger, write(scan), [token, paper], on_paper, p_note, **heavy)
    receipt_tab.select(ui.guard(waiting), None, [kept, numbers], **ui.QUIET)
    kept.select(ui.guard(reopen), numbers, on_paper, **ui.QUIET)
    done = [p_note, reviewed, kept, numbers]
    wire(confirm.click, write(take_in), [token, number, c_outlet, c_day, articles], done, p_note)
    wire(discard.click, write(put_away), [token, number], done, p_note)

    replied = [q_note, chat, question, form_said, answers]
    clicked = questions.click(lambda row: row[0], questions, question, **ui.QUIET)
    for trigger in (partial(gr.on, [go_ask.click, question.submit]), clicked.then):
        wire(trigger, answer, [question, chat], replied, q_note, **heavy)

    written = [date_form, decimal, all_from]
    examined = [i_note, first_rows, mapping, *columns]
    wire(partial(gr.on, [book.upload, book.clear]), examine, [book, *written], examined, i_note)
    taken = book_example.click(lambda: BOOK, None, book, **ui.QUIET)
    wire(taken.then, examine, [book, *written], examined, i_note)
    settings = [date_form.input, decimal.input, all_from.submit, *[one.input for one in columns]]
    wire(partial(gr.on, settings), examine, [book, *written, *columns], examined, i_note)

    takes = [token, book, mapping, *written, again]
    brought = wire(go_import.click, bring, takes, [i_note, aside, aside_file, imports], i_note, **heavy)
    halted = "Stopped. Nothing of it is kept."
    stop_import.click(lambda: halted, None, i_note, cancels=[brought], queue=False, **ui.QUIET)
    begin(brought.success)
    wire(imports.input, look_aside, imports, [aside, aside_file], i_note)
    those = [x_outlet, x_item, first_day, last_day]
    wire(go_browse.click, browse, [*those, leaf], [x_note, records], x_note)
    wire(go_export.click, export, [kind, *those], [x_note, exported], x_note)
    data_tab.select(ui.guard(stored), None, [imports, item_table], **ui.QUIET)
    about = [name, unit, category, pack, lead, keeps, price, aliases]
    wire(go_item.click, write(change_item), [token, *about], [t_note, item_table], t_note)
    wire(go_outlet.click, write(new_outlet), [token, place, places], t_note, t_note)
    wiped = wire(go_wipe.click, write(wipe), [token, word], [d_note, word], d_note)
    begin(wiped.success)

    service = [state, timer, versions, version, drift, moved, log]
    wire(model_tab.select, watch, None, service, drift)
    timer.tick(tick, None, service, **ui.QUIET)
    wire(go_train.click, write(train), [token, promotes], [state, timer], state)
    wire(halt.click, write(lambda: summary.training(desk.stop_training())), token, state, state)
    says = [m_note, *service]
    wire(go_promote.click, write(served(choose, "**{active}** answers.")), [token, version, force], says, m_note)
    wire(go_back.click, write(served(desk.rollback, "**{active}** answers again.")), [token], says, m_note)
    wire(go_drop.click, write(served(drop, "{dropped} is deleted.")), [token, version], says, m_note)

    with gr.Column(visible=False):  # what only the API takes and returns
        call = gr.Button()
        for name in endpoints.OFFERED:
            each, gives = endpoints.offered(desk, name), gr.JSON(label="Result")
            if name in endpoints.FILES:
                each, gives = into_folder(each), gr.File(label="Result")
            more = heavy if name in endpoints.LONG else {}
            call.click(ui.guard(each), inputs_of(each), gives, api_name=name, **more)
    ui.stop_on_close(demo)

demo.queue(max_size=50, default_concurrency_limit=1)
options = ui.options(max_file_size="500mb")

if __name__ == "__main__":
    demo.launch(**options)
