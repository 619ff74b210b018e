"""JSON Schemas in words for people: one line for what to send, a table for a whole shape."""

import json
from html import escape
from typing import Any

_LIMITS = (
    ("minimum", "from"),
    ("maximum", "to"),
    ("minLength", "at least"),
    ("maxLength", "at most"),
    ("maxItems", "items at most"),
    ("default", "default"),
)
_SILENT_DEFAULTS: tuple[Any, ...] = (None, "", [], {})


def shape_table(schema: dict[str, Any]) -> str:
    """The members of an object, with its description above."""
    note = f"<p>{inline(schema['description'])}</p>" if "description" in schema else ""
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code>{' <b>required</b>' if name in required else ''}</td>"
        f"<td>{type_words(part)}</td></tr>"
        for name, part in schema.get("properties", {}).items()
    )
    return f'{note}<div class="table"><table>{rows}</table></div>' if rows else note


def type_words(schema: dict[str, Any]) -> str:
    """One line of HTML: enough to know what to send."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#shape-{escape(name)}">{escape(name)}</a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(type_words(part) for part in schema[choice]) + _limits(schema)
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " · ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values) + _limits(schema)
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}{_limits(schema)}"
    words = [str(schema.get("type", "anything"))]
    if "format" in schema:
        words.append(f"({schema['format']})")
    return escape(" ".join(words)) + _limits(schema)


def inline(text: str) -> str:
    """A docstring as HTML: `code` in backticks, paragraphs by empty lines."""
    parts = text.split("`")
    words = "".join(f"<code>{escape(part)}</code>" if number % 2 else escape(part) for number, part in enumerate(parts))
    return words.replace("\n\n", "</p><p>")


def _limits(schema: dict[str, Any]) -> str:
    limits = [
        f"{label} {schema[key]}"
        for key, label in _LIMITS
        if key in schema and not (key == "default" and schema[key] in _SILENT_DEFAULTS)
    ]
    return f" <small>{escape(', '.join(limits))}</small>" if limits else ""
