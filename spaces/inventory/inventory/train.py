"""Train a new version of the forecasting model, by hand or on a schedule:

    python -m inventory.train [--promote] [--if-due] [--seed 0] [--folder DIR]

--promote lets the new version answer unless it is worse than the one that does. --if-due trains only where none
answers, where demand or errors have drifted, or where the last training is four weeks old: run nightly, as in

    0 3 * * *  python -m inventory.train --if-due --promote

The database is that of DATABASE_URL, or the file of the settings. Today's forecasts are written to the log either way,
so that errors can be told later. With --status the state is found in a file while it runs; a file beside it with the
ending .stop ends it, and nothing of it is kept.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.jobs import StatusFile
from inventory.forecasting.drift import report
from inventory.forecasting.registry import Registry
from inventory.store import Store
from inventory.store.book import Books

DUE = 28  # days of records after which a model is trained anew


class Stopped(Exception):
    """Somebody asked for the end."""


def why_due(store: Store) -> str:
    """Why a new version is due, in words; "" where it isn't."""
    active = store.active_model("forecast")
    if active is None:
        return "no model answers yet"
    book = Books().book(store)
    age = (book.panel.days[-1] - np.datetime64(active.metrics["last_day"])).astype(int)
    if age >= DUE:
        return f"{active.id} has not seen the last {age} days"
    alerts = report(book, active, store).alerts
    return alerts[0] if alerts else ""


def train(store: Store, registry: Registry, told: StatusFile, seed: int = 0, promote: bool = False) -> str:
    """Train a version and let it answer if that is wished and it is not worse; gives what happened, in words."""

    def progress(share: float, text: str) -> None:
        if told.stopped:
            raise Stopped
        told.update(share=round(share, 4), message=text)

    told.update(message="Reading the records.")
    model = registry.train(seed, told.status["version"], progress)
    words = f"{model.id}: WAPE {model.metrics['wape']:.3f}, of last week's demand {model.metrics['naive_wape']:.3f}."
    promoted = False
    if promote:
        try:
            registry.promote(model.id)
            promoted = True
        except UserError as error:
            words += f" Not promoted: {error}"
    told.update(state="done", share=1.0, message=words, version=model.id, promoted=promoted)
    return words


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m inventory.train", description="Train the forecasting model.")
    parser.add_argument("--promote", action="store_true", help="let it answer unless it is worse")
    parser.add_argument("--if-due", action="store_true", help="only where it is needed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="of the models")
    parser.add_argument("--version", default="", help="id of the new version")
    parser.add_argument("--status", type=Path, help="file with the state of the training")
    given = parser.parse_args(arguments)
    told = StatusFile(given.status, share=0.0, version=given.version, promoted=False)
    try:
        store = Store.shared()
        registry = Registry(store, given.folder)
        if given.if_due and not (reason := why_due(store)):
            words = "Nothing is due."
            told.update(state="done", share=1.0, message=words)
        else:
            if given.if_due:
                print(f"Due: {reason}")
            words = train(store, registry, told, given.seed, given.promote)
        book = Books().book(store)
        registry.log(book, registry.forecast(book))
    except Stopped:
        words = "Stopped; nothing was kept."
        told.update(state="stopped", message=words)
    except UserError as error:
        told.update(state="failed", message=str(error))
        print(error, file=sys.stderr)
        return 1
    except BaseException as error:
        told.update(state="failed", message=f"{type(error).__name__}: {error}")
        raise
    print(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
