"""SQL of approvals, and rows to models."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.kit.ids import new_id
from services.scheduler.continuations.approval_model import Approval, ApprovalStatus, Decision, Question
from services.scheduler.continuations.errors import approval_not_found
from services.scheduler.executions.lifecycle import Status
from services.scheduler.executions.model import Actor

if TYPE_CHECKING:
    from services.kit.postgres import Connection

_STATUS = """CASE WHEN p.decision IS NOT NULL THEN p.decision
 WHEN e.status IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST') THEN 'CANCELLED' ELSE 'PENDING' END"""
_APPROVAL = f"""SELECT p.id::text AS id, p.execution_id::text AS execution_id, e.workflow_id::text AS workflow_id,
 e.workflow_name, p.node_id, p.title, p.message, p.data, p.deciders, p.four_eyes, p.on_timeout, p.requested_at,
 p.expires_at, p.decision, p.decided_at, p.decided_by_kind, p.decided_by_id, p.decided_by_name, p.timed_out, p.comment,
 e.actor_kind, e.actor_id, e.actor_name, {_STATUS} AS status
 FROM approval p JOIN execution e ON e.id = p.execution_id"""  # noqa: S608 - a constant
GET = f"{_APPROVAL} WHERE p.id = $1"
LOCK = f"{GET} FOR UPDATE OF p"
_ENDED = "('COMPLETED', 'FAILED', 'STOPPED', 'LOST')"
_IN_STATUS = {
    None: "true",
    ApprovalStatus.PENDING: f"p.decision IS NULL AND e.status NOT IN {_ENDED}",
    ApprovalStatus.CANCELLED: f"p.decision IS NULL AND e.status IN {_ENDED}",
    ApprovalStatus.APPROVED: "p.decision = 'APPROVED'",
    ApprovalStatus.REJECTED: "p.decision = 'REJECTED'",
}
LISTS = {
    status: f"""{_APPROVAL} WHERE {condition} AND ($1::uuid IS NULL OR p.execution_id = $1)
 AND ($2::timestamptz IS NULL OR (p.requested_at, p.id) < ($2, $3::uuid))
 ORDER BY p.requested_at DESC, p.id DESC LIMIT $4"""
    for status, condition in _IN_STATUS.items()
}
"""One for each status, so that the open ones are found by their own index however many were decided."""
LOCK_EXECUTION = "SELECT waiting_for, status FROM execution WHERE id = $1 FOR UPDATE"
DECIDE = """UPDATE approval SET decision = $2, decided_at = now(), decided_by_kind = $3, decided_by_id = $4,
 decided_by_name = $5, comment = $6, timed_out = $7 WHERE id = $1"""
EXPIRED = """SELECT p.id::text AS id, p.execution_id::text AS execution_id
 FROM approval p JOIN execution e ON e.id = p.execution_id
 WHERE p.decision IS NULL AND p.expires_at <= now() AND e.status NOT IN ('COMPLETED', 'FAILED', 'STOPPED', 'LOST')
 ORDER BY p.expires_at LIMIT $1"""
ASK = """INSERT INTO approval (id, execution_id, node_id, attempt_id, title, message, data, deciders, four_eyes,
 on_timeout, expires_at)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11))
 ON CONFLICT (execution_id, node_id) DO NOTHING RETURNING true"""
IS_DECIDED = "SELECT decision IS NOT NULL FROM approval WHERE execution_id = $1 AND node_id = $2"
TELL_ASKED = """SELECT emit_event('approval.requested', 'approval', $1, $2, $3::json,
 (SELECT workflow_id FROM execution WHERE id = $4))"""
TELL_DECIDED = "SELECT emit_event('approval.decided', 'approval', $1, $2, $3::json, $4)"


