"""What stands on several pages: their head and foot, notes, tables, pictures, examples, the API tab."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from common.ui.events import QUIET, guard


def intro(title: str, sentence: str) -> None:
    gr.Markdown(f"# {title}\n{sentence}", elem_classes="intro")


def say(name: str, **more) -> gr.Markdown:
    """A place for a sentence about what was just done."""
    return gr.Markdown(elem_id=name, elem_classes="status", **{"min_height": 40} | more)


def shown(value: Any) -> dict:
    """An output that is seen where there is something in it."""
    return gr.update(value=value, visible=value is not None and len(value) > 0)


def table(heads: Mapping[str, Any], name: str, label: str | None = None, **more) -> gr.Dataframe:
    """A table to look at, out of sight until there is something in it.

    heads: headings with the width of their columns, in pixels or "30%"; more: what is otherwise, such as visible
    """
    usual = {"visible": False, "interactive": False, "wrap": True, "show_label": label is not None}
    widths = list(heads.values())
    return gr.Dataframe(headers=list(heads), column_widths=widths, label=label, elem_id=name, **usual | more)


def plot(**more) -> gr.Image:
    """A drawn picture, which is its own heading."""
    usual = {"show_label": False, "format": "png", "buttons": ["download", "fullscreen"]}
    return gr.Image(interactive=False, **usual | more)


def picture_file(**more) -> gr.Image:
    """gr.Image that gives the path of the file as it was sent: `common.pictures` reads it, and says what is wrong."""
    # Not a class of its own: Gradio would write a stub file beside this module.
    picture = gr.Image(type="filepath", image_mode=None, **more)
    picture.preprocess = lambda sent: sent.path if sent else None
    return picture


def menu(label: str, entries: Mapping[str, Any], first: tuple[str, str], **more) -> gr.Dropdown:
    """A menu of what has `name` and `id`, after `first`, its (name, id), which is chosen."""
    choices = [first, *((entry.name, entry.id) for entry in entries.values())]
    return gr.Dropdown(choices, value=first[1], label=label, **more)


def examples(demo: gr.Blocks, files: Sequence[str], component: Component, label: str) -> gr.Dataset:
    """Example files to click, with small pictures; its event gives a list that holds the path of the file.

    Not gr.Examples: its event skips the queue, and behind the launcher that loses the app's path from the address.
    """
    dataset = gr.Dataset(
        label=label,
        components=[component],
        samples=[[file] for file in files],
        elem_id="examples",
        visible=bool(files),
    )
    # A picture alone says nothing to a screen reader.
    names = json.dumps([Path(file).stem.replace("_", " ") for file in files])
    script = f"""() => document.querySelectorAll('#examples button.gallery-item').forEach(
        (button, i) => button.setAttribute('aria-label', 'Example: ' + {names}[i]))"""
    demo.load(None, js=script, api_visibility="private")
    # The work begins at once: its progress should be in view.
    dataset.click(None, js="() => document.querySelector('.status').scrollIntoView({block: 'nearest'})", **QUIET)
    return dataset


def api_tab(demo: gr.Blocks, snippet: str) -> None:
    """A tab with a `gradio_client` script. Call inside `gr.Tabs()`.

    snippet: Python source; `{address}` in it stands for this app's address and is filled in from the request, so that
    what the reader copies runs as it is.
    """
    note = "[All functions and their parameters]({address}?view=api), and as MCP tools: `{address}gradio_api/mcp/`"
    with gr.Tab("API"):
        gr.Markdown("What this page does can be called from a script. `pip install gradio_client`, then:", padding=True)
        code = gr.Code(snippet, language="python", label="Python", interactive=False)
        below = gr.Markdown(note, padding=True)

    def fill(request: gr.Request) -> list[str]:
        here = os.environ.get("SPACE_ID") or address(request)
        return [snippet.replace("{address}", here), note.replace("{address}", address(request))]

    demo.load(fill, outputs=[code, below], **QUIET)


def address(request: gr.Request) -> str:
    """The URL at which this app was asked, with a slash at its end."""
    return str(request.url).split("/gradio_api/")[0] + "/"


def footer(demo: gr.Blocks, name: str) -> None:
    """A line at the foot of the page: what runs here and on which device, with the reason."""
    line = gr.Markdown(f"{name} · Gradio {gr.__version__}", elem_classes="footnote")

    def fill() -> str:
        # Asked when somebody looks, since finding a GPU may import torch.
        from common import device

        chosen = device.choose()
        return (
            f"{name} · on {chosen.name} ({chosen.reason}) · Gradio {gr.__version__}, Python {platform.python_version()}"
        )

    demo.load(guard(fill), outputs=line, **QUIET)
