"""Where secrets stand in the config of a node type, told from its JSON Schema."""

from collections.abc import Iterator, Mapping
from typing import Any

from runner.workflow.documents import Json

SECRET_FORMAT = "password"  # noqa: S105 - the name that JSON Schema has for it
EACH = "*"
"""In a place: every element of a list, or every entry of an object."""

Place = tuple[str, ...]
"""The way to a value: names of members, and EACH."""

_DEPTH = 8


def secret_places(schema: Mapping[str, Any]) -> tuple[Place, ...]:
    """The places of all texts with the format `password`, in any of the variants that a config may have."""
    definitions = schema.get("$defs", {})
    return tuple(dict.fromkeys(_walk(schema, definitions, ())))


def secrets_at(places: tuple[Place, ...], config: Json) -> Iterator[str]:
    """The texts that stand at these places of one config."""
    for place in places:
        yield from _texts(config, place)


def _walk(schema: Mapping[str, Any], definitions: Mapping[str, Any], place: Place) -> Iterator[Place]:
    if len(place) > _DEPTH:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _walk(definitions.get(reference.rpartition("/")[2], {}), definitions, place)
    if schema.get("format") == SECRET_FORMAT:
        yield place
    for keyword in ("anyOf", "oneOf", "allOf"):
        for variant in schema.get(keyword, ()):
            yield from _walk(variant, definitions, place)
    for name, member in schema.get("properties", {}).items():
        yield from _walk(member, definitions, (*place, name))
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), Mapping):
            yield from _walk(schema[keyword], definitions, (*place, EACH))


def _texts(value: Json, place: Place) -> Iterator[str]:
    if not place:
        if isinstance(value, str):
            yield value
        return
    name, *rest = place
    if name == EACH:
        elements = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        for element in elements:
            yield from _texts(element, tuple(rest))
    elif isinstance(value, dict) and name in value:
        yield from _texts(value[name], tuple(rest))
