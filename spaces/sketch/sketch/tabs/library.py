"""The tab "Styles": the library, adding a style of one's own and deleting it."""

import gradio as gr

from common import ui
from sketch import styles
from sketch.asked import adding, deleting
from sketch.summary import browse, plain, titles
from sketch.tabs import ON_PAGE
from sketch.tabs.make import Make

PROGRESS = gr.Progress()


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
    card = await ui.run(adding(picture, title, caption, medium, era, licence), progress, request)
    said = f"Added **{plain(card.title)}**: it can be found and chosen now."
    return [said, None, "", "", browse("All"), *menus(chosen, "")]


@ui.guard
async def delete_here(style_id: str, chosen: list, request: gr.Request, progress=PROGRESS) -> list:
    await ui.run(deleting(style_id), progress, request)
    return ["Deleted.", browse("All"), *menus(chosen, "")]


def tab(demo: gr.Blocks, make: Make) -> list:
    """The tab; gives the fields of the words about a new style, which scripts fill in as well."""
    with gr.Tab("Styles") as here:
        medium = gr.Dropdown(["All"], value="All", label="Medium")
        shelf = gr.Gallery(
            label="Styles", columns=6, height="auto", object_fit="cover", interactive=False, elem_id="shelf"
        )
        gr.Markdown(
            "### Add a style of your own\n"
            "It is kept on the computer that runs this page, and everybody who uses the page sees it."
        )
        with gr.Row():
            picture = ui.picture_file(label="Picture", sources=["upload", "clipboard"], elem_id="new")
            with gr.Column(scale=2):
                title = gr.Textbox("", label="Title", max_length=80, elem_id="title")
                caption = gr.Textbox("", label="What it looks like", max_length=500, lines=2)
                with gr.Row():
                    new_medium = gr.Textbox("", label="Medium", max_length=60)
                    era = gr.Textbox("", label="Era", max_length=60)
                    licence = gr.Textbox("", label="Licence", max_length=80)
                add = gr.Button("Add the style", variant="primary", elem_id="add")
        with gr.Row():
            old = gr.Dropdown([], label="Delete an added style", elem_id="old")
            delete = gr.Button("Delete", scale=0, elem_id="delete")
        told = ui.say("told")

    about = [title, caption, new_medium, era, licence]
    menus_now = [make.chosen, make.picked, old, medium]
    gr.on([demo.load, here.select], menus, [make.chosen, medium], menus_now, **ui.QUIET)
    gr.on([here.select, medium.change], browse, medium, shelf, trigger_mode="always_last", **ui.QUIET)
    added = add.click(
        add_here, [picture, *about, make.chosen], [told, picture, title, caption, shelf, *menus_now], **ON_PAGE
    )
    deleted = delete.click(delete_here, [old, make.chosen], [told, shelf, *menus_now], **ON_PAGE)
    ui.keep_errors([added, deleted], [told])
    return about
