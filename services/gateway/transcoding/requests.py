"""From a validated pydantic model to a protobuf request. Compiled once; a model that does not fit fails at start."""

import json
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from services.gateway.transcoding.enums import numbers
from services.gateway.transcoding.fields import JsonDocument, NotSent, Proto, item_of, marker, without_none

Setter = Callable[[Message, Any], None]
TIMESTAMP = "google.protobuf.Timestamp"


class RequestBinder:
    """Writes the members of a model into messages of one type. Members that are None are left unset."""

    def __init__(self, model: type[BaseModel], descriptor: Descriptor) -> None:
        self._setters = tuple(
            (name, _compile(name, field, descriptor))
            for name, field in model.model_fields.items()
            if marker(field.metadata, NotSent) is None
        )

    def fill(self, model: BaseModel, message: Message) -> None:
        """Raises nothing: the model was validated and its types were matched at start."""
        for name, set_field in self._setters:
            value = getattr(model, name)
            if value is not None:
                set_field(message, value)


def _compile(name: str, info: FieldInfo, descriptor: Descriptor) -> Setter:
    is_document = marker(info.metadata, JsonDocument) is not None
    renamed = marker(info.metadata, Proto)
    wanted = renamed.name if renamed else f"{name}_json" if is_document else name
    *outer, wanted = wanted.split(".")
    around = descriptor
    for part in outer:
        around = inner_descriptor(around, part)
    set_field = _setter(name, wanted, info, around, is_document=is_document)
    if not outer:
        return set_field
    # Its being there says that the member was given: the message around it is made then only.
    find = attrgetter(".".join(outer))
    return lambda message, value: set_field(find(message), value)


def _setter(name: str, wanted: str, info: FieldInfo, descriptor: Descriptor, *, is_document: bool) -> Setter:
    field = descriptor.fields_by_name.get(wanted)
    if field is None:
        raise TypeError(f"{descriptor.full_name} has no field {wanted} for the member {name}")
    if is_document:
        return lambda message, value: setattr(message, wanted, dump_document(value))
    if field.is_repeated:
        if field.message_type is not None:
            return _repeated_messages(field, field.message_type, info)
        return _repeated(field, descriptor)
    if field.message_type is not None:
        if field.message_type.full_name != TIMESTAMP:
            return _nested(field, field.message_type, info)
        return lambda message, value: _set_instant(getattr(message, wanted), value)
    if field.enum_type is not None:
        table = numbers(field.enum_type)
        return lambda message, value: setattr(message, wanted, table[value])
    return lambda message, value: setattr(message, wanted, value)


def _repeated(field: FieldDescriptor, descriptor: Descriptor) -> Setter:
    table = numbers(field.enum_type) if field.enum_type is not None else None
    flag = f"set_{field.name}" if f"set_{field.name}" in descriptor.fields_by_name else ""

    def extend(message: Message, value: list[Any]) -> None:
        getattr(message, field.name).extend([table[item] for item in value] if table else value)
        if flag:
            setattr(message, flag, True)

    return extend


def _repeated_messages(field: FieldDescriptor, descriptor: Descriptor, info: FieldInfo) -> Setter:
    binder = RequestBinder(_model(item_of(without_none(info.annotation)[0]), field), descriptor)

    def extend(message: Message, value: list[BaseModel]) -> None:
        items = getattr(message, field.name)
        for item in value:
            binder.fill(item, items.add())

    return extend


def inner_descriptor(descriptor: Descriptor, name: str) -> Descriptor:
    """Of the message in a field. Raises TypeError when there is none."""
    field = descriptor.fields_by_name.get(name)
    if field is None or field.message_type is None:
        raise TypeError(f"{descriptor.full_name} has no message {name}")
    return field.message_type


def _nested(field: FieldDescriptor, descriptor: Descriptor, info: FieldInfo) -> Setter:
    binder = RequestBinder(_model(without_none(info.annotation)[0], field), descriptor)

    def fill(message: Message, value: BaseModel) -> None:
        inner = getattr(message, field.name)
        inner.SetInParent()
        binder.fill(value, inner)

    return fill


def _model(annotation: Any, field: FieldDescriptor) -> type[BaseModel]:
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"{field.full_name}: a message is written from a model")
    return annotation


def _set_instant(timestamp: Any, value: datetime) -> None:
    timestamp.FromDatetime(value)


def dump_document(value: Any) -> bytes:
    """Compact JSON, order and number types kept."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
