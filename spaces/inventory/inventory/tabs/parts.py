"""What several tabs need: their notes, tables, pictures and menus, and changes that ask for the token."""

from collections.abc import Callable
from functools import partial, wraps

import gradio as gr

from common import ui
from inventory import access, plots

say = partial(ui.say, padding=True)
table = partial(ui.table, type="array")


def picture(name: str) -> gr.Image:
    return ui.plot(elem_id=name, visible=False, min_width=280)


def menu(label: str, name: str, width: int = 150) -> gr.Dropdown:
    """A menu that is filled in later. width: at least, in pixels"""
    return gr.Dropdown([], label=label, elem_id=name, min_width=width)


def drawn(draw: Callable, *values) -> dict:
    """A picture, where there is something to draw."""
    return ui.shown(plots.pixels(draw(*values)) if len(values[0]) else None)


def write(function: Callable) -> Callable:
    """A change: the token comes first, and is looked at before anything else."""

    def checked(token, *values):
        access.check(token)
        return function(*values)

    return checked


def into_folder(function: Callable) -> Callable:
    """A function that writes a file, with a fresh folder for it that is served."""

    @wraps(function)
    def filed(*values):
        with ui.result_folder("export") as folder:
            return function(*values, folder=folder)

    return filed
