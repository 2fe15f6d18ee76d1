"""The tab "Questions": find one by meaning, bring your own."""

from functools import partial

import gradio as gr

from coach import summary
from coach.tabs import desk
from coach.tabs.practise import Practise, question_page
from common import ui

MOST = 8  # questions shown


def find(words: str, role: str, category: str, level: int, person: str | None) -> list:
    found = desk.search_questions(words, MOST, role, category, level, person or "")
    return [gr.update(value=summary.found_rows(found), visible=True), [one["id"] for one in found]]


def pick(ids: list, person: str | None, event: gr.SelectData) -> list:
    """A click on a question that was found takes it."""
    return [*question_page(desk.question(ids[event.index[0]], person or "")), gr.Tabs(selected="practise")]


def bring(file: str | None, person: str | None) -> list:
    found = desk.add_questions(file, person or "")
    return [summary.imported(found), found["person"], None]


def tab(tabs: gr.Tabs, practise: Practise, person: gr.BrowserState) -> None:
    with gr.Tab("Questions"):
        found_ids = gr.State([])
        words = gr.Textbox(
            label="What should it be about?", placeholder="something about conflict with my manager", elem_id="words"
        )
        search = gr.Button("Search", variant="primary", elem_id="search")
        searched = ui.say("searched")
        found = ui.table(summary.FOUND_HEADS, "found", "A click takes the question")
        gr.Markdown(summary.FILE_OF_QUESTIONS, padding=True)
        new = gr.File(label="File", height=100, elem_id="new")
        add = gr.Button("Add them", elem_id="add")
        added = ui.say("added")

    wanted = [words, practise.role, practise.category, practise.level, person]
    ui.wire(partial(gr.on, [search.click, words.submit]), find, wanted, [found, found_ids], searched)
    found.select(ui.guard(pick), [found_ids, person], [*practise.asked, tabs], **ui.QUIET)
    ui.wire(add.click, bring, [new, person], [added, person, new], added)
