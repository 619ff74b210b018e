"""Judges a node's config by the JSON Schema of its type, before its expressions have values.

A text with `{{` in it may become anything, so whatever is said against it is not said.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError

from runner.workflow.declarations import Catalogue, NodeDeclaration
from runner.workflow.documents import json_pointer
from runner.workflow.graph import Node
from runner.workflow.problems import Problem
from runner.workflow.templates import is_template

MAX_MESSAGE = 300


class ConfigRules:
    """The schemas of a catalogue, compiled when they are first needed."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._validator = lru_cache(maxsize=None)(self._compile)

    def problems(self, node: Node) -> Iterator[Problem]:
        """What is wrong with the config of a node whose type is known."""
        pointer = node.pointer + "/config"
        validator = self._validator(node.type)
        if validator is None:
            yield Problem(node.id, node.pointer + "/type", f"The node type {node.type!r} declares no valid schema.")
            return
        for error in validator.iter_errors(dict(node.config)):
            if not _may_become_right(error):
                yield Problem(node.id, pointer + json_pointer(*error.absolute_path), _sentence(error))
        yield from self._code_with_braces(node, self._catalogue[node.type], pointer)

    def _compile(self, node_type: str) -> Draft202012Validator | None:
        schema: Mapping[str, Any] = self._catalogue[node_type].config_schema
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError:
            return None
        return Draft202012Validator(schema)

    @staticmethod
    def _code_with_braces(node: Node, declaration: NodeDeclaration, pointer: str) -> Iterator[Problem]:
        for key in sorted(declaration.code_fields & node.config.keys()):
            if is_template(node.config[key]):
                message = f"{key!r} is code: `{{{{ … }}}}` in it is left as it is. Hand values in as arguments."
                yield Problem(node.id, pointer + json_pointer(key), message, "warning")


def _may_become_right(error: ValidationError) -> bool:
    """Whether the error could vanish once expressions have values."""
    if is_template(error.instance):
        return True
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return False
    # One branch is enough in which every error could vanish.
    branches = groupby(error.context, key=lambda inner: inner.relative_schema_path[0])
    return any(all(_may_become_right(inner) for inner in inners) for _, inners in branches)


def _sentence(error: ValidationError) -> str:
    instance: Any = error.instance
    schema: Any = error.schema
    if error.validator == "required":
        # The library reports each missing field by itself and names it in its message only.
        name = next((name for name in schema["required"] if error.message.startswith(repr(name))), "")
        return f"{name!r} is missing."
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        unknown = ", ".join(repr(name) for name in instance if name not in known)
        return f"There is no field {unknown} here; there are: {', '.join(known) or 'none'}."
    return error.message if len(error.message) <= MAX_MESSAGE else error.message[:MAX_MESSAGE] + "…"
