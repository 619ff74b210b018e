"""The inbox for people: reading it, and making an execution of a delivery again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from services.kit.idempotency import RequestKey, recall, remember
from services.kit.identity import acting_principal
from services.kit.ids import is_id, new_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.repository import queries
from services.scheduler.executions.repository.queries import View
from services.scheduler.executions.use_cases import Accepted, Submissions
from services.scheduler.webhooks.errors import delivery_not_found, trigger_not_found
from services.scheduler.webhooks.launching import inputs_of, submission_of
from services.scheduler.webhooks.model import Delivery, Hook, Outcome
from services.scheduler.webhooks.repository import hooks, inbox

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool


@dataclass(frozen=True, slots=True)
class Replayed:
    """The delivery that now has an execution, and that execution."""

    delivery: Delivery
    view: View


class Deliveries:
    """What people do with the inbox."""

    def __init__(self, pool: "Pool", submissions: Submissions, outbox: Outbox) -> None:
        self._pool = pool
        self._submissions = submissions
        self._outbox = outbox

    async def find(
        self, trigger_id: str, outcomes: Sequence[Outcome], before: str | None, limit: int
    ) -> list[Delivery]:
        """Newest first, those before an id. Raises TRIGGER_NOT_FOUND; the inbox of a deleted trigger stays."""
        async with self._pool.acquire() as connection:
            if not is_id(trigger_id) or not await inbox.trigger_exists(connection, trigger_id):
                raise trigger_not_found()
            return await inbox.list_deliveries(connection, trigger_id, outcomes, before, limit)

    async def get(self, delivery_id: str) -> Delivery:
        """The whole of it. Raises DELIVERY_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            return await _get(connection, delivery_id)

    async def replay(self, delivery_id: str, key: RequestKey) -> Replayed:
        """A new execution from what was received then, whatever filter, breaker and switch say.

        It belongs to a new delivery that names the old one; a held delivery is let go itself. Raises
        DELIVERY_NOT_FOUND, TRIGGER_NOT_FOUND, IDEMPOTENCY_KEY_REUSED and what an execution may be refused for.
        """
        await self._submissions.require_licence()
        async with self._pool.acquire() as connection, connection.transaction():
            kept = await recall(connection, key)
            if kept is not None:
                return await _replayed(connection, kept.decode())
            original = await _get(connection, delivery_id, locked=True)
            hook = await hooks.get_hook(connection, original.trigger_id)
            if hook is None:
                raise trigger_not_found()
            delivery, accepted = await self._launch(connection, hook, original)
            await self._record(connection, hook, delivery, accepted)
            await remember(connection, key, delivery.id.encode())
        self._submissions.announce([accepted])
        return Replayed(delivery, accepted.view)

    async def _record(self, connection: "Connection", hook: Hook, delivery: Delivery, accepted: Accepted) -> None:
        view, ids = accepted.view, {"triggerId": hook.trigger_id, "deliveryId": delivery.id}
        details = {"triggerId": hook.trigger_id, "replayOf": delivery.replay_of, "executionId": view.id}
        await self._outbox.record(
            connection, "delivery.replayed", Resource("delivery", delivery.id, hook.name), details
        )
        if not accepted.duplicate:
            # Whatever a person starts has this row, however it was started.
            resource = Resource("execution", view.id, view.workflow_name)
            await self._outbox.record(connection, "execution.created", resource, ids)

    async def _launch(self, connection: "Connection", hook: Hook, original: Delivery) -> tuple[Delivery, Accepted]:
        again = original
        if original.outcome is not Outcome.HELD:
            again = replace(original, id=new_id(), received_at=hook.now, dedupe_id="", replay_of=original.id)
        wanted = submission_of(hook, inputs_of(hook, again))
        accepted = await self._submissions.accept(connection, wanted, acting_principal())
        reason = "DEDUPED" if accepted.duplicate else "REPLAYED"
        done = replace(again, outcome=Outcome.ACCEPTED, reason=reason, message="", execution_id=accepted.view.id)
        if again is original:
            await inbox.settle(connection, [done])
        else:
            await inbox.insert_deliveries(connection, [done])
        return done, accepted


async def _get(connection: "Connection", delivery_id: str, *, locked: bool = False) -> Delivery:
    delivery = await inbox.get_delivery(connection, delivery_id, locked=locked) if is_id(delivery_id) else None
    if delivery is None:
        raise delivery_not_found()
    return delivery


async def _replayed(connection: "Connection", delivery_id: str) -> Replayed:
    delivery = await _get(connection, delivery_id)
    view = await queries.get(connection, delivery.execution_id) if delivery.execution_id else None
    if view is None:
        raise delivery_not_found()
    return Replayed(delivery, view)
