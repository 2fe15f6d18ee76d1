"""What a page and a script are told when something fails: a `UserError` as it stands, anything else under an id."""

import logging
import reprlib
import secrets
from typing import Any

import gradio as gr

from common.errors import UserError

log = logging.getLogger(__name__)


class OurMistake(gr.Error):
    """An exception nobody foresaw, shown under its id."""


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
