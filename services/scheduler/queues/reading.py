"""Reads what requests say about queues and items, and refuses what cannot be. Raises INVALID naming the member."""

import math
from typing import Any

from exekra.scheduler.v1 import work_queue_service_pb2 as pb
from services.kit.ids import is_id
from services.scheduler.queues.errors import item_not_found, queue_field_invalid
from services.scheduler.queues.items import Postponement
from services.scheduler.queues.library import QueueDraft
from services.scheduler.queues.messages import optional_instant, policy_of
from services.scheduler.queues.model import MAXIMUM_BACKOFF_SECONDS, LossPolicy
from services.scheduler.queues.schemas import check_schema

MAXIMUM_NAME = 200
MAXIMUM_TEXT = 2_000
MAXIMUM_RETRIES = 100
MAXIMUM_LEASE_SECONDS = 30 * 86_400.0
DEFAULT_LEASE_SECONDS = 86_400.0


def whole_draft(request: pb.CreateQueueRequest) -> QueueDraft:
    """Of a new queue."""
    return QueueDraft(
        name=_name(request.name),
        description=text(request.description, "/description"),
        max_retries=_retries(request.max_retries),
        retry_backoff_seconds=_backoff(request.retry_backoff_seconds),
        lease_seconds=_lease(request.lease_seconds or DEFAULT_LEASE_SECONDS),
        on_lost=policy_of(request.on_lost) or LossPolicy.HOLD,
        payload_schema=check_schema(request.payload_schema_json),
    )


def partial_draft(request: pb.UpdateQueueRequest) -> QueueDraft:
    """What is to change."""

    def given(field: str, read: Any) -> Any:
        return read(getattr(request, field)) if request.HasField(field) else None  # type: ignore[arg-type]  # one of the optional fields below

    return QueueDraft(
        name=given("name", _name),
        description=given("description", lambda value: text(value, "/description")),
        max_retries=given("max_retries", _retries),
        retry_backoff_seconds=given("retry_backoff_seconds", _backoff),
        lease_seconds=given("lease_seconds", _lease),
        on_lost=policy_of(request.on_lost),
        payload_schema=check_schema(request.payload_schema_json) if request.payload_schema_json else None,
    )


def postponement(request: pb.ChangeItemRequest) -> Postponement:
    """What is to change about an item."""
    if request.HasField("priority") and not 1 <= request.priority <= 100:
        raise queue_field_invalid("/priority", "Give a number from 1 to 100.")
    return Postponement(
        priority=request.priority if request.HasField("priority") else None,
        not_before=optional_instant(request, "not_before", "/notBefore"),
        deadline_at=optional_instant(request, "deadline_at", "/deadlineAt"),
        drop_deadline=request.drop_deadline,
    )


def item_ids(queue_id: str, item_id: str) -> tuple[str, str]:
    """Both. Raises ITEM_NOT_FOUND for what is no id."""
    if not is_id(queue_id) or not is_id(item_id):
        raise item_not_found()
    return queue_id, item_id


def text(value: str, pointer: str) -> str:
    """A description or comment."""
    if len(value) > MAXIMUM_TEXT or "\x00" in value:
        raise queue_field_invalid(pointer, f"Give at most {MAXIMUM_TEXT} characters.")
    return value


def _name(name: str) -> str:
    stripped = name.strip()
    # An id stands for a queue wherever a name does.
    if not 1 <= len(stripped) <= MAXIMUM_NAME or "\x00" in stripped or is_id(stripped):
        raise queue_field_invalid("/name", f"Give a name of 1 to {MAXIMUM_NAME} characters that is no id.")
    return stripped


def _retries(value: int) -> int:
    if not 0 <= value <= MAXIMUM_RETRIES:
        raise queue_field_invalid("/maxRetries", f"Give a number from 0 to {MAXIMUM_RETRIES}.")
    return value


def _backoff(value: float) -> float:
    if not (math.isfinite(value) and 0 <= value <= MAXIMUM_BACKOFF_SECONDS):
        raise queue_field_invalid("/retryBackoffSeconds", f"Give 0 to {MAXIMUM_BACKOFF_SECONDS:.0f} seconds.")
    return value


def _lease(value: float) -> float:
    if not (math.isfinite(value) and 1 <= value <= MAXIMUM_LEASE_SECONDS):
        raise queue_field_invalid("/leaseSeconds", f"Give 1 to {MAXIMUM_LEASE_SECONDS:.0f} seconds.")
    return value
