"""The tabs of the page, a module each, which lays its tab out and wires it. Of this package they alone know Gradio.

A gr.State stands inside the tab: beside it, Gradio would count it as one more tab.
"""

import gradio as gr

from feedback import summary
from feedback.desk import Desk
from feedback.lab import Lab

HEAVY = {"concurrency_limit": 1, "concurrency_id": "heavy"}  # of such events one runs at a time
desk = Desk()
lab = Lab(desk)


def title(label: str) -> str:
    return summary.title(label, desk.titles())


def label_menu(**more) -> dict:
    """The labels that are there now, for a menu."""
    return gr.update(choices=[(name, label) for label, name in desk.titles().items()], **more)
