"""Work that takes a while: in a thread, with progress, stopped when somebody presses Stop or leaves the page."""

import asyncio
import functools
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder


class Stopped(Exception):
    """Raised inside running work at its next progress report after somebody stopped it."""


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


@asynccontextmanager
async def started(work: Callable, progress: Callable, request: gr.Request) -> AsyncIterator[asyncio.Task]:
    """`run` as a task, for an event that shows what is known so far while it goes on.

    Who leaves the block before the task is done stops the work, and it has ended when the block is left.
    """
    task = asyncio.ensure_future(run(work, progress, request))
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


async def done(task: asyncio.Task, within: float) -> bool:
    """Whether `task` is done after `within` seconds or less."""
    return bool((await asyncio.wait([task], timeout=within))[0])


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
