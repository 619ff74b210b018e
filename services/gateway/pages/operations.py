"""One operation of the API for people: what it takes, what it answers, and a line to try it."""

import json
import re
import shlex
from html import escape
from typing import Any

from services.gateway.examples import ID
from services.gateway.pages.markdown import code_html
from services.gateway.pages.schema_words import inline, type_words

CURL = 'curl -sS --cacert "$EXEKRA_CA" -H "Authorization: Bearer $EXEKRA_API_KEY"'
_VERSION = "3"


def operation_html(path: str, method: str, operation: dict[str, Any]) -> str:
    """A closed entry with everything in it."""
    note = f"<p>{inline(operation['description'])}</p>" if "description" in operation else ""
    return (
        f'<details class="operation" id="{escape(operation["operationId"])}"><summary>'
        f'<span class="method {method}">{method.upper()}</span><code>{escape(path)}</code>'
        f'<span class="what">{escape(operation["summary"])}</span></summary><div>{note}'
        f"<p>{_permission(operation)}</p>{_parameters(operation)}{_body(operation)}"
        f"<h4>Try it</h4>{code_html(curl(path, method, operation))}{_answers(operation)}</div></details>"
    )


def curl(path: str, method: str, operation: dict[str, Any]) -> str:
    """A command line that makes the call, with the first example as its body."""
    address = re.sub(r"{(\w+)}", lambda found: _VERSION if found[1] == "version" else ID, path)
    query = [f"{item['name']}=…" for item in operation["parameters"] if item["in"] == "query" and item["required"]]
    address += f"?{'&'.join(query)}" if query else ""
    parts = [CURL] if operation.get("security") != [] else ['curl -sS --cacert "$EXEKRA_CA"']
    if method != "get":
        parts.append(f"-X {method.upper()}")
    if any(item["name"] == "Idempotency-Key" for item in operation["parameters"]):
        parts.append('-H "Idempotency-Key: $(uuidgen)"')
    examples = _examples(operation)
    if examples:
        parts.append("-H 'Content-Type: application/json'")
    lines = [*parts, f'"$EXEKRA_URL{address}"']
    if examples:
        body = next(iter(examples.values()))["value"]
        lines.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def _permission(operation: dict[str, Any]) -> str:
    permission = operation["x-permission"]
    if permission == "anyone":
        return "Open to anyone."
    if ":" not in permission:
        return "For everybody who is signed in."
    return f"Needs the permission <code>{escape(permission)}</code>."


def _parameters(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(item['name'])}</code>{' <b>required</b>' if item['required'] else ''}</td>"
        f"<td>{escape(item['in'])}</td><td>{type_words(item['schema'])}</td></tr>"
        for item in operation["parameters"]
    )
    return f'<h4>Parameters</h4><div class="table"><table>{rows}</table></div>' if rows else ""


def _body(operation: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    examples = "".join(
        code_html(json.dumps(example["value"], indent=2, ensure_ascii=False), example["summary"])
        for example in _examples(operation).values()
    )
    return f"<h4>Body</h4><p>{type_words(schema)}</p>{examples}"


def _examples(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples: dict[str, Any] = content.get("examples", {})
    return examples


def _answers(operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{escape(answer['description'])}</td><td>{_content(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return f'<h4>Answers</h4><div class="table"><table>{rows}</table></div>'


def _content(answer: dict[str, Any]) -> str:
    for media_type, content in answer.get("content", {}).items():
        return f"{escape(media_type)} {type_words(content['schema']) if content['schema'] else ''}"
    return ""
