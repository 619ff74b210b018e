"""What people do to fires: fire a trigger now, execute what was missed. Neither asks misfire, overlap or breaker."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.errors import DomainError, FieldError, invalid
from services.kit.idempotency import RequestKey, recall, remember
from services.kit.identity import acting_principal
from services.kit.outbox import Outbox, Resource
from services.scheduler.executions.errors import execution_not_found
from services.scheduler.executions.repository import queries
from services.scheduler.executions.use_cases import Accepted, Submission, Submissions
from services.scheduler.triggers.launching import LIVE_KEPT, Launcher, live_after
from services.scheduler.triggers.ledger import Decision, Outcome, Reason
from services.scheduler.triggers.library import get_trigger, laid_over, resource
from services.scheduler.triggers.model import Trigger
from services.scheduler.triggers.placeholders import fill
from services.scheduler.triggers.repository import firing, ledger, schedules
from services.scheduler.triggers.repository.firing import Decided
from services.scheduler.triggers.repository.ledger import FireRow
from services.scheduler.triggers.schedules import Overlap
from services.scheduler.workflows.use_cases import load_launchables

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

BACKFILLED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Backfill:
    """Fires that were executed (or would be), what is left of the range, and instants in shared rows."""

    fires: Sequence[FireRow]
    remaining: int
    shared: int


class ByHand:
    """Each is one transaction with its ledger rows, executions and audit row."""

    def __init__(self, pool: "Pool", outbox: Outbox, submissions: Submissions, launcher: Launcher) -> None:
        self._pool = pool
        self._outbox = outbox
        self._submissions = submissions
        self._launcher = launcher

    async def fire(self, trigger_id: str, inputs: bytes, key: RequestKey) -> Accepted:
        """An execution now. Raises TRIGGER_NOT_FOUND and whatever submitting raises."""
        principal = acting_principal()
        await self._submissions.require_licence()
        async with self._pool.acquire() as connection, connection.transaction():
            kept = await recall(connection, key)
            if kept is not None:
                return await _recalled(connection, kept)
            trigger = await get_trigger(connection, trigger_id)
            accepted = await self._submissions.accept(connection, await _wanted(connection, trigger, inputs), principal)
            execution_id = accepted.view.id
            await self._note_live(connection, trigger_id, execution_id)
            await ledger.insert_by_hand(connection, trigger_id, execution_id, duplicate=accepted.duplicate)
            await self._record(connection, trigger, accepted)
            response = f"{execution_id} {'duplicate' if accepted.duplicate else 'new'}".encode()
            await remember(connection, key, response)
        self._submissions.announce([accepted])
        return accepted

    async def _record(self, connection: "Connection", trigger: Trigger, accepted: Accepted) -> None:
        """A person started an execution, by way of a trigger: both are looked for."""
        execution = accepted.view
        await self._outbox.record(connection, "trigger.fired", resource(trigger), {"executionId": execution.id})
        if not accepted.duplicate:
            details = {"workflowId": execution.workflow_id, "version": execution.version, "triggerId": trigger.id}
            started = Resource("execution", execution.id, execution.workflow_name)
            await self._outbox.record(connection, "execution.created", started, details)

    async def backfill(self, trigger_id: str, first: datetime, until: datetime, *, dry_run: bool) -> Backfill:
        """Executes missed fires from `first` (included) to `until` (excluded), oldest first, each at most once.

        Raises TRIGGER_NOT_FOUND, WORKFLOW_NOT_FOUND, NOT_PUBLISHED, LICENCE_REFUSED.
        """
        if until <= first:
            raise invalid("The range is empty.", FieldError("/to", "Give a time later than from."))
        if not dry_run:
            await self._submissions.require_licence()
        async with self._pool.acquire() as connection, connection.transaction():
            trigger = await get_trigger(connection, trigger_id)
            is_schedule = await ledger.lock_schedule(connection, trigger_id) is not None
            missed = await ledger.find_missed(connection, trigger_id, first, until, BACKFILLED_AT_ONCE)
            launched: list[Decided] = []
            if missed and is_schedule and not dry_run:
                launched = await self._launch(connection, trigger, missed)
                details = {"from": first.isoformat(), "to": until.isoformat(), "executions": len(launched)}
                await self._outbox.record(connection, "trigger.backfilled", resource(trigger), details)
            single, shared = await ledger.count_missed(connection, trigger_id, first, until)
            fires = await ledger.read_many(connection, trigger_id, [row.fire_at for row in missed])
        self._launcher.announce(len(launched))
        return Backfill(fires, single - len(fires) if dry_run else single, shared)

    async def _launch(self, connection: "Connection", trigger: Trigger, missed: Sequence[FireRow]) -> list[Decided]:
        versions = await load_launchables(connection, [trigger.workflow_id])
        version = versions[trigger.workflow_id]
        if isinstance(version, DomainError):
            raise version
        standings = await firing.read_standings(connection, [trigger.id])
        decisions = [Decision(row.fire_at, Outcome.BACKFILLED, Reason.BY_HAND) for row in missed]
        launched = await self._launcher.launch(
            connection, [(standings[trigger.id], decision) for decision in decisions], versions
        )
        # Never SKIPPED: what cannot be executed stays MISSED, to be tried again.
        launched = [each for each in launched if each.execution_id is not None]
        await firing.write(connection, launched)
        await firing.keep_live(connection, live_after(standings, launched))
        return launched

    @staticmethod
    async def _note_live(connection: "Connection", trigger_id: str, execution_id: str) -> None:
        found = await ledger.lock_schedule(connection, trigger_id)
        if found is not None and found[1] != Overlap.ALLOW:
            await firing.keep_live(connection, {trigger_id: [*found[0], execution_id][-LIVE_KEPT:]})


async def _wanted(connection: "Connection", trigger: Trigger, inputs: bytes) -> Submission:
    wanted = Submission(
        workflow_id=trigger.workflow_id,
        inputs=laid_over(trigger, inputs),
        priority=trigger.priority,
        dedupe_key=trigger.dedupe_key,
        timeout_seconds=trigger.timeout_seconds,
        queue_timeout_seconds=trigger.queue_timeout_seconds,
        trigger_id=trigger.id,
        labels=trigger.labels,
    )
    described = (await schedules.describe(connection, [trigger.id])).get(trigger.id)
    if described is None:
        return wanted
    now = await schedules.now(connection)
    return replace(wanted, inputs=fill(wanted.inputs, now, described.schedule.timezone))


async def _recalled(connection: "Connection", kept: bytes) -> Accepted:
    identifier, _, kind = kept.decode().partition(" ")
    view = await queries.get(connection, identifier)
    if view is None:
        raise execution_not_found()
    return Accepted(view, kind == "duplicate")
