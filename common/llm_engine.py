"""The process that common/llm_local.py starts: one GGUF model behind xllamacpp's OpenAI-style server.

    python -m common.llm_engine     one line of JSON on stdin, one on stdout; it ends when its stdin does

A process of its own, because a defect in native code would end the app, and so that its memory can be given back.
Only who knows the key may ask, for otherwise any page in the person's browser could.
"""

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xllamacpp

CONTEXT = 2048  # tokens of question and answer together


def main() -> None:
    """stdin: {"path": …, "name": …, "key": …, "threads": …}; stdout: {"address": …} or {"error": …}."""
    settings = json.loads(sys.stdin.readline())
    try:
        server = serve(settings)  # answers as long as it is held
        said = {"address": server.listening_address}
    except (ImportError, RuntimeError) as error:
        said = {"error": str(error)}
    print(json.dumps(said), flush=True)
    sys.stdin.read()
    os._exit(0)  # nothing is left to be saved, and native threads may still compute


def serve(settings: dict) -> "xllamacpp.Server":
    """A server on a free port. Raises RuntimeError for a file that is no model."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = settings["path"]
    parameters.model_alias = {settings["name"]}
    parameters.api_keys = [settings["key"]]
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = settings["threads"]
    parameters.n_ctx = CONTEXT
    # One question after the other: side by side on a few cores both would be late. The next one finds what the last
    # has read of the same beginning.
    parameters.n_parallel = 1
    # Without the weights once more in another order: on AVX2 a prompt is read a fifth faster, a word comes a tenth
    # later, and their memory is saved.
    parameters.no_extra_bufts = True
    parameters.cache_ram_mib = 0  # the state of the last question is kept, those before are not
    parameters.ui = False
    parameters.endpoint_slots = False  # it would tell the last question
    parameters.verbosity = 0
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main()