async def ask(connection: "Connection", execution_id: str, attempt_id: str, question: Question) -> bool:
    """Asks, unless this node of this execution has asked before; whether the answer is there already."""
    identifier = new_id()
    new = await connection.fetchval(
        ASK,
        identifier,
        execution_id,
        question.node_id,
        attempt_id,
        question.title,
        question.message,
        question.data,
        list(question.deciders),
        question.four_eyes,
        question.on_timeout,
        question.timeout_seconds,
    )
    if not new:
        return bool(await connection.fetchval(IS_DECIDED, execution_id, question.node_id))
    data = {
        "approvalId": identifier,
        "executionId": execution_id,
        "nodeId": question.node_id,
        "title": question.title,
        "deciders": list(question.deciders),
    }
    await connection.execute(TELL_ASKED, identifier, f"execution:{execution_id}", json.dumps(data), execution_id)
    return False


async def get(connection: "Connection", approval_id: str) -> Approval | None:
    """One approval."""
    row = await connection.fetchrow(GET, approval_id)
    return _approval(row) if row else None


async def lock(connection: "Connection", approval_id: str) -> Approval:
    """The same, locked until the transaction ends; its execution must be locked before. Raises APPROVAL_NOT_FOUND."""
    row = await connection.fetchrow(LOCK, approval_id)
    if row is None:
        raise approval_not_found()
    return _approval(row)


async def find(
    connection: "Connection",
    status: ApprovalStatus | None,
    execution_id: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Approval]:
    """The newest first; `after` is (requested at, id) of the last one shown."""
    at, identifier = after or (None, None)
    return [_approval(row) for row in await connection.fetch(LISTS[status], execution_id, at, identifier, limit)]


async def lock_execution(connection: "Connection", execution_id: str) -> tuple[str | None, Status]:
    """What the execution waits for, and its status; both stay so until the transaction ends."""
    row = await connection.fetchrow(LOCK_EXECUTION, execution_id)
    if row is None:
        raise approval_not_found()
    return row["waiting_for"], Status(row["status"])


async def decide(
    connection: "Connection", approval_id: str, decision: Decision, by: Actor, comment: str, *, timed_out: bool
) -> None:
    """Writes the answer."""
    await connection.execute(DECIDE, approval_id, decision, by.kind, by.id, by.name, comment, timed_out)


async def tell_decided(
    connection: "Connection", approval: Approval, decision: Decision, by: Actor, *, timed_out: bool
) -> None:
    """Tells whoever wants such events, once the transaction is committed."""
    data = {
        "approvalId": approval.id,
        "executionId": approval.execution_id,
        "nodeId": approval.node_id,
        "title": approval.title,
        "decision": decision.lower(),
        "by": by.name,
        "timedOut": timed_out,
    }
    order = f"execution:{approval.execution_id}"
    await connection.execute(TELL_DECIDED, approval.id, order, json.dumps(data), approval.workflow_id)


async def expired(connection: "Connection", limit: int) -> Sequence[tuple[str, str]]:
    """(id, execution) of questions whose time is over."""
    return [(row["id"], row["execution_id"]) for row in await connection.fetch(EXPIRED, limit)]


def _approval(row: Any) -> Approval:
    by = None
    if row["decided_by_kind"] is not None:
        by = Actor(row["decided_by_kind"], row["decided_by_id"] or "", row["decided_by_name"] or "")
    return Approval(
        id=row["id"],
        execution_id=row["execution_id"],
        workflow_id=row["workflow_id"],
        workflow_name=row["workflow_name"],
        node_id=row["node_id"],
        title=row["title"],
        message=row["message"],
        data=row["data"],
        deciders=tuple(row["deciders"]),
        four_eyes=row["four_eyes"],
        on_timeout=Decision(row["on_timeout"]),
        requested_by=Actor(row["actor_kind"], row["actor_id"], row["actor_name"]),
        requested_at=row["requested_at"],
        expires_at=row["expires_at"],
        status=ApprovalStatus(row["status"]),
        decision=Decision(row["decision"]) if row["decision"] else None,
        decided_at=row["decided_at"],
        decided_by=by,
        timed_out=row["timed_out"],
        comment=row["comment"],
    )
