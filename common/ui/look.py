"""The one look of all apps. Colours and style sheet are those of `common.page`, which the start page has too."""

from typing import Any

import gradio as gr

from common.page import APP_COLOURS, APP_CSS, FONT, FONT_MONO

head = '<meta name="color-scheme" content="light dark">'


def theme() -> gr.themes.Base:
    """The one theme: teal on warm grey, contrast of text at least 4.5:1 in light and dark."""
    look = gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", radius_size="md", spacing_size="md"
    ).set(**APP_COLOURS)
    # Given as names, Gradio would put quotes around system-ui, and a quoted keyword is a font nobody has.
    look.font, look.font_mono = FONT, FONT_MONO
    return look


def options(max_file_size: str = "100mb") -> dict[str, Any]:
    """Keyword arguments for both `demo.launch()` and `gr.mount_gradio_app()`.

    show_error stays off: only `gr.Error` reaches the page, never the text of an unforeseen exception.
    run_history stays off: no copy of what somebody uploaded is kept in the browser.
    """
    return {
        "theme": theme(),
        "css": APP_CSS,
        "head": head,
        "footer_links": ["api", "settings"],
        "max_file_size": max_file_size,
        "mcp_server": True,
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
    }
