"""The description of an HTTP interface as a page that needs nothing from elsewhere."""

import html
from collections.abc import Iterator, Mapping

from common.page import page

_HEAD = """<style>
details { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); margin: .5rem 0; }
summary { cursor: pointer; padding: .75rem 1rem; } details > div { padding: 0 1rem .5rem; }
code { font-size: .95em; overflow-wrap: anywhere; } .way { color: var(--accent); font-weight: 600; }
dt { margin-top: .5rem; } dd { margin: 0 0 0 1rem; color: var(--quiet); }
</style>"""


def described(openapi: Mapping) -> str:
    """The page of a description as OpenAPI 3 has it."""
    routes = [
        _route(way, path, about, openapi) for path, ways in openapi["paths"].items() for way, about in ways.items()
    ]
    info = openapi["info"]
    body = f'<p class="lead">{html.escape(info["description"])}</p>'
    body += '<p>Everything as <a href="openapi.json">openapi.json</a>. What is marked * is needed.</p>'
    return page(f"{info['title']} over HTTP", body + "".join(routes), _HEAD)


def _route(way: str, path: str, about: Mapping, openapi: Mapping) -> str:
    token = " <small>needs the token where one is set</small>" if about.get("security") else ""
    text = "".join(f"<p>{html.escape(part)}</p>" for part in about.get("description", "").split("\n\n") if part)
    fields = "".join(
        f"<dt><code>{html.escape(name)}{'*' if needed else ''}</code> {html.escape(kind)}</dt>"
        f"<dd>{html.escape(said)}</dd>"
        for name, needed, kind, said in _fields(about, openapi)
    )
    return (
        f'<details id="{html.escape(about["operationId"])}"><summary><span class="way">{way.upper()}</span> '
        f"<code>{html.escape(path)}</code> {html.escape(about['summary'])}{token}</summary>"
        f"<div>{text}<dl>{fields}</dl></div></details>"
    )


def _fields(about: Mapping, openapi: Mapping) -> Iterator[tuple[str, bool, str, str]]:
    """Name, whether it is needed, kind and meaning of each parameter and part of the body."""
    for one in about.get("parameters", ()):
        yield one["name"], one.get("required", False), _kind(one["schema"]), one.get("description", "")
    for form, content in about.get("requestBody", {}).get("content", {}).items():
        schema = _resolved(content["schema"], openapi)
        for name, one in schema.get("properties", {}).items():
            kind = f"{_kind(one)}, {'JSON' if form == 'application/json' else 'form'}"
            yield name, name in schema.get("required", ()), kind, one.get("description", "")


def _resolved(schema: Mapping, openapi: Mapping) -> Mapping:
    if "$ref" not in schema:
        return schema
    return openapi["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]


def _kind(schema: Mapping) -> str:
    """A type, with its default where there is one."""
    kinds = [one.get("type", "") for one in schema.get("anyOf", [schema])]
    said = " or ".join(kind for kind in kinds if kind)
    default = schema.get("default")
    return f"{said}, else {default!r}" if default not in (None, "") else said
