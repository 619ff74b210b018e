"""Questions of executions to people: shown, answered once, answered by the clock when nobody does."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from services.kit.errors import FieldError, invalid
from services.kit.identity import SYSTEM, Principal, acting_principal
from services.kit.ids import is_id
from services.kit.outbox import Outbox, Resource
from services.scheduler.continuations import approval_repository as repository
from services.scheduler.continuations.approval_model import Approval, ApprovalStatus, Decision, may_decide
from services.scheduler.continuations.errors import (
    already_decided,
    approval_not_found,
    execution_over,
    may_not_decide,
)
from services.scheduler.executions import decisions
from services.scheduler.executions.bells import Bells
from services.scheduler.executions.calls import Aftermath
from services.scheduler.executions.lifecycle import ENDED, Status
from services.scheduler.executions.model import Actor
from services.scheduler.executions.repository import outcomes

if TYPE_CHECKING:
    from services.kit.postgres import Connection, Pool

MAXIMUM_COMMENT = 2_000
EXPIRED_AT_ONCE = 100
WAITING = frozenset({"APPROVAL", "DELAY"})


class Approvals:
    """Each decision is one transaction with what it sets going and its audit row."""

    def __init__(self, pool: "Pool", bells: Bells, outbox: Outbox) -> None:
        self._pool = pool
        self._bells = bells
        self._outbox = outbox

    async def find(self, approval_id: str) -> Approval:
        """Raises APPROVAL_NOT_FOUND."""
        async with self._pool.acquire() as connection:
            approval = await repository.get(connection, approval_id) if is_id(approval_id) else None
        if approval is None:
            raise approval_not_found()
        return approval

    async def list(
        self, status: ApprovalStatus | None, execution_id: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[Approval]:
        """The newest first."""
        async with self._pool.acquire() as connection:
            return await repository.find(connection, status, execution_id, after, limit)

    async def decide(self, approval_id: str, decision: Decision, comment: str) -> Approval:
        """A person's word.

        Raises APPROVAL_NOT_FOUND, NOT_A_DECIDER, ALREADY_DECIDED, EXECUTION_ENDED, INVALID. The same word of the same
        person again changes nothing.
        """
        if len(comment) > MAXIMUM_COMMENT or "\x00" in comment:
            raise invalid(
                "The comment is too long.", FieldError("/comment", f"Give at most {MAXIMUM_COMMENT} characters.")
            )
        who = acting_principal()
        known = await self.find(approval_id)
        aftermath = Aftermath()
        async with self._pool.acquire() as connection, connection.transaction():
            waiting_for, status = await repository.lock_execution(connection, known.execution_id)
            approval = await repository.lock(connection, approval_id)
            if approval.decision is not None:
                if approval.decision is decision and approval.decided_by == Actor(who.kind, who.id, who.name):
                    return approval
                raise already_decided(approval.decision, approval.decided_by.name if approval.decided_by else "")
            if status in ENDED:
                raise execution_over(status)
            refusal = may_decide(approval, who)
            if refusal:
                raise may_not_decide(refusal)
            await self._apply(connection, approval, decision, who, comment, waiting_for, aftermath)
            approval = await repository.lock(connection, approval_id)
        self._bells.settle(aftermath)
        return approval

    async def expire(self) -> int:
        """Takes the default of questions nobody answered in time; answers how many there were. For a loop."""
        async with self._pool.acquire() as connection:
            expired = await repository.expired(connection, EXPIRED_AT_ONCE)
        for approval_id, execution_id in expired:
            aftermath = Aftermath()
            async with self._pool.acquire() as connection, connection.transaction():
                waiting_for, status = await repository.lock_execution(connection, execution_id)
                approval = await repository.lock(connection, approval_id)
                if approval.decision is None and status not in ENDED:
                    default = approval.on_timeout
                    await self._apply(connection, approval, default, SYSTEM, "", waiting_for, aftermath, timed_out=True)
            self._bells.settle(aftermath)
        return len(expired)

    async def _apply(
        self,
        connection: "Connection",
        approval: Approval,
        decision: Decision,
        who: Principal,
        comment: str,
        waiting_for: str | None,
        aftermath: Aftermath,
        *,
        timed_out: bool = False,
    ) -> None:
        by = Actor(who.kind, who.id, who.name)
        await repository.decide(connection, approval.id, decision, by, comment, timed_out=timed_out)
        await repository.tell_decided(connection, approval, decision, by, timed_out=timed_out)
        details = {"nodeId": approval.node_id, "decision": decision, "comment": comment, "timedOut": timed_out}
        resource = Resource("execution", approval.execution_id, approval.workflow_name)
        await self._outbox.record(connection, "approval.decided", resource, details, actor=who)
        if waiting_for in WAITING:
            works = await outcomes.lock_work(connection, executions=[approval.execution_id])
            work = works[approval.execution_id]
            if work.status is Status.QUEUED:
                change = decisions.resume(work, approval.node_id, decision, by)
                await outcomes.apply_changes(connection, [change])
                aftermath.dispatch = True
        aftermath.topics.update(("executions", f"execution:{approval.execution_id}"))
