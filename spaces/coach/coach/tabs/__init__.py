"""The tabs of the page, a module each, which lays its tab out and wires it. Of this package they alone know Gradio.

A gr.State stands inside the tab: beside it, Gradio would count it as one more tab.
"""

from coach.desk import Desk

HEAVY = {"concurrency_limit": 1, "concurrency_id": "coach"}  # of such events one runs at a time
desk = Desk()
