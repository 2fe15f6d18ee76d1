"""The tab "Ask": questions in words, answered from the records."""

from functools import partial

import gradio as gr

from common import ui
from common.errors import UserError
from inventory.summary import questions
from inventory.tabs import HEAVY, desk
from inventory.tabs.parts import say, table


def answer(question: str, said: list) -> list:
    if not (question or "").strip():
        raise UserError("There is no question yet.")
    found = desk.ask(question)
    said = [*said, {"role": "user", "content": question}, {"role": "assistant", "content": found["text"]}]
    return ["", said, "", questions.understood(found), ui.shown(questions.answer_rows(found))]


def tab() -> None:
    with gr.Tab("Ask", id="ask"):
        gr.Markdown(questions.ASK_GUIDE, padding=True)
        chat = gr.Chatbot(
            [], show_label=False, height=380, elem_id="chat", feedback_options=None, buttons=["copy"],
            placeholder="Ask something, or click a question below.",
        )  # fmt: skip
        with gr.Row():
            question = gr.Textbox(
                show_label=False, placeholder="How much chicken is left in Subang?", scale=4, min_width=200,
                max_length=500, elem_id="question",
            )  # fmt: skip
            go = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="go_ask")
        note, understood = say("q_note"), gr.Markdown(elem_id="understood", padding=True)
        answers = table(questions.ANSWER_HEADS, "answers")
        offered = gr.Dataset(
            label="Or click a question",
            components=[gr.Textbox(render=False)],
            samples=[[one] for one in questions.QUESTIONS],
            elem_id="questions",
        )

    clicked = offered.click(lambda row: row[0], offered, question, **ui.QUIET)
    view = [note, chat, question, understood, answers]
    for trigger in (partial(gr.on, [go.click, question.submit]), clicked.then):
        ui.wire(trigger, answer, [question, chat], view, note, **HEAVY)
