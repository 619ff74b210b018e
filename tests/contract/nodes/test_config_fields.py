"""What a person reads beside every field of every node that the product ships, nested ones too."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from runner.nodes.registry import BUILT_IN
from runner.workflow.declarations import NodeDeclaration

DECLARATIONS = [node.declaration() for node in BUILT_IN]


def fields(
    schema: Mapping[str, Any], whole: Mapping[str, Any], path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field by its path: of objects in objects, of each kind of a union, of items and of free members."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in above:
        yield from fields(whole["$defs"][name], whole, path, above | {name})
    for key, field in schema.get("properties", {}).items():
        yield f"{path}.{key}", field
        yield from fields(field, whole, f"{path}.{key}", above)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from fields(part, whole, path, above)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from fields(schema[key], whole, f"{path}[]", above)


def unexplained(schema: Mapping[str, Any]) -> list[str]:
    return [path for path, field in fields(schema, schema) if not (field.get("title") and field.get("description"))]


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda declaration: declaration.type)
def test_every_field_has_a_title_and_a_sentence_of_help(declaration: NodeDeclaration) -> None:
    assert unexplained(json.loads(json.dumps(declaration.as_json()["configSchema"]))) == []


def test_a_field_without_help_is_found_wherever_it_is() -> None:
    bare = {"properties": {"kind": {"title": "Kind"}}}
    told = {"title": "T", "description": "D."}
    schema = {
        "$defs": {"Bare": bare, "Row": {"properties": {"again": {"$ref": "#/$defs/Row", **told}, "end": {}}}},
        "properties": {
            "one": {"$ref": "#/$defs/Bare", **told},
            "many": {"items": {"anyOf": [{"$ref": "#/$defs/Bare"}, {"type": "null"}]}, **told},
            "free": {"additionalProperties": {"oneOf": [bare]}, **told},
            "row": {"$ref": "#/$defs/Row", **told},
        },
    }
    assert unexplained(schema) == [".one.kind", ".many[].kind", ".free[].kind", ".row.end"]
