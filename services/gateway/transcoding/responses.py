"""From a protobuf response to JSON text, by the pydantic model that documents it. Compiled once per route.

Documents (`*_json`) are spliced in as they are, never parsed: a graph of 4 MiB costs a copy. An optional member is null
when its field is empty; one whose field is declared optional, when that is not set.
"""

import json
import math
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.gateway.transcoding.enums import words
from services.gateway.transcoding.fields import (
    Gather,
    JsonDocument,
    Outer,
    Proto,
    item_of,
    marker,
    without_none,
)
from services.gateway.transcoding.requests import TIMESTAMP, inner_descriptor

Writer = Callable[[Any], str]
"""One value of a field as JSON text."""
Member = Callable[[Message, Message | None], str]
"""One member of an object, given its message and the one around that."""

quote: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


class ResponseWriter:
    """Writes messages of one type as one kind of object."""

    def __init__(
        self,
        model: type[BaseModel],
        descriptor: Descriptor,
        outer: Descriptor | None = None,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self._members = tuple(
            (
                f"{quote(info.serialization_alias or info.alias or name)}:",
                _member(name, info, descriptor, outer, (sources or {}).get(name)),
            )
            for name, info in model.model_fields.items()
        )

    def write(self, message: Message, outer: Message | None = None) -> str:
        """The object as JSON text."""
        return "{" + ",".join([key + member(message, outer) for key, member in self._members]) + "}"


def _member(name: str, info: FieldInfo, descriptor: Descriptor, outer: Descriptor | None, source: str | None) -> Member:
    if info.annotation is type(None):
        return lambda _, __: "null"
    annotation, optional = without_none(info.annotation)
    gather = marker(info.metadata, Gather)
    if gather is not None:
        return ResponseWriter(annotation, descriptor, outer, dict(gather.sources)).write
    document = marker(info.metadata, JsonDocument)
    further_out = marker(info.metadata, Outer)
    renamed = marker(info.metadata, Proto)
    wanted = source or (further_out.name if further_out else renamed.name if renamed else None)
    wanted = wanted or (f"{name}_json" if document else name)
    place = outer if further_out else descriptor
    *inside, wanted = wanted.split(".")
    for part in inside:
        place = inner_descriptor(place, part) if place is not None else None
    field = place.fields_by_name.get(wanted) if place is not None else None
    if field is None:
        raise TypeError(f"{place.full_name if place else 'nothing'} has no field {wanted} for the member {name}")
    write = _field(field, annotation, descriptor, document, optional=optional)
    if inside:
        find = attrgetter(".".join(inside))
        return lambda message, _: write(find(message))
    if further_out:
        return lambda _, around: write(around)
    return lambda message, _: write(message)


def _field(
    field: FieldDescriptor, annotation: Any, owner: Descriptor, document: JsonDocument | None, *, optional: bool
) -> Writer:
    name = field.name
    if document is not None:
        return lambda message: getattr(message, name).decode() or document.empty
    if field.is_repeated:
        if field.message_type is not None:
            items = ResponseWriter(item_of(annotation), field.message_type, owner)
            return lambda message: "[" + ",".join([items.write(i, message) for i in getattr(message, name)]) + "]"
        write_item = _scalar(field)
        return lambda message: "[" + ",".join([write_item(item) for item in getattr(message, name)]) + "]"
    if field.message_type is not None:
        if field.message_type.full_name == TIMESTAMP:
            return lambda message: _instant(getattr(message, name)) if message.HasField(name) else "null"
        nested = ResponseWriter(annotation, field.message_type, owner)
        return lambda message: nested.write(getattr(message, name), message) if message.HasField(name) else "null"
    write = _scalar(field)
    if optional and field.has_presence:
        return lambda message: write(getattr(message, name)) if message.HasField(name) else "null"
    if optional:
        return lambda message: write(value) if (value := getattr(message, name)) else "null"
    return lambda message: write(getattr(message, name))


def _scalar(field: FieldDescriptor) -> Writer:
    if field.enum_type is not None:
        table = {number: quote(word) if word is not None else "null" for number, word in words(field.enum_type).items()}
        return lambda value: table.get(value, "null")
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            raise TypeError(f"{field.full_name}: bytes cross as documents only")
        return quote
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return lambda value: "true" if value else "false"
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return lambda value: repr(value) if math.isfinite(value) else "null"
    return str


def _instant(timestamp: Any) -> str:
    text: str = timestamp.ToJsonString()
    return f'"{text}"'
