"""What executions do with items, through their runners: add, take, settle. One transaction a call.

A runner sends each order until it is answered; the node run (take, add) or the settlement's id tells a repeat.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from services.kit.idempotency import RequestKey, recall, remember
from services.kit.ids import is_id
from services.scheduler.queues import handling_repository as handlings
from services.scheduler.queues import item_repository, repository
from services.scheduler.queues.errors import (
    attempt_over,
    item_not_found,
    item_not_held,
    item_released,
    item_settled,
    named_queue_not_found,
)
from services.scheduler.queues.handling_repository import Holder
from services.scheduler.queues.items import check_payloads
from services.scheduler.queues.lifecycle import ItemStatus
from services.scheduler.queues.model import Added, Ending, Item, ItemOutcome, NewItem, Queue, end_handling, end_late

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One run of one node in one attempt, however often it is tried. `runner_id` is the session's."""

    runner_id: str
    attempt_id: str
    node_id: str
    run: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """How the handling of an item ended, by the runner's word."""

    runner_id: str
    execution_id: str
    attempt_id: str
    item_id: str
    attempt_no: int
    ending: Ending


class Handlings:
    """For the runners behind a registry."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def find_queue(self, name: str) -> Queue:
        """By id or by name, whatever its case. Raises QUEUE_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            queue = await repository.find(connection, name) if is_id(name) else None
            queue = queue or await repository.find_by_name(connection, name)
        if queue is None:
            raise named_queue_not_found(name)
        return queue

    async def add(self, name: str, who: NodeRun, items: Sequence[NewItem], body_sha256: str) -> list[Added]:
        """All or none; the same node run again gets the first answer. Raises QUEUE_NOT_FOUND, ATTEMPT_NOT_FOUND,
        PAYLOAD_INVALID.
        """
        queue = await self.find_queue(name)
        single = len(items) == 1
        pointers = ["/payload" if single else f"/items/{index}/payload" for index in range(len(items))]
        await check_payloads(queue, [(pointer, item.payload) for pointer, item in zip(pointers, items, strict=True)])
        key = RequestKey(who.run, body_sha256, owner=f"attempt:{who.attempt_id}")
        async with self._pool.acquire() as connection, connection.transaction():
            holder = await lock_holder(connection, who)
            kept = await recall(connection, key)
            if kept is not None:
                return [Added(**item) for item in json.loads(kept)]
            added = await item_repository.add(connection, queue.id, items, holder.actor, unique=queue.unique_references)
            answer = json.dumps([asdict(item) for item in added]).encode()
            await remember(connection, key, answer)
        return added

    async def take(self, name: str, who: NodeRun) -> Item | None:
        """The next item, or the one this node run took before.

        Raises QUEUE_NOT_FOUND, ATTEMPT_NOT_FOUND, ITEM_RELEASED.
        """
        queue = await self.find_queue(name)
        async with self._pool.acquire() as connection, connection.transaction():
            holder = await lock_holder(connection, who)
            taken = await handlings.find_taken(connection, who.attempt_id, who.run)
            if taken is None:
                return await handlings.take(connection, queue, holder, who.node_id, who.run)
            item, ended = taken
            if ended:
                raise item_released()
            return item

    async def settle(self, settlement: Settlement) -> ItemStatus:
        """Where the item stands now. Raises ITEM_NOT_FOUND, ITEM_NOT_HELD, ITEM_SETTLED."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await handlings.is_attempt_of(
                connection, settlement.attempt_id, settlement.runner_id, settlement.execution_id
            ):
                raise item_not_held()
            item = await handlings.lock(connection, settlement.item_id)
            if item is None:
                raise item_not_found()
            handled = await handlings.find_handling(connection, item.id, settlement.attempt_no)
            if handled is None or handled.execution_id != settlement.execution_id:
                raise item_not_held()
            ending = settlement.ending
            if handled.settlement_id is not None:
                if handled.settlement_id != ending.settlement_id:
                    raise item_settled(item.status)
                return item.status
            if item.attempt_no != settlement.attempt_no:
                raise item_not_held()
            step = end_late(item, ending) if handled.ended else end_handling(item, ending)
            if step is not None:
                await handlings.apply(connection, step)
                return step.status
            if ending.outcome is not ItemOutcome.SYSTEM_FAILED:
                raise item_settled(item.status)
            # The Hub had counted this failure already.
            assert ending.settlement_id is not None
            await handlings.note_settlement(connection, item.id, item.attempt_no, ending.settlement_id)
            return item.status


async def lock_holder(connection: "Connection", who: NodeRun) -> Holder:
    """Raises ATTEMPT_NOT_FOUND unless the attempt is this runner's and lives."""
    holder = None
    if is_id(who.attempt_id) and is_id(who.runner_id):
        holder = await handlings.lock_holder(connection, who.attempt_id, who.runner_id)
    if holder is None:
        raise attempt_over()
    return holder
