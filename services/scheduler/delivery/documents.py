"""An execution as the JSON object that REST answers, made from the same message. Knows nothing of events."""

import json
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from exekra.scheduler.v1 import execution_pb2

_TIMESTAMP: Final = "google.protobuf.Timestamp"
_CAPITALS: Final = frozenset({"ExecutionStatus"})
_DOCUMENT: Final = "_json"


def execution_document(message: execution_pb2.Execution) -> dict[str, Any]:
    """The members of `GET /api/executions/{id}`, by a contract test with the gateway's own shape."""
    document = _object(message)
    document["workflow"] = {"id": document["workflowId"], "name": document.pop("workflowName") or ""}
    document["inputs"] = {} if document["inputs"] is None else document["inputs"]
    document["timeoutSeconds"] = document["timeoutSeconds"] or None
    for actor in ("triggeredBy", "stoppedBy"):
        if document[actor] is not None:
            document[actor]["name"] = document[actor]["name"] or ""
    return document


def _object(message: Message) -> dict[str, Any]:
    return {_camel(field.name.removesuffix(_DOCUMENT)): _value(message, field) for field in message.DESCRIPTOR.fields}


def _value(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return json.loads(value) if value else None
    if field.is_repeated:
        return [_object(item) if field.message_type is not None else item for item in value]
    if field.message_type is not None:
        if not message.HasField(field.name):
            return None
        return value.ToJsonString() if field.message_type.full_name == _TIMESTAMP else _object(value)
    if field.enum_type is not None:
        prefix = field.enum_type.values[0].name.removesuffix("UNSPECIFIED")
        word = field.enum_type.values_by_number[value].name.removeprefix(prefix)
        return None if value == 0 else word if field.enum_type.name in _CAPITALS else word.lower()
    if field.type == FieldDescriptor.TYPE_STRING:
        return value or None
    return value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
