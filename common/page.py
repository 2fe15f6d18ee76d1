"""Plain HTML pages in the look of the apps: the start page and the page of an app that could not be loaded."""

import html
from collections.abc import Iterable

# Fonts of the reader's own machine: nothing is fetched.
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
FONT_MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

# What the apps set in Gradio's theme, where * names a colour of its hues.
APP_COLOURS = {
    "body_background_fill": "*neutral_50",
    "body_background_fill_dark": "*neutral_950",
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_400",
    "block_border_width": "1px",
    "block_border_width_dark": "1px",
    "block_label_text_color": "*neutral_700",
    "block_label_text_color_dark": "*neutral_300",
    "block_info_text_color": "*neutral_600",
    "block_info_text_color_dark": "*neutral_400",
    "color_accent": "*primary_700",
    "link_text_color": "*primary_700",
    "link_text_color_dark": "*primary_300",
    "button_primary_background_fill": "*primary_700",
    "button_primary_background_fill_dark": "*primary_700",
    "button_primary_background_fill_hover": "*primary_800",
    "button_primary_background_fill_hover_dark": "*primary_600",
    "button_primary_text_color": "white",
    "button_primary_text_color_dark": "white",
    "slider_color": "*primary_700",
    "slider_color_dark": "*primary_500",
}

# What the apps add to Gradio's own style.
APP_CSS = """
.gradio-container { width: 100%; max-width: 1280px !important; margin-inline: auto !important; }
.dark { --color-accent: var(--primary-400); }
.gradio-container :is(button, a, input, textarea, select, summary):focus-visible {
  outline: 2px solid var(--color-accent); outline-offset: 2px; }
.intro h1 { margin-bottom: .25rem; }
.intro p { color: var(--body-text-color-subdued); font-size: var(--text-lg); max-width: 75ch; }
.footnote p { color: var(--body-text-color-subdued); font-size: var(--text-sm); }
.gradio-container video { max-height: 26rem; object-fit: contain; }
.status .pending { visibility: hidden; }
.status [data-testid="status-tracker"]:has(.error) { display: none; }
.guide { padding: var(--spacing-xl) var(--spacing-xxl) !important; }
.guide :is(p, li) { max-width: 65ch; }
.fitted .grid-wrap { min-height: 0 !important; }
.fitted .caption-label { max-width: 100%; white-space: normal; }
.files [aria-label="Remove this file"] { display: none; }
@media (max-width: 640px) {
  .gradio-container button { min-height: 44px; }
  .guide:has(.pending) { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
"""

# The same colours as the theme (Tailwind's stone and teal), for pages that are not Gradio's.
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><link rel="icon" href="/favicon.ico">{head}
<style>
:root {{ --ground: #fafaf9; --card: #fff; --text: #1c1917; --quiet: #57534e; --line: #e7e5e4; --accent: #0f766e;
  --bad: #b91c1c; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ground: #0c0a09; --card: #1c1917; --text: #f5f5f4;
  --quiet: #a8a29e; --line: #44403c; --accent: #5eead4; --bad: #fca5a5; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 64rem; padding: clamp(1.25rem, 5vw, 4rem) clamp(1rem, 4vw, 2rem);
  background: var(--ground); color: var(--text); font: 1rem/1.55 {font}; }}
h1 {{ font-size: clamp(1.6rem, 5vw, 2.2rem); line-height: 1.15; margin: 0 0 .5rem; letter-spacing: -.01em; }}
h2 {{ font-size: 1.15rem; margin: .75rem 0 .25rem; }}
p {{ margin: 0 0 .75rem; overflow-wrap: anywhere; }}
a {{ color: var(--accent); }}
:focus-visible {{ outline: 2px solid var(--accent); outline-offset: 3px; }}
.lead {{ color: var(--quiet); font-size: 1.1rem; max-width: 60ch; }}
.cards {{ list-style: none; padding: 0; margin: 2rem 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr)); }}
.cards li {{ display: flex; }}
.card {{ flex: 1; padding: 1.5rem; border: 1px solid var(--line); border-radius: .9rem; background: var(--card);
  color: inherit; text-decoration: none; transition: border-color .15s, transform .15s; }}
.card:hover {{ border-color: var(--accent); transform: translateY(-2px); }}
.card h2 {{ color: var(--accent); }}
.card p {{ color: var(--quiet); margin: 0; }}
.card svg {{ display: block; width: 2.5rem; height: 2.5rem; }}
.card .failed, .failed {{ color: var(--bad); margin-top: .75rem; }}
pre {{ overflow-x: auto; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card);
  font: .85rem/1.5 {mono}; }}
footer a {{ margin-right: 1rem; font-size: .9rem; }}
@media (prefers-reduced-motion: reduce) {{ * {{ transition: none !important; }} }}
</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"""

# A house, so that a tab is found again.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f766e"/>'
    '<path d="M6 16 16 7l10 9v10h-7v-6h-6v6H6z" fill="#fff"/></svg>'
)


def page(title: str, body: str, head: str = "") -> str:
    """A plain page in the look of the apps. `title` is text and is escaped, `body` and `head` are HTML."""
    return _PAGE.format(title=html.escape(title), body=body, head=head, font=FONT, mono=FONT_MONO)


def start(apps: Iterable) -> str:
    """The start page: one card an app. While apps are starting it looks for news every two seconds.

    An app has name, title, sentence, state ("starting", "loaded", "failed"), reason, why it failed or "", and icon, an
    SVG element of its own or "".
    """
    cards, apps = [], list(apps)
    news = '<meta http-equiv="refresh" content="2">' if any(app.state == "starting" for app in apps) else ""
    for app in apps:
        text = {key: html.escape(getattr(app, key)) for key in ("name", "title", "sentence", "reason")}
        notes = {
            "starting": "<p>Starting …</p>",
            "failed": f'<p class="failed">Could not be loaded: {text["reason"]}</p>',
        }
        cards.append(
            '<li><a class="card" href="/{name}/">{icon}<h2>{title}</h2><p>{sentence}</p>{note}</a></li>'.format(
                **text, icon=app.icon, note=notes.get(app.state, "")
            )
        )
    body = "".join(cards) or "<li><p>No app was found under spaces/.</p></li>"
    return page(
        "Demo house",
        '<p class="lead">AI systems to try out. Choose one; each has examples that run with a click. They run on the '
        "computer that serves this page, and what you give them stays there.</p>"
        f'<ul class="cards">{body}</ul>'
        '<footer><a href="/health">Health</a> <a href="/metrics">Metrics</a></footer>',
        news,
    )


def failed(app) -> str:
    """The page of an app that could not be loaded. It has title, reason and error, the whole traceback."""
    return page(
        f"{app.title} could not be loaded",
        f'<p class="lead">{html.escape(app.reason)}</p>'
        "<p>The other apps are not affected. Mend the cause and start the server again.</p>"
        f"<details open><summary>Details</summary><pre tabindex=0>{html.escape(app.error)}</pre></details>"
        '<p><a href="/">All apps</a></p>',
    )
