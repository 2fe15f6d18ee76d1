"""Model weights: `path("pose-full")` is a local file whose sha256 is the one in weights/manifest.toml.

    python -m common.weights list                       what there is, and where it is on this machine
    python -m common.weights fetch [ids] [--tier full]  bring what is missing; all embedded models by default
    python -m common.weights verify [ids]               read every byte again
    python -m common.weights licences                   the licence table, in Markdown

How a file is looked for and fetched is told in common/registry.py, the kinds of sources in common/sources.py.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from common.errors import UserError, WeightsUnavailable
from common.manifest import TIERS, Model
from common.registry import Registry


def path(model_id: str, file: str | None = None) -> Path:
    """A verified local path: the file, or the model's folder when it has several files and `file` is None.

    Fetches what is missing, with a progress bar on stderr where that is a terminal.
    Raises UserError for an unknown id or file, WeightsUnavailable when no source delivers the right bytes.
    """
    return Registry().path(model_id, file)


def licences(registry: Registry | None = None) -> str:
    """The licence table of all models, in Markdown."""
    lines = ["| model | what it is | licence | by | size | used by | tier |", "|---|---|---|---|---|---|---|"]
    for model in (registry or Registry()).models.values():
        licence = f"[{model.licence}]({model.licence_url})"
        cells = [f"`{model.id}`", model.what, licence, model.attribution, _megabytes(model.size)]
        lines.append("| " + " | ".join([*cells, ", ".join(model.used_by), model.tier]) + " |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None, registry: Registry | None = None) -> int:
    """The command line. Returns 0 when all is well, 1 when a model is missing or wrong; exits with 2 on wrong use."""
    parser = argparse.ArgumentParser(prog="python -m common.weights", description="Model files: list, fetch, verify.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, does in (("list", "show the models and where they are"), ("verify", "read every byte again")):
        commands.add_parser(name, help=does).add_argument("ids", nargs="*", help="all models by default")
    fetch = commands.add_parser("fetch", help="bring what is missing")
    fetch.add_argument("ids", nargs="*", help="all models of the tier by default")
    fetch.add_argument("--tier", choices=TIERS, default="embedded", help="full brings the embedded ones too")
    commands.add_parser("licences", help="print the licence table")
    options = parser.parse_args(arguments)
    registry = registry or Registry()
    if options.command == "licences":
        print(licences(registry), end="")
        return 0
    try:
        models = [registry.model(model_id) for model_id in options.ids] or list(registry.models.values())
    except UserError as error:
        parser.error(str(error))
    if options.command == "list":
        return _list(registry, models)
    if options.command == "verify":
        return _verify(registry, models, needed=bool(options.ids))
    if not options.ids and options.tier == "embedded":
        models = [model for model in models if model.tier == "embedded"]
    return _fetch_all(registry, models)


def _list(registry: Registry, models: Sequence[Model]) -> int:
    for model in models:
        size, where = _megabytes(model.size), registry.where(model.id)
        print(f"{model.id:20} {model.tier:9} {size:>10}  {model.licence:12} {where}")
    return 0


def _fetch_all(registry: Registry, models: Sequence[Model]) -> int:
    missing = 0
    for model in models:
        if registry.where(model.id) == "missing":
            print(f"{model.id}: fetching {_megabytes(model.size)}", file=sys.stderr, flush=True)
        try:
            print(f"{model.id}: {registry.path(model.id)}", flush=True)
        except WeightsUnavailable as error:
            print(error, file=sys.stderr)
            missing += 1
    return 1 if missing else 0


def _verify(registry: Registry, models: Sequence[Model], needed: bool) -> int:
    """A model that is nowhere is only wrong where it was asked for by its id (`needed`)."""
    bad = 0
    for model in models:
        copies = registry.verify(model.id)
        if not needed and all(digest is None for _, digest, _ in copies):
            print(f"{model.id}: missing")
            continue
        for place, digest, expected in copies:
            if digest is None:
                state = "missing"
            else:
                state = "right" if digest == expected else f"WRONG, its sha256 is {digest}, expected {expected}"
            bad += state != "right"
            print(f"{model.id}: {place}: {state}")
    if bad:
        print("`python -m common.weights fetch` with the id brings what is wrong or missing anew.", file=sys.stderr)
    return 1 if bad else 0


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
