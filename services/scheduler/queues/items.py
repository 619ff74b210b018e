"""What people and integrators do with items: add, postpone, have tried again, decide about lost ones, delete.

Every change by hand is a row in the audit outbox of its own transaction; adding is told once a call.
All functions work in the caller's transaction.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.errors import FieldError
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.model import Actor
from services.scheduler.queues import item_repository as repository
from services.scheduler.queues.errors import (
    item_in_progress,
    item_not_found,
    item_not_lost,
    item_not_retryable,
    item_not_waiting,
    payload_invalid,
)
from services.scheduler.queues.library import resource
from services.scheduler.queues.lifecycle import TRANSITIONS, ItemEvent, ItemStatus, next_item_status
from services.scheduler.queues.model import Added, Item, ItemFailure, NewItem, Queue
from services.scheduler.queues.schemas import SHOWN_PROBLEMS, payload_problems

if TYPE_CHECKING:
    from services.kit.postgres import Connection

RESOLVED = "RESOLVED"
"""Code of the failure of an item that a person gave up."""


@dataclass(frozen=True, slots=True)
class Postponement:
    """What is to change about an item that waits; None leaves it as it is."""

    priority: int | None = None
    not_before: datetime | None = None
    deadline_at: datetime | None = None
    drop_deadline: bool = False


async def check_payloads(queue: Queue, payloads: Sequence[tuple[str, bytes]]) -> None:
    """(JSON pointer, payload) each. Raises PAYLOAD_INVALID naming the first problems."""
    problems = await asyncio.to_thread(_problems, queue.payload_schema, payloads)
    if problems:
        raise payload_invalid(problems)


async def add_items(
    connection: "Connection", outbox: Outbox, queue: Queue, items: Sequence[NewItem], by: Actor
) -> list[Added]:
    """Checked items into a queue; a reference that is taken makes a duplicate of it."""
    added = await repository.add(connection, queue.id, items, by, unique=queue.unique_references)
    made = [item.id for item in added if not item.duplicate]
    if made:
        details = {"added": len(made), "duplicates": len(added) - len(made), "firstItemId": made[0]}
        await outbox.record(connection, "queue.items_added", resource(queue), details)
    return added


async def get_item(connection: "Connection", queue_id: str, item_id: str, *, locked: bool = False) -> Item:
    """Raises ITEM_NOT_FOUND."""
    item = await repository.find(connection, queue_id, item_id, locked=locked)
    if item is None:
        raise item_not_found()
    return item


async def change_item(
    connection: "Connection", outbox: Outbox, queue: Queue, item_id: str, wanted: Postponement
) -> Item:
    """Raises ITEM_NOT_FOUND, ITEM_NOT_WAITING."""
    item = await get_item(connection, queue.id, item_id, locked=True)
    if (item.status, ItemEvent.CHANGE) not in TRANSITIONS:
        raise item_not_waiting(item.status)
    deadline_at = None if wanted.drop_deadline else wanted.deadline_at or item.deadline_at
    priority = item.priority if wanted.priority is None else wanted.priority
    await repository.change(connection, item.id, priority, wanted.not_before or item.ready_at, deadline_at)
    await outbox.record(connection, "queue.item_changed", _resource(item), {"queueId": queue.id})
    return await get_item(connection, queue.id, item_id)


async def retry_item(connection: "Connection", outbox: Outbox, queue: Queue, item_id: str) -> Item:
    """Raises ITEM_NOT_FOUND, ITEM_NOT_RETRYABLE."""
    item = await get_item(connection, queue.id, item_id, locked=True)
    if (item.status, ItemEvent.REOPEN) not in TRANSITIONS:
        raise item_not_retryable(item.status)
    await repository.reopen(connection, item.id)
    details = {"queueId": queue.id, "status": item.status}
    await outbox.record(connection, "queue.item_retried", _resource(item), details)
    return await get_item(connection, queue.id, item_id)


async def resolve_item(
    connection: "Connection", outbox: Outbox, queue: Queue, item_id: str, comment: str, *, successful: bool
) -> Item:
    """Raises ITEM_NOT_FOUND, ITEM_NOT_LOST."""
    item = await get_item(connection, queue.id, item_id, locked=True)
    event = ItemEvent.RESOLVE_SUCCESSFUL if successful else ItemEvent.RESOLVE_FAILED
    if (item.status, event) not in TRANSITIONS:
        raise item_not_lost(item.status)
    failure = None if successful else ItemFailure(RESOLVED, comment or "A person decided that it was not done.")
    status = next_item_status(item.status, event)
    await repository.resolve(connection, item.id, status, event, failure)
    details = {"queueId": queue.id, "outcome": status, "comment": comment}
    await outbox.record(connection, "queue.item_resolved", _resource(item), details)
    return await get_item(connection, queue.id, item_id)


async def delete_item(connection: "Connection", outbox: Outbox, queue: Queue, item_id: str) -> None:
    """Raises ITEM_NOT_FOUND, ITEM_IN_PROGRESS."""
    item = await get_item(connection, queue.id, item_id, locked=True)
    if item.status is ItemStatus.IN_PROGRESS:
        raise item_in_progress()
    await repository.delete(connection, item.id)
    details = {"queueId": queue.id, "status": item.status}
    await outbox.record(connection, "queue.item_deleted", _resource(item), details)


def _resource(item: Item) -> Resource:
    return Resource("work_item", item.id, item.reference)


def _problems(schema: bytes, payloads: Sequence[tuple[str, bytes]]) -> list[FieldError]:
    problems: list[FieldError] = []
    for pointer, payload in payloads:
        problems += payload_problems(schema, payload, pointer)
        if len(problems) >= SHOWN_PROBLEMS:
            break
    return problems
