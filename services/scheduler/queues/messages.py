"""Queues and items as protobuf messages, and what messages say about new items."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from exekra.scheduler.v1 import execution_pb2
from exekra.scheduler.v1 import work_queue_pb2 as pb
from services.kit.ids import new_id
from services.scheduler.executions.messages import instant, timestamp
from services.scheduler.executions.model import Actor
from services.scheduler.queues.errors import queue_field_invalid
from services.scheduler.queues.lifecycle import ItemStatus
from services.scheduler.queues.model import (
    Added,
    Counts,
    Handling,
    Item,
    ItemFailure,
    ItemOutcome,
    LossPolicy,
    NewItem,
    Queue,
)

MAXIMUM_REFERENCE = 200
DEFAULT_PRIORITY = 50

_STATUSES = {int(pb.WorkItemStatus.Value(f"WORK_ITEM_STATUS_{status}")): status for status in ItemStatus}
_OUTCOMES = {int(pb.WorkItemOutcome.Value(f"WORK_ITEM_OUTCOME_{outcome}")): outcome for outcome in ItemOutcome}
_POLICIES = {int(pb.WorkItemLossPolicy.Value(f"WORK_ITEM_LOSS_POLICY_{policy}")): policy for policy in LossPolicy}


def statuses_of(numbers: Sequence[int]) -> list[ItemStatus]:
    """Numbers of a newer version are left out."""
    return [_STATUSES[number] for number in numbers if number in _STATUSES]


def outcome_of(number: int) -> ItemOutcome | None:
    """None for the unspecified and for numbers of a newer version."""
    return _OUTCOMES.get(number)


def policy_of(number: int) -> LossPolicy | None:
    """None for the unspecified and for numbers of a newer version."""
    return _POLICIES.get(number)


def status_number(status: ItemStatus) -> pb.WorkItemStatus.ValueType:
    """As messages carry it."""
    return pb.WorkItemStatus.Value(f"WORK_ITEM_STATUS_{status}")


def outcome_number(outcome: ItemOutcome | None) -> pb.WorkItemOutcome.ValueType:
    """As messages carry it."""
    return pb.WorkItemOutcome.Value(f"WORK_ITEM_OUTCOME_{outcome or 'UNSPECIFIED'}")


def new_item(message: pb.NewWorkItem, pointer: str) -> NewItem:
    """A new item with an id; its payload is not looked at. Raises INVALID naming the member below `pointer`."""
    if len(message.reference) > MAXIMUM_REFERENCE or "\x00" in message.reference:
        raise queue_field_invalid(f"{pointer}/reference", f"Give at most {MAXIMUM_REFERENCE} characters.")
    priority = message.priority or DEFAULT_PRIORITY
    if not 1 <= priority <= 100:
        raise queue_field_invalid(f"{pointer}/priority", "Give a number from 1 to 100.")
    return NewItem(
        id=new_id(),
        reference=message.reference.strip(),
        payload=message.payload_json or b"null",
        priority=priority,
        not_before=optional_instant(message, "not_before", f"{pointer}/notBefore"),
        deadline_at=optional_instant(message, "deadline_at", f"{pointer}/deadlineAt"),
    )


def optional_instant(message: Any, field: str, pointer: str) -> datetime | None:
    """None when the field is not set. Raises INVALID for a time outside the calendar."""
    if not message.HasField(field):
        return None
    at = instant(getattr(message, field))
    if at is None:
        raise queue_field_invalid(pointer, "Give a time with its offset such as 2026-01-31T08:00:00Z.")
    return at


def queue_message(queue: Queue, counts: Counts) -> pb.WorkQueue:
    """With how many items it has of each status."""
    return pb.WorkQueue(
        id=queue.id,
        name=queue.name,
        description=queue.description,
        unique_references=queue.unique_references,
        max_retries=queue.max_retries,
        retry_backoff_seconds=queue.retry_backoff_seconds,
        lease_seconds=queue.lease_seconds,
        on_lost=pb.WorkItemLossPolicy.Value(f"WORK_ITEM_LOSS_POLICY_{queue.on_lost}"),
        payload_schema_json=queue.payload_schema,
        created_at=timestamp(queue.created_at),
        updated_at=timestamp(queue.updated_at),
        created_by=_actor(queue.created_by),
        etag=queue.etag,
        counts=counts_message(counts),
    )


def counts_message(counts: Counts) -> pb.WorkItemCounts:
    """Zero where there are none."""
    return pb.WorkItemCounts(**{status.lower(): counts.get(status, 0) for status in ItemStatus})


def item_message(item: Item) -> pb.WorkItem:
    """An item as it stands."""
    return pb.WorkItem(
        id=item.id,
        queue_id=item.queue_id,
        reference=item.reference,
        payload_json=item.payload,
        payload_bytes=item.payload_bytes,
        status=status_number(item.status),
        priority=item.priority,
        ready_at=timestamp(item.ready_at),
        deadline_at=timestamp(item.deadline_at),
        attempt=item.attempt_no,
        failures=item.failures,
        execution_id=item.execution_id or "",
        taken_at=timestamp(item.taken_at),
        lease_expires_at=timestamp(item.lease_expires_at),
        settled_at=timestamp(item.settled_at),
        output_json=item.output,
        failure=_failure(item.failure),
        created_at=timestamp(item.created_at),
        updated_at=timestamp(item.updated_at),
        created_by=_actor(item.created_by),
    )


def handling_message(handling: Handling) -> pb.WorkItemAttempt:
    """One handling."""
    return pb.WorkItemAttempt(
        attempt=handling.attempt_no,
        execution_id=handling.execution_id,
        node_id=handling.node_id,
        taken_at=timestamp(handling.taken_at),
        ended_at=timestamp(handling.ended_at),
        outcome=outcome_number(handling.outcome),
        failure=_failure(handling.failure),
        late=handling.late,
    )


def added_message(added: Added) -> pb.AddedWorkItem:
    """What became of a new item."""
    return pb.AddedWorkItem(id=added.id, reference=added.reference, duplicate=added.duplicate)


def export_line(item: Item) -> bytes:
    """The item as one line of JSON."""

    def text(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat().replace("+00:00", "Z")

    failure = None if item.failure is None else {"code": item.failure.code, "message": item.failure.message}
    document = {
        "id": item.id,
        "reference": item.reference or None,
        "status": to_camel(item.status.lower()),
        "priority": item.priority,
        "payload": json.loads(item.payload),
        "output": json.loads(item.output or b"null"),
        "failure": failure,
        "attempt": item.attempt_no,
        "failures": item.failures,
        "executionId": item.execution_id,
        "readyAt": text(item.ready_at),
        "deadlineAt": text(item.deadline_at),
        "takenAt": text(item.taken_at),
        "settledAt": text(item.settled_at),
        "createdAt": text(item.created_at),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _failure(failure: ItemFailure | None) -> pb.WorkItemFailure | None:
    return None if failure is None else pb.WorkItemFailure(code=failure.code, message=failure.message)


def _actor(actor: Actor) -> execution_pb2.Actor:
    return execution_pb2.Actor(kind=actor.kind, id=actor.id, name=actor.name)
