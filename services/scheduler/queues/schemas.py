"""Payloads and the JSON Schema a queue may have for them.

Schemas come from people, payloads from anywhere: what could keep a process busy is refused when the schema is saved
(references outside, schemas that contain themselves or grow beyond measure), and patterns run on RE2.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2
import referencing
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend

from runner.workflow.documents import DocumentError, json_pointer, parse_document
from services.kit.errors import FieldError
from services.scheduler.queues.errors import schema_invalid

MAXIMUM_SCHEMA_BYTES = 64 * 1024
MAXIMUM_PAYLOAD_BYTES = 256 * 1024
MAXIMUM_EXPANDED = 5_000
"""Members of a schema with everything it refers to written out."""
SHOWN_PROBLEMS = 5
SHOWN_CHARACTERS = 300


def check_schema(data: bytes) -> bytes:
    """The schema as it is stored; empty for none. Raises SCHEMA_INVALID."""
    if data in (b"", b"null"):
        return b""
    try:
        schema = parse_document(data, max_bytes=MAXIMUM_SCHEMA_BYTES)
    except DocumentError as error:
        raise schema_invalid(error.message, error.pointer) from None
    if not isinstance(schema, dict):
        raise schema_invalid("Give a JSON object, a schema by draft 2020-12.")
    if not schema:
        return b""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as mistake:
        raise schema_invalid(_short(mistake), json_pointer(*mistake.absolute_path)) from None
    _expanded_size(schema, schema, {}, ())
    for pointer, pattern in _patterns(schema, ""):
        _check_pattern(pattern, pointer)
    return json.dumps(schema, separators=(",", ":"), ensure_ascii=False).encode()


def payload_problems(schema: bytes, data: bytes, pointer: str) -> list[FieldError]:
    """What is wrong with a payload, each by its place below `pointer`; empty when it may be added."""
    try:
        payload = parse_document(data or b"null", max_bytes=MAXIMUM_PAYLOAD_BYTES)
    except DocumentError as error:
        return [FieldError(pointer + error.pointer, error.message)]
    if not schema:
        return []
    problems = []
    try:
        for found in _validator(schema).iter_errors(payload):
            problems.append(FieldError(pointer + json_pointer(*found.absolute_path), _short(found)))
            if len(problems) == SHOWN_PROBLEMS:
                break
    except RecursionError:
        return [FieldError(pointer, "The payload is nested too deep for the queue's schema.")]
    return problems


def _expanded_size(root: Any, node: Any, known: dict[str, int], around: tuple[str, ...]) -> int:
    """Members of `node` with its references written out. Raises SCHEMA_INVALID."""
    if isinstance(node, list):
        return _bounded(sum(_expanded_size(root, item, known, around) for item in node))
    if not isinstance(node, dict):
        return 1
    size = 1 + sum(_expanded_size(root, value, known, around) for value in node.values())
    for keyword in ("$dynamicRef", "$recursiveRef"):
        if isinstance(node.get(keyword), str):
            raise schema_invalid(f"Queues know no {keyword}; use $ref with a place in this schema.")
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in around:
            raise schema_invalid(f"{reference!r} contains itself, which the schema of a queue may not.")
        if reference not in known:
            known[reference] = _expanded_size(root, _resolve(root, reference), known, (*around, reference))
        size += known[reference]
    return _bounded(size)


def _bounded(size: int) -> int:
    if size > MAXIMUM_EXPANDED:
        raise schema_invalid(
            f"The schema has more than {MAXIMUM_EXPANDED} members when its references are written out."
        )
    return size


def _resolve(root: Any, reference: str) -> Any:
    if reference != "#" and not reference.startswith("#/"):
        raise schema_invalid(f"{reference!r} leads out of the schema; only references such as #/$defs/name are known.")
    node = root
    for part in reference[2:].split("/") if reference != "#" else ():
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            raise schema_invalid(f"{reference!r} leads nowhere.")
        node = node[key]
    return node


def _patterns(node: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _patterns(item, f"{pointer}/{index}")
    elif isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield f"{pointer}/pattern", node["pattern"]
        if isinstance(node.get("patternProperties"), dict):
            for pattern in node["patternProperties"]:
                yield f"{pointer}/patternProperties", pattern
        for key, value in node.items():
            yield from _patterns(value, pointer + json_pointer(key))


def _check_pattern(pattern: str, pointer: str) -> None:
    try:
        _compiled(pattern)
    except re2.error as error:
        raise schema_invalid(f"The pattern {pattern[:80]!r} cannot be used: {_reason(error)}", pointer) from None


def _reason(error: Exception) -> str:
    reason: Any = error.args[0] if error.args else error
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _pattern(_validator: Any, pattern: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _compiled(pattern).search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, properties: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, schema in properties.items():
        for key, value in instance.items():
            if _compiled(pattern).search(key):
                yield from validator.descend(value, schema, path=key, schema_path=pattern)


def _unique_items(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted and isinstance(instance, list):
        # By their JSON, so that the time grows with the list and not with its square.
        seen = {json.dumps(item, sort_keys=True) for item in instance}
        if len(seen) != len(instance):
            yield ValidationError("the list has equal items")


_KEYWORDS: Mapping[str, Callable[..., Iterator[ValidationError]]] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "uniqueItems": _unique_items,
}
_Validator: Any = extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]  # as the library has it


@lru_cache(maxsize=200)
def _validator(schema: bytes) -> Any:
    # A registry of its own: nothing is ever fetched.
    return _Validator(json.loads(schema), registry=referencing.Registry())


def _short(error: ValidationError | SchemaError) -> str:
    message: str = error.message
    return message if len(message) <= SHOWN_CHARACTERS else message[:SHOWN_CHARACTERS] + "…"
