"""The API's documentation for people, made from the OpenAPI document. No CDN, readable without scripts."""

import json
from html import escape
from typing import Any

from services.gateway.pages.layout import MARK, frame

_METHODS = ("get", "post", "put", "patch", "delete")
_INTRODUCTION = """<p>All calls are under <code>/api</code> and speak JSON in camelCase. Programs send
<code>Authorization: Bearer exk_…</code>. Browsers use the session cookie of <code>POST /api/auth/login</code>, and
with everything that changes something they send the <code>csrfToken</code> of <code>GET /api/auth/me</code> as
<code>X-Exekra-Csrf</code>.</p>
<p>Errors are <code>application/problem+json</code> (RFC 9457) with a stable <code>reason</code>, the
<code>requestId</code> and, for wrong members, JSON pointers in <code>errors</code>. Lists take <code>limit</code> and
<code>cursor</code> and answer <code>items</code> and <code>nextCursor</code>. A POST that creates takes an
<code>Idempotency-Key</code>. Times are ISO 8601 in UTC.</p>"""


def render_docs(document: dict[str, Any], nonce: str) -> str:
    """The whole page; `nonce` admits the one script, which filters the list."""
    groups: dict[str, list[str]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                groups[operation["tags"][0]].append(_operation(path, method, operation))
    contents = "".join(f'<a href="#{escape(name)}">{escape(name)}</a>' for name in groups)
    sections = "".join(
        f'<section id="{escape(name)}"><h2>{escape(name)}</h2>{"".join(items)}</section>'
        for name, items in groups.items()
    )
    shapes = "".join(
        f'<details class="operation" id="shape-{escape(name)}"><summary><code>{escape(name)}</code></summary>'
        f"<div>{_shape(schema)}</div></details>"
        for name, schema in sorted(document["components"]["schemas"].items())
    )
    body = (
        f'<div class="docs"><nav><a class="brand" href="/">{MARK}<span>Exekra Hub</span></a>'
        '<input id="filter" type="search" placeholder="Filter" aria-label="Filter operations">'
        f'{contents}<a href="#shapes">shapes</a><a href="/api/openapi.json">openapi.json</a></nav>'
        f"<main><h1>API</h1>{_INTRODUCTION}{sections}"
        f'<section id="shapes"><h2>shapes</h2>{shapes}</section></main></div>'
    )
    script = f'<script nonce="{nonce}" src="/assets/docs.js"></script>'
    return frame("Exekra Hub · API", body, scripts=script)


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{escape(item['in'])}</td>"
        f"<td>{_type(item['schema'])}</td><td>{'required' if item['required'] else ''}</td></tr>"
        for item in operation["parameters"]
    )
    parameters = f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""
    body = ""
    if "requestBody" in operation:
        body = f"<h4>Body</h4><p>{_type(operation['requestBody']['content']['application/json']['schema'])}</p>"
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(answer['description'])}</td>"
        f"<td>{_content(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    note = f"<p>{escape(operation['description'])}</p>" if "description" in operation else ""
    return (
        f'<details class="operation" id="{escape(operation["operationId"])}"><summary>'
        f'<span class="method {method}">{method.upper()}</span><code>{escape(path)}</code>'
        f'<span class="what">{escape(operation["summary"])}</span></summary><div>{note}'
        f"<p>Permission <code>{escape(operation['x-permission'])}</code></p>{parameters}{body}"
        f"<h4>Answers</h4><table>{answers}</table></div></details>"
    )


def _content(answer: dict[str, Any]) -> str:
    for media_type, content in answer.get("content", {}).items():
        return f"{escape(media_type)} {_type(content['schema']) if content['schema'] else ''}"
    return ""


def _shape(schema: dict[str, Any]) -> str:
    note = f"<p>{escape(schema['description'])}</p>" if "description" in schema else ""
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(part)}</td>"
        f"<td>{'required' if name in required else ''}</td></tr>"
        for name, part in schema.get("properties", {}).items()
    )
    return f"{note}<table>{rows}</table>" if rows else note


def _type(schema: dict[str, Any]) -> str:
    """One line of HTML for a JSON Schema: enough to know what to send."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#shape-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " · ".join(f"<code>{escape(json.dumps(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    words = [str(schema.get("type", "anything"))]
    if "format" in schema:
        words.append(f"({schema['format']})")
    limits = [f"{label} {schema[key]}" for key, label in _LIMITS if key in schema]
    return escape(" ".join(words)) + (f" <small>{escape(', '.join(limits))}</small>" if limits else "")


_LIMITS = (
    ("minimum", "from"),
    ("maximum", "to"),
    ("minLength", "at least"),
    ("maxLength", "at most"),
    ("maxItems", "items at most"),
    ("default", "default"),
)
