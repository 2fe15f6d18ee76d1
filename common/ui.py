"""What the apps share on the page: one look, the texts of errors, work that can be stopped, the API tab.

The only module below the apps that knows Gradio. `options()` gives the arguments that `demo.launch()` and
`gr.mount_gradio_app()` both take, so that an app looks the same alone and behind the launcher.
"""

import asyncio
import functools
import inspect
import json
import logging
import os
import platform
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Read when the first Blocks is made; without it Gradio looks up a statistics host.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from gradio.components import Component
from gradio.utils import get_upload_folder

from common.errors import UserError
from common.page import FONT, FONT_MONO

log = logging.getLogger(__name__)

css = """
.gradio-container { width: 100%; max-width: 1280px !important; margin-inline: auto !important; }
.dark { --color-accent: var(--primary-400); }
.gradio-container :is(button, a, input, textarea, select, summary):focus-visible {
  outline: 2px solid var(--color-accent); outline-offset: 2px; }
.intro h1 { margin-bottom: .25rem; }
.intro p { color: var(--body-text-color-subdued); font-size: var(--text-lg); max-width: 75ch; }
.footnote p { color: var(--body-text-color-subdued); font-size: var(--text-sm); }
.gradio-container video { max-height: 26rem; object-fit: contain; }
.status .pending, .status:has(.error) .prose { visibility: hidden; }
.files [aria-label="Remove this file"] { display: none; }
@media (max-width: 640px) { .gradio-container button { min-height: 44px; } }
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
"""

head = '<meta name="color-scheme" content="light dark">'


def theme() -> gr.themes.Base:
    """The one theme: teal on warm grey, contrast of text at least 4.5:1 in light and dark."""
    look = gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", radius_size="md", spacing_size="md"
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_border_width="1px",
        block_border_width_dark="1px",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_300",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
        slider_color="*primary_700",
        slider_color_dark="*primary_500",
    )
    # Given as names, Gradio would put quotes around system-ui, and a quoted keyword is a font nobody has.
    look.font, look.font_mono = FONT, FONT_MONO
    return look


def options(max_file_size: str = "100mb") -> dict[str, Any]:
    """Keyword arguments for both `demo.launch()` and `gr.mount_gradio_app()`.

    show_error stays off: only `gr.Error` reaches the page, never the text of an unforeseen exception.
    run_history stays off: no copy of what somebody uploaded is kept in the browser.
    """
    return {
        "theme": theme(),
        "css": css,
        "head": head,
        "footer_links": ["api", "settings"],
        "max_file_size": max_file_size,
        "mcp_server": True,
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
    }


class OurMistake(gr.Error):
    """An exception nobody foresaw, shown under its id."""


class Stopped(Exception):
    """Raised inside running work at its next progress report after somebody stopped it."""


def explain(error: Exception) -> gr.Error:
    """The error as a page shows it: a UserError's own text, anything else as the id under which it is logged."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, UserError):
        return gr.Error(str(error), duration=None, title="That did not work", print_exception=False)
    number = secrets.token_hex(4)
    log.error("id %s", number, exc_info=error)
    return OurMistake(
        f"Something went wrong on our side (id {number}). Please try again; if it stays, report it with this id.",
        duration=None,
        title="Our mistake",
        print_exception=False,
    )


def whose(error: Exception) -> str:
    """By whose mistake a call failed: "user" or "internal"."""
    return "user" if isinstance(error, gr.Error) and not isinstance(error, OurMistake) else "internal"


def guard(function: Callable) -> Callable:
    """Wrap an event function, plain or async, so that every error leaves it as `explain` words it."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def guarded(*args, **kwargs):
            try:
                return await function(*args, **kwargs)
            except Exception as error:
                raise explain(error) from error
    else:

        @functools.wraps(function)
        def guarded(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except Exception as error:
                raise explain(error) from error

    return guarded


_running: dict[str, set[threading.Event]] = {}  # by session, for stop_on_close


async def run(work: Callable[[Callable[[float, str], None]], Any], progress: Callable, request: gr.Request) -> Any:
    """Run `work(report)` in a thread; stop it when the event is cancelled or the session ends.

    `report(fraction, text)` feeds `progress`. A thread can't be ended from outside, so the work ends itself:
    once stopped, the next `report` raises `Stopped`. The event waits for that, so that the next one in the
    queue does not start beside a thread that still computes.
    """
    stop = threading.Event()

    def report(fraction: float, text: str) -> None:
        if stop.is_set():
            raise Stopped(text)
        progress(fraction, text)

    session = getattr(request, "session_hash", None) or ""
    _running.setdefault(session, set()).add(stop)
    task = asyncio.ensure_future(asyncio.to_thread(work, report))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        raise
    except Stopped as stopped:
        raise gr.Error("Stopped.", print_exception=False) from stopped
    finally:
        _running[session].discard(stop)
        if not _running[session]:
            del _running[session]


def stop_on_close(demo: gr.Blocks) -> None:
    """Stop what a person started when they leave the page. Call inside the Blocks context."""

    def leave(request: gr.Request) -> None:
        for stop in list(_running.get(request.session_hash or "", ())):
            stop.set()

    demo.unload(leave)


@contextmanager
def result_folder(name: str):
    """A fresh folder for result files, in the place that Gradio serves and sweeps; removed again on an error."""
    Path(get_upload_folder()).mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=get_upload_folder()))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def examples(demo: gr.Blocks, files: Sequence[str], component: Component, label: str) -> gr.Dataset:
    """Example files to click, with small pictures; its event gives a list that holds the path of the file.

    Not gr.Examples: its event skips the queue, and behind the launcher that loses the app's path from the address.
    """
    shown = gr.Dataset(
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
    return shown


def api_tab(demo: gr.Blocks, snippet: str, note: str = "") -> None:
    """A tab with a `gradio_client` script. Call inside `gr.Tabs()`.

    snippet: Python source; note: Markdown below it. In both `{address}` stands for this app's address and is filled in
    from the request, so that what the reader copies runs as it is.
    """
    with gr.Tab("API"):
        gr.Markdown(
            "Everything on this page can be called from a script. `pip install gradio_client`, then:", padding=True
        )
        code = gr.Code(snippet, language="python", label="Python", interactive=False)
        below = gr.Markdown(note, padding=True)

    def fill(request: gr.Request) -> list[str]:
        return [text.replace("{address}", address(request)) for text in (snippet, note)]

    demo.load(fill, outputs=[code, below], api_visibility="private", show_progress="hidden")


def address(request: gr.Request) -> str:
    """What `gradio_client.Client` takes to reach this app: the id of the Space, or the URL it was asked at."""
    return os.environ.get("SPACE_ID") or str(request.url).split("/gradio_api/")[0] + "/"


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

    demo.load(guard(fill), outputs=line, api_visibility="private", show_progress="hidden")
