"""Who may change something: whoever knows the token of INVENTORY_TOKEN; everybody where it is not set."""

import hmac
import os

from common.errors import UserError

TOKEN_VARIABLE = "INVENTORY_TOKEN"
# What of `inventory.desk.Desk` needs the token.
WRITES = (
    "import_records",
    "set_item",
    "add_outlet",
    "load_example",
    "delete_everything",
    "train",
    "stop_training",
    "promote",
    "rollback",
    "drop",
    "anomaly_feedback",
    "undo_anomaly_feedback",
    "scan_receipt",
    "confirm_receipt",
    "discard_receipt",
)


class NotAllowed(UserError):
    """The token is missing or wrong."""


def needed() -> bool:
    """Whether a token is asked for."""
    return bool(_token())


def check(token: str | None) -> None:
    """Raises NotAllowed where a token is needed and this is another one."""
    if needed() and not hmac.compare_digest((token or "").strip().encode(), _token().encode()):
        raise NotAllowed(f"This changes something and needs the token of {TOKEN_VARIABLE}. Give it with the request.")


def _token() -> str:
    return os.environ.get(TOKEN_VARIABLE, "").strip()
