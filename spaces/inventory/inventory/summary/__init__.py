"""What the page writes about results: sentences, and rows of tables. Plain text and Markdown, nothing of Gradio.

A module a subject, with the headings of its tables and their widths: few and narrow enough for a phone.
"""

# First in the menus of outlets and of items.
ALL_OUTLETS, ALL_ITEMS = ("All outlets", ""), ("All items", "")
