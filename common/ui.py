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
import reprlib
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Read when the first Blocks is made; without it Gradio looks up a statistics host.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from gradio.components import Component
from gradio.utils import get_upload_folder

from common.errors import UserError
from common.page import APP_COLOURS, APP_CSS, FONT, FONT_MONO

log = logging.getLogger(__name__)

QUIET = {"api_visibility": "private", "show_progress": "hidden"}  # an event that is wiring alone

head = '<meta name="color-scheme" content="light dark">'


def theme() -> gr.themes.Base:
    """The one theme: teal on warm grey, contrast of text at least 4.5:1 in light and dark."""
    look = gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", radius_size="md", spacing_size="md"
    ).set(**APP_COLOURS)
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
        "css": APP_CSS,
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
        return gr.Error(str(error), print_exception=False)
    number = secrets.token_hex(4)
    log.error("id %s", number, exc_info=error)
    return OurMistake(
        f"Something went wrong on our side (id {number}). Please try again; if it stays, report it with this id.",
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
                raise _remember(explain(error), args) from error
    else:

        @functools.wraps(function)
        def guarded(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except Exception as error:
                raise _remember(explain(error), args) from error

    return guarded


_last_errors: dict[str, str] = {}  # by session, for keep_errors


def _remember(error: gr.Error, arguments: Sequence) -> gr.Error:
    """Keep the text for the page it belongs to, if `arguments` tell; a script's session never asks, so few are kept."""
    for request in arguments:
        if isinstance(request, gr.Request) and request.session_hash:
            _last_errors[request.session_hash] = error.message
    for old in list(_last_errors)[:-100]:
        _last_errors.pop(old, None)
    return error


def keep_errors(events: Sequence, notes: Sequence[gr.Markdown]) -> None:
    """Write into `notes` why one of `events` failed: Gradio's own message goes away after a few seconds.

    The functions of the events are guarded and take the request.
    """

    def reason(request: gr.Request) -> str | list[str]:
        said = _last_errors.pop(request.session_hash or "", "Stopped.")  # a stop has no error
        return [said] * len(notes) if len(notes) > 1 else said  # for one output Gradio wants no list

    for event in events:
        event.failure(reason, None, list(notes), queue=False, **QUIET)


class Blocks(gr.Blocks):
    """gr.Blocks that answers a value of the wrong kind with a sentence.

    Gradio's components read the values of a call before its guarded function runs. What fails there is no gr.Error,
    and a script would only be told that something raised an exception.
    """

    async def preprocess_data(self, block_fn, inputs, *args, **kwargs):
        try:
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except Exception as error:
            wrong = [
                f"{block.label} is {reprlib.repr(value)}: give a number{_between(block.minimum, block.maximum)}."
                for block, value in zip(block_fn.inputs, inputs, strict=True)
                if isinstance(block, gr.Number | gr.Slider) and not _within(value, block.minimum, block.maximum)
            ]
            if isinstance(error, gr.Error) and not wrong:
                raise
            log.info("an input was refused: %s", error)
            said = " ".join(wrong) or "A file could not be read. Upload it; from a script, with handle_file(path)."
            raise gr.Error(said, print_exception=False) from error


def _within(value: Any, least: float | None, most: float | None) -> bool:
    if not isinstance(value, int | float):
        return False
    return (least is None or value >= least) and (most is None or value <= most)


def _between(least: float | None, most: float | None) -> str:
    parts = [f"from {least:g}" if least is not None else "", f"to {most:g}" if most is not None else ""]
    return "".join(f" {part}" for part in parts if part)


def picture_file(**more) -> gr.Image:
    """gr.Image that gives the path of the file as it was sent: `common.pictures` reads it, and says what is wrong."""
    # Not a class of its own: Gradio would write a stub file beside this module.
    picture = gr.Image(type="filepath", image_mode=None, **more)
    picture.preprocess = lambda sent: sent.path if sent else None
    return picture


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
        task.exception()  # Stopped, which was asked for: looked at, or asyncio logs it as forgotten
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


async def run_in_folder(work: Callable, progress: Callable, request: gr.Request) -> Any:
    """Like `run`, for `work(folder, report)` that writes files into a `result_folder`."""
    with result_folder("result") as folder:
        return await run(functools.partial(work, folder), progress, request)


def intro(title: str, sentence: str) -> None:
    gr.Markdown(f"# {title}\n{sentence}", elem_classes="intro")


def menu(label: str, entries: Mapping[str, Any], first: tuple[str, str], **more) -> gr.Dropdown:
    """A menu of what has `name` and `id`, after `first`, its (name, id), which is chosen."""
    choices = [first, *((entry.name, entry.id) for entry in entries.values())]
    return gr.Dropdown(choices, value=first[1], label=label, **more)


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
    # The work begins at once: its progress should be in view.
    shown.click(None, js="() => document.querySelector('.status').scrollIntoView({block: 'nearest'})", **QUIET)
    return shown


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
