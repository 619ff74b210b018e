"""Making, changing and deleting queues. Every change is a row in the audit outbox of its own transaction.

All functions work in the caller's transaction.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.model import Actor
from services.scheduler.queues import repository
from services.scheduler.queues.errors import queue_changed, queue_in_use, queue_not_found
from services.scheduler.queues.lifecycle import OPEN
from services.scheduler.queues.model import LossPolicy, Queue

if TYPE_CHECKING:
    from services.kit.postgres import Connection

CHANGEABLE = (
    "name",
    "description",
    "max_retries",
    "retry_backoff_seconds",
    "lease_seconds",
    "on_lost",
    "payload_schema",
)


@dataclass(frozen=True, slots=True)
class QueueDraft:
    """What somebody asks for, checked; None leaves a member of an existing queue as it is."""

    name: str | None = None
    description: str | None = None
    max_retries: int | None = None
    retry_backoff_seconds: float | None = None
    lease_seconds: float | None = None
    on_lost: LossPolicy | None = None
    payload_schema: bytes | None = None


def resource(queue: Queue) -> Resource:
    """The queue as audit events name it."""
    return Resource("work_queue", queue.id, queue.name)


async def get_queue(connection: "Connection", queue_id: str, *, locked: bool = False, to_delete: bool = False) -> Queue:
    """Raises QUEUE_NOT_FOUND."""
    queue = None
    if is_id(queue_id):
        queue = (
            await repository.lock(connection, queue_id, to_delete=to_delete)
            if locked or to_delete
            else await repository.find(connection, queue_id)
        )
    if queue is None:
        raise queue_not_found()
    return queue


async def create_queue(
    connection: "Connection", outbox: Outbox, draft: QueueDraft, *, unique_references: bool
) -> Queue:
    """Of a draft in which every member is given. Raises NAME_TAKEN."""
    principal = acting_principal()
    now = await connection.fetchval("SELECT now()")
    queue = Queue(
        id=new_id(),
        unique_references=unique_references,
        revision=1,
        created_at=now,
        updated_at=now,
        created_by=Actor(principal.kind, principal.id, principal.name),
        **{name: getattr(draft, name) for name in CHANGEABLE},
    )
    await repository.insert(connection, queue)
    await outbox.record(connection, "queue.created", resource(queue), {"uniqueReferences": unique_references})
    return queue


async def update_queue(
    connection: "Connection", outbox: Outbox, queue_id: str, draft: QueueDraft, if_match: str
) -> Queue:
    """Raises QUEUE_NOT_FOUND, QUEUE_CHANGED, NAME_TAKEN."""
    old = await get_queue(connection, queue_id, locked=True)
    if if_match and if_match != old.etag:
        raise queue_changed()
    given = {name: getattr(draft, name) for name in CHANGEABLE if getattr(draft, name) is not None}
    new = replace(old, **given)
    if new == old:
        return old
    await repository.update(connection, new)
    changed = [name for name in CHANGEABLE if getattr(new, name) != getattr(old, name)]
    await outbox.record(connection, "queue.changed", resource(new), {"changed": changed})
    return await get_queue(connection, queue_id)


async def delete_queue(connection: "Connection", outbox: Outbox, queue_id: str, *, force: bool) -> None:
    """With all its items. Raises QUEUE_NOT_FOUND, QUEUE_IN_USE."""
    queue = await get_queue(connection, queue_id, to_delete=True)
    counts = (await repository.count_items(connection, [queue.id]))[queue.id]
    unfinished = sum(count for status, count in counts.items() if status in OPEN)
    if unfinished and not force:
        raise queue_in_use(unfinished)
    await repository.delete(connection, queue.id)
    details = {"items": sum(counts.values()), "unfinished": unfinished}
    await outbox.record(connection, "queue.deleted", resource(queue), details)
