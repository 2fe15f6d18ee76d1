"""The tabs of the page, a module each, which lays its tab out and wires it. Of this package they alone know Gradio.

A gr.State stands inside the tab: beside it, Gradio would count it as one more tab.
"""

TURN = {"concurrency_limit": 1, "concurrency_id": "sketch"}  # of such events one runs at a time
ON_PAGE = {"api_visibility": "private", "trigger_mode": "once", **TURN}
