"""Events: what a click does on a page, and the functions that scripts call.

Four kinds. `wire` is an event of the page whose error and progress are seen at a note beside it; `follow` is one for
menus, sliders and tabs, and shows the last choice. With QUIET, an event only sets components, at once and without a
sign. `endpoint` is a function for scripts.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from common.ui.failures import explain

QUIET = {"api_visibility": "private", "show_progress": "hidden"}  # an event that is wiring alone

# What a script gives for a parameter of a type; of any other type it gives JSON.
FIELDS = {
    str: gr.Textbox,
    str | None: gr.Textbox,
    int: partial(gr.Number, precision=0),
    int | None: partial(gr.Number, precision=0),
    float: gr.Number,
    float | None: gr.Number,
    bool: gr.Checkbox,
}


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


def event(function: Callable) -> Callable:
    """A function for an event of the page, guarded, whose error `keep_errors` can find.

    A coroutine function takes the request itself, as `run` needs it; for others it is taken here.
    """
    if inspect.iscoroutinefunction(function):
        return guard(function)

    def asked(request: gr.Request, *values):
        return function(*values)

    return guard(asked)


def wire(trigger: Callable, function: Callable, inputs: Any, outputs: Any, told_at: gr.Markdown, **more):
    """An event of the page; its progress, and its error if there is one, are seen at the note `told_at`.

    trigger: such as `button.click`; of several, `partial(gr.on, [one.click, other.submit])`
    more: arguments of the trigger. Returns the event, for `.then`, `.success` and `stops`.
    """
    once = {"api_visibility": "private", "trigger_mode": "once", "show_progress_on": told_at}
    run = trigger(event(function), inputs, outputs, **once | more)
    keep_errors([run], [told_at])
    return run


def follow(triggers: Sequence[Callable], function: Callable, inputs: Any, outputs: Any, told_at: gr.Markdown, **more):
    """As `wire`, for what shows a choice: one made while another is worked out comes next, where `wire` drops it.

    triggers: such as `[menu.input, tab.select]`
    """
    return wire(partial(gr.on, triggers), function, inputs, outputs, told_at, trigger_mode="always_last", **more)


def stops(button: gr.Button, runs: Sequence, note: gr.Markdown, said: str = "Stopped.") -> None:
    """Let `button` stop the events `runs`, and say so in `note`."""
    button.click(lambda: said, None, note, cancels=runs, queue=False, **QUIET)


def inputs_of(function: Callable, **defaults) -> list[Component]:
    """A field for each parameter of `function` that a script can give, with its default, or that of `defaults`.

    Not for scripts are the request, the progress, and what is keyword-only. A parameter `file` takes a file.
    """
    return [
        _field(name, one.annotation, defaults.get(name, None if one.default is one.empty else one.default))
        for name, one in inspect.signature(function).parameters.items()
        if one.kind is not one.KEYWORD_ONLY and one.annotation not in (gr.Request, gr.Progress)
    ]


def _field(name: str, annotation: Any, default: Any) -> Component:
    if name == "file":
        return gr.File(label=name)
    return FIELDS.get(annotation, gr.JSON)(default, label=name)


def endpoint(button: gr.Button, function: Callable, gives: Any = None, takes: Sequence | None = None, **more):
    """Let scripts call `function` under its own name; `button` is any that nobody sees.

    gives: components for what it returns, None for one JSON value; takes: None for `inputs_of` the function
    """
    takes = inputs_of(function) if takes is None else takes
    gives = gr.JSON(label="Result") if gives is None else gives
    return button.click(guard(function), takes, gives, api_name=function.__name__, **more)
