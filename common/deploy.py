"""A Space as Hugging Face sees it: one folder with the app, its package, `common/` and the weights side by side.

    python -m common.deploy stage footsteps OUT                        fill the folder OUT
    python -m common.deploy push footsteps --repo user/name [--private]    stage and upload; token in HF_TOKEN

The Hub starts `app.py` in that folder, so that the imports are the same as here and no path is edited.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from common import manifest
from common.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("README.md", "app.py", "requirements.txt")
BESIDE = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")  # what a checkout gathers and a Space has no use for


def stage(space: str, out: Path, root: Path = ROOT) -> Path:
    """Copy what the Space `space` of the project in `root` needs to `out`, a new or empty folder; returns `out`.

    Everything in spaces/<space>/, common/, weights/manifest.toml, and those files committed under weights/ that
    the manifest gives to a model of this Space. Raises UserError for an unknown Space, an incomplete one or a folder
    that holds something already.
    """
    source = root / "spaces" / space
    names = sorted(folder.parent.name for folder in (root / "spaces").glob("*/app.py"))
    if space not in names:
        raise UserError(f"{space!r} is no Space of this project; there are: {', '.join(names) or 'none yet'}")
    missing = [name for name in NEEDED if not (source / name).is_file()]
    if missing:
        raise UserError(f"the Space {space!r} lacks {', '.join(missing)}")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is not an empty folder; name another, or empty it")

    shutil.copytree(source, out, ignore=BESIDE, dirs_exist_ok=True)
    shutil.copytree(root / "common", out / "common", ignore=BESIDE)
    weights = root / "weights"
    for path in [weights / "manifest.toml", *committed_weights(space, weights)]:
        target = out / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return out


def committed_weights(space: str, weights: Path) -> list[Path]:
    """The files under `weights` that models of `space` take from this repository. Raises UserError if one is gone."""
    models = manifest.load(weights / "manifest.toml").values()
    sources = [source for model in models if space in model.used_by for file in model.files for source in file.sources]
    paths = [source.path for source in sources if isinstance(source, manifest.RepoFile)]
    for path in paths:
        if not path.is_file():
            raise UserError(f"the manifest names {path} for the Space {space!r}, but it is not there")
    return paths


def push(space: str, repo: str, private: bool = False) -> str:
    """Upload the Space to `repo` ("user/name"), made first where it does not exist; returns its address.

    The Hub's folder becomes exactly what is staged: files that are no longer part of it go. Raises UserError for a
    bad name, without a token, and for what the Hub refuses.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise UserError(f"--repo is {repo!r}; it must look like user/name")
    token = os.environ.get("HF_TOKEN")
    if not token:
        raise UserError("HF_TOKEN is not set; put a token there that may write to the Hub")

    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
    from huggingface_hub.utils import httpx  # the HTTP library of the client, whichever it is

    api = HfApi(token=token)
    with tempfile.TemporaryDirectory() as folder:
        staged = stage(space, Path(folder))
        try:
            address = api.create_repo(repo, repo_type="space", space_sdk="gradio", private=private, exist_ok=True)
            api.upload_folder(
                repo_id=repo,
                repo_type="space",
                folder_path=staged,
                commit_message=f"{space} as staged",
                delete_patterns="*",
            )
        except (httpx.HTTPError, HFValidationError, OfflineModeIsEnabled) as error:
            raise UserError(f"the Hub did not take {repo!r}: {error}") from error
    return str(address)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m common.deploy", description="Stage or upload one Space.")
    commands = parser.add_subparsers(dest="command", required=True)
    staging = commands.add_parser("stage", help="fill a folder with what the Space needs")
    staging.add_argument("space")
    staging.add_argument("out", type=Path)
    pushing = commands.add_parser("push", help="stage and upload; the token is read from HF_TOKEN")
    pushing.add_argument("space")
    pushing.add_argument("--repo", required=True, metavar="USER/NAME")
    pushing.add_argument("--private", action="store_true", help="only for a Space that is made by this call")
    given = parser.parse_args(arguments)
    try:
        if given.command == "stage":
            print(stage(given.space, given.out))
        else:
            print(push(given.space, given.repo, given.private))
    except UserError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
