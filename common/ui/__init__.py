"""What the apps share on the page. The only package below the apps that knows Gradio.

look      the theme, and the options that make an app look the same alone and behind the launcher
failures  errors in words that help
work      work that can be stopped, folders of results
events    what a page's events and the functions for scripts have in common
parts     what stands on several pages: notes, tables, pictures, examples, the API tab, the line at the foot
"""

import os

# Read when the first Blocks is made; without it Gradio looks up a statistics host.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from common.ui.events import QUIET, endpoint, event, follow, guard, inputs_of, keep_errors, stops, wire
from common.ui.failures import Blocks, OurMistake, explain, whose
from common.ui.look import head, options, theme
from common.ui.parts import api_tab, examples, footer, intro, menu, picture_file, plot, say, shown, table
from common.ui.work import done, result_folder, run, run_in_folder, started, stop_on_close

__all__ = [
    "QUIET",
    "Blocks",
    "OurMistake",
    "api_tab",
    "done",
    "endpoint",
    "event",
    "examples",
    "explain",
    "follow",
    "footer",
    "guard",
    "head",
    "inputs_of",
    "intro",
    "keep_errors",
    "menu",
    "options",
    "picture_file",
    "plot",
    "result_folder",
    "run",
    "run_in_folder",
    "say",
    "shown",
    "started",
    "stop_on_close",
    "stops",
    "table",
    "theme",
    "whose",
    "wire",
]
