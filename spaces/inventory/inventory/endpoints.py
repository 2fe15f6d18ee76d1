"""The functions of the desk that scripts call: their names, and how those that change something ask for the token."""

import inspect
from collections.abc import Callable
from functools import wraps

from inventory import access
from inventory.desk import Desk

OFFERED = (
    "health", "overview", "records", "preview_import", "import_records", "imports", "rows_aside", "export_records",
    "export_rows_aside", "items", "set_item", "outlets", "add_outlet", "load_example", "delete_everything", "forecast",
    "backtest", "recommend_order", "similar_outlets", "anomalies", "anomaly_feedback", "undo_anomaly_feedback",
    "verdicts", "scan_receipt", "confirm_receipt", "discard_receipt", "receipts", "receipt", "ask", "train", "training",
    "stop_training", "models", "promote", "rollback", "drop", "drift", "predictions",
)  # fmt: skip
FILES = ("export_records", "export_rows_aside")  # give a file, written to their parameter `folder`
LONG = ("import_records", "load_example", "backtest", "scan_receipt", "ask")  # of which one runs at a time


def parameters(function: Callable) -> list[inspect.Parameter]:
    """What a script can give: all but keyword-only ones, which are for the page."""
    return [one for one in inspect.signature(function).parameters.values() if one.kind is not one.KEYWORD_ONLY]


def offered(desk: Desk, name: str) -> Callable:
    """A function of the desk; one that changes something has a last parameter `token`, which is checked first."""
    function = getattr(desk, name)
    if name not in access.WRITES:
        return function

    @wraps(function)
    def checked(*values):
        access.check(values[-1])
        return function(*values[:-1])

    token = inspect.Parameter("token", inspect.Parameter.POSITIONAL_OR_KEYWORD, default="", annotation=str)
    checked.__signature__ = inspect.signature(function).replace(parameters=[*parameters(function), token])
    head, returns, rest = inspect.getdoc(function).partition("\n\nReturns:")
    head += "" if "\nArgs:" in head else "\n\nArgs:"
    checked.__doc__ = f"{head}\n    token: needed where {access.TOKEN_VARIABLE} is set{returns}{rest}"
    return checked
