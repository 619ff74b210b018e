"""The body of a delivery: `{type, timestamp, data}`, of bounded size, the same bytes at every try.

An event keeps the columns of an execution that change, as they were in its transaction. What never changes (inputs, who
started it) and what comes only with the end (output) is read when the event is sent.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from exekra.scheduler.v1 import execution_pb2
from services.scheduler.delivery.documents import execution_document
from services.scheduler.delivery.model import OutgoingEvent
from services.scheduler.delivery.types import EXECUTION
from services.scheduler.executions.messages import execution_message
from services.scheduler.executions.repository import queries
from services.scheduler.executions.repository.queries import View

if TYPE_CHECKING:
    from services.kit.postgres import Connection

DOCUMENT_BYTES: Final = 64 * 1024
"""Inputs, output and a failure's details travel up to this size each; larger ones are named under `omitted`."""

RUNNER_NAME: Final = "SELECT name FROM runner WHERE id = $1"
_INSTANTS: Final = frozenset(
    {"created_at", "not_before", "assigned_at", "started_at", "completed_at", "contact_lost_at"}
)
_COLUMNS: Final = frozenset(field.name for field in fields(View))


async def build_body(connection: "Connection", event: OutgoingEvent) -> bytes:
    """The body of one event."""
    data: dict[str, Any] = json.loads(event.data)
    if event.subject_kind == EXECUTION and "step" in data:
        data = await _execution_data(connection, event, data)
    return encode(event, data)


def encode(event: OutgoingEvent, data: Mapping[str, Any]) -> bytes:
    """Compact JSON in UTF-8."""
    document = {"type": event.type, "timestamp": _text(event.at), "data": data}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


async def _execution_data(connection: "Connection", event: OutgoingEvent, then: Mapping[str, Any]) -> dict[str, Any]:
    now = await queries.get(connection, event.subject_id)
    if now is None:
        return _forgotten(event, then)
    name = now.runner_name
    if then["runner_id"] != now.runner_id:
        name = await connection.fetchval(RUNNER_NAME, then["runner_id"]) if then["runner_id"] else None
    message = execution_message(as_it_was(now, then, name))
    omitted = _omit_large(message, event.subject_id)
    if then["failure_bytes"] and then["failure"] is None:
        message.failure.code = then["failure_code"] or "UNKNOWN"
        omitted.append(_omission("failure", then["failure_bytes"], event.subject_id))
    data = {"execution": execution_document(message), "event": then["event"], "step": then["step"]}
    return {**data, "omitted": omitted} if omitted else data


def as_it_was(now: View, then: Mapping[str, Any], runner_name: str | None) -> View:
    """The execution as it is now, with everything that changes put back to what it was."""
    kept = {name: value for name, value in then.items() if name in _COLUMNS and name != "failure"}
    for name in _INSTANTS & kept.keys():
        kept[name] = datetime.fromisoformat(kept[name]) if kept[name] else None
    failure = then["failure"].encode() if then["failure"] else None
    return replace(
        now, **kept, failure=failure, runner_name=runner_name, output=now.output if then["has_output"] else None
    )


def _omit_large(message: execution_pb2.Execution, execution_id: str) -> list[dict[str, Any]]:
    omitted = []
    for member in ("inputs", "output"):
        size = len(getattr(message, f"{member}_json"))
        if size > DOCUMENT_BYTES:
            message.ClearField(f"{member}_json")  # type: ignore[arg-type]  # one of two fields of this name
            omitted.append(_omission(member, size, execution_id))
    return omitted


def _omission(member: str, size: int, execution_id: str) -> dict[str, Any]:
    return {"member": f"execution.{member}", "bytes": size, "href": f"/api/executions/{execution_id}"}


def _forgotten(event: OutgoingEvent, then: Mapping[str, Any]) -> dict[str, Any]:
    """Retention has deleted the execution: what the event itself remembers."""
    execution = {
        "id": event.subject_id,
        "workflow": {"name": then["workflow_name"]},
        "status": then["status"],
        "failure": json.loads(then["failure"]) if then["failure"] else None,
        "createdAt": then["created_at"],
        "completedAt": then["completed_at"],
    }
    return {"execution": execution, "event": then["event"], "step": then["step"], "deleted": True}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
